//! The two halves of a connection's transport: TCP, shared with the engine, or anything else that can be
//! read and written.

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadHalf, WriteHalf};
use tokio::net::TcpStream;

/// What a connection runs over: anything that can be read and written.
pub trait Transport: AsyncRead + AsyncWrite + Send + Unpin + 'static {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Transport for T {}

/// What is read from.
pub(crate) enum Source {
    Tcp(Arc<TcpStream>),
    Other(ReadHalf<Box<dyn Transport>>),
}

/// What is written to.
pub(crate) enum Drain {
    Tcp(Arc<TcpStream>),
    Other(WriteHalf<Box<dyn Transport>>),
}

/// Both, and the handle that the engine writes to, if there is one.
pub(crate) type Halves = (Source, Drain, Option<Arc<TcpStream>>);

/// Splits a TCP stream into halves and the handle that the engine writes to.
pub(crate) fn tcp(stream: TcpStream) -> Halves {
    let stream = Arc::new(stream);
    (Source::Tcp(Arc::clone(&stream)), Drain::Tcp(Arc::clone(&stream)), Some(stream))
}

/// Splits any other transport into halves.
pub(crate) fn other(io: Box<dyn Transport>) -> Halves {
    let (read, write) = tokio::io::split(io);
    (Source::Other(read), Drain::Other(write), None)
}

impl Source {
    /// Reads what is there into the spare room of `buf`. Zero bytes: the end.
    pub(crate) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut impl BufMut,
    ) -> Poll<io::Result<usize>> {
        match self {
            Source::Tcp(stream) => loop {
                ready!(stream.poll_read_ready(cx))?;
                match stream.try_read_buf(buf) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return Poll::Ready(result),
                }
            },
            // Begun anew each time: it reads at once or not at all.
            Source::Other(half) => pin!(half.read_buf(buf)).poll(cx),
        }
    }
}

impl AsyncWrite for Drain {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Drain::Tcp(stream) => loop {
                ready!(stream.poll_write_ready(cx))?;
                match stream.try_write_vectored(slices) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    result => return Poll::Ready(result),
                }
            },
            Drain::Other(half) => Pin::new(half).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match self {
            Drain::Tcp(_) => true,
            Drain::Other(half) => half.is_write_vectored(),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Drain::Tcp(_) => Poll::Ready(Ok(())),
            Drain::Other(half) => Pin::new(half).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            // The socket is closed when the last handle to it goes.
            Drain::Tcp(stream) => Poll::Ready(shutdown(stream)),
            Drain::Other(half) => Pin::new(half).poll_shutdown(cx),
        }
    }
}

fn shutdown(stream: &TcpStream) -> io::Result<()> {
    socket2::SockRef::from(stream).shutdown(std::net::Shutdown::Write)
}
