//! Which servers a client believes to be who they say they are.

use std::fmt;
use std::sync::Arc;

use super::Fingerprint;

/// How a client judges the certificate of a server.
#[derive(Clone)]
#[non_exhaustive]
pub enum Trust {
    /// By whom the system trusts, the host's name and the clock, as browsers do.
    System,
    /// This very certificate and no other. Its names and its dates do not matter.
    Pin(Fingerprint),
    /// As [`Trust::System`]; and if nobody whom the system trusts has signed it, by this. It is asked at every
    /// connection, in the middle of it, so it must not wait for anything: to ask a person, take
    /// [`TlsError::Unknown`](super::TlsError::Unknown) for the question, and connect again with a pin.
    Decide(Arc<dyn Fn(&Unknown) -> bool + Send + Sync>),
}

/// A certificate that nobody vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unknown {
    /// The host's name or address, without the port.
    pub host: String,
    /// The certificate.
    pub found: Fingerprint,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trust::System => f.write_str("System"),
            Trust::Pin(pin) => f.debug_tuple("Pin").field(pin).finish(),
            Trust::Decide(_) => f.write_str("Decide(..)"),
        }
    }
}
