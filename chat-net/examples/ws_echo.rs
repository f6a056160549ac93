//! An echo over the WebSocket stack of the server, for suites that test whether a WebSocket keeps to RFC 6455.
//!
//! ```text
//! cargo run -p chat-net --features web --example ws_echo -- 127.0.0.1:9001
//! ```

use std::error::Error;

use bytes::{Buf, BytesMut};
use chat_net::codec::websocket::{Incoming, Limit, Messages, Opcode, close_code, put, put_close};
use chat_net::http::accept_value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// More than the largest message that a suite sends.
const MESSAGE_BYTES: usize = 64 << 20;
const HEAD_BYTES: usize = 16 << 10;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".into());
    let listener = TcpListener::bind(address).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move {
            if let Err(error) = converse(stream).await {
                eprintln!("{error}");
            }
        });
    }
}

async fn converse(mut stream: TcpStream) -> Result<(), Box<dyn Error + Send + Sync>> {
    stream.set_nodelay(true)?;
    let mut unread = BytesMut::new();
    let end = loop {
        if let Some(at) = unread.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if unread.len() > HEAD_BYTES || stream.read_buf(&mut unread).await? == 0 {
            return Err("that was no request".into());
        }
    };
    let head = String::from_utf8(unread.split_to(end).to_vec())?;
    let key = head.lines().filter_map(|line| line.split_once(':'));
    let mut key = key.filter(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-key"));
    let accept = key.next().and_then(|(_, key)| accept_value(key.trim())).ok_or("that was no handshake")?;
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    echo(stream, unread).await
}

/// Every message comes back as it was, until the end is agreed on or the rules are broken.
async fn echo(mut stream: TcpStream, mut unread: BytesMut) -> Result<(), Box<dyn Error + Send + Sync>> {
    let limit = Limit { usual: MESSAGE_BYTES, long: MESSAGE_BYTES, is_long: |_| Some(false) };
    let mut messages = Messages::default();
    let mut out = BytesMut::new();
    loop {
        let mut is_over = false;
        let used = match messages.next(&mut unread, &limit) {
            Ok((incoming, used)) => {
                match incoming {
                    Some(Incoming::Text(text)) => answer(&mut out, Opcode::Text, text.as_bytes())?,
                    Some(Incoming::Binary(bytes)) => answer(&mut out, Opcode::Binary, bytes)?,
                    Some(Incoming::Ping(bytes)) => answer(&mut out, Opcode::Pong, bytes)?,
                    Some(Incoming::Close(code)) => {
                        put_close(&mut out, code, "");
                        is_over = true;
                    }
                    Some(Incoming::Pong) | None => {}
                }
                used
            }
            Err(error) => {
                put_close(&mut out, Some(close_code(error.code().number())), &error.to_string());
                is_over = true;
                0
            }
        };
        unread.advance(used);
        stream.write_all_buf(&mut out).await?;
        if is_over {
            return Ok(stream.shutdown().await?);
        }
        if used == 0 && stream.read_buf(&mut unread).await? == 0 {
            return Ok(());
        }
    }
}

fn answer(out: &mut BytesMut, opcode: Opcode, payload: &[u8]) -> Result<(), chat_net::codec::TooLarge> {
    put(out, opcode, MESSAGE_BYTES, |out| out.extend_from_slice(payload))
}
