//! One client's socket, with or without TLS in it; non-blocking.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

use anyhow::Result;
use mio::net::TcpStream;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};

use super::certificate::NAME;

/// A socket, and what encrypts what goes through it.
#[derive(Debug)]
pub(in crate::bench) struct Wire {
    pub(in crate::bench) stream: TcpStream,
    tls: Option<Box<ClientConnection>>,
}

impl Wire {
    /// What is written before the handshake is over goes out behind it.
    pub(in crate::bench) fn new(stream: TcpStream, tls: Option<&Arc<ClientConfig>>) -> Result<Wire> {
        let name = || ServerName::try_from(NAME).expect("it is a name");
        let tls = tls.map(|config| ClientConnection::new(Arc::clone(config), name())).transpose()?;
        Ok(Wire { stream, tls: tls.map(Box::new) })
    }

    pub(in crate::bench) fn is_secure(&self) -> bool {
        self.tls.is_some()
    }

    /// Takes so many of the bytes; those that are encrypted may wait here, see [`has_unsent`](Wire::has_unsent).
    pub(in crate::bench) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.stream.write(bytes) };
        let taken = tls.writer().write(bytes)?;
        self.flush()?;
        Ok(taken)
    }

    /// Whether the socket did not take all that was encrypted.
    pub(in crate::bench) fn has_unsent(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Writes what is encrypted, as far as the socket takes it.
    pub(in crate::bench) fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            match tls.write_tls(&mut self.stream) {
                Ok(_) => {}
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    /// Reads what is there; zero bytes: the end. With TLS, more may be there even if `buffer` was not filled.
    pub(in crate::bench) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let Some(tls) = &mut self.tls else { return self.stream.read(buffer) };
            match tls.reader().read(buffer) {
                Err(e) if e.kind() == ErrorKind::WouldBlock => {}
                other => return other,
            }
            if tls.read_tls(&mut self.stream)? == 0 {
                return Ok(0);
            }
            tls.process_new_packets().map_err(io::Error::other)?;
            // An answer of the handshake, and what waited for its end.
            self.flush()?;
        }
    }
}
