//! The tasks of `send-file` and `receive`, one for each file, and all that has to be looked at while they work.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use chat_net::chat_core::{Event, Offer, UserName};
use chat_net::client::{Client, Events, FileEvent, Landing, Notice, Transfer, TransferHandle, Why};
use chat_net::codec::Told;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::report::{Key, News, Report};
use super::trouble::Trouble;
use super::words::Who;
use crate::connect::{GOODBYE, goodbye, next_try};
use crate::exit::{self, Exit};
use crate::output;
use crate::settings;
use crate::signals::Signals;
use crate::stops::{Shell, Stops, stop_self};
use crate::trust;

/// What may wait to be told; then the tasks wait.
const SAID: usize = 64;

/// How often the bars are painted.
const TICK: Duration = Duration::from_millis(200);

/// How a task ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The file is where it should be.
    Done,
    /// It came to nothing for no fault of its own: the next offer is as good.
    Again,
    /// The other end is gone, and may come back.
    Gone(Trouble),
    /// It is not, and will not be.
    Failed(Trouble),
}

/// What a task says.
#[derive(Debug)]
enum Said {
    Started(Key, Box<Offer>, Option<Landing>),
    Happened(Key, FileEvent),
    News(News),
}

/// A task's link to the others.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    key: Key,
    speaker: mpsc::Sender<Said>,
    stop: watch::Receiver<bool>,
    moved: watch::Receiver<()>,
}

/// What a task is called for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Everything is called off.
    Stop,
    /// Somebody has left a room, or may have.
    Moved,
}

impl Link {
    /// The task's.
    pub(crate) fn key(&self) -> Key {
        self.key
    }

    /// A file is offered, or accepted.
    pub(crate) async fn started(&self, transfer: &Transfer) {
        let (offer, landing) = (transfer.offer().clone(), transfer.landing().cloned());
        self.say(Said::Started(self.key, Box::new(offer), landing)).await;
    }

    /// Something happened to it.
    pub(crate) async fn happened(&self, event: FileEvent) {
        self.say(Said::Happened(self.key, event)).await;
    }

    /// Something else is worth telling.
    pub(crate) async fn news(&self, news: News) {
        self.say(Said::News(news)).await;
    }

    async fn say(&self, said: Said) {
        // Nobody listens any more when the program ends.
        let _ = self.speaker.send(said).await;
    }

    /// Waits until everything is called off. Cancel safe.
    pub(crate) async fn stopped(&mut self) {
        if self.stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until everything is called off, or somebody has left a room. Cancel safe.
    pub(crate) async fn call(&mut self) -> Call {
        let stopped = async { self.stop.wait_for(|stop| *stop).await.is_ok() };
        tokio::select! {
            true = stopped => Call::Stop,
            Ok(()) = self.moved.changed() => Call::Moved,
            else => std::future::pending().await,
        }
    }
}

/// What the commands have to decide about.
#[derive(Debug)]
pub(crate) enum Step {
    /// That task has ended.
    Ended(Key, End),
    /// The server told this.
    Told(Box<Told>),
    /// A new session was begun: the server knows nothing of what was before.
    NewSession,
    /// Somebody wants the program to end.
    Signal(Exit),
    /// There has been no connection for too long.
    Away,
    /// The connection has ended for good.
    Over(Why),
    /// Time passed, or something was told.
    Nothing,
}

/// All that runs.
pub(crate) struct Crew {
    client: Client,
    events: Option<Events>,
    signals: Signals,
    stops: Stops,
    report: Report,
    tasks: JoinSet<(Key, End)>,
    said: mpsc::Receiver<Said>,
    speaker: mpsc::Sender<Said>,
    stop: watch::Sender<bool>,
    moved: watch::Sender<()>,
    look_at: Instant,
    is_away: bool,
    /// How long there may be no connection; none: for ever.
    wait: Option<Duration>,
    away_until: Option<Instant>,
}

impl Crew {
    /// Nobody yet; with so much patience while there is no connection, none: for ever.
    ///
    /// # Errors
    /// The system has no room for another signal.
    pub(crate) fn new(
        client: Client,
        events: Events,
        signals: Signals,
        report: Report,
        wait: Option<Duration>,
    ) -> io::Result<Crew> {
        let (speaker, said) = mpsc::channel(SAID);
        let (stop, moved) = (watch::Sender::new(false), watch::Sender::new(()));
        let (events, look_at) = (Some(events), Instant::now());
        let (stops, tasks) = (Stops::new()?, JoinSet::new());
        Ok(Crew {
            client,
            events,
            signals,
            stops,
            report,
            tasks,
            said,
            speaker,
            stop,
            moved,
            look_at,
            is_away: false,
            wait,
            away_until: None,
        })
    }

    /// The client, for a task.
    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// What a task of that key needs to tell what it does.
    pub(crate) fn link(&self, key: Key) -> Link {
        let (stop, moved) = (self.stop.subscribe(), self.moved.subscribe());
        Link { key, speaker: self.speaker.clone(), stop, moved }
    }

    /// Begins a task.
    pub(crate) fn begin(&mut self, key: Key, task: impl Future<Output = End> + Send + 'static) {
        self.tasks.spawn(async move { (key, task.await) });
    }

    /// How many tasks run.
    pub(crate) fn running(&self) -> usize {
        self.tasks.len()
    }

    /// Whether the connection has ended for good.
    pub(crate) fn has_ended(&self) -> bool {
        self.events.is_none()
    }

    /// Tells something.
    ///
    /// # Errors
    /// There can be no more output.
    pub(crate) fn tell(&mut self, news: &News) -> io::Result<()> {
        self.report.tell(news)
    }

    /// Says why a file is not there.
    pub(crate) fn complain(&mut self, trouble: &Trouble) {
        self.report.clear();
        output::complaint(&trouble.why);
    }

    /// What happens next; all that only has to be told is told. Cancel safe.
    ///
    /// # Errors
    /// There can be no more output.
    pub(crate) async fn next(&mut self) -> io::Result<Step> {
        tokio::select! {
            // What a task said is told before its end.
            biased;
            signal = self.signals.next() => return Ok(Step::Signal(signal)),
            notice = next_notice(&mut self.events) => return self.notice(notice),
            Some(said) = self.said.recv() => self.say(said)?,
            Some(ended) = self.tasks.join_next(), if !self.tasks.is_empty() => {
                let (key, end) = ended.map_err(io::Error::other)?;
                self.report.over(key);
                return Ok(Step::Ended(key, end));
            }
            shell = self.stops.next() => self.shell(shell),
            () = until(self.away_until), if self.away_until.is_some() => {
                self.away_until = None;
                return Ok(Step::Away);
            }
            () = tokio::time::sleep_until(self.look_at) => {
                self.look_at = Instant::now() + TICK;
                self.report.look();
            }
        }
        Ok(Step::Nothing)
    }

    fn shell(&mut self, shell: Shell) {
        match shell {
            Shell::Stop => {
                self.report.clear();
                if !stop_self() {
                    self.report.forget();
                }
            }
            Shell::GoOn => self.report.forget(),
        }
    }

    fn say(&mut self, said: Said) -> io::Result<()> {
        match said {
            Said::Started(key, offer, landing) => {
                self.report.started(key, &offer, self.client.user(), landing)
            }
            Said::Happened(key, event) => self.report.happened(key, &event),
            Said::News(news) => self.report.tell(&news),
        }
    }

    fn notice(&mut self, notice: Option<Notice>) -> io::Result<Step> {
        match notice {
            Some(Notice::Told(told)) => {
                match &told.event {
                    Event::Hashed { transfer, hash } => self.report.hash(*transfer, *hash),
                    Event::Left { .. } | Event::Churned { .. } => self.moved.send_replace(()),
                    _ => {}
                }
                return Ok(Step::Told(Box::new(told)));
            }
            Some(Notice::Connected(welcome)) => {
                self.away_until = None;
                if std::mem::take(&mut self.is_away) {
                    self.tell(&News::of("connected", "connected again".to_owned()))?;
                }
                return Ok(if welcome.resumed { Step::Nothing } else { Step::NewSession });
            }
            Some(Notice::Disconnected { why, retry_in }) => {
                if !std::mem::replace(&mut self.is_away, true) {
                    self.away_until = from_now(self.wait);
                }
                let text = format!("lost the connection: {why}; {}", next_try(retry_in));
                self.tell(&News::of("disconnected", text).why(&why.to_string()))?;
            }
            Some(Notice::Ended { why }) => {
                self.tell(&News::of("ended", trust::ended(&why)).why(&why.to_string()))?;
                return Ok(Step::Over(why));
            }
            Some(_) => {}
            // The tasks notice by themselves.
            None => self.events = None,
        }
        Ok(Step::Nothing)
    }

    /// Calls everything off, and waits until the other ends have been told, but not for long.
    ///
    /// # Errors
    /// Ends the program with that signal, or with the next one.
    pub(crate) async fn call_off(mut self, signal: Exit) -> anyhow::Error {
        self.stop.send_replace(true);
        let why = if self.report.has_begun() { "called off" } else { "ended while no file was on its way" };
        let deadline = Instant::now() + GOODBYE;
        let mut last = signal;
        while self.running() > 0 && last == signal {
            match tokio::time::timeout_at(deadline, self.next()).await {
                Ok(Ok(Step::Signal(second))) => {
                    last = second;
                    break;
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return error.into(),
                Err(_) => break,
            }
        }
        self.leave().await;
        exit::because(last, why)
    }

    /// Ends without a connection.
    pub(crate) async fn give_up(self) -> anyhow::Error {
        let secs = self.wait.unwrap_or_default().as_secs();
        self.leave().await;
        exit::because(Exit::Failed, format!("the connection was lost, and did not come back in {secs} s"))
    }

    /// The connection has ended for good: the tasks notice by themselves.
    ///
    /// # Errors
    /// The server that was reached again is not trusted; then everything has ended.
    pub(crate) async fn go_on_if_trusted(self, who: &settings::Who, why: &Why) -> anyhow::Result<Crew> {
        match trust::distrusted(who, why) {
            None => Ok(self),
            Some(error) => {
                self.leave().await;
                Err(error)
            }
        }
    }

    /// Says goodbye; a signal makes it short.
    pub(crate) async fn leave(mut self) {
        self.report.clear();
        goodbye(self.client.quit(), &mut self.signals).await;
    }
}

/// All in that room but this client's own user; none if that is not known.
pub(crate) async fn others_in(client: &Client, room: &str) -> Option<BTreeSet<UserName>> {
    let users = client.users(Some(room)).await.ok()?;
    Some(users.into_iter().filter(|user| !Who::new(user, client.user()).is_me()).collect())
}

/// Calls a transfer off, as `how` says, and waits until the other end has been told, but not for long.
pub(crate) async fn let_go(mut transfer: Transfer, how: fn(&TransferHandle)) {
    how(&transfer.handle());
    let ends = async { while transfer.next().await.is_some() {} };
    // If not, the goodbye tells it.
    let _ = tokio::time::timeout(GOODBYE, ends).await;
}

/// The next notice; for ever if there are no more.
async fn next_notice(events: &mut Option<Events>) -> Option<Notice> {
    match events {
        Some(events) => events.next().await,
        None => std::future::pending().await,
    }
}

/// When so much time will be over; none: never.
pub(crate) fn from_now(wait: Option<Duration>) -> Option<Instant> {
    wait.map(|wait| Instant::now() + wait)
}

/// Waits for a time, if there is one.
pub(crate) async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
