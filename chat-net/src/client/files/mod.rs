//! Files: sent from a disk, received onto one, verified, and gone on with after every break.

mod api;
mod error;
mod event;
mod name;
mod options;
mod queue;
mod transfer;

pub use error::FileError;
pub use event::FileEvent;
pub use name::disk_name;
pub use options::{ReceiveOptions, SendOptions};
pub use transfer::{Transfer, TransferHandle};
