//! `serve --admin`: operators see over HTTP whether the server is well, and what it does.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::program::{Folder, Program, Server, WAITS, command};

/// A server with a listener for operators on a free port, and where that is.
fn start(more: &[&str]) -> (Server, String) {
    let mut server = Server::start(&[&["--admin", "127.0.0.1:0"], more].concat());
    let line = server.program.out.until("{\"admin\":");
    let said: serde_json::Value = serde_json::from_str(&line).unwrap();
    (server, said["admin"].as_str().unwrap().to_owned())
}

/// The status, and the whole answer.
fn get(addr: &str, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = TcpStream::connect(addr)?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {addr}\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok((status.unwrap_or_else(|| panic!("{answer:?}")), answer))
}

#[test]
fn operators_see_what_the_server_does() {
    let (server, admin) = start(&[]);
    let mut alice = server.person("alice");
    alice.type_line("hello");
    alice.type_line("/w nobody psst");
    alice.until("no_such_user");
    let (status, answer) = get(&admin, "/healthz").unwrap();
    assert!(status == 200 && answer.contains("\"status\":\"ok\""), "{answer}");
    assert!(answer.contains(&format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"))), "{answer}");
    let (status, answer) = get(&admin, "/metrics").unwrap();
    assert_eq!(status, 200);
    for line in [
        "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8\r",
        "chat_connections{kind=\"person\"} 1",
        "chat_asks_total{kind=\"say\"} 1",
        "chat_refusals_total{code=\"no_such_user\"} 1",
        "# EOF",
    ] {
        assert!(answer.lines().any(|it| it == line.trim_end()), "{line:?} in {answer}");
    }
    assert_eq!(get(&admin, "/").unwrap().0, 404);
}

#[cfg(unix)]
#[test]
fn what_was_there_before_the_start_is_counted_from_the_start() {
    let folder = Folder::new();
    let keep = ["--data", folder.as_str()];
    let server = Server::start(&keep);
    let mut alice = Program::start(&["join", &server.addr, "--json", "--name", "alice"]);
    alice.out.until("caught_up");
    // So that she does not come back to the next one.
    alice.kill();
    server.program.signal(rustix::process::Signal::INT);
    server.program.ends_with(0);
    let (_server, admin) = start(&keep);
    let (_, answer) = get(&admin, "/metrics").unwrap();
    for line in
        ["chat_rooms 1", "chat_sessions{state=\"attached\"} 0", "chat_sessions{state=\"lingering\"} 1"]
    {
        assert!(answer.lines().any(|it| it == line), "{line:?} in {answer}");
    }
}

#[test]
fn it_is_off_by_default_and_says_where_it_is() {
    let mut server = Program::start(&["serve", "--memory", "--listen", "127.0.0.1:0"]);
    let line = server.out.until("history in memory");
    assert!(!line.contains("operators"), "{line}");
    let mut command = command(&["serve", "--memory", "--listen", "127.0.0.1:0"]);
    command.env("CHAT_ADMIN", "127.0.0.1:0");
    let mut server = Program::spawn(command);
    let line = server.out.until("operators on");
    let addr = line.split(' ').nth(2).unwrap();
    assert!(line.ends_with(&format!("try: curl http://{addr}/metrics")), "{line}");
    assert_eq!(get(addr, "/healthz").unwrap().0, 200);
}

#[test]
fn an_address_that_is_open_or_in_use_is_refused() {
    let open = Program::start(&["serve", "--memory", "--listen", "127.0.0.1:0", "--admin", "0.0.0.0:0"]);
    let (status, out, err) = open.wait();
    assert_eq!((status.code(), out), (Some(78), Vec::new()));
    assert!(err[0].contains("--plaintext"), "{err:?}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let program = Program::start(&["serve", "--memory", "--listen", "127.0.0.1:0", "--admin", &addr]);
    let (status, out, err) = program.wait();
    assert_eq!((status.code(), out), (Some(1), Vec::new()), "nobody is told of a server that ends again");
    assert!(err.iter().any(|line| line.contains(&addr) && line.contains("in use")), "{err:?}");
}

#[cfg(unix)]
#[test]
fn while_the_server_ends_it_says_so_and_then_it_ends_too() {
    use rustix::process::Signal;
    let (mut server, admin) = start(&WAITS);
    let _waited_for = server.one_who_never_reads();
    server.program.signal(Signal::TERM);
    server.program.err.until("a second signal ends at once");
    // The log is written before the server is told, so the first answers may be from before.
    let ending =
        std::iter::repeat_with(|| get(&admin, "/healthz").unwrap()).find(|(status, _)| *status != 200);
    let (status, answer) = ending.expect("there is no end of asking");
    assert!(status == 503 && answer.contains("\"status\":\"ending\""), "{answer}");
    server.program.signal(Signal::TERM);
    assert_eq!(server.program.code(), Some(143));
    assert!(TcpStream::connect(&admin).is_err());
}
