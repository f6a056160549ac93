//! Calls to the system that fail when they are told to.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, SystemTime};

/// Whether strace is here and works. Where it need not, a word is said.
pub(crate) fn is_here() -> bool {
    let works =
        Command::new("strace").args(["-qq", "-o", "/dev/null", "true"]).stderr(Stdio::null()).status();
    let is_here = works.is_ok_and(|status| status.success());
    if !is_here {
        super::cannot("make calls to the system fail (that takes strace)");
    }
    is_here
}

/// What a command begins with, some of whose calls will fail as `inject` says; what failed is written to `log`.
/// The tracer is the child here, so that signals reach the program.
pub(crate) fn wrap(log: &Path, calls: &str, inject: &str) -> Vec<String> {
    let (trace, inject) = (format!("trace={calls}"), format!("inject={calls}:{inject}"));
    [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-ttt",
        "-e",
        "signal=none",
        "-o",
        log.to_str().unwrap(),
        "-e",
        &trace,
        "-e",
    ]
    .into_iter()
    .chain([inject.as_str(), "--"])
    .map(String::from)
    .collect()
}

/// When the first call was made to fail, if any was.
pub(crate) fn first_fault(log: &Path) -> Option<SystemTime> {
    let log = std::fs::read_to_string(log).ok()?;
    let line = log.lines().find(|line| line.contains("(INJECTED)"))?;
    let seconds: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(SystemTime::UNIX_EPOCH + Duration::from_secs_f64(seconds))
}

/// From when this is made on, such calls of a running program fail.
pub(crate) struct Faults {
    tracer: Child,
    log: PathBuf,
}

impl Faults {
    /// `None`, and a word of it, where that is not permitted and need not be.
    pub(crate) fn begin(
        pid: rustix::process::Pid,
        log: PathBuf,
        calls: &str,
        inject: &str,
    ) -> Option<Faults> {
        let mut wrap = wrap(&log, calls, inject);
        wrap.retain(|word| !["-D", "-qq", "--"].contains(&word.as_str()));
        let mut command = Command::new(&wrap[0]);
        command.args(&wrap[1..]).args(["-p", &pid.as_raw_nonzero().to_string()]).stderr(Stdio::piped());
        let mut tracer = command.spawn().unwrap();
        let mut said = BufReader::new(tracer.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let is_attached = line.contains("attached");
        // Its other words are of no interest, but it must be able to say them.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let faults = Faults { tracer, log };
        if !is_attached {
            super::cannot(&format!("trace a running program: {line}"));
            return None;
        }
        Some(faults)
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        let _ = self.tracer.kill();
        let _ = self.tracer.wait();
    }
}

#[test]
fn a_call_fails_as_told() {
    if !is_here() {
        return;
    }
    let folder = super::Folder::new("strace");
    let log = folder.path().join("log");
    let mut sync = Command::new("sync");
    sync.arg(folder.path());
    assert!(sync.status().unwrap().success());
    let before = SystemTime::now();
    let status =
        super::wrapped(&wrap(&log, "fsync", "error=EIO"), sync).stderr(Stdio::null()).status().unwrap();
    assert!(!status.success(), "it did not notice");
    let fault = first_fault(&log).unwrap();
    assert!(fault.duration_since(before).unwrap() < Duration::from_secs(10));
}
