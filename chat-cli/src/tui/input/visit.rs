//! What keys do while somebody looks at a message that was found.

use super::Outcome;
use crate::tui::keys::{Action, Look};
use crate::tui::model::{Model, Shows};

/// What a key comes to then; `None` if it is for something else, which ends it, unless it only scrolls.
pub(super) fn press(action: Action, model: &mut Model) -> Option<Outcome> {
    model.visited()?;
    model.unmark();
    match action {
        Action::Escape | Action::Show(Shows::Found { .. }) if model.overlay.is_none() => {
            model.come_back();
            return Some(Outcome::Changed);
        }
        Action::Look(
            Look::PageUp | Look::PageDown | Look::LineUp | Look::LineDown | Look::Top | Look::Bottom,
        )
        | Action::Redraw
        | Action::Suspend => {}
        _ => model.stay(),
    }
    None
}
