//! The store does what every store must do.

use std::sync::{Arc, Mutex};

use chat_net::{Store, testing};

use crate::scratch::{Folder, options};

#[tokio::test]
async fn it_is_a_store() {
    let folders = Mutex::new(Vec::new());
    testing::store_suite(|| {
        let folder = Folder::new();
        let mut options = options();
        options.thresholds.age_check_ms = 20;
        let store = Arc::new(folder.open(&options));
        folders.lock().unwrap().push(folder);
        store
    })
    .await;
}

#[tokio::test]
async fn it_is_a_store_that_lasts() {
    testing::durable_store_suite(|| {
        let folder = Arc::new(Folder::new());
        move || {
            let folder = Arc::clone(&folder);
            async move { Arc::new(folder.open(&options())) as Arc<dyn Store> }
        }
    })
    .await;
}
