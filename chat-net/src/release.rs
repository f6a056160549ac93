//! The second half of a batch: once the store has it, it is delivered, in order.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use bytes::{Bytes, BytesMut};
use chat_core::{Asker, Code, Epoch, Event, Number, Place, RequestId, SessionId, Since, UserName};

use crate::batch::{Batch, Item};
use crate::catch_up::{Reached, Reader, Stop};
use crate::codec::text::Ignored;
use crate::codec::{Form, FromServer, RoomPosition, Told, Welcome, WireLimits};
use crate::engine::{Engine, Input, Parts};
use crate::fan_out::is_echo;
use crate::identity::Entered;
use crate::log::Log;
use crate::notice;
use crate::store::StoreError;
use crate::transfer::Link;

/// From so many connections on it pays to write once for two batches.
const CROWD: usize = 256;

/// How many empty batches are kept for use, with the room that they have.
const SPARE: usize = 4;

/// A run of events in one form: encoded once, shared by all recipients.
struct Encoded {
    bytes: Bytes,
    /// Where each event ends, for those who asked for one of them and get another copy of it.
    ends: Vec<usize>,
}

impl<L: Log> Engine<L> {
    /// Hands what was gathered to the store, and delivers everything that it has by now.
    pub(crate) fn release(&mut self) -> Result<(), StoreError> {
        while !self.fan_out.batch.is_empty() {
            let next = self.spare.pop().unwrap_or_default();
            let batch = std::mem::replace(self.fan_out.take(), next);
            self.pipeline.push(&self.parts.store, batch)?;
            self.deliver_kept();
        }
        Ok(())
    }

    /// Delivers every batch that the store has, up to the first that it does not have yet.
    pub(crate) fn deliver_kept(&mut self) {
        while let Some(mut batch) = self.pipeline.pop_kept() {
            self.deliver(&mut batch);
            batch.clear();
            if self.spare.len() < SPARE {
                self.spare.push(batch);
            }
        }
        self.publish();
        // Every write to a socket costs more than all that is done for it. If many are due, and more for them is
        // on its way into the store, one write takes both: it waits for one commit, and no longer.
        self.is_held = !self.is_held && self.table.dirty() >= CROWD && !self.pipeline.is_empty();
        if !self.is_held {
            self.table.flush(&self.parts.counters);
        }
        self.let_go_of_overflowed();
    }

    /// Delivers something that tells of nothing new, past all that waits for the store: on a full disk that may
    /// be long.
    pub(crate) fn at_once(&mut self, item: Item) {
        self.deliver(&mut Batch { items: vec![item], ..Batch::default() });
        self.table.flush(&self.parts.counters);
    }

    /// Waits until everything so far is kept and delivered.
    pub(crate) async fn settle(&mut self) -> Result<(), StoreError> {
        loop {
            self.release()?;
            if self.pipeline.is_empty() {
                return Ok(());
            }
            self.pipeline.oldest_kept().await?;
            self.deliver_kept();
        }
    }

    fn let_go_of_overflowed(&mut self) {
        let overflowed = std::mem::take(&mut self.table.overflowed);
        for session in overflowed {
            if self.table.conns.contains_key(&session) {
                self.drop_session(session, &notice::closing(Code::SlowReader));
            }
        }
        while let Some(entry) = self.log.try_next() {
            self.apply(entry);
        }
    }

    fn deliver(&mut self, batch: &mut Batch) {
        for item in batch.items.drain(..) {
            match item {
                Item::Segment { tolds, audience, epoch } => {
                    self.segment(&batch.tolds[tolds], &batch.audiences[audience], epoch);
                }
                Item::One { to, frame, own } => self.one(to, &frame, own),
                Item::Ready { to, bytes } => self.table.push(to, bytes),
                Item::Welcome { to, resumed, user, rooms } => self.welcome(to, resumed, &user, &rooms),
                Item::Reject { session, refusal } => {
                    self.parts.counters.refused(refusal.code);
                    let code = refusal.code;
                    let frame = notice::refused(RequestId::NONE, self.clock.now(), refusal);
                    self.table.tell(session, &frame, false);
                    self.table.flush(&self.parts.counters);
                    let joining = self.table.conns.remove(&session).and_then(|conn| conn.joining);
                    reply(joining.map(|joining| joining.verdict), Err(code));
                }
                Item::Behind { session, epoch } => {
                    if let Some(conn) = self.table.conns.get_mut(&session) {
                        conn.fall_behind(epoch);
                    }
                }
                Item::PutOut { session, epoch, told } => self.put_out(session, epoch, *told),
                Item::Left { session, epoch } => {
                    if let Some(conn) = self.table.conns.get_mut(&session) {
                        conn.be_level(epoch);
                    }
                }
                Item::CatchUp { session, head, since, from } => {
                    self.catch_up(session, head, Owed::Missed(since, from));
                }
                Item::Recent { session, head, from } => self.catch_up(session, head, Owed::Recent(from)),
                Item::Continue { reached, .. } | Item::Level(reached) if reached.stop.is_set() => {}
                Item::Continue { reached, head } => {
                    let since = Since { epoch: head.epoch, number: reached.place.number };
                    // It has come to where it may read.
                    self.catch_up(reached.session, head, Owed::Missed(since, Number(1)));
                }
                Item::Level(reached) => self.level(reached),
                Item::History { session, read } => {
                    let Some(reader) = self.reader(session, Stop::default()) else { continue };
                    self.run_job(session, async move { reader.history(read).await.map(|()| None) });
                }
                Item::Search { session, read } => {
                    let Some(reader) = self.reader(session, Stop::default()) else { continue };
                    let Some(conn) = self.table.conns.get_mut(&session) else { continue };
                    let turn = conn.search_turn();
                    self.run_job(session, async move {
                        // Never closed.
                        let _turn = turn.acquire().await;
                        reader.search(read).await.map(|()| None)
                    });
                }
                Item::LastSaid { place, from, user, reply } => self.find_last(&place, from, user, reply),
                Item::Reply { to, value } => reply(Some(to), value),
                Item::Verdict { to, verdict } => reply(Some(to), verdict),
                Item::Link(link) => self.link(link),
                Item::Unlink { transfer, session } => self.parts.transfers.unlink(transfer, session),
                Item::Hashed { transfer } => self.parts.transfers.hashed(transfer),
                Item::EndTransfer { transfer } => self.parts.transfers.close(transfer),
                Item::Lost { session } => self.parts.transfers.lost(session),
                Item::Moved { from, to } => {
                    let outbox = self.table.conns.get(&to).map(|conn| &conn.outbox);
                    self.parts.transfers.moved(from, to, outbox);
                }
                Item::Close { session, closing, keep_talk } => {
                    self.table.close(session, &closing, keep_talk);
                }
            }
        }
    }

    fn one(&mut self, to: SessionId, frame: &FromServer, own: bool) {
        let is_there = self.table.tell(to, frame, own);
        if let FromServer::Told(told) = frame {
            match &told.event {
                Event::Refused(refusal) => self.parts.counters.refused(refusal.code),
                _ if told.past => {}
                _ => self.parts.counters.told(1, usize::from(is_there)),
            }
        }
    }

    /// The session is put out of a room. Where a person's lines go is known to the reading half alone.
    fn put_out(&mut self, session: SessionId, epoch: Epoch, told: Told) {
        let Some(conn) = self.table.conns.get(&session) else { return };
        conn.outbox.put_out();
        if conn.is_behind(epoch) {
            self.one(session, &FromServer::Told(told), false);
        }
    }

    fn segment(&mut self, tolds: &[(Told, Option<Asker>)], audience: &[SessionId], epoch: Option<Epoch>) {
        let mut forms: [Option<Encoded>; Form::COUNT] = [const { None }; Form::COUNT];
        let mut askers: Vec<SessionId> =
            tolds.iter().filter_map(|(_, asker)| asker.map(|asker| asker.session)).collect();
        askers.sort_unstable();
        askers.dedup();
        let shared = |form: Form, forms: &mut [Option<Encoded>; Form::COUNT]| -> Bytes {
            forms[form.index()].get_or_insert_with(|| encode(form, tolds)).bytes.clone()
        };
        let reached = self.table.tell_all(audience, epoch, |session, conn| {
            if askers.binary_search(&session).is_ok() {
                return Bytes::new();
            }
            match &conn.ignored {
                Some(ignored) if tolds.iter().any(|(told, _)| ignored.hides(&told.event)) => {
                    without(conn.outbox.form, tolds, ignored)
                }
                _ => shared(conn.outbox.form, &mut forms),
            }
        });
        let mut deliveries = reached * tolds.len();
        for session in askers {
            let Some(conn) = self.table.conns.get(&session) else { continue };
            let form = conn.outbox.form;
            let is_live =
                audience.binary_search(&session).is_ok() && epoch.is_none_or(|epoch| !conn.is_behind(epoch));
            let encoded = forms[form.index()].get_or_insert_with(|| encode(form, tolds));
            let hides = |event: &Event| conn.ignored.as_ref().is_some_and(|ignored| ignored.hides(event));
            let bytes = own_copy(form, tolds, encoded, session, |event| is_live && !hides(event));
            self.table.push(session, bytes);
            if !is_live {
                deliveries +=
                    tolds.iter().filter(|(_, asker)| asker.is_some_and(|it| it.session == session)).count();
            }
        }
        self.parts.counters.told(tolds.len(), deliveries);
    }

    fn welcome(&mut self, session: SessionId, resumed: bool, user: &UserName, rooms: &[Place]) {
        let config = self.chat.config();
        let limits = WireLimits {
            body_bytes: wire(config.body_bytes),
            frame_bytes: wire(self.parts.limits.frame_bytes),
            rooms: wire(config.rooms_per_session),
            unanswered: wire(config.answers),
        };
        let resumable_ms = self.chat.resumable_ms(session);
        let Some(joining) = self.table.take_joining(session) else { return };
        let position = |place: &Place| RoomPosition {
            room: place.room.as_str().into(),
            since: Since { epoch: place.epoch, number: place.number },
        };
        let welcome = Welcome {
            user: user.as_str().into(),
            resumed,
            token: Arc::clone(&joining.token),
            resumable_ms,
            at: self.clock.now(),
            durability: self.parts.store.durability().into(),
            rooms: rooms.iter().map(position).collect(),
            limits,
        };
        let user = Arc::clone(&welcome.user);
        self.table.tell(session, &FromServer::Welcome(Box::new(welcome)), false);
        reply(Some(joining.verdict), Ok(Entered { user, resumed }));
    }

    /// A receiver's bytes may flow, if it is still there: else it accepts again when it is back.
    fn link(&mut self, link: Link) {
        let outbox = |session| self.table.conns.get(&session).map(|conn| &conn.outbox);
        if let Some(receiver) = outbox(link.receiver) {
            self.parts.transfers.link(link, receiver, outbox(link.start.sender));
        }
    }

    fn reader(&mut self, session: SessionId, stop: Stop) -> Option<Reader> {
        let conn = self.table.conns.get(&session)?;
        let (outbox, ignored) = (Arc::clone(&conn.outbox), conn.ignored.clone());
        let Parts { store, limits, .. } = self.parts.clone();
        Some(Reader { store, outbox, limits, now: self.clock.now(), ignored, stop })
    }

    /// Sends what was before the live events of a room. Until all of it is sent, the session gets none of
    /// them live.
    fn catch_up(&mut self, session: SessionId, head: Place, owed: Owed) {
        let Some(conn) = self.table.conns.get_mut(&session) else { return };
        let stop = conn.fall_behind(head.epoch);
        let Some(reader) = self.reader(session, stop.clone()) else { return };
        self.run_job(session, async move {
            let number = match owed {
                Owed::Missed(since, from) => reader.missed(&head, since, from).await?,
                Owed::Recent(from) => reader.recent(&head, from).await.map(|()| head.number)?,
            };
            Ok(Some(Reached { session, place: Place { number, ..head }, stop }))
        });
    }

    fn level(&mut self, reached: Reached) {
        let Reached { session, place, .. } = reached;
        let Some(conn) = self.table.conns.get_mut(&session) else { return };
        conn.be_level(place.epoch);
        let (epoch, room, at) = (place.epoch, place.room.clone(), self.clock.now());
        let mut tell = |event| {
            let told = Told { re: RequestId::NONE, past: false, at, event };
            self.table.tell(session, &FromServer::Told(told), false);
        };
        tell(Event::CaughtUp { place });
        // Whoever is back may not have been told of so far.
        let own = self.chat.user(session);
        let others = self.fan_out.lingering.of(epoch).iter().filter(|user| Some(*user) != own);
        let users: Vec<UserName> = others.cloned().collect();
        if !users.is_empty() {
            tell(Event::Lingering { room: Some(room), users });
        }
    }

    /// Runs a job: at once if it need not wait for anything, else apart from the engine.
    fn run_job(
        &mut self,
        session: SessionId,
        job: impl Future<Output = Result<Option<Reached>, StoreError>> + Send + 'static,
    ) {
        // Most jobs end at their first look, when the store is in memory and the connection has room.
        let mut job: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(job);
        match job.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(Some(reached))) => self.level(reached),
            Poll::Ready(Ok(None)) => {}
            Poll::Ready(Err(error)) => {
                tracing::error!(%error, "history could not be read");
                self.drop_session(session, &notice::closing(crate::catch_up::FAILED));
            }
            Poll::Pending => {
                let inputs = self.parts.inputs.clone();
                self.parts.jobs.spawn(async move {
                    let input = match job.await {
                        Ok(Some(reached)) => Input::Reached(reached),
                        Ok(None) => return,
                        Err(error) => {
                            tracing::error!(%error, "history could not be read");
                            Input::Unreadable { session }
                        }
                    };
                    if let Some(inputs) = inputs.upgrade() {
                        // The engine is gone when the server has ended: then nobody waits for this.
                        let _ = inputs.send(input).await;
                    }
                });
            }
        }
    }
}

/// What a session is owed before the live events of a room.
enum Owed {
    Missed(Since, Number),
    Recent(Number),
}

fn reply<T>(to: Option<tokio::sync::oneshot::Sender<T>>, value: T) {
    if let Some(to) = to {
        // A reader that is gone needs no answer.
        let _ = to.send(value);
    }
}

fn wire(limit: usize) -> u32 {
    u32::try_from(limit).unwrap_or(u32::MAX)
}

fn encode(form: Form, tolds: &[(Told, Option<Asker>)]) -> Encoded {
    let mut bytes = BytesMut::new();
    let ends = tolds.iter().map(|(told, _)| {
        form.encode(&FromServer::Told(told.clone()), false, &mut bytes);
        bytes.len()
    });
    let ends = ends.collect();
    Encoded { bytes: bytes.freeze(), ends }
}

/// The run for a person who wants to see nothing of some.
fn without(form: Form, tolds: &[(Told, Option<Asker>)], ignored: &Ignored) -> Bytes {
    let mut bytes = BytesMut::new();
    for (told, _) in tolds.iter().filter(|(told, _)| !ignored.hides(&told.event)) {
        form.encode(&FromServer::Told(told.clone()), false, &mut bytes);
    }
    bytes.freeze()
}

/// The run for one who asked for some of it: those carry the request ids; the rest is as for all others, as far as it is
/// shown: nothing of it for one that does not get the room live.
fn own_copy(
    form: Form,
    tolds: &[(Told, Option<Asker>)],
    shared: &Encoded,
    session: SessionId,
    is_shown: impl Fn(&Event) -> bool,
) -> Bytes {
    let mut bytes = BytesMut::with_capacity(shared.bytes.len() + 8 * tolds.len());
    let mut from = 0;
    for ((told, asker), end) in tolds.iter().zip(&shared.ends) {
        match asker {
            Some(asker) if asker.session == session => {
                let told = Told { re: asker.request, ..told.clone() };
                let own = is_echo(&told.event);
                form.encode(&FromServer::Told(told), own, &mut bytes);
            }
            _ if is_shown(&told.event) => bytes.extend_from_slice(&shared.bytes[from..*end]),
            _ => {}
        }
        from = *end;
    }
    bytes.freeze()
}
