//! Single values about the whole store, each with a sum of its own.

use bincode::{Decode, Encode};
use chat_core::Epoch;
use rusqlite::{Connection, OptionalExtension};

use super::Durability;
use super::error::unreadable;
use super::row::Chain;
use crate::codec::bincode::{from_stored, to_stored};
use crate::store::StoreError;

/// How the run that has the store now, or had it last, goes about it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Run {
    /// Which start of the machine it was, if that is known.
    pub(crate) boot: Option<String>,
    pub(crate) durability: Durability,
    /// Whether it ended in good order. False while it runs.
    pub(crate) is_clean: bool,
}

/// Which snapshot is in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub(crate) struct SnapshotMark {
    /// Its parts are kept under this number; 0: there is none, the state was empty.
    pub(crate) generation: i64,
    /// The last record that is in it.
    pub(crate) ord: i64,
    pub(crate) bytes: u64,
    /// Of all its bytes.
    pub(crate) hash: Chain,
}

const EPOCH: &str = "epoch";
const RUN: &str = "run";
const SNAPSHOT: &str = "snapshot";
const WORDS: &str = "words_gone";

/// The epoch that rooms are numbered under: see [`Epoch::of_room`].
pub(crate) fn epoch(conn: &Connection) -> Result<Epoch, StoreError> {
    read(conn, EPOCH)
}

pub(crate) fn set_epoch(conn: &Connection, epoch: Epoch) -> rusqlite::Result<()> {
    write(conn, EPOCH, &epoch)
}

pub(crate) fn run(conn: &Connection) -> Result<Run, StoreError> {
    read(conn, RUN)
}

pub(crate) fn set_run(conn: &Connection, run: &Run) -> rusqlite::Result<()> {
    write(conn, RUN, run)
}

pub(crate) fn snapshot(conn: &Connection) -> Result<SnapshotMark, StoreError> {
    read(conn, SNAPSHOT)
}

pub(crate) fn set_snapshot(conn: &Connection, mark: &SnapshotMark) -> rusqlite::Result<()> {
    write(conn, SNAPSHOT, mark)
}

/// How often it was noted, since that was seen to last, that words of messages that are gone stayed in the index; none if
/// that cannot be read.
pub(crate) fn words_gone(conn: &Connection) -> Option<u64> {
    let is_there = conn.prepare_cached("SELECT count(*) FROM meta WHERE key = ?1");
    let is_there = is_there.and_then(|mut select| select.query_row([WORDS], |row| row.get::<_, i64>(0)));
    if is_there.ok()? == 0 { Some(0) } else { read(conn, WORDS).ok() }
}

pub(crate) fn set_words_gone(conn: &Connection, gone: u64) -> rusqlite::Result<()> {
    write(conn, WORDS, &gone)
}

fn read<T: Decode<()>>(conn: &Connection, key: &str) -> Result<T, StoreError> {
    let what = format!("the value '{key}'");
    let stored: Option<Vec<u8>> = conn
        .prepare_cached("SELECT value FROM meta WHERE key = ?1")
        .and_then(|mut select| select.query_row([key], |row| row.get(0)).optional())
        .map_err(|error| unreadable(&what, &error))?;
    let damaged = || StoreError::Damaged(what.clone());
    let stored = stored.ok_or_else(damaged)?;
    let (sum, value) = stored.split_at_checked(SUM).ok_or_else(damaged)?;
    if sum != sum_of(key, value) {
        return Err(damaged());
    }
    from_stored(value).map_err(|_| damaged())
}

fn write(conn: &Connection, key: &str, value: &impl Encode) -> rusqlite::Result<()> {
    let value = to_stored(value);
    let mut stored = sum_of(key, &value).to_vec();
    stored.extend_from_slice(&value);
    conn.prepare_cached("INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2")?
        .execute((key, stored))?;
    Ok(())
}

const SUM: usize = 8;

fn sum_of(key: &str, value: &[u8]) -> [u8; SUM] {
    let mut hasher = blake3::Hasher::new();
    hasher.update(key.as_bytes()).update(&[0]).update(value);
    let mut sum = [0; SUM];
    sum.copy_from_slice(&hasher.finalize().as_bytes()[..SUM]);
    sum
}
