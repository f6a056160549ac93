//! Runs each example as a process, as its reader would, and compares what it prints.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Everything here is done in milliseconds; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(30);

/// A program that runs, and what it prints.
struct Program {
    child: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

impl Program {
    fn start(command: &mut Command) -> Program {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let (input, output) = (child.stdin.take(), child.stdout.take().expect("it was asked for"));
        Program { child, input, lines: lines(output) }
    }

    fn type_line(&mut self, line: &str) {
        let input = self.input.as_mut().expect("its input is open");
        input.write_all(format!("{line}\n").as_bytes()).expect("it reads");
    }

    /// The end of its input, all that it prints until it ends, and how it ends.
    fn end(mut self) -> (Vec<String>, ExitStatus) {
        self.input = None;
        let lines = rest(&self.lines);
        // Its output has ended, so it is about to.
        (lines, self.child.wait().expect("it is our child"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A test that failed leaves nothing running; a program that has ended does not mind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn lines(source: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// The next line that contains `part`.
fn until(lines: &Receiver<String>, part: &str) -> String {
    let mut seen = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) if line.contains(part) => return line,
            Ok(line) => seen.push(line),
            Err(why) => panic!("no {part:?} ({why}) after {seen:#?}"),
        }
    }
}

fn rest(lines: &Receiver<String>) -> Vec<String> {
    let mut rest = Vec::new();
    loop {
        match lines.recv_timeout(PATIENCE) {
            Ok(line) => rest.push(line),
            Err(RecvTimeoutError::Disconnected) => return rest,
            Err(RecvTimeoutError::Timeout) => panic!("it does not end after {rest:#?}"),
        }
    }
}

/// Starts `embed_server` on a free port; gives its address too.
fn server() -> (Program, String) {
    let server =
        Program::start(Command::new(env!("CARGO_BIN_EXE_embed_server")).args(["127.0.0.1:0", "--once"]));
    let line = until(&server.lines, "listening on ");
    let address = line.trim_start_matches("listening on ").to_owned();
    (server, address)
}

#[test]
fn embed_core_prints_who_is_told_what() {
    let (lines, status) = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_embed_core"))).end();
    assert!(status.success());
    let expected = "\
00:00:01 s1: attached alice
00:00:02 s2: attached bob
00:00:03 s1?: members lobby/2/0 0:
00:00:03 s1: joined lobby/2/1 alice
00:00:04 s2?: members lobby/2/1 1: alice
00:00:04 s1 s2: joined lobby/2/2 bob
00:00:05 s1? s2: said lobby/2/3 alice \"hello, bob\"
00:00:06 s1: whispered 1 bob to alice \"hello, you\"
00:00:06 s2?: whispered 0 bob to alice \"hello, you\"
00:00:07 refused: \"Bob\" is taken, choose another name
00:00:08 refused: you are not in #attic, join it first
00:00:39 s1: left lobby/2/4 bob (lost)
replayed 10 entries: the state is equal";
    assert_eq!(lines.join("\n"), expected);
}

#[test]
fn embed_server_greets_whoever_comes_and_answers_a_ping() {
    let (server, address) = server();
    let mut guest = TcpStream::connect(address).unwrap();
    let told = lines(guest.try_clone().unwrap());
    guest.write_all(b"{\"type\":\"hello\",\"name\":\"ann\"}\n").unwrap();
    until(&told, "Welcome, ann! Say !ping and I answer.");
    guest.write_all(b"{\"type\":\"say\",\"id\":1,\"room\":\"lobby\",\"body\":\"!ping\"}\n").unwrap();
    let pong = until(&told, "ann: pong");
    assert!(pong.contains("\"from\":\"greeter\"") && !pong.contains("\"re\""), "{pong}");
    guest.write_all(b"{\"type\":\"bye\"}\n").unwrap();
    until(&told, "\"reason\":\"left\"");

    let (lines, status) = server.end();
    assert!(status.success());
    assert_eq!(lines, ["ended"]);
}

#[cfg(unix)]
#[test]
fn custom_transport_carries_a_chat_over_a_unix_socket() {
    let (lines, status) = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_custom_transport"))).end();
    assert!(status.success());
    let expected =
        ["bob's message is number 3 of #lobby", "alice reads #lobby <bob> no port was opened for this"];
    assert_eq!(lines, expected);
}

#[test]
fn jwt_login_lets_in_who_has_a_token_and_nobody_with_a_forged_one() {
    let (lines, status) = Program::start(&mut Command::new(env!("CARGO_BIN_EXE_jwt_login"))).end();
    assert_eq!(lines[0], "in: alice");
    assert!(lines[1].starts_with("not in: ") && lines[1].contains("bad_login"), "{}", lines[1]);
    assert!(lines.len() == 2 && status.success(), "{lines:?}");
}

#[test]
fn mount_chat_serves_its_own_page_and_the_chats() {
    let program = Program::start(Command::new(env!("CARGO_BIN_EXE_mount_chat")).arg("127.0.0.1:0"));
    let line = program.lines.recv_timeout(PATIENCE).expect("it says where it is");
    let address =
        line.strip_prefix("open http://").and_then(|it| it.strip_suffix("/chat")).unwrap().to_owned();
    let get = |path: &str| {
        let mut stream = TcpStream::connect(&address).unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    };
    assert!(get("/").contains("We sell tea."));
    let moved = get("/chat");
    assert!(
        moved.starts_with("HTTP/1.1 308") && moved.contains("location: ./chat/index.html\r\n"),
        "{moved}"
    );
    let page = get("/chat/index.html");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("main.js"), "{page}");
    assert!(get("/chat/main.js").contains("text/javascript"));
    assert!(get("/chat/healthz").ends_with("{\"status\":\"ok\"}\n"));
    assert!(get("/chat/ws").starts_with("HTTP/1.1 426"));
    assert!(get("/healthz").starts_with("HTTP/1.1 404"));
}

/// Sends a file to the user `drop`, and waits until it is there.
async fn drop_off(address: &str, file: &std::path::Path) {
    use chat_net::client::{Client, FileEvent, Options, SendOptions};
    let recipient = chat_net::chat_core::Recipient::User("drop".into());
    let (alice, _events) = Client::connect(address, Options::named("alice")).await.unwrap();
    let mut transfer = alice.send_file(recipient, file, SendOptions::default()).await.unwrap();
    loop {
        match transfer.next().await {
            Some(FileEvent::Finished { .. }) => break,
            Some(FileEvent::Accepted { .. } | FileEvent::Progress { .. }) => {}
            other => panic!("{other:?}"),
        }
    }
    alice.quit().await;
}

#[test]
fn file_drop_takes_a_file_into_its_folder_and_overwrites_nothing() {
    let home = std::env::temp_dir().join(format!("file-drop-{}", std::process::id()));
    let (folder, file) = (home.join("incoming"), home.join("photo.jpg"));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("photo.jpg"), "an older one").unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(&file, &bytes).unwrap();

    let args = [folder.to_str().unwrap(), "127.0.0.1:0", "--once"];
    let program = Program::start(Command::new(env!("CARGO_BIN_EXE_file_drop")).args(args));
    let line = until(&program.lines, "listening on ");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let address = line.trim_start_matches("listening on ");
    runtime.block_on(async { tokio::time::timeout(PATIENCE, drop_off(address, &file)).await.unwrap() });
    let (lines, status) = program.end();
    assert!(status.success(), "{lines:?}");
    let there = folder.join("photo (1).jpg");
    assert_eq!(lines, [format!("alice dropped {}", there.display())]);
    assert_eq!(std::fs::read(there).unwrap(), bytes);
    assert_eq!(std::fs::read(folder.join("photo.jpg")).unwrap(), b"an older one");
    std::fs::remove_dir_all(home).unwrap();
}

/// `client.py`, if there is a Python to run it. Where CI runs, there is.
fn client_py() -> Option<Command> {
    if Command::new("python3").arg("--version").output().is_err() {
        assert!(std::env::var_os("CI").is_none(), "CI needs python3");
        eprintln!("skipped: there is no python3 on this machine");
        return None;
    }
    let mut command = Command::new("python3");
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/client.py")).env("PYTHONIOENCODING", "utf-8");
    Some(command)
}

fn client(address: &str, args: &[&str]) -> Option<Program> {
    Some(Program::start(client_py()?.args(["--addr", address]).args(args)))
}

#[test]
fn client_py_says_what_is_typed_and_prints_what_is_said() {
    let (server, address) = server();
    let Some(mut bob) = client(&address, &["bob"]) else { return };
    until(&bob.lines, "#lobby <greeter> Welcome, bob! Say !ping and I answer.");
    bob.type_line("!ping");
    until(&bob.lines, "#lobby <greeter> bob: pong");

    let script = client(&address, &["--say", "it is green\nand 1 € cheaper", "script"]);
    let (lines, status) = script.expect("bob runs too").end();
    assert!(status.success());
    assert!(lines.is_empty(), "a script is told nothing: {lines:?}");
    until(&bob.lines, "#lobby * script joined");
    until(&bob.lines, "#lobby <script> it is green↵and 1 € cheaper");
    until(&bob.lines, "#lobby * script left");

    let carol = client(&address, &["carol"]).expect("bob runs too");
    until(&carol.lines, "~ #lobby <script> it is green↵and 1 € cheaper");
    assert!(carol.end().1.success());

    let (lines, status) = client(&address, &["BOB"]).expect("bob runs too").end();
    assert_eq!(status.code(), Some(3));
    assert_eq!(lines, ["! name_taken: \"BOB\" is taken, choose another name"]);

    let (lines, status) = bob.end();
    assert!(status.success(), "{lines:?}");
    assert!(server.end().1.success());
}

#[test]
fn client_py_fails_when_its_text_is_refused() {
    let (server, address) = server();
    let Some(script) = client(&address, &["--say", "\u{1b}[31mred", "script"]) else { return };
    let (lines, status) = script.end();
    assert_eq!(status.code(), Some(1));
    assert!(lines.iter().any(|line| line.starts_with("! bad_text: ")), "{lines:?}");
    drop(server);
}

#[test]
fn client_py_ends_when_the_connection_is_lost_while_it_waits_for_typing() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let Some(client) = client(&listener.local_addr().unwrap().to_string(), &["bob"]) else { return };
    let (mut link, _) = listener.accept().unwrap();
    link.write_all(
        b"{\"type\":\"welcome\"}\n{\"type\":\"joined\",\"room\":\"lobby\",\"user\":\"a\\u001b\"}\n",
    )
    .unwrap();
    until(&client.lines, "#lobby * a<U+001B> joined");
    drop(link);
    let mut client = client;
    assert_eq!(client.child.wait().unwrap().code(), Some(1));
}
