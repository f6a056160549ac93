//! The three lanes in which a connection's pieces wait, and the order in which they go out.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::task::Waker;

use bytes::{Buf, Bytes};
use chat_core::TransferId;
use tokio::time::Instant;

/// Which of the first two queues: what stands in a lower one waits for the ones above it. The third is the bulk lane,
/// for file bytes: see [`Outbox::push_chunk`](super::outbox::Outbox::push_chunk).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Pings and farewells; never dropped.
    Control,
    /// Everything people say and ask.
    Talk,
}

/// A chunk of a file as it waits in a bulk lane: a whole frame, and what is in it.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    pub(crate) transfer: TransferId,
    /// Where its bytes begin in the file, and how many they are.
    pub(crate) offset: u64,
    pub(crate) length: u64,
    pub(crate) frame: Bytes,
}

/// Pieces written with one call; the kernel takes up to 1,024.
const PIECES: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Lanes {
    /// Begun or next; apart from the queues so that the common case, one piece at a time, allocates nothing. A chunk
    /// comes here only once it is begun.
    pub(super) front: Bytes,
    /// What stands behind it; nothing, most of the time.
    pub(super) rest: Option<Box<Rest>>,
    pub(super) over_since: Option<Instant>,
    pub(super) is_closing: bool,
    pub(super) is_broken: bool,
    /// Whether the user was put out of a room, and the reading half does not know it yet.
    pub(super) is_put_out: bool,
    pub(super) writer: Option<Waker>,
    /// Those who wait for room: the connection's reader, and jobs that send it history.
    pub(super) waiters: Vec<Waker>,
}

/// The queues of the three lanes, and how many bytes wait in each.
#[derive(Debug, Default)]
pub(super) struct Rest {
    pub(super) control: VecDeque<Bytes>,
    pub(super) talk: VecDeque<Bytes>,
    pub(super) bulk: VecDeque<Piece>,
    pub(super) control_bytes: usize,
    pub(super) talk_bytes: usize,
    pub(super) bulk_bytes: usize,
}

impl Rest {
    /// Takes the next piece, in the order of the lanes; a chunk only if some of it is written already.
    fn pop(&mut self, is_begun: bool) -> Option<Bytes> {
        let first = pop(&mut self.control, &mut self.control_bytes)
            .or_else(|| pop(&mut self.talk, &mut self.talk_bytes));
        if first.is_some() || !is_begun {
            return first;
        }
        let piece = self.bulk.pop_front()?;
        self.bulk_bytes -= piece.frame.len();
        Some(piece.frame)
    }

    pub(super) fn clear_bulk(&mut self) {
        (self.bulk, self.bulk_bytes) = (VecDeque::new(), 0);
    }

    pub(super) fn waiting(&self) -> usize {
        self.control_bytes + self.talk_bytes + self.bulk_bytes
    }
}

impl Lanes {
    pub(super) fn waiting(&self) -> usize {
        self.front.len() + self.rest.as_ref().map_or(0, |rest| rest.waiting())
    }

    pub(super) fn talk_bytes(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.talk_bytes)
    }

    pub(super) fn wake_waiters(&mut self) {
        // Taken whole, so that an idle connection keeps no buffer for it.
        std::mem::take(&mut self.waiters).into_iter().for_each(Waker::wake);
    }

    pub(super) fn push(&mut self, lane: Lane, piece: Bytes) {
        if self.waiting() == 0 {
            self.front = piece;
            return;
        }
        let rest = self.rest.get_or_insert_default();
        let (queue, bytes) = match lane {
            Lane::Control => (&mut rest.control, &mut rest.control_bytes),
            Lane::Talk => (&mut rest.talk, &mut rest.talk_bytes),
        };
        *bytes += piece.len();
        queue.push_back(piece);
    }

    /// The pieces that go out next, in order, and how many there are.
    pub(super) fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>; PIECES]) -> usize {
        let first = Some(&self.front).filter(|front| !front.is_empty());
        let rest = self.rest.iter().flat_map(|rest| {
            let bulk = rest.bulk.iter().map(|piece| &piece.frame);
            rest.control.iter().chain(&rest.talk).chain(bulk)
        });
        let pieces = first.into_iter().chain(rest);
        slices.iter_mut().zip(pieces).map(|(slice, piece)| *slice = IoSlice::new(piece)).count()
    }

    /// Takes `written` bytes off the front, in the order of [`gather`](Lanes::gather).
    pub(super) fn advance(&mut self, mut written: usize) {
        loop {
            let step = written.min(self.front.len());
            self.front.advance(step);
            written -= step;
            if !self.front.is_empty() {
                return;
            }
            match self.rest.as_mut().and_then(|rest| rest.pop(written > 0)) {
                Some(piece) => self.front = piece,
                None => {
                    self.front = Bytes::new();
                    // An idle connection keeps no buffers.
                    if self.rest.as_ref().is_some_and(|rest| rest.waiting() == 0) {
                        self.rest = None;
                    }
                    return;
                }
            }
            if written == 0 {
                return;
            }
        }
    }
}

fn pop(queue: &mut VecDeque<Bytes>, bytes: &mut usize) -> Option<Bytes> {
    let piece = queue.pop_front()?;
    *bytes -= piece.len();
    Some(piece)
}

/// Writes until nothing waits or the transport takes no more. Gives how many bytes it took, also if it broke then.
pub(super) fn write_all_now(
    lanes: &mut Lanes,
    mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
) -> (usize, io::Result<()>) {
    let mut sent = 0;
    while lanes.waiting() > 0 {
        let mut slices = [IoSlice::new(&[]); PIECES];
        let count = lanes.gather(&mut slices);
        match write(&slices[..count]) {
            Ok(0) => return (sent, Err(io::ErrorKind::WriteZero.into())),
            Ok(written) => {
                sent += written;
                lanes.advance(written);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return (sent, Ok(())),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return (sent, Err(error)),
        }
    }
    (sent, Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(offset: u64, bytes: &'static str) -> Piece {
        let frame = Bytes::from_static(bytes.as_bytes());
        Piece { transfer: TransferId(1), offset, length: bytes.len() as u64, frame }
    }

    #[test]
    fn only_a_chunk_that_is_begun_stands_before_a_message() {
        for written in 0..18 {
            let mut lanes = Lanes::default();
            let rest = lanes.rest.get_or_insert_default();
            rest.bulk.extend([chunk(0, "[chunk 1]"), chunk(9, "[chunk 2]")]);
            rest.bulk_bytes = 18;
            lanes.advance(written);
            lanes.push(Lane::Talk, Bytes::from_static(b"[hello]"));
            let mut rest = Vec::new();
            write_all_now(&mut lanes, |slices| {
                slices.iter().for_each(|slice| rest.extend_from_slice(slice));
                Ok(slices.iter().map(|slice| slice.len()).sum())
            })
            .1
            .unwrap();
            let begun = written.div_ceil(9) * 9;
            let all = "[chunk 1][chunk 2]";
            let expected = format!("{}[hello]{}", &all[written..begun], &all[begun..]);
            assert_eq!(String::from_utf8(rest).unwrap(), expected, "{written} were written");
            assert!(lanes.waiting() == 0 && lanes.rest.is_none());
        }
    }

    #[test]
    fn pieces_are_taken_off_wherever_a_write_ends() {
        for step in 1..12 {
            let mut lanes = Lanes::default();
            for piece in ["one ", "two ", "three ", "four"] {
                lanes.push(Lane::Talk, Bytes::from_static(piece.as_bytes()));
            }
            let mut out = Vec::new();
            write_all_now(&mut lanes, |slices| {
                let all: Vec<u8> = slices.iter().flat_map(|slice| slice.iter().copied()).collect();
                let written = step.min(all.len());
                out.extend_from_slice(&all[..written]);
                Ok(written)
            })
            .1
            .unwrap();
            assert_eq!(out, b"one two three four", "in steps of {step}");
            assert!(lanes.waiting() == 0 && lanes.rest.is_none());
        }
    }
}
