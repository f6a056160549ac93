//! A picture as the bytes that make it of the one before: ECMA-48 sequences that every terminal of today knows.

use std::fmt::Write;

use ratatui_core::buffer::{Buffer, Cell, CellWidth};
use ratatui_core::layout::Position;
use ratatui_core::style::{Color, Modifier};

/// Makes the terminal empty.
pub(super) const CLEAR: &str = "\x1b[0m\x1b[2J";

/// The terminal shows nothing of what follows before the end of it, if it knows that.
const BEGIN: &str = "\x1b[?2026h\x1b[?25l";
const END: &str = "\x1b[?2026l";

/// Appends what makes the picture `now` of the one `before`, which has the same size, and moves the cursor from where it
/// was to where it goes; nothing if nothing changed.
pub(super) fn append(
    frame: &mut String,
    before: &Buffer,
    now: &Buffer,
    (from, to): (Option<Position>, Option<Position>),
) {
    let mut changes = changes(before, now).peekable();
    if changes.peek().is_none() && from == to && frame.is_empty() {
        return;
    }
    frame.push_str(BEGIN);
    let mut at = None;
    let mut style = Style::default();
    for (x, y, cell) in changes {
        if at != Some((x, y)) {
            go_to(frame, Position { x, y });
        }
        let wanted = Style::of(cell);
        if style != wanted {
            wanted.append(frame);
            style = wanted;
        }
        let symbol = cell.symbol();
        frame.push_str(if is_safe(symbol) { symbol } else { " " });
        // How far other characters move the cursor, terminals do not agree on.
        at = (symbol.len() == 1).then_some((x + 1, y));
    }
    if style != Style::default() {
        Style::default().append(frame);
    }
    if let Some(to) = to {
        go_to(frame, to);
        frame.push_str("\x1b[?25h");
    }
    frame.push_str(END);
}

/// The cells that are to be written, each with its place. A row that has, or had, something whose width terminals do not agree
/// on is written as a whole when it changes: what was drawn too far, or not far enough, may stand anywhere in it.
fn changes<'a>(before: &'a Buffer, now: &'a Buffer) -> impl Iterator<Item = (u16, u16, &'a Cell)> {
    let columns = usize::from(now.area.width).max(1);
    let rows = before.content.chunks(columns).zip(now.content.chunks(columns));
    (0..).zip(rows).flat_map(|(y, (before, now))| {
        let is_whole = before.iter().chain(now).any(is_doubtful) && before != now;
        let blanks = if is_whole { covered(now) } else { Vec::new() };
        let mut hidden = 0;
        let cells = (0..).zip(before.iter().zip(now)).filter_map(move |(x, (before, now))| {
            if hidden > 0 {
                hidden -= 1;
                return None;
            }
            hidden = now.cell_width().saturating_sub(1);
            (is_whole || before != now).then_some((x, now))
        });
        blanks.into_iter().chain(cells).map(move |(x, cell)| (x, y, cell))
    })
}

fn is_doubtful(cell: &Cell) -> bool {
    is_cluster(cell) || cell.symbol().len() > 1 && cell.cell_width() > 1 && is_safe(cell.symbol())
}

fn is_cluster(cell: &Cell) -> bool {
    cell.symbol().chars().nth(1).is_some() && is_safe(cell.symbol())
}

/// Whatever came into a cell, no sequence goes out of it.
fn is_safe(symbol: &str) -> bool {
    !symbol.is_empty() && !symbol.contains(char::is_control)
}

/// The cells that are hidden by a cluster, which does not cover them where it is drawn narrower.
fn covered(row: &[Cell]) -> Vec<(u16, &Cell)> {
    let clusters = row.iter().enumerate().filter(|(_, cell)| is_cluster(cell));
    let hidden = clusters.flat_map(|(x, cell)| x + 1..x + usize::from(cell.cell_width()));
    hidden.filter_map(|x| Some((u16::try_from(x).ok()?, row.get(x)?))).collect()
}

fn go_to(frame: &mut String, Position { x, y }: Position) {
    write!(frame, "\x1b[{};{}H", y + 1, x + 1).expect("a String takes every write");
}

/// What SGR says of a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Style {
    text: Color,
    behind: Color,
    modifier: Modifier,
}

impl Style {
    fn of(cell: &Cell) -> Style {
        Style { text: cell.fg, behind: cell.bg, modifier: cell.modifier }
    }

    /// Appends the sequence that sets all of it, whatever was set before.
    fn append(self, frame: &mut String) {
        frame.push_str("\x1b[0");
        for (modifier, number) in [
            (Modifier::BOLD, 1),
            (Modifier::DIM, 2),
            (Modifier::ITALIC, 3),
            (Modifier::UNDERLINED, 4),
            (Modifier::REVERSED, 7),
        ] {
            if self.modifier.contains(modifier) {
                write!(frame, ";{number}").expect("a String takes every write");
            }
        }
        colour(frame, self.text, 30);
        colour(frame, self.behind, 40);
        frame.push('m');
    }
}

/// Appends the numbers of a colour: text from 30 on, what is behind it from 40 on.
fn colour(frame: &mut String, colour: Color, base: u8) {
    let basic = match colour {
        Color::Reset => return,
        Color::Black => 0,
        Color::Red => 1,
        Color::Green => 2,
        Color::Yellow => 3,
        Color::Blue => 4,
        Color::Magenta => 5,
        Color::Cyan => 6,
        Color::Gray => 7,
        Color::DarkGray => 60,
        Color::LightRed => 61,
        Color::LightGreen => 62,
        Color::LightYellow => 63,
        Color::LightBlue => 64,
        Color::LightMagenta => 65,
        Color::LightCyan => 66,
        Color::White => 67,
        Color::Indexed(number) => {
            return write!(frame, ";{};5;{number}", base + 8).expect("a String takes every write");
        }
        Color::Rgb(red, green, blue) => {
            return write!(frame, ";{};2;{red};{green};{blue}", base + 8)
                .expect("a String takes every write");
        }
    };
    write!(frame, ";{}", base + basic).expect("a String takes every write");
}

#[cfg(test)]
mod tests {
    use ratatui_core::layout::Rect;
    use ratatui_core::style::Style as CellStyle;

    use super::*;

    fn picture(lines: [&str; 2]) -> Buffer {
        let mut cells = Buffer::empty(Rect::new(0, 0, 6, 2));
        for (y, line) in (0..).zip(lines) {
            cells.set_string(0, y, line, CellStyle::new());
        }
        cells
    }

    fn changed(before: &Buffer, now: &Buffer) -> String {
        let mut frame = String::new();
        append(&mut frame, before, now, (None, None));
        frame
    }

    #[test]
    fn only_what_changed_is_written() {
        let (one, two) = (picture(["hello", "world"]), picture(["help!", "world"]));
        assert_eq!(changed(&one, &one), "");
        assert_eq!(changed(&one, &two), format!("{BEGIN}\x1b[1;4Hp!{END}"));
        let mut frame = String::new();
        let here = Some(Position { x: 2, y: 1 });
        append(&mut frame, &one, &one, (None, here));
        assert_eq!(frame, format!("{BEGIN}\x1b[2;3H\x1b[?25h{END}"));
    }

    #[test]
    fn a_terminal_shows_what_was_drawn() {
        let mut terminal = vt100::Parser::new(2, 6, 0);
        let mut before = Buffer::empty(Rect::new(0, 0, 6, 2));
        terminal.process(CLEAR.as_bytes());
        for lines in [["漢字ab", "é c"], ["a漢字b", "xyz"], ["abcdef", "123456"]] {
            let now = picture(lines);
            terminal.process(changed(&before, &now).as_bytes());
            let shown: Vec<_> = terminal.screen().rows(0, 6).collect();
            assert_eq!(shown.iter().map(|row| row.trim_end()).collect::<Vec<_>>(), lines);
            before = now;
        }
    }

    /// vt100 draws each of the characters of a cluster for itself.
    #[test]
    fn nothing_is_left_of_what_a_terminal_draws_wider_or_narrower() {
        let mut terminal = vt100::Parser::new(2, 6, 0);
        let mut before = Buffer::empty(Rect::new(0, 0, 6, 2));
        for lines in
            [["क\u{94d}षक\u{94d}ष", ""], ["a b c", ""], ["abcdef", ""], ["❤\u{fe0f}x", ""], ["a b c", ""]]
        {
            let now = picture(lines);
            terminal.process(changed(&before, &now).as_bytes());
            before = now;
            let shown = terminal.screen().rows(0, 6).next().unwrap();
            let is_right = shown.trim_end() == lines[0] || shown.trim_end() == "❤\u{fe0f} x";
            assert!(is_right, "{shown:?} for {lines:?}");
        }
    }

    #[test]
    fn styles_are_set_whole_and_taken_back() {
        let (one, mut two) = (picture(["ab", ""]), picture(["ab", ""]));
        two[(0, 0)].set_style(CellStyle::new().fg(Color::LightRed).add_modifier(Modifier::BOLD));
        two[(1, 0)].set_style(CellStyle::new().fg(Color::Indexed(33)).bg(Color::Blue));
        assert_eq!(
            changed(&one, &two),
            format!("{BEGIN}\x1b[1;1H\x1b[0;1;91ma\x1b[0;38;5;33;44mb\x1b[0m{END}")
        );
    }

    #[test]
    fn no_sequence_goes_out_of_a_cell() {
        for symbol in ["\x1b[2J", "a\u{9b}", "a\r", ""] {
            let (one, mut two) = (picture(["b", ""]), picture(["b", ""]));
            two[(0, 0)].set_symbol(symbol);
            assert_eq!(changed(&one, &two), format!("{BEGIN}\x1b[1;1H {END}"), "{symbol:?}");
        }
    }
}
