//! What the full screen does beside: logs, bells, notifications, themes; seen in its files and its raw bytes.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

#[cfg(target_os = "linux")]
use crate::program::may;
use crate::program::{Folder, Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;

fn join(server: &Server, more: &[&str]) -> Command {
    join_at(&server.addr, more)
}

fn join_at(addr: &str, more: &[&str]) -> Command {
    let mut join = command(&["join", addr, "--name", "alice"]);
    // What tells of the terminal that these tests are run in.
    for key in
        ["TMUX", "STY", "TERM_PROGRAM", "LC_TERMINAL", "ALACRITTY_WINDOW_ID", "WT_SESSION", "ConEmuPID"]
    {
        join.env_remove(key);
    }
    join.args(more);
    join
}

/// Alice, in the lobby.
fn alice(join: Command) -> Terminal {
    let mut alice = Terminal::start(join, (24, 80));
    alice.until_shown("alice joined");
    alice
}

#[test]
fn what_is_not_seen_rings_and_notifies_and_what_is_seen_does_not() {
    let server = Server::start(&[]);
    let mut alice = alice(join(&server, &["--bell", "--notify"]));
    let mut bob = server.person("bob");
    bob.type_line("alice, you see this");
    alice.until_shown("you see this");
    assert!(!alice.has_written("\x07"));
    bob.type_line("/w alice psst; hey");
    let notification = "\x07\x1b]777;notify;bob;psst, hey\x07";
    alice.until_written(notification);
}

#[test]
fn nothing_rings_that_nobody_asked_for() {
    let server = Server::start(&[]);
    let mut alice = alice(join(&server, &[]));
    let mut bob = server.person("bob");
    bob.type_line("/w alice psst");
    bob.type_line("that was it");
    alice.until_shown("that was it");
    assert!(!alice.has_written("\x07") && !alice.has_written("\x1b]"));
}

#[test]
fn a_terminal_that_is_not_looked_at_rings() {
    let server = Server::start(&[]);
    let mut alice = alice(join(&server, &["--bell"]));
    let mut bob = server.person("bob");
    // What a terminal says when its window is left; a key behind it shows that it was heard.
    alice.press("\x1b[Oheard");
    alice.until_shown("heard");
    bob.type_line("are you there, alice?");
    alice.until_written("\x07");
}

#[test]
fn the_mouse_goes_to_windows_and_scrolls_only_if_it_is_wanted() {
    let server = Server::start(&[]);
    let mut without = Terminal::join(&server.addr, "bob", (24, 80));
    without.until_shown("bob joined");
    assert!(!without.has_written("\x1b[?1000h"));
    let mut alice = alice(join(&server, &["--mouse"]));
    assert!(alice.has_written("\x1b[?1000h\x1b[?1006h"));
    alice.press("\x1b[<0;3;1M\x1b[<0;3;1m");
    alice.until_shown(">1 server");
    alice.press("\x1b[<0;3;2M\x1b[<0;3;2m");
    alice.until_shown(">2 #lobby");
    for number in 0..40 {
        without.press(&format!("line {number}\r"));
    }
    alice.until_shown("line 39");
    alice.press("\x1b[<64;40;5M");
    alice.until("nothing of the end", |lines| !lines.iter().any(|line| line.contains("line 39")));
    alice.press("\x1b[<65;40;5M");
    alice.until_shown("line 39");
    alice.press("/quit\r");
    alice.until_written("\x1b[?1006l\x1b[?1000l");
}

#[test]
fn what_is_said_is_in_files_that_nobody_else_reads() {
    let (server, home) = (Server::start(&[]), Folder::new());
    let mut join = join(&server, &["--log"]);
    join.env("XDG_STATE_HOME", home.path());
    let mut alice = alice(join);
    let mut bob = server.person("bob");
    bob.type_line("hello");
    alice.until_shown("hello");
    alice.press("/w bob psst\r");
    bob.until("alice whispers: psst");
    alice.until_shown("psst");
    alice.press("/quit\r");
    alice.until_end();
    let folder = home.path().join("chat/logs").join(server.addr.replace(':', "_"));
    let lobby = fs::read_to_string(folder.join("#lobby.log")).unwrap();
    let said: Vec<_> = lobby.lines().map(|line| line.split_once("Z ").unwrap().1).collect();
    assert_eq!(said, ["* alice joined", "* bob joined", "<bob> hello"]);
    assert!(fs::read_to_string(folder.join("@bob.log")).unwrap().ends_with("Z <alice> psst\n"));
    assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
    for file in fs::read_dir(&folder).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().mode() & 0o777, 0o600);
    }
}

#[test]
fn what_was_missed_is_in_the_log_once_and_in_order() {
    let (server, logs) = (Server::start(&[]), Folder::new());
    let relay = Relay::to(&server.addr);
    let mut bob = server.person("bob");
    bob.type_line("earlier words");
    bob.type_line("/users");
    bob.until("users in #lobby (1)");
    let mut alice = alice(join_at(&relay.addr, &["--log-dir", logs.as_str()]));
    bob.type_line("first words");
    alice.until_shown("first words");
    relay.cut();
    alice.until_shown("OFFLINE, ");
    bob.type_line("missed words");
    bob.type_line("/users");
    bob.until("users in #lobby (2)");
    relay.mend();
    alice.until_shown("missed words");
    bob.type_line("last words");
    alice.until_shown("last words");
    // Older pages are nothing new.
    alice.press("\x1b[5~");
    alice.press("/quit\r");
    alice.until_end();
    let folder = logs.path().join(relay.addr.replace(':', "_"));
    let log = fs::read_to_string(folder.join("#lobby.log")).unwrap();
    let said: Vec<_> =
        log.lines().filter_map(|line| line.split_once("<bob> ")).map(|(_, said)| said).collect();
    assert_eq!(said, ["first words", "missed words", "last words"], "{log}");
}

#[test]
fn a_log_that_cannot_be_written_is_told_and_the_chat_goes_on() {
    let (server, home) = (Server::start(&[]), Folder::new());
    fs::create_dir_all(home.path()).unwrap();
    let no_folder = home.path().join("file");
    fs::write(&no_folder, "").unwrap();
    let mut alice = alice(join(&server, &["--log-dir", no_folder.to_str().unwrap()]));
    let mut bob = server.person("bob");
    bob.type_line("hello");
    alice.until_shown("hello");
    alice.until("a mark at the first window", |lines| {
        lines.iter().any(|line| line.starts_with(" 1 server !1"))
    });
    alice.press("\x1b1");
    alice.until_shown("nothing is logged any more");
}

#[test]
fn a_terminal_without_notifications_is_told_of() {
    let server = Server::start(&[]);
    let mut join = join(&server, &["--notify"]);
    join.env("TERM_PROGRAM", "vscode");
    let mut alice = alice(join);
    alice.press("\x1b1");
    alice.until_shown("this terminal is not known to notify");
}

/// The same on a disk of 16 KiB at `folder`, which nobody else sees; none where that is not permitted.
#[cfg(target_os = "linux")]
fn on_a_small_disk(join: &Command, folder: &std::path::Path) -> Option<Command> {
    const MOUNT: &str = "mount -t tmpfs -o size=16k tmpfs \"$0\" && exec \"$@\"";
    let begin = || {
        let mut small = Command::new("unshare");
        small.args(["--mount", "--", "sh", "-c", MOUNT]).arg(folder);
        small
    };
    if !may(begin().arg("true"), "mount a small file system") {
        return None;
    }
    let mut small = begin();
    small.arg(join.get_program()).args(join.get_args());
    for (key, value) in join.get_envs() {
        match value {
            Some(value) => small.env(key, value),
            None => small.env_remove(key),
        };
    }
    Some(small)
}

#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_ends_the_log_and_not_the_chat() {
    let (server, disk) = (Server::start(&["--trusted"]), Folder::new());
    fs::create_dir_all(disk.path()).unwrap();
    let join = join(&server, &["--log-dir", disk.as_str()]);
    let Some(small) = on_a_small_disk(&join, disk.path()) else { return };
    let mut alice = Terminal::start(small, (24, 200));
    alice.until_shown("alice joined");
    let mut bob = server.person("bob");
    for _ in 0..100 {
        bob.type_line(&"x".repeat(300));
    }
    bob.type_line("still here");
    alice.until_shown("still here");
    alice.press("\x1b1");
    alice.until_shown("No space left on");
    let told = alice.lines().iter().filter(|line| line.contains("nothing is logged any more")).count();
    assert_eq!(told, 1);
}

#[test]
fn a_theme_has_its_colours_and_none_has_none() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    for (more, colours) in [
        (&["--theme", "none"][..], [false, false]),
        (&["--theme", "16"], [true, false]),
        (&["--theme", "256"], [false, true]),
        (&["--theme", "256", "--color", "never"], [false, false]),
    ] {
        let mut join = join(&server, more);
        join.env("NO_COLOR", "1");
        let mut alice = alice(join);
        bob.type_line("hello");
        alice.until_shown("hello");
        let written = String::from_utf8_lossy(&alice.raw).into_owned();
        // The colour of a name, alone or behind bold.
        let has_basic = (31..=36).chain(91..=96).any(|number| written.contains(&format!(";{number}m")));
        assert_eq!([has_basic, written.contains(";38;5;")], colours, "{more:?}");
        alice.press("/quit\r");
        alice.until_end();
        bob.until("alice left");
    }
}
