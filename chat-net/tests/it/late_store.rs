//! A store that answers late, out of step with everything else: still everyone is told everything once, in
//! order. And one that cannot read: only who needs it is let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use async_trait::async_trait;
use chat_core::{Anchor, Ask, Event, Query};
use chat_net::codec::{Form, FromServer};
use chat_net::{Events, Limits, Notice, Options, Record, Server, ServerHandle, Store, StoreError};

use crate::hooked::{Hooked, Hooks};
use crate::peer::{Peer, fast, join, place, say, show, soon};

/// Keeps a little later; reads only after the caller has been looked at many times, each read another number
/// of them.
#[derive(Default)]
struct Late {
    reads: AtomicU64,
    is_broken: AtomicBool,
}

fn late() -> Arc<Hooked<Late>> {
    Arc::new(Hooked::new(Late::default(), &Limits::default()))
}

#[async_trait]
impl Hooks for Late {
    async fn before_append(&self, _records: &[Record]) -> Result<(), StoreError> {
        tokio::task::yield_now().await;
        Ok(())
    }

    async fn before_read(&self) -> Result<(), StoreError> {
        let polls = 1 + self.reads.fetch_add(1, Ordering::Relaxed) * 7 % 23;
        for _ in 0..polls {
            tokio::task::yield_now().await;
        }
        match self.is_broken.load(Ordering::Relaxed) {
            true => Err(StoreError::Failed("bad sector".into())),
            false => Ok(()),
        }
    }
}

async fn server(store: &Arc<Hooked<Late>>) -> ServerHandle {
    let limits = Limits { history_page: 5, ..fast() };
    Server::builder().limits(limits).store(Arc::clone(store) as Arc<dyn Store>).start().await.unwrap()
}

/// Joins as bob, then talks in the lobby without a pause until it has said so much.
async fn talk(server: &ServerHandle, messages: u64) -> tokio::task::JoinHandle<()> {
    let mut bob = Peer::join_pipe(server, Form::Bincode, "bob").await;
    tokio::spawn(async move {
        for id in 1..=messages {
            bob.say(id, "lobby", &format!("message {id}")).await;
            bob.until(|frame| matches!(frame, FromServer::Told(told) if told.re.0 == id)).await;
        }
    })
}

/// What a newcomer or a returner is told: numbers that rise one by one from the end of its copy.
async fn is_told_all(peer: &mut Peer, mut next: u64, last: u64) {
    while next <= last {
        let frame = peer.next().await.unwrap();
        let line = show(&frame);
        assert!(!line.contains("gap") && !line.contains("closing"), "{line}");
        if let Some(place) = place(&frame) {
            assert_eq!(place.number.0, next, "{line}");
            next += 1;
        }
    }
}

#[tokio::test]
async fn a_joiner_and_a_returner_are_told_everything_once_while_others_talk() {
    let store = late();
    let server = server(&store).await;
    let mut alice = Peer::pipe(&server, Form::JsonLines).await;
    let welcome = alice.enter("alice").await.unwrap();
    let talking = talk(&server, 300).await;
    alice.gets(&["joined lobby/2 bob"]).await;
    // Comes back again and again, each time from where it was.
    let mut next = 3;
    while next < 200 {
        drop(alice);
        alice = Peer::pipe(&server, Form::JsonLines).await;
        alice.resume("alice", &welcome.token, &[]).await;
        alice.gets(&["welcome alice again"]).await;
        is_told_all(&mut alice, 1, next + 7).await;
        next += 8;
    }
    is_told_all(&mut alice, next, 302).await;
    talking.await.unwrap();
}

#[tokio::test]
async fn a_joiner_sees_the_last_messages_then_live_and_no_hole_between() {
    let store = late();
    let server = server(&store).await;
    let talking = talk(&server, 400).await;
    for n in 0..30 {
        let mut peer = Peer::pipe(&server, Form::Bincode).await;
        peer.hello(&format!("user{n}")).await;
        peer.gets(&[&format!("welcome user{n}")]).await;
        let members = peer.next().await.unwrap();
        let FromServer::Told(told) = &members else { panic!("{members:?}") };
        let Event::Members { place: head, .. } = &told.event else { panic!("{members:?}") };
        let joined = peer.next().await.unwrap();
        assert_eq!(show(&joined), format!("joined lobby/{} user{n}", head.number.0 + 1));
        let mut last = 0;
        let mut live = head.number.0 + 2;
        // The last messages from before, rising; then everything behind the own join, one by one.
        while live < head.number.0 + 6 && live < 400 {
            let frame = peer.next().await.unwrap();
            let Some(place) = place(&frame) else { continue };
            if place.number.0 <= head.number.0 {
                assert!(place.number.0 > last && live == head.number.0 + 2, "{}", show(&frame));
                last = place.number.0;
            } else {
                assert_eq!(place.number.0, live, "{}", show(&frame));
                live += 1;
            }
        }
    }
    talking.await.unwrap();
}

/// Takes what a mirror lets through, which cuts the link when anything is missing or out of order.
async fn listen(mut events: Events, until: &str) -> (Vec<u64>, usize) {
    let (mut numbers, mut cuts) = (Vec::new(), 0);
    loop {
        match soon("a notice", events.next()).await.expect("it goes on") {
            Notice::Told(told) => {
                if let Event::Said { place, body, .. } = &told.event {
                    numbers.push(place.number.0);
                    if body.as_str() == until {
                        return (numbers, cuts);
                    }
                }
            }
            Notice::Disconnected { .. } => cuts += 1,
            _ => {}
        }
    }
}

#[tokio::test]
async fn who_leaves_and_comes_back_before_the_store_has_answered_is_told_no_room_twice() {
    let store = late();
    let server = server(&store).await;
    let (alice, events) = server.join(Options::named("alice")).await.unwrap();
    let listening = tokio::spawn(listen(events, "message 300"));
    let talking = talk(&server, 299).await;
    for _ in 0..60 {
        alice.leave("lobby").await.unwrap();
        alice.join("lobby").await.unwrap();
        tokio::task::yield_now().await;
    }
    talking.await.unwrap();
    alice.say("lobby", "message 300").await.unwrap();
    let (numbers, cuts) = listening.await.unwrap();
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert_eq!(cuts, 0, "nothing came out of order");
}

#[tokio::test]
async fn nothing_of_a_room_that_was_left_is_told_until_it_is_joined_again() {
    let store = late();
    let server = server(&store).await;
    let talking = talk(&server, 200).await;
    let mut alice = Peer::pipe(&server, Form::Bincode).await;
    alice.hello("alice").await;
    for id in 1..=40 {
        alice.ask(2 * id - 1, Ask::Leave { room: "lobby".into() }).await;
        alice.ask(2 * id, join("lobby")).await;
    }
    talking.await.unwrap();
    alice.ask(1000, say("lobby", "the end")).await;
    let frames = alice.until(|frame| show(frame).ends_with("alice: the end")).await;
    // Between a leave and the next join nothing of the room is told, and within each stay all is in order.
    let (mut is_member, mut head, mut live) = (false, 0, 0);
    for frame in &frames {
        let line = show(frame);
        let FromServer::Told(told) = frame else { continue };
        match &told.event {
            Event::Members { place, .. } => (is_member, head, live) = (true, place.number.0, place.number.0),
            Event::Left { user, .. } if user.as_str() == "alice" => is_member = false,
            Event::CaughtUp { .. } => assert!(is_member, "{line} of a room that was left"),
            event => {
                let Some(place) = event.place() else { continue };
                assert!(is_member, "{line} of a room that was left");
                if place.number.0 > head {
                    // The answer to an ask may come before what it follows.
                    assert!(place.number.0 == live + 1 || told.re.0 != 0, "{line} behind {live}");
                    live = live.max(place.number.0);
                }
            }
        }
    }
}

#[tokio::test]
async fn who_needs_history_that_cannot_be_read_is_let_go_and_nobody_else_notices() {
    let store = late();
    let server = server(&store).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join_pipe(&server, Form::JsonLines, "bob").await;
    alice.gets(&["joined lobby/2 bob"]).await;
    store.hooks.is_broken.store(true, Ordering::Relaxed);
    alice.ask(1, say("lobby", "before")).await;
    alice.query(2, Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 5 }).await;
    alice.gets(&["re=1 said lobby/3 alice: before"]).await;
    alice.closed("history_failed").await;
    let mut carol = Peer::pipe(&server, Form::JsonFrames).await;
    carol.hello("carol").await;
    carol.story("closing history_failed").await;
    bob.gets(&["said lobby/3 alice: before", "joined lobby/4 carol"]).await;
    bob.say(1, "lobby", "still here").await;
    bob.gets(&["re=1 said lobby/5 bob: still here"]).await;
    store.hooks.is_broken.store(false, Ordering::Relaxed);
    let mut dave = Peer::pipe(&server, Form::JsonFrames).await;
    dave.enter("dave").await;
}

#[tokio::test]
async fn a_client_is_not_told_anything_twice_by_a_late_store() {
    let store = late();
    let server = server(&store).await;
    let (alice, events) = server.join(Options::named("alice").rooms(["lobby"])).await.unwrap();
    let listening = tokio::spawn(listen(events, "the end"));
    let talking = talk(&server, 100).await;
    talking.await.unwrap();
    alice.say("lobby", "the end").await.unwrap();
    let (numbers, cuts) = listening.await.unwrap();
    assert_eq!((numbers, cuts), ((3..=103).collect(), 0));
}
