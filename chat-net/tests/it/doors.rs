//! What a connection speaks is told from its first bytes, however they come; what is none of it is let go.

use std::time::Duration;

use chat_net::codec::{Form, FromServer, frame, json};
use chat_net::{Limits, ServerHandle};
use tokio::time::Instant;

use crate::peer::{Peer, encode, server, show};

const PROGRAMS: [Form; 3] = [Form::Bincode, Form::JsonFrames, Form::JsonLines];

async fn quiet() -> ServerHandle {
    server(Limits::default()).await
}

/// The first bytes of a connection that is open, and recognised by nothing but them.
async fn says(server: &ServerHandle, bytes: &[u8]) -> Peer {
    let mut peer = Peer::pipe(server, Form::Text).await;
    peer.raw(bytes).await;
    peer
}

#[tokio::test(start_paused = true)]
async fn a_silent_connection_is_greeted_after_a_moment_and_a_typing_one_at_once() {
    let server = quiet().await;
    let start = Instant::now();
    let mut silent = Peer::pipe(&server, Form::Text).await;
    assert!(silent.shown().await.starts_with("- Welcome!"));
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    let start = Instant::now();
    let mut typing = says(&server, b"alice\n").await;
    typing.until_line("alice joined").await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_hello_in_any_form_may_come_byte_by_byte() {
    for form in PROGRAMS {
        let server = quiet().await;
        let hello = chat_net::codec::Hello { name: "alice".into(), ..Default::default() };
        let preface = frame::preface(form).into_iter().flatten();
        let bytes: Vec<u8> =
            preface.chain(encode(form, &chat_net::codec::FromClient::Hello(hello))).collect();
        // A slow line: half a second between two bytes is longer than a person is waited for.
        let mut peer = Peer::pipe(&server, form).await;
        for byte in &bytes[frame::preface(form).map_or(0, |preface| preface.len())..] {
            peer.raw(&[*byte]).await;
            tokio::time::advance(Duration::from_millis(100)).await;
        }
        peer.story("caught_up lobby/1").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_preface_in_pieces_is_waited_for() {
    for form in [Form::Bincode, Form::JsonFrames] {
        let server = quiet().await;
        let (near, far) = tokio::io::duplex(65536);
        server.serve_connection(far).unwrap();
        let mut peer = Peer::over(near, Form::Text).await;
        for byte in frame::preface(form).unwrap() {
            peer.raw(&[byte]).await;
            // Longer than the whole silence after which a person is greeted.
            tokio::time::advance(Duration::from_millis(1100)).await;
        }
        let mut peer = peer.speaking(form);
        peer.enter("alice").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_preface_that_never_ends_is_let_go() {
    let server = quiet().await;
    let start = Instant::now();
    let mut peer = says(&server, &frame::MAGIC).await;
    peer.closed("wrong_protocol").await;
    assert_eq!(start.elapsed(), Duration::from_secs(10), "as long as a program has for its name");
}

#[cfg(not(feature = "web"))]
#[tokio::test(start_paused = true)]
async fn a_browser_is_told_that_there_are_no_pages() {
    let server = quiet().await;
    let mut browser = says(&server, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let answer = String::from_utf8(browser.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.contains(&format!("Content-Length: {}", body.len())), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_spoken_here_is_told_so_in_its_own_words() {
    let server = quiet().await;
    let mut tls = says(&server, b"\x16\x03\x01\x00\xc4\x01\x00").await;
    assert_eq!(tls.rest().await, [0x15, 3, 1, 0, 2, 2, 40], "a fatal handshake_failure");

    let mut newer = says(&server, b"\xC1chat\x02\x00\n").await;
    let answer = newer.rest().await;
    let (payload, used) = frame::split(&answer, 65536).unwrap().unwrap();
    assert_eq!(used, answer.len());
    let closing = json::decode_server(payload).unwrap();
    assert_eq!(show(&closing), "closing unsupported_version");
    let FromServer::Closing(closing) = closing else { unreachable!() };
    assert!(closing.message.contains("version 1"));

    for garbage in
        [&b"\0\0\0\x05hello"[..], b"\xC1chat\x01\x02\n", b"\xC1chat\x01\x01\r", b"\xC1hat", b"\x80", b"\x16x"]
    {
        says(&server, garbage).await.closed("wrong_protocol").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_greeted_connection_that_is_no_person_is_let_go() {
    let server = quiet().await;
    let preface = frame::preface(Form::Bincode).unwrap();
    for late in [&b"GET / HTTP/1.1\r\n\r\n"[..], &preface, b"\x16\x03\x01\x00\xc4", b"\0\0\0\x05hello"] {
        let mut peer = Peer::pipe(&server, Form::Text).await;
        peer.until_line("What is your name?").await;
        peer.raw(late).await;
        peer.closed("wrong_protocol").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_person_may_type_slowly() {
    let server = quiet().await;
    let mut alice = Peer::pipe(&server, Form::Text).await;
    for byte in b"GETTY\r\nhello\r\n" {
        alice.raw(&[*byte]).await;
        tokio::time::advance(Duration::from_millis(700)).await;
    }
    alice.until_line("GETTY joined").await;
}

#[tokio::test]
async fn who_hangs_up_before_the_first_byte_leaves_nothing_behind() {
    let server = server(Limits { connections: 3, ..Limits::default() }).await;
    for _ in 0..50 {
        let mut peer = Peer::dial(&server, Form::Text).await;
        peer.hang_up().await;
        assert_eq!(peer.rest().await, b"");
    }
    Peer::join(&server, Form::Bincode, "alice").await;
}
