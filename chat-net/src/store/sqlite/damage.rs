//! What can be wrong with what is read: one stored row, a number that is missing, the file below them.

use chat_core::{Event, Number};
use rusqlite::{Connection, ErrorCode, OptionalExtension};

use super::rooms::RoomEntry;
use super::row::{self, Chain, Row, key, sum};
use crate::codec::bincode::from_stored;
use crate::store::{Past, StoreError};

/// Something of a room that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// The last bad number of those that follow each other: behind it the room can be read again.
    pub(crate) upto: Number,
    /// Where, and what is wrong.
    pub(crate) what: String,
}

/// Why a read gave nothing.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// What was asked for is damaged, as the sentence says.
    Damaged(String),
    /// SQLite could not.
    Failed(rusqlite::Error),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Trouble {
        match is_damage(&error) {
            true => Trouble::Damaged(error.to_string()),
            false => Trouble::Failed(error),
        }
    }
}

impl From<Trouble> for StoreError {
    fn from(trouble: Trouble) -> StoreError {
        match trouble {
            Trouble::Damaged(what) => StoreError::Damaged(what),
            Trouble::Failed(error) => StoreError::Failed(format!("it cannot be read: {error}")),
        }
    }
}

/// Whether SQLite says that the file is not what it wrote, or that the disk gives it back no more.
pub(crate) fn is_damage(error: &rusqlite::Error) -> bool {
    const UNREADABLE: [i32; 2] = [rusqlite::ffi::SQLITE_IOERR_READ, rusqlite::ffi::SQLITE_IOERR_CORRUPTFS];
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => {
            matches!(failure.code, ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                || UNREADABLE.contains(&failure.extended_code)
        }
        // A value of another type than the tables take.
        rusqlite::Error::InvalidColumnType(..)
        | rusqlite::Error::FromSqlConversionFailure(..)
        | rusqlite::Error::IntegralValueOutOfRange(..)
        // Our statements fit our tables: these are others.
        | rusqlite::Error::SqlInputError { .. }
        | rusqlite::Error::Utf8Error(..) => true,
        _ => false,
    }
}

/// `messages` holds what was said, `notes` all else that is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Messages,
    Notes,
}

impl Table {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Table::Messages => "messages",
            Table::Notes => "notes",
        }
    }
}

/// A row as it lies in the file, unchecked.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) row: Row,
    pub(crate) sum: i64,
    pub(crate) chain: Chain,
}

/// What lies under a key.
#[derive(Debug)]
pub(crate) enum Found {
    Row(Stored),
    /// A value has a type that the tables do not take.
    Mangled,
}

/// Reads a row of [`COLUMNS`](row::COLUMNS): what is there, not whether it is right.
pub(crate) fn stored(from: &rusqlite::Row<'_>) -> Found {
    Row::read(from).map_or(Found::Mangled, |(row, sum, chain)| Found::Row(Stored { row, sum, chain }))
}

impl Stored {
    /// Whether the text was taken out of it.
    pub(crate) fn is_removed(&self) -> bool {
        matches!(from_stored(&self.row.event), Ok(Event::Removed { .. }))
    }

    /// The event, if the row is what was written, and is in the table where it belongs.
    pub(crate) fn event(&self, table: Table, room: &RoomEntry) -> Result<Event, &'static str> {
        if sum(&self.row.digest()) != self.sum {
            return Err("its sum is wrong");
        }
        let event = self.row.event(room.epoch).ok_or("it cannot be decoded")?;
        match event.is_message() == (table == Table::Messages) {
            true => Ok(event),
            false => Err("it is in the wrong table"),
        }
    }
}

impl Found {
    /// The event with its stamp, if all is as it was written.
    pub(crate) fn past(&self, table: Table, room: &RoomEntry) -> Result<Past, &'static str> {
        match self {
            Found::Row(stored) => Ok(Past { stamp: stored.row.stamp, event: stored.event(table, room)? }),
            Found::Mangled => Err("it holds values of the wrong type"),
        }
    }
}

/// What lies under one number of a room, if it is whole.
pub(crate) fn whole(conn: &Connection, room: &RoomEntry, number: Number) -> rusqlite::Result<Option<Past>> {
    let Ok(id) = key(room.room, number) else { return Ok(None) };
    for table in [Table::Messages, Table::Notes] {
        let sql = format!("SELECT {} FROM {} WHERE id = ?1", row::COLUMNS, table.name());
        let mut statement = conn.prepare_cached(&sql)?;
        let found = statement.query_row([id], |found| Ok(stored(found))).optional();
        match found {
            Ok(None) => {}
            Ok(Some(Found::Row(stored))) if row::number(stored.row.id) != number => return Ok(None),
            Ok(Some(found)) => return Ok(found.past(table, room).ok()),
            // The other table may have it, on a page that can be read.
            Err(error) if is_damage(&error) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// The last of the bad numbers that follow each other from `bad` on. Looks in ever longer strides, so that a
/// page of the file that holds thousands of rows is passed in a few.
pub(crate) fn end(conn: &Connection, room: &RoomEntry, bad: Number) -> rusqlite::Result<Number> {
    let (mut low, mut stride) = (bad.0, 1);
    let mut high = loop {
        let next = low.saturating_add(stride);
        if next > room.head.0 {
            break room.head.0 + 1;
        }
        if whole(conn, room, Number(next))?.is_some() {
            break next;
        }
        (low, stride) = (next, stride * 2);
    };
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        match whole(conn, room, Number(middle))? {
            Some(_) => high = middle,
            None => low = middle,
        }
    }
    Ok(Number(low.max(bad.0)))
}
