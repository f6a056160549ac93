//! One log, pinned with all that it must tell, for ever: on every machine, by every later version.
//!
//! `CHAT_GOLDEN=write` writes the transcript anew; a change of it is a change of what clients are told.

use std::fmt::Write;
use std::path::Path;

use chat_core::{Chat, Command, Config, Epoch, Stamp, Transcript};

#[test]
fn a_log_tells_for_ever_what_it_told_first() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let log = std::fs::read_to_string(folder.join("log.jsonl")).unwrap();
    let config = Config {
        epoch: Epoch(7),
        big_room_members: 3,
        rooms: 4,
        answers: 3,
        whispers: 2,
        ..Config::default()
    };
    let mut chat = Chat::new(config);
    let mut told = String::new();
    for line in log.lines() {
        let (stamp, command): (Stamp, Command) = serde_json::from_str(line).unwrap();
        let mut transcript = Transcript::new();
        let verdict = chat.apply(stamp, &command, &mut transcript);
        writeln!(told, "{}. {}", stamp.seq, short(&command)).unwrap();
        told.extend(transcript.as_str().lines().map(|line| format!("    {line}\n")));
        if let Err(rejection) = verdict {
            writeln!(told, "    {}: {rejection}", rejection.code().name()).unwrap();
        }
        writeln!(told, "    = {}", chat.digest()).unwrap();
    }
    let file = folder.join("transcript.txt");
    if std::env::var("CHAT_GOLDEN").is_ok_and(|what| what == "write") {
        std::fs::write(&file, &told).unwrap();
    }
    let pinned = std::fs::read_to_string(&file).unwrap();
    for (told, pinned) in told.lines().zip(pinned.lines()) {
        assert_eq!(told, pinned);
    }
    assert_eq!(told.len(), pinned.len());
}

fn short(command: &Command) -> String {
    match command {
        Command::Attach { session, name, resume, .. } => {
            format!("{session} {name}{}", if resume.is_some() { " with a secret" } else { "" })
        }
        Command::Ask { from, request, ask } => {
            format!("{from}?{request} {}", serde_json::to_string(ask).unwrap())
        }
        Command::Detach { session, why } => format!("{session} {why:?}"),
        other => format!("{other:?}"),
    }
}
