//! What one batch of log entries leads to, in order: kept until the store has the batch, then delivered.

use std::ops::Range;

use bytes::Bytes;
use chat_core::{Asker, Epoch, Number, Place, Refusal, SessionId, Since, TransferId, UserName};
use tokio::sync::oneshot;

use crate::catch_up::{HistoryRead, Reached, SearchRead};
use crate::codec::{Closing, FromServer, Told};
use crate::store::Record;
use crate::transfer::Link;

/// Everything a batch of entries leads to. Emptied and used again: the steady state allocates little.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    /// For the store.
    pub(crate) records: Vec<Record>,
    /// For the connections, in order.
    pub(crate) items: Vec<Item>,
    /// The events of all segments, and who asked for them.
    pub(crate) tolds: Vec<(Told, Option<Asker>)>,
    /// The audiences of all segments.
    pub(crate) audiences: Vec<SessionId>,
    /// Roughly how many bytes of events it holds, for one recipient.
    pub(crate) bytes: usize,
}

/// One thing to do for the connections.
#[derive(Debug)]
pub(crate) enum Item {
    /// A run of events that the same audience is told: encoded once in each form, whole.
    Segment {
        /// In `tolds`.
        tolds: Range<usize>,
        /// In `audiences`.
        audience: Range<usize>,
        /// The room that they are numbered in.
        epoch: Option<Epoch>,
    },
    /// A frame for one.
    One { to: SessionId, frame: Box<FromServer>, own: bool },
    /// Frames for one, encoded already.
    Ready { to: SessionId, bytes: Bytes },
    /// The name was refused: the connection has no session.
    Reject { session: SessionId, refusal: Refusal },
    /// The session is attached: welcome it, with these rooms if it is resumed.
    Welcome { to: SessionId, resumed: bool, user: UserName, rooms: Vec<Place> },
    /// From here on the session does not get this room's events live.
    Behind { session: SessionId, epoch: Epoch },
    /// The session is put out of the room: if it does not get the room live, it is told so by itself.
    PutOut { session: SessionId, epoch: Epoch, told: Box<Told> },
    /// The session has left the room: nothing of it is owed any more.
    Left { session: SessionId, epoch: Epoch },
    /// Send what was missed behind `since`, up to `head`, and nothing before `from`.
    CatchUp { session: SessionId, head: Place, since: Since, from: Number },
    /// Send a newcomer the last messages up to `head`, and nothing before `from`.
    Recent { session: SessionId, head: Place, from: Number },
    /// The session has everything up to here; from now on it is live again.
    Level(Reached),
    /// More came while it was catching up: send that too.
    Continue { reached: Reached, head: Place },
    /// Read history for a query.
    History { session: SessionId, read: HistoryRead },
    /// Search for a query.
    Search { session: SessionId, read: SearchRead },
    /// Find what a user said last in a room, from that number on.
    LastSaid { place: Place, from: Number, user: UserName, reply: oneshot::Sender<Option<Number>> },
    /// Tell a connection's reader what it waits for.
    Reply { to: oneshot::Sender<bool>, value: bool },
    /// Tell whoever waits for something about an account.
    Verdict { to: oneshot::Sender<Result<(), Refusal>>, verdict: Result<(), Refusal> },
    /// A receiver takes a file: its bytes may flow.
    Link(Link),
    /// A receiver's copy stands still, or is over: no more bytes for it.
    Unlink { transfer: TransferId, session: SessionId },
    /// The hash of a file is known.
    Hashed { transfer: TransferId },
    /// A transfer is over.
    EndTransfer { transfer: TransferId },
    /// A session has no connection any more.
    Lost { session: SessionId },
    /// A session goes on over another connection.
    Moved { from: SessionId, to: SessionId },
    /// The connection ends. Without `keep_talk` what waits is dropped.
    Close { session: SessionId, closing: Closing, keep_talk: bool },
}

impl Batch {
    pub(crate) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.items.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.records.clear();
        self.items.clear();
        self.tolds.clear();
        self.audiences.clear();
        self.bytes = 0;
    }
}
