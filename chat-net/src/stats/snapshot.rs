//! What a server has done so far, and what there is now, at one moment.

use std::collections::BTreeMap;
use std::time::Duration;

use chat_core::Code;

use super::{ClientKind, Histogram};

/// What a server has done since it started, and what there is now.
///
/// The numbers are read one after another while the server goes on: each is right, but two that belong together
/// may be apart by what happened in between. Those that only rise never fall; they begin at zero with every
/// start.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// The version of this crate.
    pub version: &'static str,
    /// How long ago the server started.
    pub uptime: Duration,
    /// Connections that are let in now, also those that have not shown yet what they speak.
    pub admitted: u64,
    /// Clients by what they speak; every kind is in it.
    pub connections: BTreeMap<ClientKind, Connections>,
    /// Connections that never became a client: over a limit, or in another protocol.
    pub connections_refused: BTreeMap<Code, u64>,
    /// What clients asked, by the name that the ask has on the wire: `say`, `whisper`, `history` and so on; every
    /// name is in it. What could not be read, came too fast or without a name is among `refusals` only.
    pub asks: BTreeMap<&'static str, u64>,
    /// Events told live, each once, to however many; answers to asks that change something are events, and a
    /// whisper is two, because its sender and its receiver are not told the same. Not in it: what is told again from
    /// history, refusals, and answers to questions.
    pub events: u64,
    /// The same, once for every connection that each was told: how many recipients were reached.
    pub deliveries: u64,
    /// Bytes that came from clients.
    pub received_bytes: u64,
    /// Bytes that clients' sockets, or pipes, took.
    pub sent_bytes: u64,
    /// Bytes that wait to be sent to clients, files included; looked up once a second.
    pub queue_bytes: u64,
    /// Asks that were refused, by reason.
    pub refusals: BTreeMap<Code, u64>,
    /// Clients' connections that ended, by the code they ended with. `no_answer` is also the code of those that were
    /// broken off at the other end; `left` that of goodbyes.
    pub closes: BTreeMap<Code, u64>,
    /// The store.
    pub store: StoreStats,
    /// Files.
    pub transfers: TransferStats,
    /// Sessions with a connection.
    pub attached: u64,
    /// Sessions without a connection that hold their names still.
    pub lingering: u64,
    /// Rooms.
    pub rooms: u64,
}

/// Clients of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Connections {
    /// How many there ever were.
    pub opened: u64,
    /// How many there are.
    pub open: u64,
}

/// What the store was given, and how long it took.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreStats {
    /// Nanoseconds from giving the store a batch until it was known to be kept.
    pub append_ns: Histogram,
    /// Records in a batch.
    pub append_records: Histogram,
    /// Whether the store takes more messages; looked up once a second.
    pub has_space: bool,
}

/// What became of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TransferStats {
    /// Transfers that are not over: offered, running or paused.
    pub open: u64,
    /// Bytes of files that senders sent.
    pub received_bytes: u64,
    /// Bytes of files that receivers acknowledged: once for each of a room.
    pub sent_bytes: u64,
}

impl Stats {
    /// Clients of all kinds that are connected now.
    #[must_use]
    pub fn open(&self) -> u64 {
        self.connections.values().map(|connections| connections.open).sum()
    }
}
