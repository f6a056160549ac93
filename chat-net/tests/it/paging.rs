//! A person reads what was: the last messages before the live talk, pages of history, searches.

use chat_net::ServerHandle;
use chat_net::codec::Form;

use crate::peer::{Peer, fast, server};

/// What each line says, without its time.
fn bare(lines: Vec<String>) -> Vec<String> {
    let bare = |line: String| match line.strip_prefix('[') {
        Some(timed) => timed.split_once("] ").expect("a time").1.to_owned(),
        None => line,
    };
    lines.into_iter().map(bare).collect()
}

async fn answer(peer: &mut Peer, line: &str) -> Vec<String> {
    peer.line(line).await;
    peer.line("/room nowhere").await;
    let mut lines = bare(peer.until_line("you are not in #nowhere").await);
    lines.pop();
    lines
}

/// Somebody who said `count` things in the lobby: numbers 2 and up.
async fn talker(server: &ServerHandle, count: u64) -> Peer {
    let mut alice = Peer::join(server, Form::Bincode, "alice").await;
    for id in 1..=count {
        alice.say(id, "lobby", &format!("thing {id}")).await;
    }
    alice.until_said(usize::try_from(count).unwrap()).await;
    alice
}

#[tokio::test]
async fn a_newcomer_sees_where_the_past_ends() {
    let server = server(fast()).await;
    let mut bob = Peer::join(&server, Form::Text, "bob").await;
    let quiet = answer(&mut bob, "/topic").await;
    assert_eq!(
        quiet,
        ["- #lobby has no topic; set one with /topic TEXT"],
        "nothing was before: nothing to close"
    );
    let mut alice = talker(&server, 2).await;
    let mut carol = Peer::dial(&server, Form::Text).await;
    carol.line("carol").await;
    let shown = bare(carol.until_line("that was before you came").await);
    let past = [
        "- users in #lobby (2): alice bob",
        "#lobby * carol joined",
        "#lobby <alice> thing 1",
        "#lobby <alice> thing 2",
        "- #lobby: that was before you came",
    ];
    assert!(shown.ends_with(&past.map(str::to_owned)), "{shown:#?}");
    alice.say(3, "lobby", "hello").await;
    assert_eq!(carol.shown().await, "#lobby <alice> hello");
}

#[tokio::test]
async fn history_again_goes_on_with_the_page_before() {
    let server = server(fast()).await;
    let _alice = talker(&server, 25).await;
    let mut bob = Peer::join(&server, Form::Text, "bob").await;
    let page = |from: u64, upto: u64, end: &str| -> Vec<String> {
        let said = (from..=upto).map(|thing| format!("#lobby/{} <alice> thing {thing}", thing + 1));
        said.chain([format!("- #lobby: {end}")]).collect()
    };
    bob.line("/history 10").await;
    bob.until_line("/history again").await;
    bob.line("/history").await;
    let shown = bare(bob.until_line("- #lobby: ").await);
    assert_eq!(shown, page(6, 15, "those were 10 messages, /history again shows older ones"));
    bob.line("/history").await;
    assert_eq!(bare(bob.until_line("- #lobby: ").await), page(1, 5, "those were the first 5 messages"));
    assert_eq!(answer(&mut bob, "/history").await, ["- #lobby: there are no older messages"]);
    // Something else was typed in between.
    let end = "those were 20 messages, /history again shows older ones";
    assert_eq!(answer(&mut bob, "/history").await, page(6, 25, end));
    assert_eq!(answer(&mut bob, "/history 2").await.len(), 3);
}

#[tokio::test]
async fn a_search_is_in_all_rooms_one_is_in_or_in_one() {
    let server = server(fast()).await;
    let mut alice = Peer::join(&server, Form::Text, "alice").await;
    for line in ["red wine", "/join dev", "red tea", "/join ops", "red herring", "/leave ops"] {
        alice.line(line).await;
    }
    alice.until_line("#ops * alice left").await;
    let no_older = |count| format!("- those were {count} matches, there are no older ones");
    let all = ["#lobby/2 <alice> red wine".to_owned(), "#dev/2 <alice> red tea".to_owned(), no_older(2)];
    assert_eq!(answer(&mut alice, "/search RED").await, all);
    let one = "- that was 1 match, there are no older ones";
    assert_eq!(answer(&mut alice, "/search #dev red").await, ["#dev/2 <alice> red tea", one]);
    assert_eq!(answer(&mut alice, "/search red wine").await, ["#lobby/2 <alice> red wine", one]);
    assert_eq!(answer(&mut alice, "/search blue").await, ["- nothing was found"]);
    assert!(answer(&mut alice, "/search #ops red").await[0].starts_with("! not_a_member: "));
    let usage = "! bad_ask: type /search WORDS, or /search #ROOM WORDS";
    assert_eq!(answer(&mut alice, "/search").await, [usage]);
}

#[tokio::test]
async fn a_search_alone_shows_older_matches() {
    let server = server(fast()).await;
    let _alice = talker(&server, 70).await;
    let mut bob = Peer::join(&server, Form::Text, "bob").await;
    bob.until_line("that was before you came").await;
    bob.line("/search thing").await;
    let mut seen: Vec<String> = Vec::new();
    loop {
        // Those of one millisecond come together, so a page may be longer than asked for.
        let mut page = bare(bob.until_line("- th").await);
        let end = page.pop().expect("a line that ends it");
        page.append(&mut seen);
        seen = page;
        bob.line("/search").await;
        if end.ends_with("there are no older ones") {
            break;
        }
    }
    assert!(bob.shown().await.ends_with("there are no older matches"));
    let all: Vec<String> =
        (1..=70).map(|thing| format!("#lobby/{} <alice> thing {thing}", thing + 1)).collect();
    assert_eq!(seen, all);
}
