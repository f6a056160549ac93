//! A person's side of a session, wherever it is shown: lines become acts, notices become lines.

use chat_net::client::{AskError, Notice};

use super::session::{Act, Outcome};
use super::talk::{self, Step, Talk};

/// Something to show, whole lines each ended by a newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// Talk, and answers to what was asked.
    Talk(String),
    /// Refusals, and the state of the connection.
    Status(String),
}

/// A person: what they know, and whether they are away.
#[derive(Debug, Default)]
pub(crate) struct Person {
    /// What they know of the conversation.
    pub(crate) talk: Talk,
    /// Whether the connection is gone and is being made again.
    pub(crate) away: bool,
}

impl Person {
    /// What a line asks for, and what to show at once.
    pub(crate) fn act(&mut self, line: Vec<u8>) -> (Act, Option<Shown>) {
        let Ok(line) = String::from_utf8(line) else {
            return (Act::Nothing, Some(Shown::Status("! bad_text: that line is not UTF-8\n".into())));
        };
        match self.talk.typed(&line) {
            Step::Nothing => (Act::Nothing, None),
            Step::Show(text) => (Act::Nothing, Some(Shown::Talk(text))),
            Step::Refuse(text) => (Act::Nothing, Some(Shown::Status(text))),
            Step::Ask(ask) => (Act::Ask(ask), None),
            Step::Query(query) => (Act::Query(query), None),
            Step::Quit => (Act::Leave, None),
        }
    }

    /// What to show of a notice.
    pub(crate) fn notice(&mut self, notice: &Notice) -> Option<Shown> {
        match notice {
            Notice::Connected(welcome) => {
                self.away = false;
                Some(Shown::Status(self.talk.welcomed(welcome)))
            }
            Notice::Told(told) => Some(Shown::Talk(self.talk.told(told))),
            // One line for each time away, however often it is tried.
            Notice::Disconnected { .. } if std::mem::replace(&mut self.away, true) => None,
            Notice::Disconnected { why, .. } => {
                let what = format!("the connection is lost ({why}); trying again, and what you type waits");
                Some(Shown::Status(talk::note(&what)))
            }
            Notice::Ended { why } => {
                Some(Shown::Status(talk::note(&format!("the connection has ended: {why}"))))
            }
            _ => None,
        }
    }

    /// What to show of what came of the last ask.
    pub(crate) fn answered(&mut self, outcome: &Outcome) -> Option<Shown> {
        match outcome {
            Outcome::Taken(told) => {
                self.talk.taken(told);
                None
            }
            Outcome::Answered(told, answer) => Some(Shown::Talk(Talk::answered(told, answer))),
            Outcome::Failed(error) => Some(Shown::Status(failed(error))),
        }
    }
}

/// The line of an ask that failed.
pub(crate) fn failed(error: &AskError) -> String {
    match error {
        AskError::Refused(refusal) => talk::refusal(refusal),
        error => talk::note(&format!("nobody knows whether that was taken: {error}")),
    }
}
