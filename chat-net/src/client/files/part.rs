//! A file that is not whole yet: made without following a link, taken up again only if it is surely ours, and given its
//! name without overwriting anything.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chat_core::FileHash;

use super::digest::{hash_of, hash_range};
use super::name::{PART, SIDECAR, SIDECAR_NEW, numbered};
use super::own::{create, existing, is_free, is_same, sync_folder};
use super::place::place;
use super::sidecar::{About, Sidecar, Verified};
use crate::disk::write_at;

/// So many names are tried for a file before it is given up.
const NAMES: u32 = 10_000;

/// So many places are looked at for what an earlier transfer left.
const PLACES: u32 = 64;

/// A file that is not whole yet, for this transfer alone.
#[derive(Debug)]
pub(super) struct Part {
    spot: Spot,
    /// Locked as long as it is open.
    file: Arc<File>,
}

/// Where a part may be, and of which file.
#[derive(Debug)]
struct Spot {
    folder: PathBuf,
    name: String,
    path: PathBuf,
    sidecar: Sidecar,
    about: About,
}

/// What a part begins with: its first bytes, verified.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) offset: u64,
    pub(super) hasher: blake3::Hasher,
}

/// Notes how much of a part is on the disk.
#[derive(Debug)]
pub(super) struct Checkpoint {
    file: Arc<File>,
    sidecar: Sidecar,
    about: About,
    verified: Verified,
}

impl Part {
    /// Takes up what an earlier transfer of this file left in the folder, or makes a new one. `name` is safe for a disk.
    pub(super) fn open(folder: &Path, name: &str, about: &About) -> io::Result<(Part, Start)> {
        for number in 0..PLACES {
            // Whatever is odd about it: it may be somebody else's, and stays as it is.
            if let Ok(found) = Spot::new(folder, name, number, about).resume() {
                return Ok(found);
            }
        }
        for number in 0..NAMES {
            match Spot::new(folder, name, number, about).begin() {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => return made.map(|part| (part, Start { offset: 0, hasher: blake3::Hasher::new() })),
            }
        }
        Err(no_name_left())
    }

    /// Writes bytes that follow those that are there.
    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        write_at(&self.file, offset, bytes)
    }

    /// What is to be noted when so much is there.
    pub(super) fn checkpoint(&self, offset: u64, hasher: &blake3::Hasher) -> Checkpoint {
        Checkpoint {
            file: Arc::clone(&self.file),
            sidecar: self.spot.sidecar.clone(),
            about: self.spot.about.clone(),
            verified: Verified { offset, prefix: hash_of(hasher) },
        }
    }

    /// The hash is known now.
    pub(super) fn hashed(&mut self, hash: FileHash) {
        self.spot.about.hash = Some(hash);
    }

    /// Begins anew: what is there is the beginning of another file.
    pub(super) fn start_over(&self) -> io::Result<()> {
        self.spot.sidecar.update(&self.spot.about, Verified::nothing())?;
        self.file.set_len(0)
    }

    /// It is whole: gives it its name, or that name with a number if it is taken, and says which.
    pub(super) fn finish(self) -> io::Result<PathBuf> {
        let Part { spot, file } = self;
        file.set_len(spot.about.size)?;
        file.sync_all()?;
        for number in 0..NAMES {
            if !is_same(&spot.path, &file) {
                return Err(io::Error::new(
                    io::ErrorKind::NotFound,
                    "it was taken away while it was received",
                ));
            }
            let path = spot.named(number);
            match place(&spot.path, &path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                Ok(()) => {
                    spot.sidecar.remove();
                    sync_folder(&spot.folder);
                    return Ok(path);
                }
            }
        }
        Err(no_name_left())
    }

    /// Throws it away.
    pub(super) fn discard(self) {
        if is_same(&self.spot.path, &self.file) {
            let _ = fs::remove_file(&self.spot.path);
            self.spot.sidecar.remove();
        }
    }

    /// The first name that is free for it now.
    pub(super) fn becomes(&self) -> PathBuf {
        let mut names = (0..NAMES).map(|number| self.spot.named(number));
        names.find(|path| is_free(path)).unwrap_or_else(|| self.spot.named(0))
    }

    /// How large the file is.
    pub(super) fn size(&self) -> u64 {
        self.spot.about.size
    }

    /// Where it is, until it is whole.
    pub(super) fn path(&self) -> &Path {
        &self.spot.path
    }
}

impl Spot {
    fn new(folder: &Path, name: &str, number: u32, about: &About) -> Spot {
        let base = numbered(name, number);
        let path = |ending: &str| folder.join(format!("{base}{ending}"));
        Spot {
            path: path(PART),
            sidecar: Sidecar::at(path(SIDECAR), path(SIDECAR_NEW)),
            folder: folder.into(),
            name: name.into(),
            about: about.clone(),
        }
    }

    /// What the file may be called when it is whole.
    fn named(&self, number: u32) -> PathBuf {
        self.folder.join(numbered(&self.name, number))
    }

    fn held(self, file: File) -> Part {
        Part { spot: self, file: Arc::new(file) }
    }

    /// Makes a new part here, if all of its names are free.
    fn begin(self) -> io::Result<Part> {
        let file = create(&self.path)?;
        let made = match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::AlreadyExists.into()),
            // A file system without locks: nobody takes up a part there either.
            Err(TryLockError::Error(_)) | Ok(()) => self.sidecar.create(&self.about, Verified::nothing()),
        };
        match made {
            Ok(()) => Ok(self.held(file)),
            Err(error) => {
                let _ = fs::remove_file(&self.path);
                Err(error)
            }
        }
    }

    /// Takes up the part that is here, if it is surely one of this file, and nobody else's.
    fn resume(self) -> io::Result<(Part, Start)> {
        let file = existing(&self.path, true)?;
        file.try_lock()?;
        // Whoever had it may have given it its name since it was opened, and died before its sidecar was gone.
        if !is_same(&self.path, &file) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let verified = self.sidecar.read(&self.about)?;
        let mut hasher = blake3::Hasher::new();
        hash_range(&file, 0..verified.offset, &mut hasher, || true)?;
        if hash_of(&hasher) != verified.prefix {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it is not what was written there"));
        }
        file.set_len(verified.offset)?;
        Ok((self.held(file), Start { offset: verified.offset, hasher }))
    }
}

impl Checkpoint {
    /// Waits until the disk has the bytes, then notes that it has.
    pub(super) fn write(&self) -> io::Result<()> {
        self.file.sync_data()?;
        self.sidecar.update(&self.about, self.verified)
    }
}

fn no_name_left() -> io::Error {
    io::Error::new(io::ErrorKind::AlreadyExists, "every name that it could have is taken")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::super::scratch::Scratch;
    use super::*;

    fn about(size: u64) -> About {
        About { from: "ann".into(), name: "x.bin".into(), size, hash: None }
    }

    fn open(folder: &Scratch, about: &About) -> (Part, Start) {
        Part::open(folder.path(), "x.bin", about).unwrap()
    }

    /// A part with these bytes, of which the first are noted, as a process leaves it that dies.
    fn left(folder: &Scratch, about: &About, bytes: &[u8], noted: usize) {
        let (part, start) = open(folder, about);
        part.write(start.offset, bytes).unwrap();
        let mut hasher = blake3::Hasher::new();
        hasher.update(&bytes[..noted]);
        part.checkpoint(noted as u64, &hasher).write().unwrap();
    }

    fn names(folder: &Scratch) -> Vec<String> {
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> =
            names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_part_goes_on_from_what_was_noted() {
        let folder = Scratch::new();
        left(&folder, &about(10), b"abcdefg", 5);
        let (part, start) = open(&folder, &About { from: "ANN".into(), ..about(10) });
        assert_eq!((start.offset, start.hasher.finalize()), (5, blake3::hash(b"abcde")));
        assert_eq!(fs::read(part.path()).unwrap(), b"abcde", "what was not noted is written again");
        part.write(5, b"fghij").unwrap();
        let path = part.finish().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"abcdefghij");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(names(&folder), ["x.bin"]);
    }

    #[test]
    fn a_part_of_another_file_stays_as_it_is() {
        let hash = |byte| Some(FileHash([byte; 32]));
        for other in [
            About { from: "eve".into(), ..about(10) },
            About { name: "y.bin".into(), ..about(10) },
            about(11),
            About { hash: hash(2), ..about(10) },
        ] {
            let folder = Scratch::new();
            left(&folder, &About { hash: hash(1), ..about(10) }, b"abcde", 5);
            let (part, start) = open(&folder, &other);
            assert_eq!((start.offset, part.path().file_name().unwrap()), (0, "x (1).bin.part".as_ref()));
            assert_eq!(fs::read(folder.path().join("x.bin.part")).unwrap(), b"abcde");
        }
    }

    #[test]
    fn two_transfers_never_share_a_part() {
        let folder = Scratch::new();
        let (first, _) = open(&folder, &about(10));
        let (second, _) = open(&folder, &about(10));
        assert_ne!(first.path(), second.path());
        let (one, two) = (first.finish().unwrap(), second.finish().unwrap());
        assert_eq!(
            (one.file_name().unwrap(), two.file_name().unwrap()),
            ("x.bin".as_ref(), "x (1).bin".as_ref())
        );
    }

    /// Whatever is odd about what is there: it is left alone, and a new part is made beside it.
    #[test]
    fn what_is_odd_is_left_alone() {
        type Spoil = fn(&Path, &Path);
        let spoils: [(&str, Spoil); 9] = [
            ("other bytes", |part, _| fs::write(part, "xxxxxxx").unwrap()),
            ("fewer bytes", |part, _| fs::write(part, "abc").unwrap()),
            ("a link", |part, folder| {
                fs::rename(part, folder.join("moved")).unwrap();
                symlink(folder.join("moved"), part).unwrap();
            }),
            ("a second name", |part, folder| fs::hard_link(part, folder.join("second")).unwrap()),
            ("open to others", |part, _| {
                fs::set_permissions(part, PermissionsExt::from_mode(0o644)).unwrap();
            }),
            ("no sidecar", |_, folder| fs::remove_file(folder.join("x.bin.part.json")).unwrap()),
            ("half a sidecar", |_, folder| fs::write(folder.join("x.bin.part.json"), "{").unwrap()),
            ("a linked sidecar", |_, folder| {
                let sidecar = folder.join("x.bin.part.json");
                fs::rename(&sidecar, folder.join("moved")).unwrap();
                symlink(folder.join("moved"), sidecar).unwrap();
            }),
            ("something in the sidecar's way", |_, folder| {
                fs::write(folder.join("x.bin.part.json~"), "precious").unwrap();
            }),
        ];
        for (what, spoil) in spoils {
            let folder = Scratch::new();
            left(&folder, &about(10), b"abcdefg", 5);
            let odd = folder.path().join("x.bin.part");
            spoil(&odd, folder.path());
            let before: Vec<_> =
                names(&folder).iter().map(|name| fs::read(folder.path().join(name)).unwrap()).collect();
            let all = names(&folder);
            let (part, start) = open(&folder, &about(10));
            assert_eq!((start.offset, part.path()), (0, &*folder.path().join("x (1).bin.part")), "{what}");
            let after: Vec<_> = all.iter().map(|name| fs::read(folder.path().join(name)).unwrap()).collect();
            assert_eq!(before, after, "{what}");
        }
    }

    #[test]
    fn a_sidecar_that_was_being_written_is_no_obstacle() {
        let folder = Scratch::new();
        left(&folder, &about(10), b"abcdefg", 5);
        let sidecar = folder.path().join("x.bin.part.json");
        let new = folder.path().join("x.bin.part.json~");
        let whole = fs::read(&sidecar).unwrap();
        for what_came_to_the_disk in [&whole[..], b"", &[0; 100]] {
            fs::write(&new, what_came_to_the_disk).unwrap();
            fs::set_permissions(&new, PermissionsExt::from_mode(0o600)).unwrap();
            let (part, start) = open(&folder, &about(10));
            assert_eq!(start.offset, 5);
            part.checkpoint(5, &start.hasher).write().unwrap();
            assert_eq!(names(&folder), ["x.bin.part", "x.bin.part.json"]);
        }
    }

    #[test]
    fn a_name_that_is_taken_is_not_taken_away() {
        let folder = Scratch::new();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("x.bin"), "precious").unwrap();
        symlink(at("nowhere"), at("x (1).bin")).unwrap();
        fs::create_dir(at("x (2).bin")).unwrap();
        let (part, _) = open(&folder, &about(3));
        part.write(0, b"new").unwrap();
        assert_eq!(part.becomes(), at("x (3).bin"));
        assert_eq!(part.finish().unwrap(), at("x (3).bin"));
        assert_eq!(fs::read(at("x.bin")).unwrap(), b"precious");
        assert!(!at("nowhere").exists());
    }

    #[test]
    fn planted_names_are_neither_followed_nor_written() {
        let folder = Scratch::new();
        let at = |name: &str| folder.path().join(name);
        symlink(at("outside"), at("x.bin.part")).unwrap();
        symlink(at("outside"), at("x (1).bin.part.json")).unwrap();
        fs::write(at("x (2).bin.part.json~"), "precious").unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            at("x (3).bin.part"),
            rustix::fs::FileType::Fifo,
            0o600.into(),
            0,
        )
        .unwrap();
        let (part, _) = open(&folder, &about(3));
        assert_eq!(part.path(), at("x (4).bin.part"));
        assert!(!at("outside").exists() && fs::read(at("x (2).bin.part.json~")).unwrap() == b"precious");
        assert_eq!(fs::metadata(part.path()).unwrap().mode() & 0o777, 0o600);
        part.discard();
        assert_eq!(names(&folder).len(), 4, "what was planted, and nothing else");
    }

    #[test]
    fn a_part_that_was_taken_away_takes_no_name() {
        let folder = Scratch::new();
        let (part, _) = open(&folder, &about(3));
        let path = part.path().to_owned();
        fs::remove_file(&path).unwrap();
        fs::write(&path, "another").unwrap();
        assert_eq!(part.finish().unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(fs::read(&path).unwrap(), b"another");
    }
}
