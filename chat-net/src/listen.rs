//! Listening sockets, with the options that every accepted connection inherits from them.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use tokio::net::{TcpListener, lookup_host};

use crate::limits::Limits;
use crate::server::StartError;
use crate::socket::bound_unsent;

/// Connections that may wait to be accepted; the system may allow fewer.
const BACKLOG: i32 = 4096;

/// How long accepting pauses when the system has no more file handles.
pub(crate) const PAUSE: Duration = Duration::from_millis(100);

/// Listens on each address by `bind`, or on none: the first that cannot be listened on is the error.
pub(crate) async fn on_each<'a, F>(
    addresses: &'a [String],
    bind: impl Fn(&'a str) -> F,
) -> Result<Vec<TcpListener>, StartError>
where
    F: Future<Output = io::Result<TcpListener>>,
{
    let mut listeners = Vec::new();
    for address in addresses {
        let bound = bind(address).await;
        listeners.push(bound.map_err(|source| StartError::Listen { address: address.clone(), source })?);
    }
    Ok(listeners)
}

/// Where they listen, with real ports.
pub(crate) fn addresses(listeners: &[TcpListener]) -> Vec<SocketAddr> {
    listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
}

/// Listens on the first of the addresses that `HOST:PORT` stands for that can be listened on.
pub(crate) async fn bind(address: &str, limits: &Limits) -> io::Result<TcpListener> {
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "the name stands for no address");
    for address in lookup_host(address).await? {
        match listen(address, limits) {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn listen(address: SocketAddr, limits: &Limits) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Set on the listener once instead of on every connection: Linux hands all of these down.
    socket.set_tcp_nodelay(true)?;
    if bound_unsent(&SockRef::from(&socket), limits.send_buffer_bytes).is_err() {
        socket.set_send_buffer_size(limits.send_buffer_bytes)?;
    }
    let idle = Duration::from_millis(limits.ping_after_ms).max(Duration::from_secs(1));
    let left = Duration::from_millis(limits.dead_after_ms).saturating_sub(idle);
    let probe = (left / 2).max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new().with_time(idle).with_interval(probe);
    #[cfg(target_os = "linux")]
    {
        let patience = Duration::from_millis(limits.unacknowledged_ms);
        socket.set_tcp_user_timeout(Some(patience))?;
        socket.set_tcp_keepalive(&keepalive.with_retries(2))?;
    }
    #[cfg(not(target_os = "linux"))]
    socket.set_tcp_keepalive(&keepalive)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}
