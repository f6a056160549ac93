//! A steady rate of messages: how long it takes from when one was due until each member has it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::crowd::Crowd;
use super::dialect::Form;
use super::sample::{Measure, Sample, waits};
use super::server_process::ServerProcess;

const SPEAKER: usize = 0;

/// Speaks `per_second` times a second for `time`, whatever comes back: a server that falls behind is measured
/// from when each message was due, not from when it was ready for it.
pub(super) fn run(
    crowd: &mut Crowd,
    server: &ServerProcess,
    form: Form,
    room: &Arc<str>,
    per_second: f64,
    time: Duration,
) -> Result<Sample> {
    let receivers = crowd.len() as u64 - u64::from(!form.hears_itself());
    let messages = (time.as_secs_f64() * per_second).ceil().max(1.0) as u64;
    let begun = Instant::now();
    let due = |number: u64| begun + Duration::from_secs_f64(number as f64 / per_second);
    let mut heard = vec![0_u64; crowd.len()];
    let (mut sent, mut delivered, mut latencies) = (0, 0, waits()?);
    let (before, mut out) = (server.processor_ns(), Vec::new());
    while delivered < messages * receivers {
        while sent < messages && due(sent) <= Instant::now() {
            sent += 1;
            form.say(sent, room, &mut out);
        }
        if !out.is_empty() {
            crowd.send(SPEAKER, &out)?;
            out.clear();
        }
        let next = (sent < messages).then(|| due(sent));
        // Messages arrive in the order in which they were sent, so a client's n-th is the n-th.
        crowd.turn(next, &mut |index, count, at| {
            for _ in 0..count {
                latencies.saturating_record((at - due(heard[index])).as_nanos() as u64);
                heard[index] += 1;
            }
            delivered += count;
        })?;
        crowd.check_patience()?;
    }
    crowd.expect(|index| if index == SPEAKER && !form.hears_itself() { 0 } else { messages })?;
    Ok(Sample::default()
        .with_waits(&latencies)
        .with_processor(server, before, delivered)
        .with(Measure::Rate, delivered as f64 / begun.elapsed().as_secs_f64()))
}
