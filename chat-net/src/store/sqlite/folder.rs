//! The data folder: who may look into it, and that one process alone writes.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use super::OpenError;

/// The database in a folder.
pub(crate) const DATABASE: &str = "chat.db";
const LOCK: &str = "lock";

/// A folder that this process alone writes to, until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Locked while it is open.
    _lock: File,
}

impl Folder {
    /// Makes the folder if need be, for its owner alone, and locks it.
    pub(crate) fn lock(path: &Path) -> Result<Folder, OpenError> {
        private_folder().create(path).map_err(|error| OpenError::io(path, error))?;
        let lock_path = path.join(LOCK);
        let mut lock = private_file().open(&lock_path).map_err(|error| OpenError::io(&lock_path, error))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                let pid = lock.read_to_string(&mut pid).ok().and_then(|_| pid.trim().parse().ok());
                return Err(OpenError::Locked { folder: path.into(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::io(&lock_path, error)),
        }
        // The number is for people; if it cannot be written the lock holds all the same.
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        Ok(Folder { path: path.into(), _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Makes the empty file before SQLite opens it, so that it, and the two files that SQLite puts beside it,
    /// are never for others to read.
    pub(crate) fn touch_database(&self) -> Result<(), OpenError> {
        let path = self.database();
        private_file().open(&path).map_err(|error| OpenError::io(&path, error))?;
        sync_folder(&self.path).map_err(|error| OpenError::io(&self.path, error))
    }
}

/// Whether a process writes to a folder at this moment.
pub(crate) fn is_in_use(folder: &Path) -> bool {
    let lock = File::open(folder.join(LOCK));
    lock.is_ok_and(|lock| matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// The write-ahead log that SQLite keeps beside a database.
pub(crate) fn log_of(database: &Path) -> PathBuf {
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    log.into()
}

/// Makes the names of new files in a folder outlive a power cut.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// Opens or makes a file that only its owner may read.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}
