//! Accounts: whose a name is, who may do what about one, and what waits for it.

use chat_core::{AccountAct, Chat, Code, Command, Config, PasswordHash};

use crate::story::{Story, assert_code, join, logging_in, register, s, token, whisper};

fn attach(n: u64, name: &str) -> Command {
    Command::Attach { session: s(n), name: name.into(), token: token(n), resume: None }
}

fn disable(name: &str, is_disabled: bool) -> AccountAct {
    AccountAct::SetDisabled { name: name.into(), is_disabled }
}

#[test]
fn a_name_of_an_account_needs_a_login_and_others_are_free() {
    let mut chat = Story::with_accounts(Config::default(), &["Alice", "admin"]);
    let refused = chat.refuses(&attach(1, "aLICE"));
    assert_eq!(refused.code(), Code::LoginRequired);
    assert_eq!(refused.to_string(), "\"aLICE\" belongs to an account, log in, or choose another name");
    // A name that nobody may take may be an account's.
    assert_code(&chat.refuses(&attach(1, "admin")), Code::LoginRequired);
    assert_code(&chat.refuses(&attach(1, "root")), Code::NameReserved);
    chat.log_in(1, "ALICE");
    chat.log_in(2, "admin");
    chat.attach(3, "bob");
    chat.told("s1: attached Alice\n s2: attached admin\n s3: attached bob");
    assert!(chat.chat.has_account(s(1)) && !chat.chat.has_account(s(3)));
}

#[test]
fn where_only_accounts_get_in_nobody_learns_which_there_are() {
    let config = Config { accounts_required: true, ..Config::default() };
    let mut chat = Story::with_accounts(config, &["alice"]);
    let answers = ["alice", "bob", "root"].map(|name| chat.refuses(&attach(1, name)));
    assert_code(&answers[0], Code::LoginRequired);
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(chat.refuses(&logging_in(1, "bob")), chat.refuses(&logging_in(1, "no name")));
    chat.log_in(1, "alice");
    chat.drop(1);
    chat.resume_by(2, 1);
    chat.told("s1: attached alice\n s2: attached alice resumed");
}

#[test]
fn guests_of_before_logins_were_wanted_do_not_come_back() {
    let mut chat = Story::in_lobby(Config::default(), &["bob", "carol"]);
    chat.act(None, register("alice"));
    chat.log_in(3, "alice");
    chat.ask(3, join("lobby"));
    for n in [1, 3] {
        chat.drop(n);
    }
    let config = Config { accounts_required: true, ..chat.chat.config().clone() };
    chat.chat = Chat::restore(config, chat.chat.snapshot()).unwrap();
    chat.take();
    chat.resume_by(4, 3);
    chat.told("s4: attached alice resumed lobby/1/3");
    chat.resume(5, "bob", 1);
    chat.resume(6, "carol", 2);
    chat.told(
        "
        s2 s4: left lobby/1/4 bob (quit)
        s5: refused login_required: only accounts get in here, log in
        s2: closed logged_out
        s4: left lobby/1/5 carol (quit)
        s6: refused login_required: only accounts get in here, log in
        ",
    );
    // Their sessions are over.
    assert_code(&chat.refuses(&Story::resumption(7, "bob", 1)), Code::LoginRequired);
}

#[test]
fn an_account_is_made_once_while_nobody_is_here_under_its_name() {
    let config = Config { accounts: 2, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    let registers = |by, name| Command::Account { by, act: register(name) };
    assert_code(&chat.refuses(&registers(None, "ALICE")), Code::NameTaken);
    assert_code(&chat.refuses(&registers(Some(s(1)), "alice")), Code::NotAllowed);
    chat.drop(2);
    assert_code(&chat.refuses(&registers(None, "bob")), Code::NameTaken);
    chat.until_due();
    chat.take();
    // Who was here under it and sleeps does not come back.
    chat.act(None, register("bob"));
    assert_code(&chat.refuses(&Story::resumption(3, "bob", 2)), Code::LoginRequired);
    assert_code(&chat.refuses(&registers(None, "Bob")), Code::AccountExists);
    chat.act(None, register("carol"));
    assert_code(&chat.refuses(&registers(None, "dan")), Code::AccountsFull);
    assert_code(&chat.refuses(&registers(None, "no body")), Code::BadName);
    let names: Vec<String> = chat.chat.accounts().map(|account| account.name.to_string()).collect();
    assert_eq!(names, ["bob", "carol"]);
}

#[test]
fn operators_may_do_everything_and_others_what_is_their_own() {
    let mut chat = Story::with_accounts(Config::default(), &["alice", "bob"]);
    chat.log_in(1, "alice");
    chat.log_in(2, "bob");
    chat.attach(3, "guest");
    let set = |name: &str, secret: &str| AccountAct::SetPassword {
        name: name.into(),
        password: Some(PasswordHash(secret.into())),
    };
    let promote = AccountAct::SetOperator { name: "Alice".into(), is_operator: true };
    let log_out = |name: &str| AccountAct::LogOutEverywhere { name: name.into(), except: Some(s(1)) };
    for (by, act) in [
        (1, set("bob", "x")),
        (1, promote.clone()),
        (1, disable("alice", true)),
        (1, log_out("bob")),
        (3, set("guest", "x")),
        (3, register("guest2")),
    ] {
        assert_code(&chat.refuses(&Command::Account { by: Some(s(by)), act }), Code::NotAllowed);
    }
    assert_code(&chat.refuses(&Command::Account { by: Some(s(9)), act: promote.clone() }), Code::NoSession);
    assert_code(&chat.refuses(&Command::Account { by: None, act: disable("dan", true) }), Code::NoSuchUser);
    chat.act(Some(1), set("ALICE", "2"));
    chat.act(None, promote);
    chat.take();
    chat.act(Some(1), set("bob", "3"));
    chat.told("s2: closed logged_out");
    chat.act(Some(1), register("dan"));
    let passwords: Vec<_> =
        chat.chat.accounts().map(|account| (account.is_operator, account.password)).collect();
    let password = |text: &str| Some(PasswordHash(text.into()));
    assert_eq!(passwords, [(true, password("2")), (false, password("3")), (false, password("$argon2id$1"))]);
    assert!(chat.chat.is_operator(s(1)));
    assert_eq!(format!("{:?}", password("2")), "Some(PasswordHash(…))");
}

#[test]
fn a_disabled_account_is_out_and_nobody_logs_in_as_it() {
    let mut chat = Story::with_accounts(Config::default(), &["alice"]);
    chat.attach(3, "bob");
    for n in [1, 2] {
        chat.log_in(n, "alice");
        chat.ask(n, join("lobby"));
    }
    chat.ask(3, join("lobby"));
    chat.drop(1);
    chat.take();
    chat.act(None, disable("alice", true));
    chat.told(
        "
        s2: closed account_disabled
        s3: left lobby/1/3 alice (quit)
        ",
    );
    assert_code(&chat.refuses(&logging_in(4, "alice")), Code::AccountDisabled);
    assert_code(&chat.refuses(&Story::resumption(4, "alice", 2)), Code::LoginRequired);
    assert_code(&chat.refused(3, 0, whisper("alice", "hi")), Code::NoSuchUser);
    chat.told_nothing_new(&Command::Account { by: None, act: disable("alice", true) });
    chat.act(None, disable("alice", false));
    chat.log_in(4, "alice");
    chat.told("s4: attached alice");
}

#[test]
fn whispers_wait_for_an_account_that_is_away() {
    let mut chat = Story::with_accounts(Config::default(), &["Alice"]);
    chat.attach(2, "bob");
    chat.take();
    for body in ["a", "b", "c"] {
        chat.ask(2, whisper("alice", body));
    }
    chat.take();
    chat.log_in(1, "alice");
    // With the times at which they were said.
    chat.told_at(
        r#"
        00:00:06 s1: attached Alice
        00:00:03 s1 (past): whispered 1 bob to Alice "a"
        00:00:04 s1 (past): whispered 2 bob to Alice "b"
        00:00:05 s1 (past): whispered 3 bob to Alice "c"
        "#,
    );
    // They are told once, but again to that session if they were lost on the way.
    assert_eq!(
        chat.whispers_after(1, 1),
        ["whispered 2 bob to Alice \"b\"", "whispered 3 bob to Alice \"c\""]
    );
    chat.ask_as(1, 1, join("lobby"));
    chat.take();
    chat.log_in(3, "alice");
    chat.told("s3: attached Alice");
}
