//! What waits to be sent over one connection: three lanes, bounded in bytes, written with one call.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use bytes::Bytes;
use chat_core::TransferId;
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::time::Instant;

pub(crate) use super::lanes::{Lane, Piece};
use super::lanes::{Lanes, write_all_now};
use crate::codec::Form;
use crate::limits::Limits;
use crate::lock::lock;
use crate::stats::Counters;

/// The sending half of a connection, shared between the engine, which fills it and writes what the socket
/// takes at once, and the connection's own task, which writes the rest when the socket is ready again.
#[derive(Debug)]
pub(crate) struct Outbox {
    pub(crate) form: Form,
    /// Written to directly, without waking a task; `None` for transports that only their task can write.
    socket: Option<Arc<TcpStream>>,
    limits: Arc<Limits>,
    pub(crate) counters: Arc<Counters>,
    lanes: Mutex<Lanes>,
    /// When the peer was last heard, in milliseconds since the server started.
    heard_ms: AtomicU64,
}

/// A lane is over its limit for good: this reader must go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Outbox {
    pub(crate) fn new(
        form: Form,
        socket: Option<Arc<TcpStream>>,
        limits: Arc<Limits>,
        counters: Arc<Counters>,
    ) -> Outbox {
        Outbox { form, socket, limits, counters, lanes: Mutex::default(), heard_ms: AtomicU64::new(0) }
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        lock(&self.lanes)
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

    /// Puts a chunk into the bulk lane: it goes out when nothing else waits. Whoever pushes sees to it that not too much
    /// waits there.
    pub(crate) fn push_chunk(&self, piece: Piece) {
        let mut lanes = self.lock();
        if lanes.is_closing || lanes.is_broken {
            return;
        }
        let rest = lanes.rest.get_or_insert_default();
        rest.bulk_bytes += piece.frame.len();
        rest.bulk.push_back(piece);
    }

    /// How many bytes of a transfer's file wait in the bulk lane; those of a chunk that is begun do not count.
    pub(crate) fn chunk_bytes(&self, transfer: TransferId) -> u64 {
        let lanes = self.lock();
        let of_it = lanes.rest.iter().flat_map(|rest| &rest.bulk).filter(|piece| piece.transfer == transfer);
        of_it.map(|piece| piece.length).sum()
    }

    /// Takes a transfer's chunks out of the bulk lane, but for one that is begun. Gives the offset of the first.
    pub(crate) fn withdraw(&self, transfer: TransferId) -> Option<u64> {
        let mut lanes = self.lock();
        let rest = lanes.rest.as_mut()?;
        let first = rest.bulk.iter().find(|piece| piece.transfer == transfer)?.offset;
        rest.bulk.retain(|piece| piece.transfer != transfer);
        rest.bulk_bytes = rest.bulk.iter().map(|piece| piece.frame.len()).sum();
        if rest.waiting() == 0 {
            lanes.rest = None;
        }
        Some(first)
    }

    /// Tells the reading half that its user was put out of a room.
    pub(crate) fn put_out(&self) {
        self.lock().is_put_out = true;
    }

    /// Whether the user was put out of a room since this was asked last.
    pub(crate) fn take_put_out(&self) -> bool {
        std::mem::take(&mut self.lock().is_put_out)
    }

    /// Writes what the socket takes now. What remains is written by the connection's task.
    pub(crate) fn flush(&self) {
        self.counters.sent(self.flush_uncounted());
    }

    /// The same; gives how many bytes were written, for whoever flushes many and counts them together.
    pub(crate) fn flush_uncounted(&self) -> usize {
        let mut lanes = self.lock();
        let mut sent = 0;
        match &self.socket {
            Some(socket) => {
                let (bytes, written) = write_all_now(&mut lanes, |slices| match slices {
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
                sent = bytes;
                if lanes.waiting() == 0 && !lanes.is_closing && !lanes.is_broken {
                    return sent;
                }
            }
            None if lanes.waiting() == 0 && !lanes.is_closing => return sent,
            None => {}
        }
        if let Some(writer) = lanes.writer.take() {
            writer.wake();
        }
        sent
    }

    /// Says goodbye: nothing is taken any more, the talk that waits goes out, then the connection ends. Chunks do not go
    /// out: whoever comes back accepts from where it is. Without `keep_talk` the talk is dropped too: the peer does not
    /// read it anyway. Gives whether this is the first goodbye.
    pub(crate) fn close(&self, farewell: Bytes, keep_talk: bool) -> bool {
        let mut lanes = self.lock();
        if lanes.is_closing {
            return false;
        }
        if let Some(rest) = &mut lanes.rest {
            rest.clear_bulk();
            if !keep_talk {
                (rest.talk, rest.talk_bytes) = (VecDeque::new(), 0);
            }
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
        true
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
        let (sent, written) =
            write_all_now(&mut lanes, |slices| match Pin::new(&mut *io).poll_write_vectored(cx, slices) {
                Poll::Ready(result) => result,
                Poll::Pending => {
                    pending = true;
                    Err(io::ErrorKind::WouldBlock.into())
                }
            });
        self.counters.sent(sent);
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

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncReadExt;

    fn outbox() -> Outbox {
        Outbox::new(Form::Text, None, Arc::new(Limits::default()), Arc::default())
    }

    fn chunk(transfer: u64, offset: u64, bytes: &'static str) -> Piece {
        let frame = Bytes::from_static(bytes.as_bytes());
        Piece { transfer: TransferId(transfer), offset, length: bytes.len() as u64, frame }
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
        outbox.push_chunk(chunk(1, 0, "[chunk 1]"));
        outbox.push_chunk(chunk(1, 9, "[chunk 2]"));
        for (lane, piece) in [(Lane::Talk, "[hello]"), (Lane::Control, "[ping]"), (Lane::Talk, "[there]")] {
            outbox.push(lane, Bytes::from_static(piece.as_bytes())).unwrap();
        }
        assert_eq!(read(&outbox, 38).await, b"[ping][hello][there][chunk 1][chunk 2]");
    }

    #[test]
    fn a_transfers_chunks_can_be_taken_back() {
        let outbox = outbox();
        for piece in [chunk(1, 0, "aa"), chunk(2, 7, "bbb"), chunk(1, 2, "cc"), chunk(2, 10, "dddd")] {
            outbox.push_chunk(piece);
        }
        assert_eq!((outbox.chunk_bytes(TransferId(1)), outbox.chunk_bytes(TransferId(2))), (4, 7));
        assert_eq!(outbox.withdraw(TransferId(2)), Some(7));
        assert_eq!((outbox.withdraw(TransferId(2)), outbox.waiting()), (None, 4));
        assert_eq!(outbox.withdraw(TransferId(1)), Some(0));
        assert!(outbox.lock().rest.is_none());
    }

    #[tokio::test]
    async fn chunks_do_not_go_out_behind_a_farewell() {
        let outbox = outbox();
        outbox.push(Lane::Talk, Bytes::from_static(b"bye, ")).unwrap();
        outbox.push_chunk(chunk(1, 0, "chunk"));
        outbox.close(Bytes::from_static(b"all"), true);
        outbox.push_chunk(chunk(1, 5, "chunk"));
        assert_eq!((outbox.waiting(), read(&outbox, 8).await), (8, b"bye, all".to_vec()));
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
}
