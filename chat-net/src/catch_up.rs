//! Sends one connection what was before: the last messages, what it missed, a page of history. Runs at the
//! pace at which the connection reads, apart from the engine.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::BytesMut;
use chat_core::{
    Answer, CatchUp, Code, Epoch, Event, GapReason, Kept, Number, Place, RequestId, SessionId, Since,
    Timestamp,
};

use crate::codec::{FromServer, Told};
use crate::conn::outbox::{Lane, Outbox};
use crate::limits::Limits;
use crate::notice;
use crate::store::{PageLimit, Past, Store, StoreError};

/// Whom to send to, from where, and how much at once.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) now: Timestamp,
    pub(crate) ticket: Ticket,
}

/// The right to send a connection what it is owed. It is taken back when the room is left, or joined anew,
/// before the store has answered: nothing is sent on it after that.
#[derive(Clone, Debug)]
pub(crate) struct Ticket(Arc<Mutex<bool>>);

impl Ticket {
    pub(crate) fn new() -> Ticket {
        Ticket(Arc::new(Mutex::new(true)))
    }

    /// Waits for a piece that is just being pushed; the next one is not.
    pub(crate) fn take_back(&self) {
        *self.lock() = false;
    }

    pub(crate) fn is(&self, other: &Ticket) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a history query wants.
#[derive(Clone, Debug)]
pub(crate) struct HistoryRead {
    pub(crate) re: RequestId,
    pub(crate) place: Place,
    pub(crate) before: Option<Number>,
    pub(crate) limit: u32,
}

/// How far a connection's copy of a room reaches now.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) session: SessionId,
    pub(crate) place: Place,
    pub(crate) ticket: Ticket,
}

impl Reader {
    fn page(&self, events: u32) -> PageLimit {
        let events = usize::try_from(events.min(self.limits.history_page)).unwrap_or(usize::MAX);
        PageLimit { events, bytes: self.limits.history_page_bytes }
    }

    /// Pushes frames as one piece, once the connection has room for them. `false`: they are not wanted now.
    async fn send(&self, frames: impl Iterator<Item = FromServer>) -> bool {
        let mut bytes = BytesMut::new();
        for frame in frames {
            self.outbox.form.encode(&frame, false, &mut bytes);
        }
        poll_fn(|cx| self.outbox.poll_room(cx)).await;
        let is_wanted = self.ticket.lock();
        if *is_wanted {
            // A lane that runs over here is seen by the engine's sweep.
            let _ = self.outbox.push(Lane::Talk, bytes.freeze());
            self.outbox.flush();
        }
        *is_wanted
    }

    fn told(&self, event: Event) -> FromServer {
        FromServer::Told(Told { re: RequestId::NONE, past: false, at: self.now, event })
    }

    /// Sends what was missed behind `since`, up to `head`: a gap first, if part of it is gone.
    pub(crate) async fn missed(&self, head: Place, since: Since) -> Result<(), StoreError> {
        let first = self.store.first_available(head.epoch).await?;
        let first_available = first.unwrap_or(head.number.next());
        let kept = Kept { head: head.clone(), first_available };
        let plan = match CatchUp::plan(since, &kept, self.limits.catch_up_events) {
            Ok(plan) => plan,
            Err(code) => {
                self.send([self.told(Event::Refused(notice::refusal(code)))].into_iter()).await;
                // Its copy is of something that never happened here: all of it is replaced.
                let anew = Since { epoch: Epoch(0), number: Number(0) };
                CatchUp::plan(anew, &kept, self.limits.catch_up_events)
                    .unwrap_or(CatchUp { gap: None, after: head.number })
            }
        };
        if let Some(gap) = plan.gap {
            self.send([self.told(gap)].into_iter()).await;
        }
        self.range(&head, plan.after).await
    }

    /// Sends every event behind `after`, up to `head`, page by page. What the store threw away while an
    /// earlier page was on its way is a gap, too.
    async fn range(&self, head: &Place, mut after: Number) -> Result<(), StoreError> {
        let limit = self.page(u32::MAX);
        while after < head.number {
            let page = self.store.read(head.epoch, after, head.number, limit).await?;
            let mut numbers =
                page.events.iter().filter_map(|past| past.event.place()).map(|place| place.number);
            let first = numbers.clone().next().unwrap_or(head.number.next());
            let gap = (first > after.next()).then(|| {
                let (place, why) = (head.clone(), GapReason::NotKept);
                self.told(Event::Gap { place, first_available: first, why })
            });
            after = numbers.next_back().unwrap_or(head.number);
            let events = page.events.into_iter().map(|past| retold(past, RequestId::NONE));
            if !self.send(gap.into_iter().chain(events)).await {
                break;
            }
        }
        Ok(())
    }

    /// Sends the last messages up to `head`.
    pub(crate) async fn recent(&self, head: &Place) -> Result<(), StoreError> {
        let limit = self.page(self.limits.recent_messages);
        if limit.events == 0 {
            return Ok(());
        }
        let page = self.store.messages(head.epoch, head.number.next(), limit).await?;
        if !page.events.is_empty() {
            self.send(page.events.into_iter().map(|past| retold(past, RequestId::NONE))).await;
        }
        Ok(())
    }

    /// Answers a history query.
    pub(crate) async fn history(&self, read: HistoryRead) -> Result<(), StoreError> {
        let before = read.before.unwrap_or(Number(u64::MAX)).min(read.place.number.next());
        let limit = self.page(read.limit.max(1));
        let page = self.store.messages(read.place.epoch, before, limit).await?;
        let answer = Answer::History {
            room: read.place.room,
            epoch: read.place.epoch,
            count: u32::try_from(page.events.len()).unwrap_or(u32::MAX),
            more: page.more,
        };
        let end = FromServer::Answered { re: read.re, answer };
        self.send(page.events.into_iter().map(|past| retold(past, read.re)).chain([end])).await;
        Ok(())
    }
}

fn retold(past: Past, re: RequestId) -> FromServer {
    FromServer::Told(Told { re, past: true, at: past.stamp.at, event: past.event })
}

/// The refusal of a whole connection whose history cannot be read.
pub(crate) const FAILED: Code = Code::HistoryFailed;
