//! A sink that believes nothing: it keeps its own book of who is where, from the records alone, and checks
//! every delivery against it.

mod files;

use std::collections::{BTreeMap, BTreeSet};

use chat_core::{
    AccountChange, Audience, Change, Code, Epoch, Event, Number, Place, RoomId, RoomName, Seq, SessionId,
    Sink, Stamp, Timestamp, Transcript, UserName,
};

use files::Files;

/// So many wait for an account in random logs.
pub(crate) const ACCOUNT_WHISPERS: u64 = 3;

#[derive(Debug)]
struct Room {
    name: RoomName,
    epoch: Epoch,
    head: Number,
    last: Timestamp,
    members: BTreeSet<SessionId>,
}

/// The numbered event that is being told, and who was told so far.
#[derive(Debug)]
struct Telling {
    room: RoomId,
    event: Event,
    told: BTreeSet<SessionId>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) transcript: Transcript,
    pub(crate) records: Vec<(Stamp, Change)>,
    pub(crate) deliveries: usize,
    rooms: BTreeMap<RoomId, Room>,
    epochs: BTreeSet<Epoch>,
    users: BTreeMap<SessionId, UserName>,
    asleep: BTreeSet<SessionId>,
    whispers: BTreeMap<SessionId, Number>,
    /// The last number of the room that a member was told.
    heard: BTreeMap<(SessionId, RoomId), Number>,
    happened: BTreeMap<(Epoch, Number), (Stamp, Event)>,
    telling: Option<Telling>,
    /// Connections that were ended: their sessions end next.
    closed: BTreeSet<SessionId>,
    /// How many whispers wait for an account.
    waiting: BTreeMap<UserName, u64>,
    /// Of the entry that is being applied: what is told of an earlier one is told again.
    pub(crate) entry: Seq,
    pub(crate) files: Files,
}

impl Witness {
    /// To be called after every entry: what was numbered has been told to every member.
    pub(crate) fn settle(&mut self) {
        assert!(self.closed.is_empty(), "a connection was closed and its session goes on: {:?}", self.closed);
        let Some(Telling { room, event, told }) = self.telling.take() else { return };
        let number = event.place().unwrap().number;
        for member in &self.rooms[&room].members {
            let heard = self.heard.get_mut(&(*member, room)).unwrap();
            if !told.contains(member) {
                // One who slept reads his own join from the store.
                let own = matches!(&event, Event::Joined { user, .. } if *user == self.users[member]);
                assert!(own, "{member} was not told {event}");
                *heard = number;
            }
            assert_eq!(*heard, number);
        }
    }

    pub(crate) fn members(&self) -> impl Iterator<Item = (&RoomName, Number, Vec<SessionId>)> {
        self.rooms.values().map(|room| (&room.name, room.head, room.members.iter().copied().collect()))
    }

    fn rooms_of(&self, session: SessionId) -> BTreeSet<Place> {
        let of = self.rooms.values().filter(|room| room.members.contains(&session));
        of.map(|room| Place { room: room.name.clone(), epoch: room.epoch, number: room.head }).collect()
    }

    fn open_session(&mut self, session: SessionId, user: UserName, whispers: Number) {
        assert!(self.users.insert(session, user).is_none());
        self.whispers.insert(session, whispers);
    }

    fn end_session(&mut self, session: SessionId) -> (UserName, Number) {
        self.asleep.remove(&session);
        (self.users.remove(&session).unwrap(), self.whispers.remove(&session).unwrap())
    }

    fn move_session(&mut self, from: SessionId, to: SessionId) {
        let (user, whispers) = self.end_session(from);
        self.waiting.remove(&user);
        self.open_session(to, user, whispers);
        for (id, room) in &mut self.rooms {
            if room.members.remove(&from) {
                room.members.insert(to);
                let heard = self.heard.remove(&(from, *id)).unwrap();
                self.heard.insert((to, *id), heard);
            }
        }
    }

    fn number(&mut self, stamp: Stamp, id: RoomId, event: &Event) {
        let room = self.rooms.get_mut(&id).unwrap();
        let place = event.place().unwrap();
        assert_eq!((&place.room, place.epoch), (&room.name, room.epoch));
        // However many devices a user has: the first that comes is told of, and the last that goes.
        let devices =
            |user: &UserName| room.members.iter().filter(|member| self.users[member] == *user).count();
        match event {
            Event::Joined { user, .. } => assert_eq!(devices(user), 1, "{event}"),
            Event::Left { user, .. } => assert_eq!(devices(user), 0, "{event}"),
            _ => {}
        }
        assert_eq!(place.number, room.head.next(), "numbers are dense");
        assert!(stamp.at >= room.last, "time never runs backwards in a room");
        (room.head, room.last) = (place.number, stamp.at);
        self.happened.insert((place.epoch, place.number), (stamp, event.clone()));
        self.telling = Some(Telling { room: id, event: event.clone(), told: BTreeSet::new() });
    }

    /// A numbered event, told while it happens.
    fn tell(&mut self, event: &Event, to: Audience<'_>) {
        let telling = self.telling.as_mut().unwrap();
        let (room, number) = (&self.rooms[&telling.room], event.place().unwrap().number);
        for session in to.others().chain(to.asker.map(|asker| asker.session)) {
            assert!(telling.told.insert(session), "{session} was told {event} twice");
            if let Some(heard) = self.heard.get_mut(&(session, telling.room)) {
                assert!(room.members.contains(&session));
                assert_eq!(heard.next(), number, "{session} is told of everything in order");
                *heard = number;
            } else {
                // Or an operator, who acts from outside.
                let leaver = match event {
                    Event::Left { user, .. } => *user == self.users[&session],
                    event => by(event).is_some_and(|by| *by == self.users[&session]),
                };
                assert!(leaver, "{session} is no member and was told {event}");
            }
        }
    }

    /// A numbered event, told again.
    fn retell(&self, stamp: Stamp, event: &Event, to: Audience<'_>) {
        let place = event.place().unwrap();
        let first = self.happened.get(&(place.epoch, place.number));
        let author = match event {
            Event::Said { from, .. } => Some(from),
            Event::TopicChanged { by, .. } if !to.past => Some(by),
            Event::Left { user, .. } => Some(user),
            Event::TopicChanged { .. } => None,
            Event::Kicked { user, .. } if to.past => {
                return self.check_return(first, (stamp, event), user, to);
            }
            other => Some(by(other).unwrap_or_else(|| panic!("{other} is never told again"))),
        };
        if let (Some(author), Some(asker)) = (author, to.asker) {
            assert_eq!(*author, self.users[&asker.session], "an answer goes to its author");
            assert!(to.sessions.is_empty());
        } else {
            assert!(to.past && to.sessions.len() == 1 && to.asker.is_none());
            assert!(self.rooms_of(to.sessions[0]).iter().any(|held| held.epoch == place.epoch));
        }
        // A leave in a big room, or of no room at all, has no number of its own.
        if !matches!(event, Event::Left { .. }) {
            assert_eq!(first, Some(&(stamp, event.clone())), "it is told as it was the first time");
        }
    }

    /// One who was put out while it had no connection is told at its return; by then it may be in the room again.
    fn check_return(
        &self,
        first: Option<&(Stamp, Event)>,
        told: (Stamp, &Event),
        user: &UserName,
        to: Audience<'_>,
    ) {
        assert_eq!(first, Some(&(told.0, told.1.clone())), "it is told as it was the first time");
        assert!(to.sessions.len() == 1 && to.asker.is_none());
        assert_eq!(*user, self.users[&to.sessions[0]]);
    }

    fn check_members(&self, event: &Event, to: Audience<'_>) {
        let Event::Members { place, fresh, total, users } = event else { return };
        let asker = to.asker.expect("an answer").session;
        let Some(room) = self.rooms.values().find(|room| room.epoch == place.epoch) else {
            // The room is opened by the next change, or is gone, and this is the repeat of an old answer.
            assert_eq!(*total, 0);
            return;
        };
        let inside = room.members.contains(&asker);
        if inside == *fresh {
            assert!(!inside && *total == 0, "the repeat of an answer to one who has left: {event}");
            return;
        }
        let names: BTreeSet<&UserName> = room.members.iter().map(|member| &self.users[member]).collect();
        assert_eq!((names.len() as u64, room.head), (*total, place.number));
        assert!(users.is_empty() || users.iter().eq(names));
    }
}

/// Who did what the event tells of, if it is an act of moderation.
fn by(event: &Event) -> Option<&UserName> {
    match event {
        Event::RoleChanged { by, .. }
        | Event::Kicked { by, .. }
        | Event::Restricted { by, .. }
        | Event::Lifted { by, .. }
        | Event::ModesChanged { by, .. }
        | Event::Deleted { by, .. } => Some(by),
        _ => None,
    }
}

impl Sink for Witness {
    fn deliver(&mut self, stamp: Stamp, event: &Event, to: Audience<'_>) {
        self.deliveries += 1;
        if let (Event::Refused(refusal), [refused]) = (event, to.sessions)
            && refusal.code == Code::TokenRevoked.number()
        {
            assert!(!self.users.contains_key(refused), "it came with a secret that was used up");
            self.transcript.deliver(stamp, event, to);
            return;
        }
        assert!(to.sessions.is_sorted_by(|a, b| a < b), "sorted, without duplicates: {:?}", to.sessions);
        for session in to.others().chain(to.asker.map(|asker| asker.session)) {
            assert!(
                self.users.contains_key(&session) && !self.asleep.contains(&session),
                "{session}: {event}"
            );
        }
        match event {
            Event::Attached { rooms, user, .. } => {
                assert_eq!(user.as_str(), self.users[&to.sessions[0]].as_str());
                assert_eq!(rooms.iter().cloned().collect::<BTreeSet<_>>(), self.rooms_of(to.sessions[0]));
            }
            Event::Members { .. } => self.check_members(event, to),
            _ if event.place().is_none() => {}
            _ if self.telling.as_ref().is_some_and(|telling| telling.event == *event) && !to.past => {
                self.tell(event, to);
            }
            _ => self.retell(stamp, event, to),
        }
        if to.asker.is_none() || stamp.seq == self.entry {
            self.files.deliver(event, to, &self.users);
        }
        self.transcript.deliver(stamp, event, to);
    }

    fn close(&mut self, stamp: Stamp, session: SessionId, code: Code) {
        assert!(self.users.contains_key(&session) && !self.asleep.contains(&session));
        assert!(self.closed.insert(session));
        self.transcript.close(stamp, session, code);
    }

    fn record(&mut self, stamp: Stamp, change: &Change) {
        let closed = std::mem::take(&mut self.closed);
        self.settle();
        self.closed = closed;
        self.records.push((stamp, change.clone()));
        self.files.record(change);
        match change {
            Change::SessionOpened { session, user, .. } => {
                self.open_session(*session, user.clone(), Number(0));
            }
            Change::SessionMoved { from, to } => self.move_session(*from, *to),
            Change::SessionSlept { session, .. } => {
                self.asleep.insert(*session);
                assert!(self.rooms_of(*session).is_empty());
            }
            Change::SessionEnded { session } => {
                assert!(self.rooms_of(*session).is_empty());
                self.closed.remove(session);
                self.end_session(*session);
            }
            Change::RoomOpened { room, name, epoch } => {
                assert!(self.epochs.insert(*epoch), "no two rooms share a numbering");
                assert!(self.rooms.values().all(|held| held.name != *name));
                let (head, last) = (Number(0), Timestamp(0));
                let fresh = Room { name: name.clone(), epoch: *epoch, head, last, members: BTreeSet::new() };
                self.rooms.insert(*room, fresh);
            }
            Change::RoomClosed { room } => assert!(self.rooms.remove(room).unwrap().members.is_empty()),
            Change::MemberAdded { room, session, .. } => {
                let held = self.rooms.get_mut(room).unwrap();
                assert!(held.members.insert(*session));
                self.heard.insert((*session, *room), held.head);
            }
            Change::MemberRemoved { room, session, .. } => {
                assert!(self.rooms.get_mut(room).unwrap().members.remove(session));
                self.heard.remove(&(*session, *room));
            }
            Change::Numbered { room, event, .. } => self.number(stamp, *room, event),
            Change::Whispered { session, event: Event::Whispered { number, to, from, .. } } => {
                let head = self.whispers.get_mut(session).unwrap();
                assert!([to, from].contains(&&self.users[session]));
                assert_eq!(head.next(), *number);
                *head = *number;
            }
            Change::Account(AccountChange::WhisperWaits { name, .. }) => {
                let waiting = self.waiting.entry(name.clone()).or_default();
                *waiting += 1;
                assert!(*waiting <= ACCOUNT_WHISPERS, "none is pushed out");
            }
            Change::Account(AccountChange::WhispersTold { name, session }) => {
                self.whispers.get_mut(session).unwrap().0 += self.waiting[name];
            }
            Change::Account(AccountChange::Heard { name, session }) => {
                assert_eq!(self.users[session], *name);
                self.waiting.remove(name);
            }
            _ => {}
        }
    }
}
