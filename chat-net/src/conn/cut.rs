//! Cuts what a connection sends into pieces: frames, lines, and chunks of files, which are not copied if they are long.

use std::io;
use std::task::{Context, Poll, ready};

use bytes::{BufMut, Bytes, BytesMut};
use chat_core::TransferId;

use super::READ_BYTES;
use super::io::Source;
use super::reader::{End, Reader};
use crate::codec::frame::{CHUNK_HEAD_BYTES, HEADER_BYTES};
use crate::codec::line::{Line, LineSplitter};
use crate::codec::websocket::Messages;
use crate::codec::{BadAsk, Chunk, Form, FromClient, bincode, frame};

/// How the bytes are cut.
#[derive(Debug)]
pub(super) enum Cut {
    Frames,
    Lines(LineSplitter),
    /// Boxed, because it has much to remember, and most connections are something else.
    Messages(Box<Messages>),
}

/// One piece of input.
pub(super) enum Piece {
    Payload(Result<FromClient, BadAsk>),
    /// Bytes of a file, and the binary frame that they came in, if they did, and it can be passed on.
    Chunk {
        chunk: Chunk,
        frame: Option<Bytes>,
    },
    Received {
        transfer: TransferId,
        offset: u64,
    },
    /// What a person typed.
    Line(Vec<u8>),
    TooLong,
    /// A WebSocket's ping.
    Ping(Bytes),
    /// A WebSocket's close.
    Closed(Option<u16>),
}

impl From<Result<FromClient, BadAsk>> for Piece {
    fn from(frame: Result<FromClient, BadAsk>) -> Piece {
        match frame {
            Ok(FromClient::Chunk(chunk)) => Piece::Chunk { chunk, frame: None },
            Ok(FromClient::Received { transfer, offset }) => Piece::Received { transfer, offset },
            other => Piece::Payload(other),
        }
    }
}

/// So much may be read behind a chunk, to see whether another one follows it.
const BEHIND: usize = 64;

impl Reader {
    /// Cuts the next piece off `buffer[*at..]`.
    pub(super) fn next(&mut self, buffer: &mut BytesMut, at: &mut usize) -> Result<Option<Piece>, End> {
        let form = self.outbox.form;
        match &mut self.cut {
            Cut::Frames => self.next_frame(buffer, at),
            Cut::Messages(_) => self.next_message(buffer, at),
            Cut::Lines(lines) => {
                let (piece, used) = match lines.next(&buffer[*at..]) {
                    Line::Complete { line, used } if form == Form::Text => {
                        (Some(Piece::Line(line.to_vec())), used)
                    }
                    Line::Complete { line, used } if line.trim_ascii().is_empty() => {
                        (Some(Piece::Line(Vec::new())), used)
                    }
                    Line::Complete { line, used } => (Some(form.decode_client(line).into()), used),
                    Line::TooLong { used } => (Some(Piece::TooLong), used),
                    Line::Incomplete { used } => (None, used),
                };
                *at += used;
                Ok(piece)
            }
        }
    }

    fn next_frame(&mut self, buffer: &mut BytesMut, at: &mut usize) -> Result<Option<Piece>, End> {
        let form = self.outbox.form;
        let Some(limit) = self.frame_limit(&buffer[*at..]) else { return Ok(None) };
        let split = frame::split(&buffer[*at..], limit).map_err(|error| End::Closed(error.code()))?;
        let Some((payload, used)) = split else { return Ok(None) };
        if form == Form::Bincode && bincode::is_chunk(payload) {
            let frame = match std::mem::take(&mut self.room) {
                // The buffer was made for this frame.
                1.. => buffer.split_to(used).freeze(),
                0 => {
                    let frame = Bytes::copy_from_slice(&buffer[*at..*at + used]);
                    *at += used;
                    frame
                }
            };
            let payload = frame.slice(HEADER_BYTES..);
            return Ok(Some(match bincode::chunk_of(&payload) {
                Some(chunk) => {
                    let is_plain = bincode::is_plain(&payload, &chunk);
                    Piece::Chunk { chunk, frame: Some(frame).filter(|_| is_plain) }
                }
                None => form.decode_client(&payload).into(),
            }));
        }
        self.room = 0;
        *at += used;
        Ok(Some(form.decode_client(payload).into()))
    }

    /// Bytes in the payload of the largest chunk that is taken.
    pub(super) fn largest_chunk(&self) -> usize {
        let bytes = match self.outbox.form.is_binary() {
            true => self.shared.chunk_bytes,
            false => self.shared.chunk_bytes.div_ceil(3) * 4,
        };
        bytes + CHUNK_HEAD_BYTES
    }

    /// The largest payload that the frame may have with which `buffer` begins. `None`: that shows when there is more of
    /// it.
    fn frame_limit(&self, buffer: &[u8]) -> Option<usize> {
        let limits = &self.shared.limits;
        if !self.is_attached {
            return Some(limits.hello_frame_bytes);
        }
        let largest_chunk = self.largest_chunk();
        match frame::length(buffer) {
            Some(length) if length > limits.frame_bytes && length <= largest_chunk => {
                let is_chunk = self.outbox.form.begins_chunk(&buffer[HEADER_BYTES..])?;
                Some(if is_chunk { largest_chunk } else { limits.frame_bytes })
            }
            _ => Some(limits.frame_bytes),
        }
    }

    /// If what is left begins with a long chunk of a transfer that is on its way: makes room for all of it, so that the
    /// rest of it is read to where it stays.
    pub(super) fn make_room(&mut self) {
        let length = frame::length(&self.partial).filter(|_| self.carries && matches!(self.cut, Cut::Frames));
        let is_chunk = |length: &usize| {
            let payload = &self.partial[HEADER_BYTES..];
            let is_long = *length > READ_BYTES && payload.len() < *length;
            is_long && self.outbox.form.begins_chunk(payload) == Some(true)
        };
        let Some(length) = length.filter(is_chunk) else {
            // Nothing of a chunk that has been used up is kept for what is left.
            if self.partial.len() <= BEHIND && !self.partial.is_empty() {
                self.partial = BytesMut::from(&self.partial[..]);
            }
            return;
        };
        // The limit was checked when it was looked at.
        let room = HEADER_BYTES + length + BEHIND;
        self.room = u32::try_from(room).unwrap_or(0);
        let mut whole = BytesMut::with_capacity(room);
        whole.extend_from_slice(&self.partial);
        self.partial = whole;
    }

    /// Reads on a chunk, into the room that was made for it. `Ok(0)`: the end.
    pub(super) fn poll_fill(&mut self, cx: &mut Context<'_>, source: &mut Source) -> Poll<io::Result<usize>> {
        let room = self.room as usize;
        let left = room - self.partial.len();
        let mut rest = (&mut self.partial).limit(left);
        let count = ready!(source.poll_read(cx, &mut rest))?;
        self.outbox.heard(self.shared.now_ms());
        self.outbox.counters.received(count);
        self.has_input = self.partial.len() + BEHIND >= room;
        Poll::Ready(Ok(count))
    }
}
