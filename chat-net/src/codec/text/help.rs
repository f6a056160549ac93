//! What can be typed: in groups, so that each fits a screen.

/// The beginning: what everybody needs, and how the rest is found.
const TALK: &str = "\
- Type a line to say it in your current room. Or type a command:
- /join ROOM [KEY]      go into a room; it is made if there is none
- /leave [ROOM]         leave your current room, or another; also /part
- /room [ROOM]          how your room is run, or talk in another of yours
- /whisper USER TEXT    say something to one user only; also /w, /msg
- /users [ROOM]         who is in your current room, or another; also /names
- /rooms                which rooms there are; also /groups, /list
- /topic [TEXT]         see the room's topic, or set it; /topic - clears it
- /history [N]          the last messages of your room; again for older ones
- /search [#ROOM] WORDS find messages; /search alone for older ones
- /delete [NUMBER]      delete your last message, or one that /history shows
- /ignore [USER]        see nothing of a user; /unignore USER undoes it
- /help files           sending and receiving files
- /help account         a name of your own, with a password
- /help order           for who keeps order: roles, kick, ban, mute, modes
- /help [COMMAND]       this list, or how a command is typed
- /quit                 leave the chat
- To say something that begins with a slash, type two: //like this
";

const ACCOUNT: &str = "\
- /register NAME        make an account; instead of a name, when you come
- /passwd               change the password of your account
- /logout               end the other sessions of your account
";

const ORDER: &str = "\
- All of these are about your current room. Who made it owns it:
- /room                 how it is run, and who is what there; also /mode, /bans
- /op USER              make a user a moderator
- /deop USER            make a user a member again; your own name steps down
- /owner USER           make a user an owner beside you
- /kick USER [WHY]      put a user out, who may come back
- /ban USER [TIME] [WHY]   keep a user out; TIME is like 30s, 10m, 2h, 7d, 1w
- /unban USER           let a user in again
- /mute USER [TIME] [WHY]  keep a user from talking
- /unmute USER          let a user talk again
- /invite USER          ask a user in, who then needs no key
- /delete NUMBER        delete a message; /history shows the numbers
- /mode invite-only on|off   hide it: only the invited come in
- /mode key WORD|off         only who knows the word comes in: /join ROOM WORD
- /mode moderated on|off     only moderators and owners talk
- /mode slow SECONDS|off     so long between two messages of a member: 1 to 120
- /mode history start|join   members read all, or what came after they did
- /mode retention TIME|off   how long messages are kept
- /audit [N]            what was done on the whole server; for operators
";

/// What is said of files where lines cannot carry them.
pub const FILES: &str = "\
- /transfers            which files are offered to you
- /decline NUMBER       not take an offered file
";

/// What can be typed about something: `order`, `account`, `files`, or one command; everything else is told the beginning.
/// `files` are the commands about files that there are.
#[must_use]
pub fn help(about: &str, files: &str) -> String {
    let about = about.trim().trim_start_matches('/').to_ascii_lowercase();
    match about.as_str() {
        "" => TALK.to_owned(),
        "order" => ORDER.to_owned(),
        "account" => ACCOUNT.to_owned(),
        "files" => files.to_owned(),
        command => {
            let groups = [TALK, files, ACCOUNT, ORDER];
            let lines = groups.iter().flat_map(|group| group.split_inclusive('\n'));
            let found: String = lines.filter(|line| names(line).any(|name| name == command)).collect();
            if found.is_empty() { TALK.to_owned() } else { found }
        }
    }
}

/// The commands that a line is about: the one that it begins with, and those it names as the same.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let (first, rest) = line.split_at(line.find("also ").unwrap_or(line.len()));
    let first = first.strip_prefix("- /").and_then(|first| first.split_whitespace().next());
    let also = rest.split_whitespace().filter_map(|word| word.strip_prefix('/'));
    first.into_iter().chain(also.map(|word| word.trim_end_matches([',', ';'])))
}

#[cfg(test)]
mod tests {
    use super::super::{Typed, parse};
    use super::*;

    #[test]
    fn every_line_is_marked_fits_a_terminal_and_every_group_a_screen() {
        for about in ["", "order", "account", "files"] {
            let text = help(about, FILES);
            assert!(text.ends_with('\n') && text.lines().count() < 23, "{about}");
            assert!(text.lines().all(|line| line.starts_with("- ") && line.len() < 80), "{about}");
        }
    }

    #[test]
    fn every_command_that_is_shown_is_one() {
        for group in [TALK, ORDER, ACCOUNT, FILES] {
            for name in group.lines().flat_map(names).filter(|name| !name.is_empty()) {
                let typed = format!("/{name}");
                assert!(!matches!(parse(&typed), Typed::Unknown(_)), "{name}");
            }
        }
    }

    #[test]
    fn one_command_is_found_by_every_name_it_has() {
        let ban = help("/BAN", FILES);
        assert!(ban.starts_with("- /ban USER") && ban.lines().count() == 1, "{ban}");
        assert_eq!(help("mode", FILES).lines().count(), 7);
        assert_eq!(help("w", FILES), help("whisper", FILES));
        assert!(help("part", FILES).starts_with("- /leave "));
        assert!(help("decline", FILES).starts_with("- /decline "));
        assert_eq!(help("nonsense", FILES), TALK);
    }
}
