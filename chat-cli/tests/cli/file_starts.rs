//! What `send-file` and `receive` say, and refuse, before anything is on its way.

use std::io::Write;
use std::net::TcpListener;

use crate::files::{Desk, pattern, receive, send};
use crate::program::{Program, Server};

#[test]
fn a_room_where_nobody_is_is_told() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut alice = send(&server.addr, "alice", "#nix", &[&desk.file("a", 10)]);
    alice.err.until("nobody else is in #nix");
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--room", "nix"]);
    let (_, err) = bob.ends_with(0);
    assert!(!err.iter().any(|line| line.contains("nobody else")), "{err:?}");
    assert_eq!(alice.code(), Some(0));
    let mut bob = receive(&server.addr, "bob", "alice", &desk, &["--room", "nope", "--json"]);
    bob.out.until("\"nobody_there\"");
}

#[test]
fn oneself_is_neither_sent_to_nor_received_from() {
    let desk = Desk::new();
    let nowhere = "127.0.0.1:1";
    let sends = send(nowhere, "bob", "BOB", &[&desk.file("a", 10)]);
    for refused in [receive(nowhere, "bob", "bob", &desk, &[]), sends] {
        let (_, err) = refused.ends_with(2);
        assert!(err.len() == 1 && err[0].contains("is your own name here"), "{err:?}");
    }
}

#[test]
fn whoever_waits_for_a_file_does_not_outlive_the_connection() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let addr = server.addr.clone();
    let mut bob = receive(&addr, "bob", "alice", &desk, &["--wait", "0"]);
    bob.err.until("waiting");
    drop(server);
    let another = TcpListener::bind(&addr).unwrap();
    std::thread::spawn(move || {
        let mut streams = Vec::new();
        for mut stream in another.incoming().flatten() {
            // It may be gone already.
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
            streams.push(stream);
        }
    });
    let (_, err) = bob.ends_with(1);
    assert!(err.last().unwrap().ends_with("the connection has ended"), "{err:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_cannot_be_written_is_noticed_at_once() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let args = ["receive", &server.addr, "--name", "bob", "--from", "alice", "--dir", "/proc"];
    let (_, err) = Program::start(&args).ends_with(73);
    assert!(err.len() == 1 && err[0].contains("cannot write into the folder /proc"), "{err:?}");
    let mut bob = receive(&server.addr, "bob", "alice", &desk, &[]);
    bob.err.until("waiting");
    assert!(desk.names().is_empty(), "nothing is left of the look: {:?}", desk.names());
}

#[cfg(unix)]
#[test]
fn a_signal_before_anything_was_offered_calls_nothing_off() {
    use rustix::process::Signal;
    let (server, desk) = (Server::start(&[]), Desk::new());
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut alice = send(&server.addr, "alice", "bob", &[&desk.file("a", 10)]);
        alice.err.until("waits: ");
        alice.signal(signal);
        let (_, err) = alice.ends_with(code);
        assert!(err.last().unwrap().ends_with("ended while no file was on its way"), "{err:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_name_that_changes_on_the_disk_is_told_with_a_tidy_path() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("-we\"ird.txt", 10);
    let dir = format!("{}/../in", desk.inbox_str());
    let mut bob =
        Program::start(&["receive", &server.addr, "--name", "bob", "--from", "alice", "--dir", &dir]);
    bob.err.until("waiting");
    assert_eq!(send(&server.addr, "alice", "bob", &[&file]).code(), Some(0));
    let (out, err) = bob.ends_with(0);
    let there = std::fs::canonicalize(desk.inbox()).unwrap().join("we_ird.txt");
    assert_eq!(out, [there.to_str().unwrap()]);
    let told = "\"-we\\\"ird.txt\" from alice is here and verified, saved as \"we_ird.txt\": ";
    assert!(err.last().unwrap().contains(told), "{err:?}");
    assert_eq!(desk.received("we_ird.txt"), pattern(10));
}
