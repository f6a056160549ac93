//! One client of the simulation: a mirror, a reader, and a will of its own.

use std::collections::{BTreeMap, BTreeSet};

use chat_core::client::{Mirror, Reception};
use chat_core::{Ask, Epoch, Event, Number, Recipient, RequestId, RoomName, Since, TokenHash};

use super::reader::Reader;
use super::rng::Rng;
use super::wire::{Down, Up, Wire};

/// What became of an ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Outcome {
    Waiting,
    Answered(Event),
    /// The session ended before the answer came.
    Uncertain,
}

#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) mirror: Mirror,
    pub(crate) reader: Reader,
    pub(crate) asked: BTreeMap<RequestId, (Ask, Outcome)>,
    pub(crate) line: Option<usize>,
    pub(crate) is_welcome: bool,
    pub(crate) away_until: u64,
    token: Option<TokenHash>,
    spoken: u64,
}

impl Person {
    pub(crate) fn new(index: usize, unanswered: usize, few_whispers: bool) -> Person {
        let name = format!("p{index}");
        let reader = Reader::new(&name, few_whispers);
        Person {
            name,
            mirror: Mirror::new(unanswered),
            reader,
            asked: BTreeMap::new(),
            line: None,
            is_welcome: false,
            away_until: 0,
            token: None,
            spoken: 0,
        }
    }

    /// Connects, and says who it is and where it stopped.
    pub(crate) fn connect(&mut self, line: usize, wire: &mut Wire, rng: &mut Rng) {
        self.line = Some(line);
        let positions = self.mirror.positions().map(|(room, since)| (room.clone(), since)).collect();
        // An edge that knows no position tells all whispers that are kept.
        let whispers = if rng.once_in(3) { Number(0) } else { self.mirror.whispers() };
        wire.send_up(Up::Hello { resume: self.token, positions, whispers });
    }

    /// Wants something; says so if it can, and else when it is welcome again.
    pub(crate) fn want(&mut self, ask: Ask, wires: &mut [Wire]) {
        let Ok(id) = self.mirror.ask(ask.clone()) else { return };
        self.asked.insert(id, (ask.clone(), Outcome::Waiting));
        if let (Some(line), true) = (self.line, self.is_welcome) {
            wires[line].send_up(Up::Ask(id, ask));
        }
    }

    pub(crate) fn any_ask(&mut self, rng: &mut Rng, people: usize) -> Ask {
        const ROOMS: [&str; 4] = ["red", "green", "#Blue", "gold"];
        let mine: Vec<String> = self.mirror.positions().map(|(room, _)| room.to_string()).collect();
        let room = if mine.is_empty() || rng.once_in(20) {
            (*rng.pick(&ROOMS)).into()
        } else {
            rng.pick(&mine).clone()
        };
        self.spoken += 1;
        let body = format!("{}-{}", self.name, self.spoken);
        match rng.below(20) {
            0..=2 => Ask::Join { room: (*rng.pick(&ROOMS)).into(), since: None },
            _ if mine.is_empty() => Ask::Join { room: (*rng.pick(&ROOMS)).into(), since: None },
            3 => Ask::Leave { room: room.into() },
            4 => Ask::Topic { room: room.into(), topic: body.into() },
            5 => {
                let to = match rng.once_in(2) {
                    true => Recipient::User(format!("p{}", rng.index(people)).into()),
                    false => Recipient::Room(room.into()),
                };
                Ask::Offer { to, name: body.into(), size: 1, hash: None, chunk_bytes: 0 }
            }
            6 => {
                let (room, user) = (room.into(), format!("p{}", rng.index(people)).into());
                match rng.once_in(3) {
                    true => Ask::Ban { room, user, for_ms: Some(100), reason: None },
                    false => Ask::Kick { room, user, reason: None },
                }
            }
            7..=9 => Ask::Whisper { to: format!("p{}", rng.index(people)).into(), body: body.into() },
            _ => Ask::Say { room: room.into(), body: body.into() },
        }
    }

    /// Reads one message; a connection that ended is followed by a while away.
    pub(crate) fn read(&mut self, wire: &mut Wire, truth: &BTreeMap<(Epoch, Number), Event>, away: u64) {
        match wire.down.pop_front() {
            None => {}
            Some(Down::End) => {
                (self.line, self.is_welcome, self.away_until) = (None, false, away);
            }
            Some(Down::Welcome { resumed, token, rooms }) => {
                self.token = Some(token);
                self.is_welcome = true;
                let known: BTreeSet<RoomName> =
                    self.mirror.positions().map(|(room, _)| room.clone()).collect();
                self.reader.welcomed(resumed, &rooms, &known);
                let heads: Vec<(RoomName, Since)> = rooms
                    .into_iter()
                    .map(|(head, _)| (head.room, Since { epoch: head.epoch, number: head.number }))
                    .collect();
                let welcomed = self.mirror.welcomed(&self.name, resumed, &heads);
                for id in welcomed.uncertain {
                    let outcome = &mut self.asked.get_mut(&id).expect("it was asked").1;
                    assert_eq!(*outcome, Outcome::Waiting);
                    *outcome = Outcome::Uncertain;
                }
                for (id, ask) in welcomed.repeat {
                    wire.send_up(Up::Ask(id, ask));
                }
                for ask in welcomed.rejoin {
                    let id = self.mirror.ask(ask.clone()).expect("nothing else waits");
                    self.asked.insert(id, (ask.clone(), Outcome::Waiting));
                    wire.send_up(Up::Ask(id, ask));
                }
            }
            Some(Down::Told { re, past, event }) => self.told(re, past, &event, truth),
        }
    }

    fn told(&mut self, re: RequestId, past: bool, event: &Event, truth: &BTreeMap<(Epoch, Number), Event>) {
        let answers = self.mirror.is_unanswered(re);
        let verdict = self.mirror.told(re, past, event);
        assert_ne!(
            verdict,
            Reception::Broken,
            "{}: {event} re {re}, past: {past}, {:?}",
            self.name,
            self.mirror
        );
        assert!(!self.mirror.is_unanswered(re));
        assert!(answers || re == RequestId::NONE, "{}: a second answer to {re}: {event}", self.name);
        if let Some(first) = event.place().and_then(|place| truth.get(&(place.epoch, place.number))) {
            // The own copy of a leave in a big room has the number of another event.
            let own_leave = answers && matches!(event, Event::Left { .. });
            assert!(first == event || own_leave, "{event} was {first}");
        }
        let asked = self.asked.get_mut(&re).filter(|_| answers);
        self.reader.told(verdict, asked.as_ref().map(|(ask, _)| ask), event);
        if let Some((_, outcome)) = asked {
            assert_eq!(*outcome, Outcome::Waiting, "one answer");
            *outcome = Outcome::Answered(event.clone());
        }
    }
}
