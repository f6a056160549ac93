//! Bits flipped in copies: what is not as it was written is never shown, its place is named, and what lies behind
//! it can be read.

use chat_net::chat_core::{Anchor, GapReason, Number};
use chat_net::{Archive, Available, PageLimit, Search, Store, StoreError};
use rusqlite::types::Value;

use crate::history::{ALL, History, Kept, Source, number, numbers};
use crate::scratch::Folder;

const COLUMNS: [&str; 8] = ["ord", "seq", "at", "session", "request", "fingerprint", "event", "sum"];

/// Flips one bit of a value in the file, past the store.
fn flip(folder: &Folder, table: &str, id: i64, column: &str, bit: u32) {
    let conn = rusqlite::Connection::open(folder.database()).unwrap();
    let select = format!("SELECT {column} FROM {table} WHERE id = ?1");
    let value = match conn.query_row(&select, [id], |row| row.get::<_, Value>(0)).unwrap() {
        Value::Integer(word) => Value::Integer(word ^ (1 << (bit % 64))),
        Value::Blob(mut bytes) => {
            let at = bit as usize / 8 % bytes.len();
            bytes[at] ^= 1 << (bit % 8);
            Value::Blob(bytes)
        }
        other => panic!("{column} holds {other:?}"),
    };
    let update = format!("UPDATE {table} SET {column} = ?2 WHERE id = ?1");
    assert_eq!(conn.execute(&update, (id, value)).unwrap(), 1);
}

fn key(number: u64) -> i64 {
    (1 << 36 | number) as i64
}

fn table(number: u64) -> &'static str {
    if number.is_multiple_of(4) { "notes" } else { "messages" }
}

#[tokio::test]
async fn a_flipped_bit_of_any_column_is_found_and_named() {
    let history = History::write().await;
    for (number, bit) in [(15, 0), (16, 3), (1, 7), (114, 13), (60, 62), (77, 200)] {
        for column in COLUMNS {
            let copy = history.copy();
            flip(&copy, table(number), key(number), column, bit);
            is_damaged_there(&history, &copy, number, number, &format!("{column} of {number}, bit {bit}"))
                .await;
        }
    }
}

#[tokio::test]
async fn rows_that_are_gone_are_missed() {
    let history = History::write().await;
    for (from, to) in [(15, 15), (16, 16), (1, 1), (30, 50), (2, 118), (48, 48)] {
        let copy = history.copy();
        let range = format!("id BETWEEN {} AND {}", key(from), key(to));
        let conn = rusqlite::Connection::open(copy.database()).unwrap();
        for table in ["messages", "notes"] {
            conn.execute(&format!("DELETE FROM {table} WHERE {range}"), []).unwrap();
        }
        drop(conn);
        is_damaged_there(&history, &copy, from, to, &format!("{from} to {to} gone")).await;
    }
}

/// Everything from `from` to `to` is bad, and nothing else.
async fn is_damaged_there(history: &History, copy: &Folder, from: u64, to: u64, case: &str) {
    let room = &history.rooms[0];
    let all = room.messages();
    let behind: Vec<u64> = all.iter().map(number).filter(|number| *number > to).collect();
    let named = format!("room lobby, number {from}");
    for offline in [false, true] {
        let source =
            Source::open(copy.path(), offline).await.unwrap_or_else(|error| panic!("{case}: {error}"));
        // Found by a page of messages, or by a read. A note that is there is none of a page's business.
        let by_page = !offline && (from < to || case.ends_with("gone") || table(from) == "messages");
        if by_page {
            let page = source.messages(room, Anchor::Latest, 1000).await.unwrap();
            assert_eq!((numbers(&page.events), page.older), (behind.clone(), true), "{case}: on this side");
        } else {
            let what = read_to_damage(&source, room, from, case).await;
            assert!(what.starts_with(&named), "{case}: {what}");
        }
        let page = source.read(room, to, ALL).await.unwrap();
        assert_eq!(page.events, room.events[to as usize..], "{case}: what lies behind it");
        if let Source::Store(store) = &source {
            let available = store.first_available(room.epoch).await.unwrap();
            let expected = Available { first: Number(to + 1), why: GapReason::Corrupt };
            assert_eq!(available, Some(expected), "{case}");
            let page = store.read(room.epoch, Number(0), Number(120), ALL).await.unwrap();
            assert_eq!(page.events, room.events[to as usize..], "{case}: begins behind it");
        }
        let page = source.messages(room, Anchor::Latest, 1000).await.unwrap();
        assert_eq!((numbers(&page.events), page.older), (behind.clone(), true), "{case}: on this side");
        for anchor in
            [Anchor::Before(Number(to + 1)), Anchor::After(Number(to - 1)), Anchor::Around(Number(to))]
        {
            let refused = source.messages(room, anchor, 10).await;
            assert!(matches!(refused, Err(StoreError::Damaged(_))), "{case}: {anchor:?} gave {refused:?}");
        }
        let other = &history.rooms[1];
        let page = source.read(other, 0, ALL).await.unwrap();
        assert_eq!(page.events, other.events, "{case}: another room");
    }
    let verified = Archive::open(copy.path()).unwrap().verify(&mut |_, _| {}).unwrap();
    let first = verified.bad.first().map(ToString::to_string).unwrap_or_default();
    assert!(first.starts_with(&named), "{case}: verify says {:?}", verified.bad);
}

/// Reads a room page by page until damage is met: what the error says of it.
async fn read_to_damage(source: &Source, room: &Kept, from: u64, case: &str) -> String {
    let mut after = 0;
    loop {
        match source.read(room, after, PageLimit { events: 50, bytes: usize::MAX }).await {
            Ok(page) => {
                let end = after + page.events.len() as u64;
                assert!(after < end && end < from, "{case}: it was served as if it were whole");
                assert_eq!(page.events, room.events[after as usize..end as usize], "{case}");
                after = end;
            }
            Err(StoreError::Damaged(what)) => return what,
            Err(error) => panic!("{case}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_search_does_not_reach_over_damage() {
    let history = History::write().await;
    let (room, other) = (&history.rooms[0], &history.rooms[1]);
    let copy = history.copy();
    flip(&copy, "messages", key(45), "event", 90);
    let source = Source::open(copy.path(), false).await.unwrap();
    let Source::Store(store) = &source else { unreachable!("it was opened as a store") };
    let find = async |words: &str, rooms: &[&Kept]| {
        let rooms = rooms.iter().map(|room| (room.epoch, Number(1))).collect();
        store.search(Search { words: words.into(), rooms, before: None, limit: ALL }).await
    };
    let found = find("tea", &[room]).await.unwrap();
    let behind: Vec<u64> =
        room.messages().iter().map(number).filter(|number| *number > 45 && number * 7 % 90 > 0).collect();
    assert_eq!((numbers(&found.events), found.older), (behind, true), "what lies on this side");
    // Nothing on this side: that there is nothing at all cannot be said.
    assert!(matches!(find("word45", &[room]).await, Err(StoreError::Damaged(_))));
    assert!(matches!(find("word30", &[other, room]).await.map(|found| found.older), Ok(true)));
    assert_eq!(numbers(&find("word30", &[other]).await.unwrap().events), [30], "another room");
    let available = store.first_available(room.epoch).await.unwrap();
    assert_eq!(available, Some(Available { first: Number(46), why: GapReason::Corrupt }));
}

#[tokio::test]
async fn a_link_that_does_not_hold_is_found_by_verify_alone() {
    let history = History::write().await;
    let copy = history.copy();
    flip(&copy, "messages", key(15), "chain", 9);
    let source = Source::open(copy.path(), false).await.unwrap();
    let page = source.read(&history.rooms[0], 0, ALL).await.unwrap();
    assert_eq!(page.events, history.rooms[0].events, "what is shown is what was written");
    drop(source);
    let verified = Archive::open(copy.path()).unwrap().verify(&mut |_, _| {}).unwrap();
    let bad: Vec<String> = verified.bad.iter().map(ToString::to_string).collect();
    assert_eq!(bad, ["room lobby, number 15: it is not linked to the one before"]);
}

#[tokio::test]
async fn verify_is_content_with_what_is_whole() {
    let history = History::write().await;
    let mut told = 0;
    let archive = Archive::open(history.folder.path()).unwrap();
    let verified = archive.verify(&mut |_, events| told = events).unwrap();
    assert_eq!((verified.rooms, verified.events, told), (2, 210, 210));
    assert_eq!(verified.bad, []);
}

#[tokio::test]
async fn a_changed_row_of_a_room_is_not_believed() {
    let history = History::write().await;
    for (column, value) in [
        ("name", "'lobbz'"),
        ("epoch", "epoch + 1"),
        ("head", "head - 1"),
        ("head", "head + 1"),
        ("chain", "zeroblob(32)"),
        ("first", "first + 2"),
        ("base_number", "base_number + 1"),
        ("base_chain", "randomblob(32)"),
        ("closed", "5"),
    ] {
        let copy = history.copy();
        let conn = rusqlite::Connection::open(copy.database()).unwrap();
        conn.execute(&format!("UPDATE rooms SET {column} = {value} WHERE room = 1"), []).unwrap();
        drop(conn);
        let opened = Source::open(copy.path(), false).await;
        let Err(refused) = opened.map(drop) else { panic!("{column} = {value}: it was opened") };
        assert!(refused.contains("damaged"), "{column} = {value}: {refused}");
        let verified = Archive::open(copy.path()).unwrap().verify(&mut |_, _| {}).unwrap();
        assert!(!verified.bad.is_empty(), "{column} = {value}: verify is content");
    }
}
