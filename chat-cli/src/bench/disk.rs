//! What the disk takes: a loop that writes 4 KiB and waits until they are safe.

use std::fs::{self, File};
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hdrhistogram::Histogram;

use super::sample::waits;
use super::stop::Stop;

const BYTES: usize = 4096;
/// The file grows to this length and is then written over from its beginning, as a store's log is.
const LENGTH: u64 = 16 * 1024 * 1024;

/// How long each write in `folder` took until it was safe, in nanoseconds.
#[derive(Debug)]
pub(super) struct Disk {
    waits: Histogram<u64>,
}

impl Disk {
    /// Nothing written yet.
    pub(super) fn new() -> Result<Disk> {
        Ok(Disk { waits: waits()? })
    }

    /// Writes for `time`, one after the other.
    pub(super) fn write(&mut self, folder: &Path, time: Duration, stop: &Stop) -> Result<()> {
        let path = folder.join("write");
        let mut file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        let (block, begun, mut written) = ([0xa5; BYTES], Instant::now(), 0);
        while begun.elapsed() < time {
            stop.check()?;
            if written == LENGTH {
                file.seek(SeekFrom::Start(0))?;
                written = 0;
            }
            let start = Instant::now();
            file.write_all(&block)?;
            file.sync_data()?;
            self.waits.saturating_record(start.elapsed().as_nanos() as u64);
            written += BYTES as u64;
        }
        Ok(fs::remove_file(&path)?)
    }

    /// How long they took.
    pub(super) fn waits(&self) -> &Histogram<u64> {
        &self.waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_written_to_and_left_as_it_was() {
        let folder = std::env::temp_dir().join(format!("chat-bench-disk-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut disk = Disk::new().unwrap();
        disk.write(&folder, Duration::from_millis(20), &Stop::default()).unwrap();
        assert!(!disk.waits().is_empty());
        // Fails if anything is left in it.
        fs::remove_dir(&folder).unwrap();
    }
}
