//! Reads: what a client may ask without changing anything. They never enter the log.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{Epoch, Number};
use crate::name::{RoomName, UserName};
use crate::text::Body;

/// A read. Users and rooms are answered from state, history from the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Query {
    /// One page of the members of a room, or of everybody, in the order of the names.
    Users {
        /// The room, or none for everybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Arc<str>>,
        /// Begin behind this name; none for the first page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Arc<str>>,
    },
    /// One page of the rooms, in the order of the names.
    Rooms {
        /// Begin behind this name; none for the first page.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Arc<str>>,
    },
    /// The last messages of a room one is a member of, oldest first: first the messages, marked as past,
    /// then [`Answer::History`].
    History {
        /// The room.
        room: Arc<str>,
        /// Only what came before this number; none for the latest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Number>,
        /// At most so many messages; the server may send fewer and says whether there are more.
        limit: u32,
    },
}

/// The end of the answer to a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    /// A page of users.
    Users {
        /// The room they are members of, or none: everybody.
        room: Option<RoomName>,
        /// How many there are in all.
        total: u64,
        /// This page, in the order of the names.
        users: Vec<UserName>,
        /// Whether there are more behind the last of these.
        more: bool,
    },
    /// A page of rooms.
    Rooms {
        /// How many there are in all.
        total: u64,
        /// This page, in the order of the names.
        rooms: Vec<RoomInfo>,
        /// Whether there are more behind the last of these.
        more: bool,
    },
    /// The past messages asked for have all been sent.
    History {
        /// Of this room.
        room: RoomName,
        /// In this numbering.
        epoch: Epoch,
        /// So many.
        count: u32,
        /// Whether there are older ones: ask again with `before` set to the lowest number received.
        more: bool,
    },
}

/// A room as the list of rooms shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct RoomInfo {
    /// Its name.
    pub room: RoomName,
    /// How many members it has.
    pub members: u64,
    /// Its topic, if one is set.
    pub topic: Option<Body>,
}
