//! The arithmetic holds for all numbers, and a transfer over a line that breaks at random comes to its end.

use proptest::prelude::*;

use super::*;

/// Numbers of all magnitudes, those near both ends of the range above all.
fn any_bytes() -> impl Strategy<Value = u64> {
    prop_oneof![0..200u64, any::<u64>(), (0..200u64).prop_map(|below| u64::MAX - below)]
}

/// What is done to a flow.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// As many bytes as `room` grants, or fewer.
    Send {
        room: u64,
        share: u8,
    },
    Acknowledge(u64),
    /// What nobody checked.
    SentTo(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (any_bytes(), any::<u8>()).prop_map(|(room, share)| Step::Send { room, share }),
        any_bytes().prop_map(Step::Acknowledge),
        any_bytes().prop_map(Step::SentTo),
    ];
    proptest::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn an_intake_takes_every_byte_once_and_in_order(
        size in any_bytes(), from in any_bytes(), chunks in proptest::collection::vec((any_bytes(), any_bytes()), 0..40),
    ) {
        let mut intake = Intake::new(size, from);
        prop_assert_eq!(intake.next(), from.min(size));
        for (index, (offset, length)) in chunks.into_iter().enumerate() {
            // One that may follow, one of what is there, and any.
            let offset = match index % 3 {
                0 => intake.next(),
                1 => offset % intake.next().saturating_add(1).max(1),
                _ => offset,
            };
            let before = intake;
            let taken = intake.take(offset, length);
            let end = u128::from(offset) + u128::from(length);
            match taken {
                Taken::Fresh => {
                    prop_assert_eq!(u128::from(intake.next()), end);
                    prop_assert!(offset == before.next() && length > 0 && end <= u128::from(size));
                }
                Taken::Repeat => prop_assert!(length > 0 && end <= u128::from(before.next())),
                Taken::Wrong => prop_assert!(
                    length == 0
                        || end > u128::from(size)
                        || offset > before.next()
                        || offset < before.next() && end > u128::from(before.next())
                ),
            }
            if taken != Taken::Fresh {
                prop_assert_eq!(intake, before);
            }
            prop_assert_eq!(intake.is_done(), intake.next() == size);
        }
    }

    #[test]
    fn a_sender_that_keeps_to_the_grant_is_never_over_the_window(
        size in any_bytes(), window in any_bytes(), from in any_bytes(), steps in steps(),
    ) {
        let mut flow = Flow::new(size, window, from);
        for step in steps {
            let before = flow;
            match step {
                Step::Send { room, share } => {
                    let grant = flow.grant(room);
                    prop_assert!(grant >= flow.sent() && grant <= size);
                    prop_assert!(grant - flow.sent() <= room);
                    prop_assert!(grant - flow.acknowledged() <= window.max(1).max(flow.in_flight()));
                    let length = u128::from(grant - flow.sent()) * u128::from(share) / 255;
                    flow.sent_to(flow.sent() + u64::try_from(length).unwrap());
                    prop_assert!(flow.in_flight() <= window.max(1));
                }
                Step::Acknowledge(offset) => match flow.acknowledge(offset) {
                    None => prop_assert!(offset > before.sent() && flow == before),
                    Some(is_news) => {
                        prop_assert_eq!(is_news, offset > before.acknowledged());
                        prop_assert_eq!(flow.acknowledged(), before.acknowledged().max(offset));
                    }
                },
                // Even one that does not keep to it stays within the file.
                Step::SentTo(end) if end <= flow.grant(u64::MAX) => flow.sent_to(end),
                Step::SentTo(end) => {
                    let mut other = flow;
                    other.sent_to(end);
                    prop_assert_eq!(other.sent(), end.min(size).max(flow.sent()));
                }
            }
            prop_assert!(before.sent() <= flow.sent() && before.acknowledged() <= flow.acknowledged());
            prop_assert!(flow.acknowledged() <= flow.sent() && flow.sent() <= size);
            prop_assert_eq!(flow.is_idle(), flow.in_flight() == 0);
            prop_assert_eq!(flow.is_done(), flow.acknowledged() == size);
        }
    }
}

/// One receiver, the server between, and a sender, over lines that carry in order and lose what is under way when they
/// are cut.
struct Line {
    size: u64,
    chunk: u64,
    window: u64,
    flow: Flow,
    /// At the server: what comes from the sender.
    intake: Intake,
    /// At the receiver.
    disk: Intake,
    up: Vec<(u64, u64)>,
    down: Vec<(u64, u64)>,
    back: Vec<u64>,
    /// What the sender sends next, and how far it may go.
    next: u64,
    until: u64,
    /// Bytes that the receiver had to be sent.
    sent: u64,
}

impl Line {
    fn new(size: u64, chunk: u64, window: u64) -> Line {
        let (flow, intake, disk) = (Flow::new(size, window, 0), Intake::new(size, 0), Intake::new(size, 0));
        let (up, down, back) = (Vec::new(), Vec::new(), Vec::new());
        Line { size, chunk, window, flow, intake, disk, up, down, back, next: 0, until: 0, sent: 0 }
    }

    /// The receiver's line is cut, anywhere, and it accepts again from what it has.
    fn cut(&mut self, lost: usize) {
        for (offset, length) in self.down.drain(..).take(lost).collect::<Vec<_>>() {
            assert_eq!(self.disk.take(offset, length), Taken::Fresh);
        }
        self.back.clear();
        self.up.clear();
        let from = self.disk.next();
        (self.flow, self.intake) = (Flow::new(self.size, self.window, from), Intake::new(self.size, from));
        (self.next, self.until) = (from, from);
    }

    /// Does one of the five things there are to do, if there is something to do.
    fn step(&mut self, which: u8) {
        match which % 5 {
            // The server grants.
            0 => self.until = self.until.max(self.flow.grant(u64::MAX)),
            // The sender sends.
            1 => {
                let length = self.chunk.min(self.until - self.next);
                if length > 0 {
                    self.up.push((self.next, length));
                    self.next += length;
                }
            }
            // The server passes on.
            2 if !self.up.is_empty() => {
                let (offset, length) = self.up.remove(0);
                assert_eq!(self.intake.take(offset, length), Taken::Fresh);
                assert_eq!(self.intake.take(offset, length), Taken::Repeat);
                self.flow.sent_to(offset + length);
                self.sent += length;
                assert!(self.flow.in_flight() <= self.window);
                self.down.push((offset, length));
            }
            // The receiver writes, and acknowledges.
            3 if !self.down.is_empty() => {
                let (offset, length) = self.down.remove(0);
                assert_eq!(self.disk.take(offset, length), Taken::Fresh);
                self.back.push(self.disk.next());
            }
            4 if !self.back.is_empty() => {
                let offset = self.back.remove(0);
                assert_eq!(self.flow.acknowledge(offset), Some(true));
            }
            _ => {}
        }
    }
}

proptest! {
    #[test]
    fn whatever_breaks_all_of_it_arrives_and_little_is_sent_twice(
        size in 0..3000u64, chunk in 1..300u64, window in 1..700u64,
        steps in proptest::collection::vec((any::<u8>(), any::<u8>()), 0..600),
    ) {
        let mut line = Line::new(size, chunk, window);
        let mut cuts = 0;
        for (which, lost) in steps {
            if lost < 8 {
                line.cut(usize::from(which) % (line.down.len() + 1));
                cuts += 1;
            } else {
                line.step(which);
            }
        }
        // The line holds from here on.
        for round in 0..=size {
            (0..5).for_each(|which| line.step(which));
            if line.flow.is_done() {
                break;
            }
            prop_assert!(round < size, "it stands still at {} of {size}", line.disk.next());
        }
        prop_assert!(line.disk.is_done() && line.intake.is_done());
        let again = line.sent - size;
        prop_assert!(again <= cuts * (window + chunk), "{again} bytes sent again for {cuts} cuts");
    }
}
