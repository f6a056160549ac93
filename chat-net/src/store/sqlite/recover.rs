//! The state again: the last snapshot, and everything recorded after it, in order.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_core::{Change, Chat, Config, Epoch, RoomId, Snapshot};
use rusqlite::{Connection, Row as SqlRow};

use super::append::Appended;
use super::error::unreadable;
use super::ledger::Ledger;
use super::meta::{self, SnapshotMark};
use super::row::{self, Row};
use crate::codec::bincode::from_stored;
use crate::store::StoreError;

/// The state after the last record there is.
#[derive(Debug)]
pub(crate) struct Rebuilt {
    pub(crate) chat: Chat,
    /// The last record that is in it.
    pub(crate) ord: i64,
    /// What came after the snapshot.
    pub(crate) tail: Appended,
}

/// Reads a consistent state: `conn` is in a read transaction, or nobody else writes.
///
/// Memory grows with the state and by 24 bytes for each event of the tail, not with the history.
///
/// # Errors
/// Something is damaged: says what. Or `stop` was set.
pub(crate) fn rebuild(conn: &Connection, config: &Config, stop: &AtomicBool) -> Result<Rebuilt, StoreError> {
    let mark = meta::snapshot(conn)?;
    let chat = match mark.generation {
        0 => Chat::new(config.clone()),
        _ => {
            let restored = Chat::restore(config.clone(), load(conn, &mark)?);
            restored.map_err(|error| StoreError::Damaged(error.to_string()))?
        }
    };
    let rooms = Names::read(conn)?;
    let mut events = tail_events(conn, &rooms, mark.ord)?;
    events.sort_unstable();
    let mut rebuilt = Rebuilt { chat, ord: mark.ord, tail: Appended::default() };
    let mut events = events.into_iter().peekable();
    let failed = |error| unreadable("the journal", &error);
    let mut select = conn
        .prepare_cached("SELECT ord, seq, at, change, sum FROM journal WHERE ord > ?1 ORDER BY ord")
        .map_err(failed)?;
    let mut journal = select.query([mark.ord]).map_err(failed)?;
    loop {
        let next = journal.next().map_err(failed)?;
        let upto = next.map(|row| row.get(0)).transpose().map_err(failed)?;
        while let Some(event) = events.next_if(|event| upto.is_none_or(|upto| event.ord < upto)) {
            rebuilt.take_event(conn, &rooms, event)?;
        }
        if stop.load(Ordering::Relaxed) {
            return Err(StoreError::Failed("it was stopped".into()));
        }
        match next {
            Some(row) => rebuilt.take_journal(row)?,
            None => return Ok(rebuilt),
        }
    }
}

/// What was rebuilt must be what the rooms' own rows say.
pub(crate) fn check(rebuilt: &Rebuilt, ledger: &Ledger) -> Result<(), StoreError> {
    if rebuilt.ord != ledger.ord() {
        let what = format!("the records end at {}, their last is {}", rebuilt.ord, ledger.ord());
        return Err(StoreError::Damaged(what));
    }
    let mut open = 0;
    for (room, place) in rebuilt.chat.heads() {
        open += 1;
        let state = ledger.committed(room).filter(|state| state.closed == 0);
        let fits = state.is_some_and(|state| {
            (state.epoch, state.head, state.name.as_str()) == (place.epoch, place.number, place.room.as_str())
        });
        if !fits {
            return Err(StoreError::Damaged(format!(
                "room {}: its own row does not fit its events",
                place.room
            )));
        }
    }
    match ledger.rooms().filter(|state| state.closed == 0).count() == open {
        true => Ok(()),
        false => Err(StoreError::Damaged("there are rooms that were never opened".into())),
    }
}

impl Rebuilt {
    /// The state as a value; none if nothing was ever recorded.
    pub(crate) fn snapshot(&self) -> Option<Snapshot> {
        (self.ord > 0).then(|| self.chat.snapshot())
    }

    /// Places are dense: what is missing shows by a hole.
    fn advance(&mut self, ord: i64) -> Result<(), StoreError> {
        self.ord += 1;
        match ord == self.ord {
            true => Ok(()),
            false => Err(StoreError::Damaged(format!("record {} is missing", self.ord))),
        }
    }

    fn take_event(&mut self, conn: &Connection, rooms: &Names, at: TailEvent) -> Result<(), StoreError> {
        self.advance(at.ord)?;
        let room = row::room(at.id);
        let place = || format!("room {}, number {}", rooms.name(room), row::number(at.id));
        let damaged = || StoreError::Damaged(format!("{}: its bytes have changed", place()));
        let sql = format!("SELECT {} FROM {} WHERE id = ?1", row::COLUMNS, at.table);
        let read = conn.prepare_cached(&sql).and_then(|mut select| select.query_row([at.id], Row::read));
        let (row, sum, _) = read.map_err(|error| unreadable(&place(), &error))?;
        if row::sum(&row.digest()) != sum {
            return Err(damaged());
        }
        let epoch = rooms.0.get(&room).map(|(epoch, _)| *epoch).ok_or_else(damaged)?;
        let event = row.event(epoch).ok_or_else(damaged)?;
        let (stamp, by) = (row.stamp, row.by);
        self.tail.events += 1;
        self.chat.evolve(stamp, &Change::Numbered { room, event, by });
        Ok(())
    }

    fn take_journal(&mut self, row: &SqlRow<'_>) -> Result<(), StoreError> {
        let read = || Ok((row.get(0)?, row::stamp(row.get(1)?, row.get(2)?), row.get(3)?, row.get(4)?));
        let (ord, stamp, bytes, sum): (i64, _, Vec<u8>, i64) =
            read().map_err(|error| unreadable("the journal", &error))?;
        self.advance(ord)?;
        let damaged = || StoreError::Damaged(format!("record {ord} of the journal: its bytes have changed"));
        if row::journal_sum(ord, stamp, &bytes) != sum {
            return Err(damaged());
        }
        let change: Change = from_stored(&bytes).map_err(|_| damaged())?;
        self.tail.journalled += 1;
        self.tail.journal_bytes += bytes.len() as u64;
        self.chat.evolve(stamp, &change);
        Ok(())
    }
}

/// Reads the snapshot in force.
pub(crate) fn load(conn: &Connection, mark: &SnapshotMark) -> Result<Snapshot, StoreError> {
    let damaged = || StoreError::Damaged("the snapshot's bytes have changed".into());
    let failed = |error| unreadable("the snapshot", &error);
    let mut bytes = Vec::with_capacity(usize::try_from(mark.bytes).unwrap_or(0).min(1 << 30));
    let mut select = conn
        .prepare_cached("SELECT data FROM snapshots WHERE generation = ?1 ORDER BY part")
        .map_err(failed)?;
    let mut parts = select.query([mark.generation]).map_err(failed)?;
    while let Some(part) = parts.next().map_err(failed)? {
        let part = part.get_ref(0).map_err(failed)?;
        bytes.extend_from_slice(part.as_blob().map_err(|_| damaged())?);
    }
    if blake3::hash(&bytes).as_bytes() != &mark.hash {
        return Err(damaged());
    }
    from_stored(&bytes).map_err(|_| damaged())
}

/// An event that the snapshot does not hold. Ordered as it was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TailEvent {
    ord: i64,
    id: i64,
    table: &'static str,
}

/// Finds them from the end of each room, so that it takes as long as the tail is, and not the history.
fn tail_events(conn: &Connection, rooms: &Names, after: i64) -> Result<Vec<TailEvent>, StoreError> {
    let mut found = Vec::new();
    for (room, (_, name)) in &rooms.0 {
        let (from, to) = row::keys(*room)?;
        let failed = |error| unreadable(&format!("the end of room {name}"), &error);
        for table in row::TABLES {
            let sql = format!("SELECT id, ord FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC");
            let mut select = conn.prepare_cached(&sql).map_err(failed)?;
            let mut rows = select.query((from, to)).map_err(failed)?;
            while let Some(row) = rows.next().map_err(failed)? {
                let (id, ord) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
                if ord <= after {
                    break;
                }
                found.push(TailEvent { ord, id, table });
            }
        }
    }
    Ok(found)
}

/// The numbering and name of every room whose rows are there, closed ones too.
struct Names(HashMap<RoomId, (Epoch, String)>);

impl Names {
    fn read(conn: &Connection) -> Result<Names, StoreError> {
        let failed = |error| unreadable("the table of rooms", &error);
        let mut select = conn.prepare_cached("SELECT room, epoch, name FROM rooms").map_err(failed)?;
        let rows = select.query_map([], |row| {
            let word = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
            Ok((RoomId(word(0)?), (Epoch(word(1)?), row.get(2)?)))
        });
        let rooms: rusqlite::Result<_> = rows.map_err(failed)?.collect();
        rooms.map(Names).map_err(failed)
    }

    fn name(&self, room: RoomId) -> &str {
        self.0.get(&room).map_or("?", |(_, name)| name)
    }
}
