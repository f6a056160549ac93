//! What an embedder's gate says to asks before the log has them.

use async_trait::async_trait;
use chat_core::Ask;
use chat_net::auth::{Asker, Gate, Judgement};
use chat_net::codec::{Form, FromClient, Hello};
use chat_net::{Limits, Options, Server, ServerHandle};

use crate::peer::{Peer, fast};

/// Judges by what is said.
struct Words;

#[async_trait]
impl Gate for Words {
    async fn judge(&self, by: &Asker, ask: Ask) -> Judgement {
        match &ask {
            Ask::Say { body, .. } => match &**body {
                "who" => Judgement::Allow(Ask::Say { room: "lobby".into(), body: by.user.clone() }),
                "shout" => Judgement::Refuse("say it\u{1b} quietly".into()),
                "slow" => std::future::pending().await,
                "panic" => panic!("of the embedder's own"),
                _ => Judgement::Allow(ask),
            },
            Ask::Join { room, .. } if &**room == "cellar" => Judgement::Refuse("the cellar is closed".into()),
            _ => Judgement::Allow(ask),
        }
    }
}

async fn server(limits: Limits) -> ServerHandle {
    Server::builder().listen("127.0.0.1:0").limits(limits).gate(Words).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn asks_are_allowed_changed_refused_and_nothing_is_lost_behind_a_gate_that_fails() {
    for limits in [Limits::default(), Limits::default().trusting()] {
        let server = server(limits).await;
        for form in [Form::Bincode, Form::JsonLines] {
            let mut peer = Peer::join_pipe(&server, form, "alice").await;
            for (id, body) in (1..).zip(["plain", "who", "shout", "slow", "panic", "plain again"]) {
                peer.say(id, "lobby", body).await;
            }
            let story = peer.story("plain again").await;
            let answers: Vec<&str> = story.iter().map(|line| line.split('/').next().unwrap()).collect();
            assert_eq!(
                answers,
                [
                    "re=1 said lobby",
                    "re=2 said lobby",
                    "re=3 refused not_allowed",
                    "re=4 refused busy",
                    "re=5 refused busy",
                    "re=6 said lobby"
                ]
            );
            assert!(story[1].ends_with("alice: alice"), "{story:#?}");
            // The log never had it; later ids have passed its own.
            peer.say(4, "lobby", "plain").await;
            peer.gets(&["re=4 refused id_not_rising"]).await;
            peer.send(FromClient::Bye).await;
            peer.closed("left").await;
        }
    }
}

#[tokio::test]
async fn the_rooms_of_a_hello_are_asks_too() {
    let server = server(fast()).await;
    let mut peer = Peer::pipe(&server, Form::Bincode).await;
    let rooms = Some(vec!["cellar".into(), "attic".into()]);
    peer.send(FromClient::Hello(Hello { name: "alice".into(), rooms, ..Hello::default() })).await;
    let story = peer.story("caught_up attic/1").await;
    assert_eq!(story[..2], ["welcome alice", "refused not_allowed"]);

    let (bot, _events) = server.join(Options::named("bot").rooms(["attic"])).await.unwrap();
    let error = bot.say("attic", "shout").await.unwrap_err();
    assert_eq!(error.to_string(), "not_allowed: say it<U+001B> quietly");
    assert_eq!(bot.users(Some("attic")).await.unwrap().len(), 2);

    let mut person = Peer::join(&server, Form::Text, "carol").await;
    person.line("/join cellar").await;
    person.until_line("! not_allowed: the cellar is closed").await;
    person.line("here").await;
    person.line("/whisper carol me").await;
    person.until_line("me").await;
}
