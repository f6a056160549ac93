//! A scripted server, and a client that is connected to it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, BytesMut};
use chat_core::{
    Ask, Body, Code, Epoch, Event, Number, Place, Query, Refusal, RequestId, RoomName, Since, Timestamp,
    UserName,
};
use chat_net::client::{Client, Events, Link, Notice, Options, Why};
use chat_net::codec::{
    Closing, Form, FromClient, FromServer, Hello, RoomPosition, Told, Welcome, WireLimits, bincode, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;

pub(crate) const NONE: RequestId = RequestId::NONE;

/// Where the client's links arrive; dropped, nothing listens any more.
pub(crate) struct Server(pub(crate) mpsc::UnboundedReceiver<DuplexStream>);

/// The server's end of one link.
#[derive(Debug)]
pub(crate) struct Peer {
    io: DuplexStream,
    bytes: BytesMut,
}

pub(crate) fn server() -> (Server, impl FnMut() -> std::future::Ready<io::Result<Link>> + Send + 'static) {
    let (links, arrivals) = mpsc::unbounded_channel();
    let dial = move || {
        let (near, far) = duplex(64 * 1024);
        let refused = |_| io::ErrorKind::ConnectionRefused.into();
        std::future::ready(links.send(far).map(|()| Link::over(near)).map_err(refused))
    };
    (Server(arrivals), dial)
}

impl Server {
    /// Takes the next link, and reads the preface.
    pub(crate) async fn greeted(&mut self) -> Peer {
        let io = self.0.recv().await.expect("the client dials");
        let mut peer = Peer { io, bytes: BytesMut::new() };
        let mut preface = [0; 8];
        peer.io.read_exact(&mut preface).await.unwrap();
        assert_eq!(preface, frame::preface(Form::Bincode).unwrap());
        peer
    }

    /// Takes the next link, and reads the preface and the hello.
    pub(crate) async fn accept(&mut self) -> (Peer, Hello) {
        let mut peer = self.greeted().await;
        match peer.next().await {
            Some(FromClient::Hello(hello)) => (peer, hello),
            other => panic!("{other:?}"),
        }
    }
}

impl Peer {
    pub(crate) async fn next(&mut self) -> Option<FromClient> {
        loop {
            if let Some((payload, used)) = frame::split(&self.bytes, 65_536).unwrap() {
                let frame = bincode::decode_client(payload).unwrap();
                self.bytes.advance(used);
                return Some(frame);
            }
            if self.io.read_buf(&mut self.bytes).await.unwrap() == 0 {
                return None;
            }
        }
    }

    pub(crate) async fn asked(&mut self) -> (RequestId, Ask) {
        match self.next().await {
            Some(FromClient::Ask { id, ask }) => (id, ask),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn queried(&mut self) -> (RequestId, Query) {
        match self.next().await {
            Some(FromClient::Query { id, query }) => (id, query),
            other => panic!("{other:?}"),
        }
    }

    pub(crate) async fn send(&mut self, frame: FromServer) {
        let mut bytes = BytesMut::new();
        Form::Bincode.encode(&frame, false, &mut bytes);
        self.io.write_all(&bytes).await.unwrap();
    }

    pub(crate) async fn welcome(&mut self, resumed: bool, rooms: &[(&str, Since)]) {
        let rooms = rooms.iter().map(|(room, since)| RoomPosition { room: (*room).into(), since: *since });
        let welcome = Welcome {
            user: "bot".into(),
            resumed,
            token: "secret".into(),
            resumable_ms: 300_000,
            at: Timestamp(1),
            durability: "memory".into(),
            rooms: rooms.collect(),
            limits: WireLimits { body_bytes: 4096, frame_bytes: 65_536, rooms: 100, unanswered: 256 },
        };
        self.send(FromServer::Welcome(Box::new(welcome))).await;
    }

    pub(crate) async fn tell(&mut self, re: RequestId, past: bool, event: Event) {
        self.send(FromServer::Told(Told { re, past, at: Timestamp(7), event })).await;
    }

    pub(crate) async fn close(&mut self, code: Code, reconnect_after_ms: Option<u64>) {
        let (reason, message) = (code.name().into(), code.sentence().into());
        let closing = Closing { code: code.number(), reason, message, reconnect_after_ms };
        self.send(FromServer::Closing(closing)).await;
    }
}

pub(crate) fn since(epoch: u64, number: u64) -> Since {
    Since { epoch: Epoch(epoch), number: Number(number) }
}

pub(crate) fn place(number: u64) -> Place {
    Place { room: RoomName::new("lobby", 64).unwrap(), epoch: Epoch(1), number: Number(number) }
}

pub(crate) fn said(number: u64, body: &str) -> Event {
    let from = UserName::new("bot", 32).unwrap();
    Event::Said { place: place(number), from, body: Body::new(&Arc::from(body), 4096).unwrap() }
}

pub(crate) fn members(number: u64) -> Event {
    Event::Members { place: place(number), fresh: true, total: 1, users: vec![] }
}

pub(crate) fn refusal(code: Code) -> Refusal {
    let (reason, message) = (code.name().into(), code.sentence().into());
    Refusal { code: code.number(), reason, message, retry_after_ms: None }
}

pub(crate) fn say(body: &str) -> Ask {
    Ask::Say { room: "lobby".into(), body: body.into() }
}

/// A client that is connected, and is in the lobby, whose last event is `number`.
pub(crate) async fn connected(number: u64) -> (Server, Peer, Client, Events) {
    let (mut server, dial) = server();
    let client = tokio::spawn(Client::dial(dial, Options::named("bot")));
    let (mut peer, hello) = server.accept().await;
    assert_eq!((&*hello.name, hello.resume, hello.rooms), ("bot", None, None));
    peer.welcome(false, &[]).await;
    let (client, mut events) = client.await.unwrap().unwrap();
    assert!(matches!(events.next().await, Some(Notice::Connected(welcome)) if !welcome.resumed));
    peer.tell(NONE, false, members(number)).await;
    told(&mut events).await;
    (server, peer, client, events)
}

pub(crate) async fn told(events: &mut Events) -> Told {
    match events.next().await {
        Some(Notice::Told(told)) => told,
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn told_number(events: &mut Events) -> (u64, bool) {
    let told = told(events).await;
    (told.event.place().expect("a numbered event").number.0, told.past)
}

pub(crate) async fn disconnected(events: &mut Events) -> (Why, Duration) {
    match events.next().await {
        Some(Notice::Disconnected { why, retry_in }) => (why, retry_in),
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn ended(events: &mut Events) -> Why {
    match events.next().await {
        Some(Notice::Ended { why }) => {
            assert!(events.next().await.is_none());
            why
        }
        other => panic!("{other:?}"),
    }
}

pub(crate) async fn told_or_connected(events: &mut Events) -> Option<Event> {
    match events.next().await {
        Some(Notice::Connected(_)) => None,
        Some(Notice::Told(told)) => Some(told.event),
        other => panic!("{other:?}"),
    }
}
