//! What the state keeps of a transfer.

use serde::{Deserialize, Serialize};

use crate::id::{RoomId, SessionId};
use crate::name::UserName;
use crate::stamp::{Stamp, Timestamp};
use crate::transfer::{CopyState, Offer};

/// One transfer, from its offer until it is forgotten some time after its end, so that whoever was away is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Transfer {
    pub(crate) offer: Offer,
    /// When it was offered.
    pub(crate) stamp: Stamp,
    pub(crate) sender: SessionId,
    pub(crate) target: TargetId,
    pub(crate) phase: Phase,
    /// In the order of the sessions; those of receivers that are gone are kept by name only.
    pub(crate) copies: Vec<Receiving>,
}

/// To whom, by identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub(crate) enum TargetId {
    User(SessionId),
    Room(RoomId),
}

/// Whether it can be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub(crate) enum Phase {
    /// Until the offer's `expires`.
    Open,
    /// Nobody else may accept; the copies that are open go on.
    Closed(crate::transfer::EndReason),
    /// No copy is open either; forgotten then.
    Over { why: Option<crate::transfer::EndReason>, forgotten: Timestamp },
}

/// One receiver's copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Receiving {
    pub(crate) session: SessionId,
    pub(crate) user: UserName,
    pub(crate) offset: u64,
    pub(crate) state: CopyState,
}
