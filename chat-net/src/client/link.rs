//! A link to a server: frames over a byte stream.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use bytes::buf::Chain;
use bytes::{Buf, Bytes, BytesMut};
use chat_core::{Code, Refusal};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};

use crate::client::error::ConnectError;
use crate::client::files::OutChunk;
use crate::codec::frame::{self, FrameError, HEADER_BYTES, MAX_CLIENT_PAYLOAD, MAX_SERVER_PAYLOAD};
use crate::codec::{Chunk, Form, FromClient, FromServer, ProtocolError, TooLarge, bincode};
use crate::notice;

/// Room for so many bytes is made at a time,
const READ_BYTES: usize = 8 * 1024;

/// and while files are received, for so many.
const BULK_BYTES: usize = 256 * 1024;

/// While more than so much waits to be sent, no more asks are taken.
const WRITE_BYTES: usize = 64 * 1024;

/// Opens a link, each time the client comes (back).
pub(super) type Dial =
    Box<dyn FnMut() -> Pin<Box<dyn Future<Output = Result<Link, ConnectError>> + Send>> + Send + 'static>;

pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One link to a server, not yet greeted.
#[derive(Debug)]
pub struct Link {
    pub(super) incoming: Incoming,
    pub(super) outgoing: Outgoing,
}

/// What the server says.
pub(super) struct Incoming {
    io: ReadHalf<Box<dyn Stream>>,
    bytes: BytesMut,
}

/// What the client says. Frames wait here until [`Outgoing::drain`] has sent them.
pub(super) struct Outgoing {
    io: WriteHalf<Box<dyn Stream>>,
    bytes: BytesMut,
    /// The chunk that is being sent. What has begun goes before all else.
    chunk: Option<Chain<Bytes, Bytes>>,
    is_flushed: bool,
    limit: usize,
}

impl Link {
    /// The framed protocol over a byte stream.
    #[must_use]
    pub fn over(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Link {
        let stream: Box<dyn Stream> = Box::new(io);
        let (read, write) = split(stream);
        let mut bytes = BytesMut::new();
        bytes.extend(frame::preface(Form::Bincode).into_iter().flatten());
        Link {
            incoming: Incoming { io: read, bytes: BytesMut::new() },
            outgoing: Outgoing { io: write, bytes, chunk: None, is_flushed: true, limit: MAX_CLIENT_PAYLOAD },
        }
    }
}

impl Incoming {
    /// The next frame that this version knows; `is_bulk`: many bytes are to be expected. Cancel safe.
    pub(super) async fn next(&mut self, is_bulk: bool) -> Result<FromServer, ConnectError> {
        loop {
            if is_greeting(&self.bytes) {
                return Err(late().into());
            }
            if let Some(frame) = decode(&mut self.bytes)? {
                return Ok(frame);
            }
            self.make_room(is_bulk)?;
            if self.io.read_buf(&mut self.bytes).await.map_err(plainly)? == 0 {
                return Err(ended().into());
            }
        }
    }

    /// The next frame, if it is a chunk and all of it has come already.
    pub(super) fn chunk(&mut self) -> Result<Option<Chunk>, ProtocolError> {
        let is_chunk = self.bytes.get(HEADER_BYTES..).is_some_and(bincode::is_chunk);
        match if is_chunk { decode(&mut self.bytes)? } else { None } {
            Some(FromServer::Chunk(chunk)) => Ok(Some(chunk)),
            Some(_) | None => Ok(None),
        }
    }

    /// Room for the rest of the frame that began; without copying what is there, as long as there is some.
    fn make_room(&mut self, is_bulk: bool) -> Result<(), ProtocolError> {
        if self.bytes.is_empty() && !is_bulk && self.bytes.capacity() > BULK_BYTES / 2 {
            self.bytes = BytesMut::new();
        }
        let missing = frame::missing(&self.bytes, limit(&self.bytes)).map_err(broken)?;
        let room = self.bytes.capacity() - self.bytes.len();
        if room < missing.max(READ_BYTES) {
            let most = if is_bulk { BULK_BYTES } else { READ_BYTES };
            self.bytes.reserve(missing.clamp(READ_BYTES, frame::MAX_CHUNK_PAYLOAD).max(most));
        }
        Ok(())
    }
}

/// The largest payload that the frame at the beginning may have: only chunks may be longer than the rest.
fn limit(bytes: &[u8]) -> usize {
    match bytes.get(HEADER_BYTES..) {
        Some(payload) if bincode::is_chunk(payload) => frame::MAX_CHUNK_PAYLOAD,
        // It may be one: its length alone does not tell.
        Some([]) | None => frame::MAX_CHUNK_PAYLOAD,
        Some(_) => MAX_SERVER_PAYLOAD,
    }
}

fn broken(error: FrameError) -> ProtocolError {
    ProtocolError::Broken { why: error.to_string() }
}

/// What a server tells a person begins so. No frame does: it would be larger than any.
fn is_greeting(bytes: &[u8]) -> bool {
    bytes.starts_with(b"- ")
}

/// The link was so slow that the server saw nothing for a while, and greeted a person. Another try may be faster.
fn late() -> io::Error {
    let why = "the link was too slow, and the server took this client for a person with nc";
    io::Error::new(io::ErrorKind::TimedOut, why)
}

/// A server that is killed says no TLS goodbye. What rustls says of that is for programmers.
fn plainly(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::UnexpectedEof { ended() } else { error }
}

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server ended the connection")
}

/// Takes the first whole frame out of `bytes`; skips what only newer versions know. The bytes of a chunk are not copied.
fn decode(bytes: &mut BytesMut) -> Result<Option<FromServer>, ProtocolError> {
    loop {
        let Some((payload, used)) = frame::split(bytes, limit(bytes)).map_err(broken)? else {
            return Ok(None);
        };
        if bincode::is_chunk(payload) {
            let mut payload = bytes.split_to(used).freeze();
            payload.advance(HEADER_BYTES);
            let chunk = bincode::chunk_of(&payload);
            return chunk.map(|chunk| Some(FromServer::Chunk(chunk))).ok_or_else(|| ProtocolError::Broken {
                why: "a chunk does not have the length that it tells".into(),
            });
        }
        let decoded = bincode::decode_server(payload);
        bytes.advance(used);
        match decoded {
            Ok(frame) => return Ok(Some(frame)),
            Err(ProtocolError::Unknown { what }) => tracing::debug!(what, "skipped what is not known here"),
            Err(error) => return Err(error),
        }
    }
}

impl Outgoing {
    /// The largest payload that the server takes.
    pub(super) fn set_limit(&mut self, payload_bytes: u32) {
        self.limit = payload_bytes as usize;
    }

    /// Appends a frame, to be sent by [`Outgoing::drain`].
    pub(super) fn push(&mut self, frame: &FromClient) -> Result<(), TooLarge> {
        frame::put(&mut self.bytes, self.limit, |out| bincode::encode_client(frame, out))
    }

    pub(super) fn is_drained(&self) -> bool {
        self.bytes.is_empty() && self.chunk.is_none() && self.is_flushed
    }

    /// Whether the server takes what is sent: if not, asks must wait.
    pub(super) fn has_room(&self) -> bool {
        self.bytes.len() < WRITE_BYTES
    }

    /// Sends all that waits, and behind it one chunk, if there is a next one. Cancel safe: what was sent is gone from the
    /// queue, and nothing else is.
    pub(super) async fn drain(&mut self, next: impl FnOnce() -> Option<OutChunk>) -> io::Result<()> {
        self.drain_chunk().await?;
        while self.bytes.has_remaining() {
            self.is_flushed = false;
            if self.io.write_buf(&mut self.bytes).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        if let Some(OutChunk { head, data, .. }) = next() {
            self.is_flushed = false;
            self.chunk = Some(head.chain(data));
            return self.drain_chunk().await;
        }
        self.io.flush().await?;
        self.is_flushed = true;
        Ok(())
    }

    async fn drain_chunk(&mut self) -> io::Result<()> {
        while let Some(chunk) = &mut self.chunk {
            if !chunk.has_remaining() {
                self.chunk = None;
            } else if self.io.write_buf(chunk).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Incoming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Incoming").finish_non_exhaustive()
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").finish_non_exhaustive()
    }
}

/// What a frame that is too large for the server is refused with, as the server would.
pub(super) fn refusal(error: TooLarge) -> Refusal {
    notice::refusal_saying(Code::TooLong, &error.to_string(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::notice::Why;

    #[tokio::test]
    async fn a_client_that_was_greeted_as_a_person_tries_again() {
        let (near, mut far) = tokio::io::duplex(1024);
        let mut link = Link::over(near);
        tokio::io::AsyncWriteExt::write_all(&mut far, b"- Welcome! This is a chat").await.unwrap();
        let error = link.incoming.next(false).await.unwrap_err();
        assert!(error.to_string().contains("too slow"), "{error}");
        assert!(Why::from(error).is_retryable());
    }
}
