//! `send-file` and `receive` after a `kill -9` of one of them.

use serde_json::Value;

use crate::files::{Desk, objects, one, pattern, receive, send};
use crate::program::Server;
use crate::relay::Relay;

/// How many bytes of the file are noted to be on the disk.
fn noted(desk: &Desk) -> u64 {
    let Ok(sidecar) = std::fs::read(desk.inbox().join("big.bin.part.json")) else { return 0 };
    serde_json::from_slice::<Value>(&sidecar).unwrap()["offset"].as_u64().unwrap()
}

#[test]
fn a_receiver_that_was_killed_and_started_again_goes_on() {
    let (server, desk) = (Server::start(&["--limit", "linger=1s"]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_000_000);
    let file = desk.file("big.bin", 12_000_000);
    let mut bob = receive(&relay.addr, "bob", "alice", &desk, &["--json"]);
    let mut alice = send(&server.addr, "alice", "bob", &["--json", &file]);
    while noted(&desk) == 0 {
        bob.out.until("\"progress\"");
    }
    bob.kill();
    alice.out.until("\"paused\"");
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--json"]);
    let (out, _) = bob.ends_with(0);
    let there = objects(&out);
    assert_eq!((&there[0]["event"], &there[0]["why"]), (&"waiting".into(), &"name_taken".into()), "{out:?}");
    assert!(one(&there, "accepted")["bytes"].as_u64() > Some(0), "{out:?}");
    let (out, _) = alice.ends_with(0);
    let here = objects(&out);
    assert_eq!(one(&here, "cancelled")["why"], "gone");
    assert_eq!(one(&here, "waiting")["user"], "bob");
    assert_eq!(one(&here, "finished")["hash"], one(&there, "finished")["hash"]);
    assert_eq!((desk.received("big.bin"), desk.names().len()), (pattern(12_000_000), 1));
}

#[test]
fn a_sender_that_was_killed_and_started_again_goes_on() {
    let (server, desk) = (Server::start(&["--limit", "linger=1s"]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_000_000);
    let file = desk.file("big.bin", 4_000_000);
    let mut bob = receive(&relay.addr, "bob", "alice", &desk, &["--json"]);
    let mut alice = send(&server.addr, "alice", "bob", &[&file]);
    bob.out.until("\"progress\"");
    alice.kill();
    bob.out.until("\"paused\"");
    let (_, err) = send(&server.addr, "alice", "bob", &[&file]).ends_with(0);
    assert!(err[0].contains("the name \"alice\" is taken"), "{err:?}");
    let (out, _) = bob.ends_with(0);
    let there = objects(&out);
    assert_eq!(
        (one(&there, "closed")["why"].as_str(), one(&there, "waiting")["name"].as_str()),
        (Some("gone"), Some("big.bin"))
    );
    assert!(one(&there, "accepted")["bytes"].as_u64() > Some(0), "{out:?}");
    assert_eq!((desk.received("big.bin"), desk.names().len()), (pattern(4_000_000), 1));
}

#[test]
fn whoever_does_not_come_back_in_time_is_not_waited_for_longer() {
    for sender_dies in [true, false] {
        let (server, desk) =
            (Server::start(&["--limit", "linger=1s", "--limit", "resumable=1s"]), Desk::new());
        let relay = Relay::slow(&server.addr, 200_000);
        let file = desk.file("big.bin", 4_000_000);
        let bob = receive(&relay.addr, "bob", "alice", &desk, &["--json", "--wait", "2"]);
        let alice = send(&server.addr, "alice", "bob", &["--json", "--wait", "2", &file]);
        let (mut dies, mut other) = if sender_dies { (alice, bob) } else { (bob, alice) };
        dies.out.until("\"progress\"");
        other.out.until("\"progress\"");
        dies.kill();
        let (_, err) = other.ends_with(6);
        let why =
            if sender_dies { "did not offer it again in time" } else { "did not take it again in time" };
        assert!(err.last().unwrap().ends_with(why), "{err:?}");
    }
}

#[test]
fn one_of_a_room_that_was_killed_and_started_again_takes_the_same_offer() {
    let (server, desk) = (Server::start(&["--limit", "linger=1s"]), Desk::new());
    let relay = Relay::slow(&server.addr, 1_000_000);
    let file = desk.file("big.bin", 4_000_000);
    let mut bob = receive(&relay.addr, "bob", "alice", &desk, &["--json", "--room", "dev"]);
    bob.out.until("\"waiting\"");
    let mut alice = send(&server.addr, "alice", "#dev", &["--json", &file]);
    bob.out.until("\"progress\"");
    bob.kill();
    alice.out.until("\"paused\"");
    receive(&server.addr, "bob", "alice", &desk, &["--room", "dev"]).ends_with(0);
    let (out, _) = alice.ends_with(0);
    assert_eq!(one(&objects(&out), "cancelled")["why"], "gone");
    assert_eq!((desk.received("big.bin"), desk.names().len()), (pattern(4_000_000), 1));
}
