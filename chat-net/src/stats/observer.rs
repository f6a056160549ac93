//! Looks at a server from elsewhere.

use std::sync::Arc;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Counters, Stats};
use crate::admission::Admission;

/// Looks at a running server, from any task; goes on when the server has ended, with what it was at the end.
/// Cheap to clone. See [`ServerHandle::observer`](crate::ServerHandle::observer).
#[derive(Clone, Debug)]
pub struct Observer {
    pub(crate) counters: Arc<Counters>,
    pub(crate) admission: Arc<Admission>,
    pub(crate) ending: CancellationToken,
    pub(crate) start: Instant,
}

/// Whether a server does its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Health {
    /// It takes connections and asks.
    Serving,
    /// It was asked to end, or has ended.
    Ending,
    /// It cannot go on: its store failed. See [`ServerHandle::failed`](crate::ServerHandle::failed).
    Failed,
}

impl Health {
    /// Of a server that ends when `ending` is cancelled. One that was asked to end has not failed by that.
    pub(crate) fn of(ending: &CancellationToken, counters: &Counters) -> Health {
        match (ending.is_cancelled(), counters.is_engine_over()) {
            (true, _) => Health::Ending,
            (false, true) => Health::Failed,
            (false, false) => Health::Serving,
        }
    }

    /// A word for it: `ok`, `ending` or `failed`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Health::Serving => "ok",
            Health::Ending => "ending",
            Health::Failed => "failed",
        }
    }
}

impl Observer {
    /// What the server has done, and what there is now. Takes some hundred loads of memory, and one lock that is
    /// held for an instant.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats {
            uptime: self.start.elapsed(),
            admitted: self.admission.admitted() as u64,
            ..self.counters.read()
        }
    }

    /// Whether the server does its work.
    #[must_use]
    pub fn health(&self) -> Health {
        Health::of(&self.ending, &self.counters)
    }
}
