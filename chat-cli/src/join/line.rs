//! The line being typed: its text, its cursor, its history, and what each key does to them. No terminal here.

use std::collections::VecDeque;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use unicode_segmentation::UnicodeSegmentation;

/// Lines that are remembered; the oldest is forgotten.
const HISTORY: usize = 500;

/// Bytes that one line may grow to; keys and pastes beyond it do nothing. More than any server takes.
const LINE_BYTES: usize = 64 * 1024;

/// What came of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// The text or the cursor may have changed.
    Edited,
    /// This line was entered; the next one is empty.
    Entered(String),
    /// Ctrl-C on an empty line.
    Interrupt,
    /// Ctrl-D on an empty line.
    End,
    /// Ctrl-Z: stop the program until the shell lets it go on.
    Suspend,
    /// Ctrl-L: clear the screen.
    Clear,
    /// Nothing.
    Nothing,
}

/// A line being typed. The cursor is a byte offset that always lies between two graphemes.
#[derive(Debug, Default)]
pub(crate) struct Line {
    text: String,
    cursor: usize,
    killed: String,
    history: VecDeque<String>,
    /// Which line of the history is shown, and the line that was typed before looking back.
    looking_back: Option<(usize, String)>,
}

impl Line {
    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Where the cursor is, as a byte offset.
    pub(crate) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Inserts what was pasted: line ends stay inside the message, but for the last; other control characters
    /// and tabs' kin were meant for nobody.
    pub(crate) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text: String = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        self.insert(&text);
    }

    /// Does what `key` does: readline's keys, as far as one line needs them.
    pub(crate) fn press(&mut self, key: KeyEvent) -> Pressed {
        if key.kind == KeyEventKind::Release {
            return Pressed::Nothing;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        match key.code {
            // AltGr comes as both together on some systems, and means the character.
            KeyCode::Char(c) if control && !alt => return self.press_control(c.to_ascii_lowercase()),
            KeyCode::Char(c) if alt && !control => return self.press_alt(c.to_ascii_lowercase()),
            KeyCode::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            KeyCode::Enter => return self.enter(),
            KeyCode::Backspace if alt || control => self.kill(self.word_before(), self.cursor),
            KeyCode::Backspace => self.remove(self.before(), self.cursor),
            KeyCode::Delete if alt || control => self.kill(self.cursor, self.word_after()),
            KeyCode::Delete => self.remove(self.cursor, self.after()),
            KeyCode::Left if alt || control => self.cursor = self.word_before(),
            KeyCode::Right if alt || control => self.cursor = self.word_after(),
            KeyCode::Left => self.cursor = self.before(),
            KeyCode::Right => self.cursor = self.after(),
            KeyCode::Home => self.cursor = 0,
            KeyCode::End => self.cursor = self.text.len(),
            KeyCode::Up => self.look_back(),
            KeyCode::Down => self.look_forward(),
            _ => return Pressed::Nothing,
        }
        Pressed::Edited
    }

    fn press_control(&mut self, c: char) -> Pressed {
        match c {
            'a' => self.cursor = 0,
            'b' => self.cursor = self.before(),
            'c' if self.text.is_empty() => return Pressed::Interrupt,
            'c' => self.replace(String::new()),
            'd' if self.text.is_empty() => return Pressed::End,
            'd' => self.remove(self.cursor, self.after()),
            'e' => self.cursor = self.text.len(),
            'f' => self.cursor = self.after(),
            'h' => self.remove(self.before(), self.cursor),
            'j' | 'm' => return self.enter(),
            'k' => self.kill(self.cursor, self.text.len()),
            'l' => return Pressed::Clear,
            'n' => self.look_forward(),
            'p' => self.look_back(),
            't' => self.transpose(),
            'u' => self.kill(0, self.cursor),
            'w' => self.kill(self.blank_before(), self.cursor),
            'y' => self.insert(&self.killed.clone()),
            'z' => return Pressed::Suspend,
            _ => return Pressed::Nothing,
        }
        Pressed::Edited
    }

    fn press_alt(&mut self, c: char) -> Pressed {
        match c {
            'b' => self.cursor = self.word_before(),
            'd' => self.kill(self.cursor, self.word_after()),
            'f' => self.cursor = self.word_after(),
            _ => return Pressed::Nothing,
        }
        Pressed::Edited
    }

    fn enter(&mut self) -> Pressed {
        let entered = std::mem::take(&mut self.text);
        self.cursor = 0;
        self.looking_back = None;
        if !entered.is_empty() && self.history.back() != Some(&entered) {
            if self.history.len() == HISTORY {
                self.history.pop_front();
            }
            self.history.push_back(entered.clone());
        }
        Pressed::Entered(entered)
    }

    fn replace(&mut self, text: String) {
        self.cursor = text.len();
        self.text = text;
    }

    fn insert(&mut self, text: &str) {
        if self.text.len() + text.len() > LINE_BYTES {
            return;
        }
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
        // A combining character joins the grapheme before it, and may join the one behind it.
        self.cursor = boundaries(&self.text).find(|at| *at >= self.cursor).unwrap_or(self.text.len());
    }

    fn remove(&mut self, from: usize, to: usize) {
        self.text.replace_range(from..to, "");
        self.cursor = boundaries(&self.text).rfind(|at| *at <= from).unwrap_or(0);
    }

    fn kill(&mut self, from: usize, to: usize) {
        if from < to {
            self.killed = self.text[from..to].to_owned();
            self.remove(from, to);
        }
    }

    fn transpose(&mut self) {
        let middle = if self.cursor == self.text.len() { self.before() } else { self.cursor };
        self.cursor = middle;
        let (start, end) = (self.before(), self.after());
        let swapped = format!("{}{}", &self.text[middle..end], &self.text[start..middle]);
        self.text.replace_range(start..end, &swapped);
        self.cursor = end;
    }

    fn look_back(&mut self) {
        let shown = self.looking_back.as_ref().map_or(self.history.len(), |(shown, _)| *shown);
        let Some(earlier) = shown.checked_sub(1) else { return };
        let typed = self.looking_back.take().map_or_else(|| self.text.clone(), |(_, typed)| typed);
        self.replace(self.history[earlier].clone());
        self.looking_back = Some((earlier, typed));
    }

    fn look_forward(&mut self) {
        let Some((shown, typed)) = self.looking_back.take() else { return };
        match self.history.get(shown + 1).cloned() {
            Some(later) => {
                self.replace(later);
                self.looking_back = Some((shown + 1, typed));
            }
            None => self.replace(typed),
        }
    }

    fn before(&self) -> usize {
        self.text[..self.cursor].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.cursor + self.text[self.cursor..].graphemes(true).next().map_or(0, str::len)
    }

    /// Where the word before the cursor begins: letters and digits, as readline's Alt-B has it.
    fn word_before(&self) -> usize {
        let words = self.text[..self.cursor].trim_end_matches(|c: char| !c.is_alphanumeric());
        words.trim_end_matches(char::is_alphanumeric).len()
    }

    fn word_after(&self) -> usize {
        let rest = self.text[self.cursor..].trim_start_matches(|c: char| !c.is_alphanumeric());
        self.text.len() - rest.trim_start_matches(char::is_alphanumeric).len()
    }

    /// Where the last run of non-blanks before the cursor begins, as readline's Ctrl-W has it.
    fn blank_before(&self) -> usize {
        let words = self.text[..self.cursor].trim_end();
        words.trim_end_matches(|c: char| !c.is_whitespace()).len()
    }
}

/// Between which bytes the cursor may stand.
fn boundaries(text: &str) -> impl DoubleEndedIterator<Item = usize> {
    text.grapheme_indices(true).map(|(at, _)| at).chain([text.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Types text and keys: `^a` is Ctrl-A, `~b` is Alt-B, `<` and `>` are the arrows left and right, `_` is
    /// Backspace, `+` and `-` are the arrows up and down, `!` is Enter.
    fn press(line: &mut Line, keys: &str) -> Pressed {
        let mut last = Pressed::Nothing;
        let mut modifiers = KeyModifiers::NONE;
        for c in keys.chars() {
            let code = match c {
                '^' => {
                    modifiers = KeyModifiers::CONTROL;
                    continue;
                }
                '~' => {
                    modifiers = KeyModifiers::ALT;
                    continue;
                }
                '<' => KeyCode::Left,
                '>' => KeyCode::Right,
                '+' => KeyCode::Up,
                '-' => KeyCode::Down,
                '_' => KeyCode::Backspace,
                '!' => KeyCode::Enter,
                c => KeyCode::Char(c),
            };
            last = line.press(KeyEvent::new(code, modifiers));
            modifiers = KeyModifiers::NONE;
            assert!(line.text.is_char_boundary(line.cursor));
        }
        last
    }

    /// What is there after typing `keys`, with `|` where the cursor is.
    fn after(keys: &str) -> String {
        let mut line = Line::default();
        press(&mut line, keys);
        format!("{}|{}", &line.text[..line.cursor], &line.text[line.cursor..])
    }

    #[test]
    fn keys_edit_as_readline_does() {
        for (keys, there) in [
            ("abc", "abc|"),
            ("abc<<", "a|bc"),
            ("abc^ax", "x|abc"),
            ("abc^a^e", "abc|"),
            ("abc<_", "a|c"),
            ("abc^a^d", "|bc"),
            ("one two^w", "one |"),
            ("one two.x~b", "one two.|x"),
            ("one two~b~b~f", "one| two"),
            ("one two^a~d", "| two"),
            ("one two^u", "|"),
            ("one two~b^k", "one |"),
            ("one two^w^a^y", "two|one "),
            ("abc^t", "acb|"),
            ("a^t", "a|"),
            ("abc^c", "|"),
            ("a<^b^h_", "|a"),
        ] {
            assert_eq!(after(keys), there, "{keys}");
        }
    }

    #[test]
    fn the_cursor_moves_over_what_people_see_as_one() {
        assert_eq!(after("e\u{301}x<<"), "|e\u{301}x");
        assert_eq!(after("ae\u{301}_"), "a|");
        assert_eq!(after("漢字<_"), "|字");
        assert_eq!(after("👩\u{200d}👧<"), "|👩\u{200d}👧");
        assert_eq!(after("x^a\u{301}"), "\u{301}|x");
    }

    #[test]
    fn the_history_is_walked_and_gives_the_typed_line_back() {
        let mut line = Line::default();
        assert_eq!(press(&mut line, "one!"), Pressed::Entered("one".into()));
        press(&mut line, "two!two!!half");
        for (keys, text) in
            [("+", "two"), ("+", "one"), ("+", "one"), ("-", "two"), ("-", "half"), ("-", "half")]
        {
            press(&mut line, keys);
            assert_eq!(line.text(), text);
        }
        press(&mut line, "++x!");
        assert_eq!(line.history, ["one", "two", "onex"]);
        for number in 0..HISTORY + 10 {
            press(&mut line, &format!("{number}!"));
        }
        assert_eq!(line.history.len(), HISTORY);
    }

    #[test]
    fn an_empty_line_can_be_left_and_a_full_one_only_cleared() {
        let mut line = Line::default();
        assert_eq!(press(&mut line, "^c"), Pressed::Interrupt);
        assert_eq!(press(&mut line, "^d"), Pressed::End);
        assert_eq!(press(&mut line, "x^c"), Pressed::Edited);
        assert_eq!(press(&mut line, "x<^d"), Pressed::Edited);
        assert_eq!(line.text(), "");
    }

    #[test]
    fn a_paste_keeps_its_lines_and_loses_what_could_command_a_terminal() {
        let mut line = Line::default();
        line.paste("a\r\nb\tc\x1b[2J\u{9b}m\n");
        assert_eq!(line.text(), "a\nb\tc[2Jm");
        line.paste(&"x".repeat(LINE_BYTES));
        assert_eq!(line.text(), "a\nb\tc[2Jm");
    }
}
