//! What people type: a bare line is said, a line that begins with `/` is a command.

use chat_core::TransferId;

use super::act::{self, Act};

/// A line that a person typed. Names and texts are as typed; the core judges them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Typed<'a> {
    /// Say it in the current room.
    Say(&'a str),
    /// Become a member of a room and make it the current one.
    Join {
        /// Which room.
        room: &'a str,
        /// Its key, if one was typed: all that follows.
        key: Option<&'a str>,
    },
    /// Leave a room; none: the current one.
    Leave(Option<&'a str>),
    /// Make a room the current one.
    Room(&'a str),
    /// Say something to one user.
    Whisper {
        /// To whom.
        to: &'a str,
        /// What.
        body: &'a str,
    },
    /// List the members of a room; none: of the current one.
    Users(Option<&'a str>),
    /// List the rooms.
    Rooms,
    /// Set the current room's topic, or clear it with an empty text; none: show it.
    Topic(Option<&'a str>),
    /// Show the last so many messages of the current room; none: the last ones or, straight after such a page,
    /// the page before it.
    History(Option<u32>),
    /// Show the newest messages that hold all these words.
    Search {
        /// In this room; none: in all rooms that one is in.
        room: Option<&'a str>,
        /// Which words; empty: straight after a search, its next older matches.
        words: &'a str,
    },
    /// Keep order in the current room.
    Act(Act<'a>),
    /// Delete what oneself said last in the current room.
    DeleteLast,
    /// Show how the current room is run, and who is what there.
    Order,
    /// Show what was done to keep order, the latest or what was before that number.
    Audit(Option<u64>),
    /// Show nothing more of a user; none: list whom.
    Ignore(Option<&'a str>),
    /// Show a user again.
    Unignore(&'a str),
    /// List the files that are offered.
    Transfers,
    /// Not take an offered file.
    Decline(TransferId),
    /// Make an account of this name.
    Register(&'a str),
    /// Change the password of one's account; it is asked for.
    Passwd,
    /// End the other sessions of one's account.
    LogOut,
    /// Show what can be typed, about that if something is named: see [`help`](super::help).
    Help(&'a str),
    /// Leave the chat.
    Quit,
    /// A command that does not exist, with its `/`.
    Unknown(&'a str),
    /// A command without what it needs: a sentence that says how, or where, it is typed.
    Usage(&'static str),
}

/// Reads a line, without its end. `//x` says `/x`; commands are read without regard to case.
#[must_use]
pub fn parse(line: &str) -> Typed<'_> {
    let Some(command) = line.strip_prefix('/') else { return Typed::Say(line) };
    if command.starts_with('/') {
        return Typed::Say(command);
    }
    let (name, rest) = word(command);
    // The longest command has nine letters; a longer word becomes none by being cut.
    let mut small = [0; 10];
    let length = name.len().min(small.len());
    small[..length].copy_from_slice(&name.as_bytes()[..length]);
    small.make_ascii_lowercase();
    match &small[..length] {
        b"join" => match word(rest.trim_end()) {
            ("", _) => Typed::Usage("type /join ROOM, for example /join dev, or /join ROOM KEY"),
            (room, "") => Typed::Join { room, key: None },
            (room, key) => Typed::Join { room, key: Some(key) },
        },
        b"leave" | b"part" => at_most_one(rest, "type /leave, or /leave ROOM", Typed::Leave),
        b"room" if rest.is_empty() => Typed::Order,
        b"room" => one(rest).map_or(Typed::Usage("type /room, or /room ROOM, one you are in"), Typed::Room),
        b"whisper" | b"w" | b"msg" => match word(rest) {
            ("", _) | (_, "") => Typed::Usage("type /whisper USER TEXT, for example /whisper bob hello"),
            (to, body) => Typed::Whisper { to, body },
        },
        b"users" | b"names" => at_most_one(rest, "type /users, or /users ROOM", Typed::Users),
        b"rooms" | b"groups" | b"list" => none(rest, "type /rooms and nothing behind it", Typed::Rooms),
        b"topic" => Typed::Topic(match rest.trim_end() {
            "" => None,
            "-" => Some(""),
            _ => Some(rest),
        }),
        b"history" => history(rest),
        b"search" => search(rest),
        b"transfers" => none(rest, "type /transfers and nothing behind it", Typed::Transfers),
        b"decline" => match one(rest).and_then(|number| number.parse().ok()) {
            Some(number) => Typed::Decline(TransferId(number)),
            None => Typed::Usage("type /decline NUMBER, the number of an offered file"),
        },
        b"sendfile" | b"accept" | b"cancel" | b"pause" | b"resume" => {
            Typed::Usage("type that in chat-cli join: files need the program, and do not pass through lines")
        }
        b"register" => {
            one(rest).map_or(Typed::Usage("type /register NAME; the password is asked for"), Typed::Register)
        }
        b"passwd" => none(rest, "type /passwd alone; the passwords are asked for", Typed::Passwd),
        b"logout" => none(rest, "type /logout and nothing behind it", Typed::LogOut),
        b"ignore" => {
            at_most_one(rest, "type /ignore USER, or /ignore alone for whom you ignore", Typed::Ignore)
        }
        b"unignore" => {
            one(rest).map_or(Typed::Usage("type /unignore USER, one whom you ignore"), Typed::Unignore)
        }
        b"help" => Typed::Help(rest.trim_end()),
        b"quit" => Typed::Quit,
        small => act::parse(small, rest).unwrap_or(Typed::Unknown(&line[..name.len() + 1])),
    }
}

/// The first word, and what follows the blanks behind it.
pub(super) fn word(text: &str) -> (&str, &str) {
    let (word, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
    (word, rest.trim_start_matches([' ', '\t']))
}

pub(super) fn one(rest: &str) -> Option<&str> {
    match word(rest) {
        ("", _) => None,
        (only, "") => Some(only),
        _ => None,
    }
}

fn at_most_one<'a>(
    rest: &'a str,
    usage: &'static str,
    typed: impl FnOnce(Option<&'a str>) -> Typed<'a>,
) -> Typed<'a> {
    match (rest, one(rest)) {
        ("", _) => typed(None),
        (_, Some(room)) => typed(Some(room)),
        _ => Typed::Usage(usage),
    }
}

pub(super) fn none<'a>(rest: &str, usage: &'static str, typed: Typed<'a>) -> Typed<'a> {
    if rest.is_empty() { typed } else { Typed::Usage(usage) }
}

fn history(rest: &str) -> Typed<'_> {
    match (rest, one(rest).and_then(|count| count.parse().ok())) {
        ("", _) => Typed::History(None),
        (_, Some(count)) if count > 0 => Typed::History(Some(count)),
        _ => Typed::Usage("type /history, or /history N for the last N messages"),
    }
}

/// A room is only meant where words follow it: `/search #urgent` looks for that word.
fn search(rest: &str) -> Typed<'_> {
    let rest = rest.trim_end();
    match word(rest) {
        (room, words) if room.len() > 1 && room.starts_with('#') && !words.is_empty() => {
            Typed::Search { room: Some(room), words }
        }
        _ => Typed::Search { room: None, words: rest },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_line_is_said_and_two_slashes_say_one() {
        for text in ["hello", " /join x", "", "a /quit", "é 漢字"] {
            assert_eq!(parse(text), Typed::Say(text));
        }
        assert_eq!(parse("//join x"), Typed::Say("/join x"));
        assert_eq!(parse("///"), Typed::Say("//"));
    }

    #[test]
    fn every_command_is_read() {
        for (line, typed) in [
            ("/join dev", Typed::Join { room: "dev", key: None }),
            ("/JOIN  #dev ", Typed::Join { room: "#dev", key: None }),
            ("/join dev  open  sesame ", Typed::Join { room: "dev", key: Some("open  sesame") }),
            ("/part", Typed::Leave(None)),
            ("/names", Typed::Users(None)),
            ("/list", Typed::Rooms),
            ("/ignore", Typed::Ignore(None)),
            ("/ignore bob ", Typed::Ignore(Some("bob"))),
            ("/unignore bob", Typed::Unignore("bob")),
            ("/leave", Typed::Leave(None)),
            ("/leave\tdev", Typed::Leave(Some("dev"))),
            ("/room dev", Typed::Room("dev")),
            ("/whisper bob psst", Typed::Whisper { to: "bob", body: "psst" }),
            ("/w bob  a  b ", Typed::Whisper { to: "bob", body: "a  b " }),
            ("/msg bob /quit", Typed::Whisper { to: "bob", body: "/quit" }),
            ("/users", Typed::Users(None)),
            ("/users #dev", Typed::Users(Some("#dev"))),
            ("/rooms", Typed::Rooms),
            ("/groups ", Typed::Rooms),
            ("/topic", Typed::Topic(None)),
            ("/topic - ", Typed::Topic(Some(""))),
            ("/topic  - a - b", Typed::Topic(Some("- a - b"))),
            ("/history", Typed::History(None)),
            ("/history 20", Typed::History(Some(20))),
            ("/search", Typed::Search { room: None, words: "" }),
            ("/search red  wine ", Typed::Search { room: None, words: "red  wine" }),
            ("/Search #dev red wine", Typed::Search { room: Some("#dev"), words: "red wine" }),
            ("/search #dev ", Typed::Search { room: None, words: "#dev" }),
            ("/search # dev", Typed::Search { room: None, words: "# dev" }),
            ("/help", Typed::Help("")),
            ("/help ban ", Typed::Help("ban")),
            ("/quit", Typed::Quit),
        ] {
            assert_eq!(parse(line), typed, "{line}");
        }
    }

    #[test]
    fn a_command_without_what_it_needs_says_how_it_is_typed() {
        for line in [
            "/join",
            "/join ",
            "/leave a b",
            "/room a b",
            "/ignore a b",
            "/unignore",
            "/w",
            "/w bob",
            "/w bob ",
            "/users a b",
            "/rooms x",
            "/history x",
            "/history 0",
            "/history -1",
            "/history 5000000000",
            "/history 1 2",
        ] {
            let Typed::Usage(usage) = parse(line) else { panic!("{line}: {:?}", parse(line)) };
            assert!(usage.starts_with("type /"), "{usage}");
        }
    }

    #[test]
    fn what_needs_a_program_that_carries_files_says_so() {
        for line in ["/sendfile bob x", "/ACCEPT 1", "/accept", "/cancel 1", "/pause 1", "/resume 1"] {
            assert!(matches!(parse(line), Typed::Usage(usage) if usage.contains("chat-cli join")), "{line}");
        }
    }

    #[test]
    fn what_is_no_command_is_unknown() {
        for (line, name) in
            [("/", "/"), ("/ x", "/"), ("/foo bar", "/foo"), ("/joinx", "/joinx"), ("/é x", "/é")]
        {
            assert_eq!(parse(line), Typed::Unknown(name));
        }
        assert_eq!(parse("/historyhistory"), Typed::Unknown("/historyhistory"));
        assert_eq!(parse("/whisper\u{1f600} x"), Typed::Unknown("/whisper\u{1f600}"));
    }
}
