//! What is shown over the messages for a while: help, files, members, windows, what was found.

use chat_net::chat_core::TransferId;

use super::Model;
use super::windows::Of;

/// It, and how far it is scrolled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Overlay {
    pub(crate) shows: Shows,
    /// The first line that is seen, where nothing can be chosen.
    pub(crate) top: usize,
}

/// What it shows. All but help is as it is now, and changes while it is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Keys and commands.
    Help,
    /// Every file that is known, one of them chosen; the first, if that one is not there.
    Files { chosen: Option<TransferId> },
    /// Who is in the room.
    Members,
    /// All windows, one of them chosen.
    Windows { chosen: usize },
    /// What `/search` found, one of that chosen.
    Found { chosen: usize },
}

impl Overlay {
    pub(crate) fn new(shows: Shows) -> Overlay {
        Overlay { shows, top: 0 }
    }

    /// Whether it shows the same, whatever is chosen there.
    pub(crate) fn is_like(&self, shows: Shows) -> bool {
        std::mem::discriminant(&self.shows) == std::mem::discriminant(&shows)
    }
}

impl Model {
    /// Whether somebody who asked for something in that window does nothing else by now, and may be shown what came of it.
    pub(crate) fn has_time(&self, of: &Of) -> bool {
        let window = self.windows.current();
        window.of == *of && window.draft.text.is_empty() && self.question.is_none() && self.overlay.is_none()
    }
}
