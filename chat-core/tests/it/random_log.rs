//! Random logs: mad and plausible entries mixed, few names and rooms, limits so small that all are hit.

use chat_core::{
    Ask, Command, Config, Detach, Epoch, NodeId, RequestId, Seq, SessionId, Since, Stamp, Timestamp,
    TokenHash, UserName,
};
use proptest::prelude::*;

/// One entry in little: proptest shrinks bytes well, and makes them fast.
pub(crate) type Seed = [u8; 6];

/// A config and a log.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) config: Config,
    pub(crate) entries: Vec<(Stamp, Command)>,
}

/// Logs of up to so many entries.
pub(crate) fn logs(length: usize) -> impl Strategy<Value = Log> {
    let seeds = proptest::collection::vec(any::<Seed>(), 0..length);
    (any::<u8>(), seeds).prop_map(|(limits, seeds)| Log::of(limits, &seeds))
}

const NAMES: [&str; 7] = ["ann", "bob", "cat", "dan", "eve", "@Bob", "ANN"];
const BAD_NAMES: [&str; 5] = ["", "root", "much-too-long", "no way", "é"];
const ROOMS: [&str; 6] = ["red", "#blue", "RED", "green", "red", "gold"];
const BAD_ROOMS: [&str; 4] = ["", "#", "much-too-long", "a b"];
const BODIES: [&str; 4] = ["hi", "yo", "12345678", "é\n\t"];
const BAD_BODIES: [&str; 4] = ["", " \n", "123456789", "\u{1b}[m"];

/// One in `odds` picks is from what is refused.
fn pick(good: &'static [&str], bad: &'static [&str], odds: u8, draw: u8) -> std::sync::Arc<str> {
    let index = usize::from(draw / odds);
    if draw.is_multiple_of(odds) { bad[index % bad.len()].into() } else { good[index % good.len()].into() }
}

#[derive(Clone, Default)]
struct Person {
    session: SessionId,
    token: u8,
    attached: bool,
    asked: u64,
    last: Option<(u64, Ask)>,
}

struct Writer {
    people: [Person; 7],
    attachments: u64,
    tokens: u8,
    now: u64,
}

fn config(limits: u8) -> Config {
    let bit = |n: u8| limits & (1 << n) != 0;
    Config {
        detached: 3,
        whisper_bytes: 64,
        epoch: Epoch(u64::from(limits)),
        name_bytes: 8,
        room_name_bytes: 8,
        body_bytes: 8,
        topic_bytes: 8,
        reserved_names: vec![UserName::new("Root", 8).unwrap()],
        rooms_per_session: 2,
        rooms: if bit(0) { 3 } else { 2 },
        big_room_members: if bit(1) { 2 } else { usize::from(bit(2)) * 100 },
        digest_ms: if bit(3) { 50 } else { 0 },
        digest_names: usize::from(bit(4)),
        linger_ms: if bit(5) { 100 } else { 0 },
        resumable_ms: if bit(6) { 300 } else { 80 },
        answers: 2,
        whispers: if bit(7) { 2 } else { 0 },
        file_bytes: 1_000,
        chunk_bytes: 100,
        offer_ms: if bit(2) { 60 } else { 400 },
        transfers_per_user: 2,
        offers_to_user: 2,
        transfers: 3,
        page: 2,
    }
}

/// Some sessions cannot be resumed.
fn hash(token: u8) -> TokenHash {
    match token % 8 {
        7 => TokenHash::of_no_secret(SessionId::new(NodeId(0), token.into())),
        _ => TokenHash([token; 32]),
    }
}

impl Log {
    fn of(limits: u8, seeds: &[Seed]) -> Log {
        let mut writer = Writer { people: Default::default(), attachments: 0, tokens: 0, now: 1000 };
        let entry = |(seq, seed): (u64, &Seed)| {
            let at = writer.time(seed[5], seed[4]);
            (Stamp { seq: Seq(seq), at }, writer.command(seed))
        };
        Log { config: config(limits), entries: (1..).zip(seeds).map(entry).collect() }
    }
}

impl Writer {
    /// Stands still, goes on, jumps past deadlines, runs backwards, and once in a while ends.
    fn time(&mut self, draw: u8, other: u8) -> Timestamp {
        self.now = match draw {
            0..=119 => self.now,
            120..=199 => self.now.saturating_add(u64::from(draw - 119)),
            200..=234 => self.now.saturating_add(120),
            235..=247 => self.now.saturating_add(400),
            248..=254 => self.now.saturating_sub(500),
            255 if other == 255 => u64::MAX,
            255 => 0,
        };
        Timestamp(self.now)
    }

    fn command(&mut self, seed: &Seed) -> Command {
        let [kind, who, a, b, c, _] = *seed;
        let who = usize::from(who) % self.people.len();
        let node = NodeId(u16::from(b % 3));
        match kind {
            0..=63 | 100..=227 if !self.people[who].attached => self.attach(who, node, a, b, c),
            65..=68 => self.attach(who, node, a, b, c),
            69..=76 => {
                self.people[who].attached = false;
                Command::Detach { session: self.from(who, a), why: Detach::Drop }
            }
            77..=79 => {
                let session = self.from(who, a);
                self.people[who] = Person::default();
                Command::Detach { session, why: Detach::Quit }
            }
            80 => Command::NodeUp { node },
            81 => Command::NodeDown { node },
            82..=99 => Command::Tick,
            _ => self.ask(who, seed),
        }
    }

    /// Mostly the person's own attachment; sometimes any that ever was, or never.
    fn from(&self, who: usize, draw: u8) -> SessionId {
        match draw {
            0..=239 => self.people[who].session,
            _ => SessionId::new(NodeId(u16::from(draw % 3)), u64::from(draw) % (self.attachments + 2)),
        }
    }

    fn attach(&mut self, who: usize, node: NodeId, a: u8, b: u8, c: u8) -> Command {
        let resume = match b {
            0..=49 => None,
            50..=239 => Some(self.people[who].token).filter(|token| *token > 0),
            _ => Some(self.people[usize::from(b) % self.people.len()].token),
        };
        // A secret that is in use, and an attachment's id too, are faults that must be survived.
        if c < 250 {
            self.tokens = self.tokens.wrapping_add(1);
        }
        if c > 5 {
            self.attachments += 1;
        }
        let person = &mut self.people[who];
        person.session = SessionId::new(node, self.attachments);
        person.attached = true;
        if resume.is_none() {
            (person.token, person.asked, person.last) = (self.tokens, 0, None);
        }
        let name = if a < 200 { NAMES[who].into() } else { pick(&NAMES, &BAD_NAMES, 3, a) };
        let token = hash(self.tokens);
        Command::Attach { session: person.session, name, token, resume: resume.map(hash) }
    }

    fn ask(&mut self, who: usize, seed: &Seed) -> Command {
        let [kind, mad, a, b, c, _] = *seed;
        let from = self.from(who, mad);
        let person = &mut self.people[who];
        if let (230..=255, Some((request, ask))) = (kind, person.last.clone()) {
            let ask = if c > 240 { Self::any_ask(kind.wrapping_mul(5), a, b, c) } else { ask };
            return Command::Ask { from, request: RequestId(request), ask };
        }
        let ask = Self::any_ask(kind, a, b, c);
        let request = match c {
            0..=199 => {
                person.asked += 1;
                person.asked
            }
            200..=239 => 0,
            240..=245 => u64::from(c % 3),
            246..=250 => {
                person.asked += 5;
                person.asked
            }
            251..=254 => (1 << 53) - u64::from(c % 2),
            255 => u64::MAX,
        };
        person.last = Some((request, ask.clone()));
        Command::Ask { from, request: RequestId(request), ask }
    }

    fn any_ask(kind: u8, a: u8, b: u8, c: u8) -> Ask {
        let room = pick(&ROOMS, &BAD_ROOMS, 30, a);
        let body = pick(&BODIES, &BAD_BODIES, 12, b);
        match kind {
            0..=30 | 100..=149 => {
                let since = Since { epoch: Epoch(u64::from(b)), number: chat_core::Number(u64::from(c)) };
                Ask::Join { room, since: (b < 40).then_some(since) }
            }
            31..=40 | 150..=159 => Ask::Leave { room },
            41..=64 | 160..=189 => Ask::Say { room, body },
            190..=204 => Ask::Topic { room, topic: body },
            _ => Ask::Whisper { to: pick(&NAMES, &BAD_NAMES, 20, a), body },
        }
    }
}
