//! Writing the log back into the file: mostly on a thread of its own, the last bit by the writer.

use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode};

use super::connection;
use super::writer::Job;
use crate::store::StoreError;

/// How many commits may pass before the length of the log is looked at.
const COMMITS: u32 = 16;

/// The writer writes back so many pages itself: it takes one more wait for the disk, and then the log begins
/// at its front again.
const LAST_BIT: u32 = 512;

/// If the thread cannot keep up, the writer does it all at so many times the limit.
const TOO_FAR: u32 = 8;

/// How long the log is, in pages, and how much of it has been written back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Log {
    pages: u32,
    done: u32,
}

/// The thread, and when it is needed.
#[derive(Debug)]
pub(crate) struct Checkpointer {
    limit: u32,
    commits: u32,
    is_running: bool,
    requests: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    /// Starts the thread; it tells when it is done by a job. `limit`: pages in the log before it is needed.
    pub(crate) fn start(path: &Path, limit: u32, jobs: Sender<Job>) -> Result<Checkpointer, StoreError> {
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let conn = connection::checkpointer(path).map_err(|error| failed(&error))?;
        let (requests, requested) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("chat-checkpoint".into())
            .spawn(move || serve(&conn, &requested, &jobs))
            .map_err(|error| failed(&error))?;
        Ok(Checkpointer {
            limit,
            commits: 0,
            is_running: false,
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    pub(crate) fn count_commit(&mut self) {
        self.commits += 1;
    }

    /// The thread has done what it was asked to do.
    pub(crate) fn done(&mut self) {
        self.is_running = false;
        self.commits = COMMITS;
    }

    /// Has the log written back if it is long.
    pub(crate) fn look(&mut self, conn: &Connection) -> Result<(), StoreError> {
        if self.commits < COMMITS || self.is_running {
            return Ok(());
        }
        self.commits = 0;
        let log = length(conn)?;
        let left = log.pages.saturating_sub(log.done);
        if log.pages < self.limit || left == 0 {
            return Ok(());
        }
        if left <= LAST_BIT || log.pages > self.limit.saturating_mul(TOO_FAR) {
            return self.finish(conn);
        }
        if let Some(requests) = &self.requests {
            self.is_running = requests.try_send(()).is_ok();
        }
        Ok(())
    }

    /// Writes back what it can at once.
    pub(crate) fn finish(&self, conn: &Connection) -> Result<(), StoreError> {
        write_back(conn)
    }

    /// Ends the thread.
    pub(crate) fn end(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(conn: &Connection, requested: &Receiver<()>, jobs: &Sender<Job>) {
    while requested.recv().is_ok() {
        if jobs.send(Job::Checkpointed(write_back(conn))).is_err() {
            return;
        }
    }
}

/// As much as can be without standing in anybody's way.
fn write_back(conn: &Connection) -> Result<(), StoreError> {
    match conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        Ok(()) => Ok(()),
        // The log is whole and safe; when there is space, or when the other is done, it goes on.
        Err(error)
            if matches!(error.sqlite_error_code(), Some(ErrorCode::DiskFull | ErrorCode::DatabaseBusy)) =>
        {
            Ok(())
        }
        Err(error) => Err(StoreError::Failed(format!("the log could not be written back: {error}"))),
    }
}

fn length(conn: &Connection) -> Result<Log, StoreError> {
    let read = |row: &rusqlite::Row<'_>| {
        let pages = |column| row.get::<_, i64>(column).map(|pages| u32::try_from(pages).unwrap_or(0));
        Ok(Log { pages: pages(1)?, done: pages(2)? })
    };
    conn.prepare_cached("PRAGMA wal_checkpoint(NOOP)")
        .and_then(|mut pragma| pragma.query_row([], read))
        .map_err(|error| StoreError::Failed(format!("the log could not be looked at: {error}")))
}
