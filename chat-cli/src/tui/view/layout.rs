//! What goes where on a screen of any size.

use ratatui_core::layout::Rect;

use super::input;
use crate::tui::model::{Model, Of};

/// Narrower screens show no list of windows.
const WITH_WINDOWS: u16 = 60;

/// Narrower screens show no members.
const WITH_MEMBERS: u16 = 100;

/// The areas of the screen; those for which there is no room are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) left: Option<Rect>,
    pub(super) left_edge: Option<Rect>,
    pub(super) messages: Rect,
    pub(super) right_edge: Option<Rect>,
    pub(super) right: Option<Rect>,
    pub(super) status: Rect,
    pub(super) question: Rect,
    pub(super) input: Rect,
}

impl Layout {
    pub(super) fn new(model: &Model, area: Rect) -> Layout {
        let (top, rest) = (area.y, area.height);
        let wanted = input::rows(model.windows.current(), area.width, (area.height / 3).max(1));
        let input = wanted.max(1).min(rest);
        let question = u16::from(model.question.is_some()).min(rest - input);
        let status = 1.min(rest - input - question);
        let height = rest - input - question - status;
        let row = |y: u16, height: u16| Rect { y: top + y, height, ..area };
        let mut layout = Layout {
            messages: row(0, height),
            status: row(height, status),
            question: row(height + status, question),
            input: row(height + status + question, input),
            ..Layout::default()
        };
        if area.width >= WITH_WINDOWS {
            let (left, edge, rest) = split(layout.messages, side(area.width));
            (layout.left, layout.left_edge, layout.messages) = (Some(left), Some(edge), rest);
        }
        let is_room = matches!(model.windows.current().of, Of::Room(_));
        if area.width >= WITH_MEMBERS && is_room {
            let room = layout.messages;
            let (rest, edge, right) = split(room, room.width - side(area.width) - 1);
            (layout.messages, layout.right_edge, layout.right) = (rest, Some(edge), Some(right));
        }
        layout
    }
}

/// How wide a list at the side is.
fn side(columns: u16) -> u16 {
    (columns / 6).clamp(12, 24)
}

/// So many columns, one for an edge, and the rest.
fn split(area: Rect, columns: u16) -> (Rect, Rect, Rect) {
    let first = Rect { width: columns, ..area };
    let edge = Rect { x: area.x + columns, width: 1, ..area };
    let rest = Rect { x: area.x + columns + 1, width: area.width - columns - 1, ..area };
    (first, edge, rest)
}
