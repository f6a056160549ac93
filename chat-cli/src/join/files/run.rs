//! The files that are on their way in a session: each has a task that passes on what becomes of it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use chat_net::chat_core::{Offer, Recipient, Timestamp};
use chat_net::client::{
    Client, FileError, FileEvent, Landing, ReceiveOptions, SendOptions, Transfer, TransferHandle,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::book::Serial;
use crate::files::{name, written};

/// What may wait to be shown; then the tasks wait, and older progress is replaced by newer.
const TOLD: usize = 64;

/// What a person wants done with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Errand {
    /// To have it on its way.
    Start(Start),
    /// Something else with one that is.
    Steer(Serial, Steer),
}

/// How a file comes to be on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Start {
    /// It is offered.
    Send { to: Recipient, path: PathBuf },
    /// It is accepted into a folder, under that name if there is one.
    Receive { offer: Box<Offer>, folder: PathBuf, name: Option<String> },
}

/// What can be done with a file that is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Steer {
    /// Call it off.
    Cancel,
    /// Stop receiving it for a while.
    Pause,
    /// Go on receiving it.
    Resume,
}

/// What became of it.
#[derive(Debug)]
pub(crate) enum FileTold {
    /// It is on its way: offered, or accepted to be received there.
    Started { serial: Serial, offer: Offer, landing: Option<Landing> },
    /// It could not be offered or accepted.
    NotStarted { what: String, error: FileError, hint: Option<String> },
    /// Something happened to it.
    Happened { serial: Serial, event: FileEvent },
    /// There is nothing more to come.
    Over { serial: Serial },
}

/// What a task says.
#[derive(Debug)]
enum Said {
    Started(Serial, Offer, Option<Landing>, TransferHandle),
    Other(FileTold),
}

/// A file that is on its way.
#[derive(Debug)]
struct Running {
    handle: TransferHandle,
    /// Until when it is offered, by the server's clock.
    expires: Timestamp,
    /// Whether it is to stand still until somebody says otherwise.
    is_paused: bool,
    /// Whether somebody has it; once is enough.
    has_arrived: bool,
}

/// The files of one session.
#[derive(Debug)]
pub(crate) struct Files {
    client: Client,
    said: mpsc::Receiver<Said>,
    speaker: mpsc::Sender<Said>,
    serials: Serial,
    starting: usize,
    running: BTreeMap<Serial, Running>,
    has_failed: bool,
    /// The server's clock, and when it was told.
    clock: (Timestamp, Instant),
}

impl Files {
    /// Of that client; none yet.
    pub(crate) fn new(client: &Client) -> Files {
        let (speaker, said) = mpsc::channel(TOLD);
        Files {
            client: client.clone(),
            said,
            speaker,
            serials: 0,
            starting: 0,
            running: BTreeMap::new(),
            has_failed: false,
            clock: (Timestamp(0), Instant::now()),
        }
    }

    /// A connection was made; the server's clock says so.
    pub(crate) fn connected(&mut self, at: Timestamp) {
        self.clock = (at, Instant::now());
    }

    /// Does it, or begins to; what becomes of it is told.
    pub(crate) fn run(&mut self, errand: Errand) {
        match errand {
            Errand::Start(start) => {
                self.serials += 1;
                self.starting += 1;
                tokio::spawn(run(self.serials, self.client.clone(), start, self.speaker.clone()));
            }
            Errand::Steer(serial, steer) => {
                let Some(file) = self.running.get_mut(&serial) else { return };
                file.is_paused = steer == Steer::Pause;
                match steer {
                    Steer::Cancel => file.handle.cancel(),
                    Steer::Pause => file.handle.pause(),
                    Steer::Resume => file.handle.resume(),
                }
            }
        }
    }

    /// Whether something was begun that has not come to its end.
    pub(crate) fn is_busy(&self) -> bool {
        self.starting > 0 || !self.running.is_empty()
    }

    /// How long to wait if nobody says any more what to do: for ever as long as anything may go on by itself, else until
    /// the last of the offers that were taken and paused expires.
    pub(crate) fn patience(&self) -> Option<Instant> {
        let goes_on = self.starting > 0 || self.running.values().any(|file| !file.is_paused);
        let last = self.running.values().map(|file| file.expires).max().filter(|_| !goes_on)?;
        let (at, told) = self.clock;
        Some(told + Duration::from_millis(last.0.saturating_sub(at.0)))
    }

    /// Whether a file was begun and arrived nowhere.
    pub(crate) fn has_failed(&self) -> bool {
        self.has_failed
    }

    /// What is told next. Cancel safe; never ends.
    pub(crate) async fn next(&mut self) -> FileTold {
        let Some(said) = self.said.recv().await else { return std::future::pending().await };
        match said {
            Said::Started(serial, offer, landing, handle) => {
                self.starting = self.starting.saturating_sub(1);
                let (expires, is_paused, has_arrived) = (offer.expires, false, false);
                self.running.insert(serial, Running { handle, expires, is_paused, has_arrived });
                FileTold::Started { serial, offer, landing }
            }
            Said::Other(told) => {
                match &told {
                    FileTold::NotStarted { .. } => {
                        self.starting = self.starting.saturating_sub(1);
                        self.has_failed = true;
                    }
                    FileTold::Happened { serial, event: FileEvent::Finished { .. } } => {
                        if let Some(file) = self.running.get_mut(serial) {
                            file.has_arrived = true;
                        }
                    }
                    FileTold::Over { serial } => {
                        self.has_failed |= self.running.remove(serial).is_some_and(|file| !file.has_arrived);
                    }
                    _ => {}
                }
                told
            }
        }
    }
}

async fn run(serial: Serial, client: Client, start: Start, speaker: mpsc::Sender<Said>) {
    let what = match &start {
        Start::Send { path, .. } => format!("cannot send {}", path.display()),
        Start::Receive { offer, .. } => format!("cannot receive {}", name(offer)),
    };
    let hint = swapped(&start);
    let mut transfer = match begin(&client, start).await {
        Ok(begun) => begun,
        Err(error) => {
            // Whoever would be told may be gone.
            let _ = speaker.send(Said::Other(FileTold::NotStarted { what, error, hint })).await;
            return;
        }
    };
    let (offer, landing) = (transfer.offer().clone(), transfer.landing().cloned());
    let started = Said::Started(serial, offer, landing, transfer.handle());
    if speaker.send(started).await.is_err() {
        return;
    }
    while let Some(event) = transfer.next().await {
        if speaker.send(Said::Other(FileTold::Happened { serial, event })).await.is_err() {
            return;
        }
    }
    let _ = speaker.send(Said::Other(FileTold::Over { serial })).await;
}

/// What was meant, if a file is named where the receiver stands.
fn swapped(start: &Start) -> Option<String> {
    let Start::Send { to: Recipient::User(file), path } = start else { return None };
    let who = path.file_name().filter(|_| written(file).is_file() && !path.is_file())?;
    Some(format!("first who gets it, then the file: /sendfile {} {file}", who.display()))
}

async fn begin(client: &Client, start: Start) -> Result<Transfer, FileError> {
    match start {
        Start::Send { to, path } => client.send_file(to, &path, SendOptions::default()).await,
        Start::Receive { offer, folder, name } => {
            client.receive_file(&offer, &folder, ReceiveOptions { name }).await
        }
    }
}
