//! WebSocket frames, by RFC 6455 section 5, as a server sends and takes them: no extension, no compression.
//!
//! ```text
//! from the server   81|82 LL payload                whole messages, not masked: the same bytes for every recipient
//! from a client     XX 80+LL MM MM MM MM payload    masked; a message may come in fragments
//!                   LL is the length up to 125; 7E is followed by it in two bytes, 7F in eight
//! ```

use bytes::{Buf, BufMut, BytesMut};
use chat_core::Code;

use super::error::TooLarge;
use super::frame::check;

/// What a server's frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opcode {
    /// A whole message of UTF-8.
    Text = 1,
    /// A whole message of bytes.
    Binary = 2,
    /// The end.
    Close = 8,
    /// The answer to a ping.
    Pong = 10,
}

/// Bytes in the longest control frame's payload (section 5.5).
const MAX_CONTROL_BYTES: usize = 125;

/// Bytes in the longest header.
const MAX_HEADER_BYTES: usize = 14;

/// Appends one frame, whose payload `encode` appends.
///
/// # Errors
/// If the payload is larger than `limit`; then `out` is as it was.
pub fn put(
    out: &mut BytesMut,
    opcode: Opcode,
    limit: usize,
    encode: impl FnOnce(&mut BytesMut),
) -> Result<(), TooLarge> {
    let start = out.len();
    out.put_slice(&[0x80 | opcode as u8, 0]);
    let payload = out.len();
    encode(out);
    let bytes = check(out, payload, limit).inspect_err(|_| out.truncate(start))?;
    let (short, long) = match bytes {
        0..=125 => (bytes as u8, 0),
        126..=0xFFFF => (126, 2),
        _ => (127, 8),
    };
    out[start + 1] = short;
    if long > 0 {
        let end = out.len();
        out.put_bytes(0, long);
        out.copy_within(payload..end, payload + long);
        out[payload..payload + long].copy_from_slice(&(bytes as u64).to_be_bytes()[8 - long..]);
    }
    Ok(())
}

/// Appends the frame that ends a connection; of a long `reason` as much as fits.
pub fn put_close(out: &mut BytesMut, code: Option<u16>, reason: &str) {
    let mut end = reason.len().min(MAX_CONTROL_BYTES - 2);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    let put = put(out, Opcode::Close, MAX_CONTROL_BYTES, |out| {
        if let Some(code) = code {
            out.put_u16(code);
            out.put_slice(&reason.as_bytes()[..end]);
        }
    });
    debug_assert!(put.is_ok(), "the reason was cut to what fits");
}

/// The payload of the first frame in `bytes`, which [`put`] made.
#[must_use]
pub(crate) fn payload(bytes: &[u8]) -> &[u8] {
    let head = match bytes.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        _ => 2,
    };
    bytes.get(head..).unwrap_or_default()
}

/// The number that a WebSocket is closed with (section 7.4), for one of the chat's codes. Those that mean the same have the
/// number of the registry; the others are 4000 and the chat's own.
#[must_use]
pub fn close_code(code: u16) -> u16 {
    match Code::from_number(code) {
        Some(Code::Left) => 1000,
        Some(Code::GoingAway) => 1001,
        Some(Code::BadFrame) => 1002,
        Some(Code::BadUtf8) => 1007,
        Some(Code::FrameTooLarge) => 1009,
        _ => 4000 + code % 1000,
    }
}

/// How a client broke the rules of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WebSocketError {
    /// A bit that only an extension may set.
    #[error("a reserved bit is set, and no extension was agreed on")]
    ReservedBits,
    /// A kind of frame that there is not.
    #[error("there is no frame of opcode {0}")]
    UnknownOpcode(u8),
    /// A client that does not mask (section 5.1).
    #[error("a client must mask its frames")]
    NotMasked,
    /// A ping, pong or close in fragments, or of more than 125 bytes.
    #[error("a control frame is whole and has at most 125 bytes")]
    BadControl,
    /// A fragment without a beginning, or a beginning within another message.
    #[error("a fragment is not where it belongs")]
    BadFragment,
    /// A message, or the fragments of one, over the limit.
    #[error("a message of {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// So many bytes at least.
        bytes: u64,
        /// The limit.
        limit: usize,
    },
    /// A text that is none.
    #[error("the text is not UTF-8")]
    NotUtf8,
    /// A close with half a code, or one that must not be sent.
    #[error("a close has no code, or one that may be sent")]
    BadClose,
}

impl WebSocketError {
    /// The code to close with.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            WebSocketError::TooLarge { .. } => Code::FrameTooLarge,
            WebSocketError::NotUtf8 => Code::BadUtf8,
            _ => Code::BadFrame,
        }
    }
}

/// What a client sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Incoming<'a> {
    /// A message of UTF-8.
    Text(&'a str),
    /// A message of bytes.
    Binary(&'a [u8]),
    /// To be answered with a pong of the same bytes.
    Ping(&'a [u8]),
    /// Nothing needs to be done.
    Pong,
    /// The end; to be answered with a close of the same code.
    Close(Option<u16>),
}

/// How long a message may be.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Any message.
    pub usual: usize,
    /// One for which `is_long` says yes.
    pub long: usize,
    /// Whether a message that begins so may be long. `None`: that shows when there is more of it.
    pub is_long: fn(&[u8]) -> Option<bool>,
}

/// So much of a message shows what it is.
const BEGINNING_BYTES: usize = 64;

/// Puts together what comes in frames and fragments.
#[derive(Debug, Default)]
pub struct Messages {
    /// The fragments so far, while a message is not whole; the message, until the next call.
    message: BytesMut,
    /// Whether fragments are being put together, and of what.
    begun: Option<Kind>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Binary,
}

/// A frame's header.
struct Header {
    is_final: bool,
    opcode: u8,
    mask: [u8; 4],
    /// Bytes in the header, and in the payload.
    head: usize,
    length: u64,
}

impl Messages {
    /// Takes the first frame off `bytes`, which are unmasked in place: says what has come whole with it, if anything
    /// has, and how many bytes were used. `None` of them: more are needed.
    ///
    /// # Errors
    /// The connection cannot go on. A length is refused as soon as it is known; nothing was allocated for it.
    pub fn next<'a>(
        &'a mut self,
        bytes: &'a mut [u8],
        limit: &Limit,
    ) -> Result<(Option<Incoming<'a>>, usize), WebSocketError> {
        if self.begun.is_none() && !self.message.is_empty() {
            self.message = BytesMut::new();
        }
        let Some(header) = header(bytes)? else { return Ok((None, 0)) };
        let Header { is_final, opcode, mask, head, length } = header;
        self.check(&header, &bytes[head..], limit)?;
        let end = usize::try_from(length).ok().and_then(|length| head.checked_add(length));
        let Some((end, payload)) = end.and_then(|end| Some((end, bytes.get_mut(head..end)?))) else {
            return Ok((None, 0));
        };
        unmask(payload, mask);
        let payload = &*payload;
        let incoming = match opcode {
            8 => Some(Incoming::Close(closing(payload)?)),
            9 => Some(Incoming::Ping(payload)),
            10 => Some(Incoming::Pong),
            _ => {
                let kind = self.begun.unwrap_or(if opcode == 1 { Kind::Text } else { Kind::Binary });
                let is_fragment = self.begun.is_some() || !is_final;
                if is_fragment {
                    self.message.extend_from_slice(payload);
                }
                self.begun = (!is_final).then_some(kind);
                let whole: &[u8] = if is_fragment { &self.message } else { payload };
                match (is_final, kind) {
                    (false, _) => None,
                    (true, Kind::Binary) => Some(Incoming::Binary(whole)),
                    (true, Kind::Text) => {
                        let text = std::str::from_utf8(whole).map_err(|_| WebSocketError::NotUtf8)?;
                        Some(Incoming::Text(text))
                    }
                }
            }
        };
        Ok((incoming, end))
    }

    fn check(&self, header: &Header, payload: &[u8], limit: &Limit) -> Result<(), WebSocketError> {
        let Header { is_final, opcode, mask, length, .. } = *header;
        match (opcode, self.begun) {
            (8..=10, _) if !is_final || length > MAX_CONTROL_BYTES as u64 => {
                return Err(WebSocketError::BadControl);
            }
            (8..=10, _) => return Ok(()),
            (0, None) | (1 | 2, Some(_)) => return Err(WebSocketError::BadFragment),
            (0..=2, _) => {}
            (unknown, _) => return Err(WebSocketError::UnknownOpcode(unknown)),
        }
        let bytes = length.saturating_add(self.message.len() as u64);
        if bytes <= limit.usual as u64 {
            return Ok(());
        }
        let too_large = |limit| Err(WebSocketError::TooLarge { bytes, limit });
        if bytes > limit.long as u64 {
            return too_large(limit.long.max(limit.usual));
        }
        let mut beginning = [0; BEGINNING_BYTES];
        let begun = self.message.len().min(BEGINNING_BYTES);
        beginning[..begun].copy_from_slice(&self.message[..begun]);
        let more =
            (BEGINNING_BYTES - begun).min(payload.len()).min(usize::try_from(length).unwrap_or(usize::MAX));
        beginning[begun..begun + more].copy_from_slice(&payload[..more]);
        unmask(&mut beginning[begun..begun + more], mask);
        match (limit.is_long)(&beginning[..begun + more]) {
            Some(true) => Ok(()),
            // It shows when there is more of it.
            None if begun + more < BEGINNING_BYTES => Ok(()),
            _ => too_large(limit.usual),
        }
    }
}

/// The header at the beginning, if it is whole.
fn header(mut bytes: &[u8]) -> Result<Option<Header>, WebSocketError> {
    let whole = bytes.len();
    let &[first, second, ..] = bytes else { return Ok(None) };
    if first & 0x70 != 0 {
        return Err(WebSocketError::ReservedBits);
    }
    if second & 0x80 == 0 {
        return Err(WebSocketError::NotMasked);
    }
    let lengths = match second & 0x7F {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    if bytes.len() < 2 + lengths + 4 {
        return Ok(None);
    }
    bytes.advance(2);
    let length = match lengths {
        2 => u64::from(bytes.get_u16()),
        8 => bytes.get_u64(),
        _ => u64::from(second & 0x7F),
    };
    let mask = bytes.get_u32().to_be_bytes();
    let head = whole - bytes.len();
    debug_assert!(head <= MAX_HEADER_BYTES);
    Ok(Some(Header { is_final: first & 0x80 != 0, opcode: first & 0x0F, mask, head, length }))
}

/// Section 5.3: each byte with one of the four, in turn.
fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let twice = u64::from_ne_bytes([mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]]);
    let mut words = payload.chunks_exact_mut(8);
    for word in &mut words {
        let plain = u64::from_ne_bytes((&*word).try_into().expect("eight bytes")) ^ twice;
        word.copy_from_slice(&plain.to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(mask.iter().cycle()) {
        *byte ^= key;
    }
}

/// The code in the payload of a close, if it has one.
fn closing(payload: &[u8]) -> Result<Option<u16>, WebSocketError> {
    match payload {
        [] => Ok(None),
        [high, low, reason @ ..] => {
            std::str::from_utf8(reason).map_err(|_| WebSocketError::NotUtf8)?;
            match u16::from_be_bytes([*high, *low]) {
                code @ (1000..=1003 | 1007..=1014 | 3000..=4999) => Ok(Some(code)),
                _ => Err(WebSocketError::BadClose),
            }
        }
        [_] => Err(WebSocketError::BadClose),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit {
        usual: 1000,
        long: 100_000,
        is_long: |begin| match begin {
            [b'L', ..] => Some(true),
            [] => None,
            _ => Some(false),
        },
    };

    /// A frame as a client sends it.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut out = vec![first];
        match payload.len() {
            short @ 0..=125 => out.push(0x80 | short as u8),
            long @ 126..=0xFFFF => {
                out.push(0xFE);
                out.extend((long as u16).to_be_bytes());
            }
            long => {
                out.push(0xFF);
                out.extend((long as u64).to_be_bytes());
            }
        }
        let mask = [0x11, 0x22, 0x33, 0x44];
        out.extend(mask);
        out.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key));
        out
    }

    /// Everything that comes out of `bytes` when they come in two pieces; the last may be an error.
    fn heard(bytes: &[u8], cut: usize) -> Vec<String> {
        let (mut messages, mut buffer, mut said) = (Messages::default(), Vec::new(), Vec::new());
        for piece in [&bytes[..cut], &bytes[cut..]] {
            buffer.extend_from_slice(piece);
            loop {
                let used = match messages.next(&mut buffer, &LIMIT) {
                    Err(error) => {
                        said.push(error.to_string());
                        return said;
                    }
                    Ok((_, 0)) => break,
                    Ok((incoming, used)) => {
                        said.extend(incoming.map(|incoming| match incoming {
                            Incoming::Text(text) if text.len() > 50 => format!("text of {}", text.len()),
                            other => format!("{other:?}"),
                        }));
                        used
                    }
                };
                buffer.drain(..used);
            }
        }
        said
    }

    #[test]
    fn messages_come_whole_however_they_were_cut() {
        let mut bytes = Vec::new();
        bytes.extend(frame(0x81, b"hello"));
        bytes.extend(frame(0x01, b"one, "));
        bytes.extend(frame(0x89, b"there?"));
        bytes.extend(frame(0x00, b"two, "));
        bytes.extend(frame(0x80, "three \u{e9}".as_bytes()));
        bytes.extend(frame(0x82, &[0, 1, 2]));
        bytes.extend(frame(0x81, &[b'x'; 126]));
        bytes.extend(frame(0x81, &[b'L'; 70_000]));
        bytes.extend(frame(0x8A, b""));
        bytes.extend(frame(0x88, &1000_u16.to_be_bytes()));
        let expected = [
            "Text(\"hello\")",
            "Ping([116, 104, 101, 114, 101, 63])",
            "Text(\"one, two, three é\")",
            "Binary([0, 1, 2])",
            "text of 126",
            "text of 70000",
            "Pong",
            "Close(Some(1000))",
        ];
        for cut in (0..240).chain([1000, 70_000, bytes.len()]) {
            assert_eq!(heard(&bytes, cut), expected, "cut at {cut}");
        }
    }

    #[test]
    fn what_breaks_the_rules_is_said_in_words() {
        let lies = [&[0x81, 0xFF][..], &(u64::MAX.to_be_bytes()), &[0; 4]].concat();
        let fragments = [frame(0x01, &[b'x'; 600]), frame(0x80, &[b'x'; 600])].concat();
        for (bytes, expected) in [
            (frame(0xC1, b"x"), "a reserved bit"),
            (frame(0x83, b"x"), "opcode 3"),
            (frame(0x8B, b"x"), "opcode 11"),
            (vec![0x81, 1, b'x'], "must mask"),
            (frame(0x09, b"x"), "control"),
            (frame(0x89, &[0; 126]), "control"),
            (frame(0x80, b"x"), "fragment"),
            ([frame(0x01, b"x"), frame(0x81, b"x")].concat(), "fragment"),
            (frame(0x81, &[b'x'; 1001]), "limit is 1000"),
            (frame(0x81, &[b'L'; 100_001]), "limit is 100000"),
            (fragments, "a message of 1200 bytes"),
            (lies, "limit is 100000"),
            (frame(0x81, b"\xC3"), "UTF-8"),
            (frame(0x88, b"\x03"), "close"),
            (frame(0x88, &1005_u16.to_be_bytes()), "close"),
            (frame(0x88, &[3, 232, 0xFF]), "UTF-8"),
        ] {
            for cut in [0, bytes.len().min(9)] {
                let said = heard(&bytes, cut);
                assert!(said.last().is_some_and(|last| last.contains(expected)), "{expected}: {said:?}");
            }
        }
    }

    #[test]
    fn a_servers_frame_tells_its_length_in_as_few_bytes_as_it_may() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (0xFFFF, 4), (0x1_0000, 10)] {
            let mut out = BytesMut::from(&b"before"[..]);
            put(&mut out, Opcode::Binary, 1 << 20, |out| out.put_bytes(7, length)).unwrap();
            let frame = &out[6..];
            assert_eq!((frame[0], frame.len()), (0x82, head + length));
            assert!(payload(frame).len() == length && payload(frame).iter().all(|byte| *byte == 7));
        }
        let mut out = BytesMut::from(&b"before"[..]);
        assert!(put(&mut out, Opcode::Text, 3, |out| out.put_slice(b"long")).is_err());
        assert_eq!(&out[..], b"before");
    }

    #[test]
    fn a_close_is_never_longer_than_it_may_be() {
        let mut out = BytesMut::new();
        put_close(&mut out, Some(close_code(Code::GoingAway.number())), &"é".repeat(80));
        assert_eq!((out.len(), &out[..4]), (2 + 124, &[0x88, 124, 3, 233][..]));
        assert!(std::str::from_utf8(&out[4..]).is_ok());
        out.clear();
        put_close(&mut out, None, "");
        assert_eq!(&out[..], [0x88, 0]);
    }
}
