//! The terminal that the full screen is drawn on: taken over, drawn on, and given back as it was.

mod events;
mod frame;
mod modes;
mod output;

use std::future::pending;
use std::io;
use std::time::Duration;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};

use crate::stops::stop_job;
use crate::terminal::{Size, terminal_size};
use modes::Modes;
use output::Output;

pub(crate) use events::events;

/// How long to wait for a terminal that takes nothing, before it is given back as it is.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long what is being written may take when there is room for it again.
const FLUSHED: Duration = Duration::from_millis(200);

/// Cells that are drawn in one row, and rows; what a terminal has beyond that stays empty.
const MOST: u16 = 1000;

/// The terminal, for as long as this exists.
#[derive(Debug)]
pub(crate) struct Terminal {
    output: Output,
    /// What is on it, and what is to be.
    before: Buffer,
    now: Buffer,
    cursor: Option<Position>,
    /// Whether it is not known what is on it.
    is_unknown: bool,
    /// Whether it is the shell's, until the program goes on.
    is_lent: bool,
    /// Left when the output is at rest.
    modes: Modes,
}

impl Terminal {
    /// Takes the terminal over, with the mouse or without.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or the system has no room for a thread.
    pub(crate) fn open(has_mouse: bool) -> io::Result<Terminal> {
        let output = Output::new()?;
        let modes = Modes::enter(has_mouse)?;
        let area = area();
        Ok(Terminal {
            output,
            before: Buffer::empty(area),
            now: Buffer::empty(area),
            cursor: None,
            is_unknown: true,
            is_lent: false,
            modes,
        })
    }

    /// What can be drawn on.
    pub(crate) fn area(&self) -> Rect {
        self.before.area
    }

    /// The terminal has another size, or shows something else than what was drawn.
    pub(crate) fn renew(&mut self) {
        let area = area();
        (self.before, self.now) = (Buffer::empty(area), Buffer::empty(area));
        self.is_unknown = true;
    }

    /// Waits until the last picture was taken, and until the terminal is the program's: before that, none may be drawn.
    /// Cancel safe.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) async fn ready(&self) -> io::Result<()> {
        if self.is_lent {
            return pending().await;
        }
        if !modes::are_entered() {
            return Err(modes::failed());
        }
        self.output.idle().await
    }

    /// Waits until a fault of the program's own has given the terminal back. Cancel safe.
    pub(crate) async fn lost(&self) -> io::Error {
        modes::lost().await
    }

    /// Draws a picture, which gives where the cursor goes; and writes that `signal` to the terminal.
    pub(crate) fn draw(&mut self, signal: &str, picture: impl FnOnce(Rect, &mut Buffer) -> Option<Position>) {
        self.now.reset();
        let cursor = picture(self.area(), &mut self.now);
        let mut frame = String::new();
        if std::mem::take(&mut self.is_unknown) {
            frame.push_str(frame::CLEAR);
            self.before.reset();
        }
        frame::append(&mut frame, &self.before, &self.now, (self.cursor, cursor));
        frame.push_str(signal);
        std::mem::swap(&mut self.before, &mut self.now);
        self.cursor = cursor;
        if !frame.is_empty() {
            self.output.write(frame.into_bytes());
        }
    }

    /// Gives the terminal back to the shell, and stops until it lets the program go on, of which one is told: then
    /// [`resume`](Terminal::resume). Whether there is a shell.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn suspend(&mut self) -> io::Result<bool> {
        self.leave();
        self.is_lent = stop_job();
        if !self.is_lent {
            self.resume()?;
        }
        Ok(self.is_lent)
    }

    /// The shell lets the program go on: takes the terminal over again, which the shell has set as it likes it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        if !self.leave() {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the terminal takes nothing"));
        }
        self.is_lent = false;
        self.modes.enter_again()?;
        self.renew();
        Ok(())
    }

    /// Gives the terminal back; whether it takes what is to be read there.
    pub(crate) fn close(mut self) -> bool {
        self.leave()
    }

    /// Leaves the modes, and whether the terminal was told. Where it takes nothing, what it did not take is dropped, which
    /// makes room for the rest of it; where that does not help, nobody waits for what is written.
    fn leave(&mut self) -> bool {
        let mut takes = self.output.wait(PATIENCE);
        if !takes {
            self.is_unknown = true;
            modes::forget_unread();
            self.modes.leave_raw();
            takes = self.output.wait(FLUSHED);
        }
        if takes && modes::are_entered() {
            self.modes.leave_raw();
            self.output.write(self.modes.leaving().into_bytes());
            takes = self.output.wait(PATIENCE);
        }
        self.modes.abandon();
        takes
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

/// What of the terminal is drawn on.
fn area() -> Rect {
    let Size { columns, rows } = terminal_size(&io::stdout());
    let most = |cells: usize| u16::try_from(cells).unwrap_or(MOST).min(MOST);
    Rect::new(0, 0, most(columns), most(rows))
}
