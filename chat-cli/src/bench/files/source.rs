//! A file to send.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use crate::bench::random::Random;

/// Writes `bytes` bytes that have no pattern.
pub(super) fn make(path: &Path, bytes: u64) -> io::Result<()> {
    let (mut file, mut random) = (File::create_new(path)?, Random::default());
    let mut piece = vec![0; 1 << 20];
    let mut left = bytes;
    while left > 0 {
        for word in piece.chunks_exact_mut(8) {
            word.copy_from_slice(&random.number().to_le_bytes());
        }
        let part = usize::try_from(left).unwrap_or(usize::MAX).min(piece.len());
        file.write_all(&piece[..part])?;
        left -= part as u64;
    }
    Ok(())
}
