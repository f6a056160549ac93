//! `receive`: takes the next files that somebody offers, and waits until they are here.

use std::collections::{BTreeSet, VecDeque};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;

use chat_net::chat_core::{Code, EndReason, Event, Offer, PauseReason, RoomName, Target, TransferId};
use chat_net::client::{Client, FileError, FileEvent, Options, ReceiveOptions, Transfer, TransferHandle};
use chat_net::codec::Told;
use tokio::time::Instant;

use super::args::ReceiveArgs;
use super::crew::{Crew, End, Link, Step, from_now, let_go, others_in, until};
use super::enter::enter;
use super::report::{News, Report};
use super::trouble::Trouble;
use super::words::{Who, quoted};
use crate::connect::on_one_thread;
use crate::exit::{self, Exit};
use crate::settings::ReceiveSettings;
use crate::signals::Signals;

/// Files that come at once; further offers wait.
const AT_ONCE: usize = 4;

/// Receives files.
///
/// # Errors
/// Not all of them are here; each says how the program ends.
pub(crate) fn receive(args: &ReceiveArgs) -> anyhow::Result<Exit> {
    let settings = ReceiveSettings::resolve(args)?;
    writable(&settings.folder)?;
    let report = Report::new(args.json, true);
    on_one_thread(run(settings, report))?
}

/// Makes the folder, if it is missing.
///
/// # Errors
/// Ends with [`Exit::CannotWrite`] if no file can be made in it: better now than when one is offered.
fn writable(folder: &Path) -> anyhow::Result<()> {
    let fails = |what: &str, error: std::io::Error| {
        let why = format!("cannot {what} the folder {}: {error}", folder.display());
        exit::because(Exit::CannotWrite, why)
    };
    std::fs::create_dir_all(folder).map_err(|error| fails("make", error))?;
    let scratch = folder.join(format!(".chat-cli-{}~", std::process::id()));
    match std::fs::File::create_new(&scratch) {
        Ok(_) => std::fs::remove_file(&scratch).map_err(|error| fails("remove files from", error)),
        // Another process of the same number, on another machine, has just found out.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(fails("write into", error)),
    }
}

async fn run(settings: ReceiveSettings, mut report: Report) -> anyhow::Result<Exit> {
    let mut signals = Signals::new()?;
    let options = Options::named(&settings.who.name).rooms(settings.room.clone());
    let (client, events) = enter(&settings.who, options, settings.wait, &mut signals, &mut report).await?;
    let mut crew = Crew::new(client, events, signals, report, settings.wait)?;
    let mut taking = Taking::new(settings);
    crew.tell(&taking.waiting())?;
    let mut looking = pin!(alone_in(crew.client().clone(), taking.settings.room.clone()));
    let mut has_looked = false;
    loop {
        taking.begin(&mut crew);
        if let Some(exit) = taking.is_over(&crew) {
            crew.leave().await;
            return Ok(exit);
        }
        if crew.has_ended() && crew.running() == 0 {
            crew.leave().await;
            return Err(exit::because(Exit::Failed, "the connection has ended"));
        }
        let step = tokio::select! {
            step = crew.next() => step?,
            alone = &mut looking, if !has_looked => {
                has_looked = true;
                if let Some(room) = alone {
                    crew.tell(&News::alone_in(room.as_str()))?;
                }
                continue;
            }
            () = until(taking.deadline), if crew.running() == 0 => {
                crew.leave().await;
                return Err(taking.nothing_came());
            }
        };
        match step {
            Step::Ended(_, end) => taking.ended(end, &mut crew),
            Step::Told(told) => taking.told(&told),
            Step::NewSession => taking.forget(),
            Step::Signal(signal) => return Err(crew.call_off(signal).await),
            Step::Away => return Err(crew.give_up().await),
            Step::Over(why) => crew = crew.go_on_if_trusted(&taking.settings.who, &why).await?,
            Step::Nothing => {}
        }
    }
}

/// The room, if nobody else is in it: waiting there may be a mistake in writing its name.
async fn alone_in(client: Client, room: Option<RoomName>) -> Option<RoomName> {
    let room = room?;
    others_in(&client, room.as_str()).await?.is_empty().then_some(room)
}

/// Which offers are taken.
struct Taking {
    settings: ReceiveSettings,
    known: BTreeSet<TransferId>,
    offers: VecDeque<Offer>,
    begun: usize,
    done: u32,
    trouble: Option<Trouble>,
    /// Why a file that was on its way came to nothing, until another one is here.
    broken: Option<Trouble>,
    deadline: Option<Instant>,
}

impl Taking {
    fn new(settings: ReceiveSettings) -> Taking {
        let deadline = from_now(settings.wait);
        let (known, offers) = (BTreeSet::new(), VecDeque::new());
        Taking { settings, known, offers, begun: 0, done: 0, trouble: None, broken: None, deadline }
    }

    fn waiting(&self) -> News {
        let from = &self.settings.from;
        let text = match &self.settings.room {
            Some(room) => format!("waiting for what {from} offers in #{room}"),
            None => format!("waiting for what {from} offers to {}", self.settings.who.name),
        };
        News::of("waiting", text).user(from.as_str())
    }

    fn nothing_came(&self) -> anyhow::Error {
        if let Some(Trouble { exit, why }) = &self.broken {
            return exit::because(*exit, why.clone());
        }
        let (from, count) = (&self.settings.from, self.settings.count);
        let why = match self.done {
            0 => format!("{from} offered nothing in time"),
            done => format!("{done} of {count} files came, and {from} offered no other in time"),
        };
        exit::because(Exit::NotTaken, why)
    }

    /// Takes offers that are meant.
    fn told(&mut self, told: &Told) {
        match &told.event {
            Event::Offered(offer) if self.is_meant(offer) && self.known.insert(offer.transfer) => {
                self.offers.push_back((**offer).clone());
            }
            Event::Closed { transfer, .. } => self.offers.retain(|offer| offer.transfer != *transfer),
            _ => {}
        }
    }

    fn is_meant(&self, offer: &Offer) -> bool {
        let is_there = match (&offer.to, &self.settings.room) {
            (Target::User(_), None) => true,
            (Target::Room(offered), Some(room)) => offered == room,
            _ => false,
        };
        is_there && offer.from == self.settings.from
    }

    /// The server numbers anew.
    fn forget(&mut self) {
        self.known.clear();
        self.offers.clear();
    }

    /// Begins to receive what was offered, as far as it is wanted.
    fn begin(&mut self, crew: &mut Crew) {
        let wanted = usize::try_from(self.settings.count - self.done).unwrap_or(usize::MAX);
        while crew.running() < AT_ONCE.min(wanted) && self.trouble.is_none() {
            let Some(offer) = self.offers.pop_front() else { return };
            self.begun += 1;
            let receiving = Receiving {
                client: crew.client().clone(),
                link: crew.link(self.begun),
                what: offer.name.to_string(),
                offer,
                folder: self.settings.folder.clone(),
                wait: self.settings.wait,
            };
            crew.begin(self.begun, receiving.run());
        }
    }

    fn ended(&mut self, end: End, crew: &mut Crew) {
        match end {
            End::Done => (self.done, self.broken) = (self.done + 1, None),
            End::Again => {}
            End::Gone(trouble) => self.broken = Some(trouble),
            End::Failed(trouble) => {
                crew.complain(&trouble);
                self.trouble.get_or_insert(trouble);
            }
        }
        self.deadline = from_now(self.settings.wait);
    }

    /// Whether there is nothing more to wait for, and how the program ends then.
    fn is_over(&self, crew: &Crew) -> Option<Exit> {
        let is_over = self.done == self.settings.count || self.trouble.is_some();
        let exit = self.trouble.as_ref().map_or(Exit::Done, |trouble| trouble.exit);
        (is_over && crew.running() == 0).then_some(exit)
    }
}

/// One file.
struct Receiving {
    client: Client,
    link: Link,
    offer: Offer,
    folder: PathBuf,
    wait: Option<Duration>,
    what: String,
}

impl Receiving {
    async fn run(mut self) -> End {
        let accepting = self.client.receive_file(&self.offer, &self.folder, ReceiveOptions::default());
        let accepted = tokio::select! {
            accepted = accepting => accepted,
            () = self.link.stopped() => return self.called_off(),
        };
        match accepted {
            Ok(transfer) => {
                self.link.started(&transfer).await;
                self.follow(transfer).await
            }
            Err(error) => {
                if matches!(error, FileError::NoSpace { .. } | FileError::Write { .. }) {
                    // The sender need not wait for what cannot come.
                    let _ = self.client.decline_file(self.offer.transfer).await;
                }
                self.failed(&error)
            }
        }
    }

    async fn follow(&mut self, mut transfer: Transfer) -> End {
        let mut full_until = None;
        loop {
            tokio::select! {
                event = transfer.next() => {
                    let Some(event) = event else {
                        return self.trouble(Exit::CalledOff, "it ended before it was here");
                    };
                    match &event {
                        FileEvent::Paused { why: PauseReason::NoSpace, .. } => {
                            full_until = from_now(self.wait);
                        }
                        _ => full_until = None,
                    }
                    let end = self.ended(&event);
                    self.link.happened(event).await;
                    if let Some(end) = end {
                        if let End::Gone(_) = end {
                            self.link.news(self.waits()).await;
                        }
                        return end;
                    }
                }
                () = until(full_until), if full_until.is_some() => {
                    let_go(transfer, TransferHandle::leave).await;
                    return self.trouble(Exit::NoSpace, "the disk is full");
                }
                () = self.link.stopped() => {
                    let_go(transfer, TransferHandle::leave).await;
                    return self.called_off();
                }
            }
        }
    }

    /// Whether that event is the last, and how the file ended.
    fn ended(&self, event: &FileEvent) -> Option<End> {
        match event {
            FileEvent::Finished { .. } => Some(End::Done),
            FileEvent::Cancelled { by, why, .. } => {
                Some(End::Failed(Trouble::ended(&self.what, Who::new(by, ""), *why)))
            }
            FileEvent::Closed { why: why @ EndReason::Gone } => {
                let mut trouble = Trouble::ended(&self.what, Who::new(&self.offer.from, ""), *why);
                trouble.why.push_str(", and did not offer it again in time");
                Some(End::Gone(trouble))
            }
            FileEvent::Closed { why } => {
                Some(End::Failed(Trouble::ended(&self.what, Who::new(&self.offer.from, ""), *why)))
            }
            FileEvent::Failed(error) => Some(self.failed(error)),
            _ => None,
        }
    }

    fn waits(&self) -> News {
        let Offer { from, name, .. } = &self.offer;
        let text = format!("waiting for {from} to offer {} again", quoted(name.as_str()));
        News::of("waiting", text).name(name.as_str()).user(from.as_str()).why("gone")
    }

    fn failed(&self, error: &FileError) -> End {
        match error {
            // Offered again, it goes on from where it is.
            FileError::SessionLost => End::Again,
            // It was taken back, or ran out, before it was taken.
            FileError::Refused(refusal) if refusal.code == Code::NoSuchTransfer.number() => End::Again,
            error => End::Failed(Trouble::failed(&self.what, error)),
        }
    }

    fn trouble(&self, exit: Exit, why: &str) -> End {
        End::Failed(Trouble::new(exit, &self.what, why))
    }

    fn called_off(&self) -> End {
        End::Failed(Trouble::interrupted(&self.what))
    }
}
