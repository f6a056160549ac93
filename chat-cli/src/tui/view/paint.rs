//! Text into cells: one cluster a cell, and nothing beyond the area it belongs to.

use ratatui_core::buffer::{Buffer, CellDiffOption};
use ratatui_core::layout::Rect;
use ratatui_core::style::Style;

use crate::tui::clean::clusters;

/// Fills an area.
pub(super) fn fill(style: Style, area: Rect, cells: &mut Buffer) {
    let area = area.intersection(cells.area);
    for y in area.top()..area.bottom() {
        for x in area.left()..area.right() {
            cells[(x, y)].reset();
            cells[(x, y)].set_style(style);
        }
    }
}

/// Puts text on the first row of an area, from its left on; what does not fit is not drawn.
pub(super) fn line(text: &str, style: Style, area: Rect, cells: &mut Buffer) {
    put(text, style, area, cells);
}

/// The same; gives what is left of the row behind it.
///
/// Text is [`Clean`](crate::tui::clean::Clean) before it comes here. What takes no column would land in its
/// neighbour's, and what is no character of text would be an order: neither is drawn, whoever forgot it.
pub(super) fn put(text: &str, style: Style, area: Rect, cells: &mut Buffer) -> Rect {
    let area = area.intersection(cells.area);
    let mut left = Rect { height: area.height.min(1), ..area };
    for cluster in clusters(text) {
        let columns = u16::try_from(cluster.columns).unwrap_or(u16::MAX);
        if columns > left.width || left.is_empty() {
            break;
        }
        if columns == 0 || cluster.text.contains(char::is_control) {
            continue;
        }
        cells[(left.x, left.y)].set_symbol(cluster.text).set_style(style);
        for hidden in 1..columns {
            cells[(left.x + hidden, left.y)].reset();
        }
        left.x += columns;
        left.width -= columns;
        if cluster.is_doubtful() {
            redraw_from(left.x, left.y, cells);
        }
    }
    left
}

/// What a terminal drew too far is drawn over, each time: it is not known which terminals do.
fn redraw_from(x: u16, y: u16, cells: &mut Buffer) {
    for x in x..cells.area.right() {
        cells[(x, y)].set_diff_option(CellDiffOption::AlwaysUpdate);
    }
}
