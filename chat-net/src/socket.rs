//! How much a socket takes that it cannot send yet.

use std::io;

use socket2::SockRef;

/// Bounds what the kernel takes for a peer and cannot send yet: nothing that was given to it lets anything go before.
/// What is on its way is bounded by what the peer takes; were that bounded too, by the size of the buffer, a file would
/// go no faster than one buffer in each round trip.
///
/// # Errors
/// [`Unsupported`](io::ErrorKind::Unsupported) where there is no such option, else those of the system.
pub(crate) fn bound_unsent(socket: &SockRef<'_>, bytes: usize) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    return socket.set_tcp_notsent_lowat(u32::try_from(bytes).unwrap_or(u32::MAX));
    #[cfg(not(target_os = "linux"))]
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        format!("{bytes} bytes cannot be the bound of {socket:?}"),
    ))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::{ErrorKind, Write};

    use socket2::{Domain, SockRef, Socket, Type};

    use super::*;

    #[test]
    fn a_peer_that_does_not_read_gets_the_kernel_to_take_little() {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        bound_unsent(&SockRef::from(&listener), 64 * 1024).unwrap();
        listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>().unwrap().into()).unwrap();
        listener.listen(1).unwrap();
        let peer = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        peer.set_recv_buffer_size(16 * 1024).unwrap();
        peer.connect(&listener.local_addr().unwrap()).unwrap();
        let (mut accepted, _) = listener.accept().unwrap();
        assert_eq!(accepted.tcp_notsent_lowat().unwrap(), 64 * 1024, "accepted sockets inherit it");
        accepted.set_nonblocking(true).unwrap();
        let mut taken = 0;
        let end = loop {
            match accepted.write(&[0; 16 * 1024]) {
                Ok(count) => taken += count,
                Err(error) => break error.kind(),
            }
        };
        assert_eq!(end, ErrorKind::WouldBlock);
        assert!((64 * 1024..256 * 1024).contains(&taken), "{taken} bytes");
    }
}
