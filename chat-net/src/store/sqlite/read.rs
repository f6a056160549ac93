//! The readers: a few threads, each with a connection of its own, that answer what the server asks.

use std::collections::VecDeque;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use chat_core::{Anchor, Epoch, GapReason, Number};
use rusqlite::{Connection, InterruptHandle};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::connection;
use super::damage::Trouble;
use super::patience::Patience;
use super::rooms::{RoomEntry, Rooms};
use super::search::Searching;
use super::view::View;
use crate::lock::lock;
use crate::store::{Available, Messages, Page, PageLimit, Search, StoreError};

/// One for what is quick alone, and one that searches as well: a long search holds up no history.
const THREADS: usize = 2;

/// Reads that wait or run, searches not counted; who asks for more waits for its turn.
const JOBS: usize = 256;

/// The same of searches: however many wait, all other reads have their turns.
const SEARCHES: usize = 32;

/// How often a read is tried again because the room changed meanwhile.
const TRIES: usize = 8;

/// Answers reads. Ends its threads when it is dropped.
pub(crate) struct Readers {
    rooms: Arc<Rooms>,
    queue: Arc<Queue>,
    turns: Arc<Semaphore>,
    search_turns: Arc<Semaphore>,
    threads: Mutex<Vec<(JoinHandle<()>, InterruptHandle)>>,
}

type Job = Box<dyn FnOnce(&Desk) + Send>;

/// What a thread has at hand.
struct Desk {
    conn: Connection,
    rooms: Arc<Rooms>,
    patience: Patience,
    /// How long a search may take.
    search_limit: Duration,
}

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    came: Condvar,
}

#[derive(Default)]
struct Waiting {
    quick: VecDeque<Job>,
    long: VecDeque<Job>,
    is_closed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lane {
    Quick,
    Long,
}

impl Readers {
    /// Opens the connections. A search is ended after `search_limit`.
    ///
    /// # Errors
    /// The file cannot be opened, or no thread started.
    pub(crate) fn start(
        path: &Path,
        rooms: &Arc<Rooms>,
        search_limit: Duration,
    ) -> Result<Readers, StoreError> {
        let readers = Readers {
            rooms: Arc::clone(rooms),
            queue: Arc::default(),
            turns: Arc::new(Semaphore::new(JOBS)),
            search_turns: Arc::new(Semaphore::new(SEARCHES)),
            threads: Mutex::default(),
        };
        for at in 0..THREADS {
            let mut conn = connection::reader(path).map_err(Trouble::from)?;
            let interrupt = conn.get_interrupt_handle();
            let patience = Patience::default();
            patience.watch(&mut conn).map_err(Trouble::from)?;
            let desk = Desk { conn, rooms: Arc::clone(rooms), patience, search_limit };
            let queue = Arc::clone(&readers.queue);
            let thread = std::thread::Builder::new()
                .name(format!("chat-read-{at}"))
                .spawn(move || queue.serve(&desk, at > 0))
                .map_err(|error| StoreError::Failed(format!("no thread for reading: {error}")))?;
            readers.threads().push((thread, interrupt));
        }
        Ok(readers)
    }

    /// Ends what is being read, closes the connections, and waits until that is done. Every later read fails.
    pub(crate) fn stop(&self) {
        self.queue.close();
        for (thread, interrupt) in std::mem::take(&mut *self.threads()) {
            interrupt.interrupt();
            // It ended anyway, if it panicked.
            let _ = thread.join();
        }
    }

    pub(crate) async fn first_available(&self, room: Epoch) -> Result<Option<Available>, StoreError> {
        Ok(self.rooms.find(room).and_then(|room| available(&room)))
    }

    pub(crate) async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.ask(Lane::Quick, move |desk| desk.room(room, |view| view.read(after, upto, limit))).await
    }

    pub(crate) async fn messages(
        &self,
        room: Epoch,
        head: Number,
        anchor: Anchor,
        limit: PageLimit,
    ) -> Result<Messages, StoreError> {
        self.ask(Lane::Quick, move |desk| desk.room(room, |view| view.messages(head, anchor, limit))).await
    }

    pub(crate) async fn search(&self, search: Search) -> Result<Messages, StoreError> {
        self.ask(Lane::Long, move |desk| desk.search(&search)).await
    }

    async fn ask<T: Send + 'static>(
        &self,
        lane: Lane,
        work: impl FnOnce(&Desk) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let closed = || StoreError::Failed("it is closed".into());
        let turns = match lane {
            Lane::Quick => &self.turns,
            Lane::Long => &self.search_turns,
        };
        let turn = Arc::clone(turns).acquire_owned().await.map_err(|_| closed())?;
        let (answer, answered) = oneshot::channel();
        let job = move |desk: &Desk| {
            let _turn: OwnedSemaphorePermit = turn;
            // Who asked may have gone while this waited.
            if !answer.is_closed() {
                let _ = answer.send(work(desk));
            }
        };
        self.queue.push(lane, Box::new(job));
        answered.await.map_err(|_| closed())?
    }

    fn threads(&self) -> MutexGuard<'_, Vec<(JoinHandle<()>, InterruptHandle)>> {
        lock(&self.threads)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Where what can be read of a room begins.
pub(crate) fn available(room: &RoomEntry) -> Option<Available> {
    if room.head.0 == 0 {
        return None;
    }
    match room.damaged.next() {
        behind if behind > room.first && room.damaged.0 > 0 => {
            Some(Available { first: behind, why: GapReason::Corrupt })
        }
        _ => Some(Available { first: room.first, why: GapReason::NotKept }),
    }
}

impl Desk {
    /// Reads a room in one transaction; a room that is not known has nothing.
    fn room<T: Default>(
        &self,
        epoch: Epoch,
        work: impl Fn(&View<'_>) -> Result<T, Trouble>,
    ) -> Result<T, StoreError> {
        for _ in 0..TRIES {
            let Some(room) = self.rooms.find(epoch) else { return Ok(T::default()) };
            let view = View::new(&self.conn, room.clone());
            let result = self.within(|| work(&view))?;
            let damage = view.into_damage();
            let Some(now) = self.rooms.find(epoch) else { return Ok(T::default()) };
            if damage.iter().any(|damage| damage.upto < now.first) {
                // It was not damaged, it was let go while this was being read.
                continue;
            }
            for damage in damage {
                tracing::error!(what = damage.what, "part of the history is damaged");
                self.rooms.mark_damaged(epoch, damage.upto);
            }
            return result.map_err(StoreError::from);
        }
        Err(StoreError::Failed(format!("room {epoch} changes faster than it can be read")))
    }

    fn search(&self, search: &Search) -> Result<Messages, StoreError> {
        self.patience.begin(self.search_limit);
        let found = self.look_through(search);
        // Whatever went wrong then, it was because it was ended.
        if self.patience.end() && found.is_err() { Err(StoreError::TooBroad) } else { found }
    }

    fn look_through(&self, search: &Search) -> Result<Messages, StoreError> {
        let mut searching = Searching::new(&search.words, search.before, search.limit);
        for (epoch, from) in &search.rooms {
            if self.patience.is_over() {
                return Err(StoreError::TooBroad);
            }
            searching = self
                .room(*epoch, |view| {
                    let mut searching = searching.clone();
                    searching.room(view, *from).map(|()| Some(searching))
                })?
                .unwrap_or(searching);
        }
        searching.finish().map_err(StoreError::from)
    }

    /// All that is read in here is of one moment.
    fn within<T>(&self, work: impl FnOnce() -> T) -> Result<T, StoreError> {
        let moment = self.conn.unchecked_transaction().map_err(Trouble::from)?;
        let result = work();
        moment.finish().map_err(Trouble::from)?;
        Ok(result)
    }
}

impl Queue {
    fn serve(&self, desk: &Desk, takes_long: bool) {
        while let Some(job) = self.next(takes_long) {
            job(desk);
        }
    }

    fn next(&self, takes_long: bool) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_closed {
                return None;
            }
            let long = if takes_long { waiting.long.pop_front() } else { None };
            if let Some(job) = long.or_else(|| waiting.quick.pop_front()) {
                return Some(job);
            }
            waiting = self.came.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn push(&self, lane: Lane, job: Job) {
        let mut waiting = self.lock();
        if waiting.is_closed {
            return;
        }
        match lane {
            Lane::Quick => waiting.quick.push_back(job),
            Lane::Long => waiting.long.push_back(job),
        }
        drop(waiting);
        // Not every thread takes every job.
        self.came.notify_all();
    }

    fn close(&self) {
        let mut waiting = self.lock();
        waiting.is_closed = true;
        // Who waits for these is told by their being dropped.
        waiting.quick.clear();
        waiting.long.clear();
        drop(waiting);
        self.came.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        lock(&self.waiting)
    }
}

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Readers").finish_non_exhaustive()
    }
}
