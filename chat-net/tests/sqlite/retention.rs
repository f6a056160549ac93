//! What is kept no longer: gone for readers at once, from the disk after the next snapshot.

use std::time::{SystemTime, UNIX_EPOCH};

use chat_net::chat_core::{
    Ask, Chat, Command, Config, ModeChange, NodeId, RequestId, Seq, SessionId, Stamp, Timestamp, TokenHash,
};
use chat_net::{Sqlite, SqliteOptions, Store};

use crate::log::{Records, talk, talk_at};
use crate::scratch::{Folder, options, recover, until};

fn keep(change: impl FnOnce(&mut SqliteOptions)) -> SqliteOptions {
    let mut options = options();
    (options.thresholds.tail_events, options.thresholds.age_check_ms) = (100, 20);
    change(&mut options);
    options
}

async fn open(folder: &Folder, options: &SqliteOptions) -> Sqlite {
    let store = folder.open(options);
    recover(&store, &Config::default()).await;
    store
}

#[tokio::test]
async fn of_each_room_the_last_events_are_kept() {
    let folder = Folder::new();
    let store = open(&folder, &keep(|options| options.keep_events = 50)).await;
    store.append(talk(0, 30)).await.expect("it appends");
    assert_eq!(folder.look::<i64>("SELECT first FROM rooms"), 1);
    for part in 0..10 {
        store.append(talk(30 + part * 40, 40)).await.expect("it appends");
        let head = 30 + (part + 1) * 40;
        assert_eq!(folder.look::<i64>("SELECT first FROM rooms"), (head - 49) as i64, "at once, and exactly");
    }
    let bytes = "SELECT bytes = (SELECT sum(length(event)) FROM messages, rooms WHERE id & 0xfffffffff >= first) FROM rooms";
    assert!(folder.look::<bool>(bytes));
    until(|| folder.look::<i64>("SELECT count(*) FROM messages") < 250).await;
    let deleted: i64 = folder.look("SELECT base_number FROM rooms");
    assert_eq!(
        folder.look::<i64>("SELECT min(id & 0xfffffffff) FROM messages"),
        deleted + 1,
        "no hole, no rest"
    );
    let words = "SELECT count(*) FROM search WHERE search MATCH 'message'";
    assert_eq!(folder.look::<i64>(words), folder.look::<i64>("SELECT count(*) FROM messages"));
    drop(store);
    let store = open(&folder, &keep(|options| options.keep_events = 50)).await;
    assert_eq!(recover(&store, &Config::default()).await.heads().next().expect("a room").1.number.0, 430);
}

#[tokio::test]
async fn of_each_room_so_many_bytes_are_kept() {
    let folder = Folder::new();
    let store = open(&folder, &keep(|options| options.keep_bytes = 2000)).await;
    for part in 0..10 {
        store.append(talk(part * 20, 20)).await.expect("it appends");
        let bytes: i64 = folder.look("SELECT bytes FROM rooms");
        assert!(part < 3 || (1900..=2000).contains(&bytes), "{bytes}");
    }
    drop(store);
    // Less is kept from now on: done at the start, without another event.
    let _store = open(&folder, &keep(|options| options.keep_bytes = 500)).await;
    until(|| folder.look::<i64>("SELECT bytes FROM rooms") <= 500).await;
}

#[tokio::test]
async fn what_is_old_is_not_kept() {
    let folder = Folder::new();
    let store = open(&folder, &keep(|options| options.keep_age_ms = 3_600_000)).await;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64;
    store.append(talk_at(0, 60, Timestamp(now - 4_000_000))).await.expect("it appends");
    store.append(talk_at(60, 60, Timestamp(now))).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT first FROM rooms") == 61).await;
    // A snapshot is behind all of it, so they go from the disk too.
    until(|| folder.look::<i64>("SELECT count(*) FROM messages") == 60).await;
    drop(store);
}

/// alice alone in a room of hers, whose events are kept for an hour.
fn brief_room(at: Timestamp) -> Records {
    let (alice, mut records) = (SessionId::new(NodeId(0), 1), Records::default());
    let mut chat = Chat::new(Config::default());
    let ask = |ask| Command::Ask { from: alice, request: RequestId::NONE, ask };
    let modes = ModeChange { retention_ms: Some(3_600_000), ..ModeChange::default() };
    let log = [
        Command::Attach { session: alice, name: "alice".into(), token: TokenHash([1; 32]), resume: None },
        ask(Ask::Join { room: "den".into(), since: None }),
        ask(Ask::Say { room: "den".into(), body: "the brief message".into() }),
        ask(Ask::SetModes { room: "den".into(), modes }),
    ];
    for (seq, command) in (1..).zip(&log) {
        chat.apply(Stamp { seq: Seq(seq), at }, command, &mut records).expect("it is allowed");
    }
    records
}

#[tokio::test]
async fn a_rooms_own_time_counts_after_a_restart_and_where_it_is_the_shorter_one() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64;
    let folder = Folder::new();
    let never = keep(|options| options.thresholds.age_check_ms = u64::from(u32::MAX));
    let store = open(&folder, &never).await;
    store.append(brief_room(Timestamp(now - 4_000_000)).0).await.expect("it appends");
    store.close().await.expect("it closes");
    drop(store);
    assert_eq!(folder.look::<i64>("SELECT first FROM rooms"), 1);
    let store = open(&folder, &keep(|options| options.keep_age_ms = 86_400_000)).await;
    until(|| folder.look::<i64>("SELECT first FROM rooms") == 4).await;
    drop(store);

    // A room cannot have its events kept for longer than the server says.
    let folder = Folder::new();
    let store = open(&folder, &keep(|options| options.keep_age_ms = 60_000)).await;
    store.append(brief_room(Timestamp(now - 120_000)).0).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT first FROM rooms") == 4).await;
}

#[tokio::test]
async fn the_words_of_what_is_kept_no_longer_go_too() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as u64;
    let folder = Folder::new();
    let prompt = keep(|options| (options.thresholds.blocked_ms, options.thresholds.words_ms) = (50, 1));
    let later = keep(|options| options.thresholds.age_check_ms = u64::from(u32::MAX));
    let store = open(&folder, &later).await;
    store.append(brief_room(Timestamp(now - 4_000_000)).0).await.expect("it appends");
    drop(store);
    let indexed = "SELECT ifnull(max(instr(block, CAST('brief' AS BLOB))), 0) FROM search_data";
    assert!(folder.look::<i64>(indexed) > 0);
    let _store = open(&folder, &prompt).await;
    until(|| folder.look::<i64>(indexed) == 0).await;
}

#[tokio::test]
async fn on_a_quiet_server_too_old_text_goes_from_the_disk() {
    let folder = Folder::new();
    let quiet = keep(|options| {
        options.keep_events = 5;
        (options.thresholds.tail_events, options.thresholds.blocked_ms) = (u64::MAX, 50);
    });
    let store = open(&folder, &quiet).await;
    store.append(talk(0, 20)).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT count(*) FROM messages") == 5).await;
    drop(store);
    let store = open(&folder, &quiet).await;
    store.append(talk(20, 1)).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT min(id & 0xfffffffff) FROM messages") == 17).await;
}

#[tokio::test]
async fn a_closed_room_goes_from_the_disk_after_the_next_snapshot() {
    let folder = Folder::new();
    let store = open(&folder, &keep(|options| options.thresholds.tail_events = 1000)).await;
    store.append(talk(0, 300)).await.expect("it appends");
    store.append(crate::log::close_and_open_anew()).await.expect("it appends");
    assert_eq!(folder.look::<i64>("SELECT count(*) FROM rooms WHERE closed = 0"), 1);
    assert_eq!(folder.look::<i64>("SELECT count(*) FROM messages"), 300, "nothing covers it yet");
    drop(store);
    let store = open(&folder, &keep(|options| options.thresholds.tail_events = 10)).await;
    until(|| folder.look::<i64>("SELECT count(*) FROM messages") == 0).await;
    until(|| folder.look::<i64>("SELECT count(*) FROM rooms") == 1).await;
    assert_eq!(folder.look::<i64>("SELECT count(*) FROM search WHERE search MATCH 'message'"), 0);
    drop(store);
    assert_eq!(recover(&open(&folder, &options()).await, &Config::default()).await.counts().1, 1);
}
