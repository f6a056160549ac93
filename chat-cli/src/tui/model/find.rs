//! Looking for something among the rows of a window.

use memchr::memmem::Finder;

use super::row::Row;
use super::rows::Mark;
use super::window::{Scroll, Window};

/// Whoever jumps to a row sees so many rows above it, if there are as many.
pub(crate) const ABOVE: u16 = 3;

/// What is looked for. A hundred thousand rows are gone through between two keys: each is put in small letters once.
#[derive(Debug)]
struct Words(Finder<'static>);

impl Words {
    fn new(words: &str) -> Words {
        Words(Finder::new(&small(words)).into_owned())
    }

    /// Whether `text`, which is in small letters, holds them.
    fn are_in(&self, text: &str) -> bool {
        self.0.find(text.as_bytes()).is_some()
    }

    /// Whether its text or its author's name holds them.
    fn are_in_row(&self, row: &Row) -> bool {
        self.are_in(row.small())
            || row.author.as_ref().is_some_and(|author| holds(author.as_str().as_bytes(), self.0.needle()))
    }
}

/// Whether `name` holds `small`, which is in small letters, in any case.
fn holds(name: &[u8], small: &[u8]) -> bool {
    name.windows(small.len().max(1)).any(|there| there.eq_ignore_ascii_case(small))
}

/// In small letters, each character for itself: whatever stands beside it, it becomes the same.
pub(crate) fn small(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut small = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\0'..='\x7f' => small.push(c.to_ascii_lowercase()),
            // At the end of a word, it is the same letter.
            'ς' => small.push('σ'),
            c => small.extend(c.to_lowercase()),
        }
    }
    small
}

impl Window {
    /// All rows that hold `words`, in any case, the oldest first.
    pub(crate) fn holding(&self, words: &str) -> Vec<Mark> {
        let words = Words::new(words);
        let marks = (0..).map(|down| self.rows.first().plus(down));
        let rows = marks.map_while(|mark| Some((mark, self.rows.get(mark)?)));
        rows.filter(|(_, row)| words.are_in_row(row)).map(|(mark, _)| mark).collect()
    }

    /// The next row above `from` that names whoever reads; with `from` none, from the end on.
    pub(crate) fn mention_above(&self, from: Option<Mark>) -> Option<Mark> {
        let mut at = from.unwrap_or_else(|| self.rows.end());
        while at > self.rows.first() {
            at = at.plus(-1);
            if self.rows.get(at).is_some_and(|row| row.mentions) {
                return Some(at);
            }
        }
        None
    }

    /// Shows that row, which stands out then, below so many others.
    pub(crate) fn jump_to(&mut self, mark: Mark, above: u16) {
        let top = mark.plus(-i64::from(above)).max(self.rows.first());
        self.scroll_to(Scroll::At { top, line: 0 });
        (self.found, self.is_marked) = (Some(mark), true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(words: &str, text: &str) -> bool {
        Words::new(words).are_in(&small(text))
    }

    #[test]
    fn words_are_found_in_any_case_and_script() {
        for (words, text) in [
            ("Fish", "a FISH."),
            ("fish", "fish"),
            ("ÄPFEL", "zwei äpfel"),
            ("at", "caat"),
            ("漢", "a漢b"),
            ("äÖ", "aäÄöä"),
            ("ΟΔΟΣ", "η οδος"),
            ("οδοσ", "Η ΟΔΟΣ"),
        ] {
            assert!(is_in(words, text), "{words} in {text}");
        }
        for (words, text) in [("fish", "fis"), ("fish", "fi sh"), ("ä", "a"), ("é", "plain"), ("aab", "aaa")]
        {
            assert!(!is_in(words, text), "{words} in {text}");
        }
    }

    #[test]
    fn names_are_found_in_any_case() {
        assert!(holds(b"Bob", b"bo") && holds(b"Bob", b"ob") && holds(b"BOB", b"bob"));
        assert!(!holds(b"Bob", b"bobb") && !holds(b"Bob", "b\u{f6}b".as_bytes()));
    }
}
