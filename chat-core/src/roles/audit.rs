//! Who did what to whom: the last acts of moderation, for operators.

use std::cmp::Reverse;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::name::{RoomName, UserName};
use crate::stamp::Timestamp;
use crate::text::Body;

/// One act of moderation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct AuditEntry {
    /// Its number, dense from 1.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// By whom; none: by the server's owner, from outside the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserName>,
    /// What, in a few words of this program's own: `ban`, `role moderator`, `delete 12`.
    pub act: Arc<str>,
    /// In which room, if in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomName>,
    /// To whom, if to somebody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<UserName>,
    /// Until when, if it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why, if that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Body>,
}

impl AuditEntry {
    /// An act, of which more is said by its fields. Its number and time are given when it is kept.
    pub(crate) fn new(act: &str) -> AuditEntry {
        AuditEntry {
            number: 0,
            at: Timestamp::default(),
            by: None,
            act: act.into(),
            room: None,
            user: None,
            until: None,
            reason: None,
        }
    }
}

/// The last acts. At the limit one is forgotten: of the acts without a room the oldest while they have more than half, else
/// the oldest of the room with most. So nobody can push out what was done elsewhere by acts in a room of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Audit {
    /// How many there ever were.
    pub(crate) made: u64,
    /// Oldest first.
    pub(crate) entries: VecDeque<AuditEntry>,
}

impl Audit {
    /// Keeps an act, under the next number.
    pub(crate) fn push(&mut self, limit: usize, at: Timestamp, mut entry: AuditEntry) {
        self.made += 1;
        (entry.number, entry.at) = (self.made, at);
        self.entries.push_back(entry);
        while self.entries.len() > limit.max(1) {
            let Some(next) = self.next_to_go() else { return };
            self.entries.remove(next);
        }
    }

    fn next_to_go(&self) -> Option<usize> {
        // How many of each, and where the oldest is.
        let mut shares: BTreeMap<Option<&RoomName>, (usize, usize)> = BTreeMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            shares.entry(entry.room.as_ref()).or_insert((0, at)).0 += 1;
        }
        let own =
            shares.remove(&None).filter(|(count, _)| shares.is_empty() || *count > self.entries.len() / 2);
        let fullest = || shares.into_values().max_by_key(|(count, at)| (*count, Reverse(*at)));
        own.or_else(fullest).map(|(_, at)| at)
    }

    /// One page of the acts before a number, newest first, and whether there are older ones.
    pub(crate) fn page(&self, before: Option<u64>, page: usize) -> (Vec<AuditEntry>, bool) {
        let older = |entry: &&AuditEntry| before.is_none_or(|before| entry.number < before);
        let mut rest = self.entries.iter().rev().filter(older);
        let entries = rest.by_ref().take(page.max(1)).cloned().collect();
        (entries, rest.next().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn act(room: Option<&str>) -> AuditEntry {
        let room = room.map(|room| RoomName::new(room, 64).unwrap());
        AuditEntry { room, ..AuditEntry::new("act") }
    }

    fn left(audit: &Audit, room: Option<&str>) -> Vec<u64> {
        let room = act(room).room;
        audit.entries.iter().filter(|entry| entry.room == room).map(|entry| entry.number).collect()
    }

    #[test]
    fn a_busy_room_pushes_out_nothing_but_its_own() {
        let mut audit = Audit::default();
        let mut push = |room| audit.push(10, Timestamp(1), act(room));
        [Some("den"), None, Some("den"), None].into_iter().for_each(&mut push);
        (0..1_000).for_each(|_| push(Some("noise")));
        assert_eq!((left(&audit, Some("den")), left(&audit, None)), (vec![1, 3], vec![2, 4]));
        assert_eq!(left(&audit, Some("noise")), [999, 1000, 1001, 1002, 1003, 1004]);
    }

    #[test]
    fn acts_of_many_rooms_leave_the_servers_half_and_the_newest() {
        let mut audit = Audit::default();
        (0..20).for_each(|_| audit.push(10, Timestamp(1), act(None)));
        assert_eq!(left(&audit, None), (11..=20).collect::<Vec<u64>>());
        for n in 0..1_000 {
            audit.push(10, Timestamp(1), act(Some(&format!("r{n}"))));
        }
        assert_eq!(left(&audit, None), (16..=20).collect::<Vec<u64>>());
        assert_eq!(left(&audit, Some("r999")), [1020]);
    }
}
