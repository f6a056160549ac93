//! Space on the disk: when there is too little for messages, and what is set aside for all else.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::folder::private_file;
use crate::disk::free_bytes;

/// Holds nothing, but takes up space, which can be given back when there is none left.
const BALLAST: &str = "reserve";

/// So much of the ballast is given back at once.
const PIECE: u64 = 1 << 20;

/// How often the disk is looked at, at most.
const INTERVAL: Duration = Duration::from_millis(250);

/// The free space of the file system that the store is on.
#[derive(Debug)]
pub(crate) struct Space {
    folder: PathBuf,
    reserve: u64,
    has_space: Arc<AtomicBool>,
    ballast: Option<File>,
    ballast_bytes: u64,
    looked: Option<Instant>,
}

impl Space {
    /// Looks at the disk, and sets the ballast aside if there is room for it.
    pub(crate) fn new(folder: &Path, reserve: u64, has_space: Arc<AtomicBool>) -> Space {
        let ballast = private_file().open(folder.join(BALLAST));
        let ballast_bytes =
            ballast.as_ref().ok().and_then(|file| file.metadata().ok()).map_or(0, |data| data.len());
        let mut space = Space {
            folder: folder.into(),
            reserve,
            has_space,
            ballast: ballast.ok(),
            ballast_bytes,
            looked: None,
        };
        space.has_space.store(true, Ordering::Relaxed);
        space.look();
        space
    }

    /// Looks at the disk, unless it did so a moment ago.
    pub(crate) fn look(&mut self) {
        if self.looked.is_some_and(|looked| looked.elapsed() < INTERVAL) {
            return;
        }
        self.looked = Some(Instant::now());
        let Some(free) = free_bytes(&self.folder) else { return };
        // Twice the limit before messages are taken again, so that it does not flicker.
        let plenty = 2 * self.reserve.max(PIECE / 2);
        let missing = self.missing();
        let mut free = free;
        if missing > 0 && free >= plenty + missing && self.set_aside().is_ok() {
            free -= missing;
        }
        if self.ballast_bytes > self.reserve {
            self.shrink(self.reserve);
        }
        let had = self.has_space.load(Ordering::Relaxed);
        let is_whole = self.missing() == 0;
        if had && free < self.reserve {
            self.refuse(free);
        } else if !had && is_whole && free >= plenty {
            tracing::info!(free, "there is space again; messages are taken");
            self.has_space.store(true, Ordering::Relaxed);
        }
    }

    /// What the ballast lacks. One that cannot be opened lacks nothing: there is none to wait for.
    fn missing(&self) -> u64 {
        self.ballast.as_ref().map_or(0, |_| self.reserve.saturating_sub(self.ballast_bytes))
    }

    /// Something could not be written: no messages are taken from now on, and a piece of the ballast is given
    /// back. False: there was none left.
    pub(crate) fn give_way(&mut self) -> bool {
        self.looked = Some(Instant::now());
        if self.has_space.load(Ordering::Relaxed) {
            self.refuse(0);
        }
        let before = self.ballast_bytes;
        self.shrink(before.saturating_sub(PIECE));
        self.ballast_bytes < before
    }

    fn refuse(&self, free: u64) {
        tracing::warn!(free, folder = ?self.folder, "the disk is full; messages are refused until there is space");
        self.has_space.store(false, Ordering::Relaxed);
    }

    fn shrink(&mut self, bytes: u64) {
        if let Some(ballast) = &self.ballast
            && ballast.set_len(bytes).is_ok()
        {
            self.ballast_bytes = bytes;
        }
    }

    fn set_aside(&mut self) -> io::Result<()> {
        let Some(ballast) = &mut self.ballast else { return Ok(()) };
        let done = allocate(ballast, self.ballast_bytes, self.reserve);
        match done {
            Ok(()) => self.ballast_bytes = self.reserve,
            // Half a ballast takes away what it is there to give.
            Err(_) => self.shrink(0),
        }
        done
    }
}

/// Gives a file real blocks, not a hole.
fn allocate(file: &mut File, from: u64, to: u64) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        let done = rustix::fs::fallocate(&*file, rustix::fs::FallocateFlags::empty(), from, to - from);
        if done != Err(rustix::io::Errno::OPNOTSUPP) {
            return Ok(done?);
        }
    }
    const ZEROS: [u8; 4096] = [0; 4096];
    file.seek(SeekFrom::Start(from))?;
    let mut left = to - from;
    while left > 0 {
        let piece = left.min(ZEROS.len() as u64);
        file.write_all(&ZEROS[..piece as usize])?;
        left -= piece;
    }
    file.sync_all()
}
