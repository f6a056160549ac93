//! What goes wrong with TLS: a server's certificate that cannot be used, and one that a client does not trust.

use std::io;
use std::path::PathBuf;

use super::Fingerprint;

/// Why a server has no certificate to show.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// There is no certificate in the file.
    #[error("{} holds no certificate in PEM form", .path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file that could be used.
    #[error("{} holds no private key in PEM form; one with a password cannot be used", .path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// They are not a pair.
    #[error("the key in {} is not that of the certificate in {}", .key.display(), .certificate.display())]
    Mismatch {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// The certificate or the key is not what TLS needs.
    #[error("{} and its key cannot be used: {why}", .certificate.display())]
    Unusable {
        /// The file of the certificate.
        certificate: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A certificate cannot be made for these names.
    #[error("cannot make a certificate: {why}")]
    Make {
        /// What is wrong.
        why: String,
    },
    /// A certificate that was made cannot be kept.
    #[error("cannot keep a certificate in {}: {source}", .path.display())]
    Keep {
        /// Where it was to be kept.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// Why a client does not speak to a server, although it was reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// Nobody whom the system trusts has signed the certificate; it may be a self-signed one.
    #[error(
        "nobody this system trusts vouches for the server's certificate, {found}; \
         compare that with what the server says at its start"
    )]
    Unknown {
        /// The certificate.
        found: Fingerprint,
    },
    /// The certificate is another one than the one that is trusted.
    #[error(
        "the server's certificate is {found}, but {pinned} was expected: either it was renewed, \
         or somebody is in between; ask whoever runs the server"
    )]
    Changed {
        /// The one that is trusted.
        pinned: Fingerprint,
        /// The one that came.
        found: Fingerprint,
    },
    /// The certificate has expired, or is not valid yet.
    #[error("the server's certificate, {found}, has expired or is not valid yet; is the clock right?")]
    Expired {
        /// The certificate.
        found: Fingerprint,
    },
    /// The certificate is somebody else's.
    #[error("the server's certificate, {found}, is not for {name}")]
    WrongName {
        /// The certificate.
        found: Fingerprint,
        /// The name or address that the server was called by.
        name: String,
    },
    /// The certificate is no good for another reason.
    #[error("the server's certificate, {found}, is not valid: {why}")]
    Invalid {
        /// The certificate.
        found: Fingerprint,
        /// What is wrong.
        why: String,
    },
    /// The address has no host in it that a certificate could be for.
    #[error("\"{address}\" has no host name or address that a certificate could be for")]
    NoName {
        /// The address.
        address: String,
    },
    /// The other end wants no TLS: that is how servers answer that have no certificate.
    #[error("this server is not encrypted")]
    NotEncrypted,
    /// The other end speaks no TLS, or none that is spoken here.
    #[error("no TLS with this server: {why}")]
    Handshake {
        /// What came instead.
        why: String,
        /// Whether the server only could not do it now.
        for_now: bool,
    },
}

impl TlsError {
    /// Whether the same may work later without anybody doing something about it.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, TlsError::Handshake { for_now: true, .. })
    }

    /// Whether it is the certificate that is not trusted.
    #[must_use]
    pub fn is_distrust(&self) -> bool {
        !matches!(self, TlsError::NoName { .. } | TlsError::NotEncrypted | TlsError::Handshake { .. })
    }
}
