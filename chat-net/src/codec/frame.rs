//! Length-prefixed frames, and the preface that begins them.
//!
//! ```text
//! preface   C1 63 68 61 74 VV CC 0A      0xC1 "chat" version codec newline, once, from the client
//! frame     LL LL LL LL payload          u32 big-endian length of the payload, both ways
//! ```

use bytes::{BufMut, BytesMut};
use chat_core::Code;

use super::error::TooLarge;
use super::form::Form;
use super::wire::PROTOCOL_VERSION;

/// The bytes of the length before each payload.
pub const HEADER_BYTES: usize = 4;

/// The largest payload a server sends and a client takes.
pub const MAX_SERVER_PAYLOAD: usize = 256 * 1024;

/// The largest payload a server takes, unless it is set otherwise; its welcome says.
pub const MAX_CLIENT_PAYLOAD: usize = 64 * 1024;

/// What a chunk's payload takes beside its bytes, in any form.
pub const CHUNK_HEAD_BYTES: usize = 256;

/// The largest payload of a chunk, in the form that takes most: base64 of the largest chunk there is.
pub const MAX_CHUNK_PAYLOAD: usize = (chat_core::MAX_CHUNK_BYTES as usize).div_ceil(3) * 4 + CHUNK_HEAD_BYTES;

/// The first bytes of every preface; the first byte can start neither UTF-8 text, TLS nor HTTP.
pub const MAGIC: [u8; 5] = *b"\xC1chat";

/// The length of the preface.
pub const PREFACE_BYTES: usize = 8;

/// What a client sends first to speak frames in `form`; `None` for the forms without frames.
#[must_use]
pub fn preface(form: Form) -> Option<[u8; PREFACE_BYTES]> {
    let codec = match form {
        Form::Bincode => 0,
        Form::JsonFrames => 1,
        Form::JsonLines | Form::Text | Form::WsJson | Form::WsBincode => return None,
    };
    let [a, b, c, d, e] = MAGIC;
    Some([a, b, c, d, e, PROTOCOL_VERSION, codec, b'\n'])
}

/// Why a stream of frames cannot go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// A length of zero: no payload is empty.
    #[error("a frame of no bytes")]
    Empty,
    /// A length over the limit.
    #[error("a frame of {length} bytes, the limit is {limit}")]
    TooLarge {
        /// The length it began with.
        length: u32,
        /// The largest payload that is taken.
        limit: usize,
    },
}

impl FrameError {
    /// The code to close with.
    #[must_use]
    pub fn code(self) -> Code {
        match self {
            FrameError::Empty => Code::BadFrame,
            FrameError::TooLarge { .. } => Code::FrameTooLarge,
        }
    }
}

/// Finds the first frame in `buf`: its payload, and how many bytes of `buf` it takes with its length. `None`:
/// more bytes are needed; [`missing`] says how many.
///
/// # Errors
/// A length that is zero or over `limit`, as soon as its four bytes are there; nothing was allocated for it.
pub fn split(buf: &[u8], limit: usize) -> Result<Option<(&[u8], usize)>, FrameError> {
    let Some(length) = checked_length(buf, limit)? else { return Ok(None) };
    let used = HEADER_BYTES + length;
    Ok(buf.get(HEADER_BYTES..used).map(|payload| (payload, used)))
}

/// How many bytes the first frame in `buf` lacks: what a reader makes room for. Zero: it is whole.
///
/// # Errors
/// As [`split`].
pub fn missing(buf: &[u8], limit: usize) -> Result<usize, FrameError> {
    Ok(match checked_length(buf, limit)? {
        None => HEADER_BYTES - buf.len(),
        Some(length) => (HEADER_BYTES + length).saturating_sub(buf.len()),
    })
}

fn checked_length(buf: &[u8], limit: usize) -> Result<Option<usize>, FrameError> {
    match length(buf) {
        None => Ok(None),
        Some(0) => Err(FrameError::Empty),
        Some(bytes) if bytes <= limit => Ok(Some(bytes)),
        Some(bytes) => Err(FrameError::TooLarge { length: u32::try_from(bytes).unwrap_or(u32::MAX), limit }),
    }
}

/// The length that the first frame in `buf` claims for its payload, whatever it is. `None`: its header is not there.
pub(crate) fn length(buf: &[u8]) -> Option<usize> {
    let header = buf.first_chunk::<HEADER_BYTES>()?;
    Some(usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX))
}

/// Appends one frame, whose payload `encode` appends.
///
/// # Errors
/// If the payload is larger than `limit`; then `out` is as it was.
pub fn put(out: &mut BytesMut, limit: usize, encode: impl FnOnce(&mut BytesMut)) -> Result<(), TooLarge> {
    let start = out.len();
    out.put_u32(0);
    encode(out);
    let result = check(out, start + HEADER_BYTES, limit);
    match result {
        // A limit is set in u32s; a larger payload than that fails here and not at the other end.
        Ok(bytes) if u32::try_from(bytes).is_ok() => {
            out[start..start + HEADER_BYTES].copy_from_slice(&(bytes as u32).to_be_bytes());
            Ok(())
        }
        Ok(bytes) => {
            out.truncate(start);
            Err(TooLarge { bytes, limit: u32::MAX as usize })
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// Appends the beginning of a frame, up to the last `rest` bytes of its payload: `encode` appends what stands before them.
pub(crate) fn put_head(out: &mut BytesMut, rest: usize, encode: impl FnOnce(&mut BytesMut)) {
    let start = out.len();
    out.put_u32(0);
    encode(out);
    let bytes = u32::try_from(out.len() - start - HEADER_BYTES + rest).unwrap_or(u32::MAX);
    out[start..start + HEADER_BYTES].copy_from_slice(&bytes.to_be_bytes());
}

/// The size of the payload that begins at `start`; one that is too large is taken back.
pub(super) fn check(out: &mut BytesMut, start: usize, limit: usize) -> Result<usize, TooLarge> {
    let bytes = out.len() - start;
    if bytes > limit {
        out.truncate(start);
        return Err(TooLarge { bytes, limit });
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_that_lies_is_refused_from_its_four_bytes() {
        let limit = 1000;
        let too_large = |length| Err(FrameError::TooLarge { length, limit });
        assert_eq!(split(&0u32.to_be_bytes(), limit), Err(FrameError::Empty));
        assert_eq!(split(&1001u32.to_be_bytes(), limit), too_large(1001));
        assert_eq!(split(&u32::MAX.to_be_bytes(), limit), too_large(u32::MAX));
        assert_eq!(split(&1000u32.to_be_bytes(), limit), Ok(None));
        assert_eq!(missing(&1000u32.to_be_bytes(), limit), Ok(1000));
    }

    #[test]
    fn a_dribbled_frame_is_the_same_frame() {
        let mut whole = BytesMut::new();
        put(&mut whole, 100, |out| out.put_slice(b"hello")).unwrap();
        whole.put_slice(b"\0\0");
        for end in 0..9 {
            assert_eq!(split(&whole[..end], 100), Ok(None));
            let lacks = missing(&whole[..end], 100).unwrap();
            assert!(lacks > 0 && end + lacks <= 9);
        }
        for end in 9..=whole.len() {
            assert_eq!(split(&whole[..end], 100), Ok(Some((&b"hello"[..], 9))));
        }
    }

    #[test]
    fn a_payload_over_the_limit_is_taken_back() {
        let mut out = BytesMut::from(&b"before"[..]);
        let error = put(&mut out, 4, |out| out.put_slice(b"hello")).unwrap_err();
        assert_eq!((error, &out[..]), (TooLarge { bytes: 5, limit: 4 }, &b"before"[..]));
    }
}
