//! What an embedder says to each login, in place of passwords that the server keeps.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use async_trait::async_trait;

use crate::codec::Secret;

/// What a login brought.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Proof {
    /// The name it wants, as the client wrote it: nothing is checked yet.
    pub name: Arc<str>,
    /// What is to prove it: a password, a token. At most what fits into a first frame, 4 KiB with the default limits.
    pub secret: Secret,
    /// The address that the connection came from, if it has one.
    pub address: Option<IpAddr>,
}

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The name of the account. It need not be the one that was asked for; it obeys the rules of names.
    pub name: Arc<str>,
    /// Whether it is an operator of the server, from this login on.
    pub is_operator: bool,
}

/// Why somebody does not come in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Denied {
    /// The proof is wrong, or there is nobody of that name: `bad_login`, with no word on which of the two.
    Wrong,
    /// The proof is right and it is refused all the same: `not_allowed` with this sentence, which should say what to do.
    Refused(String),
    /// It cannot be said now: `busy`. It does not count as an attempt.
    Later,
}

/// Says who somebody is, in place of the passwords that a server keeps itself.
///
/// It is asked once for each `login` that is within the limits of attempts; resumed sessions are not asked about. An account
/// that the chat does not know yet is made, without a password. `register` and `password` are refused: accounts are made, and
/// proofs changed, where this trait gets its knowledge from.
///
/// It has [`Limits::hook_ms`](crate::Limits::hook_ms) for each; if it takes longer its future is dropped, and if it panics
/// the panic is contained. Either way the login is refused with `busy`. It must not block its thread.
///
/// ```
/// use chat_net::auth::{Accounts, Authenticate, Denied, Identity, Proof};
///
/// /// Who knows the word is in, under any name.
/// struct Word;
///
/// #[async_trait::async_trait]
/// impl Authenticate for Word {
///     async fn authenticate(&self, proof: Proof) -> Result<Identity, Denied> {
///         match proof.secret == "swordfish".into() {
///             true => Ok(Identity { name: proof.name, is_operator: false }),
///             false => Err(Denied::Wrong),
///         }
///     }
/// }
/// # fn main() {
/// let builder = chat_net::Server::builder().accounts(Accounts::Required).authenticate(Word);
/// # drop(builder);
/// # }
/// ```
#[async_trait]
pub trait Authenticate: Send + Sync + 'static {
    /// Says who it is.
    ///
    /// # Errors
    /// Why they do not come in.
    async fn authenticate(&self, proof: Proof) -> Result<Identity, Denied>;
}

/// What was chosen when the server was built.
#[derive(Clone)]
pub(crate) struct AuthenticateChoice(pub(crate) Arc<dyn Authenticate>);

impl fmt::Debug for AuthenticateChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authenticate")
    }
}
