//! The other end: what a client must remember so that it says and hears everything exactly once.
//!
//! A [`Mirror`] is as pure as [`Chat`](crate::Chat): it holds no connection and no clock. Its owner
//!
//! 1. puts every ask through [`Mirror::ask`] and sends it under the id that comes back;
//! 2. gives everything that is told to [`Mirror::told`], and hands on what is [new](Reception::is_for_user);
//! 3. says hello again after a cut, with the session's token, [`Mirror::positions`] and an empty list of
//!    rooms to begin in, and does what [`Mirror::welcomed`] says;
//! 4. cuts the connection and goes to 3 when an event was [`Reception::Broken`].
//!
//! ```
//! use std::sync::Arc;
//! use chat_core::client::{Mirror, Reception};
//! use chat_core::{Ask, Body, Epoch, Event, Number, Place, RequestId, RoomName, UserName};
//!
//! let room = RoomName::new("lobby", 64)?;
//! let place = |number| Place { room: room.clone(), epoch: Epoch(1), number: Number(number) };
//! let said = |number| Event::Said {
//!     place: place(number),
//!     from: UserName::new("bob", 32).unwrap(),
//!     body: Body::new(&Arc::from("hi"), 4096).unwrap(),
//! };
//!
//! let mut mirror = Mirror::new(256);
//! let join = mirror.ask(Ask::Join { room: "lobby".into(), since: None })?;
//! let members = Event::Members { place: place(8), fresh: true, total: 1, users: vec![] };
//! assert_eq!(mirror.told(join, false, &members), Reception::New);
//! assert_eq!(mirror.told(RequestId::NONE, false, &said(9)), Reception::New);
//! assert_eq!(mirror.told(RequestId::NONE, true, &said(9)), Reception::Duplicate);
//! assert_eq!(mirror.told(RequestId::NONE, false, &said(11)), Reception::Broken); // where is 10?
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod room;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::command::{Ask, Since};
use crate::event::{Event, Place};
use crate::id::{Number, RequestId};
use crate::name::RoomName;

use room::Room;

/// How many rooms that were left are remembered, so that a return does not tell their past twice.
const FORMER_ROOMS: usize = 128;

/// What a client remembers: its unanswered asks, and where its copy of each room ends.
#[derive(Clone, Debug)]
pub struct Mirror {
    limit: usize,
    last_id: RequestId,
    unanswered: BTreeMap<RequestId, Ask>,
    rooms: BTreeMap<RoomName, Room>,
    /// As whom the server knows this client, by the last welcome.
    user: Arc<str>,
    /// The end of the copy of rooms that were left; the latest at the back, at most [`FORMER_ROOMS`].
    former: VecDeque<(RoomName, Since)>,
    /// The last whisper received, in the session's own count.
    whispers: Number,
}

/// As many asks wait for their answers as the server remembers answers: one more could be taken twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} asks wait for an answer, wait for one of them first")]
pub struct TooManyUnanswered {
    /// The limit that was passed to [`Mirror::new`].
    pub limit: usize,
}

/// What a new connection begins with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Welcomed {
    /// The session goes on: to be sent again under the same ids, in this order, before anything else.
    pub repeat: Vec<(RequestId, Ask)>,
    /// The session is new: to be asked (through [`Mirror::ask`]) before anything else, to be in the same
    /// rooms and to be told what was missed there.
    pub rejoin: Vec<Ask>,
    /// The session is new and the old one's answers are lost with it: nobody knows whether these were taken.
    pub uncertain: Vec<RequestId>,
}

/// What an incoming event is to this client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reception {
    /// It happened now.
    New,
    /// It happened while this client was away, and is told in order.
    Missed,
    /// It happened before this client joined: something to read, not news.
    Past,
    /// It answers an ask, and is nothing else yet: a refusal, or a room's event that will come again in its
    /// order.
    Answer,
    /// It was handed on before. It may still be the answer to a repeated ask.
    Duplicate,
    /// Something before it is missing: cut the connection and resume.
    Broken,
}

impl Reception {
    /// Whether the event is to be handed to the user.
    #[must_use]
    pub fn is_for_user(self) -> bool {
        matches!(self, Reception::New | Reception::Missed | Reception::Past)
    }
}

impl Mirror {
    /// A mirror of nothing, for a client that keeps at most `unanswered_limit` asks waiting: no more than
    /// the server remembers answers (the welcome says how many).
    #[must_use]
    pub fn new(unanswered_limit: usize) -> Mirror {
        Mirror {
            limit: unanswered_limit,
            last_id: RequestId::NONE,
            unanswered: BTreeMap::new(),
            rooms: BTreeMap::new(),
            user: "".into(),
            former: VecDeque::new(),
            whispers: Number(0),
        }
    }

    /// Keeps `ask` until its answer comes, and says under which id to send it. Ids rise, across sessions too.
    ///
    /// # Errors
    /// Too many asks wait already; nothing was kept.
    pub fn ask(&mut self, ask: Ask) -> Result<RequestId, TooManyUnanswered> {
        if self.unanswered.len() >= self.limit {
            return Err(TooManyUnanswered { limit: self.limit });
        }
        let id = self.unused_id();
        self.unanswered.insert(id, ask);
        Ok(id)
    }

    /// An id that no ask has or will have, for a query: what is told under it is not for [`Mirror::told`].
    pub fn unused_id(&mut self) -> RequestId {
        self.last_id = RequestId(self.last_id.0 + 1);
        self.last_id
    }

    /// Whether that ask still waits for its answer.
    #[must_use]
    pub fn is_unanswered(&self, id: RequestId) -> bool {
        self.unanswered.contains_key(&id)
    }

    /// How many asks wait for their answers.
    #[must_use]
    pub fn unanswered(&self) -> usize {
        self.unanswered.len()
    }

    /// Where the copy of each room ends: what a hello carries to be told the rest.
    pub fn positions(&self) -> impl Iterator<Item = (&RoomName, Since)> {
        self.rooms.iter().filter_map(|(name, room)| Some((name, room.position()?)))
    }

    /// The number of the last whisper received in this session: a hello carries it to be told the rest.
    #[must_use]
    pub fn whispers(&self) -> Number {
        self.whispers
    }

    /// A connection was welcomed as `user`, into the same session (`resumed`) or a new one; `rooms` are those that
    /// the resumed session is in, with their last numbers.
    pub fn welcomed(&mut self, user: &str, resumed: bool, rooms: &[(RoomName, Since)]) -> Welcomed {
        self.user = user.into();
        if resumed { self.resumed(rooms) } else { self.begun() }
    }

    fn resumed(&mut self, rooms: &[(RoomName, Since)]) -> Welcomed {
        for (name, mut room) in std::mem::take(&mut self.rooms) {
            if let Some((_, head)) = rooms.iter().find(|(held, _)| *held == name) {
                room.resume(*head);
                self.rooms.insert(name, room);
            } else if room.is_doubtful() {
                self.rooms.insert(name, room);
            } else {
                self.remember(name, &room);
            }
        }
        for (name, head) in rooms {
            if !self.rooms.contains_key(name) {
                // The answer to the join was lost with the connection.
                let floor = self.forget(name);
                self.rooms.insert(name.clone(), Room::unseen(*head, floor));
            }
        }
        let repeat = self.unanswered.iter().map(|(id, ask)| (*id, ask.clone())).collect();
        Welcomed { repeat, ..Welcomed::default() }
    }

    fn begun(&mut self) -> Welcomed {
        let lost = std::mem::take(&mut self.unanswered);
        let mut rejoin = Vec::new();
        for (name, mut room) in std::mem::take(&mut self.rooms) {
            // Who asked to leave wants to be out, and is.
            let left = lost.values().rev().find(|ask| joins(ask, &name) || leaves(ask, &name));
            if left.is_some_and(|ask| leaves(ask, &name)) {
                self.remember(name, &room);
                continue;
            }
            room.restart();
            rejoin.push(room.join(&name));
            self.rooms.insert(name, room);
        }
        self.whispers = Number(0);
        Welcomed { rejoin, uncertain: lost.into_keys().collect(), ..Welcomed::default() }
    }

    /// Judges what is told, and remembers it. Every event goes through here once, in the order it came;
    /// only what answers a query does not. If `re` is an unanswered ask, it is answered now, whatever the
    /// verdict.
    pub fn told(&mut self, re: RequestId, past: bool, event: &Event) -> Reception {
        let ask = self.unanswered.remove(&re);
        if let Some(place) = event.place() {
            if matches!(ask, Some(Ask::Leave { .. })) {
                return self.left(past, place, event);
            }
            if matches!(event, Event::Kicked { user, .. } if user.as_str().eq_ignore_ascii_case(&self.user)) {
                return self.put_out(re, past, place, event);
            }
            return self.numbered(re, past, place, event);
        }
        let again = re != RequestId::NONE && ask.is_none();
        match event {
            Event::CaughtUp { place } => self.caught_up(place),
            Event::Gap { place, first_available, .. } => self.gap(place, *first_available),
            Event::Whispered { number, .. } if number.0 > 0 => self.whispered(*number, past),
            _ if again => Reception::Duplicate,
            Event::Members { place, fresh: false, total: 0, .. } => self.members_of_nobody(&place.room),
            Event::Members { place, fresh, .. } => self.members(place, *fresh, ask.as_ref()),
            Event::Refused(_) if ask.is_some() => self.refused(ask.as_ref()),
            _ if past => Reception::Missed,
            _ => Reception::New,
        }
    }

    fn numbered(&mut self, re: RequestId, past: bool, place: &Place, event: &Event) -> Reception {
        let answers = re != RequestId::NONE;
        match self.rooms.get_mut(&place.room) {
            Some(room) => room.take(answers, past, place, event),
            None if answers => Reception::Answer,
            None if past => Reception::Duplicate,
            None => Reception::Broken,
        }
    }

    /// The answer to an own `Leave`. It may be the first answer, told again, to one that a later join undid.
    fn left(&mut self, past: bool, place: &Place, event: &Event) -> Reception {
        let rejoins = self.unanswered.values().any(|ask| joins(ask, &place.room));
        let Some(room) = self.rooms.get_mut(&place.room) else { return Reception::Answer };
        let (before, verdict) = (room.position(), room.take(true, past, place, event));
        let end = Since { epoch: place.epoch, number: place.number };
        let older = before.is_some_and(|at| at.epoch == end.epoch && end.number < at.number);
        if rejoins {
            room.doubt();
        } else if !older && let Some(room) = self.rooms.remove(&place.room) {
            self.remember(place.room.clone(), &room);
        }
        verdict
    }

    /// This client was put out of a room, in place of its own `left`; or reads of it later, among all else that happened
    /// there before it came back.
    fn put_out(&mut self, re: RequestId, past: bool, place: &Place, event: &Event) -> Reception {
        if past && self.rooms.contains_key(&place.room) {
            return self.numbered(re, past, place, event);
        }
        let end = Since { epoch: place.epoch, number: place.number };
        let known = self.forget(&place.room);
        if let Some(mut room) = self.rooms.remove(&place.room) {
            // Whatever is missing before it is not owed any more.
            room.take(re != RequestId::NONE, past, place, event);
            self.remember(place.room.clone(), &room);
        } else if let Some(at) = known {
            let seen = at.epoch == end.epoch && end.number <= at.number;
            self.keep_former(place.room.clone(), at);
            if seen {
                return Reception::Duplicate;
            }
        }
        if past { Reception::Missed } else { Reception::New }
    }

    fn members(&mut self, place: &Place, fresh: bool, ask: Option<&Ask>) -> Reception {
        let (since, key) = match ask {
            Some(Ask::Join { since, .. }) => (*since, None),
            Some(Ask::Enter { since, key, .. }) => (*since, Some(key.clone())),
            _ => (None, None),
        };
        if let Some(room) = self.rooms.get_mut(&place.room) {
            room.members(place, fresh, since);
        } else {
            let floor = self.forget(&place.room);
            self.rooms.insert(place.room.clone(), Room::joined(place, fresh, since, floor));
        }
        if let (Some(key), Some(room)) = (key, self.rooms.get_mut(&place.room)) {
            room.unlocked_by(key);
        }
        Reception::New
    }

    /// The repeat of a join that was undone since: a member would count.
    fn members_of_nobody(&mut self, name: &RoomName) -> Reception {
        if let Some(room) = self.rooms.remove(name) {
            self.remember(name.clone(), &room);
        }
        Reception::New
    }

    fn refused(&mut self, ask: Option<&Ask>) -> Reception {
        if let Some(Ask::Join { room, .. } | Ask::Enter { room, .. }) = ask {
            let refused = |name: &RoomName, held: &Room| held.is_doubtful() && names(room, name);
            let name =
                self.rooms.iter().find(|(name, held)| refused(name, held)).map(|(name, _)| name.clone());
            if let Some((name, room)) = name.and_then(|name| self.rooms.remove_entry(&name)) {
                self.remember(name, &room);
            }
        }
        Reception::Answer
    }

    fn caught_up(&mut self, place: &Place) -> Reception {
        self.rooms.get_mut(&place.room).map_or(Reception::New, |room| room.caught_up(place))
    }

    fn gap(&mut self, place: &Place, first_available: Number) -> Reception {
        if let Some(room) = self.rooms.get_mut(&place.room) {
            room.gap(place, first_available);
        }
        Reception::New
    }

    /// Whispers lost with a connection are told again; those that nobody keeps any more leave a hole that
    /// waiting would not fill.
    fn whispered(&mut self, number: Number, past: bool) -> Reception {
        if number <= self.whispers {
            return Reception::Duplicate;
        }
        self.whispers = number;
        if past { Reception::Missed } else { Reception::New }
    }

    fn remember(&mut self, name: RoomName, room: &Room) {
        if let Some(at) = room.position() {
            self.keep_former(name, at);
        }
    }

    fn keep_former(&mut self, name: RoomName, at: Since) {
        if self.former.len() >= FORMER_ROOMS {
            self.former.pop_front();
        }
        self.former.push_back((name, at));
    }

    fn forget(&mut self, name: &RoomName) -> Option<Since> {
        let index = self.former.iter().position(|(former, _)| former == name)?;
        self.former.remove(index).map(|(_, at)| at)
    }
}

/// Whether `text`, as a client wrote it, is this room.
fn names(text: &str, room: &RoomName) -> bool {
    text.strip_prefix('#').unwrap_or(text).eq_ignore_ascii_case(room.as_str())
}

fn joins(ask: &Ask, name: &RoomName) -> bool {
    matches!(ask, Ask::Join { room, .. } | Ask::Enter { room, .. } if names(room, name))
}

fn leaves(ask: &Ask, name: &RoomName) -> bool {
    matches!(ask, Ask::Leave { room } if names(room, name))
}
