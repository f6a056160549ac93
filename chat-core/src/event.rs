//! What comes out: events, in the past tense, cheap to clone and owning all they hold.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::code::Kind;
use crate::id::{Epoch, Number, TransferId};
use crate::name::{RoomName, UserName};
use crate::roles::{Modes, Restriction, Role};
use crate::stamp::Timestamp;
use crate::text::Body;
use crate::transfer::{EndReason, FileHash, Offer, PauseReason, Target};

/// Where in a room's own order an event stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Place {
    /// The room.
    pub room: RoomName,
    /// Which numbering.
    pub epoch: Epoch,
    /// Dense from 1 within the epoch.
    pub number: Number,
}

/// How a user came to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Departure {
    /// Left this room.
    Left,
    /// Quit the chat.
    Quit,
    /// The connection was lost and did not come back in time.
    Lost,
}

/// Why a returning client cannot have all that it missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum GapReason {
    /// The room is numbered anew: it was made again, or the server forgot.
    NewEpoch,
    /// The events are no longer kept.
    NotKept,
    /// The events are damaged, and are not shown.
    Corrupt,
}

/// Something happened, as a client is told of it.
///
/// Events that carry a [`Place`] are a room's own; the others are for one user. In JSON the `type` field
/// holds the variant's name in small letters. Variants and fields are added at the end, never reordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// This client is in the chat, under that name. The first thing it is told.
    Attached {
        /// The name, as first written.
        user: UserName,
        /// Whether a session goes on: then its rooms follow, and what was missed in each of them.
        resumed: bool,
        /// The rooms the session is a member of, each with the number of its last event.
        rooms: Vec<Place>,
    },
    /// The session goes on over another connection; this one ends.
    Replaced {},
    /// An ask was refused.
    Refused(Refusal),
    /// Who is in a room: the answer to [`Ask::Join`](crate::Ask::Join). The user's own `joined` comes next
    /// and ends the list, unless the room is big, or the user is in it already by another device.
    Members {
        /// The room, and the number of its last event.
        #[serde(flatten)]
        place: Place,
        /// Whether this begins a membership; false where the user was a member already.
        fresh: bool,
        /// How many members there are.
        total: u64,
        /// Their names, in order; empty for a big room, whose list is read page by page.
        users: Vec<UserName>,
    },
    /// A user became a member.
    Joined {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        user: UserName,
    },
    /// A user is a member no more. The leaver's own copy in a big room has the number of the last event
    /// instead of one of its own; the answer about a room they were not in has epoch 0 and number 0, whether
    /// there is such a room or not.
    Left {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        user: UserName,
        /// How.
        why: Departure,
    },
    /// Joins and leaves of a big room, gathered.
    Churned {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// How many joined since the last digest.
        joined: u64,
        /// How many left.
        left: u64,
        /// How many members there are now.
        total: u64,
        /// The names of the first who joined, at most as many as the server's limit says.
        joined_users: Vec<UserName>,
        /// The names of the first who left.
        left_users: Vec<UserName>,
    },
    /// A user said something in a room.
    Said {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        from: UserName,
        /// What.
        body: Body,
    },
    /// A room's topic was set or cleared.
    TopicChanged {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// By whom.
        by: UserName,
        /// To what; none: cleared.
        topic: Option<Body>,
    },
    /// A user said something to one other; both are told.
    Whispered {
        /// Who.
        from: UserName,
        /// To whom.
        to: UserName,
        /// What.
        body: Body,
        /// The receiver's own count of whispers, dense from 1 within a session; zero in the sender's copy. The sender's
        /// other devices are told, too, and count it.
        number: Number,
    },
    /// All that was missed in a room has been sent; from here on it is live. Made at the edge.
    CaughtUp {
        /// The room, and the number of the last event sent.
        #[serde(flatten)]
        place: Place,
    },
    /// Part of what was missed cannot be had; comes once, before anything later. Made at the edge.
    Gap {
        /// The room, and the number of its last event, in the numbering that is in force.
        #[serde(flatten)]
        place: Place,
        /// The first number that can still be had.
        first_available: Number,
        /// Why.
        why: GapReason,
    },
    /// A file is offered. Told to those who may accept it, and to its sender as the answer.
    Offered(Box<Offer>),
    /// A receiver takes the file, or goes on with it. Told to the sender and that receiver; to the receiver then the
    /// hash, if that came after the offer, and that the sender is not there, if it is not.
    Accepted {
        /// Which transfer.
        transfer: TransferId,
        /// Who takes it.
        user: UserName,
        /// So many bytes are there already.
        from: u64,
        /// The hash of those bytes. If the sender's file begins otherwise, it calls that copy off with `prefix_differs`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<FileHash>,
    },
    /// A user does not take the file. Told to the sender and that user.
    Declined {
        /// Which transfer.
        transfer: TransferId,
        /// Who.
        user: UserName,
    },
    /// A copy stands still, or, if `user` is the sender, all of them. Told to the sender and the receivers concerned.
    ///
    /// A sender that is `lost` changes nothing about the copies that run: they go on when it is back. In all other cases
    /// the receiver goes on by accepting again.
    Paused {
        /// Which transfer.
        transfer: TransferId,
        /// Whose copy, or who is not there.
        user: UserName,
        /// Why.
        why: PauseReason,
    },
    /// The sender is back: the copies that run go on. Told to those who receive.
    Resumed {
        /// Which transfer.
        transfer: TransferId,
        /// The sender.
        user: UserName,
    },
    /// The hash of the whole file is known. Told to those who receive, and to the sender as the answer.
    Hashed {
        /// Which transfer.
        transfer: TransferId,
        /// The hash.
        hash: FileHash,
    },
    /// A receiver's copy has grown. Told to the sender, about once a second.
    Progressed {
        /// Which transfer.
        transfer: TransferId,
        /// Whose copy.
        user: UserName,
        /// So many bytes are there.
        offset: u64,
    },
    /// A receiver has all of it, and the hash is equal. Told to the sender and that receiver.
    Finished {
        /// Which transfer.
        transfer: TransferId,
        /// Who.
        user: UserName,
    },
    /// A receiver's copy came to nothing. Told to the sender and that receiver.
    Cancelled {
        /// Which transfer.
        transfer: TransferId,
        /// Whose copy.
        user: UserName,
        /// Who called it off.
        by: UserName,
        /// Why.
        why: EndReason,
    },
    /// The offer is over for all who have not accepted; unless it is `expired`, so are the copies that are not finished.
    /// Told to all who were told of the offer; when it had expired before, to those whose copies end, and the sender.
    Closed {
        /// Which transfer.
        transfer: TransferId,
        /// Why.
        why: EndReason,
    },
    /// A user has another role in a room.
    RoleChanged {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        user: UserName,
        /// By whom.
        by: UserName,
        /// Which role.
        role: Role,
    },
    /// A user was put out of a room, and is a member no more; told to that user, too, in place of `left`. One who was
    /// away at the time is told at the return.
    Kicked {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        user: UserName,
        /// By whom.
        by: UserName,
        /// Why, if that was said.
        reason: Option<Body>,
        /// Whether the user may not come back for now.
        banned: bool,
    },
    /// A user was banned or muted. Whoever was in the room when banned is `kicked` next.
    Restricted {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        user: UserName,
        /// By whom.
        by: UserName,
        /// Which of the two.
        what: Restriction,
        /// Until when; none: until it is lifted. Nothing is told when that time comes.
        until: Option<Timestamp>,
        /// Why, if that was said.
        reason: Option<Body>,
    },
    /// A ban or mute was lifted.
    Lifted {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// Who.
        user: UserName,
        /// By whom.
        by: UserName,
        /// Which of the two.
        what: Restriction,
    },
    /// A room is run otherwise from now on.
    ModesChanged {
        /// Where.
        #[serde(flatten)]
        place: Place,
        /// By whom.
        by: UserName,
        /// How, as a whole.
        modes: Modes,
    },
    /// A message was taken out of the history: its text is to be forgotten.
    Deleted {
        /// Where; not the message's own place.
        #[serde(flatten)]
        place: Place,
        /// By whom.
        by: UserName,
        /// The message's number.
        target: Number,
        /// Who had said it.
        from: UserName,
    },
    /// A user was asked into a room. Told to that user, and to whoever did it as the answer.
    Invited {
        /// Which room.
        room: RoomName,
        /// Who.
        user: UserName,
        /// By whom.
        by: UserName,
    },
    /// Here was a message that is deleted. Told from the store in its place, always as past. Made at the edge.
    Removed {
        /// Where: the message's own place.
        #[serde(flatten)]
        place: Place,
        /// Who had said it.
        from: UserName,
        /// Who removed it.
        by: UserName,
    },
    /// The user who joined just before is more than a member. Told behind `joined`, which had no room for it, to all who
    /// were told that, and in no room's order: the history has it not.
    Ranked {
        /// Which room.
        room: RoomName,
        /// Who.
        user: UserName,
        /// What the user is.
        role: Role,
    },
}

impl Event {
    /// Which transfer it is about, if it is about one.
    #[must_use]
    pub fn transfer(&self) -> Option<TransferId> {
        match self {
            Event::Offered(offer) => Some(offer.transfer),
            Event::Accepted { transfer, .. }
            | Event::Declined { transfer, .. }
            | Event::Paused { transfer, .. }
            | Event::Resumed { transfer, .. }
            | Event::Hashed { transfer, .. }
            | Event::Progressed { transfer, .. }
            | Event::Finished { transfer, .. }
            | Event::Cancelled { transfer, .. }
            | Event::Closed { transfer, .. } => Some(*transfer),
            _ => None,
        }
    }

    /// Where in a room's order this stands; `None` for events outside any room's order.
    ///
    /// `Members`, `CaughtUp` and `Gap` name a place without being an event of the room.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        match self {
            Event::Joined { place, .. }
            | Event::Left { place, .. }
            | Event::Churned { place, .. }
            | Event::Said { place, .. }
            | Event::TopicChanged { place, .. }
            | Event::RoleChanged { place, .. }
            | Event::Kicked { place, .. }
            | Event::Restricted { place, .. }
            | Event::Lifted { place, .. }
            | Event::ModesChanged { place, .. }
            | Event::Deleted { place, .. }
            | Event::Removed { place, .. } => Some(place),
            _ => None,
        }
    }

    /// The same, to be changed: for whoever keeps events under another numbering.
    #[must_use]
    pub fn place_mut(&mut self) -> Option<&mut Place> {
        match self {
            Event::Joined { place, .. }
            | Event::Left { place, .. }
            | Event::Churned { place, .. }
            | Event::Said { place, .. }
            | Event::TopicChanged { place, .. }
            | Event::RoleChanged { place, .. }
            | Event::Kicked { place, .. }
            | Event::Restricted { place, .. }
            | Event::Lifted { place, .. }
            | Event::ModesChanged { place, .. }
            | Event::Deleted { place, .. }
            | Event::Removed { place, .. } => Some(place),
            _ => None,
        }
    }

    /// Whether it is what somebody said, or what is left of that: what a page of messages is made of.
    #[must_use]
    pub fn is_message(&self) -> bool {
        matches!(self, Event::Said { .. } | Event::Removed { .. })
    }
}

/// A refusal as the wire carries it: a number from the table, its name, and a sentence that says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Refusal {
    /// The number; its range says whether to try again. See [`Code`](crate::Code).
    pub code: u16,
    /// The number's name.
    pub reason: Arc<str>,
    /// What is wrong and what to do.
    pub message: Arc<str>,
    /// If trying again may help: not before so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    /// What the number's range says to do; holds for numbers that this version does not know, too.
    #[must_use]
    pub fn kind(&self) -> Kind {
        Kind::of_number(self.code)
    }
}

impl fmt::Display for Place {
    /// `room/epoch/number`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.room, self.epoch, self.number)
    }
}

impl fmt::Display for Event {
    /// One line, as a [`Transcript`](crate::Transcript) shows it; texts are quoted and escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Attached { user, resumed, rooms } => {
                write!(f, "attached {user}{}", if *resumed { " resumed" } else { "" })?;
                rooms.iter().try_for_each(|place| write!(f, " {place}"))
            }
            Event::Replaced {} => f.write_str("replaced"),
            Event::Refused(refusal) => write!(f, "refused {}: {}", refusal.reason, refusal.message),
            Event::Members { place, fresh, total, users } => {
                write!(f, "members {place}{} {total}:", if *fresh { "" } else { " again" })?;
                users.iter().try_for_each(|user| write!(f, " {user}"))
            }
            Event::Joined { place, user } => write!(f, "joined {place} {user}"),
            Event::Left { place, user, why } => write!(f, "left {place} {user} ({why})"),
            Event::Churned { place, joined, left, total, .. } => {
                write!(f, "churned {place} +{joined} -{left} ={total}")
            }
            Event::Said { place, from, body } => write!(f, "said {place} {from} {:?}", body.as_str()),
            Event::TopicChanged { place, by, topic } => {
                write!(f, "topic {place} {by} {:?}", topic.as_ref().map_or("", Body::as_str))
            }
            Event::Whispered { from, to, body, number } => {
                write!(f, "whispered {number} {from} to {to} {:?}", body.as_str())
            }
            Event::CaughtUp { place } => write!(f, "caught up {place}"),
            Event::Gap { place, first_available, why } => {
                let why = match why {
                    GapReason::NewEpoch => "new epoch",
                    GapReason::NotKept => "not kept",
                    GapReason::Corrupt => "corrupt",
                };
                write!(f, "gap {place} from {first_available} ({why})")
            }
            Event::Offered(offer) => {
                let Offer { transfer, from, to, name, size, .. } = &**offer;
                write!(f, "offered {transfer} {from} to {to} {:?} {size}", name.as_str())
            }
            Event::Accepted { transfer, user, from, .. } => {
                write!(f, "accepted {transfer} {user} from {from}")
            }
            Event::Declined { transfer, user } => write!(f, "declined {transfer} {user}"),
            Event::Paused { transfer, user, why } => write!(f, "paused {transfer} {user} ({why})"),
            Event::Resumed { transfer, user } => write!(f, "resumed {transfer} {user}"),
            Event::Hashed { transfer, hash } => write!(f, "hashed {transfer} {hash}"),
            Event::Progressed { transfer, user, offset } => {
                write!(f, "progressed {transfer} {user} to {offset}")
            }
            Event::Finished { transfer, user } => write!(f, "finished {transfer} {user}"),
            Event::Cancelled { transfer, user, by, why } => {
                write!(f, "cancelled {transfer} {user} by {by} ({why})")
            }
            Event::Closed { transfer, why } => write!(f, "closed {transfer} ({why})"),
            moderation => moderation.fmt_moderation(f),
        }
    }
}

impl Event {
    fn fmt_moderation(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let because = |f: &mut fmt::Formatter<'_>, reason: &Option<Body>| match reason {
            Some(reason) => write!(f, " {:?}", reason.as_str()),
            None => Ok(()),
        };
        match self {
            Event::RoleChanged { place, user, by, role } => write!(f, "role {place} {user} {role} by {by}"),
            Event::Kicked { place, user, by, reason, banned } => {
                let how = if *banned { " (banned)" } else { "" };
                write!(f, "kicked {place} {user} by {by}{how}")?;
                because(f, reason)
            }
            Event::Restricted { place, user, by, what, until, reason } => {
                write!(f, "{what} {place} {user} by {by}")?;
                until.map_or(Ok(()), |until| write!(f, " until {until}"))?;
                because(f, reason)
            }
            Event::Lifted { place, user, by, what } => write!(f, "lifted {what} {place} {user} by {by}"),
            Event::ModesChanged { place, by, modes } => write!(f, "modes {place} by {by}: {modes}"),
            Event::Deleted { place, by, target, .. } => write!(f, "deleted {place} {target} by {by}"),
            Event::Invited { room, user, by } => write!(f, "invited {room} {user} by {by}"),
            Event::Removed { place, from, by } => write!(f, "removed {place} {from} by {by}"),
            Event::Ranked { room, user, role } => write!(f, "ranked {room} {user} {role}"),
            _ => f.write_str("?"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::User(user) => user.fmt(f),
            Target::Room(room) => write!(f, "#{room}"),
        }
    }
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PauseReason::Lost => "lost",
            PauseReason::NoSpace => "no space",
            PauseReason::Silent => "silent",
            PauseReason::Asked => "asked",
        })
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            EndReason::Cancelled => "cancelled",
            EndReason::Expired => "expired",
            EndReason::SourceChanged => "source changed",
            EndReason::WrongHash => "wrong hash",
            EndReason::PrefixDiffers => "prefix differs",
            EndReason::Left => "left",
            EndReason::Gone => "gone",
            EndReason::Failed => "failed",
        })
    }
}

impl fmt::Display for Departure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Departure::Left => "left",
            Departure::Quit => "quit",
            Departure::Lost => "lost",
        })
    }
}
