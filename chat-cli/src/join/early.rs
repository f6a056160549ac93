//! Lines that were typed early, and wait: what happened since then changes what they mean.

use chat_net::chat_core::{Code, RoomName};

use super::line::Line;
use super::typed;

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Early {
    /// So many of the next lines were typed while the connection was away.
    waited: usize,
    /// So many of the next lines were typed before the person was put out of the room that they may be meant for: which.
    astray: Option<(usize, RoomName)>,
}

impl Early {
    /// So many lines were typed while the connection was away.
    pub(super) fn have_waited(&mut self, lines: usize) {
        self.waited = lines;
    }

    /// Whether the next line, whose turn has come, is one of these.
    pub(super) fn has_waited(&mut self) -> bool {
        let has = self.waited > 0;
        self.waited = self.waited.saturating_sub(1);
        has
    }

    /// So many lines may have been meant for that room, which the person is not in any more.
    pub(super) fn are_astray(&mut self, lines: usize, room: RoomName) {
        if lines > 0 {
            self.astray = Some((lines, room));
        }
    }

    /// Refuses a line that was meant for a room of which the person was put out since: it must not go into another.
    pub(super) fn went_astray(&mut self, line: &str) -> Option<Vec<Line>> {
        let (left, room) = self.astray.take()?;
        if typed::moves(line) {
            return None;
        }
        self.astray = (left > 1).then(|| (left - 1, room.clone()));
        let why = format!("you are in #{room} no more, so that line went nowhere");
        let lines = || vec![Line::refused(Code::NotAMember, &why), Line::note(&format!("not said: {line}"))];
        typed::is_for_current(line).then(lines)
    }
}
