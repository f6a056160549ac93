//! `join` while the connection is away, and when it comes back.

use crate::program::{Program, Server};
use crate::relay::Relay;

fn carol(addr: &str) -> Program {
    let mut carol = Program::start(&["join", addr, "--name", "carol", "--plain"]);
    carol.out.until("#lobby * carol joined");
    carol
}

#[test]
fn what_was_missed_is_shown_as_such_and_closed() {
    let server = Server::start(&[]);
    let relay = Relay::to(&server.addr);
    let mut alice = server.person("alice");
    let mut carol = carol(&relay.addr);
    alice.type_line("before");
    carol.out.until("before");
    relay.cut();
    carol.err.until("- lost the connection: ");
    alice.type_line("while away");
    alice.type_line("/w carol psst");
    alice.type_line("/users");
    alice.until("users in #lobby");
    relay.mend();
    assert!(carol.err.until("- connected again").ends_with("what you missed in #lobby comes now, marked ~"));
    alice.type_line("after");
    carol.out.until("- #lobby: while you were away:");
    assert!(carol.out.until("while away").starts_with("~ ["));
    carol.out.until("- #lobby: that is all you missed: 1 message");
    assert!(carol.out.until("after").starts_with('['));
    relay.cut();
    carol.err.until("- lost the connection: ");
    relay.mend();
    carol.err.until("- connected again; nothing was missed in your rooms");
    carol.type_line("/quit");
    let (out, _) = carol.ends_with(0);
    assert!(out.is_empty(), "nothing came twice: {out:?}");
}

#[test]
fn a_room_that_was_made_anew_is_told_so() {
    let mut server = Server::start(&[]);
    let mut carol = carol(&server.addr);
    server.program.kill();
    carol.err.until("- lost the connection: ");
    let addr = server.addr.clone();
    let _again = Server::start_at(&addr);
    carol.err.until("- connected again, in a new session");
    carol.out.until("- #lobby: the room was made anew; what you missed in the old one is gone");
}

#[test]
fn a_newcomer_sees_where_the_past_ends_and_can_page_back() {
    let server = Server::start(&["--trusted"]);
    let mut alice = server.person("alice");
    for thing in 1..=30 {
        alice.type_line(&format!("thing {thing}"));
    }
    alice.type_line("/users");
    alice.until("users in #lobby");
    let mut carol = Program::start(&["join", &server.addr, "--name", "carol", "--plain"]);
    carol.out.until("- #lobby: that was before you came");
    for line in ["/history 10", "/history", "/search thing 7", "/search"] {
        carol.type_line(line);
    }
    assert!(carol.out.until("thing 21").ends_with("#lobby/22 <alice> thing 21"));
    carol.out.until("- #lobby: those were 10 messages, /history again shows older ones");
    assert!(carol.out.until("thing 11").ends_with("#lobby/12 <alice> thing 11"));
    carol.out.until("- #lobby: those were 10 messages, /history again shows older ones");
    assert!(carol.out.until("thing 7").ends_with("#lobby/8 <alice> thing 7"));
    carol.out.until("- that was 1 match, there are no older ones");
    carol.out.until("- there are no older matches");
}
