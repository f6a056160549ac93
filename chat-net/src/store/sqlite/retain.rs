//! What is kept no longer: where each room begins, and how its old rows go.

use chat_core::{Number, RoomId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::SqliteOptions;
use super::ledger::{Ledger, RoomState};
use super::row::{self, Chain};
use super::words;

/// How many events a room's beginning is moved over at once.
const STRIDE: i64 = 4096;

/// How many numbers are deleted at once: each message is taken out of the words, too.
const BITE: u64 = 128;

/// Moves the beginning of each room that the transaction changed, as count and bytes demand.
pub(crate) fn drop_surplus(
    conn: &Connection,
    ledger: &mut Ledger,
    options: &SqliteOptions,
) -> rusqlite::Result<()> {
    if options.keep_events == 0 && options.keep_bytes == 0 {
        return Ok(());
    }
    for room in ledger.staged_rooms() {
        if let Some(state) = ledger.stage(room).filter(|state| state.closed == 0) {
            advance(conn, state, options, None)?;
        }
    }
    Ok(())
}

/// Moves a room's beginning as far as the limits demand, at most by [`STRIDE`] events. True: there may be more.
pub(crate) fn advance(
    conn: &Connection,
    state: &mut RoomState,
    options: &SqliteOptions,
    not_before: Option<Timestamp>,
) -> rusqlite::Result<bool> {
    let count = match options.keep_events {
        0 => Number(0),
        keep => Number((state.head.0 + 1).saturating_sub(keep)),
    };
    let bytes = if options.keep_bytes == 0 { u64::MAX } else { options.keep_bytes };
    if state.first >= count && state.bytes <= bytes && not_before.is_none() {
        return Ok(false);
    }
    let (from, to) = span(state.room, state.first, state.head);
    let mut select = conn.prepare_cached(
        "SELECT id, at, length(event) FROM messages WHERE id BETWEEN ?1 AND ?2
         UNION ALL SELECT id, at, length(event) FROM notes WHERE id BETWEEN ?1 AND ?2 ORDER BY 1 LIMIT ?3",
    )?;
    let mut rows = select.query((from, to, STRIDE))?;
    let mut moved = 0;
    while let Some(row) = rows.next()? {
        let (number, at) = (row::number(row.get(0)?), Timestamp(row.get::<_, i64>(1)?.cast_unsigned()));
        let surplus = number < count || state.bytes > bytes && number < state.head;
        if !surplus && not_before.is_none_or(|not_before| at >= not_before) {
            return Ok(false);
        }
        state.bytes = state.bytes.saturating_sub(row.get::<_, i64>(2)?.cast_unsigned());
        state.first = number.next();
        moved += 1;
    }
    Ok(moved == STRIDE)
}

/// Whether a room's first event is older than that.
pub(crate) fn is_expired(
    conn: &Connection,
    state: &RoomState,
    not_before: Timestamp,
) -> rusqlite::Result<bool> {
    let (from, to) = span(state.room, state.first, state.head);
    for table in row::TABLES {
        let sql = format!("SELECT at FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT 1");
        let at: Option<i64> =
            conn.prepare_cached(&sql)?.query_row((from, to), |row| row.get(0)).optional()?;
        if at.is_some_and(|at| Timestamp(at.cast_unsigned()) < not_before) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a bite of a room's old rows came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purged {
    /// There are more that may go.
    Some,
    /// All that may go are gone.
    All,
    /// There are more, but the snapshot is not behind them yet.
    Blocked,
}

/// Deletes some of a room's rows that can be read no more and that the snapshot, which ends at `covered`, is
/// behind.
pub(crate) fn purge(
    conn: &Connection,
    ledger: &mut Ledger,
    room: RoomId,
    covered: i64,
) -> rusqlite::Result<Purged> {
    // Staged only if something changes: a transaction that changes nothing costs no wait for the disk.
    let Some(mut state) = ledger.current(room).cloned() else { return Ok(Purged::All) };
    let is_closed = state.closed != 0;
    // Only what readers know of: where this transaction moves the beginning to, they learn after it.
    let first = ledger.committed(room).map_or(Number(1), |state| state.first);
    let last = if is_closed { state.head } else { Number(first.0.saturating_sub(1)) };
    if state.base >= last {
        return Ok(Purged::All);
    }
    let upto = Number(last.0.min(state.base.0 + BITE));
    let (from, to) = span(room, state.base.next(), upto);
    match link(conn, to)? {
        Some((ord, chain)) if ord <= covered => state.base_chain = chain,
        // A room that was closed needs no chain; in all others what is missing is left for `verify` to find.
        None if is_closed => {}
        None => return Ok(Purged::All),
        Some(_) => return Ok(Purged::Blocked),
    }
    state.base = upto;
    ledger.insert(state);
    forget_words(conn, from, to)?;
    conn.prepare_cached("DELETE FROM erased WHERE id BETWEEN ?1 AND ?2")?.execute((from, to))?;
    for table in row::TABLES {
        let sql = format!("DELETE FROM {table} WHERE id BETWEEN ?1 AND ?2");
        conn.prepare_cached(&sql)?.execute((from, to))?;
    }
    Ok(if upto < last { Purged::Some } else { Purged::All })
}

/// Deletes what is left of a closed room after all its events: its own row.
pub(crate) fn purge_room(conn: &Connection, room: RoomId) -> rusqlite::Result<()> {
    conn.prepare_cached("DELETE FROM rooms WHERE room = ?1")?.execute([row::signed(room.0)])?;
    Ok(())
}

fn forget_words(conn: &Connection, from: i64, to: i64) -> rusqlite::Result<()> {
    let mut select = conn.prepare_cached("SELECT id FROM messages WHERE id BETWEEN ?1 AND ?2")?;
    let mut delete = conn.prepare_cached("DELETE FROM search WHERE rowid = ?1")?;
    let mut rows = select.query((from, to))?;
    let mut gone = 0;
    while let Some(row) = rows.next()? {
        gone += delete.execute([row.get::<_, i64>(0)?])?;
    }
    if gone > 0 { words::mark(conn) } else { Ok(()) }
}

/// The place among the records, and the chain, of an event.
fn link(conn: &Connection, id: i64) -> rusqlite::Result<Option<(i64, Chain)>> {
    for table in row::TABLES {
        let sql = format!("SELECT ord, chain FROM {table} WHERE id = ?1");
        let found =
            conn.prepare_cached(&sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The keys of a room's events from one number to another.
fn span(room: RoomId, from: Number, to: Number) -> (i64, i64) {
    // Both were keys of rows before, or are one above the last; an empty span if they are not.
    let key = |number| row::key(room, number).unwrap_or(-1);
    (key(from), key(to))
}
