//! A person's side of a session, wherever it is shown: lines become acts, notices become lines.

use std::time::Duration;

use chat_net::chat_core::Ask;
use chat_net::client::{AskError, Notice};
use chat_net::codec::text::{self, Typed};
use tokio::time::Instant;

use super::render;
use super::session::{Act, Outcome};
use super::talk::{self, Step, Talk};

/// After so long without an answer a person is told that the server is slow, and may leave without it.
pub(crate) const SLOW: Duration = Duration::from_secs(2);

/// Lines that were not sent are listed up to so many.
const LISTED: usize = 10;

/// Something to show, whole lines each ended by a newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Talk, and answers to what was asked.
    Talk(String),
    /// Refusals, and the state of the connection.
    Status(String),
}

/// Where the connection is that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    /// When it is tried again; in the past: it is being tried.
    pub(crate) retry_at: Instant,
    /// What was said of it last.
    why: String,
    /// The longest pause that was told, in seconds.
    told_secs: u64,
}

/// The ask that waits for its answer.
#[derive(Debug)]
struct Asked {
    /// The line that it was, if it says something that would be lost with it.
    said: Option<String>,
    /// Whether it was typed while the connection was away.
    waited: bool,
    at: Instant,
}

/// A person: what they know, and whether they are away.
#[derive(Debug, Default)]
pub(crate) struct Person {
    /// What they know of the conversation.
    pub(crate) talk: Talk,
    /// Set while the connection is gone and is being made again.
    pub(crate) away: Option<Away>,
    /// Whether what is going on can be seen elsewhere, so that not every attempt needs a line.
    has_prompt: bool,
    asked: Option<Asked>,
    /// So many of the next lines were typed while the connection was away.
    waited: usize,
}

impl Person {
    /// A person who sees a prompt, and whose lines can be brought back.
    pub(crate) fn at_prompt() -> Person {
        Person { has_prompt: true, ..Person::default() }
    }

    /// What a line asks for, and what to show at once.
    pub(crate) fn act(&mut self, line: Vec<u8>) -> (Act, Option<Shown>) {
        let waited = self.away.is_some() || self.waited > 0;
        self.waited = self.waited.saturating_sub(1);
        let Ok(line) = String::from_utf8(line) else {
            return (Act::Nothing, Some(Shown::Status("! bad_text: that line is not UTF-8\n".into())));
        };
        let (act, shown) = match self.talk.typed(&line) {
            Step::Nothing => (Act::Nothing, None),
            Step::Show(text) => (Act::Nothing, Some(Shown::Talk(text))),
            Step::Refuse(text) => (Act::Nothing, Some(Shown::Status(text))),
            Step::Ask(ask) => (Act::Ask(ask), None),
            Step::Query(query) => (Act::Query(query), None),
            Step::Quit => (Act::Leave, None),
        };
        let said = match &act {
            Act::Ask(Ask::Say { .. } | Ask::Whisper { .. } | Ask::Topic { .. }) => Some(line),
            Act::Ask(_) | Act::Query(_) => None,
            Act::Nothing | Act::Leave => return (act, shown),
        };
        self.asked = Some(Asked { said, waited, at: Instant::now() });
        (act, shown)
    }

    /// What to show of a line before its turn comes, if it needs no server.
    pub(crate) fn at_once(&self, line: &str) -> Option<Shown> {
        let helps = self.away.is_some() && matches!(text::parse(line.trim()), Typed::Help);
        helps.then(|| Shown::Talk(text::help().to_owned()))
    }

    /// Whether a line leaves, and need not wait for a server that is away or does not answer.
    pub(crate) fn leaves_at_once(&self, line: &str) -> bool {
        let waits = self.away.is_some() || self.unanswered().is_some_and(|time| time >= SLOW);
        waits && matches!(text::parse(line.trim()), Typed::Quit)
    }

    /// How long the last ask has been without an answer.
    pub(crate) fn unanswered(&self) -> Option<Duration> {
        self.asked.as_ref().map(|asked| asked.at.elapsed())
    }

    /// What to show of a notice, while so many lines wait.
    pub(crate) fn notice(&mut self, notice: &Notice, waiting: usize) -> Option<Shown> {
        match notice {
            Notice::Connected(welcome) => {
                let was_away = self.away.take().is_some();
                let mut shown = self.talk.welcomed(welcome);
                if was_away && waiting > 0 {
                    self.waited = waiting;
                    let lines = if waiting == 1 { "the line" } else { &format!("the {waiting} lines") };
                    shown.push_str(&talk::note(&format!("now sending {lines} that waited")));
                }
                Some(Shown::Status(shown))
            }
            Notice::Told(told) => Some(Shown::Talk(self.talk.told(told, render::now()))),
            Notice::Disconnected { why, retry_in } => self.disconnected(why.to_string(), *retry_in),
            Notice::Ended { why } => {
                Some(Shown::Status(talk::note(&format!("the connection has ended: {why}"))))
            }
            _ => None,
        }
    }

    fn disconnected(&mut self, why: String, retry_in: Duration) -> Option<Shown> {
        let (retry_at, secs) = (Instant::now() + retry_in, retry_in.as_secs());
        let next = match secs {
            0 => "trying again at once".to_owned(),
            secs => format!("next try in {secs} s"),
        };
        let before = self.away.replace(Away { retry_at, why: why.clone(), told_secs: secs });
        let what = match before {
            None => format!("the connection is lost: {why}; {next}, and what you type waits"),
            Some(before) if before.why != why => format!("still away: {why}; {next}"),
            // One line for each longer pause; then the last one holds.
            Some(before) if !self.has_prompt && secs > before.told_secs => format!("still away; {next}"),
            Some(before) => {
                self.away = Some(Away { retry_at, why, told_secs: before.told_secs });
                return None;
            }
        };
        Some(Shown::Status(talk::note(&what)))
    }

    /// What to show of what came of the last ask.
    pub(crate) fn answered(&mut self, outcome: &Outcome) -> Option<Shown> {
        let asked = self.asked.take();
        match outcome {
            Outcome::Taken(told) => {
                self.talk.taken(told);
                None
            }
            Outcome::Answered(told, answer) => {
                Some(Shown::Talk(self.talk.answered(told, answer, render::now())))
            }
            Outcome::Failed(error) => {
                self.talk.failed();
                Some(Shown::Status(self.failed(error, asked)))
            }
        }
    }

    /// The lines of an ask that failed. What was to be said is shown again if it is worth another try, or if the
    /// line is far above.
    fn failed(&self, error: &AskError, asked: Option<Asked>) -> String {
        let why = failed(error);
        let Some(Asked { said: Some(said), waited, .. }) = asked else { return why };
        let again = if self.has_prompt { " (Up brings it back)" } else { "" };
        match error {
            AskError::Refused(_) if error.is_retryable() || waited => {
                why + &talk::note(&format!("not said: {said}{again}"))
            }
            AskError::Refused(_) => why,
            _ => why + &talk::note(&format!("it was: {said}{again}")),
        }
    }

    /// What to say of lines that are left behind at the end.
    pub(crate) fn unsent(&self, waiting: &[Vec<u8>]) -> Option<Shown> {
        let asked = self.asked.as_ref().and_then(|asked| asked.said.as_ref());
        let mut lines: String = asked
            .map(|said| talk::note(&format!("nobody knows whether this was taken: {said}")))
            .unwrap_or_default();
        let waiting: Vec<_> = waiting.iter().map(|line| String::from_utf8_lossy(line)).collect();
        let waiting: Vec<_> = waiting.iter().filter(|line| !line.trim().is_empty()).collect();
        lines.extend(waiting.iter().take(LISTED).map(|line| talk::note(&format!("not sent: {line}"))));
        if let Some(more @ 1..) = waiting.len().checked_sub(LISTED) {
            lines.push_str(&talk::note(&format!("and {more} more lines were not sent")));
        }
        (!lines.is_empty()).then_some(Shown::Status(lines))
    }
}

/// The line of an ask that failed.
pub(crate) fn failed(error: &AskError) -> String {
    match error {
        AskError::Refused(refusal) => talk::refusal(refusal),
        error => talk::note(&format!("nobody knows whether that was taken: {error}")),
    }
}

/// The refusal of a line that is one too many.
pub(crate) fn too_many_wait(most: usize, has_prompt: bool) -> Shown {
    let again = if has_prompt { "; Up brings it back" } else { "" };
    Shown::Status(format!(
        "! slow_down: that line was dropped, as {most} lines wait for the server already{again}\n"
    ))
}
