//! What can be completed behind each command.

/// What a word of a command is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wants {
    User,
    /// A room, without its sign.
    Room,
    /// A user, or a room with its sign.
    Recipient,
    /// A room with its sign, or words.
    Hashed,
    Path,
    /// One of these.
    OneOf(&'static [&'static str]),
    /// The name of a command, without its slash.
    Command,
    /// Whatever is said.
    Text,
    /// Nothing that is known here.
    Nothing,
}

use Wants::{Command, Hashed, Nothing, OneOf, Path, Recipient, Room, Text, User};

/// Every command with its words in order; what is behind them is like the last.
const COMMANDS: &[(&str, &[Wants])] = &[
    ("accept", &[Nothing, Path]),
    ("audit", &[Nothing]),
    ("ban", &[User, Nothing]),
    ("bans", &[Nothing]),
    ("cancel", &[Nothing]),
    ("close", &[Nothing]),
    ("decline", &[Nothing]),
    ("delete", &[Nothing]),
    ("deop", &[User, Nothing]),
    ("groups", &[Nothing]),
    ("help", &[Command, Nothing]),
    ("history", &[Nothing]),
    ("ignore", &[User, Nothing]),
    ("invite", &[User, Nothing]),
    ("join", &[Room, Nothing]),
    ("kick", &[User, Text]),
    ("leave", &[Room, Nothing]),
    ("list", &[Nothing]),
    ("logout", &[Nothing]),
    ("mode", &[OneOf(&["invite-only", "key", "moderated", "slow", "history", "retention"]), Nothing]),
    ("msg", &[User, Text]),
    ("mute", &[User, Nothing]),
    ("names", &[Room, Nothing]),
    ("numbers", &[Nothing]),
    ("op", &[User, Nothing]),
    ("owner", &[User, Nothing]),
    ("part", &[Room, Nothing]),
    ("passwd", &[Nothing]),
    ("pause", &[Nothing]),
    ("quit", &[Nothing]),
    ("register", &[Nothing]),
    ("resume", &[Nothing]),
    ("room", &[Room, Nothing]),
    ("rooms", &[Nothing]),
    ("search", &[Hashed, Text]),
    ("sendfile", &[Recipient, Path]),
    ("topic", &[Text]),
    ("transfers", &[Nothing]),
    ("unban", &[User, Nothing]),
    ("unignore", &[User, Nothing]),
    ("unmute", &[User, Nothing]),
    ("users", &[Room, Nothing]),
    ("w", &[User, Text]),
    ("whisper", &[User, Text]),
];

/// The names of all commands, in order.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    COMMANDS.iter().map(|(name, _)| *name)
}

/// What the word in that place behind a command is, from 0 on.
pub(super) fn wants(command: &str, place: usize) -> Wants {
    let known = COMMANDS.iter().find(|(name, _)| name.eq_ignore_ascii_case(command));
    known.and_then(|(_, words)| words.get(place).or(words.last())).copied().unwrap_or(Nothing)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use chat_net::codec::text::{Typed, parse};

    use super::*;
    use crate::join::help;
    use crate::tui::help::HERE;

    /// All words of the help that begin with a slash.
    fn shown() -> BTreeSet<String> {
        let topics = ["", "order", "account", "files"];
        let lines: Vec<_> = topics.into_iter().flat_map(help).map(|line| line.text).collect();
        let text = lines.join("\n");
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '/'));
        words
            .filter_map(|word| word.strip_prefix('/'))
            .filter(|word| !word.is_empty() && !word.starts_with('/'))
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn every_command_that_help_shows_can_be_completed() {
        let missing: Vec<_> =
            shown().into_iter().filter(|shown| !names().any(|name| name == shown)).collect();
        assert!(missing.is_empty() && shown().len() > 35, "{missing:?}");
    }

    #[test]
    fn what_is_completed_is_a_command() {
        for name in names() {
            let typed = format!("/{name}");
            let is_of_windows = HERE.iter().any(|(command, _)| *command == typed);
            assert!(is_of_windows || !matches!(parse(&typed), Typed::Unknown(_)), "{name}");
        }
        assert!(names().is_sorted());
    }

    #[test]
    fn words_behind_the_last_are_like_it() {
        assert_eq!((wants("SENDFILE", 0), wants("sendfile", 3)), (Recipient, Path));
        assert_eq!((wants("nonsense", 0), wants("quit", 4)), (Nothing, Nothing));
    }
}
