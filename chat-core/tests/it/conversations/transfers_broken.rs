//! Files, when connections break and ends fall silent: copies stand still, and who comes back is told how all stands.

use chat_core::{Code, Command, Config, NodeId, PauseReason, Rejection, TransferId};

use crate::story::{Story, accept, assert_code, cancel, decline, finish, hash, offer, pause, s, say};

fn stall(n: u64) -> Command {
    Command::Stall { transfer: TransferId(1), session: s(n) }
}

/// Alice sends one file to Bob, who has accepted it.
fn under_way() -> Story {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("bob"));
    chat.ask(2, accept(1, 0));
    let offset = 400;
    chat.enter(&Command::Progress { transfer: TransferId(1), session: s(2), offset }).unwrap();
    chat.take();
    chat
}

#[test]
fn a_receiver_that_drops_is_paused_and_goes_on_where_it_says() {
    let mut chat = under_way();
    chat.drop(2);
    chat.ask(1, hash(1));
    chat.resume(3, "bob", 2);
    // It is told what it has missed, and begins again by itself.
    chat.ask(3, accept(1, 390));
    chat.ask(3, finish(1));
    chat.told_at(
        r#"
        00:00:08 s1: paused 1 bob (lost)
        00:00:09 s1?: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        00:00:10 s3: attached bob resumed lobby/1/2
        00:00:05 s3 (past): offered 1 alice to bob "photo.jpg" 1000
        00:00:08 s3 (past): paused 1 bob (lost)
        00:00:11 s1: accepted 1 bob from 390
        00:00:11 s3?: accepted 1 bob from 390
        00:00:11 s3: hashed 1 7777777777777777777777777777777777777777777777777777777777777777
        00:00:12 s1: finished 1 bob
        00:00:12 s3?: finished 1 bob
        "#,
    );
}

#[test]
fn a_sender_that_drops_holds_its_receivers_up_and_nothing_more() {
    let mut chat = under_way();
    chat.drop(1);
    assert_eq!(chat.transfers(2), ["1 bob 400 Running"]);
    chat.resume(3, "alice", 1);
    chat.ask(2, say("lobby", "it goes on"));
    chat.told_at(
        r#"
        00:00:08 s2: paused 1 alice (lost)
        00:00:09 s3: attached alice resumed lobby/1/2
        00:00:05 s3 (past): offered 1 alice to bob "photo.jpg" 1000
        00:00:06 s3 (past): accepted 1 bob from 400
        00:00:09 s2: resumed 1 alice
        00:00:10 s2? s3: said lobby/1/3 bob "it goes on"
        "#,
    );
}

#[test]
fn who_accepts_while_the_sender_is_away_is_told_so() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, offer("#lobby"));
    chat.drop(1);
    chat.ask(2, accept(1, 0));
    chat.resume(3, "alice", 1);
    chat.told(
        r#"
        s1? s2: offered 1 alice to #lobby "photo.jpg" 1000
        s2?: accepted 1 bob from 0
        s2: paused 1 alice (lost)
        s3: attached alice resumed lobby/1/2
        s3 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s3 (past): accepted 1 bob from 0
        s2: resumed 1 alice
        "#,
    );
}

#[test]
fn an_offer_waits_for_one_who_is_away() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.drop(2);
    chat.ask(1, offer("bob"));
    chat.ask(1, offer("#lobby"));
    chat.resume(3, "bob", 2);
    chat.ask(3, accept(1, 0));
    chat.told_at(
        r#"
        00:00:06 s1?: offered 1 alice to bob "photo.jpg" 1000
        00:00:07 s1? s2: offered 2 alice to #lobby "photo.jpg" 1000
        00:00:08 s3: attached bob resumed lobby/1/2
        00:00:06 s3 (past): offered 1 alice to bob "photo.jpg" 1000
        00:00:07 s3 (past): offered 2 alice to #lobby "photo.jpg" 1000
        00:00:09 s1: accepted 1 bob from 0
        00:00:09 s3?: accepted 1 bob from 0
        "#,
    );
}

#[test]
fn nobody_misses_an_end() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol", "dan"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.ask(3, accept(1, 0));
    chat.ask(1, offer("bob"));
    chat.ask(1, offer("dan"));
    chat.ask(1, hash(1));
    for n in [2, 4] {
        chat.drop(n);
    }
    chat.ask(3, finish(1));
    chat.ask(1, cancel(1, chat_core::EndReason::SourceChanged));
    chat.ask(1, cancel(2, chat_core::EndReason::Cancelled));
    chat.drop(1);
    chat.take();
    // A receiver, one who had only heard of it, and the sender.
    chat.resume(5, "bob", 2);
    chat.resume(6, "dan", 4);
    chat.ask(6, decline(3));
    chat.resume(7, "alice", 1);
    chat.told(
        r#"
        s5: attached bob resumed lobby/1/4
        s5 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s5 (past): closed 1 (source changed)
        s5 (past): offered 2 alice to bob "photo.jpg" 1000
        s5 (past): closed 2 (cancelled)
        s6: attached dan resumed lobby/1/4
        s6 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s6 (past): closed 1 (source changed)
        s6 (past): offered 3 alice to dan "photo.jpg" 1000
        s6?: declined 3 dan
        s7: attached alice resumed lobby/1/4
        s7 (past): offered 1 alice to #lobby "photo.jpg" 1000
        s7 (past): finished 1 carol
        s7 (past): closed 1 (source changed)
        s7 (past): offered 2 alice to bob "photo.jpg" 1000
        s7 (past): closed 2 (cancelled)
        s7 (past): offered 3 alice to dan "photo.jpg" 1000
        s7 (past): declined 3 dan
        "#,
    );
    // All of it is forgotten some time after.
    for _ in 0..3 {
        chat.until_due();
    }
    assert_eq!(chat.chat.next_deadline(), None);
    chat.drop(5);
    chat.resume(8, "bob", 2);
    chat.told("s8: attached bob resumed lobby/1/4");
}

#[test]
fn a_restart_of_the_node_pauses_what_ran_on_it() {
    let mut chat = under_way();
    chat.enter(&Command::NodeUp { node: NodeId(0) }).unwrap();
    chat.resume(3, "bob", 2);
    chat.ask(3, accept(1, 400));
    chat.resume(4, "alice", 1);
    chat.told(
        r#"
        s2: paused 1 alice (lost)
        s3: attached bob resumed lobby/1/2
        s3 (past): offered 1 alice to bob "photo.jpg" 1000
        s3 (past): paused 1 bob (lost)
        s3?: accepted 1 bob from 400
        s3: paused 1 alice (lost)
        s4: attached alice resumed lobby/1/2
        s4 (past): offered 1 alice to bob "photo.jpg" 1000
        s4 (past): accepted 1 bob from 400
        s3: resumed 1 alice
        "#,
    );
    // A connection of another node that breaks down with it is a drop like any other.
    chat.enter(&Command::NodeDown { node: NodeId(1) }).unwrap();
    chat.told("");
    assert_eq!(chat.transfers(4), ["1 bob 400 Running"]);
}

#[test]
fn a_connection_that_is_taken_over_takes_what_was_under_way_with_it() {
    let mut chat = under_way();
    chat.resume(3, "bob", 2);
    chat.resume(4, "alice", 1);
    chat.told(
        r#"
        s1: paused 1 bob (lost)
        s2: replaced
        s3: attached bob resumed lobby/1/2
        s3 (past): offered 1 alice to bob "photo.jpg" 1000
        s3 (past): paused 1 bob (lost)
        s1: replaced
        s4: attached alice resumed lobby/1/2
        s4 (past): offered 1 alice to bob "photo.jpg" 1000
        s4 (past): paused 1 bob (lost)
        "#,
    );
}

#[test]
fn a_receiver_pauses_and_goes_on() {
    let mut chat = under_way();
    chat.ask(2, pause(1, PauseReason::NoSpace));
    // The carrier may lag behind; what stands still does not grow.
    chat.told_nothing_new(&Command::Progress { transfer: TransferId(1), session: s(2), offset: 500 });
    chat.told_nothing_new(&stall(2));
    chat.told_nothing_new(&stall(1));
    chat.ask(2, pause(1, PauseReason::Silent));
    chat.ask(2, accept(1, 450));
    assert_code(&chat.refused(1, 0, pause(1, PauseReason::Asked)), Code::NoSuchTransfer);
    chat.told(
        "
        s1: paused 1 bob (no space)
        s2?: paused 1 bob (no space)
        s1: paused 1 bob (asked)
        s2?: paused 1 bob (asked)
        s1: accepted 1 bob from 450
        s2?: accepted 1 bob from 450
        ",
    );
}

#[test]
fn an_end_that_is_silent_is_told_of() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol", "dan"]);
    chat.ask(1, offer("#lobby"));
    for n in [2, 3, 4] {
        chat.ask(n, accept(1, 0));
    }
    chat.take();
    chat.enter(&stall(2)).unwrap();
    chat.enter(&stall(1)).unwrap();
    chat.told(
        "
        s1: paused 1 bob (silent)
        s2: paused 1 bob (silent)
        s3: paused 1 alice (silent)
        s4: paused 1 alice (silent)
        s1: paused 1 alice (silent)
        ",
    );
    chat.ask(3, accept(1, 0));
    chat.told_nothing_new(&stall(9));
    chat.told(
        "
        s1: accepted 1 carol from 0
        s3?: accepted 1 carol from 0
        ",
    );
}

#[test]
fn a_session_that_nobody_can_resume_ends_its_transfers_with_its_connection() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    let token = chat_core::TokenHash::of_no_secret(s(2));
    chat.enter(&Command::Attach { session: s(2), name: "bob".into(), token, resume: None }).unwrap();
    chat.ask(1, offer("bob"));
    chat.ask(1, offer("bob"));
    chat.ask(2, accept(2, 0));
    chat.ask(2, offer("alice"));
    chat.take();
    chat.drop(2);
    chat.told(
        "
        s1: closed 1 (gone)
        s1: cancelled 2 bob by bob (gone)
        s1: closed 3 (gone)
        ",
    );
    assert_eq!(chat.refused(1, 0, accept(3, 0)), Rejection::NoSuchTransfer { transfer: TransferId(3) });
}
