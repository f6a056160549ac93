//! Reads: what a client may ask without changing anything. They never enter the log.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{Epoch, Number};
use crate::name::{RoomName, UserName};
use crate::roles::{AuditEntry, Modes, Rank, RoomUser};
use crate::stamp::Timestamp;
use crate::text::Body;
use crate::transfer::TransferInfo;

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
    /// A page of the messages of a room one is a member of, oldest first: first the messages, marked as past,
    /// then [`Answer::History`].
    History {
        /// The room.
        room: Arc<str>,
        /// Which page.
        #[serde(flatten)]
        anchor: Anchor,
        /// At most so many messages; the server may send fewer and says whether there are more.
        limit: u32,
    },
    /// The messages that hold all of these words, in the rooms one is a member of, oldest first, the newest
    /// matches if there are more than asked for: first the messages, marked as past, then [`Answer::Search`].
    Search {
        /// Words, without regard to case; `word*` finds all that begin so, `"some words"` those words in a row.
        words: Arc<str>,
        /// Only in this room; none for all of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        room: Option<Arc<str>>,
        /// Only what was said before this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before_time: Option<Timestamp>,
        /// At most so many messages; the server may send fewer and says whether there are more.
        limit: u32,
    },
    /// The files that one offers, or may accept, or has accepted; those that ended a moment ago, too.
    Transfers {},
    /// How a room is run, one's own role in it, and the roles of others; for moderators bans, mutes and invitations, too.
    Room {
        /// The room.
        room: Arc<str>,
    },
    /// A page of what was done by those who keep the peace, newest first. For operators of the server.
    Audit {
        /// Only what has a lower number; none: the latest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<u64>,
    },
}

/// Which page of a room's messages. In JSON each is a field of its own, and none of them means the latest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(try_from = "AnchorFields", into = "AnchorFields")]
pub enum Anchor {
    /// The last ones.
    #[default]
    Latest,
    /// The last ones before this number.
    Before(Number),
    /// The first ones after this number.
    After(Number),
    /// Half before this number, half from it on.
    Around(Number),
    /// The last ones before this time.
    BeforeTime(Timestamp),
    /// The first ones from this time on.
    FromTime(Timestamp),
}

/// An [`Anchor`] as JSON carries it.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct AnchorFields {
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    around: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before_time: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_time: Option<Timestamp>,
}

impl From<Anchor> for AnchorFields {
    fn from(anchor: Anchor) -> AnchorFields {
        let none = AnchorFields::default();
        match anchor {
            Anchor::Latest => none,
            Anchor::Before(number) => AnchorFields { before: Some(number), ..none },
            Anchor::After(number) => AnchorFields { after: Some(number), ..none },
            Anchor::Around(number) => AnchorFields { around: Some(number), ..none },
            Anchor::BeforeTime(at) => AnchorFields { before_time: Some(at), ..none },
            Anchor::FromTime(at) => AnchorFields { from_time: Some(at), ..none },
        }
    }
}

impl TryFrom<AnchorFields> for Anchor {
    type Error = &'static str;

    fn try_from(fields: AnchorFields) -> Result<Anchor, &'static str> {
        let given = [
            fields.before.map(Anchor::Before),
            fields.after.map(Anchor::After),
            fields.around.map(Anchor::Around),
            fields.before_time.map(Anchor::BeforeTime),
            fields.from_time.map(Anchor::FromTime),
        ];
        let mut given = given.into_iter().flatten();
        match (given.next(), given.next()) {
            (None, _) => Ok(Anchor::Latest),
            (Some(anchor), None) => Ok(anchor),
            (Some(_), Some(_)) => {
                Err("give one of before, after, around, before_time and from_time, or none")
            }
        }
    }
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
        /// Whether there are newer ones: ask again with `after` set to the highest number received.
        newer: bool,
    },
    /// The messages searched for have all been sent.
    Search {
        /// So many.
        count: u32,
        /// Whether there are older ones: ask again with `before_time` set to the time of the oldest received.
        more: bool,
    },
    /// The transfers that concern the asker, in the order of their numbers.
    Transfers {
        /// At most as many as the server's limits allow one user.
        transfers: Vec<TransferInfo>,
    },
    /// How a room is run.
    Room {
        /// Which.
        room: RoomName,
        /// How.
        modes: Modes,
        /// What the asker may do there: the own role, or that of an operator.
        rank: Rank,
        /// Those of whom something is remembered, in the order of the names; at most a page.
        users: Vec<RoomUser>,
        /// Whether there are more than were listed.
        more: bool,
    },
    /// A page of what was done by those who keep the peace.
    Audit {
        /// Newest first.
        entries: Vec<AuditEntry>,
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
