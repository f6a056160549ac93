//! A person's side of files: what a line asks for, and what is shown of what comes of it.

use std::path::PathBuf;
use std::time::Duration;

use chat_net::chat_core::{Code, Event, Timestamp, TransferId, TransferInfo};
use chat_net::client::{FileError, FileEvent};
use chat_net::codec::{Told, Welcome};

use super::act::act;
use super::book::Book;
use super::listing::listing;
use super::run::FileTold;
use super::typed;
use crate::files::{Standing, failed};
use crate::join::line::{Line, Shown, refusal};
use crate::join::session::Act;

/// What is said of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FileSaid {
    pub(crate) turn: FileTurn,
    pub(crate) shown: Shown,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileTurn {
    /// It could not be offered or accepted.
    NotBegun,
    /// It is offered from here.
    Begun(TransferId),
    /// Somebody offers it, or there is more to come of it.
    GoesOn(TransferId),
    /// The offer, or a copy of it, came to its end.
    Ended(TransferId),
}

/// What a person knows of files.
#[derive(Debug, Default)]
pub(crate) struct FileTalk {
    book: Book,
    /// Where accepted files go if nothing else is said.
    downloads: PathBuf,
}

impl FileTalk {
    /// Of somebody whose accepted files go into `downloads`.
    pub(crate) fn new(downloads: PathBuf) -> FileTalk {
        FileTalk { downloads, ..FileTalk::default() }
    }

    /// What `line` asks for, if it is about files, and what to show at once.
    pub(crate) fn act(&self, line: &str) -> Option<(Act, Option<Shown>)> {
        Some(match act(typed::parse(line)?, &self.book, &self.downloads) {
            Ok(act) => (act, None),
            Err((code, why)) => (Act::Nothing, Some(Line::refused(code, &why).into())),
        })
    }

    /// A connection was made.
    pub(crate) fn welcomed(&mut self, welcome: &Welcome) {
        let patience = Duration::from_millis(welcome.resumable_ms);
        self.book.welcomed(&welcome.user, welcome.resumed, patience);
    }

    /// What to say of what the server told of a file.
    pub(crate) fn told(&mut self, told: &Told, now: Timestamp) -> Option<FileSaid> {
        let transfer = told.event.transfer()?;
        let line = self.book.told(told, now)?;
        Some(match told.event {
            Event::Offered(_) => {
                FileSaid { turn: FileTurn::GoesOn(transfer), shown: Shown::Talk(vec![line]) }
            }
            _ => FileSaid { turn: FileTurn::Ended(transfer), shown: line.into() },
        })
    }

    /// What to say of what became of a file that is on its way here, or of one that could not be.
    pub(crate) fn happened(&mut self, told: FileTold) -> Option<FileSaid> {
        let (turn, line) = match told {
            FileTold::NotStarted { what, error, hint } => {
                let shown = Shown::Status(not_begun(&what, error, hint));
                return Some(FileSaid { turn: FileTurn::NotBegun, shown });
            }
            FileTold::Started { serial, offer, landing } => {
                (FileTurn::Begun(offer.transfer), self.book.started(serial, offer, landing)?)
            }
            FileTold::Happened { serial, event } => {
                let transfer = self.book.transfer(serial)?;
                let turn =
                    if is_end(&event) { FileTurn::Ended(transfer) } else { FileTurn::GoesOn(transfer) };
                (turn, self.book.happened(serial, &event)?)
            }
            FileTold::Over { serial } => {
                self.book.over(serial);
                return None;
            }
        };
        Some(FileSaid { turn, shown: Line::note(&line).into() })
    }

    /// The answer to `/transfers`.
    pub(crate) fn listed(&self, transfers: &[TransferInfo]) -> Shown {
        Shown::Talk(listing(transfers, self.book.me()).iter().map(|line| Line::note(line)).collect())
    }

    /// What to say of files at the end.
    pub(crate) fn left_behind(&self) -> Vec<Line> {
        self.book.left_behind().iter().map(|line| Line::note(line)).collect()
    }

    /// Every file that is known, with what has become of it.
    pub(crate) fn standings(&self) -> Vec<Standing> {
        self.book.standings()
    }
}

/// Why a file was not offered or accepted, and what was meant if that can be guessed.
fn not_begun(what: &str, error: FileError, hint: Option<String>) -> Vec<Line> {
    let mut lines = match error {
        FileError::Refused(refused) => refusal(&refused),
        error => vec![Line::fault(&format!("{what}: {}", failed(&error)))],
    };
    lines.extend(hint.map(|hint| Line::note(&hint)));
    lines
}

/// Whether a copy, or all of them, have come to their end.
fn is_end(event: &FileEvent) -> bool {
    matches!(
        event,
        FileEvent::Declined { .. }
            | FileEvent::Finished { .. }
            | FileEvent::Cancelled { .. }
            | FileEvent::Closed { .. }
            | FileEvent::Failed(_)
    )
}

/// The refusal of bytes in a program's own JSON.
pub(crate) const NOT_HERE: (Code, &str) =
    (Code::UnknownAsk, "files do not pass here, use chat-cli send-file and chat-cli receive");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::{offer, user};
    use chat_net::chat_core::{EndReason, PauseReason, RequestId};

    fn told(files: &mut FileTalk, event: Event) -> Option<FileTurn> {
        let told = Told { re: RequestId::NONE, past: false, at: Timestamp(0), event };
        files.told(&told, Timestamp(0)).map(|said| said.turn)
    }

    #[test]
    fn an_end_is_told_from_what_goes_on() {
        let mut files = FileTalk::default();
        let (three, four) = (TransferId(3), TransferId(4));
        let offered = |number| Event::Offered(Box::new(offer(number, "alice", "bob", "x", 10)));
        assert_eq!(told(&mut files, offered(3)), Some(FileTurn::GoesOn(three)));
        let why = EndReason::Expired;
        assert_eq!(told(&mut files, Event::Closed { transfer: three, why }), Some(FileTurn::Ended(three)));
        assert_eq!(told(&mut files, Event::Closed { transfer: three, why }), None);
        let started =
            FileTold::Started { serial: 1, offer: offer(4, "bob", "alice", "x", 10), landing: None };
        files.book.welcomed("bob", true, Duration::ZERO);
        assert_eq!(files.happened(started).map(|said| said.turn), Some(FileTurn::Begun(four)));
        let alice = || user("alice");
        for (event, turn) in [
            (FileEvent::Accepted { user: alice(), from: 0 }, Some(FileTurn::GoesOn(four))),
            (FileEvent::Progress { user: alice(), bytes: 1 }, None),
            (FileEvent::Paused { user: alice(), why: PauseReason::Asked }, Some(FileTurn::GoesOn(four))),
            (FileEvent::Finished { user: alice(), path: None }, Some(FileTurn::Ended(four))),
            (FileEvent::Declined { user: alice() }, Some(FileTurn::Ended(four))),
            (FileEvent::Failed(FileError::Ended), Some(FileTurn::Ended(four))),
        ] {
            let happened = FileTold::Happened { serial: 1, event };
            assert_eq!(files.happened(happened).map(|said| said.turn), turn);
        }
        let not_begun =
            FileTold::NotStarted { what: "cannot send x".into(), error: FileError::Ended, hint: None };
        assert_eq!(files.happened(not_begun).map(|said| said.turn), Some(FileTurn::NotBegun));
    }
}
