//! One speaker, one room: what a delivery costs, with many messages on the way or with one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::crowd::Crowd;
use super::dialect::Form;
use super::sample::{Measure, Sample};
use super::server_process::ServerProcess;

const SPEAKER: usize = 0;

struct FanOut<'r> {
    form: Form,
    room: &'r Arc<str>,
    in_flight: u64,
    receivers: u64,
    sent: u64,
    delivered: u64,
}

/// Speaks for `time` as fast as `in_flight` allows; a message is on the way until all have it.
pub(super) fn run(
    crowd: &mut Crowd,
    server: &ServerProcess,
    form: Form,
    room: &Arc<str>,
    in_flight: u64,
    time: Duration,
) -> Result<Sample> {
    let receivers = crowd.len() as u64 - u64::from(!form.hears_itself());
    let mut fan_out = FanOut { form, room, in_flight, receivers, sent: 0, delivered: 0 };
    fan_out.speak(crowd, time / 10)?;
    let (before, begun, delivered) = (server.processor_ns(), Instant::now(), fan_out.delivered);
    fan_out.speak(crowd, time)?;
    let deliveries = fan_out.delivered - delivered;
    let sample = Sample::default()
        .with_processor(server, before, deliveries)
        .with(Measure::Rate, deliveries as f64 / begun.elapsed().as_secs_f64());
    crowd.expect(|index| if index == SPEAKER && !form.hears_itself() { 0 } else { fan_out.sent })?;
    Ok(sample)
}

impl FanOut<'_> {
    /// Until the time is over and everything has arrived.
    fn speak(&mut self, crowd: &mut Crowd, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        let mut out = Vec::new();
        loop {
            let more = Instant::now() < end;
            while more && self.sent < self.delivered / self.receivers + self.in_flight {
                self.sent += 1;
                self.form.say(self.sent, self.room, &mut out);
            }
            if !out.is_empty() {
                crowd.send(SPEAKER, &out)?;
                out.clear();
            }
            if !more && self.delivered >= self.sent * self.receivers {
                return Ok(());
            }
            let delivered = &mut self.delivered;
            crowd.turn(None, &mut |_, count, _| *delivered += count)?;
            crowd.check_patience()?;
        }
    }
}
