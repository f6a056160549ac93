//! What `chat-cli bench` takes on the command line, and the sizes that follow from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::dialect::Form;
use super::files::RelayArgs;
use super::floor::FloorArgs;
use super::transport::Transport;

/// What stands first in the help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  chat-cli bench --quick                           a few seconds, small sizes
  chat-cli bench --only fan-out,rooms --repeat 5   two scenarios, medians of five runs
  chat-cli bench --only fan-out --transport tcp,ws what a WebSocket costs
  chat-cli bench --store sqlite --dir /srv         what keeping costs, on the disk of that folder
  chat-cli bench --json > figures.json             one JSON object
  chat-cli bench --svg sweep.svg                   draws sweep.svg and sweep-multiples.svg
  chat-cli bench --addr 127.0.0.1:8080 --pid 4711  a server that runs already";

/// What stands last in the help.
pub(crate) const MORE: &str = "\
Without --store, what does not need a store is measured in memory beside a bare loop that writes the same bytes
(the floor), and then what keeping costs: 'accept', 'fan-out', 'start', 'page' and 'memory' with the store on disk,
beside the same without it, or beside a loop that writes 4 KiB and waits for the disk. In the end 'files': files from
client to client, verified, beside a loop that passes bytes from socket to socket, without and with files at its
ends; and talk while a file goes by, beside talk without. And 'logins': talk while 200 passwords a second are tried,
beside talk without, and how long it takes to refuse unknown names beside known ones. With --store sqlite that
second half alone, or, with --only, whichever scenarios are named, with the store on disk.";

/// Measure a server beside a bare loop that does the least that can be done.
///
/// Starts a server as its own process, drives it over real sockets, does the same with something that it is to
/// be compared with, and prints both. Most reaches are multiples: figures of two machines do not compare.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(super) part: Option<Part>,

    /// Drive this server instead of starting one. It needs `serve --trusted`, and `--pid` for process figures
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) addr: Option<SocketAddr>,

    /// The process of the server at `--addr`, whose processor time and memory are read
    #[arg(long, requires = "addr")]
    pub(super) pid: Option<u32>,

    /// What the server keeps messages in [default: memory, and sqlite where that is what is measured]
    #[arg(long, value_enum, value_name = "STORE", conflicts_with = "addr")]
    pub(super) store: Option<StoreKind>,

    /// Make the data folders in this one, and the folders of files; they are removed at the end [default: this
    /// folder, and /dev/shm for files if there is room]
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,

    /// How many clients send at once in 'accept'
    #[arg(long, default_value_t = 8, value_name = "CLIENTS", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) senders: u32,

    /// How many messages the room of 'start', 'page' and 'memory' has [default: 1000000, with --quick 10000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1000..=100_000_000))]
    pub(super) messages: Option<u32>,

    /// Only what is about files: the same as --only files
    #[arg(long, conflicts_with = "only")]
    pub(super) files: bool,

    /// How large the files are, in MiB [default: 1024 to one and 256 to many, with --quick 16]
    #[arg(long, value_name = "MIB", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) file_size: Option<u32>,

    /// Only these scenarios
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO,…")]
    pub(super) only: Vec<Scenario>,

    /// Every scenario in this form [default: fan-out in text and binary, the others in binary]. What needs the
    /// store on disk is always in binary
    #[arg(long, value_enum)]
    pub(super) form: Option<Form>,

    /// What 'fan-out', 'latency' and 'idle' go over; the others, and the floor, are always over tcp. Several are
    /// measured one after the other in the same run. Lines of people go over no WebSocket [default: tcp]
    #[arg(long, value_enum, value_delimiter = ',', value_name = "TRANSPORT,…")]
    pub(super) transport: Vec<Transport>,

    /// Small sizes and short runs: shows that it works, not how fast it is
    #[arg(long)]
    pub(super) quick: bool,

    /// Run everything this often; medians are shown, with the lowest and highest
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) repeat: u32,

    /// How long each measured run sends [default: 3, of 'logins' 60; with --quick 0.3, and 1]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(super) seconds: Option<Duration>,

    /// How many of the idle connections share a room
    #[arg(long, default_value_t = 5, value_name = "MEMBERS", value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) idle_room: u32,

    /// Print one JSON object instead of the table
    #[arg(long)]
    pub(super) json: bool,

    /// Draw the query sweep to FILE, and the multiples of the floor to FILE with `-multiples` in its name
    #[arg(long, value_name = "FILE")]
    pub(super) svg: Option<PathBuf>,

    /// Measure the bare loop alone
    #[arg(long, hide = true, conflicts_with = "addr")]
    pub(super) floor_only: bool,
}

/// What runs as a process of its own.
#[derive(Debug, Subcommand)]
pub(super) enum Part {
    /// The bare loop.
    #[command(hide = true)]
    Floor(FloorArgs),
    /// The bare relay.
    #[command(hide = true)]
    Relay(RelayArgs),
    /// A server with accounts, on which passwords may be tried without end.
    #[command(hide = true)]
    Accounts,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Scenario {
    /// One speaker, one room.
    FanOut,
    /// Many small rooms, everyone speaks.
    Rooms,
    /// A steady rate of messages: how long until they arrive.
    Latency,
    /// Connections that only stay.
    Idle,
    /// Everyone asks who is there.
    Query,
    /// How many messages are accepted, and how long each takes.
    Accept,
    /// How long a server takes to start with a long history.
    Start,
    /// Pages from random places of a long history.
    Page,
    /// Memory with a long history beside a short one.
    Memory,
    /// Files, beside a bare relay; and talk while a file goes by.
    Files,
    /// Talk while passwords are tried, beside talk without; and how long unknown names take beside known ones.
    Logins,
}

/// What a server keeps messages in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum StoreKind {
    /// Memory.
    Memory,
    /// A database on disk; a message is accepted when the disk has it.
    Sqlite,
}

impl Scenario {
    /// As it is written on the command line and in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Scenario::FanOut => "fan-out",
            Scenario::Rooms => "rooms",
            Scenario::Latency => "latency",
            Scenario::Idle => "idle",
            Scenario::Query => "query",
            Scenario::Accept => "accept",
            Scenario::Start => "start",
            Scenario::Page => "page",
            Scenario::Memory => "memory",
            Scenario::Files => "files",
            Scenario::Logins => "logins",
        }
    }
}

impl BenchArgs {
    /// How long a measured run sends.
    pub(super) fn time(&self) -> Duration {
        let default = if self.quick { Duration::from_millis(300) } else { Duration::from_secs(3) };
        self.seconds.unwrap_or(default)
    }

    /// How long logins come.
    pub(super) fn login_time(&self) -> Duration {
        let default = if self.quick { Duration::from_secs(1) } else { Duration::from_secs(60) };
        self.seconds.unwrap_or(default)
    }

    /// Over what, in order.
    pub(super) fn transports(&self) -> Vec<Transport> {
        if self.transport.is_empty() { vec![Transport::Tcp] } else { self.transport.clone() }
    }

    /// Whether this scenario is to run.
    pub(super) fn wants(&self, scenario: Scenario) -> bool {
        match self.files {
            true => scenario == Scenario::Files,
            false => self.only.is_empty() || self.only.contains(&scenario),
        }
    }

    /// Whether this scenario is named.
    pub(super) fn names(&self, scenario: Scenario) -> bool {
        self.only.contains(&scenario) || self.files && scenario == Scenario::Files
    }

    /// How many bytes a file has, if it is otherwise to have so many MiB.
    pub(super) fn file_bytes(&self, mib: u64) -> u64 {
        self.file_size.map_or(if self.quick { 16 } else { mib }, u64::from) << 20
    }

    /// How many messages a long history has.
    pub(super) fn messages(&self) -> u32 {
        self.messages.unwrap_or(if self.quick { 10_000 } else { 1_000_000 })
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    if !(0.05..=600.0).contains(&seconds) {
        return Err("between 0.05 and 600 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}
