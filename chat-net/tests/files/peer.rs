//! A server that does what a test says, to one client.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use chat_net::chat_core::{
    Ask, Code, Event, FileHash, FileName, Offer, Refusal, RequestId, Target, Timestamp, TransferId, UserName,
};
use chat_net::client::{Client, Events, FileEvent, Link, Options, Transfer};
use chat_net::codec::{
    Chunk, Credit, FromClient, FromServer, Hello, Told, Welcome, WireLimits, bincode, frame,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// The transfer of most tests.
pub(crate) const ONE: TransferId = TransferId(7);

/// Nothing in these tests takes as long as this.
pub(crate) const LONG: Duration = Duration::from_secs(20);

/// Where the client's links arrive.
pub(crate) struct Server(mpsc::UnboundedReceiver<DuplexStream>);

/// The server's end of one link.
pub(crate) struct Peer {
    io: DuplexStream,
    bytes: BytesMut,
    /// Asks that came between chunks.
    aside: VecDeque<(RequestId, Ask)>,
}

pub(crate) fn user(name: &str) -> UserName {
    UserName::new(name, 32).unwrap()
}

pub(crate) fn hash(bytes: &[u8]) -> FileHash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    FileHash(*hasher.finalize().as_bytes())
}

/// An offer of `ann` to `bob`.
pub(crate) fn offer(size: u64, chunk_bytes: u32) -> Offer {
    Offer {
        transfer: ONE,
        from: user("ann"),
        to: Target::User(user("bob")),
        name: FileName::new("x.bin").unwrap(),
        size,
        hash: None,
        chunk_bytes,
        expires: Timestamp(1_000_000),
    }
}

/// A client of that name that is connected, without rooms.
pub(crate) async fn connected(name: &str) -> (Server, Peer, Client, Events) {
    connected_with(Options::named(name), 64 * 1024).await
}

/// The same, over links that hold so many bytes.
pub(crate) async fn connected_with(
    mut options: Options,
    link_bytes: usize,
) -> (Server, Peer, Client, Events) {
    options.backoff_min = Duration::from_millis(1);
    let (links, arrivals) = mpsc::unbounded_channel();
    let dial = move || {
        let (near, far) = duplex(link_bytes);
        let refused = |_| io::ErrorKind::ConnectionRefused.into();
        std::future::ready(links.send(far).map(|()| Link::over(near)).map_err(refused))
    };
    let mut server = Server(arrivals);
    let client = tokio::spawn(Client::dial(dial, options));
    let (mut peer, _) = server.accept().await;
    peer.welcome(false).await;
    let (client, events) = client.await.unwrap().unwrap();
    (server, peer, client, events)
}

impl Server {
    /// Takes the next link, and reads the preface and the hello.
    pub(crate) async fn accept(&mut self) -> (Peer, Hello) {
        let io = timeout(LONG, self.0.recv()).await.unwrap().expect("the client dials");
        let mut peer = Peer { io, bytes: BytesMut::new(), aside: VecDeque::new() };
        let mut preface = [0; 8];
        peer.io.read_exact(&mut preface).await.unwrap();
        match peer.next().await {
            Some(FromClient::Hello(hello)) => (peer, hello),
            other => panic!("{other:?}"),
        }
    }

    /// Takes the next link, and goes on with the session.
    pub(crate) async fn resume(&mut self) -> Peer {
        let (mut peer, hello) = self.accept().await;
        assert!(hello.resume.is_some());
        peer.welcome(true).await;
        peer
    }
}

impl Peer {
    pub(crate) async fn next(&mut self) -> Option<FromClient> {
        let read = async {
            loop {
                if let Some((payload, used)) = frame::split(&self.bytes, frame::MAX_CHUNK_PAYLOAD).unwrap() {
                    let frame = bincode::decode_client(payload).unwrap();
                    self.bytes.advance(used);
                    return Some(frame);
                }
                if self.io.read_buf(&mut self.bytes).await.unwrap() == 0 {
                    return None;
                }
            }
        };
        timeout(LONG, read).await.expect("the client says something")
    }

    /// Whether the client says nothing for a while.
    pub(crate) async fn is_silent(&mut self) -> bool {
        let mut probe = [0; 1];
        self.bytes.is_empty()
            && timeout(Duration::from_millis(150), self.io.read_exact(&mut probe)).await.is_err()
    }

    pub(crate) async fn asked(&mut self) -> (RequestId, Ask) {
        if let Some(aside) = self.aside.pop_front() {
            return aside;
        }
        loop {
            match self.next().await {
                Some(FromClient::Ask { id, ask }) => return (id, ask),
                // Acknowledgements come when the disk has the bytes.
                Some(FromClient::Received { .. }) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn chunk(&mut self) -> Chunk {
        loop {
            match self.next().await {
                Some(FromClient::Chunk(chunk)) => return chunk,
                // The hash may be known before the last chunk is on its way, and talk goes first.
                Some(FromClient::Ask { id, ask }) => self.aside.push_back((id, ask)),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Waits until the client has acknowledged everything before that offset.
    pub(crate) async fn received(&mut self, upto: u64) {
        loop {
            match self.next().await {
                Some(FromClient::Received { transfer: ONE, offset }) if offset == upto => return,
                Some(FromClient::Received { transfer: ONE, offset }) if offset < upto => {}
                other => panic!("{other:?}"),
            }
        }
    }

    pub(crate) async fn send(&mut self, frame: FromServer) {
        let mut bytes = BytesMut::new();
        frame::put(&mut bytes, frame::MAX_CHUNK_PAYLOAD, |out| bincode::encode_server(&frame, out)).unwrap();
        self.raw(&bytes).await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        // The client may be gone by design.
        let _ = timeout(LONG, self.io.write_all(bytes)).await.expect("the client reads");
    }

    pub(crate) async fn welcome(&mut self, resumed: bool) {
        let welcome = Welcome {
            user: "bob".into(),
            resumed,
            token: "secret".into(),
            resumable_ms: 300_000,
            at: Timestamp(1),
            durability: "memory".into(),
            rooms: Vec::new(),
            limits: WireLimits { body_bytes: 4096, frame_bytes: 65_536, rooms: 100, unanswered: 256 },
        };
        self.send(FromServer::Welcome(Box::new(welcome))).await;
    }

    pub(crate) async fn tell(&mut self, re: RequestId, event: Event) {
        self.send(FromServer::Told(Told { re, past: false, at: Timestamp(7), event })).await;
    }

    pub(crate) async fn retell(&mut self, event: Event) {
        self.send(FromServer::Told(Told { re: RequestId::NONE, past: true, at: Timestamp(7), event })).await;
    }

    pub(crate) async fn refuse(&mut self, re: RequestId, code: Code) {
        let (reason, message) = (code.name().into(), code.sentence().into());
        let refusal = Refusal { code: code.number(), reason, message, retry_after_ms: None };
        self.tell(re, Event::Refused(refusal)).await;
    }

    pub(crate) async fn pour(&mut self, offset: u64, data: &[u8]) {
        let data = Bytes::copy_from_slice(data);
        self.send(FromServer::Chunk(Chunk { transfer: ONE, pass: 1, offset, data })).await;
    }

    pub(crate) async fn credit(&mut self, pass: u32, next: u64, until: u64) {
        self.send(FromServer::Credit(Credit { transfer: ONE, pass, next, until })).await;
    }

    /// Takes the next accept, and answers it.
    pub(crate) async fn accepts(&mut self) -> (u64, Option<FileHash>) {
        match self.asked().await {
            (id, Ask::Accept { transfer: ONE, from, prefix }) => {
                self.tell(id, Event::Accepted { transfer: ONE, user: user("bob"), from, prefix }).await;
                (from, prefix)
            }
            other => panic!("{other:?}"),
        }
    }

    /// Takes the next offer, and answers it.
    pub(crate) async fn offers(&mut self, chunk_bytes: u32) -> Offer {
        match self.asked().await {
            (id, Ask::Offer { name, size, hash, .. }) => {
                let name = FileName::new(&name).unwrap();
                let offer = Offer {
                    name,
                    hash,
                    from: user("bob"),
                    to: Target::User(user("ann")),
                    ..offer(size, chunk_bytes)
                };
                self.tell(id, Event::Offered(Box::new(offer.clone()))).await;
                offer
            }
            other => panic!("{other:?}"),
        }
    }

    /// Takes the finish, and answers it.
    pub(crate) async fn finishes(&mut self) {
        match self.asked().await {
            (id, Ask::Finish { transfer: ONE }) => {
                self.tell(id, Event::Finished { transfer: ONE, user: user("bob") }).await;
            }
            other => panic!("{other:?}"),
        }
    }

    /// Takes the next cancel, and answers it as the end of the whole, or of that user's copy.
    pub(crate) async fn cancels(
        &mut self,
        whose: Option<&str>,
    ) -> (Option<Arc<str>>, chat_net::chat_core::EndReason) {
        match self.asked().await {
            (id, Ask::Cancel { transfer: ONE, user: named, why }) => {
                let event = match whose {
                    None => Event::Closed { transfer: ONE, why },
                    Some(whose) => {
                        Event::Cancelled { transfer: ONE, user: user(whose), by: user("bob"), why }
                    }
                };
                self.tell(id, event).await;
                (named, why)
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The next event that is no progress.
pub(crate) async fn next(transfer: &mut Transfer) -> Option<FileEvent> {
    loop {
        match timeout(LONG, transfer.next()).await.expect("something happens") {
            Some(FileEvent::Progress { .. }) => {}
            event => return event,
        }
    }
}

/// The last event; none may follow.
pub(crate) async fn last(transfer: &mut Transfer) -> FileEvent {
    let mut last = None;
    while let Some(event) = timeout(LONG, transfer.next()).await.expect("something happens") {
        last = Some(event);
    }
    last.expect("a transfer has a last event")
}

/// Where a finished file is.
pub(crate) fn path_of(event: &FileEvent) -> PathBuf {
    match event {
        FileEvent::Finished { path: Some(path), .. } => path.clone(),
        other => panic!("{other:?}"),
    }
}
