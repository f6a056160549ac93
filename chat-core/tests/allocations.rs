//! What one message allocates does not depend on how many are told of it.

use allocation_counter::measure;
use chat_core::{
    Ask, Audience, Chat, Command, Config, Event, NodeId, RequestId, Seq, SessionId, Sink, Stamp, Timestamp,
    TokenHash,
};

/// Counts who is told.
#[derive(Default)]
struct Told(usize);

impl Sink for Told {
    fn deliver(&mut self, _: Stamp, _: &Event, to: Audience<'_>) {
        self.0 += to.others().count() + usize::from(to.asker.is_some());
    }
}

fn session(n: u64) -> SessionId {
    SessionId::new(NodeId((n % 4) as u16), n)
}

fn ask(n: u64, request: u64, ask: Ask) -> Command {
    Command::Ask { from: session(n), request: RequestId(request), ask }
}

/// A room of so many members, after all that grows by itself has grown, and a message to it.
fn allocations_of_a_message(members: u64) -> (u64, usize) {
    let mut chat = Chat::new(Config::default());
    let mut seq = 0;
    let mut told = Told::default();
    let mut apply = |command: &Command, told: &mut Told| {
        seq += 1;
        chat.apply(Stamp { seq: Seq(seq), at: Timestamp(seq) }, command, told).unwrap();
    };
    for n in 1..=members {
        let mut token = [0; 32];
        token[..8].copy_from_slice(&n.to_le_bytes());
        let name = format!("u{n}").into();
        apply(
            &Command::Attach { session: session(n), name, token: TokenHash(token), resume: None },
            &mut told,
        );
        apply(&ask(n, 0, Ask::Join { room: "lobby".into(), since: None }), &mut told);
    }
    let say = Ask::Say { room: "lobby".into(), body: "hello".into() };
    for request in 1..=300 {
        apply(&ask(1, request, say.clone()), &mut told);
    }
    let message = ask(1, 301, say);
    told.0 = 0;
    let counted = measure(|| apply(&message, &mut told));
    (counted.count_total, told.0)
}

#[test]
fn a_message_to_ten_thousand_allocates_as_little_as_one_to_ten() {
    let (few, told) = allocations_of_a_message(10);
    assert_eq!(told, 10);
    let (many, told) = allocations_of_a_message(10_000);
    assert_eq!(told, 10_000);
    assert_eq!(few, many);
    assert_eq!(many, 0, "names and bodies are shared, steps are kept");
}
