//! What is being typed: the text, the cursor, what edits them, and what was typed before. No keys and no terminal here.

use std::collections::VecDeque;

use unicode_segmentation::UnicodeSegmentation;

/// Texts that are remembered; the oldest is forgotten.
pub(crate) const HISTORY: usize = 500;

/// Bytes that a draft may grow to; what goes beyond is not taken. More than any server takes.
pub(crate) const DRAFT_BYTES: usize = 64 * 1024;

/// Changes that can be taken back, and the bytes of text that are kept for them.
const UNDO: usize = 100;
const UNDO_BYTES: usize = 256 * 1024;

/// A text being typed. The cursor is a byte offset that always lies between two graphemes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) text: String,
    /// Where the next character goes, in bytes.
    pub(crate) cursor: usize,
}

impl Draft {
    /// A text with the cursor at its end.
    pub(crate) fn new(text: String) -> Draft {
        Draft { cursor: text.len(), text }
    }

    /// Puts `text` before the cursor; gives whether there was room for it.
    pub(crate) fn insert(&mut self, text: &str) -> bool {
        self.put(self.cursor..self.cursor, text)
    }

    /// Puts `text` in the place of what stands there, and the cursor behind it; gives whether there was room for it.
    pub(crate) fn put(&mut self, there: std::ops::Range<usize>, text: &str) -> bool {
        if self.text.len() - there.len() + text.len() > DRAFT_BYTES {
            return false;
        }
        self.cursor = there.start + text.len();
        self.text.replace_range(there, text);
        // A combining character joins the grapheme before it, and may join the one behind it.
        self.cursor = boundaries(&self.text).find(|at| *at >= self.cursor).unwrap_or(self.text.len());
        true
    }

    /// Takes out what is between two places, and gives it; the cursor is there then.
    pub(crate) fn cut(&mut self, from: usize, to: usize) -> String {
        let taken = self.text.drain(from..to).collect();
        self.go_to(from);
        taken
    }

    /// Puts the cursor there, or before the grapheme around it.
    pub(crate) fn go_to(&mut self, at: usize) {
        self.cursor = boundaries(&self.text).rfind(|boundary| *boundary <= at).unwrap_or(0);
    }

    /// Swaps the graphemes around the cursor, or the last two.
    pub(crate) fn transpose(&mut self) {
        let middle = if self.cursor == self.text.len() { self.before() } else { self.cursor };
        self.cursor = middle;
        let (start, end) = (self.before(), self.after());
        let swapped = format!("{}{}", &self.text[middle..end], &self.text[start..middle]);
        self.text.replace_range(start..end, &swapped);
        self.cursor = end;
    }

    /// Where the grapheme before the cursor begins.
    pub(crate) fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    /// Where the grapheme behind the cursor ends.
    pub(crate) fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    /// Where the word before the cursor begins: letters and digits, as readline's Alt-B has it.
    pub(crate) fn word_before(&self) -> usize {
        let words = self.text[..self.cursor].trim_end_matches(|c: char| !c.is_alphanumeric());
        words.trim_end_matches(char::is_alphanumeric).len()
    }

    /// Where the word behind the cursor ends.
    pub(crate) fn word_after(&self) -> usize {
        let rest = self.text[self.cursor..].trim_start_matches(|c: char| !c.is_alphanumeric());
        self.text.len() - rest.trim_start_matches(char::is_alphanumeric).len()
    }

    /// Where the last run of non-blanks before the cursor begins, as readline's Ctrl-W has it.
    pub(crate) fn blank_before(&self) -> usize {
        let words = self.text[..self.cursor].trim_end();
        words.trim_end_matches(|c: char| !c.is_whitespace()).len()
    }

    /// Where the line with the cursor begins.
    pub(crate) fn line_start(&self) -> usize {
        self.text[..self.cursor].rfind('\n').map_or(0, |at| at + 1)
    }

    /// Where the line with the cursor ends.
    pub(crate) fn line_end(&self) -> usize {
        self.text[self.cursor..].find('\n').map_or(self.text.len(), |at| self.cursor + at)
    }

    /// The place above the cursor, in the line before; none in the first.
    pub(crate) fn above(&self) -> Option<usize> {
        let start = self.line_start();
        let end = start.checked_sub(1)?;
        let above = self.text[..end].rfind('\n').map_or(0, |at| at + 1);
        Some(self.at_column(above, end, start))
    }

    /// The place below the cursor, in the line behind; none in the last.
    pub(crate) fn below(&self) -> Option<usize> {
        let below = self.line_end() + 1;
        let rest = self.text.get(below..)?;
        let end = rest.find('\n').map_or(self.text.len(), |at| below + at);
        Some(self.at_column(below, end, self.line_start()))
    }

    /// As many graphemes into the line from `from` to `to` as the cursor is into the one that begins at `start`.
    fn at_column(&self, from: usize, to: usize, start: usize) -> usize {
        let column = self.text[start..self.cursor].graphemes(true).count();
        from + self.text[from..to].graphemes(true).take(column).map(str::len).sum::<usize>()
    }
}

/// Between which bytes the cursor may stand.
fn boundaries(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()])
}

/// What of a paste is typed: line ends stay inside the message, but for the last; other control characters and tabs' kin
/// were meant for nobody.
pub(crate) fn pasted(text: &str) -> String {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = text.strip_suffix('\n').unwrap_or(&text);
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// What was entered, and where in it somebody looks back.
#[derive(Debug, Default)]
pub(crate) struct History {
    entered: VecDeque<String>,
    looking_back: Option<Place>,
}

/// Where somebody looks back: which text is shown, and what was typed before.
pub(crate) type Place = (usize, String);

impl History {
    /// This was entered; nobody looks back any more.
    pub(crate) fn add(&mut self, entered: &str) {
        self.looking_back = None;
        if !entered.is_empty() && self.entered.back().is_none_or(|last| last != entered) {
            if self.entered.len() == HISTORY {
                self.entered.pop_front();
            }
            self.entered.push_back(entered.to_owned());
        }
    }

    /// Shows what was entered before.
    pub(crate) fn back(&mut self, draft: &mut Draft) {
        let shown = self.looking_back.as_ref().map_or(self.entered.len(), |(shown, _)| *shown);
        if let Some(earlier) = shown.checked_sub(1) {
            self.look_at(earlier, draft);
        }
    }

    /// Shows the text in that place.
    pub(crate) fn look_at(&mut self, at: usize, draft: &mut Draft) {
        let Some(text) = self.entered.get(at) else { return };
        let typed = self.looking_back.take().map_or_else(|| draft.text.clone(), |(_, typed)| typed);
        *draft = Draft::new(text.clone());
        self.looking_back = Some((at, typed));
    }

    /// How many texts are remembered, and the one in that place, the oldest first.
    pub(crate) fn len(&self) -> usize {
        self.entered.len()
    }

    pub(crate) fn get(&self, at: usize) -> Option<&str> {
        self.entered.get(at).map(String::as_str)
    }

    /// Where somebody looks back, if they do.
    pub(crate) fn place(&self) -> Option<&Place> {
        self.looking_back.as_ref()
    }

    /// Looks there again.
    pub(crate) fn go_back_to(&mut self, place: Option<Place>) {
        self.looking_back = place;
    }

    /// Shows what was entered after that, in the end what was being typed.
    pub(crate) fn forward(&mut self, draft: &mut Draft) {
        let Some((shown, typed)) = self.looking_back.take() else { return };
        match self.entered.get(shown + 1).cloned() {
            Some(later) => {
                *draft = Draft::new(later);
                self.looking_back = Some((shown + 1, typed));
            }
            None => *draft = Draft::new(typed),
        }
    }
}

/// What a draft was before each change, so far as that is kept.
#[derive(Debug, Default)]
pub(crate) struct Undo {
    before: VecDeque<Draft>,
    bytes: usize,
    /// Whether the last change was a letter, which is taken back with those typed before and behind it.
    is_word: bool,
}

impl Undo {
    /// The draft is about to change: by a letter of a word, if `is_letter`.
    pub(crate) fn note(&mut self, draft: &Draft, is_letter: bool) {
        if std::mem::replace(&mut self.is_word, is_letter) && is_letter {
            return;
        }
        self.bytes += draft.text.len();
        self.before.push_back(draft.clone());
        while self.before.len() > UNDO || self.bytes > UNDO_BYTES {
            let Some(oldest) = self.before.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    /// Gives the draft as it was before the last change that made another one of it.
    pub(crate) fn take(&mut self, draft: &mut Draft) {
        self.is_word = false;
        while let Some(before) = self.before.pop_back() {
            self.bytes -= before.text.len();
            if before.text != draft.text {
                *draft = before;
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A draft with the cursor where `|` stands.
    fn draft(shown: &str) -> Draft {
        let cursor = shown.find('|').unwrap();
        Draft { text: shown.replace('|', ""), cursor }
    }

    fn shown(draft: &Draft, at: Option<usize>) -> Option<String> {
        at.map(|at| format!("{}|{}", &draft.text[..at], &draft.text[at..]))
    }

    #[test]
    fn up_and_down_keep_the_column_as_far_as_the_line_goes() {
        for (from, above, below) in [
            ("ab|c", None, None),
            ("abc\nde|f", Some("ab|c\ndef"), None),
            ("a\ndef|", Some("a|\ndef"), None),
            ("ab|c\n\nx", None, Some("abc\n|\nx")),
            ("漢字|\nabc", None, Some("漢字\nab|c")),
            ("x\n|", Some("|x\n"), None),
            ("|\n", None, Some("\n|")),
        ] {
            let draft = draft(from);
            assert_eq!(shown(&draft, draft.above()).as_deref(), above, "{from}");
            assert_eq!(shown(&draft, draft.below()).as_deref(), below, "{from}");
        }
    }

    #[test]
    fn lines_begin_and_end_at_newlines() {
        let draft = draft("one\ntw|o\nthree");
        assert_eq!((draft.line_start(), draft.line_end()), (4, 7));
    }
}
