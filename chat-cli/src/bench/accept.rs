//! Everyone speaks in a room of its own: how many messages are accepted, and how long it takes from when one was
//! sent until its sender is told that it was accepted.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;
use hdrhistogram::Histogram;

use super::crowd::Crowd;
use super::dialect::Form;
use super::random::Random;
use super::sample::{Measure, Sample, waits};
use super::server_process::ServerProcess;
use super::talk::talk;

/// So many different things are said, again and again.
const TEXTS: usize = 4096;

struct Senders<'r> {
    form: Form,
    rooms: &'r [Arc<str>],
    texts: Vec<Arc<str>>,
    /// For each sender, when those of its messages were sent that are on the way.
    on_the_way: Vec<VecDeque<Instant>>,
    /// Senders that may have place for another message.
    stirred: Vec<usize>,
    /// For each sender, how many it has sent: the request id of the last one.
    sent: Vec<u64>,
    accepted: u64,
    waits: Histogram<u64>,
}

/// Each sends for `time` as fast as `in_flight` allows. With one member in a room, what a sender hears is its own
/// message with its request id: it was accepted.
pub(super) fn at_full_speed(
    crowd: &mut Crowd,
    server: &ServerProcess,
    form: Form,
    rooms: &[Arc<str>],
    in_flight: u64,
    time: Duration,
) -> Result<Sample> {
    let mut senders = Senders {
        form,
        rooms,
        texts: texts(),
        on_the_way: vec![VecDeque::new(); rooms.len()],
        stirred: Vec::new(),
        sent: vec![0; rooms.len()],
        accepted: 0,
        waits: waits()?,
    };
    senders.speak(crowd, in_flight, time / 10)?;
    senders.waits.clear();
    let (before, begun, accepted) = (server.processor_ns(), Instant::now(), senders.accepted);
    senders.speak(crowd, in_flight, time)?;
    let accepted = senders.accepted - accepted;
    let rate = accepted as f64 / begun.elapsed().as_secs_f64();
    crowd.expect(|index| senders.sent[index])?;
    Ok(Sample::default()
        .with(Measure::Rate, rate)
        .with_processor(server, before, accepted)
        .with_waits(&senders.waits))
}

impl Senders<'_> {
    /// Until the time is over and everything has been accepted.
    fn speak(&mut self, crowd: &mut Crowd, in_flight: u64, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        self.stirred = (0..self.rooms.len()).collect();
        loop {
            let more = Instant::now() < end;
            for sender in std::mem::take(&mut self.stirred) {
                if more {
                    self.fill(crowd, sender, in_flight)?;
                }
            }
            if !more && self.on_the_way.iter().all(VecDeque::is_empty) {
                return Ok(());
            }
            let (on_the_way, stirred, waits) = (&mut self.on_the_way, &mut self.stirred, &mut self.waits);
            let accepted = &mut self.accepted;
            crowd.turn(None, &mut |sender, count, at| {
                // A connection's messages are accepted in the order in which they were sent.
                for sent in on_the_way[sender].drain(..count as usize) {
                    waits.saturating_record((at - sent).as_nanos() as u64);
                }
                stirred.push(sender);
                *accepted += count;
            })?;
            crowd.check_patience()?;
        }
    }

    fn fill(&mut self, crowd: &mut Crowd, sender: usize, in_flight: u64) -> Result<()> {
        let (on_the_way, now, mut out) = (&mut self.on_the_way[sender], Instant::now(), Vec::new());
        while (on_the_way.len() as u64) < in_flight {
            self.sent[sender] += 1;
            let id = self.sent[sender];
            let text = &self.texts[(id as usize * self.rooms.len() + sender) % TEXTS];
            self.form.tell(id, &self.rooms[sender], Arc::clone(text), &mut out);
            on_the_way.push_back(now);
        }
        crowd.send(sender, &out)
    }
}

/// All take turns, so that together they send `per_second` for `time`, whatever comes back: a wait begins when the
/// message was due.
pub(super) fn at_a_pace(
    crowd: &mut Crowd,
    server: &ServerProcess,
    form: Form,
    rooms: &[Arc<str>],
    per_second: f64,
    time: Duration,
) -> Result<Sample> {
    let senders = rooms.len() as u64;
    let messages = ((time.as_secs_f64() * per_second) as u64).next_multiple_of(senders);
    let begun = Instant::now();
    let due = |number: u64| begun + Duration::from_secs_f64(number as f64 / per_second);
    let mut heard = vec![0_u64; rooms.len()];
    let (mut sent, mut accepted, mut latencies, texts) = (0, 0, waits()?, texts());
    let (before, mut out) = (server.processor_ns(), Vec::new());
    while accepted < messages {
        while sent < messages && due(sent) <= Instant::now() {
            let (sender, round) = ((sent % senders) as usize, sent / senders);
            let text = Arc::clone(&texts[sent as usize % TEXTS]);
            form.tell(round + 1, &rooms[sender], text, &mut out);
            crowd.send(sender, &out)?;
            out.clear();
            sent += 1;
        }
        let next = (sent < messages).then(|| due(sent));
        crowd.turn(next, &mut |sender, count, at| {
            for _ in 0..count {
                let number = heard[sender] * senders + sender as u64;
                latencies.saturating_record((at - due(number)).as_nanos() as u64);
                heard[sender] += 1;
            }
            accepted += count;
        })?;
        crowd.check_patience()?;
    }
    crowd.expect(|_| messages / senders)?;
    Ok(Sample::default().with_waits(&latencies).with_processor(server, before, accepted))
}

fn texts() -> Vec<Arc<str>> {
    let mut random = Random::default();
    (0..TEXTS).map(|_| talk(&mut random)).collect()
}
