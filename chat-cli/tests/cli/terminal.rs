//! `join` in a terminal: what is on its screen, and what is left of it afterwards.

use std::process::Command;

use rustix::process::{Pid, Signal, WaitOptions, waitpid};

#[cfg(target_os = "linux")]
use crate::program::may;
use crate::program::{Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;

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
    carol.until_shown(" alice hello carol");
    carol.until_last("#lobby> half a 漢字");
    carol.press("\x01");
    carol.press("not \r");
    assert!(alice.until("half").ends_with("#lobby <carol> not half a 漢字"));
    carol.until_last("#lobby>");
    carol.until_shown(" carol not half a 漢字");
    carol.press("/join dev\r");
    carol.until_last("#dev>");
    // What was entered in a window comes back there.
    carol.press("\x1b2\x1b[A\x1b[A");
    carol.until_last("#lobby> not half a 漢字");
    carol.press("\x03");
    carol.until_last("#lobby>");
    carol.press("/quit\r");
    alice.until("#lobby * carol left (quit)");
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn a_long_line_grows_into_rows_and_shrinks_again() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&server.addr, "carol", (12, 40));
    carol.until_last("#lobby>");
    let long = "abcdefghijklmnopqrstuvwxyz".repeat(2);
    carol.press(&long);
    carol.until("two rows", |lines| {
        let last = &lines[lines.len() - 2..];
        last[0].starts_with("#lobby> abc") && last.concat().replace(' ', "") == format!("#lobby>{long}")
    });
    alice.type_line("hi");
    carol.until_shown(" alice hi");
    carol.press("\r");
    assert!(alice.until("abc").ends_with(&format!("<carol> {long}")));
    carol.until_last("#lobby>");
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
        if key == "\x03" {
            carol.until_shown("the same key again leaves");
            carol.press("x\x03\x03");
            carol.until_shown("the same key again leaves");
            carol.press(key);
        }
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
    carol.press("\x1b[200~one\rtwo\x1b[201~");
    carol.until("two rows", |lines| {
        let end: Vec<&str> = lines[lines.len() - 2..].iter().map(|line| line.trim_end()).collect();
        end == ["#lobby> one", "        two"]
    });
    carol.press("\r");
    assert!(alice.until("one").ends_with("#lobby <carol> one↵two"));
}

#[test]
fn what_comes_in_one_piece_is_read_to_its_end() {
    let server = Server::start(&[]);
    let mut carol = Terminal::join(&server.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    carol.press(&format!("{}END", "z".repeat(3000)));
    carol.until_shown("zEND");
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
    for signal in [Signal::TERM, Signal::HUP, Signal::QUIT, Signal::ALARM, Signal::USR1, Signal::USR2] {
        let server = Server::start(&[]);
        let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
        carol.until_last("#lobby>");
        assert!(carol.screen().alternate_screen());
        carol.signal(signal);
        assert_eq!(carol.code(), Some(0), "{signal:?}");
    }
}

#[test]
fn a_resize_and_a_screen_drawn_anew_keep_the_line() {
    let server = Server::start(&[]);
    let mut carol = Terminal::join(&server.addr, "carol", (10, 60));
    carol.until_last("#lobby>");
    carol.press("some words that are typed");
    carol.until_last("#lobby> some words that are typed");
    carol.scribble();
    carol.until_shown("scribbled");
    carol.press("\x0c");
    carol.until("a screen drawn anew", |lines| !lines.concat().contains("scribbled"));
    carol.until_last("#lobby> some words that are typed");
    carol.resize((10, 20));
    carol.until("the end of it", |lines| lines.last().is_some_and(|line| line.trim_end().ends_with("typed")));
    carol.resize((10, 60));
    carol.until_last("#lobby> some words that are typed");
}

#[test]
fn while_away_the_screen_says_so_and_what_is_typed_waits() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&relay.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    relay.cut();
    carol.until_shown("OFFLINE, ");
    carol.press("one\r/help\r");
    carol.until_shown("Esc closes");
    carol.press("\x1b");
    // With a letter right behind it, it would be another key.
    carol.until("no help", |lines| !lines.concat().contains("Esc closes"));
    carol.press("two\r");
    carol.until_last("#lobby>");
    alice.type_line("hello?");
    alice.type_line("/users");
    alice.until("users in #lobby");
    relay.mend();
    assert!(alice.until("one").ends_with("#lobby <carol> one"));
    assert!(alice.until("two").ends_with("#lobby <carol> two"));
    for shown in [" alice hello?", " carol one", " carol two"] {
        carol.until_shown(shown);
    }
    carol.until("no word of being away", |lines| !lines.concat().contains("OFFLINE"));
}

#[test]
fn quitting_while_away_says_what_was_not_sent() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut carol = Terminal::join(&relay.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    relay.cut();
    carol.until_shown("OFFLINE, ");
    carol.press("one\rtwo\r/quit\r");
    carol.until_shown("- not sent: one");
    carol.until_shown("- not sent: two");
    assert!(!carol.screen().alternate_screen());
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn a_server_that_stands_still_can_be_left() {
    let server = Server::start(&[]);
    let mut carol = Terminal::join(&server.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    server.program.stop();
    carol.press("hello\r");
    carol.until_shown("no answer for ");
    carol.press("/quit\r");
    carol.until_shown("- nobody knows whether this was taken: hello");
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn what_is_typed_behind_a_join_is_for_that_room_however_long_the_answer_takes() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    bob.type_line("/join dev");
    bob.until("#dev * bob joined");
    let mut carol = Terminal::join(&server.addr, "carol", (24, 100));
    carol.until_last("#lobby>");
    server.program.stop();
    carol.press("/join dev\rfor dev\r");
    carol.until_shown("no answer for ");
    server.program.signal(Signal::CONT);
    assert!(bob.until("for dev").ends_with("#dev <carol> for dev"));
    carol.until_last("#dev>");
}

#[test]
fn a_stopped_client_leaves_the_terminal_to_the_shell_and_comes_back() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    let mut alice = Terminal::join(&server.addr, "alice", (10, 60));
    alice.until_last("#lobby>");
    for stop in ["\x1a", ""] {
        alice.press("half");
        alice.until_last("#lobby> half");
        alice.press(stop);
        if stop.is_empty() {
            alice.signal(Signal::TSTP);
        }
        let (_, status) =
            waitpid(Some(Pid::from_child(&alice.child)), WaitOptions::UNTRACED).unwrap().unwrap();
        assert!(status.stopped());
        alice.until("the other screen", |lines| lines.concat().is_empty());
        assert!(!alice.is_raw() && !alice.screen().alternate_screen());
        bob.type_line("meanwhile");
        bob.type_line("/rooms");
        bob.until("- rooms");
        alice.signal(Signal::CONT);
        alice.until_shown(" bob meanwhile");
        alice.until_last("#lobby> half");
        assert!(alice.is_raw());
        alice.press("\x03");
        alice.until_last("#lobby>");
    }
    alice.press("\x04");
    assert_eq!(alice.code(), Some(0));
}

const CLIENT: &str = env!("CARGO_BIN_EXE_chat-cli");

/// A command in a session of its own, whose terminal it has, with the environment of the client.
fn in_a_session(run: &[&str]) -> Command {
    let join = command(&[]);
    let mut alone = Command::new("setsid");
    alone.args(["--ctty", "--wait"]).args(run);
    for (key, value) in join.get_envs() {
        match value {
            Some(value) => alone.env(key, value),
            None => alone.env_remove(key),
        };
    }
    alone
}

#[test]
#[cfg(target_os = "linux")]
fn a_shell_stops_the_client_and_lets_it_go_on() {
    let server = Server::start(&[]);
    let mut bob = server.person("bob");
    let mut shell = in_a_session(&["sh", "-i"]);
    shell.env("PS1", "shell% ");
    let mut alice = Terminal::start(shell, (10, 60));
    alice.until_shown("shell%");
    alice.press(&format!("{CLIENT} join {} --name alice\r", server.addr));
    alice.until_last("#lobby>");
    for round in 0..2 {
        alice.press("\x1a");
        alice.until("the shell's screen", |lines| {
            lines.last().is_some_and(|line| line.trim_end() == "shell%")
        });
        assert!(!alice.screen().alternate_screen());
        bob.type_line(&format!("meanwhile {round}"));
        alice.press(&format!("echo $(({round}+41)) lines\r"));
        alice.until_shown(&format!("{} lines", round + 41));
        let before = alice.raw.len();
        alice.press("fg\r");
        alice.until_shown(&format!(" bob meanwhile {round}"));
        alice.until_last("#lobby>");
        alice.press(&format!("back {round}\r"));
        bob.until(&format!("#lobby <alice> back {round}"));
        let raw = String::from_utf8_lossy(&alice.raw[before..]).into_owned();
        assert_eq!(raw.matches("\x1b[?1049h").count(), 1, "{raw:?}");
    }
    alice.press("\x04");
    bob.until("* alice left (quit)");
    alice.until("the shell's screen", |lines| lines.last().is_some_and(|line| line.trim_end() == "shell%"));
    alice.press("exit\r");
    alice.until_end();
}

/// Ctrl-Z is refused by the client that runs `within` other programs.
#[cfg(target_os = "linux")]
fn does_not_stop(within: &[&str]) {
    let server = Server::start(&[]);
    let join = [CLIENT, "join", &server.addr, "--name", "alice"];
    let mut alice = Terminal::start(in_a_session(&[within, &join].concat()), (10, 60));
    alice.until_last("#lobby>");
    alice.press("\x1a");
    alice.until_shown("! there is no shell to go back to");
    alice.press("\x04");
    assert_eq!(alice.code(), Some(0));
}

#[test]
#[cfg(target_os = "linux")]
fn without_a_shell_to_go_back_to_the_client_does_not_stop() {
    does_not_stop(&[]);
    does_not_stop(&["sh", "-c", "\"$0\" \"$@\"; exit $?"]);
}

#[test]
#[cfg(target_os = "linux")]
fn in_a_container_the_client_does_not_stop() {
    // Its session and its group were begun outside, where processes have other numbers: both are 0.
    let contained = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child"];
    if may(Command::new(contained[0]).args(&contained[1..]).arg("true"), "number processes anew") {
        does_not_stop(&contained);
    }
}

#[test]
fn a_terminal_that_can_do_nothing_gets_plain_lines() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut dumb = command(&["join", &server.addr, "--name", "carol"]);
    dumb.env("TERM", "dumb");
    let mut carol = Terminal::start(dumb, (24, 80));
    carol.until_shown("#lobby * carol joined");
    alice.type_line("hello");
    carol.until_shown("#lobby <alice> hello");
    carol.press("/quit\n");
    carol.until_end();
    assert!(!carol.raw.contains(&b'\x1b'), "{:?}", String::from_utf8_lossy(&carol.raw));
}
