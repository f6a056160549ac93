//! Files while everything breaks: what arrives is what was sent, and little of it is sent again.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::lab::{Lab, Running};
use crate::program::{Program, command};
use crate::relay::Relay;
use crate::rng::Rng;

const MIB: u64 = 1 << 20;
/// What may be on its way to a receiver, and one chunk more, by the defaults of the server.
const WINDOW: u64 = 4 * MIB;
const CHUNK: u64 = 64 * 1024;

/// How long even the largest file may take.
const LONG: Duration = Duration::from_secs(600);

/// How large the file is that all the breaks happen to.
fn size() -> u64 {
    std::env::var("CHAT_FILE_MIB").map_or(48, |mib| mib.parse().unwrap()) * MIB
}

/// Writes bytes without a pattern.
fn make(path: &Path, size: u64, rng: &mut Rng) {
    let (mut file, mut piece) = (File::create_new(path).unwrap(), vec![0; MIB as usize]);
    let mut left = size;
    while left > 0 {
        for word in piece.chunks_exact_mut(8) {
            word.copy_from_slice(&rng.next().to_le_bytes());
        }
        let part = usize::try_from(left.min(MIB)).unwrap();
        file.write_all(&piece[..part]).unwrap();
        left -= part as u64;
    }
}

fn assert_same(a: &Path, b: &Path) {
    let (mut a, mut b) = (File::open(a).unwrap(), File::open(b).unwrap());
    assert_eq!(a.metadata().unwrap().len(), b.metadata().unwrap().len(), "the sizes");
    let (mut of_a, mut of_b) = (vec![0; MIB as usize], vec![0; MIB as usize]);
    loop {
        let count = a.read(&mut of_a).unwrap();
        if count == 0 {
            return;
        }
        b.read_exact(&mut of_b[..count]).unwrap();
        assert!(of_a[..count] == of_b[..count], "the bytes differ");
    }
}

fn send(address: &str, to: &str, path: &Path) -> Program {
    let path = path.to_str().unwrap();
    Program::spawn(command(&["send-file", address, "--name", "alice", "--to", to, "--json", path]))
}

fn receive(address: &str, name: &str, folder: &Path, room: Option<&str>) -> Program {
    std::fs::create_dir(folder).unwrap();
    let folder = folder.to_str().unwrap();
    let mut args = vec!["receive", address, "--name", name, "--from", "alice", "--dir", folder, "--json"];
    room.iter().for_each(|room| args.extend(["--room", room]));
    Program::spawn(command(&args))
}

fn assert_done(program: Program, who: &str) {
    let (status, out, err) = program.wait_within(LONG);
    assert_eq!(status.code(), Some(0), "{who}: {out:#?} {err:#?}");
}

/// What breaks.
#[derive(Clone, Copy, Debug)]
enum Break {
    Server,
    Sender,
    Receiver,
}

/// Breaks every connection; the next one is carried again.
fn blink(relay: &Relay) {
    relay.cut();
    relay.mend();
}

/// Breaks each three times, in any order, at random places of the file.
fn break_all(lab: &Lab, mut server: Running, ways: [&Relay; 2], size: u64, rng: &mut Rng) -> Running {
    let [sender, receiver] = ways;
    let kinds = [Break::Server, Break::Sender, Break::Receiver];
    let mut breaks: Vec<(u64, Break)> =
        (0..9).map(|nth| (rng.below(size * 9 / 10), kinds[nth % kinds.len()])).collect();
    breaks.sort_by_key(|(at, _)| *at);
    for (at, kind) in breaks {
        receiver.until_down(at, Duration::from_secs(120));
        println!("{kind:?} breaks after {} bytes", receiver.down());
        match kind {
            Break::Server => {
                server.kill();
                server = lab.start();
            }
            Break::Sender => blink(sender),
            Break::Receiver => blink(receiver),
        }
    }
    server
}

#[test]
fn a_file_arrives_whole_whatever_breaks_and_little_is_sent_again() {
    let mut rng = Rng::seeded("files");
    let lab = Lab::new("files");
    let (size, source, folder) = (size(), lab.beside("source.bin"), lab.beside("downloads"));
    make(&source, size, &mut rng);
    let server = lab.start();
    let (to_sender, to_receiver) = (Relay::to(&lab.address), Relay::to(&lab.address));
    let begun = Instant::now();
    let bob = receive(&to_receiver.addr, "bob", &folder, None);
    let alice = send(&to_sender.addr, "bob", &source);
    let server = break_all(&lab, server, [&to_sender, &to_receiver], size, &mut rng);
    assert_done(bob, "the receiver");
    assert_done(alice, "the sender");
    assert_same(&source, &folder.join("source.bin"));
    server.end();
    // Frames, acknowledgements of the other direction and what is said beside chunks.
    let beside = size / CHUNK * 64 + MIB;
    let again = [to_sender.up(), to_receiver.down()].map(|carried| carried.saturating_sub(size));
    println!(
        "{} MiB in {:.1?} with 9 breaks; sent again: {} KiB by the sender, {} KiB to the receiver",
        size / MIB,
        begun.elapsed(),
        again[0] / 1024,
        again[1] / 1024
    );
    for again in again {
        assert!(again <= 9 * (WINDOW + CHUNK) + beside, "{again} bytes were sent again");
    }
}

#[test]
fn nine_of_a_room_do_not_wait_for_a_tenth_that_is_slow() {
    const SIZE: u64 = 24 * MIB;
    let mut rng = Rng::seeded("slow");
    let lab = Lab::new("slow");
    let source = lab.beside("source.bin");
    make(&source, SIZE, &mut rng);
    let server = lab.start();
    let wire = Relay::slow(&lab.address, 100_000);
    let folder = |name: &str| -> PathBuf { lab.beside(name) };
    let names: Vec<String> = (1..=9).map(|number| format!("fast{number}")).collect();
    let mut watcher = Program::spawn(command(&["join", &lab.address, "--name", "watcher", "--json"]));
    watcher.out.until("\"joined\"");
    let fast: Vec<Program> =
        names.iter().map(|name| receive(&lab.address, name, &folder(name), Some("lobby"))).collect();
    let slow = receive(&wire.addr, "slow", &folder("slow"), Some("lobby"));
    for _ in 0..10 {
        watcher.out.until("\"joined\"");
    }
    watcher.type_line(r#"{"type":"bye"}"#);
    watcher.ends_with(0);
    let begun = Instant::now();
    let alice = send(&lab.address, "#lobby", &source);
    for (program, name) in fast.into_iter().zip(&names) {
        assert_done(program, name);
        assert_same(&source, &folder(name).join("source.bin"));
    }
    let (took, behind) = (begun.elapsed(), wire.down());
    println!("nine had all of it after {took:.1?}; the tenth had {} KiB by then", behind / 1024);
    assert!(behind < SIZE / 2, "the tenth was not slow: it had {behind} bytes");
    wire.pace(0);
    assert_done(slow, "the slow one");
    assert_same(&source, &folder("slow").join("source.bin"));
    assert_done(alice, "the sender");
    server.end();
}
