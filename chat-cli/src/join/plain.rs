//! Plain lines: for scripts, pipes, dumb terminals and those who want no more.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use chat_net::chat_core::Code;
use chat_net::client::Notice;
use tokio::sync::mpsc;

use super::files::FileTold;
use super::line::{Line, Shown};
use super::person::{self, Person};
use super::render::Palette;
use super::session::{Act, Ahead, Face, Input, Outcome};
use super::stdin::{self, Input as Read};
use crate::output;
use crate::terminal::Hidden;

/// A person behind pipes.
pub(crate) struct Plain {
    person: Person,
    input: mpsc::Receiver<Read>,
    talk: Palette,
    status: Palette,
    /// Whether somebody types, who would not be held back by a full pipe and wants to see what happens.
    is_typed: bool,
    /// While a password is typed.
    hidden: Option<Hidden>,
}

/// Lines of somebody who types that may wait for the server.
const AHEAD: usize = 256;

impl Plain {
    /// Begins to read standard input; colours `talk` and `status`, which may go to different places. Accepted files go
    /// into `downloads`.
    pub(crate) fn new(talk: Palette, status: Palette, downloads: PathBuf) -> Plain {
        let is_typed = io::stdin().is_terminal();
        Plain { person: Person::new(downloads), input: stdin::lines(), talk, status, is_typed, hidden: None }
    }

    /// Tells somebody who types that a line waits for the connection.
    fn waits(&self) -> io::Result<()> {
        let waits = self.is_typed && self.person.away.is_some();
        self.show(waits.then(|| Line::note("that line waits for the connection").into()))
    }

    /// Takes what was typed as a password, or as the beginning of being asked for one.
    fn secretly(&mut self, line: &[u8]) -> io::Result<Option<Input>> {
        let Ok(text) = str::from_utf8(line) else { return Ok(None) };
        let mut input = Input::Nothing;
        if self.person.secret_prompt().is_some() {
            let (act, shown) = self.person.secret(Some(text.into()));
            input = act.map_or(input, Input::Do);
            self.show(shown)?;
        } else if !self.is_typed || !cfg!(unix) || !self.person.begins_to_ask(text) {
            return Ok(None);
        }
        match self.person.secret_prompt() {
            None => self.hidden = None,
            Some(prompt) => {
                if self.hidden.is_none() {
                    self.hidden = Some(Hidden::new()?);
                }
                let _ = write!(io::stderr(), "{prompt}: ").and_then(|()| io::stderr().flush());
            }
        }
        Ok(Some(input))
    }

    fn show(&self, shown: Option<Shown>) -> io::Result<()> {
        match shown {
            Some(Shown::Talk(lines)) => output::text(&self.talk.lines(&lines)),
            Some(Shown::Status(lines)) => {
                output::status(self.status.lines(&lines).trim_end_matches('\n'));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Face for Plain {
    fn ahead(&self) -> Ahead {
        if self.is_typed { Ahead::Most(AHEAD) } else { Ahead::One }
    }

    fn dropped(&mut self, _is_line: bool) -> io::Result<()> {
        self.show(Some(person::too_many_wait(AHEAD)))
    }

    async fn input(&mut self) -> io::Result<Input> {
        let read = self.input.recv().await;
        if let Some(Read::Line(line)) = &read
            && let Some(input) = self.secretly(line)?
        {
            return Ok(input);
        }
        Ok(match read {
            Some(Read::Line(line)) => match str::from_utf8(&line) {
                Ok(text) if self.is_typed && self.person.leaves_at_once(text) => Input::Leave,
                Ok(text) if self.is_typed && self.person.at_once(text).is_some() => {
                    self.show(self.person.at_once(text))?;
                    Input::Nothing
                }
                _ => {
                    self.waits()?;
                    Input::Line(line)
                }
            },
            Some(Read::TooLong) => {
                self.show(Some(Line::refused(Code::LineTooLong, "that line was dropped").into()))?;
                Input::Nothing
            }
            None => Input::End,
        })
    }

    fn act(&mut self, line: Vec<u8>) -> io::Result<Act> {
        let (act, shown) = self.person.act(line);
        self.show(shown)?;
        Ok(act)
    }

    fn begins(&mut self) {
        self.person.begins();
    }

    fn notice(&mut self, notice: &Notice, waiting: usize) -> io::Result<()> {
        let shown = self.person.notice(notice, waiting);
        self.show(shown)
    }

    fn file(&mut self, told: FileTold) -> io::Result<()> {
        let shown = self.person.files.happened(told).map(|said| said.shown);
        self.show(shown)
    }

    fn answered(&mut self, outcome: Outcome) -> io::Result<()> {
        let shown = self.person.answered(&outcome);
        self.show(shown)
    }

    fn unsent(&mut self, waiting: &[Vec<u8>]) -> io::Result<()> {
        self.show(self.person.unsent(waiting))
    }
}
