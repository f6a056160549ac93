//! The end of a server: everything earlier is answered, everybody is told, and it is over in time.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::{Anchor, Ask, Query, RequestId};
use chat_net::codec::{Form, FromClient, FromServer};
use chat_net::{Limits, Options, Record, Server, ServerError, StoreError};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::hooked::{Hooked, Hooks};
use crate::peer::{Peer, encode, fast, say, server, show, soon};

const FORMS: [Form; 4] = [Form::Bincode, Form::JsonFrames, Form::JsonLines, Form::Text];
const LONG: Duration = Duration::from_secs(10);

#[tokio::test]
async fn everyone_is_told_to_come_back_and_when() {
    let server = server(Limits { reconnect_after_ms: 1234, ..fast() }).await;
    let address = server.local_addrs()[0];
    let mut peers = Vec::new();
    for form in FORMS {
        peers.push((form, Peer::join(&server, form, &format!("{form:?}")).await));
        let mut nameless = Peer::dial(&server, form).await;
        match form {
            Form::Text => {
                nameless.until_line("What is your name?").await;
            }
            _ => nameless.is_quiet().await,
        }
        peers.push((form, nameless));
    }
    let start = Instant::now();
    server.shutdown(LONG).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3), "nobody was waited for");
    for (form, mut peer) in peers {
        if form == Form::Text {
            peer.until_line("! going_away: the server is ending, come back later (try again in 2 s)").await;
        } else {
            let last = peer.until(|frame| matches!(frame, FromServer::Closing(_))).await.pop();
            let Some(FromServer::Closing(closing)) = last else { unreachable!() };
            assert_eq!((&*closing.reason, closing.reconnect_after_ms), ("going_away", Some(1234)));
        }
        assert_eq!(peer.rest().await, b"", "nothing comes behind it");
    }
    assert!(TcpStream::connect(address).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn everything_asked_earlier_is_answered() {
    let server = server(fast()).await;
    let alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::JsonFrames, "bob").await;
    let mut asks = Vec::new();
    for id in 1..=500 {
        asks.extend(encode(
            Form::Bincode,
            &FromClient::Ask { id: RequestId(id), ask: say("lobby", &"x".repeat(1000)) },
        ));
    }
    let history = Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 100 };
    asks.extend(encode(Form::Bincode, &FromClient::Query { id: RequestId(501), query: history }));
    // Its pong says that the server has read everything.
    asks.extend(encode(Form::Bincode, &FromClient::Ping { nonce: 9 }));
    let (mut reads, mut writes) = alice.split();
    let asking = tokio::spawn(async move {
        tokio::io::AsyncWriteExt::write_all(&mut writes, &asks).await.unwrap();
        writes
    });
    let mut frames = reads.until(|frame| matches!(frame, FromServer::Pong { nonce: 9 })).await;
    let ending = tokio::spawn(server.shutdown(LONG));
    frames.extend(reads.until(|frame| matches!(frame, FromServer::Closing(_))).await);
    let answered: Vec<String> = frames.iter().map(show).filter(|line| line.starts_with("re=")).collect();
    for id in 1..=500 {
        assert!(
            answered[id - 1].starts_with(&format!("re={id} said lobby/{} ", id + 2)),
            "{}",
            answered[id - 1]
        );
    }
    assert_eq!(answered.last().unwrap(), "re=501 history 100 more");
    let told = bob.until(|frame| matches!(frame, FromServer::Closing(_))).await;
    assert_eq!(told.len(), 501, "the other member got all of it, too");
    ending.await.unwrap().unwrap();
    drop(asking.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_never_reads_does_not_keep_a_server_from_ending() {
    for deadline in [Duration::from_millis(200), LONG] {
        let server = Server::builder().limits(fast()).start().await.unwrap();
        // A pipe that holds next to nothing.
        let (near, far) = tokio::io::duplex(64);
        server.serve_connection(far).unwrap();
        let mut stuck = Peer::over(near, Form::Bincode).await;
        stuck.hello("stuck").await;
        let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
        alice.ask(1, say("lobby", &"x".repeat(4000))).await;
        alice.until(|frame| show(frame).contains("said")).await;
        let start = Instant::now();
        let ended = soon("the end", server.shutdown(deadline)).await;
        let took = start.elapsed();
        if deadline < Duration::from_secs(1) {
            assert!(matches!(ended, Err(ServerError::Deadline)), "{ended:?}");
            assert!(took < Duration::from_secs(2), "{took:?}");
        } else {
            assert!(took < LONG, "its farewell does not take as long as everything may: {took:?}");
            ended.unwrap();
        }
        alice.story("closing going_away").await;
        // Cut off: the pipe ends, whatever was in it.
        stuck.rest().await;
    }
}

#[tokio::test]
async fn a_bot_in_the_process_is_told_too() {
    let server = server(fast()).await;
    let (bot, mut events) = server.join(Options::named("bot").reconnect(false)).await.unwrap();
    bot.say("lobby", "hi").await.unwrap();
    server.shutdown(LONG).await.unwrap();
    let mut last = None;
    while let Some(notice) = soon("the end", events.next()).await {
        last = Some(notice);
    }
    let Some(chat_net::Notice::Ended { why }) = last else { panic!("{last:?}") };
    assert_eq!(why.code(), Some(300));
}

/// A store that fails, or that never answers, once it is told to.
struct Broken {
    append: AtomicU8,
    never: Notify,
    fails: Notify,
}

const WORKS: u8 = 0;
const FAILS: u8 = 1;
const HANGS: u8 = 2;

fn broken() -> Arc<Hooked<Broken>> {
    let hooks = Broken { append: WORKS.into(), never: Notify::new(), fails: Notify::new() };
    Arc::new(Hooked::new(hooks, &Limits::default()))
}

#[async_trait]
impl Hooks for Broken {
    async fn before_append(&self, _records: &[Record]) -> Result<(), StoreError> {
        match self.append.load(Ordering::SeqCst) {
            FAILS => Err(StoreError::Failed("no space left on device".into())),
            HANGS => {
                self.never.notified().await;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn failed(&self) -> StoreError {
        self.fails.notified().await;
        StoreError::Failed("the log could not be written back".into())
    }
}

#[tokio::test]
async fn a_store_that_fails_by_itself_ends_an_idle_server() {
    let store = broken();
    let builder = Server::builder().listen("127.0.0.1:0").limits(fast()).store(store.clone());
    let mut server = builder.start().await.unwrap();
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    store.hooks.fails.notify_one();
    let error = soon("the failure", server.failed()).await;
    assert!(
        matches!(&error, ServerError::Store(StoreError::Failed(why)) if why.contains("written back")),
        "{error}"
    );
    alice.closed("going_away").await;
}

#[tokio::test]
async fn a_store_that_fails_ends_the_server_and_nothing_unkept_is_told() {
    let store = broken();
    let builder = Server::builder().listen("127.0.0.1:0").limits(fast()).store(store.clone());
    let mut server = builder.start().await.unwrap();
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::Text, "bob").await;
    alice.gets(&["joined lobby/2 bob"]).await;
    alice.ask(1, say("lobby", "kept")).await;
    alice.gets(&["re=1 said lobby/3 alice: kept"]).await;
    store.hooks.append.store(FAILS, Ordering::SeqCst);
    alice.ask(2, say("lobby", "lost")).await;
    let failed = soon("the failure", server.failed()).await;
    assert!(matches!(&failed, ServerError::Store(_)), "{failed:?}");
    assert!(failed.to_string().contains("no space left on device"), "{failed}");
    alice.closed("going_away").await;
    assert_eq!(bob.shown().await, "#lobby <alice> kept");
    bob.closed("going_away").await;
    // Who comes now is told the same.
    let mut late = Peer::dial(&server, Form::JsonLines).await;
    late.hello("late").await;
    late.closed("going_away").await;
    let again = server.shutdown(LONG).await;
    assert!(matches!(again, Err(ServerError::Store(_))), "{again:?}");
}

#[tokio::test]
async fn a_store_that_never_answers_does_not_keep_a_server_from_ending() {
    let store = broken();
    let server =
        Server::builder().listen("127.0.0.1:0").limits(fast()).store(store.clone()).start().await.unwrap();
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    store.hooks.append.store(HANGS, Ordering::SeqCst);
    // More than the engine's inbox holds, from as many connections as that takes.
    let mut others = Vec::new();
    for n in 0..8 {
        others.push(Peer::pipe(&server, Form::JsonLines).await);
        others[n].hello(&format!("other{n}")).await;
    }
    for _ in 0..2000 {
        alice.ask(0, Ask::Topic { room: "lobby".into(), topic: "x".into() }).await;
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    let ended = soon("the end", server.shutdown(Duration::from_millis(300))).await;
    assert!(matches!(ended, Err(ServerError::Deadline)), "{ended:?}");
    assert!(start.elapsed() < Duration::from_secs(2));
}
