//! The thread that writes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, OnceLock};

use super::disk::{Folder, Opened};
use super::{Entry, line};

/// So many rows are written at once, each file with one write.
const BATCH: usize = 512;

/// Where to write.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) base: PathBuf,
    pub(super) folder: String,
    /// What waits has so many bytes.
    pub(super) waiting: Arc<AtomicUsize>,
    /// How many rows were left out at the end, once that is known.
    pub(super) never_told: Arc<OnceLock<Entry>>,
}

impl Writer {
    /// Writes all that comes, to its end. Files are opened anew each time: one that was moved away is begun again.
    ///
    /// # Errors
    /// In a sentence, why nothing is written any more.
    pub(super) fn write(&self, entries: &Receiver<Entry>) -> Result<(), String> {
        let folder = match Folder::open(&self.base, &self.folder) {
            Ok(Opened::Free(folder)) => folder,
            Ok(Opened::Taken) => {
                return Err(format!("nothing is logged here: another chat-cli logs to {}", self.path(None)));
            }
            Err(error) => return Err(self.stopped(None, &error)),
        };
        let mut known = BTreeSet::new();
        while let Ok(first) = entries.recv() {
            let mut files: BTreeMap<String, String> = BTreeMap::new();
            for entry in std::iter::once(first).chain(entries.try_iter().take(BATCH)) {
                self.waiting.fetch_sub(entry.text.len(), Ordering::Relaxed);
                let text = files.entry(entry.file).or_default();
                if entry.left_out > 0 {
                    text.push_str(&line::left_out(entry.at, entry.left_out));
                }
                text.push_str(&entry.text);
            }
            for (file, text) in files {
                let is_first = known.insert(file.clone());
                folder.append(&file, &text, is_first).map_err(|error| self.stopped(Some(&file), &error))?;
            }
        }
        if let Some(Entry { file, at, left_out, .. }) = self.never_told.get() {
            let text = line::left_out(*at, *left_out);
            let is_first = !known.contains(file);
            folder.append(file, &text, is_first).map_err(|error| self.stopped(Some(file), &error))?;
        }
        Ok(())
    }

    fn stopped(&self, file: Option<&str>, error: &io::Error) -> String {
        format!("nothing is logged any more: {}: {error}", self.path(file))
    }

    fn path(&self, file: Option<&str>) -> String {
        let folder = self.base.join(&self.folder);
        file.map_or_else(|| folder.clone(), |file| folder.join(file)).display().to_string()
    }
}
