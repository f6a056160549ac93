//! The client's end of TLS.

use std::io;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{AlertDescription, CertificateError, ClientConfig, Error};

use super::verify::Verifier;
use super::{TlsError, Trust, VERSIONS, provider};
use crate::client::ConnectError;

/// Begins TLS with servers.
#[derive(Clone)]
pub(crate) struct Connector(TlsConnector);

impl Connector {
    /// Whom the system trusts is read once, here.
    pub(crate) fn new(trust: Trust) -> Connector {
        let provider = provider();
        let verifier = Arc::new(Verifier::new(trust, Arc::clone(&provider)));
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(VERSIONS)
            .expect("ring has cipher suites for both versions")
            .dangerous() // so its builder calls any verifier but its own; this one asks the system's
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        // Every connection judges the certificate anew.
        config.resumption = Resumption::disabled();
        Connector(TlsConnector::from(Arc::new(config)))
    }

    /// Speaks TLS over `io` with the server that was called as `address`, `HOST:PORT`.
    pub(crate) async fn connect<IO>(&self, address: &str, io: IO) -> Result<TlsStream<IO>, ConnectError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| TlsError::NoName { address: address.to_owned() })?;
        self.0.connect(name, io).await.map_err(why)
    }
}

/// Why there was no TLS: a broken link, or what one end has against the other.
fn why(error: io::Error) -> ConnectError {
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()).map(tls_error);
    known.map_or_else(|| error.into(), ConnectError::Tls)
}

fn tls_error(error: &Error) -> TlsError {
    let because = |why: &str| TlsError::Handshake { why: why.to_owned(), for_now: false };
    match error {
        Error::InvalidCertificate(CertificateError::Other(other)) => match other.0.downcast_ref() {
            Some(distrust) => TlsError::clone(distrust),
            None => because(&error.to_string()),
        },
        Error::InvalidMessage(_) => because("what it answered is not TLS"),
        Error::AlertReceived(AlertDescription::HandshakeFailure) => TlsError::NotEncrypted,
        Error::AlertReceived(AlertDescription::ProtocolVersion) => because("it speaks other versions of it"),
        // What a server says that is too busy.
        Error::AlertReceived(AlertDescription::InternalError) => {
            TlsError::Handshake { why: "it cannot do it now".to_owned(), for_now: true }
        }
        error => because(&error.to_string()),
    }
}
