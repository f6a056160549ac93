//! A folder whose files are damaged: refused with the place named, or served up to the damage; what is served
//! is never other than it was.

mod judge;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::lab::{Lab, copy};
use crate::rng::Rng;
use judge::{Judge, Verdict};

/// How many messages each room has.
const MESSAGES: u64 = 120;

const ROOMS: [&str; 3] = ["lobby", "dev", "ops"];

/// Damages the store in this folder.
type Damage = Box<dyn Fn(&Path)>;

fn database(folder: &Path) -> Connection {
    Connection::open(folder.join("chat.db")).unwrap()
}

/// Changes rows as SQL says; at least one must be there.
fn sql(statement: String) -> Damage {
    Box::new(move |folder| {
        let changed = database(folder).execute(&statement, []).unwrap();
        assert!(changed > 0, "{statement}");
    })
}

/// Changes the bytes of the file.
fn bytes(change: impl Fn(&mut Vec<u8>) + 'static) -> Damage {
    Box::new(move |folder| {
        let path = folder.join("chat.db");
        let mut bytes = fs::read(&path).unwrap();
        change(&mut bytes);
        fs::write(path, bytes).unwrap();
    })
}

fn page_bytes(file: &[u8]) -> usize {
    match usize::from(u16::from_be_bytes([file[16], file[17]])) {
        1 => 65_536,
        bytes => bytes,
    }
}

/// Where a text is in the file.
fn find(file: &[u8], text: &str) -> usize {
    let found = file.windows(text.len()).position(|window| window == text.as_bytes());
    found.expect("the text is in the file")
}

/// Overwrites the page that a table or an index begins with.
fn zero_root(name: &'static str) -> Damage {
    Box::new(move |folder| {
        let query = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
        let page: u32 = database(folder).query_row(query, [name], |row| row.get(0)).unwrap();
        let page = page as usize;
        bytes(move |file| {
            let size = page_bytes(file);
            file[(page - 1) * size..page * size].fill(0);
        })(folder);
    })
}

/// Who must find the damage, and name it so.
#[derive(Clone, Copy, Debug)]
enum Found {
    /// The server, when it starts or is asked for what is damaged, and `verify`.
    ByBoth(&'static str),
    /// `verify`: what clients are given is whole.
    ByVerify(&'static str),
    /// Nobody need: it may be where nothing is kept that is not made again.
    Perhaps,
}

use Found::{ByBoth, ByVerify, Perhaps};

/// A message in the middle of a room.
const KEY: &str = "(SELECT room << 36 | 85 FROM rooms WHERE name = 'dev')";

/// Damage to rows, as SQL.
fn rows() -> Vec<(&'static str, Found, Damage)> {
    let sql = |statement: &str| sql(statement.replace("KEY", KEY));
    vec![
        ("a message is gone", ByBoth("dev"), sql("DELETE FROM messages WHERE id = KEY")),
        (
            "a message has another's text",
            ByBoth("dev"),
            sql("UPDATE messages SET (event, sum) = (SELECT event, sum FROM messages WHERE id = KEY - 1) \
                 WHERE id = KEY"),
        ),
        ("a message has another time", ByBoth("dev"), sql("UPDATE messages SET at = at + 1 WHERE id = KEY")),
        (
            "a note is empty",
            ByBoth("number 1"),
            sql("UPDATE notes SET event = x'' WHERE id = (SELECT min(id) FROM notes)"),
        ),
        ("a chain value", ByVerify("dev"), sql("UPDATE messages SET chain = zeroblob(32) WHERE id = KEY")),
        (
            "the last message is gone",
            ByBoth("dev"),
            sql("DELETE FROM messages WHERE id = (SELECT max(id) FROM messages WHERE id >> 36 = KEY >> 36)"),
        ),
        ("the head of a room", ByBoth("dev"), sql("UPDATE rooms SET head = head - 1 WHERE name = 'dev'")),
        (
            "a head beyond the events",
            ByBoth("dev"),
            sql("UPDATE rooms SET head = head + 5 WHERE name = 'dev'"),
        ),
        (
            "the chain of a room",
            ByBoth("dev"),
            sql("UPDATE rooms SET chain = zeroblob(32) WHERE name = 'dev'"),
        ),
    ]
}

/// Damage to rows that only one kind of folder has.
fn journal() -> (&'static str, Found, Damage) {
    let change = "UPDATE journal SET change = x'00' WHERE ord = (SELECT max(ord) FROM journal)";
    ("a journal row", ByBoth("journal"), sql(change.into()))
}

fn snapshot() -> Vec<(&'static str, Found, Damage)> {
    let zeros =
        "UPDATE snapshots SET data = zeroblob(length(data)) WHERE part = (SELECT max(part) FROM snapshots)";
    let gone = "DELETE FROM snapshots WHERE part = (SELECT max(part) FROM snapshots)";
    vec![
        ("a part of the snapshot is zeros", ByBoth("snapshot"), sql(zeros.into())),
        ("a part of the snapshot is gone", ByBoth("snapshot"), sql(gone.into())),
    ]
}

/// Damage to the file.
fn file(marked: &str) -> Vec<(&'static str, Found, Damage)> {
    let (in_text, in_page) = (marked.to_owned(), marked.to_owned());
    vec![
        (
            "a bit of a message",
            ByBoth("dev"),
            bytes(move |file| {
                let at = find(file, &in_text);
                file[at + 3] ^= 4;
            }),
        ),
        (
            "a page of messages is zeros",
            ByBoth(" "),
            bytes(move |file| {
                let size = page_bytes(file);
                let page = find(file, &in_page) / size;
                file[page * size..(page + 1) * size].fill(0);
            }),
        ),
        ("the root of messages is zeros", ByBoth(" "), zero_root("messages")),
        ("the root of notes is zeros", ByBoth(" "), zero_root("notes")),
        ("the root of rooms is zeros", ByBoth(" "), zero_root("rooms")),
        ("the root of meta is zeros", ByBoth(" "), zero_root("meta")),
        ("the root of the words is zeros", ByVerify(" "), zero_root("search_data")),
        ("the root of the sizes of texts is zeros", ByVerify(" "), zero_root("search_docsize")),
        ("the first bytes", ByBoth("chat.db"), bytes(|file| file[..16].fill(7))),
        ("the size of a page", ByBoth("chat.db"), bytes(|file| file[16] ^= 64)),
        ("the schema", ByBoth(" "), bytes(|file| file[100..1000].fill(0xff))),
        ("half of the file is gone", ByBoth(" "), bytes(|file| file.truncate(file.len() / 2))),
        ("the last page is gone", ByBoth(" "), bytes(|file| file.truncate(file.len() - page_bytes(file)))),
        ("the end of the last page is gone", ByVerify(" "), bytes(|file| file.truncate(file.len() - 100))),
        ("all but the header is gone", ByBoth(" "), bytes(|file| file.truncate(100))),
        (
            "there is a log that is none",
            Perhaps,
            Box::new(|folder| fs::write(folder.join("chat.db-wal"), [0xa5; 40_000]).unwrap()),
        ),
    ]
}

/// Damages a copy of the folder in each way. Gives what was not found, and what was.
async fn try_all(lab: &Lab, judge: &Judge, all: Vec<(&str, Found, Damage)>) -> BTreeMap<&'static str, u32> {
    assert_eq!(judge.judge(lab).await, Verdict::default(), "the good folder");
    let (mut unnoticed, mut verdicts) = (Vec::new(), BTreeMap::new());
    for (what, found, damage) in all {
        let damaged = lab.over(&lab.beside("damaged"));
        copy(&lab.data, &damaged.data);
        damage(&damaged.data);
        let verdict = judge.judge(&damaged).await;
        println!("{what}: {verdict}");
        fs::remove_dir_all(&damaged.data).unwrap();
        *verdicts.entry(verdict.kind()).or_default() += 1;
        if matches!(found, ByBoth(_)) && verdict.server_says().is_none() {
            unnoticed.push(format!("{what}: the server serves it as if whole"));
        }
        let verify = verdict.verify_says();
        match found {
            ByBoth(name) | ByVerify(name) if !verify.is_some_and(|said| said.contains(name)) => {
                unnoticed.push(format!("{what}: verify does not name {name:?}: {verify:?}"));
            }
            ByVerify(_) if verdict.missing > 0 => unnoticed.push(format!("{what}: not all is served")),
            _ => {}
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
    verdicts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_since_the_last_snapshot_is_named_and_the_server_does_not_start() {
    let lab = Lab::new("damage");
    let judge = Judge::fill(&lab, &ROOMS, MESSAGES).await;
    let mut all = rows();
    all.push(journal());
    all.extend(file(&judge.marked("dev", MESSAGES / 2)));
    println!("{:?}", try_all(&lab, &judge, all).await);
}

/// A store that has a snapshot starts although its past is damaged, and gives what is behind the damage.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_before_the_last_snapshot_is_named_and_the_rest_is_served() {
    let lab = Lab::new("old-damage");
    let mut judge = Judge::fill(&lab, &ROOMS, MESSAGES).await;
    let imported = lab.over(&lab.beside("imported"));
    imported.import_from(&lab);
    judge.reads_epochs(&imported);
    let mut all = rows();
    all.extend(snapshot());
    all.extend(file(&judge.marked("dev", MESSAGES / 2)));
    let verdicts = try_all(&imported, &judge, all).await;
    println!("{verdicts:?}");
    assert!(verdicts[Verdict::UP_TO_THE_DAMAGE] >= 4, "{verdicts:?}");
}

/// A server that was killed leaves a log beside the file; damage in there costs its end at most.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_log_never_alters_what_is_served() {
    let mut rng = Rng::seeded("log");
    let lab = Lab::new("log");
    let judge = Judge::fill_and_kill(&lab, &ROOMS, MESSAGES).await;
    let log = lab.data.join("chat.db-wal");
    assert!(log.metadata().unwrap().len() > 10_000, "there is a log");
    for number in 0..flips() / 2 {
        let damaged = lab.over(&lab.beside(&format!("damaged-{number}")));
        copy(&lab.data, &damaged.data);
        let at = flip(&damaged.data.join("chat.db-wal"), &mut rng);
        println!("bit {at} of the log: {}", judge.judge(&damaged).await);
        fs::remove_dir_all(&damaged.data).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flipped_bit_never_alters_what_is_served() {
    let mut rng = Rng::seeded("flips");
    let lab = Lab::new("flips");
    let judge = Judge::fill(&lab, &ROOMS, MESSAGES).await;
    let mut verdicts: BTreeMap<&str, u32> = BTreeMap::new();
    for number in 0..flips() {
        let damaged = lab.over(&lab.beside(&format!("damaged-{number}")));
        copy(&lab.data, &damaged.data);
        let at = flip(&damaged.database(), &mut rng);
        println!("bit {at}:");
        let verdict = judge.judge(&damaged).await;
        println!("bit {at}: {verdict}");
        *verdicts.entry(verdict.kind()).or_default() += 1;
        fs::remove_dir_all(&damaged.data).unwrap();
    }
    println!("of {} flipped bits: {verdicts:?}", flips());
}

fn flips() -> u32 {
    std::env::var("CHAT_FAULT_FLIPS").map_or(12, |flips| flips.parse().unwrap())
}

/// Flips one bit; tells which.
fn flip(path: &Path, rng: &mut Rng) -> u64 {
    let mut bytes = fs::read(path).unwrap();
    let bit = rng.below(bytes.len() as u64 * 8);
    bytes[(bit / 8) as usize] ^= 1 << (bit % 8);
    fs::write(path, bytes).unwrap();
    bit
}
