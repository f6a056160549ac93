//! What is asked of the server beside the lines that a person enters: older messages, members, roles.

use chat_net::chat_core::{Anchor, Answer, Query, RoomName, UserName};
use chat_net::client::{AskError, Client};
use chat_net::codec::Told;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::join::{failed, now};
use crate::tui::model::{LISTED, Link, Model, Of};
use crate::tui::view::Drawn;

/// Messages in a page.
const PAGE: u32 = 100;

/// Asks, and waits for the answers.
#[derive(Debug)]
pub(super) struct Fetcher {
    client: Client,
    running: JoinSet<Fetched>,
    /// The rooms whose members are on their way.
    members: Vec<RoomName>,
}

/// What came of it.
#[derive(Debug)]
pub(super) enum Fetched {
    Page { room: RoomName, anchor: Anchor, answer: Result<(Vec<Told>, Answer), AskError> },
    Members { room: RoomName, answer: Result<Vec<UserName>, AskError> },
    Roles { answer: Result<(Vec<Told>, Answer), AskError> },
    Found { query: Query, answer: Result<(Vec<Told>, Answer), AskError> },
}

impl Fetcher {
    pub(super) fn new(client: &Client) -> Fetcher {
        Fetcher { client: client.clone(), running: JoinSet::new(), members: Vec::new() }
    }

    /// Asks for what is missing of the current window, of which that can be seen.
    pub(super) fn look(&mut self, model: &mut Model, drawn: Drawn, now: Instant) {
        let is_here = matches!(model.link, Link::Here { .. });
        if is_here && let Some(query) = model.wants_older() {
            let client = self.client.clone();
            self.running
                .spawn(async move { Fetched::Found { answer: client.query(query.clone()).await, query } });
        }
        let window = model.windows.current_mut();
        let (Of::Room(room), true, true) = (&window.of, is_here, window.is_open) else { return };
        let room = room.clone();
        if drawn.members && !self.members.contains(&room) && window.members.wants_list(now) {
            self.members(room.clone());
        }
        if window.members.wants_roles(now) {
            let (client, query) = (self.client.clone(), Query::Room { room: room.as_str().into() });
            self.running.spawn(async move { Fetched::Roles { answer: client.query(query).await } });
        }
        if let Some(anchor) = window.wanted(drawn.rows.0, drawn.rows.1) {
            model.fetching(&room, anchor);
            self.page(room, anchor);
        }
    }

    fn members(&mut self, room: RoomName) {
        self.members.push(room.clone());
        let client = self.client.clone();
        self.running.spawn(async move {
            let answer = client.first_users(Some(room.as_str()), LISTED).await;
            Fetched::Members { room, answer }
        });
    }

    fn page(&mut self, room: RoomName, anchor: Anchor) {
        let query = Query::History { room: room.as_str().into(), anchor, limit: PAGE };
        let client = self.client.clone();
        self.running.spawn(async move { Fetched::Page { room, anchor, answer: client.query(query).await } });
    }

    /// What comes next; nothing ever if nothing was asked for. Cancel safe.
    pub(super) async fn next(&mut self) -> Fetched {
        loop {
            match self.running.join_next().await {
                Some(Ok(fetched)) => return fetched,
                // Its panic was told.
                Some(Err(_)) => {}
                None => std::future::pending().await,
            }
        }
    }

    /// Puts into the model what came.
    pub(super) fn take(&mut self, fetched: Fetched, model: &mut Model) {
        match fetched {
            Fetched::Page { anchor, answer: Ok((told, answer)), .. } => model.page(anchor, &told, &answer),
            Fetched::Page { room, anchor, answer: Err(_) } => model.fetch_failed(&room, anchor),
            Fetched::Members { room, answer } => {
                self.members.retain(|known| *known != room);
                match answer {
                    Ok(users) => model.members(&room, users),
                    Err(_) => model.members_failed(&room),
                }
            }
            Fetched::Roles { answer: Ok((_, answer)) } => model.roles(&answer),
            Fetched::Found { query, answer: Ok((told, Answer::Search { more, .. })) } => {
                model.found(&query, &told, more);
            }
            // `/search` alone asks for them again.
            Fetched::Found { answer: Err(error), .. } => {
                model.lines(&model.windows.current().of.clone(), now(), &failed(&error));
            }
            // Roles are asked for again after a while.
            Fetched::Found { .. } | Fetched::Roles { answer: Err(_) } => {}
        }
    }
}
