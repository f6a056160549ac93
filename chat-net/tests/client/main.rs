//! A client against a scripted server, over a pipe and a clock that only moves when everybody waits.

mod accounts;
mod pauses;
mod peer;

use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use chat_core::{
    Anchor, Answer, Ask, Body, Code, Epoch, Event, GapReason, Number, Place, Query, RoomName, Since,
    Timestamp, UserName,
};
use chat_net::client::{AskError, Client, ConnectError, Notice, Options, Why};
use chat_net::codec::{FromClient, FromServer, Hello, RoomPosition, bincode};
use peer::*;
use tokio::io::AsyncWriteExt;
use tokio::io::duplex;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};

#[tokio::test(start_paused = true)]
async fn a_refused_name_and_a_closed_door_are_errors() {
    for code in [Code::NameTaken, Code::ServerFull] {
        let (mut server, dial) = server();
        let client = tokio::spawn(Client::dial(dial, Options::named("bot")));
        let (mut peer, _) = server.accept().await;
        if code == Code::NameTaken {
            peer.tell(NONE, false, Event::Refused(refusal(code))).await;
        } else {
            peer.close(code, None).await;
        }
        let error = client.await.unwrap().unwrap_err();
        assert_eq!(error.code(), Some(code.number()));
        assert_eq!(error.is_retryable(), code == Code::ServerFull);
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_there_or_nobody_who_speaks_is_an_error() {
    let (listener, dial) = server();
    drop(listener);
    let error = Client::dial(dial, Options::named("bot")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Io(_)), "{error}");

    let (_silent, dial) = server();
    let start = Instant::now();
    let error = Client::dial(dial, Options::named("bot")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Timeout) && start.elapsed().as_secs() == 10);

    let (near, mut far) = duplex(64);
    far.write_all(b"SSH-2.0-OpenSSH_9.2p1\r\n").await.unwrap();
    let error = Client::over(near, Options::named("bot")).await.unwrap_err();
    assert!(matches!(error, ConnectError::Protocol(_)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn asks_are_answered_and_told() {
    let (_server, mut peer, client, mut events) = connected(4).await;
    let saying = tokio::spawn({
        let client = client.clone();
        async move { client.say("lobby", "hi").await }
    });
    let (id, ask) = peer.asked().await;
    assert_eq!(ask, say("hi"));
    peer.tell(id, false, said(5, "hi")).await;
    let receipt = saying.await.unwrap().unwrap();
    assert_eq!((receipt.place.number, receipt.at), (Number(5), Timestamp(7)));
    assert_eq!(told_number(&mut events).await, (5, false));

    let saying = tokio::spawn(async move { client.say("dev", "hi").await });
    let (next, _) = peer.asked().await;
    assert!(next > id);
    peer.tell(next, false, Event::Refused(refusal(Code::NotAMember))).await;
    let error = saying.await.unwrap().unwrap_err();
    assert_eq!(error, AskError::Refused(refusal(Code::NotAMember)));
    peer.tell(NONE, false, said(6, "next")).await;
    assert_eq!(told_number(&mut events).await, (6, false), "the refusal is the asker's alone");
}

#[tokio::test(start_paused = true)]
async fn queries_are_answered_page_by_page_and_put_again_after_a_cut() {
    let (mut server, mut peer, client, mut events) = connected(4).await;
    let listing = tokio::spawn({
        let client = client.clone();
        async move { client.users(None).await }
    });
    let user = |name: &str| UserName::new(name, 32).unwrap();
    for (page, more) in [(vec![user("al"), user("bo")], true), (vec![user("cy")], false)] {
        let (id, query) = peer.queried().await;
        let after = if more { None } else { Some("bo".into()) };
        assert_eq!(query, Query::Users { room: None, after });
        let answer = Answer::Users { room: None, total: 3, users: page, more };
        peer.send(FromServer::Answered { re: id, answer }).await;
    }
    assert_eq!(listing.await.unwrap().unwrap().len(), 3);

    let reading = tokio::spawn(async move { client.history("lobby", Anchor::Latest, 2).await });
    let (id, _) = peer.queried().await;
    peer.tell(id, true, said(3, "old")).await;
    drop(peer);
    disconnected(&mut events).await;
    let (mut peer, _) = server.accept().await;
    peer.welcome(true, &[("lobby", since(1, 4))]).await;
    let (id, _) = peer.queried().await;
    peer.tell(id, true, said(3, "old")).await;
    peer.tell(id, true, said(4, "less old")).await;
    let answer = Answer::History { room: place(4).room, epoch: Epoch(1), count: 2, more: true, newer: false };
    peer.send(FromServer::Answered { re: id, answer }).await;
    let page = reading.await.unwrap().unwrap();
    assert_eq!((page.messages.len(), page.more), (2, true));
}

#[tokio::test(start_paused = true)]
async fn after_a_cut_it_resumes_repeats_and_is_told_what_it_missed() {
    let (mut server, mut peer, client, mut events) = connected(4).await;
    let saying = tokio::spawn({
        let client = client.clone();
        async move { client.say("lobby", "did it arrive?").await }
    });
    let (id, ask) = peer.asked().await;
    drop(peer);
    let (why, retry_in) = disconnected(&mut events).await;
    assert!(matches!(why, Why::Io(_)));
    assert!((125..=250).contains(&retry_in.as_millis()), "{retry_in:?}");
    let queued = tokio::spawn(async move { client.say("lobby", "later").await });

    let (mut peer, hello) = server.accept().await;
    assert_eq!(hello.resume.as_deref(), Some("secret"));
    assert_eq!(hello.positions, [RoomPosition { room: "lobby".into(), since: since(1, 4) }]);
    assert_eq!(hello.rooms, Some(vec![]));
    peer.welcome(true, &[("lobby", since(1, 6))]).await;
    assert!(matches!(events.next().await, Some(Notice::Connected(welcome)) if welcome.resumed));
    assert_eq!(peer.asked().await, (id, ask), "the same ask under the same id");
    let (later, ask) = peer.asked().await;
    assert_eq!((later > id, ask), (true, say("later")));
    // It had arrived, as number 6.
    peer.tell(id, false, said(6, "did it arrive?")).await;
    assert_eq!(saying.await.unwrap().unwrap().place.number, Number(6));
    for number in 5..=6 {
        peer.tell(NONE, true, said(number, "missed")).await;
        assert_eq!(told_number(&mut events).await, (number, true));
    }
    peer.tell(NONE, false, Event::CaughtUp { place: place(6) }).await;
    assert!(matches!(told(&mut events).await.event, Event::CaughtUp { .. }));
    peer.tell(later, false, said(7, "later")).await;
    assert_eq!(queued.await.unwrap().unwrap().place.number, Number(7));
    assert_eq!(told_number(&mut events).await, (7, false));
}

#[tokio::test(start_paused = true)]
async fn a_lost_session_leaves_asks_unanswered_and_rejoins() {
    let (mut server, mut peer, client, mut events) = connected(4).await;
    let saying = tokio::spawn(async move { client.say("lobby", "did it arrive?").await });
    peer.asked().await;
    drop(peer);
    disconnected(&mut events).await;
    let (mut peer, _) = server.accept().await;
    peer.welcome(false, &[]).await;
    assert!(matches!(events.next().await, Some(Notice::Connected(welcome)) if !welcome.resumed));
    assert_eq!(saying.await.unwrap().unwrap_err(), AskError::Unanswered);
    let (id, ask) = peer.asked().await;
    assert_eq!(ask, Ask::Join { room: "lobby".into(), since: Some(since(1, 4)) });
    let new = |number| Place { epoch: Epoch(2), ..place(number) };
    peer.tell(id, false, Event::Members { place: new(1), fresh: true, total: 1, users: vec![] }).await;
    let gap = Event::Gap { place: new(2), first_available: Number(2), why: GapReason::NewEpoch };
    peer.tell(NONE, false, gap).await;
    let joined = Event::Joined { place: new(2), user: UserName::new("bot", 32).unwrap() };
    peer.tell(NONE, true, joined).await;
    assert!(matches!(told(&mut events).await.event, Event::Members { .. }));
    assert!(matches!(told(&mut events).await.event, Event::Gap { .. }));
    assert_eq!(told_number(&mut events).await, (2, true));
}

#[tokio::test(start_paused = true)]
async fn what_waits_goes_out_behind_the_rooms_of_a_lost_session() {
    let (mut server, peer, client, mut events) = connected(4).await;
    drop(peer);
    disconnected(&mut events).await;
    let mut saying = Vec::new();
    for body in ["one", "two", "three"] {
        let client = client.clone();
        saying.push(tokio::spawn(async move { client.say("lobby", body).await }));
        tokio::task::yield_now().await;
    }
    let (mut peer, _) = server.accept().await;
    peer.welcome(false, &[]).await;
    let (join, ask) = peer.asked().await;
    assert!(matches!(ask, Ask::Join { .. }), "{ask:?}");
    peer.tell(join, false, members(4)).await;
    for (number, body) in [(5, "one"), (6, "two"), (7, "three")] {
        let (id, ask) = peer.asked().await;
        assert_eq!(ask, say(body));
        peer.tell(id, false, said(number, body)).await;
    }
    for (saying, number) in saying.into_iter().zip(5..) {
        assert_eq!(saying.await.unwrap().unwrap().place.number, Number(number));
    }
}

#[tokio::test(start_paused = true)]
async fn asks_are_repeated_in_order_as_often_as_it_takes() {
    let (mut server, mut peer, client, mut events) = connected(4).await;
    let mut saying = Vec::new();
    let mut asked = Vec::new();
    for body in ["one", "two"] {
        let client = client.clone();
        saying.push(tokio::spawn(async move { client.say("lobby", body).await }));
        asked.push(peer.asked().await);
    }
    for _ in 0..3 {
        drop(peer);
        disconnected(&mut events).await;
        let mut hello;
        (peer, hello) = server.accept().await;
        assert_eq!(hello.positions.pop().map(|position| position.since), Some(since(1, 4)));
        peer.welcome(true, &[("lobby", since(1, 5))]).await;
        events.next().await;
        for ask in &asked {
            assert_eq!(peer.asked().await, *ask);
        }
    }
    // The first had been taken before the first cut; its answer and its event come as both, and once to the user.
    peer.tell(asked[0].0, false, said(5, "one")).await;
    peer.tell(NONE, true, said(5, "one")).await;
    peer.tell(NONE, false, Event::CaughtUp { place: place(5) }).await;
    peer.tell(asked[1].0, false, said(6, "two")).await;
    peer.tell(NONE, false, said(7, "news")).await;
    let mut numbers = Vec::new();
    while numbers.last() != Some(&7) {
        if let Event::Said { place, .. } = told(&mut events).await.event {
            numbers.push(place.number.0);
        }
    }
    assert_eq!(numbers, [5, 6, 7]);
    for (saying, number) in saying.into_iter().zip(5..) {
        assert_eq!(saying.await.unwrap().unwrap().place.number, Number(number));
    }
}

/// A hundred rooms whose names do not fit into a hello.
fn many_rooms() -> Vec<String> {
    (0..100).map(|room| format!("{room:03}-{}", "x".repeat(60))).collect()
}

fn size_of_hello(hello: &Hello) -> usize {
    let mut bytes = BytesMut::new();
    bincode::encode_client(&FromClient::Hello(hello.clone()), &mut bytes);
    bytes.len()
}

#[tokio::test(start_paused = true)]
async fn a_hello_fits_whatever_the_number_of_rooms() {
    let (mut server, dial) = server();
    let options = Options::named("x".repeat(32)).rooms(many_rooms());
    let client = tokio::spawn(Client::dial(dial, options));
    let (mut peer, hello) = server.accept().await;
    assert!(size_of_hello(&hello) <= 4096, "{}", size_of_hello(&hello));
    let mut rooms: Vec<String> = hello.rooms.unwrap().iter().map(ToString::to_string).collect();
    peer.welcome(false, &[]).await;
    let (_client, mut events) = client.await.unwrap().unwrap();
    events.next().await;
    let at = |room: &str| Place { room: RoomName::new(room, 64).unwrap(), ..place(3) };
    let members = |room: &str| Event::Members { place: at(room), fresh: true, total: 1, users: vec![] };
    for room in &rooms {
        peer.tell(NONE, false, members(room)).await;
    }
    while rooms.len() < 100 {
        let (id, Ask::Join { room, since: None }) = peer.asked().await else { panic!("no join") };
        peer.tell(id, false, members(&room)).await;
        rooms.push(room.to_string());
    }
    assert_eq!(rooms, many_rooms());
    for _ in 0..100 {
        told(&mut events).await;
    }

    drop(peer);
    disconnected(&mut events).await;
    let (mut peer, hello) = server.accept().await;
    assert!(size_of_hello(&hello) <= 4096, "{}", size_of_hello(&hello));
    assert!((30..100).contains(&hello.positions.len()), "{}", hello.positions.len());
    let heads: Vec<(&str, Since)> = rooms.iter().map(|room| (room.as_str(), since(1, 4))).collect();
    peer.welcome(true, &heads).await;
    events.next().await;
    // The server knows no position of the last room, and tells it from the join on: what is known is dropped.
    let last = |number| {
        let from = UserName::new("bot", 32).unwrap();
        let place = Place { number: Number(number), ..at(&rooms[99]) };
        Event::Said { place, from, body: Body::new(&Arc::from("hi"), 4096).unwrap() }
    };
    for number in 1..=4 {
        peer.tell(NONE, true, last(number)).await;
    }
    assert_eq!(told_number(&mut events).await, (4, true));
}

#[tokio::test(start_paused = true)]
async fn a_search_gives_what_was_told_for_it_and_the_events_go_on() {
    let (_server, mut peer, client, mut events) = connected(4).await;
    let searching = tokio::spawn(async move { client.search("red wine", Some("lobby"), 2).await });
    let (id, query) = peer.queried().await;
    let (words, room) = ("red wine".into(), Some("lobby".into()));
    assert_eq!(query, Query::Search { words, room, before_time: None, limit: 2 });
    peer.tell(id, true, said(2, "red wine")).await;
    peer.tell(NONE, false, said(5, "news")).await;
    peer.tell(id, true, said(4, "wine, red")).await;
    peer.send(FromServer::Answered { re: id, answer: Answer::Search { count: 2, more: true } }).await;
    let page = searching.await.unwrap().unwrap();
    assert_eq!((page.messages.len(), page.more, page.newer), (2, true, false));
    assert_eq!(told_number(&mut events).await, (5, false), "what was found is no event");
}

#[tokio::test(start_paused = true)]
async fn damaged_history_and_a_full_store_are_refusals_with_their_codes() {
    let (_server, mut peer, client, _events) = connected(4).await;
    let reading = tokio::spawn({
        let client = client.clone();
        async move { client.history("lobby", Anchor::Around(Number(3)), 2).await }
    });
    let (id, query) = peer.queried().await;
    assert!(matches!(query, Query::History { anchor: Anchor::Around(Number(3)), .. }), "{query:?}");
    peer.tell(id, false, Event::Refused(refusal(Code::Corrupt))).await;
    let error = reading.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Some(119), false));
    let saying = tokio::spawn(async move { client.say("lobby", "hi").await });
    let (id, _) = peer.asked().await;
    peer.tell(id, false, Event::Refused(refusal(Code::StorageFull))).await;
    let error = saying.await.unwrap().unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Some(202), true));
}

#[tokio::test(start_paused = true)]
async fn a_hole_makes_it_resume() {
    let (mut server, mut peer, _client, mut events) = connected(4).await;
    peer.tell(NONE, false, said(6, "where is 5?")).await;
    assert!(matches!(disconnected(&mut events).await.0, Why::Missing));
    let (mut peer, hello) = server.accept().await;
    assert_eq!(hello.positions[0].since, since(1, 4));
    peer.welcome(true, &[("lobby", since(1, 6))]).await;
    events.next().await;
    for number in [5, 6, 6] {
        peer.tell(NONE, true, said(number, "here")).await;
    }
    peer.tell(NONE, false, said(7, "news")).await;
    assert_eq!(told_number(&mut events).await, (5, true));
    assert_eq!(told_number(&mut events).await, (6, true));
    assert_eq!(told_number(&mut events).await, (7, false));
}

#[tokio::test(start_paused = true)]
async fn a_code_says_whether_to_come_back() {
    let (mut server, mut peer, client, mut events) = connected(4).await;
    peer.close(Code::GoingAway, Some(5_000)).await;
    let (why, retry_in) = disconnected(&mut events).await;
    assert_eq!(why.code(), Some(300));
    assert!(retry_in >= Duration::from_millis(5_125), "{retry_in:?}");
    let (mut peer, _) = server.accept().await;
    // Its own name, held by the session that lingers.
    peer.tell(NONE, false, Event::Refused(refusal(Code::NameTaken))).await;
    disconnected(&mut events).await;
    let (mut peer, _) = server.accept().await;
    peer.welcome(true, &[("lobby", since(1, 4))]).await;
    events.next().await;
    peer.tell(NONE, false, Event::Replaced {}).await;
    assert!(matches!(told(&mut events).await.event, Event::Replaced {}));
    assert_eq!(ended(&mut events).await.code(), Some(Code::Replaced.number()));
    assert_eq!(client.say("lobby", "hi").await.unwrap_err(), AskError::Closed);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_of_its_own_that_a_slow_server_reads_late_does_not_end_it() {
    let (mut server, peer, _client, mut events) = connected(4).await;
    drop(peer);
    disconnected(&mut events).await;
    // The server stands still: the first attempt is given up.
    let late = server.accept().await;
    disconnected(&mut events).await;
    for _ in 0..2 {
        let (mut peer, _) = server.accept().await;
        peer.welcome(true, &[("lobby", since(1, 4))]).await;
        assert!(matches!(events.next().await, Some(Notice::Connected(_))));
        // Now the server has read the first one, too; and then there is another program.
        peer.tell(NONE, false, Event::Replaced {}).await;
        assert!(matches!(told(&mut events).await.event, Event::Replaced {}));
        if let Some(Notice::Ended { why }) = events.next().await {
            assert_eq!(why.code(), Some(Code::Replaced.number()));
            drop(late);
            return;
        }
    }
    panic!("it quarrels");
}

#[tokio::test(start_paused = true)]
async fn a_final_code_ends_it_and_whoever_waits() {
    let (mut server, mut peer, client, mut events) = connected(4).await;
    let saying = tokio::spawn(async move { client.say("lobby", "hi").await });
    peer.asked().await;
    peer.close(Code::BadFrame, None).await;
    assert_eq!(ended(&mut events).await.code(), Some(401));
    assert_eq!(saying.await.unwrap().unwrap_err(), AskError::Closed);
    assert!(server.0.recv().await.is_none(), "it does not come back");
}

#[tokio::test(start_paused = true)]
async fn quitting_says_goodbye_and_waits_for_the_answer() {
    let (_server, mut peer, client, mut events) = connected(4).await;
    let quitting = tokio::spawn(async move { client.quit().await });
    assert_eq!(peer.next().await, Some(FromClient::Bye));
    peer.close(Code::Left, None).await;
    quitting.await.unwrap();
    assert_eq!(ended(&mut events).await.code(), Some(Code::Left.number()));

    let (_server, _peer, client, _events) = connected(4).await;
    let start = Instant::now();
    client.quit().await;
    assert_eq!(start.elapsed().as_secs(), 2, "a server that says nothing is not waited for");
}

#[tokio::test(start_paused = true)]
async fn dropping_every_handle_leaves() {
    let (mut server, mut peer, client, events) = connected(4).await;
    drop(client);
    drop(events);
    assert_eq!(peer.next().await, Some(FromClient::Bye));
    assert_eq!(peer.next().await, None);
    assert!(server.0.recv().await.is_none(), "it does not come back");
}

#[tokio::test(start_paused = true)]
async fn who_takes_no_events_is_not_read_but_still_answered() {
    let (near, far) = duplex(1024);
    let (links, arrivals) = mpsc::unbounded_channel();
    links.send(far).unwrap();
    let mut options = Options::named("bot");
    options.events = 4;
    let client = tokio::spawn(Client::over(near, options));
    let (mut peer, _) = Server(arrivals).accept().await;
    peer.welcome(false, &[]).await;
    let (client, mut events) = client.await.unwrap().unwrap();
    peer.tell(NONE, false, members(0)).await;
    // Far more than waits in the queue and in the pipe: the rest stays with the server.
    let mut talking = tokio::spawn(async move {
        for number in 1..=1000 {
            peer.tell(NONE, false, said(number, "lots and lots to read")).await;
        }
        peer
    });
    timeout(Duration::from_secs(60), &mut talking).await.unwrap_err();
    events.next().await;
    events.next().await;
    for number in 1..=1000 {
        assert_eq!(told_number(&mut events).await, (number, false));
    }
    let mut peer = talking.await.unwrap();
    // The queue is full again, and the only task that could empty it waits for an answer.
    for number in 1001..=1006 {
        peer.tell(NONE, false, said(number, "more")).await;
    }
    let serving = tokio::spawn(async move {
        let (id, _) = peer.asked().await;
        peer.tell(id, false, said(1007, "hi")).await;
        peer
    });
    assert_eq!(client.say("lobby", "hi").await.unwrap().place.number, Number(1007));
    serving.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_too_large_for_the_server_is_refused_here() {
    let (_server, mut peer, client, mut events) = connected(4).await;
    let error = client.say("lobby", "x".repeat(70_000)).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::TooLong.number()));
    let saying = tokio::spawn(async move { client.say("lobby", "hi").await });
    let (id, _) = peer.asked().await;
    peer.tell(id, false, said(5, "hi")).await;
    saying.await.unwrap().unwrap();
    assert_eq!(told_number(&mut events).await, (5, false));
}

#[tokio::test]
async fn over_tcp_two_programs_talk_whisper_list_and_leave() {
    let server = chat_net::Server::builder().listen("127.0.0.1:0").start().await.unwrap();
    let address = server.local_addrs()[0];
    let (alice, _alice_events) = Client::connect(address, Options::named("alice")).await.unwrap();
    let (bob, mut events) = Client::connect(address.to_string(), Options::named("bob")).await.unwrap();
    let taken = Client::connect(address, Options::named("Bob")).await.unwrap_err();
    assert_eq!(taken.code(), Some(Code::NameTaken.number()));

    alice.join("dev").await.unwrap();
    bob.join("#dev").await.unwrap();
    alice.topic("dev", "what to build").await.unwrap();
    let receipt = alice.say("dev", "hello").await.unwrap();
    alice.whisper("bob", "psst").await.unwrap();
    loop {
        let event = told_or_connected(&mut events).await;
        if let Some(Event::Said { place, .. }) = &event {
            assert_eq!(*place, receipt.place);
        }
        if matches!(event, Some(Event::Whispered { body, .. }) if body.as_str() == "psst") {
            break;
        }
    }
    let names: Vec<_> = bob.users(Some("dev")).await.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["alice", "bob"]);
    assert_eq!(
        bob.first_users(Some("dev"), 1).await.unwrap()[..],
        bob.users(Some("dev")).await.unwrap()[..1]
    );
    assert!(bob.rooms().await.unwrap().iter().any(|info| info.room.as_str() == "dev" && info.members == 2));
    assert_eq!(bob.history("dev", Anchor::Latest, 10).await.unwrap().messages.len(), 1);
    bob.leave("dev").await.unwrap();
    assert_eq!(bob.say("dev", "hi").await.unwrap_err().code(), Some(Code::NotAMember.number()));
    bob.quit().await;
    assert_eq!(alice.users(None).await.unwrap().len(), 1);
    server.shutdown(Duration::from_secs(5)).await.unwrap();
}
