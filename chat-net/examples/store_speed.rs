//! How fast the SQLite store keeps messages, against what the disk alone takes: `store_speed [FOLDER]`.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_net::chat_core::{
    Body, Change, Config, Epoch, Event, Number, Place, RoomId, RoomName, Seq, Stamp, Timestamp, UserName,
};
use chat_net::{Record, Sqlite, SqliteOptions, Store};

const WORDS: &[&str] = &[
    "deploy", "friday", "release", "the", "a", "we", "meeting", "ready", "server", "is", "down", "again",
    "lunch", "thanks", "please", "review", "branch", "merged", "tests", "green", "coffee", "tomorrow",
    "maybe", "who", "has",
];

fn said(number: u64) -> Record {
    let place = Place {
        room: RoomName::new("lobby", 64).expect("it is a name"),
        epoch: Epoch(77),
        number: Number(number),
    };
    let mut dice = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let words = (0..10).map(|_| {
        dice = dice.rotate_left(13).wrapping_mul(0x2545_f491_4f6c_dd1d);
        WORDS[(dice >> 40) as usize % WORDS.len()]
    });
    let body = format!("{} {number}", words.collect::<Vec<_>>().join(" ")).into();
    let (from, body) =
        (UserName::new("alice", 32).expect("it is a name"), Body::new(&body, 4096).expect("a text"));
    let stamp = Stamp { seq: Seq(number + 1), at: Timestamp(1_700_000_000_000 + number) };
    let change = Change::Numbered { room: RoomId(1), event: Event::Said { place, from, body }, by: None };
    Record { stamp, change }
}

fn show(what: &str, times: &mut [Duration]) -> Duration {
    times.sort();
    let at = |part: f64| times[((times.len() - 1) as f64 * part) as usize];
    println!("{what:<44} p50 {:>9.2?}  p99 {:>9.2?}  max {:>9.2?}", at(0.5), at(0.99), at(1.0));
    at(0.99)
}

/// Processor time of the thread that writes, where the system tells: it holds on a busy machine, too.
fn writer_time() -> Option<Duration> {
    let threads = std::fs::read_dir("/proc/self/task").ok()?.filter_map(Result::ok);
    let mut writer = threads.filter(|thread| {
        let name = std::fs::read_to_string(thread.path().join("comm"));
        name.is_ok_and(|name| name.trim() == "chat-store")
    });
    let spent = std::fs::read_to_string(writer.next()?.path().join("schedstat")).ok()?;
    spent.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}

fn bare(folder: &Path, pages: usize) -> Vec<Duration> {
    let path = folder.join("bare");
    let mut file = File::create(&path).expect("it is made");
    let times = (0..1500).map(|_| {
        let started = Instant::now();
        file.write_all(&vec![7; 4096 * pages]).and_then(|()| file.sync_data()).expect("it writes");
        started.elapsed()
    });
    let times = times.collect();
    let _ = std::fs::remove_file(path);
    times
}

// One thread: what is appended first is handed over first.
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("store-speed"), Into::into);
    let _ = std::fs::remove_dir_all(&folder);
    let store = Arc::new(Sqlite::open(&folder, SqliteOptions::default()).expect("it opens"));
    store.recover(&Config::default()).await.expect("it recovers");
    let name = RoomName::new("lobby", 64).expect("it is a name");
    let opened = Change::RoomOpened { room: RoomId(1), name, epoch: Epoch(77) };
    let stamp = Stamp { seq: Seq(1), at: Timestamp(1) };
    store.append(vec![Record { stamp, change: opened }]).await.expect("it appends");
    let mut number = 0;
    let mut batch = |size: u64| -> Vec<Record> {
        number += size;
        (number - size + 1..=number).map(said).collect()
    };

    let disk = show("4 KB written and synced, alone", &mut bare(&folder, 1));
    let mut times = Vec::new();
    for _ in 0..3000 {
        let records = batch(1);
        let started = Instant::now();
        store.append(records).await.expect("it appends");
        times.push(started.elapsed());
    }
    show("one message, one after the other", &mut times);

    let (mut times, mut waiting) = (Vec::new(), Vec::new());
    let mut due = tokio::time::interval(Duration::from_millis(1));
    for _ in 0..10_000 {
        due.tick().await;
        let (store, records) = (Arc::clone(&store), batch(1));
        let started = Instant::now();
        waiting.push(tokio::spawn(async move {
            store.append(records).await.expect("it appends");
            started.elapsed()
        }));
    }
    for kept in waiting {
        times.push(kept.await.expect("it is kept"));
    }
    let paced = show("a message a millisecond", &mut times);
    println!("{:<44} {:.2}", "its p99 / p99 of the disk", paced.as_secs_f64() / disk.as_secs_f64());

    for size in [16, 128, 1024, 4096] {
        let rounds = (300_000 / size).min(1000);
        let batches: Vec<_> = (0..rounds).map(|_| batch(size)).collect();
        let (started, before) = (Instant::now(), writer_time());
        for records in batches {
            store.append(records).await.expect("it appends");
        }
        let (took, spent) = (started.elapsed(), writer_time());
        let messages = rounds * size;
        let rate = messages as f64 / took.as_secs_f64();
        let each = spent
            .zip(before)
            .map_or(0.0, |(now, before)| (now - before).as_secs_f64() * 1e6 / messages as f64);
        println!("batches of {size:<33} {rate:>9.0} messages/s, {each:.1} µs of the writer's thread each");
    }
    let started = Instant::now();
    store.close().await.expect("it closes");
    drop(store);
    println!("closed in {:.2?}", started.elapsed());
    let started = Instant::now();
    let store = Sqlite::open(&folder, SqliteOptions::default()).expect("it opens");
    store.recover(&Config::default()).await.expect("it recovers");
    println!("{number} messages: started in {:.2?}", started.elapsed());
    drop(store);
    let bytes = std::fs::metadata(folder.join("chat.db")).map_or(0, |data| data.len());
    println!("{} bytes a message", bytes / number);
    let _ = std::fs::remove_dir_all(&folder);
}
