//! Rooms: join, leave, say, topic; members in sorted order; the room's own numbering; digests of big rooms.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::change::{Change, OrderChange, Verdict};
use crate::config::Config;
use crate::event::{Departure, Event, Place};
use crate::id::{Epoch, Number, RoomId, Seq, SessionId};
use crate::name::{RoomName, UserName};
use crate::rejection::Rejection;
use crate::roles::{Order, Role, Standing};
use crate::roster::Roster;
use crate::session::{Membership, Session};
use crate::sink::Asker;
use crate::stamp::{Stamp, Timestamp};
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::text::Body;
use crate::transfer;

/// One room. Who is in it is derived from the sessions, so a snapshot keeps [`RoomRecord`] alone.
#[derive(Clone, Debug)]
pub(crate) struct Room {
    pub(crate) record: RoomRecord,
    /// Sorted, so that a node's share is one slice.
    pub(crate) members: Vec<SessionId>,
    /// The same by name: a user counts once, with however many devices.
    pub(crate) by_name: Roster,
    pub(crate) order: Order,
}

/// What a room remembers by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct RoomRecord {
    pub(crate) name: RoomName,
    pub(crate) epoch: Epoch,
    pub(crate) head: Number,
    /// Whether anybody ever said anything: then it stays when it is empty.
    pub(crate) has_history: bool,
    pub(crate) topic: Option<Box<Topic>>,
    pub(crate) churn: Option<Box<Churn>>,
    /// Since which entry it has been empty, if it is.
    pub(crate) empty_since: Option<Seq>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Topic {
    pub(crate) by: UserName,
    pub(crate) text: Body,
    pub(crate) number: Number,
    pub(crate) stamp: Stamp,
}

/// Joins and leaves of a big room that have not been told yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Churn {
    pub(crate) due: Timestamp,
    pub(crate) joined: u64,
    pub(crate) left: u64,
    /// The first few, by `digest_names`.
    pub(crate) joined_users: Vec<UserName>,
    pub(crate) left_users: Vec<UserName>,
}

impl Room {
    /// The room, and the number of its last event.
    pub(crate) fn head(&self) -> Place {
        self.place(self.record.head)
    }

    /// Whether it is too big for its members to be listed whole.
    pub(crate) fn is_big(&self, config: &Config) -> bool {
        self.by_name.users() > config.big_room_members.min(config.page)
    }

    /// Whether it goes away when it is empty.
    fn may_close(&self) -> bool {
        !self.record.has_history && !self.order.has_lasting_owner()
    }

    fn place(&self, number: Number) -> Place {
        Place { room: self.record.name.clone(), epoch: self.record.epoch, number }
    }

    fn next(&self) -> Place {
        self.place(self.record.head.next())
    }

    /// How a join or leave is told after which there are so many users.
    fn told(&self, state: &State, stamp: Stamp, users: usize) -> Told {
        match &self.record.churn {
            Some(churn) => Told::InDigest(churn.due),
            None if users > state.config.big_room_members => {
                Told::InDigest(stamp.at.plus_ms(state.config.digest_ms))
            }
            None => Told::AtOnce,
        }
    }
}

/// How a session's coming or going is told to the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    /// By an event of its own.
    AtOnce,
    /// In the digest that is due then.
    InDigest(Timestamp),
    /// Not at all: the user is in the room by another device.
    NotAtAll,
}

impl Told {
    fn digest(self) -> Option<Timestamp> {
        match self {
            Told::InDigest(due) => Some(due),
            Told::AtOnce | Told::NotAtAll => None,
        }
    }
}

fn attached(state: &State, asker: Asker) -> (&Session, UserName) {
    let session = &state.sessions[&asker.session];
    (session, session.user.clone())
}

/// Finds a membership by the room's name, or says why there is none.
fn member_of<'a>(state: &State, session: &'a Session, room: &str) -> Result<&'a Membership, Rejection> {
    match session.membership(room) {
        Some(membership) => Ok(membership),
        None => Err(Rejection::NotAMember { room: state.config.room_name(room)? }),
    }
}

/// Decides a join. A member already: the current state again, and nobody is told.
pub(crate) fn decide_join(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    room: &str,
    key: Option<&str>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let session = asking.asker.session;
    if let Some(membership) = state.sessions[&session].membership(room) {
        let room = &state.rooms[&membership.room];
        steps.remember(asking.by, Verdict::Joined(room.head()));
        steps.answer(asking.asker, members(state, room, false));
        return Ok(());
    }
    let name = state.config.room_name(room)?;
    let id = admit(state, session, &name, steps)?;
    let fresh;
    let room = match state.rooms.get(&id) {
        Some(room) => {
            state.may_enter(stamp.at, session, room, key)?;
            &**room
        }
        None => {
            fresh = empty_room(state, id, name);
            &fresh
        }
    };
    steps.remember(asking.by, Verdict::Joined(room.head()));
    steps.answer(asking.asker, members(state, room, true));
    enter(state, stamp, session, id, room, None, steps);
    if let Some(topic) = &room.record.topic {
        let (by, text) = (topic.by.clone(), Some(topic.text.clone()));
        let event = Event::TopicChanged { place: room.place(topic.number), by, topic: text };
        steps.retell(session, topic.stamp, event);
    }
    transfer::retell_offers(state, session, &room.record.name, steps);
    Ok(())
}

/// The steps by which a session that slept is a member again. It reads its own join from the store, with
/// all else that it missed.
///
/// # Errors
/// Why the room cannot be joined any more: it is left out.
pub(crate) fn rejoin(
    state: &State,
    stamp: Stamp,
    session: SessionId,
    name: &RoomName,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let id = admit(state, session, name, steps)?;
    match state.rooms.get(&id) {
        Some(room) => {
            state.may_enter(stamp.at, session, room, None)?;
            enter(state, stamp, session, id, room, Some(session), steps);
        }
        None => {
            let room = empty_room(state, id, name.clone());
            enter(state, stamp, session, id, &room, Some(session), steps);
        }
    }
    Ok(())
}

/// Finds the room or makes one, within the limits; at the server's, the longest empty one makes way.
fn admit(state: &State, session: SessionId, name: &RoomName, steps: &mut Steps) -> Result<RoomId, Rejection> {
    let limit = state.config.rooms_per_session;
    if state.sessions[&session].rooms.len() >= limit {
        return Err(Rejection::TooManyRooms { limit: u32::try_from(limit).unwrap_or(u32::MAX) });
    }
    if let Some(id) = state.room_names.get(name) {
        return Ok(*id);
    }
    state.may_make(session, name)?;
    if state.rooms.len() >= state.config.rooms {
        let (_, oldest) = state.empty_rooms.first().ok_or(Rejection::RoomsFull)?;
        steps.change(Change::RoomClosed { room: *oldest });
    }
    let room = RoomId(state.rooms_opened + 1);
    let epoch = state.config.epoch.of_room(room);
    steps.change(Change::RoomOpened { room, name: name.clone(), epoch });
    Ok(room)
}

/// A room as `RoomOpened` will make it.
fn empty_room(state: &State, id: RoomId, name: RoomName) -> Room {
    Room::new(name, state.config.epoch.of_room(id), None)
}

impl Room {
    pub(crate) fn new(name: RoomName, epoch: Epoch, empty_since: Option<Seq>) -> Room {
        let record = RoomRecord {
            name,
            epoch,
            head: Number(0),
            has_history: false,
            topic: None,
            churn: None,
            empty_since,
        };
        Room { record, members: Vec::new(), by_name: Roster::default(), order: Order::default() }
    }
}

fn enter(
    state: &State,
    stamp: Stamp,
    session: SessionId,
    id: RoomId,
    room: &Room,
    except: Option<SessionId>,
    steps: &mut Steps,
) {
    let user = state.sessions[&session].user.clone();
    let told = match room.by_name.contains(&user) {
        true => Told::NotAtAll,
        false => room.told(state, stamp, room.by_name.users() + 1),
    };
    steps.change(Change::MemberAdded { room: id, session, digest: told.digest() });
    if !state.rooms.contains_key(&id) && !state.config.server_rooms.contains(&room.record.name) {
        let standing = Box::new(Standing { role: Role::Owner, ..Standing::default() });
        steps.change(OrderChange::Standing { room: id, who: state.who(session), standing });
    }
    if told == Told::AtOnce {
        let joined =
            Change::Numbered { room: id, event: Event::Joined { place: room.next(), user }, by: None };
        match except {
            Some(except) => steps.number_except(joined, except),
            None => steps.number(joined, None),
        }
    }
}

/// Who is in a room, for one who joins it. The list of a big room is read page by page instead.
fn members(state: &State, room: &Room, fresh: bool) -> Event {
    let total = room.by_name.users() as u64;
    let is_big = room.is_big(&state.config);
    let users = if is_big { Vec::new() } else { room.by_name.names(None).cloned().collect() };
    Event::Members { place: room.head(), fresh, total, users }
}

/// Decides a leave. Not a member, or no such room: answered all the same, and an outsider cannot tell which.
pub(crate) fn decide_leave(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    room: &str,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let (session, user) = attached(state, asking.asker);
    match session.membership(room) {
        Some(membership) => {
            let session = asking.asker.session;
            leave(state, stamp, session, membership.room, Departure::Left, Some(asking), steps);
            transfer::decide_leave(state, session, &membership.name, steps);
        }
        None => {
            let room = state.config.room_name(room)?;
            let place = Place { room, epoch: Epoch(0), number: Number(0) };
            steps.remember(asking.by, Verdict::Left(place.clone()));
            steps.answer(asking.asker, Event::Left { place, user, why: Departure::Left });
        }
    }
    Ok(())
}

/// The steps by which a member leaves. A room that is empty then and has no history goes away.
pub(crate) fn leave(
    state: &State,
    stamp: Stamp,
    session: SessionId,
    id: RoomId,
    why: Departure,
    asking: Option<Asking>,
    steps: &mut Steps,
) {
    let room = &state.rooms[&id];
    let user = state.sessions[&session].user.clone();
    let told = match room.by_name.is_alone(&user, session) {
        true => room.told(state, stamp, room.by_name.users() - 1),
        false => Told::NotAtAll,
    };
    steps.change(Change::MemberRemoved { room: id, session, digest: told.digest() });
    if told == Told::AtOnce {
        let event = Event::Left { place: room.next(), user, why };
        let by = asking.and_then(|asking| asking.by);
        let asker = asking.map(|asking| asking.asker);
        steps.number(Change::Numbered { room: id, event, by }, asker);
    } else if let Some(asking) = asking {
        steps.remember(asking.by, Verdict::Left(room.head()));
        steps.answer(asking.asker, Event::Left { place: room.head(), user, why });
    }
    if why == Departure::Left && told != Told::NotAtAll {
        forget_visit(state, session, id, steps);
    }
    if room.members.len() == 1 && room.may_close() {
        steps.change(Change::RoomClosed { room: id });
    }
}

/// Whoever leaves and comes back reads from then on, where that matters.
fn forget_visit(state: &State, session: SessionId, id: RoomId, steps: &mut Steps) {
    let Some(standing) = state.standing(&state.rooms[&id], session) else { return };
    if standing.first.is_some() {
        let standing = Box::new(Standing { first: None, ..standing.clone() });
        steps.change(OrderChange::Standing { room: id, who: state.who(session), standing });
    }
}

/// The steps by which members who were told so are members no more.
pub(crate) fn put_out(state: &State, sessions: &[SessionId], id: RoomId, steps: &mut Steps) {
    let room = &state.rooms[&id];
    for session in sessions {
        steps.change(Change::MemberRemoved { room: id, session: *session, digest: None });
    }
    for session in sessions {
        transfer::decide_leave(state, *session, &room.record.name, steps);
    }
    if room.members.len() == sessions.len() && !sessions.is_empty() && room.may_close() {
        steps.change(Change::RoomClosed { room: id });
    }
}

/// Decides whether something may be said.
pub(crate) fn decide_say(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    room: &str,
    body: &Arc<str>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let (session, from) = attached(state, asking.asker);
    let membership = member_of(state, session, room)?;
    state.may_talk(stamp.at, asking.asker.session, membership.room)?;
    let body = Body::new(body, state.config.body_bytes)?;
    state.may_say_now(stamp.at, asking.asker.session, membership.room)?;
    let place = state.rooms[&membership.room].next();
    let event = Event::Said { place, from, body };
    steps.number(Change::Numbered { room: membership.room, event, by: asking.by }, Some(asking.asker));
    Ok(())
}

/// Decides whether a topic may be set, or cleared by an empty one.
pub(crate) fn decide_topic(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    room: &str,
    topic: &Arc<str>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let (session, by) = attached(state, asking.asker);
    let membership = member_of(state, session, room)?;
    state.may_talk(stamp.at, asking.asker.session, membership.room)?;
    let topic = match Body::new(topic, state.config.topic_bytes) {
        Ok(topic) => Some(topic),
        Err(crate::text::TextError::Empty) => None,
        Err(error) => return Err(error.into()),
    };
    state.may_say_now(stamp.at, asking.asker.session, membership.room)?;
    let place = state.rooms[&membership.room].next();
    let event = Event::TopicChanged { place, by, topic };
    steps.number(Change::Numbered { room: membership.room, event, by: asking.by }, Some(asking.asker));
    Ok(())
}

/// The step by which a digest is told.
pub(crate) fn decide_digest(state: &State, id: RoomId, steps: &mut Steps) {
    let room = &state.rooms[&id];
    if let Some(churn) = &room.record.churn {
        let event = Event::Churned {
            place: room.next(),
            joined: churn.joined,
            left: churn.left,
            total: room.by_name.users() as u64,
            joined_users: churn.joined_users.clone(),
            left_users: churn.left_users.clone(),
        };
        steps.number(Change::Numbered { room: id, event, by: None }, None);
    }
}

/// The answer to a repeated join: the room as it is now, if still a member; else only where it was then.
pub(crate) fn joined_again(state: &State, session: &Session, place: &Place) -> Event {
    match session.membership(place.room.as_str()) {
        Some(membership) => members(state, &state.rooms[&membership.room], false),
        None => Event::Members { place: place.clone(), fresh: false, total: 0, users: Vec::new() },
    }
}
