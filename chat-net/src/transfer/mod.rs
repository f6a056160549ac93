//! The bytes of files on their way from a sender's connection to the receivers' bulk lanes.
//!
//! ```text
//!  sender's reader ── chunk ──→ relay ── the same bytes ──→ bulk lane of each receiver of the pass
//!                  ←─ credit ──       ←───── received ───── receivers' readers
//! ```
//!
//! `registry` knows which connections are ends of which transfers; the engine alone links and unlinks them. `relay` is
//! one transfer, without a socket; `place` decides which receivers share a pass, `credit` how far a pass may go, `pass` is
//! the bookkeeping of one, `frames` the chunk as each receiver gets it, and `port` what a relay needs of a connection.

mod credit;
mod frames;
mod pass;
mod place;
mod port;
mod registry;
mod relay;
#[cfg(test)]
mod tests;

pub(crate) use registry::{Link, Transfers};
pub(crate) use relay::{Finding, Start, Verdict};
