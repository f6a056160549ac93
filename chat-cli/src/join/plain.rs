//! Plain lines: for scripts, pipes, dumb terminals and those who want no more.

use std::io;

use chat_net::client::Notice;
use tokio::sync::mpsc;

use super::lines::{self, Input as Read};
use super::person::{Person, Shown};
use super::render::Palette;
use super::session::{Act, Face, Input, Outcome};
use crate::output;

/// A person behind pipes.
pub(crate) struct Plain {
    person: Person,
    input: mpsc::Receiver<Read>,
    talk: Palette,
    status: Palette,
}

impl Plain {
    /// Begins to read standard input; colours `talk` and `status`, which may go to different places.
    pub(crate) fn new(talk: Palette, status: Palette) -> Plain {
        Plain { person: Person::default(), input: lines::lines(), talk, status }
    }

    fn show(&self, shown: Option<Shown>) -> io::Result<()> {
        match shown {
            Some(Shown::Talk(text)) => output::text(&self.talk.lines(&text)),
            Some(Shown::Status(text)) => {
                output::status(self.status.lines(&text).trim_end_matches('\n'));
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Face for Plain {
    const AHEAD: usize = 1;

    async fn input(&mut self) -> io::Result<Input> {
        Ok(match self.input.recv().await {
            Some(Read::Line(line)) => Input::Line(line),
            Some(Read::TooLong) => {
                self.show(Some(Shown::Status("! line_too_long: that line was dropped\n".into())))?;
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

    fn notice(&mut self, notice: &Notice) -> io::Result<()> {
        let shown = self.person.notice(notice);
        self.show(shown)
    }

    fn answered(&mut self, outcome: Outcome) -> io::Result<()> {
        let shown = self.person.answered(&outcome);
        self.show(shown)
    }
}
