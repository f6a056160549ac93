//! The frames: everything either side can say to the other, the same in every codec.

use std::fmt;
use std::sync::Arc;

use bincode::{Decode, Encode};
use bytes::Bytes;
use chat_core::{Answer, Ask, Event, Number, Query, RequestId, Since, Timestamp, TransferId};
use serde::{Deserialize, Serialize};

use super::secret::Secret;

/// The version of the protocol that this code speaks; the preface carries it.
pub const PROTOCOL_VERSION: u8 = 1;

/// All a client can send.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FromClient {
    /// Says who it is; the first frame, and again after a refused name.
    Hello(Hello),
    /// Wants something changed.
    Ask {
        /// Rises within a session; zero for an ask that will not be repeated.
        id: RequestId,
        /// What it wants.
        ask: Ask,
    },
    /// Wants to know something.
    Query {
        /// Comes back with the answer; need not rise, is not remembered.
        id: RequestId,
        /// What it wants to know.
        query: Query,
    },
    /// Is the server there? Answered by [`FromServer::Pong`] with the same nonce.
    Ping {
        /// Comes back.
        nonce: u64,
    },
    /// The answer to [`FromServer::Ping`].
    Pong {
        /// The nonce of the ping.
        nonce: u64,
    },
    /// Goodbye: leave at once, do not linger.
    Bye,
    /// Bytes of a file that this client sends, as far as a [`Credit`] allows.
    Chunk(Chunk),
    /// All bytes before an offset have arrived: the acknowledgement of every chunk up to there.
    Received {
        /// Of which transfer.
        transfer: TransferId,
        /// So many bytes are there.
        offset: u64,
    },
    /// The server's own password, where it has one; before the hello. Answered by [`FromServer::Done`].
    Unlock {
        /// The password.
        password: Secret,
    },
    /// Says who it is, and proves it: the hello of an account. A session to go on with needs no proof but its own secret,
    /// and [`Hello`]; here `resume`, `positions` and `whispers` mean nothing.
    Login {
        /// Who it is.
        hello: Hello,
        /// The account's password, or what else the server takes for a proof.
        password: Secret,
    },
    /// Makes an account, and is its first login.
    Register {
        /// Who it wants to be.
        hello: Hello,
        /// The account's password from now on.
        password: Secret,
    },
    /// Changes the password of one's account, and ends its other sessions. Answered by [`FromServer::Done`].
    Password {
        /// Comes back with the answer; need not rise, is not remembered.
        id: RequestId,
        /// The password so far.
        old: Secret,
        /// The password from now on.
        new: Secret,
    },
    /// Ends the other sessions of one's account, also those that are away. Answered by [`FromServer::Done`].
    LogOutEverywhere {
        /// Comes back with the answer; need not rise, is not remembered.
        id: RequestId,
    },
}

/// Consecutive bytes of a file.
///
/// It has the same place among the frames of both ends, so that a server passes on the very bytes that came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Which transfer.
    pub transfer: TransferId,
    /// Which of the sender's passes over the file; see [`Credit`]. Of no meaning to a receiver.
    pub pass: u32,
    /// Where they begin, in bytes from the file's beginning.
    pub offset: u64,
    /// The bytes; at least one, at most [`Offer::chunk_bytes`](chat_core::Offer::chunk_bytes).
    pub data: Bytes,
}

/// How far a sender may go in one pass over its file: the acknowledgement of what it sent, and leave to send more.
///
/// Receivers that keep pace share a pass; one that falls behind, or begins later, gets another. A credit with an
/// unknown number begins a pass at `next`. After a break every pass that goes on is told again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Credit {
    /// Which transfer.
    pub transfer: TransferId,
    /// Which pass; counted from 1 in each transfer.
    pub pass: u32,
    /// The server has the bytes of this pass before this offset; the next chunk begins here.
    pub next: u64,
    /// Chunks may reach up to this offset.
    pub until: u64,
}

/// Who a client is, and where it stopped.
#[derive(Clone, Default, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Hello {
    /// The name it wants.
    pub name: Arc<str>,
    /// The secret of a session to go on with, from that session's [`Welcome`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resume: Option<Arc<str>>,
    /// Where its copy of each room ends; what came after is sent if the session is resumed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positions: Vec<RoomPosition>,
    /// The rooms to begin in, if no session is to be resumed; none: the server's start room.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rooms: Option<Vec<Arc<str>>>,
    /// The number of the last whisper it received in the session to go on with; later ones are told again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub whispers: Number,
}

impl fmt::Debug for Hello {
    /// Never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hello")
            .field("name", &self.name)
            .field("resumes", &self.resume.is_some())
            .field("positions", &self.positions)
            .field("rooms", &self.rooms)
            .field("whispers", &self.whispers)
            .finish_non_exhaustive()
    }
}

fn is_zero(number: &Number) -> bool {
    *number == Number(0)
}

/// Where a client's copy of one room ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct RoomPosition {
    /// The room.
    pub room: Arc<str>,
    /// The end of its copy.
    #[serde(flatten)]
    pub since: Since,
}

/// All a server can send.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum FromServer {
    /// The client is in the chat. Comes once, first.
    Welcome(Box<Welcome>),
    /// Something happened, or an ask was answered.
    Told(Told),
    /// The end of the answer to a query.
    Answered {
        /// The query's id.
        re: RequestId,
        /// The answer.
        answer: Answer,
    },
    /// Is the client there? To be answered with [`FromClient::Pong`].
    Ping {
        /// To be sent back.
        nonce: u64,
    },
    /// The answer to [`FromClient::Ping`].
    Pong {
        /// The nonce of the ping.
        nonce: u64,
    },
    /// The connection ends; nothing comes after it.
    Closing(Closing),
    /// Bytes of a file that this client accepted; to be acknowledged with [`FromClient::Received`].
    Chunk(Chunk),
    /// A sender may go on.
    Credit(Credit),
    /// Nobody needs this pass any more: a sender drops it.
    Stop {
        /// Which transfer.
        transfer: TransferId,
        /// Which pass.
        pass: u32,
    },
    /// What a client wanted with its account, or with the server's password, is done.
    Done {
        /// The id of what it wanted; zero if that has none.
        re: RequestId,
    },
}

/// An event as one client is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub struct Told {
    /// The id of the ask or query that caused it, if this client's did; zero if not.
    pub re: RequestId,
    /// Whether it is told after the fact: missed messages, and the last ones before joining.
    pub past: bool,
    /// When it happened, by the server's clock.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// What a client needs to know of the session it now has.
#[derive(Clone, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Welcome {
    /// The name, as first written.
    pub user: Arc<str>,
    /// Whether an earlier session goes on.
    pub resumed: bool,
    /// The secret that resumes this session; not to be shown to anyone.
    pub token: Arc<str>,
    /// How many milliseconds after a drop it can still be resumed.
    pub resumable_ms: u64,
    /// The server's clock.
    pub at: Timestamp,
    /// When an accepted message is safe: `memory`, `os` or `fsync`.
    pub durability: Arc<str>,
    /// The rooms that a resumed session is in, each with the end of the server's copy.
    pub rooms: Vec<RoomPosition>,
    /// What the server takes.
    pub limits: Limits,
}

impl fmt::Debug for Welcome {
    /// Never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Welcome")
            .field("user", &self.user)
            .field("resumed", &self.resumed)
            .field("at", &self.at)
            .field("durability", &self.durability)
            .field("rooms", &self.rooms)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What the server takes from a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes in a message.
    pub body_bytes: u32,
    /// Bytes in one frame's payload.
    pub frame_bytes: u32,
    /// Rooms at once.
    pub rooms: u32,
    /// Asks without an answer at once, if their repeats are to be recognised.
    pub unanswered: u32,
}

/// Why a connection ends.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
pub struct Closing {
    /// The number in the table of codes; its range says whether to come back.
    pub code: u16,
    /// The number's name.
    pub reason: Arc<str>,
    /// A sentence.
    pub message: Arc<str>,
    /// If the server knows: not before so many milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconnect_after_ms: Option<u64>,
}
