//! A deleted message: gone with its words, and its place is kept.

use super::*;
use crate::store::Search;

pub(super) async fn suite(make: &impl Fn() -> Arc<dyn Store>) {
    what_is_deleted_leaves_its_number(&*make()).await;
    what_is_deleted_with_the_append_that_said_it_is_never_found(&*make()).await;
    nothing_else_is_deleted(&*make()).await;
}

/// What [`event`] has under that number: mostly something that alice said.
fn said(number: u64) -> Record {
    numbered(ROOM, EPOCH, number)
}

fn deleted(number: u64, target: u64) -> Record {
    let place = Place { room: room_name("lobby"), epoch: EPOCH, number: Number(number) };
    let event = Event::Deleted { place, by: user("mod"), target: Number(target), from: user("alice") };
    Record { stamp: stamp(number), change: Change::Numbered { room: ROOM, event, by: None } }
}

fn removed(number: u64) -> Event {
    let place = Place { room: room_name("lobby"), epoch: EPOCH, number: Number(number) };
    Event::Removed { place, from: user("alice"), by: user("mod") }
}

fn user(name: &str) -> UserName {
    UserName::new(name, 32).expect("it is a name")
}

async fn hits(store: &dyn Store, words: &str) -> Vec<u64> {
    let search = Search { words: words.into(), rooms: vec![(EPOCH, Number(1))], before: None, limit: ALL };
    numbers(&store.search(search).await.expect("it searches").events)
}

async fn what_is_deleted_leaves_its_number(store: &dyn Store) {
    open(store).await;
    store.append((1..=12).map(said).collect()).await.expect("it appends");
    assert_eq!(hits(store, "message 8").await, [8]);
    store.append(vec![deleted(13, 8)]).await.expect("it deletes");
    assert_eq!(hits(store, "message 8").await, [0; 0], "its words are gone");
    assert_eq!(hits(store, "message 7").await, [7]);
    let page = messages(store, Anchor::Around(Number(8)), 3).await;
    assert_eq!(numbers(&page.events), [6, 7, 8, 9], "its place is kept");
    assert_eq!(page.events[2], Past { stamp: stamp(8), event: removed(8) });
    let all = store.read(EPOCH, Number(0), HEAD, ALL).await.expect("it reads");
    assert_eq!(numbers(&all.events), (1..=13).collect::<Vec<_>>());
    assert_eq!(all.events[7].event, removed(8));
    assert!(matches!(all.events[12].event, Event::Deleted { target: Number(8), .. }));
}

async fn what_is_deleted_with_the_append_that_said_it_is_never_found(store: &dyn Store) {
    open(store).await;
    store.append(vec![said(1), said(2), deleted(3, 2), said(4)]).await.expect("it appends");
    assert_eq!(hits(store, "message").await, [1, 4]);
    let all = store.read(EPOCH, Number(0), HEAD, ALL).await.expect("it reads");
    assert_eq!(all.events[1].event, removed(2));
}

async fn nothing_else_is_deleted(store: &dyn Store) {
    open(store).await;
    store.append((1..=6).map(said).collect()).await.expect("it appends");
    // A join, one that is gone already, itself, and one that is not there.
    let mut number = 6;
    for target in [5, 2, 2, 10, 99] {
        number += 1;
        store.append(vec![deleted(number, target)]).await.expect("it appends");
    }
    let all = store.read(EPOCH, Number(0), HEAD, ALL).await.expect("it reads");
    let gone = |past: &&Past| matches!(past.event, Event::Removed { .. });
    assert_eq!(numbers(&all.events), (1..=11).collect::<Vec<_>>());
    let gone: Vec<Past> = all.events.iter().filter(gone).cloned().collect();
    assert_eq!(numbers(&gone), [2]);
    assert_eq!(hits(store, "message").await, [1, 3, 4, 6]);
}
