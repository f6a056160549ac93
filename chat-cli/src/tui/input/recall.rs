//! Looking for something in what was sent before, from the last backwards, as in readline.

use crate::draft::{Draft, History, Place};
use crate::tui::clean::Clean;
use crate::tui::model::{Model, Of, Window, small};

/// Such a search. What it finds stands in the input meanwhile.
#[derive(Debug)]
pub(super) struct Recall {
    words: Draft,
    /// The window whose history it is.
    of: Of,
    /// What was typed there before, and where in the history one looked.
    before: (Draft, Option<Place>),
    /// Where in the history that stands which is shown.
    at: Option<usize>,
    /// Whether there is no further one.
    is_last: bool,
}

impl Recall {
    pub(super) fn new(window: &Window) -> Recall {
        Recall {
            words: Draft::default(),
            of: window.of.clone(),
            before: (window.draft.clone(), window.history.place().cloned()),
            at: None,
            is_last: false,
        }
    }

    /// Whether that is its window.
    pub(super) fn is_in(&self, window: &Window) -> bool {
        window.of == self.of
    }

    /// What is looked for.
    pub(super) fn words(&self) -> &str {
        &self.words.text
    }

    /// What is said of it.
    pub(super) fn question(&self) -> Clean {
        let words = self.words();
        let said = match (words.is_empty(), self.is_last, self.at) {
            (true, ..) => "type words of what you sent; Ctrl-G gives up",
            (_, true, None) => "nothing here; Ctrl-G gives up",
            (_, true, Some(_)) => "none is older; Enter sends, Esc edits, Ctrl-G gives up",
            (_, false, _) => "Enter sends, Esc edits, Ctrl-R older, Ctrl-G gives up",
        };
        Clean::line(&format!("sent before: {words}  ({said})"))
    }

    /// More words: what is shown may hold them, too.
    pub(super) fn typed(&mut self, text: &str, window: &mut Window) {
        self.words.insert(text);
        let from = self.at.map(|at| at + 1);
        self.look(from, window);
    }

    /// Fewer words.
    pub(super) fn shortened(&mut self, window: &mut Window) {
        self.words.cut(self.words.before(), self.words.text.len());
        if self.words().is_empty() {
            self.restore(window);
            (self.at, self.is_last) = (None, false);
        } else {
            self.look(None, window);
        }
    }

    /// The next one before; without words, the last that holds `again`.
    pub(super) fn older(&mut self, again: &str, window: &mut Window) {
        if self.words().is_empty() {
            self.words = Draft::new(again.to_owned());
        }
        if !self.words().is_empty() {
            self.look(self.at, window);
        }
    }

    /// Shows the last that holds the words before that place in the history; what is shown already is not shown again, unless
    /// it is looked at there itself.
    fn look(&mut self, before: Option<usize>, window: &mut Window) {
        let Window { history, draft, .. } = window;
        let words = small(&self.words.text);
        let shown = self.at.filter(|at| before == Some(*at)).and_then(|at| history.get(at));
        let found = last_with(history, &words, before, shown);
        self.is_last = found.is_none();
        if let Some((at, place)) = found {
            self.at = Some(at);
            history.look_at(at, draft);
            draft.go_to(place);
        }
    }

    /// As if nobody had looked.
    pub(super) fn give_up(self, model: &mut Model) {
        if let Some(window) = model.windows.find_mut(&self.of) {
            self.restore(window);
        }
    }

    fn restore(&self, window: &mut Window) {
        window.draft.clone_from(&self.before.0);
        window.history.go_back_to(self.before.1.clone());
    }
}

/// The last that holds `words`, which are in small letters, before that place in the history and is not `shown`; and where
/// in it they begin.
fn last_with(
    history: &History,
    words: &str,
    before: Option<usize>,
    shown: Option<&str>,
) -> Option<(usize, usize)> {
    (0..before.unwrap_or(history.len())).rev().find_map(|at| {
        let text = history.get(at).filter(|text| shown != Some(*text))?;
        Some((at, place(text, words)?))
    })
}

/// Where in `text` the words begin.
fn place(text: &str, words: &str) -> Option<usize> {
    let there = small(text).find(words)?;
    let mut passed = 0;
    let mut begins = text.char_indices().map(|(at, c)| {
        let here = passed;
        passed += small(c.encode_utf8(&mut [0; 4])).len();
        (at, here)
    });
    begins.find(|(_, here)| *here >= there).map(|(at, _)| at)
}
