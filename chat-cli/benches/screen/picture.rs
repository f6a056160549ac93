//! `--picture`: a short scene with a real server and real clients, and what is on the terminal of one of them at its end, as
//! the drawing in the README.

use std::path::Path;

use crate::program::{Folder, Program, Server, command};
use crate::pty::Terminal;
use crate::relay::Relay;
use crate::svg;

const SIZE: (u16, u16) = (28, 108);

/// What the drawing shows, for whoever cannot see it.
const LABEL: &str = "chat-cli join: a list of rooms and whispers with unread counts at the left, the talk of #release in the \
                     middle, its members at the right, below them a status line and the line that is being typed";

/// So many bytes a second come to the one whose screen is drawn: a file that is on its way should still be.
const PACE: u64 = 400_000;

/// Plays the scene, and draws it into `docs/screen.svg`.
pub(crate) fn draw() {
    let server = Server::start(&[]);
    let relay = Relay::slow(&server.addr, PACE);
    let folder = Folder::new();
    let file = |name: &str, bytes: usize| {
        std::fs::create_dir_all(folder.path()).expect("a folder for temporary files");
        let path = folder.path().join(name);
        std::fs::write(&path, vec![7; bytes]).expect("room for a file");
        path.to_str().expect("a plain name").to_owned()
    };
    let mut alice = join(&relay.addr, &folder);
    alice.until_last("#lobby>");
    let mut dave = member(&server, "dave");
    let mut bob = member(&server, "bob");
    let mut carol = member(&server, "carol");
    alice.press("\x1b3");
    alice.until_last("#release>");
    bob.type_line("/topic Version 0.2 goes out on Friday");
    alice.until_shown("set the topic");
    bob.type_line("the changelog is done, who reads it over?");
    alice.until_shown("who reads it over?");
    carol.type_line("I can, right after lunch 🍜");
    alice.until_shown("after lunch");
    alice.press(
        "two things are still open:\x1b\r 1. the manual page\x1b\r 2. names of files like naïve.txt\r",
    );
    alice.until_shown("naïve.txt");
    dave.type_line("the manual page is made from the commands now");
    alice.until_shown("from the commands now");
    for line in ["/join random", "who is in for a walk at five?", "it has stopped raining", "/room release"] {
        bob.type_line(line);
    }
    bob.out.until("you are talking in #release");
    carol.type_line("/w alice have a look at the second point when you can");
    alice.until("news in both windows", |lines| {
        lines[3].contains("random") && lines[3].contains('2') && lines[4].contains("carol")
    });
    dave.type_line(&format!("/sendfile #release {}", file("screens.tar", 3_000_000)));
    alice.until_shown("screens.tar");
    alice.answer("\x1by", "↓");
    carol.type_line("alice: I wrote down what I found, shall I send it?");
    alice.until_shown("shall I send it?");
    carol.type_line(&format!("/sendfile #release {}", file("notes.md", 5_300)));
    alice.until_shown("notes.md");
    bob.type_line("then we are on time 🎉");
    alice.until_shown("on time");
    alice.press("yes please, and then I");
    alice.until_last("#release> yes please, and then I");
    alice.until("half a file", |lines| {
        let status = &lines[lines.len() - 2];
        (30..60).any(|percent| status.contains(&format!(" {percent} %")))
    });
    let drawing = svg::draw(alice.screen(), LABEL);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/screen.svg");
    std::fs::write(&path, &drawing).expect("the workspace can be written");
    println!("{} bytes are in docs/screen.svg", drawing.len());
}

/// The client in a terminal that knows 256 colours.
fn join(addr: &str, folder: &Folder) -> Terminal {
    let mut join = command(&[
        "join", addr, "--name", "alice", "--room", "lobby", "--room", "release", "--room", "random",
    ]);
    std::fs::create_dir_all(folder.path().join("downloads")).expect("a folder for temporary files");
    join.current_dir(folder.path()).env("CHAT_DOWNLOADS", "downloads").env("TERM", "xterm-256color");
    Terminal::start(join, SIZE)
}

/// Somebody in #release with a client that has files.
fn member(server: &Server, name: &str) -> Program {
    let mut member = Program::start(&["join", &server.addr, "--name", name, "--plain", "--room", "release"]);
    member.out.until(&format!("#release * {name} joined"));
    member
}
