//! The full screen as one of the faces of a session: keys become lines, what is told becomes rows, and both a picture.

mod aside;
mod desk;
mod fetcher;
mod keys;
mod lines;
mod pastes;
mod picture;
mod secret;
mod told;

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use chat_net::chat_core::{Code, Query};
use chat_net::client::{Client, Notice};
use crossterm::event::Event;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::input;
use super::model::{Model, Of};
use super::terminal::{self, Terminal};
use super::view::Theme;
use super::zone::Zone;
use crate::join::{Act, Ahead, Face, FileTold, Input, Line, Outcome, environment};
use crate::settings::JoinSettings;
use crate::signals::Endings;
use crate::stops::{Shell, Stops};
use aside::Aside;
use desk::Desk;
use fetcher::Fetcher;
use pastes::Pastes;
use picture::Pace;
use secret::Secret;

/// Lines that may wait for the server.
const AHEAD: usize = 256;

/// So long a person who was told what leaving calls off may say so again.
const AGAIN: Duration = Duration::from_secs(10);

/// A person at a terminal, who sees all of it.
pub(crate) struct FullScreen {
    model: Model,
    input: input::Input,
    theme: Theme,
    desk: Desk,
    fetcher: Fetcher,
    /// The windows in which the lines were entered that wait, the oldest first.
    entered: VecDeque<Of>,
    /// What waits for its answer.
    asked: Option<Asked>,
    /// What is typed is a password.
    secret: Option<Secret>,
    /// When the connection, which is gone, is tried again.
    retry_at: Option<Instant>,
    /// Whether the first room was shown.
    is_home: bool,
    /// When the last key was pressed, if it is one that leaves when it is pressed again.
    asked_at: Option<Instant>,
    /// When it was said what would be called off by leaving.
    warned: Option<Instant>,
    pastes: Pastes,
    aside: Aside,
    /// What is to be read when the screen is gone.
    farewell: Vec<Line>,
    pace: Pace,
    events: mpsc::Receiver<Option<Event>>,
    stops: Stops,
    endings: Endings,
    terminal: Terminal,
}

/// The ask that waits for its answer.
#[derive(Debug)]
struct Asked {
    /// The window that it was entered in.
    of: Of,
    /// The line that it was, if it says something that would be lost with it.
    said: Option<String>,
    /// Whether the connection was away then.
    was_away: bool,
    /// Whether it shows another window when it is done.
    moves: bool,
    /// What it looks for, if it does.
    search: Option<Query>,
    at: Instant,
}

impl FullScreen {
    /// Takes the terminal over, and does what the settings want of it.
    ///
    /// # Errors
    /// It is none, or the system has no room for what is needed.
    pub(crate) fn open(client: &Client, settings: &JoinSettings) -> io::Result<FullScreen> {
        let (stops, endings) = (Stops::new()?, Endings::new()?);
        let terminal = Terminal::open(settings.screen.mouse)?;
        let mut model = Model::new(Zone::system());
        let (aside, journal) = Aside::new(settings);
        if let Some(journal) = journal {
            model.log_to(journal);
        }
        let mut screen = FullScreen {
            model,
            input: input::Input::default(),
            theme: Theme::new(settings.screen.theme, settings.color, environment),
            desk: Desk::new(settings.downloads.clone()),
            fetcher: Fetcher::new(client),
            entered: VecDeque::new(),
            asked: None,
            secret: None,
            retry_at: None,
            is_home: false,
            asked_at: None,
            warned: None,
            pastes: Pastes::default(),
            aside,
            farewell: Vec::new(),
            pace: Pace::new(),
            events: terminal::events(),
            stops,
            endings,
            terminal,
        };
        screen.complain_beside();
        Ok(screen)
    }

    /// Gives the terminal back; gives what is to be read there.
    pub(crate) fn close(self) -> Vec<Line> {
        let FullScreen { farewell, terminal, model, .. } = self;
        // A log that has to wait for its disk does not keep anybody from the shell's screen.
        let is_read = terminal.close();
        drop(model);
        if is_read { farewell } else { Vec::new() }
    }

    /// Stops, or goes on, as the shell wants it.
    fn shell(&mut self, shell: Shell) -> io::Result<()> {
        self.pace.changed();
        match shell {
            Shell::Stop => self.suspend(),
            Shell::GoOn => self.terminal.resume(),
        }
    }

    /// Gives the terminal back to the shell for a while, if there is one.
    fn suspend(&mut self) -> io::Result<()> {
        if !self.terminal.suspend()? {
            self.say(Line::fault("there is no shell to go back to"));
        }
        Ok(())
    }

    /// Whether what is shown changes by itself.
    fn is_lively(&self) -> bool {
        let is_asked = self.asked.is_some() || self.asked_at.is_some();
        self.retry_at.is_some() || is_asked || self.has_files() || self.is_notifying()
    }
}

impl Face for FullScreen {
    fn ahead(&self) -> Ahead {
        Ahead::Most(AHEAD)
    }

    fn dropped(&mut self, is_line: bool) -> io::Result<()> {
        let of = if is_line { self.entered.pop_back() } else { None };
        let again = if is_line { "; Up brings it back" } else { "" };
        let why = format!("that was dropped, as {AHEAD} lines wait for the server already{again}");
        self.lines_in(of.as_ref(), &[Line::refused(Code::SlowDown, &why)]);
        Ok(())
    }

    async fn input(&mut self) -> io::Result<Input> {
        let (is_lively, look_at) = (self.is_lively(), self.pace.look_at());
        tokio::select! {
            biased;
            event = self.events.recv() => match event.flatten() {
                Some(event) => self.event(event),
                None => Ok(Input::Leave),
            },
            shell = self.stops.next() => self.shell(shell).map(|()| Input::Nothing),
            () = self.endings.next() => Ok(Input::Leave),
            drawn = self.pace.turn(&self.terminal) => {
                drawn?;
                self.draw();
                Ok(Input::Nothing)
            }
            fetched = self.fetcher.next() => {
                self.fetcher.take(fetched, &mut self.model);
                self.pace.changed();
                Ok(Input::Nothing)
            }
            trouble = self.aside.trouble() => {
                self.log_ended(&trouble);
                Ok(Input::Nothing)
            }
            () = tokio::time::sleep_until(look_at), if is_lively => {
                self.tick();
                Ok(Input::Nothing)
            }
        }
    }

    fn act(&mut self, line: Vec<u8>) -> io::Result<Act> {
        Ok(self.turn(&line))
    }

    fn begins(&mut self) {
        self.asks(self.current(), None, false);
    }

    fn notice(&mut self, notice: &Notice, _: usize) -> io::Result<()> {
        self.noticed(notice);
        Ok(())
    }

    fn file(&mut self, told: FileTold) -> io::Result<()> {
        self.happened(told);
        Ok(())
    }

    fn answered(&mut self, outcome: Outcome) -> io::Result<()> {
        self.came_of(&outcome);
        Ok(())
    }

    fn unsent(&mut self, waiting: &[Vec<u8>]) -> io::Result<()> {
        self.left_behind(waiting);
        Ok(())
    }
}
