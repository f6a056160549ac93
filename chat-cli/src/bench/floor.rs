//! The floor: a bare loop that does the least that can be done for the same bytes on the same sockets.
//!
//! One thread, one poller. It counts the messages in what it reads and looks at nothing else in them; for each
//! batch it has read, every socket of the room gets as many copies of one canned message in one vectored write.

use std::io::{self, ErrorKind, IoSlice, Read, Write};

use anyhow::{Context, Result};
use clap::Args;
use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use super::framing::{Counter, Framing};

/// What the bare loop answers; all of it is taken from what the server did.
#[derive(Args, Clone, Debug)]
pub(crate) struct FloorArgs {
    /// How messages are told apart
    #[arg(long, value_enum)]
    pub(super) framing: Framing,
    /// Bytes at the start of each connection that are no message
    #[arg(long)]
    pub(super) preface: usize,
    /// How many messages make up the hello
    #[arg(long)]
    pub(super) hellos: usize,
    /// How many connections in a row are one room; 0: all
    #[arg(long)]
    pub(super) room: usize,
    /// The speaker gets the message too
    #[arg(long)]
    pub(super) own: bool,
    /// What answers the hello, in hexadecimal digits
    #[arg(long)]
    pub(super) welcome: String,
    /// What each member gets for each message, in hexadecimal digits
    #[arg(long)]
    pub(super) message: String,
}

const LISTENER: Token = Token(usize::MAX);
/// Linux takes no more in one call: UIO_MAXIOV of writev(2).
const SLICES: usize = 1024;
const READ_BYTES: usize = 256 * 1024;

struct Floor<'m> {
    args: FloorArgs,
    poll: Poll,
    listener: TcpListener,
    connections: Vec<Connection>,
    welcome: Vec<u8>,
    message: &'m [u8],
    copies: Vec<IoSlice<'m>>,
    buffer: Vec<u8>,
}

struct Connection {
    stream: TcpStream,
    counter: Counter,
    hellos_to_come: usize,
    /// Bytes that it is still to get; more than none only while its socket is full.
    owed: usize,
    waits: bool,
    open: bool,
}

/// Listens, says where, and serves until it is killed.
pub(super) fn run(args: FloorArgs) -> Result<()> {
    let message = from_hex(&args.message).context("--message")?;
    let welcome = from_hex(&args.welcome).context("--welcome")?;
    let mut listener = TcpListener::bind(([127, 0, 0, 1], 0).into()).context("the floor cannot listen")?;
    println!(r#"{{"listening":"{}"}}"#, listener.local_addr()?);
    let poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let mut floor = Floor {
        args,
        poll,
        listener,
        connections: Vec::new(),
        welcome,
        message: &message,
        copies: vec![IoSlice::new(&message); SLICES],
        buffer: vec![0; READ_BYTES],
    };
    let mut events = Events::with_capacity(1024);
    loop {
        match floor.poll.poll(&mut events, None) {
            Err(e) if e.kind() == ErrorKind::Interrupted => continue,
            other => other?,
        }
        for event in &events {
            match event.token() {
                LISTENER => floor.accept()?,
                Token(index) => {
                    if event.is_readable() {
                        floor.read(index)?;
                    }
                    if event.is_writable() && floor.connections[index].waits {
                        floor.write(index, 0)?;
                    }
                }
            }
        }
    }
}

impl Floor<'_> {
    fn accept(&mut self) -> io::Result<()> {
        loop {
            let mut stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) => return Err(e),
            };
            stream.set_nodelay(true)?;
            let token = Token(self.connections.len());
            self.poll.registry().register(&mut stream, token, Interest::READABLE)?;
            self.connections.push(Connection {
                stream,
                counter: Counter::new(self.args.framing, self.args.preface),
                hellos_to_come: self.args.hellos,
                owed: 0,
                waits: false,
                open: true,
            });
        }
    }

    /// The poller tells of each arrival once, so all that has arrived must be read; a read that does not fill
    /// the buffer got all.
    fn read(&mut self, index: usize) -> io::Result<()> {
        while self.connections[index].open {
            let connection = &mut self.connections[index];
            let read = match connection.stream.read(&mut self.buffer) {
                Ok(0) => 0,
                Ok(read) => read,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(_) => 0,
            };
            if read == 0 {
                return self.close(index);
            }
            let count = connection.counter.count(&self.buffer[..read]);
            self.heard(index, count)?;
            if read < self.buffer.len() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn heard(&mut self, speaker: usize, mut count: usize) -> io::Result<()> {
        let connection = &mut self.connections[speaker];
        if connection.hellos_to_come > 0 {
            let hellos = connection.hellos_to_come.min(count);
            connection.hellos_to_come -= hellos;
            count -= hellos;
            if connection.hellos_to_come == 0 {
                connection.stream.write_all(&self.welcome)?;
            }
        }
        if count == 0 {
            return Ok(());
        }
        let room = match self.args.room {
            0 => 0..self.connections.len(),
            size => {
                let first = speaker / size * size;
                first..(first + size).min(self.connections.len())
            }
        };
        for index in room {
            if index != speaker || self.args.own {
                self.write(index, count)?;
            }
        }
        Ok(())
    }

    /// Writes so many messages more, and what is still owed, as far as the socket takes it.
    fn write(&mut self, index: usize, messages: usize) -> io::Result<()> {
        let connection = &mut self.connections[index];
        if !connection.open {
            return Ok(());
        }
        connection.owed += messages * self.message.len();
        while connection.owed > 0 {
            let begun = connection.owed % self.message.len();
            let written = if begun > 0 {
                connection.stream.write(&self.message[self.message.len() - begun..])
            } else {
                let whole = (connection.owed / self.message.len()).min(SLICES);
                connection.stream.write_vectored(&self.copies[..whole])
            };
            match written {
                Ok(written) => connection.owed -= written,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return self.close(index),
            }
        }
        let waits = connection.owed > 0;
        if waits != connection.waits {
            connection.waits = waits;
            let interest = if waits { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
            self.poll.registry().reregister(&mut connection.stream, Token(index), interest)?;
        }
        Ok(())
    }

    /// The place in the list is kept: places say who is in which room.
    fn close(&mut self, index: usize) -> io::Result<()> {
        let connection = &mut self.connections[index];
        connection.open = false;
        connection.owed = 0;
        self.poll.registry().deregister(&mut connection.stream)?;
        let _ = connection.stream.shutdown(std::net::Shutdown::Both);
        Ok(())
    }
}

/// Bytes as hexadecimal digits, for a flag's value.
pub(super) fn to_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a String takes every write");
        hex
    })
}

fn from_hex(hex: &str) -> Result<Vec<u8>> {
    anyhow::ensure!(hex.is_ascii() && hex.len().is_multiple_of(2), "an even number of hexadecimal digits");
    let bytes = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16));
    let bytes: Vec<u8> = bytes.collect::<Result<_, _>>().context("hexadecimal digits")?;
    anyhow::ensure!(!bytes.is_empty(), "at least one byte");
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_the_command_line() {
        assert_eq!(to_hex(b"\0\xffa"), "00ff61");
        assert_eq!(from_hex("00ff61").unwrap(), b"\0\xffa");
        for bad in ["", "0", "0g", "é"] {
            assert!(from_hex(bad).is_err(), "{bad}");
        }
    }
}
