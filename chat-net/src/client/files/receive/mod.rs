//! A file that is received: how it begins.

mod hear;
mod task;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chat_core::{Offer, UserName};
use tokio::sync::{Notify, oneshot};
use tokio::task::spawn_blocking;

use super::asker::Asker;
use super::error::FileError;
use super::inlet::Inlet;
use super::name::disk_name;
use super::options::ReceiveOptions;
use super::part::Part;
use super::queue::{EventSender, event_queue};
use super::sidecar::About;
use super::table::{Files, Hearing, Receiving};
use super::transfer::{Landing, Transfer, TransferHandle, Wishes};
use super::writer::Writer;
use crate::client::handle::Client;
use crate::disk::free_bytes;

use task::Receive;

/// Takes an offer. Gives the transfer when the server has taken that.
pub(super) async fn receive(
    client: &Client,
    offer: &Offer,
    folder: PathBuf,
    options: &ReceiveOptions,
) -> Result<Transfer, FileError> {
    let files = Arc::clone(client.files());
    let me = files.user().ok_or(FileError::Ended)?;
    let (route, hearing) = Route::new(files, offer)?;
    let name = disk_name(options.name.as_deref().unwrap_or(offer.name.as_str()));
    let (writer, landing) = opened(folder.clone(), name, About::of(offer)).await?;
    route.receiving.written.store(writer.offset(), Ordering::Relaxed);
    let (events, taken) = event_queue();
    let (handle, wishes) = TransferHandle::new(offer.transfer);
    let (started, answer) = oneshot::channel();
    let transfer = Transfer { offer: offer.clone(), events: taken, handle, landing: Some(landing) };
    let asker = Asker::new(client.clone());
    let ends = Ends { route, hearing, asker, wishes, events };
    tokio::spawn(Receive::new(ends, writer, started, transfer, Whereto { me, folder }).run());
    answer.await.unwrap_or(Err(FileError::Ended))
}

/// What connects a task with all others.
#[derive(Debug)]
struct Ends {
    route: Route,
    hearing: Hearing,
    asker: Asker,
    wishes: Arc<Wishes>,
    events: EventSender,
}

/// Who receives it, and in which folder.
#[derive(Debug)]
struct Whereto {
    me: UserName,
    folder: PathBuf,
}

/// The way to a task; gone with it.
#[derive(Debug)]
struct Route {
    files: Arc<Files>,
    receiving: Arc<Receiving>,
}

impl Route {
    fn new(files: Arc<Files>, offer: &Offer) -> Result<(Route, Hearing), FileError> {
        let (words, hearing) = files.words();
        let receiving = Receiving {
            transfer: offer.transfer,
            inlet: Inlet::new(offer.size, offer.chunk_bytes),
            words,
            written: AtomicU64::new(0),
            grown: Notify::new(),
        };
        let receiving = Arc::new(receiving);
        files.receive(&receiving)?;
        Ok((Route { files, receiving }, hearing))
    }

    /// Takes no more, and forgets what waits.
    fn discard(&self) {
        self.files.freed(self.receiving.inlet.discard());
    }
}

impl Drop for Route {
    fn drop(&mut self) {
        self.files.received(&self.receiving);
    }
}

async fn opened(folder: PathBuf, name: String, about: About) -> Result<(Writer, Landing), FileError> {
    let at = folder.clone();
    let open = move || {
        let writer = open(&at, &name, &about)?;
        let landing = writer.landing();
        Ok((writer, landing))
    };
    match spawn_blocking(open).await {
        Ok(opened) => opened,
        Err(error) => Err(cannot_write(&folder, 0, io::Error::other(error))),
    }
}

/// Opens the part, and looks whether there is room for the rest. Blocks.
fn open(folder: &Path, name: &str, about: &About) -> Result<Writer, FileError> {
    let (part, start) =
        Part::open(folder, name, about).map_err(|error| cannot_write(folder, about.size, error))?;
    let writer = Writer::new(part, start);
    let needed = about.size - writer.offset();
    match free_bytes(folder) {
        Some(free) if free < needed => {
            writer.end(true);
            Err(FileError::NoSpace { folder: folder.into(), needed, free })
        }
        _ => Ok(writer),
    }
}

/// `needed` bytes could not all be written, or nothing at all.
fn cannot_write(path: &Path, needed: u64, error: io::Error) -> FileError {
    match is_full(&error) {
        true => {
            let free = free_bytes(path).unwrap_or_default();
            FileError::NoSpace { folder: path.into(), needed, free }
        }
        false => FileError::Write { path: path.into(), error: Arc::new(error) },
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
