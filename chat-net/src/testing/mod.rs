//! What every [`Store`] must do, as functions to call from its tests; and a chat's life to keep in one.

mod basics;
mod deleted;
mod durable;
mod life;
mod pages;
mod retention;
mod search;

use std::sync::Arc;

use chat_core::{
    Anchor, Body, Change, Epoch, Event, Number, Place, RoomId, RoomName, Seq, Stamp, Timestamp, UserName,
};

pub use durable::durable_store_suite;
pub use life::Life;

use crate::store::{Messages, Page, PageLimit, Past, Record, Store};

const ROOM: RoomId = RoomId(1);
const EPOCH: Epoch = Epoch(77);
const HEAD: Number = Number(u64::MAX);
const ALL: PageLimit = PageLimit { events: usize::MAX, bytes: usize::MAX };

/// Checks a store against the contract of [`Store`]; `make` gives a fresh, empty one each time. The store must
/// keep at least a hundred small events. One that outlives its process has to pass [`durable_store_suite`], too.
///
/// # Panics
/// With a sentence that says what is not as it must be.
pub async fn store_suite(make: impl Fn() -> Arc<dyn Store>) {
    basics::suite(&make).await;
    pages::suite(&make).await;
    search::suite(&make).await;
    deleted::suite(&make).await;
    retention::suite(&make).await;
}

fn stamp(seq: u64) -> Stamp {
    Stamp { seq: Seq(seq), at: Timestamp(1_000 + seq) }
}

fn opened(room: RoomId, name: &str, epoch: Epoch) -> Record {
    let name = room_name(name);
    Record { stamp: stamp(1), change: Change::RoomOpened { room, name, epoch } }
}

fn room_name(name: &str) -> RoomName {
    RoomName::new(name, 64).expect("it is a name")
}

fn event(epoch: Epoch, number: u64) -> Event {
    let place = Place { room: room_name("lobby"), epoch, number: Number(number) };
    let from = UserName::new("alice", 32).expect("it is a name");
    match number % 5 {
        0 => Event::Joined { place, user: from },
        _ => {
            let text = Arc::from(format!("message {number}"));
            Event::Said { place, from, body: Body::new(&text, 100).expect("it is a text") }
        }
    }
}

fn numbered(room: RoomId, epoch: Epoch, number: u64) -> Record {
    let change = Change::Numbered { room, event: event(epoch, number), by: None };
    Record { stamp: stamp(number), change }
}

async fn fill(store: &dyn Store, numbers: std::ops::RangeInclusive<u64>) {
    let records = numbers.map(|number| numbered(ROOM, EPOCH, number)).collect();
    store.append(records).await.expect("it appends");
}

async fn open(store: &dyn Store) {
    store.append(vec![opened(ROOM, "lobby", EPOCH)]).await.expect("it appends");
}

fn numbers(events: &[Past]) -> Vec<u64> {
    events.iter().filter_map(|past| past.event.place()).map(|place| place.number.0).collect()
}

async fn read(store: &dyn Store, after: u64, upto: u64, limit: PageLimit) -> Page {
    store.read(EPOCH, Number(after), Number(upto), limit).await.expect("it reads")
}

async fn messages(store: &dyn Store, anchor: Anchor, events: usize) -> Messages {
    let limit = PageLimit { events, bytes: usize::MAX };
    store.messages(EPOCH, HEAD, anchor, limit).await.expect("it reads")
}

async fn first(store: &dyn Store, room: Epoch) -> Option<u64> {
    store.first_available(room).await.expect("it reads").map(|available| available.first.0)
}
