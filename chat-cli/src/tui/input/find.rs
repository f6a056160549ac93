//! Looking for words in what is here.

use crate::draft::Draft;
use crate::tui::clean::Clean;
use crate::tui::model::{ABOVE, Mark, Of, Window};

/// A search that goes on.
#[derive(Debug)]
pub(super) struct Find {
    pub(super) words: Draft,
    /// What they were when they were last looked for.
    looked_for: String,
    /// The window whose rows these are.
    of: Of,
    /// The place of the row that was found among all that hold the words, from 1 on, and how many these are.
    place: Option<(usize, usize)>,
    /// That there is no further one that way.
    end: &'static str,
}

impl Find {
    pub(super) fn new(window: &mut Window) -> Find {
        window.keep_place();
        Find {
            words: Draft::default(),
            looked_for: String::new(),
            of: window.of.clone(),
            place: None,
            end: "",
        }
    }

    /// Whether that is its window.
    pub(super) fn is_in(&self, window: &Window) -> bool {
        window.of == self.of
    }

    /// What is said of it.
    pub(super) fn question(&self) -> Clean {
        let words = &self.words.text;
        let said = match (words.is_empty(), self.place) {
            (true, _) => " (type words; Esc leaves)".to_owned(),
            (_, None) => " (nothing here; /search asks the server)".to_owned(),
            (_, Some((at, count))) => {
                let end = self.end;
                format!("{at} of {count}{end} (Up older, Down newer, Enter stays, Esc leaves)")
            }
        };
        Clean::line(&format!("find: {words}  {said}"))
    }

    /// The words are others: the last row that holds them. What was typed behind others is looked for from the row that
    /// holds those on.
    pub(super) fn changed(&mut self, window: &mut Window) {
        let words = &self.words.text;
        let is_more = !self.looked_for.is_empty() && words.starts_with(&self.looked_for);
        let from = window.found.filter(|_| is_more);
        let rows = if words.is_empty() { Vec::new() } else { window.holding(words) };
        let behind = from.map_or(rows.len(), |from| rows.partition_point(|row| *row <= from));
        words.clone_into(&mut self.looked_for);
        // Where none is above any more, there may be one below.
        self.show(window, &rows, behind.saturating_sub(1));
    }

    /// The next one above, or below.
    pub(super) fn next(&mut self, window: &mut Window, is_above: bool) {
        if self.words.text.is_empty() {
            return;
        }
        // Rows come and go meanwhile.
        let rows = window.holding(&self.words.text);
        let at = window.found.unwrap_or(window.rows.end());
        let above = rows.partition_point(|row| *row < at);
        let next = if is_above { above.checked_sub(1) } else { Some(rows.partition_point(|row| *row <= at)) };
        let last = if is_above { 0 } else { rows.len().saturating_sub(1) };
        let next = next.filter(|next| *next < rows.len());
        self.show(window, &rows, next.unwrap_or(last));
        self.end = match (next, is_above) {
            (Some(_), _) => "",
            (None, true) => ", none is older",
            (None, false) => ", none is newer",
        };
    }

    /// Shows that one of them.
    fn show(&mut self, window: &mut Window, rows: &[Mark], at: usize) {
        self.end = "";
        self.place = rows.get(at).map(|_| (at + 1, rows.len()));
        match rows.get(at) {
            Some(mark) => window.jump_to(*mark, ABOVE),
            None => window.found = None,
        }
    }

    /// Goes back to where it began.
    pub(super) fn leave(&self, window: &mut Window) {
        window.found = None;
        window.back_to_place();
    }
}
