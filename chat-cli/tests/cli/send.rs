//! `send`: one message, then out.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Stdio;

use bytes::BytesMut;
use chat_net::codec::{Closing, Form, FromServer};

use crate::program::{Program, Server, command};

#[test]
fn an_argument_is_said_in_silence() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let (status, out, err) =
        Program::start(&["send", &server.addr, "--name", "bob", "done", "and", "dusted"]).wait();
    assert_eq!((status.code(), out, err), (Some(0), Vec::new(), Vec::new()));
    assert!(alice.until("done").ends_with("#lobby <bob> done and dusted"));
    alice.until("#lobby * bob left (quit)");
}

#[test]
fn standard_input_is_one_message() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let mut command = command(&["send", "--name", "bob", "--room", "lobby"]);
    let mut child = command.env("CHAT_ADDR", &server.addr).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"one\ntwo\n").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(alice.until("one").ends_with("#lobby <bob> one↵two"));
}

#[test]
fn a_whisper_goes_to_one_user_and_its_receipt_is_json() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    let sent = command(&["send", &server.addr, "--name", "bob", "--to", "alice", "--json", "psst"])
        .output()
        .unwrap();
    assert_eq!(sent.status.code(), Some(0));
    let receipt: serde_json::Value = serde_json::from_slice(&sent.stdout).unwrap();
    assert_eq!((&receipt["type"], &receipt["to"]), (&"whispered".into(), &"alice".into()));
    assert!(alice.until("psst").ends_with("bob whispers: psst"));
}

#[test]
fn what_is_not_accepted_ends_with_1() {
    let server = Server::start(&[]);
    for (args, why) in [(&["--to", "nobody", "hi"][..], "no_such_user"), (&["--room", "lobby", " "], "empty")]
    {
        let all = [&["send", &server.addr, "--name", "bob"], args].concat();
        let (out, err) = Program::start(&all).ends_with(1);
        assert!(out.is_empty(), "{out:?}");
        assert!(err[0].contains(why), "{err:?}");
    }
}

#[test]
fn whoever_has_nothing_to_say_does_not_come_at_all() {
    let server = Server::start(&[]);
    let mut alice = server.person("alice");
    for text in [&[][..], &[" \t"]] {
        let mut send = Program::start(&[&["send", &server.addr, "--name", "probe"], text].concat());
        send.end_input();
        let (out, err) = send.ends_with(1);
        assert!(out.is_empty() && err[0].contains("empty: there is nothing to say"), "{err:?}");
    }
    alice.type_line("/users");
    alice.until("users in #lobby");
    assert!(!alice.has_seen("probe"));
}

#[test]
fn what_a_server_says_cannot_command_the_terminal() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        let closing = Closing {
            code: 400,
            reason: "bad\x1b[31m".into(),
            message: "\x1b]0;mine\x07\u{9b}2J\u{202e}".into(),
            reconnect_after_ms: None,
        };
        let mut bytes = BytesMut::new();
        Form::Bincode.encode(&FromServer::Closing(closing), false, &mut bytes);
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            let _ = connection.read(&mut [0; 4096]).unwrap();
            connection.write_all(&bytes).unwrap();
        }
    });
    for args in [&["send", &addr, "--name", "bob", "hi"][..], &["join", &addr, "--name", "bob", "--plain"]] {
        let (out, err) = Program::start(args).ends_with(1);
        assert!(out.is_empty(), "{out:?}");
        let why = "bad<U+001B>[31m: <U+001B>]0;mine<U+0007><U+009B>2J<U+202E>";
        assert_eq!(err, [format!("chat-cli: cannot join {addr}: {why}")]);
    }
}
