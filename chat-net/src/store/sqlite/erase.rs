//! Takes the text out of a message that was deleted: row, index and, when the log is written back, the file.

use chat_core::{Event, Number, RoomId, UserName};
use rusqlite::{Connection, OptionalExtension};

use super::error::WriteError;
use super::ledger::Ledger;
use super::row::{self, Chain, Row, sum};
use super::words;
use crate::codec::bincode::to_stored;

/// Puts [`Event::Removed`] in the place of a message, in the transaction that is open, and gives its key: its words must
/// not be indexed any more. Nothing is done where there is no message of that number: it was let go, or removed before.
pub(crate) fn erase(
    conn: &Connection,
    ledger: &mut Ledger,
    room: RoomId,
    target: Number,
    by: &UserName,
) -> Result<Option<i64>, WriteError> {
    let id = row::key(room, target)?;
    let sql = format!("SELECT {} FROM messages WHERE id = ?1", row::COLUMNS);
    let Some((old, kept, _)) = conn.prepare_cached(&sql)?.query_row([id], Row::read).optional()? else {
        return Ok(None);
    };
    let digest = old.digest();
    let is_whole = sum(&digest) == kept;
    let Some(state) = ledger.stage(room) else { return Ok(None) };
    // The numbering in force is put in when it is read.
    let said = old.event(state.epoch).filter(|_| is_whole);
    let event = match said {
        Some(Event::Said { place, from, .. }) => to_stored(&Event::Removed { place, from, by: by.clone() }),
        Some(_) => return Ok(None),
        // What is damaged stays so, without whatever is left of the text.
        None => Vec::new(),
    };
    if target >= state.first {
        state.bytes = (state.bytes + event.len() as u64).saturating_sub(old.event.len() as u64);
    }
    let bare = Row { event, ..old };
    let sum = if is_whole { sum(&bare.digest()) } else { kept };
    conn.prepare_cached("UPDATE messages SET event = ?2, sum = ?3 WHERE id = ?1")?.execute((
        id,
        &bare.event,
        sum,
    ))?;
    conn.prepare_cached("DELETE FROM search WHERE rowid = ?1")?.execute([id]).map_err(WriteError::index)?;
    words::mark(conn)?;
    if is_whole {
        note(conn, id, &digest)?;
    }
    Ok(Some(id))
}

/// Notes what the chain goes over in the place of a removed message's row.
pub(crate) fn note(conn: &Connection, id: i64, digest: &Chain) -> rusqlite::Result<()> {
    conn.prepare_cached("INSERT OR IGNORE INTO erased VALUES (?1, ?2)")?.execute((id, digest)).map(drop)
}

/// What the chain goes over at a key, if that is not the row as it is now.
pub(crate) fn noted(conn: &Connection, id: i64) -> rusqlite::Result<Option<Chain>> {
    let mut select = conn.prepare_cached("SELECT digest FROM erased WHERE id = ?1")?;
    select.query_row([id], |row| row.get(0)).optional()
}
