//! Connections that only stay: how fast they come, and what memory each keeps.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::crowd::Crowd;
use super::sample::{Measure, Sample};
use super::server_process::ServerProcess;

/// What is only needed while they come shall be gone when memory is read.
const REST: Duration = Duration::from_secs(1);

/// Connects `connections` clients and reads the server's memory before and after.
pub(super) fn run(
    crowd: &mut Crowd,
    server: &ServerProcess,
    connections: usize,
    prefix: &str,
    room: impl Fn(usize) -> String,
) -> Result<Sample> {
    let (memory, before, begun) = (server.resident_bytes(), server.processor_ns(), Instant::now());
    crowd.join(connections, prefix, room)?;
    let seconds = begun.elapsed().as_secs_f64();
    let mut sample = Sample::default().with_processor(server, before, connections as u64);
    crowd.settle(REST)?;
    if let (Some(before), Some(after)) = (memory, server.resident_bytes()) {
        let each = after.saturating_sub(before) as f64 / connections as f64;
        sample = sample.with(Measure::Resident, each);
    }
    Ok(sample.with(Measure::Joins, connections as f64 / seconds))
}
