//! What is kept for those who are away: invitations that still hold, and no more of anything than there is room for.

use chat_core::{AccountAct, Ask, Code, Config, ModeChange, PasswordHash};

use crate::story::{Story, assert_code, join, leave, say, whisper};

fn invite(room: &str, user: &str) -> Ask {
    Ask::Invite { room: room.into(), user: user.into() }
}

#[test]
fn of_many_invitations_the_last_ones_are_told_at_the_return() {
    let mut chat = Story::in_lobby(Config { invitations: 2, ..Config::default() }, &["alice", "bob"]);
    chat.ask(1, Ask::Kick { room: "lobby".into(), user: "bob".into(), reason: None });
    chat.ask(2, join("lobby"));
    chat.drop(2);
    chat.ask(1, Ask::Kick { room: "lobby".into(), user: "bob".into(), reason: None });
    for room in ["a", "b", "c", "d"] {
        chat.ask(1, join(room));
        chat.ask(1, invite(room, "bob"));
    }
    // That takes back the invitation from before, and a new one takes its place.
    let modes = ModeChange { invite_only: Some(true), ..ModeChange::default() };
    chat.ask(1, Ask::SetModes { room: "c".into(), modes });
    chat.ask(1, invite("c", "bob"));
    chat.take();
    chat.resume(3, "bob", 2);
    chat.told(
        "
        s3: attached bob resumed
        s3 (past): kicked lobby/1/5 bob by alice
        s3 (past): invited d bob by alice
        s3 (past): invited c bob by alice
        ",
    );
    let mut none = Story::in_lobby(Config { invitations: 0, ..Config::default() }, &["alice", "bob"]);
    none.ask(2, leave("lobby"));
    none.drop(2);
    none.ask(1, invite("lobby", "bob"));
    none.take();
    none.resume(3, "bob", 2);
    none.told("s3: attached bob resumed");
    // It stands all the same.
    none.ask(3, join("lobby"));
}

#[test]
fn an_invitation_that_holds_no_more_is_not_told() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(2, leave("lobby"));
    chat.drop(2);
    for room in ["gone", "again", "lobby"] {
        chat.ask(1, join(room));
        chat.ask(1, invite(room, "bob"));
    }
    // With its last member such a room goes, and what it knew of anybody; the next one of that name is another.
    chat.ask(1, leave("gone"));
    chat.ask(1, leave("again"));
    chat.attach(3, "carol");
    chat.ask(3, join("again"));
    chat.take();
    chat.resume(4, "bob", 2);
    chat.told("s4: attached bob resumed\n s4 (past): invited lobby bob by alice");
}

/// Alice has an account, and bob whispers to her.
fn with_alice() -> Story {
    let mut chat = Story::with_accounts(Config::default(), &["alice"]);
    chat.attach(9, "bob");
    chat
}

/// What the `n`-th attachment was told of whispers since the last look.
fn whispered(chat: &mut Story, n: u64) -> Vec<String> {
    let told = chat.take();
    let to = format!("s{n} (past): whispered ");
    told.lines().filter_map(|line| line.split_once(&to)).map(|(_, rest)| rest.to_owned()).collect()
}

const FIRST: &str = "1 bob to alice \"one\"";
const SECOND: &str = "2 bob to alice \"two\"";

#[test]
fn a_new_device_is_told_what_came_while_all_others_slept() {
    let mut chat = with_alice();
    chat.log_in(1, "alice");
    chat.ask(1, join("lobby"));
    chat.ask(1, say("lobby", "hi"));
    chat.ask(9, whisper("alice", "zero"));
    chat.drop(1);
    chat.ask(9, whisper("alice", "one"));
    chat.until_due();
    chat.ask(9, whisper("alice", "two"));
    chat.take();
    // What the other device had while it was there is told to that one only.
    chat.log_in(2, "alice");
    assert_eq!(whispered(&mut chat, 2), [FIRST, SECOND]);
    // The one that slept has them by its own count, and nobody is told them a third time.
    chat.resume_by(3, 1);
    assert_eq!(chat.whispers_after(3, 1).len(), 2);
    chat.take();
    chat.log_in(4, "alice");
    assert_eq!(whispered(&mut chat, 4), [""; 0]);
}

#[test]
fn what_a_device_kept_that_is_logged_out_is_told_to_the_next() {
    let mut chat = with_alice();
    chat.log_in(1, "alice");
    chat.drop(1);
    chat.ask(9, whisper("alice", "one"));
    chat.act(
        None,
        AccountAct::SetPassword { name: "alice".into(), password: Some(PasswordHash("2".into())) },
    );
    chat.ask(9, whisper("alice", "two"));
    chat.take();
    chat.log_in(2, "alice");
    assert_eq!(whispered(&mut chat, 2), [FIRST, SECOND]);
}

#[test]
fn a_login_whose_welcome_may_be_lost_leaves_what_waits_for_the_next() {
    let mut chat = with_alice();
    chat.ask(9, whisper("alice", "one"));
    chat.log_in(1, "alice");
    // Asked by the server itself, for the rooms to begin in.
    chat.ask(1, join("lobby"));
    chat.ask(9, whisper("alice", "two"));
    chat.take();
    chat.drop(1);
    chat.log_in(2, "alice");
    assert_eq!(whispered(&mut chat, 2), [FIRST, SECOND]);
    chat.quit(2);
    chat.log_in(3, "alice");
    assert_eq!(whispered(&mut chat, 3), [""; 0], "whoever says goodbye has read them");
    chat.ask(9, whisper("alice", "one"));
    chat.ask_as(3, 1, whisper("bob", "thanks"));
    chat.drop(3);
    chat.take();
    chat.log_in(4, "alice");
    assert_eq!(whispered(&mut chat, 4), [""; 0], "whoever asks something has read them");
}

#[test]
fn no_sender_takes_all_the_room_that_waits_for_whispers() {
    let config = Config { account_whispers: 8, account_whisper_bytes: 80, ..Config::default() };
    let mut chat = Story::with_accounts(config, &["alice"]);
    for (n, name) in [(2, "bob"), (3, "carol"), (4, "dan"), (5, "eve")] {
        chat.attach(n, name);
    }
    let full = |chat: &mut Story, n, body: &str| {
        assert_code(&chat.refused(n, 0, whisper("alice", body)), Code::WhispersFull);
    };
    chat.ask(2, whisper("alice", "one"));
    full(&mut chat, 2, "more bytes than a quarter");
    chat.ask(2, whisper("alice", "two"));
    full(&mut chat, 2, "3");
    // The first of a sender may be longer than a share.
    chat.ask(3, whisper("alice", &"x".repeat(30)));
    for n in [4, 5] {
        chat.ask(n, whisper("alice", &"y".repeat(22)));
    }
    full(&mut chat, 5, "z");
    chat.attach(6, "fay");
    full(&mut chat, 6, "full");
    chat.take();
    chat.log_in(1, "alice");
    assert_eq!(whispered(&mut chat, 1).len(), 5, "none that was taken is lost");
    chat.ask(1, join("lobby"));
    chat.ask(1, say("lobby", "hi"));
    chat.ask(2, whisper("alice", "more bytes than a quarter"));
}

#[test]
fn all_that_is_kept_for_those_away_has_a_limit() {
    let config = Config { kept_whisper_bytes: 10, ..Config::default() };
    let mut chat = Story::with_accounts(config, &["alice"]);
    chat.attach(2, "bob");
    chat.attach(3, "carol");
    // To somebody who is there it goes all the same, and is kept.
    chat.ask(2, whisper("carol", "123456789"));
    let full = |chat: &mut Story, to| {
        assert_code(&chat.refused(2, 0, whisper(to, "ab")), Code::WhispersFull);
    };
    full(&mut chat, "alice");
    chat.ask(2, whisper("carol", "abc"));
    chat.drop(3);
    full(&mut chat, "carol");
    chat.resume(4, "carol", 3);
    full(&mut chat, "alice");
    chat.quit(4);
    chat.ask(2, whisper("alice", "0123456789"));
    full(&mut chat, "alice");
    chat.chat = chat_core::Chat::restore(chat.chat.config().clone(), chat.chat.snapshot()).unwrap();
    full(&mut chat, "alice");
    chat.log_in(5, "alice");
    chat.quit(5);
    chat.ask(2, whisper("alice", "0123456789"));
}
