//! Names, and sessions that outlive their connections.

use chat_core::{Code, Command, Config, NodeId, Rejection, SessionId, TokenHash};

use crate::story::{Story, assert_code, join, s, say, token, whisper};

fn attach(n: u64, name: &str) -> Command {
    Command::Attach { session: s(n), name: name.into(), token: token(n), resume: None }
}

#[test]
fn a_name_is_taken_by_one() {
    let mut chat = Story::new();
    chat.attach(1, "Alice");
    let taken = chat.refuses(&attach(2, "aLICE"));
    assert_eq!(taken.to_string(), "\"aLICE\" is taken, choose another name");
    chat.attach(2, "@bob");
    chat.told(
        "
        s1: attached Alice
        s2: attached bob
        ",
    );
}

#[test]
fn what_is_no_name_or_is_the_servers_is_refused() {
    let mut chat = Story::new();
    for bad in ["", "@", "no body", "-x", "é", "a\n", &"x".repeat(33)] {
        assert_code(&chat.refuses(&attach(1, bad)), Code::BadName);
    }
    for kept in ["server", "ROOT", "Everyone"] {
        assert_code(&chat.refuses(&attach(1, kept)), Code::NameReserved);
    }
    chat.attach(1, &"x".repeat(32));
    assert_code(&chat.refuses(&attach(1, "other")), Code::AlreadyNamed);
}

#[test]
fn a_drop_is_silent_and_so_is_the_return() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.drop(1);
    chat.ask(2, say("lobby", "still there?"));
    chat.pass(20_000);
    chat.tick();
    assert_code(&chat.refuses(&attach(3, "alice")), Code::NameTaken);
    chat.resume(3, "alice", 1);
    chat.ask(3, say("lobby", "yes"));
    // The first line names s1, whose connection is gone: the edge keeps it from going anywhere.
    chat.told(
        r#"
        s2? s1: said lobby/1/3 bob "still there?"
        s3: attached alice resumed lobby/1/3
        s3? s2: said lobby/1/4 alice "yes"
        "#,
    );
    assert_eq!(chat.chat.next_deadline(), None);
}

#[test]
fn a_resumed_session_keeps_its_name_whatever_the_client_says() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.drop(1);
    chat.resume(2, "not even a name", 1);
    chat.told("s2: attached alice resumed lobby/1/1");
}

#[test]
fn a_connection_that_still_stands_is_replaced() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.resume(3, "alice", 1);
    chat.told(
        "
        s1: replaced
        s3: attached alice resumed lobby/1/2
        ",
    );
    // The old connection is fenced: neither its asks nor its end count.
    assert_eq!(chat.refused(1, 0, say("lobby", "I was here")), Rejection::NoSession);
    assert_eq!(
        chat.refuses(&Command::Detach { session: s(1), why: chat_core::Detach::Drop }),
        Rejection::NoSession
    );
    // Twice in a row, and from another node.
    let far = SessionId::new(NodeId(9), 1);
    let command =
        Command::Attach { session: far, name: "alice".into(), token: token(77), resume: Some(token(1)) };
    chat.enter(&command).unwrap();
    chat.told(
        "
        s3: replaced
        s9.1: attached alice resumed lobby/1/2
        ",
    );
    assert_eq!(chat.chat.members(&chat_core::RoomName::new("lobby", 64).unwrap()), Some(&[s(2), far][..]));
}

#[test]
fn a_secret_that_is_known_is_no_new_one() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    let again =
        Command::Attach { session: s(2), name: "alice".into(), token: token(1), resume: Some(token(1)) };
    assert_code(&chat.refuses(&again), Code::AlreadyNamed);
    let thief = Command::Attach { session: s(3), name: "eve".into(), token: token(1), resume: None };
    assert_code(&chat.refuses(&thief), Code::AlreadyNamed);
}

#[test]
fn an_unknown_secret_begins_a_new_session() {
    let mut chat = Story::new();
    chat.resume(1, "alice", 99);
    chat.told("s1: attached alice");
}

#[test]
fn one_who_stays_away_has_left_but_may_come_back() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.ask(1, join("den"));
    chat.told(
        "
        s1?: members den/2/0 0:
        s1: joined den/2/1 alice
        ",
    );
    chat.drop(1);
    chat.until_due();
    assert_code(&chat.refused(2, 0, whisper("alice", "gone?")), Code::NoSuchUser);
    chat.ask(2, say("lobby", "pity"));
    // The den was empty and without history: it is made anew. What she missed, and her own joins with it, she
    // reads from the store.
    chat.resume(3, "alice", 1);
    chat.told_at(
        r#"
        00:00:36 s2: left lobby/1/3 alice (lost)
        00:00:36: left den/2/2 alice (lost)
        00:00:38 s2?: said lobby/1/4 bob "pity"
        00:00:39 s2: joined lobby/1/5 alice
        00:00:39 s2: ranked lobby alice owner
        00:00:39: joined den/3/1 alice
        00:00:39 s3: attached alice resumed lobby/1/5 den/3/1
        "#,
    );
    chat.ask(3, say("lobby", "back"));
    chat.told(r#"s3? s2: said lobby/1/6 alice "back""#);
}

#[test]
fn one_who_sleeps_past_the_end_is_forgotten() {
    let mut chat = Story::in_lobby(Config::default(), &["alice", "bob"]);
    chat.drop(1);
    chat.until_due();
    chat.told("s2: left lobby/1/3 alice (lost)");
    chat.until_due();
    chat.told("");
    assert_eq!(chat.chat.next_deadline(), None);
    chat.resume(3, "alice", 1);
    chat.told("s3: attached alice");
}

#[test]
fn a_name_that_was_free_may_be_another_users_on_return() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.drop(1);
    chat.until_due();
    chat.attach(2, "ALICE");
    assert_code(&chat.refuses(&Story::resumption(3, "alice", 1)), Code::NameTaken);
    chat.quit(2);
    chat.resume(3, "alice", 1);
}

#[test]
fn without_a_time_to_sleep_the_end_comes_at_once() {
    let config = Config { linger_ms: 5_000, resumable_ms: 5_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    chat.drop(1);
    chat.until_due();
    chat.resume(3, "alice", 1);
    chat.told(
        "
        s2: left lobby/1/3 alice (lost)
        s3: attached alice
        ",
    );
}

#[test]
fn a_node_that_goes_or_comes_anew_drops_its_sessions() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    for (node, name) in [(1, "bob"), (2, "carol")] {
        let session = SessionId::new(NodeId(node), 1);
        let command =
            Command::Attach { session, name: name.into(), token: token(100 + u64::from(node)), resume: None };
        chat.enter(&command).unwrap();
    }
    chat.enter(&Command::NodeDown { node: NodeId(1) }).unwrap();
    chat.enter(&Command::NodeUp { node: NodeId(2) }).unwrap();
    chat.told(
        "
        s1.1: attached bob
        s2.1: attached carol
        ",
    );
    assert_eq!(chat.chat.user(s(1)).unwrap().as_str(), "alice");
    for node in [1, 2] {
        let session = SessionId::new(NodeId(node), 1);
        assert_eq!(chat.chat.user(session), None);
        let gone = Command::Detach { session, why: chat_core::Detach::Quit };
        assert_code(&chat.refuses(&gone), Code::NoSession);
        let back = Command::Attach {
            session: SessionId::new(NodeId(node), 2),
            name: "x".into(),
            token: token(200 + u64::from(node)),
            resume: Some(token(100 + u64::from(node))),
        };
        chat.enter(&back).unwrap();
    }
    chat.told(
        "
        s1.2: attached bob resumed
        s2.2: attached carol resumed
        ",
    );
}

#[test]
fn a_session_that_nobody_can_resume_ends_with_its_connection() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    for (counter, name) in [(2, "bob"), (3, "carol"), (4, "dan")] {
        let token = TokenHash::of_no_secret(s(counter));
        let attach = Command::Attach { session: s(counter), name: name.into(), token, resume: None };
        chat.enter(&attach).unwrap();
        chat.ask(counter, join("lobby"));
    }
    chat.drop(2);
    chat.told(
        "
        s2: attached bob
        s2?: members lobby/1/1 1: alice
        s1 s2: joined lobby/1/2 bob
        s3: attached carol
        s3?: members lobby/1/2 2: alice bob
        s1 s2 s3: joined lobby/1/3 carol
        s4: attached dan
        s4?: members lobby/1/3 3: alice bob carol
        s1 s2 s3 s4: joined lobby/1/4 dan
        s1 s3 s4: left lobby/1/5 bob (lost)
        ",
    );
    // A restart breaks all connections at once.
    chat.enter(&Command::NodeUp { node: NodeId(0) }).unwrap();
    chat.told(
        "
        s1 s4: left lobby/1/6 carol (lost)
        s1: left lobby/1/7 dan (lost)
        ",
    );
    chat.attach(5, "bob");
    chat.attach(6, "dan");
    assert_code(&chat.refuses(&Story::resumption(7, "dan", 4)), Code::NameTaken);
}

#[test]
fn the_time_that_is_told_never_runs_backwards() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    chat.set_clock(59_000);
    chat.ask(1, say("lobby", "a minute"));
    chat.set_clock(9_000);
    chat.ask(1, say("lobby", "the clock was set back"));
    chat.set_clock(60_000);
    chat.ask(1, say("lobby", "on"));
    chat.told_at(
        r#"
        00:01:00 s1?: said lobby/1/2 alice "a minute"
        00:01:00 s1?: said lobby/1/3 alice "the clock was set back"
        00:01:01 s1?: said lobby/1/4 alice "on"
        "#,
    );
}

#[test]
fn of_too_many_lost_sessions_the_one_missed_least_ends() {
    let config = Config { detached: 2, linger_ms: 5_000, resumable_ms: 60_000, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob", "carol", "dave"]);
    chat.drop(1);
    chat.pass(6_000);
    chat.tick();
    chat.drop(2);
    // Alice sleeps and Bob lingers: it is Alice who is forgotten, though Bob's time is up before hers.
    chat.drop(3);
    chat.told(
        "
        s2 s3 s4: left lobby/1/5 alice (lost)
        ",
    );
    chat.resume(5, "alice", 1);
    chat.told("s5: attached alice");
    // Nobody sleeps: of those who linger, Bob was lost first.
    chat.drop(5);
    chat.told("s3 s4: left lobby/1/6 bob (lost)");
}

#[test]
fn whispers_are_kept_within_bytes_and_the_last_one_always() {
    let mut chat = Story::in_lobby(Config { whisper_bytes: 10, ..Config::default() }, &["alice", "bob"]);
    for text in ["four", "five", "sixth"] {
        chat.ask(2, whisper("alice", text));
    }
    let kept = |chat: &Story| chat.chat.whispers_after(s(1), chat_core::Number(0)).count();
    assert_eq!(kept(&chat), 2, "five and sixth");
    chat.ask(2, whisper("alice", "longer than all of it"));
    assert_eq!(kept(&chat), 1);
}
