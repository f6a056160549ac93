//! What is in a folder, read by a thread: one on a server that does not answer must not keep the screen waiting.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use crate::files::at_home;

/// So many entries of a folder are looked at.
const ENTRIES: usize = 10_000;

/// So long a key waits for the answer; after that, it comes to the next one.
const PATIENCE: Duration = Duration::from_millis(40);

/// What is in a folder: names, folders with a separator behind.
type Entries = Vec<String>;

/// Reads folders, one at a time.
#[derive(Debug)]
pub(super) struct Folders {
    read: fn(&Path) -> Entries,
    /// The folder that is being read, and where the answer comes.
    running: Option<(PathBuf, Receiver<Entries>)>,
}

impl Default for Folders {
    fn default() -> Folders {
        Folders { read, running: None }
    }
}

impl Folders {
    /// What is in `folder`, as it is written, that begins so; `None` if that is not known yet. What cannot be typed is
    /// left out, and what is hidden, unless that is asked for.
    pub(super) fn begin_so(&mut self, folder: &str, begun: &str) -> Option<Vec<String>> {
        let folder = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
        let entries = self.entries(at_home(folder))?;
        let is_meant = |name: &String| {
            let is_hidden = name.starts_with('.') && !begun.starts_with('.');
            name.starts_with(begun) && !is_hidden && !name.contains(char::is_control)
        };
        Some(entries.into_iter().filter(is_meant).collect())
    }

    fn entries(&mut self, folder: PathBuf) -> Option<Entries> {
        let (asked, answer) = match self.running.take() {
            Some(running) => running,
            None => (folder.clone(), self.start(&folder)),
        };
        match answer.recv_timeout(PATIENCE) {
            Ok(entries) if asked == folder => Some(entries),
            // That was of another folder; now this one can be read.
            Ok(_) => self.entries(folder),
            Err(RecvTimeoutError::Timeout) => {
                self.running = Some((asked, answer));
                None
            }
            Err(RecvTimeoutError::Disconnected) => Some(Entries::new()),
        }
    }

    fn start(&self, folder: &Path) -> Receiver<Entries> {
        let (speaker, answer) = sync_channel(1);
        let (read, folder) = (self.read, folder.to_owned());
        // Whoever asked may have forgotten it. Where there can be no thread, nothing is found.
        let _ = std::thread::Builder::new()
            .name("folder".to_owned())
            .spawn(move || drop(speaker.send(read(&folder))));
        answer
    }
}

fn read(folder: &Path) -> Entries {
    let Ok(entries) = fs::read_dir(folder) else { return Entries::new() };
    let named = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let end = if entry.path().is_dir() { std::path::MAIN_SEPARATOR_STR } else { "" };
        Some(name + end)
    };
    let mut found: Entries = entries.take(ENTRIES).filter_map(|entry| named(entry.ok()?)).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Held, nothing is read.
    static STUCK: Mutex<()> = Mutex::new(());

    fn stuck(folder: &Path) -> Entries {
        let _held = STUCK.lock();
        vec![format!("in {}", folder.display())]
    }

    #[test]
    fn a_folder_that_does_not_answer_is_waited_for_by_the_next_key() {
        let mut folders = Folders { read: stuck, running: None };
        let held = STUCK.lock().unwrap();
        assert_eq!(folders.begin_so("slow", ""), None);
        // Another one would hang as well: no second thread is begun.
        assert_eq!(folders.begin_so("other", ""), None);
        assert_eq!(folders.running.as_ref().map(|(folder, _)| folder.as_path()), Some(Path::new("slow")));
        drop(held);
        let mut answer = None;
        while answer.is_none() {
            answer = folders.begin_so("slow", "");
        }
        assert_eq!(answer.unwrap(), ["in slow"]);
    }

    #[test]
    fn what_is_written_with_a_tilde_is_at_home() {
        let mut folders = Folders { read: |folder| vec![folder.display().to_string()], running: None };
        let home = std::env::home_dir().unwrap().join("pictures");
        let mut answer = None;
        while answer.is_none() {
            answer = folders.begin_so("~/pictures", "");
        }
        assert_eq!(answer.unwrap(), [home.display().to_string()]);
    }
}
