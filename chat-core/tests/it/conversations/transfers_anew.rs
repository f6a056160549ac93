//! Files: copies that came to nothing, and are begun anew.

use chat_core::{Code, Config, EndReason, TransferId};

use crate::story::{
    Story, accept, assert_code, cancel, cancel_of, decline, finish, hash, join, leave, offer,
};

#[test]
fn a_prefix_that_differs_is_begun_anew() {
    let config = Config { offer_ms: 10_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    chat.ask(1, offer("bob"));
    let prefix = Some(crate::story::hash_of(5));
    chat.ask(2, chat_core::Ask::Accept { transfer: TransferId(1), from: 600, prefix });
    chat.pass(60_000);
    chat.ask(1, cancel_of(1, "bob", EndReason::PrefixDiffers));
    // It waits for an answer as long as it did at first, and no longer.
    assert_eq!(chat.transfers(2), ["1 open bob 600 Cancelled { why: PrefixDiffers } by alice"]);
    chat.ask(2, accept(1, 0));
    chat.ask(1, cancel_of(1, "bob", EndReason::PrefixDiffers));
    chat.until_due();
    chat.told_at(
        r#"
        00:00:05 s2: offered 1 alice to bob "photo.jpg" 1000
        00:00:05 s1?: offered 1 alice to bob "photo.jpg" 1000
        00:00:06 s1: accepted 1 bob from 600
        00:00:06 s2?: accepted 1 bob from 600
        00:01:07 s2: cancelled 1 bob by alice (prefix differs)
        00:01:07 s1?: cancelled 1 bob by alice (prefix differs)
        00:01:08 s1: accepted 1 bob from 0
        00:01:08 s2?: accepted 1 bob from 0
        00:01:09 s2: cancelled 1 bob by alice (prefix differs)
        00:01:09 s1?: cancelled 1 bob by alice (prefix differs)
        00:01:19 s2: closed 1 (expired)
        00:01:19 s1: closed 1 (expired)
        "#,
    );
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
}

#[test]
fn in_a_room_a_prefix_that_differs_is_begun_anew_even_when_the_offer_has_expired() {
    let config = Config { offer_ms: 10_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 600));
    chat.until_due();
    chat.ask(1, cancel_of(1, "bob", EndReason::PrefixDiffers));
    chat.ask(2, accept(1, 0));
    chat.told(
        r#"
        s1? s2: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 600
        s2?: accepted 1 bob from 600
        s1 s2: closed 1 (expired)
        s2: cancelled 1 bob by alice (prefix differs)
        s1?: cancelled 1 bob by alice (prefix differs)
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        "#,
    );
    assert_eq!(chat.transfers(1), ["1 bob 0 Running"]);
}

#[test]
fn in_a_room_one_who_gave_it_up_may_take_it_after_all() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(1, hash(1));
    chat.ask(2, decline(1));
    chat.ask(3, accept(1, 0));
    chat.ask(3, cancel(1, EndReason::WrongHash));
    // What is given up already cannot be given up again.
    for n in [2, 3] {
        for ask in [decline(1), finish(1), cancel(1, EndReason::Cancelled)] {
            assert_code(&chat.refused(n, 0, ask), Code::NoSuchTransfer);
        }
    }
    chat.take();
    chat.ask(2, accept(1, 0));
    chat.ask(3, accept(1, 900));
    assert_eq!(chat.transfers(1), ["1 open bob 0 Running carol 900 Running"]);
    chat.ask(2, finish(1));
    chat.told(
        "
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: accepted 1 carol from 900
        s3?: accepted 1 carol from 900
        s3: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: finished 1 bob
        s2?: finished 1 bob
        ",
    );
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
}

#[test]
fn what_the_sender_called_off_stays_so() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.ask(1, cancel_of(1, "bob", EndReason::Cancelled));
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    chat.ask(2, leave("lobby"));
    chat.take();
    chat.ask(2, join("lobby"));
    assert!(!chat.take().contains("offered"), "it is not his to take");
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
}

#[test]
fn what_was_given_up_can_be_taken_while_it_is_offered_and_no_longer() {
    let config = Config { offer_ms: 10_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(3, accept(1, 0));
    chat.ask(2, decline(1));
    chat.pass(7_000);
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    chat.tick();
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    assert_eq!(chat.transfers(1), ["1 carol 0 Running bob 0 Declined"]);
}

#[test]
fn one_user_who_gave_a_file_up_needs_a_new_offer() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    for n in [1, 2] {
        chat.ask(1, offer("bob"));
        chat.ask(2, if n == 1 { decline(n) } else { accept(n, 0) });
    }
    chat.ask(2, cancel(2, EndReason::Cancelled));
    for n in [1, 2] {
        assert_code(&chat.refused(2, 0, accept(n, 0)), Code::NoSuchTransfer);
    }
}

#[test]
fn one_who_declined_and_comes_into_the_room_again_is_offered_it_again() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, decline(1));
    chat.ask(2, leave("lobby"));
    assert_code(&chat.refused(2, 0, accept(1, 0)), Code::NoSuchTransfer);
    chat.take();
    chat.ask(2, join("lobby"));
    chat.ask(2, accept(1, 0));
    chat.told(
        r#"
        s2?: members lobby/1/3 1: alice
        s1 s2: joined lobby/1/4 bob
        s2 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        "#,
    );
}
