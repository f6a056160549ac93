//! Roles and order in a room: who may do what, by one table; modes, bans, mutes, invitations; the audit ring.

mod abandoned;
mod audit;
mod decide;
mod evolve;
mod feed;
mod imposed;
mod info;
mod modes;
mod order;
mod rights;
mod standing;
mod table;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::stamp::Timestamp;
use crate::text::Body;

pub use audit::AuditEntry;
pub use imposed::Imposed;
pub use info::RoomUser;
pub use modes::{HeldModes, HistoryFrom, MAX_SLOW_S, ModeChange, Modes};
pub use order::Who;
pub use standing::Standing;

pub(crate) use audit::Audit;
pub(crate) use decide::{decide, decide_delete};
pub(crate) use evolve::Orders;
pub(crate) use feed::{feed_ask, feed_order, feed_orders};
pub(crate) use info::listed;
pub(crate) use order::Order;
pub(crate) use table::Act;

/// What a user is in one room. Each may do all that those before it may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Whoever is in the room.
    #[default]
    Member,
    /// Keeps the peace.
    Moderator,
    /// Has the room: whoever made it, and whom an owner made one.
    Owner,
}

/// A [`Role`], or above all of them an operator of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// See [`Role::Member`].
    Member,
    /// See [`Role::Moderator`].
    Moderator,
    /// See [`Role::Owner`].
    Owner,
    /// An operator of the server, in every room.
    Operator,
}

/// What keeps a user from a room, or from talking in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Restriction {
    /// May not be in the room.
    Ban,
    /// May be in the room, and only read.
    Mute,
}

/// How long a ban or mute holds, and why it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Restricted {
    /// Until then; none: until it is lifted. Nothing is told when that time comes.
    pub until: Option<Timestamp>,
    /// Why, if whoever made it said so.
    pub reason: Option<Body>,
}

impl Restricted {
    /// Whether it holds at that time.
    #[must_use]
    pub fn holds(&self, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

impl From<Role> for Rank {
    fn from(role: Role) -> Rank {
        match role {
            Role::Member => Rank::Member,
            Role::Moderator => Rank::Moderator,
            Role::Owner => Rank::Owner,
        }
    }
}

impl Rank {
    /// The rank above; above an operator is nobody, and operators may act on each other.
    pub(crate) fn above(self) -> Rank {
        match self {
            Rank::Member => Rank::Moderator,
            Rank::Moderator => Rank::Owner,
            Rank::Owner | Rank::Operator => Rank::Operator,
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Rank::from(*self).fmt(f)
    }
}

impl fmt::Display for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rank::Member => "member",
            Rank::Moderator => "moderator",
            Rank::Owner => "owner",
            Rank::Operator => "operator",
        })
    }
}

impl fmt::Display for Restriction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Restriction::Ban => "ban",
            Restriction::Mute => "mute",
        })
    }
}
