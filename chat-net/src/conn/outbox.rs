//! What waits to be sent over one connection: three lanes, bounded in bytes, written with one call.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::codec::Form;
use crate::limits::Limits;

/// Which of the three queues: what stands in a lower one waits for the ones above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Pings and farewells; never dropped.
    Control,
    /// Everything people say and ask.
    Talk,
    /// File bytes: only when nothing else waits, one chunk at a time.
    #[cfg_attr(not(test), expect(dead_code, reason = "the lane is part of the write order; see tests"))]
    Bulk,
}

/// Pieces written with one call; the kernel takes up to 1,024.
const PIECES: usize = 64;

/// The sending half of a connection, shared between the engine, which fills it and writes what the socket
/// takes at once, and the connection's own task, which writes the rest when the socket is ready again.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) form: Form,
    /// Written to directly, without waking a task; `None` for transports that only their task can write.
    socket: Option<Arc<TcpStream>>,
    limits: Arc<Limits>,
    lanes: Mutex<Lanes>,
    /// When the peer was last heard, in milliseconds since the server started.
    heard_ms: AtomicU64,
}

#[derive(Debug, Default)]
struct Lanes {
    /// Begun or next; apart from the queues so that the common case, one piece at a time, allocates nothing.
    front: Bytes,
    /// What stands behind it; nothing, most of the time.
    rest: Option<Box<Rest>>,
    over_since: Option<Instant>,
    is_closing: bool,
    is_broken: bool,
    writer: Option<Waker>,
    /// Those who wait for room: the connection's reader, and jobs that send it history.
    waiters: Vec<Waker>,
}

/// The queues of the three lanes, and how many bytes wait in each.
#[derive(Debug, Default)]
struct Rest {
    control: VecDeque<Bytes>,
    talk: VecDeque<Bytes>,
    bulk: VecDeque<Bytes>,
    control_bytes: usize,
    talk_bytes: usize,
    bulk_bytes: usize,
}

impl Rest {
    /// Takes the next piece, in the order of the lanes.
    fn pop(&mut self) -> Option<Bytes> {
        pop(&mut self.control, &mut self.control_bytes)
            .or_else(|| pop(&mut self.talk, &mut self.talk_bytes))
            .or_else(|| pop(&mut self.bulk, &mut self.bulk_bytes))
    }

    fn waiting(&self) -> usize {
        self.control_bytes + self.talk_bytes + self.bulk_bytes
    }
}

/// A lane is over its limit for good: this reader must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Lanes {
    fn waiting(&self) -> usize {
        self.front.len() + self.rest.as_ref().map_or(0, |rest| rest.waiting())
    }

    fn talk_bytes(&self) -> usize {
        self.rest.as_ref().map_or(0, |rest| rest.talk_bytes)
    }

    fn wake_waiters(&mut self) {
        // Taken whole, so that an idle connection keeps no buffer for it.
        std::mem::take(&mut self.waiters).into_iter().for_each(Waker::wake);
    }

    fn push(&mut self, lane: Lane, piece: Bytes) {
        if self.waiting() == 0 {
            self.front = piece;
            return;
        }
        let rest = self.rest.get_or_insert_default();
        let (queue, bytes) = match lane {
            Lane::Control => (&mut rest.control, &mut rest.control_bytes),
            Lane::Talk => (&mut rest.talk, &mut rest.talk_bytes),
            Lane::Bulk => (&mut rest.bulk, &mut rest.bulk_bytes),
        };
        *bytes += piece.len();
        queue.push_back(piece);
    }

    /// The pieces that go out next, in order, and how many there are.
    fn gather<'a>(&'a self, slices: &mut [IoSlice<'a>; PIECES]) -> usize {
        let first = Some(&self.front).filter(|front| !front.is_empty());
        let rest = self.rest.iter().flat_map(|rest| {
            let bulk = rest.bulk.front().filter(|_| rest.talk.is_empty() && rest.control.is_empty());
            rest.control.iter().chain(&rest.talk).chain(bulk)
        });
        let pieces = first.into_iter().chain(rest);
        slices.iter_mut().zip(pieces).map(|(slice, piece)| *slice = IoSlice::new(piece)).count()
    }

    /// Takes `written` bytes off the front, in the order of [`gather`](Lanes::gather).
    fn advance(&mut self, mut written: usize) {
        loop {
            let step = written.min(self.front.len());
            self.front.advance(step);
            written -= step;
            if !self.front.is_empty() {
                return;
            }
            match self.rest.as_mut().and_then(|rest| rest.pop()) {
                Some(piece) => self.front = piece,
                None => {
                    // An idle connection keeps no buffers.
                    (self.front, self.rest) = (Bytes::new(), None);
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

impl Outbox {
    pub(crate) fn new(form: Form, socket: Option<Arc<TcpStream>>, limits: Arc<Limits>) -> Outbox {
        Outbox { form, socket, limits, lanes: Mutex::default(), heard_ms: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        // Nothing below panics half-way through a change, so a poisoned lock still guards whole data.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn heard(&self, now_ms: u64) {
        self.heard_ms.store(now_ms, Ordering::Relaxed);
    }

    pub(crate) fn heard_ms(&self) -> u64 {
        self.heard_ms.load(Ordering::Relaxed)
    }

    /// Puts a piece of whole frames into a lane. It goes out with the next [`flush`](Outbox::flush).
    ///
    /// # Errors
    /// The lane is over the limit at which the reader must go at once. The piece is in it all the same.
    pub(crate) fn push(&self, lane: Lane, piece: Bytes) -> Result<(), Overflow> {
        let mut lanes = self.lock();
        if lanes.is_closing || piece.is_empty() {
            return Ok(());
        }
        lanes.push(lane, piece);
        let limits = &self.limits;
        let over = lanes.rest.as_ref().is_some_and(|rest| {
            rest.control_bytes > limits.control_bytes || rest.talk_bytes > limits.talk_hard_bytes
        });
        if over { Err(Overflow) } else { Ok(()) }
    }

    /// Writes what the socket takes now. What remains is written by the connection's task.
    pub(crate) fn flush(&self) {
        let mut lanes = self.lock();
        match &self.socket {
            Some(socket) => {
                let written = write_all_now(&mut lanes, |slices| match slices {
                    // The common case, and a cheaper call.
                    [piece] => socket.try_write(piece),
                    pieces => socket.try_write_vectored(pieces),
                });
                if written.is_err() {
                    lanes.is_broken = true;
                }
                if lanes.is_broken || lanes.talk_bytes() <= self.limits.talk_bytes / 2 {
                    lanes.wake_waiters();
                }
                if lanes.waiting() == 0 && !lanes.is_closing && !lanes.is_broken {
                    return;
                }
            }
            None if lanes.waiting() == 0 && !lanes.is_closing => return,
            None => {}
        }
        if let Some(writer) = lanes.writer.take() {
            writer.wake();
        }
    }

    /// Says goodbye: nothing is taken any more, what waits goes out, then the connection ends. Without
    /// `keep_talk` the talk and bulk lanes are dropped: the peer does not read them anyway.
    pub(crate) fn close(&self, farewell: Bytes, keep_talk: bool) {
        let mut lanes = self.lock();
        if lanes.is_closing {
            return;
        }
        if !keep_talk && let Some(rest) = &mut lanes.rest {
            (rest.talk, rest.bulk) = (VecDeque::new(), VecDeque::new());
            (rest.talk_bytes, rest.bulk_bytes) = (0, 0);
        }
        if !farewell.is_empty() {
            lanes.push(if keep_talk { Lane::Talk } else { Lane::Control }, farewell);
        }
        lanes.is_closing = true;
        lanes.wake_waiters();
        if let Some(writer) = lanes.writer.take() {
            writer.wake();
        }
        drop(lanes);
        self.flush();
    }

    /// Whether the talk lane has been over its limit for too long.
    pub(crate) fn is_stuck(&self, now: Instant) -> bool {
        let mut lanes = self.lock();
        if lanes.talk_bytes() <= self.limits.talk_bytes {
            lanes.over_since = None;
            return false;
        }
        let since = *lanes.over_since.get_or_insert(now);
        now.duration_since(since).as_millis() >= u128::from(self.limits.talk_grace_ms)
    }

    /// Ready when at most half of the talk lane's limit waits, or the connection ends.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut lanes = self.lock();
        if lanes.is_closing || lanes.is_broken || lanes.talk_bytes() <= self.limits.talk_bytes / 2 {
            return Poll::Ready(());
        }
        if !lanes.waiters.iter().any(|waiter| waiter.will_wake(cx.waker())) {
            lanes.waiters.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Whether so much talk waits that the connection should not be read either.
    pub(crate) fn is_full(&self) -> bool {
        let lanes = self.lock();
        lanes.talk_bytes() > self.limits.talk_bytes && !lanes.is_closing
    }

    /// Whether goodbye was said.
    pub(crate) fn is_closing(&self) -> bool {
        self.lock().is_closing
    }

    /// How much waits, in bytes.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        self.lock().waiting()
    }

    /// Writes whenever the transport takes more. Ready when the connection has been closed and all that
    /// waited is written, or when writing failed.
    pub(crate) fn poll_drive<W: AsyncWrite + Unpin>(
        &self,
        cx: &mut Context<'_>,
        io: &mut W,
    ) -> Poll<io::Result<()>> {
        let mut lanes = self.lock();
        let mut pending = false;
        let written =
            write_all_now(&mut lanes, |slices| match Pin::new(&mut *io).poll_write_vectored(cx, slices) {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    pending = true;
                    Err(io::ErrorKind::WouldBlock.into())
                }
            });
        if let Err(error) = written {
            lanes.is_broken = true;
            return Poll::Ready(Err(error));
        }
        if lanes.talk_bytes() <= self.limits.talk_bytes / 2 {
            lanes.wake_waiters();
        }
        if lanes.is_broken {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        if !pending && lanes.waiting() == 0 {
            match Pin::new(&mut *io).poll_flush(cx) {
                Poll::Ready(Ok(())) if lanes.is_closing => return Poll::Ready(Ok(())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                _ => {}
            }
        }
        match &mut lanes.writer {
            Some(waker) => waker.clone_from(cx.waker()),
            slot => *slot = Some(cx.waker().clone()),
        }
        Poll::Pending
    }
}

/// Writes until nothing waits or the transport takes no more.
fn write_all_now(
    lanes: &mut Lanes,
    mut write: impl FnMut(&[IoSlice<'_>]) -> io::Result<usize>,
) -> io::Result<()> {
    while lanes.waiting() > 0 {
        let mut slices = [IoSlice::new(&[]); PIECES];
        let count = lanes.gather(&mut slices);
        match write(&slices[..count]) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => lanes.advance(written),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn outbox() -> Outbox {
        Outbox::new(Form::Text, None, Arc::new(Limits::default()))
    }

    async fn read(outbox: &Outbox, expected: usize) -> Vec<u8> {
        let (mut near, mut far) = tokio::io::duplex(1 << 20);
        let mut got = vec![0; expected];
        tokio::select! {
            end = std::future::poll_fn(|cx| outbox.poll_drive(cx, &mut near)) => {
                end.unwrap();
                drop(near);
                far.read_exact(&mut got).await.unwrap();
            }
            done = far.read_exact(&mut got) => { done.unwrap(); }
        }
        got
    }

    #[tokio::test]
    async fn talk_goes_before_bulk_and_control_before_talk() {
        let outbox = outbox();
        for (lane, piece) in [
            (Lane::Bulk, "[chunk 1]"), // already on its way: at most one chunk stands before a message
            (Lane::Bulk, "[chunk 2]"),
            (Lane::Talk, "[hello]"),
            (Lane::Control, "[ping]"),
            (Lane::Talk, "[there]"),
        ] {
            outbox.push(lane, Bytes::from_static(piece.as_bytes())).unwrap();
        }
        assert_eq!(read(&outbox, 38).await, b"[chunk 1][ping][hello][there][chunk 2]");
    }

    #[tokio::test]
    async fn a_farewell_comes_last_and_ends_it() {
        let outbox = outbox();
        outbox.push(Lane::Talk, Bytes::from_static(b"bye, ")).unwrap();
        outbox.close(Bytes::from_static(b"all"), true);
        outbox.push(Lane::Talk, Bytes::from_static(b"too late")).unwrap();
        assert_eq!(read(&outbox, 8).await, b"bye, all");
    }

    #[test]
    fn a_lane_over_its_hard_limit_says_so() {
        let outbox = outbox();
        let piece = Bytes::from(vec![b'x'; 300 * 1024]);
        for _ in 0..4 {
            outbox.push(Lane::Talk, piece.clone()).unwrap();
        }
        assert!(outbox.is_full());
        assert_eq!(outbox.push(Lane::Talk, piece), Err(Overflow));
        outbox.close(Bytes::from_static(b"slow"), false);
        assert_eq!(outbox.waiting(), 300 * 1024 + 4, "the begun piece and the farewell remain");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lane_over_its_soft_limit_is_stuck_after_a_while() {
        let outbox = outbox();
        let start = Instant::now();
        for _ in 0..3 {
            outbox.push(Lane::Talk, Bytes::from(vec![b'x'; 200 * 1024])).unwrap();
        }
        assert!(!outbox.is_stuck(start));
        assert!(!outbox.is_stuck(start + std::time::Duration::from_secs(9)));
        assert!(outbox.is_stuck(start + std::time::Duration::from_secs(10)));
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
            .unwrap();
            assert_eq!(out, b"one two three four", "in steps of {step}");
            assert!(lanes.waiting() == 0 && lanes.rest.is_none());
        }
    }
}
