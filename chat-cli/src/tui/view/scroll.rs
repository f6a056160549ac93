//! Which lines of a window are on the screen, and which would be after a move.

use std::collections::VecDeque;

use ratatui_core::layout::Rect;

use super::lines::{Line, lines_of};
use crate::tui::model::{ABOVE, Mark, Scroll, Window};
use crate::tui::zone::Zone;

/// How far, and where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Up(usize),
    Down(usize),
    PageUp,
    PageDown,
    /// To the first row that is here.
    Top,
    End,
}

/// The lines that are on the screen.
#[derive(Debug)]
pub(super) struct Visible<'a> {
    pub(super) lines: VecDeque<Line<'a>>,
    /// The row of the first line, and which of its lines that is.
    pub(super) top: (Mark, usize),
    /// The first row of which nothing is seen.
    pub(super) bottom: Mark,
    /// Whether the last line of all is among them.
    pub(super) is_end: bool,
}

/// So many rows of an area are lines of messages: scrolled up, the last one is a hint.
pub(super) fn height(window: &Window, area: Rect) -> usize {
    let hint = u16::from(window.scroll != Scroll::End && area.height > 1);
    usize::from(area.height - hint)
}

/// What of `window` is seen in an area so large.
pub(super) fn visible<'a>(window: &'a Window, zone: &Zone, width: usize, height: usize) -> Visible<'a> {
    match window.scroll {
        Scroll::End => from_end(window, zone, width, height),
        Scroll::At { top, line } => {
            let seen = from_top(window, zone, (top, line), (width, height));
            // What is above it may leave no room for what was jumped to.
            match window.found {
                Some(found)
                    if line == 0
                        && found >= top
                        && found <= top.plus(i64::from(ABOVE))
                        && !seen.shows_found() =>
                {
                    let head = lines_of(window, found, width, zone).iter().position(Line::is_found);
                    from_top(window, zone, (found, head.unwrap_or(0)), (width, height))
                }
                _ => seen,
            }
        }
    }
}

impl Visible<'_> {
    fn shows_found(&self) -> bool {
        self.lines.iter().any(Line::is_found)
    }
}

fn from_end<'a>(window: &'a Window, zone: &Zone, width: usize, height: usize) -> Visible<'a> {
    let mut at = window.rows.end();
    let mut visible = Visible { lines: VecDeque::new(), top: (at, 0), bottom: at, is_end: true };
    while visible.lines.len() < height && at > window.rows.first() {
        at = at.plus(-1);
        let lines = lines_of(window, at, width, zone);
        let hidden = (visible.lines.len() + lines.len()).saturating_sub(height);
        visible.top = (at, hidden);
        lines.into_iter().skip(hidden).rev().for_each(|line| visible.lines.push_front(line));
    }
    visible
}

fn from_top<'a>(
    window: &'a Window,
    zone: &Zone,
    (top, line): (Mark, usize),
    (width, height): (usize, usize),
) -> Visible<'a> {
    // The row may have been dropped.
    let first = window.rows.first();
    let (top, line) = if top < first { (first, 0) } else { (top, line) };
    let mut lines: VecDeque<_> = lines_of(window, top, width, zone).into();
    // A wider screen takes fewer lines.
    let line = line.min(lines.len().saturating_sub(1));
    lines.drain(..line);
    let mut bottom = top.plus(1);
    while lines.len() < height && bottom < window.rows.end() {
        lines.extend(lines_of(window, bottom, width, zone));
        bottom = bottom.plus(1);
    }
    if lines.len() < height || top >= window.rows.end() {
        return from_end(window, zone, width, height);
    }
    let is_end = lines.len() == height && bottom >= window.rows.end();
    lines.truncate(height);
    Visible { lines, top: (top, line), bottom, is_end }
}

/// Where the rows of a window would be after a move in that area.
pub(crate) fn scrolled(window: &Window, zone: &Zone, area: Rect, by: Move) -> Scroll {
    let (width, height) = (usize::from(area.width), height(window, area));
    // A line of what was seen stays, to go on reading from.
    let page = height.saturating_sub(1).max(1);
    let (up, down) = match by {
        Move::End => return Scroll::End,
        Move::Top => return Scroll::At { top: window.rows.first(), line: 0 },
        Move::Up(lines) => (lines, 0),
        Move::PageUp => (page, 0),
        Move::Down(lines) => (0, lines),
        Move::PageDown => (0, page),
    };
    let (mut top, line) = visible(window, zone, width, height).top;
    let mut line = line + down;
    while line >= lines_of(window, top, width, zone).len().max(1) && top < window.rows.end() {
        line -= lines_of(window, top, width, zone).len();
        top = top.plus(1);
    }
    let mut missing = up.saturating_sub(line);
    line = line.saturating_sub(up);
    while missing > 0 && top > window.rows.first() {
        top = top.plus(-1);
        let lines = lines_of(window, top, width, zone).len();
        line = lines.saturating_sub(missing);
        missing = missing.saturating_sub(lines);
    }
    // Scrolled up, a line less is seen: the end is where all of it would be, with the hint or without.
    let below = from_top(window, zone, (top, line), (width, usize::from(area.height)));
    let shows_end = below.is_end || top >= window.rows.end();
    if shows_end && (down > 0 || below.top == (window.rows.first(), 0)) {
        return Scroll::End;
    }
    Scroll::At { top, line }
}
