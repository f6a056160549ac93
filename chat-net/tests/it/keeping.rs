//! While the store keeps one batch the engine goes on, and nobody is told of anything before it is kept. And a
//! store without space: messages are refused, all else goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use async_trait::async_trait;
use chat_core::{Anchor, Ask, Query};
use chat_net::codec::Form;
use chat_net::{Limits, Record, Server, ServerHandle, Store, StoreError};
use tokio::sync::{Notify, Semaphore};

use crate::hooked::{Hooked, Hooks};
use crate::peer::{Peer, fast, join, say, soon};

/// Keeps when it is let, and has space when it is said so.
struct Held {
    handed_over: AtomicUsize,
    came: Notify,
    may_keep: Semaphore,
    is_full: AtomicBool,
}

#[async_trait]
impl Hooks for Held {
    async fn before_append(&self, _records: &[Record]) -> Result<(), StoreError> {
        self.handed_over.fetch_add(1, Ordering::SeqCst);
        self.came.notify_waiters();
        let permit = self.may_keep.acquire().await;
        permit.map(tokio::sync::SemaphorePermit::forget).map_err(|_| StoreError::Failed("closed".into()))
    }

    fn has_space(&self) -> bool {
        !self.is_full.load(Ordering::SeqCst)
    }
}

impl Held {
    /// Waits until so many batches were handed over in all.
    async fn holds(&self, count: usize) {
        let handed_over = async {
            loop {
                let came = self.came.notified();
                if self.handed_over.load(Ordering::SeqCst) >= count {
                    return;
                }
                came.await;
            }
        };
        soon("a batch", handed_over).await;
    }
}

async fn held() -> (Arc<Hooked<Held>>, ServerHandle) {
    let hooks = Held {
        handed_over: AtomicUsize::new(0),
        came: Notify::new(),
        may_keep: Semaphore::new(1000),
        is_full: AtomicBool::new(false),
    };
    let store = Arc::new(Hooked::new(hooks, &Limits::default()));
    let builder = Server::builder().listen("127.0.0.1:0").limits(fast());
    let server = builder.store(Arc::clone(&store) as Arc<dyn Store>).start().await.unwrap();
    (store, server)
}

#[tokio::test]
async fn the_next_is_handed_over_while_one_is_kept_and_nobody_is_told_before() {
    let (store, server) = held().await;
    let hooks = &store.hooks;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::JsonLines, "bob").await;
    alice.gets(&["joined lobby/2 bob"]).await;
    let _ = hooks.may_keep.forget_permits(1000);
    let before = hooks.handed_over.load(Ordering::SeqCst);
    for (id, nth) in [(1, before + 1), (2, before + 2), (3, before + 3)] {
        alice.ask(id, say("lobby", &format!("message {id}"))).await;
        hooks.holds(nth).await;
    }
    // Neither of them has been told.
    alice.is_quiet().await;
    bob.is_quiet().await;
    // What is read waits its turn, behind what it may tell of.
    bob.query(9, Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 9 }).await;
    hooks.may_keep.add_permits(1);
    alice.gets(&["re=1 said lobby/3 alice: message 1"]).await;
    bob.gets(&["said lobby/3 alice: message 1"]).await;
    hooks.may_keep.add_permits(2);
    alice.gets(&["re=2 said lobby/4 alice: message 2", "re=3 said lobby/5 alice: message 3"]).await;
    bob.gets(&["said lobby/4 alice: message 2", "said lobby/5 alice: message 3"]).await;
    for number in 3..6 {
        let text = format!("re=9 past said lobby/{number} alice: message {}", number - 2);
        bob.gets(&[&text]).await;
    }
    hooks.may_keep.add_permits(1000);
    server.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
}

#[tokio::test]
async fn without_space_messages_are_refused_and_all_else_goes_on() {
    let (store, server) = held().await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    alice.ask(1, say("lobby", "there is space")).await;
    alice.gets(&["re=1 said lobby/2 alice: there is space"]).await;
    store.hooks.is_full.store(true, Ordering::SeqCst);
    let full = "storage_full";
    alice.ask(2, say("lobby", "there is none")).await;
    alice.gets(&[&format!("re=2 refused {full}")]).await;
    alice.ask(2, Ask::Whisper { to: "alice".into(), body: "none".into() }).await;
    alice.gets(&[&format!("re=2 refused {full}")]).await;
    alice.ask(2, Ask::Topic { room: "lobby".into(), topic: "none".into() }).await;
    alice.gets(&[&format!("re=2 refused {full}")]).await;
    // The repeat of what was answered is answered.
    alice.ask(1, say("lobby", "there is space")).await;
    alice.gets(&["re=1 said lobby/2 alice: there is space"]).await;
    let _bob = Peer::join(&server, Form::Text, "bob").await;
    alice.gets(&["joined lobby/3 bob"]).await;
    alice.query(7, Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 9 }).await;
    alice.gets(&["re=7 past said lobby/2 alice: there is space", "re=7 history 1"]).await;
    alice.ask(2, join("dev")).await;
    alice.story("caught_up dev/1").await;
    store.hooks.is_full.store(false, Ordering::SeqCst);
    alice.ask(3, say("lobby", "there is space again")).await;
    alice.gets(&["re=3 said lobby/4 alice: there is space again"]).await;
}

#[tokio::test]
async fn while_the_store_waits_for_space_refusals_and_history_do_not() {
    let (store, server) = held().await;
    let hooks = &store.hooks;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    alice.ask(1, say("lobby", "kept")).await;
    alice.gets(&["re=1 said lobby/2 alice: kept"]).await;
    let _ = hooks.may_keep.forget_permits(1000);
    let before = hooks.handed_over.load(Ordering::SeqCst);
    alice.ask(2, say("lobby", "waits")).await;
    hooks.holds(before + 1).await;
    hooks.is_full.store(true, Ordering::SeqCst);
    alice.ask(3, say("lobby", "refused")).await;
    alice.gets(&["re=3 refused storage_full"]).await;
    alice.query(4, Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 9 }).await;
    alice.gets(&["re=4 past said lobby/2 alice: kept", "re=4 history 1"]).await;
    hooks.may_keep.add_permits(1000);
    hooks.is_full.store(false, Ordering::SeqCst);
    alice.gets(&["re=2 said lobby/3 alice: waits"]).await;
    server.shutdown(std::time::Duration::from_secs(10)).await.unwrap();
}
