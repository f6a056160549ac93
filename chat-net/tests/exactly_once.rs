//! Clients and a server whose links are cut all the time: every message exactly once, in one order.

use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chat_core::{Ask, Event, ModeChange};
use chat_net::client::{Client, Events, Link, Notice, Options};
use chat_net::{Server, ServerHandle};
use tokio::io::{copy_bidirectional, duplex};
use tokio::task::AbortHandle;

/// The server that runs now; another can take its place.
type Running = Arc<Mutex<ServerHandle>>;

async fn server() -> ServerHandle {
    Server::builder().trusted(true).start().await.unwrap()
}

/// A wire that can be cut.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Option<AbortHandle>>>);

impl Wire {
    fn cut(&self) {
        if let Some(wire) = self.0.lock().unwrap().take() {
            wire.abort();
        }
    }

    /// Each dial lays a new wire to the server.
    fn dial(&self, server: &Running) -> impl FnMut() -> Ready<io::Result<Link>> + Send + 'static {
        let (wire, server) = (self.clone(), Arc::clone(server));
        move || {
            let (near, mut here) = duplex(4096);
            let (mut there, far) = duplex(4096);
            let copying = tokio::spawn(async move { copy_bidirectional(&mut here, &mut there).await });
            *wire.0.lock().unwrap() = Some(copying.abort_handle());
            let served = server.lock().unwrap().serve_connection(far);
            ready(served.map(|()| Link::over(near)).map_err(|_| io::ErrorKind::ConnectionRefused.into()))
        }
    }
}

fn options(name: &str) -> Options {
    let mut options = Options::named(name).rooms(["lobby"]);
    options.backoff_min = Duration::from_millis(2);
    options.backoff_max = Duration::from_millis(10);
    options
}

/// Takes notices up to a message that says "end"; gives what was said, with its numbers, and how many times
/// the session was resumed.
async fn listen(mut events: Events) -> (Vec<(u64, String)>, usize) {
    let (mut heard, mut resumed) = (Vec::new(), 0);
    while let Some(notice) = events.next().await {
        if let Notice::Connected(welcome) = &notice {
            resumed += usize::from(welcome.resumed);
        }
        if let Notice::Told(told) = notice
            && let Event::Said { place, body, .. } = told.event
        {
            if body.as_str() == "end" {
                break;
            }
            heard.push((place.number.0, body.as_str().to_owned()));
        }
    }
    (heard, resumed)
}

#[tokio::test]
async fn cuts_lose_nothing_and_tell_nothing_twice() {
    const MESSAGES: usize = 200;
    let server: Running = Arc::new(Mutex::new(server().await));
    let wires = [Wire::default(), Wire::default()];
    let (alice, alice_events) = Client::dial(wires[0].dial(&server), options("alice")).await.unwrap();
    let (bob, bob_events) = Client::dial(wires[1].dial(&server), options("bob")).await.unwrap();
    // Whoever is in the room before the first message hears them all.
    assert_eq!(bob.users(Some("lobby")).await.unwrap().len(), 2);
    let listening = [tokio::spawn(listen(alice_events)), tokio::spawn(listen(bob_events))];

    let mut receipts = Vec::new();
    for n in 0..MESSAGES {
        if n % 5 == 2 {
            wires[n / 5 % 2].cut();
        }
        let body = format!("message {n}");
        let saying = tokio::spawn({
            let (alice, body) = (alice.clone(), body.clone());
            async move { alice.say("lobby", body).await }
        });
        if n % 7 == 3 {
            // Somewhere between the ask and its answer.
            tokio::task::yield_now().await;
            wires[0].cut();
        }
        receipts.push((saying.await.unwrap().unwrap().place.number.0, body));
    }
    bob.say("lobby", "end").await.unwrap();

    for listening in listening {
        let (heard, resumed) = listening.await.unwrap();
        assert_eq!(heard, receipts);
        assert!(resumed >= 10, "resumed {resumed} times");
    }
    alice.quit().await;
    bob.quit().await;
}

#[tokio::test]
async fn a_server_that_forgot_is_joined_again_behind_a_gap() {
    let running: Running = Arc::new(Mutex::new(server().await));
    let wire = Wire::default();
    let (alice, mut events) = Client::dial(wire.dial(&running), options("alice")).await.unwrap();
    for n in 0..5 {
        alice.say("lobby", format!("message {n}")).await.unwrap();
    }
    let forgetful = server().await;
    *running.lock().unwrap() = forgetful;
    wire.cut();
    // Said before the cut is noticed, it would be lost with the session: nobody could tell.
    while !matches!(events.next().await, Some(Notice::Disconnected { .. })) {}
    alice.say("lobby", "end").await.unwrap();

    let mut story = Vec::new();
    while let Some(notice) = events.next().await {
        match notice {
            Notice::Connected(welcome) => story.push(format!("connected resumed={}", welcome.resumed)),
            Notice::Told(told) => {
                let event = match told.event {
                    Event::Said { place, body, .. } => format!("said {} {}", place.number, body.as_str()),
                    Event::Members { .. } => "members".into(),
                    Event::Joined { place, .. } => format!("joined {}", place.number),
                    Event::CaughtUp { .. } => "caught up".into(),
                    Event::Gap { first_available, .. } => format!("gap from {first_available}"),
                    other => other.to_string(),
                };
                let is_end = event.ends_with("end");
                story.push(format!("{}{event}", if told.past { "past " } else { "" }));
                if is_end {
                    break;
                }
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(
        story,
        ["connected resumed=false", "members", "gap from 1", "past joined 1", "caught up", "said 2 end",]
    );
}

/// Follows every invitation into the den, and gives what was said there with its numbers, up to "end", and how often the
/// user was put out.
async fn follow(bob: Client, mut events: Events) -> (Vec<(u64, String)>, usize) {
    let (mut heard, mut kicks) = (Vec::new(), 0);
    while let Some(notice) = events.next().await {
        let Notice::Told(told) = notice else { continue };
        match told.event {
            Event::Invited { room, .. } => {
                let bob = bob.clone();
                // Put out again before this arrives, it is refused; then another invitation comes.
                tokio::spawn(async move { bob.join(room.as_str()).await });
            }
            Event::Kicked { user, .. } if user.as_str() == bob.user() => kicks += 1,
            Event::Said { place, body, .. } if place.room.as_str() == "den" => {
                let is_end = body.as_str() == "end";
                heard.push((place.number.0, body.as_str().to_owned()));
                if is_end {
                    break;
                }
            }
            _ => {}
        }
    }
    (heard, kicks)
}

#[tokio::test]
async fn who_is_put_out_and_asked_in_again_neither_misses_nor_sees_twice() {
    const MESSAGES: usize = 45;
    let server: Running = Arc::new(Mutex::new(server().await));
    let wires = [Wire::default(), Wire::default()];
    let (alice, mut alice_events) = Client::dial(wires[0].dial(&server), options("alice")).await.unwrap();
    tokio::spawn(async move { while alice_events.next().await.is_some() {} });
    alice.join("den").await.unwrap();
    let private = ModeChange { invite_only: Some(true), ..ModeChange::default() };
    alice.ask(Ask::SetModes { room: "den".into(), modes: private }).await.unwrap();
    let (bob, events) = Client::dial(wires[1].dial(&server), options("bob")).await.unwrap();
    let following = tokio::spawn(follow(bob.clone(), events));
    let invite = || alice.ask(Ask::Invite { room: "den".into(), user: "bob".into() });

    let mut said = Vec::new();
    for n in 0..MESSAGES {
        // Whether it is taken depends on where bob is by now; what is refused changes nothing.
        match n % 5 {
            0 => drop(invite().await),
            3 => drop(alice.ask(Ask::Kick { room: "den".into(), user: "bob".into(), reason: None }).await),
            _ => {}
        }
        if n % 7 == 4 {
            wires[n / 7 % 2].cut();
        }
        let body = format!("message {n}");
        said.push((alice.say("den", body.as_str()).await.unwrap().place.number.0, body));
        // Bob is told of it before it goes on: so he is in and out, again and again.
        let _ = bob.users(Some("den")).await;
    }
    let _ = invite().await;
    let end = alice.say("den", "end").await.unwrap().place.number.0;
    said.push((end, "end".to_owned()));
    let (mut heard, kicks) = following.await.unwrap();
    // A join tells what was said before it, and what happens meanwhile, each in its own order.
    heard.sort();
    assert_eq!(heard, said);
    assert!(kicks >= 3, "put out {kicks} times");
    alice.quit().await;
    bob.quit().await;
}
