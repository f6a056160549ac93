//! `Chat` against a model so small that it is plainly right: sets of names, lists of messages.

mod files;

use std::collections::{BTreeMap, BTreeSet};

use chat_core::{
    Answer, Ask, Audience, Change, Chat, Code, Command, Config, Detach, Event, NodeId, RequestId, RoomName,
    Seq, SessionId, Sink, Stamp, Timestamp, TokenHash,
};
use proptest::prelude::*;
use proptest::test_runner::Config as Runs;

use crate::story::{join, leave, say, topic};
use files::File;

const NAMES: [&str; 4] = ["ann", "Bob", "cat", "dan"];
const ROOMS: [&str; 3] = ["attic", "Cellar", "lobby"];

#[derive(Default)]
struct Room {
    members: BTreeSet<String>,
    head: u64,
    topic: Option<String>,
    has_messages: bool,
}

/// What there is to know, said in the plainest way.
#[derive(Default)]
struct Model {
    users: BTreeSet<String>,
    rooms: BTreeMap<String, Room>,
    messages: Vec<(String, u64, String, String)>,
    files: Vec<File>,
}

impl Model {
    fn attach(&mut self, user: &str) -> Result<(), Code> {
        if self.users.insert(user.into()) { Ok(()) } else { Err(Code::NameTaken) }
    }

    fn quit(&mut self, user: &str) {
        self.users.remove(user);
        for room in ROOMS {
            self.leave(user, room);
        }
        self.files_of_quitter(user);
    }

    fn join(&mut self, user: &str, room: &str) {
        let room = self.rooms.entry(room.into()).or_default();
        if room.members.insert(user.into()) {
            room.head += 1;
        }
    }

    fn leave(&mut self, user: &str, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        if room.members.remove(user) {
            room.head += 1;
        }
        if room.members.is_empty() && !room.has_messages {
            self.rooms.remove(name);
        }
    }

    fn room_of(&mut self, user: &str, room: &str) -> Result<&mut Room, Code> {
        self.rooms.get_mut(room).filter(|room| room.members.contains(user)).ok_or(Code::NotAMember)
    }

    fn say(&mut self, user: &str, name: &str, body: &str) -> Result<(), Code> {
        let room = self.room_of(user, name)?;
        (room.head, room.has_messages) = (room.head + 1, true);
        let number = room.head;
        self.messages.push((name.into(), number, user.into(), body.into()));
        Ok(())
    }

    fn topic(&mut self, user: &str, name: &str, topic: &str) -> Result<(), Code> {
        let room = self.room_of(user, name)?;
        room.head += 1;
        room.topic = Some(topic.into()).filter(|topic: &String| !topic.is_empty());
        Ok(())
    }
}

/// Keeps what was said.
#[derive(Default)]
struct Messages(Vec<(String, u64, String, String)>);

impl Sink for Messages {
    fn deliver(&mut self, _: Stamp, _: &Event, _: Audience<'_>) {}
    fn record(&mut self, _: Stamp, change: &Change) {
        if let Change::Numbered { event: Event::Said { place, from, body }, .. } = change {
            let (room, from, body) = (place.room.to_string(), from.to_string(), body.to_string());
            self.0.push((room, place.number.0, from, body));
        }
    }
}

/// The chat, and which attachment each of four people has.
struct Driven {
    chat: Chat,
    messages: Messages,
    seq: u64,
    sessions: [SessionId; 4],
    tokens: [TokenHash; 4],
}

impl Driven {
    fn apply(&mut self, command: &Command) -> Result<(), Code> {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.seq) };
        self.chat.apply(stamp, command, &mut self.messages).map_err(|rejection| rejection.code())
    }

    fn ask(&mut self, who: usize, ask: Ask) -> Result<(), Code> {
        self.apply(&Command::Ask { from: self.sessions[who], request: RequestId::NONE, ask })
    }

    fn attach(&mut self, who: usize, user: &str, resumes: bool) -> Result<(), Code> {
        let session = SessionId::new(NodeId((self.seq % 3) as u16), self.seq + 1);
        let mut token = TokenHash([1; 32]);
        token.0[..8].copy_from_slice(&self.seq.to_le_bytes());
        let resume = resumes.then_some(self.tokens[who]);
        let verdict = self.apply(&Command::Attach { session, name: user.into(), token, resume });
        if verdict.is_ok() {
            self.sessions[who] = session;
            self.tokens[who] = resume.unwrap_or(token);
        }
        verdict
    }
}

/// One step of both; they must agree on the verdict.
fn step(model: &mut Model, driven: &mut Driven, [kind, who, room, other, file]: [u8; 5]) {
    let who = usize::from(who % 4);
    let user = NAMES[who];
    let room = ROOMS[usize::from(room % 3)];
    if !model.users.contains(user) {
        assert_eq!(driven.attach(who, user, false), model.attach(user));
        return;
    }
    match kind {
        0..=9 => {
            // Somebody else wants the name, in other letters.
            let thief = Command::Attach {
                session: SessionId::new(NodeId(7), 0),
                name: user.to_uppercase().into(),
                token: TokenHash([77; 32]),
                resume: None,
            };
            assert_eq!(driven.apply(&thief), model.attach(user));
        }
        10..=69 => {
            model.join(user, room);
            assert_eq!(driven.ask(who, join(&room.to_lowercase())), Ok(()));
        }
        70..=84 => {
            model.leave(user, room);
            model.files_of_leaver(user, room);
            assert_eq!(driven.ask(who, leave(room)), Ok(()));
        }
        85..=124 => {
            let body = format!("{}", driven.seq);
            assert_eq!(driven.ask(who, say(room, &body)), model.say(user, room, &body));
        }
        125..=134 => {
            let text = if kind % 2 == 0 { "" } else { "tea" };
            assert_eq!(driven.ask(who, topic(room, text)), model.topic(user, room, text));
        }
        135..=140 => {
            model.quit(user);
            let session = driven.sessions[who];
            assert_eq!(driven.apply(&Command::Detach { session, why: Detach::Quit }), Ok(()));
        }
        141..=143 => {
            // Who sleeps is gone once another has the name.
            model.quit(user);
            let session = driven.sessions[who];
            assert_eq!(driven.apply(&Command::Detach { session, why: Detach::Drop }), Ok(()));
            assert_eq!(driven.apply(&Command::Tick), Ok(()));
            assert_eq!(driven.attach(who, user, false), model.attach(user));
        }
        150..=255 => files::step(model, driven, who, user, [kind, other, file]),
        _ => {
            // A drop and a return change nothing that anybody can see, but a file that was on its way.
            model.files_of_one_who_was_away(user);
            let session = driven.sessions[who];
            assert_eq!(driven.apply(&Command::Detach { session, why: Detach::Drop }), Ok(()));
            assert_eq!(driven.attach(who, "whoever", true), Ok(()));
        }
    }
}

/// Reads everything, page by page.
fn compare(model: &Model, chat: &Chat) {
    assert_eq!(users(chat, None), by_letters(&model.users));
    let mut after: Option<String> = None;
    let mut rooms = Vec::new();
    loop {
        let Ok(Answer::Rooms { rooms: page, more, total }) =
            chat.rooms(SessionId::default(), after.as_deref())
        else {
            panic!()
        };
        assert_eq!(total, model.rooms.len() as u64);
        after = page.last().map(|room| room.room.to_string());
        rooms.extend(page);
        if !more {
            break;
        }
    }
    assert_eq!(rooms.len(), model.rooms.len());
    for (info, (name, room)) in rooms.iter().zip(by_name(&model.rooms)) {
        // A room is written as whoever made it wrote it: in small letters.
        assert!(info.room.as_str().eq_ignore_ascii_case(name));
        assert_eq!(info.members, room.members.len() as u64);
        assert_eq!(info.topic.as_ref().map(ToString::to_string), room.topic);
        assert_eq!(users(chat, Some(name)), by_letters(&room.members));
        let head = chat.head(&RoomName::new(name, 64).unwrap()).unwrap();
        assert_eq!(head.number.0, room.head);
    }
}

fn by_name(rooms: &BTreeMap<String, Room>) -> Vec<(&String, &Room)> {
    let mut rooms: Vec<_> = rooms.iter().collect();
    rooms.sort_by_key(|(name, _)| name.to_lowercase());
    rooms
}

fn by_letters(users: &BTreeSet<String>) -> Vec<String> {
    let mut users: Vec<String> = users.iter().cloned().collect();
    users.sort_by_key(|name| name.to_lowercase());
    users
}

fn users(chat: &Chat, room: Option<&str>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    loop {
        let Ok(Answer::Users { users, more, .. }) =
            chat.users(SessionId::default(), room, all.last().map(String::as_str))
        else {
            panic!()
        };
        all.extend(users.iter().map(ToString::to_string));
        if !more {
            return all;
        }
    }
}

proptest! {
    #![proptest_config(Runs::with_cases(300))]

    #[test]
    fn the_chat_does_what_the_model_does(steps in proptest::collection::vec(any::<[u8; 5]>(), 0..100)) {
        let (transfers_per_user, offers_to_user) = (100, 100);
        let config = Config { page: 2, transfers_per_user, offers_to_user, linger_ms: 1, ..Config::default() };
        let (chat, messages, sessions) = (Chat::new(config), Messages::default(), [SessionId::default(); 4]);
        let mut driven = Driven { chat, messages, seq: 0, sessions, tokens: [TokenHash([0; 32]); 4] };
        let mut model = Model::default();
        for seed in steps {
            step(&mut model, &mut driven, seed);
            compare(&model, &driven.chat);
            files::compare(&model, &driven.chat);
        }
        let said = driven.messages.0.iter().map(|(room, number, from, body)| (room.to_lowercase(), *number, from, body));
        let expected = model.messages.iter().map(|(room, number, from, body)| (room.to_lowercase(), *number, from, body));
        prop_assert!(said.eq(expected));
    }
}
