//! Pages of a room's messages, by number and by time, with what lies before and behind them.

use chat_core::{Anchor, Number, Timestamp};

use super::damage::{Table, Trouble, is_damage, whole};
use super::row::number;
use super::view::{Bad, Cursor, View, Way, place, prepare};
use crate::store::{Messages, PageLimit, Past, size};

/// Messages in one direction.
#[derive(Debug, Default)]
struct Side {
    /// In the direction of reading.
    events: Vec<Past>,
    /// Whether there are more, or something that cannot be read.
    more: bool,
    /// What is damaged, if that is why there are none.
    blocked: Option<String>,
}

/// Where a time divides the messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Division {
    /// The last one before it; below the first number that can be read, if there is none.
    pub(crate) before: Number,
    /// The first one from it on; above the last number, if there is none.
    pub(crate) from: Number,
}

/// Messages as they lie in the table, up to a limit.
#[derive(Debug, Default)]
struct Scan {
    events: Vec<Past>,
    /// The number of the first message beyond the limit.
    beyond: Option<Number>,
    bad: Option<Bad>,
    /// Why the table could not be read on.
    broken: Option<String>,
}

impl View<'_> {
    /// A page of messages: see [`Store::messages`](crate::Store::messages).
    pub(crate) fn messages(
        &self,
        head: Number,
        anchor: Anchor,
        limit: PageLimit,
    ) -> Result<Messages, Trouble> {
        let limit = PageLimit { events: limit.events.max(1), bytes: limit.bytes };
        let top = head.min(self.room.head);
        let (older, newer) = match anchor {
            Anchor::Latest => (self.older(top, Some(limit))?, Side::default()),
            Anchor::Before(number) => {
                let from = number.min(top.next());
                (self.older(below(from), Some(limit))?, self.newer(from, top, None)?)
            }
            Anchor::After(number) => {
                let last = number.min(top);
                (self.older(last, None)?, self.newer(last.next(), top, Some(limit))?)
            }
            Anchor::Around(number) => {
                let from = number.min(top.next());
                (self.older(below(from), Some(limit.half()))?, self.newer(from, top, Some(limit.half()))?)
            }
            Anchor::BeforeTime(at) => {
                let from = self.divide(top, at)?.from;
                (self.older(below(from), Some(limit))?, self.newer(from, top, None)?)
            }
            Anchor::FromTime(at) => {
                let before = self.divide(top, at)?.before;
                self.is_known_from(before.next(), at)?;
                (self.older(before, None)?, self.newer(before.next(), top, Some(limit))?)
            }
        };
        let mut events = older.events;
        events.reverse();
        events.extend(newer.events);
        match older.blocked.or(newer.blocked) {
            Some(what) if events.is_empty() => Err(Trouble::Damaged(what)),
            _ => Ok(Messages { events, older: older.more, newer: newer.more }),
        }
    }

    /// The last messages up to `upto`. Without a limit: whether there are any.
    fn older(&self, upto: Number, limit: Option<PageLimit>) -> Result<Side, Trouble> {
        let floor = self.floor();
        let mut side = match upto >= floor {
            true => self.side(floor, upto, Way::Down, limit)?,
            false => Side::default(),
        };
        // What comes next was let go, or cannot be read.
        if !side.more
            && upto >= self.room.first
            && let Some(what) = self.boundary()
        {
            (side.more, side.blocked) = (true, Some(what));
        }
        Ok(side.unblocked(limit))
    }

    /// The first messages from `from` on, up to `top`. Without a limit: whether there are any.
    fn newer(&self, from: Number, top: Number, limit: Option<PageLimit>) -> Result<Side, Trouble> {
        if from > top {
            return Ok(Side::default());
        }
        let side = match self.boundary() {
            Some(what) if from <= self.damaged() => {
                Side { more: true, blocked: Some(what), ..Side::default() }
            }
            _ => match from.max(self.floor()) {
                from if from > top => Side::default(),
                from => self.side(from, top, Way::Up, limit)?,
            },
        };
        Ok(side.unblocked(limit))
    }

    /// The messages of a range, from one end of it, all of whose numbers must be there.
    fn side(&self, from: Number, upto: Number, way: Way, limit: Option<PageLimit>) -> Result<Side, Trouble> {
        let mut scan = self.scan(from, upto, way, limit)?;
        if limit.is_none() && (scan.beyond.is_some() || scan.bad.is_some()) {
            return Ok(Side { more: true, ..Side::default() });
        }
        // Where nothing is bad so far, but something may be missing.
        let reached = scan.bad.as_ref().map(|bad| bad.number).or(scan.beyond);
        let (low, high) = match (way, reached) {
            (Way::Up, Some(reached)) => (from, below(reached)),
            (Way::Down, Some(reached)) => (reached.next(), upto),
            (_, None) => (from, upto),
        };
        if low <= high && !self.is_dense(low, high, scan.events.len())? {
            let hole = self.walk(low, high, way, |_| true)?;
            scan.broken.get_or_insert_with(|| "its events cannot be counted".into());
            scan.bad = hole.or(scan.bad);
        }
        if let (Some(what), None) = (&scan.broken, &scan.bad) {
            return Err(Trouble::Damaged(format!(
                "room {}, numbers {low} to {high}: {what}",
                self.room.name
            )));
        }
        let mut side = Side { more: scan.beyond.is_some(), events: scan.events, blocked: None };
        if let Some(bad) = scan.bad {
            side.events.retain(|past| match way {
                Way::Up => place(past) < bad.number,
                Way::Down => place(past) > bad.number,
            });
            side.more = true;
            // Where only a flag is asked for, nobody was kept from anything.
            side.blocked = limit.map(|_| self.note(&bad)).transpose()?;
        }
        Ok(side)
    }

    fn scan(&self, from: Number, upto: Number, way: Way, limit: Option<PageLimit>) -> Result<Scan, Trouble> {
        let mut statement = prepare(self.conn, Table::Messages, way)?;
        let mut cursor = Cursor::begin(way, &mut statement, [self.key(from)?, self.key(upto)?])?;
        let (mut scan, mut bytes) = (Scan::default(), 0);
        while let Some((id, found)) = cursor.next()? {
            match found.past(Table::Messages, &self.room) {
                Ok(past) => {
                    bytes += size(&past.event);
                    let fits = limit.is_some_and(|limit| {
                        scan.events.is_empty() || scan.events.len() < limit.events && bytes <= limit.bytes
                    });
                    if !fits {
                        scan.beyond = Some(number(id));
                        break;
                    }
                    scan.events.push(past);
                }
                Err(what) => {
                    scan.bad = Some(Bad { number: number(id), what: what.into() });
                    break;
                }
            }
        }
        scan.broken = cursor.broken;
        Ok(scan)
    }

    /// Whether every number of a range is there, of which so many are messages. Looks at keys alone: what they
    /// hold is none of a page's business, for they are not messages.
    fn is_dense(&self, low: Number, high: Number, messages: usize) -> Result<bool, Trouble> {
        let mut count = self.conn.prepare_cached("SELECT count(*) FROM notes WHERE id BETWEEN ?1 AND ?2")?;
        match count.query_row([self.key(low)?, self.key(high)?], |row| row.get::<_, i64>(0)) {
            Ok(notes) => Ok(notes.cast_unsigned() + messages as u64 == high.0 - low.0 + 1),
            Err(error) if is_damage(&error) => Ok(false),
            Err(error) => Err(Trouble::Failed(error)),
        }
    }

    /// Finds where a time divides the messages up to `top`. Their times never fall as their numbers rise.
    pub(crate) fn divide(&self, top: Number, at: Timestamp) -> Result<Division, Trouble> {
        'anew: loop {
            let (mut low, mut high) = (self.floor(), top.next());
            let mut division = Division { before: below(low), from: high };
            while low < high {
                let middle = Number(low.0 + (high.0 - low.0) / 2);
                let scan =
                    self.scan(middle, below(high), Way::Up, Some(PageLimit { events: 1, bytes: 0 }))?;
                if let Some(bad) = scan.bad {
                    // All below it is out of reach from now on.
                    self.note(&bad)?;
                    continue 'anew;
                }
                match scan.events.first() {
                    Some(past) if past.stamp.at < at => {
                        division.before = place(past);
                        low = division.before.next();
                    }
                    Some(past) => (division.from, high) = (place(past), middle),
                    None => high = middle,
                }
            }
            return Ok(division);
        }
    }

    /// Whether all from a time on can be read, if what can be read of it begins at `from`: what lies out of reach
    /// must be older.
    fn is_known_from(&self, from: Number, at: Timestamp) -> Result<(), Trouble> {
        let Some(what) = self.boundary().filter(|_| from == self.floor()) else { return Ok(()) };
        match whole(self.conn, &self.room, from).map_err(Trouble::Failed)? {
            Some(past) if past.stamp.at < at => Ok(()),
            _ => Err(Trouble::Damaged(what)),
        }
    }
}

impl Side {
    /// Damage matters only to who asked for messages and got none.
    fn unblocked(mut self, limit: Option<PageLimit>) -> Side {
        if limit.is_none() || !self.events.is_empty() {
            self.blocked = None;
        }
        self
    }
}

fn below(number: Number) -> Number {
    Number(number.0.saturating_sub(1))
}
