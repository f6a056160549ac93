//! A connection's halves as one stream, the bytes that the door has read before the rest.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Buf;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::conn::io::{Drain, Source};

/// The halves, and what was read from them already.
pub(crate) struct Stream {
    pub(crate) first: io::Cursor<Vec<u8>>,
    pub(crate) source: Source,
    pub(crate) drain: Drain,
    pub(crate) socket: Option<Arc<TcpStream>>,
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Stream { first, source, .. } = self.get_mut();
        if first.has_remaining() {
            let count = first.remaining().min(buf.remaining());
            buf.put_slice(&first.chunk()[..count]);
            first.advance(count);
            return Poll::Ready(Ok(()));
        }
        let mut room = buf.initialize_unfilled();
        source.poll_read(cx, &mut room).map_ok(|count| buf.advance(count))
    }
}

impl AsyncWrite for Stream {
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
