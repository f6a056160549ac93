//! Files: all the ways in which a transfer ends, and what is left of it.

use chat_core::{Code, Config, EndReason, Rejection, TransferId};

use crate::story::{
    Story, accept, assert_code, cancel, cancel_of, decline, finish, hash, join, leave, offer,
};

#[test]
fn an_offer_that_nobody_answers_expires() {
    let config = Config { offer_ms: 10_000, resumable_ms: 60_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol"]);
    chat.ask(1, offer("bob"));
    chat.ask(1, offer("#lobby"));
    chat.until_due();
    chat.until_due();
    chat.told_at(
        r#"
        00:00:07 s2: offered 1 alice to bob "photo.jpg" 1000
        00:00:07 s1?: offered 1 alice to bob "photo.jpg" 1000
        00:00:08 s1? s2 s3: offered 2 alice to #lobby "photo.jpg" 1000
        00:00:17 s2: closed 1 (expired)
        00:00:17 s1: closed 1 (expired)
        00:00:18 s1 s2 s3: closed 2 (expired)
        "#,
    );
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    // What is over is listed for a while.
    assert_eq!(chat.transfers(1), ["1", "2"]);
    assert_eq!(chat.transfers(2), ["1"]);
    assert_eq!(chat.transfers(3), [""; 0]);
    chat.until_due();
    chat.until_due();
    assert_eq!(chat.transfers(1), [""; 0]);
    chat.told("");
    assert_eq!(chat.chat.next_deadline(), None);
}

#[test]
fn an_offer_expires_by_the_clock_even_before_the_tick() {
    let config = Config { offer_ms: 10_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    chat.ask(1, offer("bob"));
    chat.pass(9_000);
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    assert_code(&chat.refused(2, 0, decline(1)), Code::NoSuchTransfer);
}

#[test]
fn what_was_accepted_goes_on_when_the_offer_expires() {
    let config = Config { offer_ms: 10_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.ask(1, offer("bob"));
    chat.ask(2, accept(2, 0));
    chat.until_due();
    assert_eq!(chat.chat.next_deadline(), None);
    assert_code(&chat.refused(3, 0, accept(1, 0)), Code::NoSuchTransfer);
    chat.ask(2, accept(1, 500));
    chat.ask(1, hash(1));
    chat.ask(2, finish(1));
    // Now it is over; the other ends when its sender calls it off, and only those hear of it whom it concerns.
    chat.ask(1, cancel(2, EndReason::Failed));
    chat.told(
        r#"
        s1? s2 s3: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s2: offered 2 alice to bob "photo.jpg" 1000
        s1?: offered 2 alice to bob "photo.jpg" 1000
        s1: accepted 2 bob from 0
        s2?: accepted 2 bob from 0
        s1 s2 s3: closed 1 (expired)
        s1: accepted 1 bob from 500
        s2?: accepted 1 bob from 500
        s2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: finished 1 bob
        s2?: finished 1 bob
        s2: closed 2 (failed)
        s1?: closed 2 (failed)
        "#,
    );
    assert_eq!(chat.transfers(1), ["1 bob 1000 Finished", "2 bob 0 Cancelled { why: Failed } by alice"]);
}

#[test]
fn the_whole_is_called_off_by_its_sender_alone() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    // A receiver that has not accepted has nothing to call off, and one that has only its own copy.
    assert_code(&chat.refused(3, 0, cancel(1, EndReason::Cancelled)), Code::NoSuchTransfer);
    assert_code(&chat.refused(2, 0, cancel_of(1, "carol", EndReason::Cancelled)), Code::NoSuchUser);
    assert_code(&chat.refused(1, 0, cancel_of(1, "carol", EndReason::Cancelled)), Code::NoSuchUser);
    chat.ask(3, accept(1, 0));
    chat.ask(2, cancel_of(1, "BOB", EndReason::WrongHash));
    chat.ask(1, cancel(1, EndReason::Gone));
    chat.told(
        r#"
        s1? s2 s3: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s1: accepted 1 carol from 0
        s3?: accepted 1 carol from 0
        s1: cancelled 1 bob by bob (wrong hash)
        s2?: cancelled 1 bob by bob (wrong hash)
        s1? s2 s3: closed 1 (cancelled)
        "#,
    );
    for n in [1, 2, 3] {
        assert_code(&chat.refused(n, 0, cancel(1, EndReason::Cancelled)), Code::NoSuchTransfer);
    }
    assert_eq!(
        chat.transfers(1),
        ["1 bob 0 Cancelled { why: WrongHash } by bob carol 0 Cancelled { why: Cancelled } by alice"]
    );
}

#[test]
fn called_off_after_it_expired_it_is_told_to_those_who_still_receive() {
    let config = Config { offer_ms: 10_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.until_due();
    chat.take();
    chat.ask(1, cancel(1, EndReason::SourceChanged));
    chat.told(
        "
        s2: closed 1 (source changed)
        s1?: closed 1 (source changed)
        ",
    );
}

#[test]
fn a_receiver_that_leaves_the_room_loses_its_own_copy() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(1, offer("bob"));
    for n in [1, 2] {
        chat.ask(2, accept(n, 0));
    }
    chat.ask(3, accept(1, 0));
    chat.take();
    chat.ask_as(2, 1, leave("lobby"));
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    // Back in the room, it may take the file like everyone else.
    chat.ask(2, join("lobby"));
    chat.ask(2, accept(1, 0));
    chat.told(
        r#"
        s2?1 s1 s3: left lobby/1/4 bob (left)
        s1: cancelled 1 bob by bob (left)
        s2: cancelled 1 bob by bob (left)
        s2?: members lobby/1/4 2: alice carol
        s1 s2 s3: joined lobby/1/5 bob
        s2 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        "#,
    );
}

#[test]
fn a_sender_that_leaves_the_room_takes_its_offers_along() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(1, offer("bob"));
    chat.ask(2, accept(1, 0));
    chat.take();
    chat.ask(1, leave("lobby"));
    chat.told(
        "
        s1? s2 s3: left lobby/1/4 alice (left)
        s2 s3: closed 1 (left)
        s1: closed 1 (left)
        ",
    );
    assert_eq!(chat.transfers(1), ["1 bob 0 Cancelled { why: Left } by alice", "2 open"]);
}

#[test]
fn a_sender_that_quits_ends_all_that_it_sends() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(1, offer("bob"));
    chat.ask(1, offer("carol"));
    chat.ask(2, accept(1, 0));
    chat.ask(2, accept(2, 0));
    chat.take();
    chat.quit(1);
    chat.told(
        "
        s2 s3: left lobby/1/4 alice (quit)
        s2 s3: closed 1 (gone)
        s2: closed 2 (gone)
        s3: closed 3 (gone)
        ",
    );
    assert_eq!(
        chat.transfers(2),
        ["1 bob 0 Cancelled { why: Gone } by alice", "2 bob 0 Cancelled { why: Gone } by alice"]
    );
    assert_eq!(chat.chat.transfer_sender(TransferId(1)), None);
}

#[test]
fn a_receiver_that_quits_ends_its_copies_and_what_waits_for_it() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(1, offer("bob"));
    chat.ask(1, offer("bob"));
    chat.ask(2, accept(1, 0));
    chat.ask(2, accept(2, 0));
    chat.take();
    chat.quit(2);
    chat.told(
        "
        s1 s3: left lobby/1/4 bob (quit)
        s1: cancelled 1 bob by bob (gone)
        s1: cancelled 2 bob by bob (gone)
        s1: closed 3 (gone)
        ",
    );
    // The sender still sees by name who had a copy.
    assert_eq!(
        chat.transfers(1),
        ["1 open bob 0 Cancelled { why: Gone } by bob", "2 bob 0 Cancelled { why: Gone } by bob", "3"]
    );
    // A new session of that name has no part in them, but in what is offered to the room.
    chat.attach(4, "bob");
    chat.ask(4, join("lobby"));
    chat.ask(4, accept(1, 0));
    assert_eq!(
        chat.transfers(1),
        [
            "1 open bob 0 Cancelled { why: Gone } by bob bob 0 Running",
            "2 bob 0 Cancelled { why: Gone } by bob",
            "3"
        ]
    );
}

#[test]
fn a_session_that_does_not_come_back_is_gone() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.drop(2);
    // He sleeps, the offer expires, he is forgotten, and with his copy the last is gone that could go on.
    for _ in 0..3 {
        chat.until_due();
    }
    chat.told_at(
        r#"
        00:00:07 s1? s2 s3: offered 1 alice to #lobby "photo.jpg" 1000
        00:00:08 s1: accepted 1 bob from 0
        00:00:08 s2?: accepted 1 bob from 0
        00:00:09 s1: paused 1 bob (lost)
        00:00:39 s1 s3: left lobby/1/4 bob (lost)
        00:05:07 s1 s3: closed 1 (expired)
        00:05:09 s1: cancelled 1 bob by bob (gone)
        "#,
    );
    assert_eq!(chat.transfers(1), ["1 bob 0 Cancelled { why: Gone } by bob"]);
}

#[test]
fn a_finished_copy_cannot_be_changed() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(1, hash(1));
    chat.ask(2, accept(1, 0));
    chat.ask(2, finish(1));
    let none = Rejection::NoSuchTransfer { transfer: TransferId(1) };
    for ask in [accept(1, 0), decline(1), finish(1), cancel(1, EndReason::Cancelled)] {
        assert_eq!(chat.refused(2, 0, ask), none);
    }
    assert_code(&chat.refused(1, 0, cancel_of(1, "bob", EndReason::Cancelled)), Code::NoSuchUser);
}

#[test]
fn of_one_senders_transfers_that_are_over_few_are_kept() {
    let config = Config { transfers_per_user: 2, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    for n in 1..=4 {
        chat.ask(1, offer("bob"));
        chat.ask(2, decline(n));
    }
    assert_eq!(chat.transfers(1), ["3 bob 0 Declined", "4 bob 0 Declined"]);
    assert_eq!(chat.chat.transfer(TransferId(2)), None);
    // Numbers are never used again.
    chat.ask(1, offer("bob"));
    assert_eq!(chat.chat.transfer(TransferId(5)).unwrap().offer.transfer, TransferId(5));
}

#[test]
fn of_one_rooms_transfers_that_are_over_few_are_kept() {
    let config = Config { offers_to_user: 2, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol", "dan"]);
    for n in 1..=4 {
        chat.ask(n, offer("#lobby"));
        chat.ask(n, cancel(n, EndReason::Cancelled));
    }
    chat.take();
    chat.drop(4);
    chat.resume(5, "dan", 4);
    chat.told(
        r#"
        s5: attached dan resumed lobby/1/4
        s5 (past): offered 3 carol to #lobby "photo.jpg" 1000
        s5 (past): closed 3 (cancelled)
        s5 (past): offered 4 dan to #lobby "photo.jpg" 1000
        s5 (past): closed 4 (cancelled)
        "#,
    );
}

#[test]
fn of_the_transfers_to_one_user_that_are_over_few_are_kept() {
    let mut chat = Story::in_lobby(Config { offers_to_user: 2, ..Config::default() }, &["alice", "bob"]);
    // Each of them offers something, and is gone before that is answered.
    for n in 10..20 {
        chat.attach(n, "mallory");
        chat.ask(n, offer("bob"));
        chat.quit(n);
    }
    chat.take();
    chat.drop(2);
    chat.resume(3, "bob", 2);
    chat.told(
        r#"
        s3: attached bob resumed lobby/1/2
        s3 (past): offered 9 mallory to bob "photo.jpg" 1000
        s3 (past): closed 9 (gone)
        s3 (past): offered 10 mallory to bob "photo.jpg" 1000
        s3 (past): closed 10 (gone)
        "#,
    );
}
