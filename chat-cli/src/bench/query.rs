//! Everyone asks who is there, at a steady rate: how long the answer takes from when the question was due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::crowd::Crowd;
use super::dialect::Form;
use super::sample::{Measure, Sample, waits};
use super::server_process::ServerProcess;

/// Every client's own moment within the period, the same in every run.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Each client asks `per_second` times a second for `time`.
pub(super) fn run(
    crowd: &mut Crowd,
    server: &ServerProcess,
    form: Form,
    room: &Arc<str>,
    per_second: f64,
    time: Duration,
) -> Result<Sample> {
    let clients = crowd.len();
    let phases = phases(clients);
    let mut order: Vec<usize> = (0..clients).collect();
    order.sort_by(|a, b| phases[*a].total_cmp(&phases[*b]));
    let rounds = (time.as_secs_f64() * per_second).ceil().max(1.0) as u64;
    let questions = rounds * clients as u64;
    let begun = Instant::now();
    let due = |client: usize, round: u64| {
        begun + Duration::from_secs_f64((round as f64 + phases[client]) / per_second)
    };
    let mut answered = vec![0_u64; clients];
    let (mut asked, mut answers, mut latencies) = (0_u64, 0, waits()?);
    let (before, mut out) = (server.processor_ns(), Vec::new());
    while answers < questions {
        let mut next = None;
        while asked < questions {
            let (client, round) = (order[asked as usize % clients], asked / clients as u64);
            let moment = due(client, round);
            if moment > Instant::now() {
                next = Some(moment);
                break;
            }
            asked += 1;
            out.clear();
            form.users(round + 1, room, &mut out);
            crowd.send(client, &out)?;
        }
        // A connection's answers come in the order of its questions.
        crowd.turn(next, &mut |client, count, at| {
            for _ in 0..count {
                latencies.saturating_record((at - due(client, answered[client])).as_nanos() as u64);
                answered[client] += 1;
            }
            answers += count;
        })?;
        crowd.check_patience()?;
    }
    crowd.expect(|_| rounds)?;
    Ok(Sample::default()
        .with_waits(&latencies)
        .with_processor(server, before, answers)
        .with(Measure::Rate, answers as f64 / begun.elapsed().as_secs_f64()))
}

/// Numbers from 0 to 1, by xorshift64.
fn phases(count: usize) -> Vec<f64> {
    let mut state = SEED;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64
    };
    (0..count).map(|_| next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_are_spread_and_always_the_same() {
        let phases = phases(1000);
        assert_eq!(phases, super::phases(1000));
        let early = phases.iter().filter(|phase| **phase < 0.5).count();
        assert!((450..550).contains(&early), "{early}");
    }
}
