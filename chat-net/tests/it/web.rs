//! HTTP and WebSockets on the port of the chat: what is no sound request or frame has its answer, and harms nobody.

use std::time::Duration;

use bytes::BytesMut;
use chat_net::auth::Accounts;
use chat_net::codec::{Form, FromClient};
use chat_net::{Limits, Server, ServerHandle};
use tokio::time::Instant;
use tungstenite::protocol::frame::coding::{CloseCode, Control, Data, OpCode};

use crate::peer::{Peer, encode, fast, pass, server, show};
use crate::ws_frames::{close, frame, handshake, message};

const FORMS: [Form; 2] = [Form::WsJson, Form::WsBincode];

/// A connection that speaks HTTP, and sends that.
async fn request(server: &ServerHandle, request: &str) -> Peer {
    let mut peer = Peer::pipe(server, Form::Text).await;
    peer.raw(request.as_bytes()).await;
    peer
}

/// Status and body.
async fn answer(server: &ServerHandle, text: &str) -> (String, String) {
    let mut peer = request(server, text).await;
    let head = peer.head().await;
    peer.hang_up().await;
    let body = String::from_utf8(peer.rest().await).unwrap();
    (head.split(' ').nth(1).unwrap().to_owned(), body)
}

/// A WebSocket that has joined, and the token to resume by.
async fn joined(server: &ServerHandle, form: Form, name: &str) -> (Peer, String) {
    let mut peer = Peer::pipe(server, form).await;
    let welcome = peer.enter(name).await.unwrap();
    (peer, welcome.token.to_string())
}

/// The frames up to the end: payloads of messages as they are shown, closes by their code.
async fn to_the_end(peer: &mut Peer) -> Vec<String> {
    let mut all = Vec::new();
    while let Some((opcode, payload)) = peer.next_ws().await {
        all.push(match (opcode, &payload[..]) {
            (OpCode::Control(Control::Close), []) => "close".to_owned(),
            (OpCode::Control(Control::Close), [high, low, ..]) => {
                format!("close {}", u16::from_be_bytes([*high, *low]))
            }
            (OpCode::Data(Data::Text), payload) => {
                show(&chat_net::codec::json::decode_server(payload).unwrap())
            }
            (opcode, payload) => format!("{opcode:?} {payload:?}"),
        });
    }
    all
}

#[tokio::test]
async fn the_page_its_files_and_nothing_else_are_there() {
    let server = server(fast()).await;
    let mut peer = request(&server, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = peer.head().await.to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ok\r\n"), "{head}");
    for part in ["text/html", "script-src 'self'", "default-src 'none'", "nosniff", "frame-ancestors 'none'"]
    {
        assert!(head.contains(part), "{part} is not in {head}");
    }
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: w/")).unwrap();
    let again = format!("GET / HTTP/1.1\r\nHost: localhost\r\nIf-None-Match: {tag}\r\n\r\n");
    assert_eq!(answer(&server, &again).await, ("304".into(), String::new()));
    for (line, status) in [
        ("GET /healthz", "200"),
        ("GET /index.html", "200"),
        ("GET /../Cargo.toml", "404"),
        ("GET /%2e%2e%2fCargo.toml", "404"),
        ("GET /x/y", "404"),
        ("POST /", "405"),
        ("DELETE /healthz", "405"),
        ("GET /ws", "426"),
        ("OPTIONS *", "404"),
    ] {
        let (found, _) = answer(&server, &format!("{line} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert_eq!(found, status, "{line}");
    }
}

#[tokio::test]
async fn the_door_says_what_it_takes_to_come_in() {
    let open = server(fast()).await;
    let locked = Server::builder().listen("127.0.0.1:0").limits(fast()).accounts(Accounts::Optional);
    let locked = locked.password(&"open sesame".into()).start().await.unwrap();
    for (server, json) in [
        (open, "{\"accounts\":\"off\",\"register\":false,\"password\":false}\n"),
        (locked, "{\"accounts\":\"optional\",\"register\":true,\"password\":true}\n"),
    ] {
        let found = answer(&server, "GET /door HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(found, ("200".into(), json.into()));
    }
}

#[tokio::test]
async fn a_request_without_end_is_refused_and_a_broken_one_too() {
    let server = server(fast()).await;
    let long = "x".repeat(20_000);
    for (text, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n"), "431"),
        (format!("GET / HTTP/1.1\r\n{}\r\n", "A: b\r\n".repeat(200)), "431"),
        ("GET / HTTP/9.9\r\n\r\n".into(), "400"),
        ("GET  HTTP/1.1\r\n\r\n".into(), "400"),
        ("GET / HTTP/1.1\r\nno colon\r\n\r\n".into(), "400"),
        ("GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".into(), "400"),
    ] {
        let mut peer = Peer::pipe(&server, Form::Text).await;
        // It may be refused before all of it is there.
        let _ = peer.try_raw(text.as_bytes()).await;
        let head = peer.head().await;
        assert_eq!(head.split(' ').nth(1), Some(status), "{head}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_with_headers_or_stays_for_nothing_is_let_go() {
    let server = server(Limits::default()).await;
    let start = Instant::now();
    let mut slow = request(&server, "GET / HTTP/1.1\r\nHost: local").await;
    slow.wait().await;
    assert!(start.elapsed() <= Duration::from_secs(11), "{:?}", start.elapsed());
    let start = Instant::now();
    let mut idle = request(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(idle.head().await.contains("200"));
    idle.rest().await;
    assert!(start.elapsed() <= Duration::from_secs(61), "{:?}", start.elapsed());
}

#[tokio::test]
async fn only_pages_of_the_server_itself_and_listed_ones_may_connect() {
    let server = Server::builder()
        .listen("127.0.0.1:0")
        .limits(fast())
        .origin("https://chat.example.org")
        .start()
        .await
        .unwrap();
    for (origin, status) in [
        ("http://localhost", "101"),
        ("https://chat.example.org", "101"),
        ("https://evil.example", "403"),
        ("null", "403"),
    ] {
        let text = handshake(Form::WsJson).replacen("Host:", &format!("Origin: {origin}\r\nHost:"), 1);
        let mut peer = request(&server, &text).await;
        let head = peer.head().await;
        assert_eq!(head.split(' ').nth(1), Some(status), "{origin}: {head}");
    }
}

#[tokio::test]
async fn what_comes_behind_the_handshake_at_once_is_not_lost() {
    for form in FORMS {
        let server = server(fast()).await;
        let hello = FromClient::Hello(chat_net::codec::Hello {
            name: format!("{form:?}").into(),
            ..Default::default()
        });
        let mut bytes = BytesMut::from(handshake(form).as_bytes());
        bytes.extend_from_slice(&encode(form, &hello));
        let mut peer = Peer::pipe(&server, Form::Text).await;
        peer.raw(&bytes).await;
        assert!(peer.head().await.contains("101"));
        let mut peer = peer.speaking(form);
        peer.story("caught_up lobby/1").await;
    }
}

#[tokio::test]
async fn a_message_may_come_in_fragments_with_pings_between_them() {
    let server = server(fast()).await;
    let (mut alice, _) = joined(&server, Form::WsJson, "alice").await;
    let object = br#"{"type":"say","id":1,"room":"lobby","body":"in pieces"}"#;
    for (at, part) in object.chunks(7).enumerate() {
        let opcode = if at == 0 { Data::Text } else { Data::Continue };
        let is_last = at == object.chunks(7).count() - 1;
        alice.raw(&frame(OpCode::Data(opcode), is_last, part)).await;
        alice.raw(&frame(OpCode::Control(Control::Ping), true, &[at as u8])).await;
        assert_eq!(alice.next_ws().await.unwrap().0, OpCode::Control(Control::Pong), "{at}");
        if is_last {
            break;
        }
    }
    let said = alice.next().await.unwrap();
    assert!(show(&said).ends_with("said lobby/2 alice: in pieces"), "{}", show(&said));
}

#[tokio::test]
async fn a_broken_frame_ends_the_connection_with_its_code_and_the_session_lingers() {
    let server = server(fast()).await;
    let text = |is_final, payload: &[u8]| frame(OpCode::Data(Data::Text), is_final, payload);
    for (at, (bytes, reason, code)) in [
        (vec![0x81, 2, b'h', b'i'], "bad_frame", 1002),
        (text(true, b"\xC3\x28"), "bad_utf8", 1007),
        (vec![0xC1, 0x80, 0, 0, 0, 0], "bad_frame", 1002),
        (vec![0x83, 0x80, 0, 0, 0, 0], "bad_frame", 1002),
        (vec![0x80, 0x80, 0, 0, 0, 0], "bad_frame", 1002),
        (vec![0x09, 0x80, 0, 0, 0, 0], "bad_frame", 1002),
        (vec![0x89, 0xFE, 0, 200, 0, 0, 0, 0], "bad_frame", 1002),
        ([text(false, b"{"), text(true, b"}")].concat(), "bad_frame", 1002),
        (text(true, &[b' '; 70_000]), "frame_too_large", 1009),
        (
            vec![0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0],
            "frame_too_large",
            1009,
        ),
        (text(true, b"not an object"), "bad_frame", 1002),
        (frame(OpCode::Data(Data::Binary), true, b"{}"), "bad_frame", 1002),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("user{at}");
        let (mut peer, token) = joined(&server, Form::WsJson, &name).await;
        let _ = peer.try_raw(&bytes).await;
        let end = to_the_end(&mut peer).await;
        let last = [format!("closing {reason}"), format!("close {code}")];
        assert!(end.ends_with(&last), "{name}: {end:?}");
        let mut back = Peer::pipe(&server, Form::WsJson).await;
        back.resume(&name, &token, &[]).await;
        assert_eq!(back.next().await.as_ref().map(show), Some(format!("welcome {name} again")));
    }
}

#[tokio::test]
async fn a_closed_tab_may_come_back_and_a_goodbye_is_for_good() {
    let server = server(fast()).await;
    for form in FORMS {
        let mut witness = Peer::join_pipe(&server, Form::Bincode, "witness").await;
        let (mut tab, token) = joined(&server, form, "alice").await;
        witness.story("joined lobby/2 alice").await;
        tab.raw(&close(1001)).await;
        assert_eq!(tab.next_ws().await, Some((OpCode::Control(Control::Close), vec![3, 233])));
        assert_eq!(tab.next_ws().await, None, "the server says no more");
        let mut tab = Peer::pipe(&server, form).await;
        tab.resume("alice", &token, &[]).await;
        assert_eq!(tab.next().await.as_ref().map(show), Some("welcome alice again".into()));
        witness.is_quiet().await;
        tab.raw(&message(form, &goodbye(form))).await;
        witness.story("left lobby/3 alice quit").await;
        witness.send(FromClient::Bye).await;
        witness.rest().await;
    }
}

fn goodbye(form: Form) -> Vec<u8> {
    let mut out = BytesMut::new();
    match form {
        Form::WsJson => chat_net::codec::json::encode_client(&FromClient::Bye, &mut out),
        _ => chat_net::codec::bincode::encode_client(&FromClient::Bye, &mut out),
    }
    out.to_vec()
}

#[tokio::test]
async fn the_end_of_the_server_is_said_by_both_protocols() {
    let server = server(fast()).await;
    let (mut alice, _) = joined(&server, Form::WsJson, "alice").await;
    let mut idle = request(&server, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(idle.head().await.contains("200"));
    server.shutdown(Duration::from_secs(10)).await.unwrap();
    let end = to_the_end(&mut alice).await;
    assert_eq!(end, ["closing going_away", &format!("close {}", u16::from(CloseCode::Away))]);
}

#[tokio::test(start_paused = true)]
async fn a_silent_page_is_asked_whether_it_is_there_and_let_go_if_it_is_not() {
    let server = server(Limits::default()).await;
    let (mut alice, _) = joined(&server, Form::WsJson, "alice").await;
    alice.wait_for_ping().await;
    alice.send(FromClient::Pong { nonce: alice.last_ping }).await;
    alice.wait_for_ping().await;
    pass(Duration::from_secs(15)).await;
    let end = to_the_end(&mut alice).await;
    assert_eq!(end, ["closing no_answer", "close 4302"]);
}

#[tokio::test]
async fn who_hangs_up_in_the_middle_of_the_handshake_keeps_no_place() {
    let server = server(fast()).await;
    for _ in 0..500 {
        let mut stream = tokio::net::TcpStream::connect(server.local_addrs()[0]).await.unwrap();
        // A reset instead of an end: the answer cannot be written.
        socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut stream, handshake(Form::WsJson).as_bytes()).await.unwrap();
    }
    server.shutdown(Duration::from_secs(20)).await.unwrap();
}

/// Waits until silence is over for what was opened before, of whom no browser is known at their address.
async fn others_are_greeted(server: &ServerHandle) {
    let mut elsewhere = Peer::dial_from(server, "127.0.0.2").await;
    assert!(elsewhere.shown().await.starts_with("- Welcome!"));
}

/// Browsers open connections before they need them; a greeting there would be taken for an answer.
#[tokio::test]
async fn what_a_browser_keeps_for_later_is_not_greeted() {
    let limits = Limits { sniff_ms: 20, browser_sniff_ms: 60_000, ..fast() };
    let server = server(limits).await;
    let mut person = Peer::dial(&server, Form::Text).await;
    assert!(person.shown().await.starts_with("- Welcome!"));
    let mut first = Peer::dial(&server, Form::Text).await;
    first.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    assert!(first.head().await.contains("200"));
    let mut spare = Peer::dial(&server, Form::Text).await;
    // Who types is a person all the same, and by then the spare one has been silent for long enough.
    let mut typing = Peer::dial(&server, Form::Text).await;
    others_are_greeted(&server).await;
    typing.line("bob").await;
    assert!(typing.shown().await.starts_with("- Welcome!"));
    spare.raw(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = spare.head().await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}

/// A slow browser's first connection may be silent for too long.
#[tokio::test]
async fn a_browser_that_was_greeted_may_load_the_page_again() {
    let limits = Limits { sniff_ms: 20, browser_sniff_ms: 60_000, ..fast() };
    let server = server(limits).await;
    let mut late = Peer::dial(&server, Form::Text).await;
    late.until_line("What is your name?").await;
    late.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    late.closed("wrong_protocol").await;
    let mut again = Peer::dial(&server, Form::Text).await;
    others_are_greeted(&server).await;
    again.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let head = again.head().await;
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
}
