//! The line that is typed, or lines: it grows to a third of the screen.

use std::borrow::Cow;
use std::ops::Range;

use chat_net::chat_core::printable;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};
use ratatui_core::style::Style;

use super::paint;
use super::theme::Theme;
use crate::draft::Draft;
use crate::tui::clean::{Cluster, clusters, columns, is_plain};
use crate::tui::model::{Model, Of, Window};

/// Narrower screens do not say where the line goes.
const WITH_TITLE: u16 = 40;

/// How many rows the input would take on a screen so wide, at most so many.
pub(super) fn rows(window: &Window, width: u16, most: u16) -> u16 {
    let rows = Wrapped::new(window, width, usize::from(most)).rows.len();
    u16::try_from(rows).map_or(most, |rows| rows.min(most))
}

/// Draws it, and gives where the cursor is.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, cells: &mut Buffer) -> Option<Position> {
    let window = model.windows.current();
    if area.is_empty() {
        return None;
    }
    let Wrapped { prompt, rows, cursor } = Wrapped::new(window, area.width, usize::MAX);
    // The row with the cursor is the last that must be seen.
    let hidden = (cursor.1 + 1).saturating_sub(usize::from(area.height));
    let indent = u16::try_from(columns(&prompt)).unwrap_or(u16::MAX).min(area.width);
    for ((at, row), line) in rows.iter().enumerate().skip(hidden).zip(area.rows()) {
        let left = Rect { x: line.x + indent, width: line.width - indent, ..line };
        if at == 0 {
            paint::line(&prompt, theme.bold(), line, cells);
        }
        let text: String = clusters(&window.draft.text[row.clone()]).map(|cluster| shown(&cluster)).collect();
        paint::line(&text, Style::new(), left, cells);
    }
    // Where something is asked, what is typed is the answer.
    if window.draft.text.is_empty() && model.question.is_none() {
        let left = Rect { x: area.x + indent, width: area.width - indent, ..area };
        paint::line(&placeholder(window, left.width), theme.faint(), left, cells);
    }
    let x = area.x + indent + u16::try_from(cursor.0).unwrap_or(u16::MAX);
    let y = area.y + u16::try_from(cursor.1 - hidden).unwrap_or(0);
    Some(Position { x: x.min(area.right() - 1), y })
}

/// What could be typed, where nothing is.
fn placeholder(window: &Window, width: u16) -> String {
    let title = window.of.title();
    let long = match (&window.of, window.out()) {
        (Of::Server, _) => "type a /command; F1 helps".to_owned(),
        (Of::Room(room), Some(_)) => format!("/join {room} goes into it again; F1 helps"),
        (Of::Room(_), None) => format!("say something to {title}, or /command; F1 helps"),
        (Of::User(_), _) => format!("say something to {title} only, or /command; F1 helps"),
    };
    let width = usize::from(width);
    [long.as_str(), "text, or /command; F1 helps", "F1 helps"]
        .into_iter()
        // The last column stays free.
        .find(|words| columns(words) < width)
        .unwrap_or_default()
        .to_owned()
}

/// What is typed, in rows.
struct Wrapped {
    prompt: String,
    /// Ranges of the bytes of the text.
    rows: Vec<Range<usize>>,
    /// The column, behind the prompt, and the row.
    cursor: (usize, usize),
}

impl Wrapped {
    /// In about `most` rows, if there are more: whoever wants to know no more than that does not wait for all.
    fn new(window: &Window, width: u16, most: usize) -> Wrapped {
        let title = if width < WITH_TITLE { String::new() } else { window.of.title() };
        let mut prompt = format!("{title}> ");
        if columns(&prompt) * 2 > usize::from(width) {
            prompt = "> ".to_owned();
        }
        // The cursor stands behind the last character.
        let room = usize::from(width).saturating_sub(columns(&prompt) + 1).max(1);
        let Draft { text, cursor } = &window.draft;
        let mut wrapped = Wrapped { prompt, rows: Vec::new(), cursor: (0, 0) };
        let mut start = 0;
        for line in text.split('\n') {
            if wrapped.rows.len() >= most {
                break;
            }
            match is_plain(line) {
                true => wrapped.plain_line(line.len(), start, room, *cursor),
                false => wrapped.line(line, start, room, *cursor, most),
            }
            start += line.len() + 1;
        }
        wrapped
    }

    /// A line of so many bytes, each of which is a column.
    fn plain_line(&mut self, length: usize, from: usize, room: usize, cursor: usize) {
        let last = length.saturating_sub(1) / room;
        if let Some(behind) = cursor.checked_sub(from).filter(|behind| *behind <= length) {
            let row = (behind / room).min(last);
            self.cursor = (behind - row * room, self.rows.len() + row);
        }
        let row = |row| from + row * room..from + length.min((row + 1) * room);
        self.rows.extend((0..=last).map(row));
    }

    fn line(&mut self, line: &str, from: usize, room: usize, cursor: usize, most: usize) {
        let (mut start, mut used) = (from, 0);
        for cluster in clusters(line) {
            let wide = width(&cluster);
            if used > 0 && used + wide > room {
                self.rows.push(start..from + cluster.start);
                (start, used) = (from + cluster.start, 0);
                if self.rows.len() >= most {
                    return;
                }
            }
            if (from + cluster.start..from + cluster.end).contains(&cursor) {
                self.cursor = (used, self.rows.len());
            }
            used += wide;
        }
        if cursor == from + line.len() {
            self.cursor = (used, self.rows.len());
        }
        self.rows.push(start..from + line.len());
    }
}

/// A cluster as it is drawn: what was pasted can hold anything.
fn shown<'a>(cluster: &Cluster<'a>) -> Cow<'a, str> {
    if cluster.columns > 0 && !cluster.text.contains(char::is_control) {
        return printable(cluster.text);
    }
    let marks = cluster.text.chars().map(|c| format!("<U+{:04X}>", u32::from(c)));
    if cluster.text == "\t" { Cow::Borrowed(" ") } else { Cow::Owned(marks.collect()) }
}

fn width(cluster: &Cluster<'_>) -> usize {
    if is_plain(cluster.text) { cluster.columns } else { columns(&shown(cluster)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_lines_are_broken_where_others_are() {
        let mut window = Window::new(Of::Server);
        for length in 0..40 {
            for text in ["x".repeat(length), "ab\n\n".to_owned() + &"x".repeat(length) + "\nend"] {
                for cursor in 0..=text.len() {
                    window.draft = Draft { text: text.clone(), cursor };
                    let plain = Wrapped::new(&window, 12, usize::MAX);
                    let mut other = Wrapped { prompt: String::new(), rows: Vec::new(), cursor: (0, 0) };
                    let mut start = 0;
                    for line in text.split('\n') {
                        other.line(line, start, 12 - columns(&plain.prompt) - 1, cursor, usize::MAX);
                        start += line.len() + 1;
                    }
                    assert_eq!(
                        (plain.rows, plain.cursor),
                        (other.rows, other.cursor),
                        "{cursor} in {text:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn rows_are_counted_as_far_as_they_matter() {
        let mut window = Window::new(Of::Server);
        window.draft = Draft::new("x\n".repeat(30_000));
        assert_eq!((rows(&window, 80, 8), rows(&window, 80, u16::MAX)), (8, 30_001));
        assert_eq!(Wrapped::new(&window, 80, 8).rows.len(), 8);
        window.draft = Draft::new("漢".repeat(20_000));
        assert_eq!(Wrapped::new(&window, 80, 8).rows.len(), 8);
    }
}
