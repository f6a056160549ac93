//! `join` behind pipes: plain lines in and out.

use std::process::Stdio;

use crate::program::{Program, Server, command};

#[test]
fn lines_go_both_ways() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Program::start(&["join", &server.addr, "--name", "carol", "--plain"]);
    alice.until("#lobby * carol joined");
    alice.type_line("hello carol");
    let line = carol.out.until("hello carol");
    assert!(line.ends_with("#lobby <alice> hello carol") && !line.contains('\x1b'), "{line}");
    carol.type_line("hello alice");
    assert!(alice.until("hello alice").ends_with("#lobby <carol> hello alice"));
    carol.type_line("/users");
    assert!(carol.out.until("users in #lobby").ends_with("(2): alice carol"));
    carol.type_line("/nonsense");
    assert!(carol.err.until("! ").starts_with("! unknown_ask: "));
    carol.type_line("/quit");
    alice.until("#lobby * carol left (quit)");
    let (out, _) = carol.ends_with(0);
    assert!(out.iter().all(|line| !line.contains("<carol>")), "own words are not shown again: {out:?}");
}

#[test]
fn the_end_of_the_input_leaves_when_everything_is_answered() {
    let server = Server::start(&["--trusted"]);
    let mut alice = server.person("alice");
    let mut carol = Program::start(&["join", &server.addr, "--name", "carol"]);
    for number in 0..100 {
        carol.type_line(&format!("line {number}"));
    }
    carol.type_line("/join dev");
    carol.type_line("in dev");
    carol.type_line("/history 5");
    carol.end_input();
    for number in 0..100 {
        assert!(alice.until("<carol>").ends_with(&format!("#lobby <carol> line {number}")));
    }
    let (out, _) = carol.ends_with(0);
    assert!(out.iter().any(|line| line.ends_with("#dev/2 <carol> in dev")), "{out:?}");
    alice.until("#lobby * carol left (quit)");
}

#[test]
fn rooms_that_are_named_are_begun_in_and_the_first_is_current() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    alice.type_line("/join dev");
    alice.until("#dev * alice joined");
    let mut carol = Program::start(&[
        "join",
        &server.addr,
        "--name",
        "carol",
        "--plain",
        "--room",
        "#dev",
        "--room",
        "ops",
    ]);
    carol.type_line("hi");
    assert!(alice.until("hi").ends_with("#dev <carol> hi"));
    carol.out.until("#ops * carol joined");
}

#[test]
fn a_name_that_is_taken_ends_with_3() {
    let server = Server::start(&[]);
    let _alice = server.person("alice");
    for args in
        [&["join", &server.addr, "--name", "Alice"][..], &["send", &server.addr, "--name", "alice", "hi"]]
    {
        let (_, err) = Program::start(args).ends_with(3);
        assert!(
            err.iter().any(|line| line.contains("name_taken: ")
                && line.ends_with("keeps its name for a while (30 s by default)")),
            "{err:?}"
        );
    }
}

#[test]
fn no_server_ends_with_1_and_is_named() {
    let (_, err) = Program::start(&["join", "127.0.0.1:1", "--plain"]).ends_with(1);
    assert!(err[0].contains("127.0.0.1:1"), "{err:?}");
}

#[test]
fn colours_come_when_they_are_asked_for() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut carol = Program::start(&["join", &server.addr, "--name", "carol", "--color", "always"]);
    alice.until("carol joined");
    alice.type_line("hello");
    let line = carol.out.until("hello");
    assert!(line.contains("\x1b[") && line.contains("> hello"), "{line:?}");
}

#[test]
fn nobody_reading_the_output_is_a_quiet_end() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut command = command(&["join", &server.addr, "--name", "carol", "--plain"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut carol = command.spawn().unwrap();
    let _input = carol.stdin.take();
    drop(carol.stdout.take());
    alice.until("carol");
    alice.type_line("hello");
    alice.until("#lobby * carol left (quit)");
    let output = carol.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(!err.contains("chat-cli:") && !err.contains("panicked"), "{err}");
}

#[cfg(unix)]
#[test]
fn a_lost_server_is_waited_for_and_what_is_typed_meanwhile_is_said() {
    let mut server = Server::start(&[]);
    let mut carol = Program::start(&["join", &server.addr, "--name", "carol", "--plain"]);
    carol.out.until("#lobby * carol joined");
    server.program.signal(rustix::process::Signal::KILL);
    carol.err.until("lost the connection");
    carol.type_line("said while away");
    let addr = server.addr.clone();
    server = Server { program: Program::start(&["serve", "--memory", "--listen", &addr, "--json"]), addr };
    server.program.out.until("listening");
    carol.err.until("connected again");
    let mut alice = server.person("alice");
    alice.type_line("/history");
    assert!(alice.until("said while away").ends_with("#lobby <carol> said while away"));
}

#[cfg(unix)]
#[test]
fn a_signal_leaves_politely() {
    for signal in [rustix::process::Signal::TERM, rustix::process::Signal::INT] {
        let server = Server::start(&[]);
        let mut alice = server.person("alice");
        let mut carol = Program::start(&["join", &server.addr, "--name", "carol", "--plain"]);
        carol.out.until("#lobby * carol joined");
        carol.signal(signal);
        alice.until("#lobby * carol left (quit)");
        assert_eq!(carol.code(), Some(0));
    }
}
