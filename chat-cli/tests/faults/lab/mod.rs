//! A server over a folder, on a port that stays the same: started, killed, started again.

mod disk;
mod folder;
pub(crate) mod strace;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rustix::process::Signal;

pub(crate) use disk::SmallDisk;
pub(crate) use folder::{Folder, State, copy, state};

use crate::program::{self, Program};

/// A test cannot be done here: that is a failure where all must be done.
pub(crate) fn cannot(what: &str) {
    assert!(std::env::var_os("CI").is_none(), "cannot {what}");
    println!("skipped: cannot {what}");
}

/// How a folder looks when its server does not start.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) code: Option<i32>,
    pub(crate) why: String,
}

/// Where and how a server runs.
#[derive(Debug)]
pub(crate) struct Lab {
    pub(crate) address: String,
    /// Its folder.
    pub(crate) data: PathBuf,
    /// What runs the program: the words before it on the command line.
    pub(crate) wrap: Vec<String>,
    /// More arguments of `serve`.
    pub(crate) more: Vec<String>,
    folder: Folder,
    _turn: Option<MutexGuard<'static, ()>>,
}

/// One at a time: some measure how soon a thing is done, others take all that the machine has.
static TURN: Mutex<()> = Mutex::new(());

/// A server that listens.
pub(crate) struct Running {
    pub(crate) program: Program,
}

/// A port of loopback that is free, and that the system gives to nobody by itself: a client that dials it
/// while nobody listens must not meet itself or another test.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let base = std::process::id().wrapping_mul(37) % 10_000;
    loop {
        let port = 20_000 + (base + NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let port = u16::try_from(port).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The same command, run by another program that is given before it.
pub(crate) fn wrapped(wrap: &[String], command: Command) -> Command {
    let Some((first, rest)) = wrap.split_first() else { return command };
    let mut outer = Command::new(first);
    outer.args(rest).arg(command.get_program()).args(command.get_args());
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => outer.env(key, value),
            None => outer.env_remove(key),
        };
    }
    outer
}

/// It ends with the thread that starts it, however that ends.
fn bound_to_this_thread() -> Vec<String> {
    ["setpriv", "--pdeathsig", "KILL", "--"].map(String::from).to_vec()
}

impl Lab {
    /// Waits until no other test has one.
    pub(crate) fn new(what: &str) -> Lab {
        Lab::with(what, Some(TURN.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    fn with(what: &str, turn: Option<MutexGuard<'static, ()>>) -> Lab {
        let folder = Folder::new(what);
        let data = folder.path().join("data");
        let address = format!("127.0.0.1:{}", free_port());
        Lab { address, data, wrap: Vec::new(), more: Vec::new(), folder, _turn: turn }
    }

    /// Begins to start the server; it may not listen yet, or never.
    pub(crate) fn spawn(&self) -> Program {
        let data = self.data.to_str().unwrap();
        let mut args = vec!["serve", "--listen", &self.address, "--json", "--trusted"];
        if !self.more.iter().any(|arg| arg == "--memory") {
            args.extend(["--data", data]);
        }
        args.extend(self.more.iter().map(String::as_str));
        let bound = wrapped(&bound_to_this_thread(), program::command(&args));
        Program::spawn(wrapped(&self.wrap, bound))
    }

    /// Starts the server; it listens when this returns.
    pub(crate) fn start(&self) -> Running {
        self.try_start().unwrap_or_else(|refused| panic!("it did not start: {refused:?}"))
    }

    /// Starts the server, which may have a reason not to.
    pub(crate) fn try_start(&self) -> Result<Running, Refused> {
        let mut program = self.spawn();
        if program.out.find("listening").is_some() {
            return Ok(Running { program });
        }
        let (status, _, err) = program.wait();
        Err(Refused { code: status.code(), why: err.join("\n") })
    }

    /// How it ended and what it said, as it must not start.
    pub(crate) fn refused(&self) -> Refused {
        match self.try_start() {
            Ok(_) => panic!("it started"),
            Err(refused) => refused,
        }
    }

    /// Runs a command on the folder, which may be in use.
    pub(crate) fn offline(&self, args: &[&str]) -> Output {
        let data = self.data.to_str().unwrap();
        let command = program::command(&[args, &["--data", data]].concat());
        wrapped(&self.wrap, command).output().unwrap()
    }

    /// Fills the folder, which is none yet, with the past of another.
    pub(crate) fn import_from(&self, other: &Lab) {
        let export = other.offline(&["export"]);
        assert!(export.status.success(), "{export:?}");
        let file = self.beside("export");
        std::fs::write(&file, export.stdout).unwrap();
        let import = self.offline(&["import", file.to_str().unwrap()]);
        assert!(import.status.success(), "{import:?}");
    }

    /// A place beside the server's folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data.join("chat.db")
    }

    /// The same program over another folder.
    pub(crate) fn over(&self, data: &Path) -> Lab {
        Lab {
            data: data.to_owned(),
            wrap: self.wrap.clone(),
            more: self.more.clone(),
            ..Lab::with("over", None)
        }
    }
}

impl Running {
    /// `kill -9`.
    pub(crate) fn kill(self) {
        self.program.signal(Signal::KILL);
        let (status, _, err) = self.program.wait();
        assert_eq!(status.code(), None, "it ended by itself: {err:#?}");
    }

    /// Asks it to end, which it does in order.
    pub(crate) fn end(self) {
        self.program.signal(Signal::TERM);
        let (status, _, err) = self.program.wait();
        assert_eq!(status.code(), Some(0), "{err:#?}");
    }

    /// Waits for it to end by itself.
    pub(crate) fn ended(self) -> Refused {
        let (status, _, err) = self.program.wait();
        Refused { code: status.code(), why: err.join("\n") }
    }
}
