//! The store: keeps what was recorded, answers history, and gives a server back what it had.

mod memory;
#[cfg(feature = "sqlite")]
pub mod sqlite;
mod words;

use std::time::{SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use chat_core::{Anchor, Change, Config, Epoch, Event, GapReason, Number, Snapshot, Stamp, Timestamp};

pub use memory::Memory;
pub(crate) use memory::size;

/// One recorded change, as the engine hands it over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Of the entry that caused it.
    pub stamp: Stamp,
    /// The change.
    pub change: Change,
}

/// One event of a room, as history gives it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Past {
    /// When it happened.
    pub stamp: Stamp,
    /// What happened; it has a place.
    pub event: Event,
}

/// A run of one room's events, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The events.
    pub events: Vec<Past>,
    /// Whether there are more in the direction of reading.
    pub more: bool,
}

/// Some of the messages there are, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    /// The messages: [`Event::Said`](chat_core::Event::Said), and [`Event::Removed`](chat_core::Event::Removed) where one
    /// was.
    pub events: Vec<Past>,
    /// Whether there are older ones than the first of these.
    pub older: bool,
    /// Whether there are newer ones than the last of these.
    pub newer: bool,
}

/// How much to read at once: whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit {
    /// Events.
    pub events: usize,
    /// Bytes of text, roughly; at least one event is read whatever its size.
    pub bytes: usize,
}

impl PageLimit {
    /// The limit of one of two sides.
    pub(crate) fn half(self) -> PageLimit {
        PageLimit { events: self.events.div_ceil(2), bytes: self.bytes / 2 }
    }
}

/// Where what can be read of a room begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// From this number to the room's head there is no hole. One above the head if nothing can be read.
    pub first: Number,
    /// Why what came before is gone: [`GapReason::NotKept`] or [`GapReason::Corrupt`].
    pub why: GapReason,
}

/// Which messages are searched for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The words, all of which a message must hold, without regard to case; `word*` and `"words in a row"`.
    /// What else is no letter or digit only separates words. A store may take letters that differ by accents
    /// alone for the same.
    pub words: String,
    /// In these rooms only, and in each from this number on: earlier messages are as if they were not there, in `older`, too.
    pub rooms: Vec<(Epoch, Number)>,
    /// Said before this time only.
    pub before: Option<Timestamp>,
    /// The newest so many.
    pub limit: PageLimit,
}

/// What a store kept from before this start: all that a server needs to go on.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// The epoch that rooms opened from now on are numbered under; `None`: one made at random.
    pub epoch: Option<Epoch>,
    /// The state as it was at some time; `None`: empty.
    pub snapshot: Option<Snapshot>,
    /// Everything recorded after the snapshot, in the order of the log.
    pub records: Vec<Record>,
}

/// Why the store could not do it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What was asked for cannot be read or written.
    #[error("the store failed: {0}; look at its files and the disk, then start the server again")]
    Failed(String),
    /// There is no room of this name, or this epoch.
    #[error("there is no room {0} in this store")]
    NoSuchRoom(String),
    /// What was to be read is damaged. From now on, [`Store::first_available`] is behind it.
    #[error(
        "the store is damaged: {0}; run 'chat-cli verify' on it, put back a copy, or 'chat-cli export' what can be \
         read and 'chat-cli import' it into a new folder"
    )]
    Damaged(String),
    /// It was given up, because it took too long: everyone else's searches wait for it.
    #[error("the search takes too long; give rarer or longer words, or search one room")]
    TooBroad,
}

/// Keeps records and answers history. Rooms are known by their epoch, which no other room ever has.
///
/// The engine appends in the order of the log and tells nobody before the store has it. It does not wait: the
/// next batch may be handed over while the one before is not yet kept. Reads may come at any time from any
/// task, and see at least what had been appended, and reported as kept, before they began.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Gives back what was kept before. Called once, before anything else; `config` has the limits of the chat
    /// that will be rebuilt from it. A store that forgets gives nothing, which is the default.
    ///
    /// # Errors
    /// What is there cannot be used: the server does not start.
    async fn recover(&self, config: &Config) -> Result<Recovered, StoreError> {
        let _ = config;
        Ok(Recovered::default())
    }

    /// Keeps records; when it returns they are as safe as [`durability`](Store::durability) says. The first
    /// poll fixes their place: the engine polls each call once before it makes the next, and does not drop
    /// one unfinished unless it ends.
    ///
    /// [`Event::Deleted`](chat_core::Event::Deleted) takes the text of the message at its target out of everything that
    /// is kept: from then on reads give [`Event::Removed`](chat_core::Event::Removed) there, and no search finds it.
    ///
    /// A room whose [modes](chat_core::Modes) have a `retention_ms` keeps its events for so long and no longer, those of
    /// before the change too: what is older is gone within a minute or so, as if the store had never kept it for longer.
    /// Where the store has a limit of its own, the shorter one counts.
    ///
    /// While the disk is full this waits until there is space again.
    ///
    /// # Errors
    /// Nothing of it may be relied on then: the engine stops accepting. Every later call fails, too.
    async fn append(&self, records: Vec<Record>) -> Result<(), StoreError>;

    /// Whether messages may be accepted. While this is false the server refuses them with `storage_full`, and
    /// only what little it takes to join and leave is appended. Cheap; asked before every message.
    fn has_space(&self) -> bool {
        true
    }

    /// Where a room's events begin that can be read without a hole up to its head; `None` if the room is
    /// unknown or has none.
    async fn first_available(&self, room: Epoch) -> Result<Option<Available>, StoreError>;

    /// All events of a room behind `after` and up to `upto`, in order, from the front. What lies before
    /// [`first_available`](Store::first_available) is not there: a page may begin later than asked for, and
    /// never has a hole.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the page cannot be given as it was; `first_available` tells where to go on.
    async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError>;

    /// A page of a room's messages, in order. Nothing above `head` is looked at.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if what comes next in that direction is damaged. What lies on this side of the
    /// damage is given first, by a page that says that there are more.
    async fn messages(
        &self,
        room: Epoch,
        head: Number,
        anchor: Anchor,
        limit: PageLimit,
    ) -> Result<Messages, StoreError>;

    /// The newest messages that match, oldest first; `older` says whether there are more before them. Those of
    /// the same millisecond are never torn apart, so there may be a few more than asked for.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if nothing was found and something damaged could not be looked at; as long as there
    /// are matches on this side of it, they come with `older` set. [`StoreError::TooBroad`] if it would take too long.
    async fn search(&self, search: Search) -> Result<Messages, StoreError>;

    /// Ready once nothing can be kept any more, whether something is being appended or not: the server ends
    /// then. A store that only ever fails while it appends need not say so again, which is the default.
    async fn failed(&self) -> StoreError {
        std::future::pending().await
    }

    /// When something appended is safe: `memory`, `os` or `fsync`.
    fn durability(&self) -> &'static str;

    /// Everything was appended and the server ends: leaves what is kept in good order for the next start.
    ///
    /// # Errors
    /// It could not; what was appended is kept all the same.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The time so many milliseconds ago.
pub(crate) fn ago(ms: u64) -> Timestamp {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
    Timestamp(u64::try_from(now).unwrap_or(u64::MAX).saturating_sub(ms))
}

/// The newest of these matches, oldest first, within the limit; those of one millisecond stay together.
pub(crate) fn newest(mut found: Vec<Past>, limit: PageLimit) -> Messages {
    found.sort_by_key(|past| (past.stamp.at, past.stamp.seq));
    let (mut first, mut bytes, mut last_at) = (found.len(), 0, None);
    while let Some(past) = first.checked_sub(1).and_then(|at| found.get(at)) {
        bytes += size(&past.event);
        let taken = found.len() - first;
        let full = taken >= limit.events || bytes > limit.bytes;
        if taken > 0 && full && last_at != Some(past.stamp.at) {
            break;
        }
        last_at = Some(past.stamp.at);
        first -= 1;
    }
    Messages { events: found.split_off(first), older: first > 0, newer: false }
}
