//! What can go wrong for a client, with the number from the table and whether to try again.

use std::io;

use chat_core::{Code, Kind, Refusal};

use crate::codec::{Closing, ProtocolError};

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The server does not take this client, most often because of the name.
    #[error("{}: {}", .0.reason, .0.message)]
    Refused(Refusal),
    /// The server closed the connection.
    #[error("{}: {}", .0.reason, .0.message)]
    Closed(Closing),
    /// No server was reached, or the link broke.
    #[error("the server cannot be reached: {0}")]
    Io(#[from] io::Error),
    /// The other end does not speak the protocol.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// The server was reached and is not trusted, or speaks no TLS.
    #[cfg(feature = "tls")]
    #[error(transparent)]
    Tls(#[from] crate::tls::TlsError),
    /// No welcome came in time.
    #[error("no welcome came in time, is this a chat server?")]
    Timeout,
}

impl ConnectError {
    /// The number from the table of codes, if the server said one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            ConnectError::Refused(refusal) => Some(refusal.code),
            ConnectError::Closed(closing) => Some(closing.code),
            ConnectError::Protocol(_) => Some(Code::BadFrame.number()),
            #[cfg(feature = "tls")]
            ConnectError::Tls(_) => None,
            ConnectError::Io(_) | ConnectError::Timeout => None,
        }
    }

    /// Whether the same may work later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            ConnectError::Io(_) | ConnectError::Timeout => true,
            #[cfg(feature = "tls")]
            ConnectError::Tls(error) => error.is_retryable(),
            _ => self.code().is_some_and(|code| Kind::of_number(code).is_retryable()),
        }
    }
}

/// Why an ask or a query has no answer that one could use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// The server refused it.
    #[error("{}: {}", .0.reason, .0.message)]
    Refused(Refusal),
    /// The session was lost before an answer came: nobody knows whether it was taken.
    #[error("the session was lost before an answer came, look whether it was taken")]
    Unanswered,
    /// The client has ended; it was not taken after that.
    #[error("the connection has ended")]
    Closed,
}

impl AskError {
    /// The number from the table of codes, if the server said one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            AskError::Refused(refusal) => Some(refusal.code),
            AskError::Unanswered | AskError::Closed => None,
        }
    }

    /// Whether the same ask may be taken later. One whose fate is unknown must be looked after first.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, AskError::Refused(refusal) if refusal.kind().is_retryable())
    }
}
