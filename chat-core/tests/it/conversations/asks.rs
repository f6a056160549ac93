//! Request ids: an ask that is repeated is answered as it was the first time.

use chat_core::{Code, Config, Rejection};

use crate::story::{Story, assert_code, join, leave, say, topic, whisper};

#[test]
fn a_repeated_say_is_said_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask_as(1, 5, say("lobby", "hello"));
    chat.ask(2, say("lobby", "hi"));
    chat.ask_as(1, 5, say("lobby", "hello"));
    chat.told_at(
        r#"
        00:00:05 s1?5 s2: said lobby/1/3 alice "hello"
        00:00:06 s2? s1: said lobby/1/4 bob "hi"
        00:00:05 s1?5: said lobby/1/3 alice "hello"
        "#,
    );
}

#[test]
fn a_repeat_is_answered_after_a_return_and_after_a_leave() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask_as(1, 1, say("lobby", "hello"));
    chat.ask_as(1, 2, leave("lobby"));
    chat.drop(1);
    chat.resume(3, "alice", 1);
    chat.ask_as(3, 1, say("lobby", "hello"));
    chat.ask_as(3, 2, leave("lobby"));
    chat.told_at(
        r#"
        00:00:05 s1?1 s2: said lobby/1/3 alice "hello"
        00:00:06 s1?2 s2: left lobby/1/4 alice (left)
        00:00:08 s3: attached alice resumed
        00:00:05 s3?1: said lobby/1/3 alice "hello"
        00:00:06 s3?2: left lobby/1/4 alice (left)
        "#,
    );
}

#[test]
fn a_repeated_topic_or_whisper_happens_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    for _ in 0..2 {
        chat.ask_as(1, 1, topic("lobby", "tea"));
    }
    for _ in 0..2 {
        chat.ask_as(1, 2, topic("lobby", ""));
    }
    for _ in 0..2 {
        chat.ask_as(1, 3, whisper("BOB", "psst"));
    }
    chat.told(
        r#"
        s1?1 s2: topic lobby/1/3 alice "tea"
        s1?1: topic lobby/1/3 alice "tea"
        s1?2 s2: topic lobby/1/4 alice ""
        s1?2: topic lobby/1/4 alice ""
        s2: whispered 1 alice to bob "psst"
        s1?3: whispered 0 alice to bob "psst"
        s1?3: whispered 0 alice to bob "psst"
        "#,
    );
    assert_eq!(chat.whispers_after(2, 0).len(), 1);
}

#[test]
fn a_repeated_join_shows_the_room_as_it_is_now() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.attach(2, "bob");
    chat.ask_as(2, 1, join("lobby"));
    chat.ask(1, say("lobby", "welcome"));
    chat.ask_as(2, 1, join("lobby"));
    chat.ask_as(2, 2, leave("lobby"));
    chat.ask_as(2, 1, join("lobby"));
    chat.told(
        r#"
        s2: attached bob
        s2?1: members lobby/1/1 1: alice
        s1 s2: joined lobby/1/2 bob
        s1? s2: said lobby/1/3 alice "welcome"
        s2?1: members lobby/1/3 again 2: alice bob
        s2?2 s1: left lobby/1/4 bob (left)
        s2?1: members lobby/1/1 again 0:
        "#,
    );
}

#[test]
fn a_repeated_leave_does_not_leave_again() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask_as(2, 1, leave("lobby"));
    chat.ask_as(2, 2, join("lobby"));
    chat.ask_as(2, 1, leave("lobby"));
    chat.ask_as(2, 3, leave("elsewhere"));
    chat.ask_as(2, 3, leave("elsewhere"));
    chat.told(
        "
        s2?1 s1: left lobby/1/3 bob (left)
        s2?2: members lobby/1/3 1: alice
        s1 s2: joined lobby/1/4 bob
        s2?1: left lobby/1/3 bob (left)
        s2?3: left elsewhere/0/0 bob (left)
        s2?3: left elsewhere/0/0 bob (left)
        ",
    );
}

#[test]
fn a_refusal_uses_up_its_id() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.ask_as(1, 1, say("den", "anyone?"));
    chat.ask(1, join("den"));
    chat.ask_as(1, 1, say("den", "anyone?"));
    chat.told(
        "
        s1?1: refused not_a_member: you are not in #den, join it first
        s1?: members den/2/0 0:
        s1: joined den/2/1 alice
        s1?1: refused not_a_member: you are not in #den, join it first
        ",
    );
}

#[test]
fn an_id_stands_for_one_ask() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.ask_as(1, 3, say("lobby", "hello"));
    for other in [say("lobby", "hallo"), say("Lobby", "hello"), leave("lobby"), topic("lobby", "hello")] {
        assert_eq!(chat.refused(1, 3, other), Rejection::IdReused);
    }
    assert_eq!(chat.refused(1, 2, say("lobby", "late")), Rejection::IdNotRising { highest: 3 });
    assert_eq!(chat.refused(1, 1 << 53, say("lobby", "big")), Rejection::IdNotRising { highest: 3 });
    chat.ask_as(1, (1 << 53) - 1, say("lobby", "the last"));
}

#[test]
fn at_the_limit_the_oldest_answer_is_forgotten() {
    let mut chat = Story::in_lobby(Config { answers: 2, ..Config::default() }, &["alice"]);
    for request in 1..=3 {
        chat.ask_as(1, request, say("lobby", "hello"));
    }
    assert_code(&chat.refused(1, 1, say("lobby", "hello")), Code::IdNotRising);
    chat.ask_as(1, 2, say("lobby", "hello"));
    chat.ask_as(1, 3, say("lobby", "hello"));
    assert_eq!(chat.chat.head(&chat_core::RoomName::new("lobby", 64).unwrap()).unwrap().number.0, 4);
}

#[test]
fn ids_are_a_sessions_own() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask_as(1, 1, say("lobby", "hello"));
    chat.ask_as(2, 1, say("lobby", "hello"));
    chat.quit(1);
    chat.attach(3, "alice");
    chat.ask_as(3, 1, join("lobby"));
    chat.told(
        r#"
        s1?1 s2: said lobby/1/3 alice "hello"
        s2?1 s1: said lobby/1/4 bob "hello"
        s2: left lobby/1/5 alice (quit)
        s3: attached alice
        s3?1: members lobby/1/5 1: bob
        s2 s3: joined lobby/1/6 alice
        "#,
    );
}

#[test]
fn asks_without_an_id_are_not_remembered() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.ask(1, say("lobby", "ho"));
    chat.ask(1, say("lobby", "ho"));
    chat.told(
        r#"
        s1?: said lobby/1/2 alice "ho"
        s1?: said lobby/1/3 alice "ho"
        "#,
    );
}
