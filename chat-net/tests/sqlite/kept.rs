//! What was appended comes back: the same state, after a good end and after none.

use std::future::{poll_fn, ready};
use std::pin::Pin;
use std::task::Poll;

use chat_net::{OpenError, Sqlite, Store, StoreError};

use crate::log::{Live, config};
use crate::scratch::{Folder, options, recover, until};

/// An append that has its place. It may be done already.
async fn begun<'a>(
    mut append: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>>,
) -> Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send + 'a>> {
    match poll_fn(|cx| Poll::Ready(append.as_mut().poll(cx))).await {
        Poll::Ready(kept) => Box::pin(ready(kept)),
        Poll::Pending => append,
    }
}

/// Appends what the live chat records, in random batches, several under way at once.
async fn live_on(live: &mut Live, store: &Sqlite, entries: u64) {
    let mut records = live.go_on(entries);
    let mut batches = Vec::new();
    while !records.is_empty() {
        let rest = records.split_off(records.len().min(1 + live.dice.below(40) as usize));
        let batch = store.append(std::mem::replace(&mut records, rest));
        batches.push(begun(batch).await);
    }
    for batch in batches {
        batch.await.expect("it appends");
    }
}

#[tokio::test]
async fn the_state_comes_back_after_a_good_end_and_after_none() {
    for seed in 0..12 {
        let folder = Folder::new();
        let mut live = Live::new(seed);
        for round in 0..6 {
            let store = folder.open(&options());
            let rebuilt = recover(&store, &config(seed)).await;
            assert_eq!(rebuilt.digest(), live.chat.digest(), "seed {seed}, round {round}");
            let entries = live.dice.below(400);
            live_on(&mut live, &store, entries).await;
            if round % 2 == 0 {
                store.close().await.expect("it closes");
            }
        }
    }
}

#[tokio::test]
async fn a_snapshot_made_meanwhile_changes_nothing() {
    for seed in 20..28 {
        let folder = Folder::new();
        let mut live = Live::new(seed);
        let mut options = options();
        (options.thresholds.journal_rows, options.thresholds.tail_events) = (60, 60);
        for round in 0..8 {
            let store = folder.open(&options);
            let rebuilt = recover(&store, &config(seed)).await;
            assert_eq!(rebuilt.digest(), live.chat.digest(), "seed {seed}, round {round}");
            let before: Option<i64> = folder.look("SELECT max(generation) FROM snapshots");
            for _ in 0..6 {
                live_on(&mut live, &store, 100).await;
            }
            until(|| {
                let generation: Option<i64> = folder.look("SELECT max(generation) FROM snapshots");
                generation > before
            })
            .await;
            drop(store);
        }
    }
}

#[tokio::test]
async fn a_folder_is_for_one_process() {
    let folder = Folder::new();
    let _store = folder.open(&options());
    let refused = Sqlite::open(folder.path(), options()).unwrap_err();
    assert!(
        matches!(refused, OpenError::Locked { pid: Some(pid), .. } if pid == std::process::id()),
        "{refused}"
    );
    assert!(refused.to_string().contains("stop that one first"));
}
