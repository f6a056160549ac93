//! The store as the server sees it: hands work to the writer and reads to the readers.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use async_trait::async_trait;
use chat_core::{Anchor, Config, Epoch, Number};
use tokio::sync::oneshot;

use super::checkpoint::Checkpointer;
use super::error::OpenError;
use super::folder::Folder;
use super::ledger::{self, Ledger};
use super::read::Readers;
use super::rooms::Rooms;
use super::space::Space;
use super::upkeep::Upkeep;
use super::writer::{Job, Shared, Writer};
use super::{Durability, SqliteOptions, meta, open};
use crate::store::{Available, Messages, Page, PageLimit, Record, Recovered, Search, Store, StoreError};

/// A store in a folder: one SQLite file, with all that was recorded.
///
/// Appends that come while one is being committed are committed together, on a thread of its own. Dropping
/// the store waits until what was appended is kept; [`close`](Store::close) also leaves the mark that all is in
/// good order. Neither waits for space on a full disk.
#[derive(Debug)]
pub struct Sqlite {
    jobs: Sender<Job>,
    shared: Arc<Shared>,
    readers: Readers,
    durability: Durability,
    writer: Mutex<Option<JoinHandle<()>>>,
}

impl Sqlite {
    /// Opens the store in a folder, which is made if need be, and locks it. Blocks while it does.
    ///
    /// # Errors
    /// [`OpenError`] says what to do. Then nothing in the folder was changed.
    pub fn open(folder: impl AsRef<Path>, options: SqliteOptions) -> Result<Sqlite, OpenError> {
        open::refuse_early(folder.as_ref(), &options)?;
        let mut folder = Folder::lock(folder.as_ref())?;
        let path = folder.database();
        let store = |error| OpenError::store(&path, error);
        let sqlite = |error| OpenError::sqlite(&path, error);
        let opened = open::open(&mut folder, &options)?;
        let mark = meta::snapshot(&opened.conn).map_err(store)?;
        let (states, last_event) = ledger::read(&opened.conn).map_err(store)?;
        let last_change = opened
            .conn
            .query_row("SELECT ifnull(max(ord), 0) FROM journal", [], |row| row.get(0))
            .map_err(sqlite)?;
        let rooms = Arc::new(Rooms::default());
        rooms.update(states.iter().cloned());
        let ledger = Ledger::new(states, mark.ord.max(last_event).max(last_change));
        let upkeep = Upkeep::new(&opened.conn, mark, &ledger, &options).map_err(sqlite)?;
        let (jobs, queue) = channel();
        let shared = Arc::new(Shared::default());
        let checkpointer =
            Checkpointer::start(&path, options.thresholds.wal_pages, jobs.clone()).map_err(store)?;
        let readers = Readers::start(&path, &rooms, Duration::from_millis(options.thresholds.search_ms))
            .map_err(store)?;
        let durability = options.durability;
        let writer = Writer {
            conn: opened.conn,
            ledger,
            rooms: Arc::clone(&rooms),
            space: Space::new(folder.path(), options.reserve_bytes, Arc::clone(&shared.has_space)),
            options,
            shared: Arc::clone(&shared),
            jobs: queue,
            own_jobs: jobs.clone(),
            path: path.clone(),
            upkeep,
            checkpointer,
            renumber: opened.renumber,
            config: None,
            compacting: None,
            failed: None,
            _folder: folder,
        };
        let writer = std::thread::Builder::new()
            .name("chat-store".into())
            .spawn(move || writer.run())
            .map_err(|error| OpenError::io(&path, error))?;
        Ok(Sqlite { jobs, shared, readers, durability, writer: Mutex::new(Some(writer)) })
    }

    /// Hands a job over at once, in the first poll, and waits for its answer.
    async fn ask<T>(
        &self,
        job: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Job,
    ) -> Result<T, StoreError> {
        let ended = || StoreError::Failed("its writer has ended".into());
        let (reply, answer) = oneshot::channel();
        self.jobs.send(job(reply)).map_err(|_| ended())?;
        answer.await.map_err(|_| ended())?
    }
}

#[async_trait]
impl Store for Sqlite {
    async fn recover(&self, config: &Config) -> Result<Recovered, StoreError> {
        let config = Box::new(config.clone());
        self.ask(|reply| Job::Recover { config, reply }).await
    }

    /// The queue has no limit of its own: the engine appends no more than it has room for.
    async fn append(&self, records: Vec<Record>) -> Result<(), StoreError> {
        self.ask(|reply| Job::Append { records, reply }).await
    }

    fn has_space(&self) -> bool {
        self.shared.has_space.load(Ordering::Relaxed)
    }

    async fn first_available(&self, room: Epoch) -> Result<Option<Available>, StoreError> {
        self.readers.first_available(room).await
    }

    async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        self.readers.read(room, after, upto, limit).await
    }

    async fn messages(
        &self,
        room: Epoch,
        head: Number,
        anchor: Anchor,
        limit: PageLimit,
    ) -> Result<Messages, StoreError> {
        self.readers.messages(room, head, anchor, limit).await
    }

    async fn search(&self, search: Search) -> Result<Messages, StoreError> {
        self.readers.search(search).await
    }

    async fn failed(&self) -> StoreError {
        let mut failed = self.shared.failed.subscribe();
        let error = failed.wait_for(Option::is_some).await.ok().and_then(|error| error.clone());
        error.unwrap_or_else(|| StoreError::Failed("its writer has ended".into()))
    }

    fn durability(&self) -> &'static str {
        self.durability.name()
    }

    async fn close(&self) -> Result<(), StoreError> {
        self.shared.is_ending.store(true, Ordering::Relaxed);
        self.ask(|reply| Job::Close { reply }).await
    }
}

impl Drop for Sqlite {
    fn drop(&mut self) {
        self.readers.stop();
        self.shared.is_ending.store(true, Ordering::Relaxed);
        let _ = self.jobs.send(Job::Stop);
        let writer = self.writer.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(writer) = writer {
            let _ = writer.join();
        }
    }
}
