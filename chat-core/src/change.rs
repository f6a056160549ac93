//! How state changes: the facts that `decide` draws from a command, and all that `evolve` ever looks at.

use serde::{Deserialize, Serialize};

use crate::account::PasswordHash;
use crate::command::TokenHash;
use crate::event::{Event, Place};
use crate::id::{Epoch, Number, RequestId, RoomId, SessionId, TransferId};
use crate::name::{RoomName, UserName};
use crate::rejection::Rejection;
use crate::roles::{AuditEntry, HeldModes, Standing, Who};
use crate::stamp::{Stamp, Timestamp};
use crate::transfer::{CopyState, EndReason, FileHash, Offer, PauseReason, Target};

/// One change of state. A store that keeps them all, in order, can rebuild the state without the commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// A user came.
    SessionOpened {
        /// Under this attachment.
        session: SessionId,
        /// Of this name.
        user: UserName,
        /// Resumable by the secret of this hash.
        token: TokenHash,
    },
    /// A session goes on under another attachment. For its account nothing waits any more.
    SessionMoved {
        /// Its id so far.
        from: SessionId,
        /// Its id from now on.
        to: SessionId,
    },
    /// A session lost its connection. Its name and rooms are held.
    SessionDropped {
        /// Whose.
        session: SessionId,
        /// Until then.
        until: Timestamp,
    },
    /// A session lingered too long. It has left its rooms and its name is free, but it can be resumed.
    SessionSlept {
        /// Whose.
        session: SessionId,
        /// Until then.
        until: Timestamp,
        /// The rooms it was in, to be joined again if it comes back.
        rooms: Vec<RoomName>,
    },
    /// A session is over.
    SessionEnded {
        /// Whose.
        session: SessionId,
    },
    /// A room was made.
    RoomOpened {
        /// Its identity.
        room: RoomId,
        /// Its name.
        name: RoomName,
        /// Its numbering.
        epoch: Epoch,
    },
    /// An empty room went away, with its history.
    RoomClosed {
        /// Which.
        room: RoomId,
    },
    /// A session became a member. In a big room this is told later, in a digest.
    MemberAdded {
        /// Of this room.
        room: RoomId,
        /// Which session.
        session: SessionId,
        /// When the digest that tells of it is due, if it is told in a digest.
        digest: Option<Timestamp>,
    },
    /// A session is a member no more.
    MemberRemoved {
        /// Of this room.
        room: RoomId,
        /// Which session.
        session: SessionId,
        /// When the digest that tells of it is due, if it is told in a digest.
        digest: Option<Timestamp>,
    },
    /// The next event of a room's own order.
    Numbered {
        /// Which room.
        room: RoomId,
        /// The event; its place is one after the room's last.
        event: Event,
        /// The ask that it answers, if one did and it is to be remembered.
        by: Option<Asked>,
    },
    /// A user was whispered to; kept for a while, in case the connection breaks on the way.
    Whispered {
        /// The receiver.
        session: SessionId,
        /// What the receiver is told.
        event: Event,
    },
    /// An ask was answered by something other than a numbered event.
    Answered {
        /// The ask.
        by: Asked,
        /// How.
        verdict: Verdict,
    },
    /// Something became of a file's transfer.
    Transfer(TransferChange),
    /// A session was resumed: the secret that was presented is its current one, and it was told the next.
    SecretUsed {
        /// Which, under its new attachment.
        session: SessionId,
        /// The secret that was presented.
        presented: TokenHash,
        /// The one it was told.
        next: TokenHash,
    },
    /// Something became of an account.
    Account(AccountChange),
    /// A device of an account sleeps on, though its files are waited for no longer.
    SessionAway {
        /// Which.
        session: SessionId,
        /// Until then.
        until: Timestamp,
    },
    /// Something became of the order in a room.
    Order(OrderChange),
}

/// One change of an account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountChange {
    /// There is one.
    Registered {
        /// Its name, as first written.
        name: UserName,
        /// What its password is checked against, if it has one.
        password: Option<PasswordHash>,
    },
    /// It has another password, or none.
    PasswordSet {
        /// Which.
        name: UserName,
        /// What it is checked against.
        password: Option<PasswordHash>,
    },
    /// It is an operator's, or is not any more.
    OperatorSet {
        /// Which.
        name: UserName,
        /// Whether it is.
        is_operator: bool,
    },
    /// Nobody may log in as it, or somebody may again.
    DisabledSet {
        /// Which.
        name: UserName,
        /// Whether nobody may.
        is_disabled: bool,
    },
    /// A whisper waits for it: none of its sessions is known to be read.
    WhisperWaits {
        /// Which.
        name: UserName,
        /// What it will be told, under a number of its own.
        event: Event,
    },
    /// All that waits for it was told to a session that logged in. It waits on: the welcome may be lost.
    WhispersTold {
        /// Which.
        name: UserName,
        /// The session.
        session: SessionId,
    },
    /// A session of it is read, and has all that waited: nothing does any more.
    Heard {
        /// Which.
        name: UserName,
        /// The session.
        session: SessionId,
    },
}

impl AccountChange {
    /// Of which account it is.
    #[must_use]
    pub fn name(&self) -> &UserName {
        match self {
            AccountChange::Registered { name, .. }
            | AccountChange::PasswordSet { name, .. }
            | AccountChange::OperatorSet { name, .. }
            | AccountChange::DisabledSet { name, .. }
            | AccountChange::WhisperWaits { name, .. }
            | AccountChange::WhispersTold { name, .. }
            | AccountChange::Heard { name, .. } => name,
        }
    }
}

impl From<AccountChange> for Change {
    fn from(change: AccountChange) -> Change {
        Change::Account(change)
    }
}

/// One change of the order in rooms. What members are told of it is a numbered event of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OrderChange {
    /// A room remembers this of somebody from now on.
    Standing {
        /// Which room.
        room: RoomId,
        /// Of whom.
        who: Who,
        /// What; nothing, if it is blank.
        standing: Box<Standing>,
    },
    /// A room is run like this from now on.
    Modes {
        /// Which room.
        room: RoomId,
        /// How.
        held: Box<HeldModes>,
    },
    /// An act of moderation is kept for operators.
    Audited(Box<AuditEntry>),
    /// A session without a connection is told this at its return.
    Missed {
        /// Which session.
        session: SessionId,
        /// What: an invitation.
        event: Box<Event>,
    },
}

impl From<OrderChange> for Change {
    fn from(change: OrderChange) -> Change {
        Change::Order(change)
    }
}

/// One change of the transfers of files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TransferChange {
    /// A file was offered.
    Offered {
        /// By this session.
        sender: SessionId,
        /// To this one, or to the room that the offer names.
        receiver: Option<SessionId>,
        /// What.
        offer: Box<Offer>,
    },
    /// A receiver takes a file, or goes on with it.
    Accepted {
        /// Which.
        transfer: TransferId,
        /// Who.
        session: SessionId,
        /// So many bytes are there already.
        from: u64,
    },
    /// A receiver's copy has grown.
    Progressed {
        /// Which.
        transfer: TransferId,
        /// Whose copy.
        session: SessionId,
        /// So many bytes are there.
        offset: u64,
    },
    /// A receiver's copy stands still.
    Paused {
        /// Which.
        transfer: TransferId,
        /// Whose copy.
        session: SessionId,
        /// Why.
        why: PauseReason,
    },
    /// The hash of the whole file is known.
    Hashed {
        /// Which.
        transfer: TransferId,
        /// The hash.
        hash: FileHash,
    },
    /// A receiver's copy is finished, declined or cancelled.
    CopyEnded {
        /// Which.
        transfer: TransferId,
        /// Whose copy.
        session: SessionId,
        /// How; never an open state.
        state: CopyState,
        /// By whom.
        by: UserName,
    },
    /// The offer can be accepted no more. Unless that is because it expired, all open copies end with it.
    Closed {
        /// Which.
        transfer: TransferId,
        /// Why.
        why: EndReason,
    },
    /// No copy is open and none can begin: it is kept for a while, for those who are away.
    Over {
        /// Which.
        transfer: TransferId,
        /// Until then.
        forgotten: Timestamp,
    },
    /// Nothing is known of it any more.
    Forgotten {
        /// Which.
        transfer: TransferId,
    },
}

impl From<TransferChange> for Change {
    fn from(change: TransferChange) -> Change {
        Change::Transfer(change)
    }
}

/// An ask that is remembered, so that its repeat returns the first answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Asked {
    /// Whose.
    pub session: SessionId,
    /// What the client calls it.
    pub request: RequestId,
    /// A hash of the ask: the same id with another ask is refused.
    pub fingerprint: u64,
}

/// What was answered, in little: together with the repeated ask it makes the first answer again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// A `Say` or `Topic` took this place in its room.
    Numbered(Place),
    /// A `Join` found the room at this place.
    Joined(Place),
    /// A `Leave` left the room at this place.
    Left(Place),
    /// A `Whisper` was told to the user of this name.
    Whispered {
        /// The receiver.
        to: UserName,
        /// The number it had in the receiver's count, if that is the sender too; zero if not.
        number: Number,
    },
    /// Refused.
    Refused(Rejection),
    /// An `Offer` was told to this user or room.
    Offered {
        /// Which transfer it became.
        transfer: TransferId,
        /// To whom.
        to: Target,
        /// The bytes in one chunk that were settled on.
        chunk_bytes: u32,
        /// Until when it could be accepted.
        expires: Timestamp,
    },
    /// A `Cancel` ended this user's copy, or, with none, the whole.
    Cancelled {
        /// Whose copy.
        user: Option<UserName>,
    },
    /// Anything else about a transfer was done as asked.
    Done,
    /// An act of moderation was answered by this.
    Told(Box<Event>),
}

impl Verdict {
    /// What is remembered of an ask that this numbered event answers.
    pub(crate) fn of_numbered(event: &Event) -> Option<Verdict> {
        let place = event.place()?;
        Some(match event {
            Event::Said { .. } | Event::TopicChanged { .. } | Event::Left { .. } => {
                Verdict::Numbered(place.clone())
            }
            moderation => Verdict::Told(Box::new(moderation.clone())),
        })
    }
}

/// A remembered answer of one session.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Remembered {
    /// What the client calls the ask.
    pub request: RequestId,
    /// Which ask it was.
    pub fingerprint: u64,
    /// When it was answered.
    pub stamp: Stamp,
    /// How.
    pub verdict: Verdict,
}
