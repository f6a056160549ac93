//! How the full screen of `join` looks, and what it does beside.

use std::path::PathBuf;

use super::data::{Env, state_folder};
use super::file::{FileJoin, FileLog};
use crate::cli::{ScreenArgs, ThemeWhich};
use crate::exit::{self, Exit};

/// Everything that the full screen alone needs to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScreenSettings {
    /// Which colours it has.
    pub(crate) theme: ThemeWhich,
    /// Whether it uses the mouse.
    pub(crate) mouse: bool,
    /// The folder that is logged in; none: nothing is.
    pub(crate) log: Option<PathBuf>,
    /// How somebody is alerted.
    pub(crate) alerts: AlertSettings,
}

/// How somebody is alerted; by default not at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AlertSettings {
    /// By the terminal's bell.
    pub(crate) bell: bool,
    /// By a notification: of the terminal, unless there is a command for it.
    pub(crate) notify: bool,
    /// Program and arguments; `{title}` and `{text}` in these are replaced.
    pub(crate) command: Vec<String>,
}

impl ScreenSettings {
    /// Merges what was typed (or in the environment) with the file.
    ///
    /// # Errors
    /// Ends with [`Exit::Config`] if there is no folder to log in.
    pub(super) fn merge(args: &ScreenArgs, file: &FileJoin, env: Env<'_>) -> anyhow::Result<ScreenSettings> {
        let command = file.notify_command.clone();
        let notify = args.notify.or(file.notify).unwrap_or(!command.is_empty());
        let bell = args.bell.or(file.bell).unwrap_or_default();
        Ok(ScreenSettings {
            theme: args.theme.or(file.theme).unwrap_or_default(),
            mouse: args.mouse.or(file.mouse).unwrap_or_default(),
            log: log(args, file.log.as_ref(), env)?,
            alerts: AlertSettings { bell, notify, command },
        })
    }
}

/// The folder that is logged in, if one is.
fn log(args: &ScreenArgs, file: Option<&FileLog>, env: Env<'_>) -> anyhow::Result<Option<PathBuf>> {
    let written = match file {
        Some(FileLog::Folder(folder)) => Some(folder),
        _ => None,
    };
    let folder = args.log_dir.as_ref().or(written);
    let wanted = args.log.unwrap_or(folder.is_some() || matches!(file, Some(FileLog::Wanted(true))));
    let wrong = |why: String| exit::because(Exit::Config, why);
    // The shell leaves some tildes to the program; and a file does not know where it is used.
    let is_none = |folder: &PathBuf| match &args.log_dir {
        Some(_) => folder.as_os_str().is_empty() || folder.to_string_lossy().starts_with('~'),
        None => !folder.is_absolute(),
    };
    match folder {
        _ if !wanted => Ok(None),
        Some(folder) if is_none(folder) => Err(wrong(format!(
            "log: \"{}\" is no folder; write its whole path, for example /home/al/logs",
            folder.display()
        ))),
        Some(folder) => Ok(Some(folder.clone())),
        None => match state_folder(env) {
            Some(state) => Ok(Some(state.join("logs"))),
            None => Err(wrong("no home folder is known to log in; say --log-dir DIR where to".into())),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::file::FileSettings;
    use super::*;

    fn merged(args: &ScreenArgs, file: &str) -> anyhow::Result<ScreenSettings> {
        let file = FileSettings::parse(&format!("[join]\n{file}")).unwrap().join;
        ScreenSettings::merge(args, &file, &|key| (key == "XDG_STATE_HOME").then(|| "/state".into()))
    }

    fn nothing() -> ScreenArgs {
        ScreenArgs::default()
    }

    #[test]
    fn nothing_is_done_that_nobody_asked_for() {
        assert_eq!(merged(&nothing(), "").unwrap(), ScreenSettings::default());
    }

    #[test]
    #[cfg(unix)]
    fn a_log_is_where_it_was_said_to_be() {
        let of = |args: ScreenArgs, file: &str| {
            merged(&args, file).unwrap().log.map(|folder| folder.to_str().unwrap().to_owned())
        };
        let (own, written) = (Some("/state/chat/logs".to_owned()), Some("/logs".to_owned()));
        assert_eq!(of(nothing(), "log = true"), own);
        assert_eq!(of(nothing(), "log = \"/logs\""), written);
        assert_eq!(of(nothing(), "log = false"), None);
        let typed = |log| ScreenArgs { log: Some(log), ..nothing() };
        assert_eq!(of(typed(true), ""), own);
        assert_eq!(of(typed(true), "log = \"/logs\""), written);
        assert_eq!(of(typed(false), "log = \"/logs\""), None);
        let folder = || ScreenArgs { log_dir: Some("/typed".into()), ..nothing() };
        assert_eq!(of(folder(), "log = \"/logs\"").as_deref(), Some("/typed"));
        assert_eq!(of(folder(), "log = false").as_deref(), Some("/typed"));
        assert_eq!(of(ScreenArgs { log: Some(false), ..folder() }, ""), None);
    }

    #[test]
    fn a_folder_that_is_none_is_refused() {
        for written in ["~/logs", "~al/logs", "logs", ""] {
            let why = merged(&nothing(), &format!("log = \"{written}\"")).unwrap_err();
            assert!(exit::of(&why) == Exit::Config && why.to_string().contains("whole path"), "{why}");
        }
        let typed = |folder: &str| {
            merged(&ScreenArgs { log_dir: Some(folder.into()), ..nothing() }, "log = \"~/logs\"")
        };
        assert!(typed("~al/logs").is_err() && typed("").is_err());
        assert_eq!(typed("logs").unwrap().log, Some("logs".into()));
        let file = FileSettings::parse("[join]\nlog = true").unwrap().join;
        let nowhere = ScreenSettings::merge(&nothing(), &file, &|_| None).unwrap_err();
        assert!(nowhere.to_string().contains("--log-dir"), "{nowhere}");
        let (line, why) = FileSettings::parse("[join]\nlog = 5").unwrap_err();
        assert!(line == Some(2) && why.contains("a folder"), "{why}");
    }

    #[test]
    fn a_command_to_notify_is_there_to_be_used() {
        let alerts = |args: &ScreenArgs, file: &str| merged(args, file).unwrap().alerts;
        let command = "notify_command = [\"notify-send\", \"{title}\"]";
        let of_file = alerts(&nothing(), command);
        assert_eq!((of_file.notify, of_file.command.len()), (true, 2));
        assert!(!alerts(&nothing(), &format!("{command}\nnotify = false")).notify);
        let typed = ScreenArgs { notify: Some(false), bell: Some(true), ..nothing() };
        assert_eq!((alerts(&typed, command).notify, alerts(&typed, "bell = false").bell), (false, true));
    }

    #[test]
    fn a_theme_is_one_of_four() {
        assert_eq!(merged(&nothing(), "theme = \"256\"").unwrap().theme, ThemeWhich::Many);
        let typed = ScreenArgs { theme: Some(ThemeWhich::None), ..nothing() };
        assert_eq!(merged(&typed, "theme = \"16\"").unwrap().theme, ThemeWhich::None);
        assert!(FileSettings::parse("[join]\ntheme = \"8\"").is_err());
    }
}
