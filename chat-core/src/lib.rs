//! The chat engine as a pure state machine.

mod change;
mod code;
mod command;
mod config;
mod digest;
mod event;
mod id;
mod name;
mod query;
mod rejection;
mod sink;
mod stamp;
mod text;

pub use change::{Asked, Change, Remembered, Verdict};
pub use code::{Code, Kind};
pub use command::{Ask, Command, Detach, Since, TokenHash};
pub use config::Config;
pub use digest::Digest;
pub use event::{Departure, Event, GapReason, Place, Refusal};
pub use id::{Epoch, MAX_JSON_INTEGER, NodeId, Number, RequestId, RoomId, Seq, SessionId};
pub use name::{MAX_NAME_BYTES, NameError, RoomName, UserName};
pub use query::{Answer, Query, RoomInfo};
pub use rejection::Rejection;
pub use sink::{Asker, Audience, Sink, Transcript};
pub use stamp::{Stamp, Timestamp};
pub use text::{Body, TextError, printable};
