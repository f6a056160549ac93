//! The hash of a file that several readers go through: each byte is hashed once, in order, by whoever comes by first.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use chat_core::FileHash;

use crate::disk::read_at;
use crate::lock::lock;

/// Read at a time, where nobody waits for it.
pub(super) const READ_BYTES: usize = 1024 * 1024;

/// See the module.
#[derive(Debug)]
pub(super) struct Digest {
    size: u64,
    /// The bytes before it are hashed. Changes under the lock only.
    at: AtomicU64,
    hasher: Mutex<blake3::Hasher>,
}

impl Digest {
    pub(super) fn new(size: u64) -> Digest {
        Digest { size, at: AtomicU64::new(0), hasher: Mutex::new(blake3::Hasher::new()) }
    }

    /// Up to where the file is hashed.
    pub(super) fn at(&self) -> u64 {
        self.at.load(Ordering::Acquire)
    }

    pub(super) fn is_done(&self) -> bool {
        self.at() == self.size
    }

    /// Takes of these bytes what is not hashed yet, if it follows what is. The hash, if that was the last of it.
    pub(super) fn feed(&self, offset: u64, bytes: &[u8]) -> Option<FileHash> {
        let end = offset + bytes.len() as u64;
        let is_next = |at| offset <= at && at < end;
        if !is_next(self.at()) {
            return None;
        }
        let mut hasher = lock(&self.hasher);
        let at = self.at();
        if !is_next(at) {
            return None;
        }
        hasher.update(&bytes[usize::try_from(at - offset).ok()?..]);
        self.advance(end, &hasher)
    }

    /// Takes the work of one who hashed everything before `at`, if it is further. The hash, if that was all.
    pub(super) fn adopt(&self, at: u64, theirs: blake3::Hasher) -> Option<FileHash> {
        let mut hasher = lock(&self.hasher);
        if at <= self.at() {
            return None;
        }
        *hasher = theirs;
        self.advance(at, &hasher)
    }

    fn advance(&self, at: u64, hasher: &blake3::Hasher) -> Option<FileHash> {
        self.at.store(at, Ordering::Release);
        (at == self.size).then(|| hash_of(hasher))
    }
}

/// The hash of all that a hasher was given.
pub(super) fn hash_of(hasher: &blake3::Hasher) -> FileHash {
    FileHash(*hasher.finalize().as_bytes())
}

/// Hashes a part of a file; an error if it ends before, or if nobody wants it any more.
pub(super) fn hash_range(
    file: &File,
    range: Range<u64>,
    hasher: &mut blake3::Hasher,
    is_wanted: impl Fn() -> bool,
) -> io::Result<()> {
    let mut buffer = vec![0; READ_BYTES];
    let mut at = range.start;
    while at < range.end {
        let most = usize::try_from(range.end - at).unwrap_or(READ_BYTES).min(READ_BYTES);
        let count = read_at(file, at, &mut buffer[..most])?;
        if count < most {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if !is_wanted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
        hasher.update(&buffer[..count]);
        at += count as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_the_readers_do_the_hash_is_that_of_the_file(
            steps in proptest::collection::vec((0u64..1000, 1u64..400, any::<bool>()), 1..60)
        ) {
            let file: Vec<u8> = (0..1000u32).map(|at| (at * 31 % 251) as u8).collect();
            let whole = FileHash(*blake3::hash(&file).as_bytes());
            let digest = Digest::new(1000);
            let mut hashes = Vec::new();
            let part = |from: u64, to: u64| &file[from as usize..to as usize];
            for (offset, length, adopts) in steps {
                let end = (offset + length).min(1000);
                if adopts {
                    let mut hasher = blake3::Hasher::new();
                    hasher.update(part(0, end));
                    hashes.extend(digest.adopt(end, hasher));
                } else {
                    hashes.extend(digest.feed(offset, part(offset, end)));
                }
            }
            while !digest.is_done() {
                let at = digest.at();
                hashes.extend(digest.feed(at, part(at, (at + 100).min(1000))));
            }
            prop_assert_eq!(hashes, vec![whole]);
        }
    }
}
