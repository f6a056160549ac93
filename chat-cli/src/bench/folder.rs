//! The folder that the bench's stores are in: made at the beginning, gone at the end.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};

/// A folder of this run's own. It is removed with all that is in it, on every way out but a kill.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// How many folders were made in it.
    made: u32,
}

impl Folder {
    /// Makes it in `parent`, by default where the program was started. Not among the system's temporary files:
    /// those are often in memory, where waiting for the disk costs nothing.
    pub(super) fn make(parent: Option<&Path>) -> Result<Folder> {
        let parent = parent.unwrap_or(Path::new("."));
        let parent = parent.canonicalize().with_context(|| format!("cannot use {}", parent.display()))?;
        // Stores and files may both be in that place.
        static MADE: AtomicU32 = AtomicU32::new(1);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = parent.join(format!("chat-bench-{}-{number}", std::process::id()));
        fs::create_dir(&path)
            .with_context(|| format!("cannot make {}; choose another place by --dir", path.display()))?;
        Ok(Folder { path, made: 0 })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A place in it that nothing has used; it is not made yet.
    pub(super) fn place(&mut self) -> PathBuf {
        self.made += 1;
        self.path.join(self.made.to_string())
    }

    /// The kind of file system it is on, as the system calls it; none where that cannot be found out.
    pub(super) fn file_system(&self) -> Option<String> {
        kind(&fs::read_to_string("/proc/self/mountinfo").ok()?, &self.path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.path) {
            eprintln!("chat-cli: {} could not be removed: {error}", self.path.display());
        }
    }
}

/// The mount that holds `path` is the one whose mount point is its longest beginning; of two at one point the
/// later covers the earlier.
fn kind(mounts: &str, path: &Path) -> Option<String> {
    let found = mounts.lines().filter_map(mount).filter(|(point, _)| path.starts_with(point));
    let (_, kind) = found.max_by_key(|(point, _)| point.components().count())?;
    Some(kind.to_owned())
}

/// Mount point and kind, from a line that proc(5) explains.
fn mount(line: &str) -> Option<(PathBuf, &str)> {
    let (left, right) = line.split_once(" - ")?;
    let point = left.split(' ').nth(4)?.replace("\\040", " ");
    Some((PathBuf::from(point), right.split(' ').next()?))
}

/// Makes the system forget what it keeps in memory of the files in a folder, so that reading them needs the disk.
/// Only a wish, and none where the system cannot be told.
pub(super) fn forget(folder: &Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let file = fs::File::open(entry?.path())?;
        // What has not been written yet is not forgotten.
        file.sync_all()?;
        #[cfg(target_os = "linux")]
        rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_mount_point_tells_the_file_system() {
        let mounts = "22 1 8:1 / / rw - ext4 /dev/a rw\n\
                      23 22 0:5 / /srv rw,nosuid shared:3 - xfs /dev/b rw\n\
                      24 22 0:6 / /with\\040space rw - tmpfs tmpfs rw\n\
                      25 23 0:7 / /srv rw - btrfs /dev/c rw\n";
        let on = |path: &str| kind(mounts, Path::new(path));
        assert_eq!(on("/home/x").as_deref(), Some("ext4"));
        assert_eq!(on("/srv/chat").as_deref(), Some("btrfs"));
        assert_eq!(on("/srvx").as_deref(), Some("ext4"));
        assert_eq!(on("/with space/x").as_deref(), Some("tmpfs"));
        assert_eq!(kind("", Path::new("/")), None);
    }

    #[test]
    fn a_folder_is_gone_with_all_that_is_in_it() {
        let parent = std::env::temp_dir().join(format!("chat-bench-folder-{}", std::process::id()));
        fs::create_dir_all(&parent).unwrap();
        let mut folder = Folder::make(Some(&parent)).unwrap();
        let (first, second) = (folder.place(), folder.place());
        assert_ne!(first, second);
        fs::create_dir(&first).unwrap();
        fs::write(first.join("chat.db"), b"much").unwrap();
        forget(&first).unwrap();
        drop(folder);
        assert_eq!(fs::read_dir(&parent).unwrap().count(), 0);
        fs::remove_dir(&parent).unwrap();
    }
}
