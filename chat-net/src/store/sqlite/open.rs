//! Opening: what lies in the folder is looked at before anything is touched, then made or brought up to date.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use chat_core::Event;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::connection;
use super::error::OpenError;
use super::folder::{DATABASE, Folder};
use super::meta::{self, Run, SnapshotMark};
use super::schema::{APPLICATION_ID, SEARCH, STEPS};
use super::{Durability, SqliteOptions, boot, wal};
use crate::codec::bincode::from_stored;
use crate::recover::random_epoch;

/// An opened file, and what its last run left to be done.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) conn: Connection,
    /// Rooms must be numbered anew before anything else.
    pub(crate) renumber: bool,
}

/// Opens the database of a locked folder for writing; makes it if there is none.
pub(crate) fn open(folder: &mut Folder, options: &SqliteOptions) -> Result<Opened, OpenError> {
    let path = folder.database();
    let sqlite = |error| OpenError::sqlite(&path, error);
    let found = look(&path)?;
    match found {
        Found::Nothing if folder.was_made && path.exists() => {
            return Err(OpenError::Damaged(format!("{DATABASE} is empty, and was not")));
        }
        Found::Nothing => folder.touch_database()?,
        Found::Schema(found) => {
            check_version(&path, found, STEPS, options.migrate)?;
            check_log(&path, options)?;
        }
    }
    // This start must be on the disk before anything is appended at any level: see `mark_started`.
    let mut conn = connection::writer(&path, Durability::Fsync).map_err(sqlite)?;
    match found {
        Found::Nothing => create(&mut conn, &path)?,
        Found::Schema(found) => migrate(&mut conn, &path, found, STEPS)?,
    }
    let renumber = mark_started(&conn, &path, options)?;
    if options.reindex {
        reindex(&mut conn).map_err(sqlite)?;
    }
    empty_log(&conn).map_err(sqlite)?;
    connection::synchronous(&conn, options.durability).map_err(sqlite)?;
    folder.mark_made();
    Ok(Opened { conn, renumber })
}

/// Refuses a log that was changed after it was written: SQLite would leave out what was accepted. After a power cut
/// at level `os` it cannot be told from one that was never written whole; then rooms get a new epoch.
fn check_log(path: &Path, options: &SqliteOptions) -> Result<(), OpenError> {
    if !has_beside(path, "-wal") {
        return Ok(());
    }
    let conn = connection::reader(path).map_err(|error| OpenError::sqlite(path, error))?;
    let last = meta::run(&conn).map_err(|error| OpenError::store(path, error))?;
    if boot::may_have_lost(&last, boot_of(options).as_deref()) {
        return Ok(());
    }
    match wal::damage(path).map_err(|error| OpenError::io(path, error))? {
        Some(what) => Err(OpenError::Damaged(what)),
        None => Ok(()),
    }
}

/// Makes the index of words anew from the messages, in one transaction.
fn reindex(conn: &mut Connection) -> rusqlite::Result<()> {
    let started = std::time::Instant::now();
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    tx.execute_batch(&format!("DROP TABLE search; {SEARCH}"))?;
    let mut messages = 0_u64;
    {
        let mut select = tx.prepare("SELECT id, event FROM messages")?;
        let mut insert = tx.prepare("INSERT INTO search (rowid, body) VALUES (?1, ?2)")?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            // A row that was changed is not shown either.
            if let Ok(Event::Said { body, .. }) = from_stored(row.get_ref(1)?.as_blob()?) {
                insert.execute((row.get::<_, i64>(0)?, body.as_str()))?;
                messages += 1;
            }
        }
    }
    tx.commit()?;
    tracing::info!(messages, took = ?started.elapsed(), "the index of words was made anew");
    Ok(())
}

/// Writes the log back and begins a new one, so that nothing of an earlier run is left in it. On a full disk, or
/// while somebody reads, it goes on as it is.
fn empty_log(conn: &Connection) -> rusqlite::Result<()> {
    match conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::DiskFull) => Ok(()),
        other => other,
    }
}

/// What lies where the database should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// No file, or one that was being made when everything stopped.
    Nothing,
    /// A store of this schema.
    Schema(u32),
}

/// Refuses what this program cannot open, before anything is made or locked in its folder.
pub(crate) fn refuse_early(folder: &Path, options: &SqliteOptions) -> Result<(), OpenError> {
    let path = folder.join(DATABASE);
    match look(&path)? {
        Found::Nothing => Ok(()),
        Found::Schema(found) => check_version(&path, found, STEPS, options.migrate),
    }
}

/// Looks at the file without changing anything.
pub(crate) fn look(path: &Path) -> Result<Found, OpenError> {
    if is_half_made(path) {
        return Ok(Found::Nothing);
    }
    let Some(header) = header(path)? else { return Ok(Found::Nothing) };
    if &header[..16] != b"SQLite format 3\0" {
        return Err(OpenError::NotAStore { file: path.into() });
    }
    let word = |at: usize| {
        header.get(at..at + 4).map_or(0, |word| word.iter().fold(0, |all, byte| all << 8 | i32::from(*byte)))
    };
    // The file format's own places of `application_id`, `user_version`, and the number of pages.
    let (mut application, mut schema, mut is_empty) = (word(68), word(60), word(28) <= 1);
    if has_beside(path, "-wal") {
        // The log says what the file does not yet, so SQLite is asked; this may put its index beside it.
        let sqlite = |error| OpenError::sqlite(path, error);
        let conn = connection::reader(path).map_err(sqlite)?;
        let number = |pragma: &str| conn.pragma_query_value(None, pragma, |row| row.get(0)).map_err(sqlite);
        (application, schema) = (number("application_id")?, number("user_version")?);
        let is_there = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0));
        is_empty = is_there.map_err(sqlite)? == 0;
    }
    match (application, u32::try_from(schema)) {
        (APPLICATION_ID, Ok(schema)) => Ok(Found::Schema(schema)),
        (0, Ok(0)) if is_empty => Ok(Found::Nothing),
        _ => Err(OpenError::NotAStore { file: path.into() }),
    }
}

/// Whether everything stopped while the file was being made: until it has its write-ahead log, SQLite keeps a
/// journal of another kind, and the file is one page without content. Whoever opens it for writing takes that back.
fn is_half_made(path: &Path) -> bool {
    has_beside(path, "-journal") && std::fs::metadata(path).is_ok_and(|file| file.len() <= FIRST_PAGE)
}

/// The size of SQLite's pages, if nothing else is asked for.
const FIRST_PAGE: u64 = 4096;

/// Whether SQLite has put a file beside the database, with something in it.
fn has_beside(path: &Path, suffix: &str) -> bool {
    let mut beside = path.as_os_str().to_owned();
    beside.push(suffix);
    std::fs::metadata(beside).is_ok_and(|file| file.len() > 0)
}

/// The first bytes of the file; none if there are no bytes.
fn header(path: &Path) -> Result<Option<[u8; 100]>, OpenError> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(OpenError::io(path, error)),
    };
    let mut header = [0; 100];
    match file.read_exact(&mut header) {
        Ok(()) => Ok(Some(header)),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            match file.metadata().map_err(|error| OpenError::io(path, error))?.len() {
                0 => Ok(None),
                _ => Err(OpenError::NotAStore { file: path.into() }),
            }
        }
        Err(error) => Err(OpenError::io(path, error)),
    }
}

fn check_version(path: &Path, found: u32, steps: &[&str], may_migrate: bool) -> Result<(), OpenError> {
    let known = steps.len() as u32;
    let file = path.into();
    match found {
        found if found > known => Err(OpenError::Newer { file, found, known }),
        found if found < known && !may_migrate => Err(OpenError::Older { file, found, known }),
        _ => Ok(()),
    }
}

fn create(conn: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::sqlite(path, error);
    let epoch = random_epoch().map_err(|error| OpenError::io(path, error))?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    // SQLite may have put back what another program was changing.
    let tables: i64 =
        tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(sqlite)?;
    if tables > 0 {
        return Err(OpenError::NotAStore { file: path.into() });
    }
    let make = || {
        for step in STEPS {
            tx.execute_batch(step)?;
        }
        tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        tx.pragma_update(None, "user_version", STEPS.len() as u32)?;
        meta::set_epoch(&tx, epoch)?;
        meta::set_snapshot(&tx, &SnapshotMark::default())?;
        meta::set_run(&tx, &Run { boot: None, durability: Durability::Fsync, is_clean: true })
    };
    make().map_err(sqlite)?;
    tx.commit().map_err(sqlite)
}

/// Brings an older schema up to date in one transaction, after a copy was made. Nothing to do otherwise.
fn migrate(conn: &mut Connection, path: &Path, found: u32, steps: &[&str]) -> Result<(), OpenError> {
    let missing = steps.get(found as usize..).unwrap_or_default();
    if missing.is_empty() {
        return Ok(());
    }
    let sqlite = |error| OpenError::sqlite(path, error);
    copy(conn, path, found)?;
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(sqlite)?;
    for step in missing {
        tx.execute_batch(step).map_err(sqlite)?;
    }
    tx.pragma_update(None, "user_version", steps.len() as u32).map_err(sqlite)?;
    tx.commit().map_err(sqlite)
}

/// Copies the whole file, with what its log says, beside it.
fn copy(conn: &Connection, path: &Path, found: u32) -> Result<(), OpenError> {
    let copy: PathBuf = format!("{}.schema-{found}", path.display()).into();
    let io = |error| OpenError::io(&copy, error);
    // What an earlier try left is no whole copy; `VACUUM INTO` wants an empty file, and keeps its mode.
    super::folder::private_file().open(&copy).and_then(|file| file.set_len(0)).map_err(io)?;
    conn.execute("VACUUM INTO ?1", [copy.to_string_lossy()])
        .map_err(|error| OpenError::sqlite(&copy, error))?;
    File::open(&copy).and_then(|file| file.sync_all()).map_err(io)?;
    super::folder::sync_folder(path.parent().unwrap_or(path)).map_err(io)
}

/// Says in the file that it is in use, so that the next start knows if this one ended badly; tells whether
/// rooms must be numbered anew. If they must because the last run may have lost something, its mark stays until
/// they are: a crash before that changes nothing.
fn mark_started(conn: &Connection, path: &Path, options: &SqliteOptions) -> Result<bool, OpenError> {
    let last = meta::run(conn).map_err(|error| OpenError::store(path, error))?;
    if boot::may_have_lost(&last, boot_of(options).as_deref()) {
        return Ok(true);
    }
    start_run(conn, options).map_err(|error| OpenError::sqlite(path, error))?;
    Ok(options.new_epoch)
}

/// Writes down the run that begins.
pub(crate) fn start_run(conn: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    meta::set_run(conn, &Run { boot: boot_of(options), durability: options.durability, is_clean: false })
}

/// Writes down that it ended in good order.
pub(crate) fn end_run(conn: &Connection, options: &SqliteOptions) -> rusqlite::Result<()> {
    meta::set_run(conn, &Run { boot: boot_of(options), durability: options.durability, is_clean: true })
}

fn boot_of(options: &SqliteOptions) -> Option<String> {
    options.thresholds.boot.clone().or_else(boot::id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The schema of today.
    const NOW: u32 = STEPS.len() as u32;

    /// A schema that follows the one of today.
    const NEXT: &[&str] =
        &[STEPS[0], STEPS[1], "ALTER TABLE rooms ADD COLUMN extra INTEGER NOT NULL DEFAULT 7"];

    fn store() -> (PathBuf, PathBuf) {
        let mut name = [0; 8];
        getrandom::fill(&mut name).unwrap();
        let folder = std::env::temp_dir().join(format!("chat-open-{:x}", u64::from_le_bytes(name)));
        drop(open(&mut Folder::lock(&folder).unwrap(), &SqliteOptions::default()).unwrap());
        let path = folder.join(DATABASE);
        (folder, path)
    }

    #[test]
    fn an_older_schema_is_brought_up_to_date_after_a_copy_was_made() {
        let (folder, path) = store();
        let refused = check_version(&path, NOW, NEXT, false).unwrap_err();
        assert!(
            matches!(refused, OpenError::Older { found: NOW, known, .. } if known == NOW + 1),
            "{refused}"
        );
        assert!(refused.to_string().contains("copy the folder, then start once with --migrate"));
        check_version(&path, NOW, NEXT, true).unwrap();

        let mut conn = connection::writer(&path, Durability::Fsync).unwrap();
        let room = "INSERT INTO rooms VALUES (1, 'lobby', 5, 0, zeroblob(32), 1, 0, zeroblob(32), 0, 0, 0)";
        conn.execute(room, []).unwrap();
        // A copy that an earlier try left half-made is made anew.
        let copy = folder.join(format!("chat.db.schema-{NOW}"));
        std::fs::write(&copy, "half").unwrap();
        migrate(&mut conn, &path, NOW, NEXT).unwrap();
        assert_eq!(conn.query_row("SELECT extra FROM rooms", [], |row| row.get(0)), Ok(7));
        drop(conn);
        assert_eq!(look(&path).unwrap(), Found::Schema(NOW + 1));
        assert!(matches!(
            check_version(&path, NOW + 1, STEPS, true),
            Err(OpenError::Newer { found, known: NOW, .. }) if found == NOW + 1
        ));
        assert_eq!(look(&copy).unwrap(), Found::Schema(NOW));
        let copy = connection::reader(&copy).unwrap();
        assert_eq!(copy.query_row("SELECT name FROM rooms", [], |row| row.get(0)), Ok(String::from("lobby")));
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_store_that_was_half_made_is_made() {
        let (folder, path) = store();
        for leave in [0, 1] {
            std::fs::remove_dir_all(&folder).unwrap();
            std::fs::create_dir(&folder).unwrap();
            std::fs::File::create(&path).unwrap();
            if leave == 1 {
                drop(connection::writer(&path, Durability::Fsync).unwrap());
                assert!(std::fs::metadata(&path).unwrap().len() > 0, "the header alone");
            }
            assert_eq!(look(&path).unwrap(), Found::Nothing);
            drop(open(&mut Folder::lock(&folder).unwrap(), &SqliteOptions::default()).unwrap());
            assert_eq!(look(&path).unwrap(), Found::Schema(NOW));
        }
        std::fs::remove_dir_all(folder).unwrap();
    }
}
