//! A store as it lies in its folder: read without a server, or beside a running one.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use chat_core::{Anchor, Epoch, Number, RoomName, Timestamp};
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::damage::Trouble;
use super::folder::{DATABASE, is_in_use, log_of};
use super::ledger::{self, RoomState};
use super::open::{Found, look};
use super::rooms::RoomEntry;
use super::row::key;
use super::schema::{APPLICATION_ID, STEPS};
use super::search::Searching;
use super::verify::{self, Bad, Verified};
use super::view::View;
use super::{OpenError, connection, unreadable, wal};
use crate::store::{Messages, Page, PageLimit, StoreError};

/// Reads a store without changing it, whether a server runs on it or not. Each call sees one moment of it.
///
/// Everything is checked as the server checks it: damage is an error, and what lies behind it can be read.
#[derive(Debug)]
pub struct Archive {
    conn: Connection,
    folder: PathBuf,
    /// The highest bad number that was met in each room.
    damaged: RefCell<HashMap<Epoch, Number>>,
}

/// A room that a store keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RoomSummary {
    /// Its name, as first written.
    pub room: RoomName,
    /// In which numbering it is.
    pub epoch: Epoch,
    /// The first number that is kept; one above the head if none is.
    pub first: Number,
    /// The number of its last event; 0: none yet.
    pub head: Number,
    /// How many messages are kept.
    pub messages: u64,
    /// Of all events that are kept, as stored.
    pub bytes: u64,
}

impl Archive {
    /// Opens the store in a folder. No lock is taken. After a server that was killed the last changes lie in a
    /// log beside the file, which SQLite reads with the help of a small file that it makes there.
    ///
    /// # Errors
    /// There is no store, it is of another version, or this process may not read it, or may not write to the
    /// folder while there is such a log.
    pub fn open(folder: impl AsRef<Path>) -> Result<Archive, OpenError> {
        let path = folder.as_ref().join(DATABASE);
        std::fs::metadata(&path).map_err(|error| OpenError::io(&path, error))?;
        // Another version is refused before SQLite puts anything beside the file. Whatever else is wrong is found
        // below.
        if let Ok(Found::Schema(found)) = look(&path) {
            check_version(&path, found)?;
        }
        let conn = match connect(&path) {
            Err(error) if is_read_only(&error) => settled(&path)?,
            other => other.map_err(|error| OpenError::sqlite(&path, error))?,
        };
        check_marks(&path, &conn)?;
        Ok(Archive { conn, folder: folder.as_ref().into(), damaged: RefCell::default() })
    }

    /// Every room that is not closed, by name.
    ///
    /// # Errors
    /// The table of rooms cannot be read.
    pub fn rooms(&self) -> Result<Vec<RoomSummary>, StoreError> {
        self.within(|| {
            let mut rooms = self.states()?;
            rooms.sort_by(|a, b| a.name.cmp(&b.name));
            rooms.into_iter().map(|state| self.summary(state)).collect()
        })
    }

    /// A page of a room's messages: see [`Store::messages`](crate::Store::messages).
    ///
    /// # Errors
    /// There is no such room, or what comes next is damaged.
    pub fn messages(&self, room: &str, anchor: Anchor, limit: PageLimit) -> Result<Messages, StoreError> {
        self.within(|| {
            let room = self.named(room)?;
            self.view(&room, |view| view.messages(view.room.head, anchor, limit))
        })
    }

    /// The newest messages that match, in these rooms or in all: see [`Store::search`](crate::Store::search).
    ///
    /// # Errors
    /// There is no such room, or nothing was found and something damaged was not looked at.
    pub fn search(
        &self,
        words: &str,
        rooms: Option<&[&str]>,
        before: Option<Timestamp>,
        limit: PageLimit,
    ) -> Result<Messages, StoreError> {
        self.within(|| {
            let rooms = match rooms {
                Some(names) => names.iter().map(|name| self.named(name)).collect::<Result<_, _>>()?,
                None => self.states()?,
            };
            let mut searching = Searching::new(words, before, limit);
            for room in rooms {
                self.view(&room, |view| searching.room(view, Number(1)))?;
            }
            Ok(searching.finish()?)
        })
    }

    /// The numbered events of a room behind `after`, from the front. What was let go, or was found to be damaged
    /// by an earlier call, is not there: a page may begin later than asked for, and never has a hole.
    ///
    /// # Errors
    /// There is no such room, or what comes next is damaged; called again, it goes on behind that.
    pub fn events(&self, room: Epoch, after: Number, limit: PageLimit) -> Result<Page, StoreError> {
        self.within(|| {
            let state = ledger::stored_room(&self.conn, room)?;
            let state = state.ok_or_else(|| StoreError::NoSuchRoom(format!("of epoch {room}")))?;
            self.view(&state, |view| match view.read_to_damage(after, Number(u64::MAX), limit)? {
                (page, None) => Ok(page),
                // Later calls must not skip what lies before the damage: it is remembered once it is reached.
                (page, Some(_)) if !page.events.is_empty() => Ok(Page { more: true, ..page }),
                (_, Some(bad)) => Err(Trouble::Damaged(view.note(&bad)?)),
            })
        })
    }

    /// Reads all of it, and compares every event with its sum and its link in the room's chain. `progress` is
    /// told the room and how many events have been read, now and then. All of it is of one moment, so the log
    /// of a server that runs meanwhile grows until this ends.
    ///
    /// # Errors
    /// It cannot be read for another reason than damage.
    pub fn verify(&self, progress: &mut dyn FnMut(&str, u64)) -> Result<Verified, StoreError> {
        let mut verified = self.within(|| verify::verify(&self.conn, progress))?;
        // A log that somebody writes to at this moment changes while it is read.
        if !is_in_use(&self.folder) {
            let damage = wal::damage(&self.folder.join(DATABASE));
            let damage =
                damage.map_err(|error| StoreError::Failed(format!("the log cannot be read: {error}")))?;
            verified.bad.extend(damage.map(|what| Bad { room: None, number: None, what }));
        }
        Ok(verified)
    }

    fn states(&self) -> Result<Vec<RoomState>, StoreError> {
        let rooms = ledger::stored(&self.conn)?;
        Ok(rooms.into_iter().filter(|room| room.closed == 0).collect())
    }

    fn named(&self, name: &str) -> Result<RoomState, StoreError> {
        let wanted = name.strip_prefix('#').unwrap_or(name);
        let found = self.states()?.into_iter().find(|room| room.name.as_str().eq_ignore_ascii_case(wanted));
        found.ok_or_else(|| StoreError::NoSuchRoom(format!("'{wanted}'")))
    }

    fn summary(&self, state: RoomState) -> Result<RoomSummary, StoreError> {
        let range = (key(state.room, state.first)?, key(state.room, state.head)?);
        let count = "SELECT count(*) FROM messages WHERE id BETWEEN ?1 AND ?2";
        let messages: i64 = self
            .conn
            .prepare_cached(count)
            .and_then(|mut count| count.query_row(range, |row| row.get(0)))
            .map_err(|error| unreadable(&format!("the messages of room {}", state.name), &error))?;
        let RoomState { name, epoch, first, head, bytes, .. } = state;
        Ok(RoomSummary { room: name, epoch, first, head, messages: messages.cast_unsigned(), bytes })
    }

    fn view<T>(
        &self,
        state: &RoomState,
        work: impl FnOnce(&View<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        let mut damaged = self.damaged.borrow_mut();
        let known = damaged.entry(state.epoch).or_default();
        let view = View::new(&self.conn, RoomEntry { damaged: *known, ..state.entry() });
        let result = work(&view);
        *known = view.damaged();
        Ok(result?)
    }

    fn within<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let moment = self.conn.unchecked_transaction().map_err(Trouble::from)?;
        let result = work();
        moment.finish().map_err(Trouble::from)?;
        result
    }
}

/// Connects, and reads once: only then does SQLite look at the log.
fn connect(path: &Path) -> rusqlite::Result<Connection> {
    let conn = connection::reader(path)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

fn is_read_only(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied)
    )
}

/// Opens a file beside which nothing can be written, and nobody writes: all of it is in the file itself.
fn settled(path: &Path) -> Result<Connection, OpenError> {
    let log = log_of(path);
    if std::fs::metadata(&log).is_ok_and(|log| log.len() > 0) {
        return Err(OpenError::Unsettled { file: log });
    }
    let sqlite = |error| OpenError::sqlite(path, error);
    let absolute = std::path::absolute(path).map_err(|error| OpenError::io(path, error))?;
    let mut uri = String::from("file:");
    for byte in absolute.to_string_lossy().bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(byte)),
            byte if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri.push_str("?immutable=1");
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(uri, flags).map_err(sqlite)?;
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(())).map_err(sqlite)?;
    Ok(conn)
}

fn check_marks(path: &Path, conn: &Connection) -> Result<(), OpenError> {
    let number = |pragma: &str| {
        let value = conn.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
        value.map_err(|error| OpenError::sqlite(path, error))
    };
    match (number("application_id")?, u32::try_from(number("user_version")?)) {
        (APPLICATION_ID, Ok(found)) => check_version(path, found),
        _ => Err(OpenError::NotAStore { file: path.into() }),
    }
}

fn check_version(path: &Path, found: u32) -> Result<(), OpenError> {
    let (file, known) = (path.into(), STEPS.len() as u32);
    match found.cmp(&known) {
        Ordering::Equal => Ok(()),
        Ordering::Greater => Err(OpenError::Newer { file, found, known }),
        Ordering::Less => Err(OpenError::Older { file, found, known }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Sqlite, SqliteOptions};
    use super::*;

    /// Where nothing can be written, which a test of the superuser cannot bring about.
    #[test]
    fn a_store_at_rest_is_read_without_writing_and_one_in_unrest_is_not() {
        let folder = std::env::temp_dir().join(format!("chat %3f#?-{}", std::process::id()));
        let options = SqliteOptions { reserve_bytes: 0, ..SqliteOptions::default() };
        let store = Sqlite::open(&folder, options).unwrap();
        let path = folder.join(DATABASE);
        let writer = connection::writer(&path, super::super::Durability::Os).unwrap();
        writer.execute_batch("CREATE TABLE unrest (x); DROP TABLE unrest").unwrap();
        let refused = settled(&path).unwrap_err();
        assert!(matches!(refused, OpenError::Unsettled { .. }), "{refused}");
        drop((store, writer));
        let _ = std::fs::remove_file(folder.join("chat.db-wal"));
        let conn = settled(&path).unwrap();
        check_marks(&path, &conn).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
