//! A client whose link is JSON, a line each: what it says is put into the other codec on the way.

use std::io;

use bytes::{Buf, BytesMut};
use chat_net::client::Link;
use chat_net::codec::frame::{MAX_CLIENT_PAYLOAD, MAX_SERVER_PAYLOAD, PREFACE_BYTES};
use chat_net::codec::{bincode, frame, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Opens a link to a server that is spoken to in JSON.
pub(crate) async fn open(address: &str) -> io::Result<Link> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (near, far) = duplex(64 * 1024);
    tokio::spawn(async move {
        let ((from_client, to_client), (from_server, to_server)) = (split(far), stream.into_split());
        // When one direction ends, so does the other: the link is broken.
        tokio::select! {
            _ = asks(from_client, to_server) => {}
            _ = answers(from_server, to_client) => {}
        }
    });
    Ok(Link::over(near))
}

async fn asks(mut from: ReadHalf<DuplexStream>, mut to: OwnedWriteHalf) -> io::Result<()> {
    let (mut bytes, mut out) = (BytesMut::new(), BytesMut::new());
    let mut is_begun = false;
    while from.read_buf(&mut bytes).await? > 0 {
        if !is_begun && bytes.len() >= PREFACE_BYTES {
            bytes.advance(PREFACE_BYTES);
            is_begun = true;
        }
        while is_begun && let Some((payload, used)) = frame::split(&bytes, MAX_CLIENT_PAYLOAD).unwrap() {
            json::encode_client(&bincode::decode_client(payload).unwrap(), &mut out);
            out.extend_from_slice(b"\n");
            bytes.advance(used);
        }
        to.write_all_buf(&mut out).await?;
    }
    Ok(())
}

async fn answers(mut from: OwnedReadHalf, mut to: WriteHalf<DuplexStream>) -> io::Result<()> {
    let (mut bytes, mut out) = (BytesMut::new(), BytesMut::new());
    while from.read_buf(&mut bytes).await? > 0 {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let line = json::decode_server(&bytes[..end]).unwrap();
            frame::put(&mut out, MAX_SERVER_PAYLOAD, |out| bincode::encode_server(&line, out)).unwrap();
            bytes.advance(end + 1);
        }
        to.write_all_buf(&mut out).await?;
    }
    Ok(())
}
