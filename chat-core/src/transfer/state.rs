//! How the state of transfers changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::TransferChange;
use crate::id::{SessionId, TransferId};
use crate::name::{RoomName, UserName};
use crate::stamp::{Stamp, Timestamp};
use crate::state::{KNOWN, State};
use crate::transfer::record::{Closed, Receiving, Transfer};
use crate::transfer::{CopyState, EndReason, Target};

/// All transfers that are not forgotten.
#[derive(Clone, Debug, Default)]
pub(crate) struct Transfers {
    /// How many there ever were.
    pub(crate) made: u64,
    pub(crate) all: BTreeMap<TransferId, Box<Transfer>>,
    // All below is derived from the above.
    by_session: BTreeMap<SessionId, BTreeSet<TransferId>>,
    by_room: BTreeMap<RoomName, BTreeSet<TransferId>>,
    /// The first over first.
    over: BTreeSet<(Timestamp, TransferId)>,
    /// Those that have come to their end, until that is settled.
    spent: BTreeSet<TransferId>,
}

fn add<K: Ord>(index: &mut BTreeMap<K, BTreeSet<TransferId>>, key: K, id: TransferId) {
    index.entry(key).or_default().insert(id);
}

fn remove<K: Ord>(index: &mut BTreeMap<K, BTreeSet<TransferId>>, key: &K, id: TransferId) {
    if let Some(ids) = index.get_mut(key) {
        ids.remove(&id);
        if ids.is_empty() {
            index.remove(key);
        }
    }
}

impl Transfers {
    fn listed<'a>(
        &'a self,
        ids: Option<&'a BTreeSet<TransferId>>,
    ) -> impl Iterator<Item = (TransferId, &'a Transfer)> {
        ids.into_iter().flatten().map(|id| (*id, &*self.all[id]))
    }

    /// Those that a session sends, was offered for itself alone, or has a copy of.
    pub(crate) fn of(&self, session: SessionId) -> impl Iterator<Item = (TransferId, &Transfer)> {
        self.listed(self.by_session.get(&session))
    }

    /// Those of them that are not over.
    pub(crate) fn live_of(&self, session: SessionId) -> impl Iterator<Item = (TransferId, &Transfer)> {
        self.of(session).filter(|(_, transfer)| !transfer.is_over())
    }

    /// Those that were offered to a room.
    pub(crate) fn in_room(&self, room: &RoomName) -> impl Iterator<Item = (TransferId, &Transfer)> {
        self.listed(self.by_room.get(room))
    }

    /// How many are not over.
    pub(crate) fn unfinished(&self) -> usize {
        self.all.len() - self.over.len()
    }

    /// The one that has been over for longest.
    pub(crate) fn first_over(&self) -> Option<TransferId> {
        self.over.first().map(|(_, id)| *id)
    }

    /// One that has come to its end without that being settled.
    pub(crate) fn first_spent(&self) -> Option<TransferId> {
        self.spent.first().copied()
    }
}

impl State {
    /// Makes a change of a transfer.
    pub(crate) fn evolve_transfer(&mut self, stamp: Stamp, change: &TransferChange) {
        match change {
            TransferChange::Offered { sender, receiver, offer } => {
                self.transfers.made = self.transfers.made.max(offer.transfer.0);
                if let Target::Room(room) = &offer.to
                    && let Some(id) = self.room_names.get(room)
                {
                    self.rooms.get_mut(id).expect(KNOWN).order.spoke(&offer.from, stamp.at);
                }
                let transfer = Transfer {
                    offer: (**offer).clone(),
                    stamp,
                    term_ms: offer.expires.0.saturating_sub(stamp.at.0),
                    is_hash_late: false,
                    sender: Some(*sender),
                    receiver: *receiver,
                    closed: None,
                    forgotten: None,
                    copies: BTreeMap::new(),
                    former: Vec::new(),
                };
                self.insert_transfer(offer.transfer, transfer);
            }
            TransferChange::Accepted { transfer, session, from } => {
                self.set_copy(stamp, *transfer, *session, CopyState::Running {}, None);
                self.set_offset(*transfer, *session, *from);
            }
            TransferChange::Progressed { transfer, session, offset } => {
                self.set_offset(*transfer, *session, *offset);
            }
            TransferChange::Paused { transfer, session, why } => {
                self.set_copy(stamp, *transfer, *session, CopyState::Paused { why: *why }, None);
            }
            TransferChange::Hashed { transfer, hash } => {
                let held = self.transfers.all.get_mut(transfer).expect(KNOWN);
                (held.offer.hash, held.is_hash_late) = (Some(*hash), true);
            }
            TransferChange::CopyEnded { transfer, session, state, by } => {
                self.set_copy(stamp, *transfer, *session, *state, Some(by.clone()));
                if *state == (CopyState::Cancelled { why: EndReason::PrefixDiffers }) {
                    self.renew_offer(stamp, *transfer);
                }
            }
            TransferChange::Closed { transfer, why } => self.close_transfer(stamp, *transfer, *why),
            TransferChange::Over { transfer, forgotten } => {
                self.change_transfer(*transfer, |held| held.forgotten = Some(*forgotten));
            }
            TransferChange::Forgotten { transfer } => self.remove_transfer(*transfer),
        }
    }

    pub(crate) fn insert_transfer(&mut self, id: TransferId, transfer: Transfer) {
        let index = &mut self.transfers;
        transfer.parties().for_each(|session| add(&mut index.by_session, session, id));
        if let Target::Room(room) = &transfer.offer.to {
            add(&mut index.by_room, room.clone(), id);
        }
        index.all.insert(id, Box::new(transfer));
        self.watch(id);
    }

    fn remove_transfer(&mut self, id: TransferId) {
        self.unwatch(id);
        let index = &mut self.transfers;
        let transfer = index.all.remove(&id).expect(KNOWN);
        transfer.parties().for_each(|session| remove(&mut index.by_session, &session, id));
        if let Target::Room(room) = &transfer.offer.to {
            remove(&mut index.by_room, room, id);
        }
    }

    /// Changes what may change when something becomes due, or that the transfer is over.
    fn change_transfer(&mut self, id: TransferId, change: impl FnOnce(&mut Transfer)) {
        self.unwatch(id);
        change(self.transfers.all.get_mut(&id).expect(KNOWN));
        self.watch(id);
    }

    fn unwatch(&mut self, id: TransferId) {
        let transfer = &self.transfers.all[&id];
        if let Some((at, due)) = transfer.deadline(id) {
            self.deadlines.clear(at, due);
        }
        match transfer.forgotten {
            Some(at) => self.transfers.over.remove(&(at, id)),
            None => self.transfers.spent.remove(&id),
        };
    }

    fn watch(&mut self, id: TransferId) {
        let transfer = &self.transfers.all[&id];
        if let Some((at, due)) = transfer.deadline(id) {
            self.deadlines.set(at, due);
        }
        match transfer.forgotten {
            Some(at) => self.transfers.over.insert((at, id)),
            None => transfer.is_spent() && self.transfers.spent.insert(id),
        };
    }

    /// Puts a copy into a state; it begins if there is none. One that is finished is whole.
    fn set_copy(
        &mut self,
        stamp: Stamp,
        id: TransferId,
        session: SessionId,
        state: CopyState,
        by: Option<UserName>,
    ) {
        let user = self.sessions[&session].user.clone();
        add(&mut self.transfers.by_session, session, id);
        self.change_transfer(id, |held| {
            let fresh = Receiving { user, offset: 0, state, stamp, by: None };
            let copy = held.copies.entry(session).or_insert(fresh);
            (copy.state, copy.stamp, copy.by) = (state, stamp, by);
            if state == (CopyState::Finished {}) {
                copy.offset = held.offer.size;
            }
        });
    }

    fn set_offset(&mut self, id: TransferId, session: SessionId, offset: u64) {
        let held = self.transfers.all.get_mut(&id).expect(KNOWN);
        held.copies.get_mut(&session).expect(KNOWN).offset = offset;
    }

    /// An offer to one user whose copy is to begin anew can be accepted for as long again.
    fn renew_offer(&mut self, stamp: Stamp, id: TransferId) {
        self.change_transfer(id, |held| {
            if held.is_open() && matches!(held.offer.to, Target::User(_)) {
                held.offer.expires = stamp.at.plus_ms(held.term_ms);
            }
        });
    }

    fn close_transfer(&mut self, stamp: Stamp, id: TransferId, why: EndReason) {
        self.change_transfer(id, |held| {
            held.closed = Some(Closed { why, stamp });
            if why != EndReason::Expired {
                for copy in held.copies.values_mut().filter(|copy| copy.state.is_open()) {
                    (copy.state, copy.stamp, copy.by) = (CopyState::Cancelled { why }, stamp, None);
                }
            }
        });
    }

    /// A session's transfers go on with its next attachment.
    pub(crate) fn move_transfers(&mut self, from: SessionId, to: SessionId) {
        let Some(ids) = self.transfers.by_session.remove(&from) else { return };
        for id in &ids {
            let held = self.transfers.all.get_mut(id).expect(KNOWN);
            for party in [&mut held.sender, &mut held.receiver] {
                *party = party.map(|session| if session == from { to } else { session });
            }
            if let Some(copy) = held.copies.remove(&from) {
                held.copies.insert(to, copy);
            }
        }
        self.transfers.by_session.insert(to, ids);
    }

    /// A session that has ended is known by its user's name alone: its id may be given out again.
    pub(crate) fn leave_transfers(&mut self, session: SessionId) {
        for id in self.transfers.by_session.remove(&session).unwrap_or_default() {
            self.change_transfer(id, |held| {
                for party in [&mut held.sender, &mut held.receiver] {
                    *party = party.filter(|held| *held != session);
                }
                held.former.extend(held.copies.remove(&session));
            });
        }
    }
}
