//! Snapshots: made while messages come, they keep the journal, the log and the start short.

use chat_net::Store;

use crate::log::{Live, config};
use crate::scratch::{Folder, options, recover, until};

#[tokio::test]
async fn the_journal_stays_short_and_the_log_too() {
    let folder = Folder::new();
    let (mut live, limits) = (Live::new(7), config(7));
    let mut options = options();
    (options.thresholds.journal_rows, options.thresholds.wal_pages) = (200, 64);
    let store = folder.open(&options);
    recover(&store, &limits).await;
    for _ in 0..60 {
        store.append(live.go_on(100)).await.expect("it appends");
    }
    until(|| folder.look::<i64>("SELECT count(*) FROM journal") < 1000).await;
    until(|| folder.look::<i64>("SELECT count(DISTINCT generation) FROM snapshots") == 1).await;
    let log = || std::fs::metadata(folder.path().join("chat.db-wal")).expect("it is there").len();
    assert!(log() < 8 << 20, "the log is written back, and used again: {}", log());
    store.close().await.expect("it closes");
    drop(store);
    let store = folder.open(&options);
    assert_eq!(recover(&store, &limits).await.digest(), live.chat.digest());
}

#[tokio::test]
async fn a_snapshot_that_was_half_stored_is_thrown_away() {
    let folder = Folder::new();
    let (mut live, limits) = (Live::new(8), config(8));
    let mut options = options();
    options.thresholds.journal_rows = 100;
    let store = folder.open(&options);
    recover(&store, &limits).await;
    store.append(live.go_on(300)).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT count(*) FROM snapshots") > 0).await;
    drop(store);
    let generation: i64 = folder.look("SELECT max(generation) FROM snapshots");
    for ahead in 1..4 {
        folder.spoil(&format!(
            "INSERT INTO snapshots VALUES ({}, 0, x'00'), ({0}, 1, x'00')",
            generation + ahead
        ));
    }
    let store = folder.open(&options);
    assert_eq!(recover(&store, &limits).await.digest(), live.chat.digest());
    store.append(live.go_on(300)).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT max(generation) FROM snapshots") > generation + 3).await;
    until(|| folder.look::<i64>("SELECT count(DISTINCT generation) FROM snapshots") == 1).await;
    drop(store);
    assert_eq!(recover(&folder.open(&options), &limits).await.digest(), live.chat.digest());
}
