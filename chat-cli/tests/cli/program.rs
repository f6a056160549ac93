//! The program running as a process, and line clients over bare sockets.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Everything here is done in milliseconds; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(20);

/// The program, with the environment that these tests need and no other setting. There is no home in it: a server
/// that is given no folder of its own does not start, instead of writing into somebody's.
pub(crate) fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chat-cli"));
    let ours = std::env::vars_os().filter(|(key, _)| key.to_string_lossy().starts_with("CHAT_"));
    ours.for_each(|(key, _)| {
        command.env_remove(key);
    });
    for key in ["HOME", "XDG_STATE_HOME", "STATE_DIRECTORY", "LOCALAPPDATA", "NO_COLOR"] {
        command.env_remove(key);
    }
    // Nobody's settings: the folder does not exist.
    command.env("XDG_CONFIG_HOME", std::env::temp_dir().join("chat-cli-without-settings"));
    command.args(args).env("USER", "tester").env("RUST_BACKTRACE", "0");
    command
}

/// Lines that come from a pipe or a socket.
pub(crate) struct Lines {
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    pub(crate) fn of(source: impl Read + Send + 'static) -> Lines {
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(source).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Lines { lines, seen: Vec::new() }
    }

    /// The next line that contains `part`; none if the end comes first.
    pub(crate) fn find(&mut self, part: &str) -> Option<String> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) if line.contains(part) => return Some(line),
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(why) => panic!("no {part:?} ({why}) after {:#?}", self.seen),
            }
        }
    }

    /// The next line that contains `part`; those before it are skipped.
    pub(crate) fn until(&mut self, part: &str) -> String {
        self.find(part).unwrap_or_else(|| panic!("no {part:?} up to the end, after {:#?}", self.seen))
    }

    /// Whether a line that was skipped contains `part`.
    pub(crate) fn has_seen(&self, part: &str) -> bool {
        self.seen.iter().any(|line| line.contains(part))
    }

    /// All lines to the end.
    fn rest_within(&mut self, patience: Duration) -> Vec<String> {
        let deadline = Instant::now() + patience;
        let mut rest = Vec::new();
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => rest.push(line),
                Err(RecvTimeoutError::Disconnected) => return rest,
                Err(RecvTimeoutError::Timeout) => panic!("no end after {rest:#?}"),
            }
        }
    }
}

/// The program as a process; ended with the test.
pub(crate) struct Program {
    child: Child,
    input: Option<ChildStdin>,
    pub(crate) out: Lines,
    pub(crate) err: Lines,
}

impl Program {
    pub(crate) fn start(args: &[&str]) -> Program {
        Program::spawn(command(args))
    }

    pub(crate) fn spawn(mut command: Command) -> Program {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        Program {
            input: child.stdin.take(),
            out: Lines::of(child.stdout.take().unwrap()),
            err: Lines::of(child.stderr.take().unwrap()),
            child,
        }
    }

    pub(crate) fn type_line(&mut self, line: &str) {
        let input = self.input.as_mut().unwrap();
        input.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn end_input(&mut self) {
        self.input = None;
    }

    #[cfg(unix)]
    pub(crate) fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_child(&self.child)
    }

    #[cfg(unix)]
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(self.pid(), signal).unwrap();
    }

    /// Stops it, and waits until it stands still.
    #[cfg(unix)]
    pub(crate) fn stop(&self) {
        use rustix::process::{Signal, WaitOptions, waitpid};
        self.signal(Signal::STOP);
        let status = waitpid(Some(self.pid()), WaitOptions::UNTRACED).unwrap();
        assert!(status.is_some_and(|(_, status)| status.stopped()), "it has ended");
    }

    /// Ends it at once, as `kill -9` does.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for the end: both outputs end when the process does, so nothing is slept away.
    pub(crate) fn wait(self) -> (ExitStatus, Vec<String>, Vec<String>) {
        self.wait_within(PATIENCE)
    }

    /// The same, for what takes longer than all else.
    pub(crate) fn wait_within(mut self, patience: Duration) -> (ExitStatus, Vec<String>, Vec<String>) {
        let (out, err) = (self.out.rest_within(patience), self.err.rest_within(patience));
        (self.child.wait().unwrap(), out, err)
    }

    /// Waits for the end, which must be this one; gives what was still printed on either output.
    #[track_caller]
    pub(crate) fn ends_with(self, code: i32) -> (Vec<String>, Vec<String>) {
        let (status, out, err) = self.wait();
        assert_eq!(status.code(), Some(code), "{out:#?} {err:#?}");
        (out, err)
    }

    /// Waits for the end and gives the exit code.
    pub(crate) fn code(self) -> Option<i32> {
        let (status, ..) = self.wait();
        status.code()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Ended already, or not: there is nothing to do about it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder of its own for each, removed with the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// One that does not exist yet.
    pub(crate) fn new() -> Folder {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        Folder(std::env::temp_dir().join(format!("chat-cli-{}-{number}", std::process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It may never have been made.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A server on a free port.
pub(crate) struct Server {
    pub(crate) program: Program,
    pub(crate) addr: String,
}

impl Server {
    /// Keeps nothing, unless `more` says where.
    pub(crate) fn start(more: &[&str]) -> Server {
        let keep: &[&str] = if more.contains(&"--data") { &[] } else { &["--memory"] };
        let mut program =
            Program::start(&[&["serve", "--listen", "127.0.0.1:0", "--json"], keep, more].concat());
        let line = program.out.until("listening");
        let said: serde_json::Value = serde_json::from_str(&line).unwrap();
        Server { program, addr: said["listening"].as_str().unwrap().to_owned() }
    }

    /// A server on an address that one had before.
    pub(crate) fn start_at(addr: &str) -> Server {
        let mut program = Program::start(&["serve", "--memory", "--listen", addr, "--json"]);
        program.out.until("listening");
        Server { program, addr: addr.to_owned() }
    }

    /// A person with `nc`, who has given a name and is in the lobby.
    pub(crate) fn person(&self, name: &str) -> Person {
        let stream = TcpStream::connect(&self.addr).unwrap();
        let mut person = Person { lines: Lines::of(stream.try_clone().unwrap()), stream };
        person.type_line(name);
        person.until(&format!("* {name} joined"));
        person
    }

    /// Somebody who never reads, and to whom more is to be said than any buffer of the system holds; and who said it. Both
    /// stay while they are held.
    #[cfg(unix)]
    pub(crate) fn one_who_never_reads(&self) -> (TcpStream, Person) {
        let mut alice = self.person("alice");
        let mut bob = TcpStream::connect(&self.addr).unwrap();
        bob.write_all(b"bob\n").unwrap();
        alice.until("* bob joined");
        let long = "x".repeat(4000);
        for _ in 0..4000 {
            alice.type_line(&long);
        }
        alice.type_line("/rooms");
        alice.until("- rooms");
        (bob, alice)
    }
}

/// Whether this user may do what `trial` tries; in CI all must be permitted.
#[cfg(target_os = "linux")]
pub(crate) fn may(trial: &mut Command, what: &str) -> bool {
    let may = trial.stderr(Stdio::null()).status().is_ok_and(|end| end.success());
    assert!(may || std::env::var_os("CI").is_none(), "CI must be able to {what}");
    if !may {
        println!("skipped: this user may not {what}");
    }
    may
}

/// For a server that is to wait, at its end, for [`Server::one_who_never_reads`].
#[cfg(unix)]
pub(crate) const WAITS: [&str; 3] = ["--trusted", "--limit", "talk=256MiB,talk_hard=256MiB,shutdown=10m"];

/// A line client over a bare socket.
pub(crate) struct Person {
    stream: TcpStream,
    lines: Lines,
}

impl Person {
    pub(crate) fn type_line(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Whether there is still somebody to type it to.
    pub(crate) fn try_type_line(&mut self, line: &str) -> bool {
        self.stream.write_all(format!("{line}\n").as_bytes()).is_ok()
    }

    pub(crate) fn until(&mut self, part: &str) -> String {
        self.lines.until(part)
    }

    /// Whether something was told that nobody waited for.
    pub(crate) fn has_seen(&self, part: &str) -> bool {
        self.lines.has_seen(part)
    }
}
