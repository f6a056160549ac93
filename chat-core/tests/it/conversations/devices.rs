//! Several devices of one account: one user in every room, and every whisper on each of them.

use chat_core::{AccountAct, Answer, Code, Command, Config};

use crate::story::{
    Story, accept, assert_code, cancel_of, join, leave, logging_in, offer, register, s, say, whisper,
};

/// Alice twice, as 1 and 2, and bob as 3; all in the lobby.
fn lobby(config: Config) -> Story {
    let mut chat = Story::with_accounts(config, &["alice"]);
    chat.log_in(1, "alice");
    chat.log_in(2, "alice");
    chat.attach(3, "bob");
    for n in [1, 3, 2] {
        chat.ask(n, join("lobby"));
    }
    chat
}

#[test]
fn a_user_joins_once_and_leaves_once_with_however_many_devices() {
    let mut chat = lobby(Config::default());
    chat.told(
        "
        s1: attached alice
        s2: attached alice
        s3: attached bob
        s1?: members lobby/1/0 0:
        s1: joined lobby/1/1 alice
        s3?: members lobby/1/1 1: alice
        s1 s3: joined lobby/1/2 bob
        s2?: members lobby/1/2 2: alice bob
        ",
    );
    chat.ask(1, say("lobby", "hi"));
    chat.ask(1, leave("lobby"));
    chat.ask(1, join("lobby"));
    chat.ask(2, leave("lobby"));
    chat.quit(1);
    chat.told(
        r#"
        s1? s2 s3: said lobby/1/3 alice "hi"
        s1?: left lobby/1/3 alice (left)
        s1?: members lobby/1/3 2: alice bob
        s2?: left lobby/1/3 alice (left)
        s3: left lobby/1/4 alice (quit)
        "#,
    );
}

#[test]
fn lists_and_counts_are_of_users() {
    let mut chat = lobby(Config { page: 10, ..Config::default() });
    chat.log_in(4, "alice");
    let Answer::Users { total, users, more, .. } = chat.chat.users(s(1), Some("lobby"), None).unwrap() else {
        panic!()
    };
    assert_eq!((total, users.len(), more), (2, 2, false));
    let Answer::Users { total, users, .. } = chat.chat.users(s(1), None, Some("alice")).unwrap() else {
        panic!()
    };
    assert_eq!((total, users[0].as_str()), (2, "bob"));
    let Answer::Rooms { rooms, .. } = chat.chat.rooms(s(1), None).unwrap() else { panic!() };
    assert_eq!((rooms[0].members, chat.chat.counts().0), (2, 2));
    assert_eq!(chat.chat.account("alice").unwrap().devices, 3);
}

#[test]
fn a_big_room_counts_users_in_its_digests() {
    let mut chat = lobby(Config { big_room_members: 1, ..Config::default() });
    chat.take();
    chat.until_due();
    chat.told("s1 s2 s3: churned lobby/1/2 +1 -0 =2");
    chat.quit(2);
    assert_eq!(chat.chat.next_deadline(), None);
    chat.quit(1);
    chat.told("s3: left lobby/1/3 alice (quit)");
}

#[test]
fn whispers_are_on_every_device_of_both() {
    let mut chat = lobby(Config::default());
    chat.drop(1);
    chat.until_due();
    chat.log_in(4, "alice");
    chat.take();
    chat.ask(3, whisper("alice", "hi"));
    chat.ask(4, whisper("bob", "hello"));
    chat.ask(2, whisper("Alice", "note"));
    chat.told(
        r#"
        s2: whispered 1 bob to alice "hi"
        s4: whispered 1 bob to alice "hi"
        s3?: whispered 0 bob to alice "hi"
        s3: whispered 1 alice to bob "hello"
        s2: whispered 2 alice to bob "hello"
        s4?: whispered 0 alice to bob "hello"
        s4: whispered 2 alice to alice "note"
        s2?: whispered 3 alice to alice "note"
        "#,
    );
    // The one that slept counts and keeps its own.
    chat.resume_by(5, 1);
    let all = [
        r#"whispered 1 bob to alice "hi""#,
        r#"whispered 2 alice to bob "hello""#,
        r#"whispered 3 alice to alice "note""#,
    ];
    assert_eq!(chat.whispers_after(5, 0), all);
    assert_eq!(chat.whispers_after(4, 0), [all[0], r#"whispered 2 alice to alice "note""#]);
}

#[test]
fn a_device_sleeps_for_long_and_its_user_is_told_of_once() {
    let config = Config { device_ms: 1_000_000, ..Config::default() };
    let mut chat = lobby(config);
    chat.drop(1);
    chat.until_due();
    chat.drop(2);
    chat.take();
    chat.until_due();
    chat.told("s3: left lobby/1/3 alice (lost)");
    // Nobody else has the name meanwhile, and nobody is told when one of them is back in the room.
    chat.pass(500_000);
    chat.tick();
    chat.resume_by(4, 2);
    chat.resume_by(5, 1);
    chat.told(
        "
        s3: joined lobby/1/4 alice
        s3: ranked lobby alice owner
        s4: attached alice resumed lobby/1/4
        s5: attached alice resumed lobby/1/4
        ",
    );
    chat.drop(5);
    chat.pass(1_000_000);
    chat.tick();
    assert_eq!(chat.chat.sessions_of(chat.chat.user(s(4)).unwrap()).count(), 1);
    assert_eq!(chat.chat.next_deadline(), None);
}

#[test]
fn files_are_not_waited_for_as_long_as_a_device() {
    let mut chat = lobby(Config::default());
    chat.ask(3, offer("alice"));
    // To the device that was attached last.
    assert!(chat.take().ends_with("s3?: offered 1 bob to alice \"photo.jpg\" 1000\n"));
    chat.ask(2, accept(1, 0));
    chat.drop(2);
    chat.until_due();
    chat.take();
    chat.until_due();
    chat.told("s3: cancelled 1 alice by alice (gone)");
    chat.resume_by(4, 2);
    chat.told(
        r#"
        s4: attached alice resumed lobby/1/2
        s4 (past): offered 1 bob to alice "photo.jpg" 1000
        s4 (past): cancelled 1 alice by alice (gone)
        "#,
    );
}

#[test]
fn a_sender_calls_off_what_a_user_takes_on_several_devices() {
    let mut chat = lobby(Config::default());
    chat.ask(3, offer("#lobby"));
    chat.ask(1, accept(1, 0));
    chat.ask(2, accept(1, 0));
    chat.take();
    chat.ask(3, cancel_of(1, "alice", chat_core::EndReason::Cancelled));
    chat.told(
        "
        s1: cancelled 1 alice by bob (cancelled)
        s2: cancelled 1 alice by bob (cancelled)
        s3?: cancelled 1 alice by bob (cancelled)
        ",
    );
    assert_code(&chat.refused(1, 0, offer("alice")), Code::ToYourself);
}

#[test]
fn a_new_device_takes_the_place_of_the_one_that_is_missed_least() {
    let mut chat = lobby(Config { devices: 3, ..Config::default() });
    chat.log_in(4, "alice");
    chat.drop(2);
    chat.until_due();
    chat.drop(1);
    chat.take();
    // One that sleeps, then one that lingers, then the first that came.
    chat.log_in(5, "alice");
    chat.log_in(6, "alice");
    chat.told("s5: attached alice\n s3: left lobby/1/3 alice (quit)\n s6: attached alice");
    chat.log_in(7, "alice");
    chat.told("s4: closed logged_out\n s7: attached alice");
    assert_eq!(chat.chat.account("alice").unwrap().devices, 3);
}

#[test]
fn no_number_of_lost_guests_ends_a_device() {
    let config = Config { detached: 1, detached_devices: 2, ..Config::default() };
    let mut chat = Story::with_accounts(config, &["alice"]);
    chat.log_in(1, "alice");
    chat.drop(1);
    // It sleeps, and then is away.
    chat.until_due();
    chat.until_due();
    chat.log_in(2, "alice");
    chat.drop(2);
    for (n, name) in [(3, "bob"), (4, "carol"), (5, "dan")] {
        chat.attach(n, name);
        chat.drop(n);
    }
    assert_eq!(chat.chat.account("alice").unwrap().devices, 2);
    // Of devices the one that was lost first: its time is up long after that of one that lingers.
    chat.log_in(6, "alice");
    chat.drop(6);
    chat.take();
    for (n, opened) in [(7, 2), (8, 6)] {
        chat.resume_by(n, opened);
    }
    chat.told("s7: attached alice resumed\n s8: attached alice resumed");
    assert_code(&chat.refuses(&Story::resumption(9, "alice", 1)), Code::LoginRequired);
    chat.resume(9, "dan", 5);
    chat.told("s9: attached dan resumed");
    // A guest whose name becomes an account's is counted no more.
    chat.drop(9);
    chat.until_due();
    chat.act(None, register("dan"));
    for (n, name) in [(10, "eve"), (11, "fay")] {
        chat.attach(n, name);
        chat.drop(n);
    }
}

#[test]
fn all_devices_but_one_are_logged_out() {
    let mut chat = lobby(Config::default());
    chat.log_in(4, "alice");
    chat.drop(4);
    chat.take();
    let act = AccountAct::LogOutEverywhere { name: "alice".into(), except: Some(s(2)) };
    chat.act(Some(2), act);
    chat.told("s1: closed logged_out");
    assert_eq!(chat.chat.account("alice").unwrap().devices, 1);
    // It is still in the room, and so is its user.
    chat.ask(2, join("lobby"));
    chat.told("s2?: members lobby/1/2 again 2: alice bob");
    assert_code(&chat.refuses(&Story::resumption(5, "alice", 4)), Code::LoginRequired);
}

#[test]
fn a_login_is_a_new_attachment_with_a_new_secret() {
    let mut chat = lobby(Config::default());
    assert_code(&chat.refuses(&logging_in(2, "alice")), Code::AlreadyNamed);
    let Command::LogIn { account, token, .. } = logging_in(3, "alice") else { panic!() };
    let again = Command::LogIn { session: s(9), account, token };
    assert_code(&chat.refuses(&again), Code::AlreadyNamed);
    assert_code(&chat.refuses(&logging_in(9, "bob")), Code::BadLogin);
}
