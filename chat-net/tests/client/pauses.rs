//! When a client comes back: how long it waits, and what makes it look.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::peer::*;
use chat_core::Code;
use chat_net::client::{Client, Notice, Options, Why};
use chat_net::codec::{FromClient, FromServer};
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn the_pauses_grow_while_nobody_is_there() {
    let (server, peer, client, mut events) = connected(4).await;
    drop(server);
    drop(peer);
    for whole in [250, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000] {
        let pause = disconnected(&mut events).await.1.as_millis();
        assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole}");
    }
    // Quitting does not wait for a server that is away.
    let start = Instant::now();
    client.quit().await;
    assert!(start.elapsed().is_zero());
    assert!(matches!(ended(&mut events).await, Why::Quit));
}

#[tokio::test(start_paused = true)]
async fn a_silent_link_is_asked_and_then_given_up() {
    let (mut server, mut peer, _client, mut events) = connected(4).await;
    peer.send(FromServer::Ping { nonce: 9 }).await;
    assert_eq!(peer.next().await, Some(FromClient::Pong { nonce: 9 }));
    let start = Instant::now();
    let Some(FromClient::Ping { nonce }) = peer.next().await else { panic!("no ping") };
    assert_eq!(start.elapsed().as_secs(), 20);
    peer.send(FromServer::Pong { nonce }).await;
    let start = Instant::now();
    assert!(matches!(disconnected(&mut events).await.0, Why::Silent));
    assert_eq!(start.elapsed().as_secs(), 30);
    server.accept().await;
}

/// How long the machine has slept, which only a test moves.
static ASLEEP_S: AtomicU64 = AtomicU64::new(0);

fn asleep() -> Duration {
    Duration::from_secs(ASLEEP_S.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn after_a_sleep_of_the_machine_it_comes_back_at_once() {
    let (mut server, dial) = server();
    let mut options = Options::named("bot");
    options.asleep = asleep;
    let client = tokio::spawn(Client::dial(dial, options));
    let (mut peer, _) = server.accept().await;
    peer.welcome(false, &[]).await;
    let (_client, mut events) = client.await.unwrap().unwrap();
    assert!(matches!(events.next().await, Some(Notice::Connected(_))));

    let slept = |seconds| ASLEEP_S.fetch_add(seconds, Ordering::Relaxed);
    slept(9);
    timeout(Duration::from_secs(15), peer.next()).await.expect_err("a nap breaks nothing");
    slept(3600);
    let woken = Instant::now();
    let (why, retry_in) = disconnected(&mut events).await;
    assert!(matches!(why, Why::Slept) && retry_in.is_zero(), "{why} {retry_in:?}");
    let (mut peer, hello) = server.accept().await;
    assert!(woken.elapsed() <= Duration::from_secs(3), "{:?}", woken.elapsed());
    assert_eq!(hello.resume.as_deref(), Some("secret"));
    peer.welcome(true, &[]).await;
    assert!(matches!(events.next().await, Some(Notice::Connected(welcome)) if welcome.resumed));

    // The server said to wait, and the machine sleeps through it.
    peer.close(Code::GoingAway, Some(600_000)).await;
    disconnected(&mut events).await;
    slept(3600);
    let woken = Instant::now();
    server.accept().await;
    assert!(woken.elapsed() <= Duration::from_secs(3), "{:?}", woken.elapsed());
    let (why, retry_in) = disconnected(&mut events).await;
    assert!(retry_in <= Duration::from_millis(250), "the pauses begin anew: {why} {retry_in:?}");
}
