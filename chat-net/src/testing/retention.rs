//! A room that says how long its events are kept.

use std::time::{Duration, Instant};

use chat_core::Modes;

use super::*;
use crate::store::{Search, ago};

pub(super) async fn suite(make: &impl Fn() -> Arc<dyn Store>) {
    a_room_keeps_for_as_long_as_it_says(&*make()).await;
    nothing_may_be_left_of_a_room(&*make()).await;
    without_a_time_all_is_kept(&*make()).await;
}

const HOUR_MS: u64 = 3_600_000;

/// The store has a minute to look at the age of a room; after a few more seconds it has not done it.
const LONGEST: Duration = Duration::from_secs(75);

/// So many milliseconds for each event, decided at that time.
fn modes(number: u64, at: Timestamp, retention_ms: u64) -> Record {
    let place = Place { room: room_name("lobby"), epoch: EPOCH, number: Number(number) };
    let by = UserName::new("alice", 32).expect("it is a name");
    let event = Event::ModesChanged { place, by, modes: Modes { retention_ms, ..Modes::default() } };
    Record { stamp: Stamp { at, ..stamp(number) }, change: Change::Numbered { room: ROOM, event, by: None } }
}

fn at(record: Record, at: Timestamp) -> Record {
    Record { stamp: Stamp { at, ..record.stamp }, ..record }
}

/// Waits until the first number that can be read is this one.
async fn until_first(store: &dyn Store, number: u64) {
    let started = Instant::now();
    while first(store, EPOCH).await != Some(number) {
        assert!(started.elapsed() < LONGEST, "events before number {number} are still there");
        tokio::task::yield_now().await;
    }
}

async fn hits(store: &dyn Store, epoch: Epoch) -> Vec<u64> {
    let search =
        Search { words: "message".into(), rooms: vec![(epoch, Number(1))], before: None, limit: ALL };
    numbers(&store.search(search).await.expect("it searches").events)
}

async fn a_room_keeps_for_as_long_as_it_says(store: &dyn Store) {
    const BESIDE: Epoch = Epoch(78);
    open(store).await;
    store.append(vec![opened(RoomId(2), "beside", BESIDE)]).await.expect("it appends");
    let of_both = |number| [numbered(ROOM, EPOCH, number), numbered(RoomId(2), BESIDE, number)];
    store.append((1..=6).flat_map(of_both).collect()).await.expect("it appends");
    let now = ago(0);
    let new = [modes(7, now, HOUR_MS), at(numbered(ROOM, EPOCH, 8), now)];
    store.append(new.into()).await.expect("it appends");
    until_first(store, 7).await;
    assert_eq!(numbers(&read(store, 0, 8, ALL).await.events), [7, 8]);
    assert_eq!(numbers(&messages(store, Anchor::Latest, 9).await.events), [8]);
    assert_eq!(hits(store, EPOCH).await, [8]);
    assert_eq!(first(store, BESIDE).await, Some(1), "it says nothing of the kind");
    assert_eq!(hits(store, BESIDE).await, [1, 2, 3, 4, 6]);
}

async fn nothing_may_be_left_of_a_room(store: &dyn Store) {
    open(store).await;
    fill(store, 1..=3).await;
    store.append(vec![modes(4, stamp(4).at, HOUR_MS)]).await.expect("it appends");
    until_first(store, 5).await;
    assert_eq!(read(store, 0, 4, ALL).await, Page::default());
    assert_eq!(messages(store, Anchor::Latest, 9).await, Messages::default());
    store.append(vec![at(numbered(ROOM, EPOCH, 6 - 1), ago(0))]).await.expect("it appends");
    assert_eq!(numbers(&read(store, 4, 5, ALL).await.events), [5], "and it goes on");
}

async fn without_a_time_all_is_kept(store: &dyn Store) {
    open(store).await;
    let now = ago(0);
    let said = |number| at(numbered(ROOM, EPOCH, number), now);
    let changes = [said(1), modes(2, now, HOUR_MS), modes(3, now, 0), said(4)];
    store.append(changes.into()).await.expect("it appends");
    assert_eq!(numbers(&read(store, 0, 4, ALL).await.events), [1, 2, 3, 4]);
}
