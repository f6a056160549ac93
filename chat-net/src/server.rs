//! The server: builder, listeners, accepting, and a graceful end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use chat_core::{
    AccountAct, AccountInfo, Code, Config, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, NodeId, RestoreError,
};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::account_book::{AccountBook, AccountError};
use crate::admission::Admission;
use crate::auth::{Accounts, Attempts, Authenticate, AuthenticateChoice, Choices, Gate, GateChoice, Policy};
use crate::client::{Client, ConnectError, Events, Link, Options};
use crate::clock::Clock;
use crate::codec::Secret;
#[cfg(feature = "tls")]
use crate::conn::secure::Secure;
use crate::conn::{self, Browsers, Shared, io::Transport};
use crate::engine::{Engine, Input, Parts};
use crate::limits::Limits;
use crate::listen;
use crate::log::Local;
use crate::recover::{random_epoch, rebuild};
use crate::stats::{Counters, Observer, Stats};
use crate::store::{Memory, Store, StoreError};
use crate::transfer::Transfers;

/// What a pipe to a program of this process holds.
const PIPE_BYTES: usize = 64 * 1024;

/// How many inputs may wait for the engine; connections with more to say wait themselves.
const INBOX: usize = 1024;

/// Why a server could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address could not be listened on.
    #[error("cannot listen on {address}: {source}; is another program using it, or is it another machine's?")]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the system says.
        source: io::Error,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What the store kept is no chat.
    #[error("the store cannot be used: {0}")]
    Restore(#[from] RestoreError),
    /// The system gives no random bytes, so no secret could be made.
    #[error("the system gives no random bytes; sessions need them")]
    Random,
}

/// What a server is made of. Nothing happens until [`start`](ServerBuilder::start).
#[derive(Debug)]
#[must_use = "a server does nothing until it is started"]
pub struct ServerBuilder {
    addresses: Vec<String>,
    limits: Limits,
    core: Config,
    start_rooms: Vec<Arc<str>>,
    store: Option<StoreChoice>,
    trusted: bool,
    choices: Choices,
    #[cfg(feature = "web")]
    origins: Vec<String>,
    #[cfg(feature = "tls")]
    tls: Option<crate::tls::Tls>,
}

struct StoreChoice(Arc<dyn Store>);

impl std::fmt::Debug for StoreChoice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.durability())
    }
}

/// A chat server.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use chat_net::Server;
/// use std::time::Duration;
///
/// let server = Server::builder().listen("127.0.0.1:0").start().await?;
/// println!("try: nc 127.0.0.1 {}", server.local_addrs()[0].port());
/// server.shutdown(Duration::from_secs(10)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server(());

impl Server {
    /// A server with the defaults of every limit, that listens nowhere yet.
    pub fn builder() -> ServerBuilder {
        ServerBuilder {
            addresses: Vec::new(),
            limits: Limits::default(),
            core: Config::default(),
            start_rooms: vec!["lobby".into()],
            store: None,
            trusted: false,
            choices: Choices::default(),
            #[cfg(feature = "web")]
            origins: Vec::new(),
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl ServerBuilder {
    /// Listens on one more address, `HOST:PORT`; port 0 takes any free one.
    pub fn listen(mut self, address: impl Into<String>) -> ServerBuilder {
        self.addresses.push(address.into());
        self
    }

    /// Sets the limits of connections.
    pub fn limits(mut self, limits: Limits) -> ServerBuilder {
        self.limits = limits;
        self
    }

    /// Sets the limits of the chat itself. Its `epoch` is replaced: by the store's, or for a store that does
    /// not survive by a new one at every start.
    pub fn core(mut self, config: Config) -> ServerBuilder {
        self.core = config;
        self
    }

    /// Whether to lift the limits on how fast and how often: for benchmarks and closed machines.
    pub fn trusted(mut self, trusted: bool) -> ServerBuilder {
        self.trusted = trusted;
        self
    }

    /// The room that everyone starts in; `None` for no room. `lobby` if not set.
    pub fn start_room(mut self, room: Option<&str>) -> ServerBuilder {
        self.start_rooms = room.into_iter().map(Arc::from).collect();
        self
    }

    /// Keeps everything in this store instead of memory, and goes on with what it kept before.
    pub fn store(mut self, store: Arc<dyn Store>) -> ServerBuilder {
        self.store = Some(StoreChoice(store));
        self
    }

    /// Who needs an account to come in; nobody, if not set. It replaces `accounts_required` of [`core`](Self::core).
    pub fn accounts(mut self, accounts: Accounts) -> ServerBuilder {
        self.choices.accounts = accounts;
        self
    }

    /// Whether those who come may make accounts themselves; they may, if not set. Otherwise only
    /// [`account_book`](ServerHandle::account_book) makes them, and others are refused with `not_allowed`.
    pub fn registration(mut self, is_open: bool) -> ServerBuilder {
        self.choices.is_closed = !is_open;
        self
    }

    /// The server's own password: whoever has not said it gets no further than to it. Programs of
    /// [`join`](ServerHandle::join) need not say it. Only its hash is kept.
    pub fn password(mut self, password: &Secret) -> ServerBuilder {
        self.choices.password = Some(blake3::hash(password.expose().as_bytes()));
        self
    }

    /// Has this say who logs in, instead of passwords that the server keeps. Where [`accounts`](Self::accounts) is not set,
    /// nobody logs in.
    pub fn authenticate(mut self, authenticate: impl Authenticate) -> ServerBuilder {
        self.choices.authenticate = Some(AuthenticateChoice(Arc::new(authenticate)));
        self
    }

    /// Has this judge every ask before the log has it.
    pub fn gate(mut self, gate: impl Gate) -> ServerBuilder {
        self.choices.gate = Some(GateChoice(Arc::new(gate)));
        self
    }

    /// Lets pages of this origin (`https://chat.example.org`) connect, beside those of the server itself.
    #[cfg(feature = "web")]
    pub fn origin(mut self, origin: impl Into<String>) -> ServerBuilder {
        self.origins.push(origin.into());
        self
    }

    /// Speaks TLS on every address, and nothing else: who comes without it is told so and closed. What comes to
    /// [`serve_connection`](ServerHandle::serve_connection) may begin with TLS and need not.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: crate::tls::Tls) -> ServerBuilder {
        self.tls = Some(tls);
        self
    }

    /// Binds every address, then starts to accept on all of them. Runs on the current tokio runtime.
    ///
    /// # Errors
    /// The first address that cannot be listened on, or what the store kept cannot be used; each says why.
    /// Then nothing was started.
    pub async fn start(self) -> Result<ServerHandle, StartError> {
        let listeners =
            listen::on_each(&self.addresses, |address| listen::bind(address, &self.limits)).await?;
        let epoch = random_epoch().map_err(|_| StartError::Random)?;
        let limits = Arc::new(if self.trusted { self.limits.trusting() } else { self.limits });
        let store = self.store.map_or_else(|| Arc::new(Memory::new(&limits)) as Arc<dyn Store>, |it| it.0);
        let accounts_required = self.choices.accounts == Accounts::Required;
        let mut core = Config { accounts_required, ..self.core };
        // Nobody owns the rooms that everybody begins in.
        let begun_in: Vec<_> = self.start_rooms.iter().filter_map(|room| core.room_name(room).ok()).collect();
        core.server_rooms.extend(begun_in);
        let recovered = store.recover(&core).await?;
        let chat = rebuild(core, epoch, recovered)?;
        let last = chat.last_change();
        let node = NodeId(0);
        let next_session = chat.last_session(node).map_or(1, |session| session.counter() + 1);
        let (inputs, inbox) = mpsc::channel(INBOX);
        let connections = TaskTracker::new();
        let start_rooms: Arc<[Arc<str>]> = self.start_rooms.into();
        let start = Instant::now();
        let counters = Arc::new(Counters::default());
        let transfers = Arc::new(Transfers::new(&limits, Arc::clone(&counters)));
        let chunk_bytes = chat.config().chunk_bytes.clamp(MIN_CHUNK_BYTES, MAX_CHUNK_BYTES);
        let policy = Arc::new(Policy::new(self.choices, &limits, chat.config()));
        let parts = Parts {
            limits: Arc::clone(&limits),
            counters: Arc::clone(&counters),
            keys: Attempts::at_passwords(&limits),
            store,
            transfers: Arc::clone(&transfers),
            jobs: TaskTracker::new(),
            inputs: inputs.downgrade(),
            start,
            start_rooms: Arc::clone(&start_rooms),
        };
        let engine = Engine::new(chat, Local::after(last), node, parts, inbox);
        let shared = Arc::new(Shared {
            limits: Arc::clone(&limits),
            counters: Arc::clone(&counters),
            is_house: false,
            inputs,
            transfers,
            chunk_bytes: usize::try_from(chunk_bytes).unwrap_or(usize::MAX),
            ending: CancellationToken::new(),
            cut: CancellationToken::new(),
            node,
            next_session: Arc::new(AtomicU64::new(next_session)),
            start,
            started: Clock::after(last.at).now(),
            start_rooms,
            browsers: Arc::new(Browsers::new(Duration::from_millis(limits.browser_sniff_ms))),
            policy,
            #[cfg(feature = "web")]
            origins: self.origins.into(),
            #[cfg(feature = "web")]
            routes: crate::http::all_routes(),
            #[cfg(feature = "tls")]
            secure: self.tls.map(|tls| Secure { tls, is_required: true }),
        });
        let handle = ServerHandle {
            addresses: listen::addresses(&listeners),
            admission: Admission::new(limits, counters),
            engine: tokio::spawn(engine.run()),
            outcome: None,
            connections,
            house: house(&shared),
            lent: lent(&shared),
            shared,
        };
        for listener in listeners {
            handle.connections.spawn(accept(
                listener,
                Arc::clone(&handle.shared),
                Arc::clone(&handle.admission),
                handle.connections.clone(),
            ));
        }
        Ok(handle)
    }
}

/// The same for programs of this very process.
fn house(shared: &Shared) -> Arc<Shared> {
    Arc::new(Shared {
        limits: Arc::new(Limits::clone(&shared.limits).trusting()),
        is_house: true,
        #[cfg(feature = "tls")]
        secure: None,
        ..Shared::clone(shared)
    })
}

/// The same for connections that somebody else hands over.
fn lent(shared: &Shared) -> Arc<Shared> {
    Arc::new(Shared {
        #[cfg(feature = "tls")]
        secure: shared.secure.clone().map(|secure| Secure { is_required: false, ..secure }),
        ..Shared::clone(shared)
    })
}

/// A running server. Dropping it leaves the server running as long as the runtime does; end it with
/// [`shutdown`](ServerHandle::shutdown).
#[derive(Debug)]
pub struct ServerHandle {
    addresses: Vec<SocketAddr>,
    admission: Arc<Admission>,
    engine: JoinHandle<Result<(), StoreError>>,
    /// How the engine ended, once that is known.
    outcome: Option<Result<(), ServerError>>,
    connections: TaskTracker,
    shared: Arc<Shared>,
    /// The same for programs of this very process: their pace is their own business.
    house: Arc<Shared>,
    /// And for transports that an embedder hands over, whose protection is the embedder's business.
    lent: Arc<Shared>,
}

/// How a server failed to go on, or to end.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The store failed, so nothing more was accepted.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A fault of this program.
    #[error("the engine stopped by a fault of its own; please report it with the log")]
    Engine,
    /// Connections were still open at the deadline; they have been cut off.
    #[error("connections were still open at the deadline and were cut off")]
    Deadline,
}

impl ServerHandle {
    /// The addresses listened on, in the order they were given, with real ports.
    #[must_use]
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// How many passwords it has hashed.
    #[cfg(all(test, feature = "accounts"))]
    pub(crate) async fn hashed(&self) -> u32 {
        self.shared.policy.pool.hashed().await
    }

    /// What the server has done so far, and what there is now.
    ///
    /// ```
    /// # #[tokio::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # use chat_net::{Options, Server};
    /// let server = Server::builder().start().await?;
    /// let (bot, _events) = server.join(Options::named("bot")).await?;
    /// bot.say("lobby", "anybody there?").await?;
    /// let stats = server.stats();
    /// assert_eq!((stats.asks["say"], stats.open(), stats.rooms), (1, 1, 1));
    /// # Ok(server.shutdown(std::time::Duration::from_secs(1)).await?)
    /// # }
    /// ```
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.observer().stats()
    }

    /// What tells the same to others: to a task of its own, for example, also while the server ends.
    #[must_use]
    pub fn observer(&self) -> Observer {
        Observer {
            counters: Arc::clone(&self.shared.counters),
            admission: Arc::clone(&self.admission),
            ending: self.shared.ending.clone(),
            start: self.shared.start,
        }
    }

    /// What the routes of HTTP need when they are mounted elsewhere.
    #[cfg(feature = "web")]
    pub(crate) fn parts(&self) -> (Arc<Shared>, Arc<Admission>, TaskTracker) {
        (Arc::clone(&self.shared), Arc::clone(&self.admission), self.connections.clone())
    }

    /// Runs one connection over any transport, from its first byte to its last, as if it had been accepted.
    /// The task is the server's: shutdown waits for it.
    ///
    /// # Errors
    /// The limit that stands against one more connection.
    pub fn serve_connection<T: Transport>(&self, io: T) -> Result<(), Code> {
        let admitted = self.admission.admit(None)?;
        let halves = conn::io::other(Box::new(io));
        self.connections.spawn(conn::serve(Arc::clone(&self.lent), halves, admitted));
        Ok(())
    }

    /// Joins from this very process: a bot needs no socket. The same [`Client`] and [`Events`] as over a
    /// network, without the limits on how fast one may ask.
    ///
    /// # Errors
    /// As [`Client::connect`]: a name that is taken, for example.
    pub async fn join(&self, options: Options) -> Result<(Client, Events), ConnectError> {
        let (shared, admission) = (Arc::clone(&self.house), Arc::clone(&self.admission));
        let connections = self.connections.clone();
        let dial = move || {
            let (near, far) = tokio::io::duplex(PIPE_BYTES);
            let opened = if shared.ending.is_cancelled() {
                Err(std::io::ErrorKind::ConnectionRefused.into())
            } else {
                admission.admit(None).map_err(|code| std::io::Error::other(code.sentence()))
            };
            let opened = opened.map(|admitted| {
                let halves = conn::io::other(Box::new(far));
                connections.spawn(conn::serve(Arc::clone(&shared), halves, admitted));
                Link::over(near)
            });
            std::future::ready(opened)
        };
        Client::dial(dial, options).await
    }

    /// Its accounts, for others to look after: a task of its own, for example.
    #[must_use]
    pub fn account_book(&self) -> AccountBook {
        AccountBook::new(self.shared.inputs.clone())
    }

    /// Does something about an account; see [`AccountBook::act`].
    ///
    /// # Errors
    /// As there.
    pub async fn account(&self, act: AccountAct) -> Result<(), AccountError> {
        self.account_book().act(act).await
    }

    /// What there is to know of an account; `None` if there is none of that name, or the server has ended.
    pub async fn account_info(&self, name: &str) -> Option<AccountInfo> {
        self.account_book().find(name).await.ok().flatten()
    }

    /// Ready when the server can no longer go on by itself: its store failed. Cancel safe.
    ///
    /// # Errors
    /// What failed.
    pub async fn failed(&mut self) -> ServerError {
        self.ended().await.err().unwrap_or(ServerError::Engine)
    }

    /// How the engine ended, once it has. Cancel safe.
    async fn ended(&mut self) -> Result<(), ServerError> {
        if let Some(outcome) = &self.outcome {
            return outcome.clone();
        }
        let outcome = match (&mut self.engine).await {
            Ok(result) => result.map_err(ServerError::from),
            Err(_) => Err(ServerError::Engine),
        };
        self.outcome.insert(outcome).clone()
    }

    /// Ends the server: accepts no more connections and asks, answers everything earlier, tells everyone to
    /// come back later, and waits until all connections have been told, at most until `deadline`.
    ///
    /// # Errors
    /// [`ServerError::Deadline`] if some were cut off; a failure of the store that came before.
    pub async fn shutdown(mut self, deadline: Duration) -> Result<(), ServerError> {
        let until = Instant::now() + deadline;
        self.shared.ending.cancel();
        // An engine that has ended already needs no telling; one that is stuck in its store cannot be told.
        let _ = timeout_at(until, self.shared.inputs.send(Input::Shutdown)).await;
        self.connections.close();
        let ended = timeout_at(until, self.ended()).await;
        // A store that failed is told at once: nobody's reading is waited for.
        let until = if matches!(ended, Ok(Err(_))) { Instant::now() } else { until };
        let closed = timeout_at(until, self.connections.wait()).await;
        self.engine.abort();
        self.shared.cut.cancel();
        match (ended, closed) {
            (Ok(Err(error)), _) => Err(error),
            (Ok(Ok(())), Ok(())) => Ok(()),
            _ => Err(ServerError::Deadline),
        }
    }
}

async fn accept(
    listener: TcpListener,
    shared: Arc<Shared>,
    admission: Arc<Admission>,
    connections: TaskTracker,
) {
    let mut is_paused = false;
    loop {
        let accepted = tokio::select! {
            () = shared.ending.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                is_paused = false;
                admit(stream, peer, &shared, &admission, &connections);
            }
            Err(error) => {
                if !is_paused {
                    tracing::warn!(%error, "cannot accept, pausing; raise the limit of open files if it lasts");
                    is_paused = true;
                }
                // Whoever hung up before being accepted is no reason to wait; a lack of handles is.
                let _ = timeout(listen::PAUSE, shared.ending.cancelled()).await;
            }
        }
    }
}

fn admit(
    stream: TcpStream,
    peer: SocketAddr,
    shared: &Arc<Shared>,
    admission: &Arc<Admission>,
    connections: &TaskTracker,
) {
    match admission.admit(Some(peer.ip())) {
        Ok(admitted) => {
            tracing::debug!(%peer, "connection accepted");
            connections.spawn(conn::serve(Arc::clone(shared), conn::io::tcp(stream), admitted));
        }
        Err(code) => {
            tracing::debug!(%peer, reason = code.name(), "connection refused");
            match admission.refuse() {
                Some(refusing) => {
                    let shared = Arc::clone(shared);
                    let (source, drain, _) = conn::io::tcp(stream);
                    connections.spawn(async move {
                        conn::refuse(shared, (source, drain), code).await;
                        drop(refusing);
                    });
                }
                // It goes out at once or not at all: a flood of connections gets no tasks.
                None => drop(stream.try_write(&conn::farewell_at_once(shared, code))),
            }
        }
    }
}
