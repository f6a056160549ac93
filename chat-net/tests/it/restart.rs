//! A client across ends of its server that nobody planned: the store is all that is left, and everything that was
//! said is there once.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chat_core::{AccountAct, Anchor, Answer, Ask, Epoch, Event, Query, Role, RoomUser};
use chat_net::auth::{self, Accounts};
use chat_net::client::{Client, Events, Link, Notice, Options};
use chat_net::{AccountBook, Limits, Record, Recovered, Server, Store, StoreError};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::timeout;

use crate::hooked::{Hooked, Hooks};

/// How long anything may take. Never waited for, unless something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// When the store stands still, as if the power went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Never,
    /// Before it has the records.
    Before,
    /// When it has them, and has not said so.
    Behind,
}

/// What is there for one server after the other.
struct Kept {
    records: Mutex<Vec<Record>>,
    stop: Mutex<Stop>,
    stopped: Notify,
}

fn kept() -> Arc<Hooked<Kept>> {
    let (records, stop) = (Mutex::default(), Mutex::new(Stop::Never));
    Arc::new(Hooked::new(Kept { records, stop, stopped: Notify::new() }, &Limits::default()))
}

impl Kept {
    async fn stop_at(&self, here: Stop) {
        let stop = *self.stop.lock().unwrap();
        if stop == here {
            self.stopped.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Hooks for Kept {
    async fn recover(&self) -> Recovered {
        let records = self.records.lock().unwrap().clone();
        Recovered { epoch: Some(Epoch(1 << 40)), snapshot: None, records }
    }

    async fn before_append(&self, records: &[Record]) -> Result<(), StoreError> {
        self.stop_at(Stop::Before).await;
        self.records.lock().unwrap().extend(records.iter().cloned());
        Ok(())
    }

    async fn after_append(&self) {
        self.stop_at(Stop::Behind).await;
    }
}

/// A server in a runtime of its own, which can be dropped with everything in it.
struct Process {
    runtime: Runtime,
    addr: SocketAddr,
    book: AccountBook,
}

impl Process {
    fn start(store: &Arc<Hooked<Kept>>) -> Process {
        *store.hooks.stop.lock().unwrap() = Stop::Never;
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let server = Server::builder().listen("127.0.0.1:0").accounts(Accounts::Optional);
        let server = server.store(Arc::clone(store) as Arc<dyn Store>).start();
        // Waited for from a thread of its own, because the caller is in a runtime too.
        let server =
            std::thread::scope(|scope| scope.spawn(|| runtime.block_on(server)).join().unwrap()).unwrap();
        Process { addr: server.local_addrs()[0], book: server.account_book(), runtime }
    }

    /// Ends it wherever it is. When this returns nothing of it runs any more.
    fn kill(self) {
        let ended = std::thread::spawn(move || self.runtime.shutdown_timeout(PATIENCE)).join();
        ended.expect("it can be waited for outside of a runtime");
    }
}

/// A client that finds the server wherever it is.
async fn client(addr: &Arc<Mutex<SocketAddr>>, name: &str) -> (Client, Events) {
    client_of(addr, Options::named(name)).await
}

async fn client_of(addr: &Arc<Mutex<SocketAddr>>, mut options: Options) -> (Client, Events) {
    let addr = Arc::clone(addr);
    let dial = move || {
        let addr = *addr.lock().unwrap();
        async move { TcpStream::connect(addr).await.map(Link::over) }
    };
    options.backoff_min = Duration::from_millis(10);
    options.backoff_max = Duration::from_millis(50);
    timeout(PATIENCE, Client::dial(dial, options)).await.unwrap().unwrap()
}

/// What a client is told up to a body that ends it: the messages, and whether each session went on.
async fn heard(events: &mut Events, last: &str) -> (Vec<(u64, String)>, Vec<bool>) {
    let (mut said, mut resumed) = (Vec::new(), Vec::new());
    loop {
        match timeout(PATIENCE, events.next()).await.expect("it comes in time").expect("the client lives") {
            Notice::Connected(welcome) => resumed.push(welcome.resumed),
            Notice::Told(told) => match told.event {
                Event::Said { place, body, .. } => {
                    said.push((place.number.0, body.to_string()));
                    if body.as_str() == last {
                        return (said, resumed);
                    }
                }
                Event::Gap { .. } => panic!("nothing is missing"),
                _ => {}
            },
            Notice::Ended { why } => panic!("{why}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn what_was_asked_when_the_server_was_killed_is_taken_once() {
    let store = kept();
    let mut process = Process::start(&store);
    let addr = Arc::new(Mutex::new(process.addr));
    let (alice, mut alice_hears) = client(&addr, "alice").await;
    let (bob, mut bob_hears) = client(&addr, "bob").await;
    let first = alice.say("lobby", "one").await.unwrap();

    let mut receipts = vec![first.clone()];
    for (body, stop) in [("two", Stop::Before), ("three", Stop::Behind), ("four", Stop::Behind)] {
        *store.hooks.stop.lock().unwrap() = stop;
        let alice = alice.clone();
        let saying = tokio::spawn(async move { alice.say("lobby", body).await });
        timeout(PATIENCE, store.hooks.stopped.notified()).await.expect("the store is asked");
        process.kill();
        process = Process::start(&store);
        *addr.lock().unwrap() = process.addr;
        let receipt = timeout(PATIENCE, saying).await.expect("it comes in time").unwrap().unwrap();
        assert_eq!(receipt.place.epoch, first.place.epoch, "nothing was lost, so the numbering goes on");
        receipts.push(receipt);
    }
    receipts.push(bob.say("lobby", "the end").await.unwrap());

    let (alice_heard, sessions) = heard(&mut alice_hears, "the end").await;
    assert_eq!(sessions, [false, true, true, true]);
    let (bob_heard, sessions) = heard(&mut bob_hears, "the end").await;
    assert!(sessions[1..].iter().all(|resumed| *resumed), "he may have missed a server: {sessions:?}");
    let bodies = ["one", "two", "three", "four", "the end"].map(str::to_owned);
    let promised: Vec<_> = receipts.iter().map(|receipt| receipt.place.number.0).zip(bodies).collect();
    assert_eq!(alice_heard, promised);
    assert_eq!(bob_heard, promised);
    let history = bob.history("lobby", Anchor::Latest, 100).await.unwrap();
    let kept: Vec<_> =
        history.messages.iter().filter_map(|told| told.event.place()).map(|at| at.number.0).collect();
    assert_eq!(kept, receipts.iter().map(|receipt| receipt.place.number.0).collect::<Vec<_>>());
    process.kill();
}

/// Those of a room of whom something is remembered: name, role, banned, muted.
async fn standing(client: &Client, room: &str) -> Vec<(String, Role, bool, bool)> {
    match client.query(Query::Room { room: room.into() }).await.unwrap().1 {
        Answer::Room { users, .. } => {
            let told =
                |it: &RoomUser| (it.user.to_string(), it.role, it.banned.is_some(), it.muted.is_some());
            users.iter().map(told).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_was_done_about_accounts_when_the_server_was_killed_is_done_once() {
    let store = kept();
    let mut process = Process::start(&store);
    let addr = Arc::new(Mutex::new(process.addr));
    let password = Some(auth::hash(&"correct horse".into()).unwrap());
    let register = |name: &str| AccountAct::Register { name: name.into(), password: password.clone() };
    for name in ["owner", "friend", "foe", "loud", "chief"] {
        process.book.act(register(name)).await.unwrap();
    }
    let operator = AccountAct::SetOperator { name: "chief".into(), is_operator: true };
    process.book.act(operator).await.unwrap();
    let (owner, _events) = client_of(&addr, Options::named("owner").password("correct horse")).await;
    owner.join("court").await.unwrap();
    let (room, for_ms, reason) = (Arc::<str>::from("court"), None, None);
    let user = |name: &str| Arc::<str>::from(name);
    let asks = [
        Ask::SetRole { room: room.clone(), user: user("friend"), role: Role::Moderator },
        Ask::Ban { room: room.clone(), user: user("foe"), for_ms, reason: reason.clone() },
        Ask::Mute { room, user: user("loud"), for_ms, reason },
        Ask::Whisper { to: user("friend"), body: "for later".into() },
    ];
    for (ask, stop) in asks.into_iter().zip([Stop::Before, Stop::Behind, Stop::Behind, Stop::Behind]) {
        *store.hooks.stop.lock().unwrap() = stop;
        let owner = owner.clone();
        let asking = tokio::spawn(async move { owner.ask(ask).await });
        timeout(PATIENCE, store.hooks.stopped.notified()).await.expect("the store is asked");
        process.kill();
        process = Process::start(&store);
        *addr.lock().unwrap() = process.addr;
        timeout(PATIENCE, asking).await.expect("it comes in time").unwrap().unwrap();
    }
    let all = process.book.all().await.unwrap();
    let all: Vec<_> = all.iter().map(|it| (it.name.as_str(), it.is_operator, it.waiting)).collect();
    let (is_operator, nobody) = (true, false);
    let expected = [
        ("chief", is_operator, 0),
        ("foe", nobody, 0),
        ("friend", nobody, 1),
        ("loud", nobody, 0),
        ("owner", nobody, 0),
    ];
    assert_eq!(all, expected);
    let expected = [
        ("foe".to_owned(), Role::Member, true, false),
        ("friend".to_owned(), Role::Moderator, false, false),
        ("loud".to_owned(), Role::Member, false, true),
        ("owner".to_owned(), Role::Owner, false, false),
    ];
    assert_eq!(standing(&owner, "court").await, expected);

    // A registration of which nobody was told is there or not, and is not made a second time.
    for (stop, is_there) in [(Stop::Before, false), (Stop::Behind, true)] {
        let name = format!("{stop:?}");
        *store.hooks.stop.lock().unwrap() = stop;
        let (book, act) = (process.book.clone(), register(&name));
        let acting = tokio::spawn(async move { book.act(act).await });
        timeout(PATIENCE, store.hooks.stopped.notified()).await.expect("the store is asked");
        process.kill();
        assert!(acting.await.unwrap().is_err(), "nobody was told that it is done");
        process = Process::start(&store);
        *addr.lock().unwrap() = process.addr;
        assert_eq!(process.book.act(register(&name)).await.is_err(), is_there, "{stop:?}");
    }
    process.kill();
}
