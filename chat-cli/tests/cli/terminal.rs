//! `join` in a terminal: what is on its screen, and what is left of it afterwards.

use rustix::process::Signal;

use crate::program::Server;
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
    carol.signal(Signal::TERM);
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
    carol.resize((10, 20));
    carol.until_last("#lobby> …are typed");
}

#[test]
fn while_away_the_prompt_says_so_and_what_is_typed_waits() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut alice = server.person("alice");
    let mut carol = Terminal::join(&relay.addr, "carol", (40, 100));
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
