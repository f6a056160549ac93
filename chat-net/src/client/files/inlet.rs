//! Where the bytes of one received file wait for the disk: what comes is checked here, and nothing that is wrong goes on.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lock::lock;
use bytes::Bytes;

/// Bytes that come before the first one that was asked for: still on their way from before a pause. More are nobody's.
const STRAY_BYTES: u64 = 64 * 1024 * 1024;

/// Smaller chunks are copied, so that they do not keep a large buffer alive.
const COPY_BYTES: usize = 16 * 1024;

/// What a piece that waits counts: a small one takes more than its bytes.
pub(super) fn weight(bytes: &Bytes) -> usize {
    bytes.len().max(1024)
}

/// See the module.
#[derive(Debug)]
pub(super) struct Inlet {
    size: u64,
    chunk_bytes: u32,
    state: Mutex<State>,
    /// Something came, or nothing more will.
    arrived: Condvar,
}

/// Whether chunks are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Shut,
    /// Until the server says that the bytes from this offset come.
    Asked(u64),
    Open,
}

#[derive(Debug)]
struct State {
    gate: Gate,
    /// Where the next chunk must begin.
    next: u64,
    queue: VecDeque<(u64, Bytes)>,
    /// Bytes that came since the gate opened and do not follow.
    stray: u64,
    /// A chunk that follows came since the gate opened.
    has_begun: bool,
}

/// What a chunk was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// There are new bytes in it, which weigh so much.
    Fresh(usize),
    /// All of it is there.
    Repeat,
    /// Of no use, and nobody's fault.
    Stray,
}

impl Inlet {
    pub(super) fn new(size: u64, chunk_bytes: u32) -> Inlet {
        let state = State { gate: Gate::Shut, next: 0, queue: VecDeque::new(), stray: 0, has_begun: false };
        Inlet { size, chunk_bytes, state: Mutex::new(state), arrived: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// The server is about to be asked for the bytes from there. Nothing waits here then.
    pub(super) fn ask(&self, from: u64) {
        let mut state = self.state();
        state.gate = Gate::Asked(from);
    }

    /// The server sends the bytes from there: whether that is what it was asked.
    pub(super) fn open(&self, from: u64) -> bool {
        let mut state = self.state();
        if state.gate != Gate::Asked(from) {
            return false;
        }
        let queue = std::mem::take(&mut state.queue);
        *state = State { gate: Gate::Open, next: from, queue, stray: 0, has_begun: false };
        true
    }

    /// Takes no more; what waits is still written.
    pub(super) fn shut(&self) {
        self.state().gate = Gate::Shut;
        self.arrived.notify_one();
    }

    /// Takes no more, and forgets what waits: so much weight.
    pub(super) fn discard(&self) -> usize {
        let mut state = self.state();
        state.gate = Gate::Shut;
        self.arrived.notify_one();
        std::mem::take(&mut state.queue).iter().map(|(_, bytes)| weight(bytes)).sum()
    }

    pub(super) fn is_open(&self) -> bool {
        self.state().gate == Gate::Open
    }

    /// Looks at a chunk, and keeps what is new of it for the disk.
    ///
    /// # Errors
    /// What no server does.
    pub(super) fn take(&self, offset: u64, bytes: &Bytes) -> Result<Came, &'static str> {
        let mut state = self.state();
        if state.gate != Gate::Open {
            return Ok(Came::Stray);
        }
        let length = bytes.len() as u64;
        if length == 0 || length > u64::from(self.chunk_bytes) {
            return Err("a chunk is empty or longer than was settled");
        }
        let Some(end) = offset.checked_add(length).filter(|end| *end <= self.size) else {
            return Err("a chunk reaches beyond the end of the file");
        };
        if offset > state.next {
            state.stray += length;
            if state.has_begun || state.stray > STRAY_BYTES {
                return Err("a chunk does not follow what is there");
            }
            return Ok(Came::Stray);
        }
        if end <= state.next {
            return Ok(Came::Repeat);
        }
        let known = (state.next - offset) as usize;
        let fresh = bytes.slice(known..);
        let fresh = if fresh.len() < COPY_BYTES { Bytes::copy_from_slice(&fresh) } else { fresh };
        let weight = weight(&fresh);
        let at = state.next;
        state.queue.push_back((at, fresh));
        (state.next, state.has_begun) = (end, true);
        self.arrived.notify_one();
        Ok(Came::Fresh(weight))
    }

    /// All that waits, with where each piece belongs; waits for it. Empty: the gate is shut, and nothing more comes.
    pub(super) fn wait(&self) -> VecDeque<(u64, Bytes)> {
        let mut state = self.state();
        while state.queue.is_empty() && state.gate == Gate::Open {
            state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::take(&mut state.queue)
    }

    /// Waits for so long at most; whether nothing happened.
    pub(super) fn is_idle_for(&self, time: Duration) -> bool {
        let is_idle = |state: &mut State| state.queue.is_empty() && state.gate == Gate::Open;
        let waited = self.arrived.wait_timeout_while(self.state(), time, is_idle);
        waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.state().queue.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(size: u64, chunk_bytes: u32, from: u64) -> Inlet {
        let inlet = Inlet::new(size, chunk_bytes);
        inlet.ask(from);
        assert!(inlet.open(from));
        inlet
    }

    fn bytes(range: std::ops::Range<u64>) -> Bytes {
        range.map(|at| (at % 251) as u8).collect::<Vec<_>>().into()
    }

    #[test]
    fn a_gate_opens_only_as_asked() {
        let inlet = Inlet::new(1000, 100);
        assert!(!inlet.open(0), "nobody asked");
        assert_eq!(inlet.take(0, &bytes(0..10)), Ok(Came::Stray));
        inlet.ask(50);
        assert!(!inlet.open(0), "that is the answer to something else");
        assert!(inlet.open(50));
        assert!(!inlet.open(50), "it is open");
        assert_eq!(inlet.take(50, &bytes(50..60)), Ok(Came::Fresh(1024)));
        inlet.shut();
        assert_eq!(inlet.take(60, &bytes(60..70)), Ok(Came::Stray));
        assert_eq!(inlet.wait().len(), 1, "what came is still written");
        assert!(inlet.wait().is_empty());
    }

    #[test]
    fn what_no_server_does_is_found() {
        for (offset, length) in [(0, 0), (0, 101), (990, 11), (u64::MAX, 1), (1000, 1), (u64::MAX - 5, 100)] {
            let inlet = open(1000, 100, 0);
            assert!(inlet.take(offset, &Bytes::from(vec![0; length])).is_err(), "{offset} {length}");
        }
        let inlet = open(1000, 100, 0);
        assert_eq!(inlet.take(20, &bytes(20..30)), Ok(Came::Stray), "it may be from before a pause");
        assert_eq!(inlet.take(0, &bytes(0..10)), Ok(Came::Fresh(1024)));
        assert!(inlet.take(20, &bytes(20..30)).is_err(), "now it leaves a hole");
        assert_eq!(inlet.take(0, &bytes(0..10)), Ok(Came::Repeat));
    }

    #[test]
    fn strays_end_somewhere() {
        let inlet = open(u64::MAX, 1024 * 1024, 0);
        let chunk = Bytes::from(vec![0; 1024 * 1024]);
        for _ in 0..64 {
            assert_eq!(inlet.take(5, &chunk), Ok(Came::Stray));
        }
        assert!(inlet.take(5, &chunk).is_err());
    }

    proptest! {
        /// Chunks that overlap, repeat and leave holes: what is kept is the file, without a hole.
        #[test]
        fn what_is_kept_is_the_file(chunks in proptest::collection::vec((0u64..500, 1u64..100), 1..80)) {
            let inlet = open(500, 100, 0);
            let mut next = 0;
            for (offset, length) in chunks {
                let end = (offset + length).min(500);
                if offset >= end {
                    continue;
                }
                let came = inlet.take(offset, &bytes(offset..end));
                prop_assert_eq!(came.is_err(), offset > next && next > 0);
                if let Ok(Came::Fresh(_)) = came {
                    prop_assert!(offset <= next && next < end);
                    next = end;
                }
            }
            inlet.shut();
            let mut there = 0;
            for (at, piece) in inlet.wait() {
                prop_assert_eq!(at, there);
                there += piece.len() as u64;
                prop_assert_eq!(&piece, &bytes(at..there));
            }
            prop_assert_eq!(there, next);
        }
    }
}
