//! What keys do to what is shown over the messages.

use chat_net::chat_core::TransferId;

use super::Outcome;
use crate::tui::keys::{Action, Edit, Look};
use crate::tui::model::{File, Model, Overlay, Shows, Stands};
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
        Action::Answer { accept } => return on_file(if accept { 'y' } else { 'n' }, shows, model),
        Action::Type(c @ ('y' | 'n' | 'c' | 'p')) if matches!(shows, Shows::Files { .. }) => {
            return Some(on_file(c, shows, model).unwrap_or(Outcome::Nothing));
        }
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

/// What a letter does to the file that is chosen: the same as a command.
fn on_file(c: char, shows: Shows, model: &Model) -> Option<Outcome> {
    let Shows::Files { chosen } = shows else { return None };
    let file = chosen_file(model.files(), chosen)?;
    let may_take = file.is_open() || file.stands == Stands::Declined;
    let goes_on = file.stands == Stands::Offered || file.stands.progress().is_some();
    let command = match (c, &file.stands) {
        ('y', _) if may_take => "accept",
        ('n', _) if file.is_open() => "decline",
        ('c', _) if goes_on => "cancel",
        ('p', Stands::Running { .. }) if !file.is_mine => "pause",
        ('p', Stands::Paused { .. }) if !file.is_mine => "resume",
        _ => return None,
    };
    Some(Outcome::Entered(format!("/{command} {}", file.transfer)))
}

/// The file that is chosen: the first, before somebody chooses.
fn chosen_file(files: &[File], chosen: Option<TransferId>) -> Option<&File> {
    files.iter().find(|file| Some(file.transfer) == chosen).or(files.first())
}
