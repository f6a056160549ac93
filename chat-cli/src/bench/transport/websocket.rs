//! The client's side of a WebSocket, as cheap as it can be: RFC 6455.

use anyhow::{Result, bail};

/// What asks for a WebSocket; the key is the one of RFC 6455 section 1.3, because nobody here is to be convinced.
pub(in crate::bench) fn upgrade(host: &str, protocol: &str) -> Vec<u8> {
    format!(
        "GET /ws HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: {protocol}\r\n\r\n"
    )
    .into_bytes()
}

/// How many bytes the answer is that lets the WebSocket begin; none if there is more to come.
pub(in crate::bench) fn accepted(bytes: &[u8]) -> Result<Option<usize>> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    if !bytes.starts_with(b"HTTP/1.1 101 ") {
        let first = bytes.split(|byte| *byte == b'\r').next().unwrap_or_default();
        bail!("the server did not begin a WebSocket: {}", String::from_utf8_lossy(first));
    }
    Ok(Some(end + 4))
}

const FINAL: u8 = 0x80;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const MASKED: u8 = 0x80;
/// Changes nothing, so that nothing is computed. It is there to confuse proxies, and there are none.
const MASK: [u8; 4] = [0; 4];

/// Appends a message as one frame.
pub(in crate::bench) fn put(payload: &[u8], is_binary: bool, out: &mut Vec<u8>) {
    out.push(FINAL | if is_binary { BINARY } else { TEXT });
    match payload.len() {
        length @ 0..=125 => out.push(MASKED | length as u8),
        length @ 126..=0xffff => {
            out.push(MASKED | 126);
            out.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            out.push(MASKED | 127);
            out.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(&MASK);
    out.extend_from_slice(payload);
}

/// The payload of the first whole frame of a server, and how many bytes it takes in all. Of a frame that is no message,
/// the payload is left out.
pub(in crate::bench) fn first(bytes: &[u8]) -> Option<(&[u8], usize)> {
    let (head, length): (usize, usize) = match *bytes.get(1)? {
        126 => (4, usize::from(u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?))),
        127 => (10, usize::try_from(u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?)).ok()?),
        length => (2, usize::from(length)),
    };
    let end = head.checked_add(length)?;
    let payload = bytes.get(head..end)?;
    let is_message = matches!(bytes[0], 0x81 | 0x82);
    Some((if is_message { payload } else { &[] }, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_of_each_length_is_found_whole() {
        for (length, head) in [(0, 2), (125, 2), (126, 4), (0xffff, 4), (0x1_0000, 10)] {
            let payload = vec![b'x'; length];
            let mut masked = Vec::new();
            put(&payload, true, &mut masked);
            assert_eq!(masked.len(), head + 4 + length);
            // As a server sends it: no mask, and no bit that says that there is one.
            let mut frame = masked.clone();
            frame[1] &= 0x7f;
            frame.drain(head..head + 4);
            assert_eq!(first(&frame), Some((&payload[..], frame.len())), "{length}");
            assert_eq!(first(&frame[..frame.len() - 1]), None, "{length}");
        }
        assert_eq!(first(b"\x89\x02hi"), Some((&b""[..], 4)), "a ping is no message");
    }

    #[test]
    fn an_answer_that_begins_no_websocket_is_told() {
        assert_eq!(accepted(b"HTTP/1.1 101 Switching Protocols\r\nA: b\r\n").unwrap(), None);
        assert_eq!(accepted(b"HTTP/1.1 101 Switching Protocols\r\n\r\nmore").unwrap(), Some(36));
        let refused = accepted(b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap_err();
        assert!(refused.to_string().ends_with("HTTP/1.1 403 Forbidden"), "{refused}");
    }
}
