//! What is shown over the messages: help, files, members, windows, what was found.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;

use super::layout::Layout;
use super::lists::{FILE_LINES, List, file_index};
use super::paint;
use super::scroll::Move;
use super::theme::Theme;
use crate::tui::clean::{columns, fitting};
use crate::tui::model::{Model, Overlay, Shows};

/// On smaller screens nothing else is seen beside it.
const WHOLE: (u16, u16) = (40, 12);

/// It covers the lists at the sides, too, where the messages are narrower than the lines of help are.
const ENOUGH: u16 = 78;

/// Where it is drawn.
fn place(layout: &Layout, screen: Rect) -> Rect {
    let messages = layout.messages;
    match () {
        () if screen.width <= WHOLE.0 || screen.height <= WHOLE.1 => screen,
        () if messages.width >= ENOUGH => messages,
        () => Rect { x: screen.x, width: screen.width, ..messages },
    }
}

/// Draws it over what is there; gives whether all of the screen is covered.
pub(super) fn draw(
    model: &Model,
    overlay: &Overlay,
    theme: &Theme,
    (layout, screen): (&Layout, Rect),
    cells: &mut Buffer,
) -> bool {
    let area = place(layout, screen);
    paint::fill(Style::new(), area, cells);
    let list = List::new(model, overlay.shows, theme, usize::from(area.width));
    let (count, height) = (list.count, usize::from(area.height.saturating_sub(1)));
    let top = top(model, overlay, count, height);
    let last = (top + height).min(count);
    let mut rows = area.rows();
    if let Some(row) = rows.next() {
        let part = if count > height { format!("{}-{last} of {count}  ", top + 1) } else { String::new() };
        title(model, overlay.shows, &part, theme, row, cells);
    }
    for (line, row) in list.lines(top..last).into_iter().zip(rows) {
        line.into_iter().fold(row, |left, (text, style)| paint::put(&text, style, left, cells));
    }
    area == screen
}

/// Scrolls it, or chooses another entry, on a screen of that size.
pub(crate) fn leafed(model: &mut Model, screen: Rect, by: Move) {
    let Some(mut overlay) = model.overlay.take() else { return };
    let area = place(&Layout::new(model, screen), screen);
    let height = usize::from(area.height.saturating_sub(1));
    let page = height.saturating_sub(1).max(1);
    match &mut overlay.shows {
        Shows::Windows { chosen } => *chosen = stepped(*chosen, by, page, model.windows.len()),
        Shows::Found { chosen } => *chosen = stepped(*chosen, by, page, model.found.hits().len()),
        Shows::Files { chosen } => {
            let files = model.files();
            let at = stepped(file_index(files, *chosen), by, (page / FILE_LINES).max(1), files.len());
            *chosen = files.get(at).map(|file| file.transfer);
        }
        Shows::Help | Shows::Members => {
            let count = List::new(model, overlay.shows, &Theme::default(), usize::from(area.width)).count;
            overlay.top = stepped(overlay.top, by, page, (count + 1).saturating_sub(height));
        }
    }
    model.overlay = Some(overlay);
}

/// Another place among so many.
fn stepped(at: usize, by: Move, page: usize, count: usize) -> usize {
    let to = match by {
        Move::Up(steps) => at.saturating_sub(steps),
        Move::Down(steps) => at + steps,
        Move::PageUp => at.saturating_sub(page),
        Move::PageDown => at + page,
        Move::Top => 0,
        Move::End => usize::MAX,
    };
    to.min(count.saturating_sub(1))
}

/// The first line that is seen: what is chosen is among them.
fn top(model: &Model, overlay: &Overlay, count: usize, height: usize) -> usize {
    let end = match overlay.shows {
        Shows::Files { chosen } => (file_index(model.files(), chosen) + 1) * FILE_LINES,
        Shows::Windows { chosen } => chosen + 1,
        // Behind the last one stands that there are older ones.
        Shows::Found { chosen } if chosen + 1 == model.found.hits().len() => count,
        Shows::Found { chosen } => chosen + 1,
        Shows::Help | Shows::Members => return overlay.top.min(count.saturating_sub(height)),
    };
    end.saturating_sub(height)
}

/// What it is, how much of it is seen, and what the keys do.
fn title(model: &Model, shows: Shows, part: &str, theme: &Theme, area: Rect, cells: &mut Buffer) {
    let (what, keys) = match shows {
        Shows::Help => ("Help".to_owned(), "PgUp, PgDn, "),
        Shows::Files { .. } => ("Files".to_owned(), "y accepts, n declines, c calls off, p pauses, "),
        Shows::Members => (format!("Members of {}", model.windows.current().of.title()), "PgUp, PgDn, "),
        Shows::Windows { .. } => ("Windows".to_owned(), "Up, Down, Enter, "),
        Shows::Found { .. } => ("Found".to_owned(), "Up, Down, Enter, "),
    };
    let width = usize::from(area.width);
    let what = fitting(&format!(" {what}"), width);
    let room = width - columns(&what);
    let hints = [format!("{part}{keys}Esc closes "), format!("{part}Esc closes "), "Esc closes ".to_owned()];
    let hint = hints.iter().find(|hint| columns(hint) < room).map_or("", String::as_str);
    let blank = " ".repeat(room - columns(hint));
    paint::line(&format!("{what}{blank}{hint}"), theme.hint(), area, cells);
}
