//! Files of this user alone: made where there is nothing, and opened again only if nobody else can have touched them.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes a file for this user alone where there is nothing, not even a link.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Opens a file that is there: a regular one, this user's alone, under this one name.
pub(super) fn existing(path: &Path, writes: bool) -> io::Result<File> {
    let odd = || io::Error::new(io::ErrorKind::InvalidInput, "it is not a file of this client's");
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(odd());
    }
    let mut options = OpenOptions::new();
    options.read(true).write(writes);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        // It may be another one by now: a link, or a pipe on which an open would wait.
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits();
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, flags as i32);
    }
    let file = options.open(path)?;
    let about = file.metadata()?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let is_private = about.mode() & 0o077 == 0 && about.uid() == rustix::process::geteuid().as_raw();
        if !is_private || about.nlink() != 1 {
            return Err(odd());
        }
    }
    if about.is_file() { Ok(file) } else { Err(odd()) }
}

/// Whether there is nothing of that name, not even a link.
pub(super) fn is_free(path: &Path) -> bool {
    fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Whether that name is still this file's.
pub(super) fn is_same(path: &Path, file: &File) -> bool {
    let Ok(there) = fs::symlink_metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        file.metadata().is_ok_and(|here| (here.dev(), here.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        file.metadata().is_ok_and(|here| there.is_file() && here.len() == there.len())
    }
}

/// So that the name outlives the machine's end, too. Not every system lets one.
pub(super) fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}
