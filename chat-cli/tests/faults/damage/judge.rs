//! Reads all that a server gives of a folder, in every way there is, and compares it with what was said.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use chat_net::chat_core::{Anchor, Ask, Code, Epoch, Event, Number, Since};
use chat_net::client::{AskError, Client, Events, HistoryPage, Notice, Options, Why};
use chat_net::codec::{FromServer, Told, json};
use tokio::sync::watch;

use crate::crowd::soon;
use crate::lab::{Lab, Running};

/// What was said, by room and number: who, what and when, in one text.
type Past = BTreeMap<(String, u64), String>;

/// Knows what was said.
pub(super) struct Judge {
    past: Past,
    epochs: BTreeMap<String, Epoch>,
}

/// What became of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Verdict {
    /// Why the server did not start.
    refused: Option<String>,
    /// What it said of its own accord, by rooms: a gap, or a refusal.
    told: Vec<String>,
    /// It ended while it was asked.
    ended: Option<String>,
    /// What `chat-cli verify` found.
    verify: Option<String>,
    /// How many messages were not to be had.
    pub(super) missing: usize,
}

impl Verdict {
    pub(super) const UP_TO_THE_DAMAGE: &str = "served up to the damage";

    pub(super) fn server_says(&self) -> Option<&str> {
        let told = self.told.first();
        self.refused.as_ref().or(told).or(self.ended.as_ref()).map(String::as_str)
    }

    pub(super) fn verify_says(&self) -> Option<&str> {
        self.verify.as_deref()
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Verdict { refused: Some(_), .. } => "refused to start",
            Verdict { ended: Some(_), .. } => "ended",
            Verdict { told, .. } if !told.is_empty() => Verdict::UP_TO_THE_DAMAGE,
            Verdict { missing: 1.., .. } => "less than there was, and not a word",
            Verdict { verify: Some(_), .. } => "served whole, and verify complains",
            _ => "no difference",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = |text: Option<&str>| text.map_or("nothing".to_owned(), |text| text.replace('\n', " / "));
        let (server, verify) = (first(self.server_says()), first(self.verify_says()));
        write!(f, "{}; {} missing; server: {server}; verify: {verify}", self.kind(), self.missing)
    }
}

fn show(told: &Told) -> Option<((String, u64), String)> {
    let Event::Said { place, from, body } = &told.event else { return None };
    Some(((place.room.to_string(), place.number.0), format!("{} <{from}> {}", told.at.0, body.as_str())))
}

async fn connect(lab: &Lab, name: &str) -> (Client, Events) {
    let options = Options::named(name).rooms(Vec::<String>::new()).reconnect(false);
    soon("a welcome", Client::connect(&lab.address, options)).await.unwrap()
}

impl Judge {
    /// Fills a new folder; the server has ended in order when this returns.
    pub(super) async fn fill(lab: &Lab, rooms: &[&str], messages: u64) -> Judge {
        let (judge, server) = Judge::talk(lab, rooms, messages).await;
        server.end();
        judge
    }

    /// Fills a new folder; the server was killed when this returns.
    pub(super) async fn fill_and_kill(lab: &Lab, rooms: &[&str], messages: u64) -> Judge {
        let (judge, server) = Judge::talk(lab, rooms, messages).await;
        server.kill();
        judge
    }

    async fn talk(lab: &Lab, rooms: &[&str], messages: u64) -> (Judge, Running) {
        let server = lab.start();
        let mut judge = Judge { past: BTreeMap::new(), epochs: BTreeMap::new() };
        let (client, mut events) = connect(lab, "ann").await;
        tokio::spawn(async move { while events.next().await.is_some() {} });
        for room in rooms {
            soon("a join", client.join(room)).await.unwrap();
            soon("an answer", client.topic(room, "a topic")).await.unwrap();
        }
        let (other, mut events) = connect(lab, "bob").await;
        tokio::spawn(async move { while events.next().await.is_some() {} });
        for number in 1..=messages {
            for room in rooms {
                let body = format!("{} in {room}", message(number));
                let receipt = soon("an answer", client.say(room, &body)).await.unwrap();
                let key = (receipt.place.room.to_string(), receipt.place.number.0);
                judge.past.insert(key, format!("{} <ann> {body}", receipt.at.0));
                judge.epochs.insert(receipt.place.room.to_string(), receipt.place.epoch);
            }
            if number % 10 == 0 {
                // What is no message, and what is no event of a room.
                soon("a join", other.join(rooms[0])).await.unwrap();
                soon("an answer", other.whisper("ann", "psst")).await.unwrap();
                soon("a leave", other.leave(rooms[0])).await.unwrap();
            }
        }
        other.quit().await;
        client.quit().await;
        (judge, server)
    }

    /// Learns how rooms are numbered in a folder that has the same past.
    pub(super) fn reads_epochs(&mut self, lab: &Lab) {
        let export = lab.offline(&["export"]);
        for line in String::from_utf8(export.stdout).unwrap().lines().skip(1) {
            let Ok(FromServer::Told(told)) = json::decode_server(line.as_bytes()) else { panic!("{line}") };
            let place = told.event.place().unwrap();
            self.epochs.insert(place.room.to_string(), place.epoch);
        }
    }

    /// The text of a message.
    pub(super) fn marked(&self, room: &str, message_number: u64) -> String {
        format!("{} in {room}", message(message_number))
    }

    /// Reads everything, says something, and has the folder verified. Whatever is served is as it was said, and
    /// whatever ends, ends in order.
    pub(super) async fn judge(&self, lab: &Lab) -> Verdict {
        let mut verdict = Verdict::default();
        let output = lab.offline(&["verify"]);
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(matches!(output.status.code(), Some(0 | 1 | 74 | 78)), "{said:?}");
        verdict.verify = (!output.status.success()).then(|| said.concat());
        match lab.try_start() {
            Err(refused) => {
                assert!(matches!(refused.code, Some(74 | 78)), "{refused:?}");
                assert!(!refused.why.contains("panicked"), "{refused:?}");
                verdict.missing = self.past.len();
                verdict.refused = Some(refused.why);
            }
            Ok(server) => self.read(lab, server, &mut verdict).await,
        }
        verdict
    }

    async fn read(&self, lab: &Lab, server: Running, verdict: &mut Verdict) {
        let (client, events) = connect(lab, "judge").await;
        let heard = Heard::listen(events);
        let mut found = Past::new();
        for (room, epoch) in &self.epochs {
            if let Err(why) = self.read_room(&client, room, *epoch, &heard, &mut found).await {
                verdict.told.push(format!("{room}: {why}"));
            }
        }
        for words in ["message", "77"] {
            match soon("an answer", client.search(words, None, 500)).await {
                Ok(page) => self.compare(&page.messages, &mut found),
                Err(why) => verdict.told.push(format!("search: {why}")),
            }
        }
        for room in self.epochs.keys() {
            if let Err(why) = soon("an answer", client.say(room, "after all")).await {
                verdict.told.push(format!("{room}: {why}"));
            }
        }
        client.quit().await;
        self.compare(&heard.told.lock().unwrap(), &mut found);
        verdict.told.extend(heard.gaps.lock().unwrap().drain(..));
        verdict.missing = self.past.keys().filter(|key| !found.contains_key(*key)).count();
        let is_over = heard.ended.lock().unwrap().clone();
        server.program.signal(rustix::process::Signal::TERM);
        let ended = server.ended();
        assert!(!ended.why.contains("panicked"), "{ended:?}");
        match ended.code {
            Some(0) => verdict.ended = is_over,
            Some(74) => verdict.ended = Some(ended.why),
            _ => panic!("{ended:?}"),
        }
    }

    /// Joins with nothing, so that everything is told; and reads the pages from both ends.
    async fn read_room(
        &self,
        client: &Client,
        room: &str,
        epoch: Epoch,
        heard: &Heard,
        found: &mut Past,
    ) -> Result<(), AskError> {
        let since = Some(Since { epoch, number: Number(0) });
        soon("a join", client.ask(Ask::Join { room: room.into(), since })).await?;
        soon("the end of what was missed", heard.level_with(room)).await;
        let mut outcome = Ok(());
        for forward in [true, false] {
            let mut anchor = if forward { Anchor::After(Number(0)) } else { Anchor::Latest };
            loop {
                let page = match soon("a page", client.history(room, anchor, 50)).await {
                    Ok(page) => page,
                    Err(why) => {
                        let damaged = why.code() == Some(Code::Corrupt.number()) || why == AskError::Closed;
                        assert!(damaged, "{room}: {why}");
                        outcome = Err(why);
                        break;
                    }
                };
                self.compare(&page.messages, found);
                let HistoryPage { messages, more, newer } = page;
                let end = if forward { messages.last() } else { messages.first() };
                let Some(place) = end.and_then(|told| told.event.place()) else { break };
                anchor = if forward { Anchor::After(place.number) } else { Anchor::Before(place.number) };
                if !(if forward { newer } else { more }) {
                    break;
                }
            }
        }
        outcome
    }

    /// What is served is what was said.
    fn compare(&self, told: &[Told], found: &mut Past) {
        for (key, text) in told.iter().filter_map(show) {
            if text.contains(" <judge> ") {
                continue;
            }
            let said = self.past.get(&key).map_or("nothing", String::as_str);
            assert_eq!(text, said, "{key:?} is served, and another was said");
            found.insert(key, text);
        }
    }
}

fn message(number: u64) -> String {
    format!("message {number} of many, {}", "long and ".repeat(number as usize % 7 * 5))
}

/// What a client was told without asking.
struct Heard {
    told: Arc<Mutex<Vec<Told>>>,
    gaps: Arc<Mutex<Vec<String>>>,
    ended: Arc<Mutex<Option<String>>>,
    /// Rooms that were caught up with; `*` at the end of all.
    level: watch::Sender<Vec<String>>,
}

impl Heard {
    fn listen(mut events: Events) -> Heard {
        let (told, gaps, ended) = (Arc::default(), Arc::default(), Arc::default());
        let heard = Heard { told, gaps, ended, level: watch::Sender::new(Vec::new()) };
        let (told, gaps) = (Arc::clone(&heard.told), Arc::clone(&heard.gaps));
        let (ended, level) = (Arc::clone(&heard.ended), heard.level.clone());
        tokio::spawn(async move {
            while let Some(notice) = events.next().await {
                match notice {
                    Notice::Told(what) => {
                        match &what.event {
                            Event::CaughtUp { place } => {
                                level.send_modify(|rooms| rooms.push(place.room.to_string()));
                            }
                            gap @ Event::Gap { .. } => gaps.lock().unwrap().push(gap.to_string()),
                            Event::Refused(refusal) => {
                                gaps.lock().unwrap().push(format!("{}: {}", refusal.reason, refusal.message));
                            }
                            _ => {}
                        }
                        told.lock().unwrap().push(what);
                    }
                    Notice::Ended { why } if !is_goodbye(&why) => {
                        *ended.lock().unwrap() = Some(why.to_string());
                    }
                    _ => {}
                }
            }
            level.send_modify(|rooms| rooms.push("*".into()));
        });
        heard
    }

    async fn level_with(&self, room: &str) {
        let mut level = self.level.subscribe();
        let is_level = |rooms: &Vec<String>| rooms.iter().any(|level| level == room || level == "*");
        level.wait_for(is_level).await.unwrap();
    }
}

fn is_goodbye(why: &Why) -> bool {
    matches!(why, Why::Quit) || why.code() == Some(Code::Left.number())
}
