//! Connecting, as far as a program does more than the library: interrupts, and the words for what went wrong.

use std::io;
use std::pin::pin;
use std::time::Duration;

use chat_net::chat_core::{Code, printable};
use chat_net::client::{Client, ConnectError, Events, Options};

use crate::exit::{self, Exit};
use crate::settings::Who;
use crate::signals::Signals;

/// How long a goodbye may take.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

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

/// Connects, unless a signal comes first.
///
/// # Errors
/// The signal. What the server or the network says is the inner result.
pub(crate) async fn connect(
    who: &Who,
    options: Options,
    signals: &mut Signals,
) -> anyhow::Result<Result<(Client, Events), ConnectError>> {
    let mut connecting = pin!(Client::connect(&who.addr, options));
    let signal = tokio::select! {
        connected = &mut connecting => return Ok(connected),
        signal = signals.next() => signal,
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

/// The complaint about a connection that could not be made.
pub(crate) fn cannot_connect(who: &Who, error: &ConnectError) -> anyhow::Error {
    match name_refused(error) {
        Some(why) => exit::because(Exit::NameRefused, why),
        None => exit::because(Exit::Failed, format!("cannot join {}: {error}", who.addr)),
    }
}

/// Why the name was refused, if that is what happened; safe to print.
pub(crate) fn name_refused(error: &ConnectError) -> Option<String> {
    let hint = match Code::from_number(error.code()?)? {
        Code::NameTaken => "; a lost connection keeps its name for a while (30 s by default)",
        Code::BadName | Code::NameReserved => "",
        _ => return None,
    };
    Some(format!("{}{hint}", printable(&error.to_string())))
}
