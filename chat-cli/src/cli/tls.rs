//! TLS, as typed: the certificate of a server, and whom a client trusts.

use std::path::PathBuf;

use chat_net::tls::Fingerprint;
use clap::{Args, ValueEnum};

/// A server's certificate, as typed.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct CertificateArgs {
    /// Encrypt everything, with a certificate that is made once and kept in the data folder
    #[arg(long, env = "CHAT_TLS", value_name = "HOW")]
    pub(crate) tls: Option<TlsHow>,
    /// Encrypt everything, with the certificate in this PEM file and those behind it that lead to a root
    #[arg(long, env = "CHAT_TLS_CERT", value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Its private key, in a PEM file
    #[arg(long, env = "CHAT_TLS_KEY", value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
}

/// Where a server's certificate comes from, if not from files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TlsHow {
    /// It is made at the first start; clients trust it by its SHA-256, which is printed
    SelfSigned,
}

/// Whether a client speaks TLS, and with whom, as typed.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct TrustArgs {
    /// Speak TLS, as with an address tls://HOST:PORT
    #[arg(long)]
    pub(crate) tls: bool,
    /// Speak TLS with the server that has this certificate, whose SHA-256 it said at its start
    #[arg(long, env = "CHAT_TLS_PIN", value_name = "sha256:HEX")]
    pub(crate) tls_pin: Option<Fingerprint>,
    /// Send passwords to another machine although nothing is encrypted
    #[arg(long, conflicts_with_all = ["tls", "tls_pin"])]
    pub(crate) plaintext: bool,
}
