//! How the program ends: one number for each way, the same for every command.

use std::fmt;
use std::process::ExitCode;

/// How the program ends. The numbers are part of what users rely on; `--help` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything asked for was done.
    Done = 0,
    /// Something failed, or the connection was lost for good.
    Failed = 1,
    /// The command line was not understood; clap ends so by itself.
    Usage = 2,
    /// The server refused the name.
    NameRefused = 3,
    /// The server's certificate is not trusted, or nothing is encrypted that should be.
    Untrusted = 4,
    /// A file was declined.
    Declined = 5,
    /// A transfer was called off, or the other end left.
    CalledOff = 6,
    /// What was received is not what was sent.
    WrongHash = 7,
    /// A file changed while it was sent.
    SourceChanged = 8,
    /// The receiver has no space for a file.
    NoSpace = 9,
    /// Nobody took a file in time, or none was offered.
    NotTaken = 10,
    /// A file that is to be sent cannot be read (`EX_NOINPUT`).
    CannotRead = 66,
    /// A file that is received cannot be written, or a folder that is to be new has something in it (`EX_CANTCREAT`).
    CannotWrite = 73,
    /// What is kept on disk failed or is damaged (`EX_IOERR`).
    Storage = 74,
    /// Another process has what is needed; later it may be free (`EX_TEMPFAIL`).
    Busy = 75,
    /// The system does not permit it (`EX_NOPERM`).
    NotPermitted = 77,
    /// The settings are wrong (`EX_CONFIG`).
    Config = 78,
    /// Ended by an interrupt (128 + SIGINT).
    Interrupted = 130,
    /// Ended by a request to terminate (128 + SIGTERM).
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit as u8)
    }
}

/// A failure that knows how the program should end.
#[derive(Debug)]
struct Failure {
    exit: Exit,
    why: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Failure {}

/// An error that ends the program with `exit`, after saying `why` on standard error.
pub(crate) fn because(exit: Exit, why: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(Failure { exit, why: why.into() })
}

/// How the program ends after `error`: as its [`because`] says, else [`Exit::Failed`].
pub(crate) fn of(error: &anyhow::Error) -> Exit {
    failure(error).map_or(Exit::Failed, |failure| failure.exit)
}

fn failure(error: &anyhow::Error) -> Option<&Failure> {
    error.chain().find_map(|e| e.downcast_ref::<Failure>())
}

/// Whether it failed because nobody reads the output any more: no reason for a complaint. What is [named](because) is one,
/// whatever lies beneath it.
pub(crate) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    if failure(error).is_some() {
        return false;
    }
    let broken = |e: &std::io::Error| e.kind() == std::io::ErrorKind::BrokenPipe;
    error.chain().filter_map(|e| e.downcast_ref::<std::io::Error>()).any(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_failure_keeps_its_number_under_any_context() {
        let error = Err::<(), _>(because(Exit::Config, "no such key")).context("chat.toml").unwrap_err();
        assert_eq!(of(&error), Exit::Config);
        assert_eq!(format!("{error:#}"), "chat.toml: no such key");
        assert_eq!(of(&anyhow::anyhow!("anything")), Exit::Failed);
    }

    #[test]
    fn a_broken_pipe_is_known_under_any_context() {
        let error = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        assert!(is_broken_pipe(&anyhow::Error::new(error).context("writing")));
        assert!(!is_broken_pipe(&anyhow::anyhow!("anything")));
    }
}
