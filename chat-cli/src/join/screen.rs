//! A person at a terminal: everything scrolls above the line that is being typed.

use std::collections::VecDeque;
use std::io;

use chat_net::client::Notice;
use crossterm::event::Event;
use tokio::sync::mpsc;

use super::line::Pressed;
use super::line_editor::{self, LineEditor};
use super::person::{Person, Shown};
use super::render::Palette;
use super::session::{Act, Face, Input, Outcome};
use super::stops::{Shell, Stops};
use super::talk::{self, Talk};

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
            person: Person::default(),
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

    /// The room that the next line goes to, or nothing where that is not known yet.
    fn prompt(&self) -> String {
        let away = if self.person.away { " (away)" } else { "" };
        match self.person.talk.current() {
            Some(room) if !self.moving.contains(&true) => format!("#{room}{away}> "),
            _ => format!("…{away}> "),
        }
    }
}

impl Face for Screen {
    const AHEAD: usize = 256;
    const READS_ALWAYS: bool = true;

    fn dropped(&mut self) -> io::Result<()> {
        self.moving.pop_back();
        let what = "! slow_down: that line was dropped, as many wait already as may\n";
        self.show(Some(Shown::Status(what.into())))
    }

    async fn input(&mut self) -> io::Result<Input> {
        Ok(match self.pressed().await? {
            // Whoever wants to go while the server is away does not wait for it.
            Some(Pressed::Entered(line)) if self.person.away && line.trim().eq_ignore_ascii_case("/quit") => {
                self.show(Some(Shown::Status(talk::note("left; what waited for the server was not sent"))))?;
                Input::Leave
            }
            Some(Pressed::Entered(line)) => {
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

    fn notice(&mut self, notice: &Notice) -> io::Result<()> {
        let shown = self.person.notice(notice);
        self.show(shown)
    }

    fn answered(&mut self, outcome: Outcome) -> io::Result<()> {
        self.moving.pop_front();
        let shown = self.person.answered(&outcome);
        self.show(shown)
    }
}
