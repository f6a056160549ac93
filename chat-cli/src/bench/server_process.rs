//! What is measured, as a process: it is started, its figures are read, and it is ended on every way out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

/// A server or a floor that accepts connections.
#[derive(Debug)]
pub(super) struct ServerProcess {
    addr: SocketAddr,
    pid: Option<u32>,
    child: Option<Running>,
    started_in: Duration,
}

#[derive(Debug)]
struct Running {
    child: Child,
    /// Held open: a server that cannot write its lines might end.
    stdout: BufReader<ChildStdout>,
}

#[derive(Deserialize)]
struct Line {
    /// Other lines say other things.
    listening: Option<SocketAddr>,
}

impl ServerProcess {
    /// Starts this very program with `arguments` and waits until it says where it listens.
    pub(super) fn start<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Result<ServerProcess> {
        let program = std::env::current_exe().context("cannot find the program itself")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped());
        if std::env::var_os("CHAT_LOG").is_none() {
            command.env("CHAT_LOG", "error");
        }
        let begun = Instant::now();
        let mut child = command.spawn().context("cannot start the server")?;
        let pid = child.id();
        let stdout = child.stdout.take().context("the server has no standard output")?;
        let mut running = Running { child, stdout: BufReader::new(stdout) };
        let addr = running.address()?;
        Ok(ServerProcess { addr, pid: Some(pid), child: Some(running), started_in: begun.elapsed() })
    }

    /// A server that runs already.
    pub(super) fn running(addr: SocketAddr, pid: Option<u32>) -> ServerProcess {
        ServerProcess { addr, pid, child: None, started_in: Duration::ZERO }
    }

    /// Where it listens.
    pub(super) fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How long it took from when it was started until it said where it listens.
    pub(super) fn started_in(&self) -> Duration {
        self.started_in
    }

    /// The processor time of all its threads so far in nanoseconds; none where it cannot be read.
    pub(super) fn processor_ns(&self) -> Option<u64> {
        let pid = self.pid?;
        threads_ns(pid).or_else(|| clock_ticks_ns(pid))
    }

    /// The memory it has resident, in bytes; none where it cannot be read.
    pub(super) fn resident_bytes(&self) -> Option<u64> {
        let pid = self.pid?;
        // The roll-up walks the page tables; the status file's figure is kept per processor and lags.
        kilobytes(&format!("/proc/{pid}/smaps_rollup"), "Rss:")
            .or_else(|| kilobytes(&format!("/proc/{pid}/status"), "VmRSS:"))
    }

    /// The most memory it has had resident so far, in bytes; none where it cannot be read.
    pub(super) fn peak_bytes(&self) -> Option<u64> {
        kilobytes(&format!("/proc/{}/status", self.pid?), "VmHWM:")
    }
}

impl Running {
    /// Waits until it says where it listens.
    fn address(&mut self) -> Result<SocketAddr> {
        loop {
            let mut line = String::new();
            self.stdout.read_line(&mut line).context("cannot read what the server says")?;
            if line.is_empty() {
                bail!("the server ended before it listened: {}", self.child.wait()?);
            }
            let said: Line =
                serde_json::from_str(&line).with_context(|| format!("the server said {line:?}"))?;
            if let Some(addr) = said.listening {
                return Ok(addr);
            }
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; there is nobody left to tell.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        self.child = None;
    }
}

/// From the scheduler's own account: exact to the nanosecond, but only of threads that still run.
fn threads_ns(pid: u32) -> Option<u64> {
    let mut sum = 0;
    for thread in fs::read_dir(format!("/proc/{pid}/task")).ok()? {
        let account = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        sum += account.split_whitespace().next()?.parse::<u64>().ok()?;
    }
    Some(sum)
}

/// utime + stime of proc(5), in ticks of 10 ms.
fn clock_ticks_ns(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is a name in brackets that may itself hold brackets and spaces.
    let fields = stat.get(stat.rfind(')')? + 2..)?;
    let field = |n: usize| fields.split_whitespace().nth(n)?.parse::<u64>().ok();
    Some((field(11)? + field(12)?) * 10_000_000)
}

fn kilobytes(file: &str, key: &str) -> Option<u64> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn a_process_shows_its_time_and_memory() {
        let this = ServerProcess::running(([127, 0, 0, 1], 1).into(), Some(std::process::id()));
        // A process that has just begun may not have been charged for anything yet.
        while this.processor_ns().unwrap() == 0 {
            std::hint::black_box((0..10_000u64).sum::<u64>());
        }
        assert!(clock_ticks_ns(std::process::id()).is_some());
        assert!(this.resident_bytes().unwrap() > 100_000);
    }

    #[test]
    fn without_a_process_there_are_no_figures() {
        let other = ServerProcess::running(([127, 0, 0, 1], 1).into(), None);
        assert_eq!((other.processor_ns(), other.resident_bytes()), (None, None));
    }
}
