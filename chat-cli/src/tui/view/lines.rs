//! The lines that one row takes on the screen, with what stands before it: a gap, a new day, what is new.

use std::ops::Range;

use chat_net::chat_core::{Timestamp, UserName};

use super::wrap::wrapped;
use crate::tui::clean::{columns, fitting};
use crate::tui::model::{Kind, Mark, Row, Window};
use crate::tui::zone::Zone;

/// Narrower areas show no times.
const WITH_TIMES: usize = 30;

/// One line of the messages.
#[derive(Clone, Debug)]
pub(super) enum Line<'a> {
    /// Messages are missing here.
    Gap,
    /// A day begins, by the clock of whoever reads.
    Day(Timestamp),
    /// What is below came unseen.
    New,
    /// The first line of a row.
    Head { row: &'a Row, head: Head, text: &'a str, found: bool },
    /// A further line of it, so many columns from the left.
    More { row: &'a Row, indent: usize, text: &'a str, found: bool },
}

impl Line<'_> {
    /// Whether it is of the row that somebody jumped to.
    pub(super) fn is_found(&self) -> bool {
        matches!(self, Line::Head { found: true, .. } | Line::More { found: true, .. })
    }
}

/// What stands left of a row's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// With its number, where that is shown.
    pub(super) time: String,
    /// The author's name, or a sign for what has none.
    pub(super) name: String,
    pub(super) is_name: bool,
}

impl Head {
    fn of(row: &Row, width: usize, with_number: bool, zone: &Zone) -> Head {
        let (hours, minutes, _) = zone.local(row.at).clock();
        let mut time = if width < WITH_TIMES { String::new() } else { format!("{hours:02}:{minutes:02} ") };
        if let Some(number) = row.number().filter(|_| with_number && row.kind == Kind::Said) {
            time.push_str(&format!("{number} "));
        }
        let author = row.author.as_ref().map(UserName::as_str);
        let sign = match row.kind {
            Kind::Note => "-",
            Kind::Refused => "!",
            _ => "*",
        };
        let name = fitting(author.unwrap_or(sign), (width / 3).max(8).min(width));
        Head { time, name, is_name: author.is_some() }
    }

    /// Where the text begins.
    fn columns(&self) -> usize {
        self.time.len() + columns(&self.name) + 1
    }
}

/// The lines of the row at `mark`, in an area so wide, there.
pub(super) fn lines_of<'a>(window: &'a Window, mark: Mark, width: usize, zone: &Zone) -> Vec<Line<'a>> {
    let Some(row) = window.rows.get(mark) else { return Vec::new() };
    let before = window.rows.get(mark.plus(-1));
    let mut lines = Vec::new();
    if row.gap.is_some() {
        lines.push(Line::Gap);
    }
    let at = zone.local(row.at);
    if before.is_none_or(|before| zone.local(before.at).day() != at.day()) {
        lines.push(Line::Day(at));
    }
    if window.new_from == Some(mark) {
        lines.push(Line::New);
    }
    let head = Head::of(row, width, window.shows_numbers, zone);
    let start = head.columns();
    // A long name must not leave a thin column of text.
    let indent = if start * 2 <= width { start } else { 2.min(width / 4) };
    let text = row.text.as_str();
    let mut parts = wrapped(text, width.saturating_sub(start), width.saturating_sub(indent)).into_iter();
    let part = |range: Range<usize>| &text[range];
    let found = window.found == Some(mark);
    lines.push(Line::Head { row, head, text: parts.next().map_or("", part), found });
    lines.extend(parts.map(|range| Line::More { row, indent, text: part(range), found }));
    lines
}
