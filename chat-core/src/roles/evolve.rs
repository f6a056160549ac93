//! How the order in rooms changes, and what is derived from it.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::OrderChange;
use crate::event::Event;
use crate::id::{RoomId, SessionId};
use crate::name::RoomName;
use crate::roles::{Audit, AuditEntry, HeldModes, Order, Standing, Who};
use crate::stamp::Stamp;
use crate::state::{KNOWN, State};

/// What is remembered beside the rooms' own orders.
#[derive(Clone, Debug, Default)]
pub(crate) struct Orders {
    pub(crate) audit: Audit,
    /// What those were not told who were put out, or asked in, while they had no connection; forgotten when they are back, or
    /// gone.
    pub(crate) missed: BTreeMap<SessionId, Vec<(Stamp, Event)>>,
    // All below is derived from the rooms and sessions.
    /// Where those who sleep would return to.
    pub(crate) sleepers: BTreeSet<(RoomName, SessionId)>,
    /// The rooms that the entry may have left to nobody; empty between entries.
    pub(crate) doubtful: BTreeSet<RoomId>,
    /// Where something is remembered of a guest.
    guests: BTreeSet<(SessionId, RoomId)>,
    /// The rooms that are not told to outsiders.
    pub(crate) private: BTreeSet<RoomId>,
}

impl Orders {
    /// Of each room only the last of each kind is told. One is put out only of rooms that one is in, but asked into any:
    /// so of invitations at most `limit` are kept.
    fn keep_missed(&mut self, limit: usize, stamp: Stamp, session: SessionId, event: &Event) {
        let missed = self.missed.entry(session).or_default();
        missed.retain(|(_, known)| match (known, event) {
            (Event::Kicked { place: known, .. }, Event::Kicked { place, .. }) => known.room != place.room,
            (Event::Invited { room: known, .. }, Event::Invited { room, .. }) => known != room,
            _ => true,
        });
        missed.push((stamp, event.clone()));
        let is_invitation = |(_, event): &(Stamp, Event)| matches!(event, Event::Invited { .. });
        if missed.iter().filter(|held| is_invitation(held)).count() > limit
            && let Some(oldest) = missed.iter().position(is_invitation)
        {
            missed.remove(oldest);
        }
        if missed.is_empty() {
            self.missed.remove(&session);
        }
    }
}

impl State {
    /// Makes a change of the order in a room.
    pub(crate) fn evolve_order(&mut self, stamp: Stamp, change: &OrderChange) {
        match change {
            OrderChange::Standing { room, who, standing } => self.set_standing(*room, who, standing),
            OrderChange::Modes { room, held } => self.set_modes(*room, held),
            OrderChange::Audited(entry) => {
                self.orders.audit.push(self.config.audit, stamp.at, AuditEntry::clone(entry));
            }
            OrderChange::Missed { session, event } => {
                self.orders.keep_missed(self.config.invitations, stamp, *session, event);
            }
        }
    }

    fn set_standing(&mut self, id: RoomId, who: &Who, standing: &Standing) {
        let room = self.rooms.get_mut(&id).expect(KNOWN);
        room.order.set(who, standing.clone());
        self.list_guest(id, who);
    }

    fn list_guest(&mut self, id: RoomId, who: &Who) {
        let Who::Guest(session) = who else { return };
        match self.rooms[&id].order.guests.contains_key(session) {
            true => self.orders.guests.insert((*session, id)),
            false => self.orders.guests.remove(&(*session, id)),
        };
    }

    fn set_modes(&mut self, id: RoomId, held: &HeldModes) {
        let room = self.rooms.get_mut(&id).expect(KNOWN);
        let is_shut = held.modes.invite_only && !room.order.held.modes.invite_only;
        let is_rekeyed = held.key.is_some() && held.key != room.order.held.key;
        room.order.held = held.clone();
        if held.modes.slow_s == 0 {
            room.order.spoke.clear();
        }
        self.list_private(id);
        if is_shut || is_rekeyed {
            self.withdraw_invitations(id);
        }
        if self.rooms[&id].order.is_exclusive() {
            for session in self.rooms[&id].members.clone() {
                self.let_in(id, session);
            }
        }
    }

    /// Whoever was asked in while everybody came in, or by another key, has to be asked again.
    fn withdraw_invitations(&mut self, id: RoomId) {
        let order = &self.rooms[&id].order;
        let accounts = order.accounts.iter().map(|(user, standing)| (Who::Account(user.clone()), standing));
        let guests = order.guests.iter().map(|(session, standing)| (Who::Guest(*session), standing));
        let invited: Vec<_> = accounts.chain(guests).filter(|(_, standing)| standing.invited).collect();
        let without =
            |(who, standing): (Who, &Standing)| (who, Standing { invited: false, ..standing.clone() });
        for (who, standing) in invited.into_iter().map(without).collect::<Vec<_>>() {
            self.set_standing(id, &who, &standing);
        }
    }

    /// Whoever comes in was asked in no longer: an invitation is good for once.
    pub(crate) fn use_invitation(&mut self, id: RoomId, session: SessionId) {
        let standing = self.standing(&self.rooms[&id], session).filter(|standing| standing.invited);
        if let Some(standing) = standing {
            let standing = Standing { invited: false, ..standing.clone() };
            self.set_standing(id, &self.who(session), &standing);
        }
    }

    fn list_private(&mut self, id: RoomId) {
        match self.rooms[&id].order.held.modes.invite_only {
            true => self.orders.private.insert(id),
            false => self.orders.private.remove(&id),
        };
    }

    /// Remembers since when a member may read, where that matters.
    pub(crate) fn let_in(&mut self, id: RoomId, session: SessionId) {
        if !self.rooms[&id].order.is_exclusive() {
            return;
        }
        let memberships = &self.sessions[&session].rooms;
        let Some(since) = memberships.iter().find(|held| held.room == id).map(|held| held.since) else {
            return;
        };
        let who = self.who(session);
        self.rooms.get_mut(&id).expect(KNOWN).order.let_in(&who, since);
        self.list_guest(id, &who);
    }

    /// Whoever is put out without having a connection is told at the return.
    pub(crate) fn keep_put_out(&mut self, stamp: Stamp, id: RoomId, event: &Event) {
        let Event::Kicked { user, .. } = event else { return };
        for session in self.rooms[&id].by_name.of(user) {
            if !self.sessions[&session].is_attached() {
                self.orders.keep_missed(self.config.invitations, stamp, session, event);
            }
        }
    }

    /// What a session that comes back was not told: of invitations those that still hold. The room may be gone, with
    /// another under its name, or the invitation was taken away.
    pub(crate) fn missed(&self, session: SessionId) -> Vec<(Stamp, Event)> {
        let who = self.who(session);
        let holds = |event: &Event| match event {
            Event::Invited { room, .. } => self.room_names.get(room).is_some_and(|id| {
                self.rooms[id].order.standing(&who).is_some_and(|standing| standing.invited)
            }),
            _ => true,
        };
        let missed = self.orders.missed.get(&session).into_iter().flatten();
        missed.filter(|(_, event)| holds(event)).cloned().collect()
    }

    /// What a room remembers of a guest goes on under the session's next attachment.
    pub(crate) fn move_guest(&mut self, from: SessionId, to: SessionId) {
        self.orders.missed.remove(&from);
        for id in self.take_guest(from) {
            let order = &mut self.rooms.get_mut(&id).expect(KNOWN).order;
            if let Some(standing) = order.guests.remove(&from) {
                order.guests.insert(to, standing);
                self.orders.guests.insert((to, id));
            }
        }
    }

    /// A guest is forgotten with the session.
    pub(crate) fn forget_guest(&mut self, session: SessionId) {
        self.orders.missed.remove(&session);
        for id in self.take_guest(session) {
            self.rooms.get_mut(&id).expect(KNOWN).order.guests.remove(&session);
        }
    }

    fn take_guest(&mut self, session: SessionId) -> Vec<RoomId> {
        let of_guest = (session, RoomId(0))..=(session, RoomId(u64::MAX));
        let rooms: Vec<RoomId> = self.orders.guests.range(of_guest).map(|(_, room)| *room).collect();
        for room in &rooms {
            self.orders.guests.remove(&(session, *room));
        }
        rooms
    }

    /// Takes a room's order as it is into what is derived.
    pub(crate) fn list_order(&mut self, id: RoomId) {
        self.list_private(id);
        let guests = self.rooms[&id].order.guests.keys();
        self.orders.guests.extend(guests.map(|session| (*session, id)));
    }

    /// A room's order is forgotten with it.
    pub(crate) fn unlist_order(&mut self, id: RoomId, order: &Order) {
        self.orders.private.remove(&id);
        for session in order.guests.keys() {
            self.orders.guests.remove(&(*session, id));
        }
    }
}
