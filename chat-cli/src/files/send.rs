//! `send-file`: offers files, waits until somebody takes them, and until they are there.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chat_net::chat_core::{Code, EndReason, MAX_NAME_BYTES, Recipient, UserName};
use chat_net::client::{Client, FileError, FileEvent, Options, SendOptions, Transfer, TransferHandle};
use tokio::time::Instant;

use super::args::SendFileArgs;
use super::crew::{Call, Crew, End, Link, Step, from_now, let_go, others_in, until};
use super::enter::enter;
use super::report::{News, Report};
use super::tally::Tally;
use super::trouble::Trouble;
use super::words::{Who, not_a_file, plain};
use crate::connect::on_one_thread;
use crate::exit::{self, Exit};
use crate::settings::{SendFileSettings, Target};
use crate::signals::Signals;

/// Files that are on their way at once.
const AT_ONCE: usize = 4;

/// How long an offer waits that was refused for now.
const PAUSE: Duration = Duration::from_secs(1);

/// Sends files.
///
/// # Errors
/// One of them is not there; each says how the program ends.
pub(crate) fn send(args: &SendFileArgs) -> anyhow::Result<Exit> {
    let settings = SendFileSettings::resolve(args)?;
    for path in &settings.paths {
        readable(path)?;
    }
    let report = Report::new(args.json, false);
    on_one_thread(run(&settings, report))?
}

/// # Errors
/// Ends with [`Exit::CannotRead`] if it is no file that can be sent.
fn readable(path: &Path) -> anyhow::Result<()> {
    let why = match std::fs::metadata(path) {
        Ok(file) if !file.is_file() => not_a_file(path).to_owned(),
        Ok(_) => match std::fs::File::open(path) {
            Ok(_) => return Ok(()),
            Err(error) => plain(&error),
        },
        Err(error) => plain(&error),
    };
    Err(exit::because(Exit::CannotRead, format!("cannot send {}: {why}", path.display())))
}

async fn run(settings: &SendFileSettings, mut report: Report) -> anyhow::Result<Exit> {
    let rooms = match &settings.target {
        Target::Room(room) => vec![room.clone()],
        Target::User(_) => Vec::new(),
    };
    let mut signals = Signals::new()?;
    let options = Options::named(&settings.who.name).rooms(rooms);
    let (client, events) = enter(&settings.who, options, settings.wait, &mut signals, &mut report).await?;
    let mut crew = Crew::new(client, events, signals, report, settings.wait)?;
    let mut waiting: VecDeque<_> = settings.paths.iter().enumerate().collect();
    let mut troubles = Vec::new();
    loop {
        while crew.running() < AT_ONCE
            && let Some((key, path)) = waiting.pop_front()
        {
            let sending = Sending::new(settings, path, &crew, key);
            crew.begin(key, sending.run());
        }
        if crew.running() == 0 {
            break;
        }
        match crew.next().await? {
            Step::Ended(key, End::Failed(trouble)) => troubles.push((key, trouble)),
            Step::Signal(signal) => return Err(crew.call_off(signal).await),
            Step::Away => return Err(crew.give_up().await),
            Step::Over(why) => crew = crew.go_on_if_trusted(&settings.who, &why).await?,
            _ => {}
        }
    }
    troubles.sort_by_key(|(key, _)| *key);
    for (_, trouble) in &troubles {
        crew.complain(trouble);
    }
    crew.leave().await;
    Ok(troubles.first().map_or(Exit::Done, |(_, trouble)| trouble.exit))
}

/// One file.
struct Sending {
    client: Client,
    link: Link,
    to: Recipient,
    path: PathBuf,
    wait: Option<Duration>,
    chunk_bytes: u32,
    what: String,
    /// Why the copy of whoever had taken it came to nothing, until somebody takes it again.
    broken: Option<Trouble>,
    /// Whether it was looked for others in the room.
    looked: bool,
}

/// What came of one offer.
enum Offered {
    End(End),
    /// Nobody took it, or the server has forgotten it: it can be offered again.
    Again,
    /// The same, and it had been taken: whoever comes back may take as long as at first.
    Anew,
}

impl Sending {
    fn new(settings: &SendFileSettings, path: &Path, crew: &Crew, key: usize) -> Sending {
        let to = match &settings.target {
            Target::Room(room) => Recipient::Room(room.as_str().into()),
            Target::User(user) => Recipient::User(user.as_str().into()),
        };
        Sending {
            client: crew.client().clone(),
            link: crew.link(key),
            to,
            path: path.to_owned(),
            wait: settings.wait,
            chunk_bytes: settings.chunk_bytes,
            what: path.display().to_string(),
            broken: None,
            looked: false,
        }
    }

    async fn run(mut self) -> End {
        let mut deadline = from_now(self.wait);
        loop {
            let transfer = match self.offer(deadline).await {
                Ok(transfer) => transfer,
                Err(trouble) => return End::Failed(trouble),
            };
            self.link.started(&transfer).await;
            match self.follow(transfer, deadline).await {
                Offered::End(end) => return end,
                Offered::Again if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    return end(Err(self.not_taken("nobody took it in time")));
                }
                Offered::Again => {}
                Offered::Anew => deadline = from_now(self.wait),
            }
        }
    }

    /// Offers it, again and again while the receiver is not there.
    async fn offer(&mut self, deadline: Option<Instant>) -> Result<Transfer, Trouble> {
        let mut is_told = false;
        loop {
            let options = SendOptions { chunk_bytes: self.chunk_bytes, ..SendOptions::default() };
            let offered = tokio::select! {
                offered = self.client.send_file(self.to.clone(), &self.path, options) => offered,
                () = self.link.stopped() => return Err(self.called_off()),
            };
            let pause = match offered {
                Ok(transfer) => return Ok(transfer),
                Err(FileError::Refused(refusal)) if is_worth_waiting(refusal.code) => {
                    if !std::mem::replace(&mut is_told, true) {
                        let text = format!("{} waits: {}", self.what, refusal.message);
                        let news = News::of("waiting", text).name(&self.what).why(&refusal.reason);
                        self.link.news(news).await;
                    }
                    refusal.retry_after_ms.map_or(PAUSE, Duration::from_millis).max(PAUSE)
                }
                Err(FileError::SessionLost) => PAUSE,
                Err(error) => return Err(Trouble::failed(&self.what, &error)),
            };
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = until(deadline) => {
                    return Err(self.not_taken("nobody was there to take it in time"));
                }
                () = self.link.stopped() => return Err(self.called_off()),
            }
        }
    }

    /// How it ends if nobody takes it: what came to nothing before says more than that.
    fn not_taken(&self, why: &str) -> Trouble {
        let trouble = || Trouble::new(Exit::NotTaken, &self.what, why);
        self.broken.clone().unwrap_or_else(trouble)
    }

    fn called_off(&self) -> Trouble {
        Trouble::interrupted(&self.what)
    }

    /// Waits for the answers to an offer, and for all who took it.
    async fn follow(&mut self, mut transfer: Transfer, deadline: Option<Instant>) -> Offered {
        let me = transfer.offer().from.clone();
        self.tell_if_alone().await;
        let mut tally = Tally::new(&self.what);
        tally.await_all(self.present().await);
        loop {
            tokio::select! {
                event = transfer.next() => match event {
                    Some(event) => {
                        tally.take(&event);
                        let ended = self.ended(&event, &mut tally, &me);
                        let gone = self.gone(&event);
                        self.link.happened(event).await;
                        if let Some((user, trouble)) = gone {
                            self.broken = Some(trouble);
                            self.link.news(self.waits_for(&user)).await;
                            return Offered::Anew;
                        }
                        if let Some(ended) = ended {
                            return ended;
                        }
                    }
                    None => return Offered::End(end(tally.result())),
                },
                () = until(deadline), if !tally.is_closed() => tally.close(),
                call = self.link.call() => match call {
                    Call::Moved => tally.are_there(&self.present().await),
                    Call::Stop => {
                        let_go(transfer, TransferHandle::cancel).await;
                        return Offered::End(End::Failed(self.called_off()));
                    }
                },
            }
            if let Some(mut result) = tally.verdict() {
                if !tally.has_answers() {
                    result = Err(self.not_taken("nobody took it in time"));
                }
                // Nobody else is to take it from somebody who is about to leave.
                let_go(transfer, TransferHandle::cancel).await;
                return Offered::End(end(result));
            }
        }
    }

    /// Who may take it, by now.
    async fn present(&self) -> BTreeSet<UserName> {
        match &self.to {
            Recipient::User(name) => UserName::new(name, MAX_NAME_BYTES).into_iter().collect(),
            // Without an answer nobody is waited for in particular.
            Recipient::Room(room) => others_in(&self.client, room).await.unwrap_or_default(),
        }
    }

    /// Waiting in a room where nobody is may be a mistake in writing its name.
    async fn tell_if_alone(&mut self) {
        // One of many files is enough to say it.
        if self.link.key() > 0 || std::mem::replace(&mut self.looked, true) {
            return;
        }
        if let Recipient::Room(room) = &self.to
            && others_in(&self.client, room).await.is_some_and(|others| others.is_empty())
        {
            self.link.news(News::alone_in(room)).await;
        }
    }

    /// Whether the only one who had taken it is gone, and may come back: its program was killed, for example.
    fn gone(&self, event: &FileEvent) -> Option<(UserName, Trouble)> {
        match (event, &self.to) {
            (FileEvent::Cancelled { user, by, why: why @ EndReason::Gone }, Recipient::User(_)) => {
                let mut trouble = Trouble::ended(&self.what, Who::new(by, ""), *why);
                trouble.why.push_str(", and did not take it again in time");
                Some((user.clone(), trouble))
            }
            _ => None,
        }
    }

    fn waits_for(&self, user: &UserName) -> News {
        let text = format!("{} waits: it is offered again when {user} is there again", self.what);
        News::of("waiting", text).name(&self.what).user(user.as_str()).why("gone")
    }

    /// Whether that event ends the offer, and how.
    fn ended(&self, event: &FileEvent, tally: &mut Tally, me: &UserName) -> Option<Offered> {
        match event {
            FileEvent::Closed { why: EndReason::Expired } if tally.has_answers() => {
                tally.close();
                None
            }
            FileEvent::Closed { why: EndReason::Expired | EndReason::Gone } if !tally.has_answers() => {
                Some(Offered::Again)
            }
            FileEvent::Closed { why } => {
                Some(Offered::End(End::Failed(Trouble::ended(&self.what, Who::new(me, ""), *why))))
            }
            FileEvent::Failed(FileError::SessionLost) => {
                Some(if tally.has_answers() { Offered::Anew } else { Offered::Again })
            }
            FileEvent::Failed(error) => Some(Offered::End(End::Failed(Trouble::failed(&self.what, error)))),
            _ => None,
        }
    }
}

/// Whether an offer that was refused so may be taken later.
fn is_worth_waiting(code: u16) -> bool {
    let code = Code::from_number(code);
    let absent = [Code::NoSuchUser, Code::TooManyTransfers, Code::NotAMember];
    code.is_some_and(|code| code.kind().is_retryable() || absent.contains(&code))
}

fn end(result: Result<(), Trouble>) -> End {
    result.map_or_else(End::Failed, |()| End::Done)
}
