//! A deleted message: its text is nowhere in the file, the chain holds, and the state is rebuilt with what is left.

use chat_net::chat_core::{
    Anchor, Ask, Chat, Command, Config, Event, NodeId, Number, RequestId, Seq, SessionId, Stamp, Timestamp,
    TokenHash,
};
use chat_net::{Archive, Import, Sqlite, Store};

use crate::history::ALL;
use crate::log::Records;
use crate::scratch::{Folder, options, recover, until};

const SECRET: &str = "the key to Zanzibar is under the kumquat";

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
fn holds(folder: &Folder, text: &str) -> bool {
    std::fs::read_dir(folder.path()).expect("it is there").any(|file| {
        let bytes = std::fs::read(file.expect("it is there").path()).expect("it reads");
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

fn holds_secret(folder: &Folder) -> bool {
    holds(folder, SECRET)
}

/// Words of the secret that nobody else says, as the index has them.
const WORDS: [&str; 2] = ["zanzibar", "kumquat"];

/// How many of those are somewhere in the index, whether a search finds them or not.
fn indexed(folder: &Folder) -> i64 {
    let word = |word| format!("SELECT instr(block, CAST('{word}' AS BLOB)) > 0 AS found FROM search_data");
    folder.look(&format!("SELECT sum(found) FROM ({})", WORDS.map(word).join(" UNION ALL ")))
}

/// How long words may stay.
fn forgetting(words_ms: u64) -> chat_net::SqliteOptions {
    let mut options = options();
    options.thresholds.words_ms = words_ms;
    options
}

#[tokio::test]
async fn its_words_are_nowhere_in_the_folder_after_upkeep() {
    let folder = Folder::new();
    let store = folder.open(&forgetting(1));
    recover(&store, &Config::default()).await;
    let mut records = Records::default();
    let mut alone = Alone::begin(&mut records);
    keep(&store, records).await;
    for number in 0..300 {
        let mut records = Records::default();
        alone.ask(Ask::Say { room: "lobby".into(), body: format!("word{number} says").into() }, &mut records);
        keep(&store, records).await;
    }
    assert!(indexed(&folder) > 0, "it was there");
    let mut records = Records::default();
    alone.delete(&mut records);
    keep(&store, records).await;
    until(|| indexed(&folder) == 0).await;
    let search = "SELECT count(*) FROM search WHERE search MATCH";
    assert_eq!(folder.look::<i64>(&format!("{search} 'says'")), 300, "all others are found");
    assert_eq!(folder.look::<i64>(&format!("{search} 'word299'")), 1);
    store.close().await.expect("it closes");
    drop(store);
    assert_eq!(WORDS.map(|word| holds(&folder, word)), [false; 2]);
}

#[tokio::test]
async fn its_words_go_after_a_restart_if_they_did_not_before() {
    let folder = Folder::new();
    let store = folder.open(&forgetting(u64::from(u32::MAX)));
    recover(&store, &Config::default()).await;
    let mut records = Records::default();
    let mut alone = Alone::begin(&mut records);
    keep(&store, records).await;
    let mut records = Records::default();
    alone.delete(&mut records);
    keep(&store, records).await;
    drop(store);
    assert!(indexed(&folder) > 0, "they are still there");
    let store = folder.open(&forgetting(1));
    recover(&store, &Config::default()).await;
    until(|| indexed(&folder) == 0).await;
    store.close().await.expect("it closes");
    drop(store);
    assert_eq!(WORDS.map(|word| holds(&folder, word)), [false; 2]);
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
