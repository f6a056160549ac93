//! Where a text is broken into lines: between words if it can be, and never within what people see as one
//! character.

use std::ops::Range;

use crate::tui::clean::{Cluster, clusters, columns, is_plain};

/// The lines of `text`, as ranges of its bytes: the first at most `first` columns wide, the others `rest`. Blanks at
/// a break belong to no line. Its own newlines are breaks, too.
pub(super) fn wrapped(text: &str, first: usize, rest: usize) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut from = 0;
    for line in text.split('\n') {
        let room = if from == 0 { first } else { rest };
        wrap_line(line, from, [room.max(1), rest.max(1)], &mut lines);
        from += line.len() + 1;
    }
    lines
}

/// One line being broken.
struct Breaker<'a> {
    line: &'a str,
    /// Where the line begins within the text.
    from: usize,
    rest: usize,
    /// How wide this part may be.
    room: usize,
    /// Where this part begins, and how many columns it has so far.
    start: usize,
    used: usize,
    /// Where it could end.
    end: Option<usize>,
}

fn wrap_line(line: &str, from: usize, [first, rest]: [usize; 2], lines: &mut Vec<Range<usize>>) {
    if line.len() <= first && is_plain(line) {
        return lines.push(from..from + line.len());
    }
    let mut breaker = Breaker { line, from, rest, room: first, start: 0, used: 0, end: None };
    for cluster in clusters(line) {
        breaker.take(&cluster, lines);
    }
    lines.push(from + breaker.start..from + line.len());
}

impl Breaker<'_> {
    fn take(&mut self, cluster: &Cluster<'_>, lines: &mut Vec<Range<usize>>) {
        let is_blank = cluster.text == " ";
        while self.used > 0 && self.used + cluster.columns > self.room {
            match self.end.take() {
                // This blank is the break.
                _ if is_blank => return self.split(cluster.start, cluster.end, lines),
                // Scripts of wide characters have no blanks between words.
                _ if cluster.columns > 1 => self.split(cluster.start, cluster.start, lines),
                Some(end) => {
                    self.split(end, end, lines);
                    self.used = columns(&self.line[self.start..cluster.start]);
                }
                None => self.split(cluster.start, cluster.start, lines),
            }
        }
        self.used += cluster.columns;
        let begins_blank = self.line[self.start..cluster.start].trim_start().is_empty();
        if (is_blank && !begins_blank) || cluster.columns > 1 {
            self.end = Some(cluster.end);
        }
    }

    fn split(&mut self, end: usize, next: usize, lines: &mut Vec<Range<usize>>) {
        let end = self.start + self.line[self.start..end].trim_end_matches(' ').len();
        lines.push(self.from + self.start..self.from + end);
        (self.start, self.used, self.room, self.end) = (next, 0, self.rest, None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(text: &str, first: usize, rest: usize) -> Vec<&str> {
        wrapped(text, first, rest).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn lines_are_broken_between_words() {
        assert_eq!(broken("one two three", 7, 7), ["one two", "three"]);
        assert_eq!(broken("one two three", 8, 7), ["one two", "three"]);
        assert_eq!(broken("one  two", 4, 4), ["one", "two"]);
        assert_eq!(broken("one two", 3, 9), ["one", "two"]);
        assert_eq!(broken("  indented", 10, 10), ["  indented"]);
        assert_eq!(broken("", 5, 5), [""]);
    }

    #[test]
    fn newlines_break_and_blank_lines_stay() {
        assert_eq!(broken("a\n\nb c", 2, 2), ["a", "", "b", "c"]);
    }

    #[test]
    fn a_word_that_is_too_long_is_broken_anywhere() {
        assert_eq!(broken("abcdefgh", 3, 4), ["abc", "defg", "h"]);
        assert_eq!(broken("a bcdefgh", 4, 4), ["a", "bcde", "fgh"]);
    }

    #[test]
    fn what_is_one_character_is_never_broken() {
        assert_eq!(broken("漢字漢字", 5, 5), ["漢字", "漢字"]);
        assert_eq!(broken("ab漢字", 3, 3), ["ab", "漢", "字"]);
        assert_eq!(broken("e\u{301}e\u{301}e\u{301}", 2, 2), ["e\u{301}e\u{301}", "e\u{301}"]);
        assert_eq!(
            broken("👩\u{200d}👩\u{200d}👧x👩\u{200d}👧", 3, 3),
            ["👩\u{200d}👩\u{200d}👧x", "👩\u{200d}👧"]
        );
    }

    #[test]
    fn every_line_fits_and_nothing_but_blanks_is_lost() {
        let text =
            "some words and 漢字 👩\u{200d}👧 שלום עולם aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa e\u{301}\n x  y ";
        let bare = |text: &str| text.replace([' ', '\n'], "");
        for width in 2..40 {
            let lines = broken(text, width, width + 1);
            assert!(
                lines.iter().enumerate().all(|(at, line)| columns(line) <= width + usize::from(at > 0)),
                "{width}: {lines:?}"
            );
            assert_eq!(bare(&lines.concat()), bare(text), "{width}");
        }
    }
}
