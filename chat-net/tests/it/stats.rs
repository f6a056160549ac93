//! What a server counts is what happened: after a small scene, to the last byte.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use chat_core::{Ask, Code, Event, Query};
use chat_net::codec::{Form, FromClient};
use chat_net::stats::ClientKind;
use chat_net::{Health, Limits, Notice, Options, ServerHandle, Stats, Transport};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf, duplex};

use crate::peer::{PIPE_BYTES, Peer, fast, join, pass, say, server};

/// Bytes that all clients together wrote, and read.
#[derive(Clone, Default)]
struct Moved(Arc<[AtomicU64; 2]>);

impl Moved {
    fn get(&self) -> [u64; 2] {
        [self.0[0].load(Ordering::Relaxed), self.0[1].load(Ordering::Relaxed)]
    }
}

/// A client's end of a pipe, which counts.
struct Counting<T>(T, Moved);

impl<T: Transport> AsyncRead for Counting<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.0).poll_read(cx, buf))?;
        self.1.0[1].fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        Poll::Ready(Ok(()))
    }
}

impl<T: Transport> AsyncWrite for Counting<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.0).poll_write(cx, buf))?;
        self.1.0[0].fetch_add(written as u64, Ordering::Relaxed);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

async fn client(server: &ServerHandle, form: Form, moved: &Moved) -> Peer {
    let (near, far) = duplex(PIPE_BYTES);
    server.serve_connection(far).unwrap();
    Peer::over(Counting(near, moved.clone()), form).await
}

/// What is counted once nothing happens any more.
async fn settled(server: &ServerHandle) -> Stats {
    pass(Duration::from_secs(2)).await;
    server.stats()
}

fn counted<K: Ord>(pairs: impl IntoIterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    pairs.into_iter().collect()
}

fn asked(stats: &Stats) -> BTreeMap<&'static str, u64> {
    stats.asks.iter().filter(|(_, count)| **count > 0).map(|(name, count)| (*name, *count)).collect()
}

fn connections(stats: &Stats, kind: ClientKind) -> (u64, u64) {
    (stats.connections[&kind].opened, stats.connections[&kind].open)
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_counted_to_the_last_byte() {
    let server = server(Limits { connections: 3, ..fast() }).await;
    let moved = Moved::default();
    let mut alice = client(&server, Form::Text, &moved).await;
    alice.enter("alice").await;
    let mut bob = client(&server, Form::JsonLines, &moved).await;
    bob.enter("bob").await;
    let stats = settled(&server).await;
    // Each is told who is there; then of her own coming, and alice of bob's.
    assert_eq!((stats.events, stats.deliveries), (2 + 2, 2 + 3));
    assert_eq!(asked(&stats), counted([]), "nobody asked to be put into the first room");

    alice.line("hello").await;
    bob.ask(1, say("lobby", "hi")).await;
    bob.ask(2, Ask::Whisper { to: "alice".into(), body: "psst".into() }).await;
    bob.ask(3, Ask::Topic { room: "lobby".into(), topic: "tea".into() }).await;
    bob.ask(4, say("nowhere", "anybody?")).await;
    bob.query(5, Query::Users { room: None, after: None }).await;
    bob.ask(6, join("dev")).await;
    bob.ask(7, Ask::Leave { room: "dev".into() }).await;
    bob.line(r#"{"type":"dance"}"#).await;
    bob.until(|frame| crate::peer::show(frame).contains("unknown_ask")).await;
    let stats = settled(&server).await;
    let asks = [("say", 3), ("whisper", 1), ("topic", 1), ("users", 1), ("join", 1), ("leave", 1)];
    assert_eq!(asked(&stats), counted(asks));
    assert_eq!(stats.refusals, counted([(Code::NotAMember, 1), (Code::UnknownAsk, 1)]));
    // Said, said and the topic, to two each; whispered, which either is told in words of their own; and bob alone is
    // told who is in #dev, of his coming, and of his going.
    assert_eq!((stats.events - 4, stats.deliveries - 5), (3 + 2 + 3, 6 + 2 + 3));
    assert_eq!((stats.admitted, stats.open(), stats.attached, stats.lingering), (2, 2, 2, 0));
    assert_eq!(connections(&stats, ClientKind::Person), (1, 1));
    assert_eq!(connections(&stats, ClientKind::JsonLines), (1, 1));
    assert_eq!((stats.store.append_ns.count() > 0, stats.store.has_space), (true, true));
    assert_eq!(stats.store.append_records.count(), stats.store.append_ns.count());
    assert_eq!(server.observer().health(), Health::Serving);

    ends(&server, &moved, alice, bob).await;
    let observer = server.observer();
    server.shutdown(Duration::from_secs(5)).await.unwrap();
    assert_eq!(observer.health(), Health::Ending);
    assert_eq!((observer.stats().admitted, observer.stats().open()), (0, 0));
    assert_eq!(observer.stats().closes[&Code::Left], 1, "what was counted stays");
}

/// The second part: connections that are not let in, and those that end.
async fn ends(server: &ServerHandle, moved: &Moved, mut alice: Peer, mut bob: Peer) {
    let mut carol = client(server, Form::Bincode, moved).await;
    carol.enter("carol").await;
    let (_near, far) = duplex(64);
    assert_eq!(server.serve_connection(far), Err(Code::ServerFull));
    carol.raw(b"\xff\xff\xff\xff").await;
    carol.until(|frame| crate::peer::show(frame).starts_with("closing")).await;
    assert_eq!(carol.rest().await, b"");
    alice.line("/quit").await;
    alice.rest().await;
    bob.hang_up().await;
    bob.rest().await;
    drop((alice, bob, carol));
    let (mut near, far) = duplex(256);
    server.serve_connection(far).unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut near, b"\x80\x80\x80\x80\n").await.unwrap();
    let stats = settled(server).await;
    assert_eq!(stats.connections_refused, counted([(Code::ServerFull, 1), (Code::WrongProtocol, 1)]));
    assert_eq!(stats.closes, counted([(Code::NoAnswer, 1), (Code::Left, 1), (Code::FrameTooLarge, 1)]));
    for kind in [ClientKind::Person, ClientKind::JsonLines, ClientKind::Bincode] {
        assert_eq!(connections(&stats, kind), (1, 0), "{kind:?}");
    }
    assert_eq!((stats.attached, stats.lingering), (0, 2), "those who can come back linger");
    assert_eq!([stats.received_bytes, stats.sent_bytes], moved.get());
    assert_eq!(stats.queue_bytes, 0);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_reader_that_does_not_read_is_seen() {
    let server = server(fast()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let (near, far) = duplex(1024);
    server.serve_connection(far).unwrap();
    let mut bob = Peer::over(near, Form::Bincode).await;
    bob.enter("bob").await;
    for id in 1..=20 {
        alice.say(id, "lobby", &"x".repeat(1000)).await;
    }
    alice.until_said(20).await;
    pass(Duration::from_secs(2)).await;
    let waits = server.stats().queue_bytes;
    // Each is the text, and less than 64 bytes around it; the pipe has taken as much as it holds.
    assert!((19_000..20 * 1064 - 1024).contains(&waits), "{waits}");
    bob.until_said(20).await;
    pass(Duration::from_secs(2)).await;
    assert_eq!(server.stats().queue_bytes, 0);
}

#[tokio::test]
async fn a_file_is_counted_as_it_came_and_as_it_was_taken() {
    const SIZE: u64 = 300_001;
    let folder = std::env::temp_dir().join(format!("chat-stats-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("in")).unwrap();
    let path = folder.join("x.bin");
    std::fs::write(&path, vec![7; usize::try_from(SIZE).unwrap()]).unwrap();
    let server = server(fast()).await;
    let (ann, _told) = server.join(Options::named("ann")).await.unwrap();
    let (ben, mut told) = server.join(Options::named("ben")).await.unwrap();
    assert_eq!(connections(&server.stats(), ClientKind::InProcess), (2, 2));
    let to = chat_core::Recipient::User("ben".into());
    let mut sending = ann.send_file(to, path, Default::default()).await.unwrap();
    let offer = loop {
        match told.next().await.expect("the client goes on") {
            Notice::Told(told) if matches!(told.event, Event::Offered(_)) => {
                let Event::Offered(offer) = told.event else { continue };
                break offer;
            }
            _ => {}
        }
    };
    assert_eq!(server.stats().transfers.open, 1);
    let mut receiving = ben.receive_file(&offer, folder.join("in"), Default::default()).await.unwrap();
    while receiving.next().await.is_some() {}
    while sending.next().await.is_some() {}
    let received = std::fs::read(folder.join("in/x.bin"));
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(received.unwrap().len() as u64, SIZE);
    let stats = server.stats();
    assert_eq!((stats.transfers.received_bytes, stats.transfers.sent_bytes), (SIZE, SIZE));
    assert_eq!(stats.transfers.open, 0);
    let asks = [("offer", 1), ("accept", 1), ("hash", 1), ("finish", 1)];
    assert_eq!(asked(&stats), counted(asks));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_is_asked_again_and_told_again_but_not_to_the_others() {
    let server = server(fast()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let _bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let before = settled(&server).await;
    for _ in 0..2 {
        alice.send(FromClient::Ask { id: chat_core::RequestId(1), ask: say("lobby", "once") }).await;
        alice.until_said(1).await;
    }
    let stats = settled(&server).await;
    assert_eq!(stats.asks["say"], 2);
    assert_eq!(stats.deliveries - before.deliveries, 2 + 1);
}
