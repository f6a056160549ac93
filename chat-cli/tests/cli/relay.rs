//! A wire between a client and a server that can be cut and mended, while the server goes on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

#[derive(Debug, Default)]
struct Wire {
    is_cut: bool,
    /// Both ends of every connection.
    ends: Vec<TcpStream>,
}

/// Takes connections on its own address and carries their bytes to the server's.
pub(crate) struct Relay {
    pub(crate) addr: String,
    wire: Arc<Mutex<Wire>>,
}

impl Relay {
    pub(crate) fn to(server: &str) -> Relay {
        Relay::at_rate(server, None)
    }

    /// Lets so many bytes a second pass to each client.
    pub(crate) fn slow(server: &str, bytes_per_second: u32) -> Relay {
        Relay::at_rate(server, Some(bytes_per_second))
    }

    fn at_rate(server: &str, bytes_per_second: Option<u32>) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let wire = Arc::new(Mutex::new(Wire::default()));
        let (server, shared) = (server.to_owned(), Arc::clone(&wire));
        std::thread::spawn(move || {
            while let Ok((near, _)) = listener.accept() {
                let mut wire = shared.lock().unwrap();
                if wire.is_cut {
                    continue;
                }
                let far = TcpStream::connect(&server).unwrap();
                carry(&near, &far, None);
                carry(&far, &near, bytes_per_second);
                wire.ends.extend([near, far]);
            }
        });
        Relay { addr, wire }
    }

    /// Breaks every connection, and takes no more.
    pub(crate) fn cut(&self) {
        let mut wire = self.wire.lock().unwrap();
        wire.is_cut = true;
        for end in wire.ends.drain(..) {
            // It may be gone already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    pub(crate) fn mend(&self) {
        self.wire.lock().unwrap().is_cut = false;
    }
}

fn carry(from: &TcpStream, to: &TcpStream, bytes_per_second: Option<u32>) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut bytes) {
            if to.write_all(&bytes[..count]).is_err() {
                break;
            }
            if let Some(rate) = bytes_per_second {
                std::thread::sleep(Duration::from_secs(1) * u32::try_from(count).unwrap() / rate); // paced
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}
