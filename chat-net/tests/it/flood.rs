//! Who asks too fast is delayed, then refused; nobody else notices, and after a pause all is well.

use std::time::Duration;

use chat_core::{Epoch, Event, Number, Query, RequestId, Since};
use chat_net::Limits;
use chat_net::codec::{Form, FromClient, FromServer, Hello, RoomPosition, Told};
use tokio::time::Instant;

use crate::peer::{Peer, encode, join, pass, say, server, show};

/// Takes answers until the connection has been silent for a while, each with the time it came at.
async fn answers(peer: &mut Peer, count: usize) -> Vec<(Duration, FromServer)> {
    let start = Instant::now();
    let mut answers = Vec::new();
    for _ in 0..count {
        let frame = peer.next().await.unwrap();
        answers.push((start.elapsed(), frame));
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn a_flood_passes_as_a_burst_then_slower_then_is_refused_and_a_neighbour_does_not_notice() {
    let server = server(Limits::default()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    alice.gets(&["joined lobby/2 bob"]).await;
    let flood: Vec<u8> = (1..=200u64)
        .flat_map(|id| encode(Form::Bincode, &FromClient::Ask { id: RequestId(id), ask: say("lobby", "x") }))
        .collect();
    alice.raw(&flood).await;
    let answers = answers(&mut alice, 200).await;
    let at = |n: usize| answers[n].0.as_millis();
    assert_eq!(at(38), 0, "forty at once, and the name was one of them");
    assert!((90..200).contains(&at(39)), "then one in a tenth of a second, not after {} ms", at(39));
    assert!((950..1100).contains(&at(48)), "ten in a second, not after {} ms", at(48));
    let refused = answers.iter().position(|(_, frame)| show(frame).ends_with("refused slow_down")).unwrap();
    assert!(
        (4500..5500).contains(&at(refused)),
        "refused after five seconds of delay, not {} ms",
        at(refused)
    );
    for (n, (_, frame)) in answers.iter().enumerate() {
        match frame {
            FromServer::Told(Told { re, event: Event::Refused(refusal), .. }) => {
                assert!(n >= refused);
                assert_eq!((re.0, &*refusal.reason), (n as u64 + 1, "slow_down"));
                assert!(refusal.retry_after_ms.is_some_and(|ms| ms >= 1000), "{refusal:?}");
                assert!(refusal.message.contains("limiter: asks"), "{}", refusal.message);
            }
            // Nothing is half-done: what was not refused was said, in order.
            frame => assert_eq!(show(frame), format!("re={} said lobby/{} alice: x", n + 1, n + 3)),
        }
    }
    // Whoever floods is not read: the whole flood takes its time, and is refused at its pace.
    assert!(at(199) >= 15_000, "{}", at(199));

    for n in 0..refused {
        bob.gets(&[&format!("said lobby/{} alice: x", n + 3)]).await;
    }
    let start = Instant::now();
    bob.ask(1, say("lobby", "and I?")).await;
    bob.gets(&[&format!("re=1 said lobby/{} bob: and I?", refused + 3)]).await;
    assert_eq!(start.elapsed(), Duration::ZERO);

    pass(Duration::from_secs(5)).await;
    alice.ask(201, say("lobby", "calm again")).await;
    alice.gets(&[&format!("said lobby/{} bob: and I?", refused + 3)]).await;
    alice.gets(&[&format!("re=201 said lobby/{} alice: calm again", refused + 4)]).await;
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_is_free() {
    let server = server(Limits::default()).await;
    let mut alice = Peer::join_pipe(&server, Form::JsonLines, "alice").await;
    let start = Instant::now();
    alice.ask(0, join("dev")).await;
    alice.story("caught_up dev/1").await;
    for nonce in 0..100 {
        alice.send(FromClient::Ping { nonce }).await;
        alice.gets(&[&format!("pong {nonce}")]).await;
        alice.ask(0, join("#DEV")).await;
        alice.gets(&["members dev/1 again: alice"]).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
    // Half of the burst is left.
    for _ in 0..15 {
        alice.query(1, Query::Rooms { after: None }).await;
        alice.next().await.unwrap();
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_answered_counts_named_or_not() {
    let server = server(Limits { login_ms: 60_000, ..Limits::default() }).await;
    // A hundred of each: forty at once, the rest at ten a second.
    let slow =
        |passed: Duration| assert!(passed >= Duration::from_secs(5), "all were answered in {passed:?}");
    let mut nameless = Peer::pipe(&server, Form::JsonLines).await;
    let began = Instant::now();
    nameless
        .raw("{\"type\":\"say\",\"id\":1,\"room\":\"lobby\",\"body\":\"x\"}\n".repeat(100).as_bytes())
        .await;
    answers(&mut nameless, 100).await;
    slow(began.elapsed());
    let mut guesser = Peer::pipe(&server, Form::JsonLines).await;
    let began = Instant::now();
    guesser.raw("{\"type\":\"hello\",\"name\":\"root\"}\n".repeat(100).as_bytes()).await;
    answers(&mut guesser, 100).await;
    slow(began.elapsed());

    for (before, line, lines) in [
        ("", "/join dev", 1),
        ("", "root", 1),
        ("", "/help", 15),
        ("", "\u{80}", 1),
        ("alice", "/help", 15),
        ("bob", "/topic", 1),
        ("carol", "/dance", 1),
        ("dave", "/room nowhere", 1),
        ("erin", "/room lobby", 1),
        ("frank", "/whisper", 1),
    ] {
        let mut person = Peer::pipe(&server, Form::Text).await;
        if before.is_empty() {
            person.until_line("What is your name?").await;
        } else {
            person.enter(before).await;
        }
        let began = Instant::now();
        person.raw(format!("{line}\n").repeat(100).as_bytes()).await;
        let mut shown = 0;
        while shown < 60 * lines {
            shown += usize::from(!person.next_line().await.unwrap().starts_with('['));
        }
        assert!(began.elapsed() >= Duration::from_secs(1), "{line} passed in {:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn coming_back_is_free() {
    let server = server(Limits::default()).await;
    let mut alice = Peer::pipe(&server, Form::JsonLines).await;
    let welcome = alice.enter("alice").await.unwrap();
    let start = Instant::now();
    for _ in 0..100 {
        let mut again = Peer::pipe(&server, Form::JsonLines).await;
        let at = RoomPosition { room: "lobby".into(), since: Since { number: Number(1), epoch: Epoch(0) } };
        again
            .send(FromClient::Hello(Hello {
                name: "alice".into(),
                resume: Some(welcome.token.clone()),
                positions: vec![at],
                ..Hello::default()
            }))
            .await;
        again.until(|frame| show(frame).starts_with("caught_up")).await;
    }
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test]
async fn a_trusting_server_delays_nobody() {
    let server = server(Limits::default().trusting()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    for id in 1..=1000 {
        alice.ask(id, say("lobby", "x")).await;
    }
    for id in 1..=1000 {
        alice.gets(&[&format!("re={id} said lobby/{} alice: x", id + 1)]).await;
    }
}
