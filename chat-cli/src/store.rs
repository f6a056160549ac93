//! The data folder: how it is opened, and how the program ends when it cannot be used.

use std::io::ErrorKind;
use std::path::Path;

use chat_net::{OpenError, Sqlite, SqliteOptions, StoreError};

use crate::cli::Durability;
use crate::exit::{self, Exit};
use crate::settings::ServeSettings;

/// Opens the store in `folder` as `settings` have it. Takes as long as the disk does.
///
/// # Errors
/// As [`cannot_open`].
pub(crate) fn open(folder: &Path, settings: &ServeSettings) -> anyhow::Result<Sqlite> {
    let keep = &settings.limits.keep;
    let mut options = SqliteOptions::default();
    options.durability = match settings.durability {
        Durability::Os => chat_net::Durability::Os,
        Durability::Fsync | Durability::Memory => chat_net::Durability::Fsync,
    };
    options.keep_age_ms = keep.age_ms;
    options.keep_events = keep.events;
    options.keep_bytes = keep.bytes;
    options.reserve_bytes = keep.reserve_bytes;
    options.migrate = settings.migrate;
    options.new_epoch = settings.new_epoch;
    options.reindex = settings.reindex;
    Sqlite::open(folder, options).map_err(|error| cannot_open(&error))
}

/// The complaint about a folder that cannot be opened: the error says what to do.
pub(crate) fn cannot_open(error: &OpenError) -> anyhow::Error {
    let exit = match error {
        OpenError::Locked { .. } => Exit::Busy,
        OpenError::Permission { .. } => Exit::NotPermitted,
        OpenError::Exists { .. } => Exit::CannotWrite,
        OpenError::Newer { .. } | OpenError::Older { .. } | OpenError::NotAStore { .. } => Exit::Config,
        // A file where the folder should be, for example.
        OpenError::Io { error, .. } if is_no_folder(error.kind()) => Exit::Config,
        _ => Exit::Storage,
    };
    exit::because(exit, error.to_string())
}

fn is_no_folder(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::AlreadyExists | ErrorKind::NotADirectory | ErrorKind::NotFound)
}

/// The complaint about a folder that failed after it was opened.
pub(crate) fn failed(error: &StoreError) -> anyhow::Error {
    let exit = match error {
        // A word that was typed, and nothing that failed.
        StoreError::NoSuchRoom(_) => Exit::Failed,
        _ => Exit::Storage,
    };
    exit::because(exit, error.to_string())
}
