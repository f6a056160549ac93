//! A WebSocket's messages, pings and close, as a connection takes them.

use bytes::{Bytes, BytesMut};

use super::cut::{Cut, Piece};
use super::outbox::Lane;
use super::reader::{End, FREE, Reader};
use crate::codec::websocket::{self, Incoming, Limit, Opcode};
use crate::codec::{BadAsk, Form, FromClient, bincode};

impl Reader {
    /// Takes frames off `buffer[*at..]` until one completes something.
    pub(super) fn next_message(
        &mut self,
        buffer: &mut BytesMut,
        at: &mut usize,
    ) -> Result<Option<Piece>, End> {
        let (form, limit) = (self.outbox.form, self.message_limit());
        let Cut::Messages(messages) = &mut self.cut else { return Ok(None) };
        loop {
            let (incoming, used) = messages.next(&mut buffer[*at..], &limit).map_err(|error| {
                tracing::debug!(%error, "a WebSocket broke the rules");
                End::Closed(error.code())
            })?;
            let piece = incoming.filter(|it| *it != Incoming::Pong).map(|incoming| piece(form, incoming));
            *at += used;
            if piece.is_some() || used == 0 {
                return piece.transpose();
            }
        }
    }

    fn message_limit(&self) -> Limit {
        let limits = &self.shared.limits;
        Limit {
            usual: if self.is_attached { limits.frame_bytes } else { limits.hello_frame_bytes },
            long: if self.is_attached { self.largest_chunk() } else { 0 },
            is_long: match self.outbox.form.is_binary() {
                true => |begin| Form::WsBincode.begins_chunk(begin),
                false => |begin| Form::WsJson.begins_chunk(begin),
            },
        }
    }

    /// Answers a ping, which is paced as those of the chat are.
    pub(super) async fn pong(&mut self, bytes: &[u8]) -> Result<(), End> {
        self.paced(chat_core::RequestId::NONE, FREE).await?;
        let mut out = BytesMut::new();
        // A ping's payload is no longer than a pong's.
        if websocket::put(&mut out, Opcode::Pong, bytes.len(), |out| out.extend_from_slice(bytes)).is_ok() {
            self.push_bytes(Lane::Control, out);
        }
        Ok(())
    }

    /// The peer ends the WebSocket: so does this end, without another word. The session may be resumed.
    pub(super) fn closed(&self, code: Option<u16>) -> End {
        let mut out = BytesMut::new();
        websocket::put_close(&mut out, code, "");
        self.outbox.close(out.freeze(), false);
        End::Lost
    }
}

/// What a message is to the reader.
fn piece(form: Form, incoming: Incoming<'_>) -> Result<Piece, End> {
    let payload = match incoming {
        Incoming::Ping(bytes) => return Ok(Piece::Ping(Bytes::copy_from_slice(bytes))),
        Incoming::Close(code) => return Ok(Piece::Closed(code)),
        Incoming::Text(text) if !form.is_binary() => text.as_bytes(),
        Incoming::Binary(bytes) if form.is_binary() => bytes,
        // The subprotocol says which it is.
        Incoming::Text(_) | Incoming::Binary(_) | Incoming::Pong => {
            return Err(End::Closed(chat_core::Code::BadFrame));
        }
    };
    if form.is_binary() && bincode::is_chunk(payload) {
        let payload = Bytes::copy_from_slice(payload);
        let chunk = bincode::chunk_of(&payload).map(FromClient::Chunk);
        return Ok(Piece::from(chunk.map_or_else(|| form.decode_client(&payload), Ok::<_, BadAsk>)));
    }
    Ok(form.decode_client(payload).into())
}
