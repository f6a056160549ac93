//! Many small rooms in which everyone speaks: what a delivery costs where few can share it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::crowd::Crowd;
use super::dialect::Form;
use super::sample::{Measure, Sample};
use super::server_process::ServerProcess;

struct Rooms {
    form: Form,
    names: Vec<Arc<str>>,
    members: usize,
    /// How many messages a room may have on the way.
    in_flight: u64,
    receivers: u64,
    talks: Vec<Talk>,
    /// Rooms that may have place for another message.
    stirred: Vec<usize>,
    ids: Vec<u64>,
    delivered: u64,
}

#[derive(Clone, Default)]
struct Talk {
    sent: u64,
    delivered: u64,
}

/// All speak in turn for `time`, `in_flight` messages on the way for each member.
pub(super) fn run(
    crowd: &mut Crowd,
    server: &ServerProcess,
    form: Form,
    names: Vec<Arc<str>>,
    in_flight: u64,
    time: Duration,
) -> Result<Sample> {
    let members = crowd.len() / names.len();
    let mut rooms = Rooms {
        form,
        members,
        in_flight: in_flight * members as u64,
        receivers: members as u64 - u64::from(!form.hears_itself()),
        talks: vec![Talk::default(); names.len()],
        stirred: Vec::new(),
        ids: vec![0; crowd.len()],
        delivered: 0,
        names,
    };
    rooms.speak(crowd, time / 10)?;
    let (before, begun, delivered) = (server.processor_ns(), Instant::now(), rooms.delivered);
    rooms.speak(crowd, time)?;
    let deliveries = rooms.delivered - delivered;
    let sample = Sample::default()
        .with_processor(server, before, deliveries)
        .with(Measure::Rate, deliveries as f64 / begun.elapsed().as_secs_f64());
    crowd.expect(|index| {
        let own = if form.hears_itself() { 0 } else { rooms.ids[index] };
        rooms.talks[index / members].sent - own
    })?;
    Ok(sample)
}

impl Rooms {
    /// Until the time is over and everything has arrived.
    fn speak(&mut self, crowd: &mut Crowd, time: Duration) -> Result<()> {
        let end = Instant::now() + time;
        self.stirred = (0..self.talks.len()).collect();
        loop {
            let more = Instant::now() < end;
            for room in std::mem::take(&mut self.stirred) {
                if more {
                    self.fill(crowd, room)?;
                }
            }
            if !more && self.talks.iter().all(|talk| talk.delivered >= talk.sent * self.receivers) {
                return Ok(());
            }
            let (talks, stirred, members) = (&mut self.talks, &mut self.stirred, self.members);
            let delivered = &mut self.delivered;
            crowd.turn(None, &mut |index, count, _| {
                let room = index / members;
                talks[room].delivered += count;
                *delivered += count;
                if stirred.last() != Some(&room) {
                    stirred.push(room);
                }
            })?;
            crowd.check_patience()?;
        }
    }

    /// Members speak in turn until the room has enough on the way.
    fn fill(&mut self, crowd: &mut Crowd, room: usize) -> Result<()> {
        let talk = &mut self.talks[room];
        let mut out = Vec::new();
        while talk.sent < talk.delivered / self.receivers + self.in_flight {
            let speaker = room * self.members + talk.sent as usize % self.members;
            talk.sent += 1;
            self.ids[speaker] += 1;
            out.clear();
            self.form.say(self.ids[speaker], &self.names[room], &mut out);
            crowd.send(speaker, &out)?;
        }
        Ok(())
    }
}
