//! Folders of one test, and what several tests do with a store.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use chat_net::chat_core::{Chat, Config};
use chat_net::{Record, Sqlite, SqliteOptions, Store};

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder that is gone when the test ends well.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Folder {
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("chat-sqlite-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.0.join("chat.db")
    }

    pub(crate) fn open(&self, options: &SqliteOptions) -> Sqlite {
        Sqlite::open(&self.0, options.clone()).expect("it opens")
    }

    /// A look into the file, past the store.
    pub(crate) fn look<T: rusqlite::types::FromSql>(&self, sql: &str) -> T {
        let conn = rusqlite::Connection::open(self.database()).expect("it opens");
        conn.query_row(sql, [], |row| row.get(0)).expect("it answers")
    }

    /// Statements that make or break the file, past the store.
    pub(crate) fn run(&self, sql: &str) {
        let conn = rusqlite::Connection::open(self.database()).expect("it opens");
        conn.execute_batch(sql).expect("it does");
    }

    /// A change of the file, past the store.
    pub(crate) fn spoil(&self, sql: &str) {
        let conn = rusqlite::Connection::open(self.database()).expect("it opens");
        assert!(conn.execute(sql, []).expect("it does") > 0, "nothing was changed: {sql}");
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

/// Waits for what happens behind the scenes; every look at the file takes a while.
pub(crate) async fn until(mut holds: impl FnMut() -> bool) {
    let started = std::time::Instant::now();
    while !holds() {
        assert!(started.elapsed().as_secs() < 20, "it never happens");
        tokio::task::yield_now().await;
    }
}

/// A future that has begun: what it hands over has been handed over.
pub(crate) async fn polled<F: Future + Unpin>(mut future: F) -> F {
    std::future::poll_fn(|cx| {
        assert!(std::pin::Pin::new(&mut future).poll(cx).is_pending(), "it is done already");
        std::task::Poll::Ready(())
    })
    .await;
    future
}

/// Options without a ballast, which takes time to set aside.
pub(crate) fn options() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.reserve_bytes = 0;
    options
}

/// The state that a store gives back.
pub(crate) async fn recover(store: &Sqlite, config: &Config) -> Chat {
    let recovered = store.recover(config).await.expect("it recovers");
    let mut chat = match recovered.snapshot {
        Some(snapshot) => Chat::restore(config.clone(), snapshot).expect("it is whole"),
        None => Chat::new(config.clone()),
    };
    for Record { stamp, change } in &recovered.records {
        chat.evolve(*stamp, change);
    }
    chat
}
