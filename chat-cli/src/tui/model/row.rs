//! One thing that was said or happened: a row of a window, one or more lines on the screen.

use std::cell::OnceCell;

use chat_net::chat_core::{Timestamp, TransferId, UserName};

use super::find::small;
use super::moved::Moved;
use crate::join::{self, Line};
use crate::tui::clean::Clean;

/// What a row takes beside its own size and its text: the author's name, and what allocating costs.
const OVERHEAD: usize = 64;

/// What a row is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Said to a room.
    Said,
    /// Said to one user.
    Whispered,
    /// Members came or went, one or many.
    Moved(Box<Moved>),
    /// The topic was set or cleared.
    Topic,
    /// Somebody kept the peace.
    Moderation,
    /// A file is offered.
    Offer(TransferId),
    /// A line of this program's or the server's own.
    Note,
    /// What somebody wanted was not done.
    Refused,
    /// Here something was said.
    Deleted,
}

/// A row. Its text is safe to draw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) at: Timestamp,
    pub(crate) kind: Kind,
    /// Who said it.
    pub(crate) author: Option<UserName>,
    pub(crate) text: Clean,
    /// Its number in the room's order; without one, that of the row before, so that all rows are in order.
    pub(super) number: u64,
    /// Which of the numberings that the room had, counted here.
    pub(super) era: u32,
    pub(super) is_numbered: bool,
    /// Messages with lower numbers than this, and higher ones than the row before has, may be missing here.
    pub(crate) gap: Option<u64>,
    /// Whether it names whoever reads it.
    pub(crate) mentions: bool,
    /// Whether whoever reads it said it.
    pub(crate) is_own: bool,
    /// Its text in small letters, if that is another one, once somebody looked for words.
    pub(super) small: OnceCell<Option<Box<str>>>,
}

impl Row {
    /// A row without a number.
    pub(crate) fn new(at: Timestamp, kind: Kind, text: Clean) -> Row {
        Row {
            at,
            kind,
            author: None,
            text,
            number: 0,
            era: 0,
            is_numbered: false,
            gap: None,
            mentions: false,
            is_own: false,
            small: OnceCell::new(),
        }
    }

    /// A row of what this program says.
    pub(super) fn line(at: Timestamp, line: &Line) -> Row {
        let kind = if line.kind == join::Kind::Fault { Kind::Refused } else { Kind::Note };
        Row::new(at, kind, Clean::line(&line.text))
    }

    /// A row in a room's order.
    pub(crate) fn numbered(self, number: u64) -> Row {
        Row { number, is_numbered: true, ..self }
    }

    pub(crate) fn by(self, author: UserName) -> Row {
        Row { author: Some(author), ..self }
    }

    /// Its number in the room's order, if it has one.
    pub(crate) fn number(&self) -> Option<u64> {
        self.is_numbered.then_some(self.number)
    }

    /// Whether somebody else talks in it: what is counted as unread.
    pub(crate) fn is_talk(&self) -> bool {
        matches!(self.kind, Kind::Said | Kind::Whispered | Kind::Offer(_)) && !self.is_own
    }

    /// What it takes, about, with its text in small letters.
    pub(super) fn bytes(&self) -> usize {
        let folded = if let Kind::Moved(moved) = &self.kind { moved.bytes() } else { 0 };
        size_of::<Row>() + 2 * self.text.as_str().len() + folded + OVERHEAD
    }

    /// Its text in small letters.
    pub(super) fn small(&self) -> &str {
        let text = self.text.as_str();
        let other =
            self.small.get_or_init(|| Some(small(text)).filter(|small| small != text).map(Into::into));
        other.as_deref().unwrap_or(text)
    }

    /// Its text is another one now.
    pub(super) fn changed(&mut self) {
        self.small = OnceCell::new();
    }

    pub(super) fn key(&self) -> (u32, u64) {
        (self.era, self.number)
    }
}
