//! A search that takes too long is given up, and holds up no other read.

use std::time::Duration;

use chat_net::chat_core::{Anchor, Config, Epoch, Number};
use chat_net::{PageLimit, Search, Store, StoreError};

use crate::log::talk;
use crate::scratch::{Folder, options, polled, recover};

const LIMIT: PageLimit = PageLimit { events: 10, bytes: usize::MAX };

#[tokio::test]
async fn a_search_that_takes_too_long_is_given_up() {
    let folder = Folder::new();
    let mut options = options();
    options.thresholds.search_ms = 0;
    let store = folder.open(&options);
    recover(&store, &Config::default()).await;
    store.append(talk(0, 10)).await.expect("it appends");
    let rooms = vec![(Epoch(77), Number(1))];
    let search = Search { words: "mess*".into(), rooms, before: None, limit: LIMIT };
    let ended = store.search(search).await;
    assert!(matches!(ended, Err(StoreError::TooBroad)), "{ended:?}");
    let page = store.messages(Epoch(77), Number(10), Anchor::Latest, LIMIT).await.expect("it reads");
    assert!(!page.events.is_empty(), "reads are not ended");
}

#[tokio::test]
async fn however_many_searches_wait_history_is_read() {
    let folder = Folder::new();
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    store.append(talk(0, 10)).await.expect("it appends");
    // Each looks through the room a thousand times.
    let search = || Search {
        words: "mess*".into(),
        rooms: vec![(Epoch(77), Number(1)); 1000],
        before: None,
        limit: LIMIT,
    };
    let mut waiting = Vec::new();
    for _ in 0..400 {
        waiting.push(polled(store.search(search())).await);
    }
    let read = store.messages(Epoch(77), Number(10), Anchor::Latest, LIMIT);
    let page = tokio::time::timeout(Duration::from_secs(10), read).await;
    assert!(!page.expect("it has its turn").expect("it reads").events.is_empty());
    drop(waiting);
}
