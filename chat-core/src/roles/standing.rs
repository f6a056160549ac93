//! What a room remembers of one user.

use serde::{Deserialize, Serialize};

use crate::id::Number;
use crate::roles::{Restricted, Role};
use crate::stamp::Timestamp;

/// What a room remembers of one user: of an account for as long as the room is there, of a guest for the visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Standing {
    /// What the user is.
    pub role: Role,
    /// The last mute, whether it still holds or not.
    pub muted: Option<Restricted>,
    /// The last ban, whether it still holds or not.
    pub banned: Option<Restricted>,
    /// Whether the user was asked in.
    pub invited: bool,
    /// The room's last number before the user came first, where that matters: what came before is not shown, and
    /// whoever has one was let in and may come back.
    pub first: Option<Number>,
}

impl Standing {
    /// The ban that holds now.
    #[must_use]
    pub fn ban(&self, now: Timestamp) -> Option<&Restricted> {
        self.banned.as_ref().filter(|ban| ban.holds(now))
    }

    /// The mute that holds now.
    #[must_use]
    pub fn mute(&self, now: Timestamp) -> Option<&Restricted> {
        self.muted.as_ref().filter(|mute| mute.holds(now))
    }

    /// Whether the user comes in without a key or another invitation, unless banned.
    pub(crate) fn is_let_in(&self) -> bool {
        self.invited || self.first.is_some() || self.role > Role::Member
    }

    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        *self == Standing::default()
    }
}
