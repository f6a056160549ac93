//! Back after a drop: exactly what was missed, in order, or a gap that says so; and nobody else notices.

use std::sync::Arc;

use chat_core::{Ask, Config, Epoch, Event, Number, Since};
use chat_net::codec::{Form, FromClient, FromServer, Hello, RoomPosition};
use chat_net::{Limits, Server, ServerHandle};

use crate::peer::{Peer, fast, join, pass, place, say, server, show};

const FORMS: [Form; 3] = [Form::Bincode, Form::JsonFrames, Form::JsonLines];

/// A program that remembers its secret and where its copy of each room ends.
struct Program {
    peer: Peer,
    form: Form,
    name: String,
    token: Arc<str>,
    epoch: Epoch,
}

impl Program {
    async fn join(server: &ServerHandle, form: Form, name: &str) -> Program {
        let mut peer = Peer::pipe(server, form).await;
        peer.hello(name).await;
        let Some(FromServer::Welcome(welcome)) = peer.next().await else { panic!("no welcome") };
        let frames = peer.until(|frame| show(frame).starts_with("caught_up")).await;
        let epoch = frames.iter().find_map(place).unwrap().epoch;
        Program { peer, form, name: name.into(), token: welcome.token, epoch }
    }

    fn at(&self, number: u64) -> RoomPosition {
        let since = Since { epoch: self.epoch, number: Number(number) };
        RoomPosition { room: "lobby".into(), since }
    }

    /// Comes back over a new connection, with its copy of the lobby up to `number`. The old one stays open.
    async fn back(&mut self, server: &ServerHandle, number: u64) -> Peer {
        let mut peer = Peer::pipe(server, self.form).await;
        peer.resume(&self.name, &self.token, &[self.at(number)]).await;
        std::mem::replace(&mut self.peer, peer)
    }

    async fn drop_and_back(&mut self, server: &ServerHandle, number: u64) {
        drop(self.back(server, number).await);
    }
}

#[tokio::test]
async fn what_was_missed_comes_in_order_and_nobody_else_notices() {
    for form in FORMS {
        let server = server(fast()).await;
        let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
        let mut alice = Program::join(&server, form, "alice").await;
        bob.gets(&["joined lobby/2 alice"]).await;
        alice.peer.hang_up().await;
        assert_eq!(alice.peer.next().await.as_ref().map(show).as_deref(), Some("closing no_answer"));
        for id in 1..=3 {
            bob.say(id, "lobby", "missed").await;
            bob.gets(&[&format!("re={id} said lobby/{} bob: missed", id + 2)]).await;
        }
        bob.ask(4, Ask::Whisper { to: "alice".into(), body: "are you there?".into() }).await;
        bob.gets(&["re=4 whispered 0 bob>alice: are you there?"]).await;
        alice.drop_and_back(&server, 2).await;
        let missed = [
            "past said lobby/3 bob: missed",
            "past said lobby/4 bob: missed",
            "past said lobby/5 bob: missed",
            "caught_up lobby/5",
            "past whispered 1 bob>alice: are you there?",
        ];
        alice.peer.gets(&["welcome alice again"]).await;
        alice.peer.gets(&missed).await;
        // And again: nothing missed, nothing told twice but the whisper, whose number says so.
        alice.drop_and_back(&server, 5).await;
        alice.peer.gets(&["welcome alice again", "caught_up lobby/5", missed[4]]).await;
        alice.peer.say(1, "lobby", "back").await;
        alice.peer.gets(&["re=1 said lobby/6 alice: back"]).await;
        bob.gets(&["said lobby/6 alice: back"]).await;
    }
}

#[tokio::test]
async fn an_ask_repeated_after_a_drop_is_not_taken_twice() {
    let server = server(fast()).await;
    let mut alice = Program::join(&server, Form::Bincode, "alice").await;
    alice.peer.say(7, "lobby", "once").await;
    alice.peer.gets(&["re=7 said lobby/2 alice: once"]).await;
    alice.drop_and_back(&server, 2).await;
    alice.peer.gets(&["welcome alice again", "caught_up lobby/2"]).await;
    alice.peer.say(7, "lobby", "once").await;
    alice.peer.gets(&["re=7 said lobby/2 alice: once"]).await;
    alice.peer.say(8, "lobby", "next").await;
    alice.peer.gets(&["re=8 said lobby/3 alice: next"]).await;
}

#[tokio::test]
async fn an_old_connection_that_is_still_open_is_replaced() {
    for form in FORMS {
        let server = server(fast()).await;
        let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
        let mut alice = Program::join(&server, form, "alice").await;
        bob.gets(&["joined lobby/2 alice"]).await;
        let mut old = alice.back(&server, 2).await;
        alice.peer.gets(&["welcome alice again", "caught_up lobby/2"]).await;
        old.closed("replaced").await;
        // What the old one still says is nobody's.
        old.try_raw(b"anything").await;
        let mut old = alice.back(&server, 2).await;
        alice.peer.gets(&["welcome alice again", "caught_up lobby/2"]).await;
        old.closed("replaced").await;
        bob.say(1, "lobby", "hi").await;
        bob.gets(&["re=1 said lobby/3 bob: hi"]).await;
        alice.peer.gets(&["said lobby/3 bob: hi"]).await;
    }
}

#[tokio::test]
async fn every_welcome_tells_a_new_secret_and_one_that_was_used_up_ends_the_session() {
    for form in FORMS {
        let server = server(fast()).await;
        let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
        let mut alice = Program::join(&server, form, "alice").await;
        bob.gets(&["joined lobby/2 alice"]).await;
        let first = Arc::clone(&alice.token);
        let mut told = vec![Arc::clone(&first)];
        for _ in 0..2 {
            // Twice, as if the first of the two welcomes had been lost.
            drop(alice.back(&server, 2).await);
            alice.peer.gets(&["welcome alice again", "caught_up lobby/2"]).await;
            drop(alice.back(&server, 2).await);
            let Some(FromServer::Welcome(welcome)) = alice.peer.next().await else { panic!("no welcome") };
            alice.peer.gets(&["caught_up lobby/2"]).await;
            assert!(welcome.resumed && !told.contains(&welcome.token));
            alice.token = welcome.token;
            told.push(Arc::clone(&alice.token));
        }
        let mut thief = Peer::pipe(&server, form).await;
        thief.resume("alice", &first, &[alice.at(2)]).await;
        thief.gets(&["refused token_revoked"]).await;
        alice.peer.closed("session_revoked").await;
        bob.gets(&["left lobby/3 alice quit"]).await;
        // Neither is in, and the thief's connection may still say who it is.
        thief.hello("mallory").await;
        thief.gets(&["welcome mallory"]).await;
    }
}

#[tokio::test]
async fn who_had_received_nothing_yet_is_told_everything() {
    let server = server(fast()).await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let mut alice = Program::join(&server, Form::Bincode, "alice").await;
    bob.gets(&["joined lobby/2 alice"]).await;
    bob.say(1, "lobby", "hi").await;
    bob.gets(&["re=1 said lobby/3 bob: hi"]).await;
    let all = ["past joined lobby/2 alice", "past said lobby/3 bob: hi", "caught_up lobby/3"];
    // No position at all: everything since it joined.
    let mut peer = Peer::pipe(&server, Form::Bincode).await;
    peer.resume("alice", &alice.token, &[]).await;
    peer.gets(&["welcome alice again"]).await;
    peer.gets(&all).await;
    // Number zero: everything that is kept.
    alice.drop_and_back(&server, 0).await;
    alice.peer.gets(&["welcome alice again", "past joined lobby/1 bob"]).await;
    alice.peer.gets(&all).await;
}

#[tokio::test]
async fn what_is_no_longer_kept_is_a_gap() {
    let server = server(Limits { history_events: 5, ..fast() }).await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let mut alice = Program::join(&server, Form::JsonLines, "alice").await;
    bob.gets(&["joined lobby/2 alice"]).await;
    for id in 1..=10 {
        bob.say(id, "lobby", "x").await;
        bob.gets(&[&format!("re={id} said lobby/{} bob: x", id + 2)]).await;
    }
    let kept: Vec<String> = (8..=12).map(|number| format!("past said lobby/{number} bob: x")).collect();
    let kept: Vec<&str> = kept.iter().map(String::as_str).collect();
    alice.drop_and_back(&server, 2).await;
    alice.peer.gets(&["welcome alice again", "gap lobby/12 from 8 not_kept"]).await;
    alice.peer.gets(&kept).await;
    alice.peer.gets(&["caught_up lobby/12"]).await;
    alice.drop_and_back(&server, 7).await;
    alice.peer.gets(&["welcome alice again"]).await;
    alice.peer.gets(&kept).await;
    alice.peer.gets(&["caught_up lobby/12"]).await;
}

#[tokio::test]
async fn more_than_may_be_caught_up_is_a_gap() {
    let server = server(Limits { catch_up_events: 2, ..fast() }).await;
    let mut alice = Program::join(&server, Form::Bincode, "alice").await;
    for id in 1..=5 {
        alice.peer.say(id, "lobby", "x").await;
    }
    alice.drop_and_back(&server, 1).await;
    let shown = alice.peer.story("caught_up lobby/6").await;
    assert_eq!(shown[..2], ["welcome alice again", "gap lobby/6 from 5 not_kept"]);
    assert_eq!(shown.len(), 5);
}

#[tokio::test]
async fn a_position_that_never_was_is_refused_and_the_copy_replaced() {
    let server = server(fast()).await;
    let mut alice = Program::join(&server, Form::Bincode, "alice").await;
    alice.drop_and_back(&server, 99).await;
    let shown = alice.peer.story("caught_up lobby/1").await;
    let expected = [
        "welcome alice again",
        "refused ahead_of_head",
        "gap lobby/1 from 1 new_epoch",
        "past joined lobby/1 alice",
        "caught_up lobby/1",
    ];
    assert_eq!(shown, expected);
    alice.epoch = Epoch(alice.epoch.0 + 1);
    alice.drop_and_back(&server, 1).await;
    let shown = alice.peer.story("caught_up lobby/1").await;
    assert_eq!(shown, [expected[0], expected[2], expected[3], expected[4]]);
}

#[tokio::test]
async fn a_secret_that_nobody_knows_begins_a_new_session_in_the_rooms_it_asks_for() {
    let server = server(fast()).await;
    let mut alice = Peer::pipe(&server, Form::JsonLines).await;
    alice.resume("alice", "no such secret", &[]).await;
    alice.gets(&["welcome alice", "members lobby/0: ", "joined lobby/1 alice", "caught_up lobby/1"]).await;
    let mut bob = Peer::pipe(&server, Form::Bincode).await;
    let rooms = Some(vec!["dev".into()]);
    let hello = Hello { name: "bob".into(), resume: Some("x".into()), rooms, ..Hello::default() };
    bob.send(FromClient::Hello(hello)).await;
    bob.gets(&["welcome bob", "members dev/0: ", "joined dev/1 bob", "caught_up dev/1"]).await;
    let mut carol = Peer::pipe(&server, Form::Bincode).await;
    let hello =
        Hello { name: "carol".into(), resume: Some("x".into()), rooms: Some(vec![]), ..Hello::default() };
    carol.send(FromClient::Hello(hello)).await;
    carol.gets(&["welcome carol"]).await;
    carol.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn who_stays_away_leaves_as_lost_and_joins_again_on_return() {
    let server = Server::builder().limits(fast()).core(Config::default()).start().await.unwrap();
    let mut bob = Peer::join_pipe(&server, Form::JsonLines, "bob").await;
    let mut alice = Program::join(&server, Form::JsonLines, "alice").await;
    bob.gets(&["joined lobby/2 alice"]).await;
    alice.peer.hang_up().await;
    // The wall clock stands still here, and the server's drifts towards it: by a tenth at most.
    let start = tokio::time::Instant::now();
    bob.wait().await;
    bob.gets(&["left lobby/3 alice lost"]).await;
    assert!((30..35).contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
    bob.say(1, "lobby", "a pity").await;
    bob.gets(&["re=1 said lobby/4 bob: a pity"]).await;
    alice.drop_and_back(&server, 2).await;
    alice.peer.gets(&["welcome alice again", "past left lobby/3 alice lost"]).await;
    alice
        .peer
        .gets(&["past said lobby/4 bob: a pity", "past joined lobby/5 alice", "caught_up lobby/5"])
        .await;
    bob.gets(&["joined lobby/5 alice"]).await;
    // After five minutes nobody remembers.
    alice.peer.hang_up().await;
    bob.wait().await;
    bob.gets(&["left lobby/6 alice lost"]).await;
    pass(std::time::Duration::from_secs(330)).await;
    alice.drop_and_back(&server, 5).await;
    alice.peer.gets(&["welcome alice", "members lobby/6: bob", "joined lobby/7 alice"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_name_is_held_while_its_session_lingers_and_free_afterwards() {
    let server = Server::builder().limits(fast()).start().await.unwrap();
    let mut alice = Program::join(&server, Form::Bincode, "alice").await;
    alice.peer.hang_up().await;
    alice.peer.rest().await;
    let mut thief = Peer::pipe(&server, Form::JsonLines).await;
    thief.hello("ALICE").await;
    thief.gets(&["refused name_taken"]).await;
    pass(std::time::Duration::from_secs(35)).await;
    let mut thief = Peer::pipe(&server, Form::JsonLines).await;
    thief.enter("ALICE").await;
    alice.drop_and_back(&server, 1).await;
    alice.peer.gets(&["refused name_taken"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_breaks_while_it_is_let_in_leaves_nobody_behind() {
    let core = Config { linger_ms: 1_000, ..Config::default() };
    let server = Server::builder().limits(fast()).core(core).start().await.unwrap();
    let mut watcher = Peer::join_pipe(&server, Form::JsonLines, "watcher").await;
    // Each is answered something before its name is taken, and is gone by then.
    for (number, (form, first)) in
        [(Form::JsonLines, r#"{"type":"ping","nonce":1}"#), (Form::Text, "/join")].into_iter().enumerate()
    {
        let name = format!("ghost{number}");
        let hello = match form {
            Form::Text => name.clone(),
            _ => format!(r#"{{"type":"hello","name":"{name}"}}"#),
        };
        let mut ghost = Peer::pipe(&server, form).await;
        ghost.raw(format!("{first}\n{hello}\n").as_bytes()).await;
        drop(ghost);
        watcher.story(&format!("{name} lost")).await;
    }
}

#[tokio::test]
async fn a_long_absence_is_told_page_by_page_while_talk_goes_on() {
    // What was missed is far more than may wait for one reader.
    let limits = Limits {
        talk_bytes: 64 * 1024,
        talk_hard_bytes: 128 * 1024,
        history_events: 5000,
        history_bytes: 16 * 1024 * 1024,
        history_page_bytes: 32 * 1024,
        ..fast()
    };
    let server = server(limits).await;
    let (mut bob, alice) = away_while_bob_talks(&server, 1500).await;
    let body = "x".repeat(1000);
    let (near, far) = tokio::io::duplex(16 * 1024);
    server.serve_connection(far).unwrap();
    let mut peer = Peer::over(near, Form::Bincode).await;
    peer.resume("alice", &alice.token, &[alice.at(2)]).await;
    peer.gets(&["welcome alice again"]).await;
    let mut next = 3;
    let mut said = 1500;
    let mut caught_up = 0;
    while next <= 2002 {
        let frame = peer.next().await.unwrap();
        let FromServer::Told(told) = &frame else { panic!("{}", show(&frame)) };
        if let Event::CaughtUp { place } = &told.event {
            assert_eq!(place.number.0, next - 1, "it is level where it says");
            caught_up += 1;
            continue;
        }
        assert_eq!(place(&frame).unwrap().number.0, next, "{:.60}", show(&frame));
        assert_eq!(told.past, caught_up == 0);
        next += 1;
        // Somebody talks on all the while.
        if next % 3 == 0 && said < 2000 {
            said += 1;
            bob.say(said, "lobby", &body).await;
            bob.next().await.unwrap();
        }
    }
    if caught_up == 0 {
        peer.gets(&["caught_up lobby/2002"]).await;
    }
    bob.say(2001, "lobby", "live").await;
    peer.gets(&["said lobby/2003 bob: live"]).await;
}

/// Alice's connection breaks, and Bob says so many things of 1,000 bytes that she misses.
async fn away_while_bob_talks(server: &ServerHandle, count: u64) -> (Peer, Program) {
    let mut bob = Peer::join_pipe(server, Form::Bincode, "bob").await;
    let mut alice = Program::join(server, Form::Bincode, "alice").await;
    bob.gets(&["joined lobby/2 alice"]).await;
    alice.peer.hang_up().await;
    alice.peer.rest().await;
    let body = "x".repeat(1000);
    for id in 1..=count {
        bob.say(id, "lobby", &body).await;
        bob.next().await.unwrap();
    }
    (bob, alice)
}

#[tokio::test]
async fn history_that_is_thrown_away_while_it_is_told_is_a_gap_and_no_hole() {
    // Some of what is still owed is pushed out, or all of it.
    for more in [25, 162] {
        pushed_out(more).await;
    }
}

async fn pushed_out(more: u64) {
    let limits = Limits { talk_bytes: 8 * 1024, history_events: 40, history_page_bytes: 4 * 1024, ..fast() };
    let server = server(limits).await;
    let (mut bob, alice) = away_while_bob_talks(&server, 38).await;
    let body = "x".repeat(1000);
    let (near, far) = tokio::io::duplex(1024);
    server.serve_connection(far).unwrap();
    let mut peer = Peer::over(near, Form::Bincode).await;
    peer.resume("alice", &alice.token, &[alice.at(2)]).await;
    peer.gets(&["welcome alice again"]).await;
    // It does not read on, and all that it missed is pushed out by what comes.
    for id in 39..39 + more {
        bob.say(id, "lobby", &body).await;
        bob.next().await.unwrap();
    }
    let mut next = 3;
    let mut gaps = 0;
    while next <= 40 + more {
        let frame = peer.next().await.unwrap();
        let FromServer::Told(told) = &frame else { panic!("{}", show(&frame)) };
        if let Event::Gap { first_available, .. } = &told.event {
            assert!(first_available.0 > next);
            next = first_available.0;
            gaps += 1;
        } else if let Some(place) = place(&frame) {
            assert_eq!(place.number.0, next, "{:.60}", show(&frame));
            next += 1;
        }
    }
    assert!(gaps >= 1);
    peer.gets(&[&format!("caught_up lobby/{}", 40 + more)]).await;
}

#[tokio::test]
async fn a_room_joined_again_is_told_from_where_the_copy_ends() {
    let server = server(fast()).await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let alice = Program::join(&server, Form::Bincode, "alice").await;
    let mut peer = alice.peer;
    bob.gets(&["joined lobby/2 alice"]).await;
    peer.ask(1, Ask::Leave { room: "lobby".into() }).await;
    peer.gets(&["re=1 left lobby/3 alice left"]).await;
    bob.ask(1, say("lobby", "meanwhile")).await;
    bob.gets(&["left lobby/3 alice left", "re=1 said lobby/4 bob: meanwhile"]).await;
    let since = Some(Since { epoch: alice.epoch, number: Number(3) });
    peer.ask(2, Ask::Join { room: "lobby".into(), since }).await;
    peer.gets(&["re=2 members lobby/4: bob", "past said lobby/4 bob: meanwhile"]).await;
    peer.gets(&["past joined lobby/5 alice", "caught_up lobby/5"]).await;
    peer.ask(3, join("dev")).await;
    peer.gets(&["re=3 members dev/0: ", "joined dev/1 alice", "caught_up dev/1"]).await;
}

#[tokio::test]
async fn a_page_that_waits_for_its_reader_is_not_told_behind_the_leave() {
    let limits = Limits { talk_bytes: 8 * 1024, history_page_bytes: 4 * 1024, ..fast() };
    let server = server(limits).await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let mut alice = Program::join(&server, Form::Bincode, "alice").await;
    bob.gets(&["joined lobby/2 alice"]).await;
    alice.peer.hang_up().await;
    alice.peer.rest().await;
    for id in 1..=100 {
        bob.say(id, "lobby", &"x".repeat(1000)).await;
        bob.next().await.unwrap();
    }
    let (near, far) = tokio::io::duplex(1024);
    server.serve_connection(far).unwrap();
    let mut peer = Peer::over(near, Form::Bincode).await;
    peer.resume("alice", &alice.token, &[alice.at(2)]).await;
    peer.ask(1, Ask::Leave { room: "lobby".into() }).await;
    bob.gets(&["left lobby/103 alice left"]).await;
    peer.story("re=1 left lobby/103 alice left").await;
    peer.is_quiet().await;
    bob.say(101, "lobby", "gone?").await;
    bob.next().await.unwrap();
    peer.is_quiet().await;
}
