//! The power goes out: a run of the store is recorded, system call by system call, and from that one record
//! thousands of disks are made as a power cut at any moment may leave them. Each must open, and hold a prefix of
//! what was appended with everything that had been accepted.
//!
//! The record is made by `strace`; without it this is skipped, and fails in CI. `CHAT_CRASH_DISKS` sets how many
//! disks are tried.

mod disk;
mod trace;

use std::cell::Cell;
use std::io::Write;
use std::path::Path;

use chat_net::chat_core::{Chat, Config, Epoch, Event, Number, Seq};
use chat_net::testing::Life;
use chat_net::{Archive, Durability, Record, SqliteOptions, Store};

use crate::history::{ALL, numbers};
use crate::log::Dice;
use crate::scratch::{Folder, options, recover};
use disk::Disk;
use trace::Op;

const FOLDER: &str = "CHAT_CRASH_FOLDER";
const DISKS: &str = "CHAT_CRASH_DISKS";
const APPENDS: usize = 240;
const ROUNDS: usize = 4;

fn config(epoch: Epoch) -> Config {
    Config {
        epoch,
        big_room_members: 3,
        digest_ms: 500,
        linger_ms: 1000,
        detached: 3,
        answers: 4,
        ..Config::default()
    }
}

fn settings(level: Durability) -> SqliteOptions {
    let mut options = options();
    options.durability = level;
    // Small, so that every kind of work behind the scenes happens within a short life.
    options.thresholds.wal_pages = 60;
    options.thresholds.journal_rows = 300;
    options.thresholds.tail_events = 400;
    options.thresholds.boot = Some("before".into());
    options
}

/// What the `at`-th append carries.
fn appended(life: &mut Life, at: usize) -> Vec<Record> {
    life.live(1 + at * 7 % 40)
}

#[tokio::test]
async fn a_power_cut_loses_nothing_that_was_accepted() {
    cuts("crash::a_power_cut_loses_nothing_that_was_accepted", Durability::Fsync).await;
}

#[tokio::test]
async fn at_level_os_a_power_cut_leaves_a_beginning_under_a_new_epoch() {
    cuts("crash::at_level_os_a_power_cut_leaves_a_beginning_under_a_new_epoch", Durability::Os).await;
}

async fn cuts(test: &str, level: Durability) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return live(Path::new(&folder), level).await;
    }
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    let Some(ops) = trace::record(test, &folder.path().join("data"), folder.path()) else { return };
    let told = Told::of(&ops, level);
    let disks = std::env::var(DISKS).map_or(120, |disks| disks.parse().expect("a number"));
    let mut dice = Dice::new(disks);
    // Some while the store is being made, which is soon over.
    let upto = |at| if at % 8 == 0 { 60 } else { ops.len() as u64 + 1 };
    let mut points: Vec<u64> = (0..disks).map(|at| dice.below(upto(at))).collect();
    points.sort_unstable();
    let mut points = points.into_iter().peekable();
    let mut outcome = Outcome::default();
    let (mut disk, mut accepted) = (Disk::default(), 0);
    for at in 0..=ops.len() {
        while points.next_if_eq(&(at as u64)).is_some() {
            let seed = dice.below(u64::MAX);
            let case = format!("cut before call {at}, seed {seed}, {accepted} accepted");
            check(&disk, seed, accepted, &told, &mut outcome, &case).await;
        }
        match ops.get(at) {
            Some(Op::Told(line)) => {
                accepted = line.strip_prefix("accepted ").map_or(accepted, |n| n.parse().unwrap());
            }
            Some(op) => disk.take(op),
            None => {}
        }
    }
    println!("{outcome:?}");
    let Outcome { disks: tried, torn, lost, empty } = outcome;
    assert!(
        tried == disks && torn > disks / 4 && empty > 0,
        "{outcome:?}: the disks are not as a power cut leaves them"
    );
    assert_eq!(lost > 0, level == Durability::Os, "{outcome:?}: level os loses the end, level fsync nothing");
}

/// The process that is recorded: it appends, tells what was accepted, and starts anew now and then.
async fn live(folder: &Path, level: Durability) {
    let said = std::fs::File::create(folder.with_extension("told")).unwrap();
    let tell = |line: String| (&said).write_all(line.as_bytes()).unwrap();
    let accepted = Cell::new(0);
    let mut life: Option<Life> = None;
    for round in 0..ROUNDS {
        let store = chat_net::Sqlite::open(folder, settings(level)).unwrap();
        let recovered = store.recover(&config(Epoch(0))).await.unwrap();
        let epoch = recovered.epoch.unwrap();
        if round == 0 {
            tell(format!("epoch {epoch}"));
        }
        let life = life.get_or_insert_with(|| Life::new(1, config(epoch)));
        let keep = async |at: usize, records| {
            store.append(records).await.unwrap();
            // Who asks for the answer of a later one first has the answer of the earlier one, too.
            accepted.set(accepted.get().max(at + 1));
            tell(format!("accepted {}", accepted.get()));
        };
        let from = round * APPENDS / ROUNDS;
        for at in (from..from + APPENDS / ROUNDS).step_by(3) {
            // Several under way at once, handed over in order.
            let batches = [0, 1, 2].map(|more| appended(life, at + more));
            let [a, b, c] = batches;
            tokio::join!(keep(at, a), keep(at + 1, b), keep(at + 2, c));
        }
        if round % 2 == 0 {
            store.close().await.unwrap();
        }
    }
}

/// What was appended, as the recorded process told it.
struct Told {
    level: Durability,
    epoch: Epoch,
    /// The chat before the first append, and after each.
    chats: Vec<Chat>,
    records: Vec<Record>,
}

impl Told {
    fn of(ops: &[Op], level: Durability) -> Told {
        let told = |wanted: &str| {
            let lines = ops.iter().rev().filter_map(|op| match op {
                Op::Told(line) => line.strip_prefix(wanted)?.trim().parse::<u64>().ok(),
                _ => None,
            });
            lines.clone().next().unwrap_or_else(|| panic!("'{wanted}' was told"))
        };
        assert_eq!(told("accepted "), APPENDS as u64, "it lived to its end");
        let epoch = Epoch(told("epoch "));
        let mut life = Life::new(1, config(epoch));
        let mut chats = vec![life.chat().clone()];
        let mut records = Vec::new();
        for at in 0..APPENDS {
            records.extend(appended(&mut life, at));
            chats.push(life.chat().clone());
        }
        Told { level, epoch, chats, records }
    }

    /// After how many appends the chat was like this one.
    fn find(&self, chat: &Chat, epoch: Epoch) -> Option<usize> {
        let last = self.chats.iter().rposition(|known| known.seq() == chat.seq())?;
        let known = &self.chats[last];
        let known = match epoch == self.epoch {
            true => known.clone(),
            false => Chat::restore(config(epoch), known.snapshot().renumbered(epoch)).unwrap(),
        };
        (known.digest() == chat.digest()).then_some(last)
    }
}

#[derive(Debug, Default)]
struct Outcome {
    disks: u64,
    /// Disks that are neither as the last sync left them nor as the process saw them.
    torn: u64,
    /// Disks that lost something that was accepted.
    lost: u64,
    /// Disks on which nothing was kept yet.
    empty: u64,
}

async fn check(disk: &Disk, seed: u64, accepted: usize, told: &Told, outcome: &mut Outcome, case: &str) {
    let folder = Folder::new();
    outcome.disks += 1;
    outcome.torn += u64::from(disk.after_power_cut(seed, folder.path()));
    // What a real disk does from here on is not the question: this saves waiting for it.
    let mut options = settings(Durability::Os);
    options.thresholds.boot = Some("after".into());
    let store = chat_net::Sqlite::open(folder.path(), options.clone())
        .unwrap_or_else(|error| panic!("{case}: {error}"));
    let recovered =
        store.recover(&config(told.epoch)).await.unwrap_or_else(|error| panic!("{case}: {error}"));
    let epoch = recovered.epoch.unwrap();
    let chat = recover_from(recovered, epoch);
    let Some(found) = told.find(&chat, epoch) else {
        panic!("{case}: what is there was never so: {:?}", chat.seq());
    };
    match told.level {
        Durability::Fsync if accepted > 0 => assert_eq!(epoch, told.epoch, "{case}: the numbering stays"),
        _ => {}
    }
    if found < accepted {
        outcome.lost += 1;
        assert!(told.level == Durability::Os, "{case}: only {found} are there");
        assert_ne!(epoch, told.epoch, "{case}: numbers may come again");
    }
    outcome.empty += u64::from(chat.seq() == Seq(0));
    // The history of every room is dense, and what was recorded.
    for (room, place) in chat.heads() {
        let page = store.read(place.epoch, Number(0), Number(u64::MAX), ALL).await;
        let page = page.unwrap_or_else(|error| panic!("{case}: {error}"));
        assert_eq!(numbers(&page.events), (1..=place.number.0).collect::<Vec<_>>(), "{case}: {place}");
        let events = told.records.iter().filter_map(|record| match &record.change {
            chat_net::chat_core::Change::Numbered { room: of, event, .. } if *of == room => {
                Some((record.stamp, event))
            }
            _ => None,
        });
        for (past, (stamp, event)) in page.events.iter().zip(events) {
            assert_eq!(past.stamp, stamp, "{case}: {place}");
            assert_eq!(text(&past.event), text(event), "{case}: {place}");
        }
    }
    // It goes on from there, and the next start finds that, too.
    let mut life = Life::of(seed, chat);
    store.append(life.live(20)).await.unwrap_or_else(|error| panic!("{case}: {error}"));
    store.close().await.unwrap_or_else(|error| panic!("{case}: {error}"));
    drop(store);
    let verified = Archive::open(folder.path()).unwrap().verify(&mut |_, _| {}).unwrap();
    assert_eq!(verified.bad, [], "{case}");
    let store = chat_net::Sqlite::open(folder.path(), options).unwrap();
    assert_eq!(recover(&store, &config(epoch)).await.digest(), life.digest(), "{case}: at the next start");
}

fn recover_from(recovered: chat_net::Recovered, epoch: Epoch) -> Chat {
    let mut chat = match recovered.snapshot {
        Some(snapshot) => Chat::restore(config(epoch), snapshot).unwrap(),
        None => Chat::new(config(epoch)),
    };
    recovered.records.iter().for_each(|record| chat.evolve(record.stamp, &record.change));
    chat
}

/// An event without its numbering.
fn text(event: &Event) -> String {
    let place = event.place().unwrap();
    event.to_string().replacen(&format!("/{}/", place.epoch), "/", 1)
}
