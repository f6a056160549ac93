//! Say, topic, whisper: who hears what.

use chat_core::{Code, Config};

use crate::story::{Story, assert_code, leave, say, too_long, topic, whisper};

#[test]
fn everyone_in_a_room_hears_it_and_nobody_else() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.attach(3, "carol");
    chat.ask_as(1, 7, say("lobby", "hello\n\tthere"));
    chat.ask(2, say("#LOBBY", "hi"));
    chat.told(
        r#"
        s3: attached carol
        s1?7 s2: said lobby/1/3 alice "hello\n\tthere"
        s2? s1: said lobby/1/4 bob "hi"
        "#,
    );
}

#[test]
fn what_may_not_be_said_is_refused_whole() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    let long = too_long(chat.chat.config());
    for (body, code) in [
        ("", Code::Empty),
        (" \n\t ", Code::Empty),
        ("bell\u{7}", Code::BadText),
        ("esc\u{1b}[2J", Code::BadText),
        ("c1 \u{9b}", Code::BadText),
        (&long, Code::TooLong),
    ] {
        assert_code(&chat.refused(1, 0, say("lobby", body)), code);
        assert_code(&chat.refused(1, 0, whisper("alice", body)), code);
    }
    chat.ask(1, say("lobby", &long[1..]));
}

#[test]
fn an_outsider_cannot_tell_a_room_from_none() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, leave("lobby"));
    for ask in [say("lobby", "x"), say("nowhere", "x"), topic("lobby", "x"), topic("nowhere", "x")] {
        assert_code(&chat.refused(1, 0, ask), Code::NotAMember);
    }
    assert_code(&chat.refused(1, 0, say("no room", "x")), Code::BadName);
}

#[test]
fn a_topic_is_set_shown_and_cleared() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask_as(1, 1, topic("lobby", "tea at four"));
    chat.ask(2, topic("lobby", " "));
    chat.told(
        r#"
        s1?1 s2: topic lobby/1/3 alice "tea at four"
        s2? s1: topic lobby/1/4 bob ""
        "#,
    );
    assert_code(&chat.refused(1, 0, topic("lobby", &"x".repeat(401))), Code::TooLong);
    assert_code(&chat.refused(1, 0, topic("lobby", "\0")), Code::BadText);
}

#[test]
fn a_whisper_is_told_to_one() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask_as(1, 4, whisper("BOB", "psst"));
    chat.ask(2, whisper("@alice", "what?"));
    chat.told(
        r#"
        s2: whispered 1 alice to bob "psst"
        s1?4: whispered 0 alice to bob "psst"
        s1: whispered 1 bob to alice "what?"
        s2?: whispered 0 bob to alice "what?"
        "#,
    );
}

#[test]
fn a_whisper_to_oneself_is_told_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.ask_as(1, 1, whisper("alice", "buy milk"));
    chat.ask_as(1, 1, whisper("alice", "buy milk"));
    chat.told(
        r#"
        s1?1: whispered 1 alice to alice "buy milk"
        s1?1: whispered 1 alice to alice "buy milk"
        "#,
    );
    assert_eq!(chat.whispers_after(1, 0), ["whispered 1 alice to alice \"buy milk\""]);
}

#[test]
fn a_whisper_needs_a_receiver() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    assert_code(&chat.refused(1, 0, whisper("nobody", "hello?")), Code::NoSuchUser);
    assert_code(&chat.refused(1, 0, whisper("no body", "hello?")), Code::BadName);
}

#[test]
fn whispers_to_a_user_whose_connection_broke_wait_for_the_return() {
    let mut chat = Story::in_lobby(Config { whispers: 2, ..Config::default() }, &["alice", "bob"]);
    chat.ask(1, whisper("bob", "one"));
    chat.drop(2);
    for body in ["two", "three", "four"] {
        chat.ask(1, whisper("bob", body));
    }
    assert!(chat.whispers_after(2, 0).is_empty(), "nobody is attached");
    chat.resume(3, "bob", 2);
    // Two are kept: a client that has the first learns from the numbers that the second is gone.
    assert_eq!(
        chat.whispers_after(3, 1),
        ["whispered 3 alice to bob \"three\"", "whispered 4 alice to bob \"four\""]
    );
    assert_eq!(chat.whispers_after(3, 3), ["whispered 4 alice to bob \"four\""]);
    assert!(chat.whispers_after(3, 4).is_empty());
}
