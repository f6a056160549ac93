//! The messages of the current window.

use chat_net::chat_core::Timestamp;
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;

use super::lines::{Head, Line};
use super::paint;
use super::scroll::{height, visible};
use super::theme::Theme;
use crate::tui::clean::{columns, fitting};
use crate::tui::help::FIRST;
use crate::tui::model::{Fetch, Kind, Mark, Model, Row, Scroll, Window};

/// So wide are the lines for somebody who is new here.
const GREETING: u16 = 64;

/// The first of January 1970 was a Thursday.
const WEEKDAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];

/// Draws the rows, and gives which can be seen.
pub(super) fn draw(model: &Model, theme: &Theme, area: Rect, cells: &mut Buffer) -> (Mark, Mark) {
    let window = model.windows.current();
    let height = height(window, area);
    let seen = visible(window, &model.zone, usize::from(area.width), height);
    // A few rows stand at the bottom, next to the input.
    let free = u16::try_from(height - seen.lines.len()).unwrap_or(0);
    if window.scroll == Scroll::End {
        greet(theme, Rect { height: free, ..area }, cells);
    }
    for (row, line) in (area.y + free..).zip(&seen.lines) {
        draw_line(line, window, theme, Rect { y: row, height: 1, ..area }, cells);
    }
    if window.scroll != Scroll::End && area.height > 1 {
        let hint = match window.unread {
            0 => " more below (Alt-End) ".to_owned(),
            new => format!(" {new} new below (Alt-End) "),
        };
        ruled(&hint, theme.hint(), Rect { y: area.bottom() - 1, height: 1, ..area }, cells);
    }
    (seen.top.0, seen.bottom)
}

/// Says in what is still empty how one gets on, without a manual.
fn greet(theme: &Theme, area: Rect, cells: &mut Buffer) {
    let lines = FIRST.len() + 1;
    let has_room = usize::from(area.height) > lines && area.width >= GREETING;
    let mut rows = area.rows();
    if let Some(row) = rows.next().filter(|_| area.height > 1) {
        paint::line(
            &fitting(" F1 shows all keys and commands", usize::from(row.width)),
            theme.faint(),
            row,
            cells,
        );
    }
    for ((what, does), row) in FIRST.iter().zip(rows).take(if has_room { lines } else { 0 }) {
        let line = fitting(&format!(" {what:<21} {does}"), usize::from(row.width));
        paint::line(&line, theme.faint(), row, cells);
    }
}

fn draw_line(line: &Line<'_>, window: &Window, theme: &Theme, area: Rect, cells: &mut Buffer) {
    match line {
        Line::Gap => {
            let what = match window.fetch {
                Fetch::Idle if window.is_open => " older messages come as you scroll ",
                Fetch::Idle => " older messages are on the server ",
                Fetch::Running { .. } => " loading ",
                Fetch::Failed => " older messages cannot be had now ",
            };
            ruled(what, theme.faint(), area, cells);
        }
        Line::Day(at) => ruled(&format!(" {} ", day(*at)), theme.faint(), area, cells),
        Line::New => ruled(" new ", theme.mention(), area, cells),
        Line::Head { row, head, text, found } => {
            draw_head(
                row,
                head,
                (text, body_style(row, *found && window.is_marked, theme)),
                theme,
                area,
                cells,
            );
        }
        Line::More { row, indent, text, found } => {
            let indent = u16::try_from(*indent).unwrap_or(0).min(area.width);
            let area = Rect { x: area.x + indent, width: area.width - indent, ..area };
            paint::line(text, body_style(row, *found && window.is_marked, theme), area, cells);
        }
    }
}

fn draw_head(
    row: &Row,
    head: &Head,
    (text, body): (&str, Style),
    theme: &Theme,
    area: Rect,
    cells: &mut Buffer,
) {
    let name = match (&row.kind, &row.author) {
        (_, Some(author)) if row.mentions => theme.name(author.as_str()).patch(theme.bar()),
        (_, Some(author)) => theme.speaker(author.as_str()),
        (Kind::Refused, None) => theme.refused(),
        _ => theme.faint(),
    };
    let area = paint::put(&head.time, theme.faint(), area, cells);
    let area = paint::put(&head.name, name, area, cells);
    let area = paint::put(" ", Style::new(), area, cells);
    paint::line(text, body, area, cells);
}

fn body_style(row: &Row, found: bool, theme: &Theme) -> Style {
    match row.kind {
        _ if found => theme.bar(),
        Kind::Said | Kind::Whispered if row.mentions => theme.mention(),
        Kind::Said | Kind::Whispered => Style::new(),
        Kind::Offer(_) => theme.offer(),
        Kind::Refused => theme.refused(),
        Kind::Moved(_) | Kind::Topic | Kind::Moderation | Kind::Note | Kind::Deleted => theme.faint(),
    }
}

/// `Friday, 2025-11-21`
fn day(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    let weekday = usize::try_from(at.day() % 7).map_or("", |day| WEEKDAYS[day]);
    format!("{weekday}, {year}-{month:02}-{day:02}")
}

/// `──── what ────`, over the whole width.
fn ruled(what: &str, style: Style, area: Rect, cells: &mut Buffer) {
    let width = usize::from(area.width);
    let what = fitting(what, width);
    let before = (width - columns(&what)) / 2;
    let line = format!("{}{what}{}", "─".repeat(before), "─".repeat(width - before - columns(&what)));
    paint::line(&line, style, area, cells);
}
