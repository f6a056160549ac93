//! A server that nobody should join: it speaks the protocol, and says whatever the test gives it to say.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use bytes::BytesMut;
use chat_net::chat_core::Target;
use chat_net::chat_core::{
    Answer, Body, Epoch, Event, FileName, Number, Offer, Place, Query, Refusal, RequestId, RoomName,
    Timestamp, TransferId, UserName,
};
use chat_net::codec::frame::{self, MAX_CLIENT_PAYLOAD, PREFACE_BYTES};
use chat_net::codec::{FromClient, FromServer, Told, Welcome, WireLimits, bincode};

/// The payload of a frame, as it goes out.
pub(super) type Payload = Vec<u8>;

/// When all of it happens.
pub(super) const NOW: Timestamp = Timestamp(1_763_733_909_123);

/// Stands where hostile text is to come in a field whose type would not take it.
pub(super) const HERE: &str = "Put-It-Here";

/// Begins to take clients on an address of its own, and says to each what `answer` gives for each of its frames.
pub(super) fn serve(answer: impl Fn(&FromClient) -> Vec<Payload> + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            // One after the other; when a client goes, that is an end like any other.
            let _ = talk(&mut stream.unwrap(), &answer);
        }
    });
    addr
}

fn talk(stream: &mut TcpStream, answer: &impl Fn(&FromClient) -> Vec<Payload>) -> std::io::Result<()> {
    stream.read_exact(&mut [0; PREFACE_BYTES])?;
    loop {
        let mut length = [0; frame::HEADER_BYTES];
        stream.read_exact(&mut length)?;
        let mut payload = vec![0; u32::from_be_bytes(length) as usize];
        assert!(payload.len() <= MAX_CLIENT_PAYLOAD);
        stream.read_exact(&mut payload)?;
        let said = bincode::decode_client(&payload).unwrap();
        let answers = match said {
            FromClient::Ping { nonce } => vec![payload_of(&FromServer::Pong { nonce })],
            FromClient::Bye => return Ok(()),
            said => answer(&said),
        };
        let mut bytes = Vec::new();
        for payload in answers {
            bytes.extend(u32::try_from(payload.len()).unwrap().to_be_bytes());
            bytes.extend(payload);
        }
        stream.write_all(&bytes)?;
    }
}

pub(super) fn payload_of(frame: &FromServer) -> Payload {
    let mut out = BytesMut::new();
    bincode::encode_server(frame, &mut out);
    out.to_vec()
}

/// The same with `text` in the place of [`HERE`], whatever the field's type says to it.
pub(super) fn forged(frame: &FromServer, text: &str) -> Payload {
    let payload = payload_of(frame);
    let mut here = vec![u8::try_from(HERE.len()).unwrap()];
    here.extend(HERE.as_bytes());
    let at = payload.windows(here.len()).position(|bytes| bytes == here).expect("a place for it");
    let mut forged = payload[..at].to_vec();
    match u16::try_from(text.len()).unwrap() {
        length @ 0..=250 => forged.push(length as u8),
        length => forged.extend([[251].as_slice(), &length.to_le_bytes()].concat()),
    }
    forged.extend(text.as_bytes());
    forged.extend(&payload[at + here.len()..]);
    forged
}

pub(super) fn user(name: &str) -> UserName {
    UserName::new(name, 255).unwrap()
}

pub(super) fn room(name: &str) -> RoomName {
    RoomName::new(name, 255).unwrap()
}

pub(super) fn body(text: &str) -> Body {
    Body::new(&text.into(), usize::MAX).unwrap()
}

pub(super) fn at(number: u64) -> Place {
    Place { room: room("lobby"), epoch: Epoch(1), number: Number(number) }
}

/// Told without having been asked for.
pub(super) fn told(event: Event) -> FromServer {
    answer_to(RequestId::NONE, event)
}

pub(super) fn answer_to(re: RequestId, event: Event) -> FromServer {
    FromServer::Told(Told { re, past: false, at: NOW, event })
}

pub(super) fn offer(number: u64, name: &str) -> Offer {
    Offer {
        transfer: TransferId(number),
        from: user("bob"),
        to: Target::User(user("carol")),
        name: FileName::new(name).unwrap_or_else(|_| FileName::new("x").unwrap()),
        size: 7,
        hash: None,
        chunk_bytes: 4096,
        expires: NOW.plus_ms(1 << 40),
    }
}

pub(super) fn refusal(text: &str) -> Refusal {
    Refusal { code: 107, reason: text.into(), message: text.into(), retry_after_ms: None }
}

/// What a client finds that came in: itself and bob in the lobby, whose last event is the second.
pub(super) fn welcome(user_name: &str, durability: &str) -> Vec<Payload> {
    let limits = WireLimits { body_bytes: 4096, frame_bytes: 65_536, rooms: 100, unanswered: 64 };
    let welcome = Welcome {
        user: user_name.into(),
        resumed: false,
        token: "secret".into(),
        resumable_ms: 1000,
        at: NOW,
        durability: durability.into(),
        rooms: Vec::new(),
        limits,
    };
    let users = vec![user("bob"), user("carol")];
    let members = Event::Members { place: at(2), fresh: true, total: 2, users };
    let frames = [
        FromServer::Welcome(Box::new(welcome)),
        told(members),
        told(Event::Joined { place: at(2), user: user("carol") }),
        told(Event::CaughtUp { place: at(2) }),
    ];
    frames.iter().map(payload_of).collect()
}

/// The end of a page of nothing, for the first query of a client and for those that the test does not mean.
pub(super) fn no_page(re: RequestId, query: &Query) -> Payload {
    let room = room("lobby");
    let answer = match query {
        Query::Users { .. } => Answer::Users { room: None, total: 0, users: Vec::new(), more: false },
        Query::Rooms { .. } => Answer::Rooms { total: 0, rooms: Vec::new(), more: false },
        Query::History { .. } => {
            Answer::History { room, epoch: Epoch(1), count: 0, more: false, newer: false }
        }
        Query::Transfers {} => Answer::Transfers { transfers: Vec::new() },
        Query::Audit { .. } => Answer::Audit { entries: Vec::new(), more: false },
        Query::Search { .. } | Query::Room { .. } => Answer::Search { count: 0, more: false },
    };
    payload_of(&FromServer::Answered { re, answer })
}
