//! What becomes of a transfer, as its two ends are told.

use std::path::PathBuf;

use chat_core::{EndReason, PauseReason, UserName};

use super::error::FileError;

/// One thing that happened to a transfer. `user` is the receiver whose copy it is about, unless it says otherwise.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FileEvent {
    /// A receiver takes the file. At the receiver the first event.
    Accepted {
        /// Who.
        user: UserName,
        /// So many bytes are there already, from an earlier transfer.
        from: u64,
    },
    /// A user does not want the file. Told to the sender.
    Declined {
        /// Who.
        user: UserName,
    },
    /// It stands still, and goes on by itself unless the receiver asked for the pause.
    Paused {
        /// Whose copy; the sender, if all copies stand still because of the sender, or of its connection.
        user: UserName,
        /// Why.
        why: PauseReason,
    },
    /// It goes on.
    Resumed {
        /// Whose copy, or the sender.
        user: UserName,
    },
    /// A copy has grown. Told a few times a second while bytes come; an older one that nobody took is replaced.
    Progress {
        /// Whose copy.
        user: UserName,
        /// So many bytes of it are there; at the receiver: on its disk.
        bytes: u64,
    },
    /// A receiver has the file, and its hash is the sender's. At the receiver the last event.
    Finished {
        /// Who.
        user: UserName,
        /// Where it is; known at the receiver only.
        path: Option<PathBuf>,
    },
    /// A copy came to nothing. At the receiver the last event.
    Cancelled {
        /// Whose copy.
        user: UserName,
        /// Who called it off.
        by: UserName,
        /// Why.
        why: EndReason,
    },
    /// The offer is over for all who did not accept it, and unless it has `expired` for the others too. At the receiver the
    /// last event; at the sender the last one unless somebody still receives an expired offer.
    Closed {
        /// Why.
        why: EndReason,
    },
    /// It came to nothing at this end: the last event.
    Failed(FileError),
}
