//! One transfer on its way: passes, receivers, credit. Knows no socket and no clock.
//!
//! For each receiver `acknowledged ≤ sent`, and `next ≤ sent` of its pass: chunks that it was sent already are not sent
//! to it again. The credit of a pass is the least that its receivers can take. So what waits in the server is what the
//! receivers' bulk lanes hold, and what the credits that are out may still bring.

use std::time::Duration;

use bytes::Bytes;
use chat_core::transfer::flow::{Flow, Taken};
use chat_core::{MIN_CHUNK_BYTES, SessionId, TransferId};
use tokio::time::Instant;

use super::frames::{Frames, Held};
use super::pass::{Delay, Pass, Receiver};
use super::port::Port;
use crate::codec::Chunk;
use crate::conn::outbox::Piece;
use crate::limits::Limits;

/// The limits of one relay.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Bytes on their way to one receiver.
    pub(super) window: u64,
    /// A credit is worth telling if it is so much more than the last.
    pub(super) step: u64,
    /// Bytes of frames in memory.
    pub(super) memory: u64,
    /// Passes at once.
    pub(super) passes: usize,
    /// How long the first pass to a room waits for others than the first who accepted.
    pub(super) gather: Duration,
    /// How long an end that owes something may be silent.
    pub(super) silence: Duration,
}

impl Rules {
    pub(super) fn of(limits: &Limits) -> Rules {
        // What one pass may hold: its chunks once as they came, and once in base64.
        let pass_bytes = (limits.bulk_bytes.max(1) / 3).saturating_mul(7).max(1);
        Rules {
            window: limits.transfer_window_bytes,
            step: limits.transfer_window_bytes.min(limits.bulk_bytes as u64) / 4,
            memory: limits.transfer_bytes as u64,
            passes: (limits.transfer_bytes / pass_bytes).max(1),
            gather: Duration::from_millis(limits.transfer_gather_ms),
            silence: Duration::from_millis(limits.transfer_silence_ms),
        }
    }
}

/// What became of something that an end sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was taken.
    Done,
    /// It was taken, but is so little that whoever sends many of them is to be held back.
    Little,
    /// It was there already.
    Repeat,
    /// It does not fit: a sentence that says what would.
    Wrong(String),
    /// It came for a pass or copy that is over: it may have been on its way.
    Late,
    /// There is no such transfer, or none that has to do with that connection.
    Unknown,
}

/// What a look at a relay found out, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finding {
    /// A copy has grown.
    Progress { transfer: TransferId, session: SessionId, offset: u64 },
    /// An end has been silent for too long.
    Stall { transfer: TransferId, session: SessionId },
}

/// What a relay begins with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) transfer: TransferId,
    pub(crate) size: u64,
    pub(crate) chunk_bytes: u32,
    pub(crate) is_room: bool,
    /// The sender's session.
    pub(crate) sender: SessionId,
    /// Whether the file's hash is known.
    pub(crate) is_hashed: bool,
}

/// Bytes of a file that went through a relay, for those who count them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Carried {
    /// From the sender; what was there already does not count.
    pub(super) taken: u64,
    /// By receivers.
    pub(super) acknowledged: u64,
}

/// One transfer.
#[derive(Debug)]
pub(super) struct Relay<P> {
    pub(super) start: Start,
    /// Bytes in a chunk, as agreed.
    pub(super) chunk: u64,
    pub(super) rules: Rules,
    /// The sender's connection, while it is there.
    pub(super) sender: Option<P>,
    /// When the sender last gave something, or came back.
    heard: Option<Instant>,
    pub(super) receivers: Vec<Receiver<P>>,
    pub(super) passes: Vec<Pass>,
    pub(super) last_pass: u32,
    /// No pass begins before.
    pub(super) gathers_until: Option<Instant>,
    pub(super) held: Held,
    /// Whether a credit was less than the receivers could take, for lack of memory.
    pub(super) is_tight: bool,
    /// Whose connections have something new to write.
    pub(super) dirty: Vec<P>,
    /// Since it was last asked.
    pub(super) carried: Carried,
}

impl<P: Port> Relay<P> {
    pub(super) fn new(start: Start, sender: Option<P>, rules: Rules) -> Relay<P> {
        let chunk = u64::from(start.chunk_bytes.max(1));
        Relay {
            start,
            chunk,
            rules: Rules { window: rules.window.max(chunk), ..rules },
            sender,
            heard: None,
            receivers: Vec::new(),
            passes: Vec::new(),
            last_pass: 0,
            gathers_until: None,
            held: Held::default(),
            is_tight: false,
            dirty: Vec::new(),
            carried: Carried::default(),
        }
    }

    /// A receiver takes the file, from an offset; or goes on with it.
    pub(super) fn link(&mut self, session: SessionId, port: P, from: u64, now: Instant) {
        self.part(session);
        if self.start.is_room && self.last_pass == 0 && self.gathers_until.is_none() {
            self.gathers_until = Some(now + self.rules.gather);
        }
        port.opened();
        let flow = Flow::new(self.start.size, self.rules.window, from);
        let told = flow.sent();
        let waits = Delay::of_receiver();
        let mut receiver =
            Receiver { session, port, flow, pass: None, left: None, grant: told, waits, told, heard: now };
        receiver.grant = self.grant(&receiver);
        self.receivers.push(receiver);
        self.tend(now);
    }

    /// A receiver's copy stands still, or is over.
    pub(super) fn unlink(&mut self, session: SessionId, now: Instant) {
        if self.part(session) {
            self.tend(now);
        }
    }

    /// Whether it was there.
    fn part(&mut self, session: SessionId) -> bool {
        let Some(at) = self.receivers.iter().position(|receiver| receiver.session == session) else {
            return false;
        };
        let Receiver { port, flow, .. } = self.receivers.remove(at);
        port.forgive_acks(flow.in_flight());
        port.withdraw(self.start.transfer);
        port.closed();
        true
    }

    /// The sender's connection is gone. Its passes wait for it.
    pub(super) fn sender_lost(&mut self) {
        self.sender = None;
    }

    /// The sender goes on over another connection: it is told every pass that goes on.
    pub(super) fn sender_back(&mut self, session: SessionId, port: Option<P>, now: Instant) {
        (self.start.sender, self.sender, self.heard) = (session, port, Some(now));
        for at in 0..self.passes.len() {
            self.passes[at].heard = now;
            self.tell_credit(at);
        }
    }

    /// The hash is known: whoever has everything has to say now what came of it.
    pub(super) fn hashed(&mut self, now: Instant) {
        self.start.is_hashed = true;
        self.receivers.iter_mut().filter(|it| it.flow.is_done()).for_each(|it| it.heard = now);
    }

    /// The transfer is over.
    pub(super) fn close(&mut self, now: Instant) {
        while let Some(receiver) = self.receivers.last() {
            self.part(receiver.session);
        }
        self.tend(now);
    }

    /// Takes a chunk; `frame` is the binary frame that it came in, if it did.
    pub(super) fn chunk(
        &mut self,
        from: SessionId,
        chunk: &Chunk,
        frame: Option<Bytes>,
        now: Instant,
    ) -> Verdict {
        if from != self.start.sender {
            return Verdict::Unknown;
        }
        let Some(at) = self.passes.iter().position(|pass| pass.number == chunk.pass) else {
            return match chunk.pass <= self.last_pass {
                true => Verdict::Late,
                false => Verdict::Wrong(format!("there is no pass {} of this transfer", chunk.pass)),
            };
        };
        let verdict = self.check(at, chunk);
        if verdict != Verdict::Done {
            self.tell_credit(at);
            return verdict;
        }
        self.carried.taken += chunk.data.len() as u64;
        let at = self.meet(at, chunk.offset);
        (self.passes[at].heard, self.heard) = (now, Some(now));
        self.pass_on(at, chunk, frame, now);
        if self.passes[at].intake.is_done() {
            self.passes.remove(at);
            self.tend(now);
        } else {
            self.credit(at, now);
            self.judge(at, now);
        }
        verdict
    }

    /// Whether a chunk is the next of its pass, and within its credit; if so it counts as there.
    fn check(&mut self, at: usize, chunk: &Chunk) -> Verdict {
        let pass = &mut self.passes[at];
        let (offset, length) = (chunk.offset, chunk.data.len() as u64);
        let end = offset.checked_add(length);
        let is_last = end == Some(self.start.size) || end == Some(pass.until);
        let is_right = length <= self.chunk && end.is_some_and(|end| end <= pass.until);
        let is_long_enough = length >= self.chunk.min(u64::from(MIN_CHUNK_BYTES)) || is_last;
        let mut intake = pass.intake;
        match intake.take(offset, length) {
            Taken::Repeat => Verdict::Repeat,
            Taken::Fresh if is_right && is_long_enough => {
                pass.intake = intake;
                Verdict::Done
            }
            Taken::Fresh | Taken::Wrong => Verdict::Wrong(format!(
                "pass {} goes on at byte {} and may go up to byte {}, in chunks of {MIN_CHUNK_BYTES} to {} bytes",
                pass.number,
                pass.next(),
                pass.until,
                self.chunk
            )),
        }
    }

    /// Gives a fresh chunk to every receiver of its pass, without what it was sent already.
    fn pass_on(&mut self, at: usize, chunk: &Chunk, frame: Option<Bytes>, now: Instant) {
        let number = self.passes[at].number;
        let end = chunk.offset + chunk.data.len() as u64;
        let mut frames = Frames::new(chunk, frame, &self.held);
        for receiver in &mut self.receivers {
            let sent = receiver.flow.sent();
            if receiver.pass != Some(number) || sent >= end {
                continue;
            }
            // A chunk is far smaller than any address space.
            let skip = usize::try_from(sent - chunk.offset).unwrap_or(usize::MAX);
            let frame = frames.get(receiver.port.form(), skip);
            receiver.port.send(Piece { transfer: chunk.transfer, offset: sent, length: end - sent, frame });
            if receiver.flow.is_idle() {
                receiver.heard = now;
            }
            receiver.flow.sent_to(end);
            self.dirty.push(receiver.port.clone());
            if end == self.start.size {
                receiver.pass = None;
            }
        }
    }

    /// Takes a receiver's acknowledgement of everything before `offset`.
    pub(super) fn received(&mut self, from: SessionId, offset: u64, now: Instant) -> Verdict {
        let Some(at) = self.receivers.iter().position(|receiver| receiver.session == from) else {
            return Verdict::Unknown;
        };
        let flow = &mut self.receivers[at].flow;
        let before = flow.acknowledged();
        match flow.acknowledge(offset) {
            Some(true) => {}
            Some(false) => return Verdict::Repeat,
            None => return Verdict::Late,
        }
        self.carried.acknowledged += offset - before;
        let is_little = offset - before < u64::from(MIN_CHUNK_BYTES) && !flow.is_idle();
        let grant = self.grant(&self.receivers[at]);
        let receiver = &mut self.receivers[at];
        receiver.heard = now;
        let before = std::mem::replace(&mut receiver.grant, grant);
        if let Some(number) = receiver.pass
            && let Some(pass) = self.passes.iter().position(|pass| pass.number == number)
        {
            if before <= self.passes[pass].limit {
                self.measure(pass);
            }
            self.credit(pass, now);
            self.judge(pass, now);
        }
        if self.is_tight {
            self.credit_all(now);
        }
        if is_little { Verdict::Little } else { Verdict::Done }
    }

    /// What the log is to know: how far the copies are, and who has been silent for too long.
    pub(super) fn sweep(&mut self, now: Instant, findings: &mut Vec<Finding>) {
        let (transfer, silence) = (self.start.transfer, self.rules.silence);
        let is_hashed = self.start.is_hashed;
        let mut is_silent = self.owes_hash(now);
        for receiver in &mut self.receivers {
            let (session, offset) = (receiver.session, receiver.flow.acknowledged());
            if offset > receiver.told {
                receiver.told = offset;
                findings.push(Finding::Progress { transfer, session, offset });
            }
            let owes = !receiver.flow.is_idle() || is_hashed && receiver.flow.is_done();
            if owes && now - receiver.heard >= silence {
                receiver.heard = now;
                findings.push(Finding::Stall { transfer, session });
            }
        }
        for pass in self.passes.iter_mut().filter(|pass| pass.owed() > 0 && now - pass.heard >= silence) {
            pass.heard = now;
            is_silent = true;
        }
        if is_silent && self.sender.is_some() {
            self.heard = Some(now);
            findings.push(Finding::Stall { transfer, session: self.start.sender });
        }
        // What was in memory may have gone with a connection, of which nobody was told.
        self.tend(now);
        self.judge_all(now);
    }

    /// Whether a receiver has had everything for too long, and only the hash is missing.
    fn owes_hash(&self, now: Instant) -> bool {
        let is_long_ago = |heard: Instant| now - heard >= self.rules.silence;
        let mut waiting = self.receivers.iter().filter(|it| it.flow.is_done());
        !self.start.is_hashed
            && self.heard.is_none_or(is_long_ago)
            && waiting.any(|receiver| is_long_ago(receiver.heard))
    }

    /// A moment that [`look_at`](Relay::look_at) named has come.
    pub(super) fn look(&mut self, now: Instant) {
        if self.passes.is_empty() {
            self.tend(now);
        }
        self.judge_all(now);
    }

    /// When it is to be looked at, if nothing happens before.
    pub(super) fn look_at(&self, now: Instant) -> Option<Instant> {
        let gathered = self.gathers_until.filter(|until| *until > now && self.last_pass == 0);
        self.passes.iter().filter_map(|pass| pass.delay.look_at()).chain(gathered).min()
    }

    /// The receivers' sessions.
    pub(super) fn sessions(&self) -> impl Iterator<Item = SessionId> {
        self.receivers.iter().map(|receiver| receiver.session)
    }
}
