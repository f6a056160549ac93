//! The settings file: TOML, every key known, every complaint with its line.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::{Deserializer, IntoDeserializer};
use toml::{Spanned, Value};

use super::data::{self, Env};
use super::limits::AllLimits;
use crate::cli::{
    AccountsHow, ColorWhen, Durability, LogFormat, Makers, OwnFileArg, Registration, ThemeWhich, TlsHow,
};
use crate::exit::{self, Exit};

/// What a settings file says; what it does not say is `None` or empty.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileSettings {
    pub(super) listen: Vec<String>,
    pub(super) admin: Option<String>,
    pub(super) origins: Vec<String>,
    pub(super) plaintext: Option<bool>,
    #[serde(deserialize_with = "unless_empty")]
    pub(super) tls: Option<TlsHow>,
    #[serde(deserialize_with = "unless_empty")]
    pub(super) tls_cert: Option<PathBuf>,
    #[serde(deserialize_with = "unless_empty")]
    pub(super) tls_key: Option<PathBuf>,
    pub(super) trusted: Option<bool>,
    pub(super) accounts: Option<AccountsHow>,
    pub(super) registration: Option<Registration>,
    #[serde(deserialize_with = "unless_empty")]
    pub(super) password_file: Option<PathBuf>,
    pub(super) room_makers: Option<Makers>,
    pub(super) start_room: Option<String>,
    pub(super) reserved_names: Vec<String>,
    pub(super) data: Option<PathBuf>,
    pub(super) durability: Option<Durability>,
    pub(super) log: Option<String>,
    pub(super) log_format: Option<LogFormat>,
    limits: BTreeMap<String, Spanned<Value>>,
    pub(super) join: FileJoin,
    #[serde(skip)]
    pub(super) all_limits: AllLimits,
}

/// What a settings file says for `join` and `send`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileJoin {
    pub(super) addr: Option<String>,
    pub(super) tls_pin: Option<String>,
    pub(super) name: Option<String>,
    pub(super) login: Option<bool>,
    pub(super) password_command: Option<String>,
    pub(super) server_password_command: Option<String>,
    pub(super) rooms: Vec<String>,
    pub(super) color: Option<ColorWhen>,
    pub(super) downloads: Option<PathBuf>,
    pub(super) theme: Option<ThemeWhich>,
    pub(super) log: Option<FileLog>,
    pub(super) mouse: Option<bool>,
    pub(super) bell: Option<bool>,
    pub(super) notify: Option<bool>,
    pub(super) notify_command: Vec<String>,
}

/// Whether and where what is said is logged.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "log should be true, false or a folder")]
pub(super) enum FileLog {
    Wanted(bool),
    Folder(PathBuf),
}

/// Empty is as good as not said.
fn unless_empty<'de, D, T>(written: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let written = String::deserialize(written)?;
    if written.is_empty() { Ok(None) } else { T::deserialize(written.into_deserializer()).map(Some) }
}

impl FileSettings {
    /// Reads the file at `path`; none says nothing.
    ///
    /// # Errors
    /// Ends with [`Exit::Config`] and names file and line.
    pub(super) fn read(path: Option<&Path>) -> anyhow::Result<FileSettings> {
        let Some(path) = path else { return Ok(FileSettings::default()) };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(path, &format!(": {error}")))?;
        FileSettings::of(path, &text)
    }

    /// Reads the file that a client is told to, else the user's own, if there is one.
    ///
    /// # Errors
    /// As [`FileSettings::read`].
    pub(super) fn own(typed: &OwnFileArg, env: Env<'_>) -> anyhow::Result<FileSettings> {
        if typed.no_config {
            return Ok(FileSettings::default());
        }
        if typed.config.is_some() {
            return FileSettings::read(typed.config.as_deref());
        }
        let Some(path) = data::config_file(env) else { return Ok(FileSettings::default()) };
        match std::fs::read_to_string(&path) {
            Ok(text) => FileSettings::of(&path, &text),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Ok(FileSettings::default())
            }
            Err(error) => Err(wrong(&path, &format!(": {error}"))),
        }
    }

    /// Reads the `text` of the file at `path`.
    fn of(path: &Path, text: &str) -> anyhow::Result<FileSettings> {
        FileSettings::parse(text).map_err(|(line, why)| match line {
            Some(line) => wrong(path, &format!(":{line}: {why}")),
            None => wrong(path, &format!(": {why}")),
        })
    }

    /// Reads `text`; a complaint comes with its line, if it has one.
    pub(super) fn parse(text: &str) -> Result<FileSettings, (Option<usize>, String)> {
        let line = |at: usize| text.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1;
        let mut file: FileSettings = toml::from_str(text).map_err(|error| {
            (error.span().map(|span| line(span.start)), error.message().replace('\n', ", "))
        })?;
        for (key, value) in &file.limits {
            let at = Some(line(value.span().start));
            let written = match value.get_ref() {
                Value::String(written) => written.clone(),
                Value::Integer(number) => number.to_string(),
                Value::Boolean(flag) => flag.to_string(),
                _ => return Err((at, format!("{key} should be a number, a string or true or false"))),
            };
            file.all_limits.set(key, &written).map_err(|why| (at, why))?;
        }
        Ok(file)
    }
}

fn wrong(path: &Path, why: &str) -> anyhow::Error {
    exit::because(Exit::Config, format!("{}{why}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_what_it_says_and_no_more() {
        let text = "listen = [\"[::1]:1\"]\ntrusted = true\n[limits]\nlinger = \"5s\"\nbody = 500\n[join]\nname = \"al\"\n";
        let file = FileSettings::parse(text).unwrap();
        assert_eq!(file.listen, ["[::1]:1"]);
        assert_eq!((file.trusted, file.plaintext), (Some(true), None));
        assert_eq!((file.all_limits.core.linger_ms, file.all_limits.core.body_bytes), (5_000, 500));
        assert_eq!(file.join.name.as_deref(), Some("al"));
    }

    #[test]
    fn every_complaint_names_its_line() {
        for (text, line, says) in [
            ("trusted = true\nlisen = []\n", 2, "unknown field `lisen`"),
            ("[limits]\n\nlingre = \"5s\"\n", 3, "there is no limit \"lingre\""),
            ("[limits]\nlinger = 5\n", 2, "linger: \"5\" should be a time"),
            ("[limits]\nlinger = [5]\n", 2, "linger should be"),
            ("trusted = 1\n", 1, "invalid type"),
            ("[join]\ncolor = \"red\"\n", 2, "unknown variant"),
            ("a = = b\n", 1, ""),
            ("trusted = true\ntls = \"self\"\n", 2, "unknown variant"),
        ] {
            let (at, why) = FileSettings::parse(text).unwrap_err();
            assert_eq!(at, Some(line), "{text:?}: {why}");
            assert!(why.contains(says) && !why.contains('\n'), "{why}");
        }
    }
}
