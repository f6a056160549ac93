//! A chat as a client is told of it, for the tests of what is known and of how it is drawn.

mod limits;
mod missing;
mod stories;
mod visits;

use std::sync::Arc;
use std::time::Duration;

use chat_net::chat_core::{
    Anchor, Answer, Body, Departure, Epoch, Event, Number, Place, RequestId, Restriction, RoomName, Since,
    Timestamp, UserName,
};
use chat_net::client::{Notice, Why};
use chat_net::codec::{RoomPosition, Told, Welcome, WireLimits};

use super::{Model, Of, Overlay, Window};

/// Friday, 2025-11-21, 14:05:09.
pub(crate) const NOW: Timestamp = Timestamp(1_763_733_909_000);

pub(crate) fn user(name: &str) -> UserName {
    UserName::new(name, 32).unwrap()
}

pub(crate) fn room(name: &str) -> RoomName {
    RoomName::new(name, 64).unwrap()
}

pub(crate) fn of(name: &str) -> Of {
    Of::Room(room(name))
}

pub(crate) fn body(text: &str) -> Body {
    Body::new(&Arc::from(text), 1 << 20).unwrap()
}

pub(crate) fn at(name: &str, number: u64) -> Place {
    Place { room: room(name), epoch: Epoch(1), number: Number(number) }
}

pub(crate) fn said(name: &str, number: u64, from: &str, text: &str) -> Event {
    Event::Said { place: at(name, number), from: user(from), body: body(text) }
}

pub(crate) fn joined(name: &str, number: u64, who: &str) -> Event {
    Event::Joined { place: at(name, number), user: user(who) }
}

pub(crate) fn left(name: &str, number: u64, who: &str) -> Event {
    Event::Left { place: at(name, number), user: user(who), why: Departure::Left }
}

pub(crate) fn whisper(from: &str, to: &str, text: &str) -> Event {
    Event::Whispered { from: user(from), to: user(to), body: body(text), number: Number(1) }
}

pub(crate) fn told(past: bool, event: Event) -> Told {
    // An event a minute, so that times differ.
    let minutes = event.place().map_or(0, |place| place.number.0);
    Told { re: RequestId::NONE, past, at: NOW.plus_ms(minutes * 60_000), event }
}

/// Carol mutes bob in the lobby.
pub(crate) fn muted(number: u64, until: Timestamp) -> Event {
    let (user, by) = (user("bob"), user("carol"));
    Event::Restricted {
        place: at("lobby", number),
        user,
        by,
        what: Restriction::Mute,
        until: Some(until),
        reason: None,
    }
}

/// The end of a page: whether there are older messages, and newer ones.
pub(crate) fn page_end(name: &str, more: bool, newer: bool) -> Answer {
    Answer::History { room: room(name), epoch: Epoch(1), count: 0, more, newer }
}

pub(crate) fn welcome(me: &str, resumed: bool, rooms: &[(&str, u64)]) -> Notice {
    let since = |number| Since { epoch: Epoch(1), number: Number(number) };
    let position =
        |(room, number): &(&str, u64)| RoomPosition { room: (*room).into(), since: since(*number) };
    Notice::Connected(Box::new(Welcome {
        user: me.into(),
        resumed,
        token: "".into(),
        resumable_ms: 1,
        at: NOW,
        durability: "memory".into(),
        rooms: rooms.iter().map(position).collect(),
        limits: WireLimits { body_bytes: 4096, frame_bytes: 65_536, rooms: 100, unanswered: 256 },
    }))
}

impl Model {
    /// Alice, connected, in `lobby` with bob since number `head`, looking at it.
    pub(crate) fn in_lobby(head: u64) -> Model {
        let mut model = Model::default();
        model.notice(&welcome("alice", false, &[]), NOW);
        model.enter("lobby", head, &["alice", "bob"]);
        model.windows.go_to_of(&of("lobby"));
        model
    }

    /// Alice comes into a room, when its last event had the number `head`.
    pub(crate) fn enter(&mut self, name: &str, head: u64, users: &[&str]) {
        let users: Vec<_> = users.iter().map(|name| user(name)).collect();
        let total = users.len() as u64;
        self.hear(Event::Members { place: at(name, head), fresh: true, total, users });
        self.hear(joined(name, head + 1, "alice"));
    }

    /// An event happens.
    pub(crate) fn hear(&mut self, event: Event) {
        self.notice(&Notice::Told(told(false, event)), NOW);
    }

    /// An event is told that was before.
    pub(crate) fn hear_past(&mut self, event: Event) {
        self.notice(&Notice::Told(told(true, event)), NOW);
    }

    pub(crate) fn lose(&mut self) {
        let retry_in = Duration::from_secs(3);
        self.notice(&Notice::Disconnected { why: Why::Silent, retry_in }, NOW);
    }

    /// A page comes that was asked for.
    pub(crate) fn answer(&mut self, name: &str, anchor: Anchor, events: Vec<Event>, more: bool, newer: bool) {
        let told: Vec<_> = events.into_iter().map(|event| told(true, event)).collect();
        self.fetching(&room(name), anchor);
        self.page(anchor, &told, &page_end(name, more, newer));
    }

    pub(crate) fn window(&self, of: &Of) -> &Window {
        self.windows.find(of).unwrap()
    }

    pub(crate) fn lobby(&self) -> &Window {
        self.window(&of("lobby"))
    }

    /// The rows of a window: `5 bob: hi`; `~` where something may be missing before.
    pub(crate) fn shown(&self, of: &Of) -> Vec<String> {
        let window = self.window(of);
        let rows = (0..window.rows.len()).map(|at| {
            let row = window.rows.get(window.rows.first().plus(at.cast_signed() as i64)).unwrap();
            let number = row.number().map_or_else(|| "-".to_owned(), |number| number.to_string());
            let author = row.author.as_ref().map_or_else(String::new, |author| format!(" {author}:"));
            let gap = if row.gap.is_some() { "~" } else { "" };
            format!("{gap}{number}{author} {}", row.text.as_str())
        });
        rows.collect()
    }
}
