//! A written history to compare with: two rooms, closed in good order, with nothing left to be replayed.

use std::path::Path;
use std::sync::Arc;

use chat_net::chat_core::{
    Anchor, Asked, Body, Change, Config, Epoch, Event, Number, Place, RequestId, RoomId, RoomName, Seq,
    SessionId, Stamp, Timestamp, UserName,
};
use chat_net::{Archive, Messages, Page, PageLimit, Past, Record, Sqlite, Store, StoreError};

use crate::scratch::{Folder, options};

pub(crate) const ALL: PageLimit = PageLimit { events: usize::MAX, bytes: usize::MAX };
pub(crate) const ROOMS: [(&str, u64); 2] = [("lobby", 120), ("dev", 90)];

/// A store in a folder, and what is in it.
pub(crate) struct History {
    pub(crate) folder: Folder,
    pub(crate) rooms: Vec<Kept>,
}

/// A room, and every event of it, numbered from 1.
#[derive(Clone)]
pub(crate) struct Kept {
    pub(crate) name: RoomName,
    pub(crate) epoch: Epoch,
    pub(crate) events: Vec<Past>,
}

fn event(name: &RoomName, number: u64) -> Event {
    let place = Place { room: name.clone(), epoch: Epoch(0), number: Number(number) };
    let from = UserName::new("alice", 32).unwrap();
    match number % 4 {
        0 => Event::Joined { place, user: from },
        _ => {
            let text: Arc<str> = format!("word{number} {}", "tea ".repeat((number * 7 % 90) as usize)).into();
            Event::Said { place, from, body: Body::new(&text, 4000).unwrap() }
        }
    }
}

impl History {
    /// Writes it. Rooms are numbered anew at the second start, so that a snapshot covers all of it, and damage
    /// of what was said keeps nobody from starting.
    pub(crate) async fn write() -> History {
        let folder = Folder::new();
        let store = folder.open(&options());
        store.recover(&Config::default()).await.unwrap();
        let mut rooms = Vec::new();
        let mut records = Vec::new();
        for (id, (name, count)) in (1..).zip(ROOMS) {
            let name = RoomName::new(name, 64).unwrap();
            let stamp = Stamp { seq: Seq(id), at: Timestamp(1000) };
            let change = Change::RoomOpened { room: RoomId(id), name: name.clone(), epoch: Epoch(id) };
            records.push(Record { stamp, change });
            rooms.push(Kept { name: name.clone(), epoch: Epoch(id), events: Vec::new() });
            for number in 1..=count {
                let stamp = Stamp { seq: Seq(10 + number), at: Timestamp(1000 + number * 10) };
                let session = SessionId::from_u64(number);
                let by = Asked { session, request: RequestId(number), fingerprint: number << 40 };
                let (room, event) = (RoomId(id), event(&name, number));
                records.push(Record { stamp, change: Change::Numbered { room, event, by: Some(by) } });
            }
        }
        // Some at once, some one by one: pages of the file as they come about in life.
        for batch in records.chunks(37) {
            store.append(batch.to_vec()).await.unwrap();
        }
        store.close().await.unwrap();
        drop(store);
        let mut renumbering = options();
        renumbering.new_epoch = true;
        let store = folder.open(&renumbering);
        let recovered = store.recover(&Config::default()).await.unwrap();
        assert!(recovered.records.is_empty(), "the snapshot covers everything");
        store.close().await.unwrap();
        drop(store);
        let archive = Archive::open(folder.path()).unwrap();
        for room in archive.rooms().unwrap() {
            let kept = rooms.iter_mut().find(|kept| kept.name == room.room).unwrap();
            kept.epoch = room.epoch;
            kept.events = archive.events(room.epoch, Number(0), ALL).unwrap().events;
            assert_eq!(kept.events.len() as u64, room.head.0);
        }
        drop(archive);
        History { folder, rooms }
    }

    /// The same files in another folder.
    pub(crate) fn copy(&self) -> Folder {
        let copy = Folder::new();
        std::fs::create_dir_all(copy.path()).unwrap();
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            let file = file.unwrap();
            std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
        }
        copy
    }
}

impl Kept {
    pub(crate) fn messages(&self) -> Vec<Past> {
        let said = self.events.iter().filter(|past| matches!(past.event, Event::Said { .. }));
        said.cloned().collect()
    }
}

pub(crate) fn number(past: &Past) -> u64 {
    past.event.place().unwrap().number.0
}

pub(crate) fn numbers(events: &[Past]) -> Vec<u64> {
    events.iter().map(number).collect()
}

/// Something that gives out history: a store, or an archive.
pub(crate) enum Source {
    Store(Sqlite),
    Archive(Archive),
}

impl Source {
    pub(crate) async fn open(folder: &Path, offline: bool) -> Result<Source, String> {
        if offline {
            return Archive::open(folder).map(Source::Archive).map_err(|error| error.to_string());
        }
        let store = Sqlite::open(folder, options()).map_err(|error| error.to_string())?;
        match store.recover(&Config::default()).await {
            Ok(_) => Ok(Source::Store(store)),
            Err(error) => Err(error.to_string()),
        }
    }

    pub(crate) async fn read(&self, room: &Kept, after: u64, limit: PageLimit) -> Result<Page, StoreError> {
        let upto = Number(room.events.len() as u64);
        match self {
            Source::Store(store) => store.read(room.epoch, Number(after), upto, limit).await,
            Source::Archive(archive) => archive.events(room.epoch, Number(after), limit),
        }
    }

    pub(crate) async fn messages(
        &self,
        room: &Kept,
        anchor: Anchor,
        events: usize,
    ) -> Result<Messages, StoreError> {
        let limit = PageLimit { events, bytes: usize::MAX };
        match self {
            Source::Store(store) => store.messages(room.epoch, Number(u64::MAX), anchor, limit).await,
            Source::Archive(archive) => archive.messages(room.name.as_str(), anchor, limit),
        }
    }
}
