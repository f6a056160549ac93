//! Whom to trust over TLS: what was typed, else what was remembered, else the system's roots, else a person. And whether
//! passwords go without it.

use std::io::{IsTerminal, Write};
use std::net::ToSocketAddrs;

use chat_net::chat_core::{Code, printable};
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
    if !can_ask() {
        return Ok(None);
    }
    let addr = printable(&who.addr);
    output::status(&format!("{addr} is seen for the first time, and nobody vouches for its certificate:"));
    output::status(&format!("  {found}"));
    output::status("Compare that with what the server said at its start.");
    if !confirm("Trust it?", signals).await? {
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

/// Whether somebody can be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Sees to it that a password may go to the server: over TLS, within this machine, or because somebody said so.
///
/// # Errors
/// Ends with [`Exit::Untrusted`] if it may not, or a signal came instead of an answer.
pub(crate) async fn passwords_in_clear(who: &Who, signals: &mut Signals) -> anyhow::Result<()> {
    if who.tls || who.plaintext || is_of_this_machine(&who.addr) {
        return Ok(());
    }
    let addr = printable(&who.addr);
    let why = format!("nothing is encrypted on the way to {addr}: who is on it can read the password");
    if can_ask() {
        output::status(&format!("{why}."));
        if confirm("Send it all the same?", signals).await? {
            return Ok(());
        }
    }
    let hint = "write tls:// before the address, or say --plaintext if that is meant";
    Err(exit::because(Exit::Untrusted, format!("no password was sent: {why}; {hint}")))
}

/// Whether all that it may mean is this machine. What means nothing, for now, may be anything later.
fn is_of_this_machine(addr: &str) -> bool {
    let found: Vec<_> = addr.to_socket_addrs().map(Iterator::collect).unwrap_or_default();
    !found.is_empty() && found.iter().all(|address| address.ip().to_canonical().is_loopback())
}

/// Asks until the answer is yes or no.
async fn confirm(question: &str, signals: &mut Signals) -> anyhow::Result<bool> {
    loop {
        match answer(question, signals).await?.as_deref().map(yes_or_no) {
            // The end of the keyboard is no yes.
            None => return Ok(false),
            Some(Some(is_confirmed)) => return Ok(is_confirmed),
            Some(None) => {}
        }
    }
}

/// Asks once.
async fn answer(question: &str, signals: &mut Signals) -> anyhow::Result<Option<String>> {
    // Nobody can be told if that fails.
    let _ = write!(std::io::stderr(), "{question} y/N ").and_then(|()| std::io::stderr().flush());
    // A thread that the program need not wait for, as it cannot be asked to end.
    let (sender, answer) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || sender.send(read_line()));
    tokio::select! {
        answer = answer => Ok(answer??),
        signal = signals.next() => {
            output::status("");
            Err(exit::because(signal, "ended before there was an answer"))
        }
    }
}

/// What an answer means; none if it is neither. Nothing at all is the no that is offered.
fn yes_or_no(answer: &str) -> Option<bool> {
    match answer.to_ascii_lowercase().as_str() {
        "y" | "yes" => Some(true),
        "" | "n" | "no" => Some(false),
        _ => None,
    }
}

/// The complaint about a server that there is no TLS with, and what to do about it.
pub(crate) fn complaint(who: &Who, error: &TlsError) -> anyhow::Error {
    let (exit, what) = match error.is_distrust() {
        true => (Exit::Untrusted, "cannot trust"),
        false => (Exit::Failed, "cannot join"),
    };
    exit::because(exit, format!("{what} {}: {error}{}", who.addr, advice(who, error)))
}

/// What can be done about it.
fn advice(who: &Who, error: &TlsError) -> String {
    match error {
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
        TlsError::NotEncrypted => "; if that is meant, leave out tls:// (or --tls)".to_owned(),
        _ => String::new(),
    }
}

/// The complaint about a connection that has ended for good because the server that was reached again is not trusted;
/// none if it ended otherwise.
pub(crate) fn distrusted(who: &Who, why: &Why) -> Option<anyhow::Error> {
    match why {
        Why::Tls(error) if error.is_distrust() => Some(complaint(who, error)),
        _ => None,
    }
}

/// What is said of the end of a connection before its [`complaint`], if there is one.
pub(crate) fn ended(why: &Why) -> String {
    match why {
        Why::Tls(error) if error.is_distrust() => {
            "the connection has ended: the server that was reached again is not trusted".to_owned()
        }
        why if why.code() == Some(Code::PasswordRequired.number()) => {
            "the connection has ended: the server has another password than before; join again, and say that"
                .to_owned()
        }
        why => format!("the connection has ended: {why}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_leave_this_machine_is_of_it() {
        for (addr, is_of_it) in [
            ("127.0.0.1:80", true),
            ("[::1]:80", true),
            ("[::ffff:127.0.0.1]:80", true),
            ("192.0.2.7:80", false),
            ("0.0.0.0:80", false),
            ("[2001:db8::1]:80", false),
            ("no-such-name.invalid:80", false),
        ] {
            assert_eq!(is_of_this_machine(addr), is_of_it, "{addr}");
        }
    }

    #[test]
    fn only_yes_is_yes_and_what_is_neither_is_asked_again() {
        for (answer, means) in [
            ("y", Some(true)),
            ("YES", Some(true)),
            ("", Some(false)),
            ("No", Some(false)),
            ("yep", None),
            ("what?", None),
        ] {
            assert_eq!(yes_or_no(answer), means, "{answer}");
        }
    }
}
