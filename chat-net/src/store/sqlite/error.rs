//! Why a store is not opened, and what an error of SQLite means.

use std::io;
use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::store::StoreError;

/// Why the store in a folder was not opened. Nothing in it was changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Another process writes to it.
    #[error("{folder:?} is in use by {}; stop that one first, or give another folder", process(.pid))]
    Locked {
        /// The folder.
        folder: PathBuf,
        /// The process that holds it, if it said so.
        pid: Option<u32>,
    },
    /// Written by a newer version of this program.
    #[error(
        "{file:?} has schema {found}, this program knows schema {known}; use the newer program that wrote it"
    )]
    Newer {
        /// The file.
        file: PathBuf,
        /// Its schema.
        found: u32,
        /// The one of this program.
        known: u32,
    },
    /// Written by an older version of this program.
    #[error(
        "{file:?} has schema {found}, this program writes schema {known}; copy the folder, then start once with \
         --migrate"
    )]
    Older {
        /// The file.
        file: PathBuf,
        /// Its schema.
        found: u32,
        /// The one of this program.
        known: u32,
    },
    /// Something else lies there.
    #[error("{file:?} was not made by this program; give another folder")]
    NotAStore {
        /// The file.
        file: PathBuf,
    },
    /// The operating system does not let this process in.
    #[error(
        "no permission for {path:?}; give the folder to the user that runs this program, or give another folder"
    )]
    Permission {
        /// What cannot be opened.
        path: PathBuf,
    },
    /// There is one already, and a new one was to be made.
    #[error("there is a store in {folder:?} already; give a new folder")]
    Exists {
        /// The folder.
        folder: PathBuf,
    },
    /// A server was killed, and what it wrote last cannot be put in its place without writing.
    #[error(
        "what was written last is in {file:?}, which cannot be read as long as its folder cannot be written to; copy the \
         folder to where it can be"
    )]
    Unsettled {
        /// The log.
        file: PathBuf,
    },
    /// What is there contradicts itself.
    #[error(
        "the store is damaged: {0}; run 'chat-cli verify' on it, put back a copy, or 'chat-cli export' what can be \
         read and 'chat-cli import' it into a new folder"
    )]
    Damaged(String),
    /// The disk, or the system, refused.
    #[error("cannot open {path:?}: {error}; look at the disk, then try again")]
    Io {
        /// What cannot be opened.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

fn process(pid: &Option<u32>) -> String {
    pid.map_or_else(|| "another process".into(), |pid| format!("process {pid}"))
}

impl OpenError {
    pub(crate) fn io(path: &Path, error: io::Error) -> OpenError {
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                OpenError::Permission { path: path.into() }
            }
            _ => OpenError::Io { path: path.into(), error },
        }
    }

    pub(crate) fn store(path: &Path, error: StoreError) -> OpenError {
        match error {
            StoreError::Damaged(what) => OpenError::Damaged(what),
            error => OpenError::io(path, io::Error::other(error)),
        }
    }

    /// What an error of SQLite means for the file that was to be opened.
    pub(crate) fn sqlite(path: &Path, error: rusqlite::Error) -> OpenError {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => OpenError::NotAStore { file: path.into() },
            Some(ErrorCode::DatabaseCorrupt) => OpenError::Damaged(error.to_string()),
            Some(ErrorCode::PermissionDenied | ErrorCode::ReadOnly | ErrorCode::CannotOpen) => {
                OpenError::Permission { path: path.into() }
            }
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                OpenError::Locked { folder: path.parent().unwrap_or(path).into(), pid: None }
            }
            _ => OpenError::Io { path: path.into(), error: io::Error::other(error) },
        }
    }
}

/// Why a transaction did not happen.
#[derive(Debug)]
pub(crate) enum WriteError {
    /// There is no space on the disk: try again when there is.
    Full,
    /// It will never happen.
    Fatal(StoreError),
}

impl WriteError {
    /// What an error means while words are written, or the transaction that has them ends: part of them is
    /// written then.
    pub(crate) fn index(error: rusqlite::Error) -> WriteError {
        let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
        let code = error.sqlite_error_code();
        // The index's own tables do not fit each other, or what is new.
        if extended == rusqlite::ffi::SQLITE_CORRUPT_VTAB
            || matches!(code, Some(ErrorCode::ConstraintViolation | ErrorCode::Unknown))
        {
            let what = "the index of words is damaged; start the server once with --reindex";
            return WriteError::Fatal(StoreError::Failed(what.into()));
        }
        error.into()
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> WriteError {
        let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => WriteError::Full,
            // The index of the write-ahead log could not grow: a mapped file needs its space at once.
            _ if extended == rusqlite::ffi::SQLITE_IOERR_SHMSIZE => WriteError::Full,
            _ => WriteError::Fatal(StoreError::Failed(error.to_string())),
        }
    }
}

impl From<StoreError> for WriteError {
    fn from(error: StoreError) -> WriteError {
        WriteError::Fatal(error)
    }
}

/// What an error of SQLite means while `what` is read.
pub(crate) fn unreadable(what: &str, error: &rusqlite::Error) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
            StoreError::Damaged(format!("{what}: {error}"))
        }
        _ => match error {
            // A column does not hold what it must: the file is whole, its content is not.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            // Our statements fit our tables: these are others.
            | rusqlite::Error::SqlInputError { .. }
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::QueryReturnedNoRows => StoreError::Damaged(format!("{what}: {error}")),
            _ => StoreError::Failed(format!("{what}: {error}")),
        },
    }
}
