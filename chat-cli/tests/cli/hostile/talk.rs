//! What is said on such a server: the whole corpus, wherever somebody else's words can stand.

use chat_net::chat_core::{
    Answer, AuditEntry, Epoch, Event, FileName, Modes, Number, Place, Query, Rank, RequestId, Restricted,
    Restriction, Role, RoomInfo, RoomUser, TransferInfo,
};
use chat_net::codec::{FromClient, FromServer, Told};

use super::corpus::{corpus, speakable};
use super::server::{
    HERE, NOW, Payload, answer_to, at, body, forged, no_page, offer, payload_of, refusal, room, serve, told,
    user, welcome,
};

/// The corpus as names of files may be written.
pub(super) fn file_name(text: &str) -> String {
    let mut bytes = 0;
    let fits = |c: &char| {
        bytes += c.len_utf8();
        bytes <= 250
    };
    speakable(text).chars().filter(|c| !matches!(c, '/' | '\\') && !c.is_control()).take_while(fits).collect()
}

/// All that others can write, each in every place where its type takes it, and behind each a mark.
fn everything() -> Vec<Payload> {
    let mut frames = Vec::new();
    let mut number = 2;
    let mut place = || {
        number += 1;
        at(number)
    };
    for (index, text) in corpus().iter().enumerate() {
        let said = body(&speakable(text));
        let (bob, hugo) = (user("bob"), user("hugo"));
        let reason = Some(said.clone());
        let (by, what) = (bob.clone(), Restriction::Mute);
        let whisper = Number(index as u64 + 1);
        frames.extend([
            told(Event::Said { place: place(), from: bob.clone(), body: said.clone() }),
            told(Event::TopicChanged { place: place(), by: by.clone(), topic: reason.clone() }),
            told(Event::Restricted {
                place: place(),
                user: hugo.clone(),
                by: by.clone(),
                what,
                until: None,
                reason: reason.clone(),
            }),
            told(Event::Kicked { place: place(), user: hugo, by, reason, banned: false }),
            told(Event::Whispered { from: bob.clone(), to: user("carol"), body: said, number: whisper }),
            told(Event::Offered(Box::new(offer(index as u64 + 1, &file_name(text))))),
            told(Event::Refused(refusal(text))),
            told(Event::Said { place: place(), from: bob, body: body(&format!("mark {index} |")) }),
        ]);
    }
    frames.push(told(Event::Said { place: place(), from: user("bob"), body: body("that was all") }));
    frames.iter().map(payload_of).collect()
}

/// What a query is answered with: the whole corpus, wherever it can stand.
fn answers(re: RequestId, query: &Query) -> Vec<Payload> {
    let texts = || corpus().into_iter().map(|text| body(&speakable(&text)));
    let past = |(number, said)| {
        let event = Event::Said { place: at(number), from: user("bob"), body: said };
        payload_of(&FromServer::Told(Told { re, past: true, at: NOW, event }))
    };
    let (mut frames, count) = (Vec::new(), corpus().len() as u32);
    let answer = match query {
        Query::Rooms { after: None } => {
            let info = |topic| RoomInfo { room: room("den"), members: 1, topic: Some(topic) };
            Answer::Rooms { total: 1, rooms: texts().map(info).collect(), more: true }
        }
        Query::History { .. } => {
            frames.extend((1..).zip(texts()).map(past));
            Answer::History { room: room("lobby"), epoch: Epoch(1), count, more: true, newer: false }
        }
        Query::Search { .. } => {
            frames.extend((1..).zip(texts()).map(past));
            Answer::Search { count, more: false }
        }
        Query::Transfers {} => {
            let info = |(number, text): (u64, String)| TransferInfo {
                offer: offer(number, &file_name(&text)),
                open: true,
                copies: Vec::new(),
            };
            Answer::Transfers { transfers: (1..).zip(corpus()).map(info).collect() }
        }
        Query::Room { .. } => {
            let held = |reason| {
                let muted = Some(Restricted { until: None, reason: Some(reason) });
                RoomUser {
                    user: user("hugo"),
                    role: Role::Member,
                    banned: muted.clone(),
                    muted,
                    invited: true,
                }
            };
            let users = texts().map(held).collect();
            Answer::Room {
                room: room("lobby"),
                modes: Modes::default(),
                rank: Rank::Owner,
                users,
                more: false,
            }
        }
        Query::Audit { .. } => {
            let entry = |(number, text): (u64, String)| AuditEntry {
                number,
                at: NOW,
                by: None,
                act: text.as_str().into(),
                room: None,
                user: None,
                until: None,
                reason: Some(body(&speakable(&text))),
            };
            Answer::Audit { entries: (1..).zip(corpus()).map(entry).collect(), more: false }
        }
        query => return vec![no_page(re, query)],
    };
    frames.push(payload_of(&FromServer::Answered { re, answer }));
    frames
}

/// A server on which everything is said to whoever comes in, and everything that is asked is answered so, or refused so.
pub(super) fn hostile() -> String {
    serve(|said| match said {
        FromClient::Hello(_) => [welcome("carol", "memory"), everything()].concat(),
        FromClient::Query { id, query } => answers(*id, query),
        FromClient::Ask { id, .. } => {
            let text: String = corpus().concat();
            vec![payload_of(&answer_to(*id, Event::Refused(refusal(&text))))]
        }
        _ => Vec::new(),
    })
}

/// What makes it answer.
pub(super) const LINES: [&str; 8] =
    ["/rooms", "/users", "/history", "/search x", "/transfers", "/room", "/audit", "hello"];

/// Frames in which `text` stands where no text of its kind may: whoever sends one breaks the protocol.
pub(super) fn forgeries(text: &str) -> Vec<Payload> {
    let (bob, here) = (user("bob"), user(HERE));
    let elsewhere = || Place { room: room(HERE), ..at(3) };
    let mut file = offer(1, "x");
    file.name = FileName::new(HERE).unwrap();
    [
        Event::Said { place: at(3), from: bob.clone(), body: body(HERE) },
        Event::Said { place: at(3), from: here.clone(), body: body("x") },
        Event::Said { place: elsewhere(), from: bob.clone(), body: body("x") },
        Event::Joined { place: at(3), user: here.clone() },
        Event::Ranked { room: room(HERE), user: bob.clone(), role: Role::Owner },
        Event::Lingering { room: Some(room("lobby")), users: vec![here] },
        Event::Offered(Box::new(file)),
        Event::Invited { room: room(HERE), user: user("carol"), by: bob },
    ]
    .map(|event| forged(&told(event), text))
    .into()
}
