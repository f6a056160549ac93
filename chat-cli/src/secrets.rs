//! Passwords: from the keyboard without showing them, from a file, from a command. Never from the command line, where
//! everybody on the machine can read them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Context;
use chat_net::auth::MAX_PASSWORD_BYTES;
use chat_net::chat_core::Code;
use chat_net::codec::Secret;
use tokio::sync::oneshot;

use crate::exit::{self, Exit};
use crate::signals::Signals;
use crate::terminal::Hidden;

/// A command may print so much behind the line that counts; at more, nobody listens any longer.
const REST_BYTES: u64 = 1024 * 1024;

/// Variables that hold passwords.
const VARIABLES: [&str; 2] = ["CHAT_PASSWORD", "CHAT_SERVER_PASSWORD"];

/// A command to be run from here: it is not given the variables that hold passwords.
pub(crate) fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command
}

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    cfg!(unix) && io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks at the terminal, and shows nothing of what is typed. `None`: nobody can be asked, or nothing was typed.
///
/// # Errors
/// A signal came instead of an answer, or the terminal is gone.
pub(crate) async fn ask(prompt: &str, signals: &mut Signals) -> anyhow::Result<Option<Secret>> {
    if !can_ask() {
        return Ok(None);
    }
    // Before the question, so that a quick answer is not shown either.
    let hidden = Hidden::new()?;
    let _ = write!(io::stderr(), "{prompt}: ").and_then(|()| io::stderr().flush());
    let answer = unless_ended(signals, || Ok(line()?)).await.inspect_err(|_| {
        drop(hidden);
        let _ = writeln!(io::stderr());
    })?;
    Ok(answer.filter(|answer| !answer.expose().is_empty()))
}

/// What `get` gives, unless a signal comes first.
async fn unless_ended<T: Send + 'static>(
    signals: &mut Signals,
    get: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    // A thread that the program need not wait for, as it cannot be asked to end.
    let (sender, got) = oneshot::channel();
    std::thread::spawn(move || sender.send(get()));
    tokio::select! {
        got = got => got?,
        signal = signals.next() => Err(exit::because(signal, "ended before there was a password")),
    }
}

/// A line from the keyboard; `None` at its end.
fn line() -> io::Result<Option<Secret>> {
    let mut line = String::new();
    let bytes = io::stdin().read_line(&mut line)?;
    Ok((bytes > 0).then(|| first_line(line)))
}

/// Asks for a new password until the same one is typed twice. `None`: nobody can be asked, or nothing was typed.
///
/// # Errors
/// As [`ask`].
pub(crate) async fn ask_twice(prompt: &str, signals: &mut Signals) -> anyhow::Result<Option<Secret>> {
    loop {
        let Some(first) = ask(prompt, signals).await? else { return Ok(None) };
        match ask("the same again", signals).await? {
            Some(second) if second == first => return Ok(Some(first)),
            _ => crate::output::status("those were two different passwords"),
        }
    }
}

/// The first line of standard input, not shown if it is typed.
///
/// # Errors
/// A signal came first, it cannot be read, or is no password.
pub(crate) async fn from_stdin(signals: &mut Signals) -> anyhow::Result<Secret> {
    let _hidden = (cfg!(unix) && io::stdin().is_terminal()).then(Hidden::new).transpose()?;
    let read = || read(&mut io::stdin().lock()).context("cannot read a password from standard input");
    unless_ended(signals, read).await
}

/// The first line that a command prints, which a shell runs. It can talk to whoever is at the terminal; what is piped into
/// this program is not for it.
///
/// # Errors
/// A signal came first, it cannot be run, fails, or prints no password; what it prints is not told.
pub(crate) async fn from_command(command: &str, signals: &mut Signals) -> anyhow::Result<Secret> {
    let command = command.to_owned();
    // It may ask for a key of its own, and take its time.
    unless_ended(signals, move || printed_by(&command)).await
}

fn printed_by(command: &str) -> anyhow::Result<Secret> {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let said = || format!("the command for a password ({command})");
    let stdin = if io::stdin().is_terminal() { Stdio::inherit() } else { Stdio::null() };
    let mut child = self::command(shell)
        .args([flag, command])
        .stdin(stdin)
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot run {}", said()))?;
    let secret = child.stdout.take().map(|mut printed| {
        let secret = read(&mut printed);
        // Who prints more is not killed for it.
        let _ = io::copy(&mut printed.take(REST_BYTES), &mut io::sink());
        secret
    });
    let status = child.wait().with_context(|| format!("cannot wait for {}", said()))?;
    if !status.success() {
        return Err(exit::because(Exit::Failed, format!("{} has failed: {status}", said())));
    }
    secret.unwrap_or_else(|| Err(nothing())).with_context(|| format!("no use of {}", said()))
}

/// The first line of a file that nobody else may read.
///
/// # Errors
/// Ends with [`Exit::Config`] if it cannot be read, holds no password, or others may read it: anybody, or a group unless
/// the file is the system's own (root's), as those are that a service is given.
pub(crate) fn from_file(path: &Path) -> anyhow::Result<Secret> {
    let wrong = |why: String| exit::because(Exit::Config, format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| wrong(error.to_string()))?;
    if is_shared(&file).map_err(|error| wrong(error.to_string()))? {
        return Err(wrong("other users may read this password; say chmod 600".into()));
    }
    read(&mut &file).map_err(|error| wrong(error.to_string()))
}

#[cfg(unix)]
fn is_shared(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let found = file.metadata()?;
    let forbidden = if found.uid() == 0 && !rustix::process::geteuid().is_root() { 0o007 } else { 0o077 };
    // What is no file, a pipe of the shell for example, has no name by which others could read it.
    Ok(found.is_file() && found.mode() & forbidden != 0)
}

#[cfg(not(unix))]
fn is_shared(_: &File) -> io::Result<bool> {
    Ok(false)
}

/// The first line; nothing behind it is read.
fn read(source: &mut impl Read) -> anyhow::Result<Secret> {
    // The line with its end, which may be two bytes.
    let most = MAX_PASSWORD_BYTES + 2;
    let mut bytes = Vec::with_capacity(most);
    BufReader::with_capacity(1, source).take(most as u64).read_until(b'\n', &mut bytes)?;
    let is_cut = bytes.len() == most && !bytes.ends_with(b"\n");
    let too_long = || exit::because(Exit::Failed, Code::WeakPassword.sentence());
    if is_cut {
        return Err(too_long());
    }
    let text = String::from_utf8(bytes).ok().context("a password is UTF-8")?;
    let secret = first_line(text);
    match secret.expose().len() {
        0 => Err(nothing()),
        1..=MAX_PASSWORD_BYTES => Ok(secret),
        _ => Err(too_long()),
    }
}

fn nothing() -> anyhow::Error {
    exit::because(Exit::Failed, "there is no password in it: the first line is empty")
}

/// Cut where it stands: no other copy of it is made.
fn first_line(mut text: String) -> Secret {
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    text.truncate(end);
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line() {
        let of = |text: &str| read(&mut text.as_bytes()).map(|secret| secret.expose().to_owned());
        for text in ["open sesame", "open sesame\n", "open sesame\r\n", "open sesame\nlogin: al\n"] {
            assert_eq!(of(text).unwrap(), "open sesame");
        }
        assert!(of("").is_err() && of("\nx").is_err() && of(&"x".repeat(1025)).is_err());
        assert_eq!(of(&"x".repeat(1024)).unwrap().len(), 1024);
        assert!(read(&mut &b"\xff"[..]).is_err());
        let mut rest = &b"open sesame\n\xffmore"[..];
        assert_eq!((read(&mut rest).unwrap().expose(), rest), ("open sesame", &b"\xffmore"[..]));
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_refused() {
        use std::os::unix::fs::PermissionsExt;
        let path = std::env::temp_dir().join(format!("chat-cli-secret-{}", std::process::id()));
        std::fs::write(&path, "open sesame\n").unwrap();
        for (mode, is_fine) in [(0o600, true), (0o400, true), (0o604, false), (0o640, false), (0o666, false)]
        {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let read = from_file(&path);
            assert_eq!(read.is_ok(), is_fine, "{mode:o} {read:?}");
            if let Err(error) = read {
                assert_eq!(exit::of(&error), Exit::Config);
                assert!(error.to_string().contains("chmod 600") && !error.to_string().contains("sesame"));
            }
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(exit::of(&from_file(&path).unwrap_err()), Exit::Config);
    }

    #[cfg(unix)]
    #[test]
    fn a_command_says_a_password_or_fails() {
        let more = "echo open sesame; head -c 200000 /dev/zero";
        assert_eq!(printed_by(more).unwrap().expose(), "open sesame", "nobody is killed for the rest");
        for command in ["exit 3", "true", "no-such-program-of-anybody 2>/dev/null"] {
            assert!(printed_by(command).is_err(), "{command}");
        }
        let error = format!("{:#}", printed_by("echo sesame; exit 1").unwrap_err());
        assert!(error.contains("has failed") && !error.contains("sesame\n"), "{error}");
    }
}
