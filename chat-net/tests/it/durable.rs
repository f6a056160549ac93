//! Coming back and asking again over a store that outlives the server: every edge of a position, before and after
//! a restart, a crash, and a power cut that may have lost something.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use chat_core::{Anchor, Ask, Epoch, Number, Query, RequestId, Since};
use chat_net::codec::{Form, FromClient, FromServer, Hello, RoomPosition, Told};
use chat_net::{Durability, Server, ServerHandle, Sqlite, SqliteOptions};

use crate::peer::{Peer, fast, join, place, say, show, soon};

/// A folder that is removed with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("chat-durable-{}-{count}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).unwrap();
        Folder(path)
    }

    fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The folder as it would be found had the process been killed just now. Another process copies it: one that
    /// closes a file gives up its own locks on it.
    fn crashed(&self) -> Folder {
        let crashed = Folder::new();
        let copied = Command::new("cp").arg("-r").arg(self.data()).arg(crashed.data()).status().unwrap();
        assert!(copied.success());
        crashed
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is the system's to clean up.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn open(data: &Path, options: SqliteOptions) -> ServerHandle {
    let store = Sqlite::open(data, options).unwrap();
    Server::builder().limits(fast()).store(Arc::new(store)).start().await.unwrap()
}

async fn close(server: ServerHandle) {
    server.shutdown(Duration::from_secs(20)).await.unwrap();
}

/// Where a server goes on, one way and another.
#[derive(Clone, Copy, Debug)]
enum Then {
    /// It never stopped.
    Live,
    /// It was stopped in order and started again.
    Restarted,
    /// It was killed and started again.
    Crashed,
}

const ALL: [Then; 3] = [Then::Live, Then::Restarted, Then::Crashed];

/// A server and its folder.
struct Home {
    folder: Folder,
    server: ServerHandle,
    options: SqliteOptions,
}

impl Home {
    async fn new(options: SqliteOptions) -> Home {
        let folder = Folder::new();
        let server = open(&folder.data(), options.clone()).await;
        Home { folder, server, options }
    }

    async fn then(self, then: Then) -> Home {
        match then {
            Then::Live => self,
            Then::Restarted => {
                close(self.server).await;
                let server = open(&self.folder.data(), self.options.clone()).await;
                Home { server, ..self }
            }
            Then::Crashed => {
                let folder = self.folder.crashed();
                let server = open(&folder.data(), self.options.clone()).await;
                close(self.server).await;
                Home { folder, server, options: self.options }
            }
        }
    }
}

/// Who comes back.
struct Program {
    name: &'static str,
    token: Arc<str>,
    epoch: Epoch,
    form: Form,
    peer: Peer,
}

impl Program {
    async fn join(server: &ServerHandle, form: Form, name: &'static str) -> Program {
        let mut peer = Peer::pipe(server, form).await;
        peer.hello(name).await;
        let Some(FromServer::Welcome(welcome)) = peer.next().await else { panic!("no welcome") };
        let frames = peer.until(|frame| show(frame).starts_with("caught_up")).await;
        let epoch = frames.iter().find_map(place).unwrap().epoch;
        Program { name, token: welcome.token, epoch, form, peer }
    }

    fn at(&self, number: u64) -> RoomPosition {
        RoomPosition { room: "lobby".into(), since: Since { epoch: self.epoch, number: Number(number) } }
    }

    /// Comes back with these positions, and takes the welcome. The old connection is given back, open.
    async fn back(&mut self, server: &ServerHandle, positions: &[RoomPosition]) -> Peer {
        let mut peer = Peer::pipe(server, self.form).await;
        peer.resume(self.name, &self.token, positions).await;
        peer.gets(&[&format!("welcome {} again", self.name)]).await;
        std::mem::replace(&mut self.peer, peer)
    }
}

/// What Bob said: the events of the lobby behind `after`, as one who missed them is told.
fn missed(after: u64) -> Vec<String> {
    let told = |number| match number {
        1 => "past joined lobby/1 alice".to_owned(),
        2 => "past joined lobby/2 bob".to_owned(),
        _ => format!("past said lobby/{number} bob: say {number}"),
    };
    (after + 1..=12).map(told).chain(["caught_up lobby/12".to_owned()]).collect()
}

/// Alice is in the lobby, Bob says something up to number 12, and Alice has it.
async fn talked(server: &ServerHandle, form: Form) -> (Program, Program) {
    let mut alice = Program::join(server, form, "alice").await;
    let mut bob = Program::join(server, Form::Bincode, "bob").await;
    for number in 3..=12 {
        bob.peer.say(number, "lobby", &format!("say {number}")).await;
        bob.peer.gets(&[&format!("re={number} said lobby/{number} bob: say {number}")]).await;
    }
    alice.peer.until(|frame| show(frame).contains("lobby/12")).await;
    (alice, bob)
}

async fn gets(peer: &mut Peer, first: &[&str], rest: Vec<String>) {
    let all: Vec<&str> = first.iter().copied().chain(rest.iter().map(String::as_str)).collect();
    peer.gets(&all).await;
    peer.is_quiet().await;
}

#[tokio::test]
async fn every_position_is_answered_alike_before_and_after_a_restart_and_a_crash() {
    for form in [Form::Bincode, Form::JsonLines] {
        for then in ALL {
            let home = Home::new(SqliteOptions::default()).await;
            let (mut alice, _bob) = talked(&home.server, form).await;
            let home = home.then(then).await;
            // At the head; one behind; at the first event; before it; and each of these twice in a row.
            for number in [12, 12, 11, 11, 1, 1, 0, 0] {
                alice.back(&home.server, &[alice.at(number)]).await;
                gets(&mut alice.peer, &[], missed(number)).await;
            }
            // No position: nothing was received yet.
            alice.back(&home.server, &[]).await;
            gets(&mut alice.peer, &[], missed(0)).await;
            // Ahead of what ever was.
            let told = ["refused ahead_of_head", "gap lobby/12 from 1 new_epoch"];
            alice.back(&home.server, &[alice.at(99)]).await;
            gets(&mut alice.peer, &told, missed(0)).await;
            // In a numbering that is not this room's.
            let mut elsewhere = alice.at(5);
            elsewhere.since.epoch = Epoch(alice.epoch.0 + 1);
            alice.back(&home.server, &[elsewhere]).await;
            gets(&mut alice.peer, &told[1..], missed(0)).await;
            // A room that it is not in, and one that never was.
            let mut positions = vec![alice.at(12), alice.at(3)];
            positions[1].room = "attic".into();
            alice.back(&home.server, &positions).await;
            gets(&mut alice.peer, &[], missed(12)).await;
            // While the old connection is open.
            let mut old = alice.back(&home.server, &[alice.at(10)]).await;
            old.closed("replaced").await;
            gets(&mut alice.peer, &[], missed(10)).await;
            close(home.server).await;
        }
    }
}

#[tokio::test]
async fn what_retention_let_go_of_is_a_gap_from_the_first_that_is_left() {
    for then in ALL {
        let mut options = SqliteOptions::default();
        options.keep_events = 5;
        let home = Home::new(options).await;
        let (mut alice, _bob) = talked(&home.server, Form::JsonLines).await;
        let home = home.then(then).await;
        for (number, is_whole) in [(12, true), (8, true), (7, true), (6, false), (1, false), (0, false)] {
            let gap: &[&str] = if is_whole { &[] } else { &["gap lobby/12 from 8 not_kept"] };
            alice.back(&home.server, &[alice.at(number)]).await;
            gets(&mut alice.peer, gap, missed(number.max(7))).await;
        }
        alice.peer.query(1, Query::History { room: "lobby".into(), anchor: Anchor::Latest, limit: 9 }).await;
        let page = alice.peer.story("re=1 history 5").await;
        assert_eq!(page.len(), 6, "{page:?}");
        close(home.server).await;
    }
}

/// All that can be asked, each under its own id.
fn asks() -> Vec<(u64, Ask)> {
    vec![
        (21, say("lobby", "once")),
        (22, Ask::Topic { room: "lobby".into(), topic: "a topic".into() }),
        (23, join("dev")),
        (24, join("ops")),
        (25, Ask::Leave { room: "ops".into() }),
        (26, Ask::Whisper { to: "bob".into(), body: "psst".into() }),
        (27, say("nowhere", "refused")),
    ]
}

/// Asks, and takes the answer whole.
async fn answer(peer: &mut Peer, id: u64, ask: Ask) -> Told {
    peer.ask(id, ask).await;
    let is_answer = |frame: &FromServer| matches!(frame, FromServer::Told(told) if told.re == RequestId(id));
    match soon("an answer", peer.until(is_answer)).await.pop() {
        Some(FromServer::Told(told)) => told,
        other => panic!("{other:?}"),
    }
}

async fn answers(peer: &mut Peer) -> Vec<Told> {
    let mut answers = Vec::new();
    for (id, ask) in asks() {
        answers.push(answer(peer, id, ask).await);
    }
    answers
}

#[tokio::test]
async fn an_ask_repeated_after_a_restart_or_a_crash_has_its_first_answer_and_is_not_done_again() {
    let mut repeats = Vec::new();
    for then in ALL {
        let home = Home::new(SqliteOptions::default()).await;
        let (mut alice, mut bob) = talked(&home.server, Form::Bincode).await;
        let first = answers(&mut alice.peer).await;
        bob.peer.until(|frame| show(frame).contains("psst")).await;
        let home = home.then(then).await;
        alice.back(&home.server, &[alice.at(14)]).await;
        let again = answers(&mut alice.peer).await;
        for (first, again) in first.iter().zip(&again) {
            // What joining and leaving is answered depends on where one is now; all else is the same.
            if ![23, 24].contains(&first.re.0) {
                assert_eq!(first, again, "{then:?}");
            }
        }
        let lines = again.into_iter().map(|told| show(&FromServer::Told(told)));
        repeats.push((then, lines.collect::<Vec<_>>()));
        for (id, ask) in [
            (21, say("lobby", "another")),
            (22, Ask::Topic { room: "lobby".into(), topic: "another".into() }),
            (26, Ask::Whisper { to: "bob".into(), body: "another".into() }),
            (21, join("dev")),
        ] {
            let told = answer(&mut alice.peer, id, ask).await;
            assert!(show(&FromServer::Told(told)).ends_with("refused id_reused"), "{then:?}");
        }
        // Once is what happened: nothing came behind the topic, and the whisper was told one time.
        bob.back(&home.server, &[bob.at(12)]).await;
        bob.peer.send(FromClient::Ping { nonce: 1 }).await;
        let (mut shown, mut is_level, mut is_answered) = (Vec::new(), false, false);
        while !is_level || !is_answered {
            let line = show(&bob.peer.next().await.unwrap());
            is_level |= line == "caught_up lobby/14";
            is_answered |= line == "pong 1";
            shown.push(line);
        }
        // A whisper stands in no order with what a room is told.
        shown.sort();
        let told = [
            "caught_up lobby/14",
            "past said lobby/13 alice: once",
            "past topic lobby/14 alice: a topic",
            "past whispered 1 alice>bob: psst",
            "pong 1",
        ];
        assert_eq!(shown, told, "{then:?}");
        let hello = Hello {
            name: "bob".into(),
            resume: Some(Arc::clone(&bob.token)),
            positions: vec![bob.at(14)],
            whispers: Number(1),
            ..Hello::default()
        };
        let mut peer = Peer::pipe(&home.server, Form::Bincode).await;
        peer.send(FromClient::Hello(hello)).await;
        peer.gets(&["welcome bob again", "caught_up lobby/14"]).await;
        peer.is_quiet().await;
        close(home.server).await;
    }
    let (_, live) = &repeats[0];
    for (then, lines) in &repeats[1..] {
        assert_eq!(lines, live, "{then:?}");
    }
}

/// The options of a start of the machine that has this id.
fn booted(durability: Durability, boot: &str) -> SqliteOptions {
    let mut options = SqliteOptions::default();
    options.durability = durability;
    options.thresholds.boot = Some(boot.into());
    options
}

#[tokio::test]
async fn a_power_cut_that_may_have_lost_something_begins_a_new_epoch() {
    for (durability, boot, is_new) in [
        (Durability::Os, "second", true),
        (Durability::Os, "first", false),
        (Durability::Fsync, "second", false),
    ] {
        let home = Home::new(booted(durability, "first")).await;
        let (mut alice, mut bob) = talked(&home.server, Form::JsonLines).await;
        let home = Home { options: booted(durability, boot), ..home }.then(Then::Crashed).await;
        alice.back(&home.server, &[alice.at(11)]).await;
        if is_new {
            // Its copy may hold what never was: it is told all there is.
            gets(&mut alice.peer, &["gap lobby/12 from 1 new_epoch"], missed(0)).await;
        } else {
            gets(&mut alice.peer, &[], missed(11)).await;
        }
        // Numbers go on either way.
        bob.back(&home.server, &[bob.at(12)]).await;
        bob.peer.until(|frame| show(frame) == "caught_up lobby/12").await;
        let told = answer(&mut bob.peer, 13, say("lobby", "on we go")).await;
        let next = told.event.place().unwrap();
        assert_eq!((next.number.0, next.epoch != alice.epoch), (13, is_new), "{durability:?} {boot}");
        // And stay as they are: the next start is in good order.
        let home = home.then(Then::Restarted).await;
        alice.epoch = next.epoch;
        alice.back(&home.server, &[alice.at(12)]).await;
        let last = ["past said lobby/13 bob: on we go", "caught_up lobby/13"];
        gets(&mut alice.peer, &last, Vec::new()).await;
        close(home.server).await;
    }
}

#[tokio::test]
async fn an_operator_who_put_back_a_copy_begins_a_new_epoch() {
    let home = Home::new(SqliteOptions::default()).await;
    let (mut alice, _bob) = talked(&home.server, Form::Bincode).await;
    let mut options = SqliteOptions::default();
    options.new_epoch = true;
    let home = Home { options, ..home }.then(Then::Restarted).await;
    alice.back(&home.server, &[alice.at(12)]).await;
    gets(&mut alice.peer, &["gap lobby/12 from 1 new_epoch"], missed(0)).await;
    close(home.server).await;
}
