//! Which folder files are put into, if nothing is said with each.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Looks a variable of the environment up.
type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The user's folder for downloads, as the desktop knows it; else `Downloads` at home; else the current folder. One
/// that does not exist is passed over.
pub(super) fn default_folder(env: Env<'_>) -> PathBuf {
    let absolute = |key: &str| env(key).map(PathBuf::from).filter(|path| path.is_absolute());
    let home = absolute("HOME").or_else(|| absolute("USERPROFILE"));
    let configured = || {
        let home = home.as_deref()?;
        let config = absolute("XDG_CONFIG_HOME").unwrap_or_else(|| home.join(".config"));
        let dirs = std::fs::read_to_string(config.join("user-dirs.dirs")).ok()?;
        // Set to the home folder, it means that there is none.
        user_dir(&dirs, home).filter(|folder| folder != home)
    };
    let named =
        [absolute("XDG_DOWNLOAD_DIR"), configured(), home.as_ref().map(|home| home.join("Downloads"))];
    named.into_iter().flatten().find(|folder| folder.is_dir()).unwrap_or_else(|| PathBuf::from("."))
}

/// What `user-dirs.dirs` says: lines as `XDG_DOWNLOAD_DIR="$HOME/Downloads"`, with nothing else of a shell in them.
fn user_dir(dirs: &str, home: &Path) -> Option<PathBuf> {
    let value = |line: &str| line.trim().strip_prefix("XDG_DOWNLOAD_DIR=").map(str::to_owned);
    let value = dirs.lines().filter_map(value).next_back()?;
    let value = value.trim().strip_prefix('"')?.strip_suffix('"')?;
    match value.strip_prefix("$HOME") {
        Some(rest) => Some(home.join(rest.trim_start_matches('/'))),
        None => Some(PathBuf::from(value)).filter(|path| path.is_absolute()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_desktop_says_where_downloads_go() {
        let home = Path::new("/home/al");
        for (dirs, folder) in [
            ("XDG_DOWNLOAD_DIR=\"$HOME/Heruntergeladenes\"\n", Some("/home/al/Heruntergeladenes")),
            ("# XDG_DOWNLOAD_DIR=\"$HOME/x\"\nXDG_DESKTOP_DIR=\"$HOME/y\"\n", None),
            ("XDG_DOWNLOAD_DIR=\"/data/in\"", Some("/data/in")),
            ("XDG_DOWNLOAD_DIR=\"in\"", None),
            ("XDG_DOWNLOAD_DIR=$HOME", None),
            ("XDG_DOWNLOAD_DIR=\"$HOME/\"", Some("/home/al")),
        ] {
            assert_eq!(user_dir(dirs, home).as_deref(), folder.map(Path::new), "{dirs}");
        }
    }

    #[test]
    fn a_folder_that_is_not_there_is_passed_over() {
        let home = std::env::temp_dir().join(format!("chat-downloads-{}", std::process::id()));
        let env = |key: &str| (key == "HOME").then(|| home.clone().into_os_string());
        assert_eq!(default_folder(&env), Path::new("."));
        std::fs::create_dir_all(home.join("Downloads")).unwrap();
        assert_eq!(default_folder(&env), home.join("Downloads"));
        std::fs::create_dir_all(home.join(".config")).unwrap();
        std::fs::create_dir_all(home.join("in")).unwrap();
        std::fs::write(home.join(".config/user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/in\"\n").unwrap();
        assert_eq!(default_folder(&env), home.join("in"));
        std::fs::write(home.join(".config/user-dirs.dirs"), "XDG_DOWNLOAD_DIR=\"$HOME/\"\n").unwrap();
        assert_eq!(default_folder(&env), home.join("Downloads"));
        std::fs::remove_dir_all(home).unwrap();
    }
}
