//! Looking for words in what is here.

use crate::draft::Draft;
use crate::tui::clean::Clean;
use crate::tui::model::{Scroll, Window};

/// So many rows above what was found are shown, too.
const ABOVE: u16 = 2;

/// A search that goes on.
#[derive(Debug, Default)]
pub(super) struct Find {
    pub(super) words: Draft,
    /// What they were when they were last looked for.
    looked_for: String,
    /// Whether it began at the end of the window, to go back there.
    from_end: bool,
    /// Whether there is no further one that way.
    is_last: bool,
}

impl Find {
    pub(super) fn new(window: &Window) -> Find {
        Find { from_end: window.scroll == Scroll::End, ..Find::default() }
    }

    /// What is said of it.
    pub(super) fn question(&self, window: &Window) -> Clean {
        let words = &self.words.text;
        let said = match (words.is_empty(), window.found.is_some(), self.is_last) {
            (true, ..) => "type words; Esc leaves",
            (_, false, _) => "nothing here; /search asks the server",
            (_, true, false) => "Up older, Down newer, Enter stays, Esc leaves",
            (_, true, true) => "no more this way; Up older, Down newer, Enter stays, Esc leaves",
        };
        Clean::line(&format!("find: {words}  ({said})"))
    }

    /// The words are others: the last row that holds them. What was typed behind others is not looked for where those
    /// are not.
    pub(super) fn changed(&mut self, window: &mut Window) {
        let words = &self.words.text;
        let is_more = !self.looked_for.is_empty() && words.starts_with(&self.looked_for);
        let from = window.found.filter(|_| is_more);
        let found = match () {
            () if words.is_empty() || is_more && from.is_none() => None,
            () => window.find_above(words, from.map(|found| found.plus(1))),
        };
        self.is_last = false;
        words.clone_into(&mut self.looked_for);
        match found {
            Some(mark) => window.jump_to(mark, ABOVE),
            None => window.found = None,
        }
    }

    /// The next one above, or below.
    pub(super) fn next(&mut self, window: &mut Window, is_above: bool) {
        let Some(at) = window.found else { return };
        let words = &self.words.text;
        let next = if is_above { window.find_above(words, Some(at)) } else { window.find_below(words, at) };
        self.is_last = next.is_none();
        if let Some(mark) = next {
            window.jump_to(mark, ABOVE);
        }
    }

    /// Goes back to where it began, if that was the end.
    pub(super) fn leave(&self, window: &mut Window) {
        window.found = None;
        if self.from_end {
            window.scroll_to(Scroll::End);
        }
    }
}
