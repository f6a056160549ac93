//! A small disk: a file system in memory, mounted where only this test sees it.

use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Mounted while this is alive. The mount is in a name space of its own, which a process keeps alive that ends
/// when its input does: whatever becomes of the test, nothing stays mounted.
pub(crate) struct SmallDisk {
    keeper: Child,
    input: Option<ChildStdin>,
    mounted: PathBuf,
}

impl SmallDisk {
    /// Mounts so many MiB at a folder that exists; `None`, and a word of it, where that is not permitted and
    /// need not be.
    pub(crate) fn mount(at: &Path, mebibytes: u32) -> Option<SmallDisk> {
        let script = format!("mount -t tmpfs -o size={mebibytes}m tmpfs \"$0\" && echo mounted && read end");
        let mut keeper = Command::new("unshare")
            .args(["--mount", "--", "sh", "-c", &script])
            .arg(at)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("unshare, of util-linux, is on every Linux");
        let input = keeper.stdin.take();
        let mut line = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let disk = SmallDisk { keeper, input, mounted: at.to_owned() };
        if line.trim() == "mounted" {
            return Some(disk);
        }
        super::cannot("mount a small disk (that takes root)");
        None
    }

    /// What a command begins with that is to see the disk.
    pub(crate) fn wrap(&self) -> Vec<String> {
        let keeper = self.keeper.id().to_string();
        ["nsenter", "--target", &keeper, "--mount", "--"].map(String::from).to_vec()
    }

    /// A path on the disk, as this process can see it too.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.keeper.id()));
        root.join(self.mounted.strip_prefix("/").unwrap()).join(name)
    }

    /// Bytes that are free.
    pub(crate) fn free(&self) -> u64 {
        let about = rustix::fs::statvfs(self.path("")).unwrap();
        about.f_bavail * about.f_frsize
    }

    /// Fills the disk but for so many bytes.
    pub(crate) fn fill(&self, but_for: u64) -> Filler {
        let path = self.path("filler");
        let mut file = File::create(&path).unwrap();
        let block = vec![7; 64 * 1024];
        while self.free() > but_for {
            match file.write(&block) {
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
        Filler(path)
    }

    /// Takes all there is at once, and what becomes free later as well, until it is stopped.
    pub(crate) fn hog(&self) -> Hog {
        let filler = self.fill(0);
        let path = self.path("filler");
        let (stop, stopped) = channel::<()>();
        let thread = std::thread::spawn(move || {
            let mut file = File::options().append(true).open(path).unwrap();
            let (block, mut taken) = (vec![7; 4096], 0);
            // Looks again and again; told to stop by the other end being dropped.
            while stopped.recv_timeout(Duration::from_millis(1)) == Err(RecvTimeoutError::Timeout) {
                while let Ok(count) = file.write(&block) {
                    taken += count;
                }
            }
            taken
        });
        Hog { stop, thread, _filler: filler }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        self.input = None;
        let _ = self.keeper.wait();
    }
}

/// A file that takes space, until it is dropped.
pub(crate) struct Filler(PathBuf);

impl Drop for Filler {
    fn drop(&mut self) {
        // The disk may be gone already.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A file that takes all space there is.
pub(crate) struct Hog {
    stop: Sender<()>,
    thread: JoinHandle<usize>,
    _filler: Filler,
}

impl Hog {
    /// Gives everything back; how much of what became free it had taken.
    pub(crate) fn end(self) -> usize {
        drop(self.stop);
        self.thread.join().unwrap()
    }
}

#[test]
fn a_small_disk_is_full_when_filled_and_gone_when_dropped() {
    let folder = super::Folder::new("disk");
    let Some(disk) = SmallDisk::mount(folder.path(), 4) else { return };
    let filler = disk.fill(1 << 20);
    assert!(disk.free() <= 1 << 20);
    drop(filler);
    assert!(disk.free() > 3 << 20);
    let hog = disk.hog();
    assert_eq!(disk.free(), 0);
    hog.end();
    assert!(disk.free() > 3 << 20);
    let name = folder.path().to_str().unwrap().to_owned();
    assert!(!std::fs::read_to_string("/proc/mounts").unwrap().contains(&name), "others see it");
    let keeper = PathBuf::from(format!("/proc/{}", disk.keeper.id()));
    assert!(keeper.exists());
    drop(disk);
    assert!(!keeper.exists(), "somebody keeps it");
}
