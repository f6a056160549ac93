//! A disk that fills up, made real: a small file system in memory.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::time::{Duration, Instant};

use chat_net::chat_core::Config;
use chat_net::{Sqlite, SqliteOptions, Store};

use crate::log::talk;
use crate::scratch::{Folder, polled, recover};

const MIB: u64 = 1 << 20;

/// A file system of so many bytes, unmounted at the end.
struct Small {
    folder: Folder,
}

impl Small {
    /// None if this user may not mount; in CI that is a failure.
    fn mount(bytes: u64) -> Option<Small> {
        let folder = Folder::new();
        std::fs::create_dir_all(folder.path()).expect("it is made");
        let size = format!("size={bytes}");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(folder.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(Small { folder });
        }
        assert!(std::env::var_os("CI").is_none(), "CI must be able to mount a small file system");
        println!("skipped: this user may not mount a small file system");
        None
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Takes space away until so many bytes are left.
    fn fill(&self, left: u64) -> PathBuf {
        let path = self.path().join("filler");
        let mut file = File::create(&path).expect("it is made");
        let free = rustix::fs::statvfs(self.path()).expect("it tells").f_bavail * 4096;
        let zeros = vec![0; usize::try_from(free.saturating_sub(left)).expect("it is small")];
        std::io::Write::write_all(&mut file, &zeros).expect("there is space");
        path
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

fn options() -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.reserve_bytes = 2 * MIB;
    options
}

async fn until(store: &Sqlite, has_space: bool) -> Duration {
    let started = Instant::now();
    while store.has_space() != has_space {
        assert!(started.elapsed() < Duration::from_secs(10), "it never says {has_space}");
        tokio::task::yield_now().await;
    }
    started.elapsed()
}

#[tokio::test]
async fn a_full_disk_refuses_then_holds_then_goes_on() {
    let Some(small) = Small::mount(48 * MIB) else { return };
    let limits = Config::default();
    let store = Sqlite::open(small.path(), options()).expect("it opens");
    recover(&store, &limits).await;
    store.append(talk(0, 10)).await.expect("it appends");
    assert!(store.has_space());
    let ballast = || std::fs::metadata(small.path().join("reserve")).expect("it is there").len();
    assert_eq!(ballast(), 2 * MIB);

    // Little is left: messages should be refused, all else goes on.
    let filler = small.fill(MIB);
    until(&store, false).await;
    store.append(talk(10, 1)).await.expect("it appends");

    // Nothing is left: the ballast gives way, then what is appended is held.
    let mut next = 11;
    let held = loop {
        let mut append = Box::pin(store.append(talk(next, 500)));
        next += 500;
        let outcome = tokio::time::timeout(Duration::from_secs(1), &mut append).await; // paused: held is not answered
        match outcome {
            Ok(kept) => kept.expect("a full disk is no failure"),
            Err(_) => break append,
        }
        assert!(next < 100_000, "it never fills");
    };
    assert!(!store.has_space());
    assert_eq!(ballast(), 0);
    let behind = polled(Box::pin(store.append(talk(next, 1)))).await;
    next += 1;

    // Space comes back: what was held is kept, and all is as before within five seconds.
    let started = Instant::now();
    std::fs::remove_file(filler).expect("it is there");
    held.await.expect("it appends");
    pin!(behind).await.expect("it appends");
    until(&store, true).await;
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert_eq!(ballast(), 2 * MIB);
    store.close().await.expect("it closes");
    drop(store);
    let kept: i64 = small.folder.look("SELECT count(*) FROM messages");
    assert_eq!(kept, i64::try_from(next).expect("it is small"));
    let store = Sqlite::open(small.path(), options()).expect("it opens");
    assert_eq!(recover(&store, &limits).await.heads().next().expect("a room").1.number.0, next);
}

#[tokio::test]
async fn a_store_that_ends_does_not_wait_for_space() {
    let Some(small) = Small::mount(24 * MIB) else { return };
    let store = Sqlite::open(small.path(), options()).expect("it opens");
    store.append(talk(0, 10)).await.expect("it appends");
    small.fill(0);
    let mut next = 10;
    loop {
        let mut append = Box::pin(store.append(talk(next, 500)));
        next += 500;
        let outcome = tokio::time::timeout(Duration::from_secs(1), &mut append).await; // paused: held is not answered
        if outcome.is_err() {
            break;
        }
        assert!(next < 100_000, "it never fills");
    }
    let started = Instant::now();
    drop(store);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_store_is_closed_on_a_disk_without_any_space() {
    for reserve_bytes in [0, MIB] {
        let Some(small) = Small::mount(24 * MIB) else { return };
        let mut options = options();
        options.reserve_bytes = reserve_bytes;
        let store = Sqlite::open(small.path(), options.clone()).expect("it opens");
        recover(&store, &Config::default()).await;
        store.append(talk(0, 10)).await.expect("it appends");
        let filler = small.fill(0);
        store.close().await.expect("a full disk is no failure");
        drop(store);
        std::fs::remove_file(filler).expect("it goes");
        let store = Sqlite::open(small.path(), options).expect("it opens");
        recover(&store, &Config::default()).await;
        store.append(talk(10, 1)).await.expect("it goes on behind all that was kept");
    }
}
