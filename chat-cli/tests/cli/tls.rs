//! TLS: certificates that a server makes, reads again, and shows to people who are asked once.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{Folder, Lines, Program, Server, command};
use crate::pty::Terminal;

/// A server with TLS on a free port, and the certificate that it shows.
struct Secure {
    program: Program,
    addr: String,
    certificate: String,
}

impl Secure {
    fn start(args: &[&str]) -> Secure {
        Secure::start_at("127.0.0.1:0", args)
    }

    fn start_at(addr: &str, args: &[&str]) -> Secure {
        let mut program = Program::start(&[&["serve", "--listen", addr, "--json"], args].concat());
        let mut value = |key: &str| {
            let said: serde_json::Value = serde_json::from_str(&program.out.until(key)).unwrap();
            said[key].as_str().unwrap().to_owned()
        };
        let (addr, certificate) = (value("listening"), value("certificate"));
        Secure { program, addr, certificate }
    }

    fn own() -> Secure {
        Secure::start(&["--memory", "--tls", "self-signed"])
    }

    fn port(&self) -> &str {
        self.addr.rsplit_once(':').unwrap().1
    }
}

/// One message, and how the program ends and what it says.
fn send(home: &Folder, env: &[(&str, &str)], args: &[&str]) -> (Option<i32>, String) {
    let mut send = command(&[&["send", "--room", "lobby"], args, &["hello"]].concat());
    send.env("XDG_STATE_HOME", home.path()).envs(env.iter().copied());
    let (status, _, err) = Program::spawn(send).wait();
    (status.code(), err.join("\n"))
}

/// A place for certificates that somebody vouches for.
struct Authority {
    folder: Folder,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Authority {
        let folder = Folder::new();
        std::fs::create_dir_all(folder.path()).unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        std::fs::write(folder.path().join("roots.pem"), issuer.pem()).unwrap();
        Authority { folder, issuer }
    }

    /// A certificate and its key for that name, good up to that year.
    fn issue(&self, name: &str, last_year: i32) -> (PathBuf, PathBuf) {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(last_year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let path = |end: &str| self.folder.path().join(format!("{name}-{last_year}.{end}"));
        std::fs::write(path("crt"), certificate.pem()).unwrap();
        std::fs::write(path("key"), key.serialize_pem()).unwrap();
        (path("crt"), path("key"))
    }

    fn serve(&self, (certificate, key): &(PathBuf, PathBuf)) -> Secure {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        Secure::start(&["--memory", "--tls-cert", &text(certificate), "--tls-key", &text(key)])
    }
}

#[test]
fn a_certificate_of_its_own_is_made_once_and_clients_are_told_what_to_say() {
    let (data, home) = (Folder::new(), Folder::new());
    let args = ["serve", "--listen", "0.0.0.0:0", "--data", data.as_str(), "--tls", "self-signed"];
    let mut first = Program::start(&args);
    let line = first.out.until("listening on 0.0.0.0:");
    let (_, tries) = line.split_once(" with TLS — open ").unwrap();
    let (page, address) = tries.split_once(" or try: chat-cli join ").unwrap();
    assert_eq!(address.replace("tls://127.0.0.1:", "https://127.0.0.1:"), page);
    let line = first.out.until("certificate");
    let pin = line.split_once("self-signed certificate; clients say --tls-pin ").unwrap().1.to_owned();
    assert_eq!(send(&home, &[], &["--tls-pin", &pin, address]), (Some(0), String::new()));
    first.signal(Signal::TERM);
    assert_eq!(first.code(), Some(0));
    let again = Secure::start(&args[3..]);
    assert_eq!(again.certificate, pin);
    let file = data.path().join("tls-self-signed.pem");
    assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_person_is_asked_once() {
    let (server, home) = (Secure::own(), Folder::new());
    let address = format!("tls://{}", server.addr);
    let join = |name: &str| {
        let mut join = command(&["join", &address, "--name", name]);
        join.env("XDG_STATE_HOME", home.path());
        Terminal::start(join, (24, 120))
    };
    let mut no = join("nobody");
    no.until_shown(&server.certificate);
    no.until_shown("Trust it? y/N");
    no.press("perhaps\r");
    no.until("the question once more", |lines| {
        lines.iter().filter(|line| line.contains("Trust it?")).count() == 2
    });
    no.press("\r");
    no.until_shown("cannot trust");
    assert_eq!(no.child.wait().unwrap().code(), Some(4));

    // Whoever does not want to answer need not.
    let mut interrupted = command(&["send", &address, "hello"]);
    interrupted.env("XDG_STATE_HOME", home.path());
    let mut interrupted = Terminal::start(interrupted, (24, 120));
    interrupted.until_shown("Trust it? y/N");
    kill_process(Pid::from_child(&interrupted.child), Signal::INT).unwrap();
    assert_eq!(interrupted.child.wait().unwrap().code(), Some(130));

    // And nobody types a password for a server before that.
    let mut early = command(&["join", &address, "--login=alice"]);
    early.env("XDG_STATE_HOME", home.path());
    let mut early = Terminal::start(early, (24, 120));
    early.until_shown("Trust it? y/N");
    assert!(!String::from_utf8_lossy(&early.raw).contains("password of"));
    early.press("n\r");
    early.until_shown("cannot trust");
    assert_eq!(early.child.wait().unwrap().code(), Some(4));

    let mut alice = join("alice");
    alice.until_shown("Trust it? y/N");
    alice.press("y\r");
    alice.until_last("#lobby>");
    let known = home.path().join("chat/known_servers");
    let text = std::fs::read_to_string(&known).unwrap();
    assert_eq!(text, format!("{} {}\n", server.addr, server.certificate));
    assert_eq!(std::fs::metadata(&known).unwrap().permissions().mode() & 0o777, 0o600);

    let mut bob = join("bob");
    bob.until_last("#lobby>");
    assert!(!String::from_utf8_lossy(&bob.raw).contains("Trust it?"));
    bob.press("hello\r");
    alice.until_shown(" bob hello");

    // Another one there is refused, whoever asks.
    let addr = server.addr.clone();
    drop(server);
    let other = Secure::start_at(&addr, &["--memory", "--tls", "self-signed"]);
    let mut carol = join("carol");
    carol.until_shown("was expected");
    assert_eq!(carol.child.wait().unwrap().code(), Some(4));
    let (code, why) = send(&home, &[], &["--tls", &addr]);
    assert_eq!(code, Some(4), "{why}");
    for part in [&other.certificate, text.split_whitespace().nth(1).unwrap(), known.to_str().unwrap(), &addr]
    {
        assert!(why.contains(part), "{part}: {why}");
    }
    // Until somebody says that it is right.
    assert_eq!(send(&home, &[], &["--tls-pin", &other.certificate, &addr]).0, Some(0));
}

#[test]
fn without_a_terminal_nobody_is_trusted_by_chance() {
    let (server, home) = (Secure::own(), Folder::new());
    let address = format!("tls://{}", server.addr);
    let (code, why) = send(&home, &[], &[&address]);
    assert_eq!(code, Some(4));
    assert!(why.contains(&format!("--tls-pin {}", server.certificate)), "{why}");
    let file = home.path().join("a");
    std::fs::create_dir_all(home.path()).unwrap();
    std::fs::write(&file, "a").unwrap();
    for args in [
        &["join", &address, "--json"][..],
        &["send-file", "--to", "bob", &address, file.to_str().unwrap()],
        &["receive", &address, "--from", "bob", "--dir", home.as_str()],
    ] {
        assert_eq!(Program::start(args).code(), Some(4), "{args:?}");
    }
    assert!(!home.path().join("chat").exists(), "nothing is remembered");
    let (code, why) = send(&home, &[], &[&server.addr]);
    assert!(code == Some(1) && why.contains("tls_required") && why.contains("--tls"), "{why}");
}

#[test]
fn a_server_that_is_not_encrypted_is_named_as_such() {
    let (server, home) = (Server::start(&[]), Folder::new());
    let (code, why) = send(&home, &[], &[&format!("tls://{}", server.addr)]);
    assert_eq!(code, Some(1), "{why}");
    let says = "this server is not encrypted; if that is meant, leave out tls:// (or --tls)";
    assert!(why.ends_with(&format!("cannot join {}: {says}", server.addr)), "{why}");
}

#[test]
fn whom_the_system_trusts_is_trusted_by_name_and_date() {
    let (authority, home) = (Authority::new(), Folder::new());
    let roots = authority.folder.path().join("roots.pem");
    let env = [("SSL_CERT_FILE", roots.to_str().unwrap())];
    let good = authority.serve(&authority.issue("localhost", 2100));
    let call = |server: &Secure| send(&home, &env, &[&format!("tls://localhost:{}", server.port())]);
    assert_eq!(call(&good), (Some(0), String::new()));
    let (code, why) = send(&home, &env, &["--tls", &good.addr]);
    assert!(code == Some(4) && why.contains("is not for 127.0.0.1"), "{why}");
    let other = authority.serve(&authority.issue("chat.example", 2100));
    let (code, why) = call(&other);
    assert!(code == Some(4) && why.contains("is not for localhost"), "{why}");
    let old = authority.serve(&authority.issue("localhost", 2001));
    let (code, why) = call(&old);
    assert!(code == Some(4) && why.contains("expired"), "{why}");
}

#[test]
fn a_hangup_has_the_certificate_read_again() {
    let (authority, home) = (Authority::new(), Folder::new());
    let served = authority.issue("localhost", 2100);
    let mut server = authority.serve(&served);
    let talk = |server: &Secure, pin: &str| {
        let mut join = command(&["join", &server.addr, "--tls-pin", pin, "--json", "--name", "old"]);
        join.env("XDG_STATE_HOME", home.path());
        Program::spawn(join)
    };
    let mut old = talk(&server, &server.certificate);
    old.out.until("caught_up");

    std::fs::write(&served.0, "nonsense").unwrap();
    server.program.signal(Signal::HUP);
    let line = server.program.err.until("the old certificate stays in use");
    assert!(line.contains("ERROR") && line.contains("holds no certificate"), "{line}");
    assert_eq!(send(&home, &[], &["--tls-pin", &server.certificate, &server.addr]).0, Some(0));
    old.out.until("hello");

    let renewed = authority.issue("localhost", 2099);
    std::fs::copy(&renewed.0, &served.0).unwrap();
    std::fs::copy(&renewed.1, &served.1).unwrap();
    server.program.signal(Signal::HUP);
    let line = server.program.err.until("it is a new one");
    let new = line.split("certificate=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    assert_eq!(send(&home, &[], &["--tls-pin", &new, &server.addr]).0, Some(0));
    assert_eq!(send(&home, &[], &["--tls-pin", &server.certificate, &server.addr]).0, Some(4));
    // The connection of before goes on.
    assert!(old.out.until("hello").contains("\"said\""));
    old.type_line(r#"{"type":"bye"}"#);
    assert_eq!(old.code(), Some(0));
}

#[test]
fn a_client_that_comes_back_to_another_certificate_ends_with_4() {
    let (server, folder) = (Secure::own(), Folder::new());
    let pin = ["--tls-pin", &server.certificate];
    let mut join = Program::start(&[&["join", &server.addr, "--json"], &pin[..]].concat());
    join.out.until("caught_up");
    let receive = ["receive", &server.addr, "--name", "bob", "--from", "x", "--dir", folder.as_str()];
    let mut receive = Program::start(&[&receive[..], &pin].concat());
    receive.err.until("waiting");
    // Another one was told yes at a terminal, and is told what that means now.
    let known = folder.path().join("chat/known_servers");
    std::fs::create_dir_all(known.parent().unwrap()).unwrap();
    std::fs::write(&known, format!("{} {}\n", server.addr, server.certificate)).unwrap();
    let mut knows = command(&["join", &format!("tls://{}", server.addr), "--plain", "--name", "knows"]);
    knows.env("XDG_STATE_HOME", folder.path());
    let mut knows = Program::spawn(knows);
    knows.out.until("* knows joined");
    let addr = server.addr.clone();
    drop(server);
    let _other = Secure::start_at(&addr, &["--memory", "--tls", "self-signed"]);
    let ended = join.out.until("\"ended\"");
    assert!(ended.contains("was expected"), "{ended}");
    assert_eq!((join.code(), receive.code()), (Some(4), Some(4)));
    let remedy = format!("if it was renewed, remove the line of {addr} from {}", known.display());
    let (_, err) = knows.ends_with(4);
    assert!(err.last().unwrap().contains(&remedy), "{err:#?}");
}

#[test]
fn files_go_over_tls() {
    let (server, folder) = (Secure::own(), Folder::new());
    let inbox = folder.path().join("in");
    std::fs::create_dir_all(&inbox).unwrap();
    let file = folder.path().join("a.bin");
    let bytes: Vec<u8> = (0..3_000_001_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(&file, &bytes).unwrap();
    let pin = ["--tls-pin", &server.certificate];
    let args =
        ["receive", &server.addr, "--name", "bob", "--from", "alice", "--dir", inbox.to_str().unwrap()];
    let receive = Program::start(&[&args[..], &pin].concat());
    let args =
        ["send-file", "--name", "alice", "--to", "bob", "--addr", &server.addr, file.to_str().unwrap()];
    let send = Program::start(&[&args[..], &pin].concat());
    assert_eq!((send.code(), receive.code()), (Some(0), Some(0)));
    assert!(std::fs::read(inbox.join("a.bin")).unwrap() == bytes, "what came is what was sent");
}

#[test]
fn a_person_with_openssl_is_a_person() {
    let server = Secure::own();
    let mut openssl = Command::new("openssl");
    openssl.args(["s_client", "-quiet", "-connect", &server.addr]);
    let spawned = openssl.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let mut openssl = match spawned {
        Err(error) if std::env::var_os("CI").is_none() => {
            eprintln!("skipped: openssl cannot be started: {error}");
            return;
        }
        spawned => spawned.expect("openssl is installed by .ci/run"),
    };
    let (mut keyboard, mut screen) =
        (openssl.stdin.take().unwrap(), Lines::of(openssl.stdout.take().unwrap()));
    screen.until("What is your name?");
    keyboard.write_all(b"olga\n").unwrap();
    screen.until("* olga joined");
    let pin = ["--tls-pin", &server.certificate];
    assert_eq!(send(&Folder::new(), &[], &[&pin[..], &[&server.addr]].concat()).0, Some(0));
    screen.until("<tester> hello");
    keyboard.write_all(b"/quit\n").unwrap();
    screen.until("goodbye");
    openssl.wait().unwrap();
}
