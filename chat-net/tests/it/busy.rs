//! A server that always has something to do keeps time all the same.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chat_core::{Ask, Config, RequestId};
use chat_net::codec::{Form, FromClient};
use chat_net::{Limits, Record, Server, StoreError};
use tokio::io::AsyncWriteExt;

use crate::hooked::{Hooked, Hooks};
use crate::peer::{Peer, encode, fast, join, say};

/// As slow as a disk: while it writes, more comes in.
struct Slow;

#[async_trait]
impl Hooks for Slow {
    async fn before_append(&self, _records: &[Record]) -> Result<(), StoreError> {
        std::thread::sleep(Duration::from_millis(2)); // paused like a disk that is slow: what this is about
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_dropped_session_leaves_in_time_however_busy_the_server_is() {
    let core = Config { linger_ms: 100, ..Config::default() };
    let store = Arc::new(Hooked::new(Slow, &Limits::default()));
    let builder = Server::builder().listen("127.0.0.1:0").limits(fast()).core(core).store(store);
    let server = builder.start().await.unwrap();
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let bob = Peer::join(&server, Form::Bincode, "bob").await;
    let mut busy = Vec::new();
    for n in 0..8 {
        let mut peer = Peer::pipe(&server, Form::Bincode).await;
        peer.enter(&format!("busy{n}")).await;
        peer.ask(0, Ask::Leave { room: "lobby".into() }).await;
        peer.ask(0, join(&format!("room{n}"))).await;
        busy.push(peer);
    }
    let mut working = Vec::new();
    for (n, peer) in busy.into_iter().enumerate() {
        let (mut reads, mut writes) = peer.split();
        let ask = FromClient::Ask { id: RequestId(0), ask: say(&format!("room{n}"), "x") };
        let bytes = encode(Form::Bincode, &ask);
        working.push(tokio::spawn(async move { while reads.next().await.is_some() {} }));
        working.push(tokio::spawn(async move {
            while writes.write_all(&bytes).await.is_ok() {
                tokio::task::yield_now().await;
            }
        }));
    }
    drop(bob);
    alice.story("bob lost").await;
    working.into_iter().for_each(|task| task.abort());
}
