//! What a client's user is told: events, and what becomes of the link.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use chat_core::{Code, Kind, Refusal};

use crate::client::error::ConnectError;
use crate::codec::{Closing, ProtocolError, Told, Welcome};

/// One thing that a client's user is told, in the order in which it came.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Notice {
    /// The client is in the chat: the first thing, and again after each time it was away. If the session
    /// goes on ([`Welcome::resumed`]), nothing changed but the connection.
    Connected(Box<Welcome>),
    /// Something happened. Each event comes once; those that were missed, and those from before a join, are
    /// marked as past. Refusals come here only if nobody awaits them.
    Told(Told),
    /// The link broke; the client comes back by itself.
    Disconnected {
        /// What happened to the link.
        why: Why,
        /// When the next attempt is made.
        retry_in: Duration,
    },
    /// The client has ended; nothing comes after it.
    Ended {
        /// What ended it.
        why: Why,
    },
}

/// Why a link, or an attempt to have one, ended.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Why {
    /// This end said so: it quit, or every handle was dropped, and no goodbye came back.
    Quit,
    /// The server closed the connection, and said why.
    Closed(Closing),
    /// The server did not take the client back.
    Refused(Refusal),
    /// The link broke.
    Io(Arc<io::Error>),
    /// The server was silent for too long.
    Silent,
    /// This machine slept, and the link most likely did not outlive that.
    Slept,
    /// An event was missing from a room's order; resuming brings it.
    Missing,
    /// The server sent what is not the protocol.
    Protocol(ProtocolError),
    /// The server was reached again and is not trusted: its certificate is another one now, for example.
    #[cfg(feature = "tls")]
    Tls(crate::tls::TlsError),
}

impl Why {
    /// The number from the table of codes, if the server said one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            Why::Closed(closing) => Some(closing.code),
            Why::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// Whether coming back may help.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Why::Io(_) | Why::Silent | Why::Slept | Why::Missing => true,
            Why::Quit | Why::Protocol(_) => false,
            #[cfg(feature = "tls")]
            Why::Tls(error) => error.is_retryable(),
            // The name is held by this client's own lingering session, or by one that came in its place:
            // either way it may be free again.
            Why::Refused(refusal) if refusal.code == Code::NameTaken.number() => true,
            Why::Closed(_) | Why::Refused(_) => {
                self.code().is_some_and(|code| Kind::of_number(code).is_retryable())
            }
        }
    }

    pub(super) fn reconnect_after_ms(&self) -> Option<u64> {
        match self {
            Why::Closed(closing) => closing.reconnect_after_ms,
            Why::Refused(refusal) => refusal.retry_after_ms,
            _ => None,
        }
    }
}

impl From<ConnectError> for Why {
    fn from(error: ConnectError) -> Why {
        match error {
            ConnectError::Refused(refusal) => Why::Refused(refusal),
            ConnectError::Closed(closing) => Why::Closed(closing),
            ConnectError::Io(error) => Why::Io(Arc::new(error)),
            ConnectError::Protocol(error) => Why::Protocol(error),
            #[cfg(feature = "tls")]
            ConnectError::Tls(error) => Why::Tls(error),
            ConnectError::Timeout => Why::Silent,
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Why::Quit => f.write_str("this client left"),
            Why::Closed(Closing { reason, message, .. }) => write!(f, "{reason}: {message}"),
            Why::Refused(Refusal { reason, message, .. }) => write!(f, "{reason}: {message}"),
            Why::Io(error) => error.fmt(f),
            Why::Silent => f.write_str("the server does not answer"),
            Why::Slept => f.write_str("this machine slept"),
            Why::Missing => f.write_str("an event is missing"),
            Why::Protocol(error) => error.fmt(f),
            #[cfg(feature = "tls")]
            Why::Tls(error) => error.fmt(f),
        }
    }
}
