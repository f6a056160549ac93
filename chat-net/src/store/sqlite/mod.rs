//! The store in one SQLite file: what was accepted is there after a crash.

mod append;
mod boot;
mod checkpoint;
mod compact;
pub(crate) mod connection;
mod error;
pub(crate) mod folder;
pub(crate) mod ledger;
pub(crate) mod meta;
pub(crate) mod open;
mod options;
pub(crate) mod recover;
mod retain;
pub(crate) mod rooms;
pub(crate) mod row;
pub(crate) mod schema;
mod space;
mod store;
mod upkeep;
mod writer;

pub use error::OpenError;
pub(crate) use error::unreadable;
pub use options::{Durability, SqliteOptions, Thresholds};
pub use store::Sqlite;
