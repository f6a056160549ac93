//! Whatever sizes, speeds, cuts and forms: every receiver gets the file's own bytes, in order, each once; passes and
//! memory stay within their limits; and if everybody goes on reading, everybody finishes.

use proptest::prelude::*;

use super::*;

/// Something that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    Send {
        pass: usize,
        chunks: usize,
    },
    Arrive {
        chunks: usize,
    },
    Read {
        reader: usize,
        chunks: usize,
    },
    /// A socket that takes a part of a chunk.
    Begin {
        reader: usize,
    },
    Acknowledge {
        reader: usize,
    },
    Accept {
        reader: usize,
    },
    Unlink {
        reader: usize,
    },
    SenderLost,
    SenderBack,
    Pass {
        ms: u64,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let reader = 0..6usize;
    prop_oneof![
        8 => (0..4usize, 1..20usize).prop_map(|(pass, chunks)| Step::Send { pass, chunks }),
        8 => (1..20usize).prop_map(|chunks| Step::Arrive { chunks }),
        8 => (reader.clone(), 1..12usize).prop_map(|(reader, chunks)| Step::Read { reader, chunks }),
        2 => reader.clone().prop_map(|reader| Step::Begin { reader }),
        8 => reader.clone().prop_map(|reader| Step::Acknowledge { reader }),
        2 => reader.clone().prop_map(|reader| Step::Accept { reader }),
        1 => reader.prop_map(|reader| Step::Unlink { reader }),
        1 => Just(Step::SenderLost),
        1 => Just(Step::SenderBack),
        3 => (1..300u64).prop_map(|ms| Step::Pass { ms }),
    ]
}

fn form() -> impl Strategy<Value = Form> {
    prop_oneof![3 => Just(Form::Bincode), 1 => Just(Form::JsonFrames), 1 => Just(Form::JsonLines)]
}

fn limits() -> impl Strategy<Value = (Rules, u64)> {
    (1..40u64, 1..16u64, 1..60u64, 1..5usize, 0..2u64).prop_map(|(window, share, memory, passes, gather)| {
        let rules = Rules {
            window: window * 4096,
            step: 8192,
            memory: memory * 4096,
            passes,
            gather: Duration::from_millis(gather * 100),
            silence: Duration::from_secs(3600),
        };
        (rules, share * 4096)
    })
}

impl World {
    fn cut_sender(&mut self) {
        self.sender = None;
        self.wire.clear();
        self.passes.clear();
        self.relay.sender_lost();
    }

    fn bring_sender_back(&mut self) {
        if self.sender.is_none() {
            let port = Sim::new(self.form, 0);
            self.sender = Some(port.clone());
            let next = session(usize::try_from(self.relay.start.sender.counter()).unwrap() + 1);
            self.relay.sender_back(next, Some(port), self.now);
            self.hear();
        }
    }

    fn take(&mut self, step: Step, forms: &[(Form, u64)]) {
        match step {
            Step::Send { pass, chunks } => (0..chunks).for_each(|_| _ = self.send(pass)),
            Step::Arrive { chunks } => (0..chunks).for_each(|_| _ = self.arrive()),
            Step::Read { reader, chunks } => (0..chunks).for_each(|_| _ = self.read(reader, true)),
            Step::Begin { reader } => _ = self.read(reader, false),
            Step::Acknowledge { reader } if self.is_linked(reader) => _ = self.acknowledge(reader),
            Step::Accept { reader } => {
                let (form, from) = forms[reader];
                self.accept(reader, form, from);
            }
            Step::Unlink { reader } => self.unlink(reader),
            Step::SenderLost => self.cut_sender(),
            Step::SenderBack => self.bring_sender_back(),
            Step::Pass { ms } => self.pass_time(ms),
            Step::Acknowledge { .. } => {}
        }
        self.is_sound();
    }

    fn is_linked(&self, n: usize) -> bool {
        self.relay.sessions().any(|linked| linked == session(n))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn every_receiver_gets_the_file_whatever_happens(
        (rules, share) in limits(),
        size in 0..150_000u64,
        chunk in 4096..12_000u32,
        sender in form(),
        forms in proptest::collection::vec((form(), prop_oneof![3 => Just(0), 1 => 0..150_000u64]), 6),
        steps in proptest::collection::vec(step(), 0..300),
    ) {
        let mut world = World::new(size, chunk, share, rules, sender);
        world.accept(0, forms[0].0, forms[0].1);
        for step in steps {
            world.take(step, &forms);
        }
        world.bring_sender_back();
        for (n, (form, _)) in forms.iter().enumerate().take(world.readers.len()) {
            if world.readers[n].is_some() && !world.is_linked(n) {
                world.accept(n, *form, 0);
            }
        }
        world.finish();
        prop_assert!(world.relay.passes.is_empty());
        let sessions: Vec<SessionId> = world.relay.sessions().collect();
        for linked in sessions {
            world.relay.unlink(linked, world.now);
        }
        world.readers.clear();
        prop_assert_eq!(world.relay.held.bytes(), 0);
    }
}
