//! Sends one connection what was before: the last messages, what it missed, a page of history. Runs at the
//! pace at which the connection reads, apart from the engine.

use std::future::poll_fn;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::BytesMut;
use chat_core::{
    Anchor, Answer, CatchUp, Code, Epoch, Event, GapReason, Kept, Number, Place, RequestId, SessionId, Since,
    Timestamp,
};
use tokio::sync::oneshot;

use crate::codec::text::{self, Ignored, PageEnd};
use crate::codec::{Form, FromServer, Told};
use crate::conn::outbox::{Lane, Outbox};
use crate::limits::Limits;
use crate::lock::lock;
use crate::notice;
use crate::store::{Available, PageLimit, Past, Search, Store, StoreError};

/// Whom to send to, from where, and how much at once.
#[derive(Clone)]
pub(crate) struct Reader {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) limits: Arc<Limits>,
    pub(crate) now: Timestamp,
    /// Whom a person wants to see nothing of.
    pub(crate) ignored: Option<Arc<Ignored>>,
    /// Set when nobody waits for it any more: the session has left the room.
    pub(crate) stop: Stop,
}

/// Stops a job. Shared by the job and the connection's entry in the table. Locked while a piece is pushed, so
/// that none is pushed behind what the engine says after it has set this.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<Mutex<bool>>);

impl Stop {
    pub(crate) fn set(&self) {
        *self.lock() = true;
    }

    pub(crate) fn is_set(&self) -> bool {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        lock(&self.0)
    }
}

/// Tells a person's reader where the page ends that was shown; dropped if there is none.
pub(crate) type PageReply = Option<oneshot::Sender<PageEnd>>;

/// What a history query wants.
#[derive(Debug)]
pub(crate) struct HistoryRead {
    pub(crate) re: RequestId,
    pub(crate) place: Place,
    pub(crate) anchor: Anchor,
    /// Nothing before it is shown.
    pub(crate) from: Number,
    pub(crate) limit: u32,
    pub(crate) page: PageReply,
}

/// What a search wants.
#[derive(Debug)]
pub(crate) struct SearchRead {
    pub(crate) re: RequestId,
    pub(crate) words: Arc<str>,
    /// Each with the first number that is shown.
    pub(crate) rooms: Vec<(Epoch, Number)>,
    pub(crate) before: Option<Timestamp>,
    pub(crate) limit: u32,
    pub(crate) page: PageReply,
}

/// How far a connection's copy of a room reaches now.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    pub(crate) session: SessionId,
    pub(crate) place: Place,
    pub(crate) stop: Stop,
}

impl Reader {
    fn page(&self, events: u32) -> PageLimit {
        let events = usize::try_from(events.min(self.limits.history_page)).unwrap_or(usize::MAX);
        PageLimit { events, bytes: self.limits.history_page_bytes }
    }

    /// Pushes frames as one piece, once the connection has room for them, unless the job was stopped meanwhile.
    async fn send(&self, frames: impl Iterator<Item = FromServer>) {
        let mut bytes = BytesMut::new();
        for frame in frames.filter(|frame| !self.hides(frame)) {
            self.outbox.form.encode_at(&frame, self.now, &mut bytes);
        }
        poll_fn(|cx| self.outbox.poll_room(cx)).await;
        let is_stopped = self.stop.lock();
        if *is_stopped {
            return;
        }
        // A lane that runs over here is seen by the engine's sweep.
        let _ = self.outbox.push(Lane::Talk, bytes.freeze());
        self.outbox.flush();
    }

    fn hides(&self, frame: &FromServer) -> bool {
        match (&self.ignored, frame) {
            (Some(ignored), FromServer::Told(told)) => ignored.hides(&told.event),
            _ => false,
        }
    }

    fn told(&self, event: Event) -> FromServer {
        FromServer::Told(Told { re: RequestId::NONE, past: false, at: self.now, event })
    }

    /// Sends what was missed behind `since`, up to `head`: a gap first, if part of it is gone. Says up to
    /// which number the copy reaches then: beyond the head, if the store has let go even of that.
    pub(crate) async fn missed(
        &self,
        head: &Place,
        mut since: Since,
        from: Number,
    ) -> Result<Number, StoreError> {
        loop {
            let after = self.begin(head, since, from).await?;
            let reached = self.range(head, after).await?;
            if reached >= head.number || self.stop.is_set() {
                return Ok(reached);
            }
            // The store let go of what came next while this was being sent, or found it damaged: that is a
            // gap of its own.
            since = Since { epoch: head.epoch, number: reached };
        }
    }

    /// Tells the gap, if there is one, and says behind which number to go on.
    async fn begin(&self, head: &Place, since: Since, from: Number) -> Result<Number, StoreError> {
        let nothing = Available { first: head.number.next(), why: GapReason::NotKept };
        let Available { first, why } = self.store.first_available(head.epoch).await?.unwrap_or(nothing);
        // What one may not read is as if it were not kept.
        let (first, why) = if from > first { (from, GapReason::NotKept) } else { (first, why) };
        let kept = Kept { head: head.clone(), first_available: first.min(head.number.next()), why };
        let plan = match CatchUp::plan(since, &kept, self.limits.catch_up_events) {
            Ok(plan) => plan,
            Err(code) => {
                self.outbox.counters.refused(code.number());
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
        Ok(plan.after)
    }

    /// Sends every event behind `after`, up to `head`, page by page; ends early where there is a hole. Says
    /// up to which number it came.
    async fn range(&self, head: &Place, mut after: Number) -> Result<Number, StoreError> {
        let limit = self.page(u32::MAX);
        while after < head.number && !self.stop.is_set() {
            let page = match self.store.read(head.epoch, after, head.number, limit).await {
                Ok(page) => page,
                Err(StoreError::Damaged(what)) if self.goes_on_behind(head, after).await? => {
                    tracing::error!(room = %head.room, %what, "part of the history is damaged");
                    break;
                }
                Err(error) => return Err(error),
            };
            let (Some(first), Some(last)) = (number(page.events.first()), number(page.events.last())) else {
                break;
            };
            if first != after.next() {
                break;
            }
            after = last;
            self.send(page.events.into_iter().map(|past| retold(past, RequestId::NONE))).await;
        }
        Ok(after)
    }

    /// Whether the store, after damage was found, says that it can be read again from a later number on.
    async fn goes_on_behind(&self, head: &Place, after: Number) -> Result<bool, StoreError> {
        let available = self.store.first_available(head.epoch).await?;
        Ok(available.is_none_or(|available| available.first > after.next()))
    }

    /// Sends the last messages up to `head`.
    pub(crate) async fn recent(&self, head: &Place, from: Number) -> Result<(), StoreError> {
        let limit = self.page(self.limits.recent_messages);
        if limit.events == 0 {
            return Ok(());
        }
        let page = match self.store.messages(head.epoch, head.number, Anchor::Latest, limit).await {
            Ok(page) => page,
            Err(StoreError::Damaged(what)) => {
                tracing::error!(room = %head.room, %what, "part of the history is damaged");
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let events: Vec<Past> =
            page.events.into_iter().filter(|past| number(Some(past)) >= Some(from)).collect();
        if !events.is_empty() {
            self.send(events.into_iter().map(|past| retold(past, RequestId::NONE))).await;
            self.end_of_recent(head);
        }
        Ok(())
    }

    /// People have no frame that says where the live talk begins: they get a line.
    fn end_of_recent(&self, head: &Place) {
        let is_stopped = self.stop.lock();
        if self.outbox.form != Form::Text || *is_stopped {
            return;
        }
        let mut bytes = BytesMut::new();
        text::before_you(&head.room, &mut bytes);
        // As in `send`.
        let _ = self.outbox.push(Lane::Talk, bytes.freeze());
        self.outbox.flush();
    }

    /// Answers a history query.
    pub(crate) async fn history(&self, read: HistoryRead) -> Result<(), StoreError> {
        let limit = self.page(read.limit.max(1));
        let HistoryRead { re, place: Place { room, epoch, number: head }, anchor, from, page: reply, .. } =
            read;
        let before = Number(from.0.saturating_sub(1));
        let anchor = match anchor {
            Anchor::After(after) => Anchor::After(after.max(before)),
            Anchor::Around(at) => Anchor::Around(at.max(from)),
            anchor => anchor,
        };
        let mut page = match self.store.messages(epoch, head, anchor, limit).await {
            Ok(page) => page,
            Err(StoreError::Damaged(what)) => return self.damaged(re, &what).await,
            Err(error) => return Err(error),
        };
        if matches!(anchor, Anchor::FromTime(_)) && number(page.events.last()) < Some(from) && page.newer {
            page = match self.store.messages(epoch, head, Anchor::After(before), limit).await {
                Ok(page) => page,
                Err(StoreError::Damaged(what)) => return self.damaged(re, &what).await,
                Err(error) => return Err(error),
            };
        }
        let found = page.events.len();
        page.events.retain(|past| number(Some(past)) >= Some(from));
        let is_cut = page.events.len() < found;
        let mut more = page.older && !is_cut;
        if let (true, Some(first)) = (more && from > Number(1), number(page.events.first())) {
            // What is below is not there for this reader.
            let below = self.store.messages(epoch, head, Anchor::Before(first), self.page(1)).await;
            more = below.is_ok_and(|page| number(page.events.last()) >= Some(from));
        }
        let count = u32::try_from(page.events.len()).unwrap_or(u32::MAX);
        let answer = Answer::History { room, epoch, count, more, newer: page.newer };
        self.answer(re, page.events, answer, more, reply).await
    }

    /// Answers a search.
    pub(crate) async fn search(&self, read: SearchRead) -> Result<(), StoreError> {
        let SearchRead { re, words, rooms, before, limit, page: reply } = read;
        let limit = self.page(limit.max(1));
        let search = Search { words: words.as_ref().into(), rooms, before, limit };
        let page = match self.store.search(search).await {
            Ok(page) => page,
            Err(StoreError::Damaged(what)) => return self.damaged(re, &what).await,
            Err(StoreError::TooBroad) => {
                self.refuse(re, Code::TooBroad).await;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        let count = u32::try_from(page.events.len()).unwrap_or(u32::MAX);
        let answer = Answer::Search { count, more: page.older };
        self.answer(re, page.events, answer, page.older, reply).await
    }

    async fn answer(
        &self,
        re: RequestId,
        events: Vec<Past>,
        answer: Answer,
        more: bool,
        page: PageReply,
    ) -> Result<(), StoreError> {
        let end = FromServer::Answered { re, answer };
        let oldest = events.first().and_then(|past| Some((past.event.place()?.number, past.stamp.at)));
        self.send(events.into_iter().map(|past| retold(past, re)).chain([end])).await;
        if let Some(page) = page {
            // A reader that is gone needs no answer.
            let _ = page.send(PageEnd { oldest, more });
        }
        Ok(())
    }

    /// Refuses a read: what it wants cannot be shown as it was.
    async fn damaged(&self, re: RequestId, what: &str) -> Result<(), StoreError> {
        tracing::error!(what, "part of the history is damaged");
        self.refuse(re, Code::Corrupt).await;
        Ok(())
    }

    async fn refuse(&self, re: RequestId, code: Code) {
        self.outbox.counters.refused(code.number());
        self.send([notice::refused(re, self.now, notice::refusal(code))].into_iter()).await;
    }
}

fn number(past: Option<&Past>) -> Option<Number> {
    past.and_then(|past| past.event.place()).map(|place| place.number)
}

fn retold(past: Past, re: RequestId) -> FromServer {
    FromServer::Told(Told { re, past: true, at: past.stamp.at, event: past.event })
}

/// The refusal of a whole connection whose history cannot be read.
pub(crate) const FAILED: Code = Code::HistoryFailed;
