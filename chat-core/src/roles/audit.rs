//! Who did what to whom: the last acts of moderation, for operators.

use std::collections::VecDeque;
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

/// The last acts; at the limit the oldest is forgotten.
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
        while self.entries.len() >= limit.max(1) {
            self.entries.pop_front();
        }
        self.entries.push_back(entry);
    }

    /// One page of the acts before a number, newest first, and whether there are older ones.
    pub(crate) fn page(&self, before: Option<u64>, page: usize) -> (Vec<AuditEntry>, bool) {
        let older = |entry: &&AuditEntry| before.is_none_or(|before| entry.number < before);
        let mut rest = self.entries.iter().rev().filter(older);
        let entries = rest.by_ref().take(page.max(1)).cloned().collect();
        (entries, rest.next().is_some())
    }
}
