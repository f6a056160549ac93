//! Files: sent from a disk, received onto one, verified, and gone on with after every break.

mod api;
mod asker;
mod digest;
mod error;
mod event;
mod inlet;
mod ledger;
mod name;
mod options;
mod own;
mod part;
mod pass;
mod pauses;
mod place;
mod queue;
mod receive;
#[cfg(test)]
mod scratch;
mod send;
mod sending;
mod sidecar;
mod source;
mod table;
mod transfer;
mod writer;

pub use error::FileError;
pub use event::FileEvent;
pub use name::disk_name;
pub use options::{ReceiveOptions, SendOptions};
pub use transfer::{Landing, Transfer, TransferHandle};

pub(crate) use sending::Sending;
pub(crate) use table::{Files, Glance, OutChunk};
