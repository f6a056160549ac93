//! What can be wrong with what the other end sent, or with what is to be sent.

use chat_core::{Code, Kind, Refusal, RequestId, printable};

/// A client's payload could not be read. The code's range says what follows: refused and the connection stays,
/// or closed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", code.name())]
pub struct BadAsk {
    /// The id of the ask, if that much could be read; zero if not.
    pub re: RequestId,
    /// [`Code::UnknownAsk`], [`Code::BadAsk`] or [`Code::BadText`]: refuse it. [`Code::BadFrame`]: close.
    pub code: Code,
    /// What is wrong with it; safe to print, and short.
    pub message: String,
}

impl BadAsk {
    /// The longest message in characters; a decoder's own words may quote the whole payload.
    const MESSAGE_CHARS: usize = 200;

    pub(super) fn new(re: RequestId, code: Code, message: &str) -> BadAsk {
        let message = printable(message).chars().take(Self::MESSAGE_CHARS).collect();
        BadAsk { re, code, message }
    }

    /// Whether the connection ends over it: these bytes are not the protocol that it began with.
    #[must_use]
    pub fn closes(&self) -> bool {
        matches!(self.code.kind(), Kind::Closed | Kind::ClosedComeBack)
    }

    /// As the wire carries it.
    #[must_use]
    pub fn refusal(&self) -> Refusal {
        Refusal {
            code: self.code.number(),
            reason: self.code.name().into(),
            message: self.message.as_str().into(),
            retry_after_ms: None,
        }
    }
}

/// A server's payload could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProtocolError {
    /// Something that this version has no word for; newer servers may send it. Skip it.
    #[error("the server sent a \"{what}\", which this version does not know")]
    Unknown {
        /// Its type or number.
        what: String,
    },
    /// Not the protocol. Close.
    #[error("the server sent what is not the protocol: {why}")]
    Broken {
        /// What is wrong with it.
        why: String,
    },
}

impl ProtocolError {
    pub(super) fn broken(why: &impl ToString) -> ProtocolError {
        ProtocolError::Broken { why: printable(&why.to_string()).chars().take(200).collect() }
    }
}

/// A payload is larger than the other end takes. Nothing was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it takes {bytes} bytes and the other end takes {limit} at once; send it in parts")]
pub struct TooLarge {
    /// The size of the payload.
    pub bytes: usize,
    /// The largest payload the other end takes.
    pub limit: usize,
}
