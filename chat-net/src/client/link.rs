//! A link to a server: frames over a byte stream.

use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;

use bytes::{Buf, BytesMut};
use chat_core::Code;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadHalf, WriteHalf, split};

use crate::client::error::ConnectError;
use crate::codec::frame::{self, MAX_CLIENT_PAYLOAD, MAX_SERVER_PAYLOAD};
use crate::codec::{Form, FromClient, FromServer, ProtocolError, TooLarge, bincode};

/// Room for so many bytes is made at a time.
const READ_BYTES: usize = 8 * 1024;

/// While more than so much waits to be sent, no more asks are taken.
const WRITE_BYTES: usize = 64 * 1024;

/// Opens a link, each time the client comes (back).
pub(super) type Dial =
    Box<dyn FnMut() -> Pin<Box<dyn Future<Output = io::Result<Link>> + Send>> + Send + 'static>;

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
            outgoing: Outgoing { io: write, bytes, is_flushed: true, limit: MAX_CLIENT_PAYLOAD },
        }
    }
}

impl Incoming {
    /// The next frame that this version knows. Cancel safe.
    pub(super) async fn next(&mut self) -> Result<FromServer, ConnectError> {
        loop {
            if is_greeting(&self.bytes) {
                return Err(late().into());
            }
            if let Some(frame) = decode(&mut self.bytes)? {
                return Ok(frame);
            }
            self.bytes.reserve(READ_BYTES);
            if self.io.read_buf(&mut self.bytes).await? == 0 {
                return Err(ended().into());
            }
        }
    }
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

fn ended() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server ended the connection")
}

/// Takes the first whole frame out of `bytes`; skips what only newer versions know.
fn decode(bytes: &mut BytesMut) -> Result<Option<FromServer>, ProtocolError> {
    loop {
        let split = frame::split(bytes, MAX_SERVER_PAYLOAD);
        let Some((payload, used)) =
            split.map_err(|error| ProtocolError::Broken { why: error.to_string() })?
        else {
            return Ok(None);
        };
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
        self.bytes.is_empty() && self.is_flushed
    }

    /// Whether the server takes what is sent: if not, asks must wait.
    pub(super) fn has_room(&self) -> bool {
        self.bytes.len() < WRITE_BYTES
    }

    /// Sends all that waits. Cancel safe: what was sent is gone from the queue, and nothing else is.
    pub(super) async fn drain(&mut self) -> io::Result<()> {
        while self.bytes.has_remaining() {
            self.is_flushed = false;
            if self.io.write_buf(&mut self.bytes).await? == 0 {
                return Err(io::ErrorKind::WriteZero.into());
            }
        }
        self.io.flush().await?;
        self.is_flushed = true;
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
pub(super) fn refusal(error: TooLarge) -> chat_core::Refusal {
    chat_core::Refusal {
        code: Code::TooLong.number(),
        reason: Code::TooLong.name().into(),
        message: error.to_string().into(),
        retry_after_ms: None,
    }
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
        let error = link.incoming.next().await.unwrap_err();
        assert!(error.to_string().contains("too slow"), "{error}");
        assert!(Why::from(error).is_retryable());
    }
}
