//! What a person's line asks for. No terminal and no connection here.

use std::sync::Arc;

use chat_net::chat_core::{Answer, Ask, Code, Number, Query, RoomName};
use chat_net::codec::Told;
use chat_net::codec::text::{self, Ignored, PageEnd, Paged, Paging, Typed};

use super::files;
use super::line::{self, Line, Shown};
use super::session::{Act, Chore};

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

impl Step {
    /// What is to be done about it, and what is to be shown.
    pub(crate) fn act(self) -> (Act, Option<Shown>) {
        match self {
            Step::Nothing => (Act::Nothing, None),
            Step::Show(lines) => (Act::Nothing, Some(Shown::Talk(lines))),
            Step::Refuse(line) => (Act::Nothing, Some(line.into())),
            Step::Ask(ask) => (Act::Ask(ask), None),
            Step::Query(query) => (Act::Query(query), None),
            Step::LogOut => (Act::Account(Chore::LogOut), None),
            Step::Quit => (Act::Leave, None),
        }
    }
}

/// What has to be known of the talk to understand a line, by whoever keeps it.
pub(crate) trait Known {
    /// The person's name.
    fn me(&self) -> &str;

    /// The room that the person talks in.
    fn current(&self) -> Option<&RoomName>;

    /// Its topic.
    fn topic(&self) -> Option<&str>;

    /// The last message there that the person said and did not delete.
    fn last_own(&self) -> Option<Number>;

    /// Lets the person talk in that room from now on; gives its name as it is shown, if they are in it.
    fn go_to(&mut self, room: &RoomName) -> Option<RoomName>;

    /// Whom the person ignores.
    fn ignored(&mut self) -> &mut Ignored;
}

/// Understands lines, one after the other: `/history` alone means the page before the one that was shown.
#[derive(Debug, Default)]
pub(crate) struct Typing {
    paging: Paging,
}

impl Typing {
    /// What `line` asks for.
    pub(crate) fn typed(&mut self, line: &str, known: &mut impl Known) -> Step {
        let typed = text::parse(line);
        if !matches!(typed, Typed::History(_) | Typed::Search { .. } | Typed::Say("")) {
            self.paging.stop();
        }
        match typed {
            Typed::Say("") => Step::Nothing,
            Typed::Say(body) => in_current(known, |room| Ask::Say { room, body: body.into() }),
            Typed::Join { room, key: None } => Step::Ask(Ask::Join { room: room.into(), since: None }),
            Typed::Join { room, key: Some(key) } => {
                Step::Ask(Ask::Enter { room: room.into(), key: key.into(), since: None })
            }
            Typed::Leave(Some(room)) => Step::Ask(Ask::Leave { room: room.into() }),
            Typed::Leave(None) => in_current(known, |room| Ask::Leave { room }),
            Typed::Room(room) => go_to(room, known),
            Typed::Whisper { to, body } => Step::Ask(Ask::Whisper { to: to.into(), body: body.into() }),
            Typed::Users(room) => {
                let room = room.map(Arc::from).or_else(|| here(known));
                Step::Query(Query::Users { room, after: None })
            }
            Typed::Rooms => Step::Query(Query::Rooms { after: None }),
            Typed::Transfers => Step::Query(Query::Transfers {}),
            Typed::Decline(transfer) => Step::Ask(Ask::Decline { transfer }),
            Typed::Topic(Some(topic)) => in_current(known, |room| Ask::Topic { room, topic: topic.into() }),
            Typed::Topic(None) => topic(known),
            Typed::History(limit) => match here(known) {
                Some(room) => paged(self.paging.history(limit, room)),
                None => in_no_room(),
            },
            Typed::Search { room, words } => paged(self.paging.search(room, words)),
            Typed::Act(act) => in_current(known, |room| act.ask(room)),
            Typed::DeleteLast => delete_last(known),
            Typed::Order => match here(known) {
                Some(room) => Step::Query(Query::Room { room }),
                None => in_no_room(),
            },
            Typed::Audit(before) => Step::Query(Query::Audit { before }),
            Typed::Ignore(None) => show(&known.ignored().list()),
            Typed::Ignore(Some(user)) => ignore(user, true, known),
            Typed::Unignore(user) => ignore(user, false, known),
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

    /// A query was answered: there may be a page before that.
    pub(crate) fn answered(&mut self, told: &[Told], answer: &Answer) {
        if let Answer::History { more, .. } | Answer::Search { more, .. } = answer {
            let oldest = told.first().and_then(|told| Some((told.event.place()?.number, told.at)));
            self.paging.answered(PageEnd { oldest, more: *more });
        }
    }

    /// A query was refused, or something else was asked for: there is no next page.
    pub(crate) fn stop_paging(&mut self) {
        self.paging.stop();
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

/// What can be typed here, about that if something is named.
pub(crate) fn help(about: &str) -> Vec<Line> {
    line::help(about, files::HELP)
}

fn here(known: &impl Known) -> Option<Arc<str>> {
    known.current().map(|room| room.as_str().into())
}

fn in_current(known: &impl Known, ask: impl FnOnce(Arc<str>) -> Ask) -> Step {
    here(known).map_or_else(in_no_room, |room| Step::Ask(ask(room)))
}

fn go_to(written: &str, known: &mut impl Known) -> Step {
    let Ok(room) = RoomName::new(written, usize::MAX) else {
        return refuse(Code::BadName, "a room's name has letters, digits, '_', '-' and '.'");
    };
    match known.go_to(&room) {
        Some(room) => show(&format!("you are talking in #{room}")),
        None => refuse(Code::NotAMember, &format!("you are not in #{room}, type /join {room} first")),
    }
}

fn topic(known: &impl Known) -> Step {
    let Some(room) = known.current() else { return in_no_room() };
    show(&match known.topic() {
        Some(topic) => format!("the topic of #{room} is: {topic}"),
        None => format!("#{room} has no topic; set one with /topic TEXT"),
    })
}

fn delete_last(known: &impl Known) -> Step {
    let Some(room) = known.current() else { return in_no_room() };
    match known.last_own() {
        Some(number) => Step::Ask(Ask::Delete { room: room.as_str().into(), number }),
        None => refuse(
            Code::NoSuchMessage,
            &format!("nothing that you said lately is in #{room}; /history shows numbers"),
        ),
    }
}

fn ignore(user: &str, is_ignored: bool, known: &mut impl Known) -> Step {
    let me = known.me().to_owned();
    match known.ignored().set(user, &me, is_ignored) {
        Ok(said) => show(&said),
        Err(why) => refuse(Code::BadAsk, &why),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::join::rooms::Rooms;
    use crate::join::testing::members;

    fn typed(rooms: &mut Rooms, line: &str) -> Step {
        Typing::default().typed(line, rooms)
    }

    #[test]
    fn order_is_kept_in_the_current_room() {
        let mut rooms = Rooms::default();
        assert!(
            matches!(typed(&mut rooms, "/kick bob"), Step::Refuse(why) if why.to_string().starts_with("! not_a_member: "))
        );
        rooms.learn(&members("dev", true));
        let (room, user) = (|| Arc::from("dev"), || Arc::from("bob"));
        for (line, ask) in [
            ("/kick bob", Ask::Kick { room: room(), user: user(), reason: None }),
            ("/unban bob", Ask::Unban { room: room(), user: user() }),
            ("/invite bob", Ask::Invite { room: room(), user: user() }),
            ("/join den a key", Ask::Enter { room: "den".into(), key: "a key".into(), since: None }),
        ] {
            assert_eq!(typed(&mut rooms, line), Step::Ask(ask), "{line}");
        }
        assert_eq!(typed(&mut rooms, "/room"), Step::Query(Query::Room { room: room() }));
        assert_eq!(typed(&mut rooms, "/audit 9"), Step::Query(Query::Audit { before: Some(9) }));
    }

    #[test]
    fn what_cannot_be_understood_says_what_could() {
        let mut rooms = Rooms::default();
        for (line, start) in
            [("/foo", "! unknown_ask: there is no command /foo"), ("/join", "! bad_ask: type /join")]
        {
            assert!(
                matches!(typed(&mut rooms, line), Step::Refuse(why) if why.to_string().starts_with(start)),
                "{line}"
            );
        }
        for (line, name) in [("/register", "NAME"), ("/REGISTER hugo", "hugo")] {
            let why = "already_named: an account begins with its name: leave, and come with --register=";
            assert_eq!(typed(&mut rooms, line), Step::Refuse(Line::fault(&format!("{why}{name}"))));
        }
        assert_eq!(typed(&mut rooms, ""), Step::Nothing);
        assert_eq!(typed(&mut rooms, "/quit"), Step::Quit);
    }
}
