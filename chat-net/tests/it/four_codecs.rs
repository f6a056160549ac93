//! All forms in one room: everyone is told the same, in the same order.

use chat_core::{Ask, Event, RequestId, Restriction, Role};
use chat_net::codec::{Form, FromClient, FromServer};

use crate::peer::{Peer, encode, fast, join, say, server, show, soon};

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

/// Mutes the target and lifts that, as somebody of that form does it.
async fn keep_order(peer: &mut Peer, form: Form) {
    let (room, user) = (|| "den".into(), || "target".into());
    if form == Form::Text {
        peer.line("/mute target 10m Text ßaid so").await;
        return peer.line("/unmute target").await;
    }
    let reason = Some(format!("{form:?} ßaid so").into());
    peer.ask(2, Ask::Mute { room: room(), user: user(), for_ms: Some(600_000), reason }).await;
    peer.ask(3, Ask::Unmute { room: room(), user: user() }).await;
}

#[tokio::test]
async fn all_forms_keep_order_and_are_told_of_it_alike() {
    let server = server(fast()).await;
    let mut target = Peer::join(&server, Form::Bincode, "target").await;
    let mut owner = Peer::join(&server, Form::JsonLines, "owner").await;
    owner.ask(1, join("den")).await;
    owner.story("caught_up den/1").await;
    target.ask(1, join("den")).await;
    target.story("caught_up den/2").await;
    let mut peers = Vec::new();
    for (id, form) in (2..).zip(FORMS.iter().copied()) {
        let name = format!("{form:?}");
        let mut peer = Peer::join(&server, form, &name).await;
        match form {
            Form::Text => {
                peer.line("/join den").await;
                peer.until_line("#den * Text joined").await;
            }
            _ => {
                peer.ask(1, join("den")).await;
                peer.until(|frame| show(frame).starts_with("caught_up den/")).await;
            }
        }
        owner
            .ask(id, Ask::SetRole { room: "den".into(), user: name.as_str().into(), role: Role::Moderator })
            .await;
        owner.until(|frame| matches!(frame, FromServer::Told(told) if matches!(told.event, Event::RoleChanged { .. }))).await;
        peers.push((form, peer));
    }
    for (form, peer) in &mut peers {
        keep_order(peer, *form).await;
    }
    // What each is told: by whom, and why.
    let mut told = Vec::new();
    for (form, mut peer) in peers {
        let mut acts = Vec::new();
        while acts.len() < 2 * FORMS.len() {
            if form == Form::Text {
                let line = peer.next_line().await.unwrap();
                if let Some((_, act)) = line.split_once("#den * ")
                    && (act.contains(" muted target until ") || act.contains(" lifted the mute of target"))
                {
                    let (by, _) = act.split_once(' ').unwrap();
                    let reason = act.split_once(": ").map_or("", |(_, reason)| reason);
                    acts.push((by.to_owned(), reason.to_owned()));
                }
                continue;
            }
            let Some(FromServer::Told(told)) = peer.next().await else { panic!("the end") };
            match told.event {
                Event::Restricted { by, what: Restriction::Mute, until: Some(until), reason, .. } => {
                    assert_eq!(until.0, told.at.0 + 600_000);
                    acts.push((by.to_string(), reason.unwrap().as_str().to_owned()));
                }
                Event::Lifted { by, what: Restriction::Mute, .. } => {
                    acts.push((by.to_string(), String::new()));
                }
                _ => {}
            }
        }
        told.push(acts);
    }
    assert!(told.iter().all(|acts| *acts == told[0]), "{told:#?}");
    for form in FORMS {
        let name = format!("{form:?}");
        assert!(told[0].contains(&(name.clone(), format!("{name} ßaid so"))), "{told:?}");
    }
}
