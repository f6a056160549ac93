//! Lines: cut at LF, a CR before it dropped, and no longer than a limit.

/// Cuts a stream of bytes into lines. Remembers that it is in the middle of a line that is dropped.
#[derive(Debug, Clone)]
pub struct LineSplitter {
    // Small numbers: every connection of a person has one.
    limit: u32,
    /// How much of the unfinished line was searched already.
    searched: u32,
    dropping: bool,
}

/// What [`LineSplitter::next`] found. `used` bytes of the buffer are done with and are to be removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line<'a> {
    /// A whole line, without its end.
    Complete {
        /// Its bytes; not checked to be UTF-8.
        line: &'a [u8],
        /// The bytes up to and with its end.
        used: usize,
    },
    /// A line passed the limit. Told once a line; what is left of it is dropped as it comes.
    TooLong {
        /// The bytes of it that are there.
        used: usize,
    },
    /// More bytes are needed. The buffer never has to hold more than the limit and two bytes.
    Incomplete {
        /// The bytes of a line that is dropped.
        used: usize,
    },
}

impl LineSplitter {
    /// Takes lines of at most `limit` bytes, their end not counted; of 4 GiB, if it is more.
    #[must_use]
    pub fn new(limit: usize) -> LineSplitter {
        LineSplitter { limit: u32::try_from(limit).unwrap_or(u32::MAX), searched: 0, dropping: false }
    }

    fn limit(&self) -> usize {
        self.limit as usize
    }

    /// Takes the first line of `buf`, which begins behind what was used before; to be called until it is
    /// incomplete.
    pub fn next<'a>(&mut self, buf: &'a [u8]) -> Line<'a> {
        let mut begin = 0;
        if self.dropping {
            match memchr::memchr(b'\n', buf) {
                None => return Line::Incomplete { used: buf.len() },
                Some(end) => begin = end + 1,
            }
            self.dropping = false;
        }
        let rest = &buf[begin..];
        let searched = (self.searched as usize).min(rest.len());
        let Some(end) = memchr::memchr(b'\n', &rest[searched..]).map(|at| searched + at) else {
            return self.unfinished(begin, rest);
        };
        self.searched = 0;
        let line = rest[..end].strip_suffix(b"\r").unwrap_or(&rest[..end]);
        let used = begin + end + 1;
        if line.len() > self.limit() { Line::TooLong { used } } else { Line::Complete { line, used } }
    }

    fn unfinished<'a>(&mut self, begin: usize, rest: &[u8]) -> Line<'a> {
        // One more byte may be the CR of a line that is just as long as it may be.
        let room = self.limit() + usize::from(rest.ends_with(b"\r"));
        if rest.len() > room {
            self.dropping = true;
            self.searched = 0;
            return Line::TooLong { used: begin + rest.len() };
        }
        // At most the limit and a byte; if it were more, it would be searched again.
        self.searched = u32::try_from(rest.len()).unwrap_or(0);
        Line::Incomplete { used: begin }
    }

    /// What is left at the end of the stream: a last line without an end, unless it is empty or was dropped.
    #[must_use]
    pub fn last<'a>(&self, buf: &'a [u8]) -> Option<&'a [u8]> {
        let line = buf.strip_suffix(b"\r").unwrap_or(buf);
        (!self.dropping && !line.is_empty() && line.len() <= self.limit()).then_some(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a reader sees of `stream` if it comes in pieces of `size` bytes: lines, and `None` for one too long.
    fn read(stream: &[u8], limit: usize, size: usize) -> (Vec<Option<Vec<u8>>>, Vec<u8>) {
        let (mut splitter, mut buf, mut seen) = (LineSplitter::new(limit), Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            buf.extend_from_slice(piece);
            loop {
                let used = match splitter.next(&buf) {
                    Line::Complete { line, used } => {
                        seen.push(Some(line.to_vec()));
                        used
                    }
                    Line::TooLong { used } => {
                        seen.push(None);
                        used
                    }
                    Line::Incomplete { used } => {
                        buf.drain(..used);
                        break;
                    }
                };
                buf.drain(..used);
            }
            assert!(buf.len() <= limit + 1);
        }
        (seen, buf)
    }

    #[test]
    fn lines_are_the_same_however_they_come() {
        let stream = b"one\r\ntwo\n\n12345678\r\n123456789\nx\ry\n\r\n1234567890123456789012345\r\n\rlast";
        let line = |text: &str| Some(text.as_bytes().to_vec());
        let expected =
            vec![line("one"), line("two"), line(""), line("12345678"), None, line("x\ry"), line(""), None];
        for size in 1..=stream.len() {
            assert_eq!(read(stream, 8, size), (expected.clone(), b"\rlast".to_vec()), "pieces of {size}");
        }
    }

    #[test]
    fn a_line_of_a_megabyte_is_told_once_and_never_kept() {
        let mut stream = vec![b'x'; 1 << 20];
        stream.extend_from_slice(b"\nhello\n");
        let (seen, rest) = read(&stream, 8192, 4096);
        assert_eq!((seen, rest), (vec![None, Some(b"hello".to_vec())], Vec::new()));
    }

    #[test]
    fn a_last_line_needs_no_end() {
        let mut splitter = LineSplitter::new(8);
        assert_eq!(splitter.next(b"bye"), Line::Incomplete { used: 0 });
        assert_eq!(splitter.last(b"bye"), Some(&b"bye"[..]));
        assert_eq!(splitter.last(b"\r"), None);
        assert_eq!(splitter.next(b"123456789"), Line::TooLong { used: 9 });
        assert_eq!(splitter.last(b"tail"), None);
    }
}
