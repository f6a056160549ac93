//! Which folders the environment names: for history, for what is remembered, for settings.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::exit::{self, Exit};

/// Looks a variable of the environment up; empty is as good as missing.
pub(super) type Env<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// The process's own environment.
pub(crate) fn environment(key: &str) -> Option<OsString> {
    std::env::var_os(key).filter(|value| !value.is_empty())
}

/// What was said about the folder: typed, else by the environment, else by the file; `None` if nothing was.
///
/// # Errors
/// Ends with [`Exit::Config`] if it begins with a `~` that no shell has replaced: nobody wants a folder of
/// that name.
pub(super) fn named(
    typed: Option<&Path>,
    file: Option<&Path>,
    env: Env<'_>,
) -> anyhow::Result<Option<PathBuf>> {
    let said = typed.map(Path::to_owned).or_else(|| env("CHAT_DATA").map(PathBuf::from));
    let said = said.or_else(|| file.map(Path::to_owned));
    let Some(folder) = said else { return Ok(None) };
    if folder.as_os_str().is_empty() || folder.as_os_str().as_encoded_bytes().starts_with(b"~") {
        return Err(exit::because(
            Exit::Config,
            format!(
                "data: \"{}\" is no folder; write its whole path, for example /srv/chat",
                folder.display()
            ),
        ));
    }
    Ok(Some(folder))
}

/// The folder if nothing was said: systemd's, else the user's own for the state of programs.
///
/// # Errors
/// Ends with [`Exit::Config`] if the environment does not say where the user's home is.
pub(super) fn default_folder(env: Env<'_>) -> anyhow::Result<PathBuf> {
    // systemd gives all folders of a unit, with colons between.
    if let Some(folders) = env("STATE_DIRECTORY")
        && let Some(first) = std::env::split_paths(&folders).find(|path| path.is_absolute())
    {
        return Ok(first);
    }
    state_folder(env).ok_or_else(|| {
        exit::because(
            Exit::Config,
            "no home folder is known to keep history in; say --data DIR where to, or --memory to keep none",
        )
    })
}

/// The user's own folder for what this program keeps; `None` if the environment does not say where the home is.
pub(crate) fn state_folder(env: Env<'_>) -> Option<PathBuf> {
    let state = absolute(env, "XDG_STATE_HOME")
        .or_else(|| absolute(env, "HOME").map(|home| home.join(".local/state")))
        .or_else(|| absolute(env, "LOCALAPPDATA"));
    state.map(|state| state.join("chat"))
}

/// Where the user's own settings would be; `None` if the environment does not say where the home is.
pub(super) fn config_file(env: Env<'_>) -> Option<PathBuf> {
    let config = absolute(env, "XDG_CONFIG_HOME")
        // A Windows that knows a HOME has it from a shell that was brought along.
        .or_else(|| absolute(env, "APPDATA").filter(|_| cfg!(windows)))
        .or_else(|| absolute(env, "HOME").map(|home| home.join(".config")));
    config.map(|config| config.join("chat").join("config.toml"))
}

/// A folder that the environment names; the specification of XDG has relative paths ignored.
fn absolute(env: Env<'_>, key: &str) -> Option<PathBuf> {
    env(key).map(PathBuf::from).filter(|path| path.is_absolute())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn default_in(set: &[(&str, &str)]) -> anyhow::Result<PathBuf> {
        default_folder(&|key| set.iter().find(|(name, _)| *name == key).map(|(_, value)| value.into()))
    }

    #[test]
    fn the_default_folder_is_where_the_state_of_programs_belongs() {
        for (set, folder) in [
            (&[("HOME", "/home/al")][..], "/home/al/.local/state/chat"),
            (&[("HOME", "/home/al"), ("XDG_STATE_HOME", "/state")], "/state/chat"),
            (&[("HOME", "/home/al"), ("XDG_STATE_HOME", "state")], "/home/al/.local/state/chat"),
            (&[("STATE_DIRECTORY", "/var/lib/chat"), ("HOME", "/home/al")], "/var/lib/chat"),
            (&[("STATE_DIRECTORY", "/var/lib/chat:/var/lib/more")], "/var/lib/chat"),
        ] {
            assert_eq!(default_in(set).unwrap(), Path::new(folder));
        }
        let nowhere = default_in(&[("XDG_STATE_HOME", "state")]).unwrap_err();
        assert_eq!(exit::of(&nowhere), Exit::Config);
        assert!(nowhere.to_string().contains("--data DIR"), "{nowhere}");
    }

    #[test]
    fn settings_are_where_the_settings_of_programs_belong() {
        let file = |set: &[(&str, &str)]| {
            config_file(&|key| set.iter().find(|(name, _)| *name == key).map(|(_, value)| value.into()))
        };
        let at_home = Some(PathBuf::from("/home/al/.config/chat/config.toml"));
        assert_eq!(file(&[("HOME", "/home/al")]), at_home);
        assert_eq!(file(&[("HOME", "/home/al"), ("XDG_CONFIG_HOME", "config")]), at_home);
        let elsewhere = file(&[("HOME", "/home/al"), ("XDG_CONFIG_HOME", "/etc/al")]);
        assert_eq!(elsewhere, Some(PathBuf::from("/etc/al/chat/config.toml")));
        assert_eq!(file(&[("HOME", "home")]), None);
    }

    #[test]
    fn what_is_typed_beats_the_environment_which_beats_the_file() {
        let env = |_: &str| Some(OsString::from("/env"));
        let none = |_: &str| None;
        let (typed, file) = (Some(Path::new("/typed")), Some(Path::new("/file")));
        assert_eq!(named(typed, file, &env).unwrap().unwrap(), Path::new("/typed"));
        assert_eq!(named(None, file, &env).unwrap().unwrap(), Path::new("/env"));
        assert_eq!(named(None, file, &none).unwrap().unwrap(), Path::new("/file"));
        assert_eq!(named(None, None, &none).unwrap(), None);
        for nonsense in ["~/chat", ""] {
            assert_eq!(exit::of(&named(Some(Path::new(nonsense)), None, &none).unwrap_err()), Exit::Config);
        }
    }
}
