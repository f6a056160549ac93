//! Runs the cases in order, each against the server and then against the floor, and shows what came of it.

use std::io::IsTerminal;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};

use super::args::{BenchArgs, Part, Scenario, StoreKind};
use super::canned::Canned;
use super::case::{Case, Pace, Work, cases};
use super::crowd::Crowd;
use super::dialect::Mark;
use super::files::{self, Files};
use super::kept::Stores;
use super::report::{Report, Row};
use super::sample::Sample;
use super::server_process::ServerProcess;
use super::stop::Stop;
use super::transport::{Certificate, Transport};
use super::{accept, fan_out, floor, idle, latency, logins, plot, query, rooms};

/// Joins and leaves of a big room are told every two seconds; the last of them shall not fall into the run.
const BIG_ROOM: usize = 500;
const DIGEST: Duration = Duration::from_millis(2500);
/// The first room, on a server of the bench's own.
pub(super) const ROOM: &str = "bench0";

const NOTHING: &str = "there is nothing to measure: 'accept', 'start', 'page' and 'memory' need a store on disk, \
                       so leave out --addr and --store memory; over another transport than tcp there are \
                       'fan-out', 'latency' and 'idle', and no lines of people over a WebSocket";

const NOT_ITS_CERTIFICATE: &str = "over TLS, only a server that the bench starts is measured: it trusts no other \
                                   certificate than its own, so leave out --addr";

/// What all cases have in common.
#[derive(Debug)]
pub(super) struct Bench {
    pub(super) args: BenchArgs,
    pub(super) stop: Stop,
    pub(super) stores: Stores,
    pub(super) files: Files,
    /// What came out beside the figures.
    pub(super) notes: Vec<String>,
    /// Of the servers that speak TLS, made for the first.
    certificate: Option<Certificate>,
    /// How many crowds there were: no two have the same names, rooms or source addresses.
    crowds: u32,
    /// How many readers of pages there were.
    pub(super) readers: u32,
}

/// Does what the arguments say.
///
/// # Errors
/// A server that does not start, a connection that is lost, a message that does not come or comes twice.
pub(crate) fn run(args: BenchArgs) -> Result<()> {
    match args.part {
        Some(Part::Floor(args)) => return floor::run(args),
        Some(Part::Relay(args)) => return files::relay(&args),
        Some(Part::Accounts) => return logins::serve(),
        None => {}
    }
    let cases = cases(&args);
    anyhow::ensure!(!cases.is_empty(), "{NOTHING}");
    let most = cases.iter().map(|case| case.work.connections()).max().unwrap_or(0);
    allow_files(most)?;
    let mut bench = Bench {
        args,
        stop: Stop::listen()?,
        stores: Stores::default(),
        files: Files::default(),
        notes: Vec::new(),
        certificate: None,
        crowds: 0,
        readers: 0,
    };
    let mut report = Report::new(bench.args.quick, bench.args.repeat);
    if bench.args.addr.is_some() && bench.args.pid.is_none() {
        report.note("without --pid, the server's processor time and memory are left out".to_owned());
    }
    for case in &cases {
        if std::io::stderr().is_terminal() {
            eprintln!("{} {} …", case.work.scenario().name(), case.title());
        }
        let rows = bench.rows(case);
        report.rows.extend(
            rows.with_context(|| format!("{} {} failed", case.work.scenario().name(), case.title()))?,
        );
    }
    let notes = [bench.stores.note(), bench.files.note()].into_iter().flatten();
    for note in notes.chain(std::mem::take(&mut bench.notes)) {
        report.note(note);
    }
    report.compare_transports();
    if bench.args.json {
        println!("{}", report.json()?);
    } else {
        print!("{}", report.table());
    }
    if let Some(file) = &bench.args.svg {
        plot::draw(&report, file)?;
    }
    Ok(())
}

impl Bench {
    fn rows(&mut self, case: &Case) -> Result<Vec<Row>> {
        if case.work.is_kept() {
            return self.kept_rows(case);
        }
        if case.work.scenario() == Scenario::Files {
            return self.file_rows(case);
        }
        if case.work.scenario() == Scenario::Logins {
            return self.login_rows(case);
        }
        let (mut servers, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..self.args.repeat {
            let canned = if self.args.floor_only {
                Canned::typical(case)
            } else {
                let server = self.server(case.transport)?;
                let (sample, canned) = self.measure(case, &server, true)?;
                servers.push(sample);
                canned
            };
            let floor = ServerProcess::start(&canned.floor_arguments(case)).context("the floor")?;
            floors.push(self.measure(case, &floor, false).context("the floor")?.0);
        }
        Ok(Row::all(case, &servers, &floors))
    }

    fn server(&mut self, transport: Transport) -> Result<ServerProcess> {
        match self.args.addr {
            Some(_) if transport.is_secure() => anyhow::bail!("{NOT_ITS_CERTIFICATE}"),
            Some(addr) => Ok(ServerProcess::running(addr, self.args.pid)),
            None => {
                let store = self.args.store.unwrap_or(StoreKind::Memory);
                if !transport.is_secure() {
                    return self.serve(store);
                }
                let certificate = match self.certificate.take() {
                    Some(made) => made,
                    None => Certificate::make()?,
                };
                let certificate = self.certificate.insert(certificate);
                let arguments = certificate.arguments();
                self.serve_with(store, &arguments)
            }
        }
    }

    /// Connects the case's clients and does its work; also gives the bytes that the server sent.
    pub(super) fn measure(
        &mut self,
        case: &Case,
        server: &ServerProcess,
        real: bool,
    ) -> Result<(Sample, Canned)> {
        self.crowds += 1;
        let time = if is_beside_logins(case.work) { self.args.login_time() } else { self.args.time() };
        let size = case.work.room_size();
        // The floor is over bare TCP, always.
        let form = if real { case.form } else { case.form.plain() };
        let certificate = self.certificate.as_ref().filter(|_| real && case.transport.is_secure());
        let tls = certificate.map(Certificate::client);
        let counts = if matches!(case.work, Work::Query { .. }) { Mark::Answered } else { Mark::Said };
        let mut crowd = Crowd::new(form, server.addr(), self.source(), counts, self.stop.clone(), tls)?;
        let names = Names::new(self.args.addr.is_some(), self.crowds);
        let room_of = |index: usize| names.room(index / size);
        if let Work::Idle { connections, .. } = case.work {
            let sample = idle::run(&mut crowd, server, connections, &names.user, room_of)?;
            return Ok((sample, finish(crowd)));
        }
        crowd.join(case.work.connections(), &names.user, room_of)?;
        crowd.speak_at_once()?;
        crowd.settle(if real && size > BIG_ROOM { DIGEST } else { Duration::ZERO })?;
        let room: Arc<str> = names.room(0).into();
        let sample = match case.work {
            Work::FanOut { in_flight, .. } | Work::KeptFanOut { in_flight, .. } => {
                fan_out::run(&mut crowd, server, form, &room, in_flight, time)
            }
            Work::Rooms { rooms: count, in_flight, .. } => {
                let all = (0..count).map(|index| names.room(index).into()).collect();
                rooms::run(&mut crowd, server, form, all, in_flight, time)
            }
            Work::Latency { per_second, .. }
            | Work::FileTalk { per_second, .. }
            | Work::LoginTalk { per_second, .. } => {
                latency::run(&mut crowd, server, form, &room, per_second, time)
            }
            Work::Query { per_second, .. } => query::run(&mut crowd, server, form, &room, per_second, time),
            Work::Accept { senders, pace } => {
                let all: Vec<Arc<str>> = (0..senders).map(|index| names.room(index).into()).collect();
                match pace {
                    Pace::InFlight(most) => accept::at_full_speed(&mut crowd, server, form, &all, most, time),
                    Pace::PerSecond(rate) => accept::at_a_pace(&mut crowd, server, form, &all, rate, time),
                }
            }
            Work::Idle { .. }
            | Work::Start { .. }
            | Work::Page { .. }
            | Work::Memory { .. }
            | Work::Files { .. }
            | Work::LoginTimes { .. } => Ok(Sample::default()),
        }?;
        Ok((sample, finish(crowd)))
    }

    /// On one and the same server, each crowd comes from another loopback address: closed connections keep
    /// their ports for a minute. Only Linux answers to all of 127.0.0.0/8.
    fn source(&self) -> Option<Ipv4Addr> {
        let loopback = self.args.addr.is_some_and(|addr| addr.ip() == IpAddr::V4(Ipv4Addr::LOCALHOST));
        let [_, _, high, low] = self.crowds.to_be_bytes();
        (loopback && cfg!(target_os = "linux")).then(|| Ipv4Addr::new(127, 1, high, low.max(1)))
    }
}

fn is_beside_logins(work: Work) -> bool {
    matches!(work, Work::LoginTalk { .. })
}

fn finish(crowd: Crowd) -> Canned {
    let canned = Canned::of(&crowd);
    crowd.leave();
    canned
}

struct Names {
    user: String,
    room: String,
}

impl Names {
    /// On a server that runs already, sessions of an earlier bench may linger.
    fn new(shared: bool, crowd: u32) -> Names {
        let mark = if shared { format!("{}x{crowd}x", std::process::id()) } else { String::new() };
        Names { user: format!("user{mark}"), room: format!("bench{mark}") }
    }

    fn room(&self, index: usize) -> String {
        format!("{}{index}", self.room)
    }
}

/// Raises the soft limit of open files, for this process and those it starts, as far as is needed and allowed.
fn allow_files(connections: usize) -> Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let needed = connections as u64 + 64;
    let limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let raised = Rlimit { current: limit.maximum.or(Some(needed)), maximum: limit.maximum };
        setrlimit(Resource::Nofile, raised).context("cannot raise the limit of open files")?;
        anyhow::ensure!(
            limit.maximum.is_none_or(|maximum| maximum >= needed),
            "{connections} connections need {needed} open files; raise the limit (ulimit -Hn), or leave out idle"
        );
    }
    Ok(())
}
