//! Where messages end in a stream of bytes: at a newline, or where the length before them says.

use clap::ValueEnum;

use super::transport::websocket;

/// How messages are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Framing {
    /// Each ends with a newline.
    Lines,
    /// Each begins with its length, four bytes, the highest first.
    Frames,
    /// Each is a frame of a WebSocket; the floor knows none of these.
    #[value(skip)]
    WebSocket,
}

const HEADER: usize = 4;

impl Framing {
    /// As the floor's flag wants it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Framing::Lines => "lines",
            Framing::Frames => "frames",
            Framing::WebSocket => "websocket",
        }
    }

    /// Appends a message, with newline or length; a WebSocket's frame is put by [`websocket::put`].
    pub(super) fn put(self, payload: &[u8], out: &mut Vec<u8>) {
        if self == Framing::Frames {
            out.extend_from_slice(&(payload.len() as u32).to_be_bytes());
        }
        out.extend_from_slice(payload);
        if self == Framing::Lines {
            out.push(b'\n');
        }
    }

    /// The first whole message in `bytes` without newline or length, and how many bytes it takes with them.
    pub(super) fn first(self, bytes: &[u8]) -> Option<(&[u8], usize)> {
        match self {
            Framing::Lines => {
                let end = memchr::memchr(b'\n', bytes)?;
                let line = &bytes[..end];
                Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
            }
            Framing::Frames => {
                let length = length(bytes.first_chunk()?);
                Some((bytes.get(HEADER..HEADER + length)?, HEADER + length))
            }
            Framing::WebSocket => websocket::first(bytes),
        }
    }
}

fn length(header: &[u8; HEADER]) -> usize {
    u32::from_be_bytes(*header) as usize
}

/// Counts the messages that end in a stream, keeping none of it.
#[derive(Clone, Debug)]
pub(super) struct Counter {
    framing: Framing,
    /// Bytes to pass over: of the preface at first, then of a frame whose rest is to come.
    skip: usize,
    in_frame: bool,
    header: [u8; HEADER],
    header_len: u8,
}

impl Counter {
    /// For a stream that begins with `preface` bytes which are no message.
    pub(super) fn new(framing: Framing, preface: usize) -> Counter {
        Counter { framing, skip: preface, in_frame: false, header: [0; HEADER], header_len: 0 }
    }

    /// How many messages end in `bytes`, which come after those of the last call.
    pub(super) fn count(&mut self, bytes: &[u8]) -> usize {
        match self.framing {
            Framing::Lines => memchr::memchr_iter(b'\n', bytes).count(),
            Framing::Frames => self.count_frames(bytes),
            Framing::WebSocket => unreachable!("the floor speaks no WebSocket"),
        }
    }

    fn count_frames(&mut self, mut bytes: &[u8]) -> usize {
        let mut ended = 0;
        loop {
            let skipped = self.skip.min(bytes.len());
            self.skip -= skipped;
            bytes = &bytes[skipped..];
            if self.skip > 0 {
                return ended;
            }
            ended += usize::from(std::mem::take(&mut self.in_frame));
            while usize::from(self.header_len) < HEADER {
                let Some((byte, rest)) = bytes.split_first() else { return ended };
                self.header[usize::from(self.header_len)] = *byte;
                self.header_len += 1;
                bytes = rest;
            }
            self.skip = length(&self.header);
            self.header_len = 0;
            self.in_frame = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAMES: &[u8] = b"PREFACE!\0\0\0\x02hi\0\0\0\x01x\0\0\0\x03yes";

    #[test]
    fn frames_are_counted_however_they_are_cut() {
        for size in 1..=FRAMES.len() {
            let mut counter = Counter::new(Framing::Frames, 8);
            let count: usize = FRAMES.chunks(size).map(|chunk| counter.count(chunk)).sum();
            assert_eq!(count, 3, "in pieces of {size}");
        }
    }

    #[test]
    fn half_a_message_is_none() {
        assert_eq!(Framing::Lines.first(b"hi\r\nyo"), Some((&b"hi"[..], 4)));
        assert_eq!(Framing::Lines.first(b"yo"), None);
        assert_eq!(Framing::Frames.first(&FRAMES[8..]), Some((&b"hi"[..], 6)));
        assert_eq!(Framing::Frames.first(&FRAMES[8..13]), None);
        assert_eq!(Framing::Frames.first(&FRAMES[8..10]), None);
    }
}
