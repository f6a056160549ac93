//! What the bench says in each form, and how it tells the answers apart by a look at a few bytes.

use std::sync::Arc;

use bytes::BytesMut;
use chat_net::chat_core::{Anchor, Ask, Query, RequestId};
use chat_net::codec::{FromClient, FromServer, Hello, bincode, json};
use clap::ValueEnum;

use super::framing::Framing;
use super::transport::{Transport, websocket};

/// What a connection of the bench speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// Lines, as a person types them.
    Text,
    /// Frames of bincode.
    Binary,
    /// Lines of JSON.
    Json,
    /// bincode in the messages of a WebSocket: binary over another transport.
    #[value(skip)]
    WebBinary,
    /// JSON in the messages of a WebSocket.
    #[value(skip)]
    WebJson,
}

/// What kind of message the server sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// A message of the bench.
    Said,
    /// Who is in the room: the join has been done.
    Members,
    /// The end of the answer to a query.
    Answered,
    /// Wants an answer, or the server will think the client dead.
    Ping,
    /// Something was wrong.
    Refused,
    /// The connection ends.
    Closing,
    /// Anything else.
    Other,
}

const PREFACE: &[u8] = b"\xC1chat\x01\0\n";
/// What each message says: 64 bytes, of which the last is at the end of no other line of text.
pub(super) const BODY: &str = "sixty-four bytes of talk, as long as what people say on average~";
const END: u8 = b'~';

impl Form {
    /// As it is written on the command line and in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Binary | Form::WebBinary => "binary",
            Form::Json | Form::WebJson => "json",
        }
    }

    /// How its messages are told apart.
    pub(super) fn framing(self) -> Framing {
        match self {
            Form::Text | Form::Json => Framing::Lines,
            Form::Binary => Framing::Frames,
            Form::WebBinary | Form::WebJson => Framing::WebSocket,
        }
    }

    /// The same, over this transport; none if that cannot carry it.
    pub(super) fn over(self, transport: Transport) -> Option<Form> {
        match (self.plain(), transport.is_web()) {
            (Form::Text, true) => None,
            (Form::Json, true) => Some(Form::WebJson),
            (_, true) => Some(Form::WebBinary),
            (plain, false) => Some(plain),
        }
    }

    /// The same, over bare TCP.
    pub(super) fn plain(self) -> Form {
        match self {
            Form::WebBinary => Form::Binary,
            Form::WebJson => Form::Json,
            plain => plain,
        }
    }

    /// The subprotocol of its WebSocket; none if it has none.
    pub(super) fn subprotocol(self) -> Option<&'static str> {
        match self {
            Form::WebBinary => Some("chat.v1.bincode"),
            Form::WebJson => Some("chat.v1.json"),
            _ => None,
        }
    }

    /// Whole messages of a server, as they would be over bare TCP.
    pub(super) fn plain_bytes(self, mut bytes: &[u8]) -> Vec<u8> {
        if self.plain() == self {
            return bytes.to_vec();
        }
        let mut plain = Vec::new();
        while let Some((message, used)) = self.framing().first(bytes) {
            if !message.is_empty() {
                self.plain().framing().put(message, &mut plain);
            }
            bytes = &bytes[used..];
        }
        plain
    }

    /// How many bytes at the start of a connection are no message.
    pub(super) fn preface_len(self) -> usize {
        if self == Form::Binary { PREFACE.len() } else { 0 }
    }

    /// Whether who says something is told of it too.
    pub(super) fn hears_itself(self) -> bool {
        self != Form::Text
    }

    /// How many messages [`hello`](Form::hello) is.
    pub(super) fn hellos(self) -> usize {
        if self == Form::Text { 3 } else { 1 }
    }

    /// Takes a name and becomes a member of one room and no other.
    pub(super) fn hello(self, name: &str, room: &str) -> Vec<u8> {
        if self == Form::Text {
            return format!("{name}\n/join {room}\n/leave lobby\n").into_bytes();
        }
        let mut bytes = if self == Form::Binary { PREFACE.to_vec() } else { Vec::new() };
        let hello = Hello { name: name.into(), rooms: Some(vec![room.into()]), ..Hello::default() };
        self.client(&FromClient::Hello(hello), &mut bytes);
        bytes
    }

    /// The last message of the answer to the hello.
    pub(super) fn end_of_welcome(self) -> Mark {
        if self == Form::Text { Mark::Answered } else { Mark::Members }
    }

    /// Says something in the room, as the client's `id`-th ask.
    pub(super) fn say(self, id: u64, room: &Arc<str>, out: &mut Vec<u8>) {
        if self == Form::Text {
            out.extend_from_slice(BODY.as_bytes());
            out.push(b'\n');
            return;
        }
        self.tell(id, room, BODY.into(), out);
    }

    /// Says this in the room; people's lines are only told apart by what [`say`](Form::say) says.
    pub(super) fn tell(self, id: u64, room: &Arc<str>, body: Arc<str>, out: &mut Vec<u8>) {
        let ask = Ask::Say { room: Arc::clone(room), body };
        self.client(&FromClient::Ask { id: RequestId(id), ask }, out);
    }

    /// Asks who is in the room.
    pub(super) fn users(self, id: u64, room: &Arc<str>, out: &mut Vec<u8>) {
        if self == Form::Text {
            out.extend_from_slice(b"/users\n");
            return;
        }
        let query = Query::Users { room: Some(Arc::clone(room)), after: None };
        self.client(&FromClient::Query { id: RequestId(id), query }, out);
    }

    /// Asks for a page of the room's messages; people are not asked to.
    pub(super) fn history(self, id: u64, room: &Arc<str>, anchor: Anchor, limit: u32, out: &mut Vec<u8>) {
        let query = Query::History { room: Arc::clone(room), anchor, limit };
        self.client(&FromClient::Query { id: RequestId(id), query }, out);
    }

    /// Goodbye.
    pub(super) fn bye(self) -> Vec<u8> {
        if self == Form::Text {
            return b"/quit\n".to_vec();
        }
        let mut bytes = Vec::new();
        self.client(&FromClient::Bye, &mut bytes);
        bytes
    }

    /// The answer to a ping; none if this is not one.
    pub(super) fn pong(self, ping: &[u8]) -> Vec<u8> {
        let ping = match self {
            Form::Text => return Vec::new(),
            Form::Binary | Form::WebBinary => bincode::decode_server(ping),
            Form::Json | Form::WebJson => json::decode_server(ping),
        };
        let mut bytes = Vec::new();
        if let Ok(FromServer::Ping { nonce }) = ping {
            self.client(&FromClient::Pong { nonce }, &mut bytes);
        }
        bytes
    }

    /// What kind of message this is. Looks at a few of its bytes.
    pub(super) fn mark(self, message: &[u8]) -> Mark {
        match self {
            Form::Text => text_mark(message),
            Form::Binary | Form::WebBinary => binary_mark(message),
            Form::Json | Form::WebJson => json_mark(message),
        }
    }

    /// Appends a frame or a line; people's lines are written where they are needed.
    fn client(self, message: &FromClient, out: &mut Vec<u8>) {
        let mut payload = BytesMut::new();
        match self.plain() {
            Form::Json => json::encode_client(message, &mut payload),
            Form::Binary => bincode::encode_client(message, &mut payload),
            _ => return,
        }
        match self.framing() {
            Framing::WebSocket => websocket::put(&payload, self == Form::WebBinary, out),
            framing => framing.put(&payload, out),
        }
    }
}

fn text_mark(line: &[u8]) -> Mark {
    match line {
        [.., END] => Mark::Said,
        [b'!', ..] => Mark::Refused,
        _ if line.starts_with(b"- users in #bench") => Mark::Answered,
        _ => Mark::Other,
    }
}

fn json_mark(line: &[u8]) -> Mark {
    let kinds: [(&[u8], Mark); 6] = [
        (b"said", Mark::Said),
        (b"users", Mark::Answered),
        (b"members", Mark::Members),
        (b"ping", Mark::Ping),
        (b"refused", Mark::Refused),
        (b"closing", Mark::Closing),
    ];
    let Some(rest) = line.strip_prefix(b"{\"type\":\"") else { return Mark::Other };
    let of = |(kind, mark): (&[u8], Mark)| rest.strip_prefix(kind)?.starts_with(b"\"").then_some(mark);
    kinds.into_iter().find_map(of).unwrap_or(Mark::Other)
}

/// The variants of `FromServer` and `Event` in their order; `docs/protocol.md` has the table.
fn binary_mark(payload: &[u8]) -> Mark {
    match payload {
        // Not the last byte, as in text: it may be a number's.
        [1, told @ ..] => match told_variant(told) {
            Some(7) => Mark::Said,
            Some(2) => Mark::Refused,
            Some(3) => Mark::Members,
            _ => Mark::Other,
        },
        [2, ..] => Mark::Answered,
        [3, ..] => Mark::Ping,
        [5, ..] => Mark::Closing,
        _ => Mark::Other,
    }
}

/// The variant of the event, behind request id, past and time.
fn told_variant(told: &[u8]) -> Option<u8> {
    let re = varint_len(*told.first()?);
    let at = varint_len(*told.get(re + 1)?);
    told.get(re + 1 + at).copied()
}

/// How long bincode's integer is that begins with this byte.
fn varint_len(first: u8) -> usize {
    match first {
        251 => 3,
        252 => 5,
        253 => 9,
        _ => 1,
    }
}
