//! What was pasted and is sent as a file: kept in a folder of its own for as long as the program runs.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;

use chat_net::chat_core::Timestamp;

use crate::private;

/// The folder, once there is one. What is in it is gone with the program.
#[derive(Debug, Default)]
pub(super) struct Pastes {
    folder: Option<PathBuf>,
    count: u32,
}

impl Pastes {
    /// Writes `text` into a file of its own, named after the time `now`; gives where it lies.
    ///
    /// # Errors
    /// There is no place for it.
    pub(super) fn keep(&mut self, text: &str, now: Timestamp) -> io::Result<PathBuf> {
        let folder = match &self.folder {
            Some(folder) => folder.clone(),
            None => self.folder.insert(folder(now)?).clone(),
        };
        self.count += 1;
        let ((year, month, day), (hours, minutes, seconds)) = (now.date(), now.clock());
        let number = if self.count > 1 { format!("-{}", self.count) } else { String::new() };
        let name = format!("paste-{year}-{month:02}-{day:02}-{hours:02}{minutes:02}{seconds:02}{number}.txt");
        let path = folder.join(name);
        File::create_new(&path)?.write_all(text.as_bytes())?;
        Ok(path)
    }
}

impl Drop for Pastes {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // Nobody is left to be told.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Makes a folder that nobody else can look into.
fn folder(now: Timestamp) -> io::Result<PathBuf> {
    let name = format!("chat-pastes-{}-{}", std::process::id(), now.0);
    let folder = std::env::temp_dir().join(name);
    private::folder().create(&folder)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pastes_are_gone_with_the_program() {
        let now = Timestamp(1_763_733_600_000);
        let mut pastes = Pastes::default();
        let one = pastes.keep("one\ntwo\n", now).unwrap();
        let two = pastes.keep("three", now).unwrap();
        assert_eq!(one.file_name().unwrap(), "paste-2025-11-21-140000.txt");
        assert_eq!(two.file_name().unwrap(), "paste-2025-11-21-140000-2.txt");
        assert_eq!(std::fs::read_to_string(&one).unwrap(), "one\ntwo\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(one.parent().unwrap()).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
        drop(pastes);
        assert!(!one.parent().unwrap().exists());
    }
}
