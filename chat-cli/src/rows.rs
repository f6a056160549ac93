//! The rows at the bottom of a terminal that are painted again and again, while everything else scrolls above them.
//!
//! No row may be as wide as the terminal, so none wraps. All that is painted is one text: written at once, it leaves
//! no moment at which something is torn.

/// What stands at the bottom, as far as it matters for painting it again: the last row has the cursor.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    /// How wide the rows above the last one are.
    painted: Vec<usize>,
    /// The column of the cursor in the last row.
    cursor: usize,
}

/// The last row.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastRow<'a> {
    /// What it says; may hold colours.
    pub(crate) text: &'a str,
    /// The cursor's column in it.
    pub(crate) cursor: usize,
}

/// A row above the last one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// What it says; may hold colours.
    pub(crate) text: String,
    /// How wide it is.
    pub(crate) columns: usize,
}

impl Rows {
    /// The text that prints `above`, lines each ended by CR LF, where the rows were, and paints the rows below it.
    pub(crate) fn paint(&mut self, above: &str, rows: &[Row], last: LastRow<'_>) -> String {
        let up = self.painted.len();
        self.paint_from(up, above, rows, last)
    }

    /// The same after the terminal got another width. Most terminals wrap what is too wide then, and the cursor is
    /// further down; the others (`wraps` is false) cut it off.
    pub(crate) fn paint_resized(
        &mut self,
        columns: usize,
        wraps: bool,
        rows: &[Row],
        last: LastRow<'_>,
    ) -> String {
        let columns = columns.max(1);
        let wrapped = |width: &usize| width.saturating_sub(1) / columns;
        let more = self.painted.iter().map(wrapped).sum::<usize>() + self.cursor / columns;
        let up = self.painted.len() + if wraps { more } else { 0 };
        let cleared = if up > 0 { format!("\x1b[{up}A\r\x1b[J") } else { String::new() };
        cleared + &self.paint_from(0, "", rows, last)
    }

    /// The text that removes the rows; what is printed next begins there.
    pub(crate) fn clear(&mut self) -> String {
        let cleared = format!("{}\x1b[J", up(self.painted.len()));
        self.forget();
        cleared
    }

    /// The rows are not there any more, or somebody else has printed below them.
    pub(crate) fn forget(&mut self) {
        *self = Rows::default();
    }

    fn paint_from(&mut self, rows_up: usize, above: &str, rows: &[Row], last: LastRow<'_>) -> String {
        let mut out = up(rows_up);
        if !above.is_empty() {
            out += "\x1b[J";
            out += above;
        }
        for row in rows {
            out += &row.text;
            out += "\x1b[K\r\n";
        }
        out += last.text;
        out += "\x1b[J\r";
        if last.cursor > 0 {
            out += &format!("\x1b[{}C", last.cursor);
        }
        self.painted = rows.iter().map(|row| row.columns).collect();
        self.cursor = last.cursor;
        out
    }
}

/// To the beginning of the row so many rows above the cursor.
fn up(rows: usize) -> String {
    if rows > 0 { format!("\r\x1b[{rows}A") } else { "\r".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(text: &str) -> Row {
        Row { text: text.into(), columns: text.len() }
    }

    fn screen(columns: u16) -> vt100::Parser {
        vt100::Parser::new(6, columns, 0)
    }

    fn shown(screen: &vt100::Parser) -> Vec<String> {
        screen.screen().contents().lines().map(str::to_owned).collect()
    }

    const PROMPT: LastRow<'static> = LastRow { text: "> ab", cursor: 3 };

    #[test]
    fn lines_scroll_above_the_rows_and_rows_come_and_go() {
        let (mut screen, mut rows) = (screen(20), Rows::default());
        let mut steps: Vec<(&str, &[&str], Vec<&str>)> = vec![
            ("", &[], vec!["> ab"]),
            ("one\r\n", &["1 10%"], vec!["one", "1 10%", "> ab"]),
            ("", &["1 20%", "2 0%"], vec!["one", "1 20%", "2 0%", "> ab"]),
            ("two\r\n", &["1 3%", "2 0%"], vec!["one", "two", "1 3%", "2 0%", "> ab"]),
            ("three\r\nfour\r\n", &["1", "2 0%"], vec!["two", "three", "four", "1", "2 0%", "> ab"]),
            ("", &["2"], vec!["two", "three", "four", "2", "> ab"]),
            ("", &[], vec!["two", "three", "four", "> ab"]),
        ];
        for (above, bars, expected) in steps.drain(..) {
            let bars: Vec<Row> = bars.iter().map(|text| row(text)).collect();
            screen.process(rows.paint(above, &bars, PROMPT).as_bytes());
            assert_eq!(shown(&screen), expected);
            assert_eq!(screen.screen().cursor_position().1, 3);
        }
        screen.process(rows.paint("", &[row("1")], PROMPT).as_bytes());
        screen.process(rows.clear().as_bytes());
        assert_eq!(shown(&screen), ["two", "three", "four"]);
    }

    #[test]
    fn a_narrower_terminal_loses_nothing_whether_it_wraps_or_cuts() {
        let bars = [row("1 a bar of 20 columns"), row("2 short")];
        for wraps in [true, false] {
            let (mut screen, mut rows) = (screen(30), Rows::default());
            screen.process(rows.paint("one\r\ntwo\r\n", &bars, PROMPT).as_bytes());
            if wraps {
                // This screen cuts, so what others would make of it is drawn: each part in a row of its own.
                screen = vt100::Parser::new(6, 10, 0);
                screen.process(b"one\r\ntwo\r\n1 a bar of\r\n 20 column\r\ns\r\n2 short\r\n> ab\r\x1b[3C");
                assert_eq!(shown(&screen)[0], "two");
            } else {
                screen.screen_mut().set_size(6, 10);
            }
            let narrow = [row("1 a bar"), row("2 short")];
            screen.process(rows.paint_resized(10, wraps, &narrow, PROMPT).as_bytes());
            let lines = shown(&screen);
            assert!(lines.ends_with(&["two", "1 a bar", "2 short", "> ab"].map(str::to_owned)), "{lines:?}");
        }
    }
}
