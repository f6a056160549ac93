//! The task of a file that is received: sees to it that the bytes come, over breaks and pauses, and gives the file its
//! name.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use chat_core::{Ask, EndReason, Event, Offer};
use tokio::sync::oneshot;
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until};

use super::super::error::FileError;
use super::super::event::FileEvent;
use super::super::pauses::Pauses;
use super::super::transfer::{Transfer, Wanted};
use super::super::writer::{Stopped, Writer};
use super::{Ends, Whereto, cannot_write, is_full};
use crate::client::error::AskError;
use crate::codec::Told;
use crate::disk::free_bytes;

/// How often a full disk is looked at again.
pub(super) const SPACE_EVERY: Duration = Duration::from_secs(5);

/// So often a file is begun anew because what is there is not its beginning.
const RESTARTS: u32 = 3;

/// Where the bytes that are there are.
#[derive(Debug)]
pub(super) enum Place {
    Idle(Box<Writer>),
    /// A thread has them.
    Writing(JoinHandle<(Box<Writer>, Stopped)>),
    /// They get their name.
    Finishing(JoinHandle<io::Result<PathBuf>>),
    /// They have it, or there is nothing any more.
    Gone,
}

/// What a thread left.
enum Moved {
    Wrote(Result<(Box<Writer>, Stopped), JoinError>),
    Finished(Result<io::Result<PathBuf>, JoinError>),
}

impl Place {
    /// Waits for the thread, if there is one. Cancel safe; not to be called again before the place is another one.
    async fn moved(&mut self) -> Moved {
        match self {
            Place::Writing(thread) => Moved::Wrote(thread.await),
            Place::Finishing(thread) => Moved::Finished(thread.await),
            Place::Idle(_) | Place::Gone => std::future::pending().await,
        }
    }

    /// The bytes, if no thread has them; they are gone from here then.
    fn take(&mut self) -> Option<Box<Writer>> {
        match std::mem::replace(self, Place::Gone) {
            Place::Idle(writer) => Some(writer),
            other => {
                *self = other;
                None
            }
        }
    }
}

/// See the module.
pub(super) struct Receive {
    pub(super) ends: Ends,
    /// With the hash, as soon as it is known.
    pub(super) offer: Offer,
    pub(super) to: Whereto,
    pub(super) place: Place,
    /// Until the server has taken the first accept.
    pub(super) started: Option<(oneshot::Sender<Result<Transfer, FileError>>, Transfer)>,
    pub(super) wanted: Wanted,
    pub(super) is_online: bool,
    /// An accept has no answer yet: from that offset.
    pub(super) asked: Option<u64>,
    /// The last accept that was taken: from that offset.
    taken: u64,
    /// So much was there before this transfer, by what its sidecar says.
    inherited: u64,
    /// The next accept that is taken begins the file, or begins it anew.
    begins: bool,
    /// What is there turned out to be the beginning of another file.
    pub(super) starts_over: bool,
    /// How often it may still do so.
    pub(super) restarts: u32,
    pub(super) lacks_space: bool,
    pub(super) retry_at: Option<Instant>,
    /// Before a copy that came to a halt is accepted again.
    pauses: Pauses,
    /// The last progress that was told.
    told: u64,
    /// The last event, and whether what is there is kept, when all is done that belongs to it.
    last: Option<(FileEvent, bool)>,
}

impl Receive {
    pub(super) fn new(
        ends: Ends,
        writer: Writer,
        started: oneshot::Sender<Result<Transfer, FileError>>,
        transfer: Transfer,
        to: Whereto,
    ) -> Receive {
        Receive {
            wanted: ends.wishes.wanted(),
            ends,
            offer: transfer.offer.clone(),
            to,
            taken: 0,
            inherited: writer.offset(),
            told: writer.offset(),
            place: Place::Idle(Box::new(writer)),
            started: Some((started, transfer)),
            is_online: false,
            asked: None,
            begins: true,
            starts_over: false,
            restarts: RESTARTS,
            lacks_space: false,
            retry_at: None,
            pauses: Pauses::new(),
            last: None,
        }
    }

    pub(super) async fn run(mut self) {
        while !self.is_over() {
            self.act().await;
            let retry_at = self.retry_at.unwrap_or_else(Instant::now);
            tokio::select! {
                word = self.ends.hearing.next() => self.heard(word),
                (ask, answer) = self.ends.asker.answered() => self.answered(&ask, answer),
                () = self.ends.wishes.changed() => self.wished(),
                moved = self.place.moved() => self.moved(moved),
                () = self.ends.route.receiving.grown.notified() => self.grown(),
                () = sleep_until(retry_at), if self.retry_at.is_some() => self.retry_at = None,
            }
        }
        self.leave().await;
    }

    fn is_over(&self) -> bool {
        self.last.is_some()
            && !self.ends.asker.is_busy()
            && matches!(self.place, Place::Idle(_) | Place::Gone)
    }

    async fn leave(mut self) {
        let Some((event, keeps)) = self.last else { return };
        if let Some(writer) = self.place.take() {
            let _ = spawn_blocking(move || writer.end(keeps)).await;
        }
        // The same file may be received again as soon as this end is told.
        drop(self.ends.route);
        match (self.started, event) {
            (None, event) => self.ends.events.finish(event),
            (Some((started, _)), FileEvent::Failed(error)) => drop(started.send(Err(error))),
            (Some(_), _) => {}
        }
    }

    /// Ends it with that event, after telling the server. A file that is whole already stays so.
    pub(super) fn end(&mut self, event: FileEvent, ask: Option<Ask>, keeps: bool) {
        if self.last.is_some() || matches!(self.place, Place::Finishing(_) | Place::Gone) {
            return;
        }
        self.ends.route.discard();
        self.last = Some((event, keeps));
        ask.into_iter().for_each(|ask| self.ends.asker.ask(ask));
    }

    pub(super) fn fail(&mut self, error: FileError, why: EndReason) {
        let keeps = !matches!(error, FileError::WrongHash);
        let ask = Ask::Cancel { transfer: self.offer.transfer, user: None, why };
        self.end(FileEvent::Failed(error), Some(ask), keeps);
    }

    /// Begins what can be begun now.
    async fn act(&mut self) {
        if self.last.is_some() || self.asked.is_some() {
            return;
        }
        let Place::Idle(writer) = &mut self.place else { return };
        if let Some(hash) = self.offer.hash {
            writer.hashed(hash);
        }
        if self.starts_over {
            return self.start_over();
        }
        if writer.is_whole() && self.started.is_none() {
            return self.conclude();
        }
        if !self.is_online || self.wanted.paused || self.retry_at.is_some() {
            return;
        }
        let needed = self.offer.size - writer.offset();
        if self.lacks_space && !has_space(self.to.folder.clone(), needed).await {
            self.retry_at = Some(Instant::now() + SPACE_EVERY);
            return;
        }
        self.lacks_space = false;
        self.accept();
    }

    fn accept(&mut self) {
        let Place::Idle(writer) = &self.place else { return };
        let from = writer.offset();
        // The sender compares once; what came since is from this transfer.
        let prefix = (self.started.is_some() && from > 0).then(|| writer.hash());
        self.ends.route.receiving.inlet.ask(from);
        self.asked = Some(from);
        self.ends.asker.ask(Ask::Accept { transfer: self.offer.transfer, from, prefix });
    }

    fn start_over(&mut self) {
        let Some(mut writer) = self.place.take() else { return };
        (self.starts_over, self.begins, self.told, self.inherited) = (false, true, 0, 0);
        self.taken = u64::MAX;
        self.ends.route.receiving.written.store(0, Ordering::Relaxed);
        self.place = Place::Writing(spawn_blocking(move || {
            let stopped = writer.start_over().map_or_else(Stopped::Failed, |()| Stopped::Shut);
            (writer, stopped)
        }));
    }

    /// All is there: if it is right it gets its name.
    fn conclude(&mut self) {
        let (Place::Idle(writer), Some(hash)) = (&self.place, self.offer.hash) else { return };
        if writer.hash() != hash {
            return match self.inherited {
                0 => self.fail(FileError::WrongHash, EndReason::WrongHash),
                // It is what was there before that is wrong.
                _ => self.start_over(),
            };
        }
        if let Some(writer) = self.place.take() {
            self.place = Place::Finishing(spawn_blocking(move || writer.finish()));
        }
    }

    fn answered(&mut self, ask: &Ask, answer: Result<Told, AskError>) {
        let Ask::Accept { .. } = ask else {
            // Whatever the server says: what was asked is so at this end.
            return;
        };
        let asked = self.asked.take();
        match answer.map(|told| told.event) {
            Ok(Event::Accepted { from, .. }) if Some(from) == asked => self.accepted(from),
            Ok(_) => self.broken("an accept was answered with something else"),
            Err(AskError::Refused(refusal)) if self.started.is_none() => {
                match refusal.kind().is_retryable() {
                    true => self.halt(),
                    false => self.fail(FileError::Refused(refusal), EndReason::Failed),
                }
            }
            Err(error) => self.end(FileEvent::Failed(error.into()), None, true),
        }
    }

    fn accepted(&mut self, from: u64) {
        self.taken = from;
        if let Some((started, transfer)) = self.started.take()
            && started.send(Ok(transfer)).is_err()
        {
            // Nobody holds it: whoever asked for it does not want it any more.
            return self.cancel();
        }
        if self.starts_over {
            return self.ends.route.discard();
        }
        let user = self.to.me.clone();
        let begins = std::mem::replace(&mut self.begins, false);
        self.say(if begins { FileEvent::Accepted { user, from } } else { FileEvent::Resumed { user } });
        if self.wanted.paused {
            self.pause();
        }
        if matches!(&self.place, Place::Idle(writer) if writer.is_whole()) {
            return;
        }
        if let Some(mut writer) = self.place.take() {
            let (files, receiving) =
                (Arc::clone(&self.ends.route.files), Arc::clone(&self.ends.route.receiving));
            self.place = Place::Writing(spawn_blocking(move || {
                let stopped = writer.run(&files, &receiving);
                (writer, stopped)
            }));
        }
    }

    fn moved(&mut self, moved: Moved) {
        match moved {
            Moved::Wrote(Ok((writer, stopped))) => {
                let (path, offset) = (writer.path().to_owned(), writer.offset());
                self.place = Place::Idle(writer);
                self.grown();
                match stopped {
                    _ if self.last.is_some() => {}
                    Stopped::Whole => {}
                    // It was opened and shut at once: not again and again.
                    Stopped::Shut if offset == self.taken && self.retry_at.is_none() => self.halt(),
                    Stopped::Shut => {}
                    Stopped::Failed(error) if is_full(&error) => self.full(),
                    Stopped::Failed(error) => self.fail(cannot_write(&path, 0, error), EndReason::Failed),
                }
            }
            Moved::Finished(Ok(Ok(path))) => {
                self.place = Place::Gone;
                let event = FileEvent::Finished { user: self.to.me.clone(), path: Some(path) };
                self.last = Some((event, true));
                self.ends.asker.ask(Ask::Finish { transfer: self.offer.transfer });
            }
            Moved::Finished(Ok(Err(error))) => self.lost(error),
            Moved::Wrote(Err(error)) | Moved::Finished(Err(error)) => self.lost(io::Error::other(error)),
        }
    }

    /// What was there is out of reach.
    fn lost(&mut self, error: io::Error) {
        // Only an end makes a place that is gone a reason not to end.
        self.place = Place::Gone;
        let ask = Ask::Cancel { transfer: self.offer.transfer, user: None, why: EndReason::Failed };
        self.last
            .get_or_insert((FileEvent::Failed(cannot_write(&self.to.folder, self.offer.size, error)), true));
        self.ends.asker.ask(ask);
    }

    /// Tries again after a while, which is longer each time as long as nothing comes.
    pub(super) fn halt(&mut self) {
        self.retry_at = Some(Instant::now() + self.pauses.next());
    }

    /// Tells how far it is, if that is news.
    fn grown(&mut self) {
        let bytes = self.ends.route.receiving.written.load(Ordering::Relaxed);
        if bytes > self.told {
            (self.told, self.pauses) = (bytes, Pauses::new());
            self.say(FileEvent::Progress { user: self.to.me.clone(), bytes });
        }
    }

    pub(super) fn say(&self, event: FileEvent) {
        self.ends.events.push(event);
    }
}

async fn has_space(folder: PathBuf, needed: u64) -> bool {
    let free = spawn_blocking(move || free_bytes(&folder)).await.ok().flatten();
    free.is_none_or(|free| free >= needed)
}
