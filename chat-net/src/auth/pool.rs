//! Hashes passwords off the chat's threads: one at a time, and few wait.

use std::sync::Arc;

use chat_core::PasswordHash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;

use super::password::{self, HashError};
use crate::codec::Secret;

/// Why nothing was hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoolError {
    /// As many wait for their turn as may: try again later.
    Busy,
    /// The password may not be set, or the system is at its end.
    Hash(HashError),
}

/// Where passwords are hashed. A hash takes a processor for a while, and 19 MiB: so one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Pool {
    turn: Arc<Semaphore>,
    /// Places for the one that runs and for those that wait.
    places: Arc<Semaphore>,
}

impl Pool {
    /// A pool in which so many may wait.
    pub(crate) fn new(waiting: usize) -> Pool {
        let places = waiting.saturating_add(1).min(Semaphore::MAX_PERMITS);
        Pool { turn: Arc::new(Semaphore::new(1)), places: Arc::new(Semaphore::new(places)) }
    }

    /// Whether it is the password of that hash; without a hash it is not, after as much work. Cancel safe: whoever waits
    /// no more gives up the place.
    pub(crate) async fn verify(
        &self,
        password: Secret,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PoolError> {
        let turn = self.turn().await?;
        let work = spawn_blocking(move || {
            let is_right = password::verify(&password, hash.as_ref());
            drop(turn);
            is_right
        });
        // It does not panic; and what was not judged was not right.
        Ok(work.await.unwrap_or(false))
    }

    /// The hash of a new password. Cancel safe.
    pub(crate) async fn hash(&self, password: Secret) -> Result<PasswordHash, PoolError> {
        password::check(&password).map_err(PoolError::Hash)?;
        let turn = self.turn().await?;
        let work = spawn_blocking(move || {
            let hash = password::hash(&password);
            drop(turn);
            hash
        });
        work.await.unwrap_or(Err(HashError::System)).map_err(PoolError::Hash)
    }

    async fn turn(&self) -> Result<Turn, PoolError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PoolError::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| PoolError::Busy)?;
        Ok(Turn { _place: place, _turn: turn })
    }
}

/// Held while a hash is made, by the thread that makes it: one that nobody waits for any more counts all the same.
struct Turn {
    _turn: OwnedSemaphorePermit,
    _place: OwnedSemaphorePermit,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    fn poll<F: Future>(future: std::pin::Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn one_is_hashed_so_many_wait_and_the_next_is_told_that_it_is_busy() {
        let pool = Pool::new(1);
        let hash = pool.hash("correct horse".into()).await.unwrap();
        // Takes the turn, as the thread that makes a hash would.
        let turn = pool.turn().await.unwrap();
        let mut second = Box::pin(pool.verify("correct horse".into(), Some(hash.clone())));
        assert!(poll(second.as_mut()).is_pending());
        assert_eq!(pool.verify("correct horse".into(), Some(hash.clone())).await, Err(PoolError::Busy));
        assert_eq!(pool.hash("battery staple".into()).await, Err(PoolError::Busy));

        // Who waits no more gives up the place.
        drop(second);
        let mut third = pin!(pool.verify("correct horse".into(), Some(hash)));
        assert!(poll(third.as_mut()).is_pending());
        drop(turn);
        assert_eq!(third.await, Ok(true));
    }

    #[tokio::test]
    async fn a_password_that_may_not_be_set_needs_no_turn() {
        let pool = Pool::new(0);
        let _turn = pool.turn().await.unwrap();
        assert_eq!(pool.hash("short".into()).await, Err(PoolError::Hash(HashError::Length)));
    }
}
