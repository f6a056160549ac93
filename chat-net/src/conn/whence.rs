//! How a connection came, which says how far a browser's word can be trusted.

use std::net::IpAddr;

use super::io::Halves;

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
    /// Of a connection that is not encrypted, or not yet.
    pub(crate) fn of((_, _, socket): &Halves) -> Whence {
        let local = socket.as_ref().and_then(|socket| socket.local_addr().ok());
        let peer = socket.as_ref().and_then(|socket| socket.peer_addr().ok());
        Whence {
            is_loopback: local.is_some_and(|local| local.ip().to_canonical().is_loopback()),
            is_encrypted: false,
            peer: peer.map(|peer| peer.ip().to_canonical()),
        }
    }
}
