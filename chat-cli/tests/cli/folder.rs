//! The commands on a data folder: while its server runs, and when it is stopped.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::program::{Folder, Program, Server, command};

/// The program's output on this folder, and how it ended.
fn on(folder: &Folder, args: &[&str]) -> (String, String, Option<i32>) {
    let output = command(&[args, &["--data", folder.as_str()]].concat()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr), output.status.code())
}

/// The lines of a command that does what it is asked.
fn lines(folder: &Folder, args: &[&str]) -> Vec<String> {
    let (out, err, code) = on(folder, args);
    assert_eq!(code, Some(0), "{args:?}: {err}");
    out.lines().map(str::to_owned).collect()
}

fn values(lines: &[String]) -> Vec<Value> {
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A server where something was said: ten messages in the lobby, two in dev.
fn talk(folder: &Folder) -> Server {
    let server = Server::start(&["--data", folder.as_str()]);
    let (mut alice, mut bob) = (server.person("alice"), server.person("bob"));
    for number in 0..9 {
        alice.type_line(&format!("message number {number}"));
    }
    alice.type_line("/topic release on friday");
    alice.type_line("the last one, \u{202e}backwards");
    bob.until("the last one");
    bob.type_line("/join dev");
    bob.until("* bob joined");
    bob.type_line("the Release Notes are in the wiki");
    bob.type_line("notes on the release");
    bob.type_line("/rooms");
    bob.until("- rooms");
    server
}

#[cfg(unix)]
fn stop(server: Server) {
    server.program.signal(rustix::process::Signal::TERM);
    assert_eq!(server.program.code(), Some(0));
}

#[cfg(not(unix))]
fn stop(server: Server) {
    drop(server);
}

/// A line without the time that it begins with, which must be one.
fn timeless(line: &str) -> &str {
    let (time, rest) = line.split_once("] ").unwrap();
    assert!(time.starts_with("[20") && time.len() == "[2026-07-01 14:30:05".len(), "{line}");
    rest
}

#[test]
fn history_is_read_while_the_server_runs_and_when_it_is_stopped() {
    let folder = Folder::new();
    let server = talk(&folder);
    let read = || {
        let rooms = lines(&folder, &["history"]);
        assert_eq!(rooms.len(), 2);
        assert!(
            rooms[0].starts_with("#dev: 2 messages") && rooms[1].starts_with("#lobby: 10 messages"),
            "{rooms:?}"
        );
        let rooms = values(&lines(&folder, &["history", "--json"]));
        assert_eq!((&rooms[1]["room"], &rooms[1]["messages"]), (&json!("lobby"), &json!(10)));

        let (out, err, _) = on(&folder, &["history", "#Lobby", "--limit", "2"]);
        let shown: Vec<&str> = out.lines().map(timeless).collect();
        assert_eq!(
            shown,
            ["#lobby <alice> message number 8", "#lobby <alice> the last one, <U+202E>backwards"]
        );
        let (_, before) = err.split_once("--before ").unwrap();
        let older = lines(&folder, &["history", "lobby", "--limit", "3", "--before", before.trim()]);
        let older: Vec<&str> = older.iter().map(|line| timeless(line)).collect();
        assert_eq!(older[2], "#lobby <alice> message number 7");

        let all = values(&lines(&folder, &["history", "lobby", "--json"]));
        assert_eq!(all.len(), 10);
        let (first, last) = (&all[0], &all[9]);
        assert_eq!(
            (&first["type"], &first["from"], &first["body"]),
            (&json!("said"), &json!("alice"), &json!("message number 0"))
        );
        let number = |value: &Value| value["number"].as_u64().unwrap().to_string();
        let after = values(&lines(&folder, &["history", "lobby", "--json", "--after", &number(&all[7])]));
        assert_eq!(after, all[8..]);
        let around = values(&lines(
            &folder,
            &["history", "lobby", "--json", "--limit", "4", "--around", &number(&all[5])],
        ));
        assert_eq!(around, all[3..7]);
        assert_eq!(
            lines(&folder, &["history", "lobby", "--from-time", "2020-01-01", "--limit", "1"]).len(),
            1
        );
        assert_eq!(lines(&folder, &["history", "lobby", "--before-time", "2020-01-01T00:00:00Z"]).len(), 0);
        assert!(last["at"].as_u64() >= first["at"].as_u64());
    };
    read();
    stop(server);
    read();
}

#[test]
fn words_are_found_in_all_rooms_or_in_some() {
    let folder = Folder::new();
    let server = talk(&folder);
    let found = |args: &[&str]| -> Vec<String> {
        let lines = lines(&folder, &[&["search"], args].concat());
        lines.iter().map(|line| timeless(line).to_owned()).collect()
    };
    assert_eq!(
        found(&["release", "notes"]),
        ["#dev <bob> the Release Notes are in the wiki", "#dev <bob> notes on the release"]
    );
    assert_eq!(found(&["\"release notes\""]), ["#dev <bob> the Release Notes are in the wiki"]);
    // Those of one millisecond are not torn apart.
    assert!(found(&["messa*", "--limit", "2"]).len() >= 2);
    assert_eq!(found(&["message", "--room", "dev"]), [""; 0]);
    assert_eq!(found(&["message", "--room", "dev", "--room", "#lobby"]).len(), 9);
    let (out, err, code) = on(&folder, &["search", "nothing", "of", "the", "kind"]);
    assert_eq!((out.as_str(), err.as_str(), code), ("", "- no message holds that\n", Some(0)));
    let json = values(&lines(&folder, &["search", "wiki", "--json"]));
    assert_eq!((&json[0]["room"], &json[0]["from"]), (&json!("dev"), &json!("bob")));
    drop(server);
}

#[test]
fn what_is_not_there_is_said() {
    let folder = Folder::new();
    for args in [&["history"][..], &["search", "x"], &["export"], &["verify"]] {
        let (out, err, code) = on(&folder, args);
        assert_eq!((out.as_str(), code), ("", Some(1)), "{err}");
        assert!(err.contains(folder.as_str()) && err.contains("--data"), "{err}");
    }
    assert!(!folder.path().exists());
    stop(talk(&folder));
    for args in
        [&["history", "nowhere"][..], &["search", "x", "--room", "nowhere"], &["export", "--room", "nowhere"]]
    {
        let (out, err, code) = on(&folder, args);
        assert_eq!((out.as_str(), code), ("", Some(1)), "{err}");
        assert!(err.contains("nowhere"), "{err}");
    }
    for args in [
        &["history", "lobby", "--before", "1", "--after", "1"][..],
        &["history", "--before", "1"],
        &["history", "lobby", "--from-time", "yesterday"],
        &["history", "lobby", "--limit", "0"],
        &["search"],
    ] {
        assert_eq!(on(&folder, args).2, Some(2), "{args:?}");
    }
}

/// An export without its epochs, which an import makes anew.
fn without_epochs(export: &[String]) -> Vec<Value> {
    let mut values = values(export);
    for value in &mut values {
        value.as_object_mut().unwrap().remove("epoch");
    }
    values
}

#[test]
fn an_export_makes_a_folder_that_exports_the_same() {
    let (folder, copy, third) = (Folder::new(), Folder::new(), Folder::new());
    let server = talk(&folder);
    let exported = lines(&folder, &["export"]);
    stop(server);
    assert_eq!(values(&exported)[0], json!({ "export": "chat", "version": 1, "rooms": 2 }));
    assert!(
        exported.iter().any(|line| line.contains("\"topic_changed\"") && line.contains("release on friday"))
    );
    // A file is for its owner alone, and there is no half of one.
    fs::create_dir_all(third.path()).unwrap();
    let file = third.path().join("chat.jsonl");
    let file = file.to_str().unwrap();
    assert_eq!(lines(&folder, &["export", "--output", file]), [""; 0]);
    assert_eq!(fs::read_dir(third.path()).unwrap().count(), 1);
    let (_, err, code) = on(&copy, &["import", file]);
    assert_eq!(code, Some(0), "{err}");
    assert!(err.contains("2 rooms"), "{err}");
    assert_eq!(lines(&copy, &["verify"]).len(), 0);
    let again = lines(&copy, &["export"]);
    // Both ended in order meanwhile: only leaves came behind what was exported first.
    let whole = fs::read_to_string(file).unwrap();
    let whole: Vec<String> = whole.lines().map(str::to_owned).collect();
    assert_eq!(without_epochs(&again), without_epochs(&whole));
    assert_eq!(lines(&copy, &["history", "lobby"]), lines(&folder, &["history", "lobby"]));
    assert_eq!(lines(&copy, &["search", "wiki"]), lines(&folder, &["search", "wiki"]));
    let dev = lines(&copy, &["export", "--room", "dev"]);
    assert!(dev.len() > 3 && dev[1..].iter().all(|line| line.contains("\"room\":\"dev\"")));

    // Never into a folder that has a history.
    let (_, err, code) = on(&copy, &["import", file]);
    assert!(code == Some(73) && err.contains(copy.as_str()), "{err}");
    assert_eq!(lines(&copy, &["export"]), again);

    // A server goes on from there.
    let server = Server::start(&["--data", copy.as_str()]);
    let mut carol = server.person("carol");
    // Who was there when it was exported is not there now.
    carol.type_line("/users");
    carol.until("- users in #lobby (1): carol");
    carol.type_line("/history 1");
    carol.until("the last one");
    carol.type_line("and on it goes");
    carol.type_line("/topic");
    carol.until("release on friday");
    let last = values(&lines(&copy, &["history", "lobby", "--json", "--limit", "1"]));
    let before = values(&again).iter().filter(|value| value["room"] == "lobby").count() as u64;
    // Behind all that was imported, and carol's own arrival.
    assert!(last[0]["number"].as_u64().unwrap() > before, "{last:?}");
}

#[test]
fn what_is_no_export_is_refused_with_its_line() {
    let (folder, source) = (Folder::new(), Folder::new());
    fs::create_dir_all(source.path()).unwrap();
    let said = r#"{"type":"said","at":1,"room":"lobby","epoch":1,"number":1,"from":"al","body":"hi"}"#;
    let header = r#"{"export":"chat","version":1,"rooms":1}"#;
    for (text, says) in [
        (String::new(), "no export"),
        (format!("{said}\n"), "no export"),
        (header.replace(":1,", ":2,"), "version 2"),
        (format!("{header}\n{said}\nnonsense\n"), "line 3"),
        (format!("{header}\n{{\"type\":\"pong\",\"nonce\":1}}\n"), "line 2"),
        (format!("{header}\n{said}\n{said}\n"), "line 3"),
    ] {
        let path = source.path().join("export.jsonl");
        fs::write(&path, text).unwrap();
        let (_, err, code) = on(&folder, &["import", path.to_str().unwrap()]);
        assert!(code == Some(1) && err.contains(says), "{code:?} {err}");
        assert!(!folder.path().join("chat.db").exists(), "{says}");
    }
}

#[test]
fn times_choose_what_is_printed() {
    let (folder, source) = (Folder::new(), Folder::new());
    // 2026-07-01 14:30:00 and five minutes more each.
    let said = |number: u64| {
        let at = 1_782_916_200_000 + number * 300_000;
        let body = format!("at {number} times five");
        json!({ "type": "said", "at": at, "room": "lobby", "epoch": 1, "number": number + 1, "from": "al", "body": body })
    };
    let header = json!({ "export": "chat", "version": 1, "rooms": 1 }).to_string();
    let export: Vec<String> =
        [header].into_iter().chain((0..10).map(|number| said(number).to_string())).collect();
    fs::create_dir_all(source.path()).unwrap();
    let path = source.path().join("export.jsonl");
    fs::write(&path, export.join("\n")).unwrap();
    assert_eq!(lines(&folder, &["import", path.to_str().unwrap()]), [""; 0]);
    for (args, shown) in [
        (&["--from-time", "2026-07-01 15:05"][..], 7..10),
        (&["--from-time", "2026-07-01T17:05:00+02:00", "--limit", "2"], 7..9),
        (&["--before-time", "2026-07-01 14:40"], 0..2),
        (&["--before-time", "2026-07-02", "--limit", "3"], 7..10),
        (&["--before", "4"], 0..3),
    ] {
        let args = [&["history", "lobby"], args].concat();
        let wanted: Vec<String> = shown
            .map(|number: u64| {
                let minutes = 30 + number * 5;
                let (hour, minute) = (14 + minutes / 60, minutes % 60);
                format!("[2026-07-01 {hour}:{minute:02}:00] #lobby <al> at {number} times five")
            })
            .collect();
        assert_eq!(lines(&folder, &args), wanted, "{args:?}");
    }
    // What search says to go on with goes on: nothing twice, nothing left out.
    let (out, err, _) = on(&folder, &["search", "times", "--limit", "6"]);
    let (_, time) = err.trim().split_once("--before-time ").unwrap();
    assert_eq!((out.lines().count(), time), (6, "2026-07-01T14:50:00.000Z"));
    let (out, err, _) = on(&folder, &["search", "times", "--limit", "6", "--before-time", time]);
    assert_eq!((out.lines().count(), err.as_str()), (4, ""));
}

/// Changes one byte of a message where it lies on the disk.
fn flip(folder: &Path, message: &str) {
    let database = folder.join("chat.db");
    let mut bytes = fs::read(&database).unwrap();
    let at = bytes.windows(message.len()).position(|window| window == message.as_bytes()).unwrap();
    bytes[at] ^= 1;
    fs::write(&database, bytes).unwrap();
}

#[test]
fn damage_is_found_and_named_and_the_rest_can_be_saved() {
    let (folder, saved) = (Folder::new(), Folder::new());
    stop(talk(&folder));
    assert_eq!(on(&folder, &["verify"]).2, Some(0));
    let numbers = values(&lines(&folder, &["history", "lobby", "--json"]));
    let number = numbers.iter().find(|value| value["body"] == "message number 4").unwrap()["number"].clone();
    flip(folder.path(), "message number 4");
    let (out, err, code) = on(&folder, &["verify"]);
    assert_eq!(code, Some(1), "{out} {err}");
    assert!(out.contains(&format!("room lobby, number {number}: ")), "{out} {err}");
    assert!(!out.contains("#dev"), "{out}");
    // What lies behind it is served, it itself never.
    let (out, _, _) = on(&folder, &["history", "lobby"]);
    assert!(
        out.contains("message number 5") && !out.contains("number 4") && !out.contains("number 3"),
        "{out}"
    );
    let (out, err, code) = on(&folder, &["export"]);
    assert_eq!(code, Some(74), "{err}");
    assert!(err.contains(&format!("number {number}")), "{err}");
    assert!(
        out.contains("message number 3")
            && out.contains("message number 5")
            && !out.contains("message number 4")
    );
    let file = saved.path().with_extension("jsonl");
    fs::write(&file, out).unwrap();
    let (_, err, code) = on(&saved, &["import", file.to_str().unwrap()]);
    fs::remove_file(&file).unwrap();
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(on(&saved, &["verify"]).2, Some(0));
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let folder = Folder::new();
    stop(talk(&folder));
    let mut export = Program::start(&["export", "--data", folder.as_str()]);
    export.out.until("export");
    assert_eq!(export.code(), Some(0));
}
