//! Who may come in: accounts and their passwords, a password of the server's own, and what an embedder decides instead.
//!
//! [`Accounts`] says who needs an account. With the feature `accounts` the server keeps their passwords itself, hashed by
//! argon2id; else, or instead, [`Authenticate`] decides. [`Gate`] judges every ask before the log has it.

mod attempts;
mod authenticate;
mod caller;
mod gate;
mod hook;
mod mode;
#[cfg(feature = "accounts")]
mod password;
mod policy;
#[cfg(feature = "accounts")]
mod pool;

pub use authenticate::{Authenticate, Denied, Identity, Proof};
pub use gate::{Asker, Gate, Judgement};
pub use mode::Accounts;
#[cfg(feature = "accounts")]
pub use password::{HashError, MAX_PASSWORD_BYTES, MIN_PASSWORD_BYTES, hash};

#[cfg(feature = "accounts")]
use pool::Pool;

pub(crate) use attempts::{Attempt, Attempts};
pub(crate) use authenticate::AuthenticateChoice;
pub(crate) use caller::Caller;
pub(crate) use gate::GateChoice;
pub(crate) use hook::{Fault, ask};
#[cfg(feature = "accounts")]
pub(crate) use password::check;
pub(crate) use policy::{Choices, Policy};
#[cfg(feature = "accounts")]
pub(crate) use pool::PoolError;
