//! Walks through everything that a store keeps and compares it with its sums and chains.

use std::fmt;
use std::sync::atomic::AtomicBool;

use chat_core::{Config, Number, RoomId};
use rusqlite::Connection;

use super::damage::{Found, Stored, Table, Trouble, is_damage};
use super::erase;
use super::ledger::{self, Ledger, RoomState};
use super::row::{self, Chain, journal_sum, link, stamp};
use super::view::{Cursor, Way, prepare};
use super::{meta, recover};
use crate::store::StoreError;

/// How often progress is told, in events.
const STRIDE: u64 = 10_000;

/// What was read, and what of it is bad.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verified {
    /// How many rooms there are, closed ones not counted.
    pub rooms: u64,
    /// How many of their events are as they were written.
    pub events: u64,
    /// What is bad: of each room, and of everything else, the first thing that was met. Empty: all is well.
    pub bad: Vec<Bad>,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bad {
    /// In this room, if it is in one.
    pub room: Option<String>,
    /// The event of this number.
    pub number: Option<Number>,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Bad {
    /// `room lobby, number 15: its sum is wrong`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(room) = &self.room {
            write!(f, "room {room}")?;
        }
        if let Some(number) = self.number {
            write!(f, ", number {number}")?;
        }
        if self.room.is_some() {
            f.write_str(": ")?;
        }
        f.write_str(&self.what)
    }
}

pub(crate) fn verify(conn: &Connection, progress: &mut dyn FnMut(&str, u64)) -> Result<Verified, StoreError> {
    let mut verified = Verified::default();
    let rooms = match ledger::stored(conn) {
        Ok(rooms) => rooms,
        Err(StoreError::Damaged(what)) => {
            verified.bad.push(whole(what));
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    for room in rooms.iter().filter(|room| room.closed == 0) {
        verified.rooms += 1;
        let bad = Walk::of(room).go(conn, &mut verified.events, progress)?;
        verified.bad.extend(bad);
        progress(room.name.as_str(), verified.events);
    }
    for check in [orphans, journal, state, words, file] {
        match check(conn, &rooms) {
            Ok(bad) => verified.bad.extend(bad),
            Err(Trouble::Damaged(what)) => verified.bad.push(whole(what)),
            Err(failed) => return Err(failed.into()),
        }
    }
    Ok(verified)
}

fn whole(what: impl Into<String>) -> Bad {
    Bad { room: None, number: None, what: what.into() }
}

/// A walk along one room's chain.
struct Walk<'a> {
    room: &'a RoomState,
    number: Number,
    chain: Chain,
}

impl<'a> Walk<'a> {
    fn of(room: &'a RoomState) -> Walk<'a> {
        Walk { room, number: room.base, chain: room.base_chain }
    }

    fn bad(&self, number: Number, what: impl Into<String>) -> Option<Bad> {
        Some(Bad { room: Some(self.room.name.as_str().into()), number: Some(number), what: what.into() })
    }

    fn go(
        mut self,
        conn: &Connection,
        events: &mut u64,
        progress: &mut dyn FnMut(&str, u64),
    ) -> Result<Option<Bad>, StoreError> {
        let (from, to) = row::keys(self.room.room)?;
        let mut messages = prepare(conn, Table::Messages, Way::Up)?;
        let mut notes = prepare(conn, Table::Notes, Way::Up)?;
        let mut messages = Cursor::begin(Way::Up, &mut messages, [from, to])?;
        let mut notes = Cursor::begin(Way::Up, &mut notes, [from, to])?;
        let (mut message, mut note) = (messages.next()?, notes.next()?);
        loop {
            let first = match (&message, &note) {
                (Some((message, _)), Some((note, _))) => message <= note,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => break,
            };
            let (table, next) = match first {
                true => (Table::Messages, std::mem::replace(&mut message, messages.next()?)),
                false => (Table::Notes, std::mem::replace(&mut note, notes.next()?)),
            };
            let Some((id, found)) = next else { break };
            let broken = messages.broken.as_deref().or(notes.broken.as_deref());
            let before = match &found {
                Found::Row(stored) if stored.is_removed() => erase::noted(conn, id).map_err(Trouble::from)?,
                _ => None,
            };
            if let Some(bad) = self.step(id, &found, before, table, broken) {
                return Ok(Some(bad));
            }
            *events += 1;
            if events.is_multiple_of(STRIDE) {
                progress(self.room.name.as_str(), *events);
            }
        }
        let broken = messages.broken.or(notes.broken);
        Ok(self.end(broken))
    }

    /// `before`: what the chain goes over, if the text was taken out since.
    fn step(
        &mut self,
        id: i64,
        found: &Found,
        before: Option<Chain>,
        table: Table,
        broken: Option<&str>,
    ) -> Option<Bad> {
        let expected = self.number.next();
        let number = row::number(id);
        if number <= self.room.base {
            return self.bad(number, "it was let go, and is there");
        }
        if number < expected {
            return self.bad(number, "it is there twice");
        }
        if number > self.room.head {
            return self.bad(number, format!("it is behind the last one of the room, {}", self.room.head));
        }
        if number > expected {
            return self.bad(expected, broken.unwrap_or("it is missing"));
        }
        let Found::Row(stored @ Stored { row, chain, .. }) = found else {
            return self.bad(number, "it holds values of the wrong type");
        };
        if let Err(what) = stored.event(table, &self.room.entry()) {
            return self.bad(number, what);
        }
        self.chain = link(&self.chain, &before.unwrap_or_else(|| row.digest()));
        self.number = number;
        (self.chain != *chain).then(|| self.bad(number, "it is not linked to the one before"))?
    }

    fn end(&self, broken: Option<String>) -> Option<Bad> {
        let RoomState { head, chain, first, base, .. } = self.room;
        if self.number < *head {
            return self.bad(self.number.next(), broken.unwrap_or_else(|| "it is missing".into()));
        }
        if self.chain != *chain {
            return self.bad(*head, "the room's own row ends in another chain");
        }
        if first <= base || first.0 > head.0 + 1 {
            return self.bad(*first, "the room's own row contradicts itself");
        }
        None
    }
}

/// Events of rooms that there are not.
fn orphans(conn: &Connection, rooms: &[RoomState]) -> Result<Option<Bad>, Trouble> {
    for table in row::TABLES {
        let mut behind =
            conn.prepare(&format!("SELECT id FROM {table} WHERE id > ?1 ORDER BY id LIMIT 1"))?;
        let mut last = i64::MIN;
        loop {
            let id: i64 = match behind.query_row([last], |row| row.get(0)) {
                Ok(id) => id,
                Err(rusqlite::Error::QueryReturnedNoRows) => break,
                Err(error) => return Err(error.into()),
            };
            let room: RoomId = row::room(id);
            let known = id > last && rooms.iter().any(|known| known.room == room);
            if !known {
                let what = "it belongs to no room".into();
                return Ok(Some(Bad { room: Some(room.to_string()), number: Some(row::number(id)), what }));
            }
            last = row::keys(room).map_or(i64::MAX, |(_, last)| last);
        }
    }
    Ok(None)
}

fn journal(conn: &Connection, _: &[RoomState]) -> Result<Option<Bad>, Trouble> {
    let mut select = conn.prepare("SELECT ord, seq, at, change, sum FROM journal ORDER BY ord")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next().map_err(|error| named("the journal", error))? {
        let ord: i64 = row.get(0).map_err(Trouble::from)?;
        let sums = || -> rusqlite::Result<(i64, i64)> {
            let change: Vec<u8> = row.get(3)?;
            Ok((journal_sum(ord, stamp(row.get(1)?, row.get(2)?), &change), row.get(4)?))
        };
        if !sums().is_ok_and(|(sum, stored)| sum == stored) {
            return Ok(Some(whole(format!("the journal, entry {ord}: its sum is wrong"))));
        }
    }
    Ok(None)
}

/// All that a server needs to go on.
fn state(conn: &Connection, rooms: &[RoomState]) -> Result<Option<Bad>, Trouble> {
    for value in [meta::epoch(conn).map(drop), meta::run(conn).map(drop)] {
        if let Err(StoreError::Damaged(what)) = value {
            return Ok(Some(whole(what)));
        }
    }
    let rebuilt = recover::rebuild(conn, &Config::default(), &AtomicBool::new(false))
        .and_then(|rebuilt| recover::check(&rebuilt, &Ledger::new(rooms.iter().cloned(), rebuilt.ord)));
    match rebuilt {
        Ok(()) => Ok(None),
        Err(StoreError::Damaged(what)) => Ok(Some(whole(format!("the state: {what}")))),
        Err(error) => Ok(Some(whole(format!("the state: {error}")))),
    }
}

/// Each message must be found by its words: as many are indexed as there are.
fn words(conn: &Connection, _: &[RoomState]) -> Result<Option<Bad>, Trouble> {
    let count = |sql: &str| conn.query_row(sql, [], |row| row.get::<_, i64>(0));
    let indexed = count("SELECT count(*) FROM search").map_err(|error| named("the index of words", error))?;
    let messages = count("SELECT (SELECT count(*) FROM messages) - (SELECT count(*) FROM erased)")?;
    let what = format!("the index of words: it has {indexed} messages of {messages}");
    Ok((indexed != messages).then(|| whole(what)))
}

/// SQLite's own look at its pages.
fn file(conn: &Connection, _: &[RoomState]) -> Result<Option<Bad>, Trouble> {
    let result: String = conn.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok((result != "ok").then(|| whole(format!("the file: {result}"))))
}

fn named(what: &str, error: rusqlite::Error) -> Trouble {
    match is_damage(&error) {
        true => Trouble::Damaged(format!("{what}: {error}")),
        false => Trouble::Failed(error),
    }
}
