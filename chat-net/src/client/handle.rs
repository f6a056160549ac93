//! The two ends that a program holds: `Client` asks, `Events` is told.

use std::future::Future;
use std::io;
use std::sync::Arc;

use chat_core::{Anchor, Answer, Ask, Event, Place, Query, RoomInfo, Timestamp, UserName};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use crate::client::driver::{Driver, Ends};
use crate::client::error::{AskError, ConnectError};
use crate::client::files::{Files, Sending};
use crate::client::link::{Dial, Link};
use crate::client::notice::Notice;
use crate::client::options::Options;
use crate::client::queue::{self, Receiver};
use crate::client::waiting::{Asking, Chore, Order, What};
use crate::codec::{Secret, Told};
use crate::socket::bound_unsent;

/// Orders that wait for the driver to look; behind them, askers wait.
const ORDERS: usize = 64;

/// What is said stands behind no more bytes of files than these and those that are on their way.
const UNSENT_BYTES: usize = 64 * 1024;

/// Asks and queries, answered. Cheap to clone; all clones are the same user.
///
/// While the link is broken, asks wait and go out when it is back. A future that is dropped leaves its ask on
/// its way, unless it was made while away and not sent yet: then it never is.
///
/// The client ends when it [quits](Client::quit), when the server does not want it back, or when all its
/// handles and [`Events`] are dropped.
#[derive(Clone, Debug)]
pub struct Client {
    orders: mpsc::Sender<Order>,
    quit: CancellationToken,
    user: Arc<str>,
    files: Arc<Files>,
}

/// What happens, in order. If nobody takes it, the client stops reading its link at the limit of
/// [`Options::events`]. Dropped, what would come is dropped too.
#[derive(Debug)]
pub struct Events(Receiver<Notice>);

/// That a message was taken: from here on it is in the room's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Its place.
    pub place: Place,
    /// When, by the server's clock.
    pub at: Timestamp,
}

/// A part of a room's past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryPage {
    /// The messages, oldest first.
    pub messages: Vec<Told>,
    /// Whether there are older ones: ask again before the number of the first of these.
    pub more: bool,
    /// Whether there are newer ones: ask again after the number of the last of these.
    pub newer: bool,
}

impl Client {
    /// Connects over TCP, or with the feature `tls` and `Options::tls` over TLS. The address is `host:port`; names are
    /// looked up again each time it reconnects.
    ///
    /// # Errors
    /// Says why there was no welcome; nothing is tried again by itself until there was one. A server that is not trusted
    /// ends a client that comes back, too.
    pub async fn connect(address: impl ToString, options: Options) -> Result<(Client, Events), ConnectError> {
        let address = address.to_string();
        #[cfg(feature = "tls")]
        let connector = options.tls.clone().map(crate::tls::Connector::new);
        let dial: Dial = Box::new(move || {
            let address = address.clone();
            #[cfg(feature = "tls")]
            let connector = connector.clone();
            Box::pin(async move {
                let stream = TcpStream::connect(&address).await?;
                stream.set_nodelay(true)?;
                // Without it the client works; what it says may stand behind more.
                let _ = bound_unsent(&SockRef::from(&stream), UNSENT_BYTES);
                #[cfg(feature = "tls")]
                if let Some(connector) = connector {
                    return Ok(Link::over(connector.connect(&address, stream).await?));
                }
                Ok(Link::over(stream))
            })
        });
        Client::start(dial, options).await
    }

    /// Connects over whatever `dial` opens; it is called again each time the client comes back.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn dial<F>(
        mut dial: impl FnMut() -> F + Send + 'static,
        options: Options,
    ) -> Result<(Client, Events), ConnectError>
    where
        F: Future<Output = io::Result<Link>> + Send + 'static,
    {
        let dial: Dial = Box::new(move || {
            let opening = dial();
            Box::pin(async move { Ok(opening.await?) })
        });
        Client::start(dial, options).await
    }

    /// Speaks the framed protocol over `io`. When that ends, the client ends.
    ///
    /// # Errors
    /// As [`Client::connect`].
    pub async fn over(
        io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        options: Options,
    ) -> Result<(Client, Events), ConnectError> {
        let mut link = Some(Link::over(io));
        let dial = move || std::future::ready(link.take().ok_or_else(|| io::ErrorKind::NotConnected.into()));
        Client::dial(dial, options.reconnect(false)).await
    }

    async fn start(dial: Dial, options: Options) -> Result<(Client, Events), ConnectError> {
        let (orders, receiver) = mpsc::channel(ORDERS);
        let (notices, events) = queue::queue(options.events);
        let quit = CancellationToken::new();
        let files = Files::new(options.waiting_file_bytes);
        let ends = Ends { orders: receiver, notices, quit: quit.clone(), files: Arc::clone(&files) };
        let (driver, link, welcome) = Driver::connect(dial, options, ends).await?;
        let user = Arc::clone(&welcome.user);
        tokio::spawn(driver.run(link, welcome));
        Ok((Client { orders, quit, user, files }, Events(events)))
    }

    /// The name, as the server shows it.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Asks for a change and waits for the answer, which is [told](Notice::Told) too if it is an event.
    ///
    /// # Errors
    /// It was refused, or nobody knows what became of it.
    pub async fn ask(&self, ask: Ask) -> Result<Told, AskError> {
        self.ask_to_send(ask, None).await
    }

    /// Offers a file that is sent if the offer is taken.
    pub(super) async fn offer(&self, ask: Ask, sending: Arc<Sending>) -> Result<Told, AskError> {
        self.ask_to_send(ask, Some(sending)).await
    }

    async fn ask_to_send(&self, ask: Ask, sends: Option<Arc<Sending>>) -> Result<Told, AskError> {
        let (reply, answer) = oneshot::channel();
        let asking = Asking { ask, reply, sends };
        self.orders.send(Order::Ask(asking)).await.map_err(|_| AskError::Closed)?;
        answer.await.unwrap_or(Err(AskError::Closed))
    }

    /// What the transfers of this client share.
    pub(super) fn files(&self) -> &Arc<Files> {
        &self.files
    }

    /// Asks to know something: gives the messages that were told for it, if any, and the end of the answer.
    /// After a broken link it is asked again.
    ///
    /// # Errors
    /// It was refused, or the client has ended.
    pub async fn query(&self, query: Query) -> Result<(Vec<Told>, Answer), AskError> {
        let (reply, answer) = oneshot::channel();
        self.orders.send(Order::Query { query, reply }).await.map_err(|_| AskError::Closed)?;
        answer.await.unwrap_or(Err(AskError::Closed))
    }

    /// Becomes a member of a room; gives who is in it.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn join(&self, room: impl AsRef<str>) -> Result<Told, AskError> {
        self.ask(Ask::Join { room: room.as_ref().into(), since: None }).await
    }

    /// Leaves a room.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn leave(&self, room: impl AsRef<str>) -> Result<Told, AskError> {
        self.ask(Ask::Leave { room: room.as_ref().into() }).await
    }

    /// Says something in a room.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn say(&self, room: impl AsRef<str>, body: impl AsRef<str>) -> Result<Receipt, AskError> {
        let ask = Ask::Say { room: room.as_ref().into(), body: body.as_ref().into() };
        receipt(&self.ask(ask).await?)
    }

    /// Says something to one user.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn whisper(&self, to: impl AsRef<str>, body: impl AsRef<str>) -> Result<Told, AskError> {
        self.ask(Ask::Whisper { to: to.as_ref().into(), body: body.as_ref().into() }).await
    }

    /// Sets a room's topic, or clears it with an empty one.
    ///
    /// # Errors
    /// As [`Client::ask`].
    pub async fn topic(&self, room: impl AsRef<str>, topic: impl AsRef<str>) -> Result<Receipt, AskError> {
        let ask = Ask::Topic { room: room.as_ref().into(), topic: topic.as_ref().into() };
        receipt(&self.ask(ask).await?)
    }

    /// All members of a room, or everybody, page by page, in the order of the names.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn users(&self, room: Option<&str>) -> Result<Vec<UserName>, AskError> {
        self.first_users(room, usize::MAX).await
    }

    /// As [`Client::users`], but of many only the first `most` in the order of the names: no page behind them is asked
    /// for.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn first_users(&self, room: Option<&str>, most: usize) -> Result<Vec<UserName>, AskError> {
        let mut all: Vec<UserName> = Vec::new();
        loop {
            let after = all.last().map(|user| user.as_str().into());
            let query = Query::Users { room: room.map(Into::into), after };
            let Answer::Users { users, more, .. } = self.query(query).await?.1 else {
                return Err(AskError::Unanswered);
            };
            let is_last = !more || users.is_empty();
            all.extend(users);
            if is_last || all.len() >= most {
                all.truncate(most);
                return Ok(all);
            }
        }
    }

    /// All rooms, page by page, in the order of the names.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn rooms(&self) -> Result<Vec<RoomInfo>, AskError> {
        let mut all: Vec<RoomInfo> = Vec::new();
        loop {
            let after = all.last().map(|info| info.room.as_str().into());
            match self.query(Query::Rooms { after }).await?.1 {
                Answer::Rooms { rooms, more, .. } => {
                    let more = more && !rooms.is_empty();
                    all.extend(rooms);
                    if !more {
                        return Ok(all);
                    }
                }
                _ => return Err(AskError::Unanswered),
            }
        }
    }

    /// Up to `limit` messages of a room, oldest first: the last ones, or those that `anchor` says.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn history(
        &self,
        room: impl AsRef<str>,
        anchor: Anchor,
        limit: u32,
    ) -> Result<HistoryPage, AskError> {
        match self.query(Query::History { room: room.as_ref().into(), anchor, limit }).await? {
            (messages, Answer::History { more, newer, .. }) => Ok(HistoryPage { messages, more, newer }),
            _ => Err(AskError::Unanswered),
        }
    }

    /// The newest messages, oldest first, that hold all of these words, in one room or in all rooms that the
    /// client is in; see [`Query::Search`] for what words can be.
    ///
    /// # Errors
    /// As [`Client::query`].
    pub async fn search(
        &self,
        words: impl AsRef<str>,
        room: Option<&str>,
        limit: u32,
    ) -> Result<HistoryPage, AskError> {
        let (words, room) = (words.as_ref().into(), room.map(Into::into));
        match self.query(Query::Search { words, room, before_time: None, limit }).await? {
            (messages, Answer::Search { more, .. }) => Ok(HistoryPage { messages, more, newer: false }),
            _ => Err(AskError::Unanswered),
        }
    }

    /// Changes the password of one's account. Its other sessions end; this one goes on. A client that was given a
    /// [password](Options::password) uses the new one from then on.
    ///
    /// # Errors
    /// As [`Client::ask`]: the old one is wrong (`bad_login`), the new one too short or too long (`weak_password`), or there
    /// is no account. If the link broke before the answer, nobody knows.
    pub async fn change_password(
        &self,
        old: impl Into<Secret>,
        new: impl Into<Secret>,
    ) -> Result<(), AskError> {
        self.account(What::Password { old: old.into(), new: new.into() }).await
    }

    /// Ends all other sessions of one's account: what holds their secrets does not come back by them.
    ///
    /// # Errors
    /// As [`Client::change_password`].
    pub async fn log_out_everywhere(&self) -> Result<(), AskError> {
        self.account(What::LogOutEverywhere).await
    }

    async fn account(&self, what: What) -> Result<(), AskError> {
        let (reply, answer) = oneshot::channel();
        let chore = Order::Account(Chore { what, reply });
        self.orders.send(chore).await.map_err(|_| AskError::Closed)?;
        answer.await.unwrap_or(Err(AskError::Closed))
    }

    /// Leaves the chat at once, for all clones of this handle, and waits until the client has ended. What was
    /// asked before and is not answered by then stays unanswered.
    pub async fn quit(&self) {
        self.quit.cancel();
        self.orders.closed().await;
    }
}

/// The place that an answer took.
fn receipt(told: &Told) -> Result<Receipt, AskError> {
    let taken = matches!(told.event, Event::Said { .. } | Event::TopicChanged { .. });
    match told.event.place() {
        Some(place) if taken => Ok(Receipt { place: place.clone(), at: told.at }),
        // No server of this protocol answers so.
        _ => Err(AskError::Unanswered),
    }
}

impl Events {
    /// The next notice; `None` after [`Notice::Ended`]. Cancel safe.
    pub async fn next(&mut self) -> Option<Notice> {
        self.0.next().await
    }
}
