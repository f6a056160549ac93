//! What a store gives back after it was closed, or after its process was gone.

use std::future::Future;

use chat_core::{Chat, Config, Digest};

use super::*;
use crate::recover::rebuild;

/// Checks a store that outlives its process. `make` gives a fresh, empty place to keep a store in, as a function
/// that opens the store there: each time after the one before was dropped, closed or not.
///
/// # Panics
/// With a sentence that says what is not as it must be.
pub async fn durable_store_suite<P, F>(make: impl Fn() -> P)
where
    P: Fn() -> F,
    F: Future<Output = Arc<dyn Store>>,
{
    for seed in 0..4 {
        a_chat_goes_on_where_it_was(make(), seed).await;
    }
    everything_reads_the_same_again(make()).await;
}

fn config() -> Config {
    // Small, so that people and rooms go away within a short life.
    Config {
        big_room_members: 3,
        digest_ms: 500,
        linger_ms: 1000,
        detached: 3,
        answers: 4,
        ..Config::default()
    }
}

async fn recovered(store: &dyn Store) -> (Chat, Option<Epoch>) {
    let recovered = store.recover(&config()).await.expect("it gives back what it kept");
    let epoch = recovered.epoch;
    (rebuild(config(), Epoch(5), recovered).expect("it is a chat"), epoch)
}

async fn a_chat_goes_on_where_it_was<F>(open: impl Fn() -> F, seed: u64)
where
    F: Future<Output = Arc<dyn Store>>,
{
    let store = open().await;
    let (chat, epoch) = recovered(&*store).await;
    assert_eq!(chat.digest(), Chat::new(config()).digest(), "a fresh store has nothing");
    let mut life = Life::of(seed, chat);
    let mut last: Option<(Arc<dyn Store>, Digest)> = Some((store, life.digest()));
    for round in 0..6 {
        let (store, _) = last.take().expect("it was put there");
        for batch in 0..20 {
            store.append(life.live(1 + (batch * 7) % 30)).await.expect("it appends");
        }
        if round % 2 == 0 {
            store.close().await.expect("it closes");
        }
        let digest = life.digest();
        drop(store);
        let store = open().await;
        let (chat, epoch_now) = recovered(&*store).await;
        assert_eq!(epoch_now, epoch, "seed {seed}, round {round}: nothing was lost, so the epoch stays");
        assert_eq!(chat.digest(), digest, "seed {seed}, round {round}: the chat is as it was");
        // As a server does: nobody is connected any more.
        life = Life::of(seed * 100 + round, chat);
        last = Some((store, digest));
    }
}

async fn everything_reads_the_same_again<F>(open: impl Fn() -> F)
where
    F: Future<Output = Arc<dyn Store>>,
{
    let store = open().await;
    let (chat, _) = recovered(&*store).await;
    let mut life = Life::of(7, chat);
    for _ in 0..20 {
        store.append(life.live(20)).await.expect("it appends");
    }
    let before = all(&*store, &life).await;
    assert!(before.iter().any(|(page, ..)| page.events.len() > 20), "there is something to read");
    drop(store);
    for closed in [false, true] {
        let store = open().await;
        recovered(&*store).await;
        assert_eq!(all(&*store, &life).await, before, "after it was closed: {closed}");
        store.close().await.expect("it closes");
    }
}

/// All that can be read of every room.
async fn all(store: &dyn Store, life: &Life) -> Vec<(Page, Messages, Messages, Option<u64>)> {
    let mut all = Vec::new();
    for place in life.heads() {
        let page = store.read(place.epoch, Number(0), place.number, ALL).await.expect("it reads");
        let expected: Vec<u64> = (1..=place.number.0).collect();
        assert_eq!(numbers(&page.events), expected, "{place}: every number once");
        let latest = store.messages(place.epoch, HEAD, Anchor::Latest, ALL).await.expect("it reads");
        let search = crate::store::Search {
            words: "tea".into(),
            rooms: vec![(place.epoch, Number(1))],
            before: None,
            limit: ALL,
        };
        let found = store.search(search).await.expect("it searches");
        all.push((page, latest, found, first(store, place.epoch).await));
    }
    all
}
