//! What one run does: a scenario with its sizes, and what the project means to reach in it.

use super::args::{BenchArgs, Scenario};
use super::dialect::Form;
use super::sample::Measure;

/// One line of work.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The form all its connections speak.
    pub(super) form: Form,
    /// What is done.
    pub(super) work: Work,
    /// Whether the sizes are those the reach is meant for.
    pub(super) full: bool,
}

/// What is done, and with how many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Work {
    /// One speaks, all hear.
    FanOut { members: usize, in_flight: u64 },
    /// All speak, each in a small room.
    Rooms { rooms: usize, members: usize, in_flight: u64 },
    /// One speaks at a steady rate.
    Latency { members: usize, per_second: f64 },
    /// All stay and say nothing.
    Idle { connections: usize, room: usize },
    /// All ask who is there, at a steady rate.
    Query { clients: usize, per_second: f64 },
}

/// What a figure is meant to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// At most so many times the floor's.
    Multiple(f64),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

/// All that the arguments ask for.
pub(super) fn cases(args: &BenchArgs) -> Vec<Case> {
    let works = if args.quick { quick(args) } else { full(args) };
    let mut cases = Vec::new();
    for work in works {
        if !args.wants(work.scenario()) {
            continue;
        }
        let forms = match (args.form, work) {
            (Some(form), _) => vec![form],
            (None, Work::FanOut { .. }) => vec![Form::Text, Form::Binary],
            (None, _) => vec![Form::Binary],
        };
        cases.extend(forms.into_iter().map(|form| Case { form, work, full: !args.quick }));
    }
    cases
}

fn full(args: &BenchArgs) -> Vec<Work> {
    let mut works = vec![
        Work::FanOut { members: 100, in_flight: 256 },
        Work::FanOut { members: 1000, in_flight: 256 },
        Work::FanOut { members: 100, in_flight: 1 },
        Work::Rooms { rooms: 200, members: 5, in_flight: 4 },
        Work::Latency { members: 50, per_second: 200.0 },
        Work::Idle { connections: 10_000, room: args.idle_room as usize },
    ];
    works.extend((50..=450).step_by(50).map(|clients| Work::Query { clients, per_second: 4.0 }));
    works
}

fn quick(args: &BenchArgs) -> Vec<Work> {
    let mut works = vec![
        Work::FanOut { members: 100, in_flight: 256 },
        Work::FanOut { members: 20, in_flight: 1 },
        Work::Rooms { rooms: 20, members: 5, in_flight: 4 },
        Work::Latency { members: 50, per_second: 200.0 },
        Work::Idle { connections: 500, room: args.idle_room as usize },
    ];
    works.extend([20, 40].map(|clients| Work::Query { clients, per_second: 20.0 }));
    works
}

impl Work {
    /// Which scenario this is.
    pub(super) fn scenario(self) -> Scenario {
        match self {
            Work::FanOut { .. } => Scenario::FanOut,
            Work::Rooms { .. } => Scenario::Rooms,
            Work::Latency { .. } => Scenario::Latency,
            Work::Idle { .. } => Scenario::Idle,
            Work::Query { .. } => Scenario::Query,
        }
    }

    /// How many connections it takes.
    pub(super) fn connections(self) -> usize {
        match self {
            Work::FanOut { members, .. } | Work::Latency { members, .. } => members,
            Work::Rooms { rooms, members, .. } => rooms * members,
            Work::Idle { connections, .. } => connections,
            Work::Query { clients, .. } => clients,
        }
    }

    /// How many connections in a row are in one room.
    pub(super) fn room_size(self) -> usize {
        match self {
            Work::Rooms { members, .. } => members,
            Work::Idle { room, .. } => room,
            _ => self.connections(),
        }
    }
}

impl Case {
    /// The sizes, in words.
    pub(super) fn title(&self) -> String {
        let form = self.form.name();
        match self.work {
            Work::FanOut { members, in_flight: 1 } => format!("to {members} in lock-step, {form}"),
            Work::FanOut { members, in_flight } => format!("to {members}, {in_flight} in flight, {form}"),
            Work::Rooms { rooms, members, .. } => format!("{rooms} × {members}, all speaking, {form}"),
            Work::Latency { members, per_second } => {
                format!("{members} members, {per_second} a second, {form}")
            }
            Work::Idle { connections, room } => format!("{connections}, {room} in a room, {form}"),
            Work::Query { clients, per_second } => {
                format!("{clients} clients, {per_second} a second each, {form}")
            }
        }
    }

    /// What this figure is meant to be, if anything was said of it.
    pub(super) fn reach(&self, measure: Measure) -> Option<Reach> {
        if !self.full {
            return None;
        }
        match (self.work, measure) {
            (Work::FanOut { members: 1000, .. }, Measure::Processor) => Some(Reach::Multiple(2.0)),
            (Work::FanOut { in_flight: 1, .. }, Measure::Processor) => Some(Reach::Multiple(1.15)),
            (Work::Rooms { .. }, Measure::Processor) => Some(Reach::Multiple(1.2)),
            (Work::Latency { .. }, Measure::P50) => Some(Reach::Multiple(1.15)),
            (Work::Idle { .. }, Measure::Resident) => Some(Reach::AtMost(1536.0)),
            (Work::Idle { .. }, Measure::Joins) => Some(Reach::AtLeast(20_000.0)),
            (Work::Query { clients: 450, .. }, Measure::P50) => Some(Reach::Multiple(1.2)),
            _ => None,
        }
    }
}
