//! Every refusal there is can be met, and leaves no trace. [`Story::refuses`] checks the latter.

use std::collections::BTreeSet;

use chat_core::{AccountAct, Ask, Code, Command, Config, Event, Recipient, Refusal, Rejection, RequestId};

use crate::story::{Story, accept, join, logging_in, offer, register, s, say, token, too_long, whisper};

#[test]
fn every_refusal_is_met_and_changes_nothing() {
    let config =
        Config { rooms: 2, rooms_per_session: 2, transfers_per_user: 1, transfers: 1, ..Config::default() };
    let mut chat = Story::in_lobby(config, &["alice", "bob"]);
    let attach =
        |n, name: &str| Command::Attach { session: s(n), name: name.into(), token: token(n), resume: None };
    chat.ask_as(1, 9, say("lobby", "hello"));
    let long = too_long(chat.chat.config());
    let mut met = vec![
        chat.refuses(&attach(3, "no body")),
        chat.refuses(&attach(3, "BOB")),
        chat.refuses(&attach(3, "Admin")),
        chat.refuses(&attach(1, "carol")),
        chat.refused(1, 0, say("lobby", " ")),
        chat.refused(1, 0, say("lobby", "\u{7f}")),
        chat.refused(1, 0, say("lobby", &long)),
        chat.refused(1, 0, say("den", "hello")),
        chat.refused(1, 0, whisper("carol", "hello")),
        chat.refused(1, 9, say("lobby", "other")),
        chat.refused(1, 8, say("lobby", "hello")),
        chat.refused(3, 0, say("lobby", "hello")),
        chat.chat.users(s(1), Some("den"), None).unwrap_err(),
    ];
    chat.ask(1, join("den"));
    met.push(chat.refused(1, 0, join("attic")));
    met.push(chat.refused(2, 0, join("attic")));
    chat.ask(1, offer("bob"));
    let nameless = Ask::Offer {
        to: Recipient::User("bob".into()),
        name: "".into(),
        size: 1,
        hash: None,
        chunk_bytes: 0,
    };
    met.push(chat.refused(1, 0, nameless));
    met.push(chat.refused(1, 0, offer("alice")));
    met.push(chat.refused(1, 0, offer("bob")));
    met.push(chat.refused(2, 0, offer("alice")));
    met.push(chat.refused(2, 0, accept(1, 1001)));
    met.push(chat.refused(2, 0, accept(2, 0)));

    met.extend(refusals_about_accounts());

    let met: BTreeSet<&str> = met.iter().map(|rejection| rejection.code().name()).collect();
    let all = [
        Code::BadName,
        Code::NameTaken,
        Code::NameReserved,
        Code::Empty,
        Code::BadText,
        Code::TooLong,
        Code::NotAMember,
        Code::NoSuchUser,
        Code::NoSuchRoom,
        Code::TooManyRooms,
        Code::RoomsFull,
        Code::IdReused,
        Code::IdNotRising,
        Code::NoSession,
        Code::AlreadyNamed,
        Code::NoSuchTransfer,
        Code::WrongOffset,
        Code::TooManyTransfers,
        Code::ToYourself,
        Code::BadFile,
        Code::TransfersFull,
        Code::LoginRequired,
        Code::BadLogin,
        Code::AccountDisabled,
        Code::AccountExists,
        Code::AccountsFull,
        Code::WhispersFull,
        Code::NotAllowed,
    ];
    assert_eq!(met, all.iter().map(|code| code.name()).collect());
}

fn refusals_about_accounts() -> Vec<Rejection> {
    let mut chat = Story::with_accounts(
        Config { accounts: 3, kept_whisper_bytes: 1, ..Config::default() },
        &["ann", "ben", "eve"],
    );
    chat.log_in(1, "ann");
    let disable = AccountAct::SetDisabled { name: "ben".into(), is_disabled: true };
    chat.act(None, disable.clone());
    let act = |by, act| Command::Account { by, act };
    [
        Command::Attach { session: s(3), name: "ann".into(), token: token(3), resume: None },
        logging_in(3, "carol"),
        logging_in(3, "ben"),
        act(None, register("ann")),
        act(None, register("carol")),
        act(Some(s(1)), disable),
        act(None, AccountAct::LogOutEverywhere { name: "carol".into(), except: None }),
        Command::Ask { from: s(1), request: RequestId::NONE, ask: whisper("eve", "hi") },
    ]
    .map(|command| chat.refuses(&command))
    .into()
}

#[test]
fn a_refusal_tells_its_number_its_name_and_what_to_do() {
    let mut chat = Story::in_lobby(Config::default(), &["alice"]);
    let rejection = chat.refused(1, 0, whisper("bob", "hi"));
    let Refusal { code, reason, message, .. } = Refusal::from(&rejection);
    assert_eq!((code, &*reason, &*message), (107, "no_such_user", "nobody here is called \"bob\""));
    // With a request id the same refusal is an event, for it is remembered.
    chat.ask_as(1, 1, whisper("bob", "hi"));
    chat.told(&format!("s1?1: {}", Event::Refused((&rejection).into())));
}
