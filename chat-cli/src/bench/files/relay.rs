//! The floor of transfers: a bare loop that passes bytes on from one socket to others, and does nothing else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use anyhow::{Context, Result};
use clap::Args;

/// Bytes that are read at once: as many as a chunk has.
pub(super) const PIECE: usize = 64 * 1024;

/// Between whom it passes bytes on.
#[derive(Args, Clone, Debug)]
pub(crate) struct RelayArgs {
    /// How many receivers there are; they connect first, then the sender
    #[arg(long)]
    receivers: usize,
}

/// Listens, says where, and serves one sender after the other until it is killed.
pub(crate) fn run(args: &RelayArgs) -> Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("the relay cannot listen")?;
    println!(r#"{{"listening":"{}"}}"#, listener.local_addr()?);
    loop {
        let accept = || -> std::io::Result<TcpStream> {
            let stream = listener.accept()?.0;
            stream.set_nodelay(true)?;
            Ok(stream)
        };
        let mut receivers = (0..args.receivers).map(|_| accept()).collect::<std::io::Result<Vec<_>>>()?;
        pass_on(&mut accept()?, &mut receivers)?;
    }
}

fn pass_on(sender: &mut TcpStream, receivers: &mut [TcpStream]) -> std::io::Result<()> {
    let mut piece = vec![0; PIECE];
    loop {
        let read = sender.read(&mut piece)?;
        if read == 0 {
            return Ok(());
        }
        for receiver in receivers.iter_mut() {
            receiver.write_all(&piece[..read])?;
        }
    }
}
