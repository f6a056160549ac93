//! Clients that talk as long as they may, at various speeds, and tell the ledger everything.

mod person;

use std::future::{Future, pending};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use chat_net::chat_core::{Anchor, Event, Number};
use chat_net::client::{Client, Events, Options};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::ledger::Ledger;
use crate::rng::Rng;
pub(crate) use person::Habit;

/// Nothing here takes nearly so long, unless it is broken.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// What all of the crowd share.
pub(crate) struct Shared {
    ledger: Mutex<Ledger>,
    /// How many texts were accepted; whoever waits for more is woken.
    accepted: watch::Sender<u64>,
    /// How many were refused for now.
    refused: watch::Sender<u64>,
    /// How many notices were heard.
    heard: watch::Sender<u64>,
    is_over: AtomicBool,
    /// Sessions that were not resumed.
    lost: AtomicU64,
    /// Links that broke.
    breaks: AtomicU64,
}

impl Shared {
    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// The clients of one test.
pub(crate) struct Crowd {
    address: String,
    pub(crate) shared: Arc<Shared>,
    clients: Vec<Client>,
    talkers: JoinSet<()>,
    listeners: JoinSet<()>,
}

/// Lets time pass while the crowd talks.
pub(crate) async fn a_while(time: Duration) {
    let _ = timeout(time, pending::<()>()).await;
}

/// Waits for what must come.
pub(crate) async fn soon<F: Future>(what: &str, future: F) -> F::Output {
    timeout(PATIENCE, future).await.unwrap_or_else(|_| panic!("{what}: not in {PATIENCE:?}"))
}

fn options(name: &str) -> Options {
    let mut options = Options::named(name).rooms(Vec::<String>::new());
    options.backoff_min = Duration::from_millis(4);
    options.backoff_max = Duration::from_millis(60);
    options.connect_timeout = Duration::from_secs(5);
    options
}

impl Crowd {
    pub(crate) fn new(address: &str) -> Crowd {
        let shared = Shared {
            ledger: Mutex::default(),
            accepted: watch::Sender::new(0),
            refused: watch::Sender::new(0),
            heard: watch::Sender::new(0),
            is_over: AtomicBool::new(false),
            lost: AtomicU64::new(0),
            breaks: AtomicU64::new(0),
        };
        Crowd {
            address: address.to_owned(),
            shared: Arc::new(shared),
            clients: Vec::new(),
            talkers: JoinSet::new(),
            listeners: JoinSet::new(),
        }
    }

    /// One more, who joins these rooms and talks in them.
    pub(crate) async fn add(&mut self, habit: Habit, rooms: &[&str], rng: &mut Rng) {
        let name = format!("c{}", self.clients.len());
        let (client, events) = self.connect(&name, habit.speaks_json).await;
        self.listeners.spawn(person::listen(name.clone(), events, Arc::clone(&self.shared)));
        for room in rooms {
            soon("a join", client.join(room)).await.unwrap();
        }
        let rooms: Vec<String> = rooms.iter().map(|room| (*room).to_owned()).collect();
        let number = u32::try_from(self.clients.len()).unwrap();
        let talker =
            person::Talker { number, client: client.clone(), rooms, shared: Arc::clone(&self.shared) };
        talker.begin(habit, rng, &mut self.talkers);
        self.clients.push(client);
    }

    /// Connects over TCP, in one codec or the other.
    pub(crate) async fn connect(&self, name: &str, speaks_json: bool) -> (Client, Events) {
        let (options, address) = (options(name), self.address.clone());
        let connected = if speaks_json {
            let dial = move || {
                let address = address.clone();
                async move { crate::json_link::open(&address).await }
            };
            soon("a welcome", Client::dial(dial, options)).await
        } else {
            soon("a welcome", Client::connect(address, options)).await
        };
        connected.unwrap()
    }

    pub(crate) fn accepted(&self) -> u64 {
        *self.shared.accepted.borrow()
    }

    pub(crate) fn refused(&self) -> u64 {
        *self.shared.refused.borrow()
    }

    /// Links that broke, and sessions that were lost with them.
    pub(crate) fn breaks(&self) -> (u64, u64) {
        (self.shared.breaks.load(Ordering::Relaxed), self.shared.lost.load(Ordering::Relaxed))
    }

    /// Until so many more were accepted.
    pub(crate) async fn accepts(&self, more: u64) {
        let goal = self.accepted() + more;
        let mut accepted = self.shared.accepted.subscribe();
        soon("more messages", accepted.wait_for(|count| *count >= goal)).await.unwrap();
    }

    /// Until one more was refused for now.
    pub(crate) async fn is_refused(&self) {
        let before = self.refused();
        let mut refused = self.shared.refused.subscribe();
        soon("a refusal", refused.wait_for(|count| *count > before)).await.unwrap();
    }

    /// Talking ends: everybody waits for the answers to what they said.
    pub(crate) async fn falls_silent(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let all = async { while self.talkers.join_next().await.transpose().unwrap().is_some() {} };
        soon("the last answers", all).await;
    }

    /// After [`Crowd::falls_silent`]: reads every room through the wire, waits until everybody has heard
    /// everything, and leaves. Gives the number of messages read.
    pub(crate) async fn reads_everything(&mut self, name: &str) -> u64 {
        let (reader, mut events) = self.connect(name, false).await;
        tokio::spawn(async move { while events.next().await.is_some() {} });
        let rooms = self.shared.ledger().rooms();
        let mut count = 0;
        for room in &rooms {
            count += self.reads(&reader, room).await;
        }
        count
    }

    async fn reads(&self, reader: &Client, room: &str) -> u64 {
        let head = soon("a join", reader.join(room)).await.unwrap();
        let Event::Members { place, .. } = &head.event else { panic!("{head:?}") };
        // The reader's own joining is the last thing that everybody is told.
        let last = place.number.0 + 1;
        let mut heard = self.shared.heard.subscribe();
        soon("everybody to hear all", heard.wait_for(|_| self.shared.ledger().is_level(room, last)))
            .await
            .unwrap();
        let (mut after, mut numbers) = (Number(0), Vec::new());
        loop {
            let page = soon("a page", reader.history(room, Anchor::After(after), 500)).await.unwrap();
            let mut ledger = self.shared.ledger();
            for told in &page.messages {
                ledger.seen("history", told.at, &told.event);
                after = told.event.place().unwrap().number;
                numbers.push(after.0);
            }
            if !page.newer {
                ledger.whole("history", room, &numbers, true);
                return numbers.len() as u64;
            }
            assert!(!page.messages.is_empty(), "a page without messages says that there are more");
        }
    }

    /// Everybody leaves, and what they were told in the end is judged.
    pub(crate) async fn goes(&mut self) {
        for client in self.clients.drain(..) {
            client.quit().await;
        }
        let all = async { while self.listeners.join_next().await.transpose().unwrap().is_some() {} };
        soon("the end of all clients", all).await;
    }
}
