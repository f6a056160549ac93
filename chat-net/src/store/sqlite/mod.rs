//! The store in one SQLite file: what was accepted is there after a crash.

mod append;
mod archive;
mod boot;
mod checkpoint;
mod compact;
pub(crate) mod connection;
mod damage;
mod error;
pub(crate) mod folder;
mod import;
pub(crate) mod ledger;
pub(crate) mod meta;
pub(crate) mod open;
mod options;
mod page;
mod patience;
mod read;
pub(crate) mod recover;
mod retain;
pub(crate) mod rooms;
pub(crate) mod row;
pub(crate) mod schema;
mod search;
mod space;
mod store;
mod upkeep;
mod verify;
mod view;
mod writer;

pub use archive::{Archive, RoomSummary};
pub use error::OpenError;
pub(crate) use error::unreadable;
pub use import::{Import, ImportError, Imported};
pub use options::{Durability, SqliteOptions, Thresholds};
pub use store::Sqlite;
pub use verify::{Bad, Verified};
