//! What reads must know of each room; shared by the writer, which tells it after each commit, and the readers.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chat_core::{Epoch, Number, RoomId, RoomName};

use super::ledger::RoomState;

/// The open rooms, by epoch.
#[derive(Debug, Default)]
pub(crate) struct Rooms(RwLock<HashMap<Epoch, RoomEntry>>);

/// One of them, as of the last commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomEntry {
    pub(crate) room: RoomId,
    pub(crate) name: RoomName,
    pub(crate) epoch: Epoch,
    /// The number of its last event; 0: none yet.
    pub(crate) head: Number,
    /// The first that retention lets be read; one above the head if it lets none.
    pub(crate) first: Number,
    /// The highest damaged number that was met; 0: none.
    pub(crate) damaged: Number,
}

impl Rooms {
    /// The room of this numbering, unless it was closed.
    pub(crate) fn find(&self, epoch: Epoch) -> Option<RoomEntry> {
        self.read().get(&epoch).cloned()
    }

    /// Takes over what a commit changed. Damage that was found stays known; a closed room is gone.
    pub(crate) fn update(&self, changed: impl IntoIterator<Item = RoomState>) {
        let mut rooms = self.write();
        for state in changed {
            if state.closed != 0 {
                rooms.remove(&state.epoch);
                continue;
            }
            let mut entry = state.entry();
            if let Some(known) = rooms.get(&entry.epoch) {
                entry.damaged = known.damaged;
            }
            rooms.insert(entry.epoch, entry);
        }
    }

    /// All rooms are numbered anew.
    pub(crate) fn clear(&self) {
        self.write().clear();
    }

    /// Nothing up to this number is given out any more.
    pub(crate) fn mark_damaged(&self, epoch: Epoch, number: Number) {
        if let Some(entry) = self.write().get_mut(&epoch) {
            entry.damaged = entry.damaged.max(number);
        }
    }

    fn read(&self) -> RwLockReadGuard<'_, HashMap<Epoch, RoomEntry>> {
        // Nothing here panics half-way through a change.
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<Epoch, RoomEntry>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
