//! `serve`: a server that runs until it is asked to end.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use chat_net::admin::Admin;
use chat_net::auth::Accounts;
use chat_net::chat_core::printable;
use chat_net::codec::Secret;
use chat_net::tls::Tls;
use chat_net::{Server, ServerError, ServerHandle, Sqlite, StartError};

use crate::cli::{AccountsHow, Durability, LogFormat, Makers, Registration, ServeArgs};
use crate::exit::{self, Exit};
use crate::settings::{Certificate, ServeSettings};
use crate::signals::{Hangups, Signals};
use crate::user::Control;
use crate::{certificate, logs, output, store};

/// Runs a server.
///
/// # Errors
/// The settings are wrong, the data folder cannot be used, or an address cannot be listened on; each says which and
/// how the program ends.
pub(crate) fn run(args: &ServeArgs) -> anyhow::Result<Exit> {
    let settings = ServeSettings::resolve(args)?;
    let addresses = Addresses { chat: settings.addresses()?, admin: settings.admin_addresses()? };
    let folder = settings.folder()?;
    let password = settings.password()?;
    logs::install(&settings.log, settings.log_format)?;
    raise_file_limit();
    let kept = match folder {
        Some(folder) => Some((store::open(&folder, &settings)?, folder)),
        None => None,
    };
    let tls = certificate::load(&settings, kept.as_ref().map(|(_, folder)| folder.as_path()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let end = runtime.block_on(serve(&settings, &addresses, password, kept, tls));
    // After a second signal, or on a disk that does not answer, something may still be busy; it is not waited for.
    runtime.shutdown_background();
    end
}

/// Where to listen.
struct Addresses {
    chat: Vec<SocketAddr>,
    /// For operators; nowhere if empty.
    admin: Vec<SocketAddr>,
}

async fn serve(
    settings: &ServeSettings,
    addresses: &Addresses,
    password: Option<Secret>,
    kept: Option<(Sqlite, PathBuf)>,
    tls: Option<Tls>,
) -> anyhow::Result<Exit> {
    // Before anyone is told that the server is there: a signal from then on is a request to end in order.
    let mut signals = Signals::new().context("cannot wait for signals")?;
    let mut certificates = match &tls {
        Some(tls) => Some((Hangups::new().context("cannot wait for signals")?, tls.clone())),
        // Then there is nothing to read again, and the signal means what it always means.
        None => None,
    };
    let mut builder = Server::builder()
        .core(settings.limits.core.clone())
        .limits(settings.limits.net.clone())
        .trusted(settings.trusted)
        .accounts(accounts(settings.accounts))
        .registration(settings.registration == Registration::Open)
        .start_room(Some(settings.start_room.as_str()).filter(|room| !room.is_empty()));
    for origin in &settings.origins {
        builder = builder.origin(origin.as_str());
    }
    for address in &addresses.chat {
        builder = builder.listen(address.to_string());
    }
    if let Some(password) = &password {
        builder = builder.password(password);
    }
    let (store, folder) = kept.unzip();
    if let Some(store) = store {
        builder = builder.store(Arc::new(store));
    }
    if let Some(tls) = tls.clone() {
        builder = builder.tls(tls);
    }
    let mut handle = builder.start().await.map_err(|error| cannot_start(&error))?;
    // Kept to the very end: while the server ends, it says so.
    let admin = match administer(&handle, &addresses.admin).await {
        Ok(admin) => admin,
        Err(error) => {
            // Nobody knows of the server yet; why it did not start is worth more than how it ends.
            let _ = handle.shutdown(Duration::ZERO).await;
            return Err(cannot_start(&error));
        }
    };
    // Before anyone is told that the server is there: then 'chat-cli user' reaches it.
    let _control = folder.as_deref().and_then(|folder| Control::listen(folder, handle.account_book()));
    announce(&handle, tls.as_ref(), admin.as_ref(), settings);
    tell_where(folder.as_deref(), settings);
    tell_who(&handle, folder.as_deref(), password.is_some(), settings).await;
    drop(password);
    let mut reading = tokio::task::JoinSet::new();
    let first = loop {
        tokio::select! {
            signal = signals.next() => break signal,
            error = handle.failed() => return Err(cannot_go_on(error)),
            tls = asked_again(&mut certificates), if reading.is_empty() => {
                reading.spawn(async move { certificate::reload(&tls).await });
            }
            // A disk may take its time; signals are heard meanwhile.
            Some(_) = reading.join_next() => {}
        }
    };
    tracing::info!(signal = ?first, "ending; a second signal ends at once");
    let patience = Duration::from_millis(settings.limits.net.shutdown_ms);
    tokio::select! {
        ended = handle.shutdown(patience) => match ended {
            // Whoever does not listen was told as well as could be.
            Ok(()) | Err(ServerError::Deadline) => Ok(Exit::Done),
            Err(error) => Err(cannot_go_on(error)),
        },
        second = signals.next() => Ok(second),
    }
}

/// Listens for operators, if that was asked for.
async fn administer(handle: &ServerHandle, addresses: &[SocketAddr]) -> Result<Option<Admin>, StartError> {
    if addresses.is_empty() {
        return Ok(None);
    }
    let addresses: Vec<String> = addresses.iter().map(ToString::to_string).collect();
    Admin::start(&addresses, &handle.observer()).await.map(Some)
}

/// The certificate, when it is to be read again.
async fn asked_again(certificates: &mut Option<(Hangups, Tls)>) -> Tls {
    match certificates {
        Some((hangups, tls)) => {
            hangups.next().await;
            tls.clone()
        }
        None => std::future::pending().await,
    }
}

/// One line for each address, with the port that it really has, and one for the certificate.
fn announce(handle: &ServerHandle, tls: Option<&Tls>, admin: Option<&Admin>, settings: &ServeSettings) {
    for address in handle.local_addrs() {
        let near = reachable(*address);
        let line = match tls {
            _ if settings.json => serde_json::json!({ "listening": address.to_string() }).to_string(),
            None => format!(
                "listening on {address} — open http://{near} or try: nc {} {}",
                near.ip(),
                near.port()
            ),
            Some(_) => format!(
                "listening on {address} with TLS — open https://{near} or try: chat-cli join tls://{near}"
            ),
        };
        // A server whose output nobody reads is a server all the same.
        let _ = output::line(&line);
    }
    if let Some(certificate) = tls.map(Tls::fingerprint) {
        let line = match &settings.certificate {
            _ if settings.json => serde_json::json!({ "certificate": certificate.to_string() }).to_string(),
            Some(Certificate::SelfSigned) if settings.durability == Durability::Memory => {
                format!("self-signed certificate until the server ends; clients say --tls-pin {certificate}")
            }
            Some(Certificate::SelfSigned) => {
                format!("self-signed certificate; clients say --tls-pin {certificate}")
            }
            _ => format!("certificate {certificate}"),
        };
        let _ = output::line(&line);
    }
    for address in admin.map_or(&[][..], Admin::local_addrs) {
        let line = if settings.json {
            serde_json::json!({ "admin": address.to_string() }).to_string()
        } else {
            format!("operators on {address} — try: curl http://{}/metrics", reachable(*address))
        };
        let _ = output::line(&line);
    }
}

/// One line that says where history is kept, and how safely.
fn tell_where(folder: Option<&Path>, settings: &ServeSettings) {
    let durability = settings.durability.name();
    let shown = folder.map(|folder| folder.display().to_string());
    // Who reads logs reads the line itself, unless programs sort them.
    match &shown {
        _ if settings.log_format == LogFormat::Text => {}
        Some(data) => tracing::info!(data, durability, "history is kept"),
        None => tracing::info!(durability, "history is gone when the server ends"),
    }
    let line = match shown {
        data if settings.json => serde_json::json!({ "data": data, "durability": durability }).to_string(),
        Some(data) => format!("history in {} ({durability})", printable(&data)),
        None => "history in memory, gone when the server ends".into(),
    };
    let _ = output::line(&line);
}

fn accounts(how: AccountsHow) -> Accounts {
    match how {
        AccountsHow::Off => Accounts::Off,
        AccountsHow::Optional => Accounts::Optional,
        AccountsHow::Required => Accounts::Required,
    }
}

/// One line that says who gets in, and one for whoever has yet to make the first account.
async fn tell_who(
    handle: &ServerHandle,
    folder: Option<&Path>,
    has_password: bool,
    settings: &ServeSettings,
) {
    let (how, registration) = (settings.accounts, settings.registration);
    if settings.json {
        let line = serde_json::json!({
            "accounts": how.name(), "registration": registration.name(), "password": has_password,
            "room_makers": settings.room_makers.name(),
        });
        let _ = output::line(&line.to_string());
        return;
    }
    let made = match (how, registration) {
        (AccountsHow::Off, _) => "",
        (_, Registration::Open) => " (whoever comes may make one)",
        (_, Registration::Closed) => " (made by 'chat-cli user add' only)",
    };
    let password = if has_password { "set" } else { "none" };
    let makers = match settings.room_makers {
        Makers::Everyone => String::new(),
        makers => format!("; rooms are made by: {}", makers.name()),
    };
    let _ = output::line(&format!("accounts: {}{made}; password: {password}{makers}", how.name()));
    if !has_password && lets_strangers_in(handle, settings) {
        let _ = output::line(
            "whoever reaches this server gets in; to keep it among friends: --password-file FILE, or --accounts required \
             --registration closed",
        );
    }
    let is_empty = handle.account_book().all().await.is_ok_and(|all| all.is_empty());
    if how == AccountsHow::Required && is_empty {
        let first = match folder {
            Some(folder) => format!(
                "no account yet: make the first one, an operator, with: chat-cli user add NAME --operator --data {}",
                printable(&folder.display().to_string())
            ),
            None if registration == Registration::Closed => {
                "no account yet, and nobody can make one: 'chat-cli user' needs a server that keeps history"
                    .into()
            }
            None => {
                "no account yet: the first to come makes one; nobody is an operator without history".into()
            }
        };
        let _ = output::line(&first);
    }
}

/// Whether others than those on this machine come in, known to nobody.
fn lets_strangers_in(handle: &ServerHandle, settings: &ServeSettings) -> bool {
    let is_known =
        settings.accounts == AccountsHow::Required && settings.registration == Registration::Closed;
    !is_known && handle.local_addrs().iter().any(|address| !address.ip().to_canonical().is_loopback())
}

/// The complaint about a server that ended by itself.
fn cannot_go_on(error: ServerError) -> anyhow::Error {
    match error {
        ServerError::Store(error) => store::failed(&error),
        error => anyhow::Error::new(error).context("the server cannot go on"),
    }
}

/// The complaint about a server that did not start: the error names the address, or says what to do.
fn cannot_start(error: &StartError) -> anyhow::Error {
    let exit = match error {
        StartError::Listen { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
            Exit::NotPermitted
        }
        StartError::Store(_) | StartError::Restore(_) => Exit::Storage,
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
