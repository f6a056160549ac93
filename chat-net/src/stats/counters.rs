//! The counters that all parts of a server share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use chat_core::{Ask, Code, Query};

use super::histogram::Buckets;
use super::kinds::{ASKS, ClientKind, of_ask, of_query};
use super::snapshot::{Connections, Stats, StoreStats, TransferStats};

/// A number that any task may change; no order is promised between two of them.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Apart from what other threads write: they would take its cache line from each other.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Apart<T>(T);

/// One number for each code.
#[derive(Debug)]
struct ByCode([Count; Code::ALL.len()]);

impl Default for ByCode {
    fn default() -> ByCode {
        ByCode([const { Count(AtomicU64::new(0)) }; Code::ALL.len()])
    }
}

impl ByCode {
    /// A number of no code of this version is not counted.
    fn add(&self, number: u16) {
        if let Ok(at) = Code::ALL.binary_search_by_key(&number, |code| code.number()) {
            self.0[at].add(1);
        }
    }

    fn read(&self) -> BTreeMap<Code, u64> {
        let counted = Code::ALL.iter().zip(&self.0).map(|(code, count)| (*code, count.get()));
        counted.filter(|(_, count)| *count > 0).collect()
    }
}

const KINDS: usize = ClientKind::ALL.len();

/// Everything that is counted.
#[derive(Debug)]
pub(crate) struct Counters {
    /// By the engine's task, for the most part.
    engine: Apart<OfEngine>,
    /// By the readers of connections.
    received_bytes: Apart<Count>,
    file_bytes_in: Count,
    file_bytes_out: Count,
    /// By whoever writes.
    sent_bytes: Apart<Count>,
    /// Seldom.
    seldom: Apart<Seldom>,
}

#[derive(Debug)]
struct OfEngine {
    asks: [Count; ASKS.len()],
    events: Count,
    deliveries: Count,
    append_ns: Buckets,
    append_records: Buckets,
    queue_bytes: Count,
    attached: Count,
    named: Count,
    rooms: Count,
    transfers: Count,
    has_no_space: AtomicBool,
    /// Whether the engine has ended, however it did.
    is_over: AtomicBool,
}

#[derive(Debug, Default)]
struct Seldom {
    opened: [Count; KINDS],
    ended: [Count; KINDS],
    connections_refused: ByCode,
    refusals: ByCode,
    closes: ByCode,
}

const MICROSECOND: u64 = 1_000;
const MILLISECOND: u64 = 1_000 * MICROSECOND;

/// Bounds for how long the store takes.
const APPEND_NS: [u64; 13] = [
    100 * MICROSECOND,
    250 * MICROSECOND,
    500 * MICROSECOND,
    MILLISECOND,
    2_500 * MICROSECOND,
    5 * MILLISECOND,
    10 * MILLISECOND,
    25 * MILLISECOND,
    50 * MILLISECOND,
    100 * MILLISECOND,
    250 * MILLISECOND,
    500 * MILLISECOND,
    1_000 * MILLISECOND,
];

/// Bounds for how many records it is given at once.
const APPEND_RECORDS: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];

/// What the engine looks up now and then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gauges {
    /// Sessions with a connection.
    pub(crate) attached: usize,
    /// Sessions that hold a name, with a connection or without.
    pub(crate) named: usize,
    pub(crate) rooms: usize,
    pub(crate) transfers: usize,
}

impl Default for Counters {
    fn default() -> Counters {
        Counters {
            engine: Apart(OfEngine {
                asks: [const { Count(AtomicU64::new(0)) }; ASKS.len()],
                events: Count::default(),
                deliveries: Count::default(),
                append_ns: Buckets::new(&APPEND_NS),
                append_records: Buckets::new(&APPEND_RECORDS),
                queue_bytes: Count::default(),
                attached: Count::default(),
                named: Count::default(),
                rooms: Count::default(),
                transfers: Count::default(),
                has_no_space: AtomicBool::new(false),
                is_over: AtomicBool::new(false),
            }),
            received_bytes: Apart::default(),
            file_bytes_in: Count::default(),
            file_bytes_out: Count::default(),
            sent_bytes: Apart::default(),
            seldom: Apart::default(),
        }
    }
}

fn wide(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Counters {
    /// A connection turned out to be a client.
    pub(crate) fn opened(&self, kind: ClientKind) {
        self.seldom.0.opened[kind.index()].add(1);
    }

    /// Such a connection is gone.
    pub(crate) fn ended(&self, kind: ClientKind) {
        self.seldom.0.ended[kind.index()].add(1);
    }

    /// A connection was not let in, or spoke nothing that is spoken here.
    pub(crate) fn connection_refused(&self, code: Code) {
        self.seldom.0.connections_refused.add(code.number());
    }

    /// A client was told by the server, first, that its connection ends.
    pub(crate) fn closed(&self, code: u16) {
        self.seldom.0.closes.add(code);
    }

    /// Something asked was refused.
    pub(crate) fn refused(&self, code: u16) {
        self.seldom.0.refusals.add(code);
    }

    pub(crate) fn asked(&self, ask: &Ask) {
        self.engine.0.asks[of_ask(ask)].add(1);
    }

    pub(crate) fn queried(&self, query: &Query) {
        self.engine.0.asks[of_query(query)].add(1);
    }

    /// Events were told, to so many recipients in all.
    pub(crate) fn told(&self, events: usize, deliveries: usize) {
        self.engine.0.events.add(wide(events));
        self.engine.0.deliveries.add(wide(deliveries));
    }

    /// The store has so many records that it was given together.
    pub(crate) fn kept(&self, records: usize, took: Duration) {
        self.engine.0.append_ns.observe(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
        self.engine.0.append_records.observe(wide(records));
    }

    pub(crate) fn received(&self, bytes: usize) {
        self.received_bytes.0.add(wide(bytes));
    }

    pub(crate) fn sent(&self, bytes: usize) {
        if bytes > 0 {
            self.sent_bytes.0.add(wide(bytes));
        }
    }

    /// Bytes of files came from senders, and were acknowledged by receivers.
    pub(crate) fn carried(&self, bytes_in: u64, bytes_out: u64) {
        for (count, bytes) in [(&self.file_bytes_in, bytes_in), (&self.file_bytes_out, bytes_out)] {
            if bytes > 0 {
                count.add(bytes);
            }
        }
    }

    /// Stores, no additions: the engine is the only one that looks these up.
    pub(crate) fn publish(&self, gauges: Gauges) {
        self.engine.0.attached.set(wide(gauges.attached));
        self.engine.0.named.set(wide(gauges.named));
        self.engine.0.rooms.set(wide(gauges.rooms));
        self.engine.0.transfers.set(wide(gauges.transfers));
    }

    pub(crate) fn looked_at(&self, queue_bytes: usize, has_space: bool) {
        self.engine.0.queue_bytes.set(wide(queue_bytes));
        self.engine.0.has_no_space.store(!has_space, Ordering::Relaxed);
    }

    pub(crate) fn engine_is_over(&self) {
        self.engine.0.is_over.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_engine_over(&self) -> bool {
        self.engine.0.is_over.load(Ordering::Relaxed)
    }

    /// What was counted so far; what else a [`Stats`] has is left empty.
    pub(super) fn read(&self) -> Stats {
        let (engine, seldom) = (&self.engine.0, &self.seldom.0);
        let connections = ClientKind::ALL.iter().map(|kind| {
            // Read first, so that never more have ended than were opened.
            let ended = seldom.ended[kind.index()].get();
            let opened = seldom.opened[kind.index()].get();
            (*kind, Connections { opened, open: opened.saturating_sub(ended) })
        });
        let attached = engine.attached.get();
        Stats {
            version: env!("CARGO_PKG_VERSION"),
            uptime: Duration::ZERO,
            admitted: 0,
            connections: connections.collect(),
            connections_refused: seldom.connections_refused.read(),
            asks: ASKS.iter().copied().zip(engine.asks.iter().map(Count::get)).collect(),
            events: engine.events.get(),
            deliveries: engine.deliveries.get(),
            received_bytes: self.received_bytes.0.get(),
            sent_bytes: self.sent_bytes.0.get(),
            queue_bytes: engine.queue_bytes.get(),
            refusals: seldom.refusals.read(),
            closes: seldom.closes.read(),
            store: StoreStats {
                append_ns: engine.append_ns.read(),
                append_records: engine.append_records.read(),
                has_space: !engine.has_no_space.load(Ordering::Relaxed),
            },
            transfers: TransferStats {
                open: engine.transfers.get(),
                received_bytes: self.file_bytes_in.get(),
                sent_bytes: self.file_bytes_out.get(),
            },
            attached,
            lingering: engine.named.get().saturating_sub(attached),
            rooms: engine.rooms.get(),
        }
    }
}
