//! A person at a terminal: everything scrolls above the line that is being typed.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use chat_net::chat_core::printable;
use chat_net::client::Notice;
use crossterm::event::Event;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::line::Pressed;
use super::line_editor::{self, LineEditor};
use super::person::{self, Person, SLOW, Shown};
use super::render::Palette;
use super::session::{Act, Ahead, Face, Input, Outcome};
use super::stops::{Shell, Stops};
use super::talk::Talk;

/// Lines that may wait for the server.
const AHEAD: usize = 256;

/// How often the prompt is looked at while it counts seconds.
const TICK: Duration = Duration::from_millis(250);

/// A person at a terminal.
pub(crate) struct Screen {
    person: Person,
    editor: LineEditor,
    events: mpsc::Receiver<Event>,
    stops: Stops,
    palette: Palette,
    /// Lines entered and not answered that may change the current room; until then, no room is promised.
    moving: VecDeque<bool>,
}

impl Screen {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn new(palette: Palette) -> io::Result<Screen> {
        let editor = LineEditor::new("", palette)?;
        Ok(Screen {
            person: Person::at_prompt(),
            editor,
            events: line_editor::events(),
            stops: Stops::new()?,
            palette,
            moving: VecDeque::new(),
        })
    }

    /// The next key that is pressed; `None` at the end of the terminal.
    async fn pressed(&mut self) -> io::Result<Option<Pressed>> {
        tokio::select! {
            event = self.events.recv() => match event {
                Some(event) => self.editor.event(event).map(Some),
                None => Ok(None),
            },
            shell = self.stops.next() => match shell {
                Shell::Stop => self.editor.suspend(),
                Shell::GoOn => self.editor.resume(),
            }
            .map(|()| Some(Pressed::Nothing)),
            // The prompt counts the seconds.
            () = tokio::time::sleep(TICK), if self.person.away.is_some() || self.person.unanswered().is_some() => {
                self.editor.set_prompt(&self.prompt())?;
                Ok(Some(Pressed::Nothing))
            }
        }
    }

    fn show(&mut self, shown: Option<Shown>) -> io::Result<()> {
        if let Some(Shown::Talk(text) | Shown::Status(text)) = shown
            && !text.is_empty()
        {
            self.editor.print(&self.palette.lines(&text))?;
        }
        self.editor.set_prompt(&self.prompt())
    }

    /// The room that the next line goes to, or nothing where that is not known yet; and what it waits for.
    fn prompt(&self) -> String {
        match self.state() {
            Some(state) => format!("{} ({state})> ", self.room()),
            None => format!("{}> ", self.room()),
        }
    }

    fn room(&self) -> String {
        match self.person.talk.current() {
            Some(room) if !self.moving.contains(&true) => format!("#{room}"),
            _ => "…".to_owned(),
        }
    }

    /// What the connection is doing, if it is not simply there.
    fn state(&self) -> Option<String> {
        if let Some(away) = &self.person.away {
            let left = away.retry_at.saturating_duration_since(Instant::now());
            return Some(match left.as_millis().div_ceil(1000) {
                0 => "away, connecting".to_owned(),
                secs => format!("away, next try in {secs} s"),
            });
        }
        let slow = self.person.unanswered().filter(|time| *time >= SLOW);
        slow.map(|time| format!("no answer for {} s", time.as_secs()))
    }

    /// Shows a line that was entered: as queued, if it waits for a connection that is away.
    fn entered(&mut self, line: &str, waits: bool) -> io::Result<()> {
        let line = printable(line);
        if self.person.away.is_none() || !waits {
            return self
                .editor
                .print(&format!("{}{line}\n", self.palette.prompt(&format!("{}> ", self.room()))));
        }
        let queued = if line.trim().is_empty() { "" } else { " (queued)" };
        self.editor.print(&self.palette.lines(&format!("{}{queued}> {line}\n", self.room())))
    }
}

impl Face for Screen {
    fn ahead(&self) -> Ahead {
        Ahead::Most(AHEAD)
    }

    fn dropped(&mut self) -> io::Result<()> {
        self.moving.pop_back();
        self.show(Some(person::too_many_wait(AHEAD, true)))
    }

    async fn input(&mut self) -> io::Result<Input> {
        Ok(match self.pressed().await? {
            Some(Pressed::Entered(line)) if self.person.leaves_at_once(&line) => Input::Leave,
            Some(Pressed::Entered(line)) => {
                let at_once = self.person.at_once(&line);
                self.entered(&line, at_once.is_none())?;
                if at_once.is_some() {
                    self.show(at_once)?;
                    return Ok(Input::Nothing);
                }
                self.moving.push_back(Talk::moves(&line));
                self.editor.set_prompt(&self.prompt())?;
                Input::Line(line.into_bytes())
            }
            Some(Pressed::Interrupt | Pressed::End) | None => Input::Leave,
            Some(_) => Input::Nothing,
        })
    }

    fn act(&mut self, line: Vec<u8>) -> io::Result<Act> {
        let (act, shown) = self.person.act(line);
        if act == Act::Nothing {
            self.moving.pop_front();
        }
        self.show(shown)?;
        Ok(act)
    }

    fn notice(&mut self, notice: &Notice, waiting: usize) -> io::Result<()> {
        let shown = self.person.notice(notice, waiting);
        self.show(shown)
    }

    fn answered(&mut self, outcome: Outcome) -> io::Result<()> {
        self.moving.pop_front();
        let shown = self.person.answered(&outcome);
        self.show(shown)
    }

    fn unsent(&mut self, waiting: &[Vec<u8>]) -> io::Result<()> {
        let shown = self.person.unsent(waiting);
        self.show(shown)
    }
}
