//! A person at a terminal: everything scrolls above the line that is being typed.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use chat_net::chat_core::printable;
use chat_net::client::Notice;
use crossterm::event::Event;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::files::FileTold;
use super::line::Pressed;
use super::line_editor::{self, LineEditor};
use super::person::{self, Person, SLOW, Shown};
use super::render::Palette;
use super::session::{Act, Ahead, Face, Input, Outcome};
use super::talk::{self, Talk};
use crate::connect::next_try;
use crate::stops::{Shell, Stops};
use crate::terminal::Size;

/// Lines that may wait for the server.
const AHEAD: usize = 256;

/// How often the rows are looked at while they count seconds or bytes.
const TICK: Duration = Duration::from_millis(250);

/// Rows above the line that show how far files are, in a terminal that is high enough.
const BARS: usize = 4;

/// A person at a terminal.
pub(crate) struct Screen {
    person: Person,
    editor: LineEditor,
    events: mpsc::Receiver<Event>,
    stops: Stops,
    palette: Palette,
    /// Lines entered and not answered that may change the current room; until then, no room is promised.
    moving: VecDeque<bool>,
    /// When the rows are looked at next, while they change by themselves.
    look_at: Instant,
    has_bars: bool,
    /// When it was said what would be called off by leaving.
    warned: Option<Instant>,
}

/// So long a person who was told what leaving calls off may say so again.
const AGAIN: Duration = Duration::from_secs(10);

impl Screen {
    /// Takes the terminal over. Accepted files go into `downloads`.
    ///
    /// # Errors
    /// It is none.
    pub(crate) fn new(palette: Palette, downloads: PathBuf) -> io::Result<Screen> {
        let editor = LineEditor::new("", palette)?;
        Ok(Screen {
            person: Person::at_prompt(downloads),
            editor,
            events: line_editor::events(),
            stops: Stops::new()?,
            palette,
            moving: VecDeque::new(),
            look_at: Instant::now(),
            has_bars: false,
            warned: None,
        })
    }

    /// The next key that is pressed; `None` at the end of the terminal.
    async fn pressed(&mut self) -> io::Result<Option<Pressed>> {
        tokio::select! {
            event = self.events.recv() => match event {
                Some(event) => self.event(event).map(Some),
                None => Ok(None),
            },
            shell = self.stops.next() => match shell {
                Shell::Stop => self.editor.suspend(),
                Shell::GoOn => self.editor.resume(),
            }
            .map(|()| Some(Pressed::Nothing)),
            () = tokio::time::sleep_until(self.look_at), if self.is_lively() => {
                self.look()?;
                self.editor.set_prompt(&self.prompt())?;
                Ok(Some(Pressed::Nothing))
            }
        }
    }

    /// Whether somebody who wants to leave does: with files on their way only when it is said twice.
    fn leaves(&mut self) -> io::Result<bool> {
        let lost = self.person.files.left_behind();
        if lost.is_empty() || self.warned.is_some_and(|at| at.elapsed() <= AGAIN) {
            return Ok(true);
        }
        self.warned = Some(Instant::now());
        let again = talk::note(&format!(
            "files are on their way; to leave now, say so again within {} s:",
            AGAIN.as_secs()
        ));
        self.show(Some(Shown::Status(again + &lost)))?;
        Ok(false)
    }

    /// Takes what was entered as a password, or as the beginning of being asked for one; gives back all else.
    fn secretly(&mut self, pressed: Option<Pressed>) -> io::Result<Result<Input, Option<Pressed>>> {
        let mut input = Input::Nothing;
        let is_asked = self.person.secret_prompt().is_some();
        match pressed {
            Some(Pressed::Entered(secret)) if is_asked => {
                let (act, shown) = self.person.secret(Some(secret.into()));
                input = act.map_or(input, Input::Do);
                self.show(shown)?;
            }
            Some(Pressed::Interrupt | Pressed::End) if is_asked => {
                let (_, shown) = self.person.secret(None);
                self.show(shown)?;
            }
            Some(Pressed::Entered(line)) if self.person.begins_to_ask(&line) => self.entered(&line, false)?,
            other => return Ok(Err(other)),
        }
        self.editor.hide(self.person.secret_prompt().is_some());
        self.editor.set_prompt(&self.prompt())?;
        Ok(Ok(input))
    }

    fn event(&mut self, event: Event) -> io::Result<Pressed> {
        let resized = matches!(event, Event::Resize(..));
        let pressed = self.editor.event(event)?;
        if resized {
            self.look()?;
        }
        Ok(pressed)
    }

    /// Whether the rows change by themselves: the prompt counts seconds, or the bars bytes.
    fn is_lively(&self) -> bool {
        self.has_bars || self.person.away.is_some() || self.person.unanswered().is_some()
    }

    /// Shows how far the files are by now.
    fn look(&mut self) -> io::Result<()> {
        self.look_at = Instant::now() + TICK;
        let Size { columns, rows } = self.editor.size();
        let bars = self.person.files.rows(columns, BARS.min(rows / 3));
        self.has_bars = !bars.is_empty();
        self.editor.set_above(bars)
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
        if let Some(prompt) = self.person.secret_prompt() {
            return format!("{prompt}: ");
        }
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
            return Some(match left {
                Duration::ZERO => "away, connecting".to_owned(),
                left => format!("away, {}", next_try(left)),
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

    fn dropped(&mut self, is_line: bool) -> io::Result<()> {
        if is_line {
            self.moving.pop_back();
        }
        self.show(Some(person::too_many_wait(AHEAD, is_line)))
    }

    async fn input(&mut self) -> io::Result<Input> {
        let pressed = self.pressed().await?;
        let pressed = match self.secretly(pressed)? {
            Ok(input) => return Ok(input),
            Err(pressed) => pressed,
        };
        Ok(match pressed {
            Some(Pressed::Entered(line)) if self.person.leaves_at_once(&line) => match self.leaves()? {
                true => Input::Leave,
                false => Input::Nothing,
            },
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
            Some(Pressed::Interrupt | Pressed::End) => match self.leaves()? {
                true => Input::Leave,
                false => Input::Nothing,
            },
            None => Input::Leave,
            Some(_) => Input::Nothing,
        })
    }

    fn act(&mut self, line: Vec<u8>) -> io::Result<Act> {
        let (mut act, shown) = self.person.act(line);
        self.show(shown)?;
        if act == Act::Leave && !self.leaves()? {
            act = Act::Nothing;
        }
        if matches!(act, Act::Nothing | Act::Errand(_)) {
            self.moving.pop_front();
            self.editor.set_prompt(&self.prompt())?;
        }
        Ok(act)
    }

    fn begins(&mut self) {
        self.moving.push_front(false);
        self.person.begins();
    }

    fn notice(&mut self, notice: &Notice, waiting: usize) -> io::Result<()> {
        let shown = self.person.notice(notice, waiting);
        self.show(shown)
    }

    fn file(&mut self, told: FileTold) -> io::Result<()> {
        let shown = self.person.files.happened(told);
        // Progress comes more often than anybody can read it.
        if shown.is_some() || Instant::now() >= self.look_at {
            self.look()?;
        }
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
