//! What is known of whoever has a connection, beyond the session.

use std::net::IpAddr;
use std::sync::Arc;

use super::Asker;

/// Who is at the other end.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) address: Option<IpAddr>,
    /// What its attempts are counted by; none: they are not.
    pub(crate) counted: Option<IpAddr>,
    /// Whether it has said the server's own password, or need not.
    pub(crate) is_unlocked: bool,
    /// Once it is in.
    pub(crate) user: Option<Arc<str>>,
}

impl Caller {
    /// As a gate is told of it.
    pub(crate) fn asker(&self) -> Asker {
        Asker { user: self.user.clone().unwrap_or_default(), address: self.address }
    }
}
