//! Why a file did not arrive, as the end of the program.

use std::fmt::Display;

use chat_net::chat_core::EndReason;
use chat_net::client::FileError;

use super::words::{Who, ended, failed};
use crate::exit::Exit;

/// How the program ends because of one file, and what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    /// How it ends.
    pub(crate) exit: Exit,
    /// Why; not yet safe to print.
    pub(crate) why: String,
}

impl Trouble {
    /// Of the file `what`, with this code, and this reason.
    pub(crate) fn new(exit: Exit, what: &str, why: impl Display) -> Trouble {
        Trouble { exit, why: format!("{what}: {why}") }
    }

    /// Of a file that was called off by a signal to this program.
    pub(crate) fn interrupted(what: &str) -> Trouble {
        Trouble::new(Exit::Interrupted, what, "called off")
    }

    /// Of a transfer that ended because of `who`.
    pub(crate) fn ended(what: &str, who: Who<'_>, why: EndReason) -> Trouble {
        let exit = match why {
            EndReason::Expired => Exit::NotTaken,
            EndReason::SourceChanged => Exit::SourceChanged,
            EndReason::WrongHash => Exit::WrongHash,
            EndReason::Cancelled
            | EndReason::PrefixDiffers
            | EndReason::Left
            | EndReason::Gone
            | EndReason::Failed => Exit::CalledOff,
        };
        Trouble::new(exit, what, ended(who, why))
    }

    /// Of a transfer that failed at this end.
    pub(crate) fn failed(what: &str, error: &FileError) -> Trouble {
        let exit = match error {
            FileError::NotAFile { .. } | FileError::Read { .. } => Exit::CannotRead,
            FileError::Write { .. } => Exit::CannotWrite,
            FileError::SourceChanged { .. } => Exit::SourceChanged,
            FileError::NoSpace { .. } => Exit::NoSpace,
            FileError::WrongHash => Exit::WrongHash,
            _ => Exit::Failed,
        };
        Trouble::new(exit, what, failed(error))
    }
}
