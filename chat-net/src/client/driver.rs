//! The task behind a client: it owns the mirror and the link, and brings the link back.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use chat_core::client::{Mirror, Reception};
use chat_core::{Ask, Code, Event, Query, RequestId, RoomName, Since, Timestamp, TransferId};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use crate::client::backoff::Backoff;
use crate::client::error::ConnectError;
use crate::client::files::{Files, Glance};
use crate::client::greet::{POSITION_BYTES, fitting, greet};
use crate::client::link::{self, Dial, Incoming, Link, Outgoing};
use crate::client::notice::{Notice, Why};
use crate::client::options::Options;
use crate::client::queue::Sender;
use crate::client::sleep::Sleep;
use crate::client::waiting::{Asking, Order, QueryReply, Waiting, What};
use crate::codec::{FromClient, FromServer, Hello, RoomPosition, Told, Welcome};
use crate::conn::same_room;
use crate::notice;

/// A link that held for so long was a good one: the pauses begin anew.
const STEADY: Duration = Duration::from_secs(10);

/// How long to listen for the reason after a link stopped taking what is sent.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What connects a driver with whoever it works for.
pub(super) struct Ends {
    pub(super) orders: mpsc::Receiver<Order>,
    pub(super) notices: Sender<Notice>,
    pub(super) quit: CancellationToken,
    pub(super) files: Arc<Files>,
}

/// How a pause ended.
enum Wake {
    InTime,
    /// The machine slept: the network it is in now, another one perhaps, was never tried.
    Slept,
}

pub(super) struct Driver {
    dial: Dial,
    options: Options,
    orders: mpsc::Receiver<Order>,
    notices: Sender<Notice>,
    quit: CancellationToken,
    files: Arc<Files>,
    mirror: Mirror,
    waiting: Waiting,
    /// The rooms that are yet to be joined: those of a lost session, and those that did not fit the hello.
    rejoin: VecDeque<Ask>,
    unanswered: usize,
    token: Arc<str>,
    sleep: Sleep,
    /// Attempts to come back that nobody waits for any more: a server that stood still may read one of them behind the one
    /// that came through, and hand the session to it.
    abandoned: usize,
    /// All handles that could order something are gone.
    is_orphan: bool,
}

impl Driver {
    /// Makes the first connection.
    pub(super) async fn connect(
        mut dial: Dial,
        mut options: Options,
        ends: Ends,
    ) -> Result<(Driver, Link, Box<Welcome>), ConnectError> {
        // Those that do not fit a hello are joined behind it.
        let (first, more) = match &options.rooms {
            Some(rooms) => {
                let (first, more) = rooms.split_at(fitting(rooms));
                (Some(first.iter().map(|room| room.as_str().into()).collect()), more)
            }
            None => (None, &[][..]),
        };
        let join = |room: &String| Ask::Join { room: room.as_str().into(), since: None };
        let rejoin = more.iter().map(join).collect();
        let hello = Hello { name: options.name.as_str().into(), rooms: first, ..Hello::default() };
        let (link, welcome) = greet(&mut dial, hello, &options).await?;
        // From now on there is the account.
        options.register = false;
        let unanswered = options.unanswered.min(welcome.limits.unanswered as usize).max(1);
        let Ends { orders, notices, quit, files } = ends;
        let sleep = Sleep::new(options.asleep);
        let driver = Driver {
            dial,
            options,
            orders,
            notices,
            quit,
            files,
            mirror: Mirror::new(unanswered),
            waiting: Waiting::default(),
            rejoin,
            unanswered,
            token: Arc::clone(&welcome.token),
            sleep,
            abandoned: 0,
            is_orphan: false,
        };
        Ok((driver, link, welcome))
    }

    /// Runs until the client ends.
    pub(super) async fn run(mut self, link: Link, welcome: Box<Welcome>) {
        let mut backoff = Backoff::new(self.options.backoff_min, self.options.backoff_max);
        let mut connected = (link, welcome);
        let why = loop {
            let (link, welcome) = connected;
            let since = Instant::now();
            let why = self.online(link, welcome).await;
            self.files.offline();
            self.waiting.lose_chores();
            if since.elapsed() >= STEADY {
                backoff.reset();
                self.abandoned = 0;
            }
            match self.come_back(why, &mut backoff).await {
                Ok(back) => connected = back,
                Err(why) => break why,
            }
        };
        tracing::debug!(%why, "client ended");
        self.notices.push(Notice::Ended { why });
        // Whoever still waits learns from the dropped replies that the client has ended.
    }

    /// Tries until there is a link again; or says what ends the client.
    async fn come_back(&mut self, mut why: Why, backoff: &mut Backoff) -> Result<(Link, Box<Welcome>), Why> {
        loop {
            if !self.options.reconnect || !self.may_come_back(&why) {
                return Err(why);
            }
            // Whatever failed before, failed before the sleep; and nobody waits for who has just woken up.
            let retry_in = match why {
                Why::Slept => {
                    backoff.reset();
                    Duration::ZERO
                }
                _ => backoff.pause(why.reconnect_after_ms()),
            };
            tracing::debug!(%why, ?retry_in, "disconnected");
            self.notices.push(Notice::Disconnected { why, retry_in });
            if let Wake::Slept = self.pause(retry_in).await? {
                backoff.reset();
            }
            match self.greet_again().await? {
                Ok(back) => return Ok(back),
                Err(error) => {
                    self.abandoned += usize::from(matches!(error, ConnectError::Timeout));
                    why = error.into();
                }
            }
        }
    }

    /// Whether coming back may help. A session that was revoked is over, but whoever can prove anew who it is was not meant:
    /// that is somebody else who had a copy of its secret. Who was logged out, or disabled, was. Whoever was replaced by an
    /// attempt of its own takes the session back from it.
    fn may_come_back(&mut self, why: &Why) -> bool {
        let is = |code: Code| why.code() == Some(code.number());
        if is(Code::Replaced) && self.abandoned > 0 {
            self.abandoned -= 1;
            return true;
        }
        why.is_retryable() || (is(Code::SessionRevoked) && self.options.password.is_some())
    }

    /// Waits, and queues what is ordered meanwhile.
    async fn pause(&mut self, retry_in: Duration) -> Result<Wake, Why> {
        let until = Instant::now() + retry_in;
        loop {
            tokio::select! {
                () = self.quit.cancelled() => return Err(Why::Quit),
                () = sleep_until(until) => return Ok(Wake::InTime),
                () = self.sleep.over() => return Ok(Wake::Slept),
                order = self.orders.recv(), if self.takes_orders() => self.queue(order),
                () = self.notices.taken(), if self.is_orphan => {}
            }
            if self.is_orphan && self.notices.is_unread() {
                return Err(Why::Quit);
            }
        }
    }

    /// One attempt to come back; what is ordered meanwhile waits in the channel.
    async fn greet_again(&mut self) -> Result<Result<(Link, Box<Welcome>), ConnectError>, Why> {
        let hello = Hello {
            name: self.options.name.as_str().into(),
            resume: Some(Arc::clone(&self.token)),
            positions: self.positions(),
            // If the session is lost, the mirror knows which rooms to join, and from where on.
            rooms: Some(Vec::new()),
            whispers: self.mirror.whispers(),
        };
        tokio::select! {
            () = self.quit.cancelled() => Err(Why::Quit),
            greeted = greet(&mut self.dial, hello, &self.options) => Ok(greeted),
        }
    }

    /// Where the copies of the rooms end. Those left out are told again from the join on, and the mirror
    /// drops what it has.
    fn positions(&self) -> Vec<RoomPosition> {
        let mut room_bytes = POSITION_BYTES;
        let fits = |(room, _): &(&RoomName, Since)| {
            let left = room_bytes.checked_sub(room.as_str().len() + size_of::<Since>() + 3);
            room_bytes = left.unwrap_or(0);
            left.is_some()
        };
        let position = |(room, since): (&RoomName, Since)| RoomPosition { room: room.as_str().into(), since };
        self.mirror.positions().take_while(fits).map(position).collect()
    }

    fn queue(&mut self, order: Option<Order>) {
        match order {
            None => self.is_orphan = true,
            Some(Order::Ask(asking)) => self.waiting.queue(asking),
            Some(Order::Account(chore)) => self.waiting.queue_chore(chore),
            Some(Order::Query { query, reply }) => {
                let id = self.mirror.unused_id();
                self.waiting.read(id, query, reply);
            }
        }
    }

    /// Whether one more ask or query may wait.
    fn takes_orders(&self) -> bool {
        !self.is_orphan
            && self.mirror.unanswered() + self.rejoin.len() + self.waiting.queued() < self.unanswered
            && self.waiting.reads() + self.waiting.chores() < self.unanswered
    }

    /// Whether somebody may be waiting for something else before they take another notice.
    fn is_awaited(&self, files: &Glance) -> bool {
        let is_asked = self.mirror.unanswered() > 0 || self.waiting.reads() + self.waiting.chores() > 0;
        is_asked || files.is_sending || files.is_receiving
    }

    /// Lives on one link until that ends, and says how it ended.
    async fn online(&mut self, link: Link, welcome: Box<Welcome>) -> Why {
        let Link { mut incoming, mut outgoing } = link;
        self.welcomed(welcome, &mut outgoing);
        self.sleep.restart();
        let mut heard = Instant::now();
        let mut is_pinged = false;
        loop {
            let files = self.files.glance();
            let reads = self.notices.has_room(self.is_awaited(&files)) && self.files.has_room();
            self.acknowledge(files.acknowledgements, &mut outgoing);
            let takes = self.takes_orders() && outgoing.has_room();
            // Talk goes first.
            let sends_chunk = files.has_chunk && (self.orders.is_empty() || !takes);
            let chunk = || if sends_chunk { self.files.next_chunk() } else { None };
            let silence = if is_pinged { self.options.dead_after } else { self.options.ping_after };
            tokio::select! {
                () = self.quit.cancelled() => return self.leave(incoming, outgoing).await,
                frame = incoming.next(files.is_receiving), if reads => {
                    heard = Instant::now();
                    is_pinged = false;
                    let frame = match frame {
                        Err(error) => return error.into(),
                        Ok(frame) => frame,
                    };
                    if let Err(why) = self.heard_all(frame, &mut incoming, &mut outgoing) {
                        return why;
                    }
                }
                sent = outgoing.drain(chunk), if sends_chunk || !outgoing.is_drained() => {
                    if let Err(error) = sent {
                        let why = self.last_words(&mut incoming, &mut outgoing).await;
                        return why.unwrap_or_else(|| Why::Io(Arc::new(error)));
                    }
                }
                order = self.orders.recv(), if takes => match order {
                    None => self.is_orphan = true,
                    Some(Order::Ask(asking)) => self.waiting.queue(asking),
                    Some(Order::Account(chore)) => self.waiting.queue_chore(chore),
                    Some(Order::Query { query, reply }) => self.query(query, reply, &mut outgoing),
                },
                () = self.notices.taken(), if !reads || self.is_orphan => {}
                () = self.files.stirred() => {}
                () = self.sleep.over(), if self.options.reconnect => return Why::Slept,
                () = sleep_until(heard + silence), if reads => {
                    if is_pinged {
                        return Why::Silent;
                    }
                    is_pinged = true;
                    self.push(&FromClient::Ping { nonce: 0 }, &mut outgoing);
                }
            }
            if !reads {
                // While nothing is read, the silence is this end's.
                heard = Instant::now();
            }
            if self.is_orphan && self.notices.is_unread() {
                return self.leave(incoming, outgoing).await;
            }
            self.advance(&mut outgoing);
        }
    }

    /// Sends what the disks have taken since.
    fn acknowledge(&mut self, acknowledgements: BTreeMap<TransferId, u64>, outgoing: &mut Outgoing) {
        for (transfer, offset) in acknowledgements {
            self.push(&FromClient::Received { transfer, offset }, outgoing);
        }
    }

    /// Takes a frame, and the chunks that came with it.
    fn heard_all(
        &mut self,
        frame: FromServer,
        incoming: &mut Incoming,
        outgoing: &mut Outgoing,
    ) -> Result<(), Why> {
        self.heard(frame, outgoing)?;
        while let Some(chunk) = incoming.chunk().map_err(Why::Protocol)? {
            self.files.chunk(&chunk).map_err(Why::Protocol)?;
        }
        Ok(())
    }

    /// Begins on a link: repeats what has no answer, or joins the rooms of the lost session again; then asks
    /// what was asked meanwhile.
    fn welcomed(&mut self, welcome: Box<Welcome>, outgoing: &mut Outgoing) {
        self.token = Arc::clone(&welcome.token);
        outgoing.set_limit(welcome.limits.frame_bytes);
        let room =
            |at: &RoomPosition| Some((RoomName::new(&at.room, chat_core::MAX_NAME_BYTES).ok()?, at.since));
        let rooms: Vec<(RoomName, Since)> = welcome.rooms.iter().filter_map(room).collect();
        let todo = self.mirror.welcomed(&welcome.user, welcome.resumed, &rooms);
        let welcome_resumed = welcome.resumed;
        self.files.online(&welcome.user, welcome.resumed);
        self.notices.push(Notice::Connected(welcome));
        todo.uncertain.into_iter().for_each(|id| self.waiting.lose(id));
        for (id, ask) in todo.repeat {
            self.push(&FromClient::Ask { id, ask }, outgoing);
        }
        if !welcome_resumed {
            // What waits there already was never asked; the mirror knows some of it, and from where on.
            let mut waiting = std::mem::replace(&mut self.rejoin, todo.rejoin.into());
            waiting.retain(|ask| !self.rejoin.iter().any(|known| joins_the_same(known, ask)));
            self.rejoin.append(&mut waiting);
        }
        self.advance(outgoing);
        for (id, query) in self.waiting.read_again() {
            self.push(&FromClient::Query { id, query }, outgoing);
        }
    }

    /// Sends the asks that wait, as many as may be unanswered at once; the rooms first.
    fn advance(&mut self, outgoing: &mut Outgoing) {
        while let Some(chore) = self.waiting.unqueue_chore() {
            let id = self.mirror.unused_id();
            let frame = chore.what.frame(id);
            self.waiting.chore(id, chore);
            self.push(&frame, outgoing);
        }
        while self.mirror.unanswered() < self.unanswered {
            let (ask, waits) = match self.rejoin.pop_front() {
                Some(ask) => (ask, None),
                None => match self.waiting.unqueue() {
                    Some(Asking { ask, reply, sends }) => (ask, Some((reply, sends))),
                    None => return,
                },
            };
            let Ok(id) = self.mirror.ask(ask.clone()) else { return };
            if let Some((reply, sends)) = waits {
                self.waiting.ask(id, reply, sends);
            }
            if let Ask::Accept { transfer, .. } = &ask {
                self.files.accepted(*transfer);
            }
            self.push(&FromClient::Ask { id, ask }, outgoing);
        }
    }

    fn query(&mut self, query: Query, reply: QueryReply, outgoing: &mut Outgoing) {
        let id = self.mirror.unused_id();
        self.waiting.read(id, query.clone(), reply);
        self.push(&FromClient::Query { id, query }, outgoing);
    }

    /// Sends a frame; what is too large for the server is refused here, in its words.
    fn push(&mut self, frame: &FromClient, outgoing: &mut Outgoing) {
        let id = match frame {
            FromClient::Ask { id, .. }
            | FromClient::Query { id, .. }
            | FromClient::Password { id, .. }
            | FromClient::LogOutEverywhere { id } => *id,
            _ => RequestId::NONE,
        };
        if let Err(error) = outgoing.push(frame) {
            let event = Event::Refused(link::refusal(error));
            // It cannot be broken: a refusal is no event of a room.
            let _ = self.told(Told { re: id, past: false, at: Timestamp::default(), event });
        }
    }

    fn heard(&mut self, frame: FromServer, outgoing: &mut Outgoing) -> Result<(), Why> {
        match frame {
            FromServer::Told(told) => self.told(told),
            FromServer::Answered { re, answer } => {
                self.waiting.answered(re, answer);
                Ok(())
            }
            FromServer::Ping { nonce } => {
                self.push(&FromClient::Pong { nonce }, outgoing);
                Ok(())
            }
            FromServer::Closing(closing) => Err(Why::Closed(closing)),
            FromServer::Done { re } => {
                if let Some(What::Password { new, .. }) = self.waiting.done(re)
                    && self.options.password.is_some()
                {
                    // The one that the client logs in with after the session, from now on.
                    self.options.password = Some(new);
                }
                Ok(())
            }
            FromServer::Pong { .. } | FromServer::Welcome(_) => Ok(()),
            FromServer::Chunk(chunk) => self.files.chunk(&chunk).map_err(Why::Protocol),
            FromServer::Credit(credit) => {
                self.files.credit(credit);
                Ok(())
            }
            FromServer::Stop { transfer, pass } => {
                self.files.stop(transfer, pass);
                Ok(())
            }
        }
    }

    fn told(&mut self, told: Told) -> Result<(), Why> {
        let Some(told) = self.waiting.collect(told) else { return Ok(()) };
        if let Event::Offered(offer) = &told.event
            && let Some(sending) = self.waiting.sends(told.re)
        {
            self.files.offered(offer, &sending);
        }
        let is_news = self.files.told(&told);
        let reception = self.mirror.told(told.re, told.past, &told.event);
        let is_awaited = self.waiting.answer(&told);
        let is_replaced = matches!(told.event, Event::Replaced {});
        let unheard =
            reception == Reception::Answer && !is_awaited && matches!(told.event, Event::Refused(_));
        if (reception.is_for_user() && is_news) || unheard {
            // An ask of the driver's own, a room joined again, is not for the user to recognise.
            let re = if is_awaited { told.re } else { RequestId::NONE };
            self.notices.push(Notice::Told(Told { re, ..told }));
        }
        match reception {
            Reception::Broken => Err(Why::Missing),
            // The session goes on over another connection: unless that is one of its own, taking it back would only begin a
            // quarrel.
            _ if is_replaced => Err(Why::Closed(notice::closing(Code::Replaced))),
            _ => Ok(()),
        }
    }

    /// The link takes nothing any more; the server may have said why before it closed.
    async fn last_words(&mut self, incoming: &mut Incoming, outgoing: &mut Outgoing) -> Option<Why> {
        let listen = async {
            while let Ok(frame) = incoming.next(false).await {
                if let Err(why) = self.heard(frame, outgoing) {
                    return Some(why);
                }
            }
            None
        };
        timeout(LAST_WORDS, listen).await.ok().flatten()
    }

    /// Says goodbye, and takes what still comes before the server's.
    async fn leave(&mut self, mut incoming: Incoming, mut outgoing: Outgoing) -> Why {
        self.push(&FromClient::Bye, &mut outgoing);
        let quit_wait = self.options.quit_wait;
        let goodbye = async {
            loop {
                tokio::select! {
                    frame = incoming.next(false) => {
                        let Ok(frame) = frame else { return Why::Quit };
                        match self.heard(frame, &mut outgoing) {
                            Err(Why::Closed(closing)) => return Why::Closed(closing),
                            Err(_) => return Why::Quit,
                            Ok(()) => {}
                        }
                    }
                    sent = outgoing.drain(|| None), if !outgoing.is_drained() => if sent.is_err() { return Why::Quit },
                }
            }
        };
        timeout(quit_wait, goodbye).await.unwrap_or(Why::Quit)
    }
}

impl Drop for Driver {
    /// Threads that wait for bytes must not wait for ever, whatever ends the client.
    fn drop(&mut self) {
        self.files.close();
    }
}

fn joins_the_same(a: &Ask, b: &Ask) -> bool {
    let joined = |ask: &Ask| match ask {
        Ask::Join { room, .. } | Ask::Enter { room, .. } => Some(Arc::clone(room)),
        _ => None,
    };
    joined(a).zip(joined(b)).is_some_and(|(a, b)| same_room(&a, &b))
}
