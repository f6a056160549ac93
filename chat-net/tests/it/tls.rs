//! TLS on the port: everything that is spoken there, inside it; nothing outside it; and certificates that change.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chat_core::Code;
use chat_net::client::{ConnectError, Notice, Why};
use chat_net::codec::Form;
use chat_net::tls::{CertificateError, Fingerprint, Tls, TlsError, Trust};
use chat_net::{Client, Limits, Options, Server, ServerHandle};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ALL_VERSIONS, ClientConfig, ProtocolVersion, RootCertStore, SupportedProtocolVersion, crypto,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

use crate::peer::{Peer, fast, pass, say, soon};

/// A folder of its own, removed with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let folder = std::env::temp_dir().join(format!("chat-net-tls-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Folder(folder)
    }

    /// Writes a new pair.
    fn pair(&self, name: &str) -> (PathBuf, PathBuf) {
        let pair = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let path = |end: &str| self.0.join(format!("{name}.{end}"));
        std::fs::write(path("crt"), pair.cert.pem()).unwrap();
        std::fs::write(path("key"), pair.signing_key.serialize_pem()).unwrap();
        (path("crt"), path("key"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left in the temporary folder hurts nobody.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn certificate(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

fn fingerprint(path: &Path) -> Fingerprint {
    Fingerprint::of(&certificate(path))
}

/// A server that speaks TLS, and the certificate that it shows.
async fn secure(folder: &Folder, limits: Limits) -> (ServerHandle, Tls, CertificateDer<'static>) {
    let tls = Tls::self_signed(&folder.0, ["localhost"]).unwrap();
    let server = Server::builder().listen("127.0.0.1:0").limits(limits).tls(tls.clone()).start().await;
    (server.unwrap(), tls, certificate(&folder.0.join("tls-self-signed.pem")))
}

fn connector(root: &CertificateDer<'static>, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

async fn dial(server: &ServerHandle, root: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    dial_as(server, root, ALL_VERSIONS).await
}

async fn dial_as(
    server: &ServerHandle,
    root: &CertificateDer<'static>,
    versions: &[&'static SupportedProtocolVersion],
) -> TlsStream<TcpStream> {
    let stream = TcpStream::connect(server.local_addrs()[0]).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    soon("the handshake", connector(root, versions).connect(name, stream)).await.unwrap()
}

fn address(server: &ServerHandle) -> String {
    format!("localhost:{}", server.local_addrs()[0].port())
}

async fn refused(server: &ServerHandle, trust: Trust) -> TlsError {
    match Client::connect(address(server), Options::named("mallory").tls(trust)).await {
        Err(ConnectError::Tls(error)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn every_form_is_spoken_over_tls() {
    let folder = Folder::new("forms");
    let (server, tls, root) = secure(&folder, fast()).await;
    let mut forms = vec![Form::Bincode, Form::JsonFrames, Form::JsonLines, Form::Text];
    if cfg!(feature = "web") {
        forms.extend([Form::WsJson, Form::WsBincode]);
    }
    let mut peers = Vec::new();
    for (at, form) in forms.iter().copied().enumerate() {
        let mut peer = Peer::over(dial(&server, &root).await, form).await;
        peer.enter(&format!("peer{at}")).await;
        peers.push(peer);
    }
    let pinned = Options::named("client").tls(Trust::Pin(tls.fingerprint()));
    let (client, _events) = Client::connect(address(&server), pinned).await.unwrap();
    // More than one record, and more than a socket takes at once.
    let body = "x".repeat(4000);
    for _ in 0..100 {
        client.say("lobby", body.clone()).await.unwrap();
    }
    for (peer, form) in peers.iter_mut().zip(forms) {
        match form {
            Form::Text => {
                for _ in 0..100 {
                    peer.until_line(&body).await;
                }
            }
            _ => peer.until_said(100).await,
        }
    }
    peers[3].line("and back").await;
    peers[0].story("peer3: and back").await;
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stalls_is_let_go() {
    let folder = Folder::new("stalls");
    let (server, ..) = secure(&folder, Limits::default()).await;
    for begun in [&b"\x16\x03"[..], b"\x16\x03\x01\x00\xc4", b"\x16\x03\x01\x00\xc4\x01\x00\x00\xc0\x03\x03"]
    {
        let start = Instant::now();
        let (mut near, far) = tokio::io::duplex(4096);
        server.serve_connection(far).unwrap();
        near.write_all(begun).await.unwrap();
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.unwrap();
        assert_eq!((rest, start.elapsed()), (Vec::new(), Duration::from_secs(5)), "{begun:?}");
    }
    // A transport that somebody hands over may be protected otherwise.
    let mut bare = Peer::pipe(&server, Form::Bincode).await;
    bare.enter("alice").await;
}

#[tokio::test]
async fn what_only_begins_like_tls_gets_an_alert_and_harms_nobody() {
    let folder = Folder::new("garbage");
    let (server, _, root) = secure(&folder, fast()).await;
    let mut long = b"\x16\x03\x01\x40\x00\x01\x00\xff\xff".to_vec();
    long.resize(64 * 1024, 1);
    for garbage in [
        &b"\x16\x03\xff\xff\xff\xff"[..],                // a record that is too long
        b"\x16\x03\x01\x00\x00",                         // and one with nothing in it
        b"\x16\x03\x01\x00\x04\x02\x00\x00\x00",         // what only servers say
        b"\x16\x03\x01\x00\x06\x01\x00\x00\x02\x03\x03", // a hello that ends too soon
        &long,
    ] {
        // Over a pipe, which forgets nothing when it is closed.
        let mut peer = Peer::pipe(&server, Form::Text).await;
        peer.try_raw(garbage).await;
        let answer = peer.rest().await;
        assert!(matches!(answer[..], [0x15, 3, _, 0, 2, 2, _]), "{answer:?} to {:?}", &garbage[..5]);
    }
    Peer::over(dial(&server, &root).await, Form::Bincode).await.enter("alice").await;
}

#[tokio::test]
async fn who_comes_without_tls_is_told_so_in_their_own_form() {
    let folder = Folder::new("bare");
    let (server, ..) = secure(&folder, Limits { handshake_ms: 400, ..fast() }).await;
    // Frames begin with a preface, which has been sent: what is behind it may find nobody any more.
    for (form, first) in [
        (Form::Bincode, ""),
        (Form::JsonFrames, ""),
        (Form::JsonLines, "{\"type\":\"hello\",\"name\":\"alice\"}\n"),
        (Form::Text, "alice\n"),
    ] {
        let mut peer = Peer::dial(&server, form).await;
        peer.raw(first.as_bytes()).await;
        peer.closed("tls_required").await;
    }
    // Somebody silent is told, too, when no handshake can come in time any more.
    let mut silent = Peer::dial(&server, Form::Text).await;
    silent.closed("tls_required").await;
    let mut browser = Peer::dial(&server, Form::Text).await;
    browser.raw(b"GET /a?b HTTP/1.1\r\nHo").await;
    browser.raw(b"st: chat.example:8080\r\n\r\n").await;
    let answer = String::from_utf8(browser.rest().await).unwrap();
    assert!(answer.starts_with("HTTP/1.1 308 "), "{answer}");
    assert!(answer.contains("\r\nLocation: https://chat.example:8080/a?b\r\n"), "{answer}");
    let error = Client::connect(address(&server), Options::named("alice")).await.unwrap_err();
    assert_eq!((error.code(), error.is_retryable()), (Some(407), false));
}

#[tokio::test]
async fn versions_1_2_and_1_3_are_spoken_but_no_older_ones_and_none_within_tls() {
    let folder = Folder::new("within");
    let (server, _, root) = secure(&folder, fast()).await;
    for (version, number) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        let stream = dial_as(&server, &root, &[version]).await;
        assert_eq!(stream.get_ref().1.protocol_version(), Some(number));
        Peer::over(stream, Form::JsonLines).await.enter(&format!("{number:?}")).await;
    }
    let mut outer = dial(&server, &root).await;
    outer.write_all(b"\x16\x03\x01\x00\xc4\x01\x00").await.unwrap();
    let mut answer = Vec::new();
    outer.read_to_end(&mut answer).await.unwrap();
    assert_eq!(answer, [0x15, 3, 1, 0, 2, 2, 40], "a fatal handshake_failure");

    // A hello with one cipher suite and one extension, the signature algorithms.
    let hello = |version: u8| {
        let mut hello = b"\x16\x03\x01\x00\x37\x01\x00\x00\x33\x03".to_vec();
        hello.push(version);
        hello.extend([7; 32]);
        hello.extend(b"\x00\x00\x02\xc0\x2b\x01\x00\x00\x08\x00\x0d\x00\x04\x00\x02\x04\x03");
        hello
    };
    for old in 0..=2 {
        let mut peer = Peer::dial(&server, Form::Text).await;
        peer.raw(&hello(old)).await;
        assert_eq!(peer.rest().await[..], [0x15, 3, 3, 0, 2, 2, 70], "a fatal protocol_version");
    }
}

#[tokio::test]
async fn a_client_trusts_what_it_was_told_to() {
    let folder = Folder::new("trust");
    let (server, tls, _) = secure(&folder, fast()).await;
    let found = tls.fingerprint();
    let pinned = Fingerprint::of(b"another");
    for (trust, error) in [
        (Trust::System, TlsError::Unknown { found }),
        (Trust::Decide(Arc::new(|_| false)), TlsError::Unknown { found }),
        (Trust::Pin(pinned), TlsError::Changed { pinned, found }),
    ] {
        let refused = refused(&server, trust).await;
        assert_eq!(refused, error);
        assert!(refused.is_distrust() && !refused.is_retryable());
        assert!(refused.to_string().contains(&found.to_string()), "{refused}");
    }
    let decide =
        Trust::Decide(Arc::new(move |unknown| unknown.host == "localhost" && unknown.found == found));
    for (name, trust) in [("pinned", Trust::Pin(found)), ("decided", decide)] {
        let (client, _events) =
            Client::connect(address(&server), Options::named(name).tls(trust)).await.unwrap();
        assert_eq!(client.user(), name);
    }
}

#[tokio::test]
async fn a_server_without_tls_and_one_that_is_full_are_told_apart() {
    let bare = crate::peer::server(fast()).await;
    let error = refused(&bare, Trust::System).await;
    assert_eq!(error, TlsError::NotEncrypted);

    let folder = Folder::new("full");
    let (server, tls, root) = secure(&folder, Limits { connections: 1, ..fast() }).await;
    let mut first = Peer::over(dial(&server, &root).await, Form::Bincode).await;
    first.enter("alice").await;
    let error = refused(&server, Trust::Pin(tls.fingerprint())).await;
    assert!(error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn a_new_certificate_is_for_new_connections() {
    let folder = Folder::new("reload");
    let (crt, key) = folder.pair("served");
    let tls = Tls::from_files(&crt, &key).unwrap();
    let server =
        Server::builder().listen("127.0.0.1:0").limits(fast()).tls(tls.clone()).start().await.unwrap();
    let old = certificate(&crt);
    let mut before = Peer::over(dial(&server, &old).await, Form::Bincode).await;
    before.enter("before").await;

    // What cannot be used leaves the old pair in use.
    let (other_crt, other_key) = folder.pair("other");
    std::fs::copy(&other_crt, &crt).unwrap();
    assert!(matches!(tls.reload(), Err(CertificateError::Mismatch { .. })));
    std::fs::write(&crt, "nonsense").unwrap();
    assert!(matches!(tls.reload(), Err(CertificateError::NoCertificate { path }) if path == crt));
    std::fs::write(&crt, std::fs::read(&other_crt).unwrap()).unwrap();
    std::fs::write(&key, std::fs::read(&other_crt).unwrap()).unwrap();
    assert!(matches!(tls.reload(), Err(CertificateError::NoKey { path }) if path == key));
    std::fs::remove_file(&key).unwrap();
    assert!(matches!(tls.reload(), Err(CertificateError::Read { path, .. }) if path == key));
    assert_eq!(tls.fingerprint(), Fingerprint::of(&old));
    let mut between = Peer::over(dial(&server, &old).await, Form::Bincode).await;
    between.enter("between").await;

    std::fs::copy(&other_key, &key).unwrap();
    assert_eq!(tls.reload().unwrap(), fingerprint(&other_crt));
    let mut after = Peer::over(dial(&server, &certificate(&other_crt)).await, Form::Bincode).await;
    after.enter("after").await;
    before.ask(1, say("lobby", "still here")).await;
    after.story("before: still here").await;
    refused(&server, Trust::Pin(Fingerprint::of(&old))).await;
}

#[tokio::test]
async fn a_client_that_comes_back_stops_at_another_certificate() {
    let start = |address: String, tls: Tls| async move {
        Server::builder().listen(address).limits(fast()).tls(tls).start().await.unwrap()
    };
    let tls = Tls::ephemeral(["localhost"]).unwrap();
    let server = start("127.0.0.1:0".to_owned(), tls.clone()).await;
    let at = server.local_addrs()[0];
    let options = Options::named("alice").tls(Trust::Pin(tls.fingerprint()));
    let (_client, mut events) = Client::connect(at, options).await.unwrap();
    server.shutdown(Duration::from_secs(5)).await.unwrap();
    // The same one: it is welcome back.
    let server = start(at.to_string(), tls.clone()).await;
    let mut welcomes = 0;
    while welcomes < 2 {
        let notice = soon("a notice", events.next()).await.unwrap();
        welcomes += usize::from(matches!(notice, Notice::Connected(_)));
        assert!(!matches!(notice, Notice::Ended { .. }), "{notice:?}");
    }
    server.shutdown(Duration::from_secs(5)).await.unwrap();
    let other = Tls::ephemeral(["localhost"]).unwrap();
    let _server = start(at.to_string(), other.clone()).await;
    let why = loop {
        match soon("the end", events.next()).await.unwrap() {
            Notice::Ended { why } => break why,
            _ => continue,
        }
    };
    let Why::Tls(error) = why else { panic!("{why:?}") };
    assert_eq!(error, TlsError::Changed { pinned: tls.fingerprint(), found: other.fingerprint() });
}

#[tokio::test]
async fn only_an_end_that_is_said_is_a_persons_goodbye() {
    let folder = Folder::new("ends");
    let (server, _, root) = secure(&folder, fast()).await;
    let mut watcher = Peer::over(dial(&server, &root).await, Form::JsonLines).await;
    watcher.enter("watcher").await;
    let mut polite = Peer::over(dial(&server, &root).await, Form::Text).await;
    polite.enter("polite").await;
    let mut stream = dial(&server, &root).await;
    stream.write_all(b"cut\n").await.unwrap();
    stream.flush().await.unwrap();
    watcher.story("joined lobby/3 cut").await;
    // The socket's end without the end of TLS, behind half a line that is not said.
    stream.write_all(b"half of what i mea").await.unwrap();
    stream.flush().await.unwrap();
    stream.get_mut().0.shutdown().await.unwrap();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    polite.hang_up().await;
    let told = watcher.story("quit").await;
    assert_eq!(told, ["left lobby/4 cut lost", "left lobby/5 polite quit"]);
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_never_reads_keeps_no_connection_by_not_taking_the_end() {
    let folder = Folder::new("unread");
    let limits = Limits { talk_bytes: 32 * 1024, talk_hard_bytes: 64 * 1024, ..fast() };
    let (server, _, root) = secure(&folder, limits).await;
    let (near, far) = tokio::io::duplex(4096);
    server.serve_connection(far).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut stuck = connector(&root, ALL_VERSIONS).connect(name, near).await.unwrap();
    stuck.write_all(b"{\"type\":\"hello\",\"name\":\"stuck\"}\n").await.unwrap();
    stuck.flush().await.unwrap();
    let mut speaker = Peer::join_pipe(&server, Form::Bincode, "speaker").await;
    // Enough for every buffer on the way to be full.
    let body = "x".repeat(4000);
    for id in 1..=100 {
        speaker.ask(id, say("lobby", &body)).await;
        speaker.until_said(1).await;
    }
    assert_eq!(server.stats().closes.get(&Code::SlowReader), Some(&1));
    assert_eq!(server.stats().open(), 2);
    pass(Duration::from_secs(11)).await;
    assert_eq!(server.stats().open(), 1, "the speaker's");
    drop(stuck);
}

#[test]
fn a_certificate_that_was_made_is_kept() {
    let folder = Folder::new("kept");
    let inner = folder.0.join("not/there/yet");
    let made = Tls::self_signed(&inner, ["localhost", "127.0.0.1"]).unwrap();
    assert_eq!(Tls::self_signed(&inner, ["elsewhere"]).unwrap().fingerprint(), made.fingerprint());
    assert_eq!(made.reload().unwrap(), made.fingerprint());
    let file = inner.join("tls-self-signed.pem");
    assert_eq!(fingerprint(&file), made.fingerprint());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&inner).unwrap().permissions().mode() & 0o777, 0o700);
    }
    assert_eq!(std::fs::read_dir(&inner).unwrap().count(), 1, "nothing is left beside it");
    assert!(matches!(Tls::self_signed(&folder.0, ["né"]), Err(CertificateError::Make { .. })));
    std::fs::write(&file, "").unwrap();
    assert!(matches!(Tls::self_signed(&inner, ["localhost"]), Err(CertificateError::NoCertificate { .. })));
}
