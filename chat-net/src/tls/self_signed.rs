//! Certificates that nobody vouches for, made here.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

use super::CertificateError;

/// The certificate and its key: in one file, so that there is never one without the other.
const FILE: &str = "tls-self-signed.pem";

fn sign(names: Vec<String>) -> Result<(rcgen::Certificate, KeyPair), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "chat, self-signed");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    Ok((params.self_signed(&key)?, key))
}

fn failed(error: &rcgen::Error) -> CertificateError {
    CertificateError::Make { why: error.to_string() }
}

pub(super) fn make(
    names: Vec<String>,
) -> Result<(CertificateDer<'static>, PrivateKeyDer<'static>), CertificateError> {
    let (certificate, key) = sign(names).map_err(|error| failed(&error))?;
    Ok((certificate.der().clone(), PrivatePkcs8KeyDer::from(key.serialize_der()).into()))
}

/// The file in `folder`, made if it is not there.
pub(super) fn keep(folder: &Path, names: impl FnOnce() -> Vec<String>) -> Result<PathBuf, CertificateError> {
    let path = folder.join(FILE);
    let cannot = |source| CertificateError::Keep { path: path.clone(), source };
    if path.try_exists().map_err(cannot)? {
        return Ok(path);
    }
    let (certificate, key) = sign(names()).map_err(|error| failed(&error))?;
    let pem = format!("{}{}", certificate.pem(), key.serialize_pem());
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(cannot)?;
    write(&path, pem.as_bytes()).map_err(cannot)?;
    Ok(path)
}

/// Writes a file that its owner alone may read, all of it or nothing.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let new = path.with_extension(format!("pem.{}", std::process::id()));
    // Left by one that was killed, which had the same number.
    let _ = fs::remove_file(&new);
    let written = (|| {
        let mut options = File::options();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&new)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&new, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
