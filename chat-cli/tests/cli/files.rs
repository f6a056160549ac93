//! Files through the real binary: `send-file` and `receive`.

use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Folder, Program, Server, command};
use crate::relay::Relay;

/// A folder with what is sent, and one for what is received.
pub(crate) struct Desk {
    home: Folder,
}

impl Desk {
    pub(crate) fn new() -> Desk {
        let home = Folder::new();
        std::fs::create_dir_all(home.path().join("in")).unwrap();
        Desk { home }
    }

    pub(crate) fn inbox(&self) -> PathBuf {
        self.home.path().join("in")
    }

    pub(crate) fn inbox_str(&self) -> String {
        self.inbox().to_str().unwrap().to_owned()
    }

    /// Makes a file of so many bytes that repeat themselves nowhere near; gives its path.
    pub(crate) fn file(&self, name: &str, bytes: usize) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, pattern(bytes)).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn received(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.inbox().join(name)).unwrap()
    }

    /// The names of what is there.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.inbox()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }
}

pub(crate) fn pattern(bytes: usize) -> Vec<u8> {
    (0..bytes).map(|at| (at.wrapping_mul(2_654_435_761) >> 13) as u8).collect()
}

pub(crate) fn send(addr: &str, name: &str, to: &str, more: &[&str]) -> Program {
    Program::start(&[&["send-file", addr, "--name", name, "--to", to], more].concat())
}

pub(crate) fn receive(addr: &str, name: &str, from: &str, desk: &Desk, more: &[&str]) -> Program {
    let dir = desk.inbox_str();
    Program::start(&[&["receive", addr, "--name", name, "--from", from, "--dir", &dir], more].concat())
}

pub(crate) fn objects(lines: &[String]) -> Vec<Value> {
    let read = |line: &String| serde_json::from_str(line).unwrap_or_else(|why| panic!("{line}: {why}"));
    lines.iter().map(read).collect()
}

/// The one object of that event; with its fields.
pub(crate) fn one<'a>(objects: &'a [Value], event: &str) -> &'a Value {
    let found: Vec<&Value> = objects.iter().filter(|object| object["event"] == event).collect();
    let [object] = found.as_slice() else { panic!("{event}: {objects:#?}") };
    object
}

#[test]
fn a_file_arrives_whole_whoever_comes_first() {
    for receiver_first in [true, false] {
        let (server, desk) = (Server::start(&[]), Desk::new());
        let file = desk.file("a photo, ü.jpg", 300_001);
        let (sender, receiver);
        if receiver_first {
            let mut bob = receive(&server.addr, "bob", "alice", &desk, &[]);
            bob.err.until("waiting for what alice offers to bob");
            (receiver, sender) = (bob, send(&server.addr, "alice", "bob", &[&file]));
        } else {
            let mut alice = send(&server.addr, "alice", "bob", &[&file]);
            alice.err.until("waits: nobody here is called \"bob\"");
            (sender, receiver) = (alice, receive(&server.addr, "bob", "alice", &desk, &[]));
        }
        let (out, _) = receiver.ends_with(0);
        let there = desk.inbox().join("a photo, ü.jpg");
        assert_eq!(out, [there.to_str().unwrap()], "the path, and nothing else");
        let (out, err) = sender.ends_with(0);
        assert!(out.is_empty(), "{out:?}");
        assert!(
            err.iter().any(|line| line.contains("bob has \"a photo, ü.jpg\", all 292.97 KiB")),
            "{err:?}"
        );
        assert_eq!(desk.received("a photo, ü.jpg"), pattern(300_001));
        assert_eq!(desk.names(), ["a photo, ü.jpg"], "no part is left");
    }
}

#[test]
fn nothing_at_all_is_a_file_too_and_many_go_at_once() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let sizes = [0, 1, 70_000, 0, 65_536, 200_000, 3];
    let files: Vec<String> =
        sizes.iter().enumerate().map(|(number, bytes)| desk.file(&format!("{number}.bin"), *bytes)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--count", "7"]);
    let alice = send(&server.addr, "alice", "bob", &files);
    let (out, err) = bob.ends_with(0);
    assert_eq!(out.len(), 7, "{err:?}");
    alice.ends_with(0);
    for (number, bytes) in sizes.iter().enumerate() {
        assert_eq!(desk.received(&format!("{number}.bin")), pattern(*bytes));
    }
}

#[test]
fn what_is_there_already_is_not_overwritten() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    std::fs::write(desk.inbox().join("notes.txt"), "mine").unwrap();
    let file = desk.file("notes.txt", 1000);
    let bob = receive(&server.addr, "bob", "alice", &desk, &[]);
    assert_eq!(send(&server.addr, "alice", "bob", &[&file]).code(), Some(0));
    let (out, _) = bob.ends_with(0);
    assert!(out[0].ends_with("notes (1).txt"), "{out:?}");
    assert_eq!(desk.received("notes.txt"), b"mine");
    assert_eq!(desk.received("notes (1).txt"), pattern(1000));
}

#[test]
fn json_lines_tell_programs_all_of_it() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a b.bin", 200_000);
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--json"]);
    let alice = send(&server.addr, "alice", "bob", &["--json", "--chunk", "4KiB", &file]);
    let (out, err) = bob.ends_with(0);
    assert!(err.is_empty(), "{err:?}");
    let there = objects(&out);
    let (out, err) = alice.ends_with(0);
    assert!(err.is_empty(), "{err:?}");
    let here = objects(&out);
    for (objects, other) in [(&here, "bob"), (&there, "alice")] {
        for event in ["offered", "accepted", "finished"] {
            let object = one(objects, event);
            assert_eq!((&object["transfer"], &object["name"]), (&1.into(), &"a b.bin".into()));
            assert_eq!(object["size"], 200_000);
        }
        assert_eq!(one(objects, "accepted")["bytes"], 0);
        let finished = one(objects, "finished");
        assert_eq!((&finished["bytes"], &finished["user"]), (&200_000.into(), &other.into()));
        assert_eq!(finished["hash"].as_str().map(str::len), Some(64), "{finished}");
    }
    assert_eq!(one(&here, "finished")["hash"], one(&there, "finished")["hash"]);
    assert_eq!(one(&there, "finished")["path"], desk.inbox().join("a b.bin").to_str().unwrap());
    assert_eq!(one(&there, "waiting")["user"], "alice");
}

#[test]
fn nobody_there_and_nothing_offered_end_with_10() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("a", 10);
    let (_, err) = send(&server.addr, "alice", "bob", &["--wait", "1", &file]).ends_with(10);
    assert!(err.last().unwrap().ends_with("nobody was there to take it in time"), "{err:?}");
    let (out, err) = receive(&server.addr, "bob", "alice", &desk, &["--wait", "1"]).ends_with(10);
    assert!(out.is_empty(), "{out:?}");
    assert!(err.last().unwrap().ends_with("alice offered nothing in time"), "{err:?}");
}

#[test]
fn who_is_there_and_does_not_answer_is_not_waited_for_longer() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut bob = server.person("bob");
    let (_, err) = send(&server.addr, "alice", "bob", &["--wait", "1", &desk.file("a", 10)]).ends_with(10);
    assert!(err.last().unwrap().ends_with("nobody took it in time"), "{err:?}");
    bob.until("a");
}

#[test]
fn a_declined_file_ends_with_5() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut bob = server.person("bob");
    let alice = send(&server.addr, "alice", "bob", &[&desk.file("a", 10)]);
    bob.until("alice offers");
    bob.type_line("/decline 1");
    let (_, err) = alice.ends_with(5);
    assert!(err.last().unwrap().ends_with("bob does not take it"), "{err:?}");
}

#[test]
fn what_cannot_be_sent_is_refused_before_anybody_is_told() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut bob = server.person("bob");
    let good = desk.file("a", 10);
    for (path, why) in
        [(desk.inbox_str(), "it is a folder; pack it first"), (format!("{good}x"), "No such file")]
    {
        let (_, err) = send(&server.addr, "alice", "bob", &[&good, &path]).ends_with(66);
        assert!(err.len() == 1 && err[0].contains(why), "{err:?}");
    }
    bob.type_line("/transfers");
    bob.until("no file");
    send(&server.addr, "bob", "alice", &["--wait", "1", &good]).ends_with(3);
    for args in [&["--to", "bob"][..], &["--to", "a b", &good], &["--to", "bob", "--chunk", "1KiB", &good]] {
        let all = [&["send-file", &server.addr, "--name", "alice"], args].concat();
        assert_eq!(Program::start(&all).code(), Some(2), "{args:?}");
    }
}

#[cfg(unix)]
#[test]
fn an_interrupt_calls_off_and_the_other_end_is_told() {
    use rustix::process::Signal;
    for (sender_stops, signal, code) in
        [(true, Signal::INT, 130), (false, Signal::INT, 130), (true, Signal::TERM, 143)]
    {
        let (server, desk) = (Server::start(&[]), Desk::new());
        let relay = Relay::slow(&server.addr, 200_000);
        let file = desk.file("big.bin", 4_000_000);
        let bob = receive(&relay.addr, "bob", "alice", &desk, &["--json"]);
        let alice = send(&server.addr, "alice", "bob", &["--json", &file]);
        let (mut stops, other) = if sender_stops { (alice, bob) } else { (bob, alice) };
        stops.out.until("\"progress\"");
        stops.signal(signal);
        stops.ends_with(code);
        let (_, err) = other.ends_with(6);
        let who = if sender_stops { "alice" } else { "bob" };
        assert!(err.last().unwrap().ends_with(&format!("big.bin: {who} called it off")), "{err:?}");
    }
}

#[test]
fn a_broken_connection_of_either_end_is_gone_on_with() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let file = desk.file("big.bin", 3_000_000);
    for cut_sender in [true, false] {
        let (a, b) = (Relay::to(&server.addr), Relay::slow(&server.addr, 1_000_000));
        let bob = receive(&b.addr, "bob", "alice", &desk, &[]);
        let mut alice = send(&a.addr, "alice", "bob", &["--json", &file]);
        alice.out.until("\"progress\"");
        let cut = if cut_sender { &a } else { &b };
        cut.cut();
        alice.out.until(if cut_sender { "\"disconnected\"" } else { "\"paused\"" });
        cut.mend();
        let (out, err) = bob.ends_with(0);
        assert_eq!(out.len(), 1, "{err:?}");
        assert_eq!(std::fs::read(&out[0]).unwrap(), pattern(3_000_000));
        alice.ends_with(0);
    }
}

#[test]
fn all_in_a_room_are_waited_for_and_one_who_takes_it_is_enough() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let other = Desk::new();
    let file = desk.file("app.tar.gz", 150_000);
    let mut dave = server.person("dave");
    dave.type_line("/join dev");
    dave.until("#dev * dave joined");
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--room", "dev"]);
    dave.until("#dev * bob joined");
    let mut alice = send(&server.addr, "alice", "#dev", &[&file]);
    dave.until("alice offers");
    assert_eq!(bob.code(), Some(0));
    alice.err.until("bob has \"app.tar.gz\"");
    // One who comes while it is open takes it, too.
    let carol = receive(&server.addr, "carol", "alice", &other, &["--room", "#dev"]);
    assert_eq!(carol.code(), Some(0));
    dave.type_line("/decline 1");
    alice.ends_with(0);
    assert_eq!(desk.received("app.tar.gz"), pattern(150_000));
    assert_eq!(other.received("app.tar.gz"), pattern(150_000));
}

#[test]
fn whoever_leaves_a_room_is_not_waited_for() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let mut dave = server.person("dave");
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--room", "lobby"]);
    dave.until("* bob joined");
    let mut alice = send(&server.addr, "alice", "#lobby", &[&desk.file("a", 10)]);
    assert_eq!(bob.code(), Some(0));
    alice.err.until("bob has");
    dave.type_line("/quit");
    alice.ends_with(0);
}

#[cfg(unix)]
#[test]
fn a_name_from_elsewhere_commands_no_terminal_and_leaves_no_folder() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    for (number, name) in ["..\u{202e}gpj.exe", "-rf", ".profile"].iter().enumerate() {
        let file = desk.file(name, 10);
        let mut bob = receive(&server.addr, "bob", "alice", &desk, &[]);
        bob.err.until("waiting");
        send(&server.addr, "alice", "bob", &[&file]).ends_with(0);
        let (out, err) = bob.ends_with(0);
        let is_tame = |line: &String| !line.contains(|c: char| c.is_control() || c == '\u{202e}');
        assert!(out.iter().chain(&err).all(is_tame), "{out:?} {err:?}");
        assert_eq!(desk.names().len(), number + 1);
        assert!(desk.names().iter().all(|name| !name.starts_with(['.', '-'])), "{:?}", desk.names());
    }
}

#[cfg(unix)]
#[test]
fn what_came_before_an_interrupt_is_not_sent_again() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 400_000);
    let file = desk.file("big.bin", 2_000_000);
    let mut bob = receive(&relay.addr, "bob", "alice", &desk, &["--json"]);
    let alice = send(&server.addr, "alice", "bob", &[&file]);
    bob.out.until("\"progress\"");
    bob.signal(rustix::process::Signal::INT);
    assert_eq!((bob.code(), alice.code()), (Some(130), Some(6)));
    assert_eq!(desk.names(), ["big.bin.part", "big.bin.part.json"]);
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--json"]);
    assert_eq!(send(&server.addr, "alice", "bob", &[&file]).code(), Some(0));
    let (_, out, err) = bob.wait();
    assert!(one(&objects(&out), "accepted")["bytes"].as_u64() > Some(0), "{out:?} {err:?}");
    assert_eq!((desk.received("big.bin"), desk.names().len()), (pattern(2_000_000), 1));
}

#[test]
fn a_server_that_does_not_come_back_is_not_waited_for_longer() {
    let (server, desk) = (Server::start(&[]), Desk::new());
    let relay = Relay::slow(&server.addr, 200_000);
    let mut bob = receive(&relay.addr, "bob", "alice", &desk, &["--json", "--wait", "2"]);
    let file = desk.file("big.bin", 4_000_000);
    let alice = send(&relay.addr, "alice", "bob", &["--wait", "2", &file]);
    bob.out.until("\"progress\"");
    relay.cut();
    for program in [bob, alice] {
        let (_, err) = program.ends_with(1);
        assert!(err.last().unwrap().ends_with("did not come back in 2 s"), "{err:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_whose_name_is_no_unicode_is_as_good_as_others() {
    use std::os::unix::ffi::OsStrExt;
    let (server, desk) = (Server::start(&[]), Desk::new());
    let dir = desk.inbox().join(std::ffi::OsStr::from_bytes(b"\xff"));
    let mut bob = command(&["receive", &server.addr, "--name", "bob", "--from", "alice", "--json", "--dir"]);
    bob.arg(&dir);
    let bob = Program::spawn(bob);
    assert_eq!(send(&server.addr, "alice", "bob", &[&desk.file("a", 10)]).code(), Some(0));
    bob.ends_with(0);
    assert_eq!(std::fs::read(dir.join("a")).unwrap(), pattern(10));
}
