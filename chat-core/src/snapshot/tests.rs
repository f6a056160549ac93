use super::*;
use crate::account::PasswordHash;
use crate::chat::Chat;
use crate::command::{AccountAct, Ask, Command, Recipient, TokenHash};
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

/// An account with an operator's rights, a whisper that waits and a device that has come back.
fn chat_with_accounts() -> Chat {
    let mut chat = chat(false);
    let account = |act| Command::Account { by: None, act };
    let register = |name: &str, password: Option<&str>| {
        let password = password.map(|text| PasswordHash(text.into()));
        account(AccountAct::Register { name: name.into(), password })
    };
    let secret = |n| TokenHash([n; 32]);
    let whisper = Ask::Whisper { to: "eve".into(), body: "hi".into() };
    let log_in =
        |n: u8| Command::LogIn { session: session(n.into()), account: "dan".into(), token: secret(n) };
    let resume = |n: u8, by: u8| Command::Attach {
        session: session(n.into()),
        name: "dan".into(),
        token: secret(n),
        resume: Some(secret(by)),
    };
    let commands = [
        register("dan", Some("$argon2id$")),
        register("eve", None),
        account(AccountAct::SetOperator { name: "dan".into(), is_operator: true }),
        Command::Ask { from: session(1), request: RequestId::NONE, ask: whisper },
        log_in(10),
        log_in(11),
        resume(12, 10),
        resume(13, 12),
        resume(14, 12),
    ];
    for (seq, command) in (100..).zip(&commands) {
        chat.apply(Stamp { seq: Seq(seq), at: Timestamp(seq * 1000) }, command, &mut ()).unwrap();
    }
    chat
}

#[test]
fn accounts_and_secrets_are_kept() {
    let chat = chat_with_accounts();
    let json = serde_json::to_string(&chat.snapshot()).unwrap();
    let restored = Chat::restore(Config::default(), serde_json::from_str(&json).unwrap()).unwrap();
    assert!(restored.accounts().eq(chat.accounts()));
    assert_eq!((restored.digest(), restored.snapshot()), (chat.digest(), chat.snapshot()));
    assert_eq!(chat.snapshot().rotations[0].1.all().count(), 3);
    assert_eq!(chat.snapshot().unheard, [session(11)]);
    let heard = Snapshot { unheard: Vec::new(), ..chat.snapshot() };
    assert_ne!(Chat::restore(Config::default(), heard).unwrap().digest(), chat.digest());
    for (name, other) in [("dan", "eve"), ("eve", "dan")] {
        let mut less = chat.snapshot();
        less.accounts.retain(|(held, _)| held.as_str() == name);
        less.sessions.retain(|(_, held)| held.user.as_str() != other);
        less.rotations.clear();
        less.unheard.clear();
        let other = Chat::restore(Config::default(), less).unwrap();
        assert_ne!(other.digest(), chat.digest());
    }
}

#[test]
fn accounts_and_secrets_that_contradict_themselves_are_not_taken() {
    let whole = chat_with_accounts().snapshot();
    let expected: [(&str, Damage<'_>); 7] = [
        ("a session that does not exist logged in", &|s| s.unheard.push(session(99))),
        ("an account comes twice", &|s| s.accounts.push(s.accounts[0].clone())),
        // Only an account's name may be held by several.
        ("two sessions hold one name", &|s| s.accounts.clear()),
        ("two sessions have one secret", &|s| {
            let token = s.sessions[0].1.token;
            s.rotations[0].1.spent.push_back(token);
        }),
        ("two sessions have one secret", &|s| s.sessions[0].1.token = s.sessions[1].1.token),
        ("a session's secrets come twice", &|s| s.rotations.push((s.rotations[0].0, Rotation::default()))),
        ("a secret's session does not exist", &|s| s.rotations.push((session(99), Rotation::default()))),
    ];
    for (what, damage) in expected {
        let mut snapshot = whole.clone();
        damage(&mut snapshot);
        let refused = Chat::restore(Config::default(), snapshot).unwrap_err();
        assert_eq!(refused, RestoreError::Damaged { what });
    }
}

#[test]
fn a_snapshot_from_before_there_were_accounts_is_read() {
    let chat = chat(true);
    let mut json = serde_json::to_value(chat.snapshot()).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.insert("version".into(), 2.into());
    fields.remove("accounts");
    fields.remove("rotations");
    let snapshot: Snapshot = serde_json::from_value(json).unwrap();
    let restored = Chat::restore(Config::default(), snapshot).unwrap();
    assert_eq!((restored.digest(), restored.snapshot()), (chat.digest(), chat.snapshot()));
}

#[test]
fn a_snapshot_from_before_there_were_transfers_is_read() {
    let chat = chat(false);
    let mut json = serde_json::to_value(chat.snapshot()).unwrap();
    let fields = json.as_object_mut().unwrap();
    fields.insert("version".into(), 1.into());
    for later in ["transfers", "transfers_made", "accounts", "rotations"] {
        fields.remove(later);
    }
    let snapshot: Snapshot = serde_json::from_value(json).unwrap();
    let restored = Chat::restore(Config::default(), snapshot).unwrap();
    assert_eq!(restored.digest(), chat.digest());
    assert_eq!(restored.snapshot(), chat.snapshot());
}

#[cfg(feature = "bincode")]
#[test]
fn the_bytes_of_a_snapshot_from_before_there_were_transfers_or_accounts_are_read() {
    let chat = chat(false);
    let standard = bincode::config::standard();
    let now = bincode::encode_to_vec(chat.snapshot(), standard).unwrap();
    for version in [1, 2] {
        let of_then = Snapshot { version, ..chat.snapshot() };
        let bytes = bincode::encode_to_vec(of_then, standard).unwrap();
        // What came later is behind, and begins with zeros that say that there is none of it: of transfers two, of accounts
        // and used secrets one each.
        let (same, later) = now.split_at(bytes.len());
        assert_eq!((u32::from(bytes[0]), &bytes[1..]), (version, &same[1..]));
        assert_eq!(later[..(3 - version as usize) * 2], [0; 4][..(3 - version as usize) * 2]);
        let (snapshot, used): (Snapshot, usize) = bincode::decode_from_slice(&bytes, standard).unwrap();
        assert_eq!(used, bytes.len());
        // What it is written as is what it was read from.
        assert_eq!(bincode::encode_to_vec(&snapshot, standard).unwrap(), bytes);
        let restored = Chat::restore(Config::default(), snapshot.renumbered(chat.config().epoch)).unwrap();
        // Nobody owned a room then.
        assert_eq!(restored.snapshot(), Snapshot { orders: Vec::new(), ..chat.snapshot() });
    }
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
