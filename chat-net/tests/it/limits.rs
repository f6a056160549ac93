//! How many connections there may be, in all and of one address.

use chat_net::Limits;
use chat_net::client::{Client, ConnectError, Options};
use chat_net::codec::Form;
use tokio::net::TcpStream;

use crate::peer::{Peer, fast, server, soon};

#[tokio::test]
async fn one_connection_too_many_is_told_that_the_server_is_full() {
    let server = server(Limits { connections: 2, ..fast() }).await;
    let mut alice = Peer::join(&server, Form::Text, "alice").await;
    let bob = Peer::join(&server, Form::JsonLines, "bob").await;
    alice.until_line("bob joined").await;
    let mut carol = Peer::over(TcpStream::connect(server.local_addrs()[0]).await.unwrap(), Form::Text).await;
    carol.closed("server_full").await;
    assert!(server.join(Options::named("bot")).await.is_err(), "programs of the process count, too");
    assert!(server.serve_connection(tokio::io::duplex(64).0).is_err());
    drop(bob);
    // The place is free as soon as the server has seen it.
    loop {
        let mut carol = Peer::dial(&server, Form::Text).await;
        carol.line("carol").await;
        let first = carol.next_line().await;
        if first.is_some_and(|line| line.starts_with("- Welcome!")) {
            break;
        }
    }
}

#[tokio::test]
async fn who_finds_a_full_server_is_told_so_in_its_own_form_and_may_come_back() {
    let server = server(Limits { connections: 1, ..fast() }).await;
    let _alice = Peer::join(&server, Form::Text, "alice").await;
    let address = server.local_addrs()[0].to_string();
    for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines] {
        let mut program = Peer::dial(&server, form).await;
        program.hello("bob").await;
        program.closed("server_full").await;
    }
    let mut browser = Peer::dial(&server, Form::Text).await;
    browser.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = String::from_utf8(browser.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    for _ in 0..20 {
        let refused = soon("a refusal", Client::connect(&address, Options::named("bot"))).await;
        let error = refused.expect_err("the server is full");
        assert!(error.is_retryable(), "{error:?}");
        assert!(
            matches!(&error, ConnectError::Closed(closing) if &*closing.reason == "server_full"),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections_at_once_and_the_others_do_not_care() {
    let limits = Limits {
        connections_per_address: 2,
        connects_per_second_per_address: 100,
        exempt_loopback: false,
        sniff_ms: 20,
        ..Limits::default()
    };
    let server = server(limits).await;
    let mut held = Vec::new();
    for name in ["alice", "bob"] {
        let mut peer = Peer::dial_from(&server, "127.0.0.2").await;
        peer.enter(name).await;
        held.push(peer);
    }
    Peer::dial_from(&server, "127.0.0.2").await.closed("address_limit").await;
    Peer::dial_from(&server, "127.0.0.3").await.enter("carol").await;
    let mut bob = held.pop().unwrap();
    bob.line("/quit").await;
    bob.rest().await;
    loop {
        let mut again = Peer::dial_from(&server, "127.0.0.2").await;
        if !again.next_line().await.unwrap().starts_with("! address_limit: ") {
            break;
        }
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections_a_second() {
    let limits = Limits {
        connects_per_second_per_address: 5,
        exempt_loopback: false,
        sniff_ms: 1,
        ..Limits::default()
    };
    let server = server(limits).await;
    let mut taken = 0;
    for _ in 0..20 {
        let mut peer = Peer::dial_from(&server, "127.0.0.2").await;
        taken += usize::from(!peer.next_line().await.unwrap().starts_with("! address_limit: "));
    }
    // Twenty dials take less than a second, unless the machine is very busy.
    assert!((5..=10).contains(&taken), "{taken} were taken");
    Peer::dial_from(&server, "127.0.0.3").await.enter("carol").await;
}

#[tokio::test]
async fn this_machine_is_exempt_unless_it_is_asked_for() {
    let server =
        server(Limits { connections_per_address: 1, connects_per_second_per_address: 1, ..fast() }).await;
    let mut held = Vec::new();
    for n in 0..5 {
        held.push(Peer::join(&server, Form::Bincode, &format!("user{n}")).await);
    }
}
