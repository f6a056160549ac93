//! Asks code of the embedder's own: in time, and without its panics.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::timeout;

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It took too long, and was dropped.
    Slow,
    /// It panicked.
    Panicked,
}

/// Calls it and waits for the answer, at most so long. Cancel safe, if what is asked is.
pub(crate) async fn ask<F: Future>(limit: Duration, call: impl FnOnce() -> F) -> Result<F::Output, Fault> {
    // The call itself may panic, too: so it is part of what is polled.
    let mut answer = pin!(async { call().await });
    let contained = std::future::poll_fn(|cx| {
        // A future that panicked is not polled again, so nobody sees what it left half done.
        match catch_unwind(AssertUnwindSafe(|| answer.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
            Err(_) => Poll::Ready(Err(Fault::Panicked)),
        }
    });
    timeout(limit, contained).await.unwrap_or(Err(Fault::Slow))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(2);

    #[tokio::test(start_paused = true)]
    async fn an_answer_comes_in_time_or_not_at_all() {
        assert_eq!(ask(LIMIT, || async { 7 }).await, Ok(7));
        let before = tokio::time::Instant::now();
        assert_eq!(ask(LIMIT, std::future::pending::<u8>).await, Err(Fault::Slow));
        assert_eq!(before.elapsed(), LIMIT);
    }

    #[tokio::test]
    async fn a_panic_stays_where_it_is() {
        let late = || async {
            tokio::task::yield_now().await;
            panic!("of the embedder's own")
        };
        assert_eq!(ask(LIMIT, late).await, Err::<u8, _>(Fault::Panicked));
        let at_once = || -> std::future::Ready<u8> { panic!("before there is a future") };
        assert_eq!(ask(LIMIT, at_once).await, Err(Fault::Panicked));
    }
}
