//! Whom to trust over TLS: what was typed, else what was remembered, else the system's roots, else a person.

use std::io::{IsTerminal, Write};

use chat_net::chat_core::printable;
use chat_net::client::Why;
use chat_net::tls::{Fingerprint, TlsError, Trust};

use crate::exit::{self, Exit};
use crate::known::Known;
use crate::output;
use crate::settings::{Who, environment_os};
use crate::signals::Signals;
use crate::terminal::read_line;

/// How the certificate of a server is judged.
///
/// # Errors
/// Ends with [`Exit::Untrusted`] if what was remembered cannot be read.
pub(crate) fn of(who: &Who) -> anyhow::Result<Option<Trust>> {
    if !who.tls {
        return Ok(None);
    }
    if let Some(pin) = who.pin {
        return Ok(Some(Trust::Pin(pin)));
    }
    let known = match Known::of_user(&environment_os) {
        Some(known) => known.find(&who.addr)?,
        None => None,
    };
    Ok(Some(known.map_or(Trust::System, Trust::Pin)))
}

/// Asks the person at the terminal whether a certificate that nobody vouches for is to be trusted, and remembers it if
/// so. `None`: nobody can be asked, or the answer is no.
///
/// # Errors
/// A signal came instead of an answer.
pub(crate) async fn ask(
    who: &Who,
    found: Fingerprint,
    signals: &mut Signals,
) -> anyhow::Result<Option<Trust>> {
    if !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    let addr = printable(&who.addr);
    output::status(&format!("{addr} is seen for the first time, and nobody vouches for its certificate:"));
    output::status(&format!("  {found}"));
    output::status("Compare that with what the server said at its start.");
    // Nobody can be told if that fails.
    let _ = write!(std::io::stderr(), "Trust it? y/N ").and_then(|()| std::io::stderr().flush());
    // A thread that the program need not wait for, as it cannot be asked to end.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(read_line()));
    let answer = tokio::select! {
        answer = answer => answer??,
        signal = signals.next() => {
            output::status("");
            return Err(exit::because(signal, "ended before there was an answer"));
        }
    };
    if !answer.is_some_and(|answer| ["y", "yes"].contains(&answer.to_ascii_lowercase().as_str())) {
        return Ok(None);
    }
    match Known::of_user(&environment_os).map(|known| (known.remember(&who.addr, found), known)) {
        Some((Ok(()), known)) => output::status(&format!("remembered in {}", known.path().display())),
        Some((Err(error), known)) => {
            output::status(&format!("trusted this once: cannot write {}: {error}", known.path().display()));
        }
        None => output::status("trusted this once: no home folder is known to remember it in"),
    }
    Ok(Some(Trust::Pin(found)))
}

/// The complaint about a server that is not trusted, and what to do about it.
pub(crate) fn complaint(who: &Who, error: &TlsError) -> anyhow::Error {
    let advice = match error {
        TlsError::Unknown { found } => format!("; if it is the right one, say --tls-pin {found}"),
        TlsError::Changed { .. } if who.pin.is_some() => String::new(),
        TlsError::Changed { .. } => match Known::of_user(&environment_os) {
            Some(known) => format!(
                "; if it was renewed, remove the line of {} from {}, or say --tls-pin with the new one",
                who.addr,
                known.path().display()
            ),
            None => String::new(),
        },
        _ => String::new(),
    };
    let exit = if error.is_distrust() { Exit::Untrusted } else { Exit::Failed };
    exit::because(exit, format!("cannot trust {}: {error}{advice}", who.addr))
}

/// How a program ends whose connection has ended for good.
pub(crate) fn exit_after(why: &Why) -> Exit {
    match why {
        Why::Tls(error) if error.is_distrust() => Exit::Untrusted,
        _ => Exit::Failed,
    }
}
