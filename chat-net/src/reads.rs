//! Reads: answered by the engine from state, between two entries of the log.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chat_core::{Query, RequestId, SessionId};

use crate::batch::Item;
use crate::catch_up::HistoryRead;
use crate::codec::{Form, FromServer, text};
use crate::engine::Engine;
use crate::log::Log;
use crate::notice;

/// The members of a room, encoded for people: asked for often, changed rarely.
#[derive(Debug)]
pub(crate) struct UsersPage {
    room: Option<Arc<str>>,
    roster: u64,
    bytes: Bytes,
}

/// How many encoded lists are kept.
const USERS_PAGES: usize = 64;

impl<L: Log> Engine<L> {
    pub(crate) fn query(&mut self, session: SessionId, re: RequestId, query: Query) {
        let answer = match query {
            Query::Users { room, after } => {
                match self.users_for_people(session, room.as_ref(), after.is_some()) {
                    true => return,
                    false => self.chat.users(room.as_deref(), after.as_deref()),
                }
            }
            Query::Rooms { after } => self.chat.rooms(after.as_deref()),
            Query::History { room, before, limit } => match self.chat.member_place(session, &room) {
                Ok(place) => {
                    let read = HistoryRead { re, place, before, limit };
                    return self.fan_out.push(Item::History { session, read });
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

    /// Answers a person from the encoded lists, which hold no request id and so are the same for everyone.
    fn users_for_people(&mut self, session: SessionId, room: Option<&Arc<str>>, is_later_page: bool) -> bool {
        let form = self.table.conns.get(&session).map(|conn| conn.outbox.form);
        if is_later_page || form != Some(Form::Text) {
            return false;
        }
        let roster = self.fan_out.roster;
        self.pages.retain(|page| page.roster == roster);
        let known = self.pages.iter().find(|page| page.room.as_ref() == room).map(|page| page.bytes.clone());
        let bytes = match known {
            Some(bytes) => bytes,
            None => {
                let Ok(answer) = self.chat.users(room.map(|room| &**room), None) else { return false };
                let mut bytes = BytesMut::new();
                Form::Text.encode(&FromServer::Answered { re: RequestId::NONE, answer }, false, &mut bytes);
                let bytes = bytes.freeze();
                if self.pages.len() < USERS_PAGES {
                    self.pages.push(UsersPage { room: room.cloned(), roster, bytes: bytes.clone() });
                }
                bytes
            }
        };
        self.fan_out.push(Item::Ready { to: session, bytes });
        true
    }
}
