//! Where accounts are looked after: in the server that runs on a folder, or in the folder itself.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chat_net::chat_core::AccountAct;
use chat_net::{AccountBook, AccountError, Server, ServerHandle};

use super::control::{Line, Reply, Request};
use super::words::Row;
use crate::exit::{self, Exit};
use crate::settings::ServeSettings;
use crate::{output, store};

/// How long the folder may take to be closed.
const PATIENCE: Duration = Duration::from_secs(30);

/// One of the two.
pub(super) enum Desk {
    /// A server runs; this is the line to it.
    Asked(Line),
    /// None does: the chat is opened without any door.
    Own(ServerHandle, AccountBook),
}

impl Desk {
    /// Finds out which it is. `makes`: a folder that is missing is made.
    ///
    /// # Errors
    /// Nothing is kept, there is no such folder, or it cannot be used.
    pub(super) async fn open(settings: &ServeSettings, makes: bool) -> anyhow::Result<Desk> {
        let Some(folder) = settings.folder()? else {
            let why = "the settings say that nothing is kept (durability \"memory\"): then there are no accounts to \
                       look after; say with --data where the server keeps its history";
            return Err(exit::because(Exit::Config, why));
        };
        if let Some(line) = Line::open(&folder).await? {
            return Ok(Desk::Asked(line));
        }
        let is_there = folder.join("chat.db").exists();
        if !is_there && !makes {
            let shown = folder.display();
            let why = format!("there is no history in {shown}; say with --data where the server keeps it");
            return Err(exit::because(Exit::Failed, why));
        }
        is_own(&folder)?;
        let kept = store::open(&folder, settings)?;
        if !is_there {
            output::status(&format!("- made a new data folder in {}", shown(&folder)));
        }
        let server = Server::builder()
            .core(settings.limits.core.clone())
            .limits(settings.limits.net.clone())
            .start_room(None)
            .store(Arc::new(kept));
        let server = server.start().await.map_err(|error| exit::because(Exit::Storage, error.to_string()))?;
        let book = server.account_book();
        Ok(Desk::Own(server, book))
    }

    /// All accounts.
    ///
    /// # Errors
    /// The server has ended.
    pub(super) async fn all(&mut self) -> anyhow::Result<Vec<Row>> {
        match self {
            Desk::Asked(line) => line.all().await,
            Desk::Own(_, book) => Ok(book.all().await?.iter().map(Row::from).collect()),
        }
    }

    /// Does something about one.
    ///
    /// # Errors
    /// It was refused, or the server has ended.
    pub(super) async fn act(&mut self, act: AccountAct) -> anyhow::Result<()> {
        match self {
            Desk::Asked(line) => match line.ask(&Request::Act(act)).await? {
                Reply::Done => Ok(()),
                Reply::Refused(why) => Err(exit::because(Exit::Failed, why)),
                Reply::Accounts(_) => Err(super::control::strange()),
            },
            Desk::Own(_, book) => book.act(act).await.map_err(|error| match error {
                AccountError::Refused(refusal) => exit::because(Exit::Failed, refusal.message.as_ref()),
                error => error.into(),
            }),
        }
    }

    /// Leaves the folder as it is to be found.
    ///
    /// # Errors
    /// It could not be closed.
    pub(super) async fn leave(self) -> anyhow::Result<()> {
        match self {
            Desk::Asked(_) => Ok(()),
            Desk::Own(server, _) => {
                let ended = server.shutdown(PATIENCE).await;
                ended.map_err(|error| exit::because(Exit::Storage, error.to_string()))
            }
        }
    }
}

/// What another user writes into a folder, root for example, its server cannot open any more.
#[cfg(unix)]
fn is_own(folder: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    match std::fs::metadata(folder) {
        Ok(found) if found.uid() != own => {
            let (owner, folder) = (found.uid(), shown(folder));
            let why = format!(
                "{folder} belongs to user {owner}, and no server runs on it: do this as that user, with sudo -u '#{owner}' \
                 for example, or start the server first"
            );
            Err(exit::because(Exit::NotPermitted, why))
        }
        // What is not there is made.
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn is_own(_: &Path) -> anyhow::Result<()> {
    Ok(())
}

fn shown(folder: &Path) -> String {
    chat_net::chat_core::printable(&folder.display().to_string()).into_owned()
}
