//! What keys do to what is shown over the messages.

use super::Outcome;
use crate::tui::keys::{Action, Edit, Look};
use crate::tui::model::{Model, Overlay, Shows};
use crate::tui::view::Move;

/// That, with what is chosen in it at first.
pub(super) fn opened(shows: Shows, model: &Model) -> Overlay {
    Overlay::new(match shows {
        Shows::Windows { .. } => Shows::Windows { chosen: model.windows.current_index() },
        Shows::Found { .. } => Shows::Found { chosen: model.found.chosen },
        shows => shows,
    })
}

/// What a key comes to while something is shown there; `None` if it is for what is below, and whatever was to be closed
/// by it is.
pub(super) fn press(action: Action, model: &mut Model) -> Option<Outcome> {
    let shows = model.overlay.as_ref()?.shows;
    let by = match action {
        Action::Edit(Edit::Up | Edit::Earlier) | Action::Look(Look::LineUp) => Move::Up(1),
        Action::Edit(Edit::Down | Edit::Later) | Action::Look(Look::LineDown) => Move::Down(1),
        Action::Look(Look::PageUp) => Move::PageUp,
        Action::Look(Look::PageDown) => Move::PageDown,
        Action::Edit(Edit::LineStart) | Action::Look(Look::Top) => Move::Top,
        Action::Edit(Edit::LineEnd) | Action::Look(Look::Bottom) => Move::End,
        action => return other(action, shows, model),
    };
    Some(Outcome::Leaf(by))
}

/// What does not scroll it.
fn other(action: Action, shows: Shows, model: &mut Model) -> Option<Outcome> {
    match action {
        Action::Redraw | Action::Suspend => return None,
        Action::Show(next) if !Overlay::new(next).is_like(shows) => return None,
        Action::Enter if matches!(shows, Shows::Found { .. }) => return Some(to_found(shows, model)),
        _ => model.overlay = None,
    }
    match action {
        Action::Enter => {
            if let Shows::Windows { chosen } = shows {
                model.windows.go_to(chosen);
            }
        }
        Action::Escape | Action::Interrupt | Action::DeleteOrEnd | Action::Show(_) | Action::Type('q') => {}
        // Whoever types has seen enough.
        _ => return None,
    }
    Some(Outcome::Changed)
}

/// Goes to the message that is chosen.
fn to_found(shows: Shows, model: &mut Model) -> Outcome {
    let Shows::Found { chosen } = shows else { return Outcome::Nothing };
    match model.go_to_found(chosen) {
        Ok(()) => Outcome::Changed,
        Err(why) => Outcome::Told(why),
    }
}
