//! Reads: answered by the engine from state, between two entries of the log.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chat_core::{
    Anchor, Answer, Body, Epoch, Event, Number, Place, Query, Rejection, RequestId, SessionId, UserName,
};
use tokio::sync::oneshot;

use crate::batch::Item;
use crate::catch_up::{HistoryRead, PageReply, SearchRead};
use crate::codec::{Form, FromServer, Told, text};
use crate::engine::{Engine, Parts};
use crate::log::Log;
use crate::notice;
use crate::store::{PageLimit, Past, Store};

/// The first page of the members of a room in one form: asked for often, changed rarely.
#[derive(Debug)]
pub(crate) struct UsersPage {
    room: Option<Arc<str>>,
    form: Form,
    roster: u64,
    /// As an answer to an ask without an id.
    frames: Vec<Bytes>,
}

/// How many encoded lists are kept.
const USERS_PAGES: usize = 64;

impl<L: Log> Engine<L> {
    pub(crate) fn query(&mut self, session: SessionId, re: RequestId, query: Query, page: PageReply) {
        let answer = match query {
            Query::Users { room, after: None } => match self.first_page(session, re, room.as_ref()) {
                Ok(()) => return,
                Err(rejection) => Err(rejection),
            },
            Query::Users { room, after } => {
                match self.users(session, re, room.as_deref(), after.as_deref()) {
                    Ok(frames) => {
                        let item = |frame| Item::One { to: session, frame: Box::new(frame), own: false };
                        return frames.into_iter().map(item).for_each(|item| self.fan_out.push(item));
                    }
                    Err(rejection) => Err(rejection),
                }
            }
            Query::Rooms { after } => self.chat.rooms(session, after.as_deref()),
            Query::Room { room } => self.chat.room_order(session, &room),
            Query::Audit { before } => self.chat.audit(session, before),
            Query::Transfers {} => Ok(self.chat.transfers(session)),
            Query::Search { words, room, before_time, limit } => {
                match self.searched_rooms(session, &words, room.as_deref()) {
                    Ok(rooms) => {
                        let read = SearchRead { re, words, rooms, before: before_time, limit, page };
                        return self.read_history(Item::Search { session, read });
                    }
                    Err(rejection) => Err(rejection),
                }
            }
            Query::History { room, anchor, limit } => match self.chat.member_place(session, &room) {
                Ok(place) => {
                    let from = self.visible_from(session, &place);
                    let read = HistoryRead { re, place, anchor, from, limit, page };
                    return self.read_history(Item::History { session, read });
                }
                Err(rejection) => Err(rejection),
            },
        };
        let frame = match answer {
            Ok(answer) => FromServer::Answered { re, answer },
            Err(rejection) => notice::refused(re, self.clock.now(), (&rejection).into()),
        };
        self.fan_out.push(Item::One { to: session, frame: Box::new(frame), own: false });
    }

    /// What is read comes after all that happened before it was asked for, unless that waits for space.
    fn read_history(&mut self, item: Item) {
        match self.parts.store.has_space() {
            true => self.fan_out.push(item),
            false => self.at_once(item),
        }
    }

    /// The rooms that a session may search: those it is in, or the one it names.
    fn searched_rooms(
        &self,
        session: SessionId,
        words: &Arc<str>,
        room: Option<&str>,
    ) -> Result<Vec<(Epoch, Number)>, Rejection> {
        // As long as a topic may be: more words narrow nothing down.
        Body::new(words, self.chat.config().topic_bytes)?;
        match room {
            Some(room) => {
                let place = self.chat.member_place(session, room)?;
                Ok(vec![(place.epoch, self.visible_from(session, &place))])
            }
            None => {
                let places = self.chat.memberships(session).map(|(place, _)| place);
                Ok(places.map(|place| (place.epoch, self.visible_from(session, &place))).collect())
            }
        }
    }

    /// Who said a message that is to be deleted is in the store alone.
    pub(crate) fn look_up_author(
        &self,
        session: SessionId,
        room: &str,
        number: Number,
        reply: oneshot::Sender<Option<UserName>>,
    ) {
        let Ok(place) = self.chat.acting_place(session, room) else { return };
        let store = Arc::clone(&self.parts.store);
        self.parts.jobs.spawn(async move {
            let _ = reply.send(said_by(&*store, place.epoch, number).await);
        });
    }

    /// What somebody said last is in the store alone, once all that came before is there.
    pub(crate) fn look_up_last(
        &mut self,
        session: SessionId,
        room: &str,
        reply: oneshot::Sender<Option<Number>>,
    ) {
        let Ok(place) = self.chat.member_place(session, room) else { return };
        let Some(user) = self.chat.user(session).cloned() else { return };
        let from = self.visible_from(session, &place);
        self.read_history(Item::LastSaid { place, from, user, reply });
    }

    /// Looks it up among the room's last messages, apart from the engine.
    pub(crate) fn find_last(
        &self,
        place: &Place,
        from: Number,
        user: UserName,
        reply: oneshot::Sender<Option<Number>>,
    ) {
        let Parts { store, limits, jobs, .. } = self.parts.clone();
        let (epoch, head) = (place.epoch, place.number);
        jobs.spawn(async move {
            let events = usize::try_from(limits.history_page).unwrap_or(usize::MAX);
            let limit = PageLimit { events, bytes: limits.history_page_bytes };
            let page = store.messages(epoch, head, Anchor::Latest, limit).await;
            let own = |past: &Past| match &past.event {
                Event::Said { place, from: by, .. } if *by == user && place.number >= from => {
                    Some(place.number)
                }
                _ => None,
            };
            let last = page.ok().and_then(|page| page.events.iter().rev().find_map(own));
            // A reader that is gone needs no answer.
            let _ = reply.send(last);
        });
    }

    pub(crate) fn show_topic(&mut self, session: SessionId, room: &str) {
        match self.chat.topic(session, room) {
            Ok((place, topic)) => {
                let text = match topic {
                    Some(topic) => format!("the topic of #{} is: {topic}", place.room),
                    None => format!("#{} has no topic; set one with /topic TEXT", place.room),
                };
                let mut bytes = BytesMut::new();
                text::note(&text, &mut bytes);
                self.fan_out.push(Item::Ready { to: session, bytes: bytes.freeze() });
            }
            Err(rejection) => self.refuse(session, RequestId::NONE, &rejection),
        }
    }

    /// A page of users; before it those on it who linger, if there are any.
    fn users(
        &mut self,
        session: SessionId,
        re: RequestId,
        room: Option<&str>,
        after: Option<&str>,
    ) -> Result<Vec<FromServer>, Rejection> {
        let answer = self.chat.users(session, room, after)?;
        let mut frames = Vec::new();
        if let Answer::Users { room, users, .. } = &answer {
            let users = self.chat.lingering_among(room.as_ref(), users);
            if !users.is_empty() {
                let event = Event::Lingering { room: room.clone(), users };
                frames.push(FromServer::Told(Told { re, past: false, at: self.clock.now(), event }));
            }
        }
        frames.push(FromServer::Answered { re, answer });
        Ok(frames)
    }

    /// Answers from the encoded lists: what is asked again, while nobody came or went, is copied.
    fn first_page(
        &mut self,
        session: SessionId,
        re: RequestId,
        room: Option<&Arc<str>>,
    ) -> Result<(), Rejection> {
        if let Some(room) = room {
            self.chat.may_see(session, room)?;
        }
        let Some(form) = self.table.conns.get(&session).map(|conn| conn.outbox.form) else { return Ok(()) };
        let roster = self.fan_out.roster;
        self.pages.retain(|page| page.roster == roster);
        let known = self.pages.iter().find(|page| page.form == form && page.room.as_ref() == room);
        let frames = match known {
            Some(page) => page.frames.clone(),
            None => self.encode_first_page(session, form, room)?,
        };
        let mut bytes = BytesMut::with_capacity(frames.iter().map(|frame| frame.len() + 16).sum());
        frames.iter().for_each(|frame| form.encode_again(frame, re, &mut bytes));
        self.fan_out.push(Item::Ready { to: session, bytes: bytes.freeze() });
        Ok(())
    }

    fn encode_first_page(
        &mut self,
        session: SessionId,
        form: Form,
        room: Option<&Arc<str>>,
    ) -> Result<Vec<Bytes>, Rejection> {
        // A person is shown who lingers in an answer only, and an answer has an id.
        let re = if form == Form::Text { RequestId(1) } else { RequestId::NONE };
        let frames = self.users(session, re, room.map(|room| &**room), None)?;
        let encode = |frame| {
            let mut bytes = BytesMut::new();
            form.encode(frame, false, &mut bytes);
            bytes.freeze()
        };
        let frames: Vec<Bytes> = frames.iter().map(encode).collect();
        if self.pages.len() < USERS_PAGES {
            let (room, roster) = (room.cloned(), self.fan_out.roster);
            self.pages.push(UsersPage { room, form, roster, frames: frames.clone() });
        }
        Ok(frames)
    }
}

/// Who said the message of that number, if there is one.
async fn said_by(store: &dyn Store, room: Epoch, number: Number) -> Option<UserName> {
    let before = Number(number.0.checked_sub(1)?);
    let page = store.read(room, before, number, PageLimit { events: 1, bytes: usize::MAX }).await.ok()?;
    match page.events.into_iter().next()?.event {
        Event::Said { place, from, .. } if place.number == number => Some(from),
        _ => None,
    }
}
