//! Who has lost the connection and may come back: told to a room as a whole, at most once a second, and on request.

use std::time::Duration;

use chat_net::chat_core::{Config, Query};
use chat_net::codec::Form;
use chat_net::{Server, ServerHandle};

use crate::peer::{Peer, fast, pass, say};

/// Longer than between two sweeps, and shorter than anybody lingers.
const A_WHILE: Duration = Duration::from_millis(2_500);

async fn server(big_room_members: usize) -> ServerHandle {
    // Before anybody here is asked for a sign of life.
    let core = Config { big_room_members, linger_ms: 10_000, ..Config::default() };
    Server::builder().limits(fast()).core(core).start().await.unwrap()
}

/// Comes in, to hear of those who linger, and reads what it is told of itself. Gives the secret to come back with.
async fn program(server: &ServerHandle, form: Form, name: &str) -> (Peer, String) {
    let mut peer = Peer::pipe(server, form).await;
    peer.hears_of_lingering = true;
    let token = peer.enter(name).await.unwrap().token;
    (peer, token.to_string())
}

async fn back(server: &ServerHandle, name: &str, token: &str) -> Peer {
    let mut peer = Peer::pipe(server, Form::Bincode).await;
    peer.hears_of_lingering = true;
    peer.resume(name, token, &[]).await;
    peer
}

fn users(room: Option<&str>) -> Query {
    Query::Users { room: room.map(Into::into), after: None }
}

/// Its connection breaks; the server has seen that.
async fn broken(mut peer: Peer) {
    peer.hang_up().await;
    peer.rest().await;
}

#[tokio::test(start_paused = true)]
async fn a_room_is_told_who_lingers_and_who_is_back() {
    let server = server(500).await;
    let (mut alice, _) = program(&server, Form::JsonLines, "alice").await;
    let (bob, token) = program(&server, Form::Bincode, "bob").await;
    let (carol, _) = program(&server, Form::JsonFrames, "carol").await;
    alice.until_quiet().await;
    broken(bob).await;
    pass(A_WHILE).await;
    alice.gets(&["lingering lobby: bob"]).await;
    broken(carol).await;
    pass(A_WHILE).await;
    alice.gets(&["lingering lobby: bob carol"]).await;
    // Whoever comes is told behind what was before.
    let (mut dave, _) = program(&server, Form::Bincode, "dave").await;
    dave.gets(&["lingering lobby: bob carol"]).await;
    // And so is whoever is back, of the others.
    let mut bob = back(&server, "bob", &token).await;
    let told = bob.story("lingering lobby: carol").await;
    assert_eq!(told[told.len() - 2], "caught_up lobby/4");
    pass(A_WHILE).await;
    bob.gets(&["lingering lobby: carol"]).await;
    alice.gets(&["joined lobby/4 dave", "lingering lobby: carol"]).await;
    dave.gets(&["lingering lobby: carol"]).await;
    // Who has left lingers no more.
    pass(Duration::from_secs(10)).await;
    alice.gets(&["left lobby/5 carol lost", "lingering lobby:"]).await;
    let (mut erin, _) = program(&server, Form::Bincode, "erin").await;
    erin.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_break_between_two_looks_is_told_to_nobody() {
    let server = server(500).await;
    let (mut alice, _) = program(&server, Form::Bincode, "alice").await;
    let (bob, token) = program(&server, Form::Bincode, "bob").await;
    alice.until_quiet().await;
    broken(bob).await;
    let mut bob = back(&server, "bob", &token).await;
    bob.story("caught_up lobby/2").await;
    pass(A_WHILE).await;
    alice.is_quiet().await;
    bob.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_big_room_is_not_told_but_its_lists_say_so() {
    let server = server(2).await;
    let (mut alice, _) = program(&server, Form::JsonLines, "alice").await;
    let (bob, token) = program(&server, Form::Bincode, "bob").await;
    alice.until_quiet().await;
    broken(bob).await;
    pass(A_WHILE).await;
    alice.gets(&["lingering lobby: bob"]).await;
    // One more, and the room is big: what was told holds no longer.
    let (mut carol, _) = program(&server, Form::Bincode, "carol").await;
    pass(A_WHILE).await;
    assert_eq!(alice.story("lingering lobby:").await.len(), 1);
    let mut bob = back(&server, "bob", &token).await;
    bob.until_quiet().await;
    broken(bob).await;
    pass(A_WHILE).await;
    carol.until_quiet().await;
    for (peer, id) in [(&mut alice, 5), (&mut carol, 6)] {
        for _ in 0..2 {
            peer.until_quiet().await;
            peer.query(id, users(Some("lobby"))).await;
            peer.gets(&[
                &format!("re={id} lingering lobby: bob"),
                &format!("re={id} users 3: alice bob carol"),
            ])
            .await;
        }
    }
    alice.query(7, users(None)).await;
    alice.gets(&["re=7 lingering : bob", "re=7 users 3: alice bob carol"]).await;
    let after = Query::Users { room: Some("lobby".into()), after: Some("alice".into()) };
    alice.query(8, after).await;
    alice.gets(&["re=8 lingering lobby: bob", "re=8 users 3: bob carol"]).await;
    let after = Query::Users { room: Some("lobby".into()), after: Some("bob".into()) };
    alice.query(9, after).await;
    alice.gets(&["re=9 users 3: carol"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_person_sees_it_in_the_list_and_not_in_the_talk() {
    let server = server(500).await;
    let mut person = Peer::join_pipe(&server, Form::Text, "alice").await;
    let (bob, _) = program(&server, Form::Bincode, "bob").await;
    let (mut carol, _) = program(&server, Form::Bincode, "carol").await;
    person.until_line("carol joined").await;
    broken(bob).await;
    pass(A_WHILE).await;
    carol.ask(1, say("lobby", "where is bob?")).await;
    assert_eq!(person.shown().await, "#lobby <carol> where is bob?");
    for _ in 0..2 {
        person.line("/users").await;
        assert_eq!(person.shown().await, "- lingering in #lobby (no connection for now): bob");
        assert_eq!(person.shown().await, "- users in #lobby (3): alice bob carol");
    }
}
