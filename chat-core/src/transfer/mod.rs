//! Transfers of files: what was offered by whom to whom, and how far each receiver's copy is.
//!
//! The log knows that much, and no more: whoever drives the [`Chat`](crate::Chat) carries the bytes, from the sender to
//! the receivers whose copies run, by the arithmetic of [`flow`].
//!
//! ```text
//!           Offer                 Accept                     Finish
//!   sender ──────→ open ─────────────────→ copy: running ──────────→ finished      Hash must be told before
//!                    │                     │          ↑              cancelled     Cancel, a leave, a session's end
//!                    │ Decline      a drop,│          │ Accept,
//!                    ↓              Pause, │          │ from where
//!                 declined          Stall  ↓          │ it is
//!                                          copy: paused
//! ```
//!
//! A file offered to a user has one copy; one offered to a room has one for every member who takes it, until the offer
//! expires. Until then a member who declined it, or gave its copy up, may still accept. A transfer is over when no copy is open and none can begin. It is kept for a while then, so that those who
//! were away are told: a session that is resumed hears again of every transfer that concerns it, first the offer, then
//! how the copies stand that it may see, then the end, if that has come. The sender's connection may break without
//! a change of any copy: the receivers are told, and told again when it is back. A session that sleeps is waited for, until
//! another has its name.
//!
//! ```
//! use chat_core::{Ask, Chat, Command, Config, FileHash, NodeId, Recipient, RequestId, Seq, SessionId, Stamp};
//! use chat_core::{Timestamp, TokenHash, Transcript, TransferId};
//!
//! let (mut chat, mut transcript) = (Chat::new(Config::default()), Transcript::new());
//! let mut seq = 0;
//! let mut apply = |command: Command| {
//!     seq += 1;
//!     chat.apply(Stamp { seq: Seq(seq), at: Timestamp(seq * 1000) }, &command, &mut transcript)
//! };
//! let (alice, bob) = (SessionId::new(NodeId(0), 1), SessionId::new(NodeId(0), 2));
//! apply(Command::Attach { session: alice, name: "alice".into(), token: TokenHash([1; 32]), resume: None })?;
//! apply(Command::Attach { session: bob, name: "bob".into(), token: TokenHash([2; 32]), resume: None })?;
//!
//! let ask = |from, ask| Command::Ask { from, request: RequestId::NONE, ask };
//! let (transfer, hash) = (TransferId(1), FileHash([0x77; 32]));
//! let (to, name) = (Recipient::User("bob".into()), "photo.jpg".into());
//! apply(ask(alice, Ask::Offer { to, name, size: 70_000, hash: Some(hash), chunk_bytes: 0 }))?;
//! apply(ask(bob, Ask::Accept { transfer, from: 0, prefix: None }))?;
//! apply(Command::Progress { transfer, session: bob, offset: 65_536 })?;
//! apply(ask(bob, Ask::Finish { transfer }))?;
//!
//! assert_eq!(transcript.as_str(), "\
//! 00:00:01 s1: attached alice
//! 00:00:02 s2: attached bob
//! 00:00:03 s2: offered 1 alice to bob \"photo.jpg\" 70000
//! 00:00:03 s1?: offered 1 alice to bob \"photo.jpg\" 70000
//! 00:00:04 s1: accepted 1 bob from 0
//! 00:00:04 s2?: accepted 1 bob from 0
//! 00:00:05 s1: progressed 1 bob to 65536
//! 00:00:06 s1: finished 1 bob
//! 00:00:06 s2?: finished 1 bob
//! ");
//! # Ok::<(), chat_core::Rejection>(())
//! ```

mod away;
mod copy;
mod decide;
mod end;
mod file;
pub mod flow;
mod offer;
mod record;
mod state;

use serde::{Deserialize, Serialize};

use crate::id::TransferId;
use crate::name::{RoomName, UserName};
use crate::stamp::Timestamp;

pub(crate) use away::{
    back_in_rooms, concerning, decide_drop, decide_takeover, retell, retell_offers, tell_of_return,
};
pub(crate) use copy::{decide_progress, decide_stall};
pub(crate) use decide::{decide, done};
pub(crate) use end::{decide_end, decide_expired, decide_leave, decide_over};
pub use file::{
    FileHash, FileName, FileNameError, MAX_CHUNK_BYTES, MAX_FILE_NAME_BYTES, MIN_CHUNK_BYTES, NotAHash,
};
pub(crate) use record::Transfer;
pub(crate) use state::Transfers;

/// A file that a user wants to send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Offer {
    /// Which transfer; the server counts them.
    pub transfer: TransferId,
    /// Who offers.
    pub from: UserName,
    /// To whom.
    #[serde(flatten)]
    pub to: Target,
    /// The file's name, as its sender calls it. Not yet safe for a disk.
    pub name: FileName,
    /// Its size in bytes; at most 2^53 − 1.
    pub size: u64,
    /// Its hash, if the sender knows it already; else it comes later, with [`Event::Hashed`](crate::Event::Hashed).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<FileHash>,
    /// Bytes in one chunk, as settled by the server.
    pub chunk_bytes: u32,
    /// Until when it can be accepted.
    pub expires: Timestamp,
}

/// To whom a file is offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub enum Target {
    /// To one user.
    #[serde(rename = "to")]
    User(UserName),
    /// To every member of a room who accepts it, those who join while it is open among them.
    #[serde(rename = "room")]
    Room(RoomName),
}

/// Why a transfer, or one receiver's copy, stands still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum PauseReason {
    /// A connection was lost.
    Lost,
    /// The receiver's disk is full.
    NoSpace,
    /// An end that owed bytes, or acknowledgements, gave none for too long.
    Silent,
    /// The receiver said so.
    Asked,
}

impl PauseReason {
    /// What a client's reason counts as: only the server knows who is lost or silent.
    pub(crate) fn asked(self) -> PauseReason {
        match self {
            PauseReason::Lost | PauseReason::Silent => PauseReason::Asked,
            why => why,
        }
    }
}

/// Why a transfer, or one receiver's copy, came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// Somebody does not want it any more.
    Cancelled,
    /// Nobody accepted it in time.
    Expired,
    /// The file changed while it was sent.
    SourceChanged,
    /// What was received does not have the sender's hash.
    WrongHash,
    /// What the receiver has is not the beginning of this file. It may accept again, from the start.
    PrefixDiffers,
    /// The sender or the receiver left the room.
    Left,
    /// The sender or the receiver left the chat, or did not come back in time, or before another took its name.
    Gone,
    /// A file could not be read or written.
    Failed,
}

impl EndReason {
    /// What a client's reason counts as: the server's own are nobody else's to give.
    pub(crate) fn asked(self) -> EndReason {
        match self {
            EndReason::Expired | EndReason::Left | EndReason::Gone => EndReason::Cancelled,
            why => why,
        }
    }
}

/// How one receiver's copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum CopyState {
    /// Accepted; bytes come if the sender is there.
    Running {},
    /// Accepted; the receiver accepts again, from where it is, to go on.
    Paused {
        /// Why.
        why: PauseReason,
    },
    /// All there, and the hash is equal.
    Finished {},
    /// Not wanted.
    Declined {},
    /// Came to nothing.
    Cancelled {
        /// Why.
        why: EndReason,
    },
}

impl CopyState {
    /// Whether bytes may still come.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, CopyState::Running {} | CopyState::Paused { .. })
    }
}

/// One receiver's copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct CopyInfo {
    /// Whose.
    pub user: UserName,
    /// So many bytes are there and acknowledged, by the last that the log was told.
    pub offset: u64,
    /// How it stands.
    #[serde(flatten)]
    pub state: CopyState,
    /// Who ended it, if it is cancelled: its own user, or the sender, if with the whole, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserName>,
}

/// A transfer as its sender or one of its receivers may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct TransferInfo {
    /// What is offered.
    #[serde(flatten)]
    pub offer: Offer,
    /// Whether it can be accepted now by one who has not.
    pub open: bool,
    /// The copies: all of them for the sender, the one that changed last at the end; one's own for a receiver.
    pub copies: Vec<CopyInfo>,
}
