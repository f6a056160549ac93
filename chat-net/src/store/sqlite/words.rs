//! The index of words without those of messages that are gone: FTS5 only notes that a message is, and keeps its words, each
//! with its place in the text, until it merges the part of the index that they are in. Some parts it would not for years.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::error::WriteError;
use super::meta;

/// About so many pages are written at once.
const PAGES: i64 = 64;

/// The index rests for so many times as long as it took to merge: however large it is, little of the time goes into that.
const REST: u32 = 20;

/// Whether words are to be forgotten, and how far that is.
#[derive(Debug, Default)]
pub(crate) struct Words {
    /// Words of messages that are gone may be in the index.
    are_stale: bool,
    merging: Option<Merging>,
    /// Nothing is done before this.
    rest_until: Option<Instant>,
}

/// What has been done of one round.
#[derive(Clone, Copy, Debug)]
struct Merging {
    /// What was noted when it began: see [`mark`].
    noted: u64,
    took: Duration,
}

/// One bite, as it is once it is committed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Merged {
    so_far: Merging,
    is_last: bool,
}

impl Words {
    /// As an earlier run left them.
    pub(crate) fn new(conn: &Connection) -> Words {
        // Who cannot be read does no harm: it is merged once more.
        Words { are_stale: meta::words_gone(conn).is_none_or(|gone| gone > 0), ..Words::default() }
    }

    /// Messages went, and noted that by [`mark`]. Some time is left for more to go, so that all are forgotten at once.
    pub(crate) fn went(&mut self, rest_ms: u64) {
        if !self.are_stale {
            let rest = Instant::now() + Duration::from_millis(rest_ms);
            self.rest_until = Some(self.rest_until.map_or(rest, |until| until.max(rest)));
        }
        self.are_stale = true;
    }

    pub(crate) fn are_due(&self) -> bool {
        let rest = self.rest_until.is_some_and(|until| Instant::now() < until);
        self.merging.is_some() || self.are_stale && !rest
    }

    /// Merges a little of the index in the transaction that is open.
    pub(crate) fn bite(&self, conn: &Connection) -> Result<Merged, WriteError> {
        let began = Instant::now();
        let noted = || meta::words_gone(conn).unwrap_or(u64::MAX);
        // The first bite puts all of the index in a row, the others go along it.
        let (mut so_far, pages) = match self.merging {
            None => (Merging { noted: noted(), took: Duration::ZERO }, -PAGES),
            Some(merging) => (merging, PAGES),
        };
        let before = conn.total_changes();
        conn.prepare_cached("INSERT INTO search (search, rank) VALUES ('merge', ?1)")?
            .execute([pages])
            .map_err(WriteError::index)?;
        // FTS5's own sign that there was nothing left to do.
        let is_last = conn.total_changes() - before < 2;
        // What went meanwhile may lie behind the bites before.
        if is_last && noted() == so_far.noted {
            meta::set_words_gone(conn, 0)?;
        }
        so_far.took += began.elapsed();
        Ok(Merged { so_far, is_last })
    }

    /// A bite was committed.
    pub(crate) fn merged(&mut self, Merged { so_far, is_last }: Merged, rest_ms: u64) {
        if self.merging.is_none() {
            self.are_stale = false;
        }
        self.merging = (!is_last).then_some(so_far);
        if is_last {
            let rest = Duration::from_millis(rest_ms).max(so_far.took.saturating_mul(REST));
            self.rest_until = Some(Instant::now() + rest);
        }
    }
}

/// Notes, in the transaction that is open, that words of messages that go with it stay behind.
pub(crate) fn mark(conn: &Connection) -> rusqlite::Result<()> {
    let gone = meta::words_gone(conn).unwrap_or(0);
    meta::set_words_gone(conn, gone.saturating_add(1))
}
