//! The chat engine as a pure state machine: users, rooms, whispers, sessions, and files on their way.
//!
//! It knows nothing of sockets, clocks, tasks or files. Whoever drives it owns a **log**: every entry is a
//! [`Command`] with a [`Stamp`] (its place and time). [`Chat::apply`] takes them one by one and pushes what
//! happened into a [`Sink`]:
//!
//! ```text
//!   Ask ──→ Command + Stamp ──→ Chat::apply ──→ Sink::record   (what a store keeps)
//!                               decide              │
//!                               evolve              └→ Sink::deliver (Event × Audience: who is told what)
//!                               announce
//! ```
//!
//! # One whole conversation
//!
//! ```
//! use chat_core::{Ask, Chat, Command, Config, NodeId, RequestId, Seq, SessionId, Stamp, Timestamp, TokenHash, Transcript};
//!
//! let mut chat = Chat::new(Config::default());
//! let mut transcript = Transcript::new();
//! let mut seq = 0;
//! let mut apply = |command: Command| {
//!     seq += 1;
//!     let stamp = Stamp { seq: Seq(seq), at: Timestamp(seq * 1000) };
//!     chat.apply(stamp, &command, &mut transcript)
//! };
//!
//! // 1. Connections present a name. The driver makes session ids and secrets; the log has only hashes.
//! let (alice, bob) = (SessionId::new(NodeId(0), 1), SessionId::new(NodeId(0), 2));
//! apply(Command::Attach { session: alice, name: "alice".into(), token: TokenHash([1; 32]), resume: None })?;
//! apply(Command::Attach { session: bob, name: "bob".into(), token: TokenHash([2; 32]), resume: None })?;
//!
//! // 2. They ask. Request ids let a client repeat an ask that was never answered.
//! let ask = |from, request, ask| Command::Ask { from, request: RequestId(request), ask };
//! apply(ask(alice, 1, Ask::Join { room: "lobby".into(), since: None }))?;
//! apply(ask(bob, 1, Ask::Join { room: "#Lobby".into(), since: None }))?;
//! apply(ask(alice, 2, Ask::Say { room: "lobby".into(), body: "hello".into() }))?;
//!
//! // 3. What is not allowed is refused with a reason, and changes nothing.
//! let taken = apply(Command::Attach { session: SessionId::new(NodeId(0), 3), name: "ALICE".into(), token: TokenHash([3; 32]), resume: None });
//! assert_eq!(taken.unwrap_err().to_string(), "\"ALICE\" is taken, choose another name");
//!
//! assert_eq!(transcript.as_str(), "\
//! 00:00:01 s1: attached alice
//! 00:00:02 s2: attached bob
//! 00:00:03 s1?1: members lobby/2/0 0:
//! 00:00:03 s1: joined lobby/2/1 alice
//! 00:00:04 s2?1: members lobby/2/1 1: alice
//! 00:00:04 s1 s2: joined lobby/2/2 bob
//! 00:00:05 s1?2 s2: said lobby/2/3 alice \"hello\"
//! ");
//! # Ok::<(), chat_core::Rejection>(())
//! ```
//!
//! # Driving it
//!
//! 1. Stamp every command in one order and [`apply`](Chat::apply) it once.
//! 2. In the sink, keep what is recorded, then send what is delivered to the connections of those sessions.
//! 3. After each entry look at [`Chat::next_deadline`]; when it has come, submit [`Command::Tick`].
//! 4. When a connection ends, submit [`Command::Detach`]; when it comes back, [`Command::Attach`] with the
//!    hash of its secret. [`CatchUp::plan`] says what it is owed.
//! 5. Answer reads ([`Chat::users`], [`Chat::rooms`], [`Chat::transfers`]) from state; history comes from what was
//!    recorded.
//! 6. Carry the bytes of accepted files from sender to receiver, apart from the log, by the arithmetic of
//!    [`transfer::flow`]; tell the log how far they are with [`Command::Progress`], and of an end that is silent with
//!    [`Command::Stall`]. See [`transfer`].
//!
//! # Panics and errors
//!
//! No command makes it panic. A refusal is a [`Rejection`] with a stable [`Code`]. The one exception:
//! [`Chat::evolve`] trusts its caller to replay records of this very history.

mod account;
mod answers;
mod catch_up;
mod change;
mod chat;
pub mod client;
mod code;
mod command;
mod config;
mod deadline;
mod digest;
mod event;
mod id;
mod key;
mod name;
mod printable;
mod query;
mod read;
mod rejection;
mod roles;
mod room;
mod roster;
mod secrets;
mod session;
mod sink;
mod snapshot;
mod stamp;
mod state;
mod step;
mod text;
pub mod transfer;
mod whisper;

pub use account::{AccountInfo, PasswordHash};
pub use catch_up::{CatchUp, Kept};
pub use change::{AccountChange, Asked, Change, OrderChange, Remembered, TransferChange, Verdict};
pub use chat::Chat;
pub use code::{Code, Kind};
pub use command::{AccountAct, Ask, Command, Detach, Recipient, Since, TokenHash};
pub use config::{Config, RoomMakers};
pub use digest::Digest;
pub use event::{Departure, Event, GapReason, Place, Refusal};
pub use id::{Epoch, MAX_JSON_INTEGER, NodeId, Number, RequestId, RoomId, Seq, SessionId, TransferId};
pub use key::RoomKey;
pub use name::{MAX_NAME_BYTES, NameError, RoomName, UserName};
pub use printable::printable;
pub use query::{Anchor, Answer, Query, RoomInfo};
pub use rejection::Rejection;
pub use roles::{
    AuditEntry, HeldModes, HistoryFrom, Imposed, MAX_SLOW_S, ModeChange, Modes, Rank, Restricted,
    Restriction, Role, RoomUser, Standing, Who,
};
pub use sink::{Asker, Audience, Sink, Transcript};
pub use snapshot::{RestoreError, Snapshot};
pub use stamp::{Stamp, Timestamp};
pub use text::{Body, TextError};
pub use transfer::{
    CopyInfo, CopyState, EndReason, FileHash, FileName, FileNameError, MAX_CHUNK_BYTES, MAX_FILE_NAME_BYTES,
    MIN_CHUNK_BYTES, NotAHash, Offer, PauseReason, Target, TransferInfo,
};
