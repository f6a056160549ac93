//! What a person's line asks for, and what is shown of what comes back. No terminal and no connection here.

use std::sync::Arc;

use chat_net::chat_core::{
    Answer, Ask, Body, Code, Epoch, Event, Number, Place, Query, RequestId, RoomName, Timestamp, UserName,
};
use chat_net::codec::text::{self, Ignored, PageEnd, Paged, Paging, Typed};
use chat_net::codec::{FromServer, Told, Welcome};

use super::files;
use super::line::{self, Line};
use super::past::{Past, Shown};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing of the server.
    Nothing,
    /// To show this to the person: it is an answer.
    Show(Vec<Line>),
    /// To show this to the person: something is wrong with the line.
    Refuse(Line),
    /// To change something.
    Ask(Ask),
    /// To know something.
    Query(Query),
    /// To leave.
    Quit,
    /// To end the other sessions of one's account.
    LogOut,
}

/// What a person's client knows of the conversation: the rooms it is in, and which one is current.
#[derive(Debug, Default)]
pub(crate) struct Talk {
    current: Option<RoomName>,
    /// The rooms it is in, in the order it joined them.
    rooms: Vec<Room>,
    past: Past,
    paging: Paging,
    ignored: Ignored,
    me: Arc<str>,
    welcomes: u32,
}

/// A room that it is in.
#[derive(Debug)]
struct Room {
    name: RoomName,
    topic: Option<Body>,
    /// The numbers of what the person said there and did not delete: the last ones.
    own: Vec<Number>,
    /// That they are of: in another one the same numbers are other messages.
    epoch: Option<Epoch>,
}

/// So many numbers are remembered of each room.
const OWN: usize = 100;

impl Talk {
    /// The person talks in that room from now on, or in none.
    pub(crate) fn talks_in(&mut self, room: Option<&RoomName>) {
        self.current = room.cloned();
    }

    /// Whom the person ignores.
    pub(crate) fn ignored(&self) -> &Ignored {
        &self.ignored
    }

    /// The current room.
    pub(crate) fn current(&self) -> Option<&RoomName> {
        self.current.as_ref()
    }

    /// What `line` asks for.
    pub(crate) fn typed(&mut self, line: &str) -> Step {
        let typed = text::parse(line);
        if !matches!(typed, Typed::History(_) | Typed::Search { .. } | Typed::Say("")) {
            self.paging.stop();
        }
        match typed {
            Typed::Say("") => Step::Nothing,
            Typed::Say(body) => self.in_current(|room| Ask::Say { room, body: body.into() }),
            Typed::Join { room, key: None } => Step::Ask(Ask::Join { room: room.into(), since: None }),
            Typed::Join { room, key: Some(key) } => {
                Step::Ask(Ask::Enter { room: room.into(), key: key.into(), since: None })
            }
            Typed::Leave(Some(room)) => Step::Ask(Ask::Leave { room: room.into() }),
            Typed::Leave(None) => self.in_current(|room| Ask::Leave { room }),
            Typed::Room(room) => self.go_to(room),
            Typed::Whisper { to, body } => Step::Ask(Ask::Whisper { to: to.into(), body: body.into() }),
            Typed::Users(room) => {
                let room = room.map(Arc::from).or_else(|| self.current_name());
                Step::Query(Query::Users { room, after: None })
            }
            Typed::Rooms => Step::Query(Query::Rooms { after: None }),
            Typed::Transfers => Step::Query(Query::Transfers {}),
            Typed::Decline(transfer) => Step::Ask(Ask::Decline { transfer }),
            Typed::Topic(Some(topic)) => self.in_current(|room| Ask::Topic { room, topic: topic.into() }),
            Typed::Topic(None) => self.topic(),
            Typed::History(limit) => match self.current_name() {
                Some(room) => paged(self.paging.history(limit, room)),
                None => in_no_room(),
            },
            Typed::Search { room, words } => paged(self.paging.search(room, words)),
            Typed::Act(act) => self.in_current(|room| act.ask(room)),
            Typed::DeleteLast => self.delete_last(),
            Typed::Order => match self.current_name() {
                Some(room) => Step::Query(Query::Room { room }),
                None => in_no_room(),
            },
            Typed::Audit(before) => Step::Query(Query::Audit { before }),
            Typed::Ignore(None) => show(&self.ignored.list()),
            Typed::Ignore(Some(user)) => self.ignore(user, true),
            Typed::Unignore(user) => self.ignore(user, false),
            Typed::Help(about) => Step::Show(help(about)),
            Typed::Quit => Step::Quit,
            Typed::Unknown(name) => refuse(
                Code::UnknownAsk,
                &format!("there is no command {name}, type /help for those there are"),
            ),
            Typed::LogOut => Step::LogOut,
            Typed::Passwd => refuse(
                Code::UnknownAsk,
                "that needs a password, which is typed at a terminal; there is none here",
            ),
            Typed::Register(name) => begins_with_its_name(name),
            _ if line.trim_end().eq_ignore_ascii_case("/register") => begins_with_its_name("NAME"),
            Typed::Usage(how) => refuse(Code::BadAsk, how),
        }
    }

    /// Whether an ask may change which room is the current one.
    pub(crate) fn moves(line: &str) -> bool {
        matches!(text::parse(line), Typed::Join { .. } | Typed::Leave(_) | Typed::Room(_))
    }

    /// Whether a line is meant for the room that is the current one.
    pub(crate) fn is_for_current(line: &str) -> bool {
        match text::parse(line) {
            Typed::Say(body) => !body.is_empty(),
            Typed::Leave(room) | Typed::Users(room) => room.is_none(),
            Typed::Topic(_) | Typed::History(_) | Typed::Act(_) | Typed::DeleteLast | Typed::Order => true,
            _ => false,
        }
    }

    /// Whether an event is of somebody whom the person ignores.
    pub(crate) fn hides(&self, event: &Event) -> bool {
        self.ignored.hides(event)
    }

    /// Takes what the server told, as it comes, for what can be asked of it; gives the line that says where the person
    /// talks now, if that changed.
    pub(crate) fn learn(&mut self, told: &Told) -> Option<Line> {
        if let Some(place) = told.event.place() {
            self.is_in_epoch(place);
        }
        match &told.event {
            Event::Members { place, .. } => {
                self.topic_of(&place.room);
                self.is_in_epoch(place);
                self.current.get_or_insert_with(|| place.room.clone());
            }
            Event::Left { place, user, .. } if self.is_me(user) && !told.past => {
                self.left(&place.room);
            }
            Event::Kicked { place, user, .. } if self.is_me(user) && !told.past => {
                return self.left(&place.room);
            }
            Event::TopicChanged { place, topic, .. } => {
                self.topic_of(&place.room).clone_from(topic);
            }
            Event::Said { place, from, .. } if self.is_me(from) => self.said(place),
            Event::Deleted { place, target, .. } => {
                if let Some(room) = self.rooms.iter_mut().find(|room| room.name == place.room) {
                    room.own.retain(|number| number != target);
                }
            }
            Event::Gap { place, .. } => self.is_in_epoch(place),
            _ => {}
        }
        None
    }

    /// Takes what the server told, as it comes, and gives what to show of it at `now`.
    pub(crate) fn told(&mut self, told: &Told, now: Timestamp) -> Vec<Line> {
        let moved = self.learn(told);
        let note = |what: String| vec![Line::note(&what)];
        match &told.event {
            Event::Members { place, fresh, .. } => self.past.entered(place, *fresh),
            Event::CaughtUp { place } => return self.past.caught_up(place).map_or_else(Vec::new, note),
            Event::Gap { place, first_available, why } => {
                return note(self.past.gap(place, *first_available, *why));
            }
            _ => {}
        }
        if self.ignored.hides(&told.event) {
            self.past.skipped(&told.event);
            return Vec::new();
        }
        if !told.past {
            self.past.told(&told.event, false, &self.me);
            return line::lines(&FromServer::Told(told.clone())).into_iter().chain(moved).collect();
        }
        let lines = line::past_lines(told, now).into_iter();
        match self.past.told(&told.event, true, &self.me) {
            Shown::Plain if self.is_missed_whisper(&told.event) => lines.map(Line::missed).collect(),
            Shown::Plain => lines.collect(),
            Shown::Missed(first) => {
                first.map(|first| Line::note(&first)).into_iter().chain(lines.map(Line::missed)).collect()
            }
            Shown::Nothing => Vec::new(),
        }
    }

    /// A connection was made, the first or another.
    pub(crate) fn welcomed(&mut self, welcome: &Welcome) -> Vec<Line> {
        self.me = Arc::clone(&welcome.user);
        self.welcomes = self.welcomes.saturating_add(1);
        if self.welcomes == 1 {
            return line::lines(&FromServer::Welcome(Box::new(welcome.clone())));
        }
        let mut back = vec![Line::note(&self.past.back(welcome))];
        if !welcome.resumed {
            return back;
        }
        // Of which rooms it was put out meanwhile is told next.
        let is_in =
            |room: &Room| welcome.rooms.iter().any(|at| room.name.as_str().eq_ignore_ascii_case(&at.room));
        let lost: Vec<RoomName> =
            self.rooms.iter().filter(|room| !is_in(room)).map(|room| room.name.clone()).collect();
        back.extend(lost.iter().filter_map(|room| self.left(room)));
        back
    }

    /// It is in the room no more: gives the line that says where the person talks now, if that changed.
    fn left(&mut self, name: &RoomName) -> Option<Line> {
        self.past.left(name);
        self.rooms.retain(|room| room.name != *name);
        if self.current.as_ref() != Some(name) {
            return None;
        }
        self.current = self.rooms.last().map(|room| room.name.clone());
        Some(Line::note(&match &self.current {
            Some(room) => format!("you are in #{name} no more, and are talking in #{room} now"),
            None => format!("you are in #{name} no more, and in no other room; type /join ROOM"),
        }))
    }

    fn is_me(&self, user: &UserName) -> bool {
        user.as_str().eq_ignore_ascii_case(&self.me)
    }

    /// The person said that, here or by another device.
    fn said(&mut self, place: &Place) {
        let Some(room) = self.rooms.iter_mut().find(|known| known.name == place.room) else { return };
        if let Err(at) = room.own.binary_search(&place.number) {
            room.own.insert(at, place.number);
        }
        let more = room.own.len().saturating_sub(OWN);
        room.own.drain(..more);
    }

    /// Forgets numbers that mean something else from now on.
    fn is_in_epoch(&mut self, place: &Place) {
        let known = self.rooms.iter_mut().find(|room| room.name == place.room);
        if let Some(room) = known.filter(|room| room.epoch != Some(place.epoch)) {
            room.own.clear();
            room.epoch = Some(place.epoch);
        }
    }

    fn delete_last(&self) -> Step {
        let Some(current) = &self.current else { return in_no_room() };
        let known = self.rooms.iter().find(|room| room.name == *current);
        match known.and_then(|room| room.own.last()) {
            Some(number) => Step::Ask(Ask::Delete { room: current.as_str().into(), number: *number }),
            None => refuse(
                Code::NoSuchMessage,
                &format!("nothing that you said lately is in #{current}; /history shows numbers"),
            ),
        }
    }

    fn ignore(&mut self, user: &str, is_ignored: bool) -> Step {
        match self.ignored.set(user, &self.me, is_ignored) {
            Ok(said) => show(&said),
            Err(why) => refuse(Code::BadAsk, &why),
        }
    }

    /// The ask that a line became was taken: `/join` makes its room the current one.
    pub(crate) fn taken(&mut self, answer: &Told) {
        if let Event::Members { place, .. } = &answer.event {
            self.topic_of(&place.room);
            self.current = Some(place.room.clone());
        }
    }

    /// The lines that show the answer to a query, at `now`.
    pub(crate) fn answered(&mut self, told: &[Told], answer: &Answer, now: Timestamp) -> Vec<Line> {
        if let Answer::History { more, .. } | Answer::Search { more, .. } = answer {
            let oldest = told.first().and_then(|told| Some((told.event.place()?.number, told.at)));
            self.paging.answered(PageEnd { oldest, more: *more });
        }
        let seen = told.iter().filter(|told| !self.ignored.hides(&told.event));
        let end = FromServer::Answered { re: RequestId(1), answer: answer.clone() };
        seen.flat_map(|told| line::past_lines(told, now)).chain(line::lines(&end)).collect()
    }

    /// A query was refused, or something else was asked for: there is no next page.
    pub(crate) fn stop_paging(&mut self) {
        self.paging.stop();
    }

    /// The topic of a room it is in from now on, if it was not already.
    fn topic_of(&mut self, room: &RoomName) -> &mut Option<Body> {
        let at = self.rooms.iter().position(|known| known.name == *room).unwrap_or_else(|| {
            self.rooms.push(Room { name: room.clone(), topic: None, own: Vec::new(), epoch: None });
            self.rooms.len() - 1
        });
        &mut self.rooms[at].topic
    }

    fn is_missed_whisper(&self, event: &Event) -> bool {
        matches!(event, Event::Whispered { .. }) && self.welcomes > 1
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
        let Some(Room { name: room, .. }) = self.rooms.iter().find(|room| room.name == wanted) else {
            return refuse(Code::NotAMember, &format!("you are not in #{wanted}, type /join {wanted} first"));
        };
        self.current = Some(room.clone());
        show(&format!("you are talking in #{room}"))
    }

    fn topic(&self) -> Step {
        let Some(room) = &self.current else { return in_no_room() };
        show(&match self.rooms.iter().find(|known| known.name == *room) {
            Some(Room { topic: Some(topic), .. }) => format!("the topic of #{room} is: {topic}"),
            _ => format!("#{room} has no topic; set one with /topic TEXT"),
        })
    }
}

fn paged(paged: Paged) -> Step {
    match paged {
        Paged::Query(query) => Step::Query(query),
        Paged::Note(what) => show(&what),
        Paged::Usage(usage) => refuse(Code::BadAsk, usage),
    }
}

fn begins_with_its_name(name: &str) -> Step {
    let why = format!("an account begins with its name: leave, and come with --register={name}");
    refuse(Code::AlreadyNamed, &why)
}

fn in_no_room() -> Step {
    refuse(Code::NotAMember, "you are in no room, type /join ROOM first")
}

fn show(what: &str) -> Step {
    Step::Show(vec![Line::note(what)])
}

fn refuse(code: Code, why: &str) -> Step {
    Step::Refuse(Line::refused(code, why))
}

/// What can be typed here, about that if something is named.
pub(crate) fn help(about: &str) -> Vec<Line> {
    line::help(about, files::HELP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_net::chat_core::{Anchor, Departure, GapReason};

    use crate::join::line::testing::printed;

    const NOW: Timestamp = Timestamp(1_763_733_909_999);

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
        assert!(
            matches!(talk.typed("hi"), Step::Refuse(why) if why.to_string().starts_with("! not_a_member: "))
        );
        talk.told(&members("lobby", true), NOW);
        talk.told(&members("dev", true), NOW);
        assert_eq!(talk.typed("hi"), Step::Ask(Ask::Say { room: "lobby".into(), body: "hi".into() }));
        talk.taken(&members("dev", false));
        assert_eq!(talk.typed("//x"), Step::Ask(Ask::Say { room: "dev".into(), body: "/x".into() }));
        assert_eq!(talk.typed("/room #LOBBY"), show("you are talking in #lobby"));
        assert_eq!(talk.typed("/leave"), Step::Ask(Ask::Leave { room: "lobby".into() }));
        talk.told(&left("lobby"), NOW);
        assert_eq!(talk.current().unwrap().as_str(), "dev");
        assert!(matches!(talk.typed("/room lobby"), Step::Refuse(_)));
        talk.told(&left("dev"), NOW);
        assert_eq!(talk.current(), None);
    }

    #[test]
    fn only_what_was_missed_is_marked() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        talk.told(&members("lobby", true), NOW);
        assert_eq!(printed(&talk.told(&said("lobby", true), NOW)), "[14:05:09] #lobby <alice> hi\n");
        let caught_up = told(false, Event::CaughtUp { place: place("lobby") });
        assert_eq!(printed(&talk.told(&caught_up, NOW)), "- #lobby: that was before you came\n");
        talk.welcomed(&welcome());
        let missed = "- #lobby: while you were away:\n~ [14:05:09] #lobby <alice> hi\n";
        assert_eq!(printed(&talk.told(&said("lobby", true), NOW)), missed);
        assert_eq!(printed(&talk.told(&said("lobby", false), NOW)), "[14:05:09] #lobby <alice> hi\n");
        assert_eq!(printed(&talk.told(&caught_up, NOW)), "- #lobby: that is all you missed: 1 message\n");
        talk.told(&members("dev", true), NOW);
        let tomorrow = NOW.plus_ms(86_400_000);
        assert_eq!(
            printed(&talk.told(&said("dev", true), tomorrow)),
            "[2025-11-21 14:05:09] #dev <alice> hi\n"
        );
    }

    #[test]
    fn history_goes_back_until_something_else_is_typed() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        talk.told(&members("lobby", true), NOW);
        let anchor = |step| match step {
            Step::Query(Query::History { anchor, .. }) => anchor,
            other => panic!("{other:?}"),
        };
        assert_eq!(anchor(talk.typed("/history")), Anchor::Latest);
        let answer = Answer::History {
            room: place("lobby").room,
            epoch: Epoch(1),
            count: 1,
            more: true,
            newer: false,
        };
        let old = Told { re: RequestId(9), ..said("lobby", true) };
        assert!(
            printed(&talk.answered(&[old], &answer, NOW)).starts_with("[14:05:09] #lobby/1 <alice> hi\n- ")
        );
        assert_eq!(anchor(talk.typed("/history")), Anchor::Before(Number(1)));
        talk.typed("hello");
        assert_eq!(anchor(talk.typed("/history")), Anchor::Latest);
    }

    fn numbered(number: u64, event: impl FnOnce(Place) -> Event) -> Told {
        told(false, event(Place { number: Number(number), ..place("lobby") }))
    }

    #[test]
    fn what_one_said_last_is_deleted_first() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        assert!(
            matches!(talk.typed("/delete"), Step::Refuse(why) if why.to_string().starts_with("! not_a_member: "))
        );
        talk.told(&members("lobby", true), NOW);
        assert!(
            matches!(talk.typed("/delete"), Step::Refuse(why) if why.to_string().starts_with("! no_such_message: "))
        );
        let body = || Body::new(&Arc::from("hi"), 99).unwrap();
        for (number, from) in [(7, "me"), (8, "ME"), (9, "alice")] {
            talk.told(&numbered(number, |place| Event::Said { place, from: user(from), body: body() }), NOW);
        }
        let delete = |number| Step::Ask(Ask::Delete { room: "lobby".into(), number: Number(number) });
        assert_eq!(talk.typed("/delete"), delete(8));
        let deleted = |place| Event::Deleted { place, by: user("me"), target: Number(8), from: user("me") };
        talk.told(&numbered(10, deleted), NOW);
        assert_eq!(talk.typed("/delete"), delete(7));
        assert_eq!(talk.typed("/delete 9"), delete(9));
    }

    #[test]
    fn in_a_new_epoch_a_number_is_somebody_elses_message() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        talk.told(&members("lobby", true), NOW);
        let body = Body::new(&Arc::from("hi"), 99).unwrap();
        talk.told(&numbered(7, |place| Event::Said { place, from: user("me"), body }), NOW);
        let first_available = Number(1);
        let gap = told(
            false,
            Event::Gap {
                place: Place { epoch: Epoch(2), number: Number(9), ..place("lobby") },
                first_available,
                why: GapReason::NewEpoch,
            },
        );
        talk.told(&gap, NOW);
        assert!(
            matches!(talk.typed("/delete"), Step::Refuse(why) if why.to_string().starts_with("! no_such_message: "))
        );
    }

    #[test]
    fn order_is_kept_in_the_current_room() {
        let mut talk = Talk::default();
        assert!(
            matches!(talk.typed("/kick bob"), Step::Refuse(why) if why.to_string().starts_with("! not_a_member: "))
        );
        talk.told(&members("dev", true), NOW);
        let (room, user) = (|| Arc::from("dev"), || Arc::from("bob"));
        for (line, ask) in [
            ("/kick bob", Ask::Kick { room: room(), user: user(), reason: None }),
            ("/unban bob", Ask::Unban { room: room(), user: user() }),
            ("/invite bob", Ask::Invite { room: room(), user: user() }),
            ("/join den a key", Ask::Enter { room: "den".into(), key: "a key".into(), since: None }),
        ] {
            assert_eq!(talk.typed(line), Step::Ask(ask), "{line}");
        }
        assert_eq!(talk.typed("/room"), Step::Query(Query::Room { room: room() }));
        assert_eq!(talk.typed("/audit 9"), Step::Query(Query::Audit { before: Some(9) }));
    }

    #[test]
    fn nothing_is_shown_of_whoever_is_ignored() {
        let mut talk = Talk::default();
        talk.welcomed(&welcome());
        talk.told(&members("lobby", true), NOW);
        assert!(
            matches!(talk.typed("/ignore ALICE"), Step::Show(said) if said[0].text.starts_with("you see nothing"))
        );
        assert_eq!(talk.typed("/ignore"), show("you ignore ALICE"));
        assert!(matches!(talk.typed("/ignore me"), Step::Refuse(_)));
        for past in [false, true] {
            assert_eq!(printed(&talk.told(&said("lobby", past), NOW)), "");
        }
        let answer = Answer::Search { count: 1, more: false };
        let shown = printed(&talk.answered(&[said("lobby", true)], &answer, NOW));
        assert_eq!(shown, "- that was 1 match, there are no older ones\n");
        talk.typed("/unignore alice");
        assert_eq!(printed(&talk.told(&said("lobby", false), NOW)), "[14:05:09] #lobby <alice> hi\n");
    }

    #[test]
    fn a_topic_is_remembered() {
        let mut talk = Talk::default();
        talk.told(&members("lobby", true), NOW);
        assert_eq!(talk.typed("/topic"), show("#lobby has no topic; set one with /topic TEXT"));
        let topic = Some(Body::new(&Arc::from("a\x07".trim_end_matches('\x07')), 99).unwrap());
        talk.told(&told(true, Event::TopicChanged { place: place("lobby"), by: user("alice"), topic }), NOW);
        assert_eq!(talk.typed("/topic"), show("the topic of #lobby is: a"));
    }

    #[test]
    fn what_cannot_be_understood_says_what_could() {
        let mut talk = Talk::default();
        for (line, start) in
            [("/foo", "! unknown_ask: there is no command /foo"), ("/join", "! bad_ask: type /join")]
        {
            assert!(
                matches!(talk.typed(line), Step::Refuse(why) if why.to_string().starts_with(start)),
                "{line}"
            );
        }
        for (line, name) in [("/register", "NAME"), ("/REGISTER hugo", "hugo")] {
            let why = "already_named: an account begins with its name: leave, and come with --register=";
            assert_eq!(talk.typed(line), Step::Refuse(Line::fault(&format!("{why}{name}"))));
        }
        assert_eq!(talk.typed(""), Step::Nothing);
        assert_eq!(talk.typed("/quit"), Step::Quit);
    }
}
