//! The JSON codec: one flat object with a `type` field, the same in frames and in lines.
//!
//! Reading takes two passes: a small one for the type and the id, so that what this version does not know can
//! be answered by its id, then the exact one. Fields that are not known are ignored.

use std::borrow::Cow;

use bytes::{BufMut, BytesMut};
use chat_core::{Answer, Ask, Code, Event, Query, RequestId, Timestamp, TransferId};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::chunk::JsonChunk;
use super::error::{BadAsk, ProtocolError};
use super::secret::Secret;
use super::wire::{Closing, Credit, FromClient, FromServer, Hello, Told, Welcome};

/// Appends one object from a client, without a line end.
pub fn encode_client(frame: &FromClient, out: &mut BytesMut) {
    match frame {
        FromClient::Hello(hello) => flat(out, "hello", hello),
        FromClient::Ask { id, ask } => tagged(out, ask, |out| number(out, "id", id.0, true)),
        FromClient::Query { id, query } => tagged(out, query, |out| number(out, "id", id.0, true)),
        FromClient::Ping { nonce } => nonced(out, "ping", *nonce),
        FromClient::Pong { nonce } => nonced(out, "pong", *nonce),
        FromClient::Bye => out.put_slice(br#"{"type":"bye"}"#),
        FromClient::Chunk(chunk) => flat(out, "chunk", &JsonChunk::from(chunk)),
        FromClient::Received { transfer, offset } => {
            flat(out, "received", &Received { transfer: *transfer, offset: *offset });
        }
        FromClient::Unlock { password } => flat(out, "unlock", &Unlock { password: Cow::Borrowed(password) }),
        FromClient::Login { hello, password } => flat(out, "login", &Proven::of(hello, password)),
        FromClient::Register { hello, password } => flat(out, "register", &Proven::of(hello, password)),
        FromClient::Password { id, old, new } => {
            let (old, new) = (Cow::Borrowed(old), Cow::Borrowed(new));
            flat(out, "password", &Password { id: *id, old, new });
        }
        FromClient::LogOutEverywhere { id } => only_id(out, "log_out_everywhere", "id", *id),
    }
}

/// Appends one object from a server, without a line end.
pub fn encode_server(frame: &FromServer, out: &mut BytesMut) {
    match frame {
        FromServer::Welcome(welcome) => flat(out, "welcome", welcome),
        FromServer::Told(told) => tagged(out, &told.event, |out| {
            number(out, "re", told.re.0, true);
            if told.past {
                out.put_slice(br#","past":true"#);
            }
            number(out, "at", told.at.0, false);
        }),
        FromServer::Answered { re, answer } => tagged(out, answer, |out| number(out, "re", re.0, true)),
        FromServer::Ping { nonce } => nonced(out, "ping", *nonce),
        FromServer::Pong { nonce } => nonced(out, "pong", *nonce),
        FromServer::Closing(closing) => flat(out, "closing", closing),
        FromServer::Chunk(chunk) => flat(out, "chunk", &JsonChunk::from(chunk)),
        FromServer::Credit(credit) => flat(out, "credit", credit),
        FromServer::Stop { transfer, pass } => flat(out, "stop", &Stop { transfer: *transfer, pass: *pass }),
        FromServer::Done { re } => only_id(out, "done", "re", *re),
    }
}

/// Appends an answer to an ask without an id, as the answer to `re`: the id comes behind the type.
pub(super) fn answer_again(object: &[u8], re: RequestId, out: &mut BytesMut) {
    const TYPE: usize = br#"{"type":""#.len();
    let quote = object.iter().skip(TYPE).position(|byte| *byte == b'"');
    let (head, rest) = object.split_at(quote.map_or(object.len(), |at| TYPE + at + 1));
    out.extend_from_slice(head);
    number(out, "re", re.0, true);
    out.extend_from_slice(rest);
}

/// Whether an object begins with `"type":"chunk"`. `None`: that shows when there is more of it.
pub(super) fn begins_chunk(object: &[u8]) -> Option<bool> {
    let mut expected = br#"{"type":"chunk""#.iter();
    // Blanks are for those who write JSON by hand; there are none within the strings.
    for byte in object.iter().filter(|byte| !byte.is_ascii_whitespace()) {
        match expected.next() {
            Some(letter) if letter == byte => {}
            Some(_) => return Some(false),
            None => return Some(true),
        }
    }
    (expected.len() == 0).then_some(true)
}

/// Reads one object from a client.
///
/// # Errors
/// `unknown_ask`, `bad_text` (not UTF-8) or `bad_ask`; none of them is a reason to close a line.
pub fn decode_client(payload: &[u8]) -> Result<FromClient, BadAsk> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
        #[serde(default)]
        id: RequestId,
    }
    let text = std::str::from_utf8(payload)
        .map_err(|_| BadAsk::new(RequestId::NONE, Code::BadText, "the text is not UTF-8"))?;
    if !begins_an_object(text) {
        return Err(BadAsk::new(RequestId::NONE, Code::BadAsk, "an ask is a JSON object"));
    }
    let bad = |re| move |error: serde_json::Error| BadAsk::new(re, Code::BadAsk, &error.to_string());
    let Head { kind, id } = serde_json::from_str(text).map_err(bad(RequestId::NONE))?;
    match &*kind {
        "hello" => serde_json::from_str::<Hello>(text).map(FromClient::Hello),
        "join" | "leave" | "say" | "whisper" | "topic" | "offer" | "accept" | "decline" | "pause"
        | "hash" | "finish" | "cancel" | "enter" | "set_role" | "kick" | "ban" | "unban" | "mute"
        | "unmute" | "invite" | "set_modes" | "delete" => {
            serde_json::from_str::<Ask>(text).map(|ask| FromClient::Ask { id, ask })
        }
        "users" | "rooms" | "history" | "search" | "transfers" | "room" | "audit" => {
            serde_json::from_str::<Query>(text).map(|query| FromClient::Query { id, query })
        }
        "ping" => serde_json::from_str::<Nonce>(text).map(|Nonce { nonce }| FromClient::Ping { nonce }),
        "pong" => serde_json::from_str::<Nonce>(text).map(|Nonce { nonce }| FromClient::Pong { nonce }),
        "bye" => Ok(FromClient::Bye),
        "chunk" => serde_json::from_str::<JsonChunk>(text).and_then(JsonChunk::decode).map(FromClient::Chunk),
        "received" => serde_json::from_str::<Received>(text)
            .map(|Received { transfer, offset }| FromClient::Received { transfer, offset }),
        "unlock" => serde_json::from_str::<Unlock>(text)
            .map(|Unlock { password }| FromClient::Unlock { password: password.into_owned() }),
        "login" => serde_json::from_str::<Proven>(text).map(|proven| {
            let (hello, password) = proven.into_parts();
            FromClient::Login { hello, password }
        }),
        "register" => serde_json::from_str::<Proven>(text).map(|proven| {
            let (hello, password) = proven.into_parts();
            FromClient::Register { hello, password }
        }),
        "password" => serde_json::from_str::<Password>(text).map(|Password { id, old, new }| {
            FromClient::Password { id, old: old.into_owned(), new: new.into_owned() }
        }),
        "log_out_everywhere" => Ok(FromClient::LogOutEverywhere { id }),
        unknown => {
            let known: String = unknown.chars().take(40).collect();
            return Err(BadAsk::new(id, Code::UnknownAsk, &format!("there is no ask \"{known}\"")));
        }
    }
    .map_err(bad(id))
}

/// Reads one object from a server.
///
/// # Errors
/// [`ProtocolError::Unknown`] for a type that only a newer server has; all else is [`ProtocolError::Broken`].
pub fn decode_server(payload: &[u8]) -> Result<FromServer, ProtocolError> {
    #[derive(Deserialize)]
    struct Head<'a> {
        #[serde(rename = "type", borrow)]
        kind: Cow<'a, str>,
        #[serde(default)]
        re: RequestId,
        #[serde(default)]
        past: bool,
        at: Option<Timestamp>,
    }
    let text = std::str::from_utf8(payload).map_err(|error| ProtocolError::broken(&error))?;
    if !begins_an_object(text) {
        return Err(ProtocolError::broken(&"not a JSON object"));
    }
    let Head { kind, re, past, at } =
        serde_json::from_str(text).map_err(|error| ProtocolError::broken(&error))?;
    match &*kind {
        "welcome" => serde_json::from_str::<Welcome>(text).map(|w| FromServer::Welcome(Box::new(w))),
        "users" | "rooms" | "history" | "search" | "transfers" | "room" | "audit" => {
            serde_json::from_str::<Answer>(text).map(|answer| FromServer::Answered { re, answer })
        }
        "ping" => serde_json::from_str::<Nonce>(text).map(|Nonce { nonce }| FromServer::Ping { nonce }),
        "pong" => serde_json::from_str::<Nonce>(text).map(|Nonce { nonce }| FromServer::Pong { nonce }),
        "closing" => serde_json::from_str::<Closing>(text).map(FromServer::Closing),
        "chunk" => serde_json::from_str::<JsonChunk>(text).and_then(JsonChunk::decode).map(FromServer::Chunk),
        "credit" => serde_json::from_str::<Credit>(text).map(FromServer::Credit),
        "stop" => serde_json::from_str::<Stop>(text)
            .map(|Stop { transfer, pass }| FromServer::Stop { transfer, pass }),
        "done" => Ok(FromServer::Done { re }),
        "attached" | "replaced" | "refused" | "members" | "joined" | "left" | "churned" | "said"
        | "topic_changed" | "whispered" | "caught_up" | "gap" | "offered" | "accepted" | "declined"
        | "paused" | "resumed" | "hashed" | "progressed" | "finished" | "cancelled" | "closed"
        | "role_changed" | "kicked" | "restricted" | "lifted" | "modes_changed" | "deleted" | "invited"
        | "removed" | "ranked" => {
            let at = at.ok_or_else(|| ProtocolError::broken(&"missing field `at`"))?;
            serde_json::from_str::<Event>(text).map(|event| FromServer::Told(Told { re, past, at, event }))
        }
        unknown => return Err(ProtocolError::Unknown { what: unknown.chars().take(40).collect() }),
    }
    .map_err(|error| ProtocolError::broken(&error))
}

/// Whether `payload` is a whole JSON object, whatever is in it.
pub(super) fn is_object(payload: &[u8]) -> bool {
    serde_json::from_slice::<std::collections::BTreeMap<Cow<'_, str>, IgnoredAny>>(payload).is_ok()
}

#[derive(Serialize, Deserialize)]
struct Nonce {
    nonce: u64,
}

#[derive(Serialize, Deserialize)]
struct Received {
    transfer: TransferId,
    offset: u64,
}

#[derive(Serialize, Deserialize)]
struct Stop {
    transfer: TransferId,
    pass: u32,
}

fn is_none(id: &RequestId) -> bool {
    *id == RequestId::NONE
}

#[derive(Serialize, Deserialize)]
struct Unlock<'a> {
    password: Cow<'a, Secret>,
}

#[derive(Serialize, Deserialize)]
struct Password<'a> {
    #[serde(default, skip_serializing_if = "is_none")]
    id: RequestId,
    old: Cow<'a, Secret>,
    new: Cow<'a, Secret>,
}

/// A hello and what proves it, in one object.
#[derive(Serialize, Deserialize)]
struct Proven<'a> {
    #[serde(flatten)]
    hello: Cow<'a, Hello>,
    password: Cow<'a, Secret>,
}

impl<'a> Proven<'a> {
    fn of(hello: &'a Hello, password: &'a Secret) -> Self {
        Proven { hello: Cow::Borrowed(hello), password: Cow::Borrowed(password) }
    }

    fn into_parts(self) -> (Hello, Secret) {
        (self.hello.into_owned(), self.password.into_owned())
    }
}

/// serde takes an array for a struct; this protocol does not.
fn begins_an_object(text: &str) -> bool {
    text.trim_ascii_start().starts_with('{')
}

fn write(out: &mut BytesMut, value: &impl Serialize) {
    serde_json::to_writer(out.writer(), value).expect("every frame has a JSON form and the buffer grows");
}

/// `{"type":"kind",` and the fields of `value`.
fn flat(out: &mut BytesMut, kind: &str, value: &impl Serialize) {
    out.put_slice(br#"{"type":""#);
    out.put_slice(kind.as_bytes());
    out.put_u8(b'"');
    let brace = out.len();
    write(out, value);
    out[brace] = b',';
}

/// `{"type":"kind","name":id}`, or without the id if there is none.
fn only_id(out: &mut BytesMut, kind: &str, name: &str, id: RequestId) {
    out.put_slice(br#"{"type":""#);
    out.put_slice(kind.as_bytes());
    out.put_u8(b'"');
    number(out, name, id.0, true);
    out.put_u8(b'}');
}

fn nonced(out: &mut BytesMut, kind: &str, nonce: u64) {
    flat(out, kind, &Nonce { nonce });
}

/// `value` writes `{"type":"…",…}` itself; `head` is put behind the type. Moving the rest by some 40 bytes in
/// place is cheaper than a second buffer, and the type stays first, where people look for it.
fn tagged(out: &mut BytesMut, value: &impl Serialize, head: impl FnOnce(&mut BytesMut)) {
    const BEFORE: usize = br#"{"type":""#.len();
    let start = out.len();
    write(out, value);
    debug_assert!(out[start..].starts_with(br#"{"type":""#));
    let kind = out[start + BEFORE..].iter().take_while(|byte| **byte != b'"').count();
    let (behind_kind, end) = (start + BEFORE + kind + 1, out.len());
    head(out);
    let added = out.len() - end;
    out[behind_kind..].rotate_right(added);
}

/// `,"name":value`, or nothing for a zero that is left out.
fn number(out: &mut BytesMut, name: &str, value: u64, leave_out_zero: bool) {
    if value == 0 && leave_out_zero {
        return;
    }
    out.put_slice(b",\"");
    out.put_slice(name.as_bytes());
    out.put_slice(b"\":");
    write(out, &value);
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{Body, Epoch, Number, Place, RoomName, UserName};

    fn bad(text: &str) -> (u64, Code, String) {
        let bad = decode_client(text.as_bytes()).unwrap_err();
        (bad.re.0, bad.code, bad.message)
    }

    #[test]
    fn an_event_is_one_flat_object_with_its_type_first() {
        let place = Place { room: RoomName::new("lobby", 64).unwrap(), epoch: Epoch(1), number: Number(12) };
        let event = Event::Said {
            place,
            from: UserName::new("alice", 32).unwrap(),
            body: Body::new(&"a\n\"b\"".into(), 64).unwrap(),
        };
        let mut out = BytesMut::from(&b"before"[..]);
        let told = Told { re: RequestId(7), past: true, at: Timestamp(1_763_733_909_123), event };
        encode_server(&FromServer::Told(told), &mut out);
        assert_eq!(
            std::str::from_utf8(&out).unwrap(),
            "before{\"type\":\"said\",\"re\":7,\"past\":true,\"at\":1763733909123,\"room\":\"lobby\",\
             \"epoch\":1,\"number\":12,\"from\":\"alice\",\"body\":\"a\\n\\\"b\\\"\"}"
        );
    }

    #[test]
    fn unknown_fields_are_ignored_and_an_unknown_type_is_answered_by_its_id() {
        let say = br#" {"new":{"x":[1]},"body":"hi","room":"lobby","id":7,"type":"say"} "#;
        let ask = Ask::Say { room: "lobby".into(), body: "hi".into() };
        assert_eq!(decode_client(say).unwrap(), FromClient::Ask { id: RequestId(7), ask });
        let hello = br#"{"type":"hello","name":"a","colour":"red"}"#;
        assert!(matches!(decode_client(hello), Ok(FromClient::Hello(_))));
        assert_eq!(
            bad(r#"{"type":"dance","id":9}"#),
            (9, Code::UnknownAsk, "there is no ask \"dance\"".into())
        );
        let unknown = decode_server(br#"{"type":"danced","at":1}"#);
        assert_eq!(unknown, Err(ProtocolError::Unknown { what: "danced".into() }));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_what_is_wrong() {
        let (re, code, message) = bad(r#"{"type":"say","id":9,"room":"lobby"}"#);
        assert_eq!((re, code), (9, Code::BadAsk));
        assert!(message.contains("missing field `body`"), "{message}");
        for text in [
            "",
            "hi",
            "{",
            "[]",
            "null",
            "{}",
            r#"{"type":7}"#,
            r#"["say",1]"#,
            r#"["bye"]"#,
            "{\"type\":\"bye\"}x",
        ] {
            assert_eq!(bad(text).1, Code::BadAsk, "{text}");
        }
        for text in
            [r#"{"type":"say","id":"x"}"#, r#"{"type":"say","id":-1}"#, r#"{"type":"bye","type":"bye"}"#]
        {
            assert_eq!(bad(text).1, Code::BadAsk, "{text}");
        }
        let deep = format!(r#"{{"type":"bye","x":{}}}"#, "[".repeat(5000));
        assert_eq!(bad(&deep).1, Code::BadAsk);
        let quoted =
            format!(r#"{{"type":"say","id":1,"room":"r","body":{{"{}":1}}}}"#, "\u{9b}x".repeat(900));
        let (.., message) = bad(&quoted);
        assert!(message.chars().count() <= 200 && !message.contains('\u{9b}'));
        assert_eq!(decode_client(b"{\"type\":\"\xff\"}").unwrap_err().code, Code::BadText);
    }
}
