use super::*;
use crate::chat::Chat;
use crate::command::{Ask, Command, Recipient, TokenHash};
use crate::id::{NodeId, RequestId};
use crate::transfer::{CopyState, EndReason, Target};

fn session(n: u64) -> SessionId {
    SessionId::new(NodeId(0), n)
}

/// Three people in a room; then, if so wished, one sends a file to another, who has accepted, and one to the room.
fn chat(with_transfers: bool) -> Chat {
    let mut chat = Chat::new(Config::default());
    let mut seq = 0;
    let mut apply = |command: Command| {
        seq += 1;
        let stamp = Stamp { seq: Seq(seq), at: Timestamp(seq * 1000) };
        chat.apply(stamp, &command, &mut ()).unwrap();
    };
    let ask = |n, ask| Command::Ask { from: session(n), request: RequestId::NONE, ask };
    for (n, name) in (1..).zip(["alice", "bob", "carol"]) {
        let token = TokenHash([u8::try_from(n).unwrap(); 32]);
        apply(Command::Attach { session: session(n), name: name.into(), token, resume: None });
        apply(ask(n, Ask::Join { room: "lobby".into(), since: None }));
    }
    if with_transfers {
        for to in [Recipient::User("bob".into()), Recipient::Room("lobby".into())] {
            let name = "photo.jpg".into();
            let offer = Ask::Offer { to, name, size: 1000, hash: None, chunk_bytes: 0 };
            apply(ask(1, offer));
        }
        let accept = Ask::Accept { transfer: TransferId(1), from: 10, prefix: None };
        apply(ask(2, accept));
    }
    chat
}

#[test]
fn transfers_are_kept() {
    let chat = chat(true);
    let restored = Chat::restore(Config::default(), chat.snapshot()).unwrap();
    assert_eq!(restored.transfers(session(1)), chat.transfers(session(1)));
    assert_eq!(restored.digest(), chat.digest());
    assert_eq!(restored.next_deadline(), chat.next_deadline());
    assert!(chat.next_deadline().is_some());
}

#[test]
fn a_snapshot_from_before_there_were_transfers_is_read() {
    let chat = chat(false);
    let mut json = serde_json::to_value(chat.snapshot()).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.insert("version".into(), 1.into());
    fields.remove("transfers");
    fields.remove("transfers_made");
    let snapshot: Snapshot = serde_json::from_value(json).unwrap();
    let restored = Chat::restore(Config::default(), snapshot).unwrap();
    assert_eq!(restored.digest(), chat.digest());
    assert_eq!(restored.snapshot(), chat.snapshot());
}

#[cfg(feature = "bincode")]
#[test]
fn the_bytes_of_a_snapshot_from_before_there_were_transfers_are_read() {
    let chat = chat(false);
    let standard = bincode::config::standard();
    let mut bytes = bincode::encode_to_vec(chat.snapshot(), standard).unwrap();
    // Version 1 ended before the two zeros that say that there are no transfers.
    assert_eq!((bytes[0], &bytes[bytes.len() - 2..]), (2, &[0, 0][..]));
    bytes[0] = 1;
    bytes.truncate(bytes.len() - 2);
    let (snapshot, used): (Snapshot, usize) = bincode::decode_from_slice(&bytes, standard).unwrap();
    assert_eq!(used, bytes.len());
    // What it is written as is what it was read from.
    assert_eq!(bincode::encode_to_vec(&snapshot, standard).unwrap(), bytes);
    let restored = Chat::restore(Config::default(), snapshot.renumbered(chat.config().epoch)).unwrap();
    assert_eq!(restored.snapshot(), chat.snapshot());
}

#[test]
fn a_snapshot_of_another_version_is_not_taken() {
    for found in [0, VERSION + 1, u32::MAX] {
        let snapshot = Snapshot { version: found, ..chat(true).snapshot() };
        let refused = Chat::restore(Config::default(), snapshot).unwrap_err();
        assert_eq!(refused, RestoreError::Version { found });
    }
}

type Damage<'a> = &'a dyn Fn(&mut Snapshot);

#[test]
fn transfers_that_contradict_themselves_or_the_rest_are_not_taken() {
    let whole = chat(true).snapshot();
    let damaged = |damage: Damage<'_>| {
        let mut snapshot = whole.clone();
        damage(&mut snapshot);
        match Chat::restore(Config::default(), snapshot) {
            Err(RestoreError::Damaged { what }) => what,
            other => panic!("{:?}", other.map(|chat| chat.snapshot())),
        }
    };
    let itself = "a transfer contradicts itself";
    let expected: [(&str, Damage<'_>); 13] = [
        ("a transfer comes twice", &|s| s.transfers.push(s.transfers[0].clone())),
        ("a transfer was never made", &|s| s.transfers_made = 1),
        ("a transfer has another's number", &|s| s.transfers[0].0 = TransferId(0)),
        ("a transfer's session does not exist", &|s| s.transfers[0].1.sender = Some(session(9))),
        ("a transfer's session does not exist", &|s| {
            let copy = s.transfers[0].1.copies[&session(2)].clone();
            s.transfers[1].1.copies.insert(session(9), copy);
        }),
        // A transfer that goes on has a sender.
        (itself, &|s| s.transfers[1].1.sender = None),
        // One that goes on is not over.
        (itself, &|s| s.transfers[0].1.forgotten = Some(Timestamp(1))),
        // A room is no single receiver.
        (itself, &|s| s.transfers[1].1.receiver = Some(session(2))),
        // Only the receiver has a copy; the sender has none of his own file.
        (itself, &|s| s.transfers[0].1.receiver = Some(session(3))),
        (itself, &|s| {
            let copy = s.transfers[0].1.copies[&session(2)].clone();
            s.transfers[1].1.copies.insert(session(1), copy);
        }),
        // No copy has more than the file.
        (itself, &|s| s.transfers[0].1.copies.get_mut(&session(2)).unwrap().offset = 1001),
        // What runs was not ended by anybody.
        (itself, &|s| {
            let copy = s.transfers[0].1.copies.get_mut(&session(2)).unwrap();
            copy.by = Some(copy.user.clone());
        }),
        (itself, &|s| {
            let copy = s.transfers[0].1.copies.get_mut(&session(2)).unwrap();
            (copy.state, copy.offset) = (CopyState::Cancelled { why: EndReason::Failed }, u64::MAX);
        }),
    ];
    for (what, damage) in expected {
        assert_eq!(damaged(damage), what);
    }
    assert!(matches!(whole.transfers[0].1.offer.to, Target::User(_)));
}
