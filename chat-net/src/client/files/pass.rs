//! One pass over a file that is sent: reads as far as the server's credit goes, a little ahead of the link.

use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::lock::lock;
use bytes::{Bytes, BytesMut};

/// Read from the disk at a time, if a chunk is not larger.
const BLOCK_BYTES: usize = 512 * 1024;

/// A pass that was read so far ahead of the link waits for it.
const AHEAD_BYTES: usize = 1024 * 1024;

/// A thread that has nothing to read for so long ends; the next credit brings another.
const IDLE: Duration = Duration::from_secs(1);

/// See the module.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) number: u32,
    state: Mutex<State>,
    /// There is more to read, or nothing any more.
    stirred: Condvar,
}

#[derive(Debug)]
struct State {
    /// Up to where it was read.
    at: u64,
    /// Up to where it may be read.
    until: u64,
    /// Bytes that were read and did not go out yet.
    ahead: usize,
    is_running: bool,
    is_held: bool,
    is_stopped: bool,
}

impl State {
    fn next(&self, block: usize) -> Option<Range<u64>> {
        let end = self.until.min(self.at.saturating_add(block as u64));
        let may_read = !self.is_held && self.at < end && self.ahead < AHEAD_BYTES.max(block);
        may_read.then_some(self.at..end)
    }
}

impl Pass {
    /// A pass that begins at an offset; nothing of it is read before there is credit.
    pub(super) fn new(number: u32, at: u64, is_held: bool) -> Pass {
        let state = State { at, until: at, ahead: 0, is_running: false, is_held, is_stopped: false };
        Pass { number, state: Mutex::new(state), stirred: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Takes credit: `true` if a thread must be started for it; `None` if the server says that it has what was not sent.
    pub(super) fn credit(&self, next: u64, until: u64) -> Option<bool> {
        let mut state = self.state();
        if next > state.at {
            return None;
        }
        state.until = state.until.max(until);
        Some(self.stir(&mut state))
    }

    /// So many bytes went out: `true` if a thread must be started for what may be read now.
    pub(super) fn sent(&self, bytes: usize) -> bool {
        let mut state = self.state();
        state.ahead = state.ahead.saturating_sub(bytes);
        // Not at every chunk.
        state.ahead <= AHEAD_BYTES / 2 && self.stir(&mut state)
    }

    /// Holds it, or lets it go on: `true` if a thread must be started.
    pub(super) fn hold(&self, is_held: bool) -> bool {
        let mut state = self.state();
        state.is_held = is_held;
        self.stir(&mut state)
    }

    fn stir(&self, state: &mut State) -> bool {
        let must_start = !state.is_running && !state.is_stopped && state.next(1).is_some();
        if state.is_running {
            self.stirred.notify_one();
        }
        state.is_running |= must_start;
        must_start
    }

    /// Nothing more of it is wanted.
    pub(super) fn stop(&self) {
        self.state().is_stopped = true;
        self.stirred.notify_one();
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.state().is_stopped
    }

    /// Up to where it was read.
    pub(super) fn at(&self) -> u64 {
        self.state().at
    }

    /// The next piece to read, when there is leave for it. `None`: the thread ends.
    pub(super) fn next(&self, chunk_bytes: usize) -> Option<Range<u64>> {
        let block = block_bytes(chunk_bytes);
        let mut state = self.state();
        loop {
            if state.is_stopped {
                return None;
            }
            if let Some(range) = state.next(block) {
                state.at = range.end;
                state.ahead += (range.end - range.start) as usize;
                return Some(range);
            }
            let (waited, timeout) =
                self.stirred.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
            state = waited;
            if timeout.timed_out() && state.next(block).is_none() {
                state.is_running = false;
                return None;
            }
        }
    }
}

/// Read at a time: whole chunks.
fn block_bytes(chunk_bytes: usize) -> usize {
    (BLOCK_BYTES / chunk_bytes.max(1)).max(1) * chunk_bytes
}

/// Memory that is read into, again and again: what has gone out comes back.
#[derive(Debug, Default)]
pub(super) struct Buffers(VecDeque<Bytes>);

impl Buffers {
    /// One of that length; what is in it is of no meaning.
    pub(super) fn take(&mut self, length: usize) -> BytesMut {
        let free = self.0.pop_front().map(Bytes::try_into_mut);
        match free {
            Some(Ok(mut buffer)) => {
                buffer.resize(length, 0);
                buffer
            }
            // It is still on its way; whoever has it frees it.
            Some(Err(_)) | None => BytesMut::zeroed(length),
        }
    }

    /// Takes notice of one that goes out.
    pub(super) fn keep(&mut self, bytes: Bytes) {
        if self.0.len() < 4 {
            self.0.push_back(bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_reads_no_further_than_its_credit_and_not_far_ahead() {
        let pass = Pass::new(1, 1000, false);
        assert_eq!(pass.credit(1000, 1000), Some(false), "no leave yet");
        assert_eq!(pass.credit(1001, 5000), None, "the server has what was not sent");
        assert_eq!(pass.credit(1000, 3_000_000), Some(true));
        assert_eq!(pass.credit(1000, 3_000_000), Some(false), "it runs already");
        assert_eq!(pass.next(65_536), Some(1000..525_288));
        assert_eq!(pass.next(65_536), Some(525_288..1_049_576));
        assert_eq!(pass.next(65_536), None, "it ends when nothing goes out");
        assert!(!pass.sent(524_287));
        assert!(pass.sent(1), "half of it went out");
        assert_eq!(pass.next(65_536), Some(1_049_576..1_573_864));
        pass.stop();
        assert_eq!(pass.next(65_536), None);
        assert!(!pass.sent(1_048_576));
    }

    #[test]
    fn a_held_pass_reads_nothing() {
        let pass = Pass::new(1, 0, true);
        assert_eq!(pass.credit(0, 10), Some(false));
        assert!(pass.hold(false));
        assert_eq!(pass.next(4), Some(0..10));
    }

    #[test]
    fn memory_is_used_again() {
        let mut buffers = Buffers::default();
        let first = buffers.take(100).freeze();
        let place = first.as_ptr();
        buffers.keep(first.clone());
        let second = buffers.take(100);
        assert_ne!(second.as_ptr(), place, "it is on its way");
        drop(first);
        let third = buffers.take(100).freeze();
        buffers.keep(third.clone());
        let place = third.as_ptr();
        drop(third);
        assert_eq!(buffers.take(60).as_ptr(), place);
    }

    #[test]
    fn blocks_are_whole_chunks() {
        assert_eq!(block_bytes(65_536), 524_288);
        assert_eq!(block_bytes(1_048_576), 1_048_576);
        assert_eq!(block_bytes(4096), 524_288);
        assert_eq!(block_bytes(100_000), 500_000);
    }
}
