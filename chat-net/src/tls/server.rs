//! The certificate that a server shows, and how it is exchanged while the server runs.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::NoServerSessionStorage;
use tokio_rustls::rustls::{Error, InconsistentKeys, ServerConfig};

use super::{CertificateError, Fingerprint, VERSIONS, pem, provider, self_signed};

/// A server's certificate and key. Clones are the same one: keep one to [`reload`](Tls::reload) it.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    files: Option<Files>,
    current: ArcSwap<Pair>,
}

#[derive(Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
}

/// What connections begin with.
struct Pair {
    config: Arc<ServerConfig>,
    fingerprint: Fingerprint,
}

impl Tls {
    /// The certificate, followed by those that lead to a root, and its key, from files in PEM form. Both may be one
    /// file. Reads them at once, which blocks for as long as the disk takes.
    ///
    /// # Errors
    /// Says which file cannot be used, and why: one that is longer than 1 MiB, for example, or a key of another
    /// certificate. Whether the certificate has expired is for clients to judge.
    pub fn from_files(
        certificate: impl Into<PathBuf>,
        key: impl Into<PathBuf>,
    ) -> Result<Tls, CertificateError> {
        let files = Files { certificate: certificate.into(), key: key.into() };
        let current = ArcSwap::from_pointee(files.load()?);
        Ok(Tls(Arc::new(Inner { files: Some(files), current })))
    }

    /// A certificate that nobody vouches for, kept in `folder` together with its key: made at the first call, for
    /// these host names and addresses, and the same ever after. Clients trust it by its
    /// [fingerprint](Tls::fingerprint). It does not expire.
    ///
    /// The file is `tls-self-signed.pem`, for its owner's eyes only. To have a new one, or one with other names,
    /// remove it.
    ///
    /// # Errors
    /// The file cannot be read, made, or used, or a name is none.
    pub fn self_signed<N: Into<String>>(
        folder: impl AsRef<Path>,
        names: impl IntoIterator<Item = N>,
    ) -> Result<Tls, CertificateError> {
        let path = self_signed::keep(folder.as_ref(), || names.into_iter().map(Into::into).collect())?;
        Tls::from_files(path.clone(), path)
    }

    /// The same, kept in memory only: every call makes another one.
    ///
    /// # Errors
    /// A name is none.
    pub fn ephemeral<N: Into<String>>(names: impl IntoIterator<Item = N>) -> Result<Tls, CertificateError> {
        let (certificate, key) = self_signed::make(names.into_iter().map(Into::into).collect())?;
        let pair = Pair::new(vec![certificate], key);
        let pair = pair.map_err(|error| CertificateError::Make { why: error.to_string() })?;
        Ok(Tls(Arc::new(Inner { files: None, current: ArcSwap::from_pointee(pair) })))
    }

    /// The certificate that new connections are shown.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.0.current.load().fingerprint
    }

    /// Reads the files again, for connections that begin from now on; those that are open stay. Blocks for as long as
    /// the disk takes. One in memory stays as it is.
    ///
    /// # Errors
    /// As [`from_files`](Tls::from_files). Then the old pair stays in use.
    pub fn reload(&self) -> Result<Fingerprint, CertificateError> {
        if let Some(files) = &self.0.files {
            self.0.current.store(Arc::new(files.load()?));
        }
        Ok(self.fingerprint())
    }

    /// What a connection begins with.
    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.0.current.load().config)
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.fingerprint()).field(&self.0.files).finish()
    }
}

impl Files {
    fn load(&self) -> Result<Pair, CertificateError> {
        let chain = pem::chain(&self.certificate, &pem::read(&self.certificate)?)?;
        let key = pem::key(&self.key, &pem::read(&self.key)?)?;
        Pair::new(chain, key).map_err(|error| match error {
            Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                CertificateError::Mismatch { certificate: self.certificate.clone(), key: self.key.clone() }
            }
            error => {
                CertificateError::Unusable { certificate: self.certificate.clone(), why: error.to_string() }
            }
        })
    }
}

impl Pair {
    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Pair, Error> {
        let fingerprint = Fingerprint::of(chain.first().ok_or(Error::NoCertificatesPresented)?);
        let mut config = ServerConfig::builder_with_provider(provider())
            .with_protocol_versions(VERSIONS)?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        // Connections live for hours: what a resumed handshake saves is not worth keeping secrets for.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Pair { config: Arc::new(config), fingerprint })
    }
}
