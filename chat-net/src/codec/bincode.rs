//! The binary codec: the one module that calls bincode. `docs/protocol.md` has the bytes, golden vectors pin them.
//!
//! Numbers that take more bytes than they need are read too, so the bytes of a frame are never an identity.

use ::bincode::config::{self, Configuration, Limit, LittleEndian, Varint};
use ::bincode::error::DecodeError;
use ::bincode::{Decode, Encode, decode_from_slice, enc::write::Writer, encode_into_writer};
use bytes::{BufMut, Bytes, BytesMut};
use chat_core::{Code, RequestId, Timestamp, TransferId};

use super::error::{BadAsk, ProtocolError};
use super::frame::{CHUNK_HEAD_BYTES, MAX_CHUNK_PAYLOAD};
use super::wire::{Chunk, FromClient, FromServer};

/// A client speaks this many kinds of frame, ask and query; an index behind them is from a newer client.
/// A new variant is counted here, named in `json`, has a vector in `docs/protocol.md`, and is in `arbitrary`.
const FROM_CLIENT: u32 = 13;
const ASKS: u32 = 22;
const QUERIES: u32 = 7;
/// The same for a server: frames, events, answers.
const FROM_SERVER: u32 = 10;
const EVENTS: u32 = 31;
const ANSWERS: u32 = 7;

/// Appends the payload of one frame from a client.
pub fn encode_client(frame: &FromClient, out: &mut BytesMut) {
    encode(frame, out);
}

/// Appends the payload of one frame from a server.
pub fn encode_server(frame: &FromServer, out: &mut BytesMut) {
    encode(frame, out);
}

/// Appends the payload of an answer to an ask without an id, as the answer to `re`: the kind of frame and the
/// id, a byte each, come first.
pub(super) fn answer_again(payload: &[u8], re: RequestId, out: &mut BytesMut) {
    let (kind, rest) = payload.split_at(payload.len().min(1));
    out.extend_from_slice(kind);
    encode(&re, out);
    out.extend_from_slice(rest.get(1..).unwrap_or_default());
}

/// Reads the payload of one frame from a client. Never allocates more than 16 times the payload's size, or
/// 64 KiB for a small one.
///
/// # Errors
/// `unknown_ask` for what a newer client may say, `bad_text` for text that is not UTF-8; both leave the frames
/// intact, so the connection can stay. All else, bytes left over included, is `bad_frame`.
pub fn decode_client(payload: &[u8]) -> Result<FromClient, BadAsk> {
    decode(payload).map_err(|error| {
        // Slow path: read again as far as the place where a newer client differs.
        let (tag, re, ask) = match read::<u32>(payload) {
            Some((tag @ (1 | 2), rest)) => match read::<(RequestId, u32)>(rest) {
                Some(((re, ask), _)) => (tag, re, ask),
                None => (tag, RequestId::NONE, 0),
            },
            Some((tag, _)) => (tag, RequestId::NONE, 0),
            None => return BadAsk::new(RequestId::NONE, Code::BadFrame, &why(&error)),
        };
        let known = tag < FROM_CLIENT && !(tag == 1 && ask >= ASKS) && !(tag == 2 && ask >= QUERIES);
        match error {
            _ if !known => BadAsk::new(re, Code::UnknownAsk, Code::UnknownAsk.sentence()),
            Fault::Bytes(DecodeError::Utf8 { .. }) => BadAsk::new(re, Code::BadText, "the text is not UTF-8"),
            error => BadAsk::new(re, Code::BadFrame, &why(&error)),
        }
    })
}

/// Reads the payload of one frame from a server, with the same bound as [`decode_client`].
///
/// # Errors
/// [`ProtocolError::Unknown`] for what a newer server may say; all else is [`ProtocolError::Broken`].
pub fn decode_server(payload: &[u8]) -> Result<FromServer, ProtocolError> {
    decode(payload).map_err(|error| {
        let unknown = match read::<u32>(payload) {
            Some((tag, _)) if tag >= FROM_SERVER => Some(format!("frame {tag}")),
            Some((1, rest)) => read::<(RequestId, bool, Timestamp, u32)>(rest)
                .filter(|((.., event), _)| *event >= EVENTS)
                .map(|((.., event), _)| format!("event {event}")),
            Some((2, rest)) => read::<(RequestId, u32)>(rest)
                .filter(|((_, answer), _)| *answer >= ANSWERS)
                .map(|((_, answer), _)| format!("answer {answer}")),
            _ => None,
        };
        unknown.map_or_else(|| ProtocolError::broken(&why(&error)), |what| ProtocolError::Unknown { what })
    })
}

/// The place of a chunk among the frames of either end.
const CHUNK: u8 = 6;

/// Whether a payload begins like a chunk's.
pub(crate) fn is_chunk(payload: &[u8]) -> bool {
    payload.first() == Some(&CHUNK)
}

/// Reads the payload of a chunk; its bytes are shared with the payload, not copied. `None`: it is something else, or
/// broken.
pub(crate) fn chunk_of(payload: &Bytes) -> Option<Chunk> {
    let ((tag, transfer, pass, offset, length), rest) = read::<(u32, TransferId, u32, u64, u64)>(payload)?;
    if tag != u32::from(CHUNK) || length != rest.len() as u64 {
        return None;
    }
    let data = payload.slice_ref(rest);
    Some(Chunk { transfer, pass, offset, data })
}

/// Whether the payload that a chunk was read from is the one that it is written as: numbers can be written in more bytes
/// than they need, and not everybody may read that.
pub(crate) fn is_plain(payload: &[u8], chunk: &Chunk) -> bool {
    let mut head = BytesMut::with_capacity(CHUNK_HEAD_BYTES);
    encode_chunk_head(chunk, &mut head);
    payload.starts_with(&head) && payload.len() == head.len() + chunk.data.len()
}

/// Appends the payload of a chunk but for its bytes.
pub(crate) fn encode_chunk_head(chunk: &Chunk, out: &mut BytesMut) {
    let Chunk { transfer, pass, offset, data } = chunk;
    encode(&(u32::from(CHUNK), transfer, pass, offset, data.len() as u64), out);
}

struct Tail<'a>(&'a mut BytesMut);

impl Writer for Tail<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), ::bincode::error::EncodeError> {
        self.0.put_slice(bytes);
        Ok(())
    }
}

fn encode(frame: &impl Encode, out: &mut BytesMut) {
    encode_into_writer(frame, Tail(out), config::standard())
        .expect("every frame has a binary form and the buffer grows");
}

enum Fault {
    Bytes(DecodeError),
    LeftOver(usize),
    TooLarge,
}

fn why(fault: &Fault) -> String {
    match fault {
        Fault::Bytes(error) => error.to_string(),
        Fault::LeftOver(bytes) => format!("{bytes} bytes are left over"),
        Fault::TooLarge => "no frame may be so large".into(),
    }
}

/// The binary form of something that a store keeps.
#[cfg(feature = "sqlite")]
pub(crate) fn to_stored<T: Encode>(value: &T) -> Vec<u8> {
    bincode::encode_to_vec(value, config::standard())
        .expect("everything kept has a binary form and memory grows")
}

/// Reads what [`to_stored`] made. The bytes come from the store's own files, and their sum was right.
#[cfg(feature = "sqlite")]
pub(crate) fn from_stored<T: Decode<()>>(bytes: &[u8]) -> Result<T, String> {
    let (value, used) =
        decode_from_slice(bytes, limited::<0x1_0000_0000>()).map_err(|error| error.to_string())?;
    match bytes.len() - used {
        0 => Ok(value),
        rest => Err(format!("{rest} bytes are left over")),
    }
}

/// bincode makes room for a list before it reads it, counted in the size that elements have in memory: up to 10
/// times what the smallest legal ones take on the wire. So the limit is 16 times the payload, in three steps
/// because it is part of a type.
fn decode<T: Decode<()>>(payload: &[u8]) -> Result<T, Fault> {
    let (value, used) = match payload.len() {
        0..=0x1000 => decode_from_slice(payload, limited::<0x1_0000>()),
        0x1001..=0x1_0000 => decode_from_slice(payload, limited::<0x10_0000>()),
        0x1_0001..=0x10_0000 => decode_from_slice(payload, limited::<0x100_0000>()),
        // A chunk of the largest size there is, with its head; nothing else is so long.
        0x10_0001..=MAX_CHUNK_PAYLOAD if is_chunk(payload) => {
            decode_from_slice(payload, limited::<0x100_0000>())
        }
        _ => return Err(Fault::TooLarge),
    }
    .map_err(Fault::Bytes)?;
    match payload.len() - used {
        0 => Ok(value),
        rest => Err(Fault::LeftOver(rest)),
    }
}

fn limited<const N: usize>() -> Configuration<LittleEndian, Varint, Limit<N>> {
    config::standard().with_limit::<N>()
}

/// The beginning of a payload that could not be read whole.
fn read<T: Decode<()>>(bytes: &[u8]) -> Option<(T, &[u8])> {
    let (value, used) = decode_from_slice(bytes, limited::<64>()).ok()?;
    Some((value, bytes.get(used..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Hello, RoomPosition, frame};
    use chat_core::{Answer, Ask, Body, Epoch, Number, RoomInfo, RoomName, Since, UserName};

    fn client(frame: &FromClient) -> BytesMut {
        let mut out = BytesMut::new();
        encode_client(frame, &mut out);
        out
    }

    fn code(payload: &[u8]) -> (RequestId, Code) {
        let bad = decode_client(payload).unwrap_err();
        (bad.re, bad.code)
    }

    #[test]
    fn the_largest_legal_frames_are_read() {
        let body = "x".repeat(frame::MAX_CLIENT_PAYLOAD - 12);
        let say = FromClient::Ask { id: RequestId(7), ask: Ask::Say { room: "r".into(), body: body.into() } };
        assert!(client(&say).len() <= frame::MAX_CLIENT_PAYLOAD && client(&say).len() > 65_500);
        assert_eq!(decode_client(&client(&say)).unwrap(), say);

        // The most memory for the fewest bytes: short names, small numbers.
        let since = Since { epoch: Epoch(1), number: Number(1) };
        let positions = vec![RoomPosition { room: "r".into(), since }; 16_000];
        let hello = FromClient::Hello(Hello { name: "a".into(), positions, ..Hello::default() });
        assert!(client(&hello).len() <= frame::MAX_CLIENT_PAYLOAD);
        assert_eq!(decode_client(&client(&hello)).unwrap(), hello);

        let room = RoomName::new("r", 1).unwrap();
        let rooms = vec![RoomInfo { room: room.clone(), members: 1, topic: None }; 64_000];
        let topics = Body::new(&"t".repeat(4096).into(), 4096).unwrap();
        let rooms_with_topics = vec![RoomInfo { room, members: 1, topic: Some(topics) }; 62];
        let users = vec![UserName::new("u", 1).unwrap(); 128_000];
        for answer in [
            Answer::Rooms { total: 1, rooms, more: true },
            Answer::Rooms { total: 1, rooms: rooms_with_topics, more: true },
            Answer::Users { room: None, total: 1, users, more: true },
        ] {
            let sent = FromServer::Answered { re: RequestId(1), answer };
            let mut out = BytesMut::new();
            encode_server(&sent, &mut out);
            assert!(out.len() <= frame::MAX_SERVER_PAYLOAD && out.len() > 250_000);
            assert_eq!(decode_server(&out).unwrap(), sent);
        }
    }

    #[test]
    fn bytes_left_over_and_lengths_that_lie_are_not_frames() {
        let mut bye = client(&FromClient::Bye);
        bye.put_u8(0);
        assert_eq!(code(&bye), (RequestId::NONE, Code::BadFrame));
        assert_eq!(code(b""), (RequestId::NONE, Code::BadFrame));
        // A say whose body claims 2^63 bytes, a hello with 2^40 positions.
        assert_eq!(code(b"\x01\x07\x02\x01r\xfd\0\0\0\0\0\0\0\x80").1, Code::BadFrame);
        assert_eq!(code(b"\x00\x01a\x00\xfd\0\0\0\0\0\x01\0\0").1, Code::BadFrame);
        let large = vec![0xff; 0x10_0001];
        assert_eq!(code(&large).1, Code::BadFrame);
    }

    #[test]
    fn what_a_newer_client_says_is_unknown_and_not_garbage() {
        assert_eq!(code(b"\x01\x07\x16\x01r"), (RequestId(7), Code::UnknownAsk));
        assert_eq!(code(b"\x02\x07\x07"), (RequestId(7), Code::UnknownAsk));
        assert_eq!(code(b"\x0d\x07"), (RequestId::NONE, Code::UnknownAsk));
        assert_eq!(code(b"\x01\x07\x02\x01r\x02\xff\xfe"), (RequestId(7), Code::BadText));
        let unknown = |payload: &[u8]| matches!(decode_server(payload), Err(ProtocolError::Unknown { .. }));
        assert!(unknown(b"\x0a") && unknown(b"\x01\x00\x00\x05\x1f\x01") && unknown(b"\x02\x09\x07\x01"));
        assert!(!unknown(b"\x01\x00\x00\x05\x1e\x01") && !unknown(b"\x01\x00\x02\x05\x1f"));
    }

    #[test]
    fn the_counts_of_variants_are_those_of_the_vocabulary() {
        let known = |payload: &[u8]| code(payload).1 != Code::UnknownAsk;
        assert!(known(&[1, 7, ASKS as u8 - 1]) && known(&[2, 7, QUERIES as u8 - 1]));
        let found = |payload: &[u8]| match decode::<FromServer>(payload).err() {
            Some(Fault::Bytes(DecodeError::UnexpectedVariant { found, .. })) => Some(found),
            _ => None,
        };
        let (frames, events, answers) = (FROM_SERVER as u8, EVENTS as u8, ANSWERS as u8);
        assert_eq!((found(&[frames]), found(&[frames - 1])), (Some(FROM_SERVER), None));
        assert_eq!((found(&[1, 0, 0, 0, events]), found(&[1, 0, 0, 0, events - 1])), (Some(EVENTS), None));
        assert_eq!((found(&[2, 0, answers]), found(&[2, 0, answers - 1])), (Some(ANSWERS), None));
        let found = |payload: &[u8]| match decode::<FromClient>(payload).err() {
            Some(Fault::Bytes(DecodeError::UnexpectedVariant { found, .. })) => Some(found),
            _ => None,
        };
        let (frames, asks, queries) = (FROM_CLIENT as u8, ASKS as u8, QUERIES as u8);
        assert_eq!((found(&[frames]), found(&[frames - 1])), (Some(FROM_CLIENT), None));
        assert_eq!((found(&[1, 0, asks]), found(&[1, 0, asks - 1])), (Some(ASKS), None));
        assert_eq!((found(&[2, 0, queries]), found(&[2, 0, queries - 1])), (Some(QUERIES), None));
    }
}
