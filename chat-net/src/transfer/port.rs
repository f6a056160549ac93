//! What a relay needs of a connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use bytes::BytesMut;
use chat_core::{MIN_CHUNK_BYTES, TransferId};

use crate::codec::{Form, FromServer};
use crate::conn::outbox::{Lane, Outbox, Piece};

/// A connection, as far as the bytes of files go. A relay calls it while it is locked, but for [`flush`](Port::flush).
pub(crate) trait Port: Clone {
    /// How it speaks.
    fn form(&self) -> Form;
    /// One more transfer sends it bytes, or one less.
    fn opened(&self);
    fn closed(&self);
    /// How many bytes of one transfer's file may wait for it.
    fn share(&self) -> u64;
    /// How many of this transfer's do.
    fn waiting(&self, transfer: TransferId) -> u64;
    /// Puts a chunk behind all that waits.
    fn send(&self, piece: Piece);
    /// Takes back what waits of a transfer: the offset of the first byte.
    fn withdraw(&self, transfer: TransferId) -> Option<u64>;
    /// Tells it something, behind all that it was told before.
    fn tell(&self, frame: &FromServer);
    /// It may still send so many bytes of a pass that has ended: it could not know.
    fn forgive_chunks(&self, bytes: u64);
    /// It may still acknowledge so many bytes of a copy that has ended.
    fn forgive_acks(&self, bytes: u64);
    /// Lets what was sent go out.
    fn flush(&self);
}

/// A connection that is an end of transfers.
#[derive(Debug)]
pub(crate) struct Line {
    outbox: Arc<Outbox>,
    /// The limit of its bulk lane.
    bulk_bytes: u64,
    /// How many transfers send it bytes.
    receiving: AtomicUsize,
    /// What is forgiven: bytes of chunks, and a number of acknowledgements.
    late_bytes: AtomicU64,
    late_acks: AtomicU64,
}

impl Line {
    pub(super) fn new(outbox: Arc<Outbox>, bulk_bytes: u64) -> Line {
        Line {
            outbox,
            bulk_bytes,
            receiving: AtomicUsize::new(0),
            late_bytes: AtomicU64::new(0),
            late_acks: AtomicU64::new(0),
        }
    }

    /// Whether a chunk of so many bytes, or an acknowledgement if there are none, is forgiven as one that was on its way
    /// when the copy or pass ended.
    pub(super) fn is_late(&self, chunk_bytes: Option<u64>) -> bool {
        let (left, cost) = match chunk_bytes {
            Some(bytes) => (&self.late_bytes, bytes.max(1)),
            None => (&self.late_acks, 1),
        };
        let spend = |left: u64| left.checked_sub(cost);
        left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend).is_ok()
    }
}

impl Port for Arc<Line> {
    fn form(&self) -> Form {
        self.outbox.form
    }

    fn opened(&self) {
        self.receiving.fetch_add(1, Ordering::Relaxed);
    }

    fn closed(&self) {
        self.receiving.fetch_sub(1, Ordering::Relaxed);
    }

    fn share(&self) -> u64 {
        let all = match self.outbox.form.is_binary() {
            true => self.bulk_bytes,
            // Base64 makes four bytes of three, and the lane holds what is written.
            false => self.bulk_bytes / 4 * 3,
        };
        all / self.receiving.load(Ordering::Relaxed).max(1) as u64
    }

    fn waiting(&self, transfer: TransferId) -> u64 {
        self.outbox.chunk_bytes(transfer)
    }

    fn send(&self, piece: Piece) {
        self.outbox.push_chunk(piece);
    }

    fn withdraw(&self, transfer: TransferId) -> Option<u64> {
        self.outbox.withdraw(transfer)
    }

    fn tell(&self, frame: &FromServer) {
        let mut bytes = BytesMut::new();
        self.outbox.form.encode(frame, false, &mut bytes);
        // Among the talk, so that it comes behind the events that led to it. A lane that runs over here is seen by the
        // engine's sweep.
        let _ = self.outbox.push(Lane::Talk, bytes.freeze());
    }

    fn forgive_chunks(&self, bytes: u64) {
        self.late_bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn forgive_acks(&self, bytes: u64) {
        // One for every chunk that may have been on its way.
        let chunks = bytes.div_ceil(u64::from(MIN_CHUNK_BYTES)) + 1;
        self.late_acks.fetch_add(chunks, Ordering::Relaxed);
    }

    fn flush(&self) {
        self.outbox.flush();
    }
}
