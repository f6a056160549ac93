//! Silence: programs are asked whether they are there, people are not, and a name must come in time.

use std::time::Duration;

use chat_net::Limits;
use chat_net::codec::{Form, FromClient, FromServer};
use tokio::time::Instant;

use crate::peer::{Peer, pass, server};

const FRAMED: [Form; 2] = [Form::Bincode, Form::JsonFrames];

fn about(start: Instant, seconds: u64) {
    let passed = start.elapsed().as_millis();
    let expected = u128::from(seconds) * 1000;
    assert!((expected..=expected + 1500).contains(&passed), "after {passed} ms, not {expected}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_program_is_pinged_and_then_taken_for_dead_and_can_resume() {
    for form in FRAMED {
        let server = server(Limits::default()).await;
        let mut alice = Peer::pipe(&server, form).await;
        let welcome = alice.enter("alice").await.unwrap();
        let start = Instant::now();
        alice.wait_for_ping().await;
        about(start, 20);
        alice.wait().await;
        alice.closed("no_answer").await;
        about(start, 30);
        let mut again = Peer::pipe(&server, form).await;
        again.resume("alice", &welcome.token, &[]).await;
        again.gets(&["welcome alice again", "past joined lobby/1 alice", "caught_up lobby/1"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_program_that_answers_its_pings_stays() {
    let server = server(Limits::default()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let start = Instant::now();
    for _ in 0..5 {
        alice.wait_for_ping().await;
        let nonce = alice.last_ping;
        alice.send(FromClient::Pong { nonce }).await;
    }
    about(start, 100);
    alice.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn line_clients_are_not_pinged() {
    let server = server(Limits::default()).await;
    let mut person = Peer::join_pipe(&server, Form::Text, "alice").await;
    let mut program = Peer::join_pipe(&server, Form::JsonLines, "bob").await;
    person.until_line("bob joined").await;
    pass(Duration::from_secs(3600)).await;
    program.say(1, "lobby", "still here").await;
    program.gets(&["re=1 said lobby/3 bob: still here"]).await;
    assert_eq!(person.shown().await, "#lobby <bob> still here");
}

#[tokio::test(start_paused = true)]
async fn who_gives_no_name_in_time_is_let_go() {
    let server = server(Limits::default()).await;
    for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines] {
        let mut program = Peer::pipe(&server, form).await;
        let start = Instant::now();
        program.is_quiet().await;
        program.wait().await;
        program.closed("login_timeout").await;
        about(start, 10);
    }
    let start = Instant::now();
    let mut person = Peer::pipe(&server, Form::Text).await;
    person.until_line("What is your name?").await;
    person.wait().await;
    person.closed("login_timeout").await;
    about(start, 60);
}

#[tokio::test(start_paused = true)]
async fn who_gives_no_name_and_does_not_read_is_let_go_too() {
    let limits = Limits { talk_bytes: 4096, connections: 1, asks_per_second: u32::MAX, ..Limits::default() };
    let server = server(limits).await;
    let (near, far) = tokio::io::duplex(1024);
    server.serve_connection(far).unwrap();
    let mut person = Peer::over(near, Form::Text).await;
    // Until the pipe is full because the server does not read on.
    let asking = async { while person.try_raw(b"/help\n").await {} };
    assert!(tokio::time::timeout(Duration::from_secs(1), asking).await.is_err());
    let (_, other) = tokio::io::duplex(1024);
    assert!(server.serve_connection(other).is_err(), "its place is taken");
    pass(Duration::from_secs(70)).await;
    let (_, other) = tokio::io::duplex(1024);
    assert!(server.serve_connection(other).is_ok(), "its place is free again");
    drop(person);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_stands_still_for_a_year_disconnects_nobody() {
    let server = server(Limits::default()).await;
    let mut alice = Peer::join_pipe(&server, Form::JsonLines, "alice").await;
    let mut bob = Peer::pipe(&server, Form::Bincode).await;
    let welcome = bob.enter("bob").await.unwrap();
    alice.gets(&["joined lobby/2 bob"]).await;
    let before = welcome.at;
    tokio::time::advance(Duration::from_secs(365 * 86_400)).await;
    // The machine slept, not bob: he is asked first.
    bob.wait_for_ping().await;
    bob.send(FromClient::Pong { nonce: bob.last_ping }).await;
    alice.say(1, "lobby", "good morning").await;
    let told = alice.next().await.unwrap();
    let FromServer::Told(told) = told else { panic!("{told:?}") };
    assert!(told.at.0 > before.0 + 300 * 86_400_000, "the clock went on");
    bob.story("said lobby/3 alice: good morning").await;
}
