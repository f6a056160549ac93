//! Damage in the write-ahead log that SQLite would take for its end.
//!
//! SQLite reads the log up to the first frame whose checksum is wrong: after a crash that is where writing
//! stopped. If whole commits stand behind such a frame, nothing stopped there: the frame was changed later, and
//! what SQLite would leave out was accepted. The form of the log: <https://www.sqlite.org/fileformat.html#walformat>.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read};
use std::path::Path;

use super::folder::log_of;

const HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const MAGIC: u32 = 0x377f_0682;
const PAGES: std::ops::RangeInclusive<usize> = 512..=65_536;

/// So many commits behind a bad frame cannot be what a power cut left: each was on the disk before the next began,
/// and the one that was under way has one commit frame at most.
const COMMITS: usize = 2;

/// What is wrong with the log beside this database, if anything is. Reads it once, from front to back.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn damage(database: &Path) -> io::Result<Option<String>> {
    let file = match File::open(log_of(database)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut file = BufReader::with_capacity(1 << 20, file);
    let mut header = [0; HEADER];
    if !fill(&mut file, &mut header)? || header == [0; HEADER] {
        return Ok(None);
    }
    let Some(mut log) = Log::begin(&header) else {
        return Ok(Some("the write-ahead log: its first bytes have changed".into()));
    };
    let (mut number, mut bad, mut commits) = (0_u64, None, 0);
    let mut frame = vec![0; FRAME_HEADER + log.page_bytes];
    while fill(&mut file, &mut frame)? {
        number += 1;
        let is_whole = log.take(&frame);
        match bad {
            None if !is_whole => bad = Some(number),
            Some(_) if is_whole && word(&frame, 4) != 0 => commits += 1,
            _ => {}
        }
    }
    Ok(bad.filter(|_| commits >= COMMITS).map(|frame| {
        format!("the write-ahead log, frame {frame}: its bytes have changed, and {commits} commits follow it")
    }))
}

/// Where the checksums stand.
struct Log {
    page_bytes: usize,
    is_big_endian: bool,
    salts: [u32; 2],
    sum: [u32; 2],
}

impl Log {
    /// None: the header is not what was written.
    fn begin(header: &[u8]) -> Option<Log> {
        let magic = word(header, 0);
        let page_bytes = word(header, 8) as usize;
        let log = Log {
            page_bytes,
            is_big_endian: magic & 1 == 1,
            salts: [word(header, 16), word(header, 20)],
            sum: [word(header, 24), word(header, 28)],
        };
        let sum = log.sum_of([0, 0], &header[..24]);
        (magic & !1 == MAGIC && PAGES.contains(&page_bytes) && sum == log.sum).then_some(log)
    }

    /// Whether this frame follows the one before as it was written. Goes on from what the frame itself says, so
    /// that one that was changed does not hide those behind it.
    fn take(&mut self, frame: &[u8]) -> bool {
        let told = [word(frame, 16), word(frame, 20)];
        let sum = self.sum_of(self.sum, &frame[..8]);
        let sum = self.sum_of(sum, &frame[FRAME_HEADER..]);
        self.sum = told;
        [word(frame, 8), word(frame, 12)] == self.salts && sum == told
    }

    fn sum_of(&self, [mut first, mut second]: [u32; 2], bytes: &[u8]) -> [u32; 2] {
        let word = |bytes: &[u8]| match self.is_big_endian {
            true => word(bytes, 0),
            false => word(bytes, 0).swap_bytes(),
        };
        for pair in bytes.chunks_exact(8) {
            first = first.wrapping_add(word(&pair[..4])).wrapping_add(second);
            second = second.wrapping_add(word(&pair[4..])).wrapping_add(first);
        }
        [first, second]
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    bytes[at..at + 4].iter().fold(0, |word, byte| word << 8 | u32::from(*byte))
}

/// Fills the buffer, or says that the file ends before it is full.
fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match file.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}
