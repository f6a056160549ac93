//! Work behind the scenes, in bites so small that no commit waits for one noticeably: snapshots, sweeping, age.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chat_core::{RoomId, Timestamp};
use rusqlite::Connection;

use super::SqliteOptions;
use super::append::Appended;
use super::compact::Encoded;
use super::error::WriteError;
use super::ledger::{Ledger, RoomState};
use super::meta::{self, SnapshotMark};
use super::options::Thresholds;
use super::retain::{self, Purged};
use super::words::{Merged, Words};
use crate::store::StoreError;

/// Rows of the journal deleted at once.
const JOURNAL_BITE: i64 = 512;
/// Parts of an old snapshot deleted at once.
const PARTS_BITE: i64 = 4;
/// Rooms looked at for age at once.
const ROOMS_BITE: usize = 64;
/// How long it rests when the disk is full.
const PAUSE: Duration = Duration::from_secs(1);

/// What is to be done, and what has been.
#[derive(Debug, Default)]
pub(crate) struct Upkeep {
    mark: SnapshotMark,
    /// Recorded after the snapshot in force.
    tail: Appended,
    next_generation: i64,
    installing: Option<Installing>,
    /// Rows of the journal, or parts of old snapshots, may be there that nothing needs.
    journal_is_stale: bool,
    parts_are_stale: bool,
    /// Rooms whose beginning must be moved.
    surplus: VecDeque<RoomId>,
    /// Rooms with rows that nothing needs.
    purge: VecDeque<RoomId>,
    /// Rooms whose age is still to be looked at in this round.
    unlooked: VecDeque<RoomId>,
    round: Option<Instant>,
    words: Words,
    /// Rows wait for a snapshot to be deleted.
    is_blocked: bool,
    /// When a snapshot was made last, or the store opened.
    renewed: Option<Instant>,
    paused: Option<Instant>,
}

#[derive(Debug)]
struct Installing {
    encoded: Encoded,
    next_part: usize,
}

/// One bite, as it is once it is committed.
#[derive(Debug)]
pub(crate) enum Bite {
    Part,
    Flip(SnapshotMark),
    Journal { is_last: bool },
    Parts { is_last: bool },
    Surplus { is_last: bool },
    Purge(Purged),
    Room(RoomId),
    Words(Merged),
}

impl Upkeep {
    /// What the last run left behind is not known yet, so everything is looked through once.
    pub(crate) fn new(
        conn: &Connection,
        mark: SnapshotMark,
        ledger: &Ledger,
        options: &SqliteOptions,
    ) -> rusqlite::Result<Upkeep> {
        let highest: i64 =
            conn.query_row("SELECT ifnull(max(generation), 0) FROM snapshots", [], |row| row.get(0))?;
        let mut upkeep = Upkeep {
            next_generation: highest.max(mark.generation) + 1,
            mark,
            journal_is_stale: true,
            parts_are_stale: true,
            surplus: if has_limits(options) { open_rooms(ledger) } else { VecDeque::new() },
            renewed: Some(Instant::now()),
            words: Words::new(conn),
            ..Upkeep::default()
        };
        upkeep.look_for_rows(ledger);
        Ok(upkeep)
    }

    /// The state was rebuilt; so much of it came after the snapshot.
    pub(crate) fn recovered(&mut self, tail: Appended) {
        self.tail = tail;
        // Only now it is known how long rooms want their events kept.
        self.round = None;
    }

    /// A snapshot was stored at once; nothing came after it.
    pub(crate) fn renewed(&mut self, mark: SnapshotMark, ledger: &Ledger) {
        self.next_generation = mark.generation + 1;
        self.tail = Appended::default();
        self.round = None;
        self.flipped(mark, ledger);
    }

    pub(crate) fn next_generation(&self) -> i64 {
        self.next_generation
    }

    /// Begins to store a snapshot.
    pub(crate) fn install(&mut self, encoded: Encoded) {
        self.installing = Some(Installing { encoded, next_part: 0 });
    }

    pub(crate) fn is_snapshot_due(&self, limits: &Thresholds) -> bool {
        let tail = &self.tail;
        let waits = Duration::from_millis(limits.blocked_ms);
        let blocked = self.is_blocked && self.renewed.is_none_or(|renewed| renewed.elapsed() >= waits);
        self.installing.is_none()
            && (blocked
                || tail.journalled >= limits.journal_rows
                || tail.journal_bytes >= limits.journal_bytes
                || tail.events >= limits.tail_events)
    }

    pub(crate) fn has_work(&self) -> bool {
        let paused = self.paused.is_some_and(|paused| paused.elapsed() < PAUSE);
        let rooms = !self.surplus.is_empty() || !self.purge.is_empty();
        let sweeps = self.journal_is_stale || self.parts_are_stale;
        !paused && (self.installing.is_some() || sweeps || rooms || self.words.are_due())
    }

    /// The disk is full: nothing here is so urgent.
    pub(crate) fn pause(&mut self) {
        self.paused = Some(Instant::now());
    }

    /// Does one bite in the transaction that is open.
    pub(crate) fn bite(
        &mut self,
        conn: &Connection,
        ledger: &mut Ledger,
        options: &SqliteOptions,
    ) -> Result<Option<Bite>, WriteError> {
        if !self.has_work() {
            return Ok(None);
        }
        if let Some(installing) = &self.installing {
            return Ok(Some(store_part(conn, installing, self.next_generation)?));
        }
        if let Some(room) = self.surplus.front() {
            let open = ledger.current(*room).filter(|state| state.closed == 0).cloned();
            let Some(mut state) = open else { return Ok(Some(Bite::Surplus { is_last: true })) };
            let first = state.first;
            let not_before = not_before(options, &state);
            let more = retain::advance(conn, &mut state, options, not_before)?;
            if state.first != first {
                ledger.insert(state);
            }
            return Ok(Some(Bite::Surplus { is_last: !more }));
        }
        if self.journal_is_stale {
            return Ok(Some(sweep_journal(conn, self.mark.ord)?));
        }
        if self.parts_are_stale {
            return Ok(Some(sweep_parts(conn, self.mark.generation)?));
        }
        let Some(room) = self.purge.front().copied() else {
            return Ok(Some(Bite::Words(self.words.bite(conn)?)));
        };
        let state = ledger.committed(room);
        if state.is_some_and(|state| state.closed != 0 && state.base >= state.head) {
            retain::purge_room(conn, room)?;
            return Ok(Some(Bite::Room(room)));
        }
        Ok(Some(Bite::Purge(retain::purge(conn, ledger, room, self.mark.ord)?)))
    }

    /// A transaction was committed, with this in it.
    pub(crate) fn committed(
        &mut self,
        appended: Appended,
        bite: Option<Bite>,
        ledger: &mut Ledger,
        words_ms: u64,
    ) {
        self.tail.add(appended);
        if let Some(Bite::Words(merged)) = bite {
            self.words.merged(merged, words_ms);
        }
        if appended.erased > 0 || matches!(bite, Some(Bite::Purge(_))) {
            self.words.went(words_ms);
        }
        match bite {
            None | Some(Bite::Words(_)) => {}
            Some(Bite::Part) => {
                if let Some(installing) = &mut self.installing {
                    installing.next_part += 1;
                }
            }
            Some(Bite::Flip(mark)) => {
                if let Some(installing) = self.installing.take() {
                    self.tail = self.tail.without(installing.encoded.tail);
                }
                self.next_generation += 1;
                self.flipped(mark, ledger);
            }
            Some(Bite::Journal { is_last }) => self.journal_is_stale = !is_last,
            Some(Bite::Parts { is_last }) => self.parts_are_stale = !is_last,
            Some(Bite::Surplus { is_last: false }) | Some(Bite::Purge(Purged::Some)) => {}
            Some(Bite::Surplus { is_last: true }) => drop(self.surplus.pop_front()),
            Some(Bite::Purge(Purged::Blocked)) => {
                self.purge.pop_front();
                self.is_blocked = true;
            }
            Some(Bite::Purge(Purged::All)) => {
                let room = self.purge.pop_front();
                let state = room.and_then(|room| ledger.committed(room));
                if let Some(state) = state.filter(|state| state.closed != 0 && state.base >= state.head) {
                    self.purge.push_front(state.room);
                }
            }
            Some(Bite::Room(room)) => {
                self.purge.pop_front();
                ledger.forget(room);
            }
        }
    }

    /// Looks at the rooms' age a few at a time, and now and then for rows that may go.
    pub(crate) fn look(
        &mut self,
        conn: &Connection,
        ledger: &Ledger,
        options: &SqliteOptions,
    ) -> Result<(), StoreError> {
        let interval = Duration::from_millis(options.thresholds.age_check_ms);
        if self.round.is_none_or(|round| round.elapsed() >= interval) {
            self.round = Some(Instant::now());
            let ages = |state: &&RoomState| state.closed == 0 && not_before(options, state).is_some();
            self.unlooked = ledger.rooms().filter(ages).map(|state| state.room).collect();
            self.look_for_rows(ledger);
        }
        for _ in 0..ROOMS_BITE {
            let Some(room) = self.unlooked.pop_front() else { break };
            let Some(state) = ledger.committed(room) else { continue };
            let Some(not_before) = not_before(options, state) else { continue };
            let expired = retain::is_expired(conn, state, not_before).map_err(|error| {
                super::unreadable(&format!("the beginning of room {}", state.name), &error)
            })?;
            if expired && !self.surplus.contains(&room) {
                self.surplus.push_back(room);
            }
        }
        Ok(())
    }

    fn flipped(&mut self, mark: SnapshotMark, ledger: &Ledger) {
        self.mark = mark;
        (self.is_blocked, self.renewed) = (false, Some(Instant::now()));
        (self.journal_is_stale, self.parts_are_stale) = (true, true);
        self.look_for_rows(ledger);
    }

    /// Finds rooms with rows that can be read no more. Whether the snapshot is behind them shows when they are
    /// to be deleted.
    fn look_for_rows(&mut self, ledger: &Ledger) {
        let covered = self.mark.ord;
        let has_rows = |state: &&RoomState| match state.closed {
            0 => state.base.0 + 1 < state.first.0,
            closed => closed <= covered,
        };
        self.purge = ledger.rooms().filter(has_rows).map(|state| state.room).collect();
        self.is_blocked |= ledger.rooms().any(|state| state.closed > covered);
    }
}

/// Stores a whole snapshot in the transaction that is open.
pub(crate) fn store(conn: &Connection, encoded: Encoded, generation: i64) -> rusqlite::Result<SnapshotMark> {
    let mut installing = Installing { encoded, next_part: 0 };
    loop {
        match store_part(conn, &installing, generation)? {
            Bite::Flip(mark) => return Ok(mark),
            _ => installing.next_part += 1,
        }
    }
}

/// The next part, or behind the last one the mark that puts them in force.
fn store_part(conn: &Connection, installing: &Installing, generation: i64) -> rusqlite::Result<Bite> {
    let Installing { encoded, next_part } = installing;
    if let Some(data) = encoded.part(*next_part) {
        conn.prepare_cached("INSERT INTO snapshots VALUES (?1, ?2, ?3)")?.execute((
            generation,
            *next_part as i64,
            data,
        ))?;
        return Ok(Bite::Part);
    }
    let bytes = encoded.bytes.len() as u64;
    let mark = SnapshotMark { generation, ord: encoded.ord, bytes, hash: encoded.hash };
    meta::set_snapshot(conn, &mark)?;
    Ok(Bite::Flip(mark))
}

fn sweep_journal(conn: &Connection, covered: i64) -> rusqlite::Result<Bite> {
    let deleted = conn
        .prepare_cached(
            "DELETE FROM journal WHERE ord <=
             (SELECT max(ord) FROM (SELECT ord FROM journal WHERE ord <= ?1 ORDER BY ord LIMIT ?2))",
        )?
        .execute((covered, JOURNAL_BITE))?;
    Ok(Bite::Journal { is_last: (deleted as i64) < JOURNAL_BITE })
}

fn sweep_parts(conn: &Connection, in_force: i64) -> rusqlite::Result<Bite> {
    let deleted = conn
        .prepare_cached(
            "DELETE FROM snapshots WHERE (generation, part) IN
             (SELECT generation, part FROM snapshots WHERE generation <> ?1 LIMIT ?2)",
        )?
        .execute((in_force, PARTS_BITE))?;
    Ok(Bite::Parts { is_last: (deleted as i64) < PARTS_BITE })
}

fn open_rooms(ledger: &Ledger) -> VecDeque<RoomId> {
    ledger.rooms().filter(|state| state.closed == 0).map(|state| state.room).collect()
}

fn has_limits(options: &SqliteOptions) -> bool {
    options.keep_age_ms > 0 || options.keep_events > 0 || options.keep_bytes > 0
}

/// What is older than this is not kept in a room; none: age does not matter. Of the server's limit and the room's own
/// the shorter one counts.
fn not_before(options: &SqliteOptions, state: &RoomState) -> Option<Timestamp> {
    let keep_ms = [options.keep_age_ms, state.keep_ms].into_iter().filter(|ms| *ms > 0).min()?;
    Some(crate::store::ago(keep_ms))
}
