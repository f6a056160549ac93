//! The two halves of a connection as one stream again, with what was read of it before.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::io::{Drain, Halves, Source};

/// A connection from its first byte on, although some have been looked at.
pub(crate) struct Whole {
    first: Bytes,
    source: Source,
    drain: Drain,
    #[cfg_attr(not(feature = "web"), expect(dead_code, reason = "only HTTP gives a connection back"))]
    socket: Option<Arc<TcpStream>>,
}

impl Whole {
    pub(crate) fn new(first: Vec<u8>, (source, drain, socket): Halves) -> Whole {
        Whole { first: first.into(), source, drain, socket }
    }

    /// The halves again, and what was not read of the beginning.
    #[cfg(feature = "web")]
    pub(crate) fn into_halves(self) -> (Bytes, Halves) {
        (self.first, (self.source, self.drain, self.socket))
    }
}

impl AsyncRead for Whole {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.first.is_empty() {
            let mut room = buf.initialize_unfilled();
            let count = ready!(self.source.poll_read(cx, &mut room))?;
            buf.advance(count);
            return Poll::Ready(Ok(()));
        }
        let count = self.first.len().min(buf.remaining());
        buf.put_slice(&self.first[..count]);
        self.first.advance(count);
        if self.first.is_empty() {
            // Nothing of what was looked at is kept.
            self.first = Bytes::new();
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Whole {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.drain).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.drain).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.drain.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.drain).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.drain).poll_shutdown(cx)
    }
}
