//! What is remembered beside a file that is not whole: whose it is, and how much of it is known to be right.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use chat_core::{FileHash, Offer};
use serde::{Deserialize, Serialize};

use super::digest::hash_of;
use super::own::{create, existing, is_free};

/// No sidecar is longer.
const MAX_BYTES: u64 = 16 * 1024;

/// The version of the form that is written here.
const FORM: u32 = 1;

/// Which file it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    /// Who sends it.
    pub(super) from: String,
    /// What the sender calls it.
    pub(super) name: String,
    pub(super) size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) hash: Option<FileHash>,
}

impl About {
    pub(super) fn of(offer: &Offer) -> About {
        let Offer { from, name, size, hash, .. } = offer;
        About { from: from.as_str().into(), name: name.as_str().into(), size: *size, hash: *hash }
    }

    /// Whether both are of one file, by all that is known of it. Its first bytes are compared later.
    fn may_be(&self, other: &About) -> bool {
        let same_hash = self.hash.is_none() || other.hash.is_none() || self.hash == other.hash;
        self.from.eq_ignore_ascii_case(&other.from)
            && self.name == other.name
            && self.size == other.size
            && same_hash
    }
}

/// How much of a file is on the disk, whatever happens to the machine, and the hash of that much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Verified {
    pub(super) offset: u64,
    pub(super) prefix: FileHash,
}

impl Verified {
    /// Of nothing.
    pub(super) fn nothing() -> Verified {
        Verified { offset: 0, prefix: hash_of(&blake3::Hasher::new()) }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Contents {
    chat_part: u32,
    #[serde(flatten)]
    about: About,
    #[serde(flatten)]
    verified: Verified,
}

/// The file that it is written in, and the one beside it that it is written into first.
#[derive(Clone, Debug)]
pub(super) struct Sidecar {
    path: PathBuf,
    new: PathBuf,
}

impl Sidecar {
    pub(super) fn at(path: PathBuf, new: PathBuf) -> Sidecar {
        Sidecar { path, new }
    }

    /// Makes it, if both of its names are free.
    pub(super) fn create(&self, about: &About, verified: Verified) -> io::Result<()> {
        if !is_free(&self.new) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        made(&self.path, |file| write(file, about, verified))
    }

    /// Writes it anew: whole or not at all, whenever the machine stops.
    pub(super) fn update(&self, about: &About, verified: Verified) -> io::Result<()> {
        made(&self.new, |file| {
            write(file, about, verified)?;
            fs::rename(&self.new, &self.path)
        })
    }

    /// What it says of this file; an error if it is of another, or odd in any way.
    pub(super) fn read(&self, about: &About) -> io::Result<Verified> {
        let contents = read(&self.path)?;
        let is_right = contents.chat_part == FORM
            && contents.about.may_be(about)
            && contents.verified.offset <= about.size;
        if !is_right {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is of another file"));
        }
        // One that was being written when the machine stopped. What is not one of ours is in the way.
        if !is_free(&self.new) {
            let left = bytes(&self.new)?;
            let is_ours = is_torn(&left)
                || serde_json::from_slice::<Contents>(&left).is_ok_and(|left| left.about.may_be(about));
            if !is_ours {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            fs::remove_file(&self.new)?;
        }
        Ok(contents.verified)
    }

    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }
}

fn write(mut file: File, about: &About, verified: Verified) -> io::Result<()> {
    let contents = Contents { chat_part: FORM, about: about.clone(), verified };
    let mut bytes = serde_json::to_vec(&contents)?;
    bytes.push(b'\n');
    file.write_all(&bytes)?;
    file.sync_data()
}

/// Makes a file and fills it; takes it away again if that fails, as it does on a full disk.
fn made(path: &Path, fill: impl FnOnce(File) -> io::Result<()>) -> io::Result<()> {
    fill(create(path)?).inspect_err(|_| {
        let _ = fs::remove_file(path);
    })
}

fn read(path: &Path) -> io::Result<Contents> {
    Ok(serde_json::from_slice(&bytes(path)?)?)
}

fn bytes(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    existing(path, false)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether nothing of it had reached the disk when the machine stopped: empty, or only as long as it was to be.
fn is_torn(bytes: &[u8]) -> bool {
    bytes.iter().all(|byte| *byte == 0)
}

#[cfg(test)]
mod tests {
    use super::super::scratch::Scratch;
    use super::*;

    #[test]
    fn what_could_not_be_written_leaves_nothing() {
        let folder = Scratch::new();
        let path = folder.path().join("x.part.json");
        let full = |_| Err(io::ErrorKind::StorageFull.into());
        assert_eq!(made(&path, full).unwrap_err().kind(), io::ErrorKind::StorageFull);
        assert!(is_free(&path));
        fs::write(&path, "precious").unwrap();
        assert_eq!(made(&path, full).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
    }
}
