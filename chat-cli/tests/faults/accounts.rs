//! The server is killed while accounts are made, judged and whispered to: whatever it acknowledged is there afterwards,
//! and nothing is there twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};

use chat_net::chat_core::{Answer, Ask, Event, Query, Role};
use chat_net::client::{AskError, Client, Notice, Options};
use serde_json::Value;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::crowd::{a_while, soon};
use crate::lab::Lab;
use crate::rng::Rng;

const PASSWORD: &str = "correct horse";
const ROOM: &str = "court";

/// Whispers that one account is sent; fewer than wait for one.
const WHISPERS: usize = 20;

/// What an account is in the room from some time on, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Moderator,
    Banned,
    Muted,
}

/// What was acknowledged, and what was only tried.
#[derive(Debug, Default)]
struct Ledger {
    registered: BTreeSet<String>,
    standing: BTreeMap<String, Standing>,
    /// By receiver: tried, and of those acknowledged.
    whispers: BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)>,
    /// Accounts that are nowhere: what is whispered to them waits.
    away: Vec<String>,
    is_over: bool,
}

#[derive(Clone)]
struct Shared {
    ledger: Arc<Mutex<Ledger>>,
    acknowledged: watch::Sender<u64>,
}

impl Shared {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap()
    }

    fn one_more(&self) {
        self.acknowledged.send_modify(|count| *count += 1);
    }
}

fn options(name: &str) -> Options {
    let mut options = Options::named(name).rooms(Vec::<String>::new()).password(PASSWORD);
    options.backoff_min = std::time::Duration::from_millis(4);
    options.backoff_max = std::time::Duration::from_millis(60);
    options
}

/// Makes accounts, one after the other, each under a name of its own.
async fn register(address: String, shared: Shared) {
    for number in 0.. {
        if shared.ledger().is_over {
            return;
        }
        let name = format!("u{number}");
        match Client::connect(&address, options(&name).register(PASSWORD).reconnect(false)).await {
            Ok((client, _events)) => {
                shared.ledger().registered.insert(name);
                shared.one_more();
                client.quit().await;
            }
            // Killed, or starting: nobody knows about this one.
            Err(_) => a_while(std::time::Duration::from_millis(10)).await,
        }
    }
}

/// Judges those who are away, and whispers to them. An ask that a kill interrupts is repeated, and answered once.
async fn judge(boss: Client, shared: Shared) {
    for turn in 0_usize.. {
        let name = {
            let ledger = shared.ledger();
            if ledger.is_over {
                return;
            }
            ledger.away.get(turn % ledger.away.len().max(1)).cloned()
        };
        let Some(name) = name else {
            a_while(std::time::Duration::from_millis(5)).await;
            continue;
        };
        let is_judged = shared.ledger().standing.contains_key(&name);
        if !is_judged {
            let (ask, standing) = judgement(&name);
            boss.ask(ask).await.unwrap_or_else(|error| panic!("{name} {standing:?}: {error}"));
            shared.ledger().standing.insert(name.clone(), standing);
            shared.one_more();
        }
        whisper(&boss, &shared, &name).await;
    }
}

fn judgement(name: &str) -> (Ask, Standing) {
    let (room, user) = (ROOM.into(), name.into());
    match name[1..].parse::<u64>().unwrap() % 3 {
        0 => (Ask::SetRole { room, user, role: Role::Moderator }, Standing::Moderator),
        1 => (Ask::Ban { room, user, for_ms: None, reason: Some("loud".into()) }, Standing::Banned),
        _ => (Ask::Mute { room, user, for_ms: None, reason: None }, Standing::Muted),
    }
}

async fn whisper(boss: &Client, shared: &Shared, name: &str) {
    let body = {
        let mut ledger = shared.ledger();
        let (tried, _) = ledger.whispers.entry(name.to_owned()).or_default();
        if tried.len() >= WHISPERS {
            return;
        }
        let body = format!("{name} {}", tried.len());
        tried.insert(body.clone());
        body
    };
    match boss.whisper(name, &body).await {
        Ok(_) => {
            shared.ledger().whispers.get_mut(name).unwrap().1.insert(body);
            shared.one_more();
        }
        Err(AskError::Unanswered) => {}
        Err(error) => panic!("{name}: {error}"),
    }
}

/// All accounts, as the running server has them.
fn listed(lab: &Lab) -> BTreeMap<String, Value> {
    let output = lab.offline(&["user", "list", "--json"]);
    assert!(output.status.success(), "{output:?}");
    let text = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = rows.len();
    let by_name: BTreeMap<_, _> =
        rows.into_iter().map(|row| (row["name"].as_str().unwrap().to_owned(), row)).collect();
    assert_eq!(by_name.len(), count, "an account is there twice");
    by_name
}

/// What was acknowledged is there, on the server that has just started.
async fn check(lab: &Lab, boss: &Client, shared: &Shared) {
    // What was acknowledged up to now, of a server that is gone; what comes meanwhile is the next round's.
    let (registered, standing, whispers) = {
        let ledger = shared.ledger();
        (ledger.registered.clone(), ledger.standing.clone(), ledger.whispers.clone())
    };
    let accounts = listed(lab);
    assert_eq!(accounts["boss"]["operator"], true);
    for name in &registered {
        assert!(accounts.contains_key(name), "{name} was registered and is gone");
    }
    for (name, (_, acknowledged)) in &whispers {
        let waiting = accounts[name]["waiting"].as_u64().unwrap() as usize;
        let tried = shared.ledger().whispers[name].0.len();
        assert!((acknowledged.len()..=tried).contains(&waiting), "{waiting} of {acknowledged:?} wait");
    }
    let room = soon("the room", boss.query(Query::Room { room: ROOM.into() })).await.unwrap().1;
    let Answer::Room { users, more: false, .. } = room else { panic!("{room:?}") };
    let names: BTreeSet<&str> = users.iter().map(|user| user.user.as_str()).collect();
    assert_eq!(names.len(), users.len(), "somebody is there twice: {users:?}");
    for (name, standing) in &standing {
        let user = users.iter().find(|user| user.user.as_str() == name);
        let user = user.unwrap_or_else(|| panic!("{name} was {standing:?}, and is forgotten"));
        let is_so = match standing {
            Standing::Moderator => user.role == Role::Moderator,
            Standing::Banned => user
                .banned
                .as_ref()
                .is_some_and(|ban| ban.reason.as_ref().is_some_and(|why| why.as_str() == "loud")),
            Standing::Muted => user.muted.is_some(),
        };
        assert!(is_so, "{name} was {standing:?}: {user:?}");
    }
    let is_away = |name: &&String| accounts.get(*name).is_some_and(|row| row["devices"] == 0);
    let away = registered.iter().filter(is_away).take(50).cloned().collect();
    shared.ledger().away = away;
}

/// Everybody who has whispers comes for them: each is told once.
async fn fetch(lab: &Lab, shared: &Shared) -> usize {
    let whispers = shared.ledger().whispers.clone();
    let accounts = listed(lab);
    let mut fetched = 0;
    for (name, (tried, acknowledged)) in &whispers {
        let waiting = accounts[name]["waiting"].as_u64().unwrap() as usize;
        let (client, mut events) =
            soon("a login", Client::connect(&lab.address, options(name))).await.unwrap();
        let mut heard = BTreeSet::new();
        let mut count = 0;
        while count < waiting {
            if let Some(Notice::Told(told)) = soon("a whisper", events.next()).await
                && let Event::Whispered { body, .. } = &told.event
            {
                assert!(heard.insert(body.to_string()), "{body} came twice");
                count += 1;
            }
        }
        assert!(heard.is_superset(acknowledged) && heard.is_subset(tried), "{heard:?} of {acknowledged:?}");
        fetched += count;
        client.quit().await;
    }
    assert!(listed(lab).values().all(|row| row["waiting"] == 0), "nothing waits any more");
    fetched
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn accounts_roles_bans_and_waiting_whispers_outlive_their_server() {
    let count: u64 = std::env::var("CHAT_KILL_ROUNDS").map_or(5, |rounds| rounds.parse().unwrap());
    let mut rng = Rng::seeded("accounts");
    let mut lab = Lab::new("accounts");
    lab.more.extend(["--accounts", "optional", "--limit", "page=1000"].map(String::from));
    let made =
        lab.offline(&["user", "add", "boss", "--operator", "--password-command", "echo correct horse"]);
    assert!(made.status.success(), "{made:?}");
    let mut server = lab.start();
    let (boss, mut events) = soon("a login", Client::connect(&lab.address, options("boss"))).await.unwrap();
    soon("a room", boss.join(ROOM)).await.unwrap();
    let shared = Shared { ledger: Arc::default(), acknowledged: watch::Sender::new(0) };
    let listening = tokio::spawn(async move { while events.next().await.is_some() {} });
    let mut tasks = JoinSet::new();
    tasks.spawn(register(lab.address.clone(), shared.clone()));
    tasks.spawn(judge(boss.clone(), shared.clone()));
    for _ in 0..count {
        let goal = *shared.acknowledged.borrow() + 10 + rng.below(30);
        let mut acknowledged = shared.acknowledged.subscribe();
        soon("more", acknowledged.wait_for(|count| *count >= goal)).await.unwrap();
        a_while(std::time::Duration::from_micros(rng.below(40_000))).await;
        server.kill();
        server = lab.start();
        check(&lab, &boss, &shared).await;
    }
    shared.ledger().is_over = true;
    server.kill();
    server = lab.start();
    // What was on its way when it was killed is answered now.
    while let Some(ended) = soon("the last answers", tasks.join_next()).await {
        ended.unwrap();
    }
    check(&lab, &boss, &shared).await;
    let fetched = fetch(&lab, &shared).await;
    boss.quit().await;
    listening.await.unwrap();
    server.end();
    let ledger = shared.ledger();
    let (registered, judged) = (ledger.registered.len(), ledger.standing.len());
    assert!(registered > 0 && judged > 0 && fetched > 0, "{registered} {judged} {fetched}");
    println!(
        "killed {count} times: {registered} accounts, {judged} judged, {fetched} whispers waited and came once"
    );
}
