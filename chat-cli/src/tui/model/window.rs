//! One window: a room, a whisper, or what the server and this program say.

use chat_net::chat_core::{Anchor, Number};

use super::members::Members;
use super::row::Row;
use super::rows::{Mark, Rows, Shift};
use super::windows::Of;
use crate::draft::{Draft, History, Undo};
use crate::tui::clean::Clean;

/// Rows beyond the screen in which it is noticed that older ones must be fetched before one comes there.
const LOOK_AHEAD: i64 = 30;

/// What part of the rows is on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Scroll {
    /// The last ones, and new ones as they come.
    #[default]
    End,
    /// From this line of that row on, whatever comes.
    At { top: Mark, line: usize },
}

/// Whether messages that are missing here are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fetch {
    #[default]
    Idle,
    /// This page was asked for and has not come; the last number known then.
    Running { anchor: Anchor, last: u64 },
    /// The last page could not be had; it is not asked for again by itself.
    Failed,
}

/// One window.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) of: Of,
    pub(crate) rows: Rows,
    pub(crate) topic: Option<Clean>,
    pub(crate) members: Members,
    /// Whether one is in the room.
    pub(crate) is_open: bool,
    /// How one came out of it last.
    pub(super) out: &'static str,
    /// Whether what was missed there is being told.
    pub(super) is_missing: bool,
    /// What is typed and not sent.
    pub(crate) draft: Draft,
    /// What was typed and sent.
    pub(crate) history: History,
    /// What the draft was before each change, the last change last.
    pub(crate) undo: Undo,
    pub(crate) scroll: Scroll,
    /// What it was before somebody went to a message that was found, or began to look for words.
    pub(super) scroll_before: Option<Scroll>,
    pub(crate) fetch: Fetch,
    /// The message that somebody goes to, and that is not here.
    pub(super) seeks: Option<Number>,
    /// So many messages came that were not on the screen.
    pub(crate) unread: u32,
    /// Whether one of them names whoever reads.
    pub(crate) is_mentioned: bool,
    /// The first that came unseen: a line stands before it.
    pub(crate) new_from: Option<Mark>,
    /// The row that somebody jumped to.
    pub(crate) found: Option<Mark>,
    /// Whether it stands out.
    pub(crate) is_marked: bool,
    /// Whether each message shows its number, by which it can be deleted.
    pub(crate) shows_numbers: bool,
}

impl Window {
    pub(crate) fn new(of: Of) -> Window {
        Window {
            of,
            rows: Rows::default(),
            topic: None,
            members: Members::default(),
            is_open: false,
            out: "",
            is_missing: false,
            draft: Draft::default(),
            history: History::default(),
            undo: Undo::default(),
            scroll: Scroll::End,
            scroll_before: None,
            fetch: Fetch::Idle,
            seeks: None,
            unread: 0,
            is_mentioned: false,
            new_from: None,
            found: None,
            is_marked: false,
            shows_numbers: false,
        }
    }

    /// How one came out of the room, if one is not in it any more.
    pub(crate) fn out(&self) -> Option<&'static str> {
        (!self.is_open && matches!(self.of, Of::Room(_))).then_some(self.out)
    }

    /// Puts a row at the end; `seen` if it comes before somebody's eyes.
    pub(super) fn push(&mut self, row: Row, seen: bool) {
        let (is_talk, mentions) = (row.is_talk(), row.mentions);
        let mark = self.rows.push(row);
        if !seen && (is_talk || mentions) {
            self.unread = self.unread.saturating_add(1);
            self.is_mentioned |= mentions;
            self.new_from.get_or_insert(mark);
        }
    }

    /// Rows were put in the middle.
    pub(super) fn shift(&mut self, shift: Option<Shift>) {
        let Some(Shift { from, by }) = shift else { return };
        let moved = |mark: Mark| if mark >= from { mark.plus(by) } else { mark };
        for scroll in std::iter::once(&mut self.scroll).chain(&mut self.scroll_before) {
            if let Scroll::At { top, .. } = scroll {
                *top = moved(*top);
            }
        }
        self.new_from = self.new_from.map(moved);
        self.found = self.found.map(moved);
    }

    /// Forgets the newest row: what comes in its place is another one.
    pub(super) fn drop_newest(&mut self) {
        self.rows.drop_newest();
        let end = self.rows.end();
        self.new_from = self.new_from.filter(|mark| *mark < end);
        self.found = self.found.filter(|mark| *mark < end);
    }

    /// Somebody looks at the end of it.
    pub(crate) fn seen(&mut self) {
        (self.unread, self.is_mentioned) = (0, false);
    }

    /// Nobody looks at it any more: what came while somebody did is not new.
    pub(super) fn left_alone(&mut self) {
        if self.unread == 0 {
            self.new_from = None;
        }
    }

    /// Scrolls; at the end, everything is seen.
    pub(crate) fn scroll_to(&mut self, scroll: Scroll) {
        self.scroll = scroll;
        if scroll == Scroll::End {
            self.seen();
            self.found = None;
        }
    }

    /// Keeps where somebody is, to go back there.
    pub(crate) fn keep_place(&mut self) {
        self.scroll_before = Some(self.scroll);
    }

    /// Goes back there.
    pub(crate) fn back_to_place(&mut self) {
        let place = self.scroll_before.take().unwrap_or_default();
        self.scroll_to(place);
    }

    /// The page to ask for, if messages are missing near the rows from `top` to before `bottom`, which are on the
    /// screen.
    pub(crate) fn wanted(&self, top: Mark, bottom: Mark) -> Option<Anchor> {
        if !self.is_open || self.fetch != Fetch::Idle || !matches!(self.of, Of::Room(_)) {
            return None;
        }
        if let Some(number) = self.seeks {
            return Some(Anchor::Around(number));
        }
        let above = self.gap_in(top.plus(-LOOK_AHEAD), bottom);
        above.map(|number| Anchor::Before(Number(number))).or_else(|| self.wanted_below(bottom))
    }

    fn wanted_below(&self, bottom: Mark) -> Option<Anchor> {
        let ends = bottom >= self.rows.end() && self.rows.tail_gap();
        if !ends && self.gap_in(bottom, bottom.plus(LOOK_AHEAD)).is_none() {
            return None;
        }
        let mut numbers = (0..=LOOK_AHEAD).filter_map(|up| self.rows.get(bottom.plus(-1 - up))?.number());
        Some(numbers.next().map_or(Anchor::Latest, |number| Anchor::After(Number(number))))
    }

    /// The gap before one of these rows, the last if there are more.
    fn gap_in(&self, from: Mark, to: Mark) -> Option<u64> {
        let (mut at, first) = (to.min(self.rows.end()), from.max(self.rows.first()));
        while at > first {
            at = at.plus(-1);
            if let Some(below) = self.rows.get(at)?.gap {
                return Some(below);
            }
        }
        None
    }
}
