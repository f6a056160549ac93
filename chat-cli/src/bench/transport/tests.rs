//! Whole crowds over each transport, with a server in the test's own process.

use std::sync::Arc;
use std::time::Instant;

use chat_net::Server;
use chat_net::tls::Tls;
use clap::ValueEnum;

use super::{Certificate, Transport};
use crate::bench::crowd::Crowd;
use crate::bench::dialect::{Form, Mark};
use crate::bench::stop::Stop;

/// One says so much, and each hears all of it: far more than goes in one write.
fn talk(crowd: &mut Crowd, form: Form) {
    const MESSAGES: u64 = 10_000;
    const MEMBERS: u64 = 4;
    crowd.join(MEMBERS as usize, "user", |_| "bench0".to_owned()).unwrap();
    let (room, mut said) = (Arc::from("bench0"), Vec::new());
    (1..=MESSAGES).for_each(|id| form.say(id, &room, &mut said));
    crowd.send(0, &said).unwrap();
    let mut delivered = 0;
    while delivered < MESSAGES * MEMBERS {
        crowd.turn(None, &mut |_, count, _| delivered += count).unwrap();
        crowd.check_patience().unwrap();
    }
    crowd.expect(|_| MESSAGES).unwrap();
}

#[test]
fn a_crowd_talks_over_each_transport() {
    let certificate = Certificate::make().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for transport in Transport::value_variants() {
        for form in [Form::Binary, Form::Json] {
            let mut server = Server::builder().listen("127.0.0.1:0").trusted(true);
            let mut tls = None;
            if transport.is_secure() {
                server = server.tls(Tls::from_files(&certificate.pem, &certificate.pem).unwrap());
                tls = Some(certificate.client());
            }
            let server = runtime.block_on(server.start()).unwrap();
            let form = form.over(*transport).unwrap();
            let (addr, stop) = (server.local_addrs()[0], Stop::default());
            let mut crowd = Crowd::new(form, addr, None, Mark::Said, stop, tls).unwrap();
            talk(&mut crowd, form);
            // What the floor is given in their place is whole messages over bare TCP.
            let (plain, bytes) = (form.plain(), form.plain_bytes(crowd.sample()));
            let (message, used) = plain.framing().first(&bytes).unwrap();
            assert_eq!((plain.mark(message), used), (Mark::Said, bytes.len()), "{transport:?} {form:?}");
            crowd.leave();
            runtime.block_on(server.shutdown(std::time::Duration::from_secs(10))).unwrap();
        }
    }
}

#[test]
fn a_server_that_begins_no_websocket_is_told_of() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        std::io::Write::write_all(&mut stream, b"HTTP/1.1 403 Forbidden\r\n\r\n").unwrap();
    });
    let mut crowd = Crowd::new(Form::WebBinary, addr, None, Mark::Said, Stop::default(), None).unwrap();
    let begun = Instant::now();
    let error = crowd.join(1, "user", |_| "bench0".to_owned()).unwrap_err();
    assert!(format!("{error:#}").contains("403 Forbidden"), "{error:#}");
    assert!(begun.elapsed().as_secs() < 9, "it was not waited for in vain");
    server.join().unwrap();
}
