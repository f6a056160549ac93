//! Judges a server's certificate.

use std::sync::Arc;

use rustls_platform_verifier::Verifier as System;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::{Fingerprint, TlsError, Trust, Unknown};

/// What is asked of every certificate; that the server has the key for it is checked besides, in any case.
#[derive(Debug)]
pub(super) struct Verifier {
    trust: Trust,
    /// None if the system trusts nobody, or if it does not matter whom.
    system: Option<System>,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    pub(super) fn new(trust: Trust, provider: Arc<CryptoProvider>) -> Verifier {
        let system = match &trust {
            Trust::Pin(_) => None,
            Trust::System | Trust::Decide(_) => match System::new(Arc::clone(&provider)) {
                Ok(system) => Some(system),
                Err(error) => {
                    tracing::warn!(%error, "no certificate can be verified, as this system trusts nobody");
                    None
                }
            },
        };
        Verifier { trust, system, provider }
    }

    fn judge(
        &self,
        found: Fingerprint,
        host: &ServerName<'_>,
        verified: Result<(), Error>,
    ) -> Result<(), TlsError> {
        if let Trust::Pin(pinned) = self.trust {
            return if pinned == found { Ok(()) } else { Err(TlsError::Changed { pinned, found }) };
        }
        let Err(error) = verified else { return Ok(()) };
        let error = distrust(found, host, &error);
        match (&self.trust, &error) {
            (Trust::Decide(decide), TlsError::Unknown { .. })
                if decide(&Unknown { host: host.to_str().into_owned(), found }) =>
            {
                Ok(())
            }
            _ => Err(error),
        }
    }
}

/// What the system has against a certificate, in our words.
fn distrust(found: Fingerprint, host: &ServerName<'_>, error: &Error) -> TlsError {
    use CertificateError as Why;
    let Error::InvalidCertificate(why) = error else {
        return TlsError::Invalid { found, why: error.to_string() };
    };
    match why {
        Why::Expired | Why::ExpiredContext { .. } | Why::NotValidYet | Why::NotValidYetContext { .. } => {
            TlsError::Expired { found }
        }
        Why::NotValidForName | Why::NotValidForNameContext { .. } => {
            TlsError::WrongName { found, name: host.to_str().into_owned() }
        }
        // A self-signed one that may sign others too, as openssl makes them, is one of the others.
        Why::UnknownIssuer | Why::Other(_) => TlsError::Unknown { found },
        why => TlsError::Invalid { found, why: format!("{why:?}") },
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = match &self.system {
            Some(system) => system
                .verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
                .map(drop),
            None => Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)),
        };
        match self.judge(Fingerprint::of(end_entity), server_name, verified) {
            Ok(()) => Ok(ServerCertVerified::assertion()),
            // It comes out of the handshake as it went in.
            Err(error) => {
                Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(error)))))
            }
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
