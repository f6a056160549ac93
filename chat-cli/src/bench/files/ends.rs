//! The two ends of the bare relay: they read and write the same files, and know nothing of chunks or hashes.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

use super::relay::PIECE;

/// Sends `source` through the relay to `receivers`, each into a file of its own in `folder`; gives how long it took
/// until the last had all of it. The files are gone afterwards.
pub(super) fn send(relay: SocketAddr, source: &Path, folder: &Path, receivers: usize) -> Result<Duration> {
    let size = source.metadata()?.len();
    let writers: Vec<JoinHandle<Result<u64>>> = (0..receivers)
        .map(|index| {
            let (stream, path) = (TcpStream::connect(relay)?, folder.join(format!("bare-{index}")));
            Ok(std::thread::spawn(move || receive(stream, &path)))
        })
        .collect::<Result<_>>()?;
    let mut stream = TcpStream::connect(relay)?;
    stream.set_nodelay(true)?;
    let begun = Instant::now();
    let (mut file, mut piece) = (File::open(source)?, vec![0; PIECE]);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            break;
        }
        stream.write_all(&piece[..read]).context("the relay is gone")?;
    }
    drop(stream);
    for writer in writers {
        let received = writer.join().map_err(|_| anyhow!("a receiver of the relay panicked"))??;
        ensure!(received == size, "the relay passed on {received} of {size} bytes");
    }
    Ok(begun.elapsed())
}

fn receive(mut stream: TcpStream, path: &Path) -> Result<u64> {
    let (mut file, mut piece, mut received) = (File::create_new(path)?, vec![0; PIECE], 0);
    loop {
        let read = stream.read(&mut piece)?;
        if read == 0 {
            std::fs::remove_file(path)?;
            return Ok(received);
        }
        file.write_all(&piece[..read])?;
        received += read as u64;
    }
}
