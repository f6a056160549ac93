//! The engine alone: no network, no async, no clock. The program owns the log, applies every entry, and
//! prints who is told what. It prints the same each time, because time is what the log says.
//!
//! Run it with `cargo run --bin embed_core`.

use chat_core::{
    Ask, Chat, Command, Config, Detach, NodeId, RequestId, Seq, SessionId, Stamp, Timestamp, TokenHash,
    Transcript,
};

/// The chat, and the log that it is a function of.
struct House {
    chat: Chat,
    log: Vec<(Stamp, Command)>,
}

impl House {
    /// Stamps a command, keeps it, applies it, and prints one line for each thing that somebody is told.
    fn submit(&mut self, at: Timestamp, command: Command) {
        let stamp = Stamp { seq: Seq(self.log.len() as u64 + 1), at };
        let mut told = Transcript::new();
        match self.chat.apply(stamp, &command, &mut told) {
            Ok(()) => print!("{}", told.as_str()),
            Err(why) => println!("{at} refused: {why}"),
        }
        self.log.push((stamp, command));
    }
}

fn session(number: u64) -> SessionId {
    SessionId::new(NodeId(0), number)
}

/// Somebody comes. Real programs make a secret for each session; the log has its hash.
fn attach(number: u64, name: &str) -> Command {
    let token = TokenHash([number as u8; 32]);
    Command::Attach { session: session(number), name: name.into(), token, resume: None }
}

/// Somebody asks, without a request id: these asks are never repeated.
fn ask(number: u64, ask: Ask) -> Command {
    Command::Ask { from: session(number), request: RequestId::NONE, ask }
}

fn main() {
    let mut house = House { chat: Chat::new(Config::default()), log: Vec::new() };
    let second = |n: u64| Timestamp(n * 1000);

    house.submit(second(1), attach(1, "alice"));
    house.submit(second(2), attach(2, "bob"));
    house.submit(second(3), ask(1, Ask::Join { room: "lobby".into(), since: None }));
    house.submit(second(4), ask(2, Ask::Join { room: "lobby".into(), since: None }));
    house.submit(second(5), ask(1, Ask::Say { room: "lobby".into(), body: "hello, bob".into() }));
    house.submit(second(6), ask(2, Ask::Whisper { to: "alice".into(), body: "hello, you".into() }));
    house.submit(second(7), attach(3, "Bob"));
    house.submit(second(8), ask(1, Ask::Say { room: "attic".into(), body: "anyone?".into() }));

    // Bob's connection breaks. Nobody is told until the time to come back has passed.
    house.submit(second(9), Command::Detach { session: session(2), why: Detach::Drop });
    if let Some(deadline) = house.chat.next_deadline() {
        house.submit(deadline, Command::Tick);
    }

    // The same log gives the same chat, on any machine. `()` is a sink that tells nobody.
    let mut replica = Chat::new(Config::default());
    for (stamp, command) in &house.log {
        // What was refused then is refused now.
        let _ = replica.apply(*stamp, command, &mut ());
    }
    let same = replica.digest() == house.chat.digest();
    println!(
        "replayed {} entries: the state is {}",
        house.log.len(),
        if same { "equal" } else { "different" }
    );
}
