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
    let (server, desk) = (Server::start(&["--limit", "linger=1s", "--limit", "resumable=2s"]), Desk::new());
    let relay = Relay::to(&server.addr);
    relay.slow(1_000_000);
    let file = desk.file("big.bin", 12_000_000);
    let mut bob = receive(&relay.addr, "bob", "alice", &desk, &["--json"]);
    let mut alice = send(&server.addr, "alice", "bob", &["--json", &file]);
    while noted(&desk) == 0 {
        bob.out.until("\"progress\"");
    }
    bob.kill();
    alice.out.until("\"paused\"");
    let bob = receive(&server.addr, "bob", "alice", &desk, &["--json"]);
    let (status, out, err) = bob.wait();
    assert_eq!(status.code(), Some(0), "{out:?} {err:?}");
    let there = objects(&out);
    assert_eq!((&there[0]["event"], &there[0]["why"]), (&"waiting".into(), &"name_taken".into()), "{out:?}");
    assert!(one(&there, "accepted")["bytes"].as_u64() > Some(0), "{out:?}");
    let (status, out, err) = alice.wait();
    assert_eq!(status.code(), Some(0), "{out:?} {err:?}");
    let here = objects(&out);
    assert_eq!(one(&here, "cancelled")["why"], "gone");
    assert_eq!(one(&here, "waiting")["user"], "bob");
    assert_eq!(one(&here, "finished")["hash"], one(&there, "finished")["hash"]);
    assert_eq!((desk.received("big.bin"), desk.names().len()), (pattern(12_000_000), 1));
}
