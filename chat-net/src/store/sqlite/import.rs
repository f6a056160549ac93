//! Import: rooms and events from an export, into a new store.

use std::collections::BTreeMap;
use std::path::Path;

use chat_core::{Change, Chat, Config, Epoch, Event, Number, RoomId, RoomName, Seq, Stamp, Timestamp};
use rusqlite::Connection;

use super::append::{self, Appended};
use super::compact::{Encoded, PART};
use super::error::WriteError;
use super::folder::Folder;
use super::ledger::Ledger;
use super::meta::{self, SnapshotMark};
use super::schema::APPLICATION_ID;
use super::{OpenError, SqliteOptions, open};
use crate::store::{Past, Record, StoreError};

/// So many events are written at once.
const BATCH: usize = 4096;

/// Writes an export into a folder that has no store yet. Rooms are numbered under new epochs; numbers, times and
/// names are kept. Until [`finish`](Import::finish) returns, the folder is no store: a server refuses it.
#[derive(Debug)]
pub struct Import {
    folder: Folder,
    conn: Connection,
    ledger: Ledger,
    chat: Chat,
    epoch: Epoch,
    /// Each with the number of its last event so far.
    rooms: BTreeMap<RoomName, Known>,
    batch: Vec<Record>,
    seq: u64,
    imported: Imported,
}

/// What was imported.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Imported {
    /// Rooms.
    pub rooms: u64,
    /// Events that can be read now.
    pub events: u64,
    /// Events that were given, but lie before a hole of their room: what is kept of a room has none.
    pub dropped: u64,
}

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The room's name is none.
    #[error("'{0}' is no name of a room; correct the line, or leave it out")]
    BadName(String),
    /// It has no number, or one that a room cannot have.
    #[error("this is no numbered event of a room; leave it out")]
    NoPlace,
    /// The events of a room must come in their order.
    #[error("room {room}: number {number} comes after number {last}; sort the events of each room by number")]
    OutOfOrder {
        /// The room.
        room: RoomName,
        /// Of the event.
        number: Number,
        /// Of the one before.
        last: Number,
    },
    /// Time does not run backwards in a room.
    #[error("room {room}, number {number}: its time is before that of the one before it; correct the line")]
    BadTime {
        /// The room.
        room: RoomName,
        /// Of the event.
        number: Number,
    },
    /// It cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A room that is being imported, and where it stands.
#[derive(Clone, Copy, Debug)]
struct Known {
    id: RoomId,
    last: Number,
    at: Timestamp,
}

impl Import {
    /// Makes a store in a folder, and the folder if need be; holds its lock.
    ///
    /// # Errors
    /// There is a store in it already, or it cannot be written.
    pub fn create(folder: impl AsRef<Path>) -> Result<Import, OpenError> {
        let mut folder = Folder::lock(folder.as_ref())?;
        let path = folder.database();
        if std::fs::metadata(&path).is_ok_and(|file| file.len() > 0) {
            return Err(OpenError::Exists { folder: folder.path().into() });
        }
        let sqlite = |error| OpenError::sqlite(&path, error);
        let conn = open::open(&mut folder, &SqliteOptions::default())?.conn;
        // Half an import must not pass for a store; and what is begun anew after a crash need not be on the disk.
        conn.pragma_update(None, "application_id", UNFINISHED).map_err(sqlite)?;
        conn.pragma_update(None, "synchronous", "normal").map_err(sqlite)?;
        let epoch = meta::epoch(&conn).map_err(|error| OpenError::Damaged(error.to_string()))?;
        Ok(Import {
            folder,
            conn,
            ledger: Ledger::default(),
            chat: Chat::new(Config::default()),
            epoch,
            rooms: BTreeMap::new(),
            batch: Vec::new(),
            seq: 0,
            imported: Imported::default(),
        })
    }

    /// Takes one event of a room; those of one room in the order of their numbers. A room may begin at any
    /// number. If numbers are missing between two events, what came before them is dropped: it could never be
    /// read together with what comes after.
    ///
    /// # Errors
    /// It is no event of a room, or out of order, or its time is: nothing was done. Or it could not be written.
    pub fn event(&mut self, room: &str, past: Past) -> Result<(), ImportError> {
        let wanted = room.strip_prefix('#').unwrap_or(room);
        let name = RoomName::new(wanted, chat_core::MAX_NAME_BYTES);
        let name = name.map_err(|_| ImportError::BadName(room.into()))?;
        let number = past.event.place().map(|place| place.number).filter(|number| number.0 > 0);
        let number = number.ok_or(ImportError::NoPlace)?;
        let known = self.rooms.get(&name).copied();
        let (id, last) = match known {
            Some(known) => (known.id, known.last),
            None => (self.open_room(&name, &past)?, Number(0)),
        };
        if number <= last {
            return Err(ImportError::OutOfOrder { room: name, number, last });
        }
        if known.is_some_and(|known| past.stamp.at < known.at) {
            return Err(ImportError::BadTime { room: name, number });
        }
        if number > last.next() {
            self.begin_at(id, number)?;
        }
        let stamp = self.stamp(&past);
        let at = stamp.at;
        let event = renamed(past.event, &name, self.epoch.of_room(id));
        self.take(Record { stamp, change: Change::Numbered { room: id, event, by: None } })?;
        self.rooms.insert(name, Known { id, last: number, at });
        self.imported.events += 1;
        Ok(())
    }

    /// Writes what is left, and makes it a store.
    ///
    /// # Errors
    /// It could not be written. The folder is no store then.
    pub fn finish(mut self) -> Result<Imported, StoreError> {
        self.flush()?;
        let failed = |error: rusqlite::Error| StoreError::Failed(error.to_string());
        let encoded = Encoded::new(&self.chat.snapshot(), self.ledger.ord(), Appended::default());
        let mark = SnapshotMark {
            generation: 1,
            ord: encoded.ord,
            bytes: encoded.bytes.len() as u64,
            hash: encoded.hash,
        };
        let mut run = meta::run(&self.conn)?;
        run.is_clean = true;
        let tx = self.conn.transaction().map_err(failed)?;
        for (part, data) in (0_i64..).zip(encoded.bytes.chunks(PART)) {
            tx.execute("INSERT INTO snapshots VALUES (1, ?1, ?2)", (part, data)).map_err(failed)?;
        }
        meta::set_snapshot(&tx, &mark).map_err(failed)?;
        meta::set_run(&tx, &run).map_err(failed)?;
        tx.execute("DELETE FROM journal", []).map_err(failed)?;
        tx.commit().map_err(failed)?;
        // All before this is on the disk before the file says what it is.
        self.conn.pragma_update(None, "synchronous", "full").map_err(failed)?;
        self.checkpoint().map_err(failed)?;
        self.conn.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
        self.checkpoint().map_err(failed)?;
        Ok(Imported { rooms: self.rooms.len() as u64, ..self.imported })
    }

    /// Removes what was written, so that another import can be made there. Nothing else in the folder is touched.
    ///
    /// # Errors
    /// What the system says.
    pub fn abandon(self) -> std::io::Result<()> {
        let Import { folder, conn, .. } = self;
        let database = folder.database();
        // SQLite's own two files go with it.
        drop(conn);
        std::fs::remove_file(database)
    }

    fn checkpoint(&self) -> rusqlite::Result<()> {
        self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    }

    fn stamp(&mut self, past: &Past) -> Stamp {
        self.seq += 1;
        Stamp { seq: Seq(self.seq), at: past.stamp.at }
    }

    fn open_room(&mut self, name: &RoomName, first: &Past) -> Result<RoomId, ImportError> {
        let room = RoomId(self.rooms.len() as u64 + 1);
        let stamp = self.stamp(first);
        self.rooms.insert(name.clone(), Known { id: room, last: Number(0), at: Timestamp(0) });
        let change = Change::RoomOpened { room, name: name.clone(), epoch: self.epoch.of_room(room) };
        self.take(Record { stamp, change })?;
        Ok(room)
    }

    /// What is kept of the room begins here; what was there before goes.
    fn begin_at(&mut self, room: RoomId, number: Number) -> Result<(), StoreError> {
        self.flush()?;
        let before = Number(number.0 - 1);
        let (from, to) = (super::row::key(room, Number(0))?, super::row::key(room, before)?);
        let mut work = || -> Result<u64, WriteError> {
            let tx = self.conn.transaction()?;
            let found = "rowid IN (SELECT id FROM messages WHERE id BETWEEN ?1 AND ?2)";
            tx.execute(&format!("DELETE FROM search WHERE {found}"), (from, to))?;
            let mut gone = 0;
            tx.execute("DELETE FROM erased WHERE id BETWEEN ?1 AND ?2", (from, to))?;
            for table in super::row::TABLES {
                gone += tx.execute(&format!("DELETE FROM {table} WHERE id BETWEEN ?1 AND ?2"), (from, to))?;
            }
            if let Some(state) = self.ledger.stage(room) {
                (state.head, state.base, state.first) = (before, before, number);
                (state.chain, state.base_chain, state.bytes) =
                    (super::row::NO_CHAIN, super::row::NO_CHAIN, 0);
            }
            append::write_rooms(&tx, &self.ledger)?;
            tx.commit()?;
            Ok(gone as u64)
        };
        let gone = work().map_err(failed)?;
        self.ledger.commit().for_each(drop);
        self.imported.events -= gone;
        self.imported.dropped += gone;
        Ok(())
    }

    fn take(&mut self, record: Record) -> Result<(), StoreError> {
        self.chat.evolve(record.stamp, &record.change);
        self.batch.push(record);
        match self.batch.len() >= BATCH {
            true => self.flush(),
            false => Ok(()),
        }
    }

    fn flush(&mut self) -> Result<(), StoreError> {
        let batch = std::mem::take(&mut self.batch);
        let mut work = || -> Result<(), WriteError> {
            let tx = self.conn.transaction()?;
            let mut unindexed = append::Unindexed::new();
            append::append(&tx, &mut self.ledger, &batch, &mut unindexed)?;
            append::write_words(&tx, unindexed)?;
            append::write_rooms(&tx, &self.ledger)?;
            Ok(tx.commit()?)
        };
        work().map_err(failed)?;
        self.ledger.commit().for_each(drop);
        // Nobody checkpoints this connection's log but itself.
        self.conn
            .query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))
            .map_err(|error| failed(error.into()))
    }
}

/// The `application_id` of a file that is being made.
const UNFINISHED: i32 = APPLICATION_ID - 1;

fn failed(error: WriteError) -> StoreError {
    match error {
        WriteError::Full => StoreError::Failed("the disk is full; make space and import again".into()),
        WriteError::Fatal(error) => error,
    }
}

/// The event under the room's new name and numbering.
fn renamed(mut event: Event, name: &RoomName, epoch: Epoch) -> Event {
    if let Some(place) = event.place_mut() {
        (place.room, place.epoch) = (name.clone(), epoch);
    }
    event
}
