//! Why a file did not arrive, as the end of the program.

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
    /// With this code, and this sentence.
    pub(crate) fn new(exit: Exit, why: impl Into<String>) -> Trouble {
        Trouble { exit, why: why.into() }
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
        Trouble::new(exit, format!("{what}: {}", ended(who, why)))
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
        Trouble::new(exit, format!("{what}: {}", failed(error)))
    }
}
