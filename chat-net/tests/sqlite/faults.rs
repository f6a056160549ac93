//! Files that cannot be used are refused, with the place named; a write that fails is the last.

use std::collections::BTreeMap;
use std::path::Path;

use chat_net::chat_core::{Config, Epoch, Number};
use chat_net::{OpenError, PageLimit, Search, Sqlite, Store, StoreError};

use crate::log::{Live, config, talk};
use crate::scratch::{Folder, options, recover, until};

async fn lived_in(seed: u64) -> Folder {
    let folder = Folder::new();
    let mut live = Live::new(seed);
    let mut options = options();
    options.thresholds.journal_rows = 150;
    let store = folder.open(&options);
    recover(&store, &config(seed)).await;
    store.append(live.go_on(500)).await.expect("it appends");
    until(|| folder.look::<i64>("SELECT count(*) FROM snapshots") > 0).await;
    until(|| folder.look::<i64>("SELECT ifnull(min(ord), 2) FROM journal") > 1).await;
    options.thresholds.journal_rows = u64::MAX;
    drop(store);
    let store = folder.open(&options);
    recover(&store, &config(seed)).await;
    store.append(live.go_on(200)).await.expect("it appends");
    store.close().await.expect("it closes");
    drop(store);
    folder
}

/// Opens and recovers; tells why not.
async fn refusal(folder: &Folder, limits: &Config) -> Option<String> {
    match Sqlite::open(folder.path(), options()) {
        Err(OpenError::Damaged(what)) => Some(what),
        Err(other) => panic!("{other}"),
        Ok(store) => match store.recover(limits).await {
            Ok(_) => None,
            Err(StoreError::Damaged(what)) => Some(what),
            Err(other) => panic!("{other}"),
        },
    }
}

#[tokio::test]
async fn damage_in_what_the_start_reads_is_refused_and_named() {
    let last = "(SELECT max(ord) FROM messages)";
    let flip = "CAST(substr(event, 1, 3) || x'7f' || substr(event, 5) AS BLOB)";
    for (spoil, named) in [
        (format!("UPDATE messages SET event = {flip} WHERE ord = {last}"), "its bytes have changed"),
        (format!("UPDATE messages SET at = at + 1 WHERE ord = {last}"), "its bytes have changed"),
        (format!("DELETE FROM messages WHERE ord = {last}"), ""),
        (
            "UPDATE journal SET change = x'0102' WHERE ord = (SELECT max(ord) FROM journal)".into(),
            "of the journal",
        ),
        ("DELETE FROM journal WHERE ord = (SELECT max(ord) - 3 FROM journal)".into(), ""),
        ("UPDATE snapshots SET data = CAST(data || x'00' AS BLOB) WHERE part = 0".into(), "snapshot"),
        ("DELETE FROM snapshots".into(), "snapshot"),
        ("UPDATE rooms SET head = head + 1 WHERE closed = 0".into(), "its own row"),
        (
            "UPDATE rooms SET chain = zeroblob(32) WHERE closed = 0 AND head > base_number".into(),
            "its own row",
        ),
        ("UPDATE rooms SET epoch = epoch + 1 WHERE closed = 0".into(), "its own row"),
        (
            "UPDATE rooms SET name = 'other' WHERE room = (SELECT max(room) FROM rooms WHERE closed = 0)"
                .into(),
            "its own row",
        ),
        ("DELETE FROM rooms WHERE closed = 0".into(), ""),
        (
            "UPDATE meta SET value = CAST(x'00' || substr(value, 2) AS BLOB) WHERE key = 'epoch'".into(),
            "'epoch'",
        ),
        ("DELETE FROM meta WHERE key = 'snapshot'".into(), "'snapshot'"),
    ] {
        let folder = lived_in(11).await;
        assert_eq!(refusal(&folder, &config(11)).await, None, "it is whole before");
        folder.spoil(&spoil);
        let refused = refusal(&folder, &config(11)).await;
        let refused = refused.unwrap_or_else(|| panic!("it was taken: {spoil}"));
        assert!(refused.contains(named), "{spoil}: {refused}");
    }
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder).expect("it is there").map(|file| {
        let file = file.expect("it is there");
        (file.file_name().to_string_lossy().into_owned(), std::fs::read(file.path()).expect("it reads"))
    });
    files.collect()
}

#[tokio::test]
async fn what_cannot_be_used_is_refused_and_not_touched() {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).expect("it is made");
    let made_by: [(&str, &dyn Fn()); 5] = [
        ("not made by this program", &|| {
            std::fs::write(folder.database(), "some text, short").expect("it writes");
        }),
        ("not made by this program", &|| std::fs::write(folder.database(), [7; 8192]).expect("it writes")),
        ("not made by this program", &|| folder.run("CREATE TABLE other (id INTEGER PRIMARY KEY)")),
        ("not made by this program", &|| folder.run("PRAGMA application_id = 77; CREATE TABLE other (id)")),
        ("use the newer program", &|| {
            folder.run("PRAGMA application_id = 0x63686174; PRAGMA user_version = 99");
        }),
    ];
    for (said, make) in made_by {
        let _ = std::fs::remove_file(folder.database());
        make();
        let before = contents(folder.path());
        let refused = Sqlite::open(folder.path(), options()).expect_err("it is refused").to_string();
        assert!(refused.contains(said), "{refused}");
        assert_eq!(contents(folder.path()), before, "{said}");
    }
    let _ = std::fs::remove_file(folder.database());
    std::fs::write(folder.path().join("file"), "").expect("it writes");
    let refused = Sqlite::open(folder.path().join("file/below"), options()).expect_err("it is refused");
    assert!(refused.to_string().contains("look at the disk"), "{refused}");
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let mut options = options();
    options.reserve_bytes = 1 << 20;
    let store = folder.open(&options);
    store.append(talk(0, 5)).await.expect("it appends");
    let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(folder.path()), 0o700);
    let files = contents(folder.path());
    for file in ["chat.db", "chat.db-wal", "chat.db-shm", "lock", "reserve"] {
        assert!(files.contains_key(file), "{file}");
        assert_eq!(mode(&folder.path().join(file)), 0o600, "{file}");
    }
}

#[tokio::test]
async fn after_a_failed_write_nothing_is_accepted() {
    let folder = Folder::new();
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    store.append(talk(0, 5)).await.expect("it appends");
    folder.run("DROP TABLE notes; DROP TABLE messages");
    for _ in 0..3 {
        let failed = store.append(talk(5, 1)).await.expect_err("there is no table");
        assert!(matches!(failed, StoreError::Failed(_)), "{failed}");
    }
    assert!(store.close().await.is_err());
}

#[tokio::test]
async fn a_damaged_index_of_words_ends_the_store_until_it_is_made_anew() {
    let folder = Folder::new();
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    store.append(talk(0, 50)).await.expect("it appends");
    drop(store);
    folder.spoil("UPDATE search_data SET block = x'ffffffff'");
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    let failed = store.append(talk(50, 5)).await.expect_err("the words have no place");
    assert!(failed.to_string().contains("--reindex"), "{failed}");
    drop(store);
    let mut anew = options();
    anew.reindex = true;
    let store = folder.open(&anew);
    recover(&store, &Config::default()).await;
    store.append(talk(50, 5)).await.expect("it appends");
    for (words, found) in [("42", 1), ("message room", 55), ("53", 1), ("56", 0)] {
        let limit = PageLimit { events: 100, bytes: usize::MAX };
        let search = Search { words: words.into(), rooms: vec![(Epoch(77), Number(1))], before: None, limit };
        assert_eq!(store.search(search).await.expect("it searches").events.len(), found, "{words}");
    }
}

#[tokio::test]
async fn a_file_that_became_empty_is_no_new_store() {
    let folder = Folder::new();
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    store.append(talk(0, 5)).await.expect("it appends");
    store.close().await.expect("it closes");
    drop(store);
    std::fs::write(folder.database(), "").unwrap();
    let refused = Sqlite::open(folder.path(), options()).expect_err("it was a store");
    assert!(matches!(&refused, OpenError::Damaged(what) if what.contains("empty")), "{refused}");
    assert_eq!(std::fs::metadata(folder.database()).unwrap().len(), 0, "nothing was made of it");
    // Who takes it away means it.
    std::fs::remove_file(folder.database()).unwrap();
    drop(folder.open(&options()));
}

#[tokio::test]
async fn records_that_do_not_follow_are_refused() {
    for wrong in [talk(7, 1), talk(4, 1)] {
        let folder = Folder::new();
        let store = folder.open(&options());
        store.append(talk(0, 5)).await.expect("it appends");
        let refused = store.append(wrong).await.expect_err("it does not follow");
        assert!(refused.to_string().contains("does not follow"), "{refused}");
        drop(store);
        assert_eq!(folder.look::<i64>("SELECT head FROM rooms"), 5);
    }
}
