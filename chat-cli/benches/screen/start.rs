//! From the server's welcome to the first screen.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Instant;

use crate::program::{Server, command};
use crate::pty::Terminal;
use crate::report::{Report, Times};

pub(crate) fn measure(rounds: usize, report: &mut Report) {
    let server = Server::start(&[]);
    let (addr, welcomes) = relay(&server.addr);
    let (mut from_answer, mut from_start, mut floor) = (Times::default(), Times::default(), Times::default());
    for _ in 0..rounds {
        let began = Instant::now();
        let mut alice = Terminal::join(&addr, "alice", (24, 80));
        let seen = alice.until_last("#lobby>");
        let welcome = welcomes.recv().expect("it is seen after it was told");
        from_answer.push(seen.saturating_duration_since(welcome));
        from_start.push(seen - began);
        alice.press("\x04");
        alice.until_end();
        let began = Instant::now();
        command(&["--version"]).output().expect("it runs");
        floor.push(began.elapsed());
    }
    println!("first screen, {rounds} times");
    report.times("  from the server's answer", &from_answer);
    report.times("  from the start of the program", &from_start);
    report.times("  floor: chat-cli --version", &floor);
    report.aim("  from the server's answer, at the worst", from_answer.at(1.0), "ms", 100.0);
}

/// A wire to the server that tells when the first bytes of each connection came from it.
fn relay(server: &str) -> (String, Receiver<Instant>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("its address").to_string();
    let (told, welcomes) = channel();
    let server = server.to_owned();
    std::thread::spawn(move || {
        for near in listener.incoming().map_while(Result::ok) {
            let Ok(far) = TcpStream::connect(&server) else { return };
            for stream in [&near, &far] {
                stream.set_nodelay(true).expect("it is a socket");
            }
            let copy = |stream: &TcpStream| stream.try_clone().expect("the system has room for it");
            let (from, to, told) = (copy(&far), copy(&near), told.clone());
            std::thread::spawn(move || carry(from, to, Some(told)));
            std::thread::spawn(move || carry(near, far, None));
        }
    });
    (addr, welcomes)
}

fn carry(mut from: TcpStream, mut to: TcpStream, mut told: Option<Sender<Instant>>) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if let Some(told) = told.take()
            && told.send(Instant::now()).is_err()
        {
            return;
        }
        if to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
    // Whoever is at the other end may be gone, too.
    let _ = to.shutdown(std::net::Shutdown::Both);
}
