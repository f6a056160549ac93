//! A file that is sent: read at any place, and watched for changes.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::error::FileError;
use crate::disk::read_at;

/// An open file, as it was when it was offered. If another one takes its name, this one is sent all the same.
#[derive(Debug)]
pub(super) struct Source {
    path: PathBuf,
    pub(super) file: File,
    pub(super) size: u64,
    modified: Option<SystemTime>,
}

impl Source {
    pub(super) fn open(path: &Path) -> Result<Source, FileError> {
        let read = |error| cannot_read(path, error);
        let not_a_file = || FileError::NotAFile { path: path.into() };
        // Opening a pipe would wait for somebody who writes.
        if !fs::metadata(path).map_err(read)?.is_file() {
            return Err(not_a_file());
        }
        let file = File::open(path).map_err(read)?;
        let about = file.metadata().map_err(read)?;
        if !about.is_file() {
            return Err(not_a_file());
        }
        Ok(Source { path: path.into(), file, size: about.len(), modified: about.modified().ok() })
    }

    /// Fills the buffer from an offset. A file that is shorter than it was has changed.
    pub(super) fn read(&self, offset: u64, buffer: &mut [u8]) -> Result<(), FileError> {
        match read_at(&self.file, offset, buffer) {
            Ok(count) if count == buffer.len() => Ok(()),
            Ok(_) => Err(self.changed()),
            Err(error) => Err(self.cannot_read(error)),
        }
    }

    /// Whether it is as it was when it was offered, by its size and the time of its last change.
    pub(super) fn check(&self) -> Result<(), FileError> {
        let about = self.file.metadata().map_err(|error| self.cannot_read(error))?;
        if about.len() == self.size && about.modified().ok() == self.modified {
            return Ok(());
        }
        Err(self.changed())
    }

    pub(super) fn changed(&self) -> FileError {
        FileError::SourceChanged { path: self.path.clone() }
    }

    pub(super) fn cannot_read(&self, error: io::Error) -> FileError {
        cannot_read(&self.path, error)
    }
}

fn cannot_read(path: &Path, error: io::Error) -> FileError {
    FileError::Read { path: path.into(), error: Arc::new(error) }
}
