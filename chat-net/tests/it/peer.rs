//! One end of a connection, in any of the forms, and what it is told as short lines of text.

use std::fmt::Write;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use chat_core::{Answer, Ask, Event, GapReason, Place, Query, RequestId, UserName};
use chat_net::codec::{
    Form, FromClient, FromServer, Hello, RoomPosition, Told, Welcome, bincode, frame, json,
};
use chat_net::{Limits, Server, ServerHandle, Transport};
use tokio::io::{AsyncReadExt, AsyncWriteExt, WriteHalf, duplex};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::timeout;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use crate::ws_frames;

/// Lets time pass in a test whose clock is paused: at once, as far as anybody but the timers can tell.
pub(crate) async fn pass(time: Duration) {
    tokio::time::sleep(time).await; // paused
}

/// How long anything may take. Never waited for, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a pipe holds in each direction.
pub(crate) const PIPE_BYTES: usize = 256 * 1024;

/// Waits for what must come soon.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    match timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} did not come in time"),
    }
}

/// A server on a free port.
pub(crate) async fn server(limits: Limits) -> ServerHandle {
    Server::builder().listen("127.0.0.1:0").limits(limits).start().await.unwrap()
}

/// Limits without those on how fast.
pub(crate) fn fast() -> Limits {
    Limits { sniff_ms: 50, ..Limits::default().trusting() }
}

/// One end of a connection.
pub(crate) struct Peer {
    io: Box<dyn Transport>,
    form: Form,
    bytes: BytesMut,
    /// The nonce of the last ping that was waited for.
    pub(crate) last_ping: u64,
    /// Whether it is told who lingers. That comes when the server looks at its rooms: it would stand anywhere in other tales.
    pub(crate) hears_of_lingering: bool,
}

impl Peer {
    /// Dials and sends what the form begins with, but no name.
    pub(crate) async fn dial(server: &ServerHandle, form: Form) -> Peer {
        let stream = TcpStream::connect(server.local_addrs()[0]).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Peer::over(stream, form).await
    }

    /// The same over a pipe, which a clock that stands still does not disturb.
    pub(crate) async fn pipe(server: &ServerHandle, form: Form) -> Peer {
        let (near, far) = duplex(PIPE_BYTES);
        server.serve_connection(far).unwrap();
        Peer::over(near, form).await
    }

    /// Dials as a person from an address of this machine: all of 127/8 is.
    pub(crate) async fn dial_from(server: &ServerHandle, from: &str) -> Peer {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse::<SocketAddr>().unwrap()).unwrap();
        Peer::over(socket.connect(server.local_addrs()[0]).await.unwrap(), Form::Text).await
    }

    pub(crate) async fn over(io: impl Transport, form: Form) -> Peer {
        let mut peer =
            Peer { io: Box::new(io), form, bytes: BytesMut::new(), last_ping: 0, hears_of_lingering: false };
        if let Some(preface) = frame::preface(form) {
            peer.raw(&preface).await;
        }
        if matches!(form, Form::WsJson | Form::WsBincode) {
            ws_frames::begin(&mut peer, form).await;
        }
        peer
    }

    /// The head of an HTTP response, its empty line included.
    pub(crate) async fn head(&mut self) -> String {
        loop {
            if let Some(end) = self.bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                return String::from_utf8(self.bytes.split_to(end + 4).to_vec()).unwrap();
            }
            assert!(self.fill().await, "no whole head: {:?}", self.bytes);
        }
    }

    /// The next frame of a WebSocket, whatever it is; `None` at the end.
    #[cfg(feature = "web")]
    pub(crate) async fn next_ws(&mut self) -> Option<(OpCode, Vec<u8>)> {
        loop {
            let found =
                ws_frames::split(&self.bytes).map(|(opcode, payload, used)| (opcode, payload.to_vec(), used));
            if let Some((opcode, payload, used)) = found {
                self.bytes.advance(used);
                return Some((opcode, payload));
            }
            if !self.fill().await {
                assert!(self.bytes.is_empty(), "half a frame: {:?}", self.bytes);
                return None;
            }
        }
    }

    /// The same connection, from now on read and written in another form.
    pub(crate) fn speaking(self, form: Form) -> Peer {
        Peer { form, ..self }
    }

    /// Dials and gives a name, which must be taken; takes everything up to the end of the start room.
    pub(crate) async fn join(server: &ServerHandle, form: Form, name: &str) -> Peer {
        let mut peer = Peer::dial(server, form).await;
        peer.enter(name).await;
        peer
    }

    /// The same over a pipe.
    pub(crate) async fn join_pipe(server: &ServerHandle, form: Form, name: &str) -> Peer {
        let mut peer = Peer::pipe(server, form).await;
        peer.enter(name).await;
        peer
    }

    pub(crate) async fn enter(&mut self, name: &str) -> Option<Welcome> {
        if self.form == Form::Text {
            self.line(name).await;
            self.until_line(&format!("* {name} joined")).await;
            return None;
        }
        self.hello(name).await;
        let Some(FromServer::Welcome(welcome)) = self.next().await else { panic!("no welcome for {name}") };
        self.until(|frame| matches!(frame, FromServer::Told(Told { event: Event::CaughtUp { .. }, .. })))
            .await;
        Some(*welcome)
    }

    pub(crate) async fn hello(&mut self, name: &str) {
        self.send(FromClient::Hello(Hello { name: name.into(), ..Hello::default() })).await;
    }

    pub(crate) async fn resume(&mut self, name: &str, token: &str, positions: &[RoomPosition]) {
        let (resume, positions) = (Some(token.into()), positions.to_vec());
        self.send(FromClient::Hello(Hello { name: name.into(), resume, positions, ..Hello::default() }))
            .await;
    }

    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        soon("room to write", self.io.write_all(bytes)).await.unwrap();
        self.io.flush().await.unwrap();
    }

    /// Writes what the other end may not care to read any more.
    pub(crate) async fn try_raw(&mut self, bytes: &[u8]) -> bool {
        soon("room to write, or the end", self.io.write_all(bytes)).await.is_ok()
    }

    pub(crate) async fn line(&mut self, line: &str) {
        self.raw(format!("{line}\n").as_bytes()).await;
    }

    pub(crate) async fn send(&mut self, frame: FromClient) {
        let bytes = encode(self.form, &frame);
        self.raw(&bytes).await;
    }

    pub(crate) async fn ask(&mut self, id: u64, ask: Ask) {
        self.send(FromClient::Ask { id: RequestId(id), ask }).await;
    }

    pub(crate) async fn query(&mut self, id: u64, query: Query) {
        self.send(FromClient::Query { id: RequestId(id), query }).await;
    }

    pub(crate) async fn say(&mut self, id: u64, room: &str, body: &str) {
        match self.form {
            Form::Text => self.line(body).await,
            _ => self.ask(id, say(room, body)).await,
        }
    }

    /// No more will be written.
    pub(crate) async fn hang_up(&mut self) {
        self.io.shutdown().await.unwrap();
    }

    /// Whether there was more to read.
    async fn fill(&mut self) -> bool {
        // A connection that was reset has no more to say either.
        soon("what comes next", self.io.read_buf(&mut self.bytes)).await.is_ok_and(|count| count > 0)
    }

    /// Everything up to the end of the connection, as bytes.
    pub(crate) async fn rest(&mut self) -> Vec<u8> {
        while self.fill().await {}
        self.bytes.split().to_vec()
    }

    /// The next frame; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<FromServer> {
        loop {
            if let Some(frame) = self.decode() {
                if self.hears_of_lingering || !is_about_lingering(&frame) {
                    return Some(frame);
                }
                continue;
            }
            if !self.fill().await {
                assert!(self.bytes.is_empty(), "half a frame: {:?}", self.bytes);
                return None;
            }
        }
    }

    /// The payload of the next frame, whatever it is.
    pub(crate) async fn next_payload(&mut self) -> Option<Bytes> {
        loop {
            let found = frame::split(&self.bytes, frame::MAX_SERVER_PAYLOAD).unwrap().map(|(_, used)| used);
            if let Some(used) = found {
                return Some(self.bytes.split_to(used).freeze().slice(frame::HEADER_BYTES..));
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    fn decode(&mut self) -> Option<FromServer> {
        let (frame, used) = match self.form {
            Form::Text => panic!("people get lines"),
            Form::JsonLines => {
                let end = self.bytes.iter().position(|byte| *byte == b'\n')?;
                (json::decode_server(&self.bytes[..end]), end + 1)
            }
            form @ (Form::WsJson | Form::WsBincode) => {
                let (opcode, payload, used) = ws_frames::split(&self.bytes)?;
                let (data, decode): (Data, Decode) = match form {
                    Form::WsJson => (Data::Text, json::decode_server),
                    _ => (Data::Binary, bincode::decode_server),
                };
                assert_eq!(opcode, OpCode::Data(data));
                (decode(payload), used)
            }
            form => {
                let (payload, used) = frame::split(&self.bytes, frame::MAX_SERVER_PAYLOAD).unwrap()?;
                let is_json = form == Form::JsonFrames;
                let decode = if is_json { json::decode_server } else { bincode::decode_server };
                (decode(payload), used)
            }
        };
        self.bytes.advance(used);
        Some(frame.unwrap())
    }

    /// The next line that is shown to a person; `None` at the end.
    pub(crate) async fn next_line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
                let line = self.bytes.split_to(end + 1);
                return Some(String::from_utf8(line[..end].to_vec()).unwrap());
            }
            if !self.fill().await {
                assert!(self.bytes.is_empty(), "half a line: {:?}", self.bytes);
                return None;
            }
        }
    }

    /// The next line without its time.
    pub(crate) async fn shown(&mut self) -> String {
        let line = self.next_line().await.expect("a line");
        match line.strip_prefix('[') {
            Some(timed) => timed.split_once("] ").expect("a time").1.to_owned(),
            None => line,
        }
    }

    /// Lines up to one that contains `part`.
    pub(crate) async fn until_line(&mut self, part: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.next_line().await.unwrap_or_else(|| panic!("no {part:?} in {lines:#?}")));
            if lines.last().is_some_and(|line| line.contains(part)) {
                return lines;
            }
        }
    }

    pub(crate) async fn until(&mut self, mut is_last: impl FnMut(&FromServer) -> bool) -> Vec<FromServer> {
        let mut frames = Vec::new();
        loop {
            let Some(frame) = self.next().await else {
                panic!("the end, after {:#?}", frames.iter().map(show).collect::<Vec<_>>());
            };
            let done = is_last(&frame);
            frames.push(frame);
            if done {
                return frames;
            }
        }
    }

    /// What comes up to, and with, the first that is shown as ending in `end`.
    pub(crate) async fn story(&mut self, end: &str) -> Vec<String> {
        self.until(|frame| show(frame).ends_with(end)).await.iter().map(show).collect()
    }

    /// The next frame is a ping, whenever it comes.
    pub(crate) async fn wait_for_ping(&mut self) {
        self.wait().await;
        match self.next().await {
            Some(FromServer::Ping { nonce }) => self.last_ping = nonce,
            other => panic!("{other:?}"),
        }
    }

    /// Waits for the next bytes, or the end, for as long as it takes: on a clock that stands still.
    pub(crate) async fn wait(&mut self) {
        let _ = self.io.read_buf(&mut self.bytes).await;
    }

    /// Takes so many messages.
    pub(crate) async fn until_said(&mut self, count: usize) {
        for _ in 0..count {
            self.until(|frame| show(frame).contains("said")).await;
        }
    }

    /// Takes what was told before this.
    pub(crate) async fn until_quiet(&mut self) {
        self.send(FromClient::Ping { nonce: 77 }).await;
        self.until(|frame| matches!(frame, FromServer::Pong { nonce: 77 })).await;
    }

    /// Gives a name and does not look at what comes.
    pub(crate) async fn enter_any(&mut self, name: &str) {
        match self.form {
            Form::Text => self.line(name).await,
            _ => self.hello(name).await,
        }
    }

    /// One end to read from, and one to write to.
    pub(crate) fn split(self) -> (Peer, WriteHalf<Box<dyn Transport>>) {
        let (read, write) = tokio::io::split(self.io);
        // Nothing is written through the reading end.
        let io = Box::new(tokio::io::join(read, tokio::io::sink()));
        (Peer { io, ..self }, write)
    }

    /// The next frames are these, and no others.
    pub(crate) async fn gets(&mut self, expected: &[&str]) {
        for (at, expected) in expected.iter().enumerate() {
            let got = self.next().await.as_ref().map_or("the end".to_owned(), show);
            assert_eq!(got, *expected, "frame {at}");
        }
    }

    /// The next frame is the farewell of this name, and the last.
    pub(crate) async fn closed(&mut self, reason: &str) {
        if self.form == Form::Text {
            let line = self.next_line().await.expect("a farewell");
            assert!(line.starts_with(&format!("! {reason}: ")), "{line}");
        } else {
            self.gets(&[&format!("closing {reason}")]).await;
        }
        assert_eq!(self.rest().await, b"", "the farewell is the last");
    }

    /// Nothing waits that was told before this: a ping comes back first.
    pub(crate) async fn is_quiet(&mut self) {
        self.send(FromClient::Ping { nonce: 7 }).await;
        self.gets(&["pong 7"]).await;
    }
}

/// A frame as it goes over the wire.
pub(crate) fn encode(form: Form, frame: &FromClient) -> BytesMut {
    let mut bytes = BytesMut::new();
    match form {
        Form::Bincode => {
            frame::put(&mut bytes, usize::MAX, |out| bincode::encode_client(frame, out)).unwrap();
        }
        Form::JsonFrames => {
            frame::put(&mut bytes, usize::MAX, |out| json::encode_client(frame, out)).unwrap();
        }
        Form::JsonLines => {
            json::encode_client(frame, &mut bytes);
            bytes.extend_from_slice(b"\n");
        }
        Form::WsJson => {
            json::encode_client(frame, &mut bytes);
            return BytesMut::from(&ws_frames::message(form, &bytes)[..]);
        }
        Form::WsBincode => {
            bincode::encode_client(frame, &mut bytes);
            return BytesMut::from(&ws_frames::message(form, &bytes)[..]);
        }
        Form::Text => panic!("people type lines"),
    }
    bytes
}

type Decode = fn(&[u8]) -> Result<FromServer, chat_net::codec::ProtocolError>;

pub(crate) fn say(room: &str, body: &str) -> Ask {
    Ask::Say { room: room.into(), body: body.into() }
}

pub(crate) fn join(room: &str) -> Ask {
    Ask::Join { room: room.into(), since: None }
}

/// The place that a frame names, of an event that is numbered.
pub(crate) fn place(frame: &FromServer) -> Option<&Place> {
    match frame {
        FromServer::Told(told) => told.event.place(),
        _ => None,
    }
}

fn is_about_lingering(frame: &FromServer) -> bool {
    matches!(frame, FromServer::Told(told) if matches!(told.event, Event::Lingering { .. }))
}

/// A frame as a short line: what a test cares about, without times and epochs.
pub(crate) fn show(frame: &FromServer) -> String {
    match frame {
        FromServer::Welcome(welcome) => {
            format!("welcome {}{}", welcome.user, if welcome.resumed { " again" } else { "" })
        }
        FromServer::Told(told) => {
            let mut line = String::new();
            if told.re != RequestId::NONE {
                write!(line, "re={} ", told.re.0).unwrap();
            }
            if told.past {
                line.push_str("past ");
            }
            line + &event(&told.event)
        }
        FromServer::Answered { re, answer } => format!("re={} {}", re.0, answered(answer)),
        FromServer::Chunk(chunk) => {
            format!("chunk {}/{} at {} of {}", chunk.transfer, chunk.pass, chunk.offset, chunk.data.len())
        }
        FromServer::Credit(credit) => {
            format!("credit {}/{} from {} to {}", credit.transfer, credit.pass, credit.next, credit.until)
        }
        FromServer::Stop { transfer, pass } => format!("stop {transfer}/{pass}"),
        FromServer::Done { re } => format!("done {}", re.0),
        FromServer::Ping { .. } => "ping".into(),
        FromServer::Pong { nonce } => format!("pong {nonce}"),
        FromServer::Closing(closing) => format!("closing {}", closing.reason),
    }
}

fn event(event: &Event) -> String {
    let at = |place: &Place| format!("{}/{}", place.room, place.number);
    match event {
        Event::Refused(refusal) => format!("refused {}", refusal.reason),
        Event::Members { place, fresh, users, .. } => {
            let users: Vec<&str> = users.iter().map(UserName::as_str).collect();
            format!("members {}{}: {}", at(place), if *fresh { "" } else { " again" }, users.join(" "))
        }
        Event::Joined { place, user } => format!("joined {} {user}", at(place)),
        Event::Left { place, user, why } => format!("left {} {user} {why}", at(place)),
        Event::Churned { place, joined, left, total, .. } => {
            format!("churned {} +{joined} -{left} ={total}", at(place))
        }
        Event::Said { place, from, body } => format!("said {} {from}: {}", at(place), body.as_str()),
        Event::TopicChanged { place, by, topic } => {
            format!("topic {} {by}: {}", at(place), topic.as_ref().map_or("", |topic| topic.as_str()))
        }
        Event::Whispered { from, to, body, number } => {
            format!("whispered {number} {from}>{to}: {}", body.as_str())
        }
        Event::CaughtUp { place } => format!("caught_up {}", at(place)),
        Event::Gap { place, first_available, why } => {
            let why = match why {
                GapReason::NewEpoch => "new_epoch",
                GapReason::NotKept => "not_kept",
                GapReason::Corrupt => "corrupt",
            };
            format!("gap {} from {first_available} {why}", at(place))
        }
        Event::Kicked { place, user, by, .. } => format!("kicked {} {user} by {by}", at(place)),
        Event::ModesChanged { place, by, modes } => format!("modes {} {by}: {modes}", at(place)),
        other => other.to_string(),
    }
}

fn answered(answer: &Answer) -> String {
    match answer {
        Answer::Users { total, users, more, .. } => {
            let users: Vec<&str> = users.iter().map(UserName::as_str).collect();
            format!("users {total}: {}{}", users.join(" "), if *more { " …" } else { "" })
        }
        Answer::Rooms { total, rooms, .. } => {
            let rooms: Vec<String> =
                rooms.iter().map(|room| format!("{}={}", room.room, room.members)).collect();
            format!("rooms {total}: {}", rooms.join(" "))
        }
        Answer::History { count, more, newer, .. } => {
            let more = if *more { " more" } else { "" };
            format!("history {count}{more}{}", if *newer { " newer" } else { "" })
        }
        Answer::Room { .. } | Answer::Audit { .. } => format!("{answer:?}"),
        Answer::Transfers { transfers } => {
            let numbers: Vec<String> = transfers.iter().map(|info| info.offer.transfer.to_string()).collect();
            format!("transfers {}", numbers.join(" "))
        }
        Answer::Search { count, more } => format!("search {count}{}", if *more { " more" } else { "" }),
    }
}
