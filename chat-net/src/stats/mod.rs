//! What a server does, in numbers: counted always, by adding to atomics that nobody waits for, and read as one
//! plain [`Stats`].
//!
//! What is counted for a recipient is gathered where the recipients are gone through, and added once for all of
//! them. Numbers that can be looked up, such as how much waits to be sent, are looked up once a second.

mod counters;
mod histogram;
mod kinds;
mod observer;
mod snapshot;

pub(crate) use counters::{Counters, Gauges};
pub use histogram::Histogram;
pub use kinds::ClientKind;
pub use observer::{Health, Observer};
pub use snapshot::{Connections, Stats, StoreStats, TransferStats};
