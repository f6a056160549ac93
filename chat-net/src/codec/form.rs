//! The forms of the wire: each is a codec within a framing, and a server writes each event once per form.

use bytes::{BufMut, BytesMut};
use chat_core::{Code, Event, Refusal, RequestId, Timestamp};

use super::error::{BadAsk, TooLarge};
use super::websocket::{self, Opcode};
use super::wire::{FromClient, FromServer, Told};
use super::{bincode, frame, json, text};

/// How one connection speaks: a codec within a framing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Form {
    /// bincode in length-prefixed frames.
    Bincode,
    /// JSON in length-prefixed frames.
    JsonFrames,
    /// One JSON object a line.
    JsonLines,
    /// Lines for a person with `nc` or `telnet`.
    Text,
    /// JSON in the text messages of a WebSocket.
    WsJson,
    /// bincode in the binary messages of a WebSocket.
    WsBincode,
}

/// What carries the payloads of a form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Framing {
    /// A length before each.
    Lengths,
    /// An end of line behind each.
    Lines,
    /// The messages of a WebSocket.
    WebSocket,
}

/// What the payloads of a form are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Codec {
    Bincode,
    Json,
    Text,
}

impl Form {
    /// How many forms there are.
    pub(crate) const COUNT: usize = 6;

    pub(crate) fn framing(self) -> Framing {
        match self {
            Form::Bincode | Form::JsonFrames => Framing::Lengths,
            Form::JsonLines | Form::Text => Framing::Lines,
            Form::WsJson | Form::WsBincode => Framing::WebSocket,
        }
    }

    fn codec(self) -> Codec {
        match self {
            Form::Bincode | Form::WsBincode => Codec::Bincode,
            Form::JsonFrames | Form::JsonLines | Form::WsJson => Codec::Json,
            Form::Text => Codec::Text,
        }
    }

    /// Whether its payloads are the binary form.
    pub(crate) fn is_binary(self) -> bool {
        self.codec() == Codec::Bincode
    }

    /// Whether its client is a program that answers pings.
    pub(crate) fn answers_pings(self) -> bool {
        self.framing() != Framing::Lines
    }

    /// Its place among the forms, for tables.
    pub(crate) fn index(self) -> usize {
        self as usize
    }

    /// Appends `frame` to `out`, with what carries it; a farewell on a WebSocket with the frame that closes it. Appends
    /// nothing if this form does not show it.
    ///
    /// `own`: the frame answers an ask of the client it goes to; a person is not shown again what they typed.
    /// A payload over [`frame::MAX_SERVER_PAYLOAD`] is replaced by a refusal of code `too_long` with the same
    /// `re`: a reader is told that something is not there.
    pub fn encode(self, frame: &FromServer, own: bool, out: &mut BytesMut) {
        if self.try_encode(frame, own, out).is_err() {
            let done = self.try_encode(&too_large(frame), own, out);
            debug_assert!(done.is_ok(), "a refusal is far below the limit");
        }
    }

    /// The same for what was before, told at `now`: people are shown the date of what is not from today.
    pub(crate) fn encode_at(self, frame: &FromServer, now: Timestamp, out: &mut BytesMut) {
        match self {
            Form::Text => text::encode_server_at(frame, now, out),
            form => form.encode(frame, false, out),
        }
    }

    /// Appends an answer that [`encode`](Form::encode) made for an ask without an id, as the answer to `re`.
    pub(crate) fn encode_again(self, answer: &[u8], re: RequestId, out: &mut BytesMut) {
        let limit = frame::MAX_SERVER_PAYLOAD + 16;
        let payload = match self.framing() {
            Framing::Lengths => answer.get(frame::HEADER_BYTES..).unwrap_or_default(),
            Framing::Lines => answer,
            Framing::WebSocket => websocket::payload(answer),
        };
        let done = match (self.codec(), self.framing()) {
            (Codec::Text, _) => {
                out.extend_from_slice(payload);
                Ok(())
            }
            // Its end of line is in the payload.
            (_, Framing::Lines) => {
                json::answer_again(payload, re, out);
                Ok(())
            }
            (Codec::Bincode, _) => self.put(out, limit, |out| bincode::answer_again(payload, re, out)),
            (Codec::Json, _) => self.put(out, limit, |out| json::answer_again(payload, re, out)),
        };
        debug_assert!(done.is_ok(), "it was within the limit without the id");
    }

    fn try_encode(self, frame: &FromServer, own: bool, out: &mut BytesMut) -> Result<(), TooLarge> {
        let limit = match frame {
            FromServer::Chunk(_) => frame::MAX_CHUNK_PAYLOAD,
            _ => frame::MAX_SERVER_PAYLOAD,
        };
        match self.codec() {
            Codec::Bincode => self.put(out, limit, |out| bincode::encode_server(frame, out)),
            Codec::Json => self.put(out, limit, |out| json::encode_server(frame, out)),
            Codec::Text => {
                text::encode_server(frame, own, out);
                return Ok(());
            }
        }?;
        if let (Framing::WebSocket, FromServer::Closing(closing)) = (self.framing(), frame) {
            websocket::put_close(out, Some(websocket::close_code(closing.code)), &closing.message);
        }
        Ok(())
    }

    /// Appends a payload in what carries it.
    fn put(
        self,
        out: &mut BytesMut,
        limit: usize,
        encode: impl FnOnce(&mut BytesMut),
    ) -> Result<(), TooLarge> {
        match self.framing() {
            Framing::Lengths => frame::put(out, limit, encode),
            Framing::Lines => {
                let start = out.len();
                encode(out);
                frame::check(out, start, limit)?;
                out.put_u8(b'\n');
                Ok(())
            }
            Framing::WebSocket => {
                let opcode = if self.is_binary() { Opcode::Binary } else { Opcode::Text };
                websocket::put(out, opcode, limit, encode)
            }
        }
    }

    /// Whether a frame whose payload begins so is a chunk: only such a one may be as long as a chunk. `None`: it shows when
    /// there is more of it. In JSON its `type` comes first.
    pub(crate) fn begins_chunk(self, payload: &[u8]) -> Option<bool> {
        match self.codec() {
            Codec::Bincode => (!payload.is_empty()).then(|| bincode::is_chunk(payload)),
            Codec::Json => json::begins_chunk(payload),
            Codec::Text => Some(false),
        }
    }

    /// Reads one payload from a client: a frame's, or a line without its end.
    ///
    /// # Errors
    /// Says what is wrong, which ask it was, and whether the connection ends over it. Every payload of
    /// [`Form::Text`] is an error: what people type depends on where they are, see [`text::parse`].
    pub fn decode_client(self, payload: &[u8]) -> Result<FromClient, BadAsk> {
        match self {
            Form::Bincode | Form::WsBincode => bincode::decode_client(payload),
            Form::JsonFrames | Form::WsJson => json::decode_client(payload).map_err(|bad| match bad.code {
                // In a line a person may have mistyped it; a program that framed it did not.
                Code::BadAsk if !json::is_object(payload) => BadAsk { code: Code::BadFrame, ..bad },
                _ => bad,
            }),
            Form::JsonLines => json::decode_client(payload),
            Form::Text => Err(BadAsk::new(RequestId::NONE, Code::BadFrame, "this form is for people")),
        }
    }
}

/// What is sent instead of a frame that no client would take.
fn too_large(frame: &FromServer) -> FromServer {
    let (re, past, at) = match frame {
        FromServer::Told(told) => (told.re, told.past, told.at),
        FromServer::Answered { re, .. } => (*re, false, Timestamp::default()),
        _ => (RequestId::NONE, false, Timestamp::default()),
    };
    let refusal = Refusal {
        code: Code::TooLong.number(),
        reason: Code::TooLong.name().into(),
        message: "what belongs here is larger than a frame may be; ask for less at once".into(),
        retry_after_ms: None,
    };
    FromServer::Told(Told { re, past, at, event: Event::Refused(refusal) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{Answer, UserName};

    #[test]
    fn what_is_too_large_for_a_frame_is_refused_and_not_dropped() {
        let users = vec![UserName::new(&"a".repeat(255), 255).unwrap(); 1100];
        let answer = Answer::Users { room: None, total: 1100, users, more: false };
        for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines] {
            let mut out = BytesMut::new();
            form.encode(&FromServer::Answered { re: RequestId(7), answer: answer.clone() }, true, &mut out);
            assert!(out.len() < 200, "{form:?}");
            let payload = match form {
                Form::JsonLines => out.strip_suffix(b"\n").unwrap(),
                _ => &out[4..],
            };
            let told = match form {
                Form::Bincode => bincode::decode_server(payload),
                _ => json::decode_server(payload),
            };
            let Ok(FromServer::Told(Told { re: RequestId(7), event: Event::Refused(refusal), .. })) = told
            else {
                panic!("{told:?}");
            };
            assert_eq!(&*refusal.reason, "too_long");
        }
    }

    #[test]
    fn an_answer_again_is_the_answer_to_another_ask() {
        let users = vec![UserName::new("alice", 32).unwrap()];
        let answer = Answer::Users { room: None, total: 1, users, more: false };
        for form in [Form::Bincode, Form::JsonFrames, Form::JsonLines, Form::Text] {
            for re in [0, 7, 300, chat_core::MAX_JSON_INTEGER] {
                let frame = |re| FromServer::Answered { re: RequestId(re), answer: answer.clone() };
                let (mut first, mut again, mut expected) = Default::default();
                form.encode(&frame(0), false, &mut first);
                form.encode_again(&first, RequestId(re), &mut again);
                form.encode(&frame(re), false, &mut expected);
                assert_eq!(again, expected, "{form:?} {re}");
            }
        }
    }

    #[test]
    fn garbage_in_a_frame_ends_the_connection_and_garbage_in_a_line_does_not() {
        let code = |form: Form, bytes: &[u8]| form.decode_client(bytes).unwrap_err().code;
        for garbage in [&b"hi there"[..], b"{", b"[1]", b"{}x", b"{\"type\":\"bye\"", b"\x00\x01"] {
            assert_eq!(code(Form::JsonLines, garbage), Code::BadAsk);
            assert_eq!(code(Form::JsonFrames, garbage), Code::BadFrame);
        }
        for form in [Form::JsonFrames, Form::JsonLines] {
            assert_eq!(code(form, br#"{"type":"say","room":"lobby"}"#), Code::BadAsk);
            assert_eq!(code(form, br#"{"type":"dance"}"#), Code::UnknownAsk);
            assert_eq!(code(form, b"{\"type\":\"say\",\"room\":\"lobby\",\"body\":\"\xff\"}"), Code::BadText);
        }
        assert!(code(Form::Bincode, b"\x01\x07\x02").number() >= 400);
    }
}
