//! Who comes in: passwords, their limits, accounts on several devices, and a password of the server's own.

use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::{AccountAct, Event, Timestamp};
use chat_net::auth::{self, Accounts, Authenticate, Denied, Identity, Proof};
use chat_net::codec::{Form, FromClient, FromServer, Hello, Told, Welcome};
use chat_net::{Client, Limits, Options, Server, ServerBuilder, ServerHandle};

use crate::peer::{Peer, fast, pass, show};

const RIGHT: &str = "correct horse";
const WRONG: &str = "correct house";

/// A server with accounts, of whom alice is one.
async fn town(accounts: Accounts, limits: Limits) -> ServerHandle {
    let server = builder(accounts, limits).start().await.unwrap();
    let password = Some(auth::hash(&RIGHT.into()).unwrap());
    server.account(AccountAct::Register { name: "Alice".into(), password }).await.unwrap();
    server
}

fn builder(accounts: Accounts, limits: Limits) -> ServerBuilder {
    Server::builder().listen("127.0.0.1:0").limits(limits).accounts(accounts)
}

fn hello(name: &str) -> Hello {
    Hello { name: name.into(), ..Hello::default() }
}

fn login(name: &str, password: &str) -> FromClient {
    FromClient::Login { hello: hello(name), password: password.into() }
}

fn register(name: &str, password: &str) -> FromClient {
    FromClient::Register { hello: hello(name), password: password.into() }
}

/// What a peer is told first, after what it sent; its welcome, up to the end of the start room.
async fn come(peer: &mut Peer, frame: FromClient) -> Result<Welcome, String> {
    peer.send(frame).await;
    match peer.next().await.expect("an answer") {
        FromServer::Welcome(welcome) => {
            peer.until(|frame| show(frame).starts_with("caught_up")).await;
            Ok(*welcome)
        }
        other => Err(show(&other)),
    }
}

async fn comes(server: &ServerHandle, frame: FromClient) -> (Peer, Welcome) {
    let mut peer = Peer::pipe(server, Form::Bincode).await;
    let welcome = come(&mut peer, frame).await.unwrap();
    (peer, welcome)
}

async fn refused(server: &ServerHandle, frame: FromClient) -> String {
    come(&mut Peer::pipe(server, Form::Bincode).await, frame).await.map(drop).unwrap_err()
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_answered_alike_in_every_form() {
    for mode in [Accounts::Optional, Accounts::Required] {
        let server = town(mode, fast()).await;
        for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines] {
            let mut answers = Vec::new();
            for name in ["alice", "nobody", "no name", ""] {
                let mut peer = Peer::pipe(&server, form).await;
                peer.send(login(name, WRONG)).await;
                let Some(FromServer::Told(told)) = peer.next().await else { panic!("no refusal") };
                answers.push(format!("{:?}", Told { at: Timestamp(0), ..told }));
                // The connection is where it was.
                assert_eq!(come(&mut peer, login("ALICE", RIGHT)).await.unwrap().user.as_ref(), "Alice");
            }
            assert!(answers[0].contains("bad_login"), "{}", answers[0]);
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
        }
    }
}

#[tokio::test]
async fn where_there_are_no_accounts_nobody_logs_in() {
    let server = builder(Accounts::Off, fast()).start().await.unwrap();
    let mut peer = Peer::pipe(&server, Form::JsonLines).await;
    for frame in [login("alice", RIGHT), register("alice", RIGHT)] {
        assert_eq!(come(&mut peer, frame).await.unwrap_err(), "refused unknown_ask");
    }
    peer.enter("alice").await;
    assert_eq!(come(&mut peer, login("alice", RIGHT)).await.unwrap_err(), "refused already_named");
    let change = FromClient::Password { id: chat_core::RequestId(3), old: RIGHT.into(), new: WRONG.into() };
    assert_eq!(come(&mut peer, change).await.unwrap_err(), "re=3 refused login_required");
}

#[tokio::test]
async fn names_of_accounts_need_a_login_and_all_names_where_only_accounts_get_in() {
    let server = town(Accounts::Optional, fast()).await;
    assert_eq!(refused(&server, FromClient::Hello(hello("alice"))).await, "refused login_required");
    comes(&server, FromClient::Hello(hello("bob"))).await;
    let server = town(Accounts::Required, fast()).await;
    assert_eq!(refused(&server, FromClient::Hello(hello("alice"))).await, "refused login_required");
    assert_eq!(refused(&server, FromClient::Hello(hello("bob"))).await, "refused login_required");
    let (bot, _events) =
        server.join(Options::named("alice")).await.expect("programs of the process log in by name");
    assert_eq!(bot.user(), "Alice");
}

#[tokio::test(start_paused = true)]
async fn wrong_passwords_wait_and_a_device_that_is_in_does_not() {
    let server = town(Accounts::Optional, Limits::default()).await;
    let (mut device, welcome) = comes(&server, login("alice", RIGHT)).await;
    for name in ["alice", "nobody"] {
        for _ in 0..5 {
            assert_eq!(refused(&server, login(name, WRONG)).await, "refused bad_login");
        }
        let mut peer = Peer::pipe(&server, Form::Bincode).await;
        peer.send(login(name, RIGHT)).await;
        let Some(FromServer::Told(Told { event: Event::Refused(refusal), .. })) = peer.next().await else {
            panic!("no refusal")
        };
        assert_eq!((&*refusal.reason, refusal.retry_after_ms), ("too_many_logins", Some(15_000)));
        assert_eq!(&*refusal.message, "too many wrong passwords, try again in 15 s");
    }
    device.is_quiet().await;
    let mut again = Peer::pipe(&server, Form::Bincode).await;
    again.resume("alice", &welcome.token, &[]).await;
    assert_eq!(show(&again.next().await.unwrap()), "welcome Alice again");
    pass(Duration::from_secs(15)).await;
    comes(&server, login("alice", RIGHT)).await;
}

#[tokio::test]
async fn wrong_passwords_are_counted_for_their_address_whatever_the_name() {
    let server = town(Accounts::Optional, Limits { exempt_loopback: false, ..Limits::default() }).await;
    let mut answers = Vec::new();
    let mut peer = Peer::dial(&server, Form::JsonLines).await;
    for name in ["a", "b", "c", "d", "e", "f", "alice"] {
        answers.push(come(&mut peer, login(name, WRONG)).await.unwrap_err());
    }
    assert_eq!(answers[4..], ["refused bad_login", "refused too_many_logins", "refused too_many_logins"]);
    comes(&server, login("alice", RIGHT)).await;
}

#[tokio::test]
async fn as_many_passwords_wait_as_may_and_the_next_is_busy() {
    let server = town(Accounts::Optional, Limits { hash_waiting: 1, ..fast() }).await;
    let mut peers = Vec::new();
    for number in 0..40 {
        let mut peer = Peer::pipe(&server, Form::Bincode).await;
        peer.send(login(&format!("nobody-{number}"), WRONG)).await;
        peers.push(peer);
    }
    let mut answers = Vec::new();
    for peer in &mut peers {
        answers.push(show(&peer.next().await.unwrap()));
    }
    let busy = answers.iter().filter(|answer| *answer == "refused busy").count();
    let judged = answers.iter().filter(|answer| *answer == "refused bad_login").count();
    assert!(busy > 0 && judged >= 2 && busy + judged == 40, "{busy} busy, {judged} judged");
    comes(&server, login("alice", RIGHT)).await;
}

#[tokio::test]
async fn an_account_is_made_once_and_under_a_name_that_nobody_has() {
    let server = builder(Accounts::Optional, fast()).start().await.unwrap();
    let (_guest, _) = comes(&server, FromClient::Hello(hello("guest"))).await;
    assert_eq!(refused(&server, register("bob", "short")).await, "refused weak_password");
    assert_eq!(refused(&server, register("guest", RIGHT)).await, "refused name_taken");
    assert_eq!(refused(&server, register("no name", RIGHT)).await, "refused bad_name");
    let (_bob, welcome) = comes(&server, register("Bob", RIGHT)).await;
    assert_eq!(&*welcome.user, "Bob");
    assert_eq!(refused(&server, register("bob", WRONG)).await, "refused account_exists");
    assert_eq!(refused(&server, login("bob", WRONG)).await, "refused bad_login");
    comes(&server, login("bob", RIGHT)).await;
    let info = server.account_info("bob").await.unwrap();
    assert!(info.password.unwrap().0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
}

#[tokio::test]
async fn a_reserved_name_becomes_an_account_by_the_server_itself_only() {
    let limits = Limits { registrations_per_hour: 1, exempt_loopback: false, ..fast() };
    let server = builder(Accounts::Optional, limits).start().await.unwrap();
    let mut peer = Peer::dial(&server, Form::JsonLines).await;
    for name in ["admin", "SERVER", "root"] {
        assert_eq!(come(&mut peer, register(name, RIGHT)).await.unwrap_err(), "refused name_reserved");
    }
    assert!(come(&mut peer, register("bob", RIGHT)).await.is_ok(), "they count as no registrations");
    let password = Some(auth::hash(&RIGHT.into()).unwrap());
    server.account_book().act(AccountAct::Register { name: "admin".into(), password }).await.unwrap();
    assert_eq!(refused(&server, register("Admin", RIGHT)).await, "refused name_reserved");
    assert_eq!(&*comes(&server, login("ADMIN", RIGHT)).await.1.user, "admin");
}

#[tokio::test(start_paused = true)]
async fn so_many_accounts_an_hour_are_made_from_one_address() {
    let limits = Limits { exempt_loopback: false, registrations_per_hour: 5, ..Limits::default() };
    let server = builder(Accounts::Optional, limits).start().await.unwrap();
    let mut answers = Vec::new();
    for number in 0..6 {
        let mut peer = Peer::dial(&server, Form::Bincode).await;
        let came = come(&mut peer, register(&format!("user-{number}"), RIGHT)).await;
        answers.push(came.map_or_else(|refusal| refusal, |welcome| welcome.user.to_string()));
    }
    assert_eq!(answers, ["user-0", "user-1", "user-2", "user-3", "user-4", "refused too_many_logins"]);
    let mut peer = Peer::dial(&server, Form::Bincode).await;
    assert!(come(&mut peer, login("user-0", RIGHT)).await.is_ok(), "it is no reason to keep anybody out");
}

#[tokio::test]
async fn two_devices_are_one_user() {
    let server = town(Accounts::Optional, fast()).await;
    let (mut bob, _) = comes(&server, FromClient::Hello(hello("bob"))).await;
    let (mut phone, _) = comes(&server, login("alice", RIGHT)).await;
    bob.gets(&["joined lobby/2 Alice"]).await;
    let (mut desk, _) = comes(&server, login("alice", RIGHT)).await;
    phone.say(1, "lobby", "hi").await;
    for (peer, re) in [(&mut bob, ""), (&mut phone, "re=1 "), (&mut desk, "")] {
        peer.gets(&[&format!("{re}said lobby/3 Alice: hi")]).await;
    }
    desk.send(FromClient::Bye).await;
    desk.closed("left").await;
    bob.is_quiet().await;
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions() {
    let server = town(Accounts::Optional, fast()).await;
    let (mut phone, on_phone) = comes(&server, login("alice", RIGHT)).await;
    let (mut desk, _) = comes(&server, login("alice", RIGHT)).await;
    let change = |old: &str, new: &str| FromClient::Password {
        id: chat_core::RequestId(7),
        old: old.into(),
        new: new.into(),
    };
    assert_eq!(come(&mut desk, change(WRONG, "battery staple")).await.unwrap_err(), "re=7 refused bad_login");
    assert_eq!(come(&mut desk, change(RIGHT, "staple")).await.unwrap_err(), "re=7 refused weak_password");
    assert_eq!(come(&mut desk, change(RIGHT, "battery staple")).await.unwrap_err(), "done 7");
    phone.closed("logged_out").await;
    desk.is_quiet().await;
    assert_eq!(refused(&server, login("alice", RIGHT)).await, "refused bad_login");
    let mut again = Peer::pipe(&server, Form::Bincode).await;
    again.resume("alice", &on_phone.token, &[]).await;
    again.gets(&["refused login_required"]).await;
    let (mut phone, _) = comes(&server, login("alice", "battery staple")).await;

    let everywhere = FromClient::LogOutEverywhere { id: chat_core::RequestId(8) };
    assert_eq!(come(&mut desk, everywhere).await.unwrap_err(), "done 8");
    phone.closed("logged_out").await;
    desk.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_outside_keeps_somebody_who_is_in_from_a_new_password() {
    let server = town(Accounts::Optional, Limits::default()).await;
    let (mut alice, _) = comes(&server, login("alice", RIGHT)).await;
    for name in ["alice", "in alice", "in Alice"] {
        for _ in 0..7 {
            refused(&server, login(name, WRONG)).await;
        }
    }
    let change = |old: &str| FromClient::Password {
        id: chat_core::RequestId(7),
        old: old.into(),
        new: "battery staple".into(),
    };
    for _ in 0..4 {
        assert_eq!(come(&mut alice, change(WRONG)).await.unwrap_err(), "re=7 refused bad_login");
    }
    assert_eq!(come(&mut alice, change(RIGHT)).await.unwrap_err(), "done 7");
}

#[tokio::test]
async fn a_disabled_account_is_only_told_to_who_knows_its_password() {
    let server = town(Accounts::Optional, fast()).await;
    let (mut device, _) = comes(&server, login("alice", RIGHT)).await;
    server.account(AccountAct::SetDisabled { name: "alice".into(), is_disabled: true }).await.unwrap();
    device.closed("account_disabled").await;
    assert_eq!(refused(&server, login("alice", WRONG)).await, "refused bad_login");
    assert_eq!(refused(&server, login("alice", RIGHT)).await, "closing account_disabled");
}

#[tokio::test]
async fn nobody_passes_the_servers_own_password_but_programs_of_the_process() {
    // From this machine, too.
    let limits = Limits { logins_per_minute: 5, exempt_loopback: true, ..fast() };
    let server = builder(Accounts::Optional, limits).password(&"open sesame".into()).start().await.unwrap();
    let mut peer = Peer::dial(&server, Form::JsonLines).await;
    for frame in [FromClient::Hello(hello("bob")), login("bob", RIGHT), register("bob", RIGHT)] {
        assert_eq!(come(&mut peer, frame).await.unwrap_err(), "refused password_required");
    }
    let unlock = |password: &str| FromClient::Unlock { password: password.into() };
    for _ in 0..4 {
        assert_eq!(come(&mut peer, unlock("open simsim")).await.unwrap_err(), "refused password_required");
    }
    assert_eq!(come(&mut peer, unlock("open sesame")).await.unwrap_err(), "done 0");
    peer.enter("bob").await;
    let mut peer = Peer::dial(&server, Form::JsonLines).await;
    assert_eq!(come(&mut peer, unlock("open simsim")).await.unwrap_err(), "refused password_required");
    assert_eq!(come(&mut peer, unlock("open sesame")).await.unwrap_err(), "refused too_many_logins");
    server.join(Options::named("bot")).await.unwrap();
}

/// Counts how often it was asked, and answers by what the proof says.
struct Words(&'static AtomicUsize);

#[async_trait]
impl Authenticate for Words {
    async fn authenticate(&self, proof: Proof) -> Result<Identity, Denied> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let identity = |is_operator| Ok(Identity { name: proof.name.clone(), is_operator });
        match proof.secret.expose() {
            "chief" => identity(true),
            "other" => Ok(Identity { name: "Somebody-Else".into(), is_operator: false }),
            "address" => Ok(Identity {
                name: if proof.address == Some(IpAddr::from([127, 0, 0, 1])) { "local" } else { "far" }
                    .into(),
                is_operator: false,
            }),
            "unpaid" => Err(Denied::Refused("pay first".into())),
            "later" => Err(Denied::Later),
            "slow" => std::future::pending().await,
            "panic" => panic!("of the embedder's own"),
            "right" => identity(false),
            _ => Err(Denied::Wrong),
        }
    }
}

#[tokio::test]
async fn an_embedder_says_who_somebody_is() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let limits = Limits { hook_ms: 50, ..fast() };
    let server = builder(Accounts::Required, limits).authenticate(Words(&ASKED)).start().await.unwrap();
    for (word, answer) in [
        ("wrong", "refused bad_login"),
        ("unpaid", "refused not_allowed"),
        ("later", "refused busy"),
        ("slow", "refused busy"),
        ("panic", "refused busy"),
    ] {
        assert_eq!(refused(&server, login("alice", word)).await, answer, "{word}");
    }
    assert_eq!(refused(&server, register("alice", RIGHT)).await, "refused unknown_ask");
    let (mut alice, welcome) = comes(&server, login("alice", "chief")).await;
    assert!(server.account_info("alice").await.unwrap().is_operator);
    let change = FromClient::Password { id: chat_core::RequestId(1), old: RIGHT.into(), new: RIGHT.into() };
    assert_eq!(come(&mut alice, change).await.unwrap_err(), "re=1 refused unknown_ask");
    comes(&server, login("alice", "right")).await;
    assert!(!server.account_info("alice").await.unwrap().is_operator);
    assert_eq!(&*comes(&server, login("x", "other")).await.1.user, "Somebody-Else");
    let mut peer = Peer::dial(&server, Form::Bincode).await;
    assert_eq!(&*come(&mut peer, login("x", "address")).await.unwrap().user, "local");

    let asked = ASKED.load(Ordering::Relaxed);
    let mut again = Peer::pipe(&server, Form::Bincode).await;
    again.resume("alice", &welcome.token, &[]).await;
    assert_eq!(show(&again.next().await.unwrap()), "welcome alice again");
    assert_eq!(ASKED.load(Ordering::Relaxed), asked, "a session that goes on is not asked about");
}

#[tokio::test]
async fn several_devices_that_come_first_at_once_all_get_in() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let server = builder(Accounts::Required, fast()).authenticate(Words(&ASKED)).start().await.unwrap();
    let mut peers = Vec::new();
    for _ in 0..8 {
        let mut peer = Peer::pipe(&server, Form::Bincode).await;
        peer.send(login("alice", "chief")).await;
        peers.push(peer);
    }
    for peer in &mut peers {
        assert_eq!(show(&peer.next().await.unwrap()), "welcome alice");
    }
    assert!(server.account_info("alice").await.unwrap().is_operator);
}

#[tokio::test]
async fn a_person_is_asked_for_the_password_of_the_name() {
    let server = town(Accounts::Optional, fast()).await;
    let mut peer = Peer::pipe(&server, Form::Text).await;
    for line in ["alice", WRONG, RIGHT, "hi there"] {
        peer.line(line).await;
    }
    let lines = peer.until_line("joined").await.join("\n");
    assert!(lines.contains("! login_required: ") && lines.contains("! bad_login: "), "{lines}");
    assert!(lines.contains("- type the password of alice"), "{lines}");
    assert!(!lines.contains("horse") && !lines.contains("house"), "{lines}");
    let (mut desk, _) = comes(&server, login("alice", RIGHT)).await;
    for line in ["/passwd", RIGHT, "battery staple", "battery maple", "battery staple", "battery staple"] {
        peer.line(line).await;
    }
    let lines = peer.until_line("- your password is changed").await.join("\n");
    assert!(lines.contains("! bad_ask: those were two different passwords"), "{lines}");
    desk.closed("logged_out").await;
    comes(&server, login("alice", "battery staple")).await;
}

/// What a person is shown who types all of that, and hangs up.
async fn typed(server: &ServerHandle, lines: &[&str]) -> String {
    let mut peer = Peer::pipe(server, Form::Text).await;
    for line in lines {
        peer.line(line).await;
    }
    peer.line("/quit").await;
    String::from_utf8(peer.rest().await).unwrap()
}

#[tokio::test]
async fn a_password_that_is_refused_is_asked_for_again_and_never_said() {
    let server = town(Accounts::Optional, fast()).await;
    let (mut bob, _) = comes(&server, FromClient::Hello(hello("bob"))).await;
    let again = "staple again and again";
    let lines = [
        "alice",
        WRONG,
        "not it either",
        RIGHT,
        "/passwd",
        WRONG,
        "nor this one",
        RIGHT,
        "short",
        "tiny",
        again,
        "another one",
        again,
        again,
        "hi there",
        "/quit",
    ];
    let shown = typed(&server, &lines).await;
    assert_eq!(shown.matches("! bad_login: ").count(), 4, "{shown}");
    assert_eq!(shown.matches("! weak_password: ").count(), 2, "{shown}");
    assert_eq!(shown.matches("! bad_ask: those were two").count(), 1, "{shown}");
    assert_eq!(shown.matches("- type your password so far").count(), 3, "{shown}");
    assert_eq!(shown.matches("- type a new password").count(), 4, "{shown}");
    assert!(shown.contains("- your password is changed"), "{shown}");
    bob.gets(&["joined lobby/2 Alice", "said lobby/3 Alice: hi there"]).await;
    comes(&server, login("alice", again)).await;

    let lines = ["/register carol", "short", "tiny", again, "another one", again, again, "hello"];
    let shown = typed(&server, &lines).await;
    assert_eq!(shown.matches("! weak_password: ").count(), 2, "{shown}");
    assert!(shown.contains("* carol joined"), "{shown}");
    let told = bob.until(|frame| show(frame).ends_with("carol: hello")).await;
    assert!(told.iter().all(|frame| !show(frame).contains("again and again")), "{told:?}");
}

#[tokio::test]
async fn a_person_is_asked_for_no_password_that_would_do_nothing() {
    let server = town(Accounts::Optional, fast()).await;
    let shown =
        typed(&server, &["/register admin", "/register alice", RIGHT, RIGHT, "guest", "/passwd"]).await;
    for refused in ["! name_reserved: ", "! account_exists: ", "! login_required: "] {
        assert!(shown.contains(refused), "{refused} {shown}");
    }
    assert!(shown.matches("what is your name?").count() == 1 && shown.contains("* guest joined"), "{shown}");
}

#[tokio::test]
async fn a_person_cannot_tell_a_known_name_from_an_unknown_one_where_only_accounts_get_in() {
    let server = town(Accounts::Required, fast()).await;
    let mut shown = Vec::new();
    for name in ["alice", "nobod"] {
        let mut peer = Peer::pipe(&server, Form::Text).await;
        for line in [name, WRONG, "", name, WRONG, "/quit"] {
            peer.line(line).await;
        }
        let lines = String::from_utf8(peer.rest().await).unwrap();
        assert_eq!(lines.matches("! bad_login: ").count(), 2, "{lines}");
        shown.push(lines.replace(name, "NAME").to_lowercase());
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test]
async fn a_person_who_is_new_where_only_accounts_get_in_is_told_how_to_get_one() {
    let server = town(Accounts::Required, fast()).await;
    let shown = typed(&server, &["carol", "/Register", RIGHT, RIGHT, "hello"]).await;
    assert_eq!(shown.matches("type /register to make one").count(), 1, "{shown}");
    assert!(!shown.contains("! bad_login: ") && shown.contains("* carol joined"), "{shown}");
    comes(&server, login("carol", RIGHT)).await;
    let shown = typed(&server, &["dave", "/register erin", RIGHT, RIGHT]).await;
    assert!(shown.contains("* erin joined"), "{shown}");
    // Whoever cannot have that name is asked for the password again, and types no name as one.
    let shown = typed(&server, &["alice", "/register admin", RIGHT]).await;
    assert!(shown.contains("! name_reserved: ") && shown.contains("* Alice joined"), "{shown}");

    let closed = builder(Accounts::Required, fast()).registration(false).start().await.unwrap();
    let shown = typed(&closed, &["carol", "/register"]).await;
    assert!(!shown.contains("type /register") && shown.contains("! not_allowed: "), "{shown}");
}

#[tokio::test]
async fn a_person_is_told_once_how_long_to_wait() {
    let server = town(Accounts::Optional, Limits::default()).await;
    let wrong = [WRONG; 8];
    let shown = typed(&server, &[&["alice"], &wrong[..]].concat()).await;
    let told: Vec<_> = shown.lines().filter(|line| line.starts_with("! too_many_logins: ")).collect();
    assert!(!told.is_empty() && told.iter().all(|line| line.matches("try again in").count() == 1), "{shown}");
}

#[tokio::test]
async fn a_person_makes_an_account() {
    let server = builder(Accounts::Required, fast()).password(&"open sesame".into()).start().await.unwrap();
    let mut peer = Peer::pipe(&server, Form::Text).await;
    for line in ["open simsim", "open sesame", "/register Bob", "", "/register Bob", RIGHT, RIGHT] {
        peer.line(line).await;
    }
    let lines = peer.until_line("* Bob joined").await.join("\n");
    assert!(lines.contains("it has a password") && lines.contains("! password_required: "), "{lines}");
    comes_unlocked(&server, login("bob", RIGHT)).await;
    peer.line("/logout").await;
    peer.until_line("- your other sessions are ended").await;
}

async fn comes_unlocked(server: &ServerHandle, frame: FromClient) {
    let mut peer = Peer::pipe(server, Form::Bincode).await;
    peer.send(FromClient::Unlock { password: "open sesame".into() }).await;
    peer.gets(&["done 0"]).await;
    come(&mut peer, frame).await.unwrap();
}

#[tokio::test]
async fn telnet_does_not_show_the_password_that_is_typed_and_nc_is_sent_no_options() {
    let server = town(Accounts::Optional, fast()).await;
    for (negotiates, name) in [(&b"\xff\xfd\x03"[..], "telnet"), (b"", "nc")] {
        let mut peer = Peer::pipe(&server, Form::Text).await;
        let typed = format!("alice\r\n{RIGHT}\r\n/quit\r\n");
        peer.raw(&[negotiates, typed.as_bytes()].concat()).await;
        let shown = peer.rest().await;
        let at = |bytes: &[u8]| shown.windows(bytes.len()).position(|window| window == bytes);
        let (hide, show) = (at(b"\xff\xfb\x01"), at(b"\xff\xfc\x01\r\n"));
        let joined = at(b"* Alice joined").expect("in");
        match name {
            "telnet" => assert!(hide.unwrap() < show.unwrap() && show.unwrap() < joined),
            _ => assert!(!shown.contains(&0xff)),
        }
    }
}

#[tokio::test]
async fn a_client_makes_its_account_and_logs_in() {
    let server = builder(Accounts::Required, fast()).password(&"open sesame".into()).start().await.unwrap();
    let address = server.local_addrs()[0];
    let options = || Options::named("carol").server_password("open sesame");
    let error = Client::connect(address, options()).await.unwrap_err();
    assert!(error.to_string().contains("login_required"), "{error}");
    let error = Client::connect(address, Options::named("carol").register(RIGHT)).await.unwrap_err();
    assert!(error.to_string().contains("password_required"), "{error}");
    let (carol, _events) = Client::connect(address, options().register(RIGHT)).await.unwrap();
    carol.quit().await;
    let error = Client::connect(address, options().password(WRONG)).await.unwrap_err();
    assert!(error.to_string().contains("bad_login"), "{error}");
    let (carol, _events) = Client::connect(address, options().password(RIGHT)).await.unwrap();
    assert_eq!(carol.users(None).await.unwrap()[0].as_str(), "carol");
}
