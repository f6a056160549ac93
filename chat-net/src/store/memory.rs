//! The store without a disk: keeps the last events and messages of each room.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use chat_core::{Anchor, Body, Change, Epoch, Event, GapReason, Number, RoomId, Timestamp, UserName};

use super::{Available, Messages, Page, PageLimit, Past, Record, Search, Store, StoreError, words};
use crate::limits::Limits;
use crate::lock::lock;

/// Keeps, of each room, the last `history_events` events within `history_bytes`, and of messages the last
/// `history_page` within as many bytes, so that joins and leaves do not push them out.
#[derive(Debug)]
pub struct Memory {
    events: usize,
    messages: usize,
    bytes: usize,
    rooms: Mutex<Rooms>,
}

#[derive(Debug, Default)]
struct Rooms {
    by_epoch: BTreeMap<Epoch, Room>,
    epochs: BTreeMap<RoomId, Epoch>,
    /// Those that say how long events are kept, in the order in which they are looked at.
    ageing: VecDeque<Epoch>,
}

#[derive(Debug, Default)]
struct Room {
    events: Ring,
    messages: Ring,
    /// The number of the last event there was; 0: none yet.
    head: Number,
    /// For how many milliseconds it wants its events kept; 0: it does not say.
    keep_ms: u64,
}

/// How many rooms are looked at for age with each append.
const AGEING_BITE: usize = 16;

impl Rooms {
    /// A room, without what is too old.
    fn current(&mut self, epoch: Epoch) -> Option<&Room> {
        let room = self.by_epoch.get_mut(&epoch)?;
        room.let_go();
        Some(room)
    }

    /// Lets go of what is too old in some rooms: in the others with a later append, or when somebody reads.
    fn look_at_age(&mut self) {
        for _ in 0..AGEING_BITE.min(self.ageing.len()) {
            let Some(epoch) = self.ageing.pop_front() else { break };
            let Some(room) = self.by_epoch.get_mut(&epoch).filter(|room| room.keep_ms > 0) else { continue };
            room.let_go();
            self.ageing.push_back(epoch);
        }
    }
}

impl Room {
    fn let_go(&mut self) {
        if self.keep_ms > 0 {
            let not_before = super::ago(self.keep_ms);
            self.events.let_go(not_before);
            self.messages.let_go(not_before);
        }
    }
}

/// The last of something, in order, by number.
#[derive(Debug, Default)]
struct Ring {
    kept: VecDeque<Arc<Past>>,
    bytes: usize,
}

impl Ring {
    fn push(&mut self, past: Arc<Past>, count: usize, bytes: usize) {
        self.bytes += size(&past.event);
        self.kept.push_back(past);
        while self.kept.len() > count || self.bytes > bytes {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= size(&oldest.event);
        }
    }

    /// Drops what happened before this.
    fn let_go(&mut self, not_before: Timestamp) {
        while self.kept.front().is_some_and(|past| past.stamp.at < not_before) {
            let Some(oldest) = self.kept.pop_front() else { break };
            self.bytes -= size(&oldest.event);
        }
    }

    /// Takes the text out of a message, if it is there.
    fn erase(&mut self, target: Number, by: &UserName) {
        let at = self.kept.partition_point(|past| number(past) < target);
        let Some(past) = self.kept.get_mut(at).filter(|past| number(past) == target) else { return };
        let Event::Said { place, from, .. } = &past.event else { return };
        let event = Event::Removed { place: place.clone(), from: from.clone(), by: by.clone() };
        self.bytes = self.bytes - size(&past.event) + size(&event);
        *past = Arc::new(Past { stamp: past.stamp, event });
    }

    fn first(&self) -> Option<Number> {
        self.kept.front().map(|past| number(past))
    }
}

/// How many of these, from the front, a page of this limit holds; at least one, if there is one.
fn fit<'a>(events: impl Iterator<Item = &'a Arc<Past>>, limit: PageLimit) -> usize {
    let mut bytes = 0;
    let fits = events.take(limit.events).take_while(|past| {
        let first = bytes == 0;
        bytes += size(&past.event);
        first || bytes <= limit.bytes
    });
    fits.count()
}

fn number(past: &Past) -> Number {
    past.event.place().map_or(Number(0), |place| place.number)
}

/// Roughly what an event takes up: its texts and a fixed part.
pub(crate) fn size(event: &Event) -> usize {
    const FIXED: usize = 200;
    FIXED
        + match event {
            Event::Said { body, .. } => body.as_str().len(),
            Event::TopicChanged { topic, .. } => topic.as_ref().map_or(0, |topic| Body::as_str(topic).len()),
            Event::Churned { joined_users, left_users, .. } => 48 * (joined_users.len() + left_users.len()),
            Event::Lingering { users, .. } => 48 * users.len(),
            _ => 0,
        }
}

impl Memory {
    /// An empty store that keeps as much as these limits say.
    #[must_use]
    pub fn new(limits: &Limits) -> Memory {
        Memory {
            events: limits.history_events.max(1),
            messages: usize::try_from(limits.history_page).unwrap_or(usize::MAX).max(1),
            bytes: limits.history_bytes,
            rooms: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Rooms> {
        lock(&self.rooms)
    }

    fn keep(&self, rooms: &mut Rooms, record: Record) {
        match record.change {
            Change::RoomOpened { room, epoch, .. } => {
                rooms.epochs.insert(room, epoch);
                rooms.by_epoch.insert(epoch, Room::default());
            }
            Change::RoomClosed { room } => {
                if let Some(epoch) = rooms.epochs.remove(&room) {
                    rooms.by_epoch.remove(&epoch);
                }
            }
            Change::Numbered { event, .. } => {
                let Some((epoch, number)) = event.place().map(|place| (place.epoch, place.number)) else {
                    return;
                };
                let Some(room) = rooms.by_epoch.get_mut(&epoch) else { return };
                room.head = number;
                if let Event::Deleted { target, by, .. } = &event {
                    room.messages.erase(*target, by);
                    room.events.erase(*target, by);
                }
                if let Event::ModesChanged { modes, .. } = &event {
                    let began = room.keep_ms == 0 && modes.retention_ms > 0;
                    room.keep_ms = modes.retention_ms;
                    if began && !rooms.ageing.contains(&epoch) {
                        rooms.ageing.push_back(epoch);
                    }
                }
                let is_message = event.is_message();
                let past = Arc::new(Past { stamp: record.stamp, event });
                if is_message {
                    room.messages.push(Arc::clone(&past), self.messages, self.bytes);
                }
                room.events.push(past, self.events, self.bytes);
            }
            _ => {}
        }
    }
}

#[async_trait]
impl Store for Memory {
    async fn append(&self, records: Vec<Record>) -> Result<(), StoreError> {
        let mut rooms = self.lock();
        for record in records {
            self.keep(&mut rooms, record);
        }
        rooms.look_at_age();
        Ok(())
    }

    async fn first_available(&self, room: Epoch) -> Result<Option<Available>, StoreError> {
        let mut rooms = self.lock();
        let Some(room) = rooms.current(room).filter(|room| room.head > Number(0)) else { return Ok(None) };
        let first = room.events.first().unwrap_or(room.head.next());
        Ok(Some(Available { first, why: GapReason::NotKept }))
    }

    async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let mut rooms = self.lock();
        let Some(room) = rooms.current(room) else { return Ok(Page::default()) };
        let kept = &room.events.kept;
        let from = kept.partition_point(|past| number(past) <= after);
        let to = kept.partition_point(|past| number(past) <= upto);
        let mut page = Page::default();
        let mut bytes = 0;
        for past in kept.range(from..to.max(from)) {
            bytes += size(&past.event);
            let full = page.events.len() >= limit.events || bytes > limit.bytes;
            if full && !page.events.is_empty() {
                page.more = true;
                break;
            }
            page.events.push(Past::clone(past));
        }
        Ok(page)
    }

    async fn messages(
        &self,
        room: Epoch,
        head: Number,
        anchor: Anchor,
        limit: PageLimit,
    ) -> Result<Messages, StoreError> {
        let mut rooms = self.lock();
        let Some(room) = rooms.current(room) else { return Ok(Messages::default()) };
        let kept = &room.messages.kept;
        let end = kept.partition_point(|past| number(past) <= head);
        let at = |anchor| match anchor {
            Anchor::Latest => end,
            Anchor::Before(before) | Anchor::Around(before) => {
                kept.partition_point(|past| number(past) < before).min(end)
            }
            Anchor::After(after) => kept.partition_point(|past| number(past) <= after).min(end),
            Anchor::BeforeTime(at) | Anchor::FromTime(at) => {
                kept.partition_point(|past| past.stamp.at < at).min(end)
            }
        };
        let middle = at(anchor);
        let (older, newer) = match anchor {
            Anchor::Latest | Anchor::Before(_) | Anchor::BeforeTime(_) => (Some(limit), None),
            Anchor::After(_) | Anchor::FromTime(_) => (None, Some(limit)),
            Anchor::Around(_) => (Some(limit.half()), Some(limit.half())),
        };
        let older = older.map_or(0, |limit| fit(kept.range(..middle).rev(), limit));
        let newer = newer.map_or(0, |limit| fit(kept.range(middle..end), limit));
        let (from, to) = (middle - older, middle + newer);
        let events = kept.range(from..to).map(|past| Past::clone(past)).collect();
        Ok(Messages { events, older: from > 0, newer: to < end })
    }

    async fn search(&self, search: Search) -> Result<Messages, StoreError> {
        let wanted = words::Wanted::parse(&search.words);
        let mut found: Vec<Arc<Past>> = Vec::new();
        for (epoch, from) in &search.rooms {
            // The engine looks at this once before it goes on: it must not look through every room.
            tokio::task::yield_now().await;
            let kept = self.lock().current(*epoch).map(|room| room.messages.kept.clone());
            let is_before = |past: &Arc<Past>| search.before.is_none_or(|before| past.stamp.at < before);
            found.extend(kept.into_iter().flatten().filter(is_before).filter(|past| match &past.event {
                Event::Said { place, body, .. } => *from <= place.number && wanted.is_in(body.as_str()),
                _ => false,
            }));
        }
        Ok(super::newest(found.into_iter().map(|past| Past::clone(&past)).collect(), search.limit))
    }

    fn durability(&self) -> &'static str {
        "memory"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_a_store() {
        crate::testing::store_suite(|| Arc::new(Memory::new(&Limits::default()))).await;
    }
}
