//! How the file is opened: the settings of each connection, in one place.

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Durability;

/// Statements are compiled once; more of them than this are not in use on one connection.
const STATEMENTS: usize = 64;

/// How long a connection waits for another one's lock. In WAL mode they hardly ever meet.
const BUSY: Duration = Duration::from_secs(5);

/// A connection that can only read. Works beside a running server, too.
pub(crate) fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    conn.pragma_update(None, "query_only", true)?;
    conn.pragma_update(None, "cache_size", -2048)?;
    Ok(conn)
}

/// The connection that writes. The file must be there; whoever calls holds the folder's lock.
pub(crate) fn writer(path: &Path, durability: Durability) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update(None, "cache_size", -8192)?;
    conn.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()))?;
    // Checkpoints are ours: every error of one must be seen, and none may stand in a commit's way.
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    conn.pragma_update_and_check(None, "journal_size_limit", 64 << 20, |_| Ok(()))?;
    // What was deleted is overwritten.
    conn.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
    synchronous(&conn, durability)?;
    Ok(conn)
}

/// The connection that writes the log back into the file, and nothing else.
pub(crate) fn checkpointer(path: &Path) -> rusqlite::Result<Connection> {
    let conn = open(path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
    conn.pragma_update_and_check(None, "wal_autocheckpoint", 0, |_| Ok(()))?;
    // Opens the log: a connection that never read has none to write back.
    conn.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(conn)
}

/// When a commit returns: after the disk has it, or after the operating system has it.
pub(crate) fn synchronous(conn: &Connection, durability: Durability) -> rusqlite::Result<()> {
    let level = match durability {
        Durability::Fsync => "full",
        Durability::Os => "normal",
    };
    conn.pragma_update(None, "synchronous", level)
}

fn open(path: &Path, access: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY)?;
    conn.set_prepared_statement_cache_capacity(STATEMENTS);
    // A full disk must not fail a sort, and memory must not grow with the file.
    conn.pragma_update(None, "temp_store", "memory")?;
    conn.pragma_update_and_check(None, "mmap_size", 0, |_| Ok(()))?;
    conn.pragma_update(None, "cell_size_check", true)?;
    Ok(conn)
}
