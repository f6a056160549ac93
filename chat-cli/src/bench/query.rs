//! Everyone asks who is there, at a steady rate: how long the answer takes from when the question was due.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::crowd::Crowd;
use super::dialect::Form;
use super::random::Random;
use super::sample::{Measure, Sample, waits};
use super::server_process::ServerProcess;

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
    // Every client has its own moment within the period, the same in every run.
    let mut random = Random::default();
    let phases: Vec<f64> = (0..clients).map(|_| random.fraction()).collect();
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
