//! Looking for something among the rows of a window.

use memchr::memchr2_iter;
use memchr::memmem::Finder;

use super::row::Row;
use super::rows::Mark;
use super::window::{Scroll, Window};

/// What is looked for. A hundred thousand rows are gone through between two keys: none is copied.
#[derive(Debug)]
struct Words {
    /// In small letters.
    small: String,
    is_ascii: bool,
    /// The first letter, small and large.
    first: Vec<Finder<'static>>,
}

impl Words {
    fn new(words: &str) -> Words {
        let small = words.to_lowercase();
        let first = small.chars().next().into_iter();
        let first = first.flat_map(|c| [c.to_string(), c.to_uppercase().to_string()]);
        let first = first.map(|letter| Finder::new(&letter).into_owned()).collect();
        Words { is_ascii: small.is_ascii(), small, first }
    }

    /// Whether `text` holds them.
    fn are_in(&self, text: &str) -> bool {
        match (self.is_ascii, text.is_ascii()) {
            (true, _) => holds(text.as_bytes(), self.small.as_bytes()),
            (false, true) => false,
            (false, false) => {
                let mut places = self.first.iter().flat_map(|first| first.find_iter(text.as_bytes()));
                places.any(|at| self.begin(&text[at..]))
            }
        }
    }

    /// Whether `text` begins with them.
    fn begin(&self, text: &str) -> bool {
        let mut there = text.chars().flat_map(char::to_lowercase);
        self.small.chars().all(|c| there.next() == Some(c))
    }

    /// Whether its text or its author's name holds them.
    fn are_in_row(&self, row: &Row) -> bool {
        let author = row.author.as_ref();
        self.are_in(row.text.as_str()) || author.is_some_and(|author| self.are_in(author.as_str()))
    }
}

/// Whether `text` holds `small`, which is ASCII in small letters, in any case.
fn holds(text: &[u8], small: &[u8]) -> bool {
    let Some(&first) = small.first() else { return true };
    memchr2_iter(first, first.to_ascii_uppercase(), text)
        .any(|at| text.get(at..at + small.len()).is_some_and(|there| there.eq_ignore_ascii_case(small)))
}

impl Window {
    /// The next row above `from` that holds `words`, in any case; with `from` none, from the end on.
    pub(crate) fn find_above(&self, words: &str, from: Option<Mark>) -> Option<Mark> {
        let words = Words::new(words);
        self.above(from, |window, at| window.rows.get(at).is_some_and(|row| words.are_in_row(row)))
    }

    /// The next row below `from` that holds `words`.
    pub(crate) fn find_below(&self, words: &str, from: Mark) -> Option<Mark> {
        let words = Words::new(words);
        let mut at = from.plus(1);
        while let Some(row) = self.rows.get(at) {
            if words.are_in_row(row) {
                return Some(at);
            }
            at = at.plus(1);
        }
        None
    }

    /// The next row above `from` that names whoever reads.
    pub(crate) fn mention_above(&self, from: Option<Mark>) -> Option<Mark> {
        self.above(from, |window, at| window.rows.get(at).is_some_and(|row| row.mentions))
    }

    /// Shows that row, which stands out then, below so many others.
    pub(crate) fn jump_to(&mut self, mark: Mark, above: u16) {
        let top = mark.plus(-i64::from(above)).max(self.rows.first());
        self.scroll_to(Scroll::At { top, line: 0 });
        self.found = Some(mark);
    }

    fn above(&self, from: Option<Mark>, is: impl Fn(&Window, Mark) -> bool) -> Option<Mark> {
        let mut at = from.unwrap_or_else(|| self.rows.end());
        while at > self.rows.first() {
            at = at.plus(-1);
            if is(self, at) {
                return Some(at);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::Words;

    #[test]
    fn words_are_found_in_any_case_and_script() {
        for (words, text) in [
            ("Fish", "a FISH."),
            ("fish", "fish"),
            ("ÄPFEL", "zwei äpfel"),
            ("at", "caat"),
            ("漢", "a漢b"),
            ("äÖ", "aäÄöä"),
        ] {
            assert!(Words::new(words).are_in(text), "{words} in {text}");
        }
        for (words, text) in [("fish", "fis"), ("fish", "fi sh"), ("ä", "a"), ("é", "plain"), ("aab", "aaa")]
        {
            assert!(!Words::new(words).are_in(text), "{words} in {text}");
        }
    }
}
