//! The record of a run: what it asked of the disk, in order, and what it told meanwhile.

use std::collections::HashMap;
use std::path::Path;
use std::process::{Command, Stdio};

/// One call, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// A file is opened, and made if it is not there.
    Open {
        file: String,
    },
    Write {
        file: String,
        offset: u64,
        data: Vec<u8>,
    },
    Truncate {
        file: String,
        length: u64,
    },
    /// All writes that ended before this begins are on the disk when the sync of this number ends.
    SyncBegins {
        file: String,
        sync: usize,
    },
    SyncEnded {
        sync: usize,
    },
    /// The names of the folder are on the disk.
    SyncFolder,
    Unlink {
        file: String,
    },
    /// Something was told to the world.
    Told(String),
}

const CALLS: &str = "openat,pwrite64,pwritev,write,writev,ftruncate,fallocate,fdatasync,fsync,unlink,unlinkat,rename,\
                     renameat,renameat2,sync_file_range,copy_file_range,sendfile,msync";

/// Runs a test of this binary again, in another process, and records it; none if that cannot be done here.
///
/// # Panics
/// In CI, if there is no `strace`.
pub(crate) fn record(test: &str, data: &Path, scratch: &Path) -> Option<Vec<Op>> {
    let out = scratch.join("strace.out");
    if Command::new("strace").arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status().is_err() {
        assert!(std::env::var_os("CI").is_none(), "strace is missing; install it");
        println!("skipped: there is no strace to record the store with");
        return None;
    }
    let status = Command::new("strace")
        .args([
            "-f",
            "-y",
            "-xx",
            "-s",
            "1000000",
            "-e",
            &format!("trace={CALLS}"),
            "-e",
            "signal=none",
            "-o",
        ])
        .arg(&out)
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(super::FOLDER, data)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "the run that is recorded failed");
    let ops = parse(&std::fs::read_to_string(out).unwrap(), data);
    assert!(
        ops.iter().any(|op| matches!(op, Op::SyncEnded { .. })),
        "nothing was synced: {} calls",
        ops.len()
    );
    Some(ops)
}

fn parse(trace: &str, folder: &Path) -> Vec<Op> {
    let mut parser =
        Parser { folder: folder.to_str().unwrap().into(), ops: Vec::new(), syncs: 0, open: HashMap::new() };
    trace.lines().for_each(|line| parser.line(line));
    parser.ops
}

struct Parser {
    folder: String,
    ops: Vec<Op>,
    syncs: usize,
    /// What a thread began and has not ended: the beginning of the line, and its sync.
    open: HashMap<String, (String, Option<usize>)>,
}

impl Parser {
    fn line(&mut self, line: &str) {
        let Some((thread, rest)) = line.split_once(' ') else { return };
        let rest = rest.trim_start();
        if let Some(begun) = rest.strip_suffix(" <unfinished ...>") {
            let sync = self.begins(begun);
            self.open.insert(thread.into(), (begun.into(), sync));
        } else if rest.starts_with("<... ") {
            let Some((begun, sync)) = self.open.remove(thread) else { return };
            let Some((_, end)) = rest.split_once(" resumed>") else { return };
            self.ended(&format!("{begun}{end}"), sync);
        } else if !rest.starts_with("+++") {
            let sync = self.begins(rest);
            self.ended(rest, sync);
        }
    }

    /// What counts from where a call begins: a sync covers only what was written before, and what is told is
    /// known from then on.
    fn begins(&mut self, call: &str) -> Option<usize> {
        let (name, args) = call.split_once('(')?;
        let path = fd_path(args)?;
        match name {
            "fsync" | "fdatasync" => {
                let file = self.inside(&path)?;
                self.syncs += 1;
                self.ops.push(Op::SyncBegins { file, sync: self.syncs });
                Some(self.syncs)
            }
            "write" if path == format!("{}.told", self.folder) => {
                let told = String::from_utf8(hex(args.split('"').nth(1)?)).ok()?;
                self.ops.push(Op::Told(told));
                None
            }
            _ => None,
        }
    }

    fn ended(&mut self, call: &str, sync: Option<usize>) {
        let parsed = || -> Option<(&str, &str, i64)> {
            let (name, rest) = call.split_once('(')?;
            // The result stands in a column of its own.
            let (args, result) = rest.rsplit_once(" = ")?;
            let args = args.trim_end().strip_suffix(')')?;
            let digits = result.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(result.len());
            Some((name, args, result[..digits].parse().ok()?))
        };
        // A call that did not return, because its process ended, may have done anything: as one that did not begin.
        if call.ends_with("= ?") {
            return;
        }
        let (name, args, result) = parsed().unwrap_or_else(|| panic!("a line of another form: {call}"));
        if result < 0 {
            return;
        }
        let path = fd_path(args).unwrap_or_default();
        let last = |args: &str| args.rsplit(", ").next().and_then(|last| last.parse::<u64>().ok());
        let op = match name {
            "openat" if args.contains("O_CREAT") => {
                let path =
                    String::from_utf8_lossy(&hex(args.split('"').nth(1).unwrap_or_default())).into_owned();
                self.inside(&path).map(|file| Op::Open { file })
            }
            "pwrite64" => self.inside(&path).map(|file| {
                let mut data = hex(args.split('"').nth(1).unwrap_or_default());
                data.truncate(result as usize);
                Op::Write { file, offset: last(args).expect("an offset"), data }
            }),
            "ftruncate" => {
                self.inside(&path).map(|file| Op::Truncate { file, length: last(args).expect("a length") })
            }
            "fsync" | "fdatasync" if path == self.folder => Some(Op::SyncFolder),
            "fsync" | "fdatasync" => sync.map(|sync| Op::SyncEnded { sync }),
            "unlink" | "unlinkat" => {
                let path =
                    String::from_utf8_lossy(&hex(args.split('"').nth(1).unwrap_or_default())).into_owned();
                self.inside(&path).map(|file| Op::Unlink { file })
            }
            // The disk that is made knows none of these.
            _ => {
                assert!(
                    name == "openat" || self.inside(&path).is_none(),
                    "a call that is not simulated: {call}"
                );
                None
            }
        };
        self.ops.extend(op);
    }

    /// The name of a file of the store, without its folder. What it can do without is left out: a power cut leaves
    /// no index of the log, and lock and reserve have no content.
    fn inside(&self, path: &str) -> Option<String> {
        let name = path.strip_prefix(&self.folder)?.strip_prefix('/')?;
        (name.starts_with("chat.db") && !name.ends_with("-shm") && !name.contains("(deleted)"))
            .then(|| name.into())
    }
}

/// The path behind the first argument, a file descriptor.
fn fd_path(args: &str) -> Option<String> {
    let (fd, rest) = args.split_once('<')?;
    fd.parse::<u32>().ok()?;
    let path = rest.split('>').next()?;
    Some(String::from_utf8_lossy(&hex(path)).into_owned())
}

/// The bytes of `\x68\x69`.
fn hex(escaped: &str) -> Vec<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0) as u8;
    escaped.as_bytes().chunks_exact(4).map(|c| digit(c[2]) << 4 | digit(c[3])).collect()
}
