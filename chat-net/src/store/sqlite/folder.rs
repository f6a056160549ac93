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
    /// Locked while it is open. Holds the number of the process, and whether the store was made.
    lock: File,
    /// Whether a store was here before.
    pub(crate) was_made: bool,
}

/// Stands in the lock's file once there is a store.
const MADE: &str = "made";

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
                let pid = lock.read_to_string(&mut pid).ok().and_then(|_| pid.lines().next()?.parse().ok());
                return Err(OpenError::Locked { folder: path.into(), pid });
            }
            Err(TryLockError::Error(error)) => return Err(OpenError::io(&lock_path, error)),
        }
        let mut text = String::new();
        // What cannot be read says nothing.
        let was_made = lock.read_to_string(&mut text).is_ok() && text.lines().any(|line| line == MADE);
        let mut folder = Folder { path: path.into(), lock, was_made };
        folder.write_lock(was_made);
        Ok(folder)
    }

    /// There is a store now: a file without content is none from here on.
    pub(crate) fn mark_made(&mut self) {
        self.write_lock(true);
    }

    /// The number is for people; if it cannot be written the lock holds all the same.
    fn write_lock(&mut self, is_made: bool) {
        let lock = &mut self.lock;
        let made = if is_made { MADE } else { "" };
        let _ = lock
            .set_len(0)
            .and_then(|()| lock.rewind())
            .and_then(|()| writeln!(lock, "{}\n{made}", std::process::id()));
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
