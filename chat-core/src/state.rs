//! The whole state, and `evolve`: the one place where it changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::Account;
use crate::answers;
use crate::change::{Change, Verdict};
use crate::command::TokenHash;
use crate::config::Config;
use crate::deadline::{Deadlines, Due};
use crate::event::Event;
use crate::id::{RoomId, Seq, SessionId};
use crate::name::{RoomName, UserName};
use crate::rejection::Rejection;
use crate::roles::Orders;
use crate::room::{Churn, Room, Topic};
use crate::roster::Roster;
use crate::secrets::Rotation;
use crate::session::{Membership, Presence, Session};
use crate::stamp::{Stamp, Timestamp};
use crate::transfer::Transfers;
use crate::whisper;

#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) config: Config,
    /// The latest time and entry that changed anything.
    pub(crate) now: Timestamp,
    pub(crate) seq: Seq,
    pub(crate) rooms_opened: u64,
    /// Boxed, because the map's nodes are half empty where ids only rise.
    pub(crate) sessions: BTreeMap<SessionId, Box<Session>>,
    pub(crate) rooms: BTreeMap<RoomId, Box<Room>>,
    pub(crate) transfers: Transfers,
    pub(crate) accounts: BTreeMap<UserName, Account>,
    /// Of the sessions that were ever resumed. Apart, because most never are.
    pub(crate) rotations: BTreeMap<SessionId, Rotation>,
    /// The sessions that logged in and gave no sign since that their welcome arrived.
    pub(crate) unheard: BTreeSet<SessionId>,
    pub(crate) orders: Orders,
    // All below is derived from the above.
    pub(crate) names: Roster,
    /// Those who sleep, by the name that they had.
    asleep: Roster,
    /// Each session's secrets: the current one, the next, and those that are spent.
    pub(crate) tokens: BTreeMap<TokenHash, SessionId>,
    pub(crate) room_names: BTreeMap<RoomName, RoomId>,
    /// Longest empty first.
    pub(crate) empty_rooms: BTreeSet<(Seq, RoomId)>,
    pub(crate) deadlines: Deadlines,
    /// Bytes of text in all whispers that are kept, for sessions and accounts.
    pub(crate) kept_bytes: usize,
}

/// Why a change that `decide` made, or that was recorded earlier, fits the state.
pub(crate) const KNOWN: &str =
    "a change names what exists: it was decided on, or recorded after, this very state";

impl State {
    pub(crate) fn new(config: Config) -> State {
        State {
            config,
            now: Timestamp(0),
            seq: Seq(0),
            rooms_opened: 0,
            sessions: BTreeMap::new(),
            rooms: BTreeMap::new(),
            transfers: Transfers::default(),
            accounts: BTreeMap::new(),
            rotations: BTreeMap::new(),
            unheard: BTreeSet::new(),
            orders: Orders::default(),
            names: Roster::default(),
            asleep: Roster::default(),
            tokens: BTreeMap::new(),
            room_names: BTreeMap::new(),
            empty_rooms: BTreeSet::new(),
            deadlines: Deadlines::default(),
            kept_bytes: 0,
        }
    }

    /// The session, if it has a connection.
    pub(crate) fn attached(&self, session: SessionId) -> Result<&Session, Rejection> {
        let held = self.sessions.get(&session).filter(|held| held.is_attached());
        held.map(|held| &**held).ok_or(Rejection::NoSession)
    }

    /// The sessions that sleep and had that name.
    pub(crate) fn asleep_as(&self, user: &UserName) -> impl Iterator<Item = SessionId> {
        self.asleep.of(user)
    }

    /// The members of the room of that name; none if there is no such room.
    pub(crate) fn members(&self, room: &RoomName) -> &[SessionId] {
        self.room_names.get(room).map_or(&[], |id| &self.rooms[id].members)
    }

    /// The entry's stamp, with a time that never runs backwards.
    pub(crate) fn clock(&self, stamp: Stamp) -> Stamp {
        Stamp { seq: stamp.seq, at: stamp.at.max(self.now) }
    }

    /// Makes a change. Cannot refuse: the change was decided on this state, or recorded after it.
    pub(crate) fn evolve(&mut self, stamp: Stamp, change: &Change) {
        (self.seq, self.now) = (stamp.seq, self.now.max(stamp.at));
        match change {
            Change::SessionOpened { session, user, token } => {
                if self.is_account(user) {
                    self.unheard.insert(*session);
                }
                self.insert_session(*session, Session::new(user.clone(), *token));
            }
            Change::SessionMoved { from, to } => {
                self.move_session(*from, *to);
                self.move_guest(*from, *to);
                self.move_transfers(*from, *to);
                // Whoever comes back has all that waits, or is told it now.
                self.unheard.remove(from);
                self.waits_no_more(*to);
            }
            Change::SessionDropped { session, until } => {
                self.set_presence(*session, Presence::Lingering { until: *until });
            }
            Change::SessionSlept { session, until, rooms } => {
                self.set_presence(*session, Presence::Asleep { until: *until, rooms: rooms[..].into() });
                let user = &self.sessions[session].user;
                self.names.remove(user, *session);
                self.asleep.insert(user.clone(), *session);
            }
            Change::SessionEnded { session } => {
                self.take_session(*session);
                self.unheard.remove(session);
                self.take_rotation(*session);
                self.forget_guest(*session);
                self.leave_transfers(*session);
            }
            Change::RoomOpened { room, name, epoch } => {
                self.rooms_opened = self.rooms_opened.max(room.0);
                self.insert_room(*room, Room::new(name.clone(), *epoch, Some(stamp.seq)));
            }
            Change::RoomClosed { room } => self.close_room(*room),
            Change::MemberAdded { room, session, digest } => {
                self.add_member(*room, *session);
                self.let_in(*room, *session);
                self.use_invitation(*room, *session);
                self.churn(*room, *session, *digest, true);
            }
            Change::MemberRemoved { room, session, digest } => {
                self.churn(*room, *session, *digest, false);
                self.remove_member(stamp, *room, *session);
            }
            Change::Numbered { room, event, by } => {
                self.number(stamp, *room, event);
                if let (Some(by), Some(verdict)) = (by, Verdict::of_numbered(event)) {
                    self.answer(stamp, *by, verdict);
                }
            }
            Change::Whispered { session, event } => self.keep_whisper(stamp, *session, event),
            Change::Answered { by, verdict } => self.answer(stamp, *by, verdict.clone()),
            Change::Transfer(change) => self.evolve_transfer(stamp, change),
            Change::SecretUsed { session, presented, next } => self.use_secret(*session, *presented, *next),
            Change::Account(change) => self.evolve_account(stamp, change),
            Change::SessionAway { session, until } => {
                let until = *until;
                if let Presence::Asleep { rooms, .. } = &self.sessions[session].presence {
                    let rooms = rooms.clone();
                    self.set_presence(*session, Presence::Away { until, rooms });
                }
            }
            Change::Order(change) => self.evolve_order(stamp, change),
        }
    }

    pub(crate) fn insert_session(&mut self, id: SessionId, session: Session) {
        let roster = if session.holds_name() { &mut self.names } else { &mut self.asleep };
        roster.insert(session.user.clone(), id);
        self.tokens.insert(session.token, id);
        self.kept_bytes += whisper::held(session.whispers());
        self.deadlines.set_session(id, &session, self.accounts.contains_key(&session.user));
        for membership in &session.rooms {
            let room = self.rooms.get_mut(&membership.room).expect(KNOWN);
            let at = room.members.binary_search(&id).unwrap_or_else(|at| at);
            room.members.insert(at, id);
            room.by_name.insert(session.user.clone(), id);
        }
        self.list_sleeper(id, &session);
        self.sessions.insert(id, Box::new(session));
    }

    fn take_session(&mut self, id: SessionId) -> Session {
        let session = *self.sessions.remove(&id).expect(KNOWN);
        self.tokens.remove(&session.token);
        self.kept_bytes -= whisper::held(session.whispers());
        let roster = if session.holds_name() { &mut self.names } else { &mut self.asleep };
        roster.remove(&session.user, id);
        self.deadlines.clear_session(id, &session);
        for membership in &session.rooms {
            let room = self.rooms.get_mut(&membership.room).expect(KNOWN);
            room.members.retain(|member| *member != id);
            room.by_name.remove(&session.user, id);
        }
        self.unlist_sleeper(id, &session);
        session
    }

    fn move_session(&mut self, from: SessionId, to: SessionId) {
        let mut session = self.take_session(from);
        session.presence = Presence::Attached;
        self.insert_session(to, session);
        if let Some(rotation) = self.take_rotation(from) {
            self.insert_rotation(to, rotation);
        }
    }

    fn set_presence(&mut self, id: SessionId, presence: Presence) {
        let session = self.sessions.get_mut(&id).expect(KNOWN);
        let is_device = self.accounts.contains_key(&session.user);
        self.deadlines.clear_session(id, session);
        session.presence = presence;
        self.deadlines.set_session(id, session, is_device);
        let asleep_in = session.asleep_in().iter().map(|room| (room.clone(), id));
        self.orders.sleepers.extend(asleep_in);
    }

    pub(crate) fn insert_room(&mut self, id: RoomId, room: Room) {
        self.room_names.insert(room.record.name.clone(), id);
        if let Some(since) = room.record.empty_since {
            self.empty_rooms.insert((since, id));
        }
        if let Some(churn) = &room.record.churn {
            self.deadlines.set(churn.due, Due::Digest(id));
        }
        self.rooms.insert(id, Box::new(room));
        self.list_order(id);
    }

    fn close_room(&mut self, id: RoomId) {
        let room = self.rooms.remove(&id).expect(KNOWN);
        self.room_names.remove(&room.record.name);
        if let Some(since) = room.record.empty_since {
            self.empty_rooms.remove(&(since, id));
        }
        if let Some(churn) = &room.record.churn {
            self.deadlines.clear(churn.due, Due::Digest(id));
        }
        self.unlist_order(id, &room.order);
    }

    fn add_member(&mut self, id: RoomId, session: SessionId) {
        let room = self.rooms.get_mut(&id).expect(KNOWN);
        if let Some(since) = room.record.empty_since.take() {
            self.empty_rooms.remove(&(since, id));
        }
        let held = self.sessions.get_mut(&session).expect(KNOWN);
        let since = room.record.head;
        // Most sessions are in one room: no room is kept for four.
        held.rooms.reserve_exact(1);
        held.rooms.push(Membership { room: id, name: room.record.name.clone(), since });
        let at = room.members.binary_search(&session).unwrap_or_else(|at| at);
        room.members.insert(at, session);
        room.by_name.insert(held.user.clone(), session);
    }

    fn remove_member(&mut self, stamp: Stamp, id: RoomId, session: SessionId) {
        let room = self.rooms.get_mut(&id).expect(KNOWN);
        let held = self.sessions.get_mut(&session).expect(KNOWN);
        held.rooms.retain(|membership| membership.room != id);
        if let Ok(at) = room.members.binary_search(&session) {
            room.members.remove(at);
        }
        room.by_name.remove(&held.user, session);
        if room.members.is_empty() {
            room.record.empty_since = Some(stamp.seq);
            self.empty_rooms.insert((stamp.seq, id));
            self.doubt(id);
        }
    }

    /// Counts a join or leave towards the digest that is due, if it is told in one.
    fn churn(&mut self, id: RoomId, session: SessionId, digest: Option<Timestamp>, joined: bool) {
        let Some(due) = digest else { return };
        let user = self.sessions[&session].user.clone();
        let room = self.rooms.get_mut(&id).expect(KNOWN);
        let churn = room.record.churn.get_or_insert_with(|| {
            self.deadlines.set(due, Due::Digest(id));
            Box::new(Churn { due, joined: 0, left: 0, joined_users: Vec::new(), left_users: Vec::new() })
        });
        let (count, users) = match joined {
            true => (&mut churn.joined, &mut churn.joined_users),
            false => (&mut churn.left, &mut churn.left_users),
        };
        *count += 1;
        if users.len() < self.config.digest_names {
            users.push(user);
        }
    }

    fn number(&mut self, stamp: Stamp, id: RoomId, event: &Event) {
        let room = self.rooms.get_mut(&id).expect(KNOWN);
        let Some(place) = event.place() else { return };
        room.record.head = place.number;
        match event {
            Event::Said { from, .. } => {
                room.record.has_history = true;
                room.order.spoke(from, stamp.at);
            }
            Event::Deleted { target, .. } => room.order.deleted(*target, self.config.deletions),
            Event::Kicked { .. } => self.keep_put_out(stamp, id, event),
            Event::TopicChanged { by, topic, .. } => {
                room.order.spoke(by, stamp.at);
                let (by, number) = (by.clone(), place.number);
                room.record.topic = topic.clone().map(|text| Box::new(Topic { by, text, number, stamp }));
            }
            Event::Churned { .. } => {
                if let Some(churn) = room.record.churn.take() {
                    self.deadlines.clear(churn.due, Due::Digest(id));
                }
            }
            _ => {}
        }
    }

    /// Keeps a whisper for a session in case its connection breaks: for a device of an account, which may be away for
    /// long, as much as for an account that has none.
    pub(crate) fn keep_whisper(&mut self, stamp: Stamp, session: SessionId, event: &Event) {
        let Event::Whispered { number, .. } = event else { return };
        let (count, bytes) = match self.has_account(session) {
            true => (self.config.account_whispers, self.config.account_whisper_bytes),
            false => (self.config.whispers, self.config.whisper_bytes),
        };
        let held = self.sessions.get_mut(&session).expect(KNOWN);
        held.whisper_head = *number;
        let whispers = &mut held.kept.get_or_insert_default().whispers;
        self.kept_bytes -= whisper::held(&*whispers);
        whisper::keep(whispers, count, bytes, stamp, event.clone());
        self.kept_bytes += whisper::held(&*whispers);
    }

    fn answer(&mut self, stamp: Stamp, by: crate::change::Asked, verdict: Verdict) {
        // The asker may have quit by the time a record is replayed; then there is nothing to remember.
        if let Some(session) = self.sessions.get_mut(&by.session) {
            answers::keep(session, self.config.answers, stamp, by, verdict);
        }
    }
}
