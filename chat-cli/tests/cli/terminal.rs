//! `join` in a terminal: what is on its screen, and what is left of it afterwards.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::program::{Server, command};
use crate::relay::Relay;

const PATIENCE: Duration = Duration::from_secs(20);

/// The program in a terminal of its own.
struct Terminal {
    child: Child,
    keyboard: File,
    /// Kept open, to look at the terminal's modes after the program's end.
    tty: OwnedFd,
    output: Receiver<Vec<u8>>,
    screen: vt100::Parser,
    raw: Vec<u8>,
}

impl Terminal {
    fn join(addr: &str, name: &str, (rows, columns): (u16, u16)) -> Terminal {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = ptsname(&master, Vec::new()).unwrap();
        let path = path.to_str().unwrap();
        let tty = File::options().read(true).write(true).open(path).unwrap();
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&master, size).unwrap();
        let mut command = command(&["join", addr, "--name", name]);
        let end = || Stdio::from(tty.try_clone().unwrap());
        let child = command.env("TERM", "xterm").stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let keyboard = File::from(master);
        let mut reading = keyboard.try_clone().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(bytes @ 1..) = reading.read(&mut buffer) {
                if sender.send(buffer[..bytes].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(rows, columns, 0);
        Terminal { child, keyboard, tty: tty.into(), output, screen, raw: Vec::new() }
    }

    fn press(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the screen is as wanted.
    fn until(&mut self, what: &str, wanted: impl Fn(&[String]) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines: Vec<String> = self.screen.screen().contents().lines().map(str::to_owned).collect();
            if wanted(&lines) {
                return;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(bytes) = self.output.recv_timeout(left) else { panic!("no {what} on {lines:#?}") };
            self.screen.process(&bytes);
            self.raw.extend(bytes);
        }
    }

    /// Waits until the last line on the screen is exactly this.
    fn until_last(&mut self, last: &str) {
        self.until(last, |lines| lines.last().is_some_and(|line| line.trim_end() == last));
    }

    fn until_shown(&mut self, part: &str) {
        self.until(part, |lines| lines.iter().any(|line| line.contains(part)));
    }

    fn is_raw(&self) -> bool {
        !tcgetattr(&self.tty).unwrap().local_modes.contains(LocalModes::ICANON)
    }

    /// Waits for the end; the terminal must be as it was.
    fn code(mut self) -> Option<i32> {
        let code = self.child.wait().unwrap().code();
        assert!(!self.is_raw(), "the terminal was left in raw mode");
        let paste_is_off = |raw: &[u8]| {
            let raw = String::from_utf8_lossy(raw);
            raw.rfind("\x1b[?2004h") < raw.rfind("\x1b[?2004l")
        };
        while !paste_is_off(&self.raw) {
            let bytes = self.output.recv_timeout(PATIENCE);
            self.raw.extend(bytes.expect("bracketed paste was left on"));
        }
        code
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Ended already, or not: there is nothing to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_prompt_stays_whole_whatever_comes_in() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
    carol.until_last("#lobby>");
    assert!(carol.is_raw());
    carol.press("half a 漢字");
    carol.until_last("#lobby> half a 漢字");
    alice.type_line("hello carol");
    carol.until_shown("#lobby <alice> hello carol");
    carol.until_last("#lobby> half a 漢字");
    carol.press("\x01");
    carol.press("not \r");
    assert!(alice.until("half").ends_with("#lobby <carol> not half a 漢字"));
    carol.until_last("#lobby>");
    carol.until_shown("#lobby> not half a 漢字");
    carol.press("/join dev\r");
    carol.until_last("#dev>");
    carol.press("\x1b[A\x1b[A");
    carol.until_last("#dev> not half a 漢字");
    carol.press("\x03");
    carol.until_last("#dev>");
    carol.press("/quit\r");
    alice.until("#lobby * carol left (quit)");
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn a_line_wider_than_the_terminal_never_wraps() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&server.addr, "carol", (10, 24));
    carol.until_last("#lobby>");
    carol.press("abcdefghijklmnopqrstuvwxyz");
    carol.until_last("#lobby> …nopqrstuvwxyz");
    alice.type_line("hi");
    carol.until_shown("<alice>");
    carol.until_last("#lobby> …nopqrstuvwxyz");
    carol.press("\x01");
    carol.until_last("#lobby> abcdefghijklmno");
    carol.press("\r");
    assert!(alice.until("abc").ends_with("<carol> abcdefghijklmnopqrstuvwxyz"));
}

#[test]
fn control_d_and_control_c_leave_only_from_an_empty_line() {
    for key in ["\x03", "\x04"] {
        let server = Server::start(&[]);
        let mut alice = server.person("alice");
        let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
        carol.until_last("#lobby>");
        carol.press("x");
        carol.until_last("#lobby> x");
        carol.press("\x03");
        carol.until_last("#lobby>");
        carol.press(key);
        alice.until("#lobby * carol left (quit)");
        assert_eq!(carol.code(), Some(0));
    }
}

#[test]
fn what_is_pasted_is_one_message() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
    carol.until_last("#lobby>");
    carol.press("\x1b[200~one\rtwo\r\x1b[201~");
    carol.until_last("#lobby> one↵two");
    carol.press("\r");
    assert!(alice.until("one").ends_with("#lobby <carol> one↵two"));
}

#[test]
fn a_taken_name_is_asked_for_again() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&server.addr, "alice", (10, 60));
    carol.until_shown("! name_taken: ");
    carol.until_last("name>");
    carol.press("carol\r");
    alice.until("#lobby * carol joined");
    carol.until_last("#lobby>");
}

#[test]
fn the_terminal_is_restored_after_a_signal() {
    let server = Server::start(&[]);
    let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
    carol.until_last("#lobby>");
    kill_process(Pid::from_child(&carol.child), Signal::TERM).unwrap();
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn a_resize_and_a_cleared_screen_keep_the_line() {
    let server = Server::start(&[]);
    let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
    carol.until_last("#lobby>");
    carol.press("some words that are typed");
    carol.until_last("#lobby> some words that are typed");
    carol.press("\x0c");
    carol.until("an empty screen", |lines| lines == ["#lobby> some words that are typed"]);
    let size = Winsize { ws_row: 10, ws_col: 20, ws_xpixel: 0, ws_ypixel: 0 };
    carol.screen.screen_mut().set_size(10, 20);
    tcsetwinsize(&carol.keyboard, size).unwrap();
    kill_process(Pid::from_child(&carol.child), Signal::WINCH).unwrap();
    carol.until_last("#lobby> …are typed");
}

#[test]
fn while_away_the_prompt_says_so_and_what_is_typed_waits() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&relay.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    relay.cut();
    carol.until_shown("- lost the connection: ");
    carol.until_shown("#lobby (away, ");
    carol.press("one\r/help\rtwo\r");
    for line in ["#lobby (queued)> one", "- /help ", "#lobby (queued)> two"] {
        carol.until_shown(line);
    }
    alice.type_line("hello?");
    alice.type_line("/users");
    alice.until("users in #lobby");
    relay.mend();
    assert!(alice.until("one").ends_with("#lobby <carol> one"));
    assert!(alice.until("two").ends_with("#lobby <carol> two"));
    carol.until_shown("- now sending the 2 lines that waited");
    carol.until_shown("- #lobby: that is all you missed: 1 message");
    carol.until_last("#lobby>");
}

#[test]
fn quitting_while_away_says_what_was_not_sent() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut carol = Terminal::join(&relay.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    relay.cut();
    carol.until_shown("#lobby (away, ");
    carol.press("one\rtwo\r/quit\r");
    carol.until_shown("- not sent: one");
    carol.until_shown("- not sent: two");
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn a_server_that_stands_still_can_be_left() {
    let server = Server::start(&[]);
    let mut carol = Terminal::join(&server.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    server.program.signal(Signal::STOP);
    carol.press("hello\r");
    carol.until_shown("#lobby (no answer for ");
    carol.press("/quit\r");
    carol.until_shown("- nobody knows whether this was taken: hello");
    assert_eq!(carol.code(), Some(0));
}
