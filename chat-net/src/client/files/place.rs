//! How a file gets its name without taking another one's.

use std::fs;
use std::io;
use std::path::Path;

use super::own::create;

/// Gives the file at `from` the name `to`; an error of the kind `AlreadyExists` if there is anything of that name.
///
/// Not every file system can do that in one step. Where none of the ways is there that cannot overwrite, the name is
/// taken with an empty file first.
pub(super) fn place(from: &Path, to: &Path) -> io::Result<()> {
    let mut done = Err(io::ErrorKind::Unsupported.into());
    for way in [renamed, linked, reserved] {
        done = way(from, to);
        if !done.as_ref().is_err_and(is_unsupported) {
            break;
        }
    }
    done
}

fn is_unsupported(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, PermissionDenied, TooManyLinks, Unsupported};
    matches!(error.kind(), Unsupported | InvalidInput | PermissionDenied | TooManyLinks)
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn renamed(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn renamed(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

fn linked(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

fn reserved(from: &Path, to: &Path) -> io::Result<()> {
    drop(create(to)?);
    fs::rename(from, to).inspect_err(|_| {
        let _ = fs::remove_file(to);
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::files::scratch::Scratch;

    #[test]
    fn no_way_overwrites() {
        for (name, way) in
            [("renamed", renamed as fn(&_, &_) -> _), ("linked", linked), ("reserved", reserved)]
        {
            let folder = Scratch::new();
            let at = |name: &str| folder.path().join(name);
            fs::write(at("from"), "new").unwrap();
            fs::write(at("there"), "old").unwrap();
            fs::create_dir(at("folder")).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(at("nowhere"), at("link")).unwrap();
            for taken in ["there", "folder", "link"] {
                let error = way(&at("from"), &at(taken)).unwrap_err();
                if name == "renamed" && is_unsupported(&error) {
                    continue;
                }
                assert_eq!(error.kind(), io::ErrorKind::AlreadyExists, "{name} {taken}");
            }
            assert_eq!(fs::read_to_string(at("there")).unwrap(), "old");
            match way(&at("from"), &at("to")) {
                Ok(()) => assert_eq!(fs::read_to_string(at("to")).unwrap(), "new"),
                Err(error) => assert!(is_unsupported(&error), "{name}: {error}"),
            }
            assert!(!at("nowhere").exists() && is_gone(&at("from")), "{name}");
        }
    }

    fn is_gone(path: &Path) -> bool {
        !path.exists()
    }
}
