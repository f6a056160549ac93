//! Identifiers: newtypes over integers, so that one can never be passed for another.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest integer a JSON client can hold exactly: 2^53 − 1 (RFC 8259 §6).
pub const MAX_JSON_INTEGER: u64 = (1 << 53) - 1;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id! {
    /// A place in the log. Whoever owns the log gives them out, rising by one from 1.
    Seq
}

id! {
    /// A room's identity inside the engine: rooms are counted as they are opened, from 1.
    RoomId
}

id! {
    /// A place in one room's own numbering: dense, from 1. Zero means "before the first event".
    Number
}

id! {
    /// Which numbering a [`Number`] belongs to; at most 2^53 − 1.
    ///
    /// A room that goes away and is made again, or a server that forgot, numbers from 1 again under another
    /// epoch, so that an old position is never mistaken for a new one.
    Epoch
}

id! {
    /// What a client calls one of its asks. Rises within a session; at most 2^53 − 1.
    ///
    /// Zero ([`RequestId::NONE`]) is for asks that will not be repeated: they are not remembered, and their
    /// answers carry no request id.
    RequestId
}

id! {
    /// An offered file and what becomes of it: transfers are counted as they are offered, from 1.
    TransferId
}

impl RequestId {
    /// An ask that nobody will repeat.
    pub const NONE: RequestId = RequestId(0);
}

impl Number {
    /// The number that comes after this one.
    #[must_use]
    pub fn next(self) -> Number {
        Number(self.0 + 1)
    }
}

impl Epoch {
    /// The epoch of one room on a server whose own epoch is `self`: distinct for every room that the
    /// server ever opens, and within 53 bits.
    #[must_use]
    pub fn of_room(self, room: RoomId) -> Epoch {
        Epoch(self.0.wrapping_add(room.0) & MAX_JSON_INTEGER)
    }
}

/// One process that holds connections. Sixteen bits: a log is shared by at most 65,536 nodes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(transparent)]
pub struct NodeId(pub u16);

/// One attachment of a user to a node: the node in the high 16 bits, a counter of that node in the low 48.
///
/// A session that is resumed goes on under the id of its new attachment, so the old connection is fenced by
/// construction, and one node's share of any sorted audience is one contiguous slice. Session ids stay inside
/// the server; clients never see one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(transparent)]
pub struct SessionId(u64);

impl SessionId {
    const COUNTER_BITS: u32 = 48;

    /// The `counter`-th attachment of `node`; only the low 48 bits of the counter are kept.
    #[must_use]
    pub fn new(node: NodeId, counter: u64) -> SessionId {
        SessionId(u64::from(node.0) << Self::COUNTER_BITS | counter & ((1 << Self::COUNTER_BITS) - 1))
    }

    /// The node that holds this attachment.
    #[must_use]
    pub fn node(self) -> NodeId {
        NodeId((self.0 >> Self::COUNTER_BITS) as u16)
    }

    /// Which attachment of its node it is.
    #[must_use]
    pub fn counter(self) -> u64 {
        self.0 & ((1 << Self::COUNTER_BITS) - 1)
    }

    /// The id that [`as_u64`](SessionId::as_u64) gave.
    #[must_use]
    pub fn from_u64(id: u64) -> SessionId {
        SessionId(id)
    }

    /// The whole id as one integer.
    #[must_use]
    pub fn as_u64(self) -> u64 {
        self.0
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counter = self.counter();
        match self.node().0 {
            0 => write!(f, "s{counter}"),
            node => write!(f, "s{node}.{counter}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nodes_sessions_are_contiguous() {
        let mut ids =
            [SessionId::new(NodeId(1), 2), SessionId::new(NodeId(0), 9), SessionId::new(NodeId(1), 1)];
        ids.sort();
        let nodes: Vec<u16> = ids.iter().map(|id| id.node().0).collect();
        assert_eq!(nodes, [0, 1, 1]);
    }

    #[test]
    fn a_room_epoch_fits_a_json_integer() {
        let epoch = Epoch(MAX_JSON_INTEGER).of_room(RoomId(7));
        assert!(epoch.0 <= MAX_JSON_INTEGER);
        assert_ne!(epoch, Epoch(MAX_JSON_INTEGER).of_room(RoomId(8)));
    }
}
