//! What a server was built with: who may come in, and who is asked about it.

use std::sync::Arc;
use std::time::Duration;

use chat_core::{Config, UserName};

use super::authenticate::AuthenticateChoice;
use super::gate::GateChoice;
use super::{Accounts, Attempts};
use crate::codec::Secret;
use crate::limits::Limits;

/// The choices of the builder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    pub(crate) accounts: Accounts,
    /// Whether nobody who comes makes an account.
    pub(crate) is_closed: bool,
    /// Of the server's own password.
    pub(crate) password: Option<blake3::Hash>,
    pub(crate) authenticate: Option<AuthenticateChoice>,
    pub(crate) gate: Option<GateChoice>,
}

/// Those choices, and what a running server needs for them.
#[derive(Debug)]
pub(crate) struct Policy {
    choices: Choices,
    /// At passwords.
    pub(crate) attempts: Arc<Attempts>,
    /// At one's own password, by who is in. Apart from the others, where strangers write whatever name they like.
    #[cfg(feature = "accounts")]
    pub(crate) changes: Arc<Attempts>,
    /// At making accounts.
    #[cfg(feature = "accounts")]
    pub(crate) registrations: Arc<Attempts>,
    #[cfg(feature = "accounts")]
    pub(crate) pool: super::Pool,
    /// Names that nobody who comes gets.
    reserved: Vec<UserName>,
    /// How long the embedder's code may take.
    pub(crate) patience: Duration,
}

impl Policy {
    pub(crate) fn new(choices: Choices, limits: &Limits, core: &Config) -> Policy {
        Policy {
            choices,
            attempts: Attempts::at_passwords(limits),
            #[cfg(feature = "accounts")]
            changes: Attempts::at_passwords(limits),
            #[cfg(feature = "accounts")]
            registrations: Attempts::at_accounts(limits),
            #[cfg(feature = "accounts")]
            pool: super::Pool::new(limits.hash_waiting),
            reserved: core.reserved_names.clone(),
            patience: Duration::from_millis(limits.hook_ms),
        }
    }

    /// Whether the server has a password of its own.
    pub(crate) fn has_password(&self) -> bool {
        self.choices.password.is_some()
    }

    /// Whether it is the server's own password. Takes as long for every one of its length.
    pub(crate) fn is_password(&self, password: &Secret) -> bool {
        self.choices.password.is_none_or(|known| known == blake3::hash(password.expose().as_bytes()))
    }

    /// Who needs an account, as far as there can be any.
    pub(crate) fn accounts(&self) -> Accounts {
        if self.has_accounts() { self.choices.accounts } else { Accounts::Off }
    }

    /// Whether whoever comes may make an account here.
    pub(crate) fn offers_registration(&self) -> bool {
        self.keeps_passwords() && self.takes_registrations()
    }

    /// Whether anybody can log in.
    pub(crate) fn has_accounts(&self) -> bool {
        let can_tell = cfg!(feature = "accounts") || self.choices.authenticate.is_some();
        self.choices.accounts != Accounts::Off && can_tell
    }

    /// Whether the passwords of accounts are kept here.
    pub(crate) fn keeps_passwords(&self) -> bool {
        cfg!(feature = "accounts") && self.has_accounts() && self.choices.authenticate.is_none()
    }

    /// Whether whoever comes may make an account.
    pub(crate) fn takes_registrations(&self) -> bool {
        !self.choices.is_closed
    }

    /// The name that is kept for the server, if that is one: only the server itself makes an account of it.
    pub(crate) fn reserved(&self, name: &str) -> Option<&UserName> {
        self.reserved.iter().find(|reserved| reserved.as_str().eq_ignore_ascii_case(name))
    }

    pub(crate) fn authenticate(&self) -> Option<AuthenticateChoice> {
        self.choices.authenticate.clone()
    }

    pub(crate) fn gate(&self) -> Option<&GateChoice> {
        self.choices.gate.as_ref()
    }
}
