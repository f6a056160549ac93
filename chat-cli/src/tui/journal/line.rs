//! A row as it stands in a log.

use chat_net::chat_core::Timestamp;

use crate::tui::model::{Kind, Row};

/// In front of what is not the first line of its row: as wide as a time, so nothing in a message can look like a row.
const INDENT: &str = "                     ";

/// `2026-11-22T15:05:09Z <bob> hello`, and further lines below it, each ended.
pub(super) fn line(row: &Row) -> String {
    let head = match (&row.kind, &row.author) {
        (Kind::Said | Kind::Whispered | Kind::Deleted, Some(author)) => format!("<{author}> "),
        (Kind::Offer(_), Some(author)) => format!("* {author} "),
        (Kind::Note, _) => "- ".to_owned(),
        (Kind::Refused, _) => "! ".to_owned(),
        _ => "* ".to_owned(),
    };
    let mut line = format!("{} {head}", time(row.at));
    for (at, text) in row.text.lines().enumerate() {
        line.push_str(if at > 0 { INDENT } else { "" });
        line.push_str(text);
        line.push('\n');
    }
    line
}

/// What is said of rows that were left out before `at`.
pub(super) fn left_out(at: Timestamp, rows: u64) -> String {
    let (rows, are) = if rows == 1 { ("1 row", "is") } else { (&*format!("{rows} rows"), "are") };
    format!("{} ! {rows} {are} missing before this, here or in other logs: the disk was too slow\n", time(at))
}

fn time(at: Timestamp) -> String {
    let ((year, month, day), (hours, minutes, seconds)) = (at.date(), at.clock());
    format!("{year}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::clean::Clean;
    use crate::tui::model::tests::{NOW, user};

    #[test]
    fn no_message_looks_like_another_row() {
        let text = Clean::new("one\n2025-11-21T14:05:09Z <bob> two\r\x1b[2J\n\nfour");
        let row = Row::new(NOW, Kind::Said, text).by(user("alice"));
        assert_eq!(
            line(&row),
            "2025-11-21T14:05:09Z <alice> one\n                     \
             2025-11-21T14:05:09Z <bob> two<U+000D><U+001B>[2J\n                     \n                     four\n"
        );
        assert_eq!(INDENT.len(), "2025-11-21T14:05:09Z ".len());
    }

    #[test]
    fn what_happens_has_a_star() {
        let row = |kind| line(&Row::new(NOW, kind, Clean::line("bob joined")));
        assert_eq!(row(Kind::Moderation), "2025-11-21T14:05:09Z * bob joined\n");
        assert_eq!(row(Kind::Note), "2025-11-21T14:05:09Z - bob joined\n");
        assert_eq!(row(Kind::Refused), "2025-11-21T14:05:09Z ! bob joined\n");
        assert!(left_out(NOW, 1).contains("! 1 row is missing") && left_out(NOW, 2).contains("2 rows are"));
    }
}
