//! The accounts of a running server, for whoever looks after them.

use chat_core::{AccountAct, AccountInfo, Refusal};
use tokio::sync::{mpsc, oneshot};

use crate::engine::Input;
use crate::identity::{Act, Whose};

/// Why nothing was done about an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// It was refused.
    #[error("{}: {}", .0.reason, .0.message)]
    Refused(Refusal),
    /// The server has ended.
    #[error("the server has ended, start it again")]
    Ended,
}

/// The accounts of a running server, from [`ServerHandle::account_book`](crate::ServerHandle::account_book). Cheap to
/// clone; it acts as the server itself, and nobody's rights are asked for.
#[derive(Clone, Debug)]
pub struct AccountBook {
    inputs: mpsc::Sender<Input>,
}

impl AccountBook {
    pub(crate) fn new(inputs: mpsc::Sender<Input>) -> AccountBook {
        AccountBook { inputs }
    }

    /// Does something about an account. A password is given as its [`hash`](crate::auth::hash). Ready when it is kept.
    ///
    /// # Errors
    /// Why it was refused: there is an account of that name, or none, for example. Or the server has ended.
    pub async fn act(&self, act: AccountAct) -> Result<(), AccountError> {
        let (reply, verdict) = oneshot::channel();
        let act = Input::Act(Box::new(Act { by: None, act, reply }));
        self.inputs.send(act).await.map_err(|_| AccountError::Ended)?;
        verdict.await.map_err(|_| AccountError::Ended)?.map_err(AccountError::Refused)
    }

    /// What there is to know of the account of that name; `None` if there is none.
    ///
    /// # Errors
    /// The server has ended.
    pub async fn find(&self, name: &str) -> Result<Option<AccountInfo>, AccountError> {
        let (reply, answer) = oneshot::channel();
        let look = Input::Look { whose: Whose::Named(name.into()), reply };
        self.inputs.send(look).await.map_err(|_| AccountError::Ended)?;
        answer.await.map_err(|_| AccountError::Ended)
    }

    /// All accounts, in the order of their names; at most as many as the limit `accounts` of the core.
    ///
    /// # Errors
    /// The server has ended.
    pub async fn all(&self) -> Result<Vec<AccountInfo>, AccountError> {
        let (reply, answer) = oneshot::channel();
        self.inputs.send(Input::LookThrough { reply }).await.map_err(|_| AccountError::Ended)?;
        answer.await.map_err(|_| AccountError::Ended)
    }
}
