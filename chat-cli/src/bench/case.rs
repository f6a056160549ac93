//! What one run does: a scenario with its sizes, and what the project means to reach in it.

use super::args::{BenchArgs, Scenario, StoreKind};
use super::dialect::Form;
use super::sample::Measure;
use super::transport::Transport;

/// One line of work.
#[derive(Clone, Debug)]
pub(super) struct Case {
    /// The form all its connections speak.
    pub(super) form: Form,
    /// What they go over.
    pub(super) transport: Transport,
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
    /// Each speaks in a room of its own, as fast as it can or all together at a steady rate; kept on disk.
    Accept { senders: usize, pace: Pace },
    /// One speaks, all hear; kept on disk.
    KeptFanOut { members: usize, in_flight: u64 },
    /// A server starts with so many messages in a room.
    Start { messages: u32 },
    /// One client reads pages from random places of so many messages.
    Page { messages: u32 },
    /// The server's memory with so many messages in a room, beside that with a hundredth.
    Memory { messages: u32 },
    /// One sends a file to so many.
    Files { receivers: usize, bytes: u64, chunk_bytes: u32 },
    /// One speaks at a steady rate in a room where a file goes from one to another, again and again.
    FileTalk { members: usize, per_second: f64, bytes: u64 },
    /// One speaks at a steady rate while so many log in each second.
    LoginTalk { members: usize, per_second: f64, logins: u32 },
    /// So many wrong passwords for a name with an account, and as many for names without.
    LoginTimes { pairs: u32 },
}

/// How fast messages are sent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pace {
    /// So many of each sender are on the way.
    InFlight(u64),
    /// So many a second from all senders together.
    PerSecond(f64),
}

/// How many times fewer messages the short history has.
pub(super) const SHORTER: u32 = 100;
/// From this value of Welch's t on, times are commonly said to tell what they are of.
pub(super) const LEAK: f64 = 4.5;
/// Messages in a page.
pub(super) const PAGE: u32 = 100;

/// What a figure is meant to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Reach {
    /// At most so many times what it is compared with.
    Multiple(f64),
    /// At least so many times what it is compared with.
    Fraction(f64),
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
}

/// What a figure is compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Beside {
    /// The bare loop that sends the same bytes.
    Floor,
    /// The same server without a store on disk.
    Memory,
    /// A loop that writes 4 KiB and waits for the disk.
    Disk,
    /// The same server with so many messages.
    Short(u32),
    /// A bare relay between sockets; its ends hash nothing, and read and write nothing unless that is said.
    Relay,
    /// The same without files.
    Quiet,
    /// The same while nobody logs in.
    NoLogins,
    /// The same with names that nobody has.
    Unknown,
}

impl std::fmt::Display for Beside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Beside::Floor => f.write_str("floor"),
            Beside::Memory => f.write_str("memory"),
            Beside::Disk => f.write_str("write+fdatasync"),
            Beside::Relay => f.write_str("bare relay"),
            Beside::Quiet => f.write_str("without files"),
            Beside::NoLogins => f.write_str("without logins"),
            Beside::Unknown => f.write_str("unknown names"),
            Beside::Short(messages) => write!(f, "{messages} messages"),
        }
    }
}

/// All that the arguments ask for.
pub(super) fn cases(args: &BenchArgs) -> Vec<Case> {
    let works = if args.quick { quick(args) } else { full(args) };
    let mut cases = Vec::new();
    for work in works {
        if !is_asked_for(work, args) {
            continue;
        }
        let forms = match (args.form, work) {
            _ if work.is_kept() => vec![Form::Binary],
            (_, Work::Files { .. } | Work::LoginTalk { .. } | Work::LoginTimes { .. }) => vec![Form::Binary],
            (Some(form), _) => vec![form],
            (None, Work::FanOut { .. }) => vec![Form::Text, Form::Binary],
            (None, _) => vec![Form::Binary],
        };
        for transport in args.transports() {
            if transport != Transport::Tcp && !work.goes_over_all() {
                continue;
            }
            let forms = forms.iter().filter_map(|form| form.over(transport));
            cases.extend(forms.map(|form| Case { form, transport, work, full: !args.quick }));
        }
    }
    cases
}

/// What is measured with the store on disk is left out where that cannot be had, or is not wanted; the rest if
/// nothing but the store on disk is wanted, unless it is named.
fn is_asked_for(work: Work, args: &BenchArgs) -> bool {
    let may_start = args.addr.is_none() && !args.floor_only;
    let is_possible = match work.scenario() {
        _ if work.is_kept() => may_start && args.store != Some(StoreKind::Memory),
        // Beside other relays, and with servers of their own.
        Scenario::Files => {
            may_start && (args.store != Some(StoreKind::Sqlite) || args.names(Scenario::Files))
        }
        Scenario::Logins => {
            may_start && (args.store != Some(StoreKind::Sqlite) || args.names(Scenario::Logins))
        }
        scenario => args.store != Some(StoreKind::Sqlite) || args.names(scenario),
    };
    is_possible && args.wants(work.scenario())
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
    works.extend(accepts(args));
    works.extend([256, 1024].map(|in_flight| Work::KeptFanOut { members: 1000, in_flight }));
    works.extend(histories(args));
    works.push(Work::Files { receivers: 1, bytes: args.file_bytes(1024), chunk_bytes: 0 });
    works.push(Work::Files { receivers: 10, bytes: args.file_bytes(256), chunk_bytes: 0 });
    let sizes = [4, 16, 64, 256, 1024].map(|kib| kib << 10);
    works.extend(sizes.map(|chunk_bytes| Work::Files {
        receivers: 1,
        bytes: args.file_bytes(512),
        chunk_bytes,
    }));
    works.push(file_talk(args));
    works.extend(logins(1000));
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
    works.extend(accepts(args));
    works.push(Work::KeptFanOut { members: 100, in_flight: 256 });
    works.extend(histories(args));
    works.extend([1, 10].map(|receivers| Work::Files {
        receivers,
        bytes: args.file_bytes(0),
        chunk_bytes: 0,
    }));
    works.push(file_talk(args));
    works.extend(logins(20));
    works
}

/// The times come first: on a machine that has just been flooded they differ more.
fn logins(pairs: u32) -> [Work; 2] {
    [Work::LoginTimes { pairs }, Work::LoginTalk { members: 50, per_second: 200.0, logins: 200 }]
}

fn file_talk(args: &BenchArgs) -> Work {
    Work::FileTalk { members: 50, per_second: 200.0, bytes: args.file_bytes(256) }
}

fn accepts(args: &BenchArgs) -> [Work; 2] {
    let senders = args.senders as usize;
    [Pace::InFlight(256), Pace::PerSecond(1000.0)].map(|pace| Work::Accept { senders, pace })
}

/// The start comes first: nothing else has touched the folder then.
fn histories(args: &BenchArgs) -> [Work; 3] {
    let messages = args.messages();
    [Work::Start { messages }, Work::Page { messages }, Work::Memory { messages }]
}

impl Work {
    /// Which scenario this is.
    pub(super) fn scenario(self) -> Scenario {
        match self {
            Work::FanOut { .. } | Work::KeptFanOut { .. } => Scenario::FanOut,
            Work::Rooms { .. } => Scenario::Rooms,
            Work::Latency { .. } => Scenario::Latency,
            Work::Idle { .. } => Scenario::Idle,
            Work::Query { .. } => Scenario::Query,
            Work::Accept { .. } => Scenario::Accept,
            Work::Start { .. } => Scenario::Start,
            Work::Page { .. } => Scenario::Page,
            Work::Memory { .. } => Scenario::Memory,
            Work::Files { .. } | Work::FileTalk { .. } => Scenario::Files,
            Work::LoginTalk { .. } | Work::LoginTimes { .. } => Scenario::Logins,
        }
    }

    /// Whether it is about the store on disk, and so beside something else than the floor.
    pub(super) fn is_kept(self) -> bool {
        match self {
            Work::Accept { .. }
            | Work::KeptFanOut { .. }
            | Work::Start { .. }
            | Work::Page { .. }
            | Work::Memory { .. } => true,
            Work::FanOut { .. }
            | Work::Rooms { .. }
            | Work::Latency { .. }
            | Work::Idle { .. }
            | Work::Query { .. }
            | Work::Files { .. }
            | Work::FileTalk { .. }
            | Work::LoginTalk { .. }
            | Work::LoginTimes { .. } => false,
        }
    }

    /// Whether its crowd may come over other transports than bare TCP.
    fn goes_over_all(self) -> bool {
        matches!(self, Work::FanOut { .. } | Work::Latency { .. } | Work::Idle { .. })
    }

    /// How many connections it takes.
    pub(super) fn connections(self) -> usize {
        match self {
            Work::FanOut { members, .. }
            | Work::KeptFanOut { members, .. }
            | Work::FileTalk { members, .. }
            | Work::LoginTalk { members, .. }
            | Work::Latency { members, .. } => members,
            Work::Rooms { rooms, members, .. } => rooms * members,
            Work::Idle { connections, .. } => connections,
            Work::Query { clients, .. } => clients,
            Work::Accept { senders, .. } => senders,
            Work::Files { receivers, .. } => receivers + 1,
            Work::Start { .. } => 0,
            Work::Page { .. } | Work::Memory { .. } | Work::LoginTimes { .. } => 1,
        }
    }

    /// How many connections in a row are in one room.
    pub(super) fn room_size(self) -> usize {
        match self {
            Work::Rooms { members, .. } => members,
            Work::Idle { room, .. } => room,
            Work::Accept { .. } => 1,
            _ => self.connections(),
        }
    }
}

impl Case {
    /// The sizes, in words.
    pub(super) fn title(&self) -> String {
        let form = match self.transport {
            Transport::Tcp => self.form.name().to_owned(),
            transport => format!("{} over {}", self.form.name(), transport.name()),
        };
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
            Work::Accept { senders, pace: Pace::InFlight(in_flight) } => {
                format!("{senders} senders, {in_flight} in flight each, kept")
            }
            Work::Accept { senders, pace: Pace::PerSecond(rate) } => {
                format!("{senders} senders, {rate} a second, kept")
            }
            Work::KeptFanOut { members, in_flight } => {
                format!("to {members}, {in_flight} in flight, kept")
            }
            Work::Start { messages } => format!("with {messages} messages"),
            Work::Page { messages } => format!("{PAGE} of {messages} messages"),
            Work::Memory { messages } => format!("with {messages} messages in all"),
            Work::Files { receivers, bytes, chunk_bytes: 0 } => format!("{} MiB to {receivers}", bytes >> 20),
            Work::Files { receivers, bytes, chunk_bytes } => {
                format!("{} MiB to {receivers}, chunks of {} KiB", bytes >> 20, chunk_bytes >> 10)
            }
            Work::FileTalk { members, per_second, .. } => {
                format!("{members} members, {per_second} a second, beside a file")
            }
            Work::LoginTalk { members, per_second, logins } => {
                format!("{members} members, {per_second} a second, beside {logins} logins a second")
            }
            Work::LoginTimes { pairs } => format!("{pairs} wrong passwords of a known name"),
        }
    }

    /// What this figure is compared with.
    pub(super) fn beside(&self, measure: Measure) -> Beside {
        match (self.work, measure) {
            (Work::Accept { .. }, Measure::P50 | Measure::P90 | Measure::P99) => Beside::Disk,
            (Work::Accept { .. } | Work::KeptFanOut { .. } | Work::Start { .. }, _) => Beside::Memory,
            (Work::Memory { messages }, _) => Beside::Short(messages / SHORTER),
            (Work::Files { .. }, _) => Beside::Relay,
            (Work::FileTalk { .. }, _) => Beside::Quiet,
            (Work::LoginTalk { .. }, _) => Beside::NoLogins,
            (Work::LoginTimes { .. }, _) => Beside::Unknown,
            _ => Beside::Floor,
        }
    }

    /// What this figure is meant to be, if anything was said of it.
    pub(super) fn reach(&self, measure: Measure) -> Option<Reach> {
        if !self.full {
            return None;
        }
        match (self.transport, self.work, measure) {
            (Transport::Tcp, ..) => {}
            (Transport::Ws, Work::Idle { .. }, Measure::Resident) => return Some(Reach::AtMost(8192.0)),
            (_, Work::Idle { .. }, Measure::Resident) => return Some(Reach::AtMost(40_960.0)),
            _ => return None,
        }
        match (self.work, measure) {
            (Work::FanOut { members: 1000, .. }, Measure::Processor) => Some(Reach::Multiple(2.0)),
            (Work::FanOut { in_flight: 1, .. }, Measure::Processor) => Some(Reach::Multiple(1.15)),
            (Work::Rooms { .. }, Measure::Processor) => Some(Reach::Multiple(1.2)),
            (Work::Latency { .. }, Measure::P50) => Some(Reach::Multiple(1.15)),
            (Work::Idle { .. }, Measure::Resident) => Some(Reach::AtMost(1536.0)),
            (Work::Idle { .. }, Measure::Joins) => Some(Reach::AtLeast(20_000.0)),
            (Work::Query { clients: 450, .. }, Measure::P50) => Some(Reach::Multiple(1.2)),
            (Work::Accept { pace: Pace::InFlight(_), .. }, Measure::Rate) => Some(Reach::AtLeast(50_000.0)),
            (Work::Accept { pace: Pace::PerSecond(_), .. }, Measure::P99) => Some(Reach::Multiple(3.0)),
            (Work::KeptFanOut { .. }, Measure::Rate) => Some(Reach::Fraction(0.9)),
            (Work::Start { .. }, Measure::Start) => Some(Reach::AtMost(2000.0)),
            (Work::Page { .. }, Measure::P99) => Some(Reach::AtMost(2000.0)),
            (Work::Files { receivers: 1, chunk_bytes: 0, .. }, Measure::FileRate) => {
                Some(Reach::Fraction(0.6))
            }
            (Work::Files { .. }, Measure::Grown) => Some(Reach::AtMost(16.0 * 1024.0)),
            (Work::FileTalk { .. } | Work::LoginTalk { .. }, Measure::P99) => Some(Reach::Multiple(1.5)),
            (Work::LoginTalk { .. }, Measure::Grown) => Some(Reach::AtMost(64.0 * 1024.0)),
            (Work::LoginTimes { .. }, Measure::Welch) => Some(Reach::AtMost(LEAK)),
            (Work::Memory { .. }, Measure::AfterStart | Measure::AfterPages) => Some(Reach::Multiple(1.1)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn scenarios(flags: &[&str]) -> Vec<(&'static str, bool)> {
        let typed = ["chat-cli", "bench", "--quick"].iter().chain(flags);
        let Command::Bench(args) = Cli::try_parse_from(typed).unwrap().command else { panic!("no bench") };
        let mut found: Vec<_> =
            cases(&args).iter().map(|case| (case.work.scenario().name(), case.work.is_kept())).collect();
        found.dedup();
        found
    }

    #[test]
    fn what_is_measured_follows_from_the_store() {
        let kept = ["accept", "fan-out", "start", "page", "memory"].map(|name| (name, true));
        let floor = ["fan-out", "rooms", "latency", "idle", "query"].map(|name| (name, false));
        assert_eq!(scenarios(&["--store", "sqlite"]), kept);
        let files = ("files", false);
        let logins = ("logins", false);
        assert_eq!(scenarios(&["--store", "memory"]), [&floor[..], &[files, logins]].concat());
        assert_eq!(scenarios(&[]), [&floor[..], &kept, &[files, logins]].concat());
        assert_eq!(scenarios(&["--store", "sqlite", "--only", "logins"]), [logins]);
        assert_eq!(scenarios(&["--files"]), [files]);
        assert_eq!(scenarios(&["--store", "sqlite", "--files"]), [files]);
        assert_eq!(scenarios(&["--addr", "127.0.0.1:1"]), floor);
        assert_eq!(scenarios(&["--store", "sqlite", "--only", "rooms,page"]), [floor[1], kept[3]]);
        assert_eq!(scenarios(&["--store", "memory", "--only", "page"]), []);
    }
}
