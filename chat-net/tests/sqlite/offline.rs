//! Stores read and made without a server.

use chat_net::chat_core::{Anchor, Config, Epoch, Event, Number, RoomName, Timestamp};
use chat_net::sqlite::ImportError;
use chat_net::{Archive, Import, OpenError, PageLimit, Search, Sqlite, Store, StoreError};

use crate::history::{ALL, History, numbers};
use crate::log::{Live, config};
use crate::scratch::{Folder, options, recover};

/// All events of all rooms of an archive.
fn contents(archive: &Archive) -> Vec<(String, Vec<(Timestamp, String)>)> {
    let rooms = archive.rooms().unwrap().into_iter().map(|room| {
        let mut events = Vec::new();
        let mut after = Number(room.first.0 - 1);
        while after < room.head {
            let limit = PageLimit { events: 7, bytes: usize::MAX };
            let page = archive.events(room.epoch, after, limit).unwrap();
            after = page.events.last().unwrap().event.place().unwrap().number;
            events.extend(page.events.iter().map(|past| (past.stamp.at, past.event.to_string())));
        }
        (room.room.to_string(), events)
    });
    rooms.collect()
}

#[tokio::test]
async fn an_archive_reads_beside_a_server_and_after_a_kill() {
    let folder = Folder::new();
    let mut live = Live::new(3);
    let store = folder.open(&options());
    recover(&store, &config(3)).await;
    store.append(live.go_on(300)).await.unwrap();
    let archive = Archive::open(folder.path()).unwrap();
    let before = contents(&archive);
    store.append(live.go_on(300)).await.unwrap();
    let after = contents(&archive);
    assert_ne!(before, after, "each call sees what there is by then");
    let heads: Vec<_> =
        live.chat.heads().map(|(_, place)| (place.room.clone(), place.epoch, place.number)).collect();
    let mut rooms: Vec<_> =
        archive.rooms().unwrap().into_iter().map(|room| (room.room, room.epoch, room.head)).collect();
    rooms.sort_by_key(|(.., epoch, _)| *epoch);
    assert_eq!(rooms, heads);
    assert_eq!(archive.verify(&mut |_, _| {}).unwrap().bad, []);
    // As a kill leaves it: the last commits are in the log alone, and its index is gone.
    let killed = Folder::new();
    std::fs::create_dir_all(killed.path()).unwrap();
    for file in ["chat.db", "chat.db-wal"] {
        std::fs::copy(folder.path().join(file), killed.path().join(file)).unwrap();
    }
    assert!(std::fs::metadata(killed.path().join("chat.db-wal")).unwrap().len() > 0);
    let bytes = |file| std::fs::read(killed.path().join(file)).unwrap();
    let untouched = (bytes("chat.db"), bytes("chat.db-wal"));
    assert_eq!(contents(&Archive::open(killed.path()).unwrap()), after);
    assert_eq!((bytes("chat.db"), bytes("chat.db-wal")), untouched, "it only reads");
    drop(store);
    assert_eq!(contents(&archive), after, "the server is gone, the archive stays open");
}

#[tokio::test]
async fn an_archive_finds_what_a_store_finds() {
    let history = History::write().await;
    let archive = Archive::open(history.folder.path()).unwrap();
    let store = history.folder.open(&options());
    store.recover(&Config::default()).await.unwrap();
    let limit = PageLimit { events: 5, bytes: usize::MAX };
    let rooms: Vec<Epoch> = history.rooms.iter().map(|room| room.epoch).collect();
    for before in [None, Some(Timestamp(1500))] {
        let all = rooms.iter().map(|epoch| (*epoch, Number(1))).collect();
        let search = Search { words: "tea word3*".into(), rooms: all, before, limit };
        let found = store.search(search).await.unwrap();
        assert_eq!(archive.search("tea word3*", None, before, limit).unwrap(), found);
        assert!(!found.events.is_empty());
    }
    let found = archive.search("word3", Some(&["#DEV"]), None, limit).unwrap();
    assert_eq!((numbers(&found.events), found.older), (vec![3], false));
    let latest = store.messages(rooms[0], Number(u64::MAX), Anchor::Latest, limit).await.unwrap();
    assert_eq!(archive.messages("Lobby", Anchor::Latest, limit).unwrap(), latest);
    let unknown = archive.messages("nowhere", Anchor::Latest, limit).unwrap_err();
    assert!(matches!(unknown, StoreError::NoSuchRoom(_)));
    assert_eq!(unknown.to_string(), "there is no room 'nowhere' in this store");
}

#[tokio::test]
async fn what_is_no_store_is_refused() {
    let folder = Folder::new();
    assert!(matches!(Archive::open(folder.path()), Err(OpenError::Io { .. })), "there is nothing");
    std::fs::create_dir_all(folder.path()).unwrap();
    for foreign in
        [b"".to_vec(), b"this is a text file, not a database, and long enough for a header".repeat(9)]
    {
        std::fs::write(folder.database(), foreign).unwrap();
        assert!(matches!(Archive::open(folder.path()), Err(OpenError::NotAStore { .. })));
    }
    let history = History::write().await;
    for (pragma, newer) in [("user_version = 99", true), ("user_version = 0", false)] {
        let copy = history.copy();
        rusqlite::Connection::open(copy.database())
            .unwrap()
            .execute_batch(&format!("PRAGMA {pragma}"))
            .unwrap();
        let refused = Archive::open(copy.path()).unwrap_err();
        assert_eq!(matches!(refused, OpenError::Newer { .. }), newer, "{refused}");
        assert_eq!(matches!(refused, OpenError::Older { .. }), !newer, "{refused}");
    }
}

#[tokio::test]
async fn an_import_is_what_was_exported() {
    let history = History::write().await;
    let copy = Folder::new();
    let mut import = Import::create(copy.path()).unwrap();
    // By turns, as an export need not be sorted by room.
    for at in 0..120 {
        for room in &history.rooms {
            if let Some(past) = room.events.get(at) {
                import.event(room.name.as_str(), past.clone()).unwrap();
            }
        }
    }
    let refused = Import::create(copy.path()).map(drop).unwrap_err();
    assert!(matches!(refused, OpenError::Locked { .. }), "{refused}");
    let imported = import.finish().unwrap();
    assert_eq!((imported.rooms, imported.events, imported.dropped), (2, 210, 0));
    let exported = Archive::open(history.folder.path()).unwrap();
    let archive = Archive::open(copy.path()).unwrap();
    let without_epochs = |archive: &Archive| {
        let epochs: Vec<String> =
            archive.rooms().unwrap().iter().map(|room| format!("/{}/", room.epoch)).collect();
        let mut all = contents(archive);
        for (_, line) in all.iter_mut().flat_map(|(_, events)| events) {
            *line = epochs.iter().fold(line.clone(), |line, epoch| line.replace(epoch, "/"));
        }
        all
    };
    assert_eq!(without_epochs(&archive), without_epochs(&exported));
    assert_eq!(archive.verify(&mut |_, _| {}).unwrap().bad, []);
    assert_eq!(archive.search("word3", None, None, ALL).unwrap().events.len(), 2);
    drop(archive);
    // A server takes it over, and goes on behind it.
    let store = copy.open(&options());
    let mut chat = recover(&store, &Config::default()).await;
    let heads: Vec<_> = chat.heads().map(|(_, place)| (place.room.to_string(), place.number.0)).collect();
    assert_eq!(heads, [("lobby".into(), 120), ("dev".into(), 90)]);
    assert!(chat.now() >= Timestamp(1000 + 120 * 10), "time does not run backwards");
    chat.apply(
        chat_net::chat_core::Stamp { seq: chat.seq(), at: chat.now() },
        &chat_net::chat_core::Command::Tick,
        &mut (),
    )
    .unwrap();
    assert_eq!(chat.heads().count(), 2, "rooms in which something was said stay");
    assert!(matches!(Import::create(history.folder.path()), Err(OpenError::Exists { .. })));
}

#[tokio::test]
async fn an_import_begins_anywhere_and_drops_what_lies_before_a_hole() {
    let history = History::write().await;
    let room = &history.rooms[0];
    let folder = Folder::new();
    let mut import = Import::create(folder.path()).unwrap();
    for past in room.events[20..40].iter().chain(&room.events[50..]) {
        import.event("LOBBY", past.clone()).unwrap();
    }
    let again = import.event("lobby", room.events[70].clone());
    assert!(matches!(again, Err(ImportError::OutOfOrder { last: Number(120), .. })), "{again:?}");
    let mut early = room.events[119].clone();
    early.stamp.at = Timestamp(early.stamp.at.0 - 1);
    if let Event::Said { place, .. } | Event::Joined { place, .. } = &mut early.event {
        place.number = Number(121);
    }
    let early = import.event("lobby", early);
    assert!(matches!(early, Err(ImportError::BadTime { number: Number(121), .. })), "{early:?}");
    assert!(matches!(import.event("no name", room.events[70].clone()), Err(ImportError::BadName(_))));
    let imported = import.finish().unwrap();
    assert_eq!((imported.rooms, imported.events, imported.dropped), (1, 70, 20));
    let archive = Archive::open(folder.path()).unwrap();
    let summary = archive.rooms().unwrap().remove(0);
    assert_eq!(summary.room, RoomName::new("LOBBY", 64).unwrap());
    assert_eq!((summary.first, summary.head, summary.messages), (Number(51), Number(120), 52));
    let page = archive.events(summary.epoch, Number(0), ALL).unwrap();
    assert_eq!(numbers(&page.events), (51..=120).collect::<Vec<u64>>());
    assert_eq!(archive.verify(&mut |_, _| {}).unwrap().bad, []);
    assert_eq!(archive.search("word30", None, None, ALL).unwrap().events.len(), 0, "its words are gone, too");
    let store = folder.open(&options());
    store.recover(&Config::default()).await.unwrap();
    assert_eq!(store.first_available(summary.epoch).await.unwrap().unwrap().first, Number(51));
}

#[tokio::test]
async fn half_an_import_is_no_store() {
    let history = History::write().await;
    let folder = Folder::new();
    let mut import = Import::create(folder.path()).unwrap();
    for past in &history.rooms[0].events {
        import.event("lobby", past.clone()).unwrap();
    }
    drop(import);
    assert!(matches!(Sqlite::open(folder.path(), options()), Err(OpenError::NotAStore { .. })));
    assert!(matches!(Archive::open(folder.path()), Err(OpenError::NotAStore { .. })));
}
