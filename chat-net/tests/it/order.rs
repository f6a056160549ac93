//! Order in a room, over the wire: keys, private rooms, kicks, and history from the join on.

use std::time::Duration;

use chat_net::chat_core::{
    Anchor, Ask, Event, HistoryFrom, ModeChange, Number, Query, Role, Since, Timestamp,
};
use chat_net::codec::{Form, FromServer};
use chat_net::{Limits, ServerHandle};

use crate::peer::{Peer, fast, join, pass, server, show};

fn modes(modes: ModeChange) -> Ask {
    Ask::SetModes { room: "den".into(), modes }
}

fn enter(key: &str) -> Ask {
    Ask::Enter { room: "#Den".into(), key: key.into(), since: None }
}

/// Alice makes a den that takes this key to come into.
async fn den_with_key(server: &ServerHandle, key: &str) -> Peer {
    let mut alice = Peer::join_pipe(server, Form::Bincode, "alice").await;
    alice.ask(1, join("den")).await;
    alice.ask(2, modes(ModeChange { key: Some(key.into()), ..ModeChange::default() })).await;
    alice.story("modes den/2 alice: key").await;
    alice
}

#[tokio::test]
async fn a_key_opens_a_room_in_every_form_and_odd_ones_are_refused_by_a_name() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    alice.ask(1, join("den")).await;
    alice.ask(2, modes(ModeChange { key: Some("sésame ☕".into()), ..ModeChange::default() })).await;
    alice.story("modes den/2 alice: key").await;
    for (name, form) in [("bob", Form::Bincode), ("carol", Form::JsonLines)] {
        let mut peer = Peer::join(&server, form, name).await;
        peer.until_quiet().await;
        for (id, key, refusal) in [
            (1, "sesame", "bad_key"),
            (2, "\u{1b}[m", "bad_text"),
            (3, &"x".repeat(65), "too_long"),
            (4, " ", "empty"),
        ] {
            peer.ask(id, enter(key)).await;
            peer.gets(&[&format!("re={id} refused {refusal}")]).await;
        }
        peer.ask(5, join("den")).await;
        peer.gets(&["re=5 refused bad_key"]).await;
        peer.ask(6, enter("sésame ☕")).await;
        let told = peer.until(|frame| show(frame).starts_with("caught_up den/")).await;
        assert!(show(&told[0]).starts_with("re=6 members den/"), "{told:?}");
        peer.ask(7, Ask::Leave { room: "den".into() }).await;
        peer.story("left").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_guessed_at_a_few_times_a_minute_and_a_session_begun_anew_is_no_way_around() {
    let limits = Limits { logins_per_minute: 5, exempt_loopback: false, ..fast() };
    let server = server(limits).await;
    let _alice = den_with_key(&server, "sesame").await;
    let mut bob = Peer::join(&server, Form::Bincode, "bob").await;
    bob.until_quiet().await;
    for id in 1..=4 {
        bob.ask(id, enter("simsim")).await;
        bob.gets(&[&format!("re={id} refused bad_key")]).await;
    }
    // The right one is no guess, and takes none back.
    bob.ask(5, enter("sesame")).await;
    bob.until(|frame| show(frame).starts_with("caught_up den/")).await;
    bob.ask(6, Ask::Leave { room: "den".into() }).await;
    bob.story("left").await;
    bob.ask(7, enter("simsim")).await;
    bob.gets(&["re=7 refused bad_key"]).await;
    bob.ask(8, enter("sesame")).await;
    bob.gets(&["re=8 refused too_many_logins"]).await;
    let mut carol = Peer::join(&server, Form::JsonLines, "carol").await;
    carol.until_quiet().await;
    carol.ask(1, enter("sesame")).await;
    carol.gets(&["re=1 refused too_many_logins"]).await;
    pass(Duration::from_secs(15)).await;
    bob.until_quiet().await;
    bob.ask(9, enter("sesame")).await;
    bob.until(|frame| show(frame).starts_with("caught_up den/")).await;
}

#[tokio::test(start_paused = true)]
async fn only_a_wrong_key_is_a_guess_and_what_was_answered_is_answered_again() {
    let limits = Limits { logins_per_minute: 2, exempt_loopback: false, ..fast() };
    let server = server(limits).await;
    let mut alice = den_with_key(&server, "sesame").await;
    let mut bob = Peer::join(&server, Form::Bincode, "bob").await;
    alice.ask(3, Ask::Ban { room: "den".into(), user: "bob".into(), for_ms: None, reason: None }).await;
    alice.story("bob by alice").await;
    bob.until_quiet().await;
    for id in 1..=6 {
        bob.ask(id, enter("sesame")).await;
        bob.gets(&[&format!("re={id} refused banned")]).await;
    }
    let mut carol = Peer::join(&server, Form::Bincode, "carol").await;
    carol.until_quiet().await;
    carol.ask(1, enter("sesame")).await;
    carol.until(|frame| show(frame).starts_with("caught_up den/")).await;
    let mut dave = Peer::join(&server, Form::JsonLines, "dave").await;
    dave.until_quiet().await;
    for id in 1..=2 {
        dave.ask(id, enter("simsim")).await;
        dave.gets(&[&format!("re={id} refused bad_key")]).await;
    }
    dave.ask(3, enter("sesame")).await;
    dave.gets(&["re=3 refused too_many_logins"]).await;
    dave.ask(2, enter("simsim")).await;
    dave.gets(&["re=2 refused bad_key"]).await;
    carol.until_quiet().await;
    carol.ask(1, enter("sesame")).await;
    carol.until(|frame| show(frame).starts_with("re=1 members den/")).await;
}

#[tokio::test]
async fn whoever_is_put_out_is_told_and_hears_no_more() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::JsonFrames, "bob").await;
    alice.ask(1, join("den")).await;
    alice.story("caught_up den/1").await;
    bob.ask(1, join("den")).await;
    bob.story("caught_up den/2").await;
    bob.until_quiet().await;
    let kick = Ask::Kick { room: "den".into(), user: "bob".into(), reason: None };
    alice.ask(2, kick).await;
    alice.say(3, "den", "peace").await;
    alice.story("peace").await;
    bob.gets(&["kicked den/3 bob by alice"]).await;
    bob.is_quiet().await;
    bob.say(2, "den", "but").await;
    bob.gets(&["re=2 refused not_a_member"]).await;
}

#[tokio::test]
async fn whoever_comes_with_a_role_is_ranked_in_every_form_and_a_person_sees_the_join_alone() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::JsonFrames, "bob").await;
    let mut carol = Peer::join(&server, Form::JsonLines, "carol").await;
    let mut dave = Peer::join(&server, Form::Text, "dave").await;
    for (number, peer) in [&mut alice, &mut bob, &mut carol].into_iter().enumerate() {
        peer.ask(1, join("den")).await;
        peer.story(&format!("caught_up den/{}", number + 1)).await;
    }
    dave.line("/join den").await;
    dave.until_line("dave joined").await;
    alice.ask(2, Ask::SetRole { room: "den".into(), user: "bob".into(), role: Role::Moderator }).await;
    alice.story("moderator by alice").await;
    bob.story("moderator by alice").await;
    bob.ask(2, Ask::Leave { room: "den".into() }).await;
    bob.ask(3, join("den")).await;
    for peer in [&mut alice, &mut bob, &mut carol] {
        let told = peer.story("ranked den bob moderator").await;
        assert_eq!(told[told.len() - 2], "joined den/7 bob");
    }
    alice.say(3, "den", "welcome back").await;
    let told = dave.until_line("welcome back").await;
    assert!(told[told.len() - 2].ends_with("bob joined"), "{told:?}");
}

#[tokio::test]
async fn with_history_from_join_nothing_earlier_is_shown() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    alice.ask(1, join("den")).await;
    alice.say(2, "den", "a secret of ours").await;
    alice.ask(3, modes(ModeChange { history: Some(HistoryFrom::Join), ..ModeChange::default() })).await;
    alice.story("history=join").await;
    let mut bob = Peer::join(&server, Form::Bincode, "bob").await;
    bob.until_quiet().await;
    bob.ask(1, join("den")).await;
    bob.gets(&["re=1 members den/3: alice", "joined den/4 bob", "caught_up den/4"]).await;
    alice.say(4, "den", "no secret").await;
    bob.gets(&["said den/5 alice: no secret"]).await;
    for anchor in
        [Anchor::Latest, Anchor::After(Number(0)), Anchor::Around(Number(1)), Anchor::FromTime(Timestamp(0))]
    {
        bob.query(9, Query::History { room: "den".into(), anchor, limit: 1 }).await;
        bob.gets(&["re=9 past said den/5 alice: no secret", "re=9 history 1"]).await;
    }
    bob.query(9, Query::Search { words: "secret".into(), room: None, before_time: None, limit: 1 }).await;
    let found = bob.until(|frame| show(frame).starts_with("re=9 search")).await;
    let found: Vec<String> = found.iter().map(show).collect();
    assert_eq!(
        found,
        ["re=9 past said den/5 alice: no secret", "re=9 search 1"],
        "not even that there is more"
    );
    bob.query(9, Query::Search { words: "ours".into(), room: None, before_time: None, limit: 1 }).await;
    bob.gets(&["re=9 search 0"]).await;
    // A copy that ends earlier is told that the rest is gone.
    bob.ask(2, Ask::Leave { room: "den".into() }).await;
    bob.story("left den/6 bob left").await;
    let since = alice_since(&mut alice).await;
    bob.ask(3, Ask::Join { room: "den".into(), since: Some(since) }).await;
    let told = bob.story("caught_up den/7").await;
    assert!(told.iter().any(|line| line == "gap den/7 from 7 not_kept"), "{told:?}");
    assert!(told.iter().all(|line| !line.contains("secret")), "{told:?}");
}

/// Where the room's numbering begins, as a member sees it.
async fn alice_since(alice: &mut Peer) -> Since {
    alice.ask(5, join("den")).await;
    let frames = alice.until(|frame| show(frame).starts_with("re=5 members")).await;
    let Some(FromServer::Told(told)) = frames.last() else { panic!() };
    let Event::Members { place, .. } = &told.event else { panic!() };
    Since { epoch: place.epoch, number: Number(1) }
}

#[tokio::test]
async fn a_message_is_deleted_by_whoever_said_it_or_keeps_order_and_its_text_is_gone() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::JsonLines, "bob").await;
    alice.ask(1, join("den")).await;
    alice.story("caught_up den/1").await;
    bob.ask(1, join("den")).await;
    bob.story("caught_up den/2").await;
    alice.say(2, "den", "mine to keep").await;
    bob.say(2, "den", "a slip of bob's").await;
    bob.story("bob's").await;
    bob.say(3, "den", "another slip").await;
    bob.story("another slip").await;
    let delete = |number| Ask::Delete { room: "#Den".into(), number: Number(number) };
    for (id, number, refusal) in
        [(4, 3, "not_allowed"), (5, 1, "no_such_message"), (6, 99, "no_such_message")]
    {
        bob.ask(id, delete(number)).await;
        bob.gets(&[&format!("re={id} refused {refusal}")]).await;
    }
    alice.until_quiet().await;
    bob.ask(7, delete(4)).await;
    alice.story("/6 4 by bob").await;
    assert!(bob.story("/6 4 by bob").await[0].starts_with("re=7 deleted den/"));
    bob.ask(7, delete(4)).await;
    assert!(bob.story("/6 4 by bob").await[0].starts_with("re=7 deleted den/"));
    alice.ask(3, delete(5)).await;
    alice.story("/7 5 by alice").await;
    bob.story("/7 5 by alice").await;
    alice.ask(4, delete(5)).await;
    alice.gets(&["re=4 refused no_such_message"]).await;
    bob.query(8, Query::History { room: "den".into(), anchor: Anchor::Latest, limit: 10 }).await;
    bob.story("mine to keep").await;
    bob.story("/4 bob by bob").await;
    bob.story("/5 bob by alice").await;
}
