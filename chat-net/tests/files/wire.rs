//! The wire between a client and its server: it counts the bytes of files, holds them back, and breaks where a test says so.

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::BytesMut;
use chat_net::client::Link;
use chat_net::codec::{FromClient, FromServer, bincode, frame};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, duplex, split};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::peer::LONG;

/// What the client's end holds: little, so that what was sent is counted.
const PIPE_BYTES: usize = 4096;

/// One client's way to the server, over all of its links.
#[derive(Debug, Default)]
pub(crate) struct Wire {
    /// From the client.
    pub(crate) up: Way,
    /// To the client.
    pub(crate) down: Way,
    link: Mutex<CancellationToken>,
}

/// One direction of it.
#[derive(Debug)]
pub(crate) struct Way {
    /// Bytes of files that came by.
    bytes: watch::Sender<u64>,
    /// From so many on, nothing goes by.
    gate: watch::Sender<u64>,
    /// At so many the link breaks.
    breaks: Mutex<VecDeque<u64>>,
}

impl Default for Way {
    fn default() -> Way {
        Way { bytes: watch::Sender::new(0), gate: watch::Sender::new(u64::MAX), breaks: Mutex::default() }
    }
}

impl Way {
    /// Bytes of files that came by.
    pub(crate) fn bytes(&self) -> u64 {
        *self.bytes.borrow()
    }

    /// Nothing goes by any more once so many bytes of files did.
    pub(crate) fn hold_at(&self, bytes: u64) {
        self.gate.send_replace(bytes);
    }

    /// Everything goes by again.
    pub(crate) fn open(&self) {
        self.hold_at(u64::MAX);
    }

    /// The link breaks whenever so many bytes of files came by.
    pub(crate) fn break_at(&self, bytes: impl IntoIterator<Item = u64>) {
        self.breaks.lock().unwrap().extend(bytes);
    }

    /// How many breaks are still to come.
    pub(crate) fn breaks_left(&self) -> usize {
        self.breaks.lock().unwrap().len()
    }

    /// Waits until so many bytes of files came by.
    pub(crate) async fn reaches(&self, bytes: u64) {
        let mut seen = self.bytes.subscribe();
        timeout(LONG, seen.wait_for(|seen| *seen >= bytes)).await.expect("they come").unwrap();
    }

    /// Takes notice of a frame with so many bytes of a file; the link ends if it is not to go by.
    async fn passes(&self, bytes: u64) -> io::Result<()> {
        let mut gate = self.gate.subscribe();
        self.bytes.send_modify(|all| *all += bytes);
        let all = self.bytes();
        {
            let mut breaks = self.breaks.lock().unwrap();
            if breaks.front().is_some_and(|at| all >= *at) {
                breaks.pop_front();
                return Err(io::ErrorKind::ConnectionReset.into());
            }
        }
        gate.wait_for(|gate| all < *gate).await.map_err(io::Error::other)?;
        Ok(())
    }
}

impl Wire {
    /// Opens a link.
    pub(crate) async fn dial(self: Arc<Wire>, to: SocketAddr) -> io::Result<Link> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (near, far) = duplex(PIPE_BYTES);
        let ((from_client, to_client), (from_server, to_server)) = (split(far), split(stream));
        let link = CancellationToken::new();
        *self.link.lock().unwrap() = link.clone();
        let wire = Arc::clone(&self);
        let up = async move { carry(&wire.up, from_client, to_server, true).await };
        let down = async move { carry(&self.down, from_server, to_client, false).await };
        tokio::spawn(async move {
            tokio::select! {
                _ = up => {}
                _ = down => {}
                () = link.cancelled() => {}
            }
        });
        Ok(Link::over(near))
    }

    /// Breaks the link that there is.
    pub(crate) fn cut(&self) {
        self.link.lock().unwrap().cancel();
    }
}

/// Carries whole frames, until an end is gone or the link breaks.
async fn carry(
    way: &Way,
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    is_up: bool,
) -> io::Result<()> {
    let mut bytes = BytesMut::new();
    if is_up {
        while bytes.len() < frame::PREFACE_BYTES {
            fill(&mut from, &mut bytes).await?;
        }
        to.write_all(&bytes.split_to(frame::PREFACE_BYTES)).await?;
    }
    loop {
        let found = frame::split(&bytes, frame::MAX_CHUNK_PAYLOAD).map_err(io::Error::other)?;
        let Some((payload, used)) = found else {
            fill(&mut from, &mut bytes).await?;
            continue;
        };
        way.passes(file_bytes(payload, is_up)).await?;
        to.write_all(&bytes.split_to(used)).await?;
        to.flush().await?;
    }
}

async fn fill(from: &mut (impl AsyncRead + Unpin), bytes: &mut BytesMut) -> io::Result<()> {
    match from.read_buf(bytes).await? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        _ => Ok(()),
    }
}

/// The bytes of a file in a frame.
fn file_bytes(payload: &[u8], is_up: bool) -> u64 {
    let data = match is_up {
        true => match bincode::decode_client(payload) {
            Ok(FromClient::Chunk(chunk)) => chunk.data,
            _ => return 0,
        },
        false => match bincode::decode_server(payload) {
            Ok(FromServer::Chunk(chunk)) => chunk.data,
            _ => return 0,
        },
    };
    data.len() as u64
}
