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
fn sql(statement: &'static str) -> Damage {
    Box::new(move |folder| {
        let changed = database(folder).execute(statement, []).unwrap();
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

/// What is done, what must be found wrong ("": nothing need be, it may be where nothing is kept), and how.
fn damages(marked: &str) -> Vec<(&'static str, &'static str, Damage)> {
    let text = marked.to_owned();
    let (in_text, in_page) = (text.clone(), text);
    let key =
        "(SELECT max(id) - 40 FROM messages WHERE id >> 36 = (SELECT room FROM rooms WHERE name = 'dev'))";
    let leak = |statement: String| -> &'static str { Box::leak(statement.into_boxed_str()) };
    vec![
        (
            "a bit of a message",
            "dev",
            bytes(move |file| {
                let at = find(file, &in_text);
                file[at + 3] ^= 4;
            }),
        ),
        ("a message is gone", "dev", sql(leak(format!("DELETE FROM messages WHERE id = {key}")))),
        (
            "a message has another's text",
            "dev",
            sql(leak(format!(
                "UPDATE messages SET (event, sum) = (SELECT event, sum FROM messages WHERE id = {key} - 1) WHERE id = {key}"
            ))),
        ),
        (
            "a message has another time",
            "dev",
            sql(leak(format!("UPDATE messages SET at = at + 1 WHERE id = {key}"))),
        ),
        (
            "a note is empty",
            "lobby",
            sql("UPDATE notes SET event = x'' WHERE id = (SELECT min(id) FROM notes)"),
        ),
        (
            "a chain value",
            "dev",
            sql(leak(format!("UPDATE messages SET chain = zeroblob(32) WHERE id = {key}"))),
        ),
        ("the last message is gone", "dev", sql(leak(format!("DELETE FROM messages WHERE id = {key} + 40")))),
        (
            "a journal row",
            "journal",
            sql("UPDATE journal SET change = x'00' WHERE ord = (SELECT max(ord) FROM journal)"),
        ),
        ("the head of a room", "dev", sql("UPDATE rooms SET head = head - 1 WHERE name = 'dev'")),
        (
            "the head of a room, beyond its events",
            "dev",
            sql("UPDATE rooms SET head = head + 5 WHERE name = 'dev'"),
        ),
        ("the chain of a room", "dev", sql("UPDATE rooms SET chain = zeroblob(32) WHERE name = 'dev'")),
        (
            "a page of messages is zeros",
            " ",
            bytes(move |file| {
                let size = page_bytes(file);
                let page = find(file, &in_page) / size;
                file[page * size..(page + 1) * size].fill(0);
            }),
        ),
        ("the root of messages is zeros", " ", zero_root("messages")),
        ("the root of notes is zeros", " ", zero_root("notes")),
        ("the root of journal is zeros", " ", zero_root("journal")),
        ("the root of rooms is zeros", " ", zero_root("rooms")),
        ("the root of meta is zeros", " ", zero_root("meta")),
        ("the root of the words is zeros", "", zero_root("search_data")),
        ("the root of the sizes of texts is zeros", "", zero_root("search_docsize")),
        ("the first bytes", " ", bytes(|file| file[..16].fill(7))),
        ("the size of a page", " ", bytes(|file| file[16] ^= 64)),
        ("the schema", " ", bytes(|file| file[100..1000].fill(0xff))),
        ("half of the file is gone", " ", bytes(|file| file.truncate(file.len() / 2))),
        ("the last page is gone", " ", bytes(|file| file.truncate(file.len() - page_bytes(file)))),
        ("the end of the last page is gone", " ", bytes(|file| file.truncate(file.len() - 100))),
        ("all but the header is gone", " ", bytes(|file| file.truncate(100))),
        (
            "there is a log that is none",
            "",
            Box::new(|folder| {
                fs::write(folder.join("chat.db-wal"), [0xa5; 40_000]).unwrap();
            }),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_damaged_is_named_and_never_served() {
    let lab = Lab::new("damage");
    let judge = Judge::fill(&lab, &ROOMS, MESSAGES).await;
    assert_eq!(judge.judge(&lab).await, Verdict::default(), "the good folder");
    let mut unnoticed = Vec::new();
    for (number, (what, named, damage)) in damages(&judge.marked("dev", MESSAGES / 2)).into_iter().enumerate()
    {
        let damaged = lab.over(&lab.beside(&format!("damaged-{number}")));
        copy(&lab.data, &damaged.data);
        damage(&damaged.data);
        let verdict = judge.judge(&damaged).await;
        println!("{what}: {verdict}");
        let (server, verify) = (verdict.server_says(), verdict.verify_says());
        if !named.is_empty() && server.is_none() {
            unnoticed.push(format!("{what}: the server serves it as if whole"));
        }
        if !named.is_empty() && !verify.is_some_and(|said| said.contains(named)) {
            unnoticed.push(format!("{what}: verify does not name {named:?}: {verify:?}"));
        }
    }
    assert!(unnoticed.is_empty(), "{unnoticed:#?}");
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
