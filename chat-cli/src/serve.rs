//! `serve`: a server that runs until it is asked to end.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use chat_net::{Server, ServerError, ServerHandle, StartError};

use crate::cli::ServeArgs;
use crate::exit::{self, Exit};
use crate::settings::ServeSettings;
use crate::signals::Signals;
use crate::{logs, output};

/// Runs a server.
///
/// # Errors
/// The settings are wrong, or an address cannot be listened on; each says which and how the program ends.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<Exit> {
    let settings = ServeSettings::resolve(args)?;
    let addresses = settings.addresses()?;
    logs::install(&settings.log, settings.log_format)?;
    raise_file_limit();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let end = runtime.block_on(serve(&settings, &addresses));
    // After a second signal something may still be busy; it is not waited for.
    runtime.shutdown_background();
    end
}

async fn serve(settings: &ServeSettings, addresses: &[SocketAddr]) -> anyhow::Result<Exit> {
    // Before anyone is told that the server is there: a signal from then on is a request to end in order.
    let mut signals = Signals::new().context("cannot wait for signals")?;
    let mut builder = Server::builder()
        .core(settings.limits.core.clone())
        .limits(settings.limits.net.clone())
        .trusted(settings.trusted)
        .start_room(Some(settings.start_room.as_str()).filter(|room| !room.is_empty()));
    for address in addresses {
        builder = builder.listen(address.to_string());
    }
    let mut handle = builder.start().await.map_err(|error| cannot_start(&error))?;
    announce(&handle, settings.json);
    let first = tokio::select! {
        signal = signals.next() => signal,
        error = handle.failed() => return Err(error).context("the server cannot go on"),
    };
    tracing::info!(signal = ?first, "ending; a second signal ends at once");
    let patience = Duration::from_millis(settings.limits.net.shutdown_ms);
    tokio::select! {
        ended = handle.shutdown(patience) => match ended {
            // Whoever does not listen was told as well as could be.
            Ok(()) | Err(ServerError::Deadline) => Ok(Exit::Done),
            Err(error) => Err(error.into()),
        },
        second = signals.next() => Ok(second),
    }
}

/// One line for each address, with the port that it really has.
fn announce(handle: &ServerHandle, json: bool) {
    for address in handle.local_addrs() {
        let line = if json {
            serde_json::json!({ "listening": address.to_string() }).to_string()
        } else {
            let near = reachable(*address);
            format!("listening on {address} — try: nc {} {}", near.ip(), near.port())
        };
        // A server whose output nobody reads is a server all the same.
        let _ = output::line(&line);
    }
}

/// The complaint about an address that cannot be listened on: the error names it.
fn cannot_start(error: &StartError) -> anyhow::Error {
    let exit = match error {
        StartError::Listen { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            Exit::NotPermitted
        }
        _ => Exit::Failed,
    };
    exit::because(exit, error.to_string())
}

/// An address that a client on this machine can use.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// Lets the process have as many files, and so connections, as it may.
#[cfg(unix)]
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let wanted = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, wanted) {
        Ok(()) => tracing::debug!(files = ?limit.maximum, "open files are limited"),
        Err(error) => tracing::warn!(files = ?limit.current, %error, "the limit of open files stays low"),
    }
}

#[cfg(not(unix))]
fn raise_file_limit() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_try_can_be_reached() {
        let near = |address: &str| reachable(address.parse().unwrap()).to_string();
        assert_eq!(near("0.0.0.0:80"), "127.0.0.1:80");
        assert_eq!(near("[::]:80"), "[::1]:80");
        assert_eq!(near("192.0.2.1:80"), "192.0.2.1:80");
    }
}
