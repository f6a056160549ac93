//! Files through the real binary: the commands in `join`.

use std::path::Path;

use serde_json::Value;

use crate::files::{Desk, pattern, send};
use crate::program::{Program, Server, command};
use crate::relay::Relay;

/// `join` behind pipes, with a folder for what it accepts.
fn join(addr: &str, name: &str, downloads: &Path) -> Program {
    let mut command = command(&["join", addr, "--name", name, "--plain"]);
    command.env("CHAT_DOWNLOADS", downloads);
    let mut program = Program::spawn(command);
    program.out.until(&format!("* {name} joined"));
    program
}

#[test]
fn two_people_send_files_while_they_talk() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a photo.jpg", 100_000);
    let mut alice = join(&server.addr, "alice", Path::new("."));
    let mut bob = join(&server.addr, "bob", &desk.inbox().join("new"));
    alice.type_line(&format!("/sendfile bob {file}"));
    alice.err.until("1: \"a photo.jpg\" (97.66 KiB) is offered to bob; /cancel 1 takes it back");
    bob.out.until("alice offers \"a photo.jpg\" (97.66 KiB): /accept 1 or /decline 1");
    bob.type_line("/accept 1");
    bob.type_line("thanks");
    alice.out.until("#lobby <bob> thanks");
    let there = desk.inbox().join("new").join("a photo.jpg");
    bob.err.until(&format!("1: \"a photo.jpg\" from alice is here and verified: {}", there.display()));
    assert_eq!(std::fs::read(there).unwrap(), pattern(100_000));
    alice.err.until("1: bob takes \"a photo.jpg\"");
    alice.err.until("1: bob has \"a photo.jpg\", all 97.66 KiB, and it is verified");
    // In quotes, to a room, and under another name.
    alice.type_line(&format!("/sendfile #lobby \"{file}\""));
    bob.out.until("#lobby * alice offers \"a photo.jpg\" (97.66 KiB): /accept 2 or /decline 2");
    bob.type_line("/transfers");
    bob.out.until("- 2: \"a photo.jpg\" (97.66 KiB) from alice in #lobby: /accept 2 or /decline 2");
    bob.type_line(&format!("/accept 2 {}", desk.inbox().join("other name.jpg").display()));
    bob.err.until("2: \"a photo.jpg\" from alice in #lobby is here and verified");
    assert_eq!(desk.received("other name.jpg"), pattern(100_000));
    alice.type_line("/cancel 2");
    alice.err.until("2: \"a photo.jpg\" to #lobby is over: you called it off");
}

#[test]
fn an_offer_can_be_declined_and_taken_back() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a", 10);
    let mut alice = join(&server.addr, "alice", Path::new("."));
    let mut bob = join(&server.addr, "bob", &desk.inbox());
    alice.type_line(&format!("/sendfile bob {file}"));
    bob.out.until("/accept 1");
    bob.type_line("/decline 1");
    bob.err.until("1: you do not take \"a\"");
    alice.err.until("1: bob does not take \"a\"");
    alice.type_line(&format!("/sendfile bob {file}"));
    bob.out.until("/accept 2");
    alice.err.until("2: \"a\" (10 B) is offered to bob");
    alice.type_line("/cancel 2");
    bob.err.until("2: \"a\" from alice is no longer offered: alice called it off");
    bob.type_line("/accept 2");
    bob.err.until("! no_such_transfer: no file of that number can be accepted");
    for (line, why) in [
        ("/sendfile", "! bad_ask: type /sendfile USER PATH"),
        ("/sendfile nobody /dev/null", "! cannot send /dev/null: it is no regular file"),
        (
            "/sendfile bob /tmp",
            "! cannot send /tmp: it is a folder; pack it first, with tar or zip, and send that",
        ),
        ("/sendfile bob /no/such", "! cannot send /no/such: No such file or directory"),
        (
            &format!("/sendfile {file} bob"),
            &format!("- first who gets it, then the file: /sendfile bob {file}"),
        ),
        (&format!("/sendfile nobody {file}"), "! no_such_user: "),
        (&format!("/sendfile alice {file}"), "! to_yourself: "),
        ("/pause 9", "! no_such_transfer: "),
    ] {
        alice.type_line(line);
        alice.err.until(why);
    }
}

#[test]
fn whoever_leaves_is_told_what_becomes_of_the_files() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a", 10);
    let mut alice = join(&server.addr, "alice", Path::new("."));
    let mut bob = server.person("bob");
    alice.type_line(&format!("/sendfile bob {file}"));
    alice.err.until("1: \"a\" (10 B) is offered to bob");
    bob.until("alice offers");
    alice.type_line("/quit");
    let (_, err) = alice.ends_with(0);
    assert_eq!(err.last().map(String::as_str), Some("- 1: \"a\" is no longer offered to bob"));
}

/// What is piped in is done before the program ends, files too.
#[test]
fn the_end_of_the_input_waits_for_files() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a", 10);
    let mut bob = join(&server.addr, "bob", &desk.inbox());
    for (answer, code) in [("/accept", 0), ("/decline 2", 1)] {
        let mut alice = Program::start(&["join", &server.addr, "--name", "alice"]);
        alice.type_line(&format!("/sendfile bob {file}"));
        alice.end_input();
        bob.out.until("alice offers \"a\"");
        bob.type_line(answer);
        assert_eq!(alice.code(), Some(code), "{answer}");
    }
    assert_eq!(desk.received("a"), pattern(10));
    let mut alice = Program::start(&["join", &server.addr, "--name", "alice"]);
    alice.type_line("/sendfile bob /no/such");
    alice.end_input();
    assert_eq!(alice.code(), Some(1));
}

/// Nobody can say any more that it is to go on.
#[test]
fn the_end_of_the_input_waits_for_a_paused_file_as_long_as_it_is_offered() {
    let (server, desk) = (Server::start(&["--limit", "offer=1s"]), Desk::new());
    let relay = Relay::slow(&server.addr, 200_000);
    let mut bob = join(&relay.addr, "bob", &desk.inbox());
    let mut alice = join(&server.addr, "alice", Path::new("."));
    alice.type_line(&format!("/sendfile bob {}", desk.file("a.bin", 4_000_000)));
    bob.out.until("/accept 1");
    bob.type_line("/accept 1");
    bob.err.until("1: \"a.bin\" (3.81 MiB) from alice goes to");
    bob.type_line("/pause 1");
    alice.err.until("1: \"a.bin\" to bob is paused: bob paused it");
    bob.end_input();
    let (_, err) = bob.ends_with(1);
    assert!(err.last().unwrap().starts_with("- 1: \"a.bin\" from alice is called off at "), "{err:?}");
}

#[cfg(unix)]
#[test]
fn a_signal_that_takes_a_file_back_is_no_end_in_order() {
    use rustix::process::Signal;
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut bob = server.person("bob");
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let mut alice = join(&server.addr, "alice", Path::new("."));
        alice.type_line(&format!("/sendfile bob {}", desk.file("a", 10)));
        alice.err.until("\"a\" (10 B) is offered to bob");
        alice.signal(signal);
        bob.until("alice left");
        let (_, err) = alice.ends_with(code);
        assert!(err.last().unwrap().ends_with("\"a\" is no longer offered to bob"), "{err:?}");
    }
}

#[test]
fn what_remains_of_a_file_that_was_called_off_is_said() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 2_000_000);
    let file = desk.file("a.bin", 20_000_000);
    let mut alice = join(&server.addr, "alice", Path::new("."));
    let mut bob = join(&relay.addr, "bob", &desk.inbox());
    let part = desk.inbox().join("a.bin.part");
    for transfer in 1..=2 {
        alice.type_line(&format!("/sendfile bob {file}"));
        bob.out.until(&format!("/accept {transfer}"));
        bob.type_line(&format!("/accept {transfer}"));
        let whole = desk.inbox().join("a.bin");
        bob.err.until(&format!("{transfer}: \"a.bin\" (19.07 MiB) from alice goes to {}", whole.display()));
        loop {
            bob.type_line("/transfers");
            let line = bob.out.until(&format!("- {transfer}: "));
            if !line.ends_with(" 0%") && part.exists() {
                break;
            }
        }
        if transfer == 1 {
            bob.type_line("/cancel 1");
            bob.err.until("1: \"a.bin\" from alice does not come: you called it off; what came is removed");
            assert!(!part.exists());
        } else {
            alice.type_line("/cancel 2");
            bob.err
                .until(&format!("; what came is kept in {}, and goes on if it is offered", part.display()));
        }
    }
}

#[test]
fn through_join_json_files_are_told_of_and_do_not_pass() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut bot = Program::start(&["join", &server.addr, "--name", "bot", "--json"]);
    bot.out.until("\"joined\"");
    let alice = send(&server.addr, "alice", "bot", &[&desk.file("a", 10)]);
    let offered: Value = serde_json::from_str(&bot.out.until("\"offered\"")).unwrap();
    assert_eq!(
        (&offered["name"], &offered["size"], &offered["transfer"]),
        (&"a".into(), &10.into(), &1.into())
    );
    bot.type_line(r#"{"type":"accept","id":1,"transfer":1,"from":0}"#);
    let refused: Value = serde_json::from_str(&bot.out.until("\"refused\"")).unwrap();
    assert!(refused["message"].as_str().unwrap().contains("chat-cli receive"), "{refused}");
    bot.type_line(r#"{"type":"decline","id":2,"transfer":1}"#);
    let declined: Value = serde_json::from_str(&bot.out.until("\"declined\"")).unwrap();
    assert_eq!(declined["re"], 2);
    assert_eq!(alice.code(), Some(5));
}
