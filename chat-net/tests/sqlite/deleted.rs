//! A deleted message: its text is nowhere in the file, the chain holds, and the state is rebuilt with what is left.

use chat_net::chat_core::{
    Anchor, Ask, Chat, Command, Config, Event, NodeId, Number, RequestId, Seq, SessionId, Stamp, Timestamp,
    TokenHash,
};
use chat_net::{Archive, Import, Sqlite, Store};

use crate::history::ALL;
use crate::log::Records;
use crate::scratch::{Folder, options, recover};

/// Its words stay in the index, each for itself, until that is merged.
const SECRET: &str = "the key to Zanzibar is under the mat";

fn alice() -> SessionId {
    SessionId::new(NodeId(0), 1)
}

/// alice alone in the lobby.
struct Alone {
    chat: Chat,
    seq: u64,
}

impl Alone {
    fn apply(&mut self, command: &Command, records: &mut Records) {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.seq * 1000) };
        self.chat.apply(stamp, command, records).expect("it is allowed");
    }

    fn ask(&mut self, ask: Ask, records: &mut Records) {
        self.apply(&Command::Ask { from: alice(), request: RequestId::NONE, ask }, records);
    }

    /// Joins, and says three things, the second of which is number 3.
    fn begin(records: &mut Records) -> Alone {
        let mut alone = Alone { chat: Chat::new(Config::default()), seq: 0 };
        let (name, token) = ("alice".into(), TokenHash([1; 32]));
        alone.apply(&Command::Attach { session: alice(), name, token, resume: None }, records);
        alone.ask(Ask::Join { room: "lobby".into(), since: None }, records);
        for body in ["one of them", SECRET, "another one"] {
            alone.ask(Ask::Say { room: "lobby".into(), body: body.into() }, records);
        }
        alone
    }

    fn delete(&mut self, records: &mut Records) {
        let author = self.chat.user(alice()).cloned();
        let (from, request, room, number) = (alice(), RequestId::NONE, "lobby".into(), Number(3));
        self.apply(&Command::Delete { from, request, room, number, author }, records);
    }
}

/// Whether a file of the folder holds the text.
fn holds_secret(folder: &Folder) -> bool {
    std::fs::read_dir(folder.path()).expect("it is there").any(|file| {
        let bytes = std::fs::read(file.expect("it is there").path()).expect("it reads");
        bytes.windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
    })
}

async fn keep(store: &Sqlite, records: Records) {
    store.append(records.0).await.expect("it appends");
}

#[tokio::test]
async fn the_text_is_nowhere_in_the_folder_once_the_store_is_closed() {
    let folder = Folder::new();
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    let mut records = Records::default();
    let mut alone = Alone::begin(&mut records);
    keep(&store, records).await;
    store.close().await.expect("it closes");
    drop(store);
    assert!(holds_secret(&folder), "it was there");
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    let mut records = Records::default();
    alone.delete(&mut records);
    keep(&store, records).await;
    store.close().await.expect("it closes");
    drop(store);
    assert!(!holds_secret(&folder));
}

#[tokio::test]
async fn the_chain_holds_and_the_state_is_rebuilt() {
    let folder = Folder::new();
    let store = folder.open(&options());
    recover(&store, &Config::default()).await;
    let mut records = Records::default();
    let mut alone = Alone::begin(&mut records);
    alone.delete(&mut records);
    keep(&store, records).await;
    drop(store);
    let archive = Archive::open(folder.path()).expect("it opens");
    let verified = archive.verify(&mut |_, _| {}).expect("it reads");
    assert_eq!((verified.bad, verified.events), (vec![], 5));
    let page = archive.messages("lobby", Anchor::Latest, ALL).expect("it reads");
    let shown: Vec<String> = page.events.iter().map(|past| past.event.to_string()).collect();
    assert!(
        matches!(&page.events[1].event, Event::Removed { from, .. } if from.as_str() == "alice"),
        "{shown:?}"
    );
    drop(archive);
    let store = folder.open(&options());
    assert_eq!(recover(&store, &Config::default()).await.digest(), alone.chat.digest());
    drop(store);
    // Whoever puts another text there is found out.
    folder.spoil("UPDATE messages SET event = (SELECT event FROM messages LIMIT 1) WHERE id IN (SELECT id FROM erased)");
    let verified = Archive::open(folder.path()).unwrap().verify(&mut |_, _| {}).expect("it reads");
    assert!(!verified.bad.is_empty());
}

#[tokio::test]
async fn what_was_deleted_is_carried_over_by_an_import() {
    let (from, to) = (Folder::new(), Folder::new());
    let store = from.open(&options());
    recover(&store, &Config::default()).await;
    let mut records = Records::default();
    Alone::begin(&mut records).delete(&mut records);
    keep(&store, records).await;
    drop(store);
    let archive = Archive::open(from.path()).expect("it opens");
    let room = archive.rooms().expect("it reads").remove(0);
    let events = archive.events(room.epoch, Number(0), ALL).expect("it reads").events;
    let mut import = Import::create(to.path()).expect("it is empty");
    for past in events.clone() {
        import.event("lobby", past).expect("it is taken");
    }
    import.finish().expect("it is written");
    let archive = Archive::open(to.path()).expect("it opens");
    assert_eq!(archive.verify(&mut |_, _| {}).expect("it reads").bad, []);
    let again = archive.events(archive.rooms().unwrap()[0].epoch, Number(0), ALL).expect("it reads").events;
    let without_epoch = |events: &[chat_net::Past]| -> Vec<String> {
        let numbers = events.iter().map(|past| past.event.place().unwrap().number.0);
        numbers
            .zip(events)
            .map(|(number, past)| format!("{number} {:?}", std::mem::discriminant(&past.event)))
            .collect()
    };
    assert_eq!(without_epoch(&again), without_epoch(&events));
}
