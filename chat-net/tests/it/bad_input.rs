//! Whatever a peer sends: one answer, nothing half-done, and the server goes on for everybody else.

use chat_core::{Anchor, Ask, Query, RequestId};
use chat_net::codec::{Form, FromClient, FromServer, Hello, frame};
use chat_net::{Limits, ServerHandle};

use crate::peer::{Peer, encode, fast, join, say, server, show};

const FRAMED: [Form; 2] = [Form::Bincode, Form::JsonFrames];
const PROGRAMS: [Form; 3] = [Form::Bincode, Form::JsonFrames, Form::JsonLines];

/// Somebody who must never notice anything.
struct Neighbour(Peer, u64);

impl Neighbour {
    async fn of(server: &ServerHandle) -> Neighbour {
        let mut peer = Peer::pipe(server, Form::Bincode).await;
        let hello = Hello { name: "neighbour".into(), rooms: Some(vec!["quiet".into()]), ..Hello::default() };
        peer.send(FromClient::Hello(hello)).await;
        peer.story("caught_up quiet/1").await;
        Neighbour(peer, 0)
    }

    async fn is_served(&mut self) {
        self.1 += 1;
        let body = format!("message {}", self.1);
        self.0.ask(self.1, say("quiet", &body)).await;
        self.0.gets(&[&format!("re={} said quiet/{} neighbour: {body}", self.1, self.1 + 1)]).await;
    }
}

async fn quiet() -> (ServerHandle, Neighbour) {
    let server = server(fast()).await;
    let neighbour = Neighbour::of(&server).await;
    (server, neighbour)
}

fn framed(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap();
    [&length.to_be_bytes(), payload].concat()
}

#[tokio::test]
async fn a_length_that_lies_ends_the_connection_by_its_four_bytes() {
    let (server, mut neighbour) = quiet().await;
    for form in FRAMED {
        // Only a chunk of a file may be longer than 64 KiB.
        let longest = if form == Form::Bincode { 65_536 + 256 } else { 87_384 + 256 };
        for (length, reason) in
            [(0, "bad_frame"), (longest + 1, "frame_too_large"), (u32::MAX, "frame_too_large")]
        {
            // A name of its own for each: it is held while the session lingers.
            let mut peer = Peer::join(&server, form, &format!("{form:?}{length}")).await;
            peer.ask(1, Ask::Whisper { to: "nobody".into(), body: "before".into() }).await;
            peer.raw(&u32::to_be_bytes(length)).await;
            peer.gets(&["re=1 refused no_such_user"]).await;
            peer.closed(reason).await;
        }
        for (length, reason) in [(4 * 1024 + 1, "frame_too_large"), (0, "bad_frame")] {
            let mut peer = Peer::dial(&server, form).await;
            peer.raw(&u32::to_be_bytes(length)).await;
            peer.closed(reason).await;
        }
    }
    neighbour.is_served().await;
}

#[tokio::test]
async fn the_largest_frame_is_taken_and_before_a_name_the_largest_hello() {
    let (server, mut neighbour) = quiet().await;
    let mut peer = Peer::dial(&server, Form::JsonFrames).await;
    let hello = |bytes: usize| {
        let start = br#"{"type":"hello","name":"alice","x":""#;
        [&start[..], &vec![b'x'; bytes - start.len() - 2], br#""}"#].concat()
    };
    peer.raw(&framed(&hello(4096))).await;
    peer.story("caught_up lobby/1").await;
    let start = br#"{"type":"ping","nonce":5,"x":""#;
    let largest = [&start[..], &vec![b'x'; 65536 - start.len() - 2], br#""}"#].concat();
    peer.raw(&framed(&largest)).await;
    peer.gets(&["pong 5"]).await;
    neighbour.is_served().await;
}

#[tokio::test]
async fn frames_may_come_in_any_pieces() {
    let (server, mut neighbour) = quiet().await;
    for form in PROGRAMS {
        let mut peer = Peer::join(&server, form, &format!("{form:?}")).await;
        peer.until_quiet().await;
        let asks: Vec<u8> = (1..=60)
            .flat_map(|id| encode(form, &FromClient::Ask { id: RequestId(id), ask: join("lobby") }))
            .collect();
        for size in [1, 2, 3, 7, asks.len()] {
            for piece in asks.chunks(size) {
                peer.raw(piece).await;
            }
            // The same ids again are the same asks again.
            for id in 1..=60 {
                let told = show(&peer.next().await.unwrap());
                assert!(told.starts_with(&format!("re={id} members lobby/")), "{told}");
            }
        }
    }
    neighbour.is_served().await;
}

#[tokio::test]
async fn a_frame_that_breaks_off_is_a_drop_and_never_half_an_ask() {
    let (server, mut neighbour) = quiet().await;
    let mut bob = Peer::join(&server, Form::Bincode, "bob").await;
    for (at, form) in PROGRAMS.into_iter().enumerate() {
        let name = format!("alice{at}");
        let mut peer = Peer::join(&server, form, &name).await;
        bob.gets(&[&format!("joined lobby/{} {name}", at + 2)]).await;
        let ask = encode(form, &FromClient::Ask { id: RequestId(1), ask: say("lobby", "half") });
        peer.raw(&ask[..ask.len() - 1]).await;
        peer.hang_up().await;
        peer.closed("no_answer").await;
    }
    bob.is_quiet().await;
    neighbour.is_served().await;
}

#[tokio::test]
async fn garbage_behind_the_preface_ends_the_connection() {
    let (server, mut neighbour) = quiet().await;
    for form in FRAMED {
        for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &framed(b"\x00"), &framed(&[0x01; 40])] {
            let mut peer = Peer::dial(&server, form).await;
            peer.raw(garbage).await;
            let end = show(&peer.next().await.unwrap());
            assert!(["closing bad_frame", "closing frame_too_large"].contains(&&*end), "{end}");
            assert_eq!(peer.rest().await, b"");
        }
    }
    let mut left_over = encode(Form::Bincode, &FromClient::Bye).to_vec();
    left_over[3] += 1;
    left_over.push(0);
    let mut peer = Peer::join(&server, Form::Bincode, "alice").await;
    peer.raw(&left_over).await;
    peer.closed("bad_frame").await;
    neighbour.is_served().await;
}

/// A generator without a state worth a dependency: xorshift64*.
fn noise(seed: u64) -> impl Iterator<Item = u8> {
    let mut x = seed | 1;
    std::iter::repeat_with(move || {
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
    })
}

#[tokio::test]
async fn noise_of_any_kind_is_survived() {
    let (server, mut neighbour) = quiet().await;
    for seed in 1..=200 {
        let form = [Form::Bincode, Form::JsonFrames, Form::JsonLines, Form::Text][seed as usize % 4];
        let mut peer = Peer::pipe(&server, form).await;
        if seed % 3 == 0 {
            peer.enter_any(&format!("noisy{seed}")).await;
        }
        let bytes: Vec<u8> = noise(seed).take(300).collect();
        let bytes = if seed % 2 == 0 && frame::preface(form).is_some() { framed(&bytes) } else { bytes };
        peer.try_raw(&bytes).await;
        peer.hang_up().await;
        peer.rest().await;
    }
    neighbour.is_served().await;
}

#[tokio::test]
async fn a_line_of_a_megabyte_is_dropped_and_told_once() {
    let (server, mut neighbour) = quiet().await;
    let long = vec![b'x'; 1024 * 1024];
    let mut person = Peer::join(&server, Form::Text, "alice").await;
    let mut program = Peer::join(&server, Form::JsonLines, "bob").await;
    person.until_line("bob joined").await;
    for peer in [&mut person, &mut program] {
        peer.raw(&long).await;
        peer.raw(b"\n").await;
    }
    program.gets(&["refused line_too_long"]).await;
    person.line("short").await;
    assert_eq!(person.shown().await, "! line_too_long: the rest of that line was dropped");
    program.gets(&["said lobby/3 alice: short"]).await;
    program.say(1, "lobby", "short too").await;
    program.gets(&["re=1 said lobby/4 bob: short too"]).await;
    assert_eq!(person.shown().await, "#lobby <bob> short too");
    neighbour.is_served().await;
}

#[tokio::test]
async fn a_line_may_be_as_long_as_its_limit() {
    let (server, _) = quiet().await;
    let mut program = Peer::join(&server, Form::JsonLines, "bob").await;
    let line = |bytes: usize| {
        let start = r#"{"type":"ping","nonce":5,"x":""#;
        format!("{start}{}\"}}", "x".repeat(bytes - start.len() - 2))
    };
    program.line(&line(8192)).await;
    program.line(&(line(8192) + "\r")).await;
    program.line(&line(8193)).await;
    program.gets(&["pong 5", "pong 5", "refused line_too_long"]).await;
}

#[tokio::test]
async fn text_that_is_not_utf8_is_refused() {
    let (server, mut neighbour) = quiet().await;
    let mut person = Peer::dial(&server, Form::Text).await;
    person.raw(b"al\x80ice\n").await;
    person.until_line("! bad_text: ").await;
    person.line("alice").await;
    person.until_line("alice joined").await;
    person.raw(b"ol\xe9\n").await;
    assert!(person.shown().await.starts_with("! bad_text: "));
    for form in PROGRAMS {
        let mut program = Peer::join(&server, form, &format!("{form:?}")).await;
        let mut ask = encode(form, &FromClient::Ask { id: RequestId(1), ask: say("lobby", "xyz") });
        let at = ask.windows(3).position(|three| three == b"xyz").unwrap();
        ask[at + 1] = 0xE9;
        program.raw(&ask).await;
        let told = show(&program.next().await.unwrap());
        assert!(["refused bad_text", "re=1 refused bad_text"].contains(&&*told), "{told}");
        program.is_quiet().await;
        program.send(FromClient::Bye).await;
        program.closed("left").await;
    }
    neighbour.is_served().await;
}

#[tokio::test]
async fn control_characters_reach_nobody() {
    let (server, mut neighbour) = quiet().await;
    let mut bob = Peer::join(&server, Form::Text, "bob").await;
    let mut alice = Peer::join(&server, Form::JsonLines, "alice").await;
    bob.until_line("alice joined").await;
    for (id, body) in ["\u{1b}[2J", "a\u{0}b", "a\u{7f}", "a\u{85}b", "a\rb"].iter().enumerate() {
        alice.say(id as u64 + 1, "lobby", body).await;
        alice.gets(&[&format!("re={} refused bad_text", id + 1)]).await;
    }
    alice.say(20, "lobby", "one\ntwo\tthree \u{202e}evil").await;
    let shown = bob.shown().await;
    assert!(shown.starts_with("#lobby <alice> one↵two"), "{shown}");
    assert!(!shown.contains(['\n', '\u{202e}']), "{shown:?}");
    bob.raw(b"bell\x07\n").await;
    assert!(bob.shown().await.starts_with("! bad_text: "));
    bob.raw(b"/whisper alice \x1b]0;title\x07\n").await;
    assert!(bob.shown().await.starts_with("! bad_text: "));
    neighbour.is_served().await;
}

#[tokio::test]
async fn what_a_program_got_wrong_is_refused_and_the_connection_stays() {
    let (server, mut neighbour) = quiet().await;
    let mut alice = Peer::join(&server, Form::JsonLines, "alice").await;
    let deep = format!(r#"{{"type":"ping","nonce":1,"x":{}}}"#, "[".repeat(4000));
    let nested = format!(r#"{{"type":"ping","nonce":1,"x":{}1{}}}"#, "[".repeat(3000), "]".repeat(3000));
    for (line, told) in [
        (r#"{"type":"dance","id":4}"#, "re=4 refused unknown_ask"),
        (r#"{"type":"attach","id":5,"session":1}"#, "re=5 refused unknown_ask"),
        (r#"{"type":"say","id":6,"room":"lobby"}"#, "re=6 refused bad_ask"),
        (r#"{"type":"say","id":7,"room":7,"body":"x"}"#, "re=7 refused bad_ask"),
        (r#"{"type":"say","id":-1,"room":"lobby","body":"x"}"#, "refused bad_ask"),
        (r#"{"type":"say","id":"8","room":"lobby","body":"x"}"#, "refused bad_ask"),
        (r#"{"id":9}"#, "refused bad_ask"),
        (r#"{"type":"say","type":"bye"}"#, "refused bad_ask"),
        ("hello", "refused bad_ask"),
        ("[]", "refused bad_ask"),
        ("{", "refused bad_ask"),
        (&deep, "refused bad_ask"),
        // What is ignored is not looked into, however deep.
        (&nested, "pong 1"),
        (r#"{"type":"history","id":10,"room":"lobby","limit":1e99}"#, "re=10 refused bad_ask"),
        (
            r#"{"type":"say","id":18446744073709551615,"room":"lobby","body":"x"}"#,
            "re=18446744073709551615 refused id_not_rising",
        ),
        (r#"{"type":"hello","name":"again"}"#, "refused already_named"),
        (
            r#"{"new":[{}],"type":"say","id":11,"room":"lobby","body":"x","also":null}"#,
            "re=11 said lobby/2 alice: x",
        ),
    ] {
        alice.line(line).await;
        let got = show(&alice.next().await.unwrap());
        assert_eq!(got, told, "{line:.100}");
    }
    alice.line("").await;
    alice.line("  \r").await;
    alice.is_quiet().await;
    neighbour.is_served().await;
}

#[tokio::test]
async fn what_a_newer_binary_client_asks_is_refused_by_its_id() {
    let (server, _) = quiet().await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    alice.raw(&framed(&[1, 9, 77, 1, 2, 3])).await;
    alice.raw(&framed(&[2, 10, 77])).await;
    alice.raw(&framed(&[99, 1, 2, 3])).await;
    alice.gets(&["re=9 refused unknown_ask", "re=10 refused unknown_ask", "refused unknown_ask"]).await;
    alice.is_quiet().await;
}

#[tokio::test]
async fn nothing_works_before_a_name_but_pings_and_goodbyes() {
    let (server, mut neighbour) = quiet().await;
    for form in PROGRAMS {
        let mut peer = Peer::dial(&server, form).await;
        peer.ask(1, say("quiet", "boo")).await;
        peer.ask(2, Ask::Whisper { to: "neighbour".into(), body: "boo".into() }).await;
        peer.query(3, Query::Users { room: None, after: None }).await;
        peer.query(4, Query::History { room: "quiet".into(), anchor: Anchor::Latest, limit: 9 }).await;
        peer.gets(&["re=1 refused no_name", "re=2 refused no_name", "re=3 refused no_name"]).await;
        peer.gets(&["re=4 refused no_name"]).await;
        peer.is_quiet().await;
        peer.send(FromClient::Bye).await;
        peer.closed("left").await;
    }
    neighbour.is_served().await;
}

#[tokio::test]
async fn deep_pipelining_is_answered_in_order() {
    let (server, mut neighbour) = quiet().await;
    const ASKS: u64 = 3000;
    for form in PROGRAMS {
        let name = format!("{form:?}");
        let mut peer = Peer::pipe(&server, form).await;
        let rooms = Some(vec![name.as_str().into()]);
        peer.send(FromClient::Hello(Hello { name: name.as_str().into(), rooms, ..Hello::default() })).await;
        peer.until(|frame| show(frame).starts_with("caught_up")).await;
        let (mut reads, mut writes) = peer.split();
        let asking = tokio::spawn(async move {
            for id in 1..=ASKS {
                let bytes = match id % 3 {
                    0 => encode(form, &FromClient::Ping { nonce: id }),
                    1 => encode(
                        form,
                        &FromClient::Ask { id: RequestId(id), ask: say(&format!("{form:?}"), "x") },
                    ),
                    _ => encode(
                        form,
                        &FromClient::Query { id: RequestId(id), query: Query::Rooms { after: None } },
                    ),
                };
                tokio::io::AsyncWriteExt::write_all(&mut writes, &bytes).await.unwrap();
            }
            writes
        });
        let mut last = 0;
        let mut pongs = 0;
        while last < ASKS - 1 || pongs < ASKS / 3 {
            match reads.next().await.unwrap() {
                FromServer::Pong { .. } => pongs += 1,
                FromServer::Told(told) => {
                    assert!(told.re.0 > last, "{told:?} behind {last}");
                    last = told.re.0;
                }
                FromServer::Answered { re, .. } => {
                    assert!(re.0 > last);
                    last = re.0;
                }
                other => panic!("{other:?}"),
            }
        }
        drop(asking.await.unwrap());
    }
    neighbour.is_served().await;
}

#[tokio::test]
async fn a_name_may_be_tried_again_and_again_but_not_for_ever() {
    let server = server(Limits { login_ms: 300, ..fast() }).await;
    let mut peer = Peer::dial(&server, Form::Bincode).await;
    loop {
        if !peer.try_raw(&encode(Form::Bincode, &FromClient::Hello(Hello::default()))).await {
            break;
        }
        match peer.next().await.as_ref().map(show).as_deref() {
            Some("refused bad_name") => {}
            Some("closing login_timeout") | None => break,
            other => panic!("{other:?}"),
        }
    }
    Peer::join(&server, Form::Bincode, "alice").await;
}
