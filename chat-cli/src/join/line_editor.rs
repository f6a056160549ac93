//! The terminal of `join`: the last row is the line being typed, above it may be rows that show how far files are,
//! and everything else scrolls above those.
//!
//! No row ever wraps: a line longer than the terminal is wide is shown in part, around the cursor. So
//! whatever comes in is printed by clearing the rows, printing, and painting them again.

use std::io::{self, Write};

use chat_net::chat_core::printable;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::{execute, terminal};
use tokio::sync::mpsc;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::line::{Line, Pressed};
use super::render::Palette;
use crate::rows::{LastRow, Row, Rows};
use crate::stops::stop_self;
use crate::terminal::{Size, terminal_size, wraps};
use crate::width::keep_end;

/// Keys that may wait to be looked at; then the terminal keeps them.
const KEYS: usize = 64;

/// The terminal, in raw mode for as long as this exists.
#[derive(Debug)]
pub(crate) struct LineEditor {
    line: Line,
    /// Typed in place of the line while it is to be seen by nobody; it leaves nothing behind.
    hidden: Option<Line>,
    prompt: String,
    palette: Palette,
    size: Size,
    /// What stands above the line.
    above: Vec<Row>,
    rows: Rows,
    /// Whether this program has stopped itself, and is still to be told that it goes on.
    was_stopped: bool,
    /// Made last and dropped with the editor.
    _raw: RawMode,
}

impl LineEditor {
    /// Takes the terminal over and shows `prompt`.
    ///
    /// # Errors
    /// Standard input or output is no terminal, or it does not answer.
    pub(crate) fn new(prompt: &str, palette: Palette) -> io::Result<LineEditor> {
        let raw = RawMode::enter()?;
        let mut editor = LineEditor {
            line: Line::default(),
            hidden: None,
            prompt: prompt.to_owned(),
            palette,
            size: terminal_size(&io::stdout()),
            above: Vec::new(),
            rows: Rows::default(),
            was_stopped: false,
            _raw: raw,
        };
        editor.paint("")?;
        Ok(editor)
    }

    /// Shows another prompt.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn set_prompt(&mut self, prompt: &str) -> io::Result<()> {
        if self.prompt == prompt {
            return Ok(());
        }
        prompt.clone_into(&mut self.prompt);
        self.paint("")
    }

    /// Whether what is typed from now on is a secret. The prompt is to be set behind this.
    pub(crate) fn hide(&mut self, is_secret: bool) {
        self.hidden = is_secret.then(Line::default);
    }

    /// How large the terminal is.
    pub(crate) fn size(&self) -> Size {
        self.size
    }

    /// Shows other rows above the line, none as wide as the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn set_above(&mut self, above: Vec<Row>) -> io::Result<()> {
        if self.above == above {
            return Ok(());
        }
        self.above = above;
        self.paint("")
    }

    /// Prints whole lines, each ended by a newline, above the row.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn print(&mut self, lines: &str) -> io::Result<()> {
        self.paint(&lines.replace('\n', "\r\n"))
    }

    /// Does what a terminal's event does.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn event(&mut self, event: Event) -> io::Result<Pressed> {
        let pressed = match event {
            Event::Key(key) => self.hidden.as_mut().unwrap_or(&mut self.line).press(key),
            Event::Paste(text) => {
                self.hidden.as_mut().unwrap_or(&mut self.line).paste(&text);
                Pressed::Edited
            }
            Event::Resize(..) => {
                self.resize()?;
                Pressed::Nothing
            }
            _ => Pressed::Nothing,
        };
        match &pressed {
            // A line that was entered is printed by whoever knows what becomes of it.
            Pressed::Edited | Pressed::Entered(_) => self.paint("")?,
            Pressed::Clear => {
                self.rows.forget();
                self.paint("\x1b[2J\x1b[H")?;
            }
            Pressed::Suspend => self.suspend()?,
            Pressed::Interrupt | Pressed::End | Pressed::Nothing => {}
        }
        Ok(pressed)
    }

    /// Gives the terminal back to the shell until it lets the program go on.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn suspend(&mut self) -> io::Result<()> {
        self.clear()?;
        RawMode::leave();
        stop_self();
        self.was_stopped = cfg!(unix);
        self.take_over()
    }

    /// The shell lets the program go on: takes the terminal over again, which the shell has set as it likes it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        if !std::mem::take(&mut self.was_stopped) {
            // Stopped by others, where it stood: the shell has printed below the rows.
            self.rows.forget();
        }
        self.take_over()
    }

    fn take_over(&mut self) -> io::Result<()> {
        RawMode::leave();
        RawMode::enter_again()?;
        self.size = terminal_size(&io::stdout());
        self.paint("")
    }

    /// Clears the rows: what is printed next begins there.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        write(&self.rows.clear())
    }

    fn resize(&mut self) -> io::Result<()> {
        self.size = terminal_size(&io::stdout());
        let columns = self.size.columns;
        // Whoever made these rows makes them anew; until then they must not wrap.
        self.above.retain(|row| row.columns < columns);
        let (text, cursor) = self.last_row();
        let last = LastRow { text: &text, cursor };
        write(&self.rows.paint_resized(columns, wraps(), &self.above, last))
    }

    /// Clears the rows, prints `above`, and paints the rows again, in one write.
    fn paint(&mut self, above: &str) -> io::Result<()> {
        let (text, cursor) = self.last_row();
        write(&self.rows.paint(above, &self.above, LastRow { text: &text, cursor }))
    }

    /// The row of the line, and the cursor's column in it.
    fn last_row(&self) -> (String, usize) {
        let prompt = keep_end(&self.prompt, self.size.columns / 2);
        let prompt_columns = prompt.width();
        if self.hidden.is_some() {
            return (self.palette.prompt(&prompt), prompt_columns);
        }
        let room = self.size.columns.saturating_sub(prompt_columns + 1).max(2);
        let (shown, cursor) = window(&self.line, room);
        (format!("{}{shown}", self.palette.prompt(&prompt)), prompt_columns + cursor)
    }
}

fn write(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

impl Drop for LineEditor {
    fn drop(&mut self) {
        // The terminal may be gone; there is nobody to tell.
        let _ = self.clear();
    }
}

/// Reads the terminal's events in a thread of its own, for as long as somebody listens. At the end of the
/// terminal, the channel ends.
pub(crate) fn events() -> mpsc::Receiver<Event> {
    let (sender, receiver) = mpsc::channel(KEYS);
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if sender.blocking_send(event).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The part of the line around the cursor that fits into `columns`, and the cursor's column in it.
fn window(line: &Line, columns: usize) -> (String, usize) {
    let (before, behind) = line.text().split_at(line.cursor());
    let (before, behind) = (printable(before), printable(behind));
    let shown_before =
        if before.width() < columns { before.into_owned() } else { keep_end(&before, columns - 1) };
    let cursor = shown_before.width();
    let mut shown = shown_before;
    let mut used = cursor;
    for grapheme in behind.graphemes(true) {
        used += grapheme.width();
        if used > columns {
            break;
        }
        shown.push_str(grapheme);
    }
    (shown, cursor)
}

/// Raw mode with bracketed paste; the terminal is as before when this is dropped, or when a panic is told.
#[derive(Debug)]
struct RawMode;

impl RawMode {
    fn enter() -> io::Result<RawMode> {
        let tell = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            RawMode::leave();
            tell(panic);
        }));
        RawMode::enter_again()?;
        Ok(RawMode)
    }

    fn enter_again() -> io::Result<()> {
        terminal::enable_raw_mode()?;
        execute!(io::stdout(), EnableBracketedPaste)
    }

    fn leave() {
        // Whatever fails here, the other should be tried.
        let _ = execute!(io::stdout(), DisableBracketedPaste);
        let _ = terminal::disable_raw_mode();
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        RawMode::leave();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, left: usize) -> Line {
        use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
        let mut line = Line::default();
        line.paste(text);
        for _ in 0..left {
            line.press(KeyEvent::new(KeyCode::Left, KeyModifiers::NONE));
        }
        line
    }

    #[test]
    fn a_line_that_fits_is_shown_whole() {
        assert_eq!(window(&typed("hello", 0), 20), ("hello".into(), 5));
        assert_eq!(window(&typed("hello", 2), 20), ("hello".into(), 3));
        assert_eq!(window(&typed("漢字", 1), 20), ("漢字".into(), 2));
        assert_eq!(window(&typed("a\nb", 0), 20), ("a↵b".into(), 3));
    }

    #[test]
    fn a_long_line_is_shown_around_the_cursor_and_never_wider() {
        assert_eq!(window(&typed("0123456789", 0), 6), ("…6789".into(), 5));
        assert_eq!(window(&typed("0123456789", 10), 6), ("012345".into(), 0));
        assert_eq!(window(&typed("0123456789", 4), 6), ("…23456".into(), 5));
        for text in [
            "漢字漢字漢字",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
            "👩\u{200d}👧👩\u{200d}👧👩\u{200d}👧",
        ] {
            for left in 0..7 {
                for columns in 2..9 {
                    let (shown, cursor) = window(&typed(text, left), columns);
                    assert!(shown.width() <= columns && cursor < columns, "{text} {left} {columns}: {shown}");
                }
            }
        }
    }
}
