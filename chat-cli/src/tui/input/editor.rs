//! What keys do to a draft.

use crate::draft::{Draft, History, Undo};
use crate::tui::keys::Edit;
use crate::tui::model::Window;

/// Types a character.
pub(super) fn typed(window: &mut Window, c: char) {
    window.undo.note(&window.draft, c.is_alphanumeric());
    window.draft.insert(c.encode_utf8(&mut [0; 4]));
}

/// Does that; `killed` is what was cut last, in whatever window.
pub(super) fn edit(window: &mut Window, edit: Edit, killed: &mut String) {
    let Window { draft, history, undo, .. } = window;
    if edit == Edit::Undo {
        return undo.take(draft);
    }
    if !moved(draft, history, edit) {
        undo.note(draft, false);
        change(draft, edit, killed);
    }
}

/// Moves the cursor or goes through the history, if that is what it is about.
fn moved(draft: &mut Draft, history: &mut History, edit: Edit) -> bool {
    draft.cursor = match edit {
        Edit::Left => draft.before(),
        Edit::Right => draft.after(),
        Edit::WordLeft => draft.word_before(),
        Edit::WordRight => draft.word_after(),
        Edit::LineStart => draft.line_start(),
        Edit::LineEnd => draft.line_end(),
        Edit::Up | Edit::Earlier => match draft.above().filter(|_| edit == Edit::Up) {
            Some(above) => above,
            None => {
                history.back(draft);
                draft.cursor
            }
        },
        Edit::Down | Edit::Later => match draft.below().filter(|_| edit == Edit::Down) {
            Some(below) => below,
            None => {
                history.forward(draft);
                draft.cursor
            }
        },
        _ => return false,
    };
    true
}

fn change(draft: &mut Draft, edit: Edit, killed: &mut String) {
    let here = draft.cursor;
    let mut kill = |draft: &mut Draft, from: usize, to: usize| {
        if from < to {
            *killed = draft.cut(from, to);
        }
    };
    match edit {
        Edit::NewLine => _ = draft.insert("\n"),
        Edit::Backspace => _ = draft.cut(draft.before(), here),
        Edit::Delete => _ = draft.cut(here, draft.after()),
        Edit::KillWordLeft => kill(draft, draft.word_before(), here),
        Edit::KillWordRight => kill(draft, here, draft.word_after()),
        Edit::KillBlankLeft => kill(draft, draft.blank_before(), here),
        Edit::KillToStart => kill(draft, draft.line_start(), here),
        // At the end of a line, its end is what is cut.
        Edit::KillToEnd if draft.line_end() == here => kill(draft, here, draft.after()),
        Edit::KillToEnd => kill(draft, here, draft.line_end()),
        Edit::Yank => _ = draft.insert(killed),
        Edit::Transpose => draft.transpose(),
        _ => {}
    }
}

/// Takes what is typed, to be sent.
pub(super) fn taken(window: &mut Window) -> String {
    let Window { draft, history, undo, .. } = window;
    let entered = std::mem::take(draft).text;
    history.add(remembered(&entered));
    *undo = Undo::default();
    entered
}

/// What is remembered of it: whoever types a password behind a command that would ask for it does not find it again.
fn remembered(entered: &str) -> &str {
    let command = entered.split_whitespace().next().unwrap_or_default();
    let asks = ["/passwd", "/register"].iter().any(|name| command.eq_ignore_ascii_case(name));
    if asks { command } else { entered }
}
