//! A person's side of files: what a line asks for, and what is shown of what comes of it.

use std::path::PathBuf;
use std::time::Duration;

use chat_net::chat_core::{Code, Timestamp, TransferInfo};
use chat_net::client::FileError;
use chat_net::codec::{Told, Welcome};

use super::act::act;
use super::book::Book;
use super::listing::listing;
use super::run::FileTold;
use super::typed;
use crate::files::{Standing, failed};
use crate::join::line::{Kind, Line, Shown, refusal};
use crate::join::session::Act;

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

    /// What to show of what the server told of a file.
    pub(crate) fn told(&mut self, told: &Told, now: Timestamp) -> Option<Shown> {
        let line = self.book.told(told, now)?;
        Some(if line.kind == Kind::Talk { Shown::Talk(vec![line]) } else { line.into() })
    }

    /// What to show of what became of a file that is on its way here.
    pub(crate) fn happened(&mut self, told: FileTold) -> Option<Shown> {
        let line = match told {
            FileTold::Started { serial, offer, landing } => self.book.started(serial, offer, landing),
            FileTold::NotStarted { what, error, hint } => {
                let mut lines = match error {
                    FileError::Refused(refused) => refusal(&refused),
                    error => vec![Line::fault(&format!("{what}: {}", failed(&error)))],
                };
                lines.extend(hint.map(|hint| Line::note(&hint)));
                return Some(Shown::Status(lines));
            }
            FileTold::Happened { serial, event } => self.book.happened(serial, &event),
            FileTold::Over { serial } => {
                self.book.over(serial);
                None
            }
        };
        line.map(|line| Line::note(&line).into())
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

/// The refusal of bytes in a program's own JSON.
pub(crate) const NOT_HERE: (Code, &str) =
    (Code::UnknownAsk, "files do not pass here, use chat-cli send-file and chat-cli receive");
