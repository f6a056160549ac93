//! The commands about files that a person types in `join`.

use chat_net::chat_core::{Recipient, TransferId};

/// The lines of `/help`.
pub(crate) const HELP: &str = "\
- /sendfile USER PATH   offer a file to a user; #ROOM: to all in that room
- /accept [N] [PATH]    take it, to PATH; else to the folder of --downloads
- /decline N            do not take the file of offer N
- /transfers            which files are offered or on their way
- /cancel N             call a file off
- /pause N, /resume N   stop receiving for a while, go on
";

/// What a line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FileLine<'a> {
    /// To offer a file.
    Send { to: Recipient, path: &'a str },
    /// To take a file, if there is only one without its number; to there, or to the usual folder.
    Accept { transfer: Option<TransferId>, path: Option<&'a str> },
    /// Not to take it.
    Decline(TransferId),
    /// To call it off.
    Cancel(TransferId),
    /// To stop receiving it for a while.
    Pause(TransferId),
    /// To go on receiving it.
    Resume(TransferId),
    /// To know which there are.
    List,
    /// Nothing yet: a sentence that says how it is typed.
    Usage(&'static str),
}

/// Reads a line, without its end; `None` if it is about something else.
pub(crate) fn parse(line: &str) -> Option<FileLine<'_>> {
    let (name, rest) = word(line.strip_prefix('/')?);
    let numbered = |make: fn(TransferId) -> FileLine<'static>, usage| match number(rest) {
        Some((transfer, "")) => make(transfer),
        _ => FileLine::Usage(usage),
    };
    Some(match name.to_ascii_lowercase().as_str() {
        "sendfile" => send(rest),
        "accept" => match number(rest) {
            Some((transfer, path)) => FileLine::Accept {
                transfer: Some(transfer),
                path: Some(path).filter(|path| !path.is_empty()),
            },
            None if rest.is_empty() => FileLine::Accept { transfer: None, path: None },
            None => FileLine::Usage("type /accept N, the number of the offer, and a folder if you like"),
        },
        "decline" => numbered(FileLine::Decline, "type /decline N, the number of the offer"),
        "cancel" => numbered(FileLine::Cancel, "type /cancel N, a number that /transfers shows"),
        "pause" => numbered(FileLine::Pause, "type /pause N, a file that you receive"),
        "resume" => numbered(FileLine::Resume, "type /resume N, a file that you receive"),
        "transfers" if rest.is_empty() => FileLine::List,
        "transfers" => FileLine::Usage("type /transfers and nothing behind it"),
        _ => return None,
    })
}

fn send(rest: &str) -> FileLine<'_> {
    match word(rest) {
        ("", _) | (_, "") => FileLine::Usage("type /sendfile USER PATH, for example /sendfile bob photo.jpg"),
        (to, path) => {
            let to = match to.strip_prefix('#') {
                Some(_) => Recipient::Room(to.into()),
                None => Recipient::User(to.into()),
            };
            FileLine::Send { to, path }
        }
    }
}

/// The number of a transfer, and what follows.
fn number(rest: &str) -> Option<(TransferId, &str)> {
    let (number, rest) = word(rest);
    let number = number.strip_prefix('#').unwrap_or(number);
    Some((TransferId(number.parse().ok()?), rest))
}

/// The first word, and what follows the blanks behind it, without those at the end.
fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (word, rest.trim_matches([' ', '\t']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_read() {
        let three = TransferId(3);
        for (line, read) in [
            (
                "/sendfile bob a  b.txt ",
                FileLine::Send { to: Recipient::User("bob".into()), path: "a  b.txt" },
            ),
            ("/SendFile  #dev ~/x", FileLine::Send { to: Recipient::Room("#dev".into()), path: "~/x" }),
            ("/accept ", FileLine::Accept { transfer: None, path: None }),
            ("/accept 3", FileLine::Accept { transfer: Some(three), path: None }),
            ("/accept #3 ", FileLine::Accept { transfer: Some(three), path: None }),
            ("/accept 3 ~/a b", FileLine::Accept { transfer: Some(three), path: Some("~/a b") }),
            ("/decline 3", FileLine::Decline(three)),
            ("/cancel\t3", FileLine::Cancel(three)),
            ("/pause 3", FileLine::Pause(three)),
            ("/resume 3 ", FileLine::Resume(three)),
            ("/transfers", FileLine::List),
        ] {
            assert_eq!(parse(line), Some(read), "{line}");
        }
        for line in ["/join x", "sendfile", "//accept 3", "/acceptx 3", "/", ""] {
            assert_eq!(parse(line), None, "{line}");
        }
    }

    #[test]
    fn a_command_without_what_it_needs_says_how_it_is_typed() {
        for line in [
            "/sendfile",
            "/sendfile bob",
            "/accept x",
            "/accept -1",
            "/decline",
            "/decline 3 4",
            "/cancel photo.jpg",
            "/pause",
            "/resume x",
            "/transfers 3",
        ] {
            let Some(FileLine::Usage(usage)) = parse(line) else { panic!("{line}: {:?}", parse(line)) };
            assert!(usage.starts_with("type /"), "{usage}");
        }
    }

    #[test]
    fn every_command_is_in_the_help() {
        assert!(HELP.lines().all(|line| line.starts_with("- ") && line.len() < 80));
        for command in ["/sendfile", "/accept", "/decline", "/transfers", "/cancel", "/pause", "/resume"] {
            assert!(HELP.contains(command) && parse(command).is_some(), "{command}");
        }
    }
}
