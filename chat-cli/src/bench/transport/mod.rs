//! What the connections of a crowd go over: bare TCP, TLS, a WebSocket, or a WebSocket over TLS.

mod certificate;
pub(super) mod websocket;
mod wire;

#[cfg(test)]
mod tests;

use clap::ValueEnum;

pub(super) use certificate::Certificate;
pub(super) use wire::Wire;

/// What a connection goes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Transport {
    /// TCP, as it is.
    Tcp,
    /// A WebSocket.
    Ws,
    /// TLS.
    Tls,
    /// A WebSocket over TLS.
    Wss,
}

impl Transport {
    /// As it is written on the command line and in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Transport::Tcp => "tcp",
            Transport::Ws => "ws",
            Transport::Tls => "tls",
            Transport::Wss => "wss",
        }
    }

    /// Whether it is a WebSocket.
    pub(super) fn is_web(self) -> bool {
        matches!(self, Transport::Ws | Transport::Wss)
    }

    /// Whether it is encrypted.
    pub(super) fn is_secure(self) -> bool {
        matches!(self, Transport::Tls | Transport::Wss)
    }
}
