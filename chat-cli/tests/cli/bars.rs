//! How far files are, in terminals.

use std::path::Path;

use crate::files::{Desk, pattern};
use crate::frames::check_every_picture;
use crate::program::{Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;

/// The lines of a screen, and whether a line of it shows how far the file of that number is.
fn bar_of(lines: &[String], number: u32) -> Option<&String> {
    let start = format!("{number} ");
    lines.iter().find(|line| line.starts_with(&start) && line.contains('%'))
}

fn is_bar(line: &str) -> bool {
    let number = line.split(' ').next().unwrap_or_default();
    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) && line.contains('%')
}

/// The line that tells where one is, and how far files are.
fn status(lines: &[String]) -> &str {
    &lines[lines.len() - 2]
}

fn join(addr: &str, name: &str, downloads: &Path, size: (u16, u16)) -> Terminal {
    let mut command = command(&["join", addr, "--name", name, "--color", "never"]);
    command.env("CHAT_DOWNLOADS", downloads);
    let mut terminal = Terminal::start(command, size);
    terminal.until_last("#lobby>");
    terminal
}

/// Takes the file that alice offers, by the key that first shows it; the status line says then what is on its way.
fn take_offered(bob: &mut Terminal, name: &str, on_its_way: &str) {
    bob.until("an offer", |lines| {
        lines.iter().any(|line| line.contains("alice") && line.contains("!1"))
            || lines.last().is_some_and(|line| line.starts_with("alice>"))
    });
    if !bob.lines().iter().any(|line| line.starts_with("alice>")) {
        bob.press("\x1by");
    }
    bob.until_shown(&format!("\"{name}\""));
    bob.answer("\x1by", on_its_way);
}

#[test]
fn the_status_line_and_the_list_tell_how_far_files_are_and_nothing_tears_them() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    // So slow that the first is not there before the second was taken and looked at.
    let relay = Relay::slow(&server.addr, 300_000);
    let files = [desk.file("eins 漢字.bin", 1_500_000), desk.file("zwei.bin", 2_000_000)];
    let mut carol = server.person("carol");
    let (wide, narrow) = ((24, 120), (16, 60));
    let mut alice = join(&server.addr, "alice", Path::new("."), wide);
    let mut bob = join(&relay.addr, "bob", &desk.inbox(), narrow);
    let all = [("eins 漢字.bin", "↓ eins"), ("zwei.bin", "↓ 2 files")];
    for (file, (name, on_its_way)) in files.iter().zip(all) {
        alice.press(&format!("/sendfile bob {file}\r"));
        take_offered(&mut bob, name, on_its_way);
    }
    bob.press("\x1b2");
    bob.until_last("#lobby>");
    bob.until("a file on its way", |lines| status(lines).contains('↓') && status(lines).contains('%'));
    alice.until("the same here", |lines| status(lines).contains('↑') && status(lines).contains('%'));
    bob.press("\x1bOQ");
    bob.until("a list of both", |lines| {
        let bars = lines.iter().filter(|line| line.contains('█') && line.contains("/s")).count();
        bars == 2 && lines.iter().any(|line| line.contains("eins 漢字.bin"))
    });
    relay.pace(2_000_000);
    bob.press("\x1b");
    bob.until("no list", |lines| !lines.concat().contains('█'));
    bob.press("half a 漢字");
    bob.until_last("#lobby> half a 漢字");
    for number in 0..5 {
        carol.type_line(&format!("hello {number}"));
        alice.until_shown(&format!(" carol hello {number}"));
    }
    alice.press("I type ");
    alice.until_last("#lobby> I type");
    alice.until_shown("2: bob has \"zwei.bin\"");
    for terminal in [&mut alice, &mut bob] {
        terminal.until("no file on its way", |lines| !status(lines).contains('%'));
    }
    alice.until_last("#lobby> I type");
    bob.until_last("#lobby> half a 漢字");
    assert!(desk.received("eins 漢字.bin") == pattern(1_500_000));
    check_every_picture(&alice.raw, wide);
    check_every_picture(&bob.raw, narrow);
}

#[test]
fn a_file_can_be_stopped_and_followed_in_twenty_columns() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_000_000);
    let file = desk.file("a.bin", 3_000_000);
    let mut alice = join(&server.addr, "alice", Path::new("."), (24, 80));
    let mut bob = join(&relay.addr, "bob", &desk.inbox(), (12, 80));
    alice.press(&format!("/sendfile bob {file}\r"));
    take_offered(&mut bob, "a.bin", "↓ a.bin");
    bob.press("\x1b2");
    bob.until_last("#lobby>");
    bob.until("a file on its way", |lines| status(lines).contains('%'));
    bob.resize((12, 20));
    bob.until_last(">");
    bob.press("/pause 1\r\x1bOQ");
    bob.until("a list of one", |lines| lines.iter().any(|line| line.contains('░')));
    bob.resize((12, 80));
    bob.until_shown("paused");
    bob.press("\x1b");
    bob.until("no list", |lines| !lines.concat().contains('░'));
    bob.press("/resume 1\r");
    bob.until("the end", |lines| lines.concat().contains("is here"));
    assert!(desk.received("a.bin") == pattern(3_000_000));
}

#[test]
fn whoever_leaves_while_a_file_is_on_its_way_says_so_twice() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a.bin", 10);
    let mut bob = server.person("bob");
    for leave in ["\x03", "/quit\r", "\x04"] {
        let mut alice = join(&server.addr, "alice", Path::new("."), (24, 160));
        alice.press(&format!("/sendfile bob {file}\r"));
        alice.until_shown("is offered to bob");
        bob.until("alice offers");
        alice.press(leave);
        alice.until_shown(
            "files are on their way; to leave all the same, say so again within 10 s, and then:",
        );
        alice.until_shown("\"a.bin\" is no longer offered to bob");
        alice.press("still here\r");
        bob.until("still here");
        alice.press(leave);
        assert_eq!(alice.code(), Some(0));
        bob.until("alice left");
    }
}

#[test]
fn a_command_shows_bars_on_its_terminal_and_leaves_lines() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_000_000);
    let files = [desk.file("a.bin", 600_000), desk.file("b.bin", 900_000)];
    let inbox = desk.inbox_str();
    let args = ["receive", &relay.addr, "--name", "bob", "--from", "alice", "--count", "2", "--dir"];
    let bob = command(&[&args[..], &[&inbox]].concat());
    let mut bob = Terminal::start(bob, (16, 40));
    let args = ["send-file", &server.addr, "--name", "alice", "--to", "bob", &files[0], &files[1]];
    let mut alice = Terminal::start(command(&args), (16, 80));
    for terminal in [&mut bob, &mut alice] {
        terminal.until("both bars", |lines| bar_of(lines, 1).is_some() && bar_of(lines, 2).is_some());
    }
    for terminal in [&mut bob, &mut alice] {
        terminal.until("the end", |lines| {
            !lines.iter().any(|line| is_bar(line)) && lines.iter().any(|line| line.starts_with("2: "))
        });
    }
    alice.until_shown("bob has \"b.bin\"");
    assert_eq!(alice.child.wait().unwrap().code(), Some(0));
    assert_eq!(bob.child.wait().unwrap().code(), Some(0));
}
