//! Roles, bans, mutes, keys and invitations: what everybody is told, and what is remembered of whom.

use std::sync::Arc;

use chat_core::{
    AccountAct, Answer, Ask, Chat, Code, Command, Config, HistoryFrom, ModeChange, Number, RequestId, Role,
    RoomName, UserName,
};

use crate::story::{Story, accept, assert_code, join, leave, offer, s, say, token, topic};

fn kick(user: &str) -> Ask {
    Ask::Kick { room: "lobby".into(), user: user.into(), reason: Some("too loud".into()) }
}

fn ban(user: &str, for_ms: Option<u64>) -> Ask {
    Ask::Ban { room: "lobby".into(), user: user.into(), for_ms, reason: None }
}

fn role(user: &str, role: Role) -> Ask {
    Ask::SetRole { room: "lobby".into(), user: user.into(), role }
}

fn invite(user: &str) -> Ask {
    Ask::Invite { room: "lobby".into(), user: user.into() }
}

fn modes(modes: ModeChange) -> Ask {
    Ask::SetModes { room: "lobby".into(), modes }
}

fn invite_only() -> ModeChange {
    ModeChange { invite_only: Some(true), ..ModeChange::default() }
}

fn private() -> Ask {
    modes(invite_only())
}

fn enter(key: &str) -> Ask {
    Ask::Enter { room: "lobby".into(), key: key.into(), since: None }
}

fn delete(from: u64, request: u64, number: u64, author: Option<&str>) -> Command {
    let author = author.map(|name| UserName::new(name, 32).unwrap());
    Command::Delete {
        from: s(from),
        request: RequestId(request),
        room: "lobby".into(),
        number: Number(number),
        author,
    }
}

fn log_in(chat: &mut Story, n: u64, name: &str) {
    let register = AccountAct::Register { name: name.into(), password: None };
    // A second device of an account that is there.
    let _ = chat.enter(&Command::Account { by: None, act: register });
    chat.enter(&Command::LogIn { session: s(n), account: name.into(), token: token(n) }).unwrap();
}

#[test]
fn whoever_makes_a_room_keeps_its_peace() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, role("bob", Role::Moderator));
    chat.ask_as(2, 7, kick("carol"));
    chat.ask_as(2, 7, kick("carol"));
    chat.ask(3, join("lobby"));
    chat.told(
        r#"
        s1? s2 s3: role lobby/1/4 bob moderator by alice
        s2?7 s1 s3: kicked lobby/1/5 carol by bob "too loud"
        s2?7: kicked lobby/1/5 carol by bob "too loud"
        s3?: members lobby/1/5 2: alice bob
        s1 s2 s3: joined lobby/1/6 carol
        "#,
    );
    assert_code(&chat.refused(2, 0, kick("alice")), Code::NotAllowed);
    chat.ask(1, role("bob", Role::Member));
    let rejection = chat.refused(2, 0, kick("carol"));
    assert_eq!(rejection.to_string(), "in #lobby only a moderator, an owner or an operator may do that");
}

#[test]
fn the_banned_are_put_out_and_stay_out_until_then() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, ban("bob", Some(10_000)));
    let rejection = chat.refused(2, 0, join("lobby"));
    assert_eq!(rejection.to_string(), "you are banned from #lobby until 1970-01-01 00:00:15 UTC");
    chat.pass(10_000);
    chat.ask(2, join("lobby"));
    chat.told(
        "
        s1? s2: ban lobby/1/3 bob by alice until 00:00:15
        s1 s2: kicked lobby/1/4 bob by alice (banned)
        s2?: members lobby/1/4 1: alice
        s1 s2: joined lobby/1/5 bob
        ",
    );
}

#[test]
fn whoever_comes_with_a_role_is_ranked_behind_the_join() {
    let mut chat = Story::new();
    for (n, name) in [(1, "alice"), (2, "bob"), (9, "carol")] {
        log_in(&mut chat, n, name);
        chat.ask(n, join("lobby"));
    }
    chat.ask(1, role("bob", Role::Moderator));
    chat.ask(2, leave("lobby"));
    chat.ask(9, leave("lobby"));
    chat.take();
    chat.ask(2, join("lobby"));
    chat.ask(9, join("lobby"));
    chat.told(
        "
        s2?: members lobby/1/6 1: alice
        s1 s2: joined lobby/1/7 bob
        s1 s2: ranked lobby bob moderator
        s9?: members lobby/1/7 2: alice bob
        s1 s2 s9: joined lobby/1/8 carol
        ",
    );
    // A device that slept reads of its own return; the others are told.
    chat.drop(2);
    chat.until_due();
    chat.take();
    chat.resume(4, "bob", 2);
    chat.told(
        "
        s1: joined lobby/1/10 bob
        s1: ranked lobby bob moderator
        s9: joined lobby/1/10 bob
        s9: ranked lobby bob moderator
        s4: attached bob resumed lobby/1/10
        ",
    );
    // Whoever is alone knows.
    for n in [9, 4, 1] {
        chat.ask(n, leave("lobby"));
    }
    chat.take();
    chat.ask(1, join("lobby"));
    chat.told("s1?: members lobby/1/13 0:\ns1: joined lobby/1/14 alice");
}

#[test]
fn one_who_was_put_out_while_away_is_told_at_the_return() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.drop(2);
    chat.drop(3);
    chat.ask(1, kick("bob"));
    // Both fall asleep.
    chat.until_due();
    chat.until_due();
    chat.ask(1, ban("carol", None));
    chat.take();
    chat.resume(4, "bob", 2);
    chat.resume(5, "carol", 3);
    chat.told(
        r#"
        s4: attached bob resumed
        s4 (past): kicked lobby/1/4 bob by alice "too loud"
        s5: attached carol resumed
        s5: refused banned: you are banned from #lobby
        "#,
    );
    // Once.
    chat.drop(4);
    chat.resume(6, "bob", 4);
    chat.told("s6: attached bob resumed");
}

#[test]
fn a_key_opens_a_room_and_an_invitation_does_too() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.ask(1, modes(ModeChange { key: Some("sesame".into()), ..ModeChange::default() }));
    for (n, name) in [(2, "bob"), (3, "carol")] {
        chat.attach(n, name);
    }
    chat.take();
    assert_code(&chat.refused(2, 0, join("lobby")), Code::BadKey);
    for wrong in ["", "Sesame", "sesame ", "\u{1b}[m\0"] {
        assert_code(&chat.refused(2, 0, enter(wrong)), Code::BadKey);
    }
    chat.ask(2, enter("sesame"));
    chat.ask(2, enter("no matter"));
    chat.ask_as(2, 5, invite("carol"));
    chat.ask(3, join("lobby"));
    chat.told(
        "
        s2?: members lobby/1/2 1: alice
        s1 s2: joined lobby/1/3 bob
        s2?: members lobby/1/3 again 2: alice bob
        s3: invited lobby carol by bob
        s2?5: invited lobby carol by bob
        s3?: members lobby/1/3 2: alice bob
        s1 s2 s3: joined lobby/1/4 carol
        ",
    );
    chat.ask(1, modes(ModeChange { key: Some("".into()), ..ModeChange::default() }));
    chat.told("s1? s2 s3: modes lobby/1/5 by alice: none");
}

#[test]
fn whoever_sleeps_comes_back_into_a_private_room_but_a_leaver_does_not() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, private());
    chat.drop(2);
    chat.until_due();
    chat.ask(3, leave("lobby"));
    chat.take();
    chat.resume(4, "bob", 2);
    chat.told("s1: joined lobby/1/7 bob\ns4: attached bob resumed lobby/1/7");
    assert_code(&chat.refused(3, 0, join("lobby")), Code::CannotJoin);
    let Ok(Answer::Rooms { total, rooms, .. }) = chat.chat.rooms(s(3), None) else { panic!() };
    assert_eq!((total, rooms.len()), (0, 0));
}

#[test]
fn an_accounts_next_session_comes_in_until_it_leaves() {
    for modes in [ModeChange { key: Some("sesame".into()), ..ModeChange::default() }, invite_only()] {
        let mut chat = Story::new();
        for (n, name) in [(1, "owner"), (2, "alice"), (3, "alice")] {
            log_in(&mut chat, n, name);
        }
        chat.ask(1, join("lobby"));
        chat.ask(2, join("lobby"));
        chat.ask(1, Ask::SetModes { room: "lobby".into(), modes });
        // Another device, and a later one.
        chat.ask(3, join("lobby"));
        chat.quit(2);
        chat.quit(3);
        log_in(&mut chat, 4, "alice");
        log_in(&mut chat, 5, "alice");
        chat.ask(4, join("lobby"));
        chat.ask(5, join("lobby"));
        // One device that leaves is not the user who leaves.
        chat.ask(4, leave("lobby"));
        chat.ask(4, join("lobby"));
        chat.ask(4, leave("lobby"));
        chat.ask(5, leave("lobby"));
        let code = chat.refused(5, 0, join("lobby")).code();
        assert!([Code::BadKey, Code::CannotJoin].contains(&code), "{code:?}");
        chat.ask(1, invite("alice"));
        chat.ask(5, join("lobby"));
        chat.ask(1, kick("alice"));
        assert_eq!(chat.refused(5, 0, join("lobby")).code(), code);
    }
}

#[test]
fn a_member_is_told_of_the_own_mute_and_of_no_others() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    for user in ["bob", "carol"] {
        let (room, user) = ("lobby".into(), user.into());
        chat.ask(1, Ask::Mute { room, user, for_ms: Some(60_000), reason: Some("hush".into()) });
    }
    let mutes = |chat: &Story, n| {
        let Ok(Answer::Room { users, .. }) = chat.chat.room_order(s(n), "lobby") else { panic!() };
        let muted = users.into_iter().filter(|told| told.muted.is_some());
        muted.map(|told| told.user.to_string()).collect::<Vec<_>>()
    };
    assert_eq!([mutes(&chat, 1), mutes(&chat, 2)], [vec!["bob", "carol"], vec!["bob"]]);
    chat.pass(60_000);
    chat.ask(1, say("lobby", "the clock goes on"));
    assert_eq!([mutes(&chat, 1), mutes(&chat, 2)], [[""; 0]; 2]);
}

#[test]
fn slow_mode_holds_back_members_and_says_for_how_long() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, modes(ModeChange { slow_s: Some(10), ..ModeChange::default() }));
    chat.ask(2, say("lobby", "one"));
    let refusal = chat_core::Refusal::from(&chat.refused(2, 0, say("lobby", "two")));
    assert_eq!((&*refusal.reason, refusal.retry_after_ms), ("slow_mode", Some(9_000)));
    chat.ask(1, say("lobby", "one"));
    chat.ask(1, say("lobby", "two"));
    chat.pass(6_000);
    chat.ask(2, say("lobby", "two"));
    for wrong in [
        ModeChange { slow_s: Some(121), ..ModeChange::default() },
        ModeChange { retention_ms: Some(1 << 53), ..ModeChange::default() },
    ] {
        assert_code(&chat.refused(1, 0, modes(wrong)), Code::BadAsk);
    }
}

#[test]
fn slow_mode_holds_back_topics_and_offers_like_words() {
    let words = || [say("lobby", "one"), topic("lobby", "two"), offer("#lobby")];
    for first in words() {
        let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
        chat.ask(1, modes(ModeChange { slow_s: Some(10), ..ModeChange::default() }));
        chat.ask(2, first);
        for next in words() {
            assert_code(&chat.refused(2, 0, next), Code::SlowMode);
        }
        chat.pass(10_000);
        words().into_iter().for_each(|word| chat.ask(1, word));
        chat.ask(2, offer("#lobby"));
    }
}

#[test]
fn a_room_remembers_accounts_and_forgets_guests() {
    let mut chat = Story::new();
    log_in(&mut chat, 1, "alice");
    chat.attach(2, "bob");
    chat.ask(1, join("lobby"));
    chat.ask(2, join("lobby"));
    chat.ask(2, join("den"));
    chat.ask(1, role("bob", Role::Moderator));
    // A guest's role moves with the session, and ends with it.
    chat.drop(2);
    chat.resume(3, "bob", 2);
    chat.ask(3, topic("lobby", "kept"));
    chat.ask(
        1,
        Ask::SetModes {
            room: "lobby".into(),
            modes: ModeChange { moderated: Some(true), ..ModeChange::default() },
        },
    );
    chat.ask(3, say("lobby", "I may"));
    chat.quit(3);
    chat.attach(4, "bob");
    chat.ask(4, join("lobby"));
    assert_code(&chat.refused(4, 0, say("lobby", "I too?")), Code::NotAllowed);
    // So is a room that a guest made.
    assert!(chat.chat.head(&RoomName::new("den", 64).unwrap()).is_none());
}

#[test]
fn an_owners_account_keeps_an_empty_room_and_its_bans() {
    let mut chat = Story::new();
    for (n, name) in [(1, "alice"), (2, "bob")] {
        log_in(&mut chat, n, name);
        chat.ask(n, join("lobby"));
    }
    chat.ask(1, ban("bob", None));
    chat.quit(1);
    chat.quit(2);
    let restored = Chat::restore(chat.chat.config().clone(), chat.chat.snapshot()).unwrap();
    assert_eq!(restored.digest(), chat.chat.digest());
    chat.chat = restored;
    log_in(&mut chat, 3, "alice");
    log_in(&mut chat, 4, "bob");
    assert_code(&chat.refused(4, 0, join("lobby")), Code::Banned);
    chat.ask(3, join("lobby"));
    chat.ask(3, Ask::Unban { room: "lobby".into(), user: "bob".into() });
    chat.ask(4, join("lobby"));
    assert_code(&chat.refused(4, 0, kick("alice")), Code::NotAllowed);
}

#[test]
fn an_invitation_from_before_the_lock_opens_nothing() {
    for lock in &locks()[..2] {
        let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
        log_in(&mut chat, 3, "carol");
        chat.attach(4, "dave");
        chat.ask(2, invite("carol"));
        chat.ask(2, invite("dave"));
        chat.ask(1, modes(lock.clone()));
        let code = if lock.key.is_some() { Code::BadKey } else { Code::CannotJoin };
        assert_code(&chat.refused(3, 0, join("lobby")), code);
        assert_code(&chat.refused(4, 0, join("lobby")), code);
        chat.ask(1, invite("carol"));
        chat.ask(1, modes(ModeChange { slow_s: Some(1), ..ModeChange::default() }));
        // Other modes take nothing away. Once one is in, the invitation is used.
        chat.ask(3, join("lobby"));
        chat.ask(3, leave("lobby"));
        assert_code(&chat.refused(3, 0, join("lobby")), code);
        chat.ask(1, invite("carol"));
        if lock.key.is_some() {
            chat.ask(1, modes(ModeChange { key: Some("another".into()), ..ModeChange::default() }));
            assert_code(&chat.refused(3, 0, join("lobby")), code);
        }
    }
}

#[test]
fn who_is_muted_asks_nobody_in() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.attach(3, "carol");
    let mute = Ask::Mute { room: "lobby".into(), user: "bob".into(), for_ms: Some(5_000), reason: None };
    chat.ask(1, mute);
    assert_code(&chat.refused(2, 0, invite("carol")), Code::Muted);
    chat.pass(5_000);
    chat.ask(2, invite("carol"));
}

/// Modes that keep out, or silent, whoever comes next.
fn locks() -> [ModeChange; 3] {
    let key = ModeChange { key: Some("sesame".into()), ..ModeChange::default() };
    [invite_only(), key, ModeChange { moderated: Some(true), ..ModeChange::default() }]
}

#[test]
fn a_room_that_guests_closed_ends_with_the_last_who_would_return() {
    for lock in locks() {
        let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
        chat.ask(1, say("lobby", "x"));
        chat.ask(1, modes(lock));
        chat.ask(2, leave("lobby"));
        chat.drop(1);
        let lobby = RoomName::new("lobby", 64).unwrap();
        // It falls asleep, and returns.
        chat.until_due();
        chat.resume(3, "alice", 1);
        assert_eq!(chat.chat.members(&lobby), Some(&[s(3)][..]));
        chat.drop(3);
        chat.until_due();
        let old = chat.chat.head(&lobby).unwrap();
        chat.until_due();
        assert_eq!(chat.chat.head(&lobby), None);
        chat.take();
        // Whoever comes next has another room of that name, and owns it.
        chat.ask(2, join("lobby"));
        assert!(chat.chat.head(&lobby).unwrap().epoch != old.epoch);
        chat.ask(2, private());
        chat.ask(2, say("lobby", "mine"));
        chat.quit(2);
        assert_eq!(chat.chat.head(&lobby), None);
    }
}

#[test]
fn a_closed_room_stays_for_an_account_that_was_let_in_and_if_it_is_the_servers() {
    let lobby = RoomName::new("lobby", 64).unwrap();
    let mut chat = Story::new();
    chat.attach(1, "guest");
    log_in(&mut chat, 2, "alice");
    chat.ask(1, join("lobby"));
    chat.ask(2, join("lobby"));
    chat.ask(1, say("lobby", "x"));
    chat.ask(1, private());
    chat.quit(1);
    chat.quit(2);
    log_in(&mut chat, 3, "alice");
    chat.ask(3, join("lobby"));
    chat.ask(3, leave("lobby"));
    assert_eq!(chat.chat.head(&lobby), None);

    for lock in locks() {
        let mut chat = Story::with(Config { server_rooms: vec![lobby.clone()], ..Config::default() });
        log_in(&mut chat, 1, "root1");
        let operator = AccountAct::SetOperator { name: "root1".into(), is_operator: true };
        chat.enter(&Command::Account { by: None, act: operator }).unwrap();
        chat.ask(1, join("lobby"));
        chat.ask(1, say("lobby", "x"));
        chat.ask(1, modes(lock));
        chat.ask(1, leave("lobby"));
        assert!(chat.chat.head(&lobby).is_some());
    }
}

#[test]
fn all_devices_of_an_account_are_put_out_at_once() {
    let mut chat = Story::new();
    log_in(&mut chat, 1, "alice");
    log_in(&mut chat, 2, "bob");
    log_in(&mut chat, 3, "bob");
    for n in 1..=3 {
        chat.ask(n, join("lobby"));
    }
    chat.take();
    chat.ask(1, kick("bob"));
    chat.told(r#"s1? s2 s3: kicked lobby/1/3 bob by alice "too loud""#);
    let lobby = RoomName::new("lobby", 64).unwrap();
    assert_eq!(chat.chat.members(&lobby), Some(&[s(1)][..]));
}

#[test]
fn one_takes_back_ones_own_words_and_a_moderator_those_of_others() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(2, say("lobby", "oops"));
    chat.take();
    chat.enter(&delete(2, 3, 3, Some("bob"))).unwrap();
    chat.enter(&delete(2, 3, 3, None)).unwrap();
    // Alice looked the author up when it was still there.
    assert_code(&chat.refuses(&delete(1, 0, 3, Some("bob"))), Code::NoSuchMessage);
    chat.ask(2, say("lobby", "oops again"));
    chat.enter(&delete(1, 0, 5, Some("bob"))).unwrap();
    chat.told(
        r#"
        s2?3 s1: deleted lobby/1/4 3 by bob
        s2?3: deleted lobby/1/4 3 by bob
        s2? s1: said lobby/1/5 bob "oops again"
        s1? s2: deleted lobby/1/6 5 by alice
        "#,
    );
    chat.ask(2, say("lobby", "kept"));
    for (number, author) in [(7, None), (0, Some("bob")), (99, Some("bob"))] {
        assert_code(&chat.refuses(&delete(2, 0, number, author)), Code::NoSuchMessage);
    }
    assert_code(&chat.refuses(&delete(2, 0, 7, Some("alice"))), Code::NotAllowed);
    // Another guest of that name said it, before this one came.
    chat.quit(2);
    chat.attach(3, "bob");
    chat.ask(3, join("lobby"));
    assert_code(&chat.refuses(&delete(3, 0, 7, Some("bob"))), Code::NotAllowed);
}

#[test]
fn with_history_from_join_one_reads_from_the_first_join_on() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, modes(ModeChange { history: Some(HistoryFrom::Join), ..ModeChange::default() }));
    let lobby = RoomName::new("lobby", 64).unwrap();
    assert_eq!(chat.chat.visible_from(s(2), &lobby), Some(Number(2)));
    chat.attach(3, "carol");
    assert_eq!(chat.chat.visible_from(s(3), &lobby), None);
    chat.ask(3, join("lobby"));
    assert_eq!(chat.chat.visible_from(s(3), &lobby), Some(Number(4)));
    // Sleep is no leave.
    chat.drop(3);
    chat.until_due();
    chat.resume(4, "carol", 3);
    assert_eq!(chat.chat.visible_from(s(4), &lobby), Some(Number(4)));
    chat.ask(4, leave("lobby"));
    chat.ask(4, join("lobby"));
    assert_eq!(chat.chat.visible_from(s(4), &lobby), Some(Number(8)));
    chat.ask(1, modes(ModeChange { history: Some(HistoryFrom::Start), ..ModeChange::default() }));
    assert_eq!(chat.chat.visible_from(s(4), &lobby), Some(Number(1)));
}

#[test]
fn who_keeps_order_deletes_what_came_before_the_own_join() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, modes(ModeChange { history: Some(HistoryFrom::Join), ..ModeChange::default() }));
    for body in ["one", "two", "three"] {
        chat.ask(2, say("lobby", body));
    }
    chat.attach(3, "carol");
    chat.ask(3, join("lobby"));
    assert_code(&chat.refuses(&delete(3, 0, 4, Some("bob"))), Code::NoSuchMessage);
    chat.ask(1, role("carol", Role::Moderator));
    chat.enter(&delete(3, 0, 4, Some("bob"))).unwrap();
    // An operator from outside.
    log_in(&mut chat, 4, "root1");
    assert_code(&chat.refuses(&delete(4, 0, 5, Some("bob"))), Code::NotAMember);
    let operator = AccountAct::SetOperator { name: "root1".into(), is_operator: true };
    chat.enter(&Command::Account { by: None, act: operator }).unwrap();
    chat.enter(&delete(4, 0, 5, Some("bob"))).unwrap();
    assert_code(&chat.refuses(&delete(4, 0, 99, Some("bob"))), Code::NoSuchMessage);
}

fn acts(chat: &Story, before: Option<u64>) -> (Vec<String>, bool) {
    let Answer::Audit { entries, more } = chat.chat.audit(s(3), before).unwrap() else {
        panic!("the answer to another question")
    };
    let line = |entry: &chat_core::AuditEntry| {
        let by = entry.by.as_ref().map_or("server", |by| by.as_str());
        format!("{} {by} {} {}", entry.number, entry.act, entry.user.as_ref().unwrap())
    };
    (entries.iter().map(line).collect(), more)
}

#[test]
fn operators_look_up_who_did_what() {
    let mut chat = Story::in_lobby(Config { audit: 3, ..Config::default() }, &["alice", "bob"]);
    let register = AccountAct::Register { name: "root1".into(), password: None };
    chat.enter(&Command::Account { by: None, act: register }).unwrap();
    let operator = AccountAct::SetOperator { name: "root1".into(), is_operator: true };
    chat.enter(&Command::Account { by: None, act: operator }).unwrap();
    chat.enter(&Command::LogIn { session: s(3), account: "root1".into(), token: token(3) }).unwrap();
    chat.ask(1, role("bob", Role::Moderator));
    chat.ask(1, ban("bob", Some(60_000)));
    chat.ask(3, Ask::Unban { room: "lobby".into(), user: "bob".into() });
    let (promoted, banned) = ("1 server operator root1".to_owned(), "3 alice ban bob".to_owned());
    // Of the room's the oldest went, not what was done to an account.
    assert_eq!(acts(&chat, Some(3)), (vec![promoted], false));
    assert_eq!(acts(&chat, Some(4)).0[0], banned);
    assert_code(&chat.chat.audit(s(1), None).unwrap_err(), Code::NotAllowed);

    // What is done to somebody's account is there too, but not what people do to their own.
    let disable = AccountAct::SetDisabled { name: "root1".into(), is_disabled: false };
    chat.enter(&Command::Account { by: None, act: disable }).unwrap();
    let own = AccountAct::SetPassword { name: "root1".into(), password: None };
    chat.enter(&Command::Account { by: Some(s(3)), act: own.clone() }).unwrap();
    assert_eq!(acts(&chat, None).0[0], "4 root1 unban bob", "nothing changed, or it was their own");
    let out = AccountAct::LogOutEverywhere { name: "root1".into(), except: Some(s(3)) };
    chat.enter(&Command::Account { by: None, act: out }).unwrap();
    assert_eq!(acts(&chat, None).0[0], "5 server log out root1");
}

#[test]
fn what_is_like_that_already_is_said_to_nobody() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, role("bob", Role::Moderator));
    chat.ask(1, ban("carol", Some(60_000)));
    chat.take();
    let before = chat.chat.digest();
    let lobby = || Arc::from("lobby");
    for (ask, code) in [
        (role("bob", Role::Moderator), Code::NothingToDo),
        (Ask::Unban { room: lobby(), user: "bob".into() }, Code::NothingToDo),
        (Ask::Unmute { room: lobby(), user: "carol".into() }, Code::NothingToDo),
        (modes(ModeChange { moderated: Some(false), ..ModeChange::default() }), Code::NothingToDo),
        (modes(ModeChange::default()), Code::NothingToDo),
        (invite("bob"), Code::NothingToDo),
        (invite("carol"), Code::Banned),
    ] {
        assert_code(&chat.refused(1, 0, ask), code);
    }
    chat.told("");
    assert_eq!(chat.chat.digest(), before);
    // A ban that has ended by itself is none to lift.
    chat.pass(60_000);
    assert_code(&chat.refused(1, 0, Ask::Unban { room: lobby(), user: "carol".into() }), Code::NothingToDo);
    chat.ask(1, invite("carol"));
}

#[test]
fn an_invitation_reaches_who_was_away_at_the_return_and_once() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.attach(2, "bob");
    chat.attach(3, "carol");
    chat.ask(1, private());
    chat.drop(2);
    chat.ask(1, invite("bob"));
    assert_code(&chat.refused(1, 0, invite("bob")), Code::NothingToDo);
    // It falls asleep.
    chat.until_due();
    chat.take();
    chat.resume(4, "bob", 2);
    chat.told(
        r#"
        s4: attached bob resumed
        s4 (past): invited lobby bob by alice
        "#,
    );
    chat.ask(4, join("lobby"));
    chat.take();
    chat.drop(4);
    chat.resume(5, "bob", 4);
    chat.told("s5: attached bob resumed lobby/1/3");
}

#[test]
fn who_is_demoted_in_the_middle_of_a_command_is_judged_by_what_came_first() {
    for is_first in [true, false] {
        let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
        chat.ask(1, role("bob", Role::Moderator));
        chat.take();
        let demotion = role("bob", Role::Member);
        if is_first {
            chat.ask(1, demotion);
            assert_code(&chat.refused(2, 0, kick("carol")), Code::NotAllowed);
        } else {
            chat.ask(2, kick("carol"));
            chat.ask(1, demotion);
        }
        assert_code(&chat.refused(2, 0, kick("carol")), Code::NotAllowed);
        let is_in = chat.chat.member_place(s(3), "lobby").is_ok();
        assert_eq!(is_in, is_first, "one of them came first, and nothing is half-done");
    }
}

#[test]
fn a_kick_in_the_middle_of_a_file_ends_that_copy_and_no_other() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob", "carol"]);
    chat.ask(1, offer("#lobby"));
    chat.ask(2, accept(1, 0));
    chat.ask(3, accept(1, 0));
    chat.take();
    chat.ask(1, kick("bob"));
    chat.told(
        r#"
        s1? s2 s3: kicked lobby/1/4 bob by alice "too loud"
        s1: cancelled 1 bob by bob (left)
        s2: cancelled 1 bob by bob (left)
        "#,
    );
    assert!(chat.transfers(1)[0].contains("carol 0 Running"), "{:?}", chat.transfers(1));
    // The sender is put out: nobody gets more of it.
    chat.ask(1, role("carol", Role::Owner));
    chat.ask(1, role("alice", Role::Member));
    chat.take();
    chat.ask(3, kick("alice"));
    assert!(chat.take().contains("s3: closed 1 (left)"));
}
