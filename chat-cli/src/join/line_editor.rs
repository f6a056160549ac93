//! The terminal of `join`: one row at the bottom is the line being typed, everything else scrolls above it.
//!
//! The row never wraps: a line longer than the terminal is wide is shown in part, around the cursor. So
//! whatever comes in is printed by clearing one row, printing, and painting the row again.

use std::io::{self, Write};

use chat_net::chat_core::printable;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste, Event};
use crossterm::{execute, terminal};
use tokio::sync::mpsc;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::line::{Line, Pressed};
use super::render::Palette;

/// Columns that are assumed where a terminal does not say.
const COLUMNS: usize = 80;

/// Keys that may wait to be looked at; then the terminal keeps them.
const KEYS: usize = 64;

/// The terminal, in raw mode for as long as this exists.
#[derive(Debug)]
pub(crate) struct LineEditor {
    line: Line,
    prompt: String,
    palette: Palette,
    columns: usize,
    /// The column of the cursor as painted: to find the row again after a resize.
    cursor_column: usize,
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
            prompt: prompt.to_owned(),
            palette,
            columns: columns(),
            cursor_column: 0,
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
            Event::Key(key) => self.line.press(key),
            Event::Paste(text) => {
                self.line.paste(&text);
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
            Pressed::Clear => self.paint("\x1b[2J\x1b[H")?,
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
        self.resume()
    }

    /// Takes the terminal over again, which the shell has set as it likes it.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn resume(&mut self) -> io::Result<()> {
        RawMode::leave();
        RawMode::enter_again()?;
        self.columns = columns();
        self.paint("")
    }

    /// Clears the row: what is printed next begins there.
    ///
    /// # Errors
    /// The terminal is gone.
    pub(crate) fn clear(&mut self) -> io::Result<()> {
        let mut out = io::stdout().lock();
        out.write_all(b"\r\x1b[J")?;
        out.flush()
    }

    /// A narrower terminal has wrapped the row: the cursor is some rows below its beginning.
    fn resize(&mut self) -> io::Result<()> {
        self.columns = columns();
        let up = self.cursor_column / self.columns;
        let moved = if up > 0 { format!("\x1b[{up}A\r\x1b[J") } else { String::new() };
        self.paint(&moved)
    }

    /// Clears the row, prints `above`, and paints the row again, in one write.
    fn paint(&mut self, above: &str) -> io::Result<()> {
        let prompt = cut(&self.prompt, self.columns / 2);
        let prompt_columns = prompt.width();
        let room = self.columns.saturating_sub(prompt_columns + 1).max(2);
        let (shown, cursor) = window(&self.line, room);
        let column = prompt_columns + cursor;
        self.cursor_column = column;
        let forward = if column > 0 { format!("\x1b[{column}C") } else { String::new() };
        let row = format!("\r\x1b[J{above}{}{shown}\r{forward}", self.palette.prompt(&prompt));
        let mut out = io::stdout().lock();
        out.write_all(row.as_bytes())?;
        out.flush()
    }
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

/// The width of the terminal that is written to, which need not be the one that controls the process.
#[cfg(unix)]
fn columns() -> usize {
    let size = rustix::termios::tcgetwinsize(io::stdout());
    size.ok().map(|size| usize::from(size.ws_col)).filter(|columns| *columns > 0).unwrap_or(COLUMNS)
}

#[cfg(not(unix))]
fn columns() -> usize {
    terminal::size().map_or(COLUMNS, |(columns, _)| if columns == 0 { COLUMNS } else { usize::from(columns) })
}

/// `text` cut to at most `columns`; the end stays, because that is where a prompt ends.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept: Vec<&str> = Vec::new();
    let mut used = 1;
    for grapheme in text.graphemes(true).rev() {
        used += grapheme.width();
        if used > columns {
            break;
        }
        kept.push(grapheme);
    }
    kept.push("…");
    kept.into_iter().rev().collect()
}

/// The part of the line around the cursor that fits into `columns`, and the cursor's column in it.
fn window(line: &Line, columns: usize) -> (String, usize) {
    let (before, behind) = line.text().split_at(line.cursor());
    let (before, behind) = (printable(before), printable(behind));
    let shown_before = if before.width() < columns { before.into_owned() } else { cut(&before, columns - 1) };
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

/// Stops this process as the terminal's own Ctrl-Z would; returns when it goes on.
fn stop_self() {
    #[cfg(unix)]
    {
        // To oneself, this cannot fail; where it does, the program just goes on.
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::STOP);
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

    #[test]
    fn a_long_prompt_keeps_its_end() {
        assert_eq!(cut("#lobby> ", 20), "#lobby> ");
        assert_eq!(cut("#a-very-long-room> ", 10), "…ng-room> ");
    }
}
