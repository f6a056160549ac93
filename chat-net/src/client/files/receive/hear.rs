//! What the task of a received file is told: by the server, by the link, by whoever holds the transfer.

use chat_core::{Ask, EndReason, Event, FileHash, PauseReason, UserName};

use super::super::error::FileError;
use super::super::event::FileEvent;
use super::super::table::Word;
use super::task::{Place, Receive};

impl Receive {
    pub(super) fn heard(&mut self, word: Word) {
        match word {
            Word::Told { past, event } => self.told(past, event),
            Word::Offline => self.offline(),
            Word::Online { resumed: true } => {
                self.is_online = true;
                self.retry_at = self.retry_at.filter(|_| self.lacks_space);
            }
            Word::Online { resumed: false } => {
                self.end(FileEvent::Failed(FileError::SessionLost), None, true);
            }
            Word::Ended => self.end(FileEvent::Failed(FileError::Ended), None, true),
            Word::Broken(why) => self.broken(why),
            // Only senders' threads find something out.
            Word::Found(_) => {}
        }
    }

    fn told(&mut self, past: bool, event: Event) {
        match event {
            Event::Offered(offer) => offer.hash.into_iter().for_each(|hash| self.hashed(hash)),
            Event::Hashed { hash, .. } => self.hashed(hash),
            // Before the first accept is taken, its answer says all that is to be said.
            _ if self.started.is_some() => {}
            Event::Paused { user, why, .. } => self.paused(past, user, why),
            Event::Resumed { user, .. } => self.say(FileEvent::Resumed { user }),
            Event::Cancelled { user, why: EndReason::PrefixDiffers, .. }
                if user == self.to.me && self.restarts > 0 =>
            {
                self.ends.route.discard();
                self.restarts -= 1;
                self.starts_over = true;
            }
            Event::Cancelled { user, by, why, .. } if user == self.to.me => {
                self.end(FileEvent::Cancelled { user, by, why }, None, true);
            }
            // The offer is over for others.
            Event::Closed { why: EndReason::Expired, .. } => {}
            Event::Closed { why, .. } => {
                // The beginning of a file that is not there any more is worth nothing.
                self.end(FileEvent::Closed { why }, None, why != EndReason::SourceChanged);
            }
            _ => {}
        }
    }

    fn hashed(&mut self, hash: FileHash) {
        match self.offer.hash {
            Some(known) if known != hash => self.broken("the hash of the file changed"),
            _ => self.offer.hash = Some(hash),
        }
    }

    fn paused(&mut self, past: bool, user: UserName, why: PauseReason) {
        let is_mine = user == self.to.me;
        // A pause of this end's own was told when it began; what is told again is over by the next accept.
        if (is_mine && why != PauseReason::Silent) || past {
            return;
        }
        self.say(FileEvent::Paused { user, why });
        // The server waits for nobody any more, so it must be asked again.
        if why == PauseReason::Silent && self.ends.route.receiving.inlet.is_open() {
            self.ends.route.receiving.inlet.shut();
            self.halt();
        }
    }

    fn offline(&mut self) {
        self.is_online = false;
        if self.started.is_none() && !self.is_whole() {
            self.say(FileEvent::Paused { user: self.to.me.clone(), why: PauseReason::Lost });
        }
    }

    /// Whether no bytes are needed any more.
    fn is_whole(&self) -> bool {
        match &self.place {
            Place::Idle(writer) => writer.is_whole(),
            Place::Writing(_) => false,
            Place::Finishing(_) | Place::Gone => true,
        }
    }

    pub(super) fn broken(&mut self, why: &'static str) {
        self.fail(FileError::Broken { why }, EndReason::Failed);
    }

    /// The disk is full: goes on when there is room.
    pub(super) fn full(&mut self) {
        self.lacks_space = true;
        self.retry_at = Some(tokio::time::Instant::now() + super::task::SPACE_EVERY);
        self.tell_paused(PauseReason::NoSpace);
    }

    pub(super) fn wished(&mut self) {
        let wanted = self.ends.wishes.wanted();
        let before = std::mem::replace(&mut self.wanted, wanted);
        if wanted.cancelled {
            return self.cancel();
        }
        if wanted.resumes != before.resumes {
            (self.retry_at, self.lacks_space) = (None, false);
        }
        if wanted.paused && !before.paused {
            self.pause();
        }
    }

    /// The holder does not want it any more.
    pub(super) fn cancel(&mut self) {
        let (user, by, why) = (self.to.me.clone(), self.to.me.clone(), EndReason::Cancelled);
        let ask = Ask::Cancel { transfer: self.offer.transfer, user: None, why };
        self.end(FileEvent::Cancelled { user, by, why }, Some(ask), self.wanted.kept);
    }

    /// The holder wants it to stand still. What is asked already is paused when it is answered.
    pub(super) fn pause(&mut self) {
        self.ends.route.receiving.inlet.shut();
        if self.asked.is_none() && !self.is_whole() {
            self.tell_paused(PauseReason::Asked);
        }
    }

    fn tell_paused(&mut self, why: PauseReason) {
        self.ends.asker.ask(Ask::Pause { transfer: self.offer.transfer, why });
        self.say(FileEvent::Paused { user: self.to.me.clone(), why });
    }
}
