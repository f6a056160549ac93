//! `join` behind pipes: plain lines in and out.

use std::io::Write;
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

/// Programs read these lines, too: each byte of them stays as it is. What has a time has one here that is always the same.
#[test]
fn every_kind_of_line_has_its_sign_its_colours_and_its_output() {
    let server = Server::start(&[]);
    let mut command = command(&["join", &server.addr, "--name", "carol", "--color", "always"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut carol = command.spawn().unwrap();
    carol.stdin.take().unwrap().write_all(PLAIN_IN).unwrap();
    let printed = carol.wait_with_output().unwrap();
    let out = String::from_utf8(printed.stdout).unwrap();
    let faint_time =
        |line: &str| line.starts_with("\x1b[2m[").then(|| format!("\x1b[2m[time{}", &line[13..]));
    let out: Vec<String> =
        out.lines().map(|line| faint_time(line).unwrap_or_else(|| line.to_owned())).collect();
    assert_eq!(out, PLAIN_OUT);
    let err = String::from_utf8(printed.stderr).unwrap();
    assert_eq!(err.lines().collect::<Vec<_>>(), PLAIN_ERR);
}

const PLAIN_IN: &[u8] = b"\
    /nonsense\n/\x1b[31mx\n\xff\n/help kick\n/topic\n/topic all new\n/topic\n/join dev\n/room lobby\n\
    /room nowhere\n/users\n/rooms\nhi\n/history 2\n/search\n/ignore bob\n/ignore\n/accept\n/accept 9\n\
    /decline x\n/transfers\n/whisper nobody hi\n/register\n/leave\n";

const PLAIN_OUT: &[&str] = &[
    "\x1b[2m- users in #lobby (0): nobody\x1b[0m",
    "\x1b[2m[time]\x1b[0m \x1b[1m#lobby\x1b[0m * \x1b[94mcarol\x1b[0m\x1b[2m joined\x1b[0m",
    "\x1b[2m- /kick USER [WHY]      put a user out, who may come back\x1b[0m",
    "\x1b[2m- #lobby has no topic; set one with /topic TEXT\x1b[0m",
    "\x1b[2m[time]\x1b[0m \x1b[1m#lobby\x1b[0m * \x1b[94mcarol\x1b[0m\x1b[2m set the topic: all new\x1b[0m",
    "\x1b[2m- the topic of #lobby is: all new\x1b[0m",
    "\x1b[2m- users in #dev (0): nobody\x1b[0m",
    "\x1b[2m[time]\x1b[0m \x1b[1m#dev\x1b[0m * \x1b[94mcarol\x1b[0m\x1b[2m joined\x1b[0m",
    "\x1b[2m- you are talking in #lobby\x1b[0m",
    "\x1b[2m- users in #lobby (1): carol\x1b[0m",
    "\x1b[2m- rooms (2): #dev (1) #lobby (1, \"all new\")\x1b[0m",
    "\x1b[2m[time]\x1b[0m \x1b[1m#lobby/3\x1b[0m <\x1b[94mcarol\x1b[0m> hi",
    "\x1b[2m- #lobby: that was the only message\x1b[0m",
    "\x1b[2m- you see nothing more of bob; /unignore bob undoes it\x1b[0m",
    "\x1b[2m- you ignore bob\x1b[0m",
    "\x1b[2m- no files are offered or on their way\x1b[0m",
    "\x1b[2m[time]\x1b[0m \x1b[1m#lobby\x1b[0m * \x1b[94mcarol\x1b[0m\x1b[2m left\x1b[0m",
];

const PLAIN_ERR: &[&str] = &[
    "\x1b[2m- You are carol. Type /help to see what you can do, /quit to leave.\x1b[0m",
    "\x1b[1m\x1b[31m! unknown_ask:\x1b[0m there is no command /nonsense, type /help for those there are",
    "\x1b[1m\x1b[31m! unknown_ask:\x1b[0m there is no command /<U+001B>[31mx, type /help for those there are",
    "\x1b[1m\x1b[31m! bad_text:\x1b[0m that line is not UTF-8",
    "\x1b[1m\x1b[31m! not_a_member:\x1b[0m you are not in #nowhere, type /join nowhere first",
    "\x1b[1m\x1b[31m! bad_ask:\x1b[0m type /search WORDS, or /search #ROOM WORDS",
    "\x1b[1m\x1b[31m! no_such_transfer:\x1b[0m no file is offered to you",
    "\x1b[1m\x1b[31m! no_such_transfer:\x1b[0m no file of that number can be accepted; /transfers shows those that are still known",
    "\x1b[1m\x1b[31m! bad_ask:\x1b[0m type /decline N, the number of the offer",
    "\x1b[1m\x1b[31m! no_such_user:\x1b[0m nobody here is called \"nobody\"",
    "\x1b[1m\x1b[31m! already_named:\x1b[0m an account begins with its name: leave, and come with --register=NAME",
];

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
