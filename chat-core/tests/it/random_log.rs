//! Random logs: mad and plausible entries mixed, few names and rooms, limits so small that all are hit.

mod accounts;
mod files;
mod order;

use chat_core::{
    Ask, Chat, Command, Config, Detach, Epoch, NodeId, RequestId, RoomMakers, RoomName, Seq, SessionId,
    Since, Stamp, Timestamp, TokenHash, UserName,
};
use proptest::prelude::*;

use files::{Offers, Part};

/// One entry in little: proptest shrinks bytes well, and makes them fast.
pub(crate) type Seed = [u8; 6];

/// A config and a log.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) config: Config,
    pub(crate) entries: Vec<(Stamp, Command)>,
}

/// What a log is about most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum About {
    Talk,
    Files,
    /// Without any files: the witness counts one copy for a user.
    Accounts,
}

/// Logs of up to so many entries; most are about files, in every fifth about accounts.
pub(crate) fn logs(length: usize) -> impl Strategy<Value = Log> {
    let seeds = proptest::collection::vec(any::<Seed>(), 0..length);
    let about =
        prop::sample::select(&[About::Talk, About::Accounts, About::Files, About::Files, About::Files][..]);
    (any::<u8>(), about, seeds).prop_map(|(limits, about, seeds)| Log::of(limits, about, &seeds))
}

const NAMES: [&str; 9] = ["ann", "bob", "cat", "dan", "eve", "flo", "gus", "@Bob", "ANN"];
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
    token_before: u8,
    attached: bool,
    asked: u64,
    last: Option<(u64, Ask)>,
}

impl Person {
    /// Mostly the next one.
    fn request(&mut self, draw: u8) -> u64 {
        match draw {
            0..=199 => {
                self.asked += 1;
                self.asked
            }
            200..=239 => 0,
            240..=245 => u64::from(draw % 3),
            246..=250 => {
                self.asked += 5;
                self.asked
            }
            251..=254 => (1 << 53) - u64::from(draw % 2),
            255 => u64::MAX,
        }
    }
}

/// Goes through the log itself, to write what is plausible.
struct Writer {
    people: [Person; 7],
    attachments: u64,
    tokens: u8,
    now: u64,
    about: About,
    chat: Chat,
    offers: Offers,
}

fn config(limits: u8) -> Config {
    let bit = |n: u8| limits & (1 << n) != 0;
    Config {
        detached: 3,
        detached_devices: 3,
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
        device_ms: if bit(0) { 600 } else { 200 },
        spent_secrets: 3,
        invitations: 1,
        accounts: 2,
        accounts_required: false,
        devices: 2,
        account_whispers: crate::witness::ACCOUNT_WHISPERS as usize,
        account_whisper_bytes: 64,
        kept_whisper_bytes: 256,
        answers: 2,
        whispers: if bit(7) { 2 } else { 0 },
        file_bytes: 1_000,
        chunk_bytes: 100,
        offer_ms: if bit(2) { 300 } else { 2_000 },
        transfers_per_user: 2,
        offers_to_user: 2,
        transfers: 3,
        key_bytes: 8,
        server_rooms: if bit(6) { vec![RoomName::new("Gold", 8).unwrap()] } else { Vec::new() },
        room_makers: RoomMakers::Everyone,
        audit: 3,
        deletions: 2,
        page: 100,
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
    fn of(limits: u8, about: About, seeds: &[Seed]) -> Log {
        let mut writer = Writer {
            people: Default::default(),
            attachments: 0,
            tokens: 0,
            now: 1000,
            about,
            chat: Chat::new(config(limits)),
            offers: Offers(0),
        };
        let begun: Vec<Seed> = match about {
            About::Talk => Vec::new(),
            About::Files => (0..4).flat_map(|who| [[100, who, 0, 0, 9, 0], [0, who, 1, 250, 9, 0]]).collect(),
            About::Accounts => accounts::BEGUN.to_vec(),
        };
        let entry = |(seq, seed): (u64, Seed)| {
            let at = writer.time(seed[5], seed[4]);
            let (stamp, command) = (Stamp { seq: Seq(seq), at }, writer.command(&seed));
            let _ = writer.chat.apply(stamp, &command, &mut writer.offers);
            writer.notice_refused_names();
            (stamp, command)
        };
        let entries = (1..).zip(begun.into_iter().chain(seeds.iter().copied())).map(entry).collect();
        Log { config: config(limits), entries }
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

    /// Who was not let in tries again.
    fn notice_refused_names(&mut self) {
        for person in &mut self.people {
            if person.attached && self.chat.user(person.session).is_none() {
                (person.attached, person.token) = (false, person.token_before);
            }
        }
    }

    fn command(&mut self, seed: &Seed) -> Command {
        let [mut kind, _, a, b, c, _] = *seed;
        if self.about == About::Accounts {
            return self.command_of_accounts(seed);
        }
        if self.about == About::Files {
            kind = match kind {
                41..=63 => 91 + kind % 9,
                // Two ranges, see `ask`.
                100..=229 if kind % 4 > 0 => match kind % 57 {
                    k @ 0..=43 => 106 + k,
                    k => 161 + k,
                },
                _ => kind,
            };
        }
        self.command_of(&[kind, seed[1], a, b, c, seed[5]])
    }

    fn command_of(&mut self, seed: &Seed) -> Command {
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
            82..=90 => Command::Tick,
            91..=99 => {
                let transfer = self.transfer(a);
                let part = if c % 4 == 0 { Part::Sender } else { Part::Receiving };
                let session = self.part(who, transfer, part, b);
                match c {
                    0..=159 => Command::Progress { transfer, session, offset: u64::from(b) * 4 },
                    _ => Command::Stall { transfer, session },
                }
            }
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
            50..=235 => Some(self.people[who].token).filter(|token| *token > 0),
            // Often one that is used up.
            236..=239 => Some(self.people[who].token_before).filter(|token| *token > 0),
            _ => Some(self.people[usize::from(b) % self.people.len()].token),
        };
        // A secret that is in use, and an attachment's id too, are faults that must be survived.
        if c < 250 {
            // Who can resume once can do so again.
            let skipped = u8::from(resume.is_some() && self.tokens % 8 == 6);
            self.tokens = self.tokens.wrapping_add(1 + skipped);
        }
        if c > 5 {
            self.attachments += 1;
        }
        let person = &mut self.people[who];
        person.session = SessionId::new(node, self.attachments);
        person.attached = true;
        person.token_before = person.token;
        // Some welcomes are lost: whoever resumes has the secret from before.
        if resume.is_none() || !c.is_multiple_of(16) {
            person.token = self.tokens;
        }
        if resume.is_none() {
            (person.asked, person.last) = (0, None);
        }
        let name = if a < 200 { NAMES[who].into() } else { pick(&NAMES, &BAD_NAMES, 3, a) };
        let token = hash(self.tokens);
        Command::Attach { session: person.session, name, token, resume: resume.map(hash) }
    }

    fn ask(&mut self, who: usize, seed: &Seed) -> Command {
        let [kind, mad, a, b, c, _] = *seed;
        if let 200..=204 = kind {
            let (from, request) = (self.from(who, mad), RequestId(self.people[who].request(c)));
            return order::delete(from, request, pick(&ROOMS, &BAD_ROOMS, 30, a), b, c);
        }
        if let 106..=149 | 205..=217 = kind {
            return self.ask_of_a_transfer(who, seed);
        }
        let from = self.from(who, mad);
        let person = &mut self.people[who];
        if let (230..=255, Some((request, ask))) = (kind, person.last.clone()) {
            let ask = if c > 240 { Self::any_ask(kind.wrapping_mul(5), a, b, c) } else { ask };
            return Command::Ask { from, request: RequestId(request), ask };
        }
        let ask = Self::any_ask(kind, a, b, c);
        let request = person.request(c);
        person.last = Some((request, ask.clone()));
        Command::Ask { from, request: RequestId(request), ask }
    }

    fn any_ask(kind: u8, a: u8, b: u8, c: u8) -> Ask {
        let room = pick(&ROOMS, &BAD_ROOMS, 30, a);
        let body = pick(&BODIES, &BAD_BODIES, 12, b);
        match kind {
            24..=30 | 218..=229 => order::any_ask(room, a, b, c),
            0..=23 | 100..=149 => {
                let since = Since { epoch: Epoch(u64::from(b)), number: chat_core::Number(u64::from(c)) };
                Ask::Join { room, since: (b < 40).then_some(since) }
            }
            31..=40 | 150..=159 => Ask::Leave { room },
            41..=64 | 160..=189 => Ask::Say { room, body },
            190..=199 => Ask::Topic { room, topic: body },
            _ => Ask::Whisper { to: pick(&NAMES, &BAD_NAMES, 20, a), body },
        }
    }
}
