//! Texts that must not be wider than a terminal: measured and cut by what people see as one character.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// `text` cut to at most `columns`; the beginning stays.
pub(crate) fn keep_start(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut kept = fitting(text.graphemes(true), columns);
    kept.push("…");
    kept.concat()
}

/// As many of the first `graphemes` as leave one of the columns free.
fn fitting<'a>(graphemes: impl Iterator<Item = &'a str>, columns: usize) -> Vec<&'a str> {
    let mut used = 1;
    let fits = |grapheme: &&str| {
        used += grapheme.width();
        used <= columns
    };
    graphemes.take_while(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_keeps_its_beginning() {
        assert_eq!(keep_start("photo.jpg", 9), "photo.jpg");
        assert_eq!(keep_start("photo.jpg", 8), "photo.j…");
        assert_eq!(keep_start("漢字漢字", 6), "漢字…");
        for text in ["漢字漢字漢字", "e\u{301}e\u{301}e\u{301}e\u{301}", "👩\u{200d}👧👩\u{200d}👧"]
        {
            for columns in 1..14 {
                assert!(keep_start(text, columns).width() <= columns, "{text} {columns}");
            }
        }
    }
}
