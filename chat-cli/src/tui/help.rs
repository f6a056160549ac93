//! What a newcomer has to know, and after that every key and every command.

use std::sync::LazyLock;

use super::keys;
use crate::join::help;

/// What everybody wants to do: what to type or press, and what comes of it.
pub(crate) const FIRST: &[(&str, &str)] = &[
    ("/join ROOM", "go into a room, or make one"),
    ("Alt-1, Alt-2, Alt-3", "look at another window; Alt-Down: the next"),
    ("/whisper USER TEXT", "say something to one user only"),
    ("PgUp, PgDn", "scroll back and forth"),
    ("/sendfile USER PATH", "send a file; Alt-Y takes an offered one"),
    ("/quit", "leave"),
];

/// Commands about what is shown, which nobody else is told of.
pub(crate) const HERE: &[(&str, &str)] = &[
    ("/w USER", "go to the window of whispers with a user"),
    ("/close", "close the window; a room goes on without it"),
    ("/numbers", "show the numbers of messages, or do not: /delete NUMBER deletes one"),
];

/// Signs on the screen that no word stands beside.
const SIGNS: &[(&str, &str)] = &[
    ("@name, +name", "owns the room; keeps order there"),
    ("name ~", "lost the connection a moment ago, and may come back"),
    ("3, !3", "so many are new in a window; one of them names you"),
    ("(left)", "you are not in that room any more; also (kicked), (banned), (gone), or x"),
    ("*, -, !", "something happened; a word of this program's; something was not done"),
];

/// A line of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// What follows is about this.
    Heading(&'static str),
    /// What to press or type, and what that does.
    Entry(String, String),
    /// A sentence.
    Plain(String),
}

/// All of it.
pub(crate) fn lines() -> &'static [Line] {
    static ALL: LazyLock<Vec<Line>> = LazyLock::new(all);
    &ALL
}

fn all() -> Vec<Line> {
    let entry = |(what, does): &(&str, &str)| Line::Entry((*what).to_owned(), (*does).to_owned());
    let mut lines = vec![Line::Heading("What everybody wants to do")];
    lines.extend(FIRST.iter().map(entry));
    lines.push(Line::Heading("Keys"));
    lines.extend(keys::help().map(|(keys, does)| Line::Entry(keys, does.to_owned())));
    lines.push(Line::Heading("Windows"));
    lines.extend(HERE.iter().map(entry));
    lines.push(Line::Heading("Signs"));
    lines.extend(SIGNS.iter().map(entry));
    let groups = [("Commands", ""), ("Files", "files"), ("Accounts", "account"), ("Keeping order", "order")];
    for (heading, about) in groups {
        lines.push(Line::Heading(heading));
        lines.extend(help(about).iter().map(|line| said(&line.text)));
    }
    lines
}

/// A line of a list: `/quit                 leave the chat`.
fn said(line: &str) -> Line {
    match line.split_once("  ") {
        Some((what, does)) => Line::Entry(what.to_owned(), does.trim_start().to_owned()),
        None => Line::Plain(line.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::keys::tests::key;
    use chat_net::codec::text::{Typed, parse};

    #[test]
    fn what_a_newcomer_is_told_to_type_and_to_press_does_something() {
        let words = FIRST.iter().flat_map(|(what, does)| [*what, *does]).flat_map(str::split_whitespace);
        let (mut commands, mut known) = (0, 0);
        for word in words.map(|word| word.trim_matches([',', ';', ':'])) {
            if word.starts_with('/') {
                let typed = parse(word);
                assert!(!matches!(typed, Typed::Unknown(_) | Typed::Say(_)), "{word}: {typed:?}");
                commands += 1;
            } else if word.starts_with("Alt-") || word.starts_with("Pg") {
                assert!(keys::action(key(word)).is_some(), "{word}");
                known += 1;
            }
        }
        assert!(commands == 4 && known >= 6, "{commands} {known}");
    }

    #[test]
    fn every_key_and_every_group_of_commands_is_there() {
        let lines = lines();
        let has = |what: &str| lines.iter().any(|line| matches!(line, Line::Entry(it, _) if it == what));
        for what in ["Alt-Enter", "F1", "/quit", "/accept [N] [PATH]", "/kick USER [WHY]", "/passwd"] {
            assert!(has(what), "{what}: {lines:#?}");
        }
        assert!(lines.len() > 90, "{}", lines.len());
    }
}
