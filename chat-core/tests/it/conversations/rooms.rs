//! Join and leave: in what order a joiner is told what, and when rooms come and go.

use chat_core::{Code, Config, RoomName};

use crate::story::{Story, assert_code, join, leave, s, say, topic};

fn room(name: &str) -> RoomName {
    RoomName::new(name, 64).unwrap()
}

#[test]
fn a_joiner_sees_the_members_then_his_own_join_then_the_topic() {
    let mut chat = Story::in_lobby(Config::default(), &["bob", "alice"]);
    chat.ask(1, topic("lobby", "tea"));
    chat.ask(1, say("lobby", "hello"));
    chat.attach(3, "carol");
    chat.ask_as(3, 1, join("#Lobby"));
    chat.ask(3, say("lobby", "hi"));
    chat.told_at(
        r#"
        00:00:05 s1? s2: topic lobby/1/3 bob "tea"
        00:00:06 s1? s2: said lobby/1/4 bob "hello"
        00:00:07 s3: attached carol
        00:00:08 s3?1: members lobby/1/4 2: alice bob
        00:00:08 s1 s2 s3: joined lobby/1/5 carol
        00:00:05 s3 (past): topic lobby/1/3 bob "tea"
        00:00:09 s3? s1 s2: said lobby/1/6 carol "hi"
        "#,
    );
}

#[test]
fn joining_twice_announces_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(2, join("lobby"));
    chat.ask_as(2, 1, join("LOBBY"));
    chat.told(
        "
        s2?: members lobby/1/2 again 2: alice bob
        s2?1: members lobby/1/2 again 2: alice bob
        ",
    );
}

#[test]
fn leaving_twice_announces_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(2, leave("lobby"));
    chat.ask(2, leave("Lobby"));
    chat.ask_as(2, 1, leave("never-was"));
    chat.told(
        "
        s2? s1: left lobby/1/3 bob (left)
        s2?: left Lobby/0/0 bob (left)
        s2?1: left never-was/0/0 bob (left)
        ",
    );
    assert_code(&chat.refused(2, 0, leave("not a room")), Code::BadName);
}

#[test]
fn a_quit_leaves_every_room() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, join("dev"));
    chat.ask(2, join("dev"));
    chat.told(
        "
        s1?: members dev/2/0 0:
        s1: joined dev/2/1 alice
        s2?: members dev/2/1 1: alice
        s1 s2: joined dev/2/2 bob
        ",
    );
    chat.quit(1);
    chat.told(
        "
        s2: left lobby/1/3 alice (quit)
        s2: left dev/2/3 alice (quit)
        ",
    );
    chat.attach(3, "alice");
}

#[test]
fn an_empty_room_without_history_goes_away_and_comes_back_under_another_epoch() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.ask(1, leave("lobby"));
    assert_eq!(chat.chat.head(&room("lobby")), None);
    chat.ask(1, join("Lobby"));
    chat.ask(1, say("lobby", "kept"));
    chat.ask(1, leave("lobby"));
    chat.ask(1, join("LOBBY"));
    chat.told(
        r#"
        s1?: left lobby/1/2 alice (left)
        s1?: members Lobby/2/0 0:
        s1: joined Lobby/2/1 alice
        s1?: said Lobby/2/2 alice "kept"
        s1?: left Lobby/2/3 alice (left)
        s1?: members Lobby/2/3 0:
        s1: joined Lobby/2/4 alice
        "#,
    );
}

#[test]
fn at_the_limit_the_room_that_was_empty_for_longest_makes_way() {
    let mut chat = Story::with(Config { rooms: 2, ..Config::default() });
    chat.attach(1, "alice");
    for name in ["first", "second"] {
        chat.ask(1, join(name));
        chat.ask(1, say(name, "kept"));
    }
    assert_code(&chat.refused(1, 0, join("third")), Code::RoomsFull);
    chat.ask(1, leave("second"));
    chat.ask(1, leave("first"));
    chat.ask(1, join("third"));
    assert!(chat.chat.head(&room("second")).is_none() && chat.chat.head(&room("first")).is_some());
    assert_eq!(chat.chat.counts(), (1, 2));
    chat.ask(1, join("second"));
    assert!(chat.chat.head(&room("first")).is_none(), "it was the only empty one");
}

#[test]
fn a_session_is_in_so_many_rooms_at_once() {
    let mut chat = Story::with(Config { rooms_per_session: 2, ..Config::default() });
    chat.attach(1, "alice");
    chat.ask(1, join("one"));
    chat.ask(1, join("two"));
    assert_code(&chat.refused(1, 0, join("three")), Code::TooManyRooms);
    chat.ask(1, join("one"));
    chat.ask(1, leave("one"));
    chat.ask(1, join("three"));
}

#[test]
fn in_a_big_room_joins_and_leaves_are_told_in_digests() {
    let config = Config { big_room_members: 3, digest_ms: 2500, digest_names: 2, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["a", "b", "c"]);
    for (n, name) in [(4, "d"), (5, "e")] {
        chat.attach(n, name);
        chat.ask(n, join("lobby"));
    }
    chat.told(
        "
        s4: attached d
        s4?: members lobby/1/3 3: a b c
        s5: attached e
        s5?: members lobby/1/3 4:
        ",
    );
    // One who leaves before the digest is told where the room stood, and counts both ways.
    chat.ask_as(5, 1, leave("lobby"));
    chat.ask(1, say("lobby", "hello"));
    chat.told(
        r#"
        s5?1: left lobby/1/3 e (left)
        s1? s2 s3 s4: said lobby/1/4 a "hello"
        "#,
    );
    chat.until_due();
    assert_eq!(chat.chat.next_deadline(), None);
    chat.told("s1 s2 s3 s4: churned lobby/1/5 +2 -1 =4");
    // No longer big after this one: told at once.
    chat.ask(4, leave("lobby"));
    chat.told("s4? s1 s2 s3: left lobby/1/6 d (left)");
}

#[test]
fn a_digest_of_a_room_that_emptied_is_told_to_nobody_and_closes_with_it() {
    let config = Config { big_room_members: 0, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice"]);
    assert!(chat.chat.next_deadline().is_some());
    chat.ask(1, leave("lobby"));
    chat.told("s1?: left lobby/1/0 alice (left)");
    assert_eq!(chat.chat.next_deadline(), None);
}

#[test]
fn pages_of_users_and_rooms_follow_each_other() {
    let mut chat = Story::in_lobby(Config { page: 2, ..Config::default() }, &["carol", "Bob", "alice"]);
    chat.ask(1, join("attic"));
    let page = |answer: chat_core::Answer| match answer {
        chat_core::Answer::Users { users, total, more, .. } => {
            (users.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "), total, more)
        }
        chat_core::Answer::Rooms { rooms, total, more } => {
            (rooms.iter().map(|room| format!("{}={}", room.room, room.members)).collect(), total, more)
        }
        other => panic!("{other:?}"),
    };
    let users = |after| page(chat.chat.users(s(1), Some("lobby"), after).unwrap());
    assert_eq!(users(None), ("alice Bob".into(), 3, true));
    assert_eq!(users(Some("bob")), ("carol".into(), 3, false));
    let rooms = |after| page(chat.chat.rooms(s(1), after).unwrap());
    assert_eq!(rooms(None), ("attic=1".into(), 2, true));
    assert_eq!(rooms(Some("attic")), ("lobby=3".into(), 2, false));
    assert_code(&chat.chat.users(s(1), Some("cellar"), None).unwrap_err(), Code::NoSuchRoom);
}
