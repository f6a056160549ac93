//! The store: keeps what was recorded and answers history.

mod memory;

use async_trait::async_trait;
use chat_core::{Change, Epoch, Event, Number, Stamp};

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

/// How much to read at once: whichever is reached first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimit {
    /// Events.
    pub events: usize,
    /// Bytes of text, roughly; at least one event is read whatever its size.
    pub bytes: usize,
}

/// Why the store could not do it.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What was asked for cannot be read or written.
    #[error("the store failed: {0}; look at its files and the disk, then start the server again")]
    Failed(String),
}

/// Keeps records and answers history. Rooms are known by their epoch, which no other room ever has.
///
/// The engine appends in the order of the log and waits for it before anybody is told. Reads may come at any
/// time from any task, and see at least what was appended before they began.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Keeps records; when it returns they are as safe as [`durability`](Store::durability) says.
    ///
    /// # Errors
    /// Nothing of it may be relied on then: the engine stops accepting.
    async fn append(&self, records: Vec<Record>) -> Result<(), StoreError>;

    /// The first number of a room that can be read without a hole up to its head; `None` if none can.
    async fn first_available(&self, room: Epoch) -> Result<Option<Number>, StoreError>;

    /// All events of a room behind `after` and up to `upto`, in order, from the front.
    async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError>;

    /// The last messages of a room before a number, in order; `more` says whether there are older ones.
    async fn messages(&self, room: Epoch, before: Number, limit: PageLimit) -> Result<Page, StoreError>;

    /// When something appended is safe: `memory`, `os` or `fsync`.
    fn durability(&self) -> &'static str;
}
