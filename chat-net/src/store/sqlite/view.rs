//! One room within one transaction that reads: from where on it can be read, and every number of a range in turn.
//! Nothing is given out that is not exactly what was written, and nothing is left out silently.

use std::cell::RefCell;

use chat_core::Number;
use rusqlite::{Connection, Rows, Statement};

use super::damage::{Damage, Found, Table, Trouble, end, is_damage, stored};
use super::rooms::RoomEntry;
use super::row::{self, key};
use crate::store::{Page, PageLimit, Past, size};

/// Which way rows are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Up,
    Down,
}

/// A room as it can be read.
#[derive(Debug)]
pub(crate) struct View<'a> {
    pub(crate) conn: &'a Connection,
    pub(crate) room: RoomEntry,
    /// What was found to be bad by this view.
    found: RefCell<Vec<Damage>>,
}

/// The first number of a range, in the direction of reading, that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Bad {
    pub(crate) number: Number,
    pub(crate) what: String,
}

impl<'a> View<'a> {
    pub(crate) fn new(conn: &'a Connection, room: RoomEntry) -> View<'a> {
        View { conn, room, found: RefCell::default() }
    }

    /// The damage that was met.
    pub(crate) fn into_damage(self) -> Vec<Damage> {
        self.found.into_inner()
    }

    /// The highest number that is known to be bad; 0: none.
    pub(crate) fn damaged(&self) -> Number {
        let found = self.found.borrow().iter().map(|damage| damage.upto).max();
        self.room.damaged.max(found.unwrap_or_default())
    }

    /// The first number that can be read.
    pub(crate) fn floor(&self) -> Number {
        self.room.first.max(self.damaged().next())
    }

    /// Why what is older than [`floor`](Self::floor) cannot be read, if it was to be kept.
    pub(crate) fn boundary(&self) -> Option<String> {
        let damaged = self.damaged();
        let lies_before = damaged >= self.room.first && damaged.0 > 0;
        lies_before.then(|| format!("room {}, number {damaged}, and all before it", self.room.name))
    }

    /// Remembers damage, and all of it that follows upwards. Says where it is.
    pub(crate) fn note(&self, bad: &Bad) -> Result<String, Trouble> {
        let upto = end(self.conn, &self.room, bad.number).map_err(Trouble::Failed)?;
        let to = if upto > bad.number { format!(" to {upto}") } else { String::new() };
        let what = format!("room {}, number {}{to}: {}", self.room.name, bad.number, bad.what);
        self.found.borrow_mut().push(Damage { upto, what: what.clone() });
        Ok(what)
    }

    /// The key of a number that is not above the head.
    pub(crate) fn key(&self, number: Number) -> Result<i64, Trouble> {
        key(self.room.room, number).map_err(|error| Trouble::Damaged(error.to_string()))
    }

    /// The events behind `after` and up to `upto`: see [`Store::read`](crate::Store::read).
    pub(crate) fn read(&self, after: Number, upto: Number, limit: PageLimit) -> Result<Page, Trouble> {
        match self.read_to_damage(after, upto, limit)? {
            (page, None) => Ok(page),
            (_, Some(bad)) => Err(Trouble::Damaged(self.note(&bad)?)),
        }
    }

    /// The same, up to the first bad number; and that one.
    pub(crate) fn read_to_damage(
        &self,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<(Page, Option<Bad>), Trouble> {
        let from = Number(after.0.saturating_add(1)).max(self.floor());
        let upto = upto.min(self.room.head);
        let (mut page, mut bytes) = (Page::default(), 0);
        if from > upto {
            return Ok((page, None));
        }
        let bad = self.walk(from, upto, Way::Up, |past| {
            bytes += size(&past.event);
            page.more = bytes > limit.bytes && !page.events.is_empty();
            if !page.more {
                page.more = place(&past) < upto && page.events.len() + 1 >= limit.events;
                page.events.push(past);
            }
            !page.more
        })?;
        Ok((page, bad))
    }

    /// Hands over what lies under every number of a range, until `take` has enough; ends at the first bad one.
    pub(crate) fn walk(
        &self,
        from: Number,
        upto: Number,
        way: Way,
        mut take: impl FnMut(Past) -> bool,
    ) -> Result<Option<Bad>, Trouble> {
        let mut messages = prepare(self.conn, Table::Messages, way)?;
        let mut notes = prepare(self.conn, Table::Notes, way)?;
        let range = [self.key(from)?, self.key(upto)?];
        let mut messages = Cursor::begin(way, &mut messages, range)?;
        let mut notes = Cursor::begin(way, &mut notes, range)?;
        for at in 0..=upto.0.saturating_sub(from.0) {
            let number = match way {
                Way::Up => Number(from.0 + at),
                Way::Down => Number(upto.0 - at),
            };
            let id = self.key(number)?;
            let past = match (messages.at(id)?, notes.at(id)?) {
                (Some(found), None) => found.past(Table::Messages, &self.room).map_err(String::from),
                (None, Some(found)) => found.past(Table::Notes, &self.room).map_err(String::from),
                (Some(_), Some(_)) => Err("it is there twice".into()),
                (None, None) => {
                    Err(messages.broken.take().or(notes.broken.take()).unwrap_or("it is missing".into()))
                }
            };
            match past {
                Ok(past) => {
                    if !take(past) {
                        return Ok(None);
                    }
                }
                Err(what) => return Ok(Some(Bad { number, what })),
            }
        }
        Ok(None)
    }
}

/// The number of an event of a room.
pub(crate) fn place(past: &Past) -> Number {
    past.event.place().map_or(Number(0), |place| place.number)
}

/// The statement that reads a range of keys; compiled once a connection.
pub(crate) fn prepare(
    conn: &Connection,
    table: Table,
    way: Way,
) -> Result<rusqlite::CachedStatement<'_>, Trouble> {
    let way = if way == Way::Down { " DESC" } else { "" };
    let (table, columns) = (table.name(), row::COLUMNS);
    let sql = format!("SELECT {columns} FROM {table} WHERE id BETWEEN ?1 AND ?2 ORDER BY id{way}");
    Ok(conn.prepare_cached(&sql)?)
}

/// The rows of one table within a range of keys, one after the other.
pub(crate) struct Cursor<'s> {
    rows: Rows<'s>,
    way: Way,
    range: [i64; 2],
    next: Option<(i64, Found)>,
    is_over: bool,
    /// Why there is nothing more, if that is not for the end of the range.
    pub(crate) broken: Option<String>,
}

impl<'s> Cursor<'s> {
    pub(crate) fn begin(
        way: Way,
        statement: &'s mut Statement<'_>,
        range: [i64; 2],
    ) -> Result<Cursor<'s>, Trouble> {
        let rows = statement.query(range)?;
        Ok(Cursor { rows, way, range, next: None, is_over: false, broken: None })
    }

    /// The next row; `None` at the end of the range, and from where on the file cannot be read.
    pub(crate) fn next(&mut self) -> Result<Option<(i64, Found)>, Trouble> {
        self.fill()?;
        Ok(self.next.take())
    }

    /// What lies under this key; keys must be asked for in the direction of reading.
    fn at(&mut self, id: i64) -> Result<Option<Found>, Trouble> {
        self.fill()?;
        Ok(self.next.take_if(|(next, _)| *next == id).map(|(_, found)| found))
    }

    fn fill(&mut self) -> Result<(), Trouble> {
        if self.next.is_some() || self.is_over {
            return Ok(());
        }
        let row = match self.rows.next() {
            Ok(Some(row)) => row,
            Ok(None) => {
                self.is_over = true;
                return Ok(());
            }
            Err(error) if is_damage(&error) => {
                self.end(error.to_string());
                return Ok(());
            }
            Err(error) => return Err(Trouble::Failed(error)),
        };
        let id: i64 = row.get(0).map_err(Trouble::Failed)?;
        // A damaged page may hold keys that do not rise: SQLite looks at them only where it must.
        if id < self.range[0] || id > self.range[1] {
            self.end("the keys of its page of the file are not in order".into());
            return Ok(());
        }
        match self.way {
            Way::Up => self.range[0] = id + 1,
            Way::Down => self.range[1] = id - 1,
        }
        self.next = Some((id, stored(row)));
        Ok(())
    }

    fn end(&mut self, why: String) {
        (self.is_over, self.broken) = (true, Some(why));
    }
}
