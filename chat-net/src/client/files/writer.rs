//! Writes what is received: each piece where it belongs, hashed as it goes by, noted now and then.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use chat_core::FileHash;
use tokio::task::spawn_blocking;

use super::digest::hash_of;
use super::inlet::weight;
use super::part::{Checkpoint, Part, Start};
use super::table::{Files, Receiving};
use super::transfer::Landing;

/// After so many bytes it is noted that they are on the disk,
const NOTE_BYTES: u64 = 64 * 1024 * 1024;

/// or after so long, whichever comes first.
const NOTE_EVERY: Duration = Duration::from_secs(5);

/// While more bytes wait to be written, fewer than these need not be acknowledged.
const ACKNOWLEDGE_BYTES: u64 = 256 * 1024;

/// The task is told of progress no more often.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// A part that is written, and what is known of it.
#[derive(Debug)]
pub(super) struct Writer {
    part: Part,
    hasher: blake3::Hasher,
    offset: u64,
    acknowledged: u64,
    noted: u64,
    noted_at: Instant,
    told: u64,
    told_at: Instant,
    /// A thread that notes how far it is ends this.
    noting: Option<mpsc::Receiver<()>>,
}

/// Why a writer stopped.
#[derive(Debug)]
pub(super) enum Stopped {
    /// All of it is there.
    Whole,
    /// Nothing more comes.
    Shut,
    /// Nothing more can be written.
    Failed(io::Error),
}

impl Writer {
    pub(super) fn new(part: Part, start: Start) -> Writer {
        let Start { offset, hasher } = start;
        let now = Instant::now();
        Writer {
            part,
            hasher,
            offset,
            acknowledged: offset,
            noted: offset,
            noted_at: now,
            told: offset,
            told_at: now,
            noting: None,
        }
    }

    /// Everything before it is there.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    pub(super) fn is_whole(&self) -> bool {
        self.offset == self.part.size()
    }

    /// The hash of what is there.
    pub(super) fn hash(&self) -> FileHash {
        hash_of(&self.hasher)
    }

    /// The sender's hash is known.
    pub(super) fn hashed(&mut self, hash: FileHash) {
        self.part.hashed(hash);
    }

    /// Where the file is to be, and where it is until it is whole.
    pub(super) fn landing(&self) -> Landing {
        Landing { path: self.part.becomes(), part: self.path().to_owned() }
    }

    /// Where the file is until it is whole.
    pub(super) fn path(&self) -> &Path {
        self.part.path()
    }

    /// Writes what comes, until it is whole or nothing more comes. Blocks.
    pub(super) fn run(&mut self, files: &Files, receiving: &Receiving) -> Stopped {
        self.acknowledged = self.offset;
        let stopped = loop {
            if self.is_whole() {
                break Stopped::Whole;
            }
            // What came in a burst is told, too, when no more comes.
            if self.told < self.offset && receiving.inlet.is_idle_for(TELL_EVERY) {
                self.tell_grown(receiving);
            }
            let pieces = receiving.inlet.wait();
            if pieces.is_empty() {
                break Stopped::Shut;
            }
            let mut failed = None;
            for (at, piece) in pieces {
                if failed.is_none() {
                    failed = self.write(at, &piece).err();
                }
                files.freed(weight(&piece));
                if failed.is_none() {
                    self.tell(files, receiving);
                }
            }
            if let Some(error) = failed {
                files.freed(receiving.inlet.discard());
                break Stopped::Failed(error);
            }
        };
        receiving.grown.notify_one();
        if !self.is_whole() {
            self.note_now();
        }
        stopped
    }

    /// Notes how far it is, here and now. Blocks.
    pub(super) fn note_now(&mut self) {
        self.wait_for_note();
        let before = self.noted;
        if self.offset != before && !write(&self.checkpoint()) {
            self.noted = before;
        }
    }

    /// What is there is the beginning of another file. Blocks.
    pub(super) fn start_over(&mut self) -> io::Result<()> {
        self.note_now();
        self.part.start_over()?;
        self.hasher.reset();
        (self.offset, self.noted, self.told) = (0, 0, 0);
        Ok(())
    }

    /// It is whole and right: gives it its name. Blocks.
    pub(super) fn finish(mut self) -> io::Result<PathBuf> {
        self.wait_for_note();
        self.part.finish()
    }

    /// It is not wanted: removes it, or keeps it for another time. Blocks.
    pub(super) fn end(mut self, keeps: bool) {
        self.note_now();
        if !keeps || self.offset == 0 {
            self.part.discard();
        }
    }

    fn write(&mut self, at: u64, piece: &Bytes) -> io::Result<()> {
        debug_assert_eq!(at, self.offset, "an inlet leaves no holes");
        self.part.write(at, piece)?;
        self.hasher.update(piece);
        self.offset += piece.len() as u64;
        Ok(())
    }

    /// Says how far it is to whoever needs to know.
    fn tell(&mut self, files: &Files, receiving: &Receiving) {
        receiving.written.store(self.offset, Ordering::Relaxed);
        let is_due = self.offset - self.acknowledged >= ACKNOWLEDGE_BYTES;
        if is_due || receiving.inlet.is_empty() || self.is_whole() {
            self.acknowledged = self.offset;
            files.acknowledge(receiving, self.offset);
        }
        let is_time = self.told_at.elapsed() >= TELL_EVERY;
        if is_time {
            self.tell_grown(receiving);
        }
        if is_due || is_time {
            self.note();
        }
    }

    fn tell_grown(&mut self, receiving: &Receiving) {
        (self.told, self.told_at) = (self.offset, Instant::now());
        receiving.grown.notify_one();
    }

    /// Notes how far it is when that is due, in a thread of its own: the disk may take its time.
    fn note(&mut self) {
        let is_due = self.offset - self.noted >= NOTE_BYTES || self.noted_at.elapsed() >= NOTE_EVERY;
        let is_busy =
            self.noting.as_ref().is_some_and(|noting| noting.try_recv() == Err(mpsc::TryRecvError::Empty));
        if !is_due || self.offset == self.noted || is_busy {
            return;
        }
        let checkpoint = self.checkpoint();
        let (done, noting) = mpsc::channel();
        self.noting = Some(noting);
        spawn_blocking(move || {
            write(&checkpoint);
            drop(done);
        });
    }

    /// Waits for the thread that notes how far it is, if there is one.
    fn wait_for_note(&mut self) {
        if let Some(noting) = self.noting.take() {
            let _ = noting.recv();
        }
    }

    fn checkpoint(&mut self) -> Checkpoint {
        (self.noted, self.noted_at) = (self.offset, Instant::now());
        self.part.checkpoint(self.offset, &self.hasher)
    }
}

/// Whether it is noted.
fn write(checkpoint: &Checkpoint) -> bool {
    let written = checkpoint.write();
    if let Err(error) = &written {
        tracing::debug!(%error, "cannot note how much of a file is there");
    }
    written.is_ok()
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::super::sidecar::About;
    use super::*;

    #[test]
    fn what_could_not_be_noted_is_noted_later() {
        let folder = Scratch::new();
        let about = About { from: "ann".into(), name: "x".into(), size: 10, hash: None };
        let open = || Part::open(folder.path(), "x", &about).unwrap();
        let (part, start) = open();
        let mut writer = Writer::new(part, start);
        writer.write(0, &Bytes::from_static(b"abc")).unwrap();
        let obstacle = folder.path().join("x.part.json~");
        std::fs::write(&obstacle, "precious").unwrap();
        writer.note_now();
        std::fs::remove_file(obstacle).unwrap();
        writer.note_now();
        drop(writer);
        assert_eq!(open().1.offset, 3);
    }
}
