//! TLS, at both ends: the certificate that a server shows, and which ones a client trusts.
//!
//! Versions 1.2 and 1.3, with ring. Nothing of it is global: several servers and clients of a process may differ.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use chat_net::tls::{Tls, Trust};
//! use chat_net::{Client, Options, Server};
//!
//! let tls = Tls::from_files("/etc/chat/fullchain.pem", "/etc/chat/privkey.pem")?;
//! let server = Server::builder().listen("0.0.0.0:8443").tls(tls.clone()).start().await?;
//! let (bot, _events) = Client::connect("chat.example.org:8443", Options::named("bot").tls(Trust::System)).await?;
//! // Whenever the files are new; connections that are open stay.
//! tls.reload()?;
//! # drop((server, bot));
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
mod fingerprint;
mod pem;
mod self_signed;
mod server;
mod trust;
mod verify;

pub(crate) use client::Connector;
pub use error::{CertificateError, TlsError};
pub use fingerprint::{BadFingerprint, Fingerprint};
pub use server::Tls;
pub use trust::{Trust, Unknown};

use std::sync::Arc;

use tokio_rustls::rustls::SupportedProtocolVersion;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::version::{TLS12, TLS13};

/// The versions that are spoken.
const VERSIONS: &[&SupportedProtocolVersion] = &[&TLS13, &TLS12];

/// What computes; passed on explicitly, because a process-wide one would be the embedder's to choose.
fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}
