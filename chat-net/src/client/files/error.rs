//! What can go wrong with a file, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use chat_core::Refusal;

use crate::client::error::AskError;

/// Why a file was not sent, or not received.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The server refused it.
    #[error("{}: {}", .0.reason, .0.message)]
    Refused(Refusal),
    /// The client has ended.
    #[error(
        "the connection has ended, connect again; what was received is kept and goes on with the next offer"
    )]
    Ended,
    /// The server does not know the session any more, and with it every transfer of this user.
    #[error("the session was lost, offer the file again; what was received is kept and goes on from there")]
    SessionLost,
    /// This client receives that file already.
    #[error("this file is on its way already, wait for it or cancel it first")]
    AlreadyReceiving,
    /// Only regular files have a size and stay the same when they are read again.
    #[error("{} is not a regular file, send a file", .path.display())]
    NotAFile {
        /// What was to be sent.
        path: PathBuf,
    },
    /// The file to send cannot be read.
    #[error("{} cannot be read: {error}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Arc<io::Error>,
    },
    /// The file to send is not the one that was offered any more.
    #[error("{} changed while it was sent, offer it again", .path.display())]
    SourceChanged {
        /// The file.
        path: PathBuf,
    },
    /// Nothing can be written where the file is to be received.
    #[error("{} cannot be written: {error}", .path.display())]
    Write {
        /// The file, or the folder.
        path: PathBuf,
        /// Why.
        error: Arc<io::Error>,
    },
    /// The disk has no room for the file.
    #[error("{} has {free} bytes free and {needed} are needed, make room and accept again", .folder.display())]
    NoSpace {
        /// Where it was to be received.
        folder: PathBuf,
        /// Bytes that are still to come.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// All bytes came, and they are not the sender's. Nothing of them was kept.
    #[error("what was received is not what was sent, so it was thrown away; ask for the file again")]
    WrongHash,
    /// The server broke the rules of transfers.
    #[error("the server broke the rules of transfers: {why}")]
    Broken {
        /// How.
        why: &'static str,
    },
}

impl FileError {
    /// The number from the table of codes, if the server said one.
    #[must_use]
    pub fn code(&self) -> Option<u16> {
        match self {
            FileError::Refused(refusal) => Some(refusal.code),
            _ => None,
        }
    }

    /// Whether the same may work later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            FileError::Refused(refusal) => refusal.kind().is_retryable(),
            FileError::Ended
            | FileError::SessionLost
            | FileError::AlreadyReceiving
            | FileError::SourceChanged { .. }
            | FileError::NoSpace { .. }
            | FileError::WrongHash => true,
            FileError::NotAFile { .. }
            | FileError::Read { .. }
            | FileError::Write { .. }
            | FileError::Broken { .. } => false,
        }
    }
}

impl From<AskError> for FileError {
    fn from(error: AskError) -> FileError {
        match error {
            AskError::Refused(refusal) => FileError::Refused(refusal),
            AskError::Unanswered => FileError::SessionLost,
            AskError::Closed => FileError::Ended,
        }
    }
}
