//! How a store is opened.

use bincode::{Decode, Encode};

/// When something appended is safe.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Encode, Decode)]
pub enum Durability {
    /// When the disk has it: a power cut loses nothing.
    #[default]
    Fsync,
    /// When the operating system has it: the end of the process loses nothing, whatever ended it. A power cut may
    /// lose the last seconds, and damages nothing.
    Os,
}

impl Durability {
    /// What clients are told.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Durability::Fsync => "fsync",
            Durability::Os => "os",
        }
    }
}

/// How a [`Sqlite`](super::Sqlite) store keeps, and for how long. What retention drops can be read no more at
/// once; its space is used again later.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SqliteOptions {
    /// When something appended is safe.
    pub durability: Durability,
    /// Events older than so many milliseconds are dropped, within a minute; 0: never.
    pub keep_age_ms: u64,
    /// Of each room, the last so many events are kept; 0: all.
    pub keep_events: u64,
    /// Of each room, the last events are kept that are within so many bytes as stored, one at least; 0: all.
    pub keep_bytes: u64,
    /// Below so many bytes of free space no messages are taken; and so many are set aside for what must be
    /// written even then.
    pub reserve_bytes: u64,
    /// Whether a store of an older version is brought up to this one, after a copy is made.
    pub migrate: bool,
    /// Whether rooms are numbered under a new epoch, because an old copy of the files was put back.
    pub new_epoch: bool,
    /// Whether the index of words is made anew, because it is damaged. Takes some seconds for a million messages.
    pub reindex: bool,
    /// When the work behind the scenes begins.
    #[doc(hidden)]
    pub thresholds: Thresholds,
}

impl Default for SqliteOptions {
    fn default() -> SqliteOptions {
        SqliteOptions {
            durability: Durability::Fsync,
            keep_age_ms: 0,
            keep_events: 0,
            keep_bytes: 0,
            reserve_bytes: 8 << 20,
            migrate: false,
            new_epoch: false,
            reindex: false,
            thresholds: Thresholds::default(),
        }
    }
}

/// When the work behind the scenes begins: small ones let a test see it.
#[doc(hidden)]
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Thresholds {
    /// Changes in the journal, and bytes of it, at which a snapshot is made.
    pub journal_rows: u64,
    pub journal_bytes: u64,
    /// Events since the last snapshot at which one is made: they are read at the next start.
    pub tail_events: u64,
    /// Pages in the write-ahead log at which it is written back.
    pub wal_pages: u32,
    /// How often age is looked at.
    pub age_check_ms: u64,
    /// How long rows that can be read no more may lie on the disk because no snapshot is behind them.
    pub blocked_ms: u64,
    /// How long the words of a message that is gone may stay in the index at least, so that those of many go at once.
    pub words_ms: u64,
    /// How long a search may take.
    pub search_ms: u64,
    /// Stands for the id of this start of the machine.
    pub boot: Option<String>,
}

impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds {
            journal_rows: 50_000,
            journal_bytes: 16 << 20,
            tail_events: 200_000,
            wal_pages: 4096,
            age_check_ms: 60_000,
            blocked_ms: 3_600_000,
            words_ms: 60_000,
            search_ms: 2000,
            boot: None,
        }
    }
}
