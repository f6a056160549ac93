//! A wire between a client and a server that can be cut, mended and slowed, while the server goes on; it counts what it carries.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Takes connections on its own address and carries their bytes to the server's, while there is one.
#[derive(Debug)]
pub(crate) struct Relay {
    pub(crate) addr: String,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    /// Bytes from the client, and to it.
    up: AtomicU64,
    down: AtomicU64,
    /// Bytes a second to the client; 0: as many as come.
    pace: AtomicU64,
    wire: Mutex<Wire>,
    /// Somebody waits for more to be carried; `wire` guards it.
    more: Condvar,
}

#[derive(Debug, Default)]
struct Wire {
    is_cut: bool,
    /// Both ends of every connection.
    ends: Vec<TcpStream>,
}

impl Relay {
    pub(crate) fn to(server: &str) -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared::default());
        let (server, of_thread) = (server.to_owned(), Arc::clone(&shared));
        std::thread::spawn(move || {
            while let Ok((near, _)) = listener.accept() {
                // Without a server the client finds its connection closed, and tries again.
                if let Ok(far) = TcpStream::connect(&server) {
                    of_thread.link(near, far);
                }
            }
        });
        Relay { addr, shared }
    }

    /// One that carries so many bytes a second to the client.
    pub(crate) fn slow(server: &str, bytes_per_second: u64) -> Relay {
        let relay = Relay::to(server);
        relay.pace(bytes_per_second);
        relay
    }

    /// Breaks every connection, and takes no more. What was on its way is lost.
    pub(crate) fn cut(&self) {
        let mut wire = self.shared.wire();
        wire.is_cut = true;
        for end in wire.ends.drain(..) {
            // It may be gone already.
            let _ = end.shutdown(Shutdown::Both);
        }
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        self.shared.wire().is_cut = false;
    }

    /// Bytes that came from the client so far.
    pub(crate) fn up(&self) -> u64 {
        self.shared.up.load(Ordering::Relaxed)
    }

    /// Bytes that went to the client so far.
    pub(crate) fn down(&self) -> u64 {
        self.shared.down.load(Ordering::Relaxed)
    }

    /// Waits until so many bytes went to the client.
    pub(crate) fn until_down(&self, bytes: u64, patience: Duration) {
        let (guard, late) = self
            .shared
            .more
            .wait_timeout_while(self.shared.wire(), patience, |_| self.down() < bytes)
            .unwrap_or_else(PoisonError::into_inner);
        drop(guard);
        assert!(!late.timed_out(), "{} of {bytes} bytes went through the wire", self.down());
    }

    /// From now on carries so many bytes a second to the client; 0: as many as come.
    pub(crate) fn pace(&self, bytes_per_second: u64) {
        self.shared.pace.store(bytes_per_second, Ordering::Relaxed);
    }
}

impl Shared {
    fn wire(&self) -> MutexGuard<'_, Wire> {
        self.wire.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carried(&self, way: &AtomicU64, count: usize) {
        way.fetch_add(count as u64, Ordering::Relaxed);
        // Under the lock, so that nobody looks and then waits just between.
        let _guard = self.wire();
        self.more.notify_all();
    }

    fn link(self: &Arc<Shared>, near: TcpStream, far: TcpStream) {
        let mut wire = self.wire();
        if wire.is_cut {
            return;
        }
        for stream in [&near, &far] {
            stream.set_nodelay(true).unwrap();
        }
        let copy = |stream: &TcpStream| stream.try_clone().unwrap();
        let (up, down) = (Arc::clone(self), Arc::clone(self));
        let ((near_in, far_out), (far_in, near_out)) = ((copy(&near), copy(&far)), (copy(&far), copy(&near)));
        std::thread::spawn(move || {
            carry(near_in, far_out, &AtomicU64::new(0), |count| up.carried(&up.up, count));
        });
        std::thread::spawn(move || {
            carry(far_in, near_out, &down.pace, |count| down.carried(&down.down, count));
        });
        wire.ends.extend([near, far]);
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, pace: &AtomicU64, carried: impl Fn(usize)) {
    let mut bytes = vec![0; 64 * 1024];
    let mut due = Instant::now();
    loop {
        let limit = pace.load(Ordering::Relaxed);
        // A tenth of a second's worth at a time, so that it is slow and not jerky.
        let most = if limit == 0 { bytes.len() as u64 } else { (limit / 10).clamp(1, bytes.len() as u64) };
        let Ok(count @ 1..) = from.read(&mut bytes[..usize::try_from(most).unwrap()]) else { break };
        if to.write_all(&bytes[..count]).is_err() {
            break;
        }
        carried(count);
        if limit > 0 {
            due = due.max(Instant::now()) + Duration::from_secs_f64(count as f64 / limit as f64);
            std::thread::sleep(due.saturating_duration_since(Instant::now())); // paced
        }
    }
    for stream in [&from, &to] {
        let _ = stream.shutdown(Shutdown::Both);
    }
}
