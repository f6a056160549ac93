//! Readers that stop reading are let go, can come back, and cost nobody else anything.

use std::sync::Arc;
use std::time::Duration;

use chat_core::{Ask, Config, RequestId};
use chat_net::codec::{Form, FromClient, FromServer};
use chat_net::{Limits, Server};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::peer::{Peer, encode, pass, say, show, soon};

const MEMBERS: usize = 1000;
const STUCK: usize = 100;
const MESSAGES: usize = 150;
const BODY: usize = 4000;
/// So many messages may be on their way to the slowest reader.
const WINDOW: usize = 4;

/// How much of this process is in memory.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|pages| pages.parse().ok()).unwrap_or(0);
    pages * 4096
}

fn limits() -> Limits {
    Limits {
        talk_bytes: 64 * 1024,
        talk_hard_bytes: 160 * 1024,
        send_buffer_bytes: 16 * 1024,
        history_events: 100,
        ..Limits::default().trusting()
    }
}

/// Reads until all messages have come, every one, in order. Looks at the bytes alone: a thousand readers that
/// decode would be what is measured.
async fn read_all(mut peer: Peer, done: Arc<Semaphore>) -> usize {
    let mut messages = 0;
    while messages < MESSAGES {
        let payload = peer.next_payload().await.expect("a reader that reads is not let go");
        if payload.len() < BODY {
            continue;
        }
        let head = String::from_utf8_lossy(&payload[..payload.len() - BODY]);
        assert!(head.contains(&format!("{messages} ")) || head.ends_with(&messages.to_string()), "{head}");
        messages += 1;
        done.add_permits(1);
    }
    messages
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_of_a_thousand_never_read_and_the_others_get_everything() {
    let core = Config { big_room_members: 50, ..Config::default() };
    let builder = Server::builder().listen("127.0.0.1:0").limits(limits()).core(core);
    let server = builder.start().await.unwrap();
    let mut readers = Vec::new();
    let mut stuck = Vec::new();
    for n in 0..MEMBERS {
        let mut peer = Peer::dial(&server, [Form::Bincode, Form::JsonFrames][n % 2]).await;
        let welcome = peer.enter(&format!("user{n}")).await.unwrap();
        if n % (MEMBERS / STUCK) == 3 {
            stuck.push((peer, n, welcome.token));
        } else {
            readers.push(peer);
        }
    }
    let mut speaker = Peer::join(&server, Form::Bincode, "speaker").await;
    let before = resident_bytes();
    let start = Instant::now();
    let listeners = u32::try_from(readers.len()).unwrap();
    let done = Arc::new(Semaphore::new(readers.len() * WINDOW));
    let reading: Vec<_> =
        readers.into_iter().map(|peer| tokio::spawn(read_all(peer, Arc::clone(&done)))).collect();
    let mut most = 0;
    for n in 0..MESSAGES {
        // Those who read set the pace: on a small machine they are all slow.
        soon("the readers", done.acquire_many(listeners)).await.unwrap().forget();
        speaker.ask(n as u64 + 1, say("lobby", &format!("{n} {}", "x".repeat(BODY)))).await;
        let re = RequestId(n as u64 + 1);
        speaker.until(|frame| matches!(frame, FromServer::Told(told) if told.re == re)).await;
        if n % 20 == 0 {
            most = most.max(resident_bytes());
        }
    }
    for reading in reading {
        assert_eq!(soon("all messages", reading).await.unwrap(), MESSAGES);
    }
    most = most.max(resident_bytes());
    let (took, grown) = (start.elapsed(), most.saturating_sub(before));
    // What waits for them is shared: it is at most one reader's worth for each form, whatever their number.
    // The bound is on what each may hold of it; the readers' own ends are in this process, too.
    let bound = STUCK * limits().talk_hard_bytes;
    eprintln!("{MESSAGES} messages of {BODY} bytes to {MEMBERS}: {took:?}, grown by {} KiB", grown / 1024);
    assert!(grown < bound, "grown by {grown} bytes, the bound is {bound}");

    let mut told = 0;
    for (mut peer, n, token) in stuck {
        // It reads at last: what was on its way, and then its farewell or the end.
        let rest = peer.rest().await;
        assert!(rest.len() < MESSAGES * BODY / 2, "it was let go: {} bytes came", rest.len());
        told += usize::from(rest.windows(11).any(|bytes| bytes == b"slow_reader"));
        let mut again = Peer::dial(&server, Form::JsonLines).await;
        again.resume(&format!("user{n}"), &token, &[]).await;
        let welcome = again.next().await.unwrap();
        assert_eq!(show(&welcome), format!("welcome user{n} again"));
    }
    eprintln!("{told} of {STUCK} read their farewell, the others were cut off");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_stops_is_told_when_it_reads_again() {
    let server = Server::builder().limits(limits()).start().await.unwrap();
    for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines, Form::Text] {
        let name = format!("{form:?}");
        let (near, far) = tokio::io::duplex(1024);
        server.serve_connection(far).unwrap();
        let mut stuck = Peer::over(near, form).await;
        stuck.enter(&name).await;
        let mut bob = Peer::join_pipe(&server, Form::Bincode, &format!("bob-{name}")).await;
        for id in 1..=100 {
            bob.ask(id, say("lobby", &"x".repeat(BODY))).await;
            let re = RequestId(id);
            bob.until(|frame| matches!(frame, FromServer::Told(told) if told.re == re)).await;
        }
        if form == Form::Text {
            stuck.until_line("! slow_reader: this connection reads too slowly, come back and resume").await;
        } else {
            stuck.until(|frame| show(frame) == "closing slow_reader").await;
        }
        assert_eq!(stuck.rest().await, b"");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_is_behind_for_too_long_is_let_go() {
    let server = Server::builder().limits(limits()).start().await.unwrap();
    let (near, far) = tokio::io::duplex(1024);
    server.serve_connection(far).unwrap();
    let mut stuck = Peer::over(near, Form::JsonLines).await;
    stuck.enter("stuck").await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    // Over the soft limit, far from the hard one.
    for id in 1..=25 {
        bob.ask(id, say("lobby", &"x".repeat(BODY))).await;
        bob.until(|frame| matches!(frame, FromServer::Told(told) if told.re.0 == id)).await;
    }
    pass(Duration::from_secs(9)).await;
    stuck.until_said(1).await;
    pass(Duration::from_secs(3)).await;
    stuck.until(|frame| show(frame) == "closing slow_reader").await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_let_go_and_still_does_not_read_keeps_no_place() {
    let server = Server::builder().limits(Limits { connections: 2, ..limits() }).start().await.unwrap();
    let (near, far) = tokio::io::duplex(64);
    server.serve_connection(far).unwrap();
    let mut stuck = Peer::over(near, Form::Bincode).await;
    stuck.hello("stuck").await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    for id in 1..=100 {
        bob.ask(id, say("lobby", &"x".repeat(BODY))).await;
    }
    bob.until(|frame| matches!(frame, FromServer::Told(told) if told.re.0 == 100)).await;
    assert!(server.serve_connection(tokio::io::duplex(64).0).is_err(), "its place is taken");
    pass(Duration::from_secs(6)).await;
    assert!(server.serve_connection(tokio::io::duplex(64).0).is_ok(), "its place is free");
}

#[tokio::test]
async fn one_that_asks_and_does_not_read_is_not_read_either() {
    let server = Server::builder().limits(limits()).start().await.unwrap();
    let (near, far) = tokio::io::duplex(1024);
    server.serve_connection(far).unwrap();
    let mut greedy = Peer::over(near, Form::Bincode).await;
    greedy.enter("greedy").await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let history = chat_core::Query::Users { room: None, after: None };
    let query = encode(Form::Bincode, &FromClient::Query { id: RequestId(1), query: history });
    // Far more than its outbox takes: in the end the server does not take any more of them.
    let asking = async { while greedy.try_raw(&query.repeat(100)).await {} };
    tokio::select! {
        () = asking => panic!("it was closed or everything was taken"),
        () = async {
            for id in 1..=200 {
                bob.ask(id, Ask::Whisper { to: "bob".into(), body: "still served".into() }).await;
                bob.gets(&[&format!("re={id} whispered {id} bob>bob: still served")]).await;
            }
        } => {}
    }
}
