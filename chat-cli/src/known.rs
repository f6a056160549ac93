//! The servers whose certificates a person has trusted: one line each, `HOST:PORT sha256:HEX`.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use chat_net::tls::Fingerprint;

use crate::exit::{self, Exit};
use crate::private;
use crate::settings::state_folder;

/// The longest file that is read; a line takes about 100 bytes.
const FILE_BYTES: u64 = 1024 * 1024;

/// The file of trusted servers.
#[derive(Clone, Debug)]
pub(crate) struct Known(PathBuf);

impl Known {
    /// This user's; `None` if the environment does not say where the user's home is.
    pub(crate) fn of_user(env: &dyn Fn(&str) -> Option<OsString>) -> Option<Known> {
        state_folder(env).map(|folder| Known(folder.join("known_servers")))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// The certificate that was trusted when `addr` was last asked about.
    ///
    /// # Errors
    /// Ends with [`Exit::Untrusted`] if the file cannot be read or understood: what is not known to be the same
    /// might be another one.
    pub(crate) fn find(&self, addr: &str) -> anyhow::Result<Option<Fingerprint>> {
        let text = self.read().map_err(|error| self.wrong(&error.to_string()))?;
        for (at, line) in text.lines().enumerate() {
            let Some(entry) = entry(line) else { continue };
            let (known, pin) = entry.map_err(|why| self.wrong(&format!("line {}: {why}", at + 1)))?;
            if known.eq_ignore_ascii_case(addr) {
                return Ok(Some(pin));
            }
        }
        Ok(None)
    }

    /// Trusts this certificate at `addr` from now on. The file is written anew beside the old one and takes its place.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn remember(&self, addr: &str, pin: Fingerprint) -> io::Result<()> {
        let mut text = self.read()?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&format!("{addr} {pin}\n"));
        if let Some(folder) = self.0.parent() {
            private::folder().recursive(true).create(folder)?;
        }
        let new = self.0.with_extension(format!("new.{}", std::process::id()));
        // Left by a program that was killed and had the same number.
        let _ = fs::remove_file(&new);
        let written = write(&new, &text).and_then(|()| fs::rename(&new, &self.0));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    fn read(&self) -> io::Result<String> {
        let file = match File::open(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(String::new()),
            file => file?,
        };
        let mut text = String::new();
        file.take(FILE_BYTES + 1).read_to_string(&mut text)?;
        if text.len() as u64 > FILE_BYTES {
            return Err(io::Error::new(ErrorKind::InvalidData, "it is longer than 1 MiB"));
        }
        Ok(text)
    }

    fn wrong(&self, why: &str) -> anyhow::Error {
        exit::because(Exit::Untrusted, format!("{}: {why}; mend or remove it", self.0.display()))
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private::file().open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// What a line says, if it is not empty and no comment.
fn entry(line: &str) -> Option<Result<(&str, Fingerprint), String>> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let Some((addr, pin)) = line.split_once(char::is_whitespace) else {
        return Some(Err("should be HOST:PORT sha256:HEX".to_owned()));
    };
    Some(pin.trim().parse().map(|pin| (addr, pin)).map_err(|error| format!("{error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_remembered_is_found_again_and_what_is_garbled_trusts_nobody() {
        let home = std::env::temp_dir().join(format!("chat-cli-known-{}", std::process::id()));
        let in_home = home.clone();
        let env = move |key: &str| (key == "XDG_STATE_HOME").then(|| in_home.clone().into_os_string());
        let known = Known::of_user(&env).unwrap();
        let (one, two) = (Fingerprint::of(b"one"), Fingerprint::of(b"two"));
        assert_eq!(known.find("a:1").unwrap(), None);
        known.remember("a:1", one).unwrap();
        known.remember("[::1]:2", two).unwrap();
        assert_eq!(known.find("A:1").unwrap(), Some(one));
        assert_eq!(known.find("[::1]:2").unwrap(), Some(two));
        assert_eq!(known.find("a:2").unwrap(), None);
        let text = std::fs::read_to_string(known.path()).unwrap();
        assert_eq!(text, format!("a:1 {one}\n[::1]:2 {two}\n"));
        for garbled in ["a:1\n", "a:1 sha256:00\n", "a:1 sha1:00\n"] {
            std::fs::write(known.path(), format!("# mine\n\n{garbled}a:1 {one}")).unwrap();
            let refused = known.find("a:1").unwrap_err();
            assert_eq!(exit::of(&refused), Exit::Untrusted);
            assert!(refused.to_string().contains("line 3"), "{refused}");
        }
        std::fs::write(known.path(), format!("# mine\n\n a:1\t{one} ")).unwrap();
        known.remember("b:1", two).unwrap();
        assert_eq!((known.find("a:1").unwrap(), known.find("b:1").unwrap()), (Some(one), Some(two)));
        std::fs::remove_dir_all(home).unwrap();
        assert!(Known::of_user(&|_| None).is_none());
    }
}
