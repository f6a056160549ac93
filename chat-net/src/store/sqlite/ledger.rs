//! What the writer knows of every room without reading: heads and chains, and what is staged for a commit.

use std::collections::HashMap;

use chat_core::{Epoch, Number, RoomId, RoomName};
use rusqlite::{Connection, OptionalExtension, Params, Row as SqlRow};

use super::error::unreadable;
use super::rooms::RoomEntry;
use super::row::{self, Chain, NO_CHAIN, signed};
use crate::store::StoreError;

/// A row of the table `rooms`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RoomState {
    pub(crate) room: RoomId,
    pub(crate) name: RoomName,
    pub(crate) epoch: Epoch,
    pub(crate) head: Number,
    pub(crate) chain: Chain,
    /// The first number that may be read.
    pub(crate) first: Number,
    /// Events up to here have been deleted.
    pub(crate) base: Number,
    pub(crate) base_chain: Chain,
    /// Of the events from `first` on.
    pub(crate) bytes: u64,
    /// The record that closed it; 0: it is open.
    pub(crate) closed: i64,
    /// For how many milliseconds it wants its events kept; 0: it does not say. Not in the row: its modes are in the
    /// state, which says so once it is rebuilt.
    pub(crate) keep_ms: u64,
}

impl RoomState {
    pub(crate) fn new(room: RoomId, name: RoomName, epoch: Epoch) -> RoomState {
        RoomState {
            room,
            name,
            epoch,
            head: Number(0),
            chain: NO_CHAIN,
            first: Number(1),
            base: Number(0),
            base_chain: NO_CHAIN,
            bytes: 0,
            closed: 0,
            keep_ms: 0,
        }
    }

    /// What is kept of the digest of all of it: a row that says too much or too little must not be believed.
    fn sum(&self) -> i64 {
        let mut hasher = blake3::Hasher::new();
        for word in [self.room.0, self.epoch.0, self.head.0, self.first.0, self.base.0, self.bytes] {
            hasher.update(&word.to_le_bytes());
        }
        hasher.update(&self.closed.to_le_bytes()).update(&self.chain).update(&self.base_chain);
        hasher.update(self.name.as_str().as_bytes());
        row::sum(hasher.finalize().as_bytes())
    }

    pub(crate) fn entry(&self) -> RoomEntry {
        RoomEntry {
            room: self.room,
            name: self.name.clone(),
            epoch: self.epoch,
            head: self.head,
            first: self.first,
            damaged: Number(0),
        }
    }
}

/// All rooms, the last place among the records, and what the transaction in hand makes of them.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    rooms: HashMap<RoomId, RoomState>,
    staged: HashMap<RoomId, RoomState>,
    ord: i64,
    staged_ord: i64,
}

impl Ledger {
    pub(crate) fn new(rooms: impl IntoIterator<Item = RoomState>, ord: i64) -> Ledger {
        let rooms = rooms.into_iter().map(|state| (state.room, state)).collect();
        Ledger { rooms, staged: HashMap::new(), ord, staged_ord: ord }
    }

    /// The place of the last record that was committed.
    pub(crate) fn ord(&self) -> i64 {
        self.ord
    }

    /// A place for one more record.
    pub(crate) fn next_ord(&mut self) -> i64 {
        self.staged_ord += 1;
        self.staged_ord
    }

    /// Every room as of the last commit, closed ones too.
    pub(crate) fn rooms(&self) -> impl Iterator<Item = &RoomState> {
        self.rooms.values()
    }

    /// A room as of the last commit.
    pub(crate) fn committed(&self, room: RoomId) -> Option<&RoomState> {
        self.rooms.get(&room)
    }

    /// A room as the transaction in hand has made it so far.
    pub(crate) fn current(&self, room: RoomId) -> Option<&RoomState> {
        self.staged.get(&room).or_else(|| self.rooms.get(&room))
    }

    /// A room, to be changed by the transaction in hand.
    pub(crate) fn stage(&mut self, room: RoomId) -> Option<&mut RoomState> {
        if !self.staged.contains_key(&room) {
            let state = self.rooms.get(&room)?.clone();
            self.staged.insert(room, state);
        }
        self.staged.get_mut(&room)
    }

    pub(crate) fn insert(&mut self, state: RoomState) {
        self.staged.insert(state.room, state);
    }

    /// What the transaction in hand changes.
    pub(crate) fn staged(&self) -> impl Iterator<Item = &RoomState> {
        self.staged.values()
    }

    /// The rooms that the transaction in hand changes.
    pub(crate) fn staged_rooms(&self) -> Vec<RoomId> {
        self.staged.keys().copied().collect()
    }

    /// The transaction is committed; gives what it changed.
    pub(crate) fn commit(&mut self) -> impl Iterator<Item = RoomState> + '_ {
        self.ord = self.staged_ord;
        let Ledger { rooms, staged, .. } = self;
        staged.drain().map(|(room, state)| {
            rooms.insert(room, state.clone());
            state
        })
    }

    /// Takes over from the rebuilt state what the rows do not say: how long each room wants its events kept.
    pub(crate) fn learn(&mut self, keep_ms: impl Fn(RoomId) -> Option<u64>) {
        for state in self.rooms.values_mut() {
            state.keep_ms = keep_ms(state.room).unwrap_or(0);
        }
    }

    /// The transaction did not happen.
    pub(crate) fn roll_back(&mut self) {
        self.staged_ord = self.ord;
        self.staged.clear();
    }

    /// A closed room's rows are all deleted.
    pub(crate) fn forget(&mut self, room: RoomId) {
        self.rooms.remove(&room);
    }
}

/// Writes a room's row.
pub(crate) fn write(conn: &Connection, state: &RoomState) -> rusqlite::Result<()> {
    let mut upsert = conn.prepare_cached(
        "INSERT INTO rooms VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO UPDATE SET
         name = ?2, epoch = ?3, head = ?4, chain = ?5, first = ?6, base_number = ?7, base_chain = ?8, bytes = ?9,
         closed = ?10, sum = ?11",
    )?;
    upsert.execute((
        signed(state.room.0),
        state.name.as_str(),
        signed(state.epoch.0),
        signed(state.head.0),
        state.chain,
        signed(state.first.0),
        signed(state.base.0),
        state.base_chain,
        signed(state.bytes),
        state.closed,
        state.sum(),
    ))?;
    Ok(())
}

/// Reads all rows of the table `rooms`, and checks that each fits the last event of its room. Tells the place of
/// the last record among all events, too.
pub(crate) fn read(conn: &Connection) -> Result<(Vec<RoomState>, i64), StoreError> {
    let states = stored(conn)?;
    let mut ord = 0;
    for state in &states {
        let last = last(conn, state.room)?;
        ord = ord.max(last.map_or(0, |last| last.ord));
        check(state, last)?;
    }
    Ok((states, ord))
}

/// All rows of the table `rooms`, as they are.
pub(crate) fn stored(conn: &Connection) -> Result<Vec<RoomState>, StoreError> {
    select_rooms(conn, "ORDER BY room", [])
}

/// The row of one open room, as it is.
pub(crate) fn stored_room(conn: &Connection, epoch: Epoch) -> Result<Option<RoomState>, StoreError> {
    let found = select_rooms(conn, "WHERE epoch = ?1 AND closed = 0", [signed(epoch.0)])?;
    Ok(found.into_iter().next())
}

/// Rows of the table `rooms`, each of which is what was written.
fn select_rooms(conn: &Connection, which: &str, params: impl Params) -> Result<Vec<RoomState>, StoreError> {
    let failed = |error| unreadable("the table of rooms", &error);
    let sql = format!(
        "SELECT room, name, epoch, head, chain, first, base_number, base_chain, bytes, closed, sum
         FROM rooms {which}"
    );
    let mut select = conn.prepare_cached(&sql).map_err(failed)?;
    let rows = select.query_map(params, room_of).map_err(failed)?;
    rows.map(|row| match row.map_err(failed)? {
        (state, sum) if state.sum() == sum => Ok(state),
        (state, _) => Err(StoreError::Damaged(format!("room {}: its own row has changed", state.name))),
    })
    .collect()
}

fn room_of(row: &SqlRow<'_>) -> rusqlite::Result<(RoomState, i64)> {
    let word = |column| row.get::<_, i64>(column).map(i64::cast_unsigned);
    let name: String = row.get(1)?;
    let name = RoomName::new(&name, chat_core::MAX_NAME_BYTES).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(1, rusqlite::types::Type::Text, Box::new(error))
    })?;
    let state = RoomState {
        room: RoomId(word(0)?),
        name,
        epoch: Epoch(word(2)?),
        head: Number(word(3)?),
        chain: row.get(4)?,
        first: Number(word(5)?),
        base: Number(word(6)?),
        base_chain: row.get(7)?,
        bytes: word(8)?,
        closed: row.get(9)?,
        keep_ms: 0,
    };
    Ok((state, row.get(10)?))
}

/// New events are linked to the last one, so that one must be there and be the one that the row tells of.
fn check(state: &RoomState, last: Option<Last>) -> Result<(), StoreError> {
    let damaged =
        |what: &str| Err(StoreError::Damaged(format!("room {}, number {}: {what}", state.name, state.head)));
    if state.closed != 0 {
        return Ok(());
    }
    if state.base > state.head || state.first <= state.base || state.first.0 > state.head.0 + 1 {
        return damaged("the room's own row contradicts itself");
    }
    match last {
        None if state.base == state.head && state.chain == state.base_chain => Ok(()),
        None => damaged("the last event is missing"),
        Some(last) if last.number != state.head => damaged("it is not the last event that is there"),
        Some(last) if last.chain != state.chain => damaged("its chain does not fit the room's"),
        Some(_) => Ok(()),
    }
}

/// A room's last event that is there.
#[derive(Clone, Copy)]
struct Last {
    number: Number,
    ord: i64,
    chain: Chain,
}

fn last(conn: &Connection, room: RoomId) -> Result<Option<Last>, StoreError> {
    let (from, to) = row::keys(room)?;
    let failed = |error| unreadable(&format!("the last event of room {room}"), &error);
    let read = |row: &SqlRow<'_>| {
        Ok(Last { number: row::number(row.get(0)?), ord: row.get(1)?, chain: row.get(2)? })
    };
    let mut found: Option<Last> = None;
    for table in row::TABLES {
        let sql =
            format!("SELECT id, ord, chain FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id DESC LIMIT 1");
        let mut select = conn.prepare_cached(&sql).map_err(failed)?;
        let last = select.query_row((from, to), read).optional().map_err(failed)?;
        found = found.into_iter().chain(last).max_by_key(|last| last.number);
    }
    Ok(found)
}
