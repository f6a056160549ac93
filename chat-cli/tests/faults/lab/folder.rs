//! A folder of a test's own, removed with it; and what is in one.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// Removed when dropped.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(what: &str) -> Folder {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("chat-fault-{what}-{}-{count}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // A test may have taken the right to look into it away.
        let _ = fs::set_permissions(&self.0, fs::Permissions::from_mode(0o700));
        for entry in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let _ = fs::set_permissions(entry.path(), fs::Permissions::from_mode(0o700));
        }
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies the files of a folder into a new one; not the socket that a killed server leaves there.
pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_file() {
            fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
        }
    }
}

/// Every file with its content, its mode and the time it was changed, the folder itself among them.
pub(crate) type State = BTreeMap<String, (Vec<u8>, u32, i64, i64)>;

/// The state of a folder: equal before and after if nothing was touched.
pub(crate) fn state(folder: &Path) -> State {
    let of = |path: &Path| {
        let about = fs::metadata(path).unwrap();
        let bytes = if about.is_file() { fs::read(path).unwrap() } else { Vec::new() };
        (bytes, about.mode(), about.mtime(), about.mtime_nsec())
    };
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let mut state: State =
        entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), of(&entry.path()))).collect();
    state.insert(".".into(), of(folder));
    state
}
