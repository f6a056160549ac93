//! The client's end of a WebSocket: the handshake, and frames made and read by somebody else's code.

use std::io::Cursor;

use bytes::BytesMut;
use chat_net::codec::Form;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::frame::coding::{Data, OpCode};
use tungstenite::protocol::frame::{Frame, FrameHeader};

use crate::peer::Peer;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// The request that begins a WebSocket of that form.
pub(crate) fn handshake(form: Form) -> String {
    let name = if form == Form::WsJson { "chat.v1.json" } else { "chat.v1.bincode" };
    format!(
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Protocol: {name}\r\n\r\n"
    )
}

/// Shakes hands.
pub(crate) async fn begin(peer: &mut Peer, form: Form) {
    peer.raw(handshake(form).as_bytes()).await;
    let head = peer.head().await;
    assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
    let accept = format!("sec-websocket-accept: {}\r\n", derive_accept_key(KEY.as_bytes()));
    assert!(head.to_ascii_lowercase().contains(&accept.to_ascii_lowercase()), "{head}");
}

/// A masked frame as a client sends it.
pub(crate) fn frame(opcode: OpCode, is_final: bool, payload: &[u8]) -> Vec<u8> {
    let mask = Some([0x5A, 0x01, 0xFF, 0x80]);
    let header = FrameHeader { is_final, opcode, mask, ..FrameHeader::default() };
    let mut out = Vec::new();
    Frame::from_payload(header, payload.to_vec().into()).format(&mut out).unwrap();
    out
}

/// A whole message of that form.
pub(crate) fn message(form: Form, payload: &[u8]) -> Vec<u8> {
    let data = if form == Form::WsJson { Data::Text } else { Data::Binary };
    frame(OpCode::Data(data), true, payload)
}

/// A close of that code.
#[cfg(feature = "web")]
pub(crate) fn close(code: u16) -> Vec<u8> {
    frame(OpCode::Control(tungstenite::protocol::frame::coding::Control::Close), true, &code.to_be_bytes())
}

/// The first frame of `bytes`, which is whole, not in fragments, and not masked: its opcode, its payload, and how many bytes
/// it took.
pub(crate) fn split(bytes: &BytesMut) -> Option<(OpCode, &[u8], usize)> {
    let mut cursor = Cursor::new(&bytes[..]);
    let (header, length) = FrameHeader::parse(&mut cursor).unwrap()?;
    assert!(header.is_final && header.mask.is_none() && !header.rsv1 && !header.rsv2 && !header.rsv3);
    let head = usize::try_from(cursor.position()).unwrap();
    let end = head + usize::try_from(length).unwrap();
    bytes.get(head..end).map(|payload| (header.opcode, payload, end))
}
