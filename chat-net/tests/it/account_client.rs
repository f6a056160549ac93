//! The client library with an account: it changes its password, ends its other sessions, and knows when it is to stay away.

use std::time::Duration;

use chat_core::{AccountAct, Code, Config};
use chat_net::auth::Accounts;
use chat_net::client::{AskError, Client, Events, Notice, Options, Why};
use chat_net::{Server, ServerHandle};

use crate::peer::{fast, soon};

const RIGHT: &str = "correct horse";
const NEW: &str = "battery staple";

async fn town() -> ServerHandle {
    let server = Server::builder().listen("127.0.0.1:0").limits(fast()).accounts(Accounts::Optional);
    server.start().await.unwrap()
}

fn options(password: &str) -> Options {
    let mut options = Options::named("carol").password(password);
    options.backoff_min = Duration::from_millis(1);
    options
}

async fn comes(server: &ServerHandle, options: Options) -> (Client, Events) {
    Client::connect(server.local_addrs()[0], options).await.unwrap()
}

/// How a client ends that is told so by the server.
async fn end(events: &mut Events) -> Why {
    let last = async {
        loop {
            if let Notice::Ended { why } = events.next().await.expect("its end is told") {
                return why;
            }
        }
    };
    soon("the end", last).await
}

async fn refused(server: &ServerHandle, options: Options) -> String {
    Client::connect(server.local_addrs()[0], options).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_changed_password_is_the_one_that_counts_and_the_other_devices_are_out() {
    let server = town().await;
    let (phone, _phones) = comes(&server, options(RIGHT).register(RIGHT)).await;
    let (_desk, mut desks) = comes(&server, options(RIGHT)).await;
    for (old, new, code) in [("wrong horse", NEW, Code::BadLogin), (RIGHT, "short", Code::WeakPassword)] {
        let error = phone.change_password(old, new).await.unwrap_err();
        assert_eq!(error.code(), Some(code.number()), "{error}");
    }
    phone.change_password(RIGHT, NEW).await.unwrap();
    let why = end(&mut desks).await;
    assert_eq!(why.code(), Some(Code::LoggedOut.number()), "{why}: it has the password and stays away");
    phone.say("lobby", "still here").await.unwrap();
    assert!(refused(&server, options(RIGHT)).await.starts_with("bad_login"));
    comes(&server, options(NEW)).await;
}

#[tokio::test]
async fn whoever_logs_out_everywhere_stays_alone() {
    let server = town().await;
    let (phone, _phones) = comes(&server, options(RIGHT).register(RIGHT)).await;
    let (_desk, mut desks) = comes(&server, options(RIGHT)).await;
    phone.log_out_everywhere().await.unwrap();
    assert_eq!(end(&mut desks).await.code(), Some(Code::LoggedOut.number()));
    assert_eq!(server.account_info("carol").await.unwrap().devices, 1);
    let (guest, _events) = comes(&server, Options::named("guest")).await;
    let error = guest.log_out_everywhere().await.unwrap_err();
    assert!(matches!(&error, AskError::Refused(refusal) if &*refusal.reason == "login_required"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_program_of_the_process_comes_back_to_its_account_when_its_session_is_forgotten() {
    let core = Config { device_ms: 1_000, linger_ms: 500, ..Config::default() };
    let builder = Server::builder().listen("127.0.0.1:0").core(core).accounts(Accounts::Required);
    let server = builder.start().await.unwrap();
    server.account(AccountAct::Register { name: "Bot".into(), password: None }).await.unwrap();
    let mut options = Options::named("bot");
    // It takes every silence for the end of its link, and stays away for longer than its session is kept.
    (options.ping_after, options.dead_after) = (Duration::from_secs(1), Duration::ZERO);
    (options.backoff_min, options.backoff_max) = (Duration::from_secs(10), Duration::from_secs(10));
    let (_bot, mut events) = server.join(options).await.unwrap();
    let mut welcomes = 0;
    while welcomes < 2 {
        match events.next().await.expect("a notice") {
            Notice::Connected(welcome) => {
                assert!(!welcome.resumed && &*welcome.user == "Bot", "{welcome:?}");
                welcomes += 1;
            }
            Notice::Ended { why } => panic!("{why}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_disabled_account_is_told_so_and_its_client_ends() {
    let server = town().await;
    let (_phone, mut phones) = comes(&server, options(RIGHT).register(RIGHT)).await;
    let disable = |is_disabled| AccountAct::SetDisabled { name: "carol".into(), is_disabled };
    server.account(disable(true)).await.unwrap();
    assert_eq!(end(&mut phones).await.code(), Some(Code::AccountDisabled.number()));
    assert!(refused(&server, options(RIGHT)).await.starts_with("account_disabled"));
    server.account(disable(false)).await.unwrap();
    comes(&server, options(RIGHT)).await;
}

#[tokio::test]
async fn accounts_can_be_made_by_the_server_alone_and_listed() {
    let builder = Server::builder().listen("127.0.0.1:0").limits(fast()).accounts(Accounts::Required);
    let server = builder.registration(false).start().await.unwrap();
    let error = refused(&server, options(RIGHT).register(RIGHT)).await;
    assert_eq!(error, "not_allowed: accounts are made by whoever runs this server, ask there");
    let book = server.account_book();
    assert_eq!(book.all().await.unwrap(), []);
    for name in ["dave", "Carol"] {
        let password = Some(chat_net::auth::hash(&RIGHT.into()).unwrap());
        book.act(AccountAct::Register { name: name.into(), password }).await.unwrap();
    }
    let names: Vec<String> = book.all().await.unwrap().iter().map(|it| it.name.to_string()).collect();
    assert_eq!(names, ["Carol", "dave"]);
    comes(&server, options(RIGHT)).await;
    server.shutdown(Duration::from_secs(5)).await.unwrap();
    assert!(book.all().await.is_err(), "it has ended");
}
