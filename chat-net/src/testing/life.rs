//! A chat that lives: people come, talk, drop out and return, as a seed says; and all that it records.

use std::sync::Arc;

use chat_core::{
    Ask, Audience, Change, Chat, Command, Config, Detach, Digest, Event, NodeId, Place, RequestId, Seq,
    SessionId, Sink, Stamp, Timestamp, TokenHash,
};

use crate::store::Record;

const PEOPLE: usize = 6;
const ROOMS: [&str; 4] = ["lobby", "dev", "tea", "ops"];

/// Makes records as a server would. The same seed makes the same life.
#[derive(Debug)]
pub struct Life {
    chat: Chat,
    random: u64,
    seq: u64,
    at: u64,
    attachments: u64,
    people: [Person; PEOPLE],
    said: Vec<(Place, Arc<str>)>,
    is_up: bool,
}

#[derive(Clone, Debug, Default)]
struct Person {
    session: Option<SessionId>,
    token: u64,
    requests: u64,
}

#[derive(Default)]
struct Recorder(Vec<Record>);

impl Sink for Recorder {
    fn deliver(&mut self, _: Stamp, _: &Event, _: Audience<'_>) {}

    fn record(&mut self, stamp: Stamp, change: &Change) {
        self.0.push(Record { stamp, change: change.clone() });
    }
}

impl Life {
    /// An empty chat with these limits.
    #[must_use]
    pub fn new(seed: u64, config: Config) -> Life {
        Life::of(seed, Chat::new(config))
    }

    /// A chat that was there before: nobody is connected any more.
    #[must_use]
    pub fn of(seed: u64, chat: Chat) -> Life {
        let (seq, at) = (chat.seq().0, chat.now().0.max(1_000_000));
        let attachments = chat.last_session(NodeId(0)).map_or(0, SessionId::counter);
        let people = std::array::from_fn(|_| Person::default());
        Life { chat, random: seed, seq, at, attachments, people, said: Vec::new(), is_up: false }
    }

    /// The chat as it is.
    #[must_use]
    pub fn chat(&self) -> &Chat {
        &self.chat
    }

    /// Summarises it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.chat.digest()
    }

    /// The messages so far: where each stands, and its text.
    #[must_use]
    pub fn said(&self) -> &[(Place, Arc<str>)] {
        &self.said
    }

    /// Goes on for so many entries of the log: what they recorded.
    pub fn live(&mut self, entries: usize) -> Vec<Record> {
        let mut recorder = Recorder::default();
        for _ in 0..entries {
            let command = self.command();
            self.seq += 1;
            self.at += self.draw(40);
            let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.at) };
            // What is refused is part of life.
            let _ = self.chat.apply(stamp, &command, &mut recorder);
        }
        let said = recorder.0.iter().filter_map(|record| match &record.change {
            Change::Numbered { event: Event::Said { place, body, .. }, .. } => {
                Some((place.clone(), Arc::from(body.as_str())))
            }
            _ => None,
        });
        self.said.extend(said);
        recorder.0
    }

    /// A number below `below`.
    fn draw(&mut self, below: u64) -> u64 {
        // SplitMix64: small, and good enough for this.
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn command(&mut self) -> Command {
        if !std::mem::replace(&mut self.is_up, true) {
            return Command::NodeUp { node: NodeId(0) };
        }
        let at = usize::try_from(self.draw(PEOPLE as u64)).unwrap_or(0);
        let Some(session) = self.people[at].session else { return self.attach(at) };
        match self.draw(100) {
            0..3 => {
                let why = if self.draw(3) == 0 { Detach::Quit } else { Detach::Drop };
                self.people[at].session = None;
                Command::Detach { session, why }
            }
            3..6 => {
                self.at += self.draw(200_000);
                Command::Tick
            }
            _ => {
                let ask = self.ask();
                let person = &mut self.people[at];
                person.requests += 1;
                Command::Ask { from: session, request: RequestId(person.requests), ask }
            }
        }
    }

    fn attach(&mut self, at: usize) -> Command {
        self.attachments += 1;
        let session = SessionId::new(NodeId(0), self.attachments);
        let (token, goes_on) = (self.people[at].token, self.draw(4) > 0);
        let resume = (token > 0 && goes_on).then(|| hash(token));
        let person = &mut self.people[at];
        if resume.is_none() {
            (person.token, person.requests) = (self.attachments, 0);
        }
        person.session = Some(session);
        let name = Arc::from(format!("person{at}"));
        Command::Attach { session, name, token: hash(person.token), resume }
    }

    fn ask(&mut self) -> Ask {
        let room: Arc<str> = ROOMS[usize::try_from(self.draw(4)).unwrap_or(0)].into();
        match self.draw(20) {
            0..4 => Ask::Join { room, since: None },
            4 => Ask::Leave { room },
            5 => Ask::Topic { room, topic: format!("topic {}", self.draw(100)).into() },
            6 => {
                let to = format!("person{}", self.draw(PEOPLE as u64)).into();
                Ask::Whisper { to, body: format!("psst {}", self.draw(1000)).into() }
            }
            _ => {
                let length = usize::try_from(self.draw(200)).unwrap_or(0);
                Ask::Say { room, body: format!("word{} {}", self.seq, "tea ".repeat(length)).into() }
            }
        }
    }

    /// Where each room stands.
    #[must_use]
    pub fn heads(&self) -> Vec<Place> {
        self.chat.heads().map(|(_, place)| place).collect()
    }
}

/// A secret of its own for every attachment.
fn hash(token: u64) -> TokenHash {
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&token.to_le_bytes());
    TokenHash(hash)
}
