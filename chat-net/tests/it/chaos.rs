//! Programs of all forms that talk, are cut off anywhere and come back, and people who come and go: everyone has
//! the same of every room, each message once.

use std::collections::BTreeMap;
use std::sync::Arc;

use chat_core::{Event, RequestId, Since};
use chat_net::codec::{Form, FromClient, FromServer, Hello, RoomPosition};
use chat_net::{Limits, Server, ServerHandle};

use crate::peer::{Peer, encode, fast, say, show};

const ROOMS: [&str; 2] = ["lobby", "dev"];
const SAYS: u64 = 40;

/// A generator whose seed is printed where a test fails: xorshift64*.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % n
    }
}

/// One program's copy of the rooms, and its connection of the moment.
struct Program {
    server: Arc<ServerHandle>,
    chance: Chance,
    form: Form,
    name: String,
    peer: Peer,
    token: Arc<str>,
    ends: BTreeMap<String, Since>,
    copy: BTreeMap<(String, u64), String>,
}

impl Program {
    async fn join(server: &Arc<ServerHandle>, form: Form, name: &str, seed: u64) -> Program {
        let mut peer = Peer::pipe(server, form).await;
        let rooms = Some(ROOMS.map(Arc::from).to_vec());
        peer.send(FromClient::Hello(Hello { name: name.into(), rooms, ..Hello::default() })).await;
        let Some(FromServer::Welcome(welcome)) = peer.next().await else { panic!("no welcome") };
        let mut program = Program {
            server: Arc::clone(server),
            chance: Chance(seed | 1),
            form,
            name: name.into(),
            peer,
            token: welcome.token,
            ends: BTreeMap::new(),
            copy: BTreeMap::new(),
        };
        while program.ends.len() < ROOMS.len() {
            program.read().await;
        }
        program
    }

    /// Takes one frame; gives the id of the ask that it answers.
    async fn read(&mut self) -> Option<u64> {
        let frame = self.peer.next().await.expect("only this end cuts");
        let line = show(&frame);
        let FromServer::Told(told) = frame else { panic!("{}: {line}", self.name) };
        match &told.event {
            Event::Members { place, .. } => {
                let since = Since { epoch: place.epoch, number: place.number };
                self.ends.insert(place.room.as_str().into(), since);
            }
            Event::CaughtUp { place } => {
                assert_eq!(self.ends[place.room.as_str()].number, place.number, "{}: {line}", self.name);
            }
            Event::Gap { .. } | Event::Refused(_) => panic!("{}: {line}", self.name),
            event => {
                let place = event.place().unwrap_or_else(|| panic!("{}: {line}", self.name));
                let room = place.room.as_str().to_owned();
                let end = self.ends.get_mut(&room).expect("it is a member");
                assert_eq!(end.epoch, place.epoch);
                let (_, event) = line.split_once(&format!("{room}/")).expect("it is shown");
                let event = event.to_owned();
                if place.number == end.number.next() {
                    end.number = place.number;
                    self.copy.insert((room, place.number.0), event);
                } else if place.number <= end.number {
                    assert!(told.past || told.re.0 != 0, "{}: {line} for the second time", self.name);
                    if let Some(known) = self.copy.get(&(room, place.number.0)) {
                        assert_eq!(*known, event);
                    }
                } else {
                    assert!(told.re.0 != 0, "{}: {line} behind {}", self.name, end.number);
                }
            }
        }
        Some(told.re.0).filter(|re| *re != 0)
    }

    /// Lets go of the connection, perhaps in the middle of a frame, and goes on over another.
    async fn cut(&mut self) {
        if self.chance.below(3) == 0 {
            let half = encode(self.form, &FromClient::Ask { id: RequestId(1), ask: say("lobby", "half") });
            let end = self.chance.below(half.len() as u64 - 1) as usize;
            self.peer.try_raw(&half[..end]).await;
        }
        let peer = Peer::pipe(&self.server, self.form).await;
        let old = std::mem::replace(&mut self.peer, peer);
        // Sometimes the old one stays open for a while, and is replaced.
        let kept = Some(old).filter(|_| self.chance.below(2) == 0);
        let positions: Vec<RoomPosition> = self
            .ends
            .iter()
            .map(|(room, since)| RoomPosition { room: room.as_str().into(), since: *since })
            .collect();
        self.peer.resume(&self.name, &self.token, &positions).await;
        let welcome = self.peer.next().await.unwrap();
        assert_eq!(show(&welcome), format!("welcome {} again", self.name));
        drop(kept);
    }

    async fn talk(mut self) -> Program {
        for id in 1..=SAYS {
            let room = ROOMS[self.chance.below(2) as usize];
            let ask = say(room, &format!("{} says {id}", self.name));
            self.peer.ask(id, ask.clone()).await;
            loop {
                if self.chance.below(6) == 0 {
                    self.cut().await;
                    // Nobody knows whether it was taken: the same again, under the same id.
                    self.peer.ask(id, ask.clone()).await;
                }
                if self.read().await == Some(id) {
                    break;
                }
            }
        }
        self
    }

    async fn listen_to_the_end(mut self) -> BTreeMap<(String, u64), String> {
        let mut rooms_left = ROOMS.len();
        while rooms_left > 0 {
            let before = self.copy.len();
            self.read().await;
            let news = self.copy.len() > before;
            let ends = self.copy.values().filter(|event| event.ends_with(": the end")).count();
            if news {
                rooms_left = ROOMS.len() - ends;
            }
        }
        self.copy
    }
}

/// People come, say something, and hang up or just vanish; gives what those said who hung up.
async fn people(server: Arc<ServerHandle>, seed: u64) -> Vec<String> {
    let mut chance = Chance(seed | 1);
    let mut said = Vec::new();
    for n in 0..15 {
        let mut person = Peer::pipe(&server, Form::Text).await;
        let name = format!("person{n}");
        let line = format!("{name} was here");
        person.raw(format!("{name}\r\n{line}\n").as_bytes()).await;
        if chance.below(2) == 0 {
            person.until_line("joined").await;
        }
        if chance.below(2) == 0 {
            person.hang_up().await;
            person.rest().await;
            said.push(format!("{name}: {line}"));
        }
    }
    said
}

async fn run(seed: u64) {
    let limits = Limits { history_events: 100_000, history_page: 20, ..fast() };
    let server = Arc::new(Server::builder().limits(limits).start().await.unwrap());
    let watcher = Program::join(&server, Form::Bincode, "watcher", seed).await;
    let mut talking = Vec::new();
    for n in 0..8u64 {
        let form = [Form::Bincode, Form::JsonFrames, Form::JsonLines][n as usize % 3];
        let program = Program::join(&server, form, &format!("program{n}"), seed * 31 + n).await;
        talking.push(tokio::spawn(program.talk()));
    }
    let visiting = tokio::spawn(people(Arc::clone(&server), seed));
    let mut programs = Vec::new();
    for talking in talking {
        programs.push(talking.await.unwrap());
    }
    let said = visiting.await.unwrap();
    let mut last = Program::join(&server, Form::JsonLines, "last", seed).await;
    for (id, room) in (1..).zip(ROOMS) {
        last.peer.ask(id, say(room, "the end")).await;
    }
    let all = watcher.listen_to_the_end().await;
    for program in programs {
        let name = program.name.clone();
        let copy = program.listen_to_the_end().await;
        for (at, event) in &copy {
            assert_eq!(all.get(at), Some(event), "{name} at {at:?}");
        }
        for room in ROOMS {
            let numbers: Vec<u64> =
                copy.keys().filter(|(of, _)| of == room).map(|(_, number)| *number).collect();
            assert!(numbers.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{name}: {numbers:?}");
        }
    }
    let count = |what: &str| all.values().filter(|event| event.ends_with(what)).count();
    for n in 0..8 {
        for id in 1..=SAYS {
            assert_eq!(count(&format!(" program{n}: program{n} says {id}")), 1, "program{n} said {id} once");
        }
    }
    for line in said {
        assert_eq!(count(&line), 1, "{line}");
    }
    assert_eq!(count("half"), 0);
}

#[tokio::test]
async fn everyone_has_the_same_of_every_room_whatever_is_cut() {
    for seed in 1..=6 {
        eprintln!("seed {seed}");
        run(seed).await;
    }
}
