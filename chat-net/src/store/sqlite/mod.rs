//! The store in one SQLite file: what was accepted is there after a crash.

pub(crate) mod row;
pub(crate) mod schema;
