//! The task of a file that is sent: it offers it, hears what becomes of each copy, and tells the hash.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chat_core::{Ask, EndReason, Event, FileName, Offer, PauseReason, Recipient, Target, UserName};
use tokio::sync::oneshot;
use tokio::task::spawn_blocking;

use super::asker::Asker;
use super::error::FileError;
use super::event::FileEvent;
use super::name::disk_name;
use super::options::SendOptions;
use super::queue::{EventSender, event_queue};
use super::sending::{Found, Sending};
use super::source::Source;
use super::table::{Files, Hearing, Word};
use super::transfer::{Transfer, TransferHandle, Wanted, Wishes};
use crate::client::error::AskError;
use crate::client::handle::Client;

/// How a receiver's copy stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copy {
    Runs,
    Paused(PauseReason),
    /// It begins anew when its receiver accepts again.
    Restarts,
    Ended,
}

/// See the module.
struct Send {
    files: Arc<Files>,
    sending: Arc<Sending>,
    hearing: Hearing,
    asker: Asker,
    wishes: Arc<Wishes>,
    wanted: Wanted,
    events: EventSender,
    offer: Offer,
    copies: BTreeMap<UserName, Copy>,
    /// Nobody else may accept.
    is_closed: bool,
    is_over: bool,
    last: Option<FileEvent>,
}

/// Offers a file. Gives the transfer when the server has taken the offer.
pub(super) async fn send(
    client: &Client,
    to: Recipient,
    path: PathBuf,
    options: SendOptions,
) -> Result<Transfer, FileError> {
    let (started, offered) = oneshot::channel();
    let client = client.clone();
    // A task from the beginning: whoever asked for it may stop waiting, but the offer must not be left alone.
    tokio::spawn(async move {
        match begin(client, to, path, options).await {
            Err(error) => drop(started.send(Err(error))),
            Ok((task, transfer)) => {
                let handle = transfer.handle();
                if started.send(Ok(transfer)).is_err() {
                    handle.cancel();
                }
                task.run().await;
            }
        }
    });
    offered.await.unwrap_or(Err(FileError::Ended))
}

async fn begin(
    client: Client,
    to: Recipient,
    path: PathBuf,
    options: SendOptions,
) -> Result<(Send, Transfer), FileError> {
    let files = Arc::clone(client.files());
    let (words, hearing) = files.words();
    let SendOptions { name, chunk_bytes, hash_first } = options;
    let at = path.clone();
    let opened = spawn_blocking(move || {
        let source = Source::open(&at)?;
        let name = offered_name(name, &at);
        let sending = Arc::new(Sending::new(source, words));
        let hash = (hash_first || sending.source.size == 0).then(|| sending.hash()).transpose()?;
        Ok((sending, name, hash))
    });
    let (sending, name, hash) = opened
        .await
        .unwrap_or_else(|error| Err(FileError::Read { path, error: Arc::new(io::Error::other(error)) }))?;
    let size = sending.source.size;
    let ask = Ask::Offer { to, name: name.into(), size, hash, chunk_bytes };
    let answer = client.offer(ask, Arc::clone(&sending)).await?;
    let Event::Offered(offer) = answer.event else {
        return Err(FileError::Broken { why: "an offer was answered with something else" });
    };
    let (events, taken) = event_queue();
    let (handle, wishes) = TransferHandle::new(offer.transfer);
    let transfer = Transfer { offer: (*offer).clone(), events: taken, handle, landing: None };
    let task = Send {
        files,
        sending,
        hearing,
        asker: Asker::new(client),
        wanted: wishes.wanted(),
        wishes,
        events,
        offer: *offer,
        copies: BTreeMap::new(),
        is_closed: false,
        is_over: false,
        last: None,
    };
    Ok((task, transfer))
}

/// What the file is called in the offer. A name of this disk that is none on the wire is made one.
fn offered_name(wanted: Option<String>, path: &Path) -> String {
    wanted.unwrap_or_else(|| {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if FileName::new(&name).is_ok() { name } else { disk_name(&name) }
    })
}

impl Send {
    async fn run(mut self) {
        while !self.is_over && (self.last.is_none() || self.asker.is_busy()) {
            tokio::select! {
                word = self.hearing.next() => self.heard(word),
                (ask, answer) = self.asker.answered() => self.answered(&ask, answer.err()),
                () = self.wishes.changed() => self.wished(),
            }
        }
        self.sending.end();
        self.files.sent(self.offer.transfer, &self.sending);
        if let Some(last) = self.last {
            self.events.finish(last);
        }
    }

    fn say(&self, event: FileEvent) {
        self.events.push(event);
    }

    fn fail(&mut self, error: FileError, why: Option<EndReason>) {
        if self.last.is_none() {
            self.sending.end();
            self.last = Some(FileEvent::Failed(error));
            let ask = |why| Ask::Cancel { transfer: self.offer.transfer, user: None, why };
            why.map(ask).into_iter().for_each(|ask| self.asker.ask(ask));
        }
    }

    fn heard(&mut self, word: Word) {
        let me = || self.offer.from.clone();
        match word {
            _ if self.last.is_some() => {}
            Word::Told { past, event } => self.told(past, event),
            Word::Offline => self.say(FileEvent::Paused { user: me(), why: PauseReason::Lost }),
            Word::Online { resumed: true } => self.say(FileEvent::Resumed { user: me() }),
            Word::Online { resumed: false } => self.fail(FileError::SessionLost, None),
            Word::Ended => self.fail(FileError::Ended, None),
            Word::Broken(why) => self.fail(FileError::Broken { why }, Some(EndReason::Failed)),
            Word::Found(found) => self.found(found),
        }
    }

    fn found(&mut self, found: Found) {
        let transfer = self.offer.transfer;
        match found {
            Found::Hash(hash) => self.asker.ask(Ask::Hash { transfer, hash }),
            Found::Prefix { is_equal: true, .. } => {}
            Found::Prefix { user, is_equal: false } => {
                let user = Some(user.as_str().into());
                self.asker.ask(Ask::Cancel { transfer, user, why: EndReason::PrefixDiffers });
            }
            Found::Failed(error) => {
                let why = match error {
                    FileError::SourceChanged { .. } => EndReason::SourceChanged,
                    _ => EndReason::Failed,
                };
                self.fail(error, Some(why));
            }
        }
    }

    fn told(&mut self, past: bool, event: Event) {
        match event {
            Event::Accepted { user, from, prefix, .. } => {
                let before = self.copies.insert(user.clone(), Copy::Runs);
                if let (Some(prefix), true) = (prefix, before != Some(Copy::Runs) || !past)
                    && (1..=self.offer.size).contains(&from)
                {
                    self.sending.compare(user.clone(), from, prefix);
                }
                match before {
                    Some(Copy::Runs) if past => {}
                    Some(Copy::Runs | Copy::Paused(_)) => self.say(FileEvent::Resumed { user }),
                    _ => self.say(FileEvent::Accepted { user, from }),
                }
            }
            Event::Paused { user, why, .. } => {
                let before = self.copies.insert(user.clone(), Copy::Paused(why));
                if before != Some(Copy::Paused(why)) {
                    self.say(FileEvent::Paused { user, why });
                }
            }
            Event::Progressed { user, offset, .. } => self.say(FileEvent::Progress { user, bytes: offset }),
            Event::Declined { user, .. } => self.ended(&user.clone(), FileEvent::Declined { user }),
            Event::Finished { user, .. } => {
                self.ended(&user.clone(), FileEvent::Finished { user, path: None });
            }
            Event::Cancelled { user, why: EndReason::PrefixDiffers, .. } => {
                self.copies.insert(user, Copy::Restarts);
            }
            Event::Cancelled { user, by, why, .. } => {
                self.ended(&user.clone(), FileEvent::Cancelled { user, by, why });
            }
            Event::Closed { why, .. } => self.closed(why),
            _ => {}
        }
    }

    /// A copy has come to its end; what is told of it again is no news.
    fn ended(&mut self, user: &UserName, event: FileEvent) {
        if self.copies.insert(user.clone(), Copy::Ended) != Some(Copy::Ended) {
            self.is_closed |= matches!(self.offer.to, Target::User(_));
            self.finish_with(event);
        }
    }

    fn closed(&mut self, why: EndReason) {
        if why != EndReason::Expired {
            // The copies that were open are closed with it.
            self.copies.clear();
        }
        let is_news = !std::mem::replace(&mut self.is_closed, true);
        if is_news || why != EndReason::Expired {
            self.finish_with(FileEvent::Closed { why });
        }
    }

    /// Tells that, as the last event if nobody receives any more and nobody may.
    fn finish_with(&mut self, event: FileEvent) {
        let is_open = |copy: &Copy| matches!(copy, Copy::Runs | Copy::Paused(_));
        match self.is_closed && !self.copies.values().any(is_open) {
            true => (self.is_over, self.last) = (true, Some(event)),
            false => self.say(event),
        }
    }

    fn answered(&mut self, ask: &Ask, error: Option<AskError>) {
        let Some(error) = error else { return };
        tracing::debug!(%error, transfer = self.offer.transfer.0, "an ask of a transfer came to nothing");
        match (ask, error) {
            (_, AskError::Closed) => self.fail(FileError::Ended, None),
            (_, AskError::Unanswered) => self.fail(FileError::SessionLost, None),
            // It is over already, and forgotten.
            (Ask::Cancel { user: None, why, .. }, _) if self.last.is_none() => {
                self.last = Some(FileEvent::Closed { why: *why });
            }
            _ => {}
        }
    }

    fn wished(&mut self) {
        let wanted = self.wishes.wanted();
        let before = std::mem::replace(&mut self.wanted, wanted);
        if self.last.is_some() {
            return;
        }
        let (user, transfer) = (self.offer.from.clone(), self.offer.transfer);
        if wanted.cancelled && !before.cancelled {
            self.sending.end();
            self.asker.ask(Ask::Cancel { transfer, user: None, why: EndReason::Cancelled });
        } else if wanted.paused != before.paused {
            self.sending.hold(&self.files, wanted.paused);
            self.say(match wanted.paused {
                true => FileEvent::Paused { user, why: PauseReason::Asked },
                false => FileEvent::Resumed { user },
            });
        }
    }
}
