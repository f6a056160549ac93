//! Accounts: made and looked after on a folder, with a server on it or without, and used at a terminal.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use crate::program::{Folder, Program, Server, command};
use crate::pty::Terminal;

const RIGHT: &str = "correct horse";

/// Runs `user` with this on standard input; its exit code and both outputs.
pub(crate) fn user(data: &Folder, args: &[&str], input: &str) -> (Option<i32>, Vec<String>, Vec<String>) {
    let mut program = Program::start(&[&["user"], args, &["--data", data.as_str()]].concat());
    if !input.is_empty() {
        program.type_line(input);
    }
    program.end_input();
    let (status, out, err) = program.wait();
    (status.code(), out, err)
}

#[track_caller]
pub(crate) fn add(data: &Folder, name: &str, more: &[&str], password: &str) {
    let (code, _, err) = user(data, &[&["add", name, "--password-stdin"], more].concat(), password);
    assert_eq!(code, Some(0), "{err:?}");
}

fn listed(data: &Folder) -> Vec<Value> {
    let (code, out, err) = user(data, &["list", "--json"], "");
    assert_eq!(code, Some(0), "{err:?}");
    out.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn secret_file(folder: &Path, name: &str, secret: &str) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, format!("{secret}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// `join --json`, which has come in as `args` say.
fn bot(server: &Server, args: &[&str]) -> Program {
    let mut bot = Program::start(&[&["join", &server.addr, "--json"], args].concat());
    bot.out.until("\"welcome\"");
    bot
}

#[test]
fn accounts_are_looked_after_with_a_server_and_without() {
    let data = Folder::new();
    let (code, _, err) = user(&data, &["list"], "");
    assert!(code == Some(1) && err[0].contains("there is no history in"), "{err:?}");
    add(&data, "Alice", &["--operator"], RIGHT);
    assert_eq!(listed(&data)[0]["operator"], true);

    let mut server = Server::start(&["--data", data.as_str(), "--accounts", "required"]);
    let socket = data.path().join("control.sock");
    assert_eq!(std::fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    add(&data, "bob", &[], RIGHT);
    let (code, _, err) = user(&data, &["add", "BOB", "--password-stdin"], RIGHT);
    assert_eq!(
        (code, err[0].as_str()),
        (Some(1), "chat-cli: there is an account \"bob\", choose another name")
    );
    let mut phone = bot(&server, &["--login=bob", "--password-command", "echo correct horse"]);
    let bob = &listed(&data)[1];
    assert_eq!((&bob["name"], &bob["devices"], &bob["operator"]), (&"bob".into(), &1.into(), &false.into()));
    assert_eq!(user(&data, &["disable", "bob"], "").0, Some(0));
    assert!(phone.out.until("\"closing\"").contains("account_disabled"));
    assert_eq!(phone.code(), Some(1));
    let refused =
        ["join", &server.addr, "--plain", "--login=bob", "--password-command", "echo correct horse"];
    assert_eq!(Program::start(&refused).code(), Some(3));

    // Killed, it leaves its socket behind, which nobody answers.
    server.program.kill();
    assert!(socket.exists());
    assert_eq!(user(&data, &["enable", "bob"], "").0, Some(0));
    assert_eq!(user(&data, &["passwd", "bob", "--password-stdin"], "battery staple").0, Some(0));
    let server = Server::start(&["--data", data.as_str(), "--accounts", "required"]);
    let phone = bot(&server, &["--login=bob", "--password-command", "echo battery staple"]);
    assert_eq!(user(&data, &["logout", "bob"], "").0, Some(0));
    assert_eq!(phone.code(), Some(1), "it has the password, and was meant to go");
    server.program.signal(rustix::process::Signal::TERM);
    server.program.ends_with(0);
    assert!(!socket.exists());
    assert!(listed(&data).iter().all(|account| account["disabled"] == false));
}

#[test]
fn what_cannot_be_done_about_an_account_is_refused_in_a_sentence() {
    let data = Folder::new();
    add(&data, "alice", &[], RIGHT);
    for (args, input, code, says) in [
        (&["operator", "nobody"][..], "", 1, "there is no account \"nobody\""),
        (&["passwd", "nobody", "--password-stdin"], RIGHT, 1, "there is no account nobody"),
        (&["passwd", "alice", "--password-stdin"], "short", 1, "8 to 1024 bytes"),
        (&["add", "no name", "--password-stdin"], RIGHT, 1, "name"),
        (&["add", "bob"], "", 2, "--password-stdin or --password-command"),
        (&["add", "bob", "--password-command", "exit 4"], "", 1, "has failed"),
    ] {
        let (ended, _, err) = user(&data, args, input);
        assert!(ended == Some(code) && err.concat().contains(says), "{args:?} {ended:?} {err:?}");
    }
    let memory = command(&["config", "print"]).env("CHAT_DURABILITY", "memory").output().unwrap();
    let file = secret_file(data.path(), "memory.toml", &String::from_utf8(memory.stdout).unwrap());
    let listed = command(&["user", "list", "--config", &file]).output().unwrap();
    assert_eq!(listed.status.code(), Some(78), "{listed:?}");
}

#[test]
fn a_server_says_who_gets_in_and_refuses_a_password_that_others_can_read() {
    let data = Folder::new();
    let mut server = Program::start(&[
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--data",
        data.as_str(),
        "--accounts=required",
        "--registration=closed",
    ]);
    server.out.until("accounts: required (made by 'chat-cli user add' only); password: none");
    server.out.until(
        "no account yet: make the first one, an operator, with: chat-cli user add NAME --operator --data ",
    );
    drop(server);
    let file = secret_file(data.path(), "password", "open sesame");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let serve = ["serve", "--memory", "--listen", "127.0.0.1:0", "--password-file", &file];
    let (_, err) = Program::start(&serve).ends_with(78);
    assert!(err[0].contains("other users may read this password"), "{err:?}");
    let mut serve = command(&["serve", "--memory", "--listen", "127.0.0.1:0"]);
    serve.env("CHAT_SERVER_PASSWORD", "");
    let (_, err) = Program::spawn(serve).ends_with(78);
    assert!(err[0].contains("CHAT_SERVER_PASSWORD is empty"), "{err:?}");
    let mut serve = command(&["serve", "--memory", "--listen", "127.0.0.1:0", "--json"]);
    serve.env("CHAT_SERVER_PASSWORD", "open sesame");
    let mut server = Program::spawn(serve);
    let said = server.out.until("\"accounts\"");
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((&said["accounts"], &said["password"]), (&"off".into(), &true.into()));
    drop(server);
    let open = ["serve", "--listen", "0.0.0.0:0", "--plaintext", "--data", data.as_str(), "--accounts"];
    Program::start(&[&open[..], &["required"]].concat()).out.until("whoever reaches this server gets in; ");
    let known = [&open[..], &["required", "--registration", "closed"]].concat();
    let mut server = Program::start(&known);
    server.out.until("no account yet");
    assert!(!server.out.has_seen("whoever reaches this server"));
}

#[test]
fn passwords_are_asked_for_when_the_server_wants_them_and_never_shown() {
    let data = Folder::new();
    let file = secret_file(data.path(), "password", "open sesame");
    let server = Server::start(&["--accounts", "optional", "--password-file", &file]);
    let mut carol = Terminal::start(command(&["join", &server.addr, "--register=carol"]), (16, 200));
    for prompt in ["new password of carol:", "the same again:"] {
        carol.until_last(prompt);
        carol.press("correct horse\r");
    }
    for password in ["open simsim\r", "open sesame\r"] {
        carol.until_last(&format!("password of the server {}:", server.addr));
        carol.press(password);
        if password.starts_with("open simsim") {
            carol.until_shown("that is not the server's password, try again");
        }
    }
    carol.until_last("#lobby>");
    carol.press("/register carol\r");
    carol.until_shown("leave, and come with --register=carol");
    carol.press("/passwd\r");
    carol.until_shown(" password so far: type it");
    carol.press("correct house");
    // Everything is drawn, and nothing of what is typed.
    carol.scribble();
    carol.until_shown("scribbled");
    carol.press("\x0c");
    let is_hidden =
        |lines: &[String]| !["scribbled", "house", "***"].iter().any(|part| lines.concat().contains(part));
    carol.until("a screen without a password", is_hidden);
    carol.press("\r");
    for prompt in [" new password: type it", " the same again: type it"] {
        carol.until_shown(prompt);
        carol.press("battery staple\r");
    }
    carol.until_shown("! bad_login: that is not your password so far, try again");
    carol.press("/passwd\r");
    carol.until_shown(" password so far: type it");
    // Ctrl-C takes it back.
    carol.press("\x03");
    carol.until_shown("- nothing is changed");
    carol.press("seen\r");
    carol.until_shown(" carol seen");
    carol.press("/quit\r");
    let shown = String::from_utf8_lossy(&carol.raw).into_owned();
    for secret in ["sesame", "simsim", "horse", "house", "staple"] {
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
    assert_eq!(carol.code(), Some(0));
}

#[test]
fn the_folder_is_free_while_a_password_is_awaited() {
    let data = Folder::new();
    add(&data, "alice", &[], RIGHT);
    let program = env!("CARGO_BIN_EXE_chat-cli");
    let command = format!("{program} user list --data '{}' >&2 && echo {RIGHT}", data.as_str());
    for act in ["add bob", "passwd alice"] {
        let args: Vec<&str> = act.split(' ').chain(["--password-command", &command]).collect();
        let (code, _, err) = user(&data, &args, "");
        assert_eq!(code, Some(0), "{err:?}");
    }
    let (_, out, _) = user(&data, &["passwd", "alice", "--no-password"], "");
    assert_eq!(out, ["alice: no password any more, and is logged out everywhere"]);
}

#[test]
fn who_waits_for_a_password_is_ended_by_a_signal() {
    let data = Folder::new();
    let hangs = "echo pid $$ >&2; exec tail -f /dev/null 2>&1";
    let mut program =
        Program::start(&["user", "add", "bob", "--data", data.as_str(), "--password-command", hangs]);
    let said = program.err.until("pid ");
    program.signal(rustix::process::Signal::TERM);
    assert_eq!(program.code(), Some(143));
    let pid = said.trim_start_matches("pid ").parse().ok().and_then(rustix::process::Pid::from_raw).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

#[test]
fn a_command_for_a_password_leaves_standard_input_alone() {
    let server = Server::start(&["--accounts", "optional"]);
    let mut program = Program::start(&[
        "join",
        &server.addr,
        "--plain",
        "--register=bob",
        "--password-command",
        "cat >&2; echo correct horse",
    ]);
    program.type_line("/users");
    program.out.until("users in #lobby (1): bob");
    program.end_input();
    assert_eq!(program.code(), Some(0));
}

#[test]
fn who_cannot_prove_who_they_are_ends_with_3_and_is_told_how() {
    let data = Folder::new();
    add(&data, "alice", &[], RIGHT);
    let file = secret_file(data.path(), "password", "open sesame");
    let server =
        Server::start(&["--data", data.as_str(), "--accounts", "optional", "--password-file", &file]);
    let send = |args: &[&str], env: &[(&str, &str)]| {
        let mut run = command(&[&["send", &server.addr, "hello", "--name", "alice"], args].concat());
        env.iter().for_each(|(key, value)| {
            run.env(key, value);
        });
        let output = run.output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, why) = send(&[], &[]);
    assert!(code == Some(3) && why.contains("--server-password-command"), "{why}");
    let server_password = ("CHAT_SERVER_PASSWORD", "open sesame");
    let (code, why) = send(&[], &[server_password]);
    assert!(code == Some(3) && why.contains("login_required") && why.contains("CHAT_PASSWORD"), "{why}");
    let (code, why) = send(&["--login"], &[server_password, ("CHAT_PASSWORD", "correct house")]);
    assert!(code == Some(3) && why.contains("bad_login"), "{why}");
    let (code, why) = send(&["--login"], &[server_password]);
    assert!(code == Some(2) && why.contains("--password-command"), "{why}");
    assert_eq!(
        send(&[], &[server_password, ("CHAT_PASSWORD", RIGHT)]).0,
        Some(0),
        "it is used if it is needed"
    );
    assert_eq!(
        send(&["--login"], &[server_password, ("CHAT_PASSWORD_COMMAND", "echo correct horse")]).0,
        Some(0)
    );
}

#[test]
fn a_password_goes_to_another_machine_in_clear_only_if_somebody_says_so() {
    let server = Server::start(&["--accounts", "optional"]);
    // It leads here all the same, but it is no address that leads nowhere else.
    let addr = server.addr.replace("127.0.0.1", "0.0.0.0");
    let send = |more: &[&str]| {
        let mut run = command(&[&["send", addr.as_str(), "hello", "--register=bob"], more].concat());
        let output = run.env("CHAT_PASSWORD", RIGHT).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, why) = send(&[]);
    assert!(code == Some(4) && why.contains("no password was sent") && why.contains("--plaintext"), "{why}");
    assert_eq!(send(&["--plaintext"]), (Some(0), String::new()));

    let mut run = command(&["join", &addr, "--login=bob"]);
    run.env_remove("CHAT_PASSWORD");
    let mut bob = Terminal::start(run, (16, 200));
    bob.until_shown("Send it all the same? y/N");
    assert!(!String::from_utf8_lossy(&bob.raw).contains("password of bob"));
    bob.press("\r");
    bob.until_shown("no password was sent");
    assert_eq!(bob.child.wait().unwrap().code(), Some(4));

    let mut bob = Terminal::start(command(&["join", &addr, "--login=bob"]), (16, 200));
    bob.until_shown("Send it all the same? y/N");
    bob.press("y\r");
    bob.until_shown("password of bob:");
    bob.press(&format!("{RIGHT}\r"));
    bob.until_last("#lobby>");
}

#[test]
fn a_program_that_speaks_json_changes_its_password() {
    let server = Server::start(&["--accounts", "optional"]);
    let mut bot = bot(&server, &["--register=bot", "--password-command", "echo correct horse"]);
    bot.type_line(r#"{"type":"password","id":7,"old":"correct house","new":"battery staple"}"#);
    assert!(bot.out.until("\"refused\"").contains("bad_login"));
    bot.type_line(r#"{"type":"password","id":8,"old":"correct horse","new":"battery staple"}"#);
    let done: Value = serde_json::from_str(&bot.out.until("\"done\"")).unwrap();
    assert_eq!(done["re"], 8);
    bot.type_line(r#"{"type":"log_out_everywhere","id":9}"#);
    bot.out.until("\"done\"");
    bot.end_input();
    assert_eq!(bot.code(), Some(0));
}
