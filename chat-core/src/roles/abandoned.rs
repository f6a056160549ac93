//! Rooms that are closed to all and that nobody would come back into: they end, and their names are free again.

use crate::id::{RoomId, SessionId};
use crate::name::RoomName;
use crate::roles::{Order, Role};
use crate::session::Session;
use crate::state::State;

impl Order {
    /// Whether whoever comes next can be kept out, or silent, for good.
    fn is_locked(&self) -> bool {
        let modes = &self.held.modes;
        modes.invite_only || modes.has_key || modes.moderated
    }
}

impl State {
    /// Has an empty room looked at when the entry is done: a member left it, or whoever slept will not return to it.
    pub(crate) fn doubt(&mut self, id: RoomId) {
        let room = &self.rooms[&id];
        if room.members.is_empty() && room.order.is_locked() {
            self.orders.doubtful.insert(id);
        }
    }

    /// Lists where a session that sleeps would return to.
    pub(crate) fn list_sleeper(&mut self, id: SessionId, session: &Session) {
        self.orders.sleepers.extend(session.asleep_in().iter().map(|room| (room.clone(), id)));
    }

    /// The session returns, or ends.
    pub(crate) fn unlist_sleeper(&mut self, id: SessionId, session: &Session) {
        for room in session.asleep_in() {
            self.orders.sleepers.remove(&(room.clone(), id));
            if let Some(room) = self.room_names.get(room).copied() {
                self.doubt(room);
            }
        }
    }

    /// The next room that was looked at and has to end.
    pub(crate) fn next_abandoned(&mut self) -> Option<RoomId> {
        while let Some(id) = self.orders.doubtful.pop_first() {
            if self.is_abandoned(id) {
                return Some(id);
            }
        }
        None
    }

    /// Whether nobody is in the room, nobody who lasts owns or keeps it or was let in, and nobody who sleeps would return.
    fn is_abandoned(&self, id: RoomId) -> bool {
        let Some(room) = self.rooms.get(&id) else { return false };
        let name = &room.record.name;
        if !room.members.is_empty() || !room.order.is_locked() || self.config.server_rooms.contains(name) {
            return false;
        }
        let lasts = room.order.accounts.values().any(|standing| {
            standing.role > Role::Member || standing.first.is_some() && standing.ban(self.now).is_none()
        });
        let returns = |session| self.may_enter(self.now, session, room, None).is_ok();
        !lasts && !self.sleepers(name).any(returns)
    }

    fn sleepers(&self, room: &RoomName) -> impl Iterator<Item = SessionId> {
        let all = (room.clone(), SessionId::from_u64(0))..=(room.clone(), SessionId::from_u64(u64::MAX));
        self.orders.sleepers.range(all).map(|(_, session)| *session)
    }
}
