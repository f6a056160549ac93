//! The log that somebody keeps of what is said: a file for each window, written by a thread of its own.
//!
//! A row is logged when it is put at the end of its window, so a page of older ones is not, and nothing is logged twice.
//! Whoever puts it there never waits for the disk: what is too much for the queue is left out, and that is told.

mod disk;
mod line;
mod name;
mod writer;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use chat_net::chat_core::{RoomName, Timestamp};
use tokio::sync::mpsc;

use super::model::{Of, Row};

/// So many rows may wait for the disk.
const QUEUE_ROWS: usize = 4096;

/// They have at most about so many bytes together.
const QUEUE_BYTES: usize = 8 * 1024 * 1024;

/// At the end of the program so long is waited for the disk.
const PATIENCE: Duration = Duration::from_secs(2);

/// A disk that took all for so long, and then is too slow again, is complained of again.
const QUIET: Duration = Duration::from_secs(60);

/// The log of one server. When it is dropped, what waits is written, if that takes not too long.
#[derive(Debug)]
pub(crate) struct Journal {
    /// None when nothing is written any more.
    rows: Option<SyncSender<Entry>>,
    /// What waits has so many bytes.
    waiting: Arc<AtomicUsize>,
    /// The last that was left out, if the last row was: how many have been since one was not, and no text.
    lost: Option<Entry>,
    /// When a row was left out last.
    lost_at: Option<Instant>,
    /// What is `lost` in the end.
    never_told: Arc<OnceLock<Entry>>,
    /// What has been logged of each room.
    rooms: BTreeMap<RoomName, Logged>,
    /// Ends with the thread that writes.
    written: Receiver<()>,
}

/// What has been logged of a room.
#[derive(Clone, Copy, Debug)]
struct Logged {
    /// Which numbering is in force.
    era: u32,
    /// When the last row was said.
    last: Timestamp,
    /// When the last row of the numbering before was said.
    before: Timestamp,
}

/// Why nothing is logged any more; told once.
#[derive(Debug)]
pub(crate) struct Troubles(mpsc::Receiver<String>);

/// The disk is too slow: from this row on some are left out, after a while in which none was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooSlow;

/// What is written.
#[derive(Debug)]
struct Entry {
    file: String,
    at: Timestamp,
    text: String,
    /// So many rows were left out before it.
    left_out: u64,
}

/// Begins to log what is said at the server `addr`, in a folder of its own in `base`.
pub(crate) fn open(base: PathBuf, addr: &str) -> (Journal, Troubles) {
    let (mut journal, entries) = Journal::with_queue(QUEUE_ROWS);
    let (tell, troubles) = mpsc::channel(1);
    let (end, written) = channel();
    let writer = journal.writer(base, name::folder(addr));
    std::thread::spawn(move || {
        if let Err(trouble) = writer.write(&entries) {
            // It is the only one.
            let _ = tell.try_send(trouble);
        }
        drop(end);
    });
    journal.written = written;
    (journal, Troubles(troubles))
}

impl Journal {
    /// A queue for so many rows, and its other end.
    fn with_queue(rows: usize) -> (Journal, Receiver<Entry>) {
        let (sender, entries) = sync_channel(rows);
        let journal = Journal {
            rows: Some(sender),
            waiting: Arc::default(),
            lost: None,
            lost_at: None,
            never_told: Arc::default(),
            rooms: BTreeMap::new(),
            written: channel().1,
        };
        (journal, entries)
    }

    /// Who writes what is in the queue.
    fn writer(&self, base: PathBuf, folder: String) -> writer::Writer {
        let (waiting, never_told) = (Arc::clone(&self.waiting), Arc::clone(&self.never_told));
        writer::Writer { base, folder, waiting, never_told }
    }

    /// Whether a room's row is to be logged, which is told as `past` or as it happens, in which of the room's numberings. A
    /// room that was put back from a copy tells again, under new numbers, what was logged before.
    pub(crate) fn is_news(&mut self, room: &RoomName, row: &Row, era: u32, past: bool) -> bool {
        let none = Logged { era, last: row.at, before: Timestamp(0) };
        let logged = self.rooms.entry(room.clone()).or_insert(none);
        if logged.era != era {
            (logged.era, logged.before) = (era, logged.last);
        }
        if past && row.at <= logged.before {
            return false;
        }
        logged.last = row.at;
        true
    }

    /// Logs a row of the window of that.
    ///
    /// # Errors
    /// It is left out, and for a minute none was.
    pub(crate) fn record(&mut self, of: &Of, row: &Row) -> Result<(), TooSlow> {
        let Some(rows) = &self.rows else { return Ok(()) };
        let left_out = self.lost.as_ref().map_or(0, |lost| lost.left_out);
        let entry = Entry { file: name::file(of), at: row.at, text: line::line(row), left_out };
        let bytes = entry.text.len();
        let has_room = self.waiting.fetch_add(bytes, Ordering::Relaxed) + bytes <= QUEUE_BYTES;
        match if has_room { rows.try_send(entry) } else { Err(TrySendError::Full(entry)) } {
            Ok(()) => self.lost = None,
            Err(TrySendError::Full(entry)) => {
                self.waiting.fetch_sub(bytes, Ordering::Relaxed);
                self.lost = Some(Entry { text: String::new(), left_out: left_out + 1, ..entry });
                return self.loses(Instant::now());
            }
            Err(TrySendError::Disconnected(_)) => self.rows = None,
        }
        Ok(())
    }

    fn loses(&mut self, now: Instant) -> Result<(), TooSlow> {
        let before = self.lost_at.replace(now);
        let is_quiet = before.is_none_or(|before| now.saturating_duration_since(before) >= QUIET);
        if is_quiet { Err(TooSlow) } else { Ok(()) }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        if let Some(lost) = self.lost.take() {
            // It is set here alone.
            let _ = self.never_told.set(lost);
        }
        self.rows = None;
        // It ends in order, or too late.
        let _ = self.written.recv_timeout(PATIENCE);
    }
}

impl Troubles {
    /// Waits for the sentence that says why nothing is logged any more. Cancel safe.
    pub(crate) async fn next(&mut self) -> String {
        match self.0.recv().await {
            Some(trouble) => trouble,
            None => std::future::pending().await,
        }
    }
}
