//! The two ends of the bare relay: they know nothing of chunks or hashes.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::relay::PIECE;

/// What is at the ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends<'a> {
    /// The same bytes again and again, which are dropped where they arrive.
    Bare {
        /// How many of them.
        bytes: u64,
    },
    /// A file, which is written where it arrives; gone afterwards.
    Files {
        /// What is sent.
        source: &'a Path,
        /// Where it is written.
        folder: &'a Path,
    },
}

/// Sends bytes through the relay to `receivers`; gives how long it took until the last had all of them.
pub(super) fn send(relay: SocketAddr, ends: Ends<'_>, receivers: usize) -> Result<Duration> {
    let (mut source, size): (Box<dyn Read>, u64) = match ends {
        Ends::Bare { bytes } => (Box::new(io::repeat(7).take(bytes)), bytes),
        Ends::Files { source, .. } => (Box::new(File::open(source)?), source.metadata()?.len()),
    };
    let readers: Vec<JoinHandle<Result<u64>>> = (0..receivers)
        .map(|index| {
            let path = match ends {
                Ends::Bare { .. } => None,
                Ends::Files { folder, .. } => Some(folder.join(format!("bare-{index}"))),
            };
            let stream = TcpStream::connect(relay)?;
            Ok(std::thread::spawn(move || receive(stream, path)))
        })
        .collect::<Result<_>>()?;
    let mut stream = TcpStream::connect(relay)?;
    stream.set_nodelay(true)?;
    let (begun, mut piece) = (Instant::now(), vec![0; PIECE]);
    loop {
        let read = source.read(&mut piece)?;
        if read == 0 {
            break;
        }
        stream.write_all(&piece[..read]).context("the relay is gone")?;
    }
    drop(stream);
    for reader in readers {
        let received = reader.join().map_err(|_| anyhow!("a receiver of the relay panicked"))??;
        ensure!(received == size, "the relay passed on {received} of {size} bytes");
    }
    Ok(begun.elapsed())
}

fn receive(mut stream: TcpStream, path: Option<PathBuf>) -> Result<u64> {
    let mut file = path.as_ref().map(File::create_new).transpose()?;
    let (mut piece, mut received) = (vec![0; PIECE], 0);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            path.map(std::fs::remove_file).transpose()?;
            return Ok(received);
        }
        if let Some(file) = &mut file {
            file.write_all(&piece[..read])?;
        }
        received += read as u64;
    }
}
