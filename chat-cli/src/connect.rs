//! Connecting, as far as a program does more than the library: interrupts, and the words for what went wrong.

use std::io;
use std::pin::pin;
use std::time::Duration;

use chat_net::chat_core::{Code, printable};
use chat_net::client::{Client, ConnectError, Events, Options};
use chat_net::tls::{TlsError, Trust};

use crate::exit::{self, Exit};
use crate::login::{self, Entry};
use crate::settings::Who;
use crate::signals::Signals;
use crate::trust;

/// How long a goodbye may take.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

/// Who waits so long for the connection is told what for.
const A_WHILE: Duration = Duration::from_millis(500);

/// Does the work of one connection. One thread is enough for that, and keeps the order of what is shown.
///
/// # Errors
/// The system has no room for it.
pub(crate) fn on_one_thread<T>(work: impl Future<Output = T>) -> io::Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let end = runtime.block_on(work);
    // A thread that reads the keyboard, or a file, cannot be asked to end.
    runtime.shutdown_background();
    Ok(end)
}

/// Connects, unless a signal comes first. Calls `tell` once it takes a while. A person is asked about a server that
/// nobody vouches for, and for the passwords that it wants; they are in `options` from then on.
///
/// # Errors
/// The signal, what was remembered of servers cannot be read, or a password that is needed cannot be had. What the server
/// or the network says is the inner result.
pub(crate) async fn connect(
    who: &Who,
    options: &mut Options,
    signals: &mut Signals,
    tell: impl Fn(),
) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
    let mut entry = Entry::of(who);
    if entry.asks_first(options)
        && let Err(error) = introduce(who, options, signals, &tell).await?
    {
        return Ok(Err(error));
    }
    entry.prepare(options, signals).await?;
    loop {
        let error = match reach(who, options, signals, &tell).await? {
            Err(error) => error,
            connected => return Ok(connected),
        };
        if !entry.mend(&error, options, signals).await? {
            return Ok(Err(error));
        }
    }
}

/// Asks whether a server is trusted that nobody vouches for, before a password is typed for it. It is met as nobody: a name
/// that is none is refused everywhere.
async fn introduce(
    who: &Who,
    options: &mut Options,
    signals: &mut Signals,
    tell: impl Fn(),
) -> anyhow::Result<Result<(), ConnectError>> {
    let Some(trust @ Trust::System) = trust::of(who)? else { return Ok(Ok(())) };
    let nobody = Options::named("").tls(trust);
    let Err(ConnectError::Tls(TlsError::Unknown { found })) = attempt(who, nobody, signals, tell).await?
    else {
        // Whatever else is wrong is told to whoever comes with a name.
        return Ok(Ok(()));
    };
    options.tls = trust::ask(who, found, signals).await?;
    Ok(options.tls.as_ref().map(|_| ()).ok_or_else(|| TlsError::Unknown { found }.into()))
}

/// Connects to a server that is trusted, with the passwords that there are.
///
/// # Errors
/// As [`connect`].
pub(crate) async fn reach(
    who: &Who,
    options: &mut Options,
    signals: &mut Signals,
    tell: impl Fn(),
) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
    if options.tls.is_none() {
        options.tls = trust::of(who)?;
    }
    let found = match attempt(who, options.clone(), signals, &tell).await? {
        Err(ConnectError::Tls(TlsError::Unknown { found })) => found,
        connected => return Ok(connected),
    };
    options.tls = trust::ask(who, found, signals).await?;
    match options.tls {
        Some(_) => attempt(who, options.clone(), signals, &tell).await,
        None => Ok(Err(TlsError::Unknown { found }.into())),
    }
}

async fn attempt(
    who: &Who,
    options: Options,
    signals: &mut Signals,
    tell: impl Fn(),
) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
    let mut connecting = pin!(Client::connect(&who.addr, options));
    let mut waiting = pin!(tokio::time::sleep(A_WHILE));
    let mut is_told = false;
    let signal = loop {
        tokio::select! {
            connected = &mut connecting => return Ok(connected),
            signal = signals.next() => break signal,
            () = &mut waiting, if !is_told => {
                is_told = true;
                tell();
            }
        }
    };
    // The server may have let this user in already: without a goodbye it would wait for a return.
    let leave = async {
        if let Ok((client, _)) = connecting.await {
            client.quit().await;
        }
    };
    goodbye(leave, signals).await;
    Err(exit::because(signal, "ended before there was a connection"))
}

/// Leaves, but takes no longer for it than [`GOODBYE`]; gives the signal that cut it short, if one did.
pub(crate) async fn goodbye(leave: impl Future<Output = ()>, signals: &mut Signals) -> Option<Exit> {
    tokio::select! {
        _ = tokio::time::timeout(GOODBYE, leave) => None,
        signal = signals.next() => Some(signal),
    }
}

/// So many seconds are left, the one that has begun included: nobody is told of none before it is over.
pub(crate) fn seconds(left: Duration) -> u128 {
    left.as_millis().div_ceil(1000)
}

/// When the next attempt is made.
pub(crate) fn next_try(left: Duration) -> String {
    match seconds(left) {
        0 => "trying again at once".to_owned(),
        secs => format!("next try in {secs} s"),
    }
}

/// The complaint about a connection that could not be made.
pub(crate) fn cannot_connect(who: &Who, error: &ConnectError) -> anyhow::Error {
    let hint = match error {
        ConnectError::Tls(error) => return trust::complaint(who, error),
        error if error.code() == Some(Code::TlsRequired.number()) => {
            "; say --tls, or write tls:// before the address"
        }
        _ => "",
    };
    let code = error.code().and_then(Code::from_number);
    match name_refused(error) {
        Some(why) => exit::because(Exit::NameRefused, why),
        // Whoever it is, the server does not believe it.
        None if code.is_some_and(|code| UNPROVEN.contains(&code)) => {
            exit::because(Exit::NameRefused, format!("{error}{}", login::advice(error)))
        }
        None => exit::because(Exit::Failed, format!("cannot join {}: {error}{hint}", who.addr)),
    }
}

/// What is said to whoever cannot prove to be who they say.
const UNPROVEN: [Code; 4] =
    [Code::BadLogin, Code::PasswordRequired, Code::AccountExists, Code::AccountDisabled];

/// Why the name was refused, if that is what happened; safe to print.
pub(crate) fn name_refused(error: &ConnectError) -> Option<String> {
    let hint = match Code::from_number(error.code()?)? {
        Code::NameTaken => "; a lost connection keeps its name for a while (30 s by default)",
        Code::BadName | Code::NameReserved => "",
        Code::LoginRequired => &login::advice(error),
        _ => return None,
    };
    Some(format!("{}{hint}", printable(&error.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_told_in_whole_seconds_and_never_as_none() {
        for (ms, says) in [
            (0, "trying again at once"),
            (1, "next try in 1 s"),
            (1000, "next try in 1 s"),
            (1001, "next try in 2 s"),
        ] {
            assert_eq!(next_try(Duration::from_millis(ms)), says);
        }
    }
}
