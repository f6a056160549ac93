//! A relay between a sender and receivers that are no connections: every byte is looked at.

mod properties;
mod scenes;

use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;
use std::time::Duration;

use bytes::BytesMut;
use chat_core::{NodeId, SessionId, TransferId};
use tokio::time::Instant;

use super::frames::Frames;
use super::port::Port;
use super::relay::{Finding, Relay, Rules, Start, Verdict};
use crate::codec::{Chunk, Credit, Form, FromServer, bincode, frame, json};
use crate::conn::outbox::Piece;

const TRANSFER: TransferId = TransferId(7);

/// A connection as the relay sees it.
#[derive(Clone, Debug)]
struct Sim(Rc<RefCell<State>>);

#[derive(Debug)]
struct State {
    form: Form,
    share: u64,
    /// What waits, and what is begun: that cannot be taken back.
    lane: VecDeque<Piece>,
    begun: Option<Piece>,
    told: VecDeque<FromServer>,
    forgiven: u64,
    open: i32,
}

impl Sim {
    fn new(form: Form, share: u64) -> Sim {
        let lane = VecDeque::new();
        let told = VecDeque::new();
        Sim(Rc::new(RefCell::new(State { form, share, lane, begun: None, told, forgiven: 0, open: 0 })))
    }
}

impl Port for Sim {
    fn form(&self) -> Form {
        self.0.borrow().form
    }
    fn opened(&self) {
        self.0.borrow_mut().open += 1;
    }
    fn closed(&self) {
        self.0.borrow_mut().open -= 1;
    }
    fn share(&self) -> u64 {
        self.0.borrow().share
    }
    fn waiting(&self, _: TransferId) -> u64 {
        self.0.borrow().lane.iter().map(|piece| piece.length).sum()
    }
    fn send(&self, piece: Piece) {
        self.0.borrow_mut().lane.push_back(piece);
    }
    fn withdraw(&self, _: TransferId) -> Option<u64> {
        let lane = std::mem::take(&mut self.0.borrow_mut().lane);
        lane.front().map(|piece| piece.offset)
    }
    fn tell(&self, frame: &FromServer) {
        self.0.borrow_mut().told.push_back(frame.clone());
    }
    fn forgive_chunks(&self, bytes: u64) {
        self.0.borrow_mut().forgiven += bytes;
    }
    fn forgive_acks(&self, _: u64) {}
    fn flush(&self) {}
}

/// The byte at an offset of the file.
fn byte(at: u64) -> u8 {
    (at.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

fn bytes(from: u64, to: u64) -> Vec<u8> {
    (from..to).map(byte).collect()
}

fn session(n: usize) -> SessionId {
    SessionId::new(NodeId(0), n as u64)
}

/// The sender's session.
const SENDER: usize = 1000;

/// A receiver: its connection, and what it has.
#[derive(Debug)]
struct Reader {
    port: Sim,
    has: u64,
    acknowledged: u64,
}

/// A transfer with both its ends.
struct World {
    now: Instant,
    relay: Relay<Sim>,
    size: u64,
    chunk: u64,
    form: Form,
    share: u64,
    sender: Option<Sim>,
    /// The sender's passes: what comes next, and how far it may go.
    passes: BTreeMap<u32, (u64, u64)>,
    /// Chunks on their way to the server.
    wire: VecDeque<Chunk>,
    readers: Vec<Option<Reader>>,
    uploaded: u64,
}

impl World {
    fn new(size: u64, chunk: u32, share: u64, rules: Rules, form: Form) -> World {
        let start = Start {
            transfer: TRANSFER,
            size,
            chunk_bytes: chunk,
            is_room: !rules.gather.is_zero(),
            sender: session(SENDER),
            is_hashed: false,
        };
        let sender = Sim::new(form, 0);
        World {
            now: Instant::now(),
            relay: Relay::new(start, Some(sender.clone()), rules),
            size,
            chunk: u64::from(chunk),
            form,
            share,
            sender: Some(sender),
            passes: BTreeMap::new(),
            wire: VecDeque::new(),
            readers: Vec::new(),
            uploaded: 0,
        }
    }

    fn pass_time(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
        let now = self.now;
        if self.relay.look_at(now).is_some_and(|at| at <= now) || self.relay.passes.is_empty() {
            self.relay.look(now);
        }
        self.hear();
    }

    /// A receiver accepts, or accepts again, from what it has; or from `from`, if it never did.
    fn accept(&mut self, n: usize, form: Form, from: u64) {
        while self.readers.len() <= n {
            self.readers.push(None);
        }
        let has = self.readers[n].as_ref().map_or(from.min(self.size), |reader| reader.has);
        let port = Sim::new(form, self.share);
        self.readers[n] = Some(Reader { port: port.clone(), has, acknowledged: has });
        self.relay.link(session(n), port, has, self.now);
        self.hear();
    }

    fn unlink(&mut self, n: usize) {
        self.relay.unlink(session(n), self.now);
        self.hear();
    }

    /// The sender takes what it was told.
    fn hear(&mut self) {
        self.relay.dirty.clear();
        let Some(sender) = &self.sender else { return };
        for frame in sender.0.borrow_mut().told.drain(..) {
            match frame {
                FromServer::Credit(Credit { pass, next, until, .. }) => {
                    assert!(next <= until && until <= self.size);
                    let known = self.passes.entry(pass).or_insert((next, until));
                    assert!(known.1 <= until, "a credit is never less than the last");
                    known.1 = until;
                }
                FromServer::Stop { pass, .. } => {
                    self.passes.remove(&pass);
                }
                other => panic!("{other:?}"),
            }
        }
    }

    /// The sender puts a chunk of one of its passes on the wire, if a credit lets it.
    fn send(&mut self, which: usize) -> bool {
        let ready: Vec<u32> =
            self.passes.iter().filter(|(_, (next, until))| next < until).map(|(n, _)| *n).collect();
        if ready.is_empty() || self.sender.is_none() {
            return false;
        }
        let pass = ready[which % ready.len()];
        let (next, until) = self.passes[&pass];
        let end = (next + self.chunk).min(until);
        let whole = end - next == self.chunk || end == self.size;
        assert!(whole, "credits are for whole chunks");
        self.passes.insert(pass, (end, until));
        let data = bytes(next, end).into();
        self.wire.push_back(Chunk { transfer: TRANSFER, pass, offset: next, data });
        true
    }

    /// The server gets what is next on the wire.
    fn arrive(&mut self) -> bool {
        let Some(chunk) = self.wire.pop_front() else { return false };
        self.uploaded += chunk.data.len() as u64;
        let frame = (self.form == Form::Bincode).then(|| {
            let mut out = BytesMut::new();
            Form::Bincode.encode(&FromServer::Chunk(chunk.clone()), false, &mut out);
            out.freeze()
        });
        let verdict = self.relay.chunk(self.relay.start.sender, &chunk, frame, self.now);
        match verdict {
            Verdict::Done => {}
            Verdict::Late => {
                let sender = self.sender.as_ref().unwrap();
                let forgiven = sender.0.borrow().forgiven.checked_sub(chunk.data.len() as u64);
                sender.0.borrow_mut().forgiven = forgiven.expect("what is late is forgiven");
            }
            other => panic!("{other:?} for {} of pass {}", chunk.offset, chunk.pass),
        }
        self.hear();
        self.is_sound();
        true
    }

    /// The socket of a receiver takes the next chunk, or, by halves, begins to.
    fn read(&mut self, n: usize, is_whole: bool) -> bool {
        let Some(Some(reader)) = self.readers.get_mut(n) else { return false };
        let mut state = reader.port.0.borrow_mut();
        if state.begun.is_none() {
            state.begun = state.lane.pop_front();
        }
        if !is_whole || state.begun.is_none() {
            return false;
        }
        let piece = state.begun.take().unwrap();
        let chunk = match decode(state.form, &piece.frame) {
            FromServer::Chunk(chunk) => chunk,
            other => panic!("{other:?}"),
        };
        assert_eq!((chunk.offset, chunk.data.len() as u64), (piece.offset, piece.length));
        assert_eq!(chunk.offset, reader.has, "in order, without a hole, and nothing twice");
        reader.has += chunk.data.len() as u64;
        assert!(chunk.data[..] == bytes(chunk.offset, reader.has), "the file's own bytes");
        true
    }

    fn acknowledge(&mut self, n: usize) -> bool {
        let Some(Some(reader)) = self.readers.get_mut(n) else { return false };
        if reader.acknowledged == reader.has {
            return false;
        }
        reader.acknowledged = reader.has;
        let verdict = self.relay.received(session(n), reader.has, self.now);
        assert!(matches!(verdict, Verdict::Done | Verdict::Little), "{verdict:?}");
        self.hear();
        self.is_sound();
        true
    }

    /// A receiver reads all that waits for it, and acknowledges each chunk.
    fn drain(&mut self, n: usize) -> bool {
        let mut did = self.acknowledge(n);
        while self.read(n, true) {
            did |= self.acknowledge(n);
        }
        did
    }

    /// Everybody does what can be done, until nothing can.
    fn settle(&mut self) {
        loop {
            let mut did = false;
            while self.send(0) {
                did = true;
            }
            while self.arrive() {}
            for n in 0..self.readers.len() {
                did |= self.drain(n);
            }
            if !did {
                return;
            }
        }
    }

    /// Everybody goes on reading: all of them get everything, within a time that has a limit.
    fn finish(&mut self) {
        for _ in 0..200 {
            self.settle();
            if self.readers.iter().flatten().all(|reader| reader.has == self.size) {
                return;
            }
            self.pass_time(50);
            self.relay.sweep(self.now, &mut Vec::new());
            self.hear();
        }
        let has: Vec<u64> = self.readers.iter().flatten().map(|reader| reader.has).collect();
        panic!("it stands still at {has:?} of {}: {:#?}", self.size, self.relay.passes);
    }

    fn is_sound(&self) {
        let relay = &self.relay;
        assert!(relay.passes.len() <= relay.rules.passes, "{} passes", relay.passes.len());
        // However little there may be, one chunk at a time goes on.
        let least = self.chunk * 4 + 1024;
        // One that joins in the middle of a chunk gets a frame of its own, once.
        let rests = self.readers.len() as u64 * (self.chunk * 4 / 3 + 128);
        let held = relay.held.bytes();
        assert!(held <= relay.rules.memory.max(least) + rests, "{held} bytes are held");
        for reader in self.readers.iter().flatten() {
            assert!(reader.port.waiting(TRANSFER) <= self.share.max(self.chunk));
        }
        for receiver in &relay.receivers {
            assert!(receiver.flow.in_flight() <= relay.rules.window);
        }
    }

    fn has(&self, n: usize) -> u64 {
        self.readers[n].as_ref().unwrap().has
    }

    fn findings(&mut self) -> Vec<Finding> {
        let mut findings = Vec::new();
        self.relay.sweep(self.now, &mut findings);
        findings
    }
}

fn decode(form: Form, framed: &[u8]) -> FromServer {
    match form {
        Form::JsonLines => json::decode_server(framed.strip_suffix(b"\n").unwrap()).unwrap(),
        form => {
            let (payload, used) = frame::split(framed, frame::MAX_CHUNK_PAYLOAD).unwrap().unwrap();
            assert_eq!(used, framed.len());
            match form {
                Form::Bincode => bincode::decode_server(payload).unwrap(),
                _ => json::decode_server(payload).unwrap(),
            }
        }
    }
}

/// Limits that are far away.
fn rules() -> Rules {
    Rules {
        window: 64 * 1024,
        step: 8 * 1024,
        memory: 1024 * 1024,
        passes: 6,
        gather: Duration::ZERO,
        silence: Duration::from_secs(60),
    }
}

#[test]
fn a_frame_that_came_in_binary_is_passed_on_as_it_is() {
    let chunk = Chunk { transfer: TRANSFER, pass: 300, offset: 1 << 40, data: bytes(0, 5000).into() };
    let mut came = BytesMut::new();
    Form::Bincode.encode(&FromServer::Chunk(chunk.clone()), false, &mut came);
    let came = came.freeze();
    let held = super::frames::Held::default();
    let mut frames = Frames::new(&chunk, Some(came.clone()), &held);
    let (first, second) = (frames.get(Form::Bincode, 0), frames.get(Form::Bincode, 0));
    assert_eq!((first.as_ptr(), second.as_ptr()), (came.as_ptr(), came.as_ptr()));
    assert_eq!(held.bytes(), came.len() as u64);
    for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines] {
        assert_eq!(decode(form, &frames.get(form, 0)), FromServer::Chunk(chunk.clone()));
        let FromServer::Chunk(rest) = decode(form, &frames.get(form, 4999)) else { panic!() };
        assert_eq!((rest.offset, &rest.data[..]), ((1 << 40) + 4999, &[byte(4999)][..]));
    }
    drop((frames, first, second));
    assert_eq!(held.bytes(), 0, "nobody has any of it");
}
