//! A whole session with everything that is secret in it, and afterwards none of it is found: not in the folder, not in
//! the log, not in what the system shows of the processes.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::accounts::{add, secret_file, user};
use crate::program::{Folder, Program, Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;

const SERVER: &str = "open-sesame-of-all";
const FIRST: &str = "correct-horse-first";
const SECOND: &str = "battery-staple-second";
const WRONG: &str = "wrong-horse-guess";
const BOTS: &str = "tin-opener-of-bot";
const KEY: &str = "room-key-of-den";

/// A client of lines of JSON without anything between, so that its secrets are seen.
struct Device {
    stream: TcpStream,
    lines: BufReader<TcpStream>,
}

impl Device {
    fn dial(server: &Server) -> Device {
        let stream = TcpStream::connect(&server.addr).unwrap();
        let mut device = Device { lines: BufReader::new(stream.try_clone().unwrap()), stream };
        device.says(&json!({ "type": "unlock", "password": SERVER }));
        device.until("done");
        device
    }

    fn says(&mut self, frame: &Value) {
        self.stream.write_all(format!("{frame}\n").as_bytes()).unwrap();
    }

    fn until(&mut self, what: &str) -> Value {
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "no {what}");
            let frame: Value = serde_json::from_str(&line).unwrap();
            if frame["type"] == what {
                return frame;
            }
        }
    }

    /// The secret of the welcome.
    fn comes(&mut self, frame: &Value) -> String {
        self.says(frame);
        self.until("welcome")["token"].as_str().unwrap().to_owned()
    }
}

/// Alice at a terminal: she makes her account, gives a room a key, and changes her password; her connection breaks.
fn alice(server: &Server, relay: &Relay) -> Terminal {
    let mut run = command(&["join", &relay.addr, "--name", "alice", "--register"]);
    run.env("CHAT_LOG", "trace");
    let mut alice = Terminal::start(run, (20, 120));
    let types = |alice: &mut Terminal, prompt: &str, secret: &str| {
        alice.until_last(prompt);
        alice.press(&format!("{secret}\r"));
    };
    types(&mut alice, "new password of alice:", FIRST);
    types(&mut alice, "the same again:", FIRST);
    types(&mut alice, &format!("password of the server {}:", relay.addr), SERVER);
    alice.until_last("#lobby>");
    let mut device = Device::dial(server);
    device.says(&json!({ "type": "login", "name": "alice", "password": WRONG }));
    assert_eq!(device.until("refused")["reason"], "bad_login");
    alice.press("/passwd\r");
    for (prompt, secret) in [("password so far", FIRST), ("new password", SECOND), ("the same again", SECOND)]
    {
        alice.until_shown(&format!(" {prompt}: type it"));
        alice.press(&format!("{secret}\r"));
    }
    alice.until_shown("- your password is changed");
    relay.cut();
    alice.until_shown("OFFLINE, ");
    relay.mend();
    alice.until("that it is back", |lines| !lines.concat().contains("OFFLINE, "));
    alice
}

/// Another device of hers, which resumes, has a room with a key, and ends all others; its secrets.
fn phone(server: &Server) -> Vec<String> {
    let mut phone = Device::dial(server);
    let first = phone.comes(&json!({ "type": "login", "name": "alice", "password": SECOND }));
    drop(phone);
    let mut phone = Device::dial(server);
    let second = phone.comes(&json!({ "type": "hello", "name": "alice", "resume": first }));
    phone.says(&json!({ "type": "join", "id": 1, "room": "den" }));
    phone.until("members");
    phone.says(&json!({ "type": "set_modes", "id": 2, "room": "den", "modes": { "key": KEY } }));
    phone.until("modes_changed");
    let mut other = Device::dial(server);
    let third = other.comes(&json!({ "type": "hello", "name": "guest" }));
    other.says(&json!({ "type": "enter", "id": 1, "room": "den", "key": "no-key-of-den" }));
    assert_eq!(other.until("refused")["reason"], "bad_key");
    other.says(&json!({ "type": "enter", "id": 2, "room": "den", "key": KEY }));
    other.until("members");
    phone.says(&json!({ "type": "log_out_everywhere", "id": 3 }));
    phone.until("done");
    vec![first, second, third]
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    memchr::memmem::find(bytes, secret.as_bytes()).is_some()
}

#[track_caller]
fn holds_none(what: &str, bytes: &[u8], secrets: &[String]) {
    for secret in secrets {
        assert!(!holds(bytes, secret), "{secret} is in {what}");
    }
}

/// Every file below a folder: its name and what is in it.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = fs::symlink_metadata(&path).unwrap().file_type();
        match kind.is_dir() {
            true => all.extend(files(&path)),
            false if kind.is_file() => all.push((path.display().to_string(), fs::read(&path).unwrap())),
            false => all.push((path.display().to_string(), Vec::new())),
        }
    }
    all
}

#[track_caller]
fn holds_none_below(folder: &Path, secrets: &[String]) {
    let files = files(folder);
    for (name, bytes) in &files {
        holds_none("a name", name.as_bytes(), secrets);
        holds_none(name, bytes, secrets);
    }
    assert!(files.iter().any(|(_, bytes)| holds(bytes, "alice")), "what is kept can be found");
}

fn a_whole_session(level: &str) {
    let (data, beside) = (Folder::new(), Folder::new());
    let server_file = secret_file(beside.path(), "server", SERVER);
    let bots_file = secret_file(beside.path(), "bot", BOTS);
    let accounts = ["--accounts", "optional", "--password-file", &server_file, "--log", level];
    let server = Server::start(&[&["--data", data.as_str()], &accounts[..]].concat());
    add(&data, "bot", &["--operator"], BOTS);
    let read = |file: &str| format!("cat {file}");
    let mut bot = Program::start(&[
        "join",
        &server.addr,
        "--json",
        "--login=bot",
        "--password-command",
        &read(&bots_file),
        "--server-password-command",
        &read(&server_file),
    ]);
    bot.out.until("\"welcome\"");
    let relay = Relay::to(&server.addr);
    let mut alice = alice(&server, &relay);
    let mut secrets: Vec<String> =
        [SERVER, FIRST, SECOND, WRONG, BOTS, KEY, "no-key-of-den"].map(String::from).into();
    let shown = |id: u32, what: &str| fs::read(format!("/proc/{id}/{what}")).unwrap();
    for (who, id) in [("server", server.program.id()), ("alice", alice.child.id()), ("bot", bot.id())] {
        for what in ["cmdline", "environ"] {
            holds_none(&format!("{what} of {who}"), &shown(id, what), &secrets);
        }
    }
    secrets.extend(phone(&server));
    assert!(secrets.iter().all(|secret| secret.len() >= 13), "{secrets:?}");
    alice.until_shown("logged_out");
    holds_none("what alice saw", &alice.raw, &secrets);
    assert_eq!(user(&data, &["disable", "alice"], "").0, Some(0));
    // As it is in the middle of everything, and at the end.
    holds_none_below(data.path(), &secrets);
    bot.end_input();
    let (_, out, err) = bot.wait();
    holds_none("what the bot printed", (out.join("\n") + &err.join("\n")).as_bytes(), &secrets);
    server.program.signal(rustix::process::Signal::TERM);
    let (out, log) = server.program.ends_with(0);
    assert!(log.len() > 5, "there is a log at level {level}: {log:?}");
    holds_none("the log", (out.join("\n") + &log.join("\n")).as_bytes(), &secrets);
    holds_none_below(data.path(), &secrets);
}

#[test]
fn no_secret_is_kept_logged_or_shown_at_level_debug() {
    a_whole_session("debug");
}

#[test]
fn no_secret_is_kept_logged_or_shown_at_level_trace() {
    a_whole_session("trace");
}
