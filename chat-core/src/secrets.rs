//! The secrets by which a session is resumed: a new one at each resume, and an old one that returns ends the session.
//!
//! ```text
//!   hello ──→ C                    current C
//!   resume by C ──→ N              current C   next N        the welcome may have been lost: C still holds
//!   resume by C ──→ M              current C   next N, M     and N too: hellos may overtake each other
//!   resume by N ──→ P              current N   next P        N is in use: C and M are spent
//!   resume by C or M               the session ends: two have its secrets
//! ```

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::command::TokenHash;
use crate::digest::Hasher;
use crate::id::SessionId;
use crate::state::{KNOWN, State};

/// What there is beside a session's current secret, once it was resumed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Rotation {
    /// Told in the welcomes since the current one was first used, oldest first, at most `spent_secrets`. The one that is
    /// used becomes the current one.
    pub(crate) next: VecDeque<TokenHash>,
    /// Used up, or never arrived; oldest first, at most `spent_secrets`.
    pub(crate) spent: VecDeque<TokenHash>,
}

impl Rotation {
    /// All hashes that it knows.
    pub(crate) fn all(&self) -> impl Iterator<Item = &TokenHash> {
        self.next.iter().chain(&self.spent)
    }

    /// Feeds it to a digest.
    pub(crate) fn feed(&self, h: &mut Hasher) {
        h.word(self.next.len() as u64).word(self.spent.len() as u64);
        self.all().for_each(|hash| {
            h.bytes(&hash.0);
        });
    }
}

impl State {
    /// Whether a session's secret was used up.
    pub(crate) fn is_spent(&self, session: SessionId, presented: &TokenHash) -> bool {
        self.rotations.get(&session).is_some_and(|rotation| rotation.spent.contains(presented))
    }

    /// The session was resumed by one of its secrets that hold, and is told `next` in its welcome.
    pub(crate) fn use_secret(&mut self, id: SessionId, presented: TokenHash, next: TokenHash) {
        let session = self.sessions.get_mut(&id).expect(KNOWN);
        let rotation = self.rotations.entry(id).or_default();
        let limit = self.config.spent_secrets;
        if rotation.next.contains(&presented) {
            rotation.spent.push_back(std::mem::replace(&mut session.token, presented));
            rotation.spent.extend(rotation.next.drain(..).filter(|hash| *hash != presented));
        } else if rotation.next.len() >= limit.max(1) {
            rotation.spent.extend(rotation.next.pop_front());
        }
        rotation.next.push_back(next);
        while rotation.spent.len() > limit {
            if let Some(oldest) = rotation.spent.pop_front() {
                self.tokens.remove(&oldest);
            }
        }
        self.tokens.insert(next, id);
    }

    pub(crate) fn insert_rotation(&mut self, id: SessionId, rotation: Rotation) {
        for hash in rotation.all() {
            self.tokens.insert(*hash, id);
        }
        self.rotations.insert(id, rotation);
    }

    pub(crate) fn take_rotation(&mut self, id: SessionId) -> Option<Rotation> {
        let rotation = self.rotations.remove(&id)?;
        for hash in rotation.all() {
            self.tokens.remove(hash);
        }
        Some(rotation)
    }
}
