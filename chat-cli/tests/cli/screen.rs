//! `join` on a full screen, from beginning to end, as two people use it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::files::{Desk, pattern};
use crate::frames::check_every_picture;
use crate::glass::Glass;
use crate::program::{Folder, Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;

const SIZE: (u16, u16) = (24, 80);

fn join(addr: &str, name: &str) -> Terminal {
    let mut terminal = Terminal::join(addr, name, SIZE);
    terminal.until_last("#lobby>");
    terminal
}

/// The messages `what 1`, `what 2` and so on that stand on a screen, in its order.
fn numbers(lines: &[String], what: &str) -> Vec<u32> {
    let number = |line: &String| {
        let behind = line.split_once(&format!(" {what} "))?.1;
        behind.split('.').next()?.parse().ok()
    };
    lines.iter().filter_map(number).collect()
}

#[test]
fn two_people_talk_in_rooms_and_in_whispers() {
    let server = Server::start(&[]);
    let mut alice = join(&server.addr, "alice");
    let mut bob = join(&server.addr, "bob");
    alice.until_shown("alice, bob joined");
    alice.press("hello bob\r");
    bob.until_shown(" alice hello bob");
    alice.until_shown(" alice hello bob");
    // More than one line is one message.
    alice.press("one\x1b\rtwo\r");
    bob.until("both lines", |lines| {
        lines.windows(2).any(|two| two[0].contains(" alice one") && two[1].trim_end().ends_with("    two"))
    });
    for terminal in [&mut alice, &mut bob] {
        terminal.press("/join dev\r");
        terminal.until_last("#dev>");
    }
    bob.press("\x1b2");
    bob.until_last("#lobby>");
    alice.press("who is in dev?\r");
    bob.until("something new in dev", |lines| {
        lines.iter().any(|line| line.starts_with(" 3 #dev") && line.contains(" 1 "))
    });
    bob.press("\x1ba");
    bob.until_last("#dev>");
    bob.until_shown(" alice who is in dev?");
    bob.press("/w alice psst\r");
    bob.until_last("alice>");
    alice.until("a whisper", |lines| lines.iter().any(|line| line.contains("bob") && line.contains("!1")));
    alice.press("\x1b4");
    alice.until_last("bob>");
    alice.until_shown(" bob psst");
    alice.press("yes?\r");
    bob.until_shown(" alice yes?");
    for terminal in [&mut alice, &mut bob] {
        terminal.press("/quit\r");
        terminal.until_end();
        assert_eq!(terminal.child.wait().unwrap().code(), Some(0));
        check_every_picture(&terminal.raw, SIZE);
    }
}

#[test]
fn one_can_scroll_back_to_the_first_message_and_forth_again() {
    const SAID: u32 = 600;
    // In memory, it would keep less.
    let data = Folder::new();
    let server = Server::start(&["--trusted", "--data", data.as_str(), "--durability", "os"]);
    let mut alice = server.person("alice");
    for number in 1..=SAID {
        alice.type_line(&format!("message {number}."));
    }
    alice.type_line("/rooms");
    alice.until("- rooms");
    let mut bob = join(&server.addr, "bob");
    bob.until_shown(&format!("message {SAID}."));
    let mut seen: BTreeSet<u32> = numbers(&bob.lines(), "message").into_iter().collect();
    for page in 0..200 {
        if seen.contains(&1) {
            break;
        }
        // Older messages may be on their way: what is typed tells that the key before it was done.
        bob.press(if page % 2 == 0 { "\x1b[5~x" } else { "\x1b[5~\x7f" });
        bob.until_last(if page % 2 == 0 { "#lobby> x" } else { "#lobby>" });
        let here = numbers(&bob.lines(), "message");
        let dense = here.windows(2).all(|two| two[0] + 1 == two[1]);
        assert!(dense, "missing, or twice: {:#?}", bob.lines());
        seen.extend(here);
    }
    let missing: Vec<u32> = (1..=SAID).filter(|number| !seen.contains(number)).collect();
    assert!(missing.is_empty(), "never seen: {missing:?}");
    alice.type_line("and one more");
    bob.until_shown(" new below");
    // To the newest.
    bob.press("\x15\x1b[1;3F");
    bob.until_shown(" alice and one more");
    bob.until("the newest at the end", |lines| !lines.concat().contains(" below (Alt-End)"));
    bob.press("/quit\r");
    assert_eq!(bob.code(), Some(0));
}

#[test]
fn what_was_found_at_the_server_is_gone_to_and_back() {
    const SAID: u32 = 600;
    let data = Folder::new();
    let server = Server::start(&["--trusted", "--data", data.as_str(), "--durability", "os"]);
    let mut alice = server.person("alice");
    for number in 1..=SAID {
        let what = if number % 20 == 7 { "needle" } else { "hay" };
        alice.type_line(&format!("message {number}. {what}"));
    }
    alice.type_line("/rooms");
    alice.until("- rooms");
    let mut bob = join(&server.addr, "bob");
    bob.until_shown(&format!("message {SAID}."));
    bob.press("/search needle\r");
    bob.until_shown("alice: message 587. needle");
    // Older ones come as one goes down: the first of thirty.
    let end = |lines: &[String]| !lines[1].starts_with('>') && !lines.concat().contains(" older ones come");
    bob.press("\x1b[F");
    bob.until("older ones", end);
    bob.press("\x1b[F");
    let is_chosen = |line: &String| line.starts_with('>') && line.contains("alice: message 7. needle");
    bob.until("the oldest", |lines| lines.iter().any(is_chosen));
    bob.press("\r");
    bob.until_shown(" alice message 7. needle");
    bob.until_shown("Esc goes back to what was found");
    let around = numbers(&bob.lines(), "message");
    assert!(around.windows(2).all(|two| two[0] + 1 == two[1]) && around.contains(&8), "{:#?}", bob.lines());
    bob.press("\x1b");
    bob.until_shown("alice: message 7. needle");
    bob.press("q");
    bob.until_shown(&format!(" alice message {SAID}. hay"));
    bob.press("/quit\r");
    assert_eq!(bob.code(), Some(0));
}

#[test]
fn a_file_that_is_offered_is_taken_with_a_key() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a b.bin", 300_000);
    let mut alice = join(&server.addr, "alice");
    let mut bob = command(&["join", &server.addr, "--name", "bob"]);
    bob.env("CHAT_DOWNLOADS", desk.inbox());
    let mut bob = Terminal::start(bob, SIZE);
    bob.until_last("#lobby>");
    alice.press(&format!("/sendfile #lobby {file}\r"));
    bob.until_shown("\"a b.bin\"");
    bob.until_shown("Alt-Y accepts");
    bob.answer("\x1by", "file 1: it is in ");
    alice.until_shown("file 1: bob has it,");
    for terminal in [&alice, &bob] {
        let lines = terminal.lines();
        assert_eq!(lines.iter().filter(|line| line.contains("\"a b.bin\"")).count(), 1, "{lines:#?}");
    }
    assert!(desk.received("a b.bin") == pattern(300_000));
    alice.press(&format!("/sendfile #lobby {}\r", desk.file("no.bin", 10)));
    bob.until_shown("\"no.bin\"");
    bob.answer("\x1bn", "you did not take it");
    alice.until_shown("bob does not take \"no.bin\"");
}

#[test]
fn a_screen_shrinks_to_twenty_columns_and_grows_again() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    let mut alice = join(&server.addr, "alice");
    bob.type_line("the first line");
    alice.until_shown(" bob the first line");
    alice.press("typed");
    alice.until_last("#lobby> typed");
    alice.resize((5, 20));
    alice.until_last("> typed");
    bob.type_line("small");
    alice.until_shown("bob small");
    alice.resize(SIZE);
    alice.until_last("#lobby> typed");
    for shown in [" bob the first line", " bob small", ">2 #lobby"] {
        alice.until_shown(shown);
    }
    // In this there is room for what is typed, and for little else.
    alice.resize((3, 10));
    alice.until_last("> typed");
    alice.resize((1, 1));
    alice.resize(SIZE);
    alice.until_shown(" bob small");
    alice.until_last("#lobby> typed");
    alice.press("\x03\x04");
    assert_eq!(alice.code(), Some(0));
}

#[test]
fn a_terminal_of_ten_columns_works() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    let mut alice = Terminal::join(&server.addr, "alice", (3, 10));
    // There is no room for it in the prompt, which is there before one is in a room.
    alice.until_shown("#lobby");
    alice.press("hi\r");
    bob.until("#lobby <alice> hi");
    bob.type_line("hey");
    alice.until_shown("bob hey");
    alice.press("/quit\r");
    assert_eq!(alice.code(), Some(0));
}

#[test]
fn a_server_that_is_lost_and_regained_leaves_nothing_out_and_says_nothing_twice() {
    let server = Server::start(&["--trusted"]);
    let relay = Relay::to(&server.addr);
    let mut bob = server.person("bob");
    let mut alice = join(&relay.addr, "alice");
    for number in 1..=5 {
        bob.type_line(&format!("word {number}."));
    }
    alice.until_shown(" bob word 5");
    relay.cut();
    alice.until_shown("OFFLINE, ");
    for number in 6..=10 {
        bob.type_line(&format!("word {number}."));
    }
    alice.press("mine\r");
    alice.until_shown("1 line waits");
    bob.type_line("/rooms");
    bob.until("- rooms");
    relay.mend();
    bob.until("#lobby <alice> mine");
    alice.until_shown(" alice mine");
    alice.until("no word of being away", |lines| !lines.concat().contains("OFFLINE"));
    let lines = alice.lines();
    assert_eq!(numbers(&lines, "word"), (1..=10).collect::<Vec<_>>(), "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.contains(" alice mine")).count(), 1, "{lines:#?}");
    alice.press("/quit\r");
    alice.until_end();
    check_every_picture(&alice.raw, SIZE);
}

/// A key that is a fault gives the terminal back, is told below the screen, and nothing is drawn after it; the client ends with
/// this code. The keys are compiled into what tests run, and into nothing that is released.
fn panics(key: &str, code: i32) {
    let server = Server::start(&[]);
    let mut join = command(&["join", &server.addr, "--name", "alice"]);
    join.env("CHAT_PANIC_KEY", "1");
    let mut alice = Terminal::start(join, SIZE);
    alice.until_last("#lobby>");
    alice.press(key);
    alice.until_end();
    let raw = String::from_utf8_lossy(&alice.raw).into_owned();
    let (_, after) = raw.split_once("\x1b[?1049l").unwrap();
    assert!(after.contains("panicked") && !after.contains('\x1b'), "{after:?}");
    assert_eq!(alice.code(), Some(code));
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_told_below() {
    panics("\x1b[24~", 101);
}

#[test]
fn a_panic_elsewhere_ends_the_session_and_nothing_is_drawn_after_it() {
    panics("\x1b[23~", 1);
}

/// A terminal whose keyboard and screen nobody else has, and where programs find it.
fn terminal() -> (File, File) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    // What other tests start meanwhile must not keep it open.
    fcntl_setfd(&master, FdFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let path = ptsname(&master, Vec::new()).unwrap();
    let tty = File::options().read(true).write(true).open(path.to_str().unwrap()).unwrap();
    tcsetwinsize(&master, Winsize { ws_row: SIZE.0, ws_col: SIZE.1, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    (File::from(master), tty)
}

/// Alice, in it, whose F12 is a fault.
fn join_in(addr: &str, tty: &File) -> Child {
    let end = || Stdio::from(tty.try_clone().unwrap());
    let mut join = command(&["join", addr, "--name", "alice"]);
    join.env("CHAT_PANIC_KEY", "1");
    join.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end()).spawn().unwrap()
}

/// Reads what is on the screen until there is the prompt.
fn until_prompt(mut master: File) -> File {
    let mut glass = Glass::new(SIZE);
    while !glass.screen().contents().contains("#lobby>") {
        let mut bytes = [0; 4096];
        let count = master.read(&mut bytes).unwrap();
        glass.write(&bytes[..count]);
    }
    master
}

#[test]
fn a_terminal_that_is_gone_ends_the_client() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    let (master, tty) = terminal();
    let alice = join_in(&server.addr, &tty);
    bob.until("* alice joined");
    let master = until_prompt(master);
    drop((master, tty));
    bob.until("* alice left (quit)");
    ends(alice);
}

/// How a program ends, which does so soon.
fn ends(mut program: Child) -> ExitStatus {
    let (told, ended) = channel();
    std::thread::spawn(move || told.send(program.wait().unwrap()));
    ended.recv_timeout(Duration::from_secs(10)).expect("it ends by itself")
}

/// Whether it has room for more, or will have soon: what is written is handed on by the system in its own time.
fn has_room(tty: &File) -> bool {
    let mut wanted = [PollFd::new(tty, PollFlags::OUT)];
    let soon = Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
    poll(&mut wanted, Some(&soon)).unwrap() > 0
}

/// The client ends by what is done to it, or to its keyboard, while its terminal takes nothing; with this code.
fn ends_with_nothing_read(end: impl FnOnce(&Child, &mut File), code: i32) {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    let (master, tty) = terminal();
    let alice = join_in(&server.addr, &tty);
    bob.until("* alice joined");
    let mut master = until_prompt(master);
    // Nobody reads it any more: it takes as much as the system has room for.
    while has_room(&tty) {
        (&tty).write_all(b"x").unwrap();
    }
    bob.type_line("a line that has to be drawn");
    end(&alice, &mut master);
    assert_eq!(ends(alice).code(), Some(code));
    assert!(tcgetattr(&tty).unwrap().local_modes.contains(LocalModes::ICANON), "it was left in raw mode");
}

#[test]
fn a_terminal_that_takes_nothing_does_not_keep_the_client() {
    ends_with_nothing_read(|alice, _| kill_process(Pid::from_child(alice), Signal::TERM).unwrap(), 0);
}

#[test]
fn nor_does_it_keep_one_that_has_a_fault() {
    ends_with_nothing_read(|_, keyboard| keyboard.write_all(b"\x1b[24~").unwrap(), 101);
}
