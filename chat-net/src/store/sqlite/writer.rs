//! The one thread that writes: takes what waits, commits it at once, then answers.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::{Duration, Instant};

use chat_core::{Config, Epoch, RoomId, Snapshot};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use tokio::sync::{oneshot, watch};

use super::append::{self, Appended};
use super::checkpoint::Checkpointer;
use super::compact::{self, Encoded};
use super::error::WriteError;
use super::folder::Folder;
use super::ledger::Ledger;
use super::rooms::Rooms;
use super::space::Space;
use super::upkeep::{self, Upkeep};
use super::{Durability, SqliteOptions, connection, meta, open, recover};
use crate::recover::random_epoch;
use crate::store::{Record, Recovered, StoreError, size};

pub(crate) type Reply<T> = oneshot::Sender<Result<T, StoreError>>;

/// What the thread is asked to do, in this order.
#[derive(Debug)]
pub(crate) enum Job {
    Append {
        records: Vec<Record>,
        reply: Reply<()>,
    },
    Recover {
        config: Box<Config>,
        reply: Reply<Recovered>,
    },
    /// A snapshot is ready to be stored.
    Compacted(Result<Encoded, StoreError>),
    /// The log was written back as far as it was when that began.
    Checkpointed(Result<(), StoreError>),
    Close {
        reply: Reply<()>,
    },
    /// Nobody needs the store any more.
    Stop,
}

/// What one transaction takes up at most, unless a single append is larger.
const BATCH_RECORDS: usize = 4096;
const BATCH_BYTES: usize = 1 << 20;

/// How long it waits for a job before it looks at the disk.
const IDLE: Duration = Duration::from_millis(250);

/// How long it waits for space before it tries again.
const FULL: Duration = Duration::from_millis(200);

/// What the threads of a store share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) has_space: Arc<AtomicBool>,
    /// The store ends: nothing waits for space, and work behind the scenes stops.
    pub(crate) is_ending: AtomicBool,
    /// Why nothing can be kept any more.
    pub(crate) failed: watch::Sender<Option<StoreError>>,
}

/// What an append waits for.
type Waiting = VecDeque<(Vec<Record>, Reply<()>)>;

#[derive(Debug)]
pub(crate) struct Writer {
    pub(crate) conn: Connection,
    pub(crate) ledger: Ledger,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) options: SqliteOptions,
    pub(crate) shared: Arc<Shared>,
    pub(crate) jobs: Receiver<Job>,
    pub(crate) own_jobs: Sender<Job>,
    pub(crate) path: PathBuf,
    pub(crate) space: Space,
    pub(crate) upkeep: Upkeep,
    pub(crate) checkpointer: Checkpointer,
    /// Rooms must be numbered anew when the state is recovered.
    pub(crate) renumber: bool,
    /// The limits of the chat; known once it was recovered.
    pub(crate) config: Option<Box<Config>>,
    pub(crate) compacting: Option<std::thread::JoinHandle<()>>,
    /// Why nothing can be written any more.
    pub(crate) failed: Option<StoreError>,
    /// Held until the end.
    pub(crate) _folder: Folder,
}

impl Writer {
    pub(crate) fn run(mut self) {
        let mut next = None;
        while !matches!(next, Some(Job::Stop)) {
            let job = next.take().or_else(|| self.wait());
            match job {
                Some(Job::Append { records, reply }) => {
                    let (batch, behind) = self.gather(records, reply);
                    next = behind;
                    self.keep(batch);
                }
                Some(Job::Recover { config, reply }) => {
                    let _ = reply.send(self.recover(config));
                }
                Some(Job::Compacted(made)) => self.compacted(made),
                Some(Job::Checkpointed(done)) => self.checkpointed(done),
                Some(Job::Close { reply }) => {
                    let _ = reply.send(self.close());
                }
                Some(Job::Stop) => break,
                None => self.keep(Waiting::new()),
            }
            self.look_around();
        }
        self.end_threads();
    }

    /// The next job; none if something else should be done first.
    fn wait(&mut self) -> Option<Job> {
        if self.failed.is_none() && !self.renumber && self.upkeep.has_work() {
            return match self.jobs.try_recv() {
                Ok(job) => Some(job),
                Err(TryRecvError::Empty) => None,
                Err(TryRecvError::Disconnected) => Some(Job::Stop),
            };
        }
        match self.jobs.recv_timeout(IDLE) {
            Ok(job) => Some(job),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => Some(Job::Stop),
        }
    }

    /// Everything that waits to be appended, up to a limit, and the first job that is none of it.
    fn gather(&self, records: Vec<Record>, reply: Reply<()>) -> (Waiting, Option<Job>) {
        let weigh = |records: &[Record]| records.iter().map(weight).sum::<usize>();
        let (mut count, mut bytes) = (records.len(), weigh(&records));
        let mut batch = Waiting::from([(records, reply)]);
        while count < BATCH_RECORDS && bytes < BATCH_BYTES {
            match self.jobs.try_recv() {
                Ok(Job::Append { records, reply }) => {
                    count += records.len();
                    bytes += weigh(&records);
                    batch.push_back((records, reply));
                }
                Ok(job) => return (batch, Some(job)),
                Err(_) => break,
            }
        }
        (batch, None)
    }

    /// Commits a batch, with a bite of other work, and answers. Waits here while the disk is full.
    fn keep(&mut self, batch: Waiting) {
        let outcome = match &self.failed {
            Some(error) => Err(error.clone()),
            None if self.renumber && batch.is_empty() => return,
            None if self.renumber => {
                Err(StoreError::Failed("it must be recovered before it is appended to".into()))
            }
            None => self.commit(&batch),
        };
        for (_, reply) in batch {
            let _ = reply.send(outcome.clone());
        }
    }

    fn commit(&mut self, batch: &Waiting) -> Result<(), StoreError> {
        let mut with_bite = true;
        loop {
            if batch.is_empty() && !self.upkeep.has_work() {
                return Ok(());
            }
            let error = match self.transact(batch, with_bite) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            self.roll_back();
            match error {
                WriteError::Fatal(error) => return Err(self.fail(error)),
                WriteError::Full if batch.is_empty() => {
                    self.space.give_way();
                    self.upkeep.pause();
                    return Ok(());
                }
                WriteError::Full => self.wait_for_space()?,
            }
            with_bite = false;
        }
    }

    fn transact(&mut self, batch: &Waiting, with_bite: bool) -> Result<(), WriteError> {
        let Writer { conn, ledger, upkeep, options, .. } = self;
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        let (mut appended, mut unindexed) = (Appended::default(), append::Unindexed::new());
        for (records, _) in batch {
            appended.add(append::append(conn, ledger, records, &mut unindexed)?);
        }
        append::write_words(conn, unindexed)?;
        super::retain::drop_surplus(conn, ledger, options)?;
        let bite = if with_bite { upkeep.bite(conn, ledger, options)? } else { None };
        append::write_rooms(conn, ledger)?;
        conn.prepare_cached("COMMIT")?.execute([]).map_err(WriteError::index)?;
        self.rooms.update(self.ledger.commit());
        let words_ms = self.options.thresholds.words_ms;
        self.upkeep.committed(appended, bite, &mut self.ledger, words_ms);
        self.checkpointer.count_commit();
        Ok(())
    }

    fn roll_back(&mut self) {
        self.ledger.roll_back();
        if !self.conn.is_autocommit() {
            // If even this fails, the next BEGIN does, and that is fatal.
            let _ = self.conn.execute_batch("ROLLBACK");
        }
    }

    /// Makes space if it can, else waits a moment for others to do so.
    ///
    /// # Errors
    /// The store ends, and cannot keep what it holds.
    fn wait_for_space(&mut self) -> Result<(), StoreError> {
        // If all of the log can be written back, it begins at its front again and needs no more space.
        if let Err(error) = self.checkpointer.finish(&self.conn) {
            return Err(self.fail(error));
        }
        if self.space.give_way() {
            return Ok(());
        }
        if self.shared.is_ending.load(Ordering::Relaxed) {
            // What comes behind it must not be kept without it.
            return Err(self.fail(StoreError::Failed("the disk was full until the end".into())));
        }
        std::thread::sleep(FULL);
        Ok(())
    }

    /// From now on nothing is accepted.
    pub(crate) fn fail(&mut self, error: StoreError) -> StoreError {
        if self.failed.is_none() {
            tracing::error!(%error, "the store failed; nothing is accepted any more");
            self.failed = Some(error.clone());
            self.shared.failed.send_replace(Some(error.clone()));
            // Closing the file would write the log back and wait for the disk once more.
            let _ = self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
        }
        error
    }

    fn recover(&mut self, config: Box<Config>) -> Result<Recovered, StoreError> {
        let started = Instant::now();
        let rebuilt = recover::rebuild(&self.conn, &config, &self.shared.is_ending)?;
        recover::check(&rebuilt, &self.ledger)?;
        self.ledger.learn(|room| rebuilt.chat.retention_ms(room));
        let mut snapshot = rebuilt.snapshot();
        if self.renumber {
            snapshot = self.renumber(snapshot, rebuilt.ord)?;
        } else {
            self.upkeep.recovered(rebuilt.tail);
        }
        let epoch = meta::epoch(&self.conn)?;
        let (records, took) = (rebuilt.ord, started.elapsed());
        tracing::debug!(records, ?took, "the state was rebuilt");
        self.config = Some(config);
        Ok(Recovered { epoch: Some(epoch), snapshot, records: Vec::new() })
    }

    /// Numbers every room anew, in one transaction with a snapshot of the whole state.
    fn renumber(&mut self, snapshot: Option<Snapshot>, ord: i64) -> Result<Option<Snapshot>, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let epoch = random_epoch().map_err(|error| failed(&error))?;
        tracing::warn!(
            %epoch,
            "what was accepted last may be lost, or an old copy was put back: rooms are numbered under a new epoch"
        );
        let snapshot = snapshot.map(|snapshot| snapshot.renumbered(epoch));
        let written = self.write_renumbered(snapshot.as_ref(), ord, epoch);
        written.map_err(|error| {
            self.roll_back();
            failed(&error)
        })?;
        self.renumber = false;
        Ok(snapshot)
    }

    fn write_renumbered(
        &mut self,
        snapshot: Option<&Snapshot>,
        ord: i64,
        epoch: Epoch,
    ) -> rusqlite::Result<()> {
        let Writer { conn, ledger, upkeep, options, .. } = self;
        connection::synchronous(conn, Durability::Fsync)?;
        conn.execute_batch("BEGIN IMMEDIATE")?;
        let rooms: Vec<RoomId> = ledger.rooms().map(|state| state.room).collect();
        for room in rooms {
            if let Some(state) = ledger.stage(room) {
                state.epoch = epoch.of_room(room);
            }
        }
        append::write_rooms(conn, ledger)?;
        meta::set_epoch(conn, epoch)?;
        open::start_run(conn, options)?;
        let encoded = snapshot.map(|snapshot| Encoded::new(snapshot, ord, Appended::default()));
        let generation = upkeep.next_generation();
        let mark = encoded.map(|encoded| upkeep::store(conn, encoded, generation)).transpose()?;
        conn.execute_batch("COMMIT")?;
        connection::synchronous(conn, options.durability)?;
        self.rooms.clear();
        self.rooms.update(self.ledger.commit());
        if let Some(mark) = mark {
            self.upkeep.renewed(mark, &self.ledger);
        }
        Ok(())
    }

    fn compacted(&mut self, made: Result<Encoded, StoreError>) {
        if let Some(thread) = self.compacting.take() {
            let _ = thread.join();
        }
        match made {
            Ok(encoded) => self.upkeep.install(encoded),
            Err(error) if self.shared.is_ending.load(Ordering::Relaxed) => drop(error),
            Err(error) => drop(self.fail(error)),
        }
    }

    fn checkpointed(&mut self, done: Result<(), StoreError>) {
        self.checkpointer.done();
        if let Err(error) = done {
            self.fail(error);
        }
    }

    /// What must be looked at now and then, however busy it is.
    fn look_around(&mut self) {
        if self.failed.is_some() {
            return;
        }
        self.space.look();
        if let Err(error) = self.checkpointer.look(&self.conn) {
            self.fail(error);
        }
        if let Err(error) = self.upkeep.look(&self.conn, &self.ledger, &self.options) {
            self.fail(error);
        }
        if self.compacting.is_none()
            && let Some(config) = &self.config
            && self.upkeep.is_snapshot_due(&self.options.thresholds)
        {
            let started = compact::start(&self.path, config, &self.shared, self.own_jobs.clone());
            match started {
                Ok(thread) => self.compacting = Some(thread),
                Err(error) => {
                    self.fail(StoreError::Failed(format!("no thread could be started: {error}")));
                }
            }
        }
    }

    /// Leaves the file in good order: all in one place, and the mark that it is so.
    fn close(&mut self) -> Result<(), StoreError> {
        self.end_threads();
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        match self.leave_in_order() {
            Ok(()) => {
                self.failed = Some(StoreError::Failed("it was closed".into()));
                Ok(())
            }
            // All is kept, and that is what counts: the next start does the rest.
            Err(WriteError::Full) => {
                tracing::warn!("the disk is full: the store could not be left in good order");
                self.failed = Some(StoreError::Failed("it was closed".into()));
                Ok(())
            }
            Err(WriteError::Fatal(error)) => Err(self.fail(error)),
        }
    }

    fn leave_in_order(&mut self) -> Result<(), WriteError> {
        connection::synchronous(&self.conn, Durability::Fsync)?;
        while !self.renumber {
            match open::end_run(&self.conn, &self.options).map_err(WriteError::from) {
                Err(WriteError::Full) if self.space.give_way() => {}
                ended => {
                    ended?;
                    break;
                }
            }
        }
        // Readers may stand in the way of the last bit; then the next start does it.
        Ok(self.conn.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?)
    }

    fn end_threads(&mut self) {
        self.shared.is_ending.store(true, Ordering::Relaxed);
        if let Some(thread) = self.compacting.take() {
            let _ = thread.join();
        }
        self.checkpointer.end();
    }
}

fn weight(record: &Record) -> usize {
    match &record.change {
        chat_core::Change::Numbered { event, .. } => size(event),
        _ => 200,
    }
}
