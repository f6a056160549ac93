//! Being stopped and going on again (SIGTSTP, SIGCONT), so that a stopped client does not keep the terminal.

use std::io;

/// What the shell wants of a program in the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shell {
    /// To stop until it may go on.
    Stop,
    /// It went on: the terminal is as the shell left it.
    GoOn,
}

/// Waits for what the shell wants.
#[derive(Debug)]
pub(crate) struct Stops {
    #[cfg(unix)]
    stop: tokio::signal::unix::Signal,
    #[cfg(unix)]
    go_on: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Stops {
    /// Begins to wait. Needs a tokio runtime.
    ///
    /// # Errors
    /// The system has no room for it.
    pub(crate) fn new() -> io::Result<Stops> {
        use rustix::process::Signal;
        use tokio::signal::unix::{SignalKind, signal};
        let kind = |known: Signal| SignalKind::from_raw(known.as_raw());
        Ok(Stops { stop: signal(kind(Signal::TSTP))?, go_on: signal(kind(Signal::CONT))? })
    }

    /// What it wants next. Cancel safe.
    pub(crate) async fn next(&mut self) -> Shell {
        tokio::select! {
            _ = self.stop.recv() => Shell::Stop,
            _ = self.go_on.recv() => Shell::GoOn,
        }
    }
}

#[cfg(not(unix))]
impl Stops {
    /// Begins to wait, in vain.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn new() -> io::Result<Stops> {
        Ok(Stops {})
    }

    /// Never comes back.
    pub(crate) async fn next(&mut self) -> Shell {
        std::future::pending().await
    }
}

/// Stops this process as the terminal's own Ctrl-Z would; it returns when it goes on. Whether there was somebody to
/// let it go on: else it was not stopped.
pub(crate) fn stop_self() -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, getpid, kill_process};
        has_shell() && kill_process(getpid(), Signal::STOP).is_ok()
    }
    #[cfg(not(unix))]
    false
}

/// The same for the whole job: for what the shell started and waits for, too, if that is not this process.
pub(crate) fn stop_job() -> bool {
    #[cfg(unix)]
    {
        use rustix::process::{Signal, kill_current_process_group};
        has_shell() && kill_current_process_group(Signal::STOP).is_ok()
    }
    #[cfg(not(unix))]
    false
}

/// Whether a shell may let the program go on: one that does so gives each job a process group of its own, in its session.
/// Under `xterm -e` and `ssh -t` there is none.
#[cfg(unix)]
fn has_shell() -> bool {
    // Where processes are numbered anew, as in a container, a session and a group begun outside are both 0.
    use nix::unistd::{getpgrp, getppid, getsid};
    let (Ok(session), parent) = (getsid(None), getppid()) else { return false };
    getpgrp() != session && parent.as_raw() != 0 && getsid(Some(parent)) == Ok(session)
}
