//! The order of one room: its modes, and what it remembers of its users.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use crate::id::{Number, SessionId};
use crate::name::UserName;
use crate::roles::modes::HeldModes;
use crate::roles::{HistoryFrom, Role, Standing};
use crate::stamp::Timestamp;

/// Of whom something is remembered: by the name of an account, or by a guest's session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Lasts.
    Account(UserName),
    /// Moves with the session, and is forgotten with it.
    Guest(SessionId),
}

/// The order of one room. There is at most one standing for each account and each session of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Order {
    pub(crate) held: HeldModes,
    pub(crate) accounts: BTreeMap<UserName, Standing>,
    pub(crate) guests: BTreeMap<SessionId, Standing>,
    /// When each spoke, set the topic or offered a file last, in slow mode; who may do so again is left out.
    pub(crate) spoke: BTreeMap<UserName, Timestamp>,
    /// The messages that were deleted last. Whoever looked one up before that, in the store, learns here that it is gone.
    pub(crate) deleted: VecDeque<Number>,
}

impl Order {
    /// What is remembered of somebody, if anything is.
    pub(crate) fn standing(&self, who: &Who) -> Option<&Standing> {
        match who {
            Who::Account(user) => self.accounts.get(user),
            Who::Guest(session) => self.guests.get(session),
        }
    }

    /// Remembers this of somebody; nothing, if it is blank.
    pub(crate) fn set(&mut self, who: &Who, standing: Standing) {
        match (who, standing.is_blank()) {
            (Who::Account(user), true) => {
                self.accounts.remove(user);
            }
            (Who::Account(user), false) => {
                self.accounts.insert(user.clone(), standing);
            }
            (Who::Guest(session), true) => {
                self.guests.remove(session);
            }
            (Who::Guest(session), false) => {
                self.guests.insert(*session, standing);
            }
        }
    }

    /// Whether somebody who lasts owns the room.
    pub(crate) fn has_lasting_owner(&self) -> bool {
        self.accounts.values().any(|standing| standing.role == Role::Owner)
    }

    /// Whether it must be remembered who was let in, and since when.
    pub(crate) fn is_exclusive(&self) -> bool {
        let modes = &self.held.modes;
        modes.invite_only || modes.has_key || modes.history == HistoryFrom::Join
    }

    /// Remembers since when somebody may read, unless that is known.
    pub(crate) fn let_in(&mut self, who: &Who, since: Number) {
        let mut standing = self.standing(who).cloned().unwrap_or_default();
        standing.first.get_or_insert(since);
        self.set(who, standing);
    }

    /// Remembers that somebody spoke, in slow mode.
    pub(crate) fn spoke(&mut self, user: &UserName, at: Timestamp) {
        let slow_ms = u64::from(self.held.modes.slow_s) * 1_000;
        if slow_ms == 0 {
            return self.spoke.clear();
        }
        self.spoke.retain(|_, last| at < last.plus_ms(slow_ms));
        self.spoke.insert(user.clone(), at);
    }

    /// Remembers that a message was deleted; at the limit the first of those is forgotten.
    pub(crate) fn deleted(&mut self, target: Number, limit: usize) {
        while self.deleted.len() >= limit.max(1) {
            self.deleted.pop_front();
        }
        self.deleted.push_back(target);
    }

    pub(crate) fn is_blank(&self) -> bool {
        *self == Order::default()
    }
}
