//! What a program holds of a transfer.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use chat_core::{Offer, TransferId};
use tokio::sync::Notify;

use super::event::FileEvent;
use super::queue::EventReceiver;
use crate::lock::lock;

/// A file on its way, in either direction: tells what becomes of it. Dropped, the transfer goes on.
#[derive(Debug)]
pub struct Transfer {
    pub(super) offer: Offer,
    pub(super) events: EventReceiver,
    pub(super) handle: TransferHandle,
    pub(super) landing: Option<Landing>,
}

/// Where a file is received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// What it is called when it is whole, unless something else has taken that name by then.
    pub path: PathBuf,
    /// Where what came is until then. If the transfer comes to nothing it stays, so that another transfer of the same
    /// file goes on from there; it is removed if its receiver called it off, and if it is worth nothing.
    pub part: PathBuf,
}

/// Steers a transfer. Cheap to clone; after the transfer's end it does nothing.
#[derive(Clone, Debug)]
pub struct TransferHandle {
    id: TransferId,
    wishes: Arc<Wishes>,
}

/// What the holders of a transfer want of it.
#[derive(Debug, Default)]
pub(super) struct Wishes {
    wanted: Mutex<Wanted>,
    changed: Notify,
}

/// See [`TransferHandle`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) cancelled: bool,
    /// Whether a receiver that calls it off keeps what it has.
    pub(super) kept: bool,
    pub(super) paused: bool,
    /// Counts the resumes: each is a new try for what stands still for another reason.
    pub(super) resumes: u32,
}

impl Transfer {
    /// What is offered.
    #[must_use]
    pub fn offer(&self) -> &Offer {
        &self.offer
    }

    /// The next event; `None` after the last. Cancel safe. Nobody needs to take them: the transfer goes on.
    pub async fn next(&mut self) -> Option<FileEvent> {
        self.events.next().await
    }

    /// Where it is received; `None` if it is sent.
    #[must_use]
    pub fn landing(&self) -> Option<&Landing> {
        self.landing.as_ref()
    }

    /// What steers it.
    #[must_use]
    pub fn handle(&self) -> TransferHandle {
        self.handle.clone()
    }
}

impl TransferHandle {
    pub(super) fn new(id: TransferId) -> (TransferHandle, Arc<Wishes>) {
        let wishes = Arc::new(Wishes::default());
        (TransferHandle { id, wishes: Arc::clone(&wishes) }, wishes)
    }

    /// Which transfer.
    #[must_use]
    pub fn id(&self) -> TransferId {
        self.id
    }

    /// Calls it off: a receiver its own copy, and what it has of it is removed; a sender the whole. The last event says
    /// when it is done.
    pub fn cancel(&self) {
        self.wishes.change(|wanted| wanted.cancelled = true);
    }

    /// Calls it off as [`TransferHandle::cancel`] does, but a receiver keeps what it has: when the same file is offered
    /// again, it goes on from there.
    pub fn leave(&self) {
        self.wishes
            .change(|wanted| (wanted.cancelled, wanted.kept) = (true, !wanted.cancelled || wanted.kept));
    }

    /// Lets it stand still, until [`TransferHandle::resume`]. The sender of a receiver's copy is told. If the sender pauses,
    /// it just sends nothing, and after a while the server tells the receivers that it is silent.
    pub fn pause(&self) {
        self.wishes.change(|wanted| wanted.paused = true);
    }

    /// Lets it go on, or tries again at once if the disk was full.
    pub fn resume(&self) {
        self.wishes.change(|wanted| {
            wanted.paused = false;
            wanted.resumes = wanted.resumes.wrapping_add(1);
        });
    }
}

impl Wishes {
    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        change(&mut lock(&self.wanted));
        self.changed.notify_one();
    }

    /// What is wanted now.
    pub(super) fn wanted(&self) -> Wanted {
        *lock(&self.wanted)
    }

    /// Waits until something else is wanted than before. Cancel safe; one task waits.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}
