//! Speed of the engine alone: fan-out to a large room, and replay of a log.
//!
//! `cargo bench -p chat-core`. The allocation columns are per iteration: fan-out allocates nothing per member.

use chat_core::{
    Ask, Audience, Chat, Command, Config, Event, NodeId, RequestId, Seq, SessionId, Sink, Stamp, Timestamp,
    TokenHash,
};
use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};

#[global_allocator]
static ALLOCATIONS: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

/// Touches every receiver, as a fan-out must.
#[derive(Default)]
struct Touch(u64);

impl Sink for Touch {
    fn deliver(&mut self, _: Stamp, event: &Event, to: Audience<'_>) {
        black_box(event);
        for session in to.others() {
            self.0 ^= session.as_u64();
        }
    }
}

fn session(n: u64) -> SessionId {
    SessionId::new(NodeId(0), n)
}

fn ask(n: u64, request: u64, ask: Ask) -> Command {
    Command::Ask { from: session(n), request: RequestId(request), ask }
}

/// A chat, and the log's next place.
struct Driven {
    chat: Chat,
    seq: u64,
}

impl Driven {
    /// So many members, spread evenly over so many rooms.
    fn new(members: u64, rooms: u64) -> Driven {
        let mut driven = Driven { chat: Chat::new(Config::default()), seq: 0 };
        for n in 0..members {
            let mut token = [0; 32];
            token[..8].copy_from_slice(&n.to_le_bytes());
            let name = format!("user{n}").into();
            driven.apply(
                &Command::Attach { session: session(n), name, token: TokenHash(token), resume: None },
                &mut (),
            );
            driven.apply(&ask(n, 0, Ask::Join { room: room(n % rooms), since: None }), &mut ());
        }
        driven
    }

    fn apply<S: Sink>(&mut self, command: &Command, out: &mut S) {
        self.seq += 1;
        let stamp = Stamp { seq: Seq(self.seq), at: Timestamp(self.seq) };
        self.chat.apply(stamp, command, out).expect("it is taken");
    }
}

fn room(n: u64) -> std::sync::Arc<str> {
    format!("room{n}").into()
}

/// One message to one room; items are deliveries.
#[divan::bench(args = [100, 1_000, 10_000])]
fn fan_out(bencher: Bencher<'_, '_>, members: u64) {
    let mut driven = Driven::new(members, 1);
    let body = "sixty-four bytes of text, which is what people say to each other".into();
    let message = ask(0, 0, Ask::Say { room: room(0), body });
    let mut sink = Touch::default();
    bencher.counter(ItemsCount::new(members)).bench_local(|| driven.apply(&message, &mut sink));
    black_box(sink.0);
}

/// A log of messages replayed for the state alone; items are commands. Goal: 1,000,000 a second.
#[divan::bench(args = [(5, 1), (1_000, 1), (1_000, 200)])]
fn replay(bencher: Bencher<'_, '_>, (members, rooms): (u64, u64)) {
    const LENGTH: u64 = 10_000;
    let mut driven = Driven::new(members, rooms);
    let mut request = 0;
    let log = |request: &mut u64| -> Vec<Command> {
        (0..LENGTH)
            .map(|n| {
                *request += 1;
                let who = n * 7 % members;
                let body = "sixty-four bytes of text, which is what people say to each other".into();
                ask(who, *request, Ask::Say { room: room(who % rooms), body })
            })
            .collect()
    };
    bencher.counter(ItemsCount::new(LENGTH)).with_inputs(|| log(&mut request)).bench_local_refs(|log| {
        for command in log {
            driven.apply(command, &mut ());
        }
    });
}
