//! How a connection came, which says how far a browser's word can be trusted.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::io::Source;

/// How a connection came.
#[derive(Clone, Copy, Debug, Default)]
#[cfg_attr(not(feature = "web"), expect(dead_code, reason = "only HTTP wants to know"))]
pub(crate) struct Whence {
    /// To a loopback address, as far as that can be told.
    pub(crate) is_loopback: bool,
    /// Within TLS.
    pub(crate) is_encrypted: bool,
    /// From this address, if it has one.
    pub(crate) peer: Option<IpAddr>,
}

impl Whence {
    /// Of a connection that is not encrypted, or not yet. Asks the system, and need not be known of most connections.
    pub(crate) fn of(source: &Source) -> Whence {
        let Source::Tcp(socket) = source else { return Whence::default() };
        let ip = |address: io::Result<SocketAddr>| address.ok().map(|address| address.ip().to_canonical());
        Whence {
            is_loopback: ip(socket.local_addr()).is_some_and(|local| local.is_loopback()),
            is_encrypted: false,
            peer: ip(socket.peer_addr()),
        }
    }
}
