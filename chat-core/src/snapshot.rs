//! The whole state as a plain value: to keep, to send, to compare.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::account::{self, Account};
use crate::change::{Remembered, Verdict};
use crate::config::Config;
use crate::digest::{Digest, Hasher};
use crate::event::{Event, Place};
use crate::id::{Epoch, RoomId, Seq, SessionId, TransferId};
use crate::name::UserName;
use crate::roles::{self, Audit, Order};
use crate::room::{Room, RoomRecord};
use crate::secrets::Rotation;
use crate::session::{Presence, Session};
use crate::stamp::{Stamp, Timestamp};
use crate::state::State;
use crate::transfer::Transfer;
use crate::whisper;

/// The form of snapshot that this version writes.
const VERSION: u32 = 3;

/// The form from before there were transfers, which is read, too.
const WITHOUT_TRANSFERS: u32 = 1;

/// The form from before there were accounts, and secrets that rotate; read, too.
#[cfg(feature = "bincode")]
const WITHOUT_ACCOUNTS: u32 = 2;

/// A state as a value. What can be derived is left out, so that it cannot contradict the rest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    version: u32,
    seq: Seq,
    now: Timestamp,
    rooms_opened: u64,
    rooms: Vec<(RoomId, RoomRecord)>,
    sessions: Vec<(SessionId, Session)>,
    #[serde(default)]
    transfers_made: u64,
    #[serde(default)]
    transfers: Vec<(TransferId, Transfer)>,
    #[serde(default)]
    accounts: Vec<(UserName, Account)>,
    #[serde(default)]
    rotations: Vec<(SessionId, Rotation)>,
    /// Of the rooms where there is any.
    #[serde(default)]
    orders: Vec<(RoomId, Order)>,
    #[serde(default)]
    audit: Audit,
    #[serde(default)]
    put_out: Vec<(SessionId, Vec<(Stamp, Event)>)>,
    #[serde(default)]
    unheard: Vec<SessionId>,
}

/// Why a snapshot is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RestoreError {
    /// Written by another version.
    #[error(
        "the snapshot has version {found}, this program reads versions up to {VERSION}; use the program that wrote it"
    )]
    Version {
        /// Its version.
        found: u32,
    },
    /// It contradicts itself, so it is damaged: it must not be used.
    #[error("the snapshot is damaged: {what}; restore another copy")]
    Damaged {
        /// What does not fit.
        what: &'static str,
    },
}

impl Snapshot {
    pub(crate) fn of(state: &State) -> Snapshot {
        Snapshot {
            version: VERSION,
            seq: state.seq,
            now: state.now,
            rooms_opened: state.rooms_opened,
            rooms: state.rooms.iter().map(|(id, room)| (*id, room.record.clone())).collect(),
            sessions: state.sessions.iter().map(|(id, session)| (*id, Session::clone(session))).collect(),
            transfers_made: state.transfers.made,
            transfers: state.transfers.all.iter().map(|(id, held)| (*id, Transfer::clone(held))).collect(),
            accounts: state.accounts.iter().map(|(name, held)| (name.clone(), held.clone())).collect(),
            rotations: state.rotations.iter().map(|(id, held)| (*id, held.clone())).collect(),
            orders: with_order(state).map(|(id, room)| (*id, room.order.clone())).collect(),
            audit: state.orders.audit.clone(),
            put_out: state.orders.missed.iter().map(|(id, events)| (*id, events.clone())).collect(),
            unheard: state.unheard.iter().copied().collect(),
        }
    }

    /// The entry after which it was taken: the log goes on behind it.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The same state with every room numbered under another epoch: for a server that may have lost part of
    /// what it had, so that nobody takes an old position for a new one. Numbers go on where they stood.
    #[must_use]
    pub fn renumbered(mut self, epoch: Epoch) -> Snapshot {
        for (id, room) in &mut self.rooms {
            room.epoch = epoch.of_room(*id);
        }
        self
    }

    pub(crate) fn into_state(self, config: Config) -> Result<State, RestoreError> {
        self.check()?;
        let mut state = State::new(config);
        (state.seq, state.now, state.rooms_opened) = (self.seq, self.now, self.rooms_opened);
        let mut orders: BTreeMap<RoomId, Order> = self.orders.into_iter().collect();
        state.orders.audit = self.audit;
        state.orders.missed = self.put_out.into_iter().collect();
        for (id, record) in self.rooms {
            let mut room = Room::new(record.name.clone(), record.epoch, None);
            room.record = record;
            room.order = orders.remove(&id).unwrap_or_default();
            state.insert_room(id, room);
        }
        state.kept_bytes = self.accounts.iter().map(|(_, account)| whisper::held(&account.waiting)).sum();
        state.accounts.extend(self.accounts);
        state.unheard.extend(self.unheard);
        for (id, session) in self.sessions {
            state.insert_session(id, session);
        }
        for (id, rotation) in self.rotations {
            state.insert_rotation(id, rotation);
        }
        state.transfers.made = self.transfers_made;
        for (id, transfer) in self.transfers {
            state.insert_transfer(id, transfer);
        }
        Ok(state)
    }

    fn check(&self) -> Result<(), RestoreError> {
        if !(WITHOUT_TRANSFERS..=VERSION).contains(&self.version) {
            return Err(RestoreError::Version { found: self.version });
        }
        let rooms: BTreeSet<RoomId> = self.rooms.iter().map(|(id, _)| *id).collect();
        let room_names: BTreeSet<_> = self.rooms.iter().map(|(_, room)| &room.name).collect();
        let sessions: BTreeSet<SessionId> = self.sessions.iter().map(|(id, _)| *id).collect();
        let accounts: BTreeSet<_> = self.accounts.iter().map(|(name, _)| name).collect();
        let is_guest = |session: &Session| !accounts.contains(&session.user);
        let named = self.sessions.iter().filter(|(_, session)| session.holds_name() && is_guest(session));
        let names: BTreeSet<_> = named.clone().map(|(_, session)| &session.user).collect();
        let occupied: BTreeSet<RoomId> =
            self.sessions.iter().flat_map(|(_, session)| &session.rooms).map(|member| member.room).collect();
        let checks = [
            (rooms.len() == self.rooms.len(), "a room comes twice"),
            (room_names.len() == self.rooms.len(), "two rooms have one name"),
            (sessions.len() == self.sessions.len(), "a session comes twice"),
            (accounts.len() == self.accounts.len(), "an account comes twice"),
            (names.len() == named.count(), "two sessions hold one name"),
            (occupied.is_subset(&rooms), "a session is in a room that does not exist"),
            (rooms.iter().all(|room| room.0 <= self.rooms_opened), "a room was never opened"),
            (
                self.rooms.iter().all(|(id, room)| room.empty_since.is_none() == occupied.contains(id)),
                "a room is both empty and not",
            ),
            (self.sessions.iter().all(|(_, session)| memberships_differ(session)), "a member comes twice"),
        ];
        first_failed(&checks)?;
        self.check_secrets(&sessions)?;
        self.check_orders(&rooms, &sessions)?;
        self.check_transfers(&sessions)
    }

    fn check_orders(
        &self,
        rooms: &BTreeSet<RoomId>,
        sessions: &BTreeSet<SessionId>,
    ) -> Result<(), RestoreError> {
        let ordered: BTreeSet<RoomId> = self.orders.iter().map(|(id, _)| *id).collect();
        let guests = || self.orders.iter().flat_map(|(_, order)| order.guests.keys());
        let checks = [
            (ordered.len() == self.orders.len(), "a room has two orders"),
            (ordered.is_subset(rooms), "a room that does not exist has an order"),
            (
                guests().all(|session| sessions.contains(session)),
                "a room remembers a session that does not exist",
            ),
            (
                self.put_out.iter().all(|(session, _)| sessions.contains(session)),
                "a session that does not exist was put out",
            ),
        ];
        first_failed(&checks)
    }

    fn check_secrets(&self, sessions: &BTreeSet<SessionId>) -> Result<(), RestoreError> {
        let current = self.sessions.iter().map(|(_, session)| session.token);
        let others = self.rotations.iter().flat_map(|(_, rotation)| rotation.all().copied());
        let (mut count, mut all) = (0, BTreeSet::new());
        current.chain(others).for_each(|hash| {
            count += 1;
            all.insert(hash);
        });
        let rotated: BTreeSet<SessionId> = self.rotations.iter().map(|(id, _)| *id).collect();
        first_failed(&[
            (all.len() == count, "two sessions have one secret"),
            (rotated.len() == self.rotations.len(), "a session's secrets come twice"),
            (rotated.is_subset(sessions), "a secret's session does not exist"),
            (
                self.unheard.iter().all(|session| sessions.contains(session)),
                "a session that does not exist logged in",
            ),
        ])
    }

    fn check_transfers(&self, sessions: &BTreeSet<SessionId>) -> Result<(), RestoreError> {
        let ids: BTreeSet<TransferId> = self.transfers.iter().map(|(id, _)| *id).collect();
        let all = || self.transfers.iter().map(|(_, transfer)| transfer);
        let checks = [
            (ids.len() == self.transfers.len(), "a transfer comes twice"),
            (ids.iter().all(|id| id.0 <= self.transfers_made), "a transfer was never made"),
            (
                self.transfers.iter().all(|(id, transfer)| transfer.offer.transfer == *id),
                "a transfer has another's number",
            ),
            (
                all().flat_map(Transfer::parties).all(|party| sessions.contains(&party)),
                "a transfer's session does not exist",
            ),
            (all().all(Transfer::is_consistent), "a transfer contradicts itself"),
        ];
        first_failed(&checks)
    }
}

fn first_failed(checks: &[(bool, &'static str)]) -> Result<(), RestoreError> {
    match checks.iter().find(|(holds, _)| !holds) {
        Some((_, what)) => Err(RestoreError::Damaged { what }),
        None => Ok(()),
    }
}

#[cfg(feature = "bincode")]
impl bincode::Encode for Snapshot {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
        self.version.encode(e)?;
        (self.seq, self.now, self.rooms_opened).encode(e)?;
        self.rooms.encode(e)?;
        self.sessions.encode(e)?;
        if self.version == WITHOUT_TRANSFERS {
            return Ok(());
        }
        self.transfers_made.encode(e)?;
        self.transfers.encode(e)?;
        if self.version == WITHOUT_ACCOUNTS {
            return Ok(());
        }
        self.accounts.encode(e)?;
        self.rotations.encode(e)?;
        self.orders.encode(e)?;
        self.audit.encode(e)?;
        self.put_out.encode(e)?;
        self.unheard.encode(e)
    }
}

#[cfg(feature = "bincode")]
impl<C> bincode::Decode<C> for Snapshot {
    fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
        use bincode::Decode;
        let version = Decode::decode(d)?;
        let (seq, now, rooms_opened) = Decode::decode(d)?;
        let (rooms, sessions) = (Decode::decode(d)?, Decode::decode(d)?);
        let (transfers_made, transfers) = match version {
            WITHOUT_TRANSFERS => (0, Vec::new()),
            _ => (Decode::decode(d)?, Decode::decode(d)?),
        };
        let (accounts, rotations) = match version {
            WITHOUT_TRANSFERS | WITHOUT_ACCOUNTS => (Vec::new(), Vec::new()),
            _ => (Decode::decode(d)?, Decode::decode(d)?),
        };
        let (orders, audit, put_out) = match version {
            WITHOUT_TRANSFERS | WITHOUT_ACCOUNTS => (Vec::new(), Audit::default(), Vec::new()),
            _ => (Decode::decode(d)?, Decode::decode(d)?, Decode::decode(d)?),
        };
        let unheard = match version {
            WITHOUT_TRANSFERS | WITHOUT_ACCOUNTS => Vec::new(),
            _ => Decode::decode(d)?,
        };
        Ok(Snapshot {
            version,
            seq,
            now,
            rooms_opened,
            rooms,
            sessions,
            transfers_made,
            transfers,
            accounts,
            rotations,
            orders,
            audit,
            put_out,
            unheard,
        })
    }
}

#[cfg(feature = "bincode")]
bincode::impl_borrow_decode!(Snapshot);

fn memberships_differ(session: &Session) -> bool {
    let rooms: BTreeSet<RoomId> = session.rooms.iter().map(|member| member.room).collect();
    rooms.len() == session.rooms.len()
}

fn with_order(state: &State) -> impl Iterator<Item = (&RoomId, &Room)> {
    state.rooms.iter().map(|(id, room)| (id, &**room)).filter(|(_, room)| !room.order.is_blank())
}

/// Summarises a state by all that a snapshot would hold.
pub(crate) fn digest(state: &State) -> Digest {
    let mut h = Hasher::new();
    h.word(state.seq.0).word(state.now.0).word(state.rooms_opened);
    h.word(state.rooms.len() as u64);
    for (id, room) in &state.rooms {
        h.word(id.0);
        feed_room(&room.record, &mut h);
        roles::feed_order(&room.order, &mut h);
    }
    h.word(state.sessions.len() as u64);
    for (id, session) in &state.sessions {
        h.word(id.as_u64());
        feed_session(session, &mut h);
    }
    // Where there never was a transfer, digests are what they were before there could be any.
    if state.transfers.made > 0 {
        h.word(state.transfers.made).word(state.transfers.all.len() as u64);
        for (id, transfer) in &state.transfers.all {
            transfer.feed(h.word(id.0));
        }
    }
    // So with accounts, and with secrets that were used.
    if !state.accounts.is_empty() {
        h.word(state.accounts.len() as u64);
        state.accounts.iter().for_each(|(name, account)| account::feed(name, account, &mut h));
    }
    if !state.rotations.is_empty() {
        h.word(state.rotations.len() as u64);
        state.rotations.iter().for_each(|(id, rotation)| rotation.feed(h.word(id.as_u64())));
    }
    state.unheard.iter().for_each(|session| {
        h.word(6).word(session.as_u64());
    });
    roles::feed_orders(&state.orders, &mut h);
    Digest(h.finish())
}

fn feed_room(room: &RoomRecord, h: &mut Hasher) {
    h.bytes(room.name.as_str().as_bytes()).word(room.epoch.0).word(room.head.0);
    h.word(u64::from(room.has_history)).word(room.empty_since.map_or(0, |seq| seq.0 + 1));
    if let Some(topic) = &room.topic {
        h.word(1).bytes(topic.by.as_str().as_bytes()).bytes(topic.text.as_str().as_bytes());
        feed_stamp(topic.stamp, h.word(topic.number.0));
    }
    if let Some(churn) = &room.churn {
        h.word(2).word(churn.due.0).word(churn.joined).word(churn.left);
        for user in churn.joined_users.iter().chain(&churn.left_users) {
            h.bytes(user.as_str().as_bytes());
        }
    }
}

fn feed_session(session: &Session, h: &mut Hasher) {
    h.bytes(session.user.as_str().as_bytes()).bytes(&session.token.0);
    match &session.presence {
        Presence::Attached => {
            h.word(1);
        }
        Presence::Lingering { until } => {
            h.word(2).word(until.0);
        }
        Presence::Asleep { until, rooms } | Presence::Away { until, rooms } => {
            let tag = if matches!(session.presence, Presence::Away { .. }) { 4 } else { 3 };
            h.word(tag).word(until.0).word(rooms.len() as u64);
            for room in rooms {
                h.bytes(room.as_str().as_bytes());
            }
        }
    }
    h.word(session.rooms.len() as u64);
    for member in &session.rooms {
        h.word(member.room.0).word(member.since.0);
    }
    h.word(session.highest_request.0).word(session.answers().count() as u64);
    session.answers().for_each(|answer| feed_answer(answer, h));
    h.word(session.whisper_head.0).word(session.whispers().count() as u64);
    for (stamp, event) in session.whispers() {
        feed_stamp(*stamp, h);
        whisper::feed(event, h);
    }
}

fn feed_answer(answer: &Remembered, h: &mut Hasher) {
    h.word(answer.request.0).word(answer.fingerprint);
    feed_stamp(answer.stamp, h);
    match &answer.verdict {
        Verdict::Numbered(place) => feed_place(1, place, h),
        Verdict::Joined(place) => feed_place(2, place, h),
        Verdict::Left(place) => feed_place(3, place, h),
        Verdict::Whispered { to, number } => {
            h.word(4).bytes(to.as_str().as_bytes()).word(number.0);
        }
        Verdict::Offered { transfer, to, chunk_bytes, expires } => {
            h.word(6).word(transfer.0).bytes(to.to_string().as_bytes());
            h.word(u64::from(*chunk_bytes)).word(expires.0);
        }
        Verdict::Cancelled { user } => {
            h.word(8).bytes(user.as_ref().map_or("", UserName::as_str).as_bytes());
        }
        Verdict::Done => {
            h.word(7);
        }
        Verdict::Told(event) => {
            h.word(9).bytes(event.to_string().as_bytes());
        }
        Verdict::Refused(rejection) => {
            h.word(5).word(u64::from(rejection.code().number())).bytes(rejection.to_string().as_bytes());
        }
    }
}

fn feed_place(tag: u64, place: &Place, h: &mut Hasher) {
    h.word(tag).bytes(place.room.as_str().as_bytes()).word(place.epoch.0).word(place.number.0);
}

pub(crate) fn feed_stamp(stamp: Stamp, h: &mut Hasher) {
    h.word(stamp.seq.0).word(stamp.at.0);
}

#[cfg(test)]
mod tests;
