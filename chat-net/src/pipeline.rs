//! Batches on their way into the store. The engine goes on while they are being kept; they come out in the
//! order in which they went in, each once the store has it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Instant;

use crate::batch::Batch;
use crate::stats::Counters;
use crate::store::{Record, Store, StoreError};

type Keeping = Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>;

/// How much may be on its way: at either, the engine takes nothing more until the store has caught up.
const BATCHES: usize = 1024;
const BYTES: usize = 4 * 1024 * 1024;

pub(crate) struct Pipeline {
    counters: Arc<Counters>,
    waiting: VecDeque<Waiting>,
    /// Roughly how many bytes of events wait.
    bytes: usize,
}

struct Waiting {
    /// `None` once the store has it.
    keeping: Option<Keeping>,
    batch: Batch,
    /// How many records were given to the store, and when.
    records: usize,
    since: Instant,
}

impl std::fmt::Debug for Pipeline {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline").field("batches", &self.waiting.len()).field("bytes", &self.bytes).finish()
    }
}

impl Pipeline {
    pub(crate) fn new(counters: Arc<Counters>) -> Pipeline {
        Pipeline { counters, waiting: VecDeque::new(), bytes: 0 }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(crate) fn has_room(&self) -> bool {
        self.waiting.len() < BATCHES && self.bytes < BYTES
    }

    /// Hands a batch's records to the store; what they lead to waits here.
    ///
    /// # Errors
    /// The store failed at once.
    pub(crate) fn push(&mut self, store: &Arc<dyn Store>, mut batch: Batch) -> Result<(), StoreError> {
        let records = std::mem::take(&mut batch.records);
        let (count, since) = (records.len(), Instant::now());
        let keeping = if records.is_empty() { None } else { begin(Arc::clone(store), records)? };
        if keeping.is_none() && count > 0 {
            self.counters.kept(count, since.elapsed());
        }
        self.bytes += batch.bytes;
        self.waiting.push_back(Waiting { keeping, batch, records: count, since });
        Ok(())
    }

    /// The oldest batch, if the store has it.
    pub(crate) fn pop_kept(&mut self) -> Option<Batch> {
        self.waiting.front().filter(|front| front.keeping.is_none())?;
        let front = self.waiting.pop_front()?;
        self.bytes -= front.batch.bytes;
        Some(front.batch)
    }

    /// Ready once the store has the oldest batch; never, if there is none. Cancel safe.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn oldest_kept(&mut self) -> Result<(), StoreError> {
        poll_fn(|cx| {
            let Some(front) = self.waiting.front_mut() else { return Poll::Pending };
            if let Some(keeping) = &mut front.keeping {
                ready!(keeping.as_mut().poll(cx))?;
                front.keeping = None;
                self.counters.kept(front.records, front.since.elapsed());
            }
            Poll::Ready(Ok(()))
        })
        .await
    }
}

/// Begins to keep records: the first poll fixes their place among all others. A store that need not wait is
/// done with it.
fn begin(store: Arc<dyn Store>, records: Vec<Record>) -> Result<Option<Keeping>, StoreError> {
    let mut keeping: Keeping = Box::pin(async move { store.append(records).await });
    match keeping.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(kept) => kept.map(|()| None),
        Poll::Pending => Ok(Some(keeping)),
    }
}
