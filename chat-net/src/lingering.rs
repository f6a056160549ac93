//! Who lingers in which room: gathered between two sweeps, and told to a room as a whole. See decision 37.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use chat_core::{Change, Chat, Epoch, RoomId, SessionId, UserName};

/// Rooms that are looked at in one sweep; the others wait for the next. However many connections break and come back, no
/// more is told.
const ROOMS: usize = 64;

/// Where more linger, nobody is named: a network is down then, and its lists would be told again with each who comes back.
const NAMES: usize = 64;

/// What may have changed since the last sweep, and what rooms were told before.
#[derive(Debug, Default)]
pub(crate) struct Lingering {
    /// Whose connection broke, or who is back.
    sessions: BTreeSet<SessionId>,
    /// Rooms to look at, where somebody came or went, too: a device may be the only one of its user that has a connection. With
    /// whether somebody left, whom clients have taken off their lists.
    waiting: BTreeMap<RoomId, bool>,
    /// Where the last sweep ended.
    last: Option<RoomId>,
    /// What was told last, where it was not that nobody lingers.
    told: BTreeMap<Epoch, Vec<UserName>>,
}

impl Lingering {
    pub(crate) fn record(&mut self, change: &Change) {
        match change {
            Change::SessionDropped { session, .. } | Change::SessionMoved { to: session, .. } => {
                self.sessions.insert(*session);
            }
            Change::MemberAdded { room, .. } => {
                self.waiting.entry(*room).or_default();
            }
            Change::MemberRemoved { room, .. } => {
                self.waiting.insert(*room, true);
            }
            _ => {}
        }
    }

    /// The room of that numbering is no more.
    pub(crate) fn closed(&mut self, room: Epoch) {
        self.told.remove(&room);
    }

    /// The rooms to look at now, with whether somebody left. Whoever came and went between two sweeps is nowhere any more, and
    /// counts no more.
    pub(crate) fn take(&mut self, chat: &Chat) -> Vec<(RoomId, bool)> {
        for session in std::mem::take(&mut self.sessions) {
            for room in chat.rooms_of(session) {
                self.waiting.entry(room).or_default();
            }
        }
        let behind = (self.last.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        let turn = self.waiting.range(behind).take(ROOMS).map(|(room, left)| (*room, *left));
        let turn: Vec<_> = turn.collect();
        for (room, _) in &turn {
            self.waiting.remove(room);
        }
        // Those before have their turn when there are none behind.
        self.last = turn.get(ROOMS - 1).map(|(room, _)| *room);
        turn
    }

    /// What a room is to be told, now that these linger there and somebody left or not, if that is news. From now on it is what
    /// the room was told.
    pub(crate) fn news(&mut self, room: Epoch, users: Vec<UserName>, left: bool) -> Option<Vec<UserName>> {
        let users = if users.len() > NAMES { Vec::new() } else { users };
        let is_forgotten = left && !users.is_empty();
        if self.of(room) == users && !is_forgotten {
            return None;
        }
        if users.is_empty() {
            self.told.remove(&room);
        } else {
            self.told.insert(room, users.clone());
        }
        Some(users)
    }

    /// What a room was told last.
    pub(crate) fn of(&self, room: Epoch) -> &[UserName] {
        self.told.get(&room).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use chat_core::Config;

    use super::*;

    fn users(count: usize) -> Vec<UserName> {
        (0..count).map(|user| UserName::new(&format!("user{user:03}"), 32).unwrap()).collect()
    }

    #[test]
    fn so_many_rooms_have_their_turn_in_one_sweep_and_all_have_one() {
        let mut lingering = Lingering::default();
        let chat = Chat::new(Config::default());
        let rooms = 2 * ROOMS as u64 + 1;
        lingering.waiting.extend((0..rooms).map(|room| (RoomId(room), false)));
        let mut sweep = || -> Vec<u64> {
            let turn = lingering.take(&chat).into_iter().map(|(room, _)| room.0).collect();
            // One that flaps all the time keeps nobody from a turn.
            lingering.waiting.insert(RoomId(0), true);
            turn
        };
        let (first, second) = (ROOMS as u64, 2 * ROOMS as u64);
        assert_eq!(sweep(), (0..first).collect::<Vec<_>>());
        assert_eq!(sweep(), (first..second).collect::<Vec<_>>());
        assert_eq!(sweep(), [second]);
        assert_eq!(sweep(), [0]);
    }

    #[test]
    fn a_room_is_told_what_is_new_or_forgotten_and_no_crowd_is_named() {
        let mut lingering = Lingering::default();
        let mut news = |count, left| lingering.news(Epoch(1), users(count), left).map(|users| users.len());
        assert_eq!(news(0, true), None);
        assert_eq!(news(2, false), Some(2));
        assert_eq!(news(2, false), None);
        assert_eq!(news(2, true), Some(2), "whoever left is off the lists, and lingers again");
        assert_eq!(news(NAMES, false), Some(NAMES));
        assert_eq!(news(NAMES + 1, false), Some(0));
        assert_eq!(news(NAMES + 2, false), None);
        assert_eq!(news(1, false), Some(1));
    }
}
