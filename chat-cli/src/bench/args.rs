//! What `chat-cli bench` takes on the command line, and the sizes that follow from it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

use super::dialect::Form;
use super::floor::FloorArgs;

/// Measure a server beside a bare loop that writes the same bytes.
///
/// Starts a server as its own process, drives it over real sockets, does the same with the bare loop (the
/// floor), and prints both. The reach of each figure is a multiple of the floor's.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  chat-cli bench --quick                          a few seconds, small sizes
  chat-cli bench --only fan-out,rooms --repeat 5  two scenarios, medians of five runs
  chat-cli bench --json > figures.json            one JSON object
  chat-cli bench --svg sweep.svg                  draws sweep.svg and sweep-multiples.svg
  chat-cli bench --addr 127.0.0.1:8080 --pid 4711 a server that runs already")]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(super) part: Option<Part>,

    /// Drive this server instead of starting one. It needs `serve --trusted`, and `--pid` for process figures
    #[arg(long, value_name = "HOST:PORT")]
    pub(super) addr: Option<SocketAddr>,

    /// The process of the server at `--addr`, whose processor time and memory are read
    #[arg(long, requires = "addr")]
    pub(super) pid: Option<u32>,

    /// Only these scenarios
    #[arg(long, value_enum, value_delimiter = ',', value_name = "SCENARIO,…")]
    pub(super) only: Vec<Scenario>,

    /// Every scenario in this form [default: fan-out in text and binary, the others in binary]
    #[arg(long, value_enum)]
    pub(super) form: Option<Form>,

    /// Small sizes and short runs: shows that it works, not how fast it is
    #[arg(long)]
    pub(super) quick: bool,

    /// Run everything this often; medians are shown, with the lowest and highest
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) repeat: u32,

    /// How long each measured run sends [default: 3, with --quick 0.3]
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
        }
    }
}

impl BenchArgs {
    /// How long a measured run sends.
    pub(super) fn time(&self) -> Duration {
        let default = if self.quick { Duration::from_millis(300) } else { Duration::from_secs(3) };
        self.seconds.unwrap_or(default)
    }

    /// Whether this scenario is to run.
    pub(super) fn wants(&self, scenario: Scenario) -> bool {
        self.only.is_empty() || self.only.contains(&scenario)
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "a number of seconds is needed".to_owned())?;
    if !(0.05..=600.0).contains(&seconds) {
        return Err("between 0.05 and 600 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}
