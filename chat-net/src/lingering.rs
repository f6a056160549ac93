//! Who lingers in which room: gathered between two sweeps, and told to a room as a whole. See decision 37.

use std::collections::{BTreeMap, BTreeSet};

use chat_core::{Change, Chat, Epoch, RoomId, SessionId, UserName};

/// What may have changed since the last sweep, and what rooms were told before.
#[derive(Debug, Default)]
pub(crate) struct Lingering {
    /// Whose connection broke, or who is back.
    sessions: BTreeSet<SessionId>,
    /// Where somebody came or went: a device may be the only one of its user that has a connection.
    rooms: BTreeSet<RoomId>,
    /// What was told last, where it was not that nobody lingers.
    told: BTreeMap<Epoch, Vec<UserName>>,
}

impl Lingering {
    pub(crate) fn record(&mut self, change: &Change) {
        match change {
            Change::SessionDropped { session, .. } | Change::SessionMoved { to: session, .. } => {
                self.sessions.insert(*session);
            }
            Change::MemberAdded { room, .. } | Change::MemberRemoved { room, .. } => {
                self.rooms.insert(*room);
            }
            _ => {}
        }
    }

    /// The room of that numbering is no more.
    pub(crate) fn closed(&mut self, room: Epoch) {
        self.told.remove(&room);
    }

    /// The rooms to look at. Whoever came and went between two sweeps is nowhere any more, and counts no more.
    pub(crate) fn take(&mut self, chat: &Chat) -> BTreeSet<RoomId> {
        let mut rooms = std::mem::take(&mut self.rooms);
        for session in std::mem::take(&mut self.sessions) {
            rooms.extend(chat.rooms_of(session));
        }
        rooms
    }

    /// Whether a room was told otherwise so far. From now on this is what it was told.
    pub(crate) fn is_news(&mut self, room: Epoch, users: &[UserName]) -> bool {
        let is_news = self.of(room) != users;
        if users.is_empty() {
            self.told.remove(&room);
        } else if is_news {
            self.told.insert(room, users.to_vec());
        }
        is_news
    }

    /// What a room was told last.
    pub(crate) fn of(&self, room: Epoch) -> &[UserName] {
        self.told.get(&room).map_or(&[], Vec::as_slice)
    }
}
