//! One record into rows: the event or the journal, the chain, the words.

use chat_core::{Asked, Change, Event, RoomId, Stamp};
use rusqlite::Connection;

use super::erase;
use super::error::WriteError;
use super::ledger::{self, Ledger, RoomState};
use super::row::{self, Row, journal_entry, link, signed, sum};
use crate::store::{Record, StoreError};

/// What was appended, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Appended {
    pub(crate) events: u64,
    pub(crate) journalled: u64,
    pub(crate) journal_bytes: u64,
    /// Messages whose text was taken out.
    pub(crate) erased: u64,
}

impl Appended {
    pub(crate) fn add(&mut self, other: Appended) {
        self.events += other.events;
        self.journalled += other.journalled;
        self.journal_bytes += other.journal_bytes;
        self.erased += other.erased;
    }

    /// What remains when a snapshot holds `other`.
    pub(crate) fn without(self, other: Appended) -> Appended {
        Appended {
            events: self.events.saturating_sub(other.events),
            journalled: self.journalled.saturating_sub(other.journalled),
            journal_bytes: self.journal_bytes.saturating_sub(other.journal_bytes),
            erased: self.erased.saturating_sub(other.erased),
        }
    }
}

/// Messages whose words are still to be indexed, each by its key.
pub(crate) type Unindexed<'r> = Vec<(i64, &'r str)>;

/// Writes records in the transaction that is open. What they make of the rooms is staged, and written by
/// [`write_rooms`] at the end: once for each room, however many events it has. Messages are put into `unindexed`,
/// and their words written by [`write_words`].
pub(crate) fn append<'r>(
    conn: &Connection,
    ledger: &mut Ledger,
    records: &'r [Record],
    unindexed: &mut Unindexed<'r>,
) -> Result<Appended, WriteError> {
    let mut appended = Appended::default();
    for record in records {
        if let Change::Numbered { room, event, by } = &record.change {
            let key = append_event(conn, ledger, record.stamp, *room, event, *by)?;
            match event {
                Event::Said { body, .. } => unindexed.push((key, body.as_str())),
                Event::Deleted { target, by, .. } => {
                    let bare = erase::erase(conn, ledger, *room, *target, by)?;
                    appended.erased += u64::from(bare.is_some());
                    unindexed.retain(|(key, _)| Some(*key) != bare);
                }
                _ => {}
            }
            appended.events += 1;
        } else {
            appended.journal_bytes += append_journal(conn, ledger, record)? as u64;
            appended.journalled += 1;
        }
    }
    Ok(appended)
}

/// Writes the words of a transaction's messages. In the order of the keys: FTS5 gathers a transaction's words in
/// memory only as long as keys rise, and with many rooms in turn would write them out for every single message.
pub(crate) fn write_words(conn: &Connection, mut unindexed: Unindexed<'_>) -> Result<(), WriteError> {
    if unindexed.is_empty() {
        return Ok(());
    }
    unindexed.sort_unstable_by_key(|(key, _)| *key);
    let mut index = conn.prepare_cached("INSERT INTO search (rowid, body) VALUES (?1, ?2)")?;
    unindexed.into_iter().try_for_each(|entry| index.execute(entry).map(drop)).map_err(WriteError::index)
}

/// Writes the rows of the rooms that the transaction changed.
pub(crate) fn write_rooms(conn: &Connection, ledger: &Ledger) -> rusqlite::Result<()> {
    ledger.staged().try_for_each(|state| ledger::write(conn, state))
}

fn append_event(
    conn: &Connection,
    ledger: &mut Ledger,
    stamp: Stamp,
    room: RoomId,
    event: &Event,
    by: Option<Asked>,
) -> Result<i64, WriteError> {
    let ord = ledger.next_ord();
    let place = event.place().ok_or_else(|| misplaced("an event without a place"))?;
    let state = ledger.stage(room).filter(|state| state.closed == 0);
    let state = state.ok_or_else(|| misplaced(&format!("event {place} of a room that is not open")))?;
    if place.number != state.head.next() {
        return Err(misplaced(&format!("event {place} after number {}", state.head)));
    }
    let row = Row::new(row::key(room, place.number)?, ord, stamp, by, event);
    let digest = row.digest();
    (state.head, state.chain) = (place.number, link(&state.chain, &digest));
    state.bytes += row.event.len() as u64;
    if let Event::ModesChanged { modes, .. } = event {
        state.keep_ms = modes.retention_ms;
    }
    let insert = match event {
        event if event.is_message() => {
            "INSERT INTO messages VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
        }
        _ => "INSERT INTO notes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    };
    conn.prepare_cached(insert)?.execute((
        row.id,
        row.ord,
        signed(row.stamp.seq.0),
        signed(row.stamp.at.0),
        by.map(|by| signed(by.session.as_u64())),
        by.map(|by| signed(by.request.0)),
        by.map(|by| signed(by.fingerprint)),
        &row.event,
        sum(&digest),
        state.chain,
    ))?;
    if let Event::Removed { .. } = event {
        erase::note(conn, row.id, &digest)?;
    }
    Ok(row.id)
}

fn append_journal(conn: &Connection, ledger: &mut Ledger, record: &Record) -> Result<usize, WriteError> {
    let ord = ledger.next_ord();
    match &record.change {
        Change::RoomOpened { room, name, epoch } => {
            row::key(*room, chat_core::Number(0))?;
            ledger.insert(RoomState::new(*room, name.clone(), *epoch));
        }
        Change::RoomClosed { room } => {
            let state = ledger.stage(*room).filter(|state| state.closed == 0);
            state.ok_or_else(|| misplaced(&format!("room {room} closed, which is not open")))?.closed = ord;
        }
        _ => {}
    }
    let (change, sum) = journal_entry(ord, record.stamp, &record.change);
    let (seq, at) = (signed(record.stamp.seq.0), signed(record.stamp.at.0));
    conn.prepare_cached("INSERT INTO journal VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute((ord, seq, at, &change, sum))?;
    Ok(change.len())
}

/// Records come in the order of the log, after those that were there: anything else would be kept in a form
/// that cannot be read back.
fn misplaced(what: &str) -> WriteError {
    WriteError::Fatal(StoreError::Failed(format!("{what} does not follow what the store has")))
}
