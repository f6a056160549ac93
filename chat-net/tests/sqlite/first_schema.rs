//! A file that the first schema's program wrote is read for ever: the same state, the same events, whole.
//!
//! `CHAT_WRITE_SCHEMA_1=1` writes the folder `schema-1` anew; only while nobody has such files.

use std::fmt::Write;
use std::path::PathBuf;

use chat_net::chat_core::Number;
use chat_net::{Archive, OpenError, PageLimit, Store};

use crate::log::{Live, config};
use crate::scratch::{Folder, options, recover, until};

const SEED: u64 = 41;

fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sqlite/schema-1").join(name)
}

/// All that can be read of a folder, and the state.
async fn told(folder: &Folder) -> String {
    let mut text = String::new();
    let all = PageLimit { events: usize::MAX, bytes: usize::MAX };
    let archive = Archive::open(folder.path()).expect("it opens");
    for room in archive.rooms().expect("it reads") {
        let (name, first, head) = (room.room, room.first, room.head);
        writeln!(text, "#{name} from {first} to {head}, {} messages", room.messages).unwrap();
        let page = archive.events(room.epoch, Number(0), all).expect("it reads");
        for past in page.events {
            writeln!(text, "{} {} {}", past.stamp.seq, past.stamp.at.0, past.event).unwrap();
        }
    }
    let store = folder.open(&options());
    let chat = recover(&store, &config(SEED)).await;
    writeln!(text, "digest {}", chat.digest()).unwrap();
    text
}

#[tokio::test]
async fn what_the_first_schema_holds_is_read() {
    if std::env::var_os("CHAT_WRITE_SCHEMA_1").is_some() {
        write().await;
    }
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    std::fs::copy(kept("chat.db"), folder.database()).expect("it is in the repository");
    // What only reads leaves an older file alone; a store brings it up to date if it is told to.
    assert!(matches!(Archive::open(folder.path()), Err(OpenError::Older { found: 1, .. })));
    let mut options = options();
    options.migrate = true;
    drop(folder.open(&options));
    let verified = Archive::open(folder.path()).unwrap().verify(&mut |_, _| {}).expect("it reads");
    assert_eq!(verified.bad, [], "it is whole");
    assert_eq!(told(&folder).await, std::fs::read_to_string(kept("expected.txt")).unwrap());
}

/// A snapshot, a journal behind it, rooms that are gone, answers, whispers, sessions asleep.
async fn write() {
    let folder = Folder::new();
    let mut live = Live::new(SEED);
    let mut options = options();
    options.thresholds.journal_rows = 100;
    let store = folder.open(&options);
    recover(&store, &config(SEED)).await;
    store.append(live.go_on(400)).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT count(*) FROM snapshots") > 0).await;
    store.append(live.go_on(100)).await.expect("it appends");
    store.close().await.expect("it closes");
    drop(store);
    std::fs::create_dir_all(kept("")).unwrap();
    std::fs::copy(folder.database(), kept("chat.db")).unwrap();
    let text = told(&folder).await;
    assert!(text.contains(&format!("digest {}", live.chat.digest())), "what is read is what was written");
    std::fs::write(kept("expected.txt"), text).unwrap();
}
