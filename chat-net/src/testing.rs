//! What every [`Store`] must do, as one function to call from its tests.

use std::sync::Arc;

use chat_core::{
    Anchor, Body, Change, Epoch, Event, Number, Place, RoomId, RoomName, Seq, Stamp, Timestamp, UserName,
};

use crate::store::{Messages, Page, PageLimit, Past, Record, Store};

const ROOM: RoomId = RoomId(1);
const EPOCH: Epoch = Epoch(77);
const HEAD: Number = Number(u64::MAX);
const ALL: PageLimit = PageLimit { events: usize::MAX, bytes: usize::MAX };

/// Checks a store against the contract of [`Store`]; `make` gives a fresh, empty one each time. The store must
/// keep at least a hundred small events.
///
/// # Panics
/// With a sentence that says what is not as it must be.
pub async fn store_suite(make: impl Fn() -> Arc<dyn Store>) {
    nothing_is_known_of_an_unknown_room(&*make()).await;
    events_come_back_as_they_went_in(&*make()).await;
    pages_are_cut_by_events_and_by_bytes(&*make()).await;
    messages_are_read_from_the_end(&*make()).await;
    rooms_are_apart_and_a_closed_room_is_gone(&*make()).await;
    a_read_sees_what_was_appended_before(&make()).await;
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

async fn nothing_is_known_of_an_unknown_room(store: &dyn Store) {
    assert_eq!(first(store, EPOCH).await, None);
    assert_eq!(read(store, 0, 100, ALL).await, Page::default());
    assert_eq!(messages(store, Anchor::Latest, 10).await, Messages::default());
    open(store).await;
    assert_eq!(first(store, EPOCH).await, None, "a room without events");
    assert_eq!(read(store, 0, 100, ALL).await, Page::default());
    assert!(["memory", "os", "fsync"].contains(&store.durability()), "a level that clients know");
}

async fn events_come_back_as_they_went_in(store: &dyn Store) {
    open(store).await;
    fill(store, 1..=4).await;
    fill(store, 5..=10).await;
    assert_eq!(first(store, EPOCH).await, Some(1));
    let page = read(store, 0, 10, ALL).await;
    assert_eq!((numbers(&page.events), page.more), ((1..=10).collect(), false));
    for (number, past) in (1..).zip(&page.events) {
        assert_eq!((past.stamp, &past.event), (stamp(number), &event(EPOCH, number)), "event {number}");
    }
    for (after, upto) in [(3, 7), (0, 1), (9, 10), (9, 99), (10, 10), (10, 99), (7, 3)] {
        let expected: Vec<u64> = (after + 1..=upto.min(10)).collect();
        assert_eq!(
            numbers(&read(store, after, upto, ALL).await.events),
            expected,
            "behind {after}, up to {upto}"
        );
    }
}

async fn pages_are_cut_by_events_and_by_bytes(store: &dyn Store) {
    open(store).await;
    fill(store, 1..=100).await;
    let three = PageLimit { events: 3, bytes: usize::MAX };
    let page = read(store, 10, 50, three).await;
    assert_eq!((numbers(&page.events), page.more), (vec![11, 12, 13], true));
    let page = read(store, 47, 50, three).await;
    assert_eq!((numbers(&page.events), page.more), (vec![48, 49, 50], false), "no more up to there");
    for tight in [PageLimit { events: usize::MAX, bytes: 1 }, PageLimit { events: 1, bytes: usize::MAX }] {
        let page = read(store, 10, 50, tight).await;
        assert_eq!((numbers(&page.events), page.more), (vec![11], true), "at least one, whatever its size");
        let page = store.messages(EPOCH, HEAD, Anchor::Before(Number(50)), tight).await.expect("it reads");
        assert_eq!((numbers(&page.events), page.older), (vec![49], true), "at least one, whatever its size");
    }
    let (mut after, mut pages) = (0, 0);
    let some = PageLimit { events: usize::MAX, bytes: 2000 };
    while after < 100 {
        let page = read(store, after, 100, some).await;
        let expected: Vec<u64> = (after + 1..=after + page.events.len() as u64).collect();
        assert_eq!(numbers(&page.events), expected, "pages follow each other without a hole");
        after += page.events.len() as u64;
        assert_eq!(page.more, after < 100);
        pages += 1;
    }
    assert!((2..100).contains(&pages), "pages of some kilobytes, not {pages}");
}

async fn messages_are_read_from_the_end(store: &dyn Store) {
    open(store).await;
    fill(store, 1..=12).await;
    for (before, events, expected, more) in [
        (13, 3, vec![9, 11, 12], true),
        (11, 3, vec![7, 8, 9], true),
        (9, 100, vec![1, 2, 3, 4, 6, 7, 8], false),
        (9, 7, vec![1, 2, 3, 4, 6, 7, 8], false),
        (1, 5, vec![], false),
        (u64::MAX, 1, vec![12], true),
    ] {
        let page = messages(store, Anchor::Before(Number(before)), events).await;
        assert_eq!((numbers(&page.events), page.older), (expected, more), "{events} before {before}");
    }
}

async fn rooms_are_apart_and_a_closed_room_is_gone(store: &dyn Store) {
    let (other, elsewhere) = (RoomId(2), Epoch(78));
    open(store).await;
    store.append(vec![opened(other, "dev", elsewhere)]).await.expect("it appends");
    fill(store, 1..=3).await;
    store.append(vec![numbered(other, elsewhere, 1)]).await.expect("it appends");
    let page = store.read(elsewhere, Number(0), Number(9), ALL).await.expect("it reads");
    assert_eq!(numbers(&page.events), [1]);
    let closed = Record { stamp: stamp(9), change: Change::RoomClosed { room: ROOM } };
    // Made again at once, under another numbering.
    let anew = Epoch(79);
    store
        .append(vec![closed, opened(RoomId(3), "lobby", anew), numbered(RoomId(3), anew, 1)])
        .await
        .expect("it appends");
    assert_eq!(read(store, 0, 9, ALL).await, Page::default(), "what a closed room said");
    assert_eq!(first(store, EPOCH).await, None);
    for epoch in [elsewhere, anew] {
        assert_eq!(first(store, epoch).await, Some(1));
    }
}

async fn a_read_sees_what_was_appended_before(store: &Arc<dyn Store>) {
    open(&**store).await;
    for number in 1..=50 {
        fill(&**store, number..=number).await;
        let reading = Arc::clone(store);
        let page = tokio::spawn(async move { read(&*reading, number - 1, number, ALL).await });
        assert_eq!(
            numbers(&page.await.expect("it does not panic").events),
            [number],
            "read from another task"
        );
    }
}
