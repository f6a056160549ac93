//! A person's side of a session in plain lines: what is typed becomes acts, notices become lines.

use std::path::PathBuf;
use std::time::Duration;

use chat_net::chat_core::{Answer, Ask, Code};
use chat_net::client::Notice;
use chat_net::codec::Secret;
use chat_net::codec::text::{self, Typed};

use super::asked::{Asked, SLOW, not_sent};
use super::away::Away;
use super::early::Early;
use super::files::FileTalk;
use super::line::{Line, Shown, failed};
use super::render;
use super::secret::{Asking, Given};
use super::session::{Act, Outcome};
use super::talk::Talk;
use super::typed;
use crate::trust;

/// A person: what they know, and whether they are away.
#[derive(Debug, Default)]
pub(crate) struct Person {
    /// What they know of the conversation.
    talk: Talk,
    /// Set while the connection is gone and is being made again.
    pub(crate) away: Option<Away>,
    /// What they know of files.
    pub(crate) files: FileTalk,
    asked: Option<Asked>,
    /// What is typed is a password, for this.
    asking: Option<Asking>,
    /// What is known of the lines that wait.
    early: Early,
}

impl Person {
    /// A person who knows nothing yet. Accepted files go into `downloads`.
    pub(crate) fn new(downloads: PathBuf) -> Person {
        Person { files: FileTalk::new(downloads), ..Person::default() }
    }

    /// What a line asks for, and what to show at once.
    pub(crate) fn act(&mut self, line: Vec<u8>) -> (Act, Option<Shown>) {
        let waited = self.early.has_waited() || self.away.is_some();
        let Ok(line) = String::from_utf8(line) else {
            return (Act::Nothing, Some(Line::refused(Code::BadText, "that line is not UTF-8").into()));
        };
        if let Some(refused) = self.early.went_astray(&line) {
            return (Act::Nothing, Some(Shown::Status(refused)));
        }
        let (act, shown) = self.step(&line);
        let said = match &act {
            Act::Ask(Ask::Say { .. } | Ask::Whisper { .. } | Ask::Topic { .. }) => Some(line),
            Act::Ask(_) | Act::Query(_) | Act::Account(_) => None,
            Act::Nothing | Act::Errand(_) | Act::Leave => return (act, shown),
        };
        self.asked = Some(Asked::now(said, waited, self.away.is_some()));
        (act, shown)
    }

    fn step(&mut self, line: &str) -> (Act, Option<Shown>) {
        if let Some(step) = self.files.act(line) {
            self.talk.stop_paging();
            return step;
        }
        self.talk.typed(line).act()
    }

    /// Whether `line` needs passwords, which are asked for from now on.
    pub(crate) fn begins_to_ask(&mut self, line: &str) -> bool {
        self.asking = Asking::begun_by(line);
        self.asking.is_some()
    }

    /// What is asked for, if what is typed is a password.
    pub(crate) fn secret_prompt(&self) -> Option<&'static str> {
        self.asking.as_ref().map(Asking::prompt)
    }

    /// Takes a password that was typed, or none if whoever types wants no more of it.
    pub(crate) fn secret(&mut self, secret: Option<Secret>) -> (Option<Act>, Option<Shown>) {
        let note = |what: &str| Some(Line::note(what).into());
        let Some(asking) = self.asking.take() else { return (None, None) };
        match asking.given(secret.unwrap_or_default()) {
            Given::More(asking, why) => {
                self.asking = Some(asking);
                (None, why.and_then(note))
            }
            Given::All(act) => (Some(act), None),
            Given::Nothing => (None, note("nothing is changed")),
        }
    }

    /// What was typed as no line is asked now: what was asked before it has its answer.
    pub(crate) fn begins(&mut self) {
        self.asked = Some(Asked::now(None, false, self.away.is_some()));
    }

    /// What to show of a line before its turn comes, if it needs no server.
    pub(crate) fn at_once(&self, line: &str) -> Option<Shown> {
        match text::parse(line.trim_end()) {
            Typed::Help(about) if self.away.is_some() => Some(Shown::Talk(typed::help(about))),
            _ => None,
        }
    }

    /// Whether a line leaves, and need not wait for a server that is away or does not answer.
    pub(crate) fn leaves_at_once(&self, line: &str) -> bool {
        let waits = self.away.is_some() || self.unanswered().is_some_and(|time| time >= SLOW);
        waits && matches!(text::parse(line.trim_end()), Typed::Quit)
    }

    /// How long the last ask has been without an answer.
    pub(crate) fn unanswered(&self) -> Option<Duration> {
        self.asked.as_ref().map(|asked| asked.at.elapsed())
    }

    /// What to show of a notice, while so many lines wait.
    pub(crate) fn notice(&mut self, notice: &Notice, waiting: usize) -> Option<Shown> {
        let before = self.talk.current().cloned();
        let shown = self.noticed(notice, waiting);
        // The one that is asked already went to the room that it was meant for.
        let astray = waiting.saturating_sub(usize::from(self.asked.is_some()));
        if let Some(before) = before.filter(|before| self.talk.current() != Some(before)) {
            self.early.are_astray(astray, before);
        }
        shown
    }

    fn noticed(&mut self, notice: &Notice, waiting: usize) -> Option<Shown> {
        match notice {
            Notice::Connected(welcome) => {
                let was_away = self.away.take().is_some();
                if let Some(asked) = &mut self.asked {
                    asked.unsent = false;
                }
                self.files.welcomed(welcome);
                let mut shown = self.talk.welcomed(welcome);
                if was_away && waiting > 0 {
                    self.early.have_waited(waiting);
                    let lines = if waiting == 1 { "the line" } else { &format!("the {waiting} lines") };
                    shown.push(Line::note(&format!("now sending {lines} that waited")));
                }
                Some(Shown::Status(shown))
            }
            Notice::Told(told) if told.event.transfer().is_some() && self.talk.hides(&told.event) => None,
            Notice::Told(told) if told.event.transfer().is_some() => {
                self.files.told(told, render::now()).map(|said| said.shown)
            }
            Notice::Told(told) => Some(Shown::Talk(self.talk.told(told, render::now()))),
            Notice::Disconnected { why, retry_in } => {
                let line = Away::again(&mut self.away, why.to_string(), *retry_in)?;
                Some(line.into())
            }
            Notice::Ended { why } => Some(Line::note(&trust::ended(why)).into()),
            _ => None,
        }
    }

    /// What to show of what came of the last ask.
    pub(crate) fn answered(&mut self, outcome: &Outcome) -> Option<Shown> {
        let asked = self.asked.take();
        match outcome {
            Outcome::Taken(told) => {
                self.talk.taken(told);
                None
            }
            Outcome::Done(what) => Some(Line::note(what).into()),
            Outcome::Answered(_, Answer::Transfers { transfers }) => Some(self.files.listed(transfers)),
            Outcome::Answered(told, answer) => {
                Some(Shown::Talk(self.talk.answered(told, answer, render::now())))
            }
            Outcome::Failed(error) => {
                self.talk.stop_paging();
                let lines = asked.map_or_else(|| failed(error), |asked| asked.failed(error));
                Some(Shown::Status(lines))
            }
        }
    }

    /// What to say of lines that are left behind at the end.
    pub(crate) fn unsent(&self, waiting: &[Vec<u8>]) -> Option<Shown> {
        let asked = self.asked.as_ref().and_then(Asked::left_open);
        let lines: Vec<Line> =
            asked.into_iter().chain(not_sent(waiting)).chain(self.files.left_behind()).collect();
        (!lines.is_empty()).then_some(Shown::Status(lines))
    }
}

/// The refusal of a line that is one too many.
pub(crate) fn too_many_wait(most: usize) -> Shown {
    let why = format!("that line was dropped, as {most} lines wait for the server already");
    Line::refused(Code::SlowDown, &why).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_net::chat_core::{Event, Refusal};
    use chat_net::client::{AskError, Why};

    use crate::join::testing::{self, place, printed, user, welcome};

    fn status(shown: Option<Shown>) -> String {
        match shown {
            Some(Shown::Status(lines)) => printed(&lines),
            other => panic!("{other:?}"),
        }
    }

    fn lost(person: &mut Person, retry_secs: u64) -> Option<Shown> {
        let retry_in = Duration::from_secs(retry_secs);
        person.notice(&Notice::Disconnected { why: Why::Silent, retry_in }, 0)
    }

    fn connected_in(rooms: &[&str]) -> Notice {
        Notice::Connected(Box::new(welcome(true, rooms)))
    }

    fn connected() -> Notice {
        connected_in(&["lobby"])
    }

    fn told(event: Event) -> Notice {
        Notice::Told(testing::told(false, event))
    }

    fn entered(room: &str) -> Notice {
        told(Event::Members { place: place(room), fresh: true, total: 0, users: vec![] })
    }

    /// Somebody in the lobby.
    fn here(mut person: Person) -> Person {
        person.notice(&connected(), 0);
        person.notice(&entered("lobby"), 0);
        person
    }

    fn refused(code: Code) -> Outcome {
        let (reason, message) = (code.name().into(), code.sentence().into());
        let refusal = Refusal { code: code.number(), reason, message, retry_after_ms: None };
        Outcome::Failed(AskError::Refused(refusal))
    }

    #[test]
    fn what_a_full_server_refused_can_be_said_again() {
        let mut person = here(Person::default());
        person.act(b"hello".to_vec());
        let shown = status(person.answered(&refused(Code::StorageFull)));
        assert_eq!(
            shown,
            "! storage_full: the server has no space to keep messages, try again later\n\
             - not said: hello\n"
        );
        person.act(b"hello".to_vec());
        let shown = status(person.answered(&refused(Code::NotAMember)));
        assert_eq!(shown, "! not_a_member: join the room first\n", "it stands right above");
    }

    #[test]
    fn a_line_without_an_answer_is_not_lost_behind_a_password() {
        let mut person = here(Person::default());
        person.act(b"hello".to_vec());
        assert!(person.begins_to_ask("/passwd"));
        for secret in ["old", "correct horse", "correct horse"] {
            person.secret(Some(secret.into()));
        }
        let shown = status(person.unsent(&[]));
        assert_eq!(shown, "- nobody knows whether this was taken: hello\n");
        let shown = status(person.answered(&refused(Code::StorageFull)));
        assert!(shown.ends_with("- not said: hello\n"), "{shown}");
        person.begins();
        assert!(person.unanswered().is_some());
        assert_eq!(status(person.answered(&Outcome::Done("done"))), "- done\n");
    }

    #[test]
    fn a_refused_line_that_had_waited_is_named() {
        let mut person = here(Person::default());
        lost(&mut person, 1);
        let shown = status(person.notice(&connected(), 2));
        assert!(shown.ends_with("- now sending the 2 lines that waited\n"), "{shown}");
        for (line, named) in [("one", true), ("two", true), ("three", false)] {
            person.act(line.into());
            let shown = status(person.answered(&refused(Code::NotAMember)));
            assert_eq!(shown.contains(&format!("- not said: {line}\n")), named, "{shown}");
        }
    }

    fn asks(person: &mut Person, line: &str) -> Option<Ask> {
        match person.act(line.into()).0 {
            Act::Ask(ask) => Some(ask),
            _ => None,
        }
    }

    fn say(room: &str, body: &str) -> Option<Ask> {
        Some(Ask::Say { room: room.into(), body: body.into() })
    }

    /// In the lobby and the den, where the person talks.
    fn in_den() -> Person {
        let mut person = here(Person::default());
        person.notice(&entered("den"), 0);
        person.act(b"/room den".to_vec());
        person
    }

    #[test]
    fn what_waited_for_a_room_that_one_was_put_out_of_goes_into_no_other() {
        let kicked = || {
            let (user, by) = (user("me"), user("alice"));
            told(Event::Kicked { place: place("den"), user, by, reason: None, banned: false })
        };
        let mut person = in_den();
        assert_eq!(asks(&mut person, "one"), say("den", "one"));
        let shown = person.notice(&kicked(), 3);
        let Some(Shown::Talk(shown)) = shown else { panic!("{shown:?}") };
        let shown = printed(&shown);
        assert!(
            shown.ends_with("alice put me out\n- you are in #den no more, and are talking in #lobby now\n"),
            "{shown}"
        );
        let (act, shown) = person.act(b"a secret".to_vec());
        assert_eq!(act, Act::Nothing);
        assert_eq!(
            status(shown),
            "! not_a_member: you are in #den no more, so that line went nowhere\n- not said: a secret\n"
        );
        assert!(matches!(person.act(b"/rooms".to_vec()).0, Act::Query(_)), "that is for no room");
        assert_eq!(asks(&mut person, "hello"), say("lobby", "hello"), "typed when it was told");

        // One that waits moves on: those behind it are meant for where it goes.
        let mut person = in_den();
        person.notice(&kicked(), 2);
        person.act(b"/room lobby".to_vec());
        assert_eq!(asks(&mut person, "hello"), say("lobby", "hello"));

        // It happened while away.
        let mut person = in_den();
        lost(&mut person, 1);
        let shown = status(person.notice(&connected_in(&["lobby"]), 1));
        assert!(shown.contains("- you are in #den no more, and are talking in #lobby now\n"), "{shown}");
        assert_eq!(asks(&mut person, "a secret"), None);
        assert_eq!(asks(&mut person, "hello"), say("lobby", "hello"));
    }

    #[test]
    fn the_state_of_the_connection_is_told_until_it_repeats_itself() {
        let mut person = here(Person::default());
        assert!(status(lost(&mut person, 0)).ends_with("trying again at once, what you type waits\n"));
        assert_eq!(status(lost(&mut person, 2)), "- still away; next try in 2 s\n");
        assert_eq!(lost(&mut person, 1), None);
        assert_eq!(status(lost(&mut person, 4)), "- still away; next try in 4 s\n");
        let refused = Notice::Disconnected { why: Why::Missing, retry_in: Duration::from_secs(1) };
        assert!(status(person.notice(&refused, 0)).starts_with("- still away: an event is missing; "));
    }

    #[test]
    fn what_was_not_sent_is_listed_but_not_without_end() {
        let mut person = here(Person::default());
        assert_eq!(person.unsent(&[]), None);
        lost(&mut person, 1);
        person.act(b"asked".to_vec());
        let waiting: Vec<Vec<u8>> = (0..13).map(|line| format!("line {line}").into_bytes()).collect();
        let shown = status(person.unsent(&waiting));
        assert!(shown.starts_with("- not sent: asked\n- not sent: line 0\n"), "{shown}");
        assert!(shown.ends_with("- not sent: line 9\n- and 3 more lines were not sent\n"), "{shown}");
    }

    #[test]
    fn leaving_and_help_need_no_server() {
        let mut person = here(Person::default());
        assert!(!person.leaves_at_once("/quit") && person.at_once("/help").is_none());
        lost(&mut person, 1);
        assert!(person.leaves_at_once("/QUIT ") && person.at_once("/help ").is_some());
        for message in ["//quit", " /quit", " /help", "hello"] {
            assert!(!person.leaves_at_once(message) && person.at_once(message).is_none(), "{message}");
        }
    }
}
