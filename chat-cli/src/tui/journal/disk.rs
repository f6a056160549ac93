//! The folder that logs are in: nobody else reads it, and nothing in it leads elsewhere.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use crate::private;

/// A folder of logs, held open: it stays the same whatever becomes of its path. No other program logs there meanwhile.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Folder(std::os::fd::OwnedFd);

/// A folder of logs, and the file in it that is locked: no other program logs there meanwhile.
#[cfg(not(unix))]
#[derive(Debug)]
pub(super) struct Folder(std::path::PathBuf, #[expect(dead_code, reason = "it is held")] File);

/// Whether a folder could be had.
#[derive(Debug)]
pub(super) enum Opened {
    Free(Folder),
    /// Another program logs there.
    Taken,
}

#[cfg(unix)]
impl Folder {
    /// Makes and opens the folder `name` in `base`, for this user alone; one that is there is tightened.
    ///
    /// # Errors
    /// What the system says; or it is a link, or somebody else's.
    pub(super) fn open(base: &Path, name: &str) -> io::Result<Opened> {
        use rustix::fs::{FlockOperation, Mode, OFlags};
        private::folder().recursive(true).create(base)?;
        let path = base.join(name);
        match private::folder().create(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
            _ => {}
        }
        let how = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let folder = rustix::fs::open(&path, how, Mode::empty())?;
        tighten(&folder, 0o700)?;
        match rustix::fs::flock(&folder, FlockOperation::NonBlockingLockExclusive) {
            Err(rustix::io::Errno::WOULDBLOCK) => Ok(Opened::Taken),
            // A file system without locks does not keep anybody from logging.
            _ => Ok(Opened::Free(Folder(folder))),
        }
    }

    fn file(&self, name: &str) -> io::Result<File> {
        use rustix::fs::{Mode, OFlags};
        // What is no file must not make anybody wait.
        let how = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let file =
            rustix::fs::openat(&self.0, name, how | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::from(0o600))?;
        tighten(&file, 0o600)?;
        Ok(File::from(file))
    }
}

/// Makes sure that nobody but this user reads what was opened.
///
/// # Errors
/// It is somebody else's, or it is neither a file nor a folder.
#[cfg(unix)]
fn tighten(opened: &std::os::fd::OwnedFd, mode: rustix::fs::RawMode) -> io::Result<()> {
    let is = rustix::fs::fstat(opened)?;
    let kind = rustix::fs::FileType::from_raw_mode(is.st_mode);
    if !kind.is_file() && !kind.is_dir() {
        return Err(io::Error::other("it is no file"));
    }
    if is.st_uid != rustix::process::geteuid().as_raw() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it belongs to another user"));
    }
    if is.st_mode & 0o077 != 0 {
        rustix::fs::fchmod(opened, rustix::fs::Mode::from_raw_mode(mode))?;
    }
    Ok(())
}

/// Here a file is its owner's by where it is: in the user's own folders.
#[cfg(not(unix))]
impl Folder {
    /// Makes the folder `name` in `base`.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn open(base: &Path, name: &str) -> io::Result<Opened> {
        let path = base.join(name);
        private::folder().recursive(true).create(&path)?;
        let lock = File::create(path.join("lock"))?;
        match lock.try_lock() {
            Err(std::fs::TryLockError::WouldBlock) => Ok(Opened::Taken),
            // A file system without locks does not keep anybody from logging.
            _ => Ok(Opened::Free(Folder(path, lock))),
        }
    }

    fn file(&self, name: &str) -> io::Result<File> {
        File::options().read(true).append(true).create(true).open(self.0.join(name))
    }
}

impl Folder {
    /// Appends to a file, made if missing. `is_first`: what an earlier program left at its end may be half a line, as on a
    /// disk that was full.
    ///
    /// # Errors
    /// What the system says; or it is a link, or somebody else's.
    pub(super) fn append(&self, name: &str, text: &str, is_first: bool) -> io::Result<()> {
        let mut file = self.file(name)?;
        if is_first && is_broken_off(&mut file)? {
            file.write_all(b"\n")?;
        }
        file.write_all(text.as_bytes())
    }
}

fn is_broken_off(file: &mut File) -> io::Result<bool> {
    if file.metadata()?.len() == 0 {
        return Ok(false);
    }
    let mut last = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last != *b"\n")
}
