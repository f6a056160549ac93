//! Foreign text made safe once, when it comes in, and the clusters that it is drawn in.

use std::fmt::Write;

use chat_net::chat_core::printable;
use ratatui_core::buffer::CellWidth;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// No text is longer than this many bytes; a message is refused by the server long before.
const TEXT_BYTES: usize = 256 * 1024;

/// Marks above and below one letter; what is stacked higher is drawn over the lines of others.
const MARKS: usize = 8;

/// Characters in one cluster: the longest picture that people draw, a couple with skin tones, has ten.
const CHARS: usize = 16;

/// Text that can be drawn as it is: it went through the one sanitiser, line by line. Its newlines are its own.
///
/// Every cluster in it takes at least one column, and has at most [`MARKS`] marks and [`CHARS`] characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Clean(Box<str>);

impl Clean {
    /// Takes text from anywhere. Blank lines at its end are dropped.
    pub(crate) fn new(text: &str) -> Clean {
        let text = beginning(text);
        let mut safe = String::with_capacity(text.len());
        for (at, line) in text.trim_end_matches('\n').split('\n').enumerate() {
            safe.push_str(if at > 0 { "\n" } else { "" });
            clean(line, &mut safe);
        }
        Clean(safe.into())
    }

    /// The same on one line: newlines are shown.
    pub(crate) fn line(text: &str) -> Clean {
        let mut safe = String::with_capacity(text.len());
        clean(beginning(text), &mut safe);
        Clean(safe.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// Its lines; at least one.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.0.split('\n')
    }
}

/// As much of a text as is kept.
fn beginning(text: &str) -> &str {
    let mut end = text.len().min(TEXT_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// Appends one line, safe.
fn clean(line: &str, safe: &mut String) {
    if is_plain(line) {
        return safe.push_str(line);
    }
    for cluster in clusters(&printable(line)) {
        if cluster.columns > 0 && cluster.text.width() > 0 {
            safe.push_str(cluster.text);
            continue;
        }
        // A mark without a letter would stand on whatever is drawn left of it; of some, terminals disagree.
        for c in cluster.text.chars() {
            write!(safe, "<U+{:04X}>", u32::from(c)).expect("a String takes every write");
        }
    }
}

/// Printable ASCII, where a byte is a column.
pub(crate) fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// What people see as one character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cluster<'a> {
    /// Where it begins, and what comes after it, in bytes.
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// What is drawn of it: all of it, or its beginning.
    pub(crate) text: &'a str,
    /// How many columns that takes.
    pub(crate) columns: usize,
}

impl Cluster<'_> {
    /// Whether a terminal that draws each character for itself takes another number of columns for it.
    pub(crate) fn is_doubtful(&self) -> bool {
        let apart = |c: char| usize::from(c.encode_utf8(&mut [0; 4]).cell_width());
        self.text.len() > 1 && self.text.chars().map(apart).sum::<usize>() != self.columns
    }
}

/// The clusters of one line, measured as the cells measure them.
pub(crate) fn clusters(line: &str) -> impl Iterator<Item = Cluster<'_>> {
    line.grapheme_indices(true).map(|(start, whole)| {
        let text = cut(whole);
        // One control character has no width that could be asked for.
        let is_control = text.len() == 1 && text.contains(char::is_control);
        let columns = if is_control { 0 } else { usize::from(text.cell_width()) };
        Cluster { start, end: start + whole.len(), text, columns }
    })
}

/// How many columns a line takes.
pub(crate) fn columns(line: &str) -> usize {
    if is_plain(line) { line.len() } else { clusters(line).map(|cluster| cluster.columns).sum() }
}

/// The beginning of a line that fits so many columns, and ends in `…` if that is not all.
pub(crate) fn fitting(line: &str, room: usize) -> String {
    if columns(line) <= room {
        return line.to_owned();
    }
    let mut used = 1;
    let fits = |cluster: &Cluster<'_>| {
        used += cluster.columns;
        used <= room
    };
    let mut kept: String = clusters(line).take_while(fits).map(|cluster| cluster.text).collect();
    if room > 0 {
        kept.push('…');
    }
    kept
}

/// Without the marks that are too many.
fn cut(grapheme: &str) -> &str {
    if grapheme.len() <= MARKS {
        return grapheme;
    }
    let mut marks = 0;
    let mut has_room = |c: char| {
        marks += usize::from(is_mark(c));
        marks <= MARKS
    };
    let end = grapheme.char_indices().take(CHARS).take_while(|(_, c)| has_room(*c));
    let end = end.last().map_or(0, |(at, c)| at + c.len_utf8());
    if end == grapheme.len() { grapheme } else { grapheme[..end].trim_end_matches('\u{200d}') }
}

/// Whether it stands on the letter before it; what joins pictures does not.
fn is_mark(c: char) -> bool {
    c != '\u{200d}' && !c.is_control() && c.encode_utf8(&mut [0; 4]).cell_width() == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_and_nothing_else_moves_the_cursor() {
        assert_eq!(Clean::new("a\nb\r\n\x1b[2Jc\n\n").as_str(), "a\nb<U+000D>\n<U+001B>[2Jc");
        assert_eq!(Clean::new("\n\na\n").as_str(), "\n\na");
        assert_eq!(Clean::line("a\nb\tc").as_str(), "a↵b c");
        assert_eq!(Clean::new("").as_str(), "");
    }

    #[test]
    fn a_text_without_end_is_cut_between_characters() {
        let clean = Clean::new(&format!("a{}", "é".repeat(TEXT_BYTES)));
        assert_eq!(clean.as_str().len(), TEXT_BYTES - 1);
    }

    #[test]
    fn a_mark_needs_a_letter() {
        assert_eq!(Clean::new("\u{301}a").as_str(), "<U+0301>a");
        assert_eq!(Clean::new("x\n\u{301}").as_str(), "x\n<U+0301>");
        assert_eq!(Clean::new("a\u{1161}").as_str(), "a<U+1161>");
        assert_eq!(Clean::new("a\u{301}").as_str(), "a\u{301}");
    }

    #[test]
    fn a_tower_of_marks_is_cut_and_a_family_is_not() {
        let tower = format!("a{}b", "\u{301}".repeat(10_000));
        assert_eq!(Clean::new(&tower).as_str(), format!("a{}b", "\u{301}".repeat(MARKS)));
        let couple = "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👩🏽";
        assert_eq!(Clean::new(couple).as_str(), couple);
        let crowd = Clean::new(&["👩"; 40].join("\u{200d}"));
        assert!(crowd.as_str().chars().count() <= CHARS && crowd.as_str().ends_with('👩'), "{crowd:?}");
    }

    #[test]
    fn whatever_comes_every_cluster_has_columns() {
        for text in ["\u{1100}".repeat(40), "क\u{94d}ष".repeat(9), "\u{600}1\u{ff9e}ｶ\u{ff9e}".into()] {
            let clean = Clean::new(&text);
            let all: Vec<_> = clusters(clean.as_str()).collect();
            assert!(all.iter().all(|cluster| cluster.columns > 0), "{all:?}");
        }
    }

    #[test]
    fn what_is_too_wide_ends_in_dots() {
        assert_eq!(fitting("lobby", 5), "lobby");
        assert_eq!(fitting("lobby", 4), "lob…");
        assert_eq!(fitting("漢字漢字", 6), "漢字…");
        assert_eq!((fitting("漢字", 1), fitting("漢字", 0)), ("…".into(), String::new()));
    }
}
