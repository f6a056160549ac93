//! The connections that have a session, as the engine knows them.

use std::fmt;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use chat_core::{Epoch, SessionId};
use tokio::sync::{Semaphore, oneshot};

use crate::catch_up::Stop;
use crate::codec::text::Ignored;
use crate::codec::{Closing, FromServer, Hello};
use crate::conn::outbox::{Lane, Outbox};
use crate::id_map::IdMap;
use crate::identity::Entered;
use crate::stats::Counters;

/// One connection with a session, or about to get one.
#[derive(Debug)]
pub(crate) struct Conn {
    pub(crate) outbox: Arc<Outbox>,
    /// Until it is attached.
    pub(crate) joining: Option<Box<Joining>>,
    /// Rooms whose events it does not get live, because it has not got the earlier ones yet. None, most of
    /// the time.
    #[expect(clippy::box_collection, reason = "one word in every connection, where a vector is three")]
    behind: Option<Box<Vec<Behind>>>,
    /// Whom a person wants to see nothing of; none, most of the time.
    pub(crate) ignored: Option<Arc<Ignored>>,
    /// Whether something was pushed since the last flush.
    is_dirty: bool,
    pub(crate) pinged_ms: u64,
    /// Held by its search that runs; none before its first.
    search_turn: Option<Arc<Semaphore>>,
}

/// A room whose live events a connection does not get yet, and what stops the job that brings it level.
#[derive(Debug)]
pub(crate) struct Behind {
    pub(crate) epoch: Epoch,
    pub(crate) stop: Stop,
}

/// What a connection asked for when it said hello.
pub(crate) struct Joining {
    pub(crate) hello: Hello,
    /// The secret that resumes the session next.
    pub(crate) token: Arc<str>,
    /// Told who it is, or the number of its refusal.
    pub(crate) verdict: oneshot::Sender<Result<Entered, u16>>,
}

impl fmt::Debug for Joining {
    /// Never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joining").field("hello", &self.hello).finish_non_exhaustive()
    }
}

impl Conn {
    pub(crate) fn is_behind(&self, epoch: Epoch) -> bool {
        self.behind.as_ref().is_some_and(|behind| behind.iter().any(|behind| behind.epoch == epoch))
    }

    /// From here on it does not get the room live. Gives what stops the job that changes that.
    pub(crate) fn fall_behind(&mut self, epoch: Epoch) -> Stop {
        let behind = self.behind.get_or_insert_default();
        match behind.iter().find(|behind| behind.epoch == epoch) {
            Some(behind) => behind.stop.clone(),
            None => {
                let stop = Stop::default();
                behind.push(Behind { epoch, stop: stop.clone() });
                stop
            }
        }
    }

    /// It has left the room, or has caught up: nothing is sent from the store any more.
    pub(crate) fn be_level(&mut self, epoch: Epoch) {
        let Some(behind) = &mut self.behind else { return };
        behind.retain(|behind| {
            if behind.epoch == epoch {
                behind.stop.set();
            }
            behind.epoch != epoch
        });
        if behind.is_empty() {
            self.behind = None;
        }
    }

    /// What a search must have before it begins: one connection's searches hold up its own.
    pub(crate) fn search_turn(&mut self) -> Arc<Semaphore> {
        Arc::clone(self.search_turn.get_or_insert_with(|| Arc::new(Semaphore::new(1))))
    }

    /// Asks whether the other end is there.
    pub(crate) fn ping(&self, nonce: u64) {
        let mut bytes = BytesMut::new();
        self.outbox.form.encode(&FromServer::Ping { nonce }, false, &mut bytes);
        // A control lane that is full of pings belongs to a connection that will soon be found dead.
        let _ = self.outbox.push(Lane::Control, bytes.freeze());
        self.outbox.flush();
    }
}

/// All connections with a session, and which of them have something new to send.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) conns: IdMap<SessionId, Conn>,
    dirty: Vec<SessionId>,
    /// Those whose outbox ran over: closed after the batch.
    pub(crate) overflowed: Vec<SessionId>,
    /// How many of them are attached.
    pub(crate) attached: usize,
    scratch: BytesMut,
}

impl Table {
    pub(crate) fn insert(&mut self, session: SessionId, outbox: Arc<Outbox>, joining: Joining) {
        let conn = Conn {
            outbox,
            joining: Some(Box::new(joining)),
            behind: None,
            ignored: None,
            is_dirty: false,
            pinged_ms: 0,
            search_turn: None,
        };
        self.conns.insert(session, conn);
    }

    /// Puts whole frames, already encoded in the connection's form, into its talk lane.
    pub(crate) fn push(&mut self, session: SessionId, bytes: Bytes) {
        if let Some(conn) = self.conns.get_mut(&session) {
            push_to(session, conn, bytes, &mut self.dirty, &mut self.overflowed);
        }
    }

    /// A person wants to see nothing of these users from now on.
    pub(crate) fn ignore(&mut self, session: SessionId, ignored: Ignored) {
        if let Some(conn) = self.conns.get_mut(&session) {
            conn.ignored = (!ignored.is_empty()).then(|| Arc::new(ignored));
        }
    }

    /// Takes what a connection asked for when it said hello: from now on it counts as attached.
    pub(crate) fn take_joining(&mut self, session: SessionId) -> Option<Box<Joining>> {
        let joining = self.conns.get_mut(&session)?.joining.take()?;
        self.attached += 1;
        Some(joining)
    }

    /// Encodes a frame for one and puts it into its talk lane. Gives whether there is such a connection.
    pub(crate) fn tell(&mut self, session: SessionId, frame: &FromServer, own: bool) -> bool {
        let Some(conn) = self.conns.get_mut(&session) else { return false };
        conn.outbox.form.encode(frame, own, &mut self.scratch);
        let bytes = self.scratch.split().freeze();
        push_to(session, conn, bytes, &mut self.dirty, &mut self.overflowed);
        true
    }

    /// Tells each of an audience, except those that are behind in the room; `bytes_for` gives what a
    /// connection is told. Gives how many they are.
    pub(crate) fn tell_all(
        &mut self,
        audience: &[SessionId],
        epoch: Option<Epoch>,
        mut bytes_for: impl FnMut(SessionId, &Conn) -> Bytes,
    ) -> usize {
        let mut reached = 0;
        for session in audience {
            let Some(conn) = self.conns.get_mut(session) else { continue };
            if epoch.is_some_and(|epoch| conn.is_behind(epoch)) {
                continue;
            }
            let bytes = bytes_for(*session, conn);
            push_to(*session, conn, bytes, &mut self.dirty, &mut self.overflowed);
            reached += 1;
        }
        reached
    }

    /// Ends a connection. Its session is the log's business.
    pub(crate) fn close(&mut self, session: SessionId, closing: &Closing, keep_talk: bool) {
        let Some(conn) = self.conns.remove(&session) else { return };
        self.attached -= usize::from(conn.joining.is_none());
        close_outbox(&conn.outbox, closing, keep_talk);
    }

    /// How many connections have something new to send.
    pub(crate) fn dirty(&self) -> usize {
        self.dirty.len()
    }

    /// Writes what every connection's socket takes now.
    pub(crate) fn flush(&mut self, counters: &Counters) {
        let mut sent = 0;
        for session in self.dirty.drain(..) {
            if let Some(conn) = self.conns.get_mut(&session) {
                conn.is_dirty = false;
                sent += conn.outbox.flush_uncounted();
            }
        }
        counters.sent(sent);
    }

    /// How many bytes wait for all of them.
    pub(crate) fn waiting(&self) -> usize {
        self.conns.values().map(|conn| conn.outbox.waiting()).sum()
    }
}

/// Says goodbye in the connection's own form.
pub(crate) fn close_outbox(outbox: &Outbox, closing: &Closing, keep_talk: bool) {
    let mut farewell = BytesMut::new();
    outbox.form.encode(&FromServer::Closing(closing.clone()), false, &mut farewell);
    if outbox.close(farewell.freeze(), keep_talk) {
        outbox.counters.closed(closing.code);
    }
}

fn push_to(
    session: SessionId,
    conn: &mut Conn,
    bytes: Bytes,
    dirty: &mut Vec<SessionId>,
    overflowed: &mut Vec<SessionId>,
) {
    if bytes.is_empty() {
        return;
    }
    if conn.outbox.push(Lane::Talk, bytes).is_err() {
        overflowed.push(session);
    }
    if !conn.is_dirty {
        conn.is_dirty = true;
        dirty.push(session);
    }
}
