//! The certificate of the servers that the bench starts, and clients that trust it and no other.

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result};
use chat_net::tls::Tls;
use rustls::client::Resumption;
use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::bench::folder::Folder;

/// The name that it is made for.
pub(super) const NAME: &str = "localhost";

/// A certificate in a folder of its own, which is gone with it.
#[derive(Debug)]
pub(in crate::bench) struct Certificate {
    pub(super) pem: PathBuf,
    _folder: Folder,
    client: Arc<ClientConfig>,
}

impl Certificate {
    /// Makes one.
    pub(in crate::bench) fn make() -> Result<Certificate> {
        let mut folder = Folder::make(Some(&std::env::temp_dir()))?;
        let place = folder.place();
        Tls::self_signed(&place, [NAME]).context("cannot make a certificate")?;
        let pem =
            std::fs::read_dir(&place)?.next().context("the certificate is not where it was put")??.path();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(&pem).context("cannot read the certificate")?)?;
        let mut client = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        // Every connection is to cost what the first of a client costs.
        client.resumption = Resumption::disabled();
        Ok(Certificate { pem, _folder: folder, client: Arc::new(client) })
    }

    /// What a server is told to use it.
    pub(in crate::bench) fn arguments(&self) -> [OsString; 4] {
        ["--tls-cert".into(), self.pem.clone().into(), "--tls-key".into(), self.pem.clone().into()]
    }

    /// For clients.
    pub(in crate::bench) fn client(&self) -> Arc<ClientConfig> {
        Arc::clone(&self.client)
    }
}
