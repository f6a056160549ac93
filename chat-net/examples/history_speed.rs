//! How long reads of a long history take: a room of 1,000,000 events, pages from anywhere in it.
//!
//! `cargo run --release --features sqlite --example history_speed [FOLDER [EVENTS]]`; the folder is kept and used
//! again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_net::chat_core::{
    Anchor, Body, Config, Epoch, Event, Number, Place, RoomName, Seq, Stamp, Timestamp, UserName,
};
use chat_net::{Archive, Import, PageLimit, Past, Search, Sqlite, SqliteOptions, Store};

const PAGE: PageLimit = PageLimit { events: 100, bytes: 256 << 10 };

fn past(number: u64) -> Past {
    let place =
        Place { room: RoomName::new("lobby", 64).expect("a name"), epoch: Epoch(1), number: Number(number) };
    let user = UserName::new("alice", 32).expect("a name");
    let stamp = Stamp { seq: Seq(number), at: Timestamp(1_700_000_000_000 + number * 100) };
    let text: Arc<str> = format!("message {number}: the quick brown fox of thread {}", number % 977).into();
    let event = match number % 10 {
        0 => Event::Joined { place, user },
        _ => Event::Said { place, from: user, body: Body::new(&text, 4096).expect("a text") },
    };
    Past { stamp, event }
}

fn show(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    println!("{what:<44} p50 {:>10.1?}   p99 {:>10.1?}   max {:>10.1?}", at(0.5), at(0.99), at(1.0));
}

/// A number from 1 to `events`, spread evenly.
fn spread(round: u64, events: u64) -> u64 {
    round.wrapping_mul(0x9e37_79b9_7f4a_7c15) % events + 1
}

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let folder = args.next().map_or_else(|| std::env::temp_dir().join("history-speed"), PathBuf::from);
    let events: u64 = args.next().map_or(1_000_000, |events| events.parse().expect("a number"));
    if !folder.join("chat.db").exists() {
        let started = Instant::now();
        let mut import = Import::create(&folder).expect("a new folder");
        for number in 1..=events {
            import.event("lobby", past(number)).expect("it is taken");
        }
        import.finish().expect("it is kept");
        println!("{:<44} {:>14.1?}", format!("import of {events}"), started.elapsed());
    }
    let started = Instant::now();
    let mut options = SqliteOptions::default();
    options.reserve_bytes = 0;
    let store = Sqlite::open(&folder, options).expect("it opens");
    store.recover(&Config::default()).await.expect("it recovers");
    println!("{:<44} {:>14.1?}", "open and recover", started.elapsed());
    let room = Archive::open(&folder).expect("it opens").rooms().expect("it reads")[0].epoch;
    let head = Number(u64::MAX);
    for (what, anchor) in [
        ("the last 100", (|_| Anchor::Latest) as fn(u64) -> Anchor),
        ("100 before a number", |at| Anchor::Before(Number(at))),
        ("100 after a number", |at| Anchor::After(Number(at))),
        ("100 around a number", |at| Anchor::Around(Number(at))),
        ("100 before a time", |at| Anchor::BeforeTime(Timestamp(1_700_000_000_000 + at * 100))),
        ("100 from a time on", |at| Anchor::FromTime(Timestamp(1_700_000_000_000 + at * 100))),
    ] {
        let mut times = Vec::new();
        for round in 0..2000 {
            let anchor = anchor(spread(round, events));
            let started = Instant::now();
            let page = store.messages(room, head, anchor, PAGE).await.expect("it reads");
            times.push(started.elapsed());
            assert!(page.events.len() <= 100);
        }
        show(what, times);
    }
    let few = PageLimit { events: 50, ..PAGE };
    let mut times = Vec::new();
    for _ in 0..2000 {
        let started = Instant::now();
        store.messages(room, head, Anchor::Latest, few).await.expect("it reads");
        times.push(started.elapsed());
    }
    show("the last 50", times);
    let mut times = Vec::new();
    for round in 0..2000 {
        let after = Number(spread(round, events) - 1);
        let started = Instant::now();
        store.read(room, after, Number(after.0 + 100), PAGE).await.expect("it reads");
        times.push(started.elapsed());
    }
    show("100 events behind a number", times);
    for (what, words) in [
        ("search: a word in every message", "fox"),
        ("search: two of them", "quick fox"),
        ("search: in a row", "\"brown fox of thread 5\""),
        ("search: a rare word", "thread 976"),
        ("search: one word of one message", "77777"),
        ("search: nothing", "nothing"),
        ("search: a beginning of 1,000 words", "777*"),
        ("search: a beginning of 100,000 words", "7*"),
        ("search: a beginning in every message", "m*"),
    ] {
        let mut times = Vec::new();
        for _ in 0..20 {
            let search =
                Search { words: words.into(), rooms: vec![(room, Number(1))], before: None, limit: PAGE };
            let started = Instant::now();
            store.search(search).await.expect("it searches");
            times.push(started.elapsed());
        }
        show(what, times);
    }
    let started = Instant::now();
    let verified = Archive::open(&folder).expect("it opens").verify(&mut |_, _| {}).expect("it reads");
    println!(
        "{:<44} {:>14.1?}   {} bad",
        format!("verify of {}", verified.events),
        started.elapsed(),
        verified.bad.len()
    );
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .filter(|line| line.starts_with("VmHWM") || line.starts_with("VmRSS"))
        .for_each(|line| println!("{line}"));
}
