//! What operators are shown over HTTP: health, and metrics that say what was counted.

use std::collections::BTreeMap;
use std::time::Duration;

use chat_core::Code;
use chat_net::admin::Admin;
use chat_net::codec::{Form, FromClient};
use chat_net::metrics::{self, Registry};
use chat_net::stats::ClientKind;
use chat_net::{Options, Server, ServerHandle, StoreError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::hooked::{Hooked, Hooks};
use crate::peer::{Peer, fast, say, server, soon};

/// An answer over HTTP.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

async fn request(admin: &Admin, request: &str) -> Answer {
    let mut stream = TcpStream::connect(admin.local_addrs()[0]).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon("the whole answer", stream.read_to_string(&mut answer)).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
}

async fn get(admin: &Admin, path: &str) -> Answer {
    request(admin, &format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n")).await
}

async fn admin(server: &ServerHandle) -> Admin {
    Admin::start(&["127.0.0.1:0".into()], &server.observer()).await.unwrap()
}

/// One name, as it was told: its type, unit, and what there is under it with suffix and labels.
#[derive(Debug, Default)]
struct Family {
    kind: String,
    unit: Option<String>,
    samples: Vec<(String, f64)>,
}

/// Reads OpenMetrics text, and is strict about it.
fn parse(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    let mut current = String::new();
    let body = text.strip_suffix("# EOF\n").expect("the end is marked");
    for line in body.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => {
                assert!(help.ends_with('.') && help.len() > 5, "{line}");
                current = name.to_owned();
                let before = families.insert(current.clone(), Family::default());
                assert!(before.is_none(), "{name} comes twice");
            }
            ["#", what, name, value] => {
                assert_eq!(name, current, "{line}");
                let family = families.get_mut(name).unwrap();
                assert!(family.samples.is_empty(), "{line}");
                match what {
                    "TYPE" => family.kind = value.to_owned(),
                    "UNIT" => family.unit = Some(value.to_owned()),
                    _ => panic!("{line}"),
                }
            }
            _ => {
                let (name, value) = line.rsplit_once(' ').expect("a name and a value");
                let rest = name.strip_prefix(&current).unwrap_or_else(|| panic!("{name} under {current}"));
                let family = families.get_mut(&current).unwrap();
                assert!(family.samples.iter().all(|(known, _)| known != rest), "{name} comes twice");
                family.samples.push((rest.to_owned(), value.parse().unwrap()));
            }
        }
    }
    families
}

/// The rules of names, suffixes and buckets.
fn check(name: &str, family: &Family) {
    assert!(name.starts_with("chat_"), "{name}");
    assert!(!family.samples.is_empty(), "{name} says nothing");
    if let Some(unit) = &family.unit {
        assert!(name.ends_with(&format!("_{unit}")), "{name} in {unit}");
    }
    let is_fine = |suffix: &str| match family.kind.as_str() {
        "counter" => suffix.split('{').next() == Some("_total"),
        "gauge" => suffix.is_empty() || suffix.starts_with('{'),
        "info" => suffix.starts_with("_info{"),
        "histogram" => ["_sum", "_count"].contains(&suffix) || suffix.starts_with("_bucket{le=\""),
        _ => false,
    };
    for (suffix, value) in &family.samples {
        assert!(is_fine(suffix), "{name}{suffix} is a {}", family.kind);
        assert!(*value >= 0.0, "{name}{suffix} {value}");
    }
    if family.kind == "histogram" {
        let buckets: Vec<f64> =
            family.samples.iter().filter(|(it, _)| it.starts_with("_bucket")).map(|it| it.1).collect();
        assert!(buckets.is_sorted() && buckets.len() > 5, "{name}: {buckets:?}");
        let count = family.samples.iter().find(|(it, _)| it == "_count").unwrap().1;
        assert_eq!((buckets.last(), count > 0.0), (Some(&count), true), "{name}");
    }
}

/// The sample of that whole name.
fn value(families: &BTreeMap<String, Family>, sample: &str) -> f64 {
    let name = families.keys().filter(|name| sample.starts_with(*name)).max_by_key(|name| name.len());
    let name = name.unwrap_or_else(|| panic!("no {sample}"));
    let found = families[name].samples.iter().find(|(suffix, _)| sample == format!("{name}{suffix}"));
    found.unwrap_or_else(|| panic!("no {sample} in {:?}", families[name])).1
}

#[tokio::test]
async fn metrics_are_text_that_says_what_was_counted() {
    let server = server(fast()).await;
    let admin = admin(&server).await;
    let mut alice = Peer::join(&server, Form::JsonLines, "alice").await;
    let (_bot, _told) = server.join(Options::named("bot")).await.unwrap();
    alice.ask(1, say("lobby", "hello")).await;
    alice.ask(2, say("nowhere", "hello")).await;
    alice.until(|frame| crate::peer::show(frame).contains("not_a_member")).await;
    let answer = get(&admin, "/metrics").await;
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains(&format!("content-type: {}", metrics::CONTENT_TYPE)), "{}", answer.head);
    let families = parse(&answer.body);
    families.iter().for_each(|(name, family)| check(name, family));
    for (sample, expected) in [
        ("chat_connections{kind=\"json_lines\"}", 1.0),
        ("chat_connections{kind=\"in_process\"}", 1.0),
        ("chat_connections{kind=\"person\"}", 0.0),
        ("chat_connections_opened_total{kind=\"json_lines\"}", 1.0),
        ("chat_connections_refused_total{reason=\"server_full\"}", 0.0),
        ("chat_asks_total{kind=\"say\"}", 2.0),
        ("chat_refusals_total{code=\"not_a_member\"}", 1.0),
        ("chat_refusals_total{code=\"name_taken\"}", 0.0),
        ("chat_closes_total{code=\"slow_reader\"}", 0.0),
        ("chat_sessions{state=\"attached\"}", 2.0),
        ("chat_rooms", 1.0),
        ("chat_store_has_space", 1.0),
        (&format!("chat_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")), 1.0),
    ] {
        assert_eq!(value(&families, sample), expected, "{sample}");
    }
    // Who is there, twice; two joins, to one and to two; and what was said, to two.
    assert_eq!(value(&families, "chat_deliveries_total"), 2.0 + 3.0 + 2.0);
    assert!(value(&families, "chat_store_append_seconds_sum") > 0.0);
    assert!(value(&families, "chat_received_bytes_total") > 50.0);
    let refusals =
        |kind: char| Code::ALL.iter().filter(move |code| code.number().to_string().starts_with(kind));
    let names = families["chat_refusals"].samples.len();
    assert_eq!(names, refusals('1').chain(refusals('2')).count(), "each begins at zero");
}

#[tokio::test]
async fn every_name_is_in_the_manual() {
    let server = server(fast()).await;
    let mut registry = Registry::default();
    metrics::register(server.observer(), &mut registry);
    let manual = include_str!("../../../docs/operating.md");
    let (_, table) =
        manual.split_once("| metric | type | labels | what it is |\n|---|---|---|---|\n").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let documented: BTreeMap<String, String> = table
        .lines()
        .map(|row| {
            let cells: Vec<&str> = row.split('|').map(str::trim).collect();
            assert!(cells[4].len() > 5, "{row}");
            let name = cells[1].trim_matches('`');
            let name = name.strip_suffix("_total").or(name.strip_suffix("_info")).unwrap_or(name);
            (name.to_owned(), cells[2].to_owned())
        })
        .collect();
    let told = parse(&metrics::text(&registry));
    let told: BTreeMap<String, String> = told.into_iter().map(|(name, family)| (name, family.kind)).collect();
    assert_eq!(documented, told);
}

#[tokio::test]
async fn two_servers_in_one_process_do_not_meet() {
    let (one, other) = (server(fast()).await, server(fast()).await);
    let (_bot, _told) = one.join(Options::named("bot")).await.unwrap();
    let attached = |server: &ServerHandle| {
        let mut registry = Registry::with_prefix("of");
        metrics::register(server.observer(), &mut registry);
        let text = metrics::text(&registry);
        text.lines().find(|line| line.starts_with("of_chat_sessions{")).unwrap().to_owned()
    };
    assert_eq!(attached(&one), "of_chat_sessions{state=\"attached\"} 1");
    assert_eq!(attached(&other), "of_chat_sessions{state=\"attached\"} 0");
}

#[tokio::test]
async fn health_is_200_while_it_serves_and_503_when_it_ends() {
    let server = server(fast()).await;
    let admin = admin(&server).await;
    let _alice = Peer::join(&server, Form::JsonLines, "alice").await;
    let answer = get(&admin, "/healthz").await;
    let said: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: application/json"), "{}", answer.head);
    assert_eq!((&said["status"], &said["connections"]), (&"ok".into(), &1.into()));
    assert_eq!(said["version"], env!("CARGO_PKG_VERSION"));
    assert!(said["uptime_s"].as_u64().unwrap() < 60);
    server.shutdown(Duration::from_secs(5)).await.unwrap();
    let answer = get(&admin, "/healthz").await;
    assert_eq!((answer.status, answer.body.contains("\"ending\"")), (503, true), "{answer:?}");
    assert_eq!(get(&admin, "/metrics").await.status, 200);
}

/// Keeps nothing.
struct Broken;

#[async_trait::async_trait]
impl Hooks for Broken {
    async fn before_append(&self, _records: &[chat_net::Record]) -> Result<(), StoreError> {
        Err(StoreError::Failed("the disk is gone".into()))
    }
}

#[tokio::test]
async fn health_is_503_when_the_store_has_failed() {
    let store = std::sync::Arc::new(Hooked::new(Broken, &fast()));
    let mut server = Server::builder().limits(fast()).store(store).start().await.unwrap();
    let admin = admin(&server).await;
    let _pipe = server.join(Options::named("bot")).await.unwrap_err();
    soon("the end", server.failed()).await;
    let answer = get(&admin, "/healthz").await;
    assert_eq!((answer.status, answer.body.contains("\"failed\"")), (503, true), "{answer:?}");
}

#[tokio::test]
async fn what_is_no_question_of_an_operator_is_refused() {
    let server = server(fast()).await;
    let admin = admin(&server).await;
    for path in ["/", "/metrics/", "/healthz/x", "/metric", "//metrics", "/%2e%2e/metrics"] {
        let answer = get(&admin, path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.body, "there is /healthz and /metrics\n");
    }
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let text = format!("{method} /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
        let answer = request(&admin, &text).await;
        assert_eq!(answer.status, 405, "{method}");
        assert!(answer.head.contains("allow: get,head"), "{}", answer.head);
    }
    let head = request(&admin, "HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    let long = format!("GET /metrics HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(64 * 1024));
    assert_eq!(request(&admin, &long[..20_000]).await.status, 431);
    assert_eq!(request(&admin, "hello\r\n\r\n").await.status, 400);
    assert_eq!(get(&admin, "/healthz").await.status, 200, "it goes on");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_waited_for_5_seconds() {
    let server = server(fast()).await;
    let admin = admin(&server).await;
    for begun in ["", "GET /healthz HT", "GET /healthz HTTP/1.1\r\nHost: x\r\n"] {
        let mut stream = TcpStream::connect(admin.local_addrs()[0]).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let start = tokio::time::Instant::now();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let waited = start.elapsed();
        assert!((Duration::from_secs(4)..Duration::from_secs(11)).contains(&waited), "{begun:?}: {waited:?}");
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{begun:?}");
    }
}

#[tokio::test]
async fn pages_are_counted_apart_and_what_never_becomes_one_is_no_client() {
    let server = server(fast()).await;
    let admin = admin(&server).await;
    let mut json = Peer::join(&server, Form::WsJson, "json").await;
    let _binary = Peer::join(&server, Form::WsBincode, "binary").await;
    let mut page = TcpStream::connect(server.local_addrs()[0]).await.unwrap();
    page.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(page.read(&mut [0; 16]).await.unwrap() > 0);
    let families = parse(&get(&admin, "/metrics").await.body);
    let kinds = ["ws_json", "ws_bincode", "person", "json_lines"];
    let open = kinds.map(|kind| value(&families, &format!("chat_connections{{kind=\"{kind}\"}}")));
    assert_eq!(open, [1.0, 1.0, 0.0, 0.0]);
    assert_eq!(value(&families, "chat_connections_admitted"), 3.0);
    json.send(FromClient::Bye).await;
    while json.next_ws().await.is_some() {}
    drop(json);
    let stats = loop {
        let stats = server.stats();
        if stats.connections[&ClientKind::WsJson].open == 0 {
            break stats;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((stats.connections[&ClientKind::WsJson].opened, stats.closes[&Code::Left]), (1, 1));
}
