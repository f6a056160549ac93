//! What a person's line asks for, and what is shown of what comes back. No terminal and no connection here.

use std::sync::Arc;

use bytes::BytesMut;
use chat_net::chat_core::{Anchor, Answer, Ask, Body, Code, Event, Query, Refusal, RequestId, RoomName};
use chat_net::codec::text::{self, Typed};
use chat_net::codec::{FromServer, Told, Welcome};

use super::render;

/// Messages that `/history` shows if no number is given.
const HISTORY: u32 = 20;

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing of the server.
    Nothing,
    /// To show this to the person: it is an answer.
    Show(String),
    /// To show this to the person: something is wrong with the line.
    Refuse(String),
    /// To change something.
    Ask(Ask),
    /// To know something.
    Query(Query),
    /// To leave.
    Quit,
}

/// What a person's client knows of the conversation: the rooms it is in, and which one is current.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    current: Option<RoomName>,
    /// The rooms it is in, in the order it joined them, with their topics.
    rooms: Vec<(RoomName, Option<Body>)>,
    /// The rooms it is being told about what it missed.
    catching_up: Vec<RoomName>,
    me: Arc<str>,
    welcomes: u32,
}

impl Talk {
    /// The current room.
    pub(crate) fn current(&self) -> Option<&RoomName> {
        self.current.as_ref()
    }

    /// What `line` asks for.
    pub(crate) fn typed(&mut self, line: &str) -> Step {
        match text::parse(line) {
            Typed::Say("") => Step::Nothing,
            Typed::Say(body) => self.in_current(|room| Ask::Say { room, body: body.into() }),
            Typed::Join(room) => Step::Ask(Ask::Join { room: room.into(), since: None }),
            Typed::Leave(Some(room)) => Step::Ask(Ask::Leave { room: room.into() }),
            Typed::Leave(None) => self.in_current(|room| Ask::Leave { room }),
            Typed::Room(room) => self.go_to(room),
            Typed::Whisper { to, body } => Step::Ask(Ask::Whisper { to: to.into(), body: body.into() }),
            Typed::Users(room) => {
                let room = room.map(Arc::from).or_else(|| self.current_name());
                Step::Query(Query::Users { room, after: None })
            }
            Typed::Rooms => Step::Query(Query::Rooms { after: None }),
            Typed::Topic(Some(topic)) => self.in_current(|room| Ask::Topic { room, topic: topic.into() }),
            Typed::Topic(None) => self.topic(),
            Typed::History(limit) => match self.current_name() {
                Some(room) => Step::Query(Query::History {
                    room,
                    anchor: Anchor::Latest,
                    limit: limit.unwrap_or(HISTORY),
                }),
                None => in_no_room(),
            },
            Typed::Help => Step::Show(text::help().to_owned()),
            Typed::Quit => Step::Quit,
            Typed::Unknown(name) => refuse(
                Code::UnknownAsk,
                &format!("there is no command {name}, type /help for those there are"),
            ),
            Typed::Usage(how) => refuse(Code::BadAsk, how),
        }
    }

    /// Whether an ask may change which room is the current one.
    pub(crate) fn moves(line: &str) -> bool {
        matches!(text::parse(line), Typed::Join(_) | Typed::Leave(_) | Typed::Room(_))
    }

    /// Takes what the server told, as it comes, and gives what to show of it.
    pub(crate) fn told(&mut self, told: &Told) -> String {
        let missed = told.past && self.is_missed(&told.event);
        match &told.event {
            Event::Members { place, fresh, .. } => {
                self.topic_of(&place.room);
                self.current.get_or_insert_with(|| place.room.clone());
                if *fresh {
                    self.catching_up.retain(|room| *room != place.room);
                }
            }
            Event::Left { place, user, .. } if user.as_str().eq_ignore_ascii_case(&self.me) && !told.past => {
                self.rooms.retain(|(room, _)| *room != place.room);
                if self.current.as_ref() == Some(&place.room) {
                    self.current = self.rooms.last().map(|(room, _)| room.clone());
                }
            }
            Event::TopicChanged { place, topic, .. } => {
                self.topic_of(&place.room).clone_from(topic);
            }
            Event::CaughtUp { place } => self.catching_up.retain(|room| *room != place.room),
            _ => {}
        }
        let lines = render::lines(&FromServer::Told(told.clone()), false);
        if missed && !lines.is_empty() { format!("~ {lines}") } else { lines }
    }

    /// A connection was made, the first or another.
    pub(crate) fn welcomed(&mut self, welcome: &Welcome) -> String {
        self.me = Arc::clone(&welcome.user);
        self.welcomes = self.welcomes.saturating_add(1);
        if self.welcomes == 1 {
            return render::lines(&FromServer::Welcome(Box::new(welcome.clone())), false);
        }
        self.catching_up = self.rooms.iter().map(|(room, _)| room.clone()).collect();
        note("connected again; what you missed is marked ~")
    }

    /// The ask that a line became was taken: `/join` makes its room the current one.
    pub(crate) fn taken(&mut self, answer: &Told) {
        if let Event::Members { place, .. } = &answer.event {
            self.topic_of(&place.room);
            self.current = Some(place.room.clone());
        }
    }

    /// The lines that show the answer to a query.
    pub(crate) fn answered(told: &[Told], answer: &Answer) -> String {
        let told = told.iter().map(|told| render::lines(&FromServer::Told(told.clone()), false));
        let end = FromServer::Answered { re: RequestId(1), answer: answer.clone() };
        told.chain([render::lines(&end, false)]).collect()
    }

    /// The topic of a room it is in from now on, if it was not already.
    fn topic_of(&mut self, room: &RoomName) -> &mut Option<Body> {
        let at = self.rooms.iter().position(|(known, _)| known == room).unwrap_or_else(|| {
            self.rooms.push((room.clone(), None));
            self.rooms.len() - 1
        });
        &mut self.rooms[at].1
    }

    fn is_missed(&self, event: &Event) -> bool {
        match event.place() {
            Some(place) => self.catching_up.contains(&place.room),
            None => matches!(event, Event::Whispered { .. }) && self.welcomes > 1,
        }
    }

    fn current_name(&self) -> Option<Arc<str>> {
        self.current.as_ref().map(|room| room.as_str().into())
    }

    fn in_current(&self, ask: impl FnOnce(Arc<str>) -> Ask) -> Step {
        self.current_name().map_or_else(in_no_room, |room| Step::Ask(ask(room)))
    }

    fn go_to(&mut self, written: &str) -> Step {
        let Ok(wanted) = RoomName::new(written, usize::MAX) else {
            return refuse(Code::BadName, "a room's name has letters, digits, '_', '-' and '.'");
        };
        let Some((room, _)) = self.rooms.iter().find(|(room, _)| *room == wanted) else {
            return refuse(Code::NotAMember, &format!("you are not in #{wanted}, type /join {wanted} first"));
        };
        self.current = Some(room.clone());
        Step::Show(note(&format!("you are talking in #{room}")))
    }

    fn topic(&self) -> Step {
        let Some(room) = &self.current else { return in_no_room() };
        Step::Show(match self.rooms.iter().find(|(known, _)| known == room) {
            Some((_, Some(topic))) => note(&format!("the topic of #{room} is: {topic}")),
            _ => note(&format!("#{room} has no topic; set one with /topic TEXT")),
        })
    }
}

fn in_no_room() -> Step {
    refuse(Code::NotAMember, "you are in no room, type /join ROOM first")
}

fn refuse(code: Code, why: &str) -> Step {
    Step::Refuse(printed(|out| text::refuse(code, why, out)))
}

/// The line of a refusal.
pub(crate) fn refusal(refusal: &Refusal) -> String {
    let event = Event::Refused(refusal.clone());
    let told = Told { re: RequestId::NONE, past: false, at: chat_net::chat_core::Timestamp(0), event };
    render::lines(&FromServer::Told(told), false)
}

/// A line of the client's own.
pub(crate) fn note(what: &str) -> String {
    printed(|out| text::note(what, out))
}

fn printed(print: impl FnOnce(&mut BytesMut)) -> String {
    let mut out = BytesMut::new();
    print(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_net::chat_core::{Departure, Epoch, Number, Place, Timestamp, UserName};

    fn place(room: &str) -> Place {
        Place { room: RoomName::new(room, 64).unwrap(), epoch: Epoch(1), number: Number(1) }
    }

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn told(past: bool, event: Event) -> Told {
        Told { re: RequestId::NONE, past, at: Timestamp(1_763_733_909_123), event }
    }

    fn members(room: &str, fresh: bool) -> Told {
        told(false, Event::Members { place: place(room), fresh, total: 1, users: vec![user("me")] })
    }

    fn said(room: &str, past: bool) -> Told {
        let body = Body::new(&Arc::from("hi"), 99).unwrap();
        told(past, Event::Said { place: place(room), from: user("alice"), body })
    }

    fn left(room: &str) -> Told {
        told(false, Event::Left { place: place(room), user: user("ME"), why: Departure::Left })
    }

    fn welcome() -> Welcome {
        let limits = chat_net::codec::WireLimits { body_bytes: 1, frame_bytes: 1, rooms: 1, unanswered: 1 };
        Welcome {
            user: "me".into(),
            resumed: false,
            token: "secret".into(),
            resumable_ms: 1,
            at: Timestamp(0),
            durability: "memory".into(),
            rooms: Vec::new(),
            limits,
        }
    }

    #[test]
    fn a_bare_line_goes_to_the_current_room() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        assert!(matches!(talk.typed("hi"), Step::Refuse(why) if why.starts_with("! not_a_member: ")));
        talk.told(&members("lobby", true));
        talk.told(&members("dev", true));
        assert_eq!(talk.typed("hi"), Step::Ask(Ask::Say { room: "lobby".into(), body: "hi".into() }));
        talk.taken(&members("dev", false));
        assert_eq!(talk.typed("//x"), Step::Ask(Ask::Say { room: "dev".into(), body: "/x".into() }));
        assert_eq!(talk.typed("/room #LOBBY"), Step::Show("- you are talking in #lobby\n".into()));
        assert_eq!(talk.typed("/leave"), Step::Ask(Ask::Leave { room: "lobby".into() }));
        talk.told(&left("lobby"));
        assert_eq!(talk.current().unwrap().as_str(), "dev");
        assert!(matches!(talk.typed("/room lobby"), Step::Refuse(_)));
        talk.told(&left("dev"));
        assert_eq!(talk.current(), None);
    }

    #[test]
    fn only_what_was_missed_is_marked() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        talk.told(&members("lobby", true));
        assert_eq!(talk.told(&said("lobby", true)), "[14:05:09] #lobby <alice> hi\n");
        talk.welcomed(&welcome());
        assert_eq!(talk.told(&said("lobby", true)), "~ [14:05:09] #lobby <alice> hi\n");
        assert_eq!(talk.told(&said("lobby", false)), "[14:05:09] #lobby <alice> hi\n");
        talk.told(&told(true, Event::CaughtUp { place: place("lobby") }));
        talk.told(&members("dev", true));
        assert_eq!(talk.told(&said("dev", true)), "[14:05:09] #dev <alice> hi\n");
    }

    #[test]
    fn a_topic_is_remembered() {
        let mut talk = Talk::default();
        talk.told(&members("lobby", true));
        assert_eq!(
            talk.typed("/topic"),
            Step::Show("- #lobby has no topic; set one with /topic TEXT\n".into())
        );
        let topic = Some(Body::new(&Arc::from("a\x07".trim_end_matches('\x07')), 99).unwrap());
        talk.told(&told(true, Event::TopicChanged { place: place("lobby"), by: user("alice"), topic }));
        assert_eq!(talk.typed("/topic"), Step::Show("- the topic of #lobby is: a\n".into()));
    }

    #[test]
    fn what_cannot_be_understood_says_what_could() {
        let mut talk = Talk::default();
        for (line, start) in
            [("/foo", "! unknown_ask: there is no command /foo"), ("/join", "! bad_ask: type /join")]
        {
            assert!(matches!(talk.typed(line), Step::Refuse(why) if why.starts_with(start)), "{line}");
        }
        assert_eq!(talk.typed(""), Step::Nothing);
        assert_eq!(talk.typed("/quit"), Step::Quit);
    }
}
