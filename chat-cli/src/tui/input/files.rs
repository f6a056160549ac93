//! Keys that answer offers of files and steer files: each is about the file that was seen when it was pressed.

use chat_net::chat_core::TransferId;
use tokio::time::Instant;

use super::Outcome;
use crate::tui::clean::Clean;
use crate::tui::keys::Action;
use crate::tui::model::{Asks, File, Model, Shows, Stands};

/// What a key comes to; `None` if it is about no file.
pub(super) fn press(action: Action, model: &mut Model, at: Instant) -> Option<Outcome> {
    if let Some(Shows::Files { .. }) = model.overlay.as_ref().map(|overlay| overlay.shows) {
        choose_seen(model, at);
    }
    let shows = model.overlay.as_ref().map(|overlay| overlay.shows);
    match (action, shows) {
        (Action::Answer { accept }, Some(Shows::Files { chosen })) => {
            Some(on_chosen(if accept { 'y' } else { 'n' }, chosen, model))
        }
        (Action::Type(c @ ('y' | 'n' | 'c' | 'p')), Some(Shows::Files { chosen })) => {
            Some(on_chosen(c, chosen, model))
        }
        (Action::Answer { accept }, _) => {
            model.overlay = None;
            Some(answered(model, accept, at))
        }
        _ => None,
    }
}

/// Before somebody chooses, the first file that they see is chosen: not one that comes before it in the meantime.
fn choose_seen(model: &mut Model, at: Instant) {
    let Some(Asks::Listed(seen)) = model.seen(at).cloned() else { return };
    if let Some(overlay) = &model.overlay
        && let Shows::Files { chosen } = overlay.shows
        && model.file(chosen).is_none()
        && model.file(Some(seen)).is_some()
        && let Some(overlay) = &mut model.overlay
    {
        overlay.shows = Shows::Files { chosen: Some(seen) };
    }
}

/// What a letter does to the file that is chosen: the same as a command.
fn on_chosen(c: char, chosen: Option<TransferId>, model: &Model) -> Outcome {
    let Some(file) = model.file(chosen) else {
        return if model.files().is_empty() { Outcome::Nothing } else { too_soon("this list") };
    };
    command(c, file)
        .map_or(Outcome::Nothing, |command| Outcome::Entered(format!("/{command} {}", file.transfer)))
}

fn command(c: char, file: &File) -> Option<&'static str> {
    let may_take = file.is_open() || file.stands == Stands::Declined;
    let goes_on = file.stands == Stands::Offered || file.stands.progress().is_some();
    match (c, &file.stands) {
        ('y', _) if may_take => Some("accept"),
        ('n', _) if file.is_open() => Some("decline"),
        ('c', _) if goes_on => Some("cancel"),
        ('p', Stands::Running { .. }) if !file.is_mine => Some("pause"),
        ('p', Stands::Paused { .. }) if !file.is_mine => Some("resume"),
        _ => None,
    }
}

/// Takes the file that was offered last, or not: as if somebody typed that, who does not have to know its number.
fn answered(model: &mut Model, accept: bool, at: Instant) -> Outcome {
    let what = if accept { "accept" } else { "decline" };
    let here = &model.windows.current().of;
    let seen = match model.seen(at) {
        Some(Asks::Offered(of, transfer)) if of == here => Some(*transfer),
        _ => None,
    };
    if let Some(file) = model.file(seen).filter(|file| file.is_open()) {
        return Outcome::Entered(format!("/{what} {}", file.transfer));
    }
    match (model.open_offer().map(|(transfer, of)| (transfer, of == here)), seen) {
        (Some((transfer, true)), _) | (Some((transfer, _)), None) => show(model, transfer),
        (_, Some(transfer)) => told(&format!("file {transfer} is not offered any more")),
        (None, None) => told("no file is offered"),
    }
}

/// Nobody answers what they have not seen.
fn show(model: &mut Model, transfer: TransferId) -> Outcome {
    match model.show_offer(transfer) {
        Some(true) => Outcome::Changed,
        Some(false) => too_soon(&format!("file {transfer}")),
        None => told(&format!("file {transfer} is offered, and its line is gone: F2 lists it")),
    }
}

fn too_soon(what: &str) -> Outcome {
    told(&format!("{what} came on the screen only now: press the key again"))
}

fn told(why: &str) -> Outcome {
    Outcome::Told(Clean::line(why))
}
