//! The rows of one window in their order, and where messages may be missing between them.
//!
//! A row with a `gap` may have messages before it that are not here: older ones that were never fetched, or those
//! between two fetched pages. Every page says which numbers it covers; where two pieces meet, the gap closes.

use std::collections::VecDeque;
use std::ops::RangeInclusive;

use chat_net::chat_core::Epoch;

use super::row::Row;

/// A row, for as long as it is there: rows that come or go before it do not change its mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(pub(super) i64);

impl Mark {
    /// The row so many further down, or up.
    pub(crate) fn plus(self, rows: i64) -> Mark {
        Mark(self.0 + rows)
    }
}

/// Rows were put in the middle: marks from here on are so many further down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shift {
    pub(super) from: Mark,
    pub(super) by: i64,
}

/// All rows of a window, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    rows: VecDeque<Row>,
    /// The mark of the first row.
    base: i64,
    /// The numbering in force, and how many there were before it.
    epoch: Option<Epoch>,
    era: u32,
    /// The number of the last event that was told in order.
    last: u64,
    /// Whether messages behind the last row may be missing.
    tail_gap: bool,
    /// The number of the last message from before the join, while these are being told.
    past: Option<u64>,
    bytes: usize,
}

impl Rows {
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Those of the numbering in force that have a number, oldest first.
    pub(super) fn numbered(&self) -> impl DoubleEndedIterator<Item = &Row> {
        self.rows.iter().filter(|row| row.is_numbered && row.era == self.era)
    }

    /// What they take, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn get(&self, mark: Mark) -> Option<&Row> {
        self.rows.get(usize::try_from(mark.0 - self.base).ok()?)
    }

    /// The mark of the first row.
    pub(crate) fn first(&self) -> Mark {
        Mark(self.base)
    }

    /// The mark behind the last row.
    pub(crate) fn end(&self) -> Mark {
        self.mark(self.rows.len())
    }

    /// The last row.
    pub(crate) fn newest(&self) -> Option<&Row> {
        self.rows.back()
    }

    /// Whether messages behind the last row may be missing.
    pub(crate) fn tail_gap(&self) -> bool {
        self.tail_gap
    }

    /// The number of the last event that was told in order.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Which of the numberings is in force.
    pub(super) fn era(&self) -> u32 {
        self.era
    }

    fn mark(&self, index: usize) -> Mark {
        Mark(self.base + i64::try_from(index).unwrap_or(i64::MAX))
    }

    /// The room's numbering, as of now; a new one begins behind all rows. Gives whether it is another one.
    pub(crate) fn numbered_by(&mut self, epoch: Epoch) -> bool {
        let is_new = self.epoch.is_some_and(|known| known != epoch);
        if is_new {
            (self.era, self.last, self.past, self.tail_gap) = (self.era + 1, 0, None, false);
            // What is missing among the older ones cannot be had any more.
            self.rows.iter_mut().for_each(|row| row.gap = None);
        }
        self.epoch = Some(epoch);
        is_new
    }

    /// Each row before which messages may be missing, and below what number; the end is the largest of numbers.
    pub(super) fn gaps(&self) -> Vec<(u64, u64)> {
        let inner = self.rows.iter().filter_map(|row| Some((row.number, row.gap?)));
        inner.chain(self.tail_gap.then_some((u64::MAX, u64::MAX))).collect()
    }

    /// Whether that is the numbering in force.
    pub(crate) fn is_numbered_by(&self, epoch: Epoch) -> bool {
        self.epoch == Some(epoch)
    }

    /// Whether the event with that number was told in order already.
    pub(crate) fn is_known(&self, number: u64) -> bool {
        number <= self.last
    }

    /// An event that has no row was told in order.
    pub(crate) fn passed(&mut self, number: u64) {
        self.last = self.last.max(number);
    }

    /// What comes next may not be next to what is here.
    pub(crate) fn broken(&mut self) {
        (self.tail_gap, self.past) = (true, None);
    }

    /// One came into the room when its last event had that number: what has a lower one is told as past.
    pub(crate) fn entered(&mut self, number: u64) {
        self.tail_gap |= number > self.last;
        (self.last, self.past) = (self.last.max(number), None);
    }

    /// Puts a row at the end.
    pub(crate) fn push(&mut self, mut row: Row) -> Mark {
        row.era = self.era;
        if row.is_numbered {
            let is_first = self.last == 0 && row.number > 1;
            row.gap = (std::mem::take(&mut self.tail_gap) || is_first).then_some(row.number);
            self.last = self.last.max(row.number);
        } else {
            row.number = self.rows.back().filter(|back| back.era == row.era).map_or(0, |back| back.number);
        }
        self.bytes += row.bytes();
        self.rows.push_back(row);
        self.mark(self.rows.len() - 1)
    }

    /// Puts a row where its number belongs: what was said before one came is told when one is there.
    pub(crate) fn push_past(&mut self, mut row: Row) -> Option<Shift> {
        row.era = self.era;
        let at = self.index_of(row.number);
        if self.rows.get(at).is_some_and(|there| there.is_numbered && there.key() == row.key()) {
            return None;
        }
        let is_next = self.past.replace(row.number).is_some();
        row.gap = self.gap_at(at).filter(|_| !is_next && row.number > 1).map(|_| row.number);
        self.bytes += row.bytes();
        self.rows.insert(at, row);
        self.moved(at, 1)
    }

    /// All that was said before one came has been told.
    pub(crate) fn past_ends(&mut self) {
        if let Some(number) = self.past.take() {
            let next = self.index_of(number.saturating_add(1));
            self.set_gap(next, None);
        }
    }

    /// Puts the rows of a page, in their order, where they belong; `covers` are the numbers that the page speaks for.
    /// What is here already stays as it is.
    pub(crate) fn merge(&mut self, page: Vec<Row>, covers: RangeInclusive<u64>) -> Option<Shift> {
        let (low, high) = covers.into_inner();
        let (from, to) = (self.index_of(low), self.index_of(high.saturating_add(1)));
        let before = self.rows.range(..from).rev().find(|row| row.is_numbered);
        let before = before.filter(|row| row.era == self.era);
        let meets_older = low <= 1 || before.is_some_and(|row| row.number.saturating_add(1) >= low);
        let left = self.gap_at(from).filter(|_| !meets_older).map(|below| below.min(low));
        let ends = to == self.rows.len() && high >= self.last;
        let right = self.gap_at(to).filter(|below| !ends && *below > high.saturating_add(1));
        let behind = self.rows.split_off(to);
        let here = self.rows.split_off(from);
        let before = self.rows.len();
        let mut merged = self.merged(here, page);
        merged.iter_mut().for_each(|row| row.gap = None);
        let added = merged.len() - (to - from);
        let has_numbers = merged.iter().any(|row| row.is_numbered);
        self.rows.append(&mut merged);
        let next = self.rows.len();
        self.rows.extend(behind);
        if has_numbers {
            self.set_gap(before, left);
        }
        self.set_gap(next, right.or(left.filter(|_| !has_numbers)));
        self.moved(before, added)
    }

    /// Both in the order of their numbers, each number once; what is here is kept, and what is new is weighed.
    fn merged(&mut self, here: VecDeque<Row>, page: Vec<Row>) -> VecDeque<Row> {
        let mut merged = VecDeque::with_capacity(here.len() + page.len());
        let mut here = here.into_iter().peekable();
        let era = self.era;
        for row in page {
            while let Some(known) = here.next_if(|known| known.number < row.number) {
                merged.push_back(known);
            }
            if here.peek().is_none_or(|known| known.number > row.number || !known.is_numbered) {
                let row = Row { era, ..row };
                self.bytes += row.bytes();
                merged.push_back(row);
            }
        }
        merged.extend(here);
        merged
    }

    /// So many rows were put in at `index`: at the top they take marks of their own, further down they move others.
    fn moved(&mut self, index: usize, added: usize) -> Option<Shift> {
        let by = i64::try_from(added).unwrap_or(i64::MAX);
        if index == 0 {
            self.base -= by;
            return None;
        }
        Some(Shift { from: self.mark(index), by })
    }

    /// The gap before the first numbered row from `index` on: rows without numbers have none.
    fn gap_at(&self, index: usize) -> Option<u64> {
        let next = self.rows.range(index..).find(|row| row.is_numbered);
        next.map_or(self.tail_gap.then_some(u64::MAX), |row| row.gap)
    }

    fn set_gap(&mut self, index: usize, gap: Option<u64>) {
        match self.rows.range_mut(index..).find(|row| row.is_numbered) {
            Some(row) => row.gap = gap,
            None => self.tail_gap = gap.is_some(),
        }
    }

    /// Where the first row of the numbering in force stands that has that number or a higher one.
    fn index_of(&self, number: u64) -> usize {
        self.rows.partition_point(|row| row.key() < (self.era, number))
    }

    /// The row with that number.
    pub(crate) fn find(&self, number: u64) -> Option<Mark> {
        let at = self.index_of(number);
        let row = self.rows.get(at)?;
        (row.is_numbered && row.key() == (self.era, number)).then(|| self.mark(at))
    }

    /// Changes a row.
    pub(crate) fn change(&mut self, mark: Mark, change: impl FnOnce(&mut Row)) {
        let index = usize::try_from(mark.0 - self.base).ok();
        if let Some(row) = index.and_then(|at| self.rows.get_mut(at)) {
            let before = row.bytes();
            change(row);
            row.changed();
            self.bytes = self.bytes - before + row.bytes();
        }
    }

    /// Forgets the oldest row; it can be fetched again, if it is of the numbering in force.
    pub(super) fn drop_oldest(&mut self) {
        if let Some(row) = self.rows.pop_front() {
            self.bytes -= row.bytes();
            self.base += 1;
            if let Some(number) = row.number().filter(|_| row.era == self.era) {
                let gap = self.gap_at(0).or(Some(number.saturating_add(1)));
                self.set_gap(0, gap);
            }
        }
    }

    /// Forgets the newest row; it can be fetched again.
    pub(super) fn drop_newest(&mut self) {
        if let Some(row) = self.rows.pop_back() {
            self.bytes -= row.bytes();
            self.tail_gap |= row.is_numbered;
        }
    }
}
