//! A real server, and real clients over wires that a test holds in its hand.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_net::chat_core::{Config, Epoch, Event, Offer, Recipient, TransferId};
use chat_net::client::{
    Client, Events, FileError, FileEvent, Notice, Options, ReceiveOptions, SendOptions, Transfer,
};
use chat_net::codec::Told;
use chat_net::{Limits, Record, Recovered, Server, Store, StoreError};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::hooked::{Hooked, Hooks};
use crate::peer::LONG;
use crate::wire::Wire;

/// Bytes on their way to one receiver, in most of these tests.
pub(crate) const WINDOW: u64 = 256 * 1024;

/// Keeps the log for one server after the other.
#[derive(Default)]
struct Kept(Mutex<Vec<Record>>);

#[async_trait]
impl Hooks for Kept {
    async fn recover(&self) -> Recovered {
        Recovered { epoch: Some(Epoch(1 << 40)), snapshot: None, records: self.0.lock().unwrap().clone() }
    }

    async fn before_append(&self, records: &[Record]) -> Result<(), StoreError> {
        self.0.lock().unwrap().extend(records.iter().cloned());
        Ok(())
    }
}

/// A server in a runtime of its own, which can end with everything in it.
pub(crate) struct Town {
    config: Config,
    limits: Limits,
    store: Option<Arc<dyn Store>>,
    runtime: Option<Runtime>,
    addr: Arc<Mutex<SocketAddr>>,
}

/// A user of it.
pub(crate) struct Person {
    pub(crate) client: Client,
    pub(crate) events: Events,
    pub(crate) wire: Arc<Wire>,
    seen: BTreeSet<TransferId>,
}

/// Limits without those on how fast, and with a small window.
pub(crate) fn limits() -> Limits {
    Limits {
        sniff_ms: 20_000,
        transfer_window_bytes: WINDOW,
        transfer_gather_ms: 50,
        ..Limits::default().trusting()
    }
}

impl Town {
    pub(crate) fn new() -> Town {
        Town::with(limits(), Config::default())
    }

    pub(crate) fn with(limits: Limits, config: Config) -> Town {
        Town::started(limits, config, None)
    }

    /// One whose log outlives its server.
    pub(crate) fn kept() -> Town {
        let store = Arc::new(Hooked::new(Kept::default(), &limits()));
        Town::started(limits(), Config::default(), Some(store))
    }

    fn started(limits: Limits, config: Config, store: Option<Arc<dyn Store>>) -> Town {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let addr = Arc::new(Mutex::new(nowhere));
        let mut town = Town { config, limits, store, runtime: None, addr };
        town.start();
        town
    }

    fn start(&mut self) {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = Server::builder().listen("127.0.0.1:0");
        let server = server.limits(self.limits.clone()).core(self.config.clone());
        let server = match &self.store {
            Some(store) => server.store(Arc::clone(store)),
            None => server,
        };
        // Waited for from a thread of its own, because the caller is in a runtime too.
        let server = std::thread::scope(|scope| {
            scope.spawn(|| runtime.block_on(server.start())).join().unwrap().unwrap()
        });
        *self.addr.lock().unwrap() = server.local_addrs()[0];
        self.runtime = Some(runtime);
    }

    /// Ends the server wherever it is, and starts another one.
    pub(crate) fn restart(&mut self) {
        let runtime = self.runtime.take().expect("it runs");
        std::thread::spawn(move || runtime.shutdown_timeout(LONG)).join().unwrap();
        self.start();
    }

    /// A client of that name, in the start room.
    pub(crate) async fn person(&self, name: &str) -> Person {
        self.person_with(Options::named(name)).await
    }

    /// The same, with other options.
    pub(crate) async fn person_with(&self, mut options: Options) -> Person {
        options.backoff_min = Duration::from_millis(1);
        options.backoff_max = Duration::from_millis(20);
        let (wire, addr) = (Arc::<Wire>::default(), Arc::clone(&self.addr));
        let dialed = Arc::clone(&wire);
        let dial = move || Arc::clone(&dialed).dial(*addr.lock().unwrap());
        let (client, events) = timeout(LONG, Client::dial(dial, options)).await.unwrap().unwrap();
        Person { client, events, wire, seen: BTreeSet::new() }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

pub(crate) fn to(user: &str) -> Recipient {
    Recipient::User(user.into())
}

pub(crate) fn room(room: &str) -> Recipient {
    Recipient::Room(room.into())
}

impl Person {
    /// Offers a file.
    pub(crate) async fn send(&self, to: Recipient, path: &Path) -> Transfer {
        self.client.send_file(to, path, SendOptions::default()).await.unwrap()
    }

    /// The next that is told.
    pub(crate) async fn told(&mut self) -> Told {
        loop {
            match timeout(LONG, self.events.next()).await.expect("something happens") {
                Some(Notice::Told(told)) => return told,
                Some(Notice::Ended { why }) => panic!("{why}"),
                Some(_) => {}
                None => panic!("the client has ended"),
            }
        }
    }

    /// The next offer of somebody else.
    pub(crate) async fn offered(&mut self) -> Offer {
        loop {
            if let Event::Offered(offer) = self.told().await.event
                && offer.from.as_str() != self.client.user()
                && self.seen.insert(offer.transfer)
            {
                return *offer;
            }
        }
    }

    /// The same; an earlier server may have had one of that number.
    pub(crate) async fn offered_again(&mut self) -> Offer {
        self.seen.clear();
        self.offered().await
    }

    /// Accepts an offer.
    pub(crate) async fn accept(&self, offer: &Offer, folder: &Path) -> Result<Transfer, FileError> {
        self.client.receive_file(offer, folder, ReceiveOptions::default()).await
    }

    /// Waits for the next offer of somebody else, and accepts it.
    pub(crate) async fn receive(&mut self, folder: &Path) -> Transfer {
        let offer = self.offered().await;
        self.accept(&offer, folder).await.unwrap()
    }
}

/// The first event that is as wanted; what comes before is dropped.
pub(crate) async fn until(transfer: &mut Transfer, is_wanted: impl Fn(&FileEvent) -> bool) -> FileEvent {
    let mut seen = Vec::new();
    loop {
        match timeout(LONG, transfer.next()).await {
            Ok(Some(event)) if is_wanted(&event) => return event,
            Ok(Some(event)) => seen.push(event),
            Ok(None) => panic!("the end, after {seen:?}"),
            Err(_) => panic!("nothing more, after {seen:?}"),
        }
    }
}
