//! People and programs talk in the same rooms: names, joins, talk, whispers, lists, topics, leaving.

use chat_core::{Anchor, Ask, Query};
use chat_net::codec::{Form, FromClient};
use chat_net::{Limits, ServerHandle};

use crate::peer::{Peer, fast, join, say, server};

const PROGRAMS: [Form; 3] = [Form::Bincode, Form::JsonFrames, Form::JsonLines];

async fn person(server: &ServerHandle, name: &str) -> Peer {
    Peer::join(server, Form::Text, name).await
}

#[tokio::test]
async fn a_person_is_greeted_named_and_shown_the_room() {
    let server = server(fast()).await;
    let mut alice = Peer::dial(&server, Form::Text).await;
    assert!(alice.shown().await.starts_with("- Welcome!"), "a silent connection is greeted");
    alice.shown().await;
    alice.raw(b"alice\r\n").await;
    assert_eq!(alice.shown().await, "- You are alice. Type /help to see what you can do, /quit to leave.");
    assert_eq!(alice.shown().await, "- users in #lobby (0): nobody");
    assert_eq!(alice.shown().await, "#lobby * alice joined");

    let mut bob = person(&server, "bob").await;
    assert_eq!(alice.shown().await, "#lobby * bob joined");
    bob.line("hello").await;
    assert_eq!(alice.shown().await, "#lobby <bob> hello");
    alice.line("//join is a command").await;
    assert_eq!(bob.shown().await, "#lobby <alice> /join is a command", "nobody is told what they typed");
    bob.line("/whisper ALICE psst").await;
    assert_eq!(alice.shown().await, "bob whispers: psst");
    alice.line("/users").await;
    assert_eq!(alice.shown().await, "- users in #lobby (2): alice bob");
    alice.line("/topic all that is new").await;
    assert_eq!(alice.shown().await, "#lobby * alice set the topic: all that is new");
    assert_eq!(bob.shown().await, "#lobby * alice set the topic: all that is new");
    bob.line("/topic").await;
    assert_eq!(bob.shown().await, "- the topic of #lobby is: all that is new");
    bob.line("/rooms").await;
    assert_eq!(bob.shown().await, "- rooms (1): #lobby (2, \"all that is new\")");
    bob.line("/history").await;
    assert_eq!(bob.shown().await, "#lobby/3 <bob> hello", "their own past words are shown");
    assert_eq!(bob.shown().await, "#lobby/4 <alice> /join is a command");
    assert_eq!(bob.shown().await, "- #lobby: those were all 2 messages");
    bob.line("/quit").await;
    assert_eq!(bob.shown().await, "- goodbye");
    assert_eq!(bob.rest().await, b"");
    assert_eq!(alice.shown().await, "#lobby * bob left (quit)");
}

#[tokio::test]
async fn a_person_moves_between_rooms() {
    let server = server(fast()).await;
    let (mut alice, mut bob) = (person(&server, "alice").await, person(&server, "bob").await);
    alice.shown().await;
    for (who, line) in [(&mut alice, "/join #dev"), (&mut bob, "/join DEV")] {
        who.line(line).await;
        who.until_line("joined").await;
    }
    alice.shown().await;
    bob.line("in dev").await;
    assert_eq!(alice.shown().await, "#dev <bob> in dev");
    bob.line("/room lobby").await;
    assert_eq!(bob.shown().await, "- you are talking in #lobby");
    bob.line("in the lobby").await;
    assert_eq!(alice.shown().await, "#lobby <bob> in the lobby");
    bob.line("/leave dev").await;
    assert_eq!(bob.shown().await, "#dev * bob left");
    assert_eq!(alice.shown().await, "#dev * bob left");
    bob.line("/room dev").await;
    assert!(bob.shown().await.starts_with("! not_a_member: you are not in #dev"));
    bob.line("/leave").await;
    bob.shown().await;
    bob.line("to whom?").await;
    assert_eq!(bob.shown().await, "! bad_ask: you are in no room, type /join ROOM");
}

#[tokio::test]
async fn what_a_person_types_before_a_name_is_no_command() {
    let server = server(fast()).await;
    let mut alice = person(&server, "Alice").await;
    let mut bob = Peer::dial(&server, Form::Text).await;
    bob.line("/join dev").await;
    bob.until_line("! no_name: ").await;
    for (name, refusal) in [
        ("aLICE", "! name_taken: \"aLICE\" is taken, choose another name"),
        ("root", "! name_reserved: \"root\" is kept for the server, choose another name"),
        ("Server", "! name_reserved: "),
        ("two words", "! bad_name: "),
        ("-dash", "! bad_name: "),
        ("żółw", "! bad_name: "),
        (&"x".repeat(33), "! bad_name: a name may have at most 32 characters"),
    ] {
        bob.line(name).await;
        let line = bob.shown().await;
        assert!(line.starts_with(refusal), "{name}: {line}");
    }
    bob.line("").await;
    bob.line(&"x".repeat(32)).await;
    bob.until_line(&format!("- You are {}", "x".repeat(32))).await;
    assert_eq!(
        alice.shown().await,
        format!("#lobby * {} joined", "x".repeat(32)),
        "no refused name was seen"
    );
}

#[tokio::test]
async fn the_end_of_a_persons_input_is_a_leave_and_everything_before_it_is_done() {
    let server = server(fast()).await;
    let mut alice = person(&server, "alice").await;
    let mut bob = Peer::dial(&server, Form::Text).await;
    // As `printf … | nc -N`: all at once, the last line without an end.
    bob.raw(b"bob\nhi\n/users\nbye").await;
    bob.hang_up().await;
    let shown = String::from_utf8(bob.rest().await).unwrap();
    assert!(
        shown.contains("- users in #lobby (2): alice bob\n") && shown.ends_with("- goodbye\n"),
        "{shown}"
    );
    for line in ["* bob joined", "<bob> hi", "<bob> bye", "* bob left (quit)"] {
        assert_eq!(alice.shown().await, format!("#lobby {line}"));
    }
}

#[tokio::test]
async fn telnet_is_understood() {
    let server = server(fast()).await;
    let mut alice = person(&server, "alice").await;
    let mut bob = Peer::dial(&server, Form::Text).await;
    bob.raw(b"\xff\xfd\x03\xff\xfb\x18bo\xff\xf1b\r\nhello \xff\xffthere\r\n").await;
    assert_eq!(alice.shown().await, "#lobby * bob joined");
    bob.until_line("! bad_text: ").await;
    bob.raw(b"he\xff\xfallo\xff\xf0llo\r\n").await;
    assert_eq!(alice.shown().await, "#lobby <bob> hello");
}

#[tokio::test]
async fn a_program_in_any_form_is_told_the_same_in_the_same_order() {
    for form in PROGRAMS {
        let server = server(fast()).await;
        let mut alice = Peer::dial(&server, form).await;
        alice.ask(1, join("dev")).await;
        alice.gets(&["re=1 refused no_name"]).await;
        alice.hello("admin").await;
        alice.gets(&["refused name_reserved"]).await;
        alice.hello("alice").await;
        alice
            .gets(&["welcome alice", "members lobby/0: ", "joined lobby/1 alice", "caught_up lobby/1"])
            .await;
        let mut bob = Peer::dial(&server, form).await;
        bob.hello("Alice").await;
        bob.gets(&["refused name_taken"]).await;
        bob.hello("bob").await;
        bob.gets(&["welcome bob", "members lobby/1: alice", "joined lobby/2 bob", "caught_up lobby/2"]).await;
        bob.hello("bobby").await;
        bob.gets(&["refused already_named"]).await;
        alice.ask(1, say("lobby", "hi")).await;
        alice.gets(&["joined lobby/2 bob", "re=1 said lobby/3 alice: hi"]).await;
        bob.ask(1, Ask::Topic { room: "#LOBBY".into(), topic: "news".into() }).await;
        bob.gets(&["said lobby/3 alice: hi", "re=1 topic lobby/4 bob: news"]).await;
        bob.ask(2, Ask::Whisper { to: "ALICE".into(), body: "psst".into() }).await;
        bob.gets(&["re=2 whispered 0 bob>alice: psst"]).await;
        alice.gets(&["topic lobby/4 bob: news", "whispered 1 bob>alice: psst"]).await;
        alice.ask(2, Ask::Whisper { to: "alice".into(), body: "note".into() }).await;
        alice.gets(&["re=2 whispered 2 alice>alice: note"]).await;
        alice.ask(3, Ask::Whisper { to: "carol".into(), body: "psst".into() }).await;
        alice.gets(&["re=3 refused no_such_user"]).await;

        let mut carol = Peer::dial(&server, form).await;
        carol.hello("carol").await;
        let shown = carol.story("caught_up lobby/5").await;
        assert_eq!(
            shown,
            [
                "welcome carol",
                "members lobby/4: alice bob",
                "joined lobby/5 carol",
                "past topic lobby/4 bob: news",
                "past said lobby/3 alice: hi",
                "caught_up lobby/5",
            ]
        );
        alice.gets(&["joined lobby/5 carol"]).await;
        alice.query(9, Query::Users { room: Some("lobby".into()), after: None }).await;
        alice.query(9, Query::Users { room: None, after: Some("alice".into()) }).await;
        alice.query(9, Query::Rooms { after: None }).await;
        alice.query(9, Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 5 }).await;
        alice
            .gets(&[
                "re=9 users 3: alice bob carol",
                "re=9 users 3: bob carol",
                "re=9 rooms 1: lobby=3",
                "re=9 past said lobby/3 alice: hi",
                "re=9 history 1",
            ])
            .await;
        carol.send(FromClient::Bye).await;
        carol.closed("left").await;
        alice.gets(&["left lobby/6 carol quit"]).await;
        alice.ask(4, Ask::Leave { room: "lobby".into() }).await;
        alice.gets(&["re=4 left lobby/7 alice left"]).await;
        alice.ask(5, say("lobby", "anyone?")).await;
        alice.gets(&["re=5 refused not_a_member"]).await;
    }
}

#[tokio::test]
async fn joining_twice_and_leaving_twice_change_nothing() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join(&server, Form::Bincode, "bob").await;
    alice.gets(&["joined lobby/2 bob"]).await;
    alice.ask(1, join("LOBBY")).await;
    alice.gets(&["re=1 members lobby/2 again: alice bob"]).await;
    for (id, number) in [(2, "3"), (3, "0")] {
        alice.ask(id, Ask::Leave { room: "lobby".into() }).await;
        alice.gets(&[&format!("re={id} left lobby/{number} alice left")]).await;
    }
    bob.gets(&["left lobby/3 alice left"]).await;
    bob.is_quiet().await;
}

#[tokio::test]
async fn a_repeated_ask_has_its_first_answer_and_another_under_its_id_has_none() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::JsonLines, "alice").await;
    alice.ask(7, say("lobby", "once")).await;
    alice.ask(7, say("lobby", "once")).await;
    alice.ask(7, say("lobby", "twice")).await;
    alice.ask(9, say("lobby", " ")).await;
    alice.ask(9, say("lobby", " ")).await;
    alice.ask(8, say("lobby", "late")).await;
    alice
        .gets(&[
            "re=7 said lobby/2 alice: once",
            "re=7 said lobby/2 alice: once",
            "re=7 refused id_reused",
            "re=9 refused empty",
            "re=9 refused empty",
            "re=8 refused id_not_rising",
        ])
        .await;
}

#[tokio::test]
async fn a_big_room_tells_its_joins_in_one_digest() {
    let config = chat_core::Config { big_room_members: 3, digest_ms: 20, ..chat_core::Config::default() };
    let limits = fast();
    let server = chat_net::Server::builder().listen("127.0.0.1:0").limits(limits).core(config);
    let server = server.start().await.unwrap();
    let mut peers = Vec::new();
    for name in ["alice", "bob", "carol", "dave"] {
        peers.push(Peer::join(&server, Form::Bincode, name).await);
    }
    let shown = peers[0].story("churned lobby/4 +1 -0 =4").await;
    assert_eq!(shown, ["joined lobby/2 bob", "joined lobby/3 carol", "churned lobby/4 +1 -0 =4"]);
}

#[tokio::test]
async fn what_is_too_long_for_its_limit_is_refused_whole() {
    let server = server(Limits { ..fast() }).await;
    let mut alice = Peer::join(&server, Form::JsonFrames, "alice").await;
    let longest = "ż".repeat(2048);
    alice.ask(1, say("lobby", &longest)).await;
    alice.gets(&[&format!("re=1 said lobby/2 alice: {longest}")]).await;
    alice.ask(2, say("lobby", &format!("{longest}x"))).await;
    alice.ask(3, Ask::Topic { room: "lobby".into(), topic: "x".repeat(401).into() }).await;
    alice.ask(4, join(&"r".repeat(65))).await;
    alice.ask(5, say("lobby", "bell\u{7}")).await;
    alice.gets(&["re=2 refused too_long", "re=3 refused too_long", "re=4 refused bad_name"]).await;
    alice.gets(&["re=5 refused bad_text"]).await;
}
