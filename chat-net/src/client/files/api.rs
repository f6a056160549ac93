//! What a client can do with files.

use std::path::Path;

use chat_core::{Answer, Ask, Offer, Query, Recipient, TransferId, TransferInfo};

use super::error::FileError;
use super::options::{ReceiveOptions, SendOptions};
use super::receive::receive;
use super::send::send;
use super::transfer::Transfer;
use crate::client::error::AskError;
use crate::client::handle::Client;
use crate::codec::Told;

impl Client {
    /// Offers a file to a user or to a room, and sends it to whoever accepts it. Returns when it is offered; what comes then
    /// goes on by itself, over broken links too, until the last event of the [`Transfer`].
    ///
    /// # Errors
    /// It cannot be read, or the server refused the offer.
    pub async fn send_file(
        &self,
        to: Recipient,
        path: impl AsRef<Path>,
        options: SendOptions,
    ) -> Result<Transfer, FileError> {
        send(self, to, path.as_ref().into(), options).await
    }

    /// Accepts an offered file and receives it into a folder. Returns when it is accepted; what comes then goes on by itself,
    /// over broken links too, until the last event of the [`Transfer`].
    ///
    /// What an earlier transfer of the same file left there is verified first, and only the rest is asked for: that reads
    /// what is there once, so it may take a while.
    ///
    /// # Errors
    /// The folder cannot be written, has no room, or the server refused.
    pub async fn receive_file(
        &self,
        offer: &Offer,
        folder: impl AsRef<Path>,
        options: ReceiveOptions,
    ) -> Result<Transfer, FileError> {
        receive(self, offer, folder.as_ref().into(), &options).await
    }

    /// Says that an offered file is not wanted.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn decline_file(&self, transfer: TransferId) -> Result<Told, AskError> {
        self.ask(Ask::Decline { transfer }).await
    }

    /// The files that this user offers, may accept, or has accepted; those that ended a moment ago, too.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn transfers(&self) -> Result<Vec<TransferInfo>, AskError> {
        match self.query(Query::Transfers {}).await? {
            (_, Answer::Transfers { transfers }) => Ok(transfers),
            _ => Err(AskError::Unanswered),
        }
    }
}
