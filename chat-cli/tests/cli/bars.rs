//! How far files are, in terminals: the rows above the prompt are torn by nothing.

use std::path::Path;

use crate::files::{Desk, pattern};
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

/// Plays all that was written to a terminal again, and looks at the screen whenever a painting is complete.
fn check_every_painting(raw: &[u8], (rows, columns): (u16, u16)) {
    let mut screen = vt100::Parser::new(rows, columns, 0);
    let end = b"\x1b[J\r";
    let ends =
        raw.windows(end.len()).enumerate().filter(|(_, bytes)| bytes == end).map(|(at, _)| at + end.len());
    let (mut from, mut with_bars, mut is_prompted) = (0, 0, false);
    for at in ends {
        screen.process(&raw[from..at]);
        from = at;
        let lines: Vec<String> = screen.screen().contents().lines().map(str::to_owned).collect();
        let Some((last, above)) = lines.split_last() else { continue };
        // Before somebody is in, there is no prompt.
        is_prompted |= last.contains("> ");
        if last.is_empty() || !is_prompted {
            continue;
        }
        assert!(last.contains("> ") || last.ends_with('>'), "no prompt at the end of {lines:#?}");
        let bars = above.iter().rev().take_while(|line| is_bar(line)).count();
        assert_eq!(above.iter().filter(|line| is_bar(line)).count(), bars, "bars are apart: {lines:#?}");
        assert!(bars <= 4, "{lines:#?}");
        with_bars += usize::from(bars > 0);
    }
    assert!(with_bars > 3, "{with_bars} paintings with bars");
}

fn join(addr: &str, name: &str, downloads: &Path, size: (u16, u16)) -> Terminal {
    let mut command = command(&["join", addr, "--name", name, "--color", "never"]);
    command.env("CHAT_DOWNLOADS", downloads);
    let mut terminal = Terminal::start(command, size);
    terminal.until_last("#lobby>");
    terminal
}

#[test]
fn bars_stand_above_the_prompt_and_nothing_tears_them() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_500_000);
    let files = [desk.file("eins 漢字.bin", 1_500_000), desk.file("zwei.bin", 2_000_000)];
    let mut carol = server.person("carol");
    let (wide, narrow) = ((24, 80), (16, 40));
    let mut alice = join(&server.addr, "alice", Path::new("."), wide);
    let mut bob = join(&relay.addr, "bob", &desk.inbox(), narrow);
    for (number, file) in (1..).zip(&files) {
        alice.press(&format!("/sendfile bob {file}\r"));
        bob.until_shown(&format!("/accept {number}"));
        bob.press(&format!("/accept {number}\r"));
    }
    bob.until("both bars", |lines| bar_of(lines, 1).is_some() && bar_of(lines, 2).is_some());
    bob.press("half a 漢字");
    bob.until_last("#lobby> half a 漢字");
    alice.until("both bars", |lines| bar_of(lines, 1).is_some() && bar_of(lines, 2).is_some());
    alice.until("a bar", |lines| {
        bar_of(lines, 2).is_some_and(|bar| bar.contains("[=") && bar.contains("/s "))
    });
    for number in 0..5 {
        carol.type_line(&format!("hello {number}"));
        alice.until_shown(&format!("#lobby <carol> hello {number}"));
    }
    alice.press("I type ");
    alice.until_last("#lobby> I type");
    for number in 1..=2 {
        bob.until("the end", |lines| {
            lines.join("").contains(&format!("{number}: ")) && bar_of(lines, number).is_none()
        });
        alice.until("the end", |lines| bar_of(lines, number).is_none());
    }
    alice.until_shown("2: bob has \"zwei.bin\"");
    alice.until_last("#lobby> I type");
    bob.until_last("#lobby> half a 漢字");
    assert!(desk.received("eins 漢字.bin") == pattern(1_500_000));
    check_every_painting(&alice.raw, wide);
    check_every_painting(&bob.raw, narrow);
}

#[test]
fn a_bar_follows_its_terminal_down_to_twenty_columns() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_000_000);
    let file = desk.file("a.bin", 3_000_000);
    let mut alice = join(&server.addr, "alice", Path::new("."), (24, 80));
    let mut bob = join(&relay.addr, "bob", &desk.inbox(), (12, 80));
    alice.press(&format!("/sendfile bob {file}\r"));
    bob.until_shown("/accept 1");
    bob.press("/accept 1\r");
    bob.until("a bar", |lines| bar_of(lines, 1).is_some_and(|bar| bar.contains("[")));
    bob.resize((12, 20));
    bob.until("a short bar", |lines| {
        lines.len() > 1
            && lines.last().is_some_and(|line| line.trim_end() == "#lobby>")
            && lines[lines.len() - 2].starts_with("1 ")
            && lines[lines.len() - 2].contains("/s")
            && lines.iter().filter(|line| is_bar(line)).count() == 1
    });
    bob.press("/pause 1\r");
    bob.until("a paused bar", |lines| bar_of(lines, 1).is_some_and(|bar| bar.contains("paused")));
    bob.press("/resume 1\r");
    bob.until("the end", |lines| lines.join("").contains("is here") && bar_of(lines, 1).is_none());
    assert!(desk.received("a.bin") == pattern(3_000_000));
}

#[test]
fn whoever_leaves_while_a_file_is_on_its_way_says_so_twice() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a.bin", 10);
    let mut bob = server.person("bob");
    for leave in ["\x03", "/quit\r", "\x04"] {
        let mut alice = join(&server.addr, "alice", Path::new("."), (24, 80));
        alice.press(&format!("/sendfile bob {file}\r"));
        alice.until_shown("is offered to bob");
        bob.until("alice offers");
        alice.press(leave);
        alice.until_shown("files are on their way; to leave now, say so again within 10 s:");
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
