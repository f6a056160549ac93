//! How it is drawn: what is known, a size and a theme become cells, and nothing else decides.
//!
//! Only what can be seen is looked at: the cost of a picture does not depend on how much is above or below it.

mod input;
mod layout;
mod lines;
mod lists;
mod messages;
mod overlay;
mod paint;
mod scroll;
mod sides;
mod status;
mod theme;
mod wrap;

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::{Position, Rect};

use super::model::{Mark, Model, Scroll, Shows};
use layout::Layout;

pub(crate) use overlay::leafed;
pub(crate) use scroll::{Move, scrolled};
pub(crate) use theme::Theme;

/// What a picture says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Drawn {
    /// Where the cursor goes; nowhere if there is no room for the input, or something covers it.
    pub(crate) cursor: Option<Position>,
    /// The rows that can be seen, from the first to before the second.
    pub(crate) rows: (Mark, Mark),
    /// Whether the members of the room can be seen.
    pub(crate) members: bool,
}

/// Draws the whole screen.
pub(crate) fn draw(model: &Model, theme: &Theme, area: Rect, cells: &mut Buffer) -> Drawn {
    let layout = Layout::new(model, area);
    let window = model.windows.current();
    if let Some(left) = layout.left {
        sides::windows(model, theme, left, cells);
    }
    if let Some(right) = layout.right {
        sides::members(window, theme, right, cells);
    }
    let rows = messages::draw(model, theme, layout.messages, cells);
    for side in [layout.left_edge, layout.right_edge].into_iter().flatten() {
        sides::edge(theme, layout.messages, side, cells);
    }
    status::draw(model, theme, layout.left.is_none(), layout.status, cells);
    if let Some(question) = &model.question {
        paint::fill(theme.hint(), layout.question, cells);
        paint::line(question.as_str(), theme.hint(), layout.question, cells);
    }
    let mut cursor = input::draw(model, theme, layout.input, cells);
    if let Some(overlay) = &model.overlay
        && overlay::draw(model, overlay, theme, (&layout, area), cells)
    {
        cursor = None;
    }
    let lists_members = model.overlay.as_ref().is_some_and(|overlay| overlay.shows == Shows::Members);
    Drawn { cursor, rows, members: layout.right.is_some() || lists_members }
}

/// Where the rows of the current window would be after a move on a screen of that size.
pub(crate) fn moved(model: &Model, area: Rect, by: Move) -> Scroll {
    scrolled(model.windows.current(), &model.zone, Layout::new(model, area).messages, by)
}

/// The place among all windows of the one that is listed there on a screen of that size.
pub(crate) fn window_at(model: &Model, area: Rect, at: Position) -> Option<usize> {
    sides::window_at(model, Layout::new(model, area).left?, at)
}
