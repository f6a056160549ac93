//! A chat that goes on for ever, at random: people come, talk, whisper, drop, come back, and leave.

use chat_net::Record;
use chat_net::chat_core::{
    Ask, Audience, Body, Change, Chat, Command, Config, Detach, Epoch, Event, NodeId, Number, Place,
    RequestId, RoomId, RoomName, Seq, SessionId, Sink, Stamp, Timestamp, TokenHash, UserName,
};

/// Small numbers at random: xorshift64*.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }
}

/// What is recorded.
#[derive(Default)]
pub(crate) struct Records(pub(crate) Vec<Record>);

impl Sink for Records {
    fn deliver(&mut self, _: Stamp, _: &Event, _: Audience<'_>) {}
    fn record(&mut self, stamp: Stamp, change: &Change) {
        self.0.push(Record { stamp, change: change.clone() });
    }
}

const PEOPLE: usize = 6;

#[derive(Clone, Copy, Default)]
struct Person {
    session: SessionId,
    token: u64,
    asked: u64,
    attached: bool,
}

/// A live chat, and the people in it.
pub(crate) struct Live {
    pub(crate) chat: Chat,
    pub(crate) dice: Dice,
    people: [Person; PEOPLE],
    counter: u64,
    seq: u64,
    now: u64,
}

/// Limits so small that rooms close, digests are told, answers and whispers are forgotten, sessions end.
pub(crate) fn config(seed: u64) -> Config {
    Config {
        rooms: 4,
        rooms_per_session: 3,
        big_room_members: if seed.is_multiple_of(2) { 2 } else { 100 },
        digest_ms: 50,
        digest_names: 2,
        linger_ms: 100,
        resumable_ms: 300,
        detached: 3,
        answers: 3,
        whispers: 2,
        ..Config::default()
    }
}

impl Live {
    pub(crate) fn new(seed: u64) -> Live {
        let chat = Chat::new(config(seed));
        Live {
            chat,
            dice: Dice::new(seed),
            people: [Person::default(); PEOPLE],
            counter: 0,
            seq: 0,
            now: 1_000_000,
        }
    }

    /// So many entries of the log, and what they record.
    pub(crate) fn go_on(&mut self, entries: u64) -> Vec<Record> {
        let mut records = Records::default();
        for _ in 0..entries {
            let command = self.command();
            self.seq += 1;
            self.now += [0, 0, 1, 40, 150][self.dice.below(5) as usize];
            let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.now) };
            let _ = self.chat.apply(stamp, &command, &mut records);
        }
        records.0
    }

    fn command(&mut self) -> Command {
        let who = self.dice.below(PEOPLE as u64) as usize;
        let from = self.people[who].session;
        if !self.people[who].attached || self.chat.user(from).is_none() {
            return self.attach(who);
        }
        match self.dice.below(100) {
            0..=3 => {
                self.people[who].attached = false;
                Command::Detach { session: from, why: Detach::Drop }
            }
            4..=5 => {
                self.people[who] = Person::default();
                Command::Detach { session: from, why: Detach::Quit }
            }
            6 => Command::NodeUp { node: NodeId(0) },
            7..=15 => Command::Tick,
            kind => {
                let ask = self.ask(kind);
                self.people[who].asked += self.dice.below(4).min(1);
                Command::Ask { from, request: RequestId(self.people[who].asked), ask }
            }
        }
    }

    fn attach(&mut self, who: usize) -> Command {
        self.counter += 1;
        let person = &mut self.people[who];
        let old = Some(person.token).filter(|token| *token > 0 && self.dice.below(4) > 0);
        if old.is_none() {
            person.asked = 0;
        }
        (person.session, person.token, person.attached) =
            (SessionId::new(NodeId(0), self.counter), self.counter, true);
        let hash = |token: u64| TokenHash(std::array::from_fn(|at| token.to_le_bytes()[at % 8]));
        let name = ["ann", "bob", "cat", "dan", "eve", "fay"][who].into();
        Command::Attach { session: person.session, name, token: hash(self.counter), resume: old.map(hash) }
    }

    fn ask(&mut self, kind: u64) -> Ask {
        let room = ["red", "blue", "green", "gold", "pink", "gray"][self.dice.below(6) as usize].into();
        let words = ["hello", "there", "deploy", "friday", "é\n", "why"];
        let count = 1 + self.dice.below(5);
        let said: Vec<&str> = (0..count).map(|_| words[self.dice.below(6) as usize]).collect();
        let body = said.join(" ").into();
        match kind {
            0..=34 => Ask::Join { room, since: None },
            35..=44 => Ask::Leave { room },
            45..=84 => Ask::Say { room, body },
            85..=89 => Ask::Topic { room, topic: body },
            _ => {
                let to = ["ann", "bob", "cat", "dan", "eve", "fay"][self.dice.below(6) as usize].into();
                Ask::Whisper { to, body }
            }
        }
    }
}

/// So many messages of one room after the first `past`, which is opened before them if there are none.
pub(crate) fn talk(past: u64, count: u64) -> Vec<Record> {
    talk_at(past, count, Timestamp(1_700_000_000_000))
}

/// The same, said at this time.
pub(crate) fn talk_at(past: u64, count: u64, at: Timestamp) -> Vec<Record> {
    let stamp = |seq| Stamp { seq: Seq(seq), at };
    let mut records = Vec::new();
    if past == 0 {
        records.push(Record { stamp: stamp(1), change: opened(1, 77) });
    }
    records.extend((past + 1..=past + count).map(|number| {
        let place = Place { room: lobby(), epoch: Epoch(77), number: Number(number) };
        let body = Body::new(&format!("message {number} of this room").into(), 100).expect("it is a text");
        let event = Event::Said { place, from: UserName::new("alice", 32).expect("it is a name"), body };
        let change = Change::Numbered { room: RoomId(1), event, by: None };
        Record { stamp: stamp(number + 1), change }
    }));
    records
}

/// The room of [`talk`] goes away, and another one of its name is made.
pub(crate) fn close_and_open_anew() -> Vec<Record> {
    let stamp = Stamp { seq: Seq(1_000_000), at: Timestamp(1_800_000_000_000) };
    let closed = Change::RoomClosed { room: RoomId(1) };
    [closed, opened(2, 78)].map(|change| Record { stamp, change }).into()
}

fn opened(room: u64, epoch: u64) -> Change {
    Change::RoomOpened { room: RoomId(room), name: lobby(), epoch: Epoch(epoch) }
}

fn lobby() -> RoomName {
    RoomName::new("lobby", 64).expect("it is a name")
}
