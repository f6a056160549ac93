//! One behaviour of a relay a test.

use super::*;

const CHUNK: u64 = 4096;

fn world(chunks: u64, rules: Rules) -> World {
    World::new(chunks * CHUNK, 4096, 16 * CHUNK, rules, Form::Bincode)
}

impl World {
    fn told(&self) -> Vec<String> {
        let told = &mut self.sender.as_ref().unwrap().0.borrow_mut().told;
        let show = |frame| match frame {
            FromServer::Credit(Credit { pass, next, until, .. }) => format!("{pass}: {next}..{until}"),
            FromServer::Stop { pass, .. } => format!("stop {pass}"),
            other => panic!("{other:?}"),
        };
        told.drain(..).map(show).collect()
    }

    fn give(&mut self, pass: u32, offset: u64, length: u64) -> Verdict {
        let data = bytes(offset % 1000, offset % 1000 + length).into();
        let chunk = Chunk { transfer: TRANSFER, pass, offset, data };
        self.relay.chunk(session(SENDER), &chunk, None, self.now)
    }

    fn link(&mut self, n: usize, from: u64) -> Sim {
        let port = Sim::new(Form::Bincode, self.share);
        self.relay.link(session(n), port.clone(), from, self.now);
        port
    }
}

#[test]
fn credit_is_what_the_receiver_can_take_and_grows_with_what_it_acknowledges() {
    let mut world = world(40, rules());
    let port = world.link(0, 0);
    assert_eq!(world.told(), ["1: 0..65536"], "the window, and the lane");
    for at in 0..16 {
        assert_eq!(world.give(1, at * CHUNK, CHUNK), Verdict::Done);
    }
    assert_eq!(world.told(), [""; 0]);
    port.0.borrow_mut().lane.clear();
    assert_eq!(world.relay.received(session(0), CHUNK, world.now), Verdict::Done);
    assert_eq!(world.told(), ["1: 65536..69632"], "it had used up the last");
    assert_eq!(world.relay.received(session(0), 2 * CHUNK, world.now), Verdict::Done);
    assert_eq!(world.told(), [""; 0], "a single chunk is not worth telling while there is another");
    assert_eq!(world.relay.received(session(0), 3 * CHUNK, world.now), Verdict::Done);
    assert_eq!(world.told(), ["1: 65536..77824"]);
}

#[test]
fn what_waits_in_the_lane_holds_the_credit_back_and_so_does_the_window() {
    let mut world = World::new(100 * CHUNK, 4096, 4 * CHUNK, rules(), Form::Bincode);
    let port = world.link(0, 0);
    assert_eq!(world.told(), ["1: 0..16384"]);
    for at in 0..4 {
        world.give(1, at * CHUNK, CHUNK);
    }
    port.0.borrow_mut().lane.pop_front();
    world.relay.received(session(0), CHUNK, world.now);
    assert_eq!(world.told(), ["1: 16384..20480"]);
}

#[test]
fn only_the_next_chunk_within_the_credit_is_taken() {
    let mut world = world(100, rules());
    world.link(0, CHUNK);
    assert_eq!(world.told(), ["1: 4096..69632"]);
    let wrong = "pass 1 goes on at byte 4096 and may go up to byte 69632, in chunks of 4096 to 4096 bytes";
    for (offset, length) in [
        (0, CHUNK + 1),
        (1, CHUNK),
        (CHUNK, 0),
        (CHUNK, 1),
        (CHUNK, CHUNK - 1),
        (CHUNK, CHUNK + 1),
        (2 * CHUNK, CHUNK),
        (69632, CHUNK),
        (100 * CHUNK, CHUNK),
        (u64::MAX, 1),
        (u64::MAX - CHUNK + 1, CHUNK),
        (u64::MAX, CHUNK),
    ] {
        assert_eq!(world.give(1, offset, length), Verdict::Wrong(wrong.into()), "{length} at {offset}");
        assert_eq!(world.told(), ["1: 4096..69632"], "it is told where to go on");
    }
    assert_eq!(world.give(1, 0, CHUNK), Verdict::Repeat);
    assert_eq!(world.told(), ["1: 4096..69632"]);
    assert_eq!(world.give(2, CHUNK, CHUNK), Verdict::Wrong("there is no pass 2 of this transfer".into()));
    assert_eq!(world.give(0, CHUNK, CHUNK), Verdict::Late);
    let chunk = Chunk { transfer: TRANSFER, pass: 1, offset: CHUNK, data: bytes(0, CHUNK).into() };
    assert_eq!(world.relay.chunk(session(0), &chunk, None, world.now), Verdict::Unknown, "a receiver's");
    assert_eq!(world.give(1, CHUNK, CHUNK), Verdict::Done);
}

#[test]
fn acknowledgements_of_what_was_never_sent_are_not_believed() {
    let mut world = world(10, rules());
    world.link(0, CHUNK);
    world.give(1, CHUNK, CHUNK);
    for offset in [2 * CHUNK + 1, 10 * CHUNK, u64::MAX] {
        assert_eq!(world.relay.received(session(0), offset, world.now), Verdict::Late);
    }
    assert_eq!(world.relay.received(session(1), CHUNK, world.now), Verdict::Unknown);
    assert_eq!(world.relay.received(session(0), CHUNK, world.now), Verdict::Repeat);
    assert_eq!(world.relay.received(session(0), 2 * CHUNK, world.now), Verdict::Done);
    assert_eq!(world.relay.received(session(0), 2 * CHUNK, world.now), Verdict::Repeat);
}

#[test]
fn acknowledgements_in_small_change_are_noticed() {
    let mut world = world(10, rules());
    world.link(0, 0);
    for at in 0..3 {
        world.give(1, at * CHUNK, CHUNK);
    }
    let mut received = |offset| world.relay.received(session(0), offset, world.now);
    assert_eq!(received(1), Verdict::Little);
    assert_eq!(received(CHUNK), Verdict::Little);
    assert_eq!(received(2 * CHUNK), Verdict::Done);
    assert_eq!(received(2 * CHUNK + 1), Verdict::Little);
    assert_eq!(received(3 * CHUNK), Verdict::Done, "that is all there is");
}

#[test]
fn a_room_waits_a_moment_and_then_shares_one_pass() {
    let mut world = world(50, Rules { gather: Duration::from_millis(250), ..rules() });
    for n in 0..5 {
        world.accept(n, Form::Bincode, 0);
        assert!(world.passes.is_empty());
        world.pass_time(if n == 4 { 0 } else { 50 });
    }
    assert_eq!(world.relay.look_at(world.now), Some(world.now + Duration::from_millis(50)));
    world.pass_time(50);
    assert_eq!(world.passes.len(), 1);
    world.finish();
    assert_eq!(world.uploaded, world.size, "one upload for five");
    world.accept(5, Form::Bincode, 0);
    assert_eq!(world.passes.len(), 2, "who comes later is not made to wait");
    world.finish();
}

#[test]
fn a_slow_receiver_goes_on_apart_and_the_others_do_not_wait() {
    let mut world = world(2000, rules());
    for n in 0..10 {
        world.accept(n, Form::Bincode, 0);
    }
    let begin = world.now;
    // One of them reads a chunk every 20 ms, the others read all they get.
    while (1..10).any(|n| world.has(n) < world.size) {
        for _ in 0..8 {
            while world.send(0) {}
            while world.arrive() {}
            for n in 1..10 {
                world.drain(n);
            }
        }
        world.pass_time(20);
        world.read(0, true);
        world.acknowledge(0);
    }
    let took = (world.now - begin).as_millis();
    assert!(took <= 800, "{took} ms; alone they take about 320, and it may take 200 to see who is slow");
    assert!(world.has(0) < 100 * CHUNK);
    world.finish();
    assert!(world.uploaded < 2 * world.size + 20 * CHUNK, "the slow one got a pass of its own");
}

#[test]
fn receivers_that_differ_a_little_share_a_pass() {
    let mut world = world(1000, rules());
    for n in 0..4 {
        world.accept(n, Form::Bincode, 0);
    }
    // Every 5 ms each reads what it gets; one of them a round late.
    while (0..4).any(|n| world.has(n) < world.size) {
        for n in 0..4 {
            world.drain(n);
        }
        while world.send(0) {}
        while world.arrive() {}
        for n in 0..3 {
            world.drain(n);
        }
        world.pass_time(5);
    }
    assert_eq!(world.uploaded, world.size);
}

#[test]
fn a_pass_that_catches_up_with_another_becomes_one_with_it() {
    let mut world = world(400, rules());
    world.accept(0, Form::Bincode, 0);
    for _ in 0..10 {
        world.send(0);
        world.arrive();
    }
    // Comes in the middle of a chunk of the first.
    world.accept(1, Form::Bincode, 100 * CHUNK + 77);
    assert_eq!(world.passes.len(), 2);
    world.drain(0);
    // The second stands still while the first comes by.
    while world.passes.len() == 2 {
        assert!(world.send(0) && world.arrive());
        world.drain(0);
    }
    assert_eq!(world.passes.keys().collect::<Vec<_>>(), [&1]);
    world.finish();
    assert_eq!(world.uploaded, world.size, "what the second needed came by with the first");
}

#[test]
fn receivers_beyond_the_number_of_passes_wait_for_one_another() {
    let mut world = world(60, Rules { passes: 2, ..rules() });
    for (n, from) in [(0, 30), (1, 20), (2, 10), (3, 0)] {
        world.accept(n, Form::Bincode, from * CHUNK);
    }
    assert_eq!(world.relay.passes.len(), 2);
    let parked = world.relay.receivers.iter().filter(|receiver| receiver.pass.is_none()).count();
    assert_eq!(parked, 2);
    world.finish();
}

#[test]
fn a_pass_that_nobody_needs_is_stopped_and_its_chunks_on_the_way_are_forgiven() {
    let mut world = world(100, rules());
    world.accept(0, Form::Bincode, 0);
    while world.send(0) {}
    world.unlink(0);
    assert!(world.passes.is_empty(), "it was stopped");
    while world.arrive() {}
    assert_eq!(world.sender.as_ref().unwrap().0.borrow().forgiven, 0, "all of it was on the way");
    assert_eq!(world.readers[0].as_ref().unwrap().port.0.borrow().open, 0);
    world.accept(0, Form::Bincode, 0);
    world.finish();
}

#[test]
fn what_waits_for_a_receiver_that_is_gone_is_let_go() {
    let mut world = world(100, rules());
    world.accept(0, Form::JsonLines, 0);
    world.accept(1, Form::Bincode, 0);
    while world.send(0) {}
    while world.arrive() {}
    let before = world.relay.held.bytes();
    world.unlink(0);
    assert!(world.relay.held.bytes() < before / 2 && world.relay.held.bytes() > 0);
    world.relay.close(world.now);
    assert_eq!(world.relay.held.bytes(), 0);
}

#[test]
fn a_sender_that_comes_back_goes_on_where_the_server_is() {
    let mut world = world(100, rules());
    world.accept(0, Form::Bincode, 0);
    world.accept(1, Form::JsonFrames, 50 * CHUNK);
    for _ in 0..8 {
        world.send(0);
    }
    for _ in 0..5 {
        world.arrive();
    }
    world.wire.clear();
    world.passes.clear();
    world.sender = None;
    world.relay.sender_lost();
    world.accept(2, Form::JsonLines, 0);
    let port = Sim::new(Form::Bincode, 0);
    world.sender = Some(port.clone());
    world.relay.sender_back(session(SENDER + 1), Some(port), world.now);
    world.hear();
    assert_eq!(world.passes.values().map(|(next, _)| next / CHUNK).collect::<Vec<_>>(), [5, 50, 0]);
    let old = Chunk { transfer: TRANSFER, pass: 1, offset: 5 * CHUNK, data: bytes(0, CHUNK).into() };
    assert_eq!(world.relay.chunk(session(SENDER), &old, None, world.now), Verdict::Unknown);
    world.finish();
}

#[test]
fn a_file_without_bytes_needs_no_pass() {
    let mut world = world(0, rules());
    world.accept(0, Form::Bincode, 0);
    assert!(world.relay.passes.is_empty());
    let mut world = super::scenes::world(10, rules());
    world.accept(0, Form::Bincode, 10 * CHUNK);
    assert!(world.relay.passes.is_empty());
}

#[test]
fn who_owes_something_and_is_silent_is_found() {
    let mut world = world(100, rules());
    world.accept(0, Form::Bincode, 0);
    world.accept(1, Form::Bincode, 0);
    let stall = |n| Finding::Stall { transfer: TRANSFER, session: session(n) };
    let progress = |n, offset| Finding::Progress { transfer: TRANSFER, session: session(n), offset };
    world.pass_time(59_000);
    assert_eq!(world.findings(), []);
    world.pass_time(1_000);
    assert_eq!(world.findings(), [stall(SENDER)], "it has credit");
    assert_eq!(world.findings(), [], "it is told once");
    while world.send(0) {}
    while world.arrive() {}
    world.drain(1);
    world.read(0, false);
    assert_eq!(world.findings(), [progress(1, 16 * CHUNK)]);
    world.pass_time(60_000);
    let found = world.findings();
    assert!(found.contains(&stall(0)) && !found.contains(&stall(1)), "{found:?}");
    // A receiver that owes nothing is not silent, nor is a sender without credit, or one that is away.
    world.unlink(0);
    world.unlink(1);
    world.accept(1, Form::Bincode, 0);
    world.relay.sender_lost();
    world.pass_time(70_000);
    assert_eq!(world.findings(), []);
}

#[test]
fn who_has_everything_and_does_not_say_so_is_found() {
    let mut world = world(10, rules());
    let stall = |n| Finding::Stall { transfer: TRANSFER, session: session(n) };
    for n in 0..3 {
        world.accept(n, Form::Bincode, 0);
    }
    world.finish();
    world.findings();
    // Without the hash nobody can say that he is finished: it is the sender who owes something.
    world.pass_time(59_000);
    assert_eq!(world.findings(), []);
    world.pass_time(1_000);
    assert_eq!(world.findings(), [stall(SENDER)]);
    assert_eq!(world.findings(), [], "it is told once");
    world.pass_time(59_000);
    world.relay.hashed(world.now);
    world.pass_time(59_000);
    assert_eq!(world.findings(), []);
    world.unlink(1);
    world.pass_time(1_000);
    assert_eq!(world.findings(), [stall(0), stall(2)]);
    assert_eq!(world.findings(), [], "it is told once");
}

#[test]
fn a_sender_that_is_away_or_still_sends_may_tell_the_hash_later() {
    let mut world = world(100, rules());
    world.accept(0, Form::Bincode, 100 * CHUNK);
    world.relay.sender_lost();
    world.pass_time(70_000);
    assert_eq!(world.findings(), []);
    let sender = world.sender.clone();
    world.relay.sender_back(session(SENDER), sender, world.now);
    world.pass_time(59_000);
    assert_eq!(world.findings(), []);
    world.accept(1, Form::Bincode, 0);
    assert!(world.send(0) && world.arrive());
    world.pass_time(59_000);
    assert_eq!(world.findings(), []);
    world.unlink(1);
    world.pass_time(1_000);
    assert_eq!(world.findings(), [Finding::Stall { transfer: TRANSFER, session: session(SENDER) }]);
}

#[test]
fn memory_is_bounded_even_if_nobody_reads() {
    let rules = Rules { memory: 40 * CHUNK, passes: 8, window: 1000 * CHUNK, ..rules() };
    let mut world = World::new(1000 * CHUNK, 4096, 100 * CHUNK, rules, Form::JsonFrames);
    for (n, form) in
        [Form::Bincode, Form::JsonFrames, Form::JsonLines].into_iter().cycle().take(9).enumerate()
    {
        world.accept(n, form, n as u64 * 90 * CHUNK);
    }
    while world.send(0) {
        while world.arrive() {}
    }
    assert!(world.relay.held.bytes() > 20 * CHUNK);
    world.finish();
}

#[test]
fn a_few_do_not_wait_for_many_who_are_slower() {
    let mut world = world(400, rules());
    for n in 0..5 {
        world.accept(n, Form::Bincode, 0);
    }
    // Three of them never acknowledge anything, and two read all they get.
    let begin = world.now;
    while (0..2).any(|n| world.has(n) < world.size) {
        loop {
            let mut did = false;
            while world.send(0) {
                did = true;
            }
            while world.arrive() {}
            did |= world.drain(0) | world.drain(1);
            if !did {
                break;
            }
        }
        world.pass_time(250);
        world.findings();
        world.hear();
        assert!((world.now - begin).as_secs() < 3, "they wait at {} and {}", world.has(0), world.has(1));
    }
    assert!(world.uploaded <= world.size + 20 * CHUNK, "the two share a pass: {} bytes", world.uploaded);
    world.finish();
}
