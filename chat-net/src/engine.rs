//! The one loop that owns the chat: takes what connections want in batches, applies it, hands it to the store,
//! and delivers it once the store has it; the next batch is applied meanwhile. Nobody else touches the state, so it has no lock.

use std::fmt;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chat_core::{
    AccountInfo, Ask, Chat, Code, Command, Detach, Event, Kind, NodeId, Number, Offer, Place, Query, Refusal,
    Rejection, RequestId, SessionId, Since, Target, TokenHash, UserName,
};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, timeout};
use tokio_util::task::TaskTracker;

use crate::auth::Attempts;
use crate::batch::{Batch, Item};
use crate::catch_up::{PageReply, Reached};
use crate::clock::{Clock, LogTime};
use crate::codec::text::Ignored;
use crate::codec::{Closing, FromServer, Hello, Told};
use crate::conn::outbox::Outbox;
use crate::conn::same_room;
use crate::fan_out::FanOut;
use crate::identity::{Act, By, Entered, Waiting, Whose};
use crate::limits::Limits;
use crate::log::{Entry, Log};
use crate::notice;
use crate::pipeline::Pipeline;
use crate::reads::UsersPage;
use crate::seal::seal;
use crate::stats::{Counters, Gauges};
use crate::store::{Store, StoreError};
use crate::table::{Table, close_outbox};
use crate::transfer::{Finding, Link, Start, Transfers};

/// What reaches the engine from connections, jobs and the server's handle.
#[derive(Debug)]
pub(crate) enum Input {
    /// A connection said hello.
    Connect(Box<Connect>),
    /// What one connection wants, in order.
    Requests { session: SessionId, requests: Vec<Request> },
    /// A connection is gone, or wants to go.
    Gone { session: SessionId, why: Detach, closing: Closing },
    /// A job has brought a connection's copy of a room up to here.
    Reached(Reached),
    /// A job could not read what it was to send.
    Unreadable { session: SessionId },
    /// Somebody wants to know of an account; what was asked for before is in the answer.
    Look { whose: Whose, reply: oneshot::Sender<Option<AccountInfo>> },
    /// Somebody wants to know of all accounts.
    LookThrough { reply: oneshot::Sender<Vec<AccountInfo>> },
    /// Something is to be done about an account.
    Act(Box<Act>),
    /// No more is taken; everything earlier is answered; then the loop ends.
    Shutdown,
}

/// A hello, with what the edge made for it.
pub(crate) struct Connect {
    pub(crate) session: SessionId,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) hello: Hello,
    pub(crate) by: By,
    pub(crate) token: Arc<str>,
    pub(crate) token_hash: TokenHash,
    pub(crate) resume_hash: Option<TokenHash>,
    /// Who is in, or the number of the refusal, which has been told.
    pub(crate) verdict: oneshot::Sender<Result<Entered, u16>>,
}

impl fmt::Debug for Connect {
    /// Never the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("session", &self.session)
            .field("hello", &self.hello)
            .field("by", &self.by)
            .finish_non_exhaustive()
    }
}

/// One thing that a connection wants.
#[derive(Debug)]
pub(crate) enum Request {
    Ask {
        id: RequestId,
        ask: Ask,
    },
    /// [`Ask::Enter`], with what wrong keys are counted by beside the user.
    Enter {
        id: RequestId,
        ask: Ask,
        address: Option<IpAddr>,
    },
    Query {
        id: RequestId,
        query: Query,
        /// For a person who may page on from there.
        page: PageReply,
    },
    /// Whether the session is in that room, after all that it asked before.
    IsMember {
        room: Arc<str>,
        reply: oneshot::Sender<bool>,
    },
    /// Who said a message, for one who wants it deleted. Not answered to whoever may not act in the room.
    Author {
        room: Arc<str>,
        number: Number,
        reply: oneshot::Sender<Option<UserName>>,
    },
    /// The number of what a person said last in a room, if that can be found.
    LastSaid {
        room: Arc<str>,
        reply: oneshot::Sender<Option<Number>>,
    },
    /// A person wants to see nothing of these users from now on.
    Ignore {
        ignored: Box<Ignored>,
    },
    /// [`Ask::Delete`], with what that gave.
    Delete {
        id: RequestId,
        room: Arc<str>,
        number: Number,
        author: Option<UserName>,
    },
    /// Something made at the edge, told behind the answers to what was asked before.
    Tell {
        bytes: Bytes,
    },
    /// A person wants to see a room's topic.
    ShowTopic {
        room: Arc<str>,
    },
}

/// How many inputs are taken, and roughly how many bytes of events are gathered, before they are delivered.
const BATCH_INPUTS: usize = 256;
const BATCH_BYTES: usize = 128 * 1024;

/// How often connections are looked at for silence and stuck outboxes.
const SWEEP: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Engine<L> {
    pub(crate) chat: Chat,
    pub(crate) log: L,
    pub(crate) node: NodeId,
    pub(crate) clock: Clock,
    log_time: LogTime,
    pub(crate) fan_out: FanOut,
    pub(crate) table: Table,
    pub(crate) parts: Parts,
    /// What waits for the store.
    pub(crate) pipeline: Pipeline,
    /// Batches to use again.
    pub(crate) spare: Vec<Batch>,
    /// What was delivered last is not written yet: it goes out with the next.
    pub(crate) is_held: bool,
    inbox: mpsc::Receiver<Input>,
    pub(crate) pages: Vec<UsersPage>,
    /// Who waits for something to be done about an account.
    pub(crate) acts: Vec<Waiting>,
    is_ending: bool,
}

/// What the engine shares with jobs and connections.
#[derive(Clone)]
pub(crate) struct Parts {
    pub(crate) limits: Arc<Limits>,
    pub(crate) counters: Arc<Counters>,
    /// At the keys of rooms. Apart from those at passwords, so that a key that was mistyped keeps nobody from a login.
    pub(crate) keys: Arc<Attempts>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) transfers: Arc<Transfers>,
    pub(crate) jobs: TaskTracker,
    pub(crate) inputs: mpsc::WeakSender<Input>,
    pub(crate) start: Instant,
    /// Rooms that a new session is put into if its hello names none.
    pub(crate) start_rooms: Arc<[Arc<str>]>,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl<L: Log> Engine<L> {
    pub(crate) fn new(chat: Chat, log: L, node: NodeId, parts: Parts, inbox: mpsc::Receiver<Input>) -> Self {
        let mut clock = Clock::after(chat.last_change().at);
        let log_time = LogTime::new(clock.now());
        let fan_out = FanOut::of(&chat);
        let engine = Engine {
            chat,
            log,
            node,
            clock,
            log_time,
            fan_out,
            table: Table::default(),
            pipeline: Pipeline::new(Arc::clone(&parts.counters)),
            parts,
            spare: Vec::new(),
            is_held: false,
            inbox,
            pages: Vec::new(),
            acts: Vec::new(),
            is_ending: false,
        };
        // What was there before this start is counted before anyone can ask.
        engine.publish();
        engine
    }

    /// Runs until [`Input::Shutdown`], or until every sender of inputs is gone.
    ///
    /// # Errors
    /// The store failed: nothing may be accepted any more. Connections have been told to come back.
    pub(crate) async fn run(mut self) -> Result<(), StoreError> {
        let mut inputs = Vec::with_capacity(BATCH_INPUTS);
        let mut sweep = tokio::time::interval(SWEEP);
        sweep.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let store = Arc::clone(&self.parts.store);
        let mut failed = pin!(async move { store.failed().await });
        let transfers = Arc::clone(&self.parts.transfers);
        // Whoever was attached when this node last ran has lost its connection.
        self.log.submit(Command::NodeUp { node: self.node });
        self.apply_waiting();
        while !self.is_ending {
            self.release()?;
            let deadline = self.chat.next_deadline().map(|at| self.log_time.when(at));
            tokio::select! {
                // What is due comes first: a server that always has input keeps time all the same.
                biased;
                () = sleep_until(deadline) => self.log.submit(Command::Tick),
                _ = sweep.tick() => self.sweep(),
                () = transfers.due() => transfers.look(),
                kept = self.pipeline.oldest_kept() => {
                    kept?;
                    self.deliver_kept();
                }
                error = &mut failed => return Err(error),
                count = self.inbox.recv_many(&mut inputs, BATCH_INPUTS), if self.pipeline.has_room() => {
                    self.is_ending |= count == 0;
                }
                entry = self.log.next() => self.apply(entry),
            }
            for input in inputs.drain(..) {
                self.take(input);
                self.apply_waiting();
                if self.fan_out.batch.bytes > BATCH_BYTES {
                    self.release()?;
                }
            }
            self.apply_waiting();
        }
        self.settle().await?;
        self.end().await
    }

    fn take(&mut self, input: Input) {
        match input {
            Input::Connect(connect) => self.connect(*connect),
            Input::Requests { session, requests } => {
                for request in requests {
                    self.request(session, request);
                    self.apply_waiting();
                }
            }
            Input::Gone { session, why, closing } => {
                self.log.submit(Command::Detach { session, why });
                self.apply_waiting();
                self.fan_out.push(Item::Close { session, closing, keep_talk: true });
            }
            Input::Reached(reached) => self.reached(reached),
            Input::Unreadable { session } => {
                self.drop_session(session, &notice::closing(crate::catch_up::FAILED));
            }
            Input::Look { whose, reply } => self.look(&whose, reply),
            // Whoever is gone needs no answer.
            Input::LookThrough { reply } => drop(reply.send(self.chat.accounts().collect())),
            Input::Act(act) => self.act(*act),
            Input::Shutdown => self.is_ending = true,
        }
    }

    fn apply_waiting(&mut self) {
        while let Some(entry) = self.log.try_next() {
            self.apply(entry);
        }
    }

    fn request(&mut self, session: SessionId, request: Request) {
        match &request {
            Request::Ask { ask, .. } | Request::Enter { ask, .. } => self.parts.counters.asked(ask),
            Request::Query { query, .. } => self.parts.counters.queried(query),
            Request::Delete { room, number, .. } => {
                self.parts.counters.asked(&Ask::Delete { room: Arc::clone(room), number: *number });
            }
            _ => {}
        }
        match request {
            Request::Ask { id, ask } if self.is_out_of_space(session, id, &ask) => {
                let refusal = notice::refusal(Code::StorageFull);
                let frame = Box::new(notice::refused(id, self.clock.now(), refusal));
                self.at_once(Item::One { to: session, frame, own: false });
            }
            Request::Ask { id, ask } => self.ask(session, id, ask),
            Request::Enter { id, ask, address } => self.enter(session, id, ask, address),
            Request::Query { id, query, page } => self.query(session, id, query, page),
            Request::Author { room, number, reply } => self.look_up_author(session, &room, number, reply),
            Request::LastSaid { room, reply } => self.look_up_last(session, &room, reply),
            Request::Ignore { ignored } => self.table.ignore(session, *ignored),
            Request::Delete { id, room, number, author } => {
                self.log.submit(Command::Delete { from: session, request: id, room, number, author });
            }
            Request::IsMember { room, reply } => {
                let value = self.chat.member_place(session, &room).is_ok();
                self.fan_out.push(Item::Reply { to: reply, value });
            }
            Request::Tell { bytes } => self.fan_out.push(Item::Ready { to: session, bytes }),
            Request::ShowTopic { room } => self.show_topic(session, &room),
        }
    }

    fn ask(&mut self, session: SessionId, id: RequestId, ask: Ask) {
        match ask.seal(self.chat.config(), seal) {
            Ok(sealed) => {
                let ask = sealed.unwrap_or(ask);
                self.log.submit(Command::Ask { from: session, request: id, ask });
            }
            Err(rejection) => self.refuse(session, id, &rejection),
        }
    }

    /// Takes a key of a room. Whoever guesses soon has to wait before the next guess. What was answered before tries
    /// nothing; what is refused for anything else was no guess.
    fn enter(&mut self, session: SessionId, id: RequestId, ask: Ask, address: Option<IpAddr>) {
        if !self.chat.is_new(session, id) {
            return self.ask(session, id, ask);
        }
        let user = self.chat.user(session).map(ToString::to_string);
        match self.parts.keys.begin(user.as_deref(), address) {
            Ok(attempt) => {
                self.fan_out.bad_key = false;
                self.ask(session, id, ask);
                self.apply_waiting();
                if !self.fan_out.bad_key {
                    attempt.unjudged();
                }
            }
            Err(wait) => {
                let refusal = notice::come_later("too many wrong keys", wait);
                let frame = Box::new(notice::refused(id, self.clock.now(), refusal));
                self.fan_out.push(Item::One { to: session, frame, own: false });
            }
        }
    }

    /// Whether an ask would be kept for good, or begin something, and the store has no space for it. The repeat of one
    /// that was answered needs none. Its request id is not used up: the ask was never in the log.
    ///
    /// Transfers that were offered earlier go on, and end: what the log has to know of them is small.
    fn is_out_of_space(&self, session: SessionId, id: RequestId, ask: &Ask) -> bool {
        matches!(ask, Ask::Say { .. } | Ask::Whisper { .. } | Ask::Topic { .. } | Ask::Offer { .. })
            && !self.parts.store.has_space()
            && self.chat.is_new(session, id)
    }

    pub(crate) fn apply(&mut self, entry: Entry) {
        self.log_time.stamped(entry.stamp.at);
        let since = match &entry.command {
            Command::Ask { ask: Ask::Join { since, .. } | Ask::Enter { since, .. }, .. } => *since,
            _ => None,
        };
        self.fan_out.begin(since);
        let verdict = self.chat.apply(entry.stamp, &entry.command, &mut self.fan_out);
        match (entry.command, verdict) {
            (Command::Ask { from, request, .. } | Command::Delete { from, request, .. }, Err(rejection)) => {
                self.fan_out.bad_key = rejection.code() == Code::BadKey;
                self.refuse(from, request, &rejection);
            }
            (Command::Ask { .. }, Ok(())) => {
                self.entered(since);
                self.accepted();
            }
            (Command::Attach { session, .. } | Command::LogIn { session, .. }, Err(rejection)) => {
                self.turn_away(session, &rejection);
            }
            // Unless a secret came back that was used up: then nobody is attached.
            (Command::Attach { session, .. } | Command::LogIn { session, .. }, Ok(()))
                if self.chat.user(session).is_some() =>
            {
                self.attached(session);
                // Behind its welcome: a sender is told at once how far its passes may go.
                if let Some((from, to)) = self.fan_out.moved.take() {
                    self.fan_out.push(Item::Moved { from, to });
                }
            }
            (Command::Account { act, .. }, verdict) => self.acted(&act, verdict),
            _ => {}
        }
    }

    /// A connection gets no session. What is said in a code that ends connections ends it.
    pub(crate) fn turn_away(&mut self, session: SessionId, rejection: &Rejection) {
        let refusal = Refusal::from(rejection);
        self.fan_out.push(match refusal.kind() {
            Kind::Closed | Kind::ClosedComeBack => {
                let closing = notice::closing_saying(rejection.code(), &refusal.message);
                Item::Close { session, closing, keep_talk: true }
            }
            Kind::Refused | Kind::RefusedForNow => Item::Reject { session, refusal },
        });
    }

    pub(crate) fn refuse(&mut self, session: SessionId, re: RequestId, rejection: &Rejection) {
        let at = self.clock.now();
        let frame = Box::new(notice::refused(re, at, rejection.into()));
        self.fan_out.push(Item::One { to: session, frame, own: false });
    }

    /// A membership began: the newcomer gets the last messages, or what it missed since it was there.
    fn entered(&mut self, since: Option<Since>) {
        let Some((session, epoch)) = self.fan_out.entered.take() else { return };
        let Some((head, _)) = self.chat.memberships(session).find(|(place, _)| place.epoch == epoch) else {
            return;
        };
        self.fan_out.push(match since {
            Some(since) => Item::CatchUp { session, from: self.visible_from(session, &head), head, since },
            None => Item::Recent { session, from: self.visible_from(session, &head), head },
        });
    }

    /// The first number of a room that a member may read; what is no member's reads nothing.
    pub(crate) fn visible_from(&self, session: SessionId, head: &Place) -> Number {
        self.chat.visible_from(session, &head.room).unwrap_or(head.number.next())
    }

    /// A receiver takes a file: once that is kept, and told, its bytes may flow.
    fn accepted(&mut self) {
        let Some((transfer, receiver, from)) = self.fan_out.accepted.take() else { return };
        let (Some(info), Some(sender)) = (self.chat.transfer(transfer), self.chat.transfer_sender(transfer))
        else {
            return;
        };
        let Offer { size, chunk_bytes, ref to, hash, .. } = info.offer;
        let is_room = matches!(to, Target::Room(_));
        let is_hashed = hash.is_some();
        let start = Start { transfer, size, chunk_bytes, is_room, sender, is_hashed };
        self.fan_out.push(Item::Link(Link { start, receiver, from }));
    }

    /// A session is attached. A new one is put into its first rooms; a resumed one gets what it missed.
    fn attached(&mut self, session: SessionId) {
        let Some(joining) = self.table.conns.get(&session).and_then(|conn| conn.joining.as_deref()) else {
            return;
        };
        let hello = &joining.hello;
        let is_resumed = self.fan_out.resumed;
        if !is_resumed {
            for room in hello.rooms.as_deref().unwrap_or(&self.parts.start_rooms) {
                let ask = Ask::Join { room: Arc::clone(room), since: None };
                self.log.submit(Command::Ask { from: session, request: RequestId::NONE, ask });
            }
            return;
        }
        let mut items = Vec::new();
        for (head, came_at) in self.chat.memberships(session) {
            let told = hello.positions.iter().find(|position| same_room(&position.room, head.room.as_str()));
            let since = told.map_or(Since { epoch: head.epoch, number: came_at }, |position| position.since);
            items.push(Item::Behind { session, epoch: head.epoch });
            items.push(Item::CatchUp { session, from: self.visible_from(session, &head), head, since });
        }
        for (stamp, event) in self.chat.whispers_after(session, hello.whispers) {
            let told = Told { re: RequestId::NONE, past: true, at: stamp.at, event: event.clone() };
            items.push(Item::One { to: session, frame: Box::new(FromServer::Told(told)), own: false });
        }
        items.into_iter().for_each(|item| self.fan_out.push(item));
    }

    /// A job has sent everything up to a place: if that is still the end, the room is live from here on.
    fn reached(&mut self, reached: Reached) {
        let mut heads = self.chat.memberships(reached.session).map(|(head, _)| head);
        let head = heads.find(|head| head.epoch == reached.place.epoch);
        self.fan_out.push(match head {
            Some(head) if head.number > reached.place.number => Item::Continue { reached, head },
            _ => Item::Level(reached),
        });
    }

    /// Ends a connection; its session lingers and can be resumed.
    pub(crate) fn drop_session(&mut self, session: SessionId, closing: &Closing) {
        tracing::debug!(session = session.as_u64(), reason = &*closing.reason, "connection let go");
        self.table.close(session, closing, false);
        self.log.submit(Command::Detach { session, why: Detach::Drop });
    }

    /// Looks at every connection: pings the silent, lets go of the dead and the stuck.
    fn sweep(&mut self) {
        // What waits for the next commit waits no longer than this, should the store be stuck.
        self.table.flush(&self.parts.counters);
        self.parts.counters.looked_at(self.table.waiting(), self.parts.store.has_space());
        let limits = Arc::clone(&self.parts.limits);
        let now = Instant::now();
        let now_ms = elapsed_ms(self.parts.start, now);
        let patience_ms = limits.dead_after_ms.saturating_sub(limits.ping_after_ms);
        let mut lost = Vec::new();
        for (session, conn) in &mut self.table.conns {
            let heard_ms = conn.outbox.heard_ms();
            let silent_ms = now_ms.saturating_sub(heard_ms);
            let answers = conn.outbox.form.answers_pings();
            if conn.outbox.is_stuck(now) {
                lost.push((*session, Code::SlowReader));
            } else if answers
                && conn.pinged_ms > heard_ms
                // Counted from the ping: if it was this process that slept, nobody has been asked yet.
                && now_ms.saturating_sub(conn.pinged_ms) >= patience_ms
            {
                lost.push((*session, Code::NoAnswer));
            } else if answers && silent_ms >= limits.ping_after_ms && conn.pinged_ms <= heard_ms {
                conn.pinged_ms = now_ms.max(heard_ms + 1);
                conn.ping(now_ms);
            }
        }
        // In the order of the ids, so that what is told does not depend on the map.
        lost.sort_unstable();
        for (session, code) in lost {
            self.drop_session(session, &notice::closing(code));
        }
        self.sweep_transfers();
        self.tell_lingering();
    }

    /// Tells each room where that has changed who lingers there.
    fn tell_lingering(&mut self) {
        for (room, left) in self.fan_out.lingering.take(&self.chat) {
            let Some((Place { room, epoch, .. }, users)) = self.chat.lingering(room) else { continue };
            if let Some(users) = self.fan_out.lingering.news(epoch, users, left) {
                let members = self.chat.members(&room).unwrap_or_default();
                let event = Event::Lingering { room: Some(room), users };
                let told = Told { re: RequestId::NONE, past: false, at: self.clock.now(), event };
                self.fan_out.tell(epoch, told, members);
            }
        }
    }

    /// Says what there is now, for those who count it.
    pub(crate) fn publish(&self) {
        let (named, rooms) = self.chat.counts();
        let transfers = self.chat.unfinished_transfers();
        self.parts.counters.publish(Gauges { attached: self.table.attached, named, rooms, transfers });
    }

    /// Tells the log how far the copies are that run, and who has been silent for too long.
    fn sweep_transfers(&mut self) {
        for finding in self.parts.transfers.sweep() {
            match finding {
                // Worth nothing once it is old: no reason to fill a disk that is full.
                Finding::Progress { .. } if !self.parts.store.has_space() => {}
                Finding::Progress { transfer, session, offset } => {
                    self.log.submit(Command::Progress { transfer, session, offset });
                }
                Finding::Stall { transfer, session } => {
                    self.log.submit(Command::Stall { transfer, session });
                }
            }
        }
    }

    /// Waits for the jobs that send what was asked for earlier, as long as their readers keep up.
    async fn finish_jobs(&mut self) -> Result<(), StoreError> {
        let jobs = self.parts.jobs.clone();
        jobs.close();
        let patience = Duration::from_millis(self.parts.limits.shutdown_ms / 4);
        let mut done = pin!(timeout(patience, jobs.wait()));
        loop {
            let input = tokio::select! {
                biased;
                Some(input) = self.inbox.recv() => input,
                _ = &mut done => return Ok(()),
            };
            // Whoever asks something now is told by the farewell that it was too late.
            if let Input::Reached(_) | Input::Unreadable { .. } = input {
                self.take(input);
                self.apply_waiting();
                self.settle().await?;
            }
        }
    }

    /// Everything earlier has been delivered: says goodbye to everyone.
    async fn end(mut self) -> Result<(), StoreError> {
        self.finish_jobs().await?;
        let closing = notice::going_away(self.parts.limits.reconnect_after_ms);
        let sessions: Vec<SessionId> = self.table.conns.keys().copied().collect();
        for session in sessions {
            self.table.close(session, &closing, true);
        }
        self.log.submit(Command::NodeDown { node: self.node });
        self.apply_waiting();
        self.settle().await?;
        self.parts.store.close().await
    }
}

impl<L> Drop for Engine<L> {
    /// However it ended, nobody is left connected to nothing.
    fn drop(&mut self) {
        self.parts.counters.engine_is_over();
        let closing = notice::going_away(self.parts.limits.reconnect_after_ms);
        for conn in self.table.conns.values() {
            close_outbox(&conn.outbox, &closing, true);
        }
    }
}

pub(crate) fn elapsed_ms(start: Instant, now: Instant) -> u64 {
    u64::try_from(now.saturating_duration_since(start).as_millis()).unwrap_or(u64::MAX)
}

async fn sleep_until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}
