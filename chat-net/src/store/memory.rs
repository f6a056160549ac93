//! The store without a disk: keeps the last events and messages of each room.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chat_core::{Body, Change, Epoch, Event, Number, RoomId};

use super::{Page, PageLimit, Past, Record, Store, StoreError};
use crate::limits::Limits;

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
}

#[derive(Debug, Default)]
struct Room {
    events: Ring,
    messages: Ring,
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

    fn first(&self) -> Option<Number> {
        self.kept.front().map(|past| number(past))
    }
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
        // Nothing below panics half-way through a change, so a poisoned lock still guards whole data.
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
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
                let Some(epoch) = event.place().map(|place| place.epoch) else { return };
                let Some(room) = rooms.by_epoch.get_mut(&epoch) else { return };
                let is_message = matches!(event, Event::Said { .. });
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
        Ok(())
    }

    async fn first_available(&self, room: Epoch) -> Result<Option<Number>, StoreError> {
        Ok(self.lock().by_epoch.get(&room).and_then(|room| room.events.first()))
    }

    async fn read(
        &self,
        room: Epoch,
        after: Number,
        upto: Number,
        limit: PageLimit,
    ) -> Result<Page, StoreError> {
        let rooms = self.lock();
        let Some(room) = rooms.by_epoch.get(&room) else { return Ok(Page::default()) };
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

    async fn messages(&self, room: Epoch, before: Number, limit: PageLimit) -> Result<Page, StoreError> {
        let rooms = self.lock();
        let Some(room) = rooms.by_epoch.get(&room) else { return Ok(Page::default()) };
        let kept = &room.messages.kept;
        let to = kept.partition_point(|past| number(past) < before);
        let mut bytes = 0;
        let wanted = kept.range(..to).rev().take(limit.events).take_while(|past| {
            let first = bytes == 0;
            bytes += size(&past.event);
            first || bytes <= limit.bytes
        });
        let mut events: Vec<Past> = wanted.map(|past| Past::clone(past)).collect();
        events.reverse();
        Ok(Page { more: events.len() < to, events })
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
