//! Which transfers are on their way, and which connections are their ends.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use chat_core::{SessionId, TransferId};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::port::{Line, Port};
use super::relay::{Finding, Relay, Rules, Start, Verdict};
use crate::codec::Chunk;
use crate::conn::outbox::Outbox;
use crate::id_map::IdMap;
use crate::limits::Limits;
use crate::lock::lock;
use crate::stats::Counters;

/// A receiver that takes a file, as the log says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) start: Start,
    pub(crate) receiver: SessionId,
    /// So many bytes are there.
    pub(crate) from: u64,
}

/// All relays of a server. Connections send chunks and acknowledgements, the engine all else.
///
/// A relay's lock is held alone, but for those of the outboxes that it fills; never while a socket is written.
#[derive(Debug)]
pub(crate) struct Transfers {
    rules: Rules,
    bulk_bytes: u64,
    counters: Arc<Counters>,
    relays: Mutex<IdMap<TransferId, Arc<Mutex<Timed>>>>,
    ends: Mutex<IdMap<SessionId, Ends>>,
    looks: Mutex<BTreeSet<(Instant, TransferId)>>,
    /// There is an earlier look than there was.
    sooner: Notify,
}

/// A relay, and the next look at it that is planned.
#[derive(Debug)]
struct Timed {
    relay: Relay<Arc<Line>>,
    look_at: Option<Instant>,
}

/// What a session is an end of.
#[derive(Debug, Default)]
struct Ends {
    /// None while a sender is away.
    line: Option<Arc<Line>>,
    sends: Vec<TransferId>,
    receives: Vec<TransferId>,
}

impl Ends {
    fn line(&mut self, outbox: &Arc<Outbox>, bulk_bytes: u64) -> Arc<Line> {
        Arc::clone(self.line.get_or_insert_with(|| Arc::new(Line::new(Arc::clone(outbox), bulk_bytes))))
    }
}

fn add(list: &mut Vec<TransferId>, transfer: TransferId) {
    if !list.contains(&transfer) {
        list.push(transfer);
    }
}

impl Transfers {
    pub(crate) fn new(limits: &Limits, counters: Arc<Counters>) -> Transfers {
        Transfers {
            rules: Rules::of(limits),
            bulk_bytes: limits.bulk_bytes as u64,
            counters,
            relays: Mutex::default(),
            ends: Mutex::default(),
            looks: Mutex::default(),
            sooner: Notify::new(),
        }
    }

    /// A receiver takes the file, or goes on with it. The sender may be away.
    pub(crate) fn link(&self, link: Link, receiver: &Arc<Outbox>, sender: Option<&Arc<Outbox>>) {
        let Link { start, receiver: session, from } = link;
        let transfer = start.transfer;
        let (line, sender) = {
            let mut ends = lock(&self.ends);
            let end = ends.entry(start.sender).or_default();
            add(&mut end.sends, transfer);
            let sender = sender.map(|outbox| end.line(outbox, self.bulk_bytes));
            let end = ends.entry(session).or_default();
            add(&mut end.receives, transfer);
            (end.line(receiver, self.bulk_bytes), sender)
        };
        let relay = Arc::clone(lock(&self.relays).entry(transfer).or_insert_with(|| {
            let relay = Relay::new(start, sender, self.rules);
            Arc::new(Mutex::new(Timed { relay, look_at: None }))
        }));
        self.with(&relay, |relay, now| relay.link(session, line, from, now));
    }

    /// A receiver's copy stands still, or is over.
    pub(crate) fn unlink(&self, transfer: TransferId, receiver: SessionId) {
        if let Some(end) = lock(&self.ends).get_mut(&receiver) {
            end.receives.retain(|known| *known != transfer);
        }
        if let Some(relay) = self.relay(transfer) {
            self.with(&relay, |relay, now| relay.unlink(receiver, now));
        }
    }

    /// The hash of a transfer's file is known.
    pub(crate) fn hashed(&self, transfer: TransferId) {
        if let Some(relay) = self.relay(transfer) {
            self.with(&relay, Relay::hashed);
        }
    }

    /// A transfer is over.
    pub(crate) fn close(&self, transfer: TransferId) {
        let Some(relay) = lock(&self.relays).remove(&transfer) else { return };
        let mut sessions = Vec::new();
        self.with(&relay, |relay, now| {
            sessions.extend(relay.sessions().chain([relay.start.sender]));
            relay.close(now);
        });
        let mut ends = lock(&self.ends);
        for session in sessions {
            if let Some(end) = ends.get_mut(&session) {
                end.receives.retain(|known| *known != transfer);
                end.sends.retain(|known| *known != transfer);
                if end.line.is_none() && end.sends.is_empty() {
                    ends.remove(&session);
                }
            }
        }
    }

    /// A session has lost its connection. What it sends waits for it, what it receives it has to accept again.
    pub(crate) fn lost(&self, session: SessionId) {
        let (sends, receives) = {
            let mut ends = lock(&self.ends);
            let Some(end) = ends.get_mut(&session) else { return };
            end.line = None;
            let all = (end.sends.clone(), std::mem::take(&mut end.receives));
            if end.sends.is_empty() {
                ends.remove(&session);
            }
            all
        };
        for relay in sends.iter().filter_map(|transfer| self.relay(*transfer)) {
            self.with(&relay, |relay, _| relay.sender_lost());
        }
        for relay in receives.iter().filter_map(|transfer| self.relay(*transfer)) {
            self.with(&relay, |relay, now| relay.unlink(session, now));
        }
    }

    /// A session goes on over another connection; or would, if that were not gone again.
    pub(crate) fn moved(&self, from: SessionId, to: SessionId, outbox: Option<&Arc<Outbox>>) {
        self.lost(from);
        let (line, sends) = {
            let mut ends = lock(&self.ends);
            let Some(old) = ends.remove(&from) else { return };
            let end = ends.entry(to).or_default();
            end.sends.clone_from(&old.sends);
            (outbox.map(|outbox| end.line(outbox, self.bulk_bytes)), old.sends)
        };
        for relay in sends.iter().filter_map(|transfer| self.relay(*transfer)) {
            self.with(&relay, |relay, now| relay.sender_back(to, line.clone(), now));
        }
    }

    /// Takes a chunk from a connection; `frame` is the binary frame that it came in, if it did.
    pub(crate) fn chunk(&self, from: SessionId, chunk: &Chunk, frame: Option<Bytes>) -> Verdict {
        let verdict = match self.relay(chunk.transfer) {
            Some(relay) => self.with(&relay, |relay, now| relay.chunk(from, chunk, frame, now)),
            None => Verdict::Unknown,
        };
        self.forgive(from, verdict, Some(chunk.data.len() as u64))
    }

    /// Takes an acknowledgement of everything before `offset`.
    pub(crate) fn received(&self, from: SessionId, transfer: TransferId, offset: u64) -> Verdict {
        let verdict = match self.relay(transfer) {
            Some(relay) => self.with(&relay, |relay, now| relay.received(from, offset, now)),
            None => Verdict::Unknown,
        };
        self.forgive(from, verdict, None)
    }

    /// What may have been on its way when its copy or pass ended is nobody's fault.
    fn forgive(&self, from: SessionId, verdict: Verdict, chunk_bytes: Option<u64>) -> Verdict {
        if !matches!(verdict, Verdict::Late | Verdict::Unknown) {
            return verdict;
        }
        let line = lock(&self.ends).get(&from).and_then(|end| end.line.clone());
        match line.is_some_and(|line| line.is_late(chunk_bytes)) {
            true => Verdict::Done,
            false => verdict,
        }
    }

    /// What the log is to know of all relays, in the order of their numbers.
    pub(crate) fn sweep(&self) -> Vec<Finding> {
        let mut relays: Vec<_> =
            lock(&self.relays).iter().map(|(id, relay)| (*id, Arc::clone(relay))).collect();
        relays.sort_unstable_by_key(|(id, _)| *id);
        let mut findings = Vec::new();
        for (_, relay) in relays {
            self.with(&relay, |relay, now| relay.sweep(now, &mut findings));
        }
        findings
    }

    /// Ready when a relay is to be [looked at](Transfers::look). Cancel safe.
    pub(crate) async fn due(&self) {
        loop {
            let first = lock(&self.looks).first().map(|(at, _)| *at);
            match first {
                None => self.sooner.notified().await,
                Some(at) => tokio::select! {
                    () = sleep_until(at) => return,
                    () = self.sooner.notified() => {}
                },
            }
        }
    }

    /// Looks at all relays that are due.
    pub(crate) fn look(&self) {
        let now = Instant::now();
        loop {
            let transfer = {
                let mut looks = lock(&self.looks);
                match looks.first() {
                    Some((at, _)) if *at <= now => looks.pop_first().map(|(_, transfer)| transfer),
                    _ => None,
                }
            };
            let Some(transfer) = transfer else { return };
            if let Some(relay) = self.relay(transfer) {
                lock(&relay).look_at = None;
                self.with(&relay, Relay::look);
            }
        }
    }

    fn relay(&self, transfer: TransferId) -> Option<Arc<Mutex<Timed>>> {
        lock(&self.relays).get(&transfer).cloned()
    }

    /// Does something with a relay; then, without its lock, what that leads to.
    fn with<T>(&self, relay: &Mutex<Timed>, action: impl FnOnce(&mut Relay<Arc<Line>>, Instant) -> T) -> T {
        let now = Instant::now();
        let mut timed = lock(relay);
        let done = action(&mut timed.relay, now);
        let dirty = std::mem::take(&mut timed.relay.dirty);
        let carried = std::mem::take(&mut timed.relay.carried);
        let wanted = timed.relay.look_at(now);
        let sooner = wanted.filter(|at| timed.look_at.is_none_or(|planned| *at < planned));
        if sooner.is_some() {
            timed.look_at = sooner;
        }
        let transfer = timed.relay.start.transfer;
        drop(timed);
        self.counters.carried(carried.taken, carried.acknowledged);
        if let Some(at) = sooner {
            lock(&self.looks).insert((at, transfer));
            self.sooner.notify_one();
        }
        dirty.iter().for_each(Port::flush);
        done
    }
}

#[cfg(test)]
mod tests {
    use chat_core::NodeId;

    use super::*;
    use crate::codec::Form;

    fn outbox() -> Arc<Outbox> {
        Arc::new(Outbox::new(Form::Bincode, None, Arc::new(Limits::default()), Arc::default()))
    }

    fn session(n: u64) -> SessionId {
        SessionId::new(NodeId(0), n)
    }

    /// Session 1 sends transfer `n` to another.
    fn link(n: u64, receiver: u64) -> Link {
        let start = Start {
            transfer: TransferId(n),
            size: 1 << 20,
            chunk_bytes: 4096,
            is_room: true,
            sender: session(1),
            is_hashed: false,
        };
        Link { start, receiver: session(receiver), from: 0 }
    }

    impl Transfers {
        /// How many transfers there are, and how many sessions that are ends of them.
        fn known(&self) -> (usize, usize) {
            (lock(&self.relays).len(), lock(&self.ends).len())
        }
    }

    #[test]
    fn nothing_is_kept_of_what_is_over() {
        let transfers = Transfers::new(&Limits::default(), Arc::default());
        let (alice, bob, carol) = (outbox(), outbox(), outbox());
        for n in 1..=20 {
            transfers.link(link(n, 2), &bob, Some(&alice));
            transfers.link(link(n, 3), &carol, Some(&alice));
        }
        assert_eq!(transfers.known(), (20, 3));
        transfers.unlink(TransferId(1), session(2));
        transfers.lost(session(1));
        transfers.moved(session(1), session(4), Some(&outbox()));
        transfers.lost(session(2));
        assert_eq!(transfers.known(), (20, 2), "a receiver that is lost accepts again");
        transfers.lost(session(4));
        (1..=20).for_each(|n| transfers.close(TransferId(n)));
        transfers.lost(session(3));
        assert_eq!(transfers.known(), (0, 0));
        for outbox in [alice, bob, carol] {
            assert_eq!(Arc::strong_count(&outbox), 1);
        }
    }

    #[test]
    fn a_sender_that_was_never_here_leaves_nothing() {
        let transfers = Transfers::new(&Limits::default(), Arc::default());
        let bob = outbox();
        transfers.link(link(1, 2), &bob, None);
        transfers.link(link(2, 2), &bob, None);
        transfers.moved(session(1), session(3), None);
        transfers.close(TransferId(1));
        assert_eq!(transfers.known(), (1, 2));
        transfers.close(TransferId(2));
        transfers.lost(session(2));
        assert_eq!(transfers.known(), (0, 0));
    }

    #[test]
    fn what_comes_for_a_transfer_that_just_ended_is_forgiven_once() {
        let transfers = Transfers::new(&Limits::default(), Arc::default());
        let (alice, bob) = (outbox(), outbox());
        let mut link = link(1, 2);
        link.start.is_room = false;
        transfers.link(link, &bob, Some(&alice));
        let chunk = |offset| Chunk { transfer: TransferId(1), pass: 1, offset, data: vec![0; 4096].into() };
        assert_eq!(transfers.chunk(session(1), &chunk(0), None), Verdict::Done);
        transfers.close(TransferId(1));
        // Its credit was for all of the file.
        for at in 1..256 {
            assert_eq!(transfers.chunk(session(1), &chunk(at * 4096), None), Verdict::Done);
        }
        assert_eq!(transfers.chunk(session(1), &chunk(0), None), Verdict::Unknown);
        let received = || transfers.received(session(2), TransferId(1), 4096);
        assert_eq!([received(), received(), received()], [Verdict::Done, Verdict::Done, Verdict::Unknown]);
    }
}
