//! Files of those who sleep: they are waited for until somebody else has their name.

use chat_core::{Code, Config, EndReason};

use crate::story::{Story, accept, assert_code, cancel_of, decline, join, offer};

#[test]
fn one_who_sleeps_is_still_waited_for() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.drop(1);
    chat.until_due();
    chat.drop(2);
    chat.until_due();
    chat.resume(4, "bob", 2);
    chat.ask(4, accept(1, 10));
    chat.resume(5, "alice", 1);
    chat.told(
        r#"
        s1? s2 s3: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s2: paused 1 alice (lost)
        s2 s3: left lobby/1/4 alice (lost)
        s3: left lobby/1/5 bob (lost)
        s3: joined lobby/1/6 bob
        s4: attached bob resumed lobby/1/6
        s4 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s4 (past): paused 1 bob (lost)
        s4?: accepted 1 bob from 10
        s4: paused 1 alice (lost)
        s3 s4: joined lobby/1/7 alice
        s3 s4: ranked lobby alice owner
        s5: attached alice resumed lobby/1/7
        s5 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s5 (past): accepted 1 bob from 10
        s4: resumed 1 alice
        "#,
    );
}

#[test]
fn one_who_sleeps_and_cannot_come_back_into_the_room_has_left_it() {
    let config = Config { rooms: 1, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.drop(1);
    chat.drop(2);
    // Both sleep, and the room, where nobody ever said anything, goes away; another takes its place.
    chat.until_due();
    chat.until_due();
    chat.attach(3, "carol");
    chat.ask(3, join("den"));
    chat.take();
    chat.resume(4, "bob", 2);
    chat.resume(5, "alice", 1);
    chat.told(
        r#"
        s4: attached bob resumed
        s4: refused rooms_full: the server has as many rooms as it may hold, try later
        s4 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s4 (past): cancelled 1 bob by bob (left)
        s5: attached alice resumed
        s5: refused rooms_full: the server has as many rooms as it may hold, try later
        s5 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s5 (past): cancelled 1 bob by bob (left)
        s5 (past): closed 1 (left)
        "#,
    );
}

/// Bob and Carol know each other by files; Bob sleeps.
fn bob_sleeps() -> Story {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    for to in ["#lobby", "bob", "bob"] {
        chat.ask(1, offer(to));
    }
    for n in [1, 2] {
        chat.ask(2, accept(n, 0));
    }
    for to in ["carol", "#lobby"] {
        chat.ask(2, offer(to));
    }
    chat.ask(3, accept(4, 0));
    chat.drop(2);
    chat.until_due();
    chat.take();
    chat
}

#[test]
fn a_name_that_passes_to_another_ends_the_files_of_the_one_who_slept() {
    let mut chat = bob_sleeps();
    chat.attach(4, "Bob");
    chat.told(
        "
        s1: cancelled 1 bob by bob (gone)
        s1: cancelled 2 bob by bob (gone)
        s1: closed 3 (gone)
        s3: closed 4 (gone)
        s1 s3: closed 5 (gone)
        s4: attached Bob
        ",
    );
    assert_eq!(
        chat.transfers(1),
        ["1 open bob 0 Cancelled { why: Gone } by bob", "2 bob 0 Cancelled { why: Gone } by bob", "3"]
    );
    assert_eq!(chat.transfers(3), ["1 open", "4 carol 0 Cancelled { why: Gone } by bob"]);
    // He who has the name now has no part in them, but in what is offered to the room.
    for n in 1..=5 {
        assert_code(&chat.refused(4, 0, accept(n, 0)), Code::NoSuchTransfer);
    }
    chat.ask(4, join("lobby"));
    chat.ask(4, accept(1, 0));
    chat.take();
    chat.ask(1, cancel_of(1, "bob", EndReason::Cancelled));
    chat.told(
        "
        s4: cancelled 1 Bob by alice (cancelled)
        s1?: cancelled 1 Bob by alice (cancelled)
        ",
    );
    assert_code(&chat.refused(1, 0, cancel_of(1, "bob", EndReason::Cancelled)), Code::NoSuchUser);
}

#[test]
fn one_whose_name_was_taken_learns_what_ended_when_it_is_free_again() {
    let mut chat = bob_sleeps();
    chat.attach(4, "bob");
    let taken = chat.refuses(&Story::resumption(5, "bob", 2));
    assert_code(&taken, Code::NameTaken);
    // Another name would be another session: the old one waits for its own.
    assert_code(&chat.refuses(&Story::resumption(5, "bobby", 2)), Code::NameTaken);
    chat.quit(4);
    chat.take();
    chat.resume(5, "bob", 2);
    chat.told(
        r#"
        s1 s3: joined lobby/1/5 bob
        s5: attached bob resumed lobby/1/5
        s5 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s5 (past): cancelled 1 bob by bob (gone)
        s5 (past): offered 2 alice to bob "photo.jpg" 1000
        s5 (past): cancelled 2 bob by bob (gone)
        s5 (past): offered 3 alice to bob "photo.jpg" 1000
        s5 (past): closed 3 (gone)
        s5 (past): offered 4 bob to carol "photo.jpg" 1000
        s5 (past): closed 4 (gone)
        s5 (past): offered 5 bob to #lobby "photo.jpg" 1000
        s5 (past): closed 5 (gone)
        "#,
    );
    // All that is over for good; new files go to and fro as ever.
    for n in 2..=3 {
        assert_code(&chat.refused(5, 0, accept(n, 0)), Code::NoSuchTransfer);
    }
    chat.ask(1, offer("bob"));
    chat.ask(5, decline(6));
}

#[test]
fn one_who_comes_back_takes_its_name_from_another_who_sleeps() {
    let mut chat = bob_sleeps();
    chat.attach(4, "bob");
    chat.ask(1, offer("bob"));
    chat.ask(4, accept(6, 0));
    chat.drop(4);
    chat.until_due();
    chat.take();
    // The first of the two comes back: the second is not waited for any more.
    chat.resume(5, "bob", 2);
    let told = chat.take();
    assert!(told.contains("s1: cancelled 6 bob by bob (gone)"), "{told}");
    assert!(!told.contains("s5 (past): offered 6"), "{told}");
    assert_eq!(chat.transfers(1).last().unwrap(), "6 bob 0 Cancelled { why: Gone } by bob");
    assert_code(&chat.refuses(&Story::resumption(6, "bob", 4)), Code::NameTaken);
}

#[test]
fn a_snapshot_knows_who_sleeps_under_which_name() {
    let mut chat = bob_sleeps();
    chat.chat = chat_core::Chat::restore(Config::default(), chat.chat.snapshot()).unwrap();
    chat.attach(4, "bob");
    assert_eq!(
        chat.transfers(1),
        ["1 open bob 0 Cancelled { why: Gone } by bob", "2 bob 0 Cancelled { why: Gone } by bob", "3"]
    );
}
