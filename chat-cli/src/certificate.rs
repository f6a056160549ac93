//! The certificate that `serve` shows: where it comes from, and how it is read again.

use std::io::ErrorKind;
use std::path::Path;

use chat_net::tls::{CertificateError, Tls};

use crate::exit::{self, Exit};
use crate::settings::{Certificate, ServeSettings};

/// What the settings say, read or made; `None` if nothing is to be encrypted. `folder` is the data folder.
///
/// # Errors
/// The files cannot be used: [`Exit::Config`], or [`Exit::NotPermitted`]. A certificate cannot be kept:
/// [`Exit::Storage`].
pub(crate) fn load(settings: &ServeSettings, folder: Option<&Path>) -> anyhow::Result<Option<Tls>> {
    let tls = match (&settings.certificate, folder) {
        (None, _) => return Ok(None),
        (Some(Certificate::Files { certificate, key }), _) => Tls::from_files(certificate, key),
        (Some(Certificate::SelfSigned), Some(folder)) => Tls::self_signed(folder, names(settings)),
        (Some(Certificate::SelfSigned), None) => Tls::ephemeral(names(settings)),
    };
    tls.map(Some).map_err(|error| {
        let exit = match &error {
            CertificateError::Read { source, .. } if source.kind() == ErrorKind::PermissionDenied => {
                Exit::NotPermitted
            }
            CertificateError::Keep { .. } => Exit::Storage,
            _ => Exit::Config,
        };
        exit::because(exit, format!("tls: {error}"))
    })
}

/// What a certificate of one's own is for: this machine, and what is listened on.
fn names(settings: &ServeSettings) -> Vec<String> {
    let mut names: Vec<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    for written in &settings.listen {
        let host = written.rsplit_once(':').map_or("", |(host, _)| host);
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if !host.is_empty() && !["0.0.0.0", "::"].contains(&host) && !names.iter().any(|name| name == host) {
            names.push(host.to_owned());
        }
    }
    names
}

/// Reads the files again, for connections that begin from now on.
pub(crate) async fn reload(tls: &Tls) {
    let tls = tls.clone();
    let before = tls.fingerprint();
    // A disk may take its time; nobody else waits for it.
    match tokio::task::spawn_blocking(move || tls.reload()).await {
        Ok(Ok(certificate)) if certificate == before => {
            tracing::info!(%certificate, "certificate read again, it is the same");
        }
        Ok(Ok(certificate)) => {
            tracing::info!(%certificate, %before, "certificate read again, it is a new one");
        }
        Ok(Err(error)) => tracing::error!(%error, certificate = %before, "the old certificate stays in use"),
        Err(error) => tracing::error!(%error, "the certificate could not be read again"),
    }
}
