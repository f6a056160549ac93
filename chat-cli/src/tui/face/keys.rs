//! What keys, pastes and the terminal's own events do.

use std::io;

use chat_net::chat_core::Code;
use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use ratatui_core::layout::Position;
use tokio::time::Instant;

use super::{AGAIN, FullScreen};
use crate::join::{Input, Line, now};
use crate::tui::clean::Clean;
use crate::tui::input::Outcome;
use crate::tui::keys::{self, Action, Look};
use crate::tui::model::{ABOVE, Of, Scroll};
use crate::tui::view::{self, Move};

/// Lines that one step of the wheel moves.
const WHEEL: usize = 3;

/// For the test that a panic gives the terminal back.
#[cfg(debug_assertions)]
fn panic_if_asked(event: &Event) {
    use crossterm::event::KeyCode;
    let Event::Key(key) = event else { return };
    match key.code {
        _ if std::env::var_os("CHAT_PANIC_KEY").is_none() => {}
        KeyCode::F(12) => panic!("F12 was pressed, and CHAT_PANIC_KEY is set"),
        // Whoever joins it is told what it came to, which is known.
        KeyCode::F(11) => _ = std::thread::spawn(|| panic!("in a thread")).join(),
        _ => {}
    }
}

impl FullScreen {
    /// Does what an event of the terminal does.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(super) fn event(&mut self, event: Event) -> io::Result<Input> {
        #[cfg(debug_assertions)]
        panic_if_asked(&event);
        self.pace.changed();
        match event {
            Event::Key(key) if self.secret.is_some() => match keys::action(key) {
                Some(action @ (Action::Suspend | Action::Redraw)) => self.outcome(terminals(action)),
                Some(action) => Ok(self.secret_key(action)),
                None => Ok(Input::Nothing),
            },
            Event::Key(key) => {
                let asked_at = self.asked_at.take();
                let outcome = self.input.press(key, &mut self.model, Instant::now());
                self.asked_at = asked_at.filter(|_| matches!(outcome, Outcome::Interrupt | Outcome::End));
                self.outcome(outcome)
            }
            Event::Paste(text) if self.secret.is_some() => {
                self.secret_pasted(&text);
                Ok(Input::Nothing)
            }
            Event::Paste(text) => {
                let outcome = self.input.paste(&text, &mut self.model);
                self.outcome(outcome)
            }
            Event::Resize(..) => {
                self.terminal.renew();
                Ok(Input::Nothing)
            }
            Event::FocusGained | Event::FocusLost => {
                self.model.windows.watched(event == Event::FocusGained);
                Ok(Input::Nothing)
            }
            Event::Mouse(mouse) => {
                self.mouse(mouse);
                Ok(Input::Nothing)
            }
        }
    }

    fn outcome(&mut self, outcome: Outcome) -> io::Result<Input> {
        match outcome {
            Outcome::Changed | Outcome::Nothing | Outcome::Told(_) => {}
            Outcome::Entered(line) => return Ok(self.entered(line)),
            Outcome::File(text) => return Ok(self.send_as_file(&text)),
            Outcome::Look(look) => self.look(look),
            Outcome::Leaf(by) => view::leafed(&mut self.model, self.terminal.area(), by),
            Outcome::Interrupt | Outcome::End => return Ok(self.leaves_by_key(outcome == Outcome::End)),
            Outcome::Redraw => self.terminal.renew(),
            Outcome::Suspend => self.suspend()?,
        }
        Ok(Input::Nothing)
    }

    /// Shows something else.
    pub(super) fn look(&mut self, look: Look) {
        let windows = &mut self.model.windows;
        match look {
            Look::Window(index) => windows.go_to(index),
            Look::Next => windows.step(1),
            Look::Previous => windows.step(-1),
            Look::Before => windows.go_back(),
            Look::Unread => windows.go_to_unread(),
            Look::Close => windows.close(),
            Look::PageUp => self.scroll(Move::PageUp),
            Look::PageDown => self.scroll(Move::PageDown),
            Look::LineUp => self.scroll(Move::Up(1)),
            Look::LineDown => self.scroll(Move::Down(1)),
            Look::Top => self.scroll(Move::Top),
            Look::Bottom => self.scroll(Move::End),
            Look::FirstUnread => {
                let window = windows.current_mut();
                if let Some(mark) = window.new_from {
                    window.jump_to(mark, ABOVE);
                }
            }
            Look::Mention => {
                let window = windows.current_mut();
                let above = window.mention_above(window.found).or_else(|| window.mention_above(None));
                if let Some(mark) = above {
                    window.jump_to(mark, ABOVE);
                }
            }
        }
    }

    /// The wheel scrolls what is shown, and a click goes to the window that it is on.
    fn mouse(&mut self, MouseEvent { kind, column, row, .. }: MouseEvent) {
        let by = match kind {
            MouseEventKind::ScrollUp => Move::Up(WHEEL),
            MouseEventKind::ScrollDown => Move::Down(WHEEL),
            MouseEventKind::Down(MouseButton::Left) if self.model.overlay.is_none() => {
                let at = view::window_at(&self.model, self.terminal.area(), Position { x: column, y: row });
                if let Some(at) = at.filter(|at| *at != self.model.windows.current_index()) {
                    self.input.left(&mut self.model);
                    self.model.windows.go_to(at);
                }
                return;
            }
            _ => return,
        };
        match self.model.overlay {
            Some(_) => view::leafed(&mut self.model, self.terminal.area(), by),
            None => self.scroll(by),
        }
    }

    fn scroll(&mut self, by: Move) {
        let scroll = view::moved(&self.model, self.terminal.area(), by);
        self.model.windows.current_mut().scroll_to(scroll);
        if matches!(by, Move::PageUp | Move::Up(_) | Move::Top) && scroll != Scroll::End {
            self.model.fetch_again();
        }
    }

    /// A key that leaves was pressed on an empty input: Ctrl-C has to be pressed twice, and Ctrl-D where lines wait; the line
    /// above the input says so until another key is pressed, or for [`AGAIN`].
    fn leaves_by_key(&mut self, is_end: bool) -> Input {
        let waiting = self.waiting();
        let loses_lines = self.retry_at.is_some() && waiting > 0;
        // Whoever has files on their way is asked because of these.
        let has_files = !self.desk.files.left_behind().is_empty();
        let was_asked = self.asked_at.replace(Instant::now()).is_some();
        if was_asked || has_files || (is_end && !loses_lines) {
            return if self.leaves() { Input::Leave } else { Input::Nothing };
        }
        let lines = match loses_lines {
            true => format!(", and {waiting} of your lines would not be sent"),
            false => String::new(),
        };
        self.model.question = Some(Clean::line(&format!("the same key again leaves{lines}")));
        Input::Nothing
    }

    /// Whether somebody who wants to leave does: with files on their way only when it is said twice.
    pub(super) fn leaves(&mut self) -> bool {
        let lost = self.desk.files.left_behind();
        if lost.is_empty() || self.warned.is_some_and(|at| at.elapsed() <= AGAIN) {
            return true;
        }
        self.warned = Some(Instant::now());
        let again = AGAIN.as_secs();
        self.say(Line::note(&format!(
            "files are on their way; to leave all the same, say so again within {again} s, and then:"
        )));
        self.lines_in(None, &lost);
        false
    }

    /// Sends what was pasted as a file to whoever the window is of.
    fn send_as_file(&mut self, text: &str) -> Input {
        let to = self.current().title();
        match self.pastes.keep(text, now()) {
            Ok(path) => self.entered(format!("/sendfile {to} {}", path.display())),
            Err(error) => {
                self.model.windows.current_mut().draft.insert(text);
                let why = format!("what was pasted cannot be kept: {error}");
                self.say(Line::refused(Code::BadFile, &why));
                Input::Nothing
            }
        }
    }

    /// Says something in the current window.
    pub(super) fn say(&mut self, line: Line) {
        self.lines_in(None, &[line]);
    }

    /// Shows lines in the window of that, if there is one; else in the current one.
    pub(super) fn lines_in(&mut self, of: Option<&Of>, lines: &[Line]) {
        let is_known = |of: &&Of| self.model.windows.iter().any(|window| window.of == **of);
        let of = of.filter(is_known).cloned().unwrap_or_else(|| self.current());
        self.model.lines(&of, now(), lines);
        self.pace.changed();
    }

    pub(super) fn current(&self) -> Of {
        self.model.windows.current().of.clone()
    }
}

/// What has to do with the terminal, whatever is typed.
fn terminals(action: Action) -> Outcome {
    if action == Action::Suspend { Outcome::Suspend } else { Outcome::Redraw }
}
