//! Files: who may offer what to whom, and who is told while it goes well.

use chat_core::{Code, Command, Config, Event, Recipient, Rejection, TransferId};

use crate::story::{Story, accept, assert_code, decline, finish, hash, hash_of, join, leave, offer, s, say};

fn progress(n: u64, transfer: u64, offset: u64) -> Command {
    Command::Progress { transfer: TransferId(transfer), session: s(n), offset }
}

#[test]
fn a_file_goes_to_one_user_and_nobody_else_hears_of_it() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("BOB"));
    assert_eq!(chat.transfers(1), ["1 open"]);
    chat.ask(2, accept(1, 0));
    chat.enter(&progress(2, 1, 400)).unwrap();
    chat.ask(1, hash(1));
    chat.enter(&progress(2, 1, 1000)).unwrap();
    chat.ask(2, finish(1));
    chat.told(
        r#"
        s2: offered 1 alice to bob "photo.jpg" 1000
        s1?: offered 1 alice to bob "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s1: progressed 1 bob to 400
        s2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: progressed 1 bob to 1000
        s1: finished 1 bob
        s2?: finished 1 bob
        "#,
    );
    assert_eq!(chat.transfers(1), ["1 bob 1000 Finished"]);
    assert_eq!(chat.transfers(2), ["1 bob 1000 Finished"]);
    assert_eq!(chat.transfers(3), [""; 0]);
}

#[test]
fn a_file_goes_to_all_of_a_room_who_take_it_and_to_those_who_join_later() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.attach(4, "dan");
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.ask(3, decline(1));
    chat.ask(4, join("lobby"));
    chat.ask(4, accept(1, 0));
    chat.told(
        r#"
        s4: attached dan
        s1? s2 s3: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s1: declined 1 carol
        s3?: declined 1 carol
        s4?: members lobby/1/3 3: alice bob carol
        s1 s2 s3 s4: joined lobby/1/4 dan
        s4 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 dan from 0
        s4?: accepted 1 dan from 0
        "#,
    );
    // Everyone sees his own copy, the sender all of them.
    assert_eq!(chat.transfers(1), ["1 open bob 0 Running carol 0 Declined dan 0 Running"]);
    assert_eq!(chat.transfers(2), ["1 open bob 0 Running"]);
    chat.ask(1, hash(1));
    chat.ask(2, finish(1));
    chat.ask(4, finish(1));
    chat.told(
        "
        s2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s4: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: finished 1 bob
        s2?: finished 1 bob
        s1: finished 1 dan
        s4?: finished 1 dan
        ",
    );
    // It is open for others until it expires.
    chat.until_due();
    chat.told("s1 s2 s3 s4: closed 1 (expired)");
}

#[test]
fn a_hash_that_comes_late_is_told_to_those_who_receive_and_to_those_who_will() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    // The receiver cannot have compared what nobody told.
    assert_code(&chat.refused(2, 0, finish(1)), Code::BadFile);
    chat.ask(1, hash(1));
    chat.ask(3, accept(1, 0));
    // The same hash again changes nothing; another is refused; and nobody else can tell one.
    chat.ask(1, hash(1));
    let other = chat_core::Ask::Hash { transfer: TransferId(1), hash: hash_of(8) };
    assert_code(&chat.refused(1, 0, other), Code::BadFile);
    assert_code(&chat.refused(2, 0, hash(1)), Code::NoSuchTransfer);
    chat.told(
        r#"
        s1? s2 s3: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: accepted 1 carol from 0
        s3?: accepted 1 carol from 0
        s3: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        "#,
    );
}

#[test]
fn a_hash_that_came_with_the_offer_is_not_told_again() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    let to = Recipient::User("bob".into());
    let name = "photo.jpg".into();
    chat.ask(1, chat_core::Ask::Offer { to, name, size: 0, hash: Some(hash_of(1)), chunk_bytes: 0 });
    chat.ask(2, accept(1, 0));
    // A file without bytes is complete when it is accepted.
    chat.ask(2, finish(1));
    chat.told(
        r#"
        s2: offered 1 alice to bob "photo.jpg" 0
        s1?: offered 1 alice to bob "photo.jpg" 0
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s1: finished 1 bob
        s2?: finished 1 bob
        "#,
    );
}

#[test]
fn what_may_be_offered_is_a_file_of_a_name_and_a_size_that_can_be() {
    let mut chat = Story::in_lobby(Config { file_bytes: 5000, ..Config::default() }, &["alice", "bob"]);
    let named = |name: &str, size| {
        let to = Recipient::User("bob".into());
        chat_core::Ask::Offer { to, name: name.into(), size, hash: None, chunk_bytes: 0 }
    };
    for (name, size) in
        [("", 1), ("a/b", 1), ("..", 1), ("a\nb", 1), (&"x".repeat(256), 1), ("a", 5001), ("a", u64::MAX)]
    {
        assert_code(&chat.refused(1, 0, named(name, size)), Code::BadFile);
    }
    let too_long = chat.refused(1, 0, named("a", 5001));
    assert_eq!(too_long.to_string(), "a file may have at most 5000 bytes");
    chat.ask(1, named("-rf", 5000));
    chat.told(
        r#"
        s2: offered 1 alice to bob "-rf" 5000
        s1?: offered 1 alice to bob "-rf" 5000
        "#,
    );
}

#[test]
fn a_file_is_offered_to_somebody_else_who_is_here() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(2, join("den"));
    chat.told(
        "
        s2?: members den/2/0 0:
        s2: joined den/2/1 bob
        ",
    );
    assert_eq!(chat.refused(1, 0, offer("Alice")), Rejection::ToYourself);
    assert_code(&chat.refused(1, 0, offer("carol")), Code::NoSuchUser);
    assert_code(&chat.refused(1, 0, offer("no body")), Code::BadName);
    assert_code(&chat.refused(1, 0, offer("#no room")), Code::BadName);
    // Whether there is such a room an outsider cannot tell.
    assert_code(&chat.refused(1, 0, offer("#den")), Code::NotAMember);
    assert_code(&chat.refused(1, 0, offer("#attic")), Code::NotAMember);
    chat.told("");
}

#[test]
fn the_chunks_are_as_the_sender_would_have_them_within_the_limits() {
    let config = Config { chunk_bytes: 16_384, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    for (n, (wanted, settled)) in (1..).zip([(0, 16_384), (1, 4096), (5000, 5000), (u32::MAX, 16_384)]) {
        let to = Recipient::User("bob".into());
        let name = "photo.jpg".into();
        chat.ask(1, chat_core::Ask::Offer { to, name, size: 1, hash: None, chunk_bytes: wanted });
        assert_eq!(chat.chat.transfer(TransferId(n)).unwrap().offer.chunk_bytes, settled);
    }
}

#[test]
fn an_outsider_cannot_tell_a_transfer_from_none() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(2, join("den"));
    chat.ask(1, offer("bob"));
    chat.ask(2, offer("#den"));
    for transfer in [1, 2, 3, 0, u64::MAX] {
        let none = Rejection::NoSuchTransfer { transfer: TransferId(transfer) };
        for ask in [accept(transfer, 0), decline(transfer), finish(transfer), hash(transfer)] {
            assert_eq!(chat.refused(3, 0, ask), none);
        }
        assert_eq!(chat.refused(3, 0, crate::story::pause(transfer, chat_core::PauseReason::Asked)), none);
        assert_eq!(chat.refused(3, 0, crate::story::cancel(transfer, chat_core::EndReason::Cancelled)), none);
    }
    // Neither does the sender receive, nor has a member a copy that did not accept.
    assert_code(&chat.refused(1, 0, accept(1, 0)), Code::NoSuchTransfer);
    assert_code(&chat.refused(2, 0, accept(2, 0)), Code::NoSuchTransfer);
    assert_code(&chat.refused(2, 0, finish(1)), Code::NoSuchTransfer);
    // The carrier's word counts only about copies that run.
    for n in [1, 2, 3, 9] {
        chat.told_nothing_new(&progress(n, 1, 10));
    }
}

#[test]
fn a_receiver_begins_where_it_says_within_the_file() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("bob"));
    for from in [1001, u64::MAX] {
        assert_eq!(chat.refused(2, 0, accept(1, from)), Rejection::WrongOffset { size: 1000 });
    }
    chat.ask(2, accept(1, 1000));
    // A copy grows, and within the file.
    for offset in [0, 1000, 1001, u64::MAX] {
        chat.told_nothing_new(&progress(2, 1, offset));
    }
    chat.ask(2, accept(1, 300));
    chat.enter(&progress(2, 1, 301)).unwrap();
    assert_eq!(chat.transfers(1), ["1 bob 301 Running"]);
    chat.told(
        r#"
        s2: offered 1 alice to bob "photo.jpg" 1000
        s1?: offered 1 alice to bob "photo.jpg" 1000
        s1: accepted 1 bob from 1000
        s2?: accepted 1 bob from 1000
        s1: accepted 1 bob from 300
        s2?: accepted 1 bob from 300
        s1: progressed 1 bob to 301
        "#,
    );
}

#[test]
fn a_repeated_ask_is_answered_as_it_was_and_done_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    let twice = |chat: &mut Story, n, request, ask: chat_core::Ask| {
        chat.ask_as(n, request, ask.clone());
        chat.ask_as(n, request, ask);
    };
    twice(&mut chat, 1, 1, offer("bob"));
    twice(&mut chat, 2, 1, accept(1, 5));
    twice(&mut chat, 2, 2, crate::story::pause(1, chat_core::PauseReason::Lost));
    twice(&mut chat, 1, 2, hash(1));
    twice(&mut chat, 2, 3, finish(1));
    twice(&mut chat, 2, 4, finish(1));
    twice(&mut chat, 1, 3, offer("bob"));
    twice(&mut chat, 2, 5, decline(2));
    twice(&mut chat, 1, 4, offer("bob"));
    twice(&mut chat, 2, 6, accept(3, 0));
    twice(&mut chat, 2, 7, crate::story::cancel(3, chat_core::EndReason::Failed));
    twice(&mut chat, 1, 5, offer("#lobby"));
    twice(&mut chat, 2, 8, accept(4, 0));
    twice(&mut chat, 1, 6, crate::story::cancel_of(4, "bob", chat_core::EndReason::Gone));
    twice(&mut chat, 1, 7, crate::story::cancel(4, chat_core::EndReason::SourceChanged));
    assert_eq!(chat.refused(1, 7, offer("bob")), Rejection::IdReused);
    chat.told(
        r#"
        s2: offered 1 alice to bob "photo.jpg" 1000
        s1?1: offered 1 alice to bob "photo.jpg" 1000
        s1?1: offered 1 alice to bob "photo.jpg" 1000
        s1: accepted 1 bob from 5
        s2?1: accepted 1 bob from 5
        s2?1: accepted 1 bob from 5
        s1: paused 1 bob (asked)
        s2?2: paused 1 bob (asked)
        s2?2: paused 1 bob (asked)
        s2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1?2: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        s1: finished 1 bob
        s2?3: finished 1 bob
        s2?3: finished 1 bob
        s2?4: refused no_such_transfer: no file 1 is offered to you or by you, or it is over
        s2?4: refused no_such_transfer: no file 1 is offered to you or by you, or it is over
        s2: offered 2 alice to bob "photo.jpg" 1000
        s1?3: offered 2 alice to bob "photo.jpg" 1000
        s1?3: offered 2 alice to bob "photo.jpg" 1000
        s1: declined 2 bob
        s2?5: declined 2 bob
        s2?5: declined 2 bob
        s2: offered 3 alice to bob "photo.jpg" 1000
        s1?4: offered 3 alice to bob "photo.jpg" 1000
        s1?4: offered 3 alice to bob "photo.jpg" 1000
        s1: accepted 3 bob from 0
        s2?6: accepted 3 bob from 0
        s2?6: accepted 3 bob from 0
        s1: cancelled 3 bob by bob (failed)
        s2?7: cancelled 3 bob by bob (failed)
        s2?7: cancelled 3 bob by bob (failed)
        s1?5 s2: offered 4 alice to #lobby "photo.jpg" 1000
        s1?5: offered 4 alice to #lobby "photo.jpg" 1000
        s1: accepted 4 bob from 0
        s2?8: accepted 4 bob from 0
        s2?8: accepted 4 bob from 0
        s2: cancelled 4 bob by alice (cancelled)
        s1?6: cancelled 4 bob by alice (cancelled)
        s1?6: cancelled 4 bob by alice (cancelled)
        s1?7 s2: closed 4 (source changed)
        s1?7: closed 4 (source changed)
        "#,
    );
}

#[test]
fn talk_goes_on_and_a_transfer_takes_no_number_of_the_room() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.ask(2, say("lobby", "is it long?"));
    chat.ask(2, leave("lobby"));
    chat.told(
        r#"
        s1? s2: offered 1 alice to #lobby "photo.jpg" 1000
        s1: accepted 1 bob from 0
        s2?: accepted 1 bob from 0
        s2? s1: said lobby/1/3 bob "is it long?"
        s2? s1: left lobby/1/4 bob (left)
        s1: cancelled 1 bob by bob (left)
        s2: cancelled 1 bob by bob (left)
        "#,
    );
}

#[test]
fn limits_of_transfers() {
    let config = Config { transfers_per_user: 2, offers_to_user: 3, transfers: 6, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol", "dan", "eve"]);
    chat.ask(1, offer("eve"));
    chat.ask(1, offer("eve"));
    // As many as one may offer.
    let own = chat.refused(1, 0, offer("bob"));
    assert_eq!(
        own.to_string(),
        "alice has 2 files offered or on their way, the most there may be; wait, or cancel one"
    );
    // As many as may wait for one's answer.
    chat.ask(2, offer("eve"));
    let full = chat.refused(2, 0, offer("eve"));
    assert_eq!(
        full.to_string(),
        "eve has 3 files offered or on their way, the most there may be; wait, or cancel one"
    );
    // As many as one may receive; what is declined or finished makes way.
    chat.ask(5, accept(1, 0));
    chat.ask(5, accept(2, 0));
    assert_code(&chat.refused(5, 0, accept(3, 0)), Code::TooManyTransfers);
    chat.ask(5, accept(2, 10));
    chat.ask(5, decline(2));
    chat.ask(5, accept(3, 0));
    // As many as may be offered in a room.
    chat.ask(2, offer("#lobby"));
    chat.ask(3, offer("#lobby"));
    // As many as there may be: the one that is over makes way, and then there is none.
    chat.ask(3, offer("#lobby"));
    chat.ask(1, offer("dan"));
    assert_eq!(chat.refused(4, 0, offer("dan")), Rejection::ToYourself);
    assert_eq!(chat.refused(4, 0, offer("alice")), Rejection::TransfersFull);
    assert_eq!(chat.chat.transfer(TransferId(2)), None);
    let refused = chat.refused(4, 0, offer("#lobby"));
    assert_eq!(
        refused.to_string(),
        "#lobby has 3 files offered or on their way, the most there may be; wait, or cancel one"
    );
    let event = Event::Refused((&refused).into());
    chat.ask_as(4, 1, offer("#lobby"));
    let told = chat.take();
    assert!(told.ends_with(&format!("s4?1: {event}\n")), "{told}");
}
