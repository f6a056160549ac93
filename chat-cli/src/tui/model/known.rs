//! What a line is understood by that was entered in a window: what stands in that window.

use chat_net::chat_core::{Number, RoomName};
use chat_net::codec::text::Ignored;

use super::row::Kind;
use super::windows::Of;
use super::{Model, Window};
use crate::join::Known;
use crate::tui::clean::Clean;

/// The model as somebody sees it who looks at that window.
#[derive(Debug)]
pub(crate) struct SeenFrom<'a> {
    model: &'a mut Model,
    of: &'a Of,
}

impl Model {
    /// What is known, for a line that was entered in the window of that.
    pub(crate) fn seen_from<'a>(&'a mut self, of: &'a Of) -> SeenFrom<'a> {
        SeenFrom { model: self, of }
    }
}

impl SeenFrom<'_> {
    fn window(&self) -> Option<&Window> {
        self.model.windows.find(self.of)
    }
}

impl Known for SeenFrom<'_> {
    fn me(&self) -> &str {
        self.model.me()
    }

    fn current(&self) -> Option<&RoomName> {
        self.of.room()
    }

    fn topic(&self) -> Option<&str> {
        self.window()?.topic.as_ref().map(Clean::as_str)
    }

    fn last_own(&self) -> Option<Number> {
        let rows = &self.window()?.rows;
        let own = rows.numbered().rev().find(|row| row.is_own && row.kind == Kind::Said)?;
        own.number().map(Number)
    }

    fn go_to(&mut self, room: &RoomName) -> Option<RoomName> {
        let windows = &mut self.model.windows;
        let is_there = windows.go_to_of(&Of::Room(room.clone()));
        windows.current().of.room().filter(|_| is_there).cloned()
    }

    fn ignored(&mut self) -> &mut Ignored {
        &mut self.model.ignored
    }
}
