//! All forms in one room: everyone is told the same, in the same order.

use chat_core::{Event, RequestId};
use chat_net::codec::{Form, FromClient, FromServer};

use crate::peer::{Peer, encode, fast, say, server, soon};

/// People last.
const FORMS: &[Form] = &[
    Form::Bincode,
    Form::JsonFrames,
    Form::JsonLines,
    #[cfg(feature = "web")]
    Form::WsJson,
    #[cfg(feature = "web")]
    Form::WsBincode,
    Form::Text,
];

/// A message as every form shows it: room, number, from, body, time.
type Seen = (String, u64, String, String, u64);

fn seen(frame: &FromServer) -> Option<Seen> {
    let FromServer::Told(told) = frame else { return None };
    let Event::Said { place, from, body } = &told.event else { return None };
    let (room, from, body) = (place.room.as_str(), from.as_str(), body.as_str());
    Some((room.into(), place.number.0, from.into(), body.into(), told.at.0))
}

/// The line that a person is shown for it.
fn line((room, _, from, body, at): &Seen) -> String {
    let seconds = at / 1000 % 86_400;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "[{hours:02}:{minutes:02}:{seconds:02}] #{room} <{from}> {}",
        body.replace('\n', "↵").replace('\t', " ")
    )
}

const BODIES: [&str; 6] =
    ["hello", "two\nlines", "\"quoted\" \\ and {\"json\":1}", "zażółć gęślą jaźń", "日本語 👋", "tab\there"];

#[tokio::test]
async fn all_forms_in_one_room_see_the_same_messages_in_the_same_order() {
    let server = server(fast()).await;
    let mut peers = Vec::new();
    for form in FORMS.iter().copied() {
        peers.push(Peer::join(&server, form, &format!("{form:?}")).await);
    }
    // Everybody speaks at once. A person's newline ends the line, so that body is only for programs.
    const ROUNDS: usize = 20;
    let mut reading = Vec::new();
    let total = FORMS.len() * ROUNDS;
    for (form, peer) in FORMS.iter().copied().zip(peers) {
        let (mut reads, mut writes) = peer.split();
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let body = format!("{round} {}", BODIES[round % BODIES.len()]);
                let bytes = match form {
                    Form::Text => format!("{}\n", body.replace('\n', " ")).into_bytes(),
                    _ => encode(
                        form,
                        &FromClient::Ask { id: RequestId(round as u64 + 1), ask: say("lobby", &body) },
                    )
                    .to_vec(),
                };
                tokio::io::AsyncWriteExt::write_all(&mut writes, &bytes).await.unwrap();
                tokio::task::yield_now().await;
            }
            std::future::pending::<()>().await;
        });
        reading.push(tokio::spawn(async move {
            let (mut messages, mut lines) = (Vec::new(), Vec::new());
            if form == Form::Text {
                // A person is not shown what they typed.
                while lines.len() < total - ROUNDS {
                    let line = reads.next_line().await.unwrap();
                    lines.extend(Some(line).filter(|line| line.contains('<')));
                }
            } else {
                while messages.len() < total {
                    messages.extend(seen(&reads.next().await.unwrap()));
                }
            }
            (messages, lines)
        }));
    }
    let mut told = Vec::new();
    for reading in reading {
        told.push(soon("all messages", reading).await.unwrap());
    }
    let (messages, _) = &told[0];
    assert!(messages.windows(2).all(|pair| pair[0].1 + 1 == pair[1].1), "numbers are dense");
    assert!(messages.windows(2).all(|pair| pair[0].4 <= pair[1].4), "times never run backwards");
    let (person, programs) = told.split_last().unwrap();
    assert!(programs.iter().all(|program| program.0 == *messages));
    let lines: Vec<String> = messages.iter().filter(|seen| seen.2 != "Text").map(line).collect();
    assert_eq!(lines, person.1, "a person reads the same");

    // Who comes later is shown the same, and so is who asks for the history.
    let mut late = Peer::dial(&server, Form::Bincode).await;
    late.hello("late").await;
    let frames = late
        .until(|frame| matches!(frame, FromServer::Told(t) if matches!(t.event, Event::CaughtUp { .. })))
        .await;
    let past: Vec<Seen> = frames.iter().filter_map(seen).collect();
    assert_eq!(past, messages[messages.len() - 50..]);
    let mut later = Peer::dial(&server, Form::Text).await;
    later.line("later").await;
    later.until_line("later joined").await;
    for expected in &past {
        assert_eq!(later.next_line().await.unwrap(), line(expected));
    }
}
