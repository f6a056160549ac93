//! Hashes passwords off the chat's threads: one at a time, and few wait.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Sender;
use std::sync::{Arc, OnceLock};

use chat_core::PasswordHash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::spawn_blocking;

use super::password::{self, HashError, Memory};
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
    worker: Arc<OnceLock<Sender<Job>>>,
}

type Job = Box<dyn FnOnce(&mut Memory) + Send>;

/// How much less than the chat the thread counts that hashes, where both want a processor: a tenth, by the kernel's weights.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

impl Pool {
    /// A pool in which so many may wait. Its thread starts with the first password, and ends with the pool.
    pub(crate) fn new(waiting: usize) -> Pool {
        let places = waiting.saturating_add(1).min(Semaphore::MAX_PERMITS);
        Pool {
            turn: Arc::new(Semaphore::new(1)),
            places: Arc::new(Semaphore::new(places)),
            worker: Arc::default(),
        }
    }

    /// Whether it is the password of that hash; without a hash it is not, after as much work. Cancel safe: whoever waits
    /// no more gives up the place.
    pub(crate) async fn verify(
        &self,
        password: Secret,
        hash: Option<PasswordHash>,
    ) -> Result<bool, PoolError> {
        let turn = self.turn().await?;
        self.run(turn, move |memory| password::verify(&password, hash.as_ref(), memory)).await
    }

    /// The hash of a new password. Cancel safe.
    pub(crate) async fn hash(&self, password: Secret) -> Result<PasswordHash, PoolError> {
        password::check(&password).map_err(PoolError::Hash)?;
        let turn = self.turn().await?;
        self.run(turn, move |memory| password::hash_in(&password, memory)).await?.map_err(PoolError::Hash)
    }

    /// How many passwords it has hashed, of whatever names.
    #[cfg(test)]
    pub(crate) async fn hashed(&self) -> u32 {
        let turn = self.turn().await.unwrap();
        self.run(turn, |memory| memory.hashed).await.unwrap()
    }

    async fn turn(&self) -> Result<Turn, PoolError> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| PoolError::Busy)?;
        let turn = Arc::clone(&self.turn).acquire_owned().await.map_err(|_| PoolError::Busy)?;
        Ok(Turn { _place: place, _turn: turn })
    }

    async fn run<T: Send + 'static>(
        &self,
        turn: Turn,
        work: impl FnOnce(&mut Memory) -> T + Send + 'static,
    ) -> Result<T, PoolError> {
        let (reply, made) = oneshot::channel();
        let job = move |memory: &mut Memory| {
            let made = work(memory);
            drop(turn);
            let _ = reply.send(made);
        };
        let system = PoolError::Hash(HashError::System);
        let worker = match self.worker.get() {
            Some(worker) => worker,
            // Only whoever has the turn is here.
            None => {
                let started = start().map_err(|_| system)?;
                self.worker.get_or_init(|| started)
            }
        };
        worker.send(Box::new(job)).map_err(|_| system)?;
        // Waited for by a thread that the runtime lends: so it knows that there is work, and no clock of a test runs ahead.
        let waited = spawn_blocking(move || made.blocking_recv()).await;
        waited.map_err(|_| system)?.map_err(|_| system)
    }
}

/// Starts the thread. One of its own, always the same, with the memory that a hash needs: an allocator would keep that for each
/// of the threads that the runtime lends, and they are as urgent as the chat.
fn start() -> std::io::Result<Sender<Job>> {
    let (sender, jobs) = std::sync::mpsc::channel::<Job>();
    std::thread::Builder::new().name("chat-hash".into()).spawn(move || {
        #[cfg(target_os = "linux")]
        step_back();
        let mut memory = Memory::default();
        for job in jobs {
            // Whoever waits for it is told that it was not done.
            let _ = catch_unwind(AssertUnwindSafe(|| job(&mut memory)));
        }
    })?;
    Ok(sender)
}

/// Makes the calling thread, and no other, less urgent; if it may not be, it stays as it is.
#[cfg(target_os = "linux")]
fn step_back() {
    use rustix::process::{getpriority_process, setpriority_process};

    let niceness = getpriority_process(None).unwrap_or(0);
    let _ = setpriority_process(None, (niceness + NICE).min(19));
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
    async fn a_panic_is_told_and_the_next_is_hashed() {
        let pool = Pool::new(1);
        let turn = pool.turn().await.unwrap();
        let failed: Result<(), _> = pool.run(turn, |_| panic!("of the test's own")).await;
        assert_eq!(failed, Err(PoolError::Hash(HashError::System)));
        let hash = pool.hash("correct horse".into()).await.unwrap();
        assert_eq!(pool.verify("correct horse".into(), Some(hash)).await, Ok(true));
    }

    #[tokio::test]
    #[cfg(target_os = "linux")]
    async fn the_thread_that_hashes_is_less_urgent_and_no_other_is() {
        let pool = Pool::new(1);
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let before = niceness();
        let turn = pool.turn().await.unwrap();
        assert_eq!(pool.run(turn, move |_| niceness()).await, Ok((before + NICE).min(19)));
        assert_eq!(niceness(), before);
    }

    #[tokio::test]
    async fn a_password_that_may_not_be_set_needs_no_turn() {
        let pool = Pool::new(0);
        let _turn = pool.turn().await.unwrap();
        assert_eq!(pool.hash("short".into()).await, Err(PoolError::Hash(HashError::Length)));
    }
}
