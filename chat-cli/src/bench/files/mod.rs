//! Files: what a transfer takes, beside a bare relay between sockets, and what it costs those who only talk.

mod ends;
mod member;
mod relay;
mod source;
mod transfer;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};

use super::case::{Case, Work};
use super::folder::Folder;
use super::report::Row;
use super::run::Bench;
use super::sample::{Measure, Sample};
use super::server_process::ServerProcess;

use ends::Ends;
pub(crate) use relay::{RelayArgs, run as relay};
use transfer::Circle;

const GIB: f64 = (1 << 30) as f64;
const MIB: f64 = (1 << 20) as f64;

/// Where files are put unless a folder is given: in memory, so that it is the way that is measured and not a disk.
const MEMORY: &str = "/dev/shm";

/// Bytes of a file that is sent before the one that is measured.
const WARM_UP: u64 = 16 << 20;

/// Files of a run's usual size that are there at once: the source, and what arrives.
const MOST_RECEIVERS: u64 = 10;

/// What the files of a run need, made when the first is needed.
#[derive(Debug, Default)]
pub(super) struct Files {
    folder: Option<Folder>,
    source: Option<(PathBuf, u64)>,
    warm_up: Option<PathBuf>,
}

impl Files {
    /// Where they were, if there were any.
    pub(super) fn note(&self) -> Option<String> {
        let folder = self.folder.as_ref()?;
        let place = folder.path().parent().unwrap_or(folder.path()).display();
        Some(format!(
            "files were in {place}, file system {}",
            folder.file_system().as_deref().unwrap_or("unknown")
        ))
    }

    /// Makes the folder in the chosen place; or in memory, if `bytes` find room there.
    pub(super) fn make(&mut self, chosen: Option<&Path>, bytes: u64) -> Result<()> {
        let memory = Path::new(MEMORY);
        let place = chosen.or_else(|| has_space(memory, bytes).then_some(memory));
        self.folder = Some(Folder::make(place)?);
        Ok(())
    }

    fn folder(&mut self) -> Result<&mut Folder> {
        self.folder.as_mut().context("no folder was made for files")
    }

    /// A file of that size, whose bytes no hash and no file system can make shorter.
    fn source(&mut self, bytes: u64) -> Result<PathBuf> {
        if let Some((path, size)) = &self.source
            && *size == bytes
        {
            return Ok(path.clone());
        }
        if let Some((old, _)) = self.source.take() {
            std::fs::remove_file(old)?;
        }
        let path = self.new_source(bytes)?;
        self.source = Some((path.clone(), bytes));
        Ok(path)
    }

    /// A short file, for what is not measured.
    fn warm_up(&mut self) -> Result<PathBuf> {
        if self.warm_up.is_none() {
            self.warm_up = Some(self.new_source(WARM_UP)?);
        }
        self.warm_up.clone().context("no file was made")
    }

    fn new_source(&mut self, bytes: u64) -> Result<PathBuf> {
        let path = self.folder()?.place();
        source::make(&path, bytes).with_context(|| format!("cannot make a file of {bytes} bytes"))?;
        Ok(path)
    }
}

impl Bench {
    /// The figures of a case about files.
    pub(super) fn file_rows(&mut self, case: &Case) -> Result<Vec<Row>> {
        if self.files.folder.is_none() {
            let dir = self.args.dir.as_deref();
            self.files.make(dir, self.args.file_bytes(256) * (MOST_RECEIVERS + 2))?;
        }
        let (mut servers, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..self.args.repeat {
            let (server, floor) = match case.work {
                Work::Files { receivers, bytes, chunk_bytes } => (
                    self.through_server(receivers, bytes, chunk_bytes)?,
                    self.through_relay(receivers, bytes)?,
                ),
                _ => self.talk_beside_files(case)?,
            };
            servers.push(server);
            floors.push(floor);
        }
        Ok(Row::all(case, &servers, &floors))
    }

    fn through_server(&mut self, receivers: usize, bytes: u64, chunk_bytes: u32) -> Result<Sample> {
        self.stop.check()?;
        let (short, source) = (self.files.warm_up()?, self.files.source(bytes)?);
        let folder = self.files.folder()?.path();
        let server = serve()?;
        let mut circle = Circle::connect(server.addr(), receivers)?;
        // The first transfer warms up what every later one finds warm: threads, allocator, the file in memory.
        circle.send(&short, chunk_bytes, folder)?;
        let before = Cost::of(&server);
        let took = circle.send(&source, chunk_bytes, folder)?;
        let sample = before.sample(&server, took, bytes, receivers);
        Ok(sample.with(Measure::FilesRate, rate(bytes, receivers, took)))
    }

    fn through_relay(&mut self, receivers: usize, bytes: u64) -> Result<Sample> {
        self.stop.check()?;
        let source = self.files.source(bytes)?;
        let folder = self.files.folder()?.path().to_owned();
        let relay = start_relay(receivers)?;
        let before = Cost::of(&relay);
        let took = ends::send(relay.addr(), Ends::Bare { bytes }, receivers)?;
        let sample = before.sample(&relay, took, bytes, receivers);
        drop(relay);
        let relay = start_relay(receivers)?;
        let files = Ends::Files { source: &source, folder: &folder };
        let took = ends::send(relay.addr(), files, receivers)?;
        Ok(sample.with(Measure::FilesRate, rate(bytes, receivers, took)))
    }

    /// How long messages take while a file goes to one of the room's members, and how long without.
    fn talk_beside_files(&mut self, case: &Case) -> Result<(Sample, Sample)> {
        let Work::FileTalk { bytes, .. } = case.work else { return Ok(Default::default()) };
        let quiet = self.measure(case, &serve()?, true)?.0;
        // A server of its own: the first one still holds the names of those who only broke off.
        let server = serve()?;
        let source = self.files.source(bytes)?;
        let folder = self.files.folder()?.path().to_owned();
        // Connected before the talk begins, which waits until nobody joins or leaves any more.
        let mut circle = Circle::connect(server.addr(), 1)?;
        let done = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&done);
        // In a process of its own would be fairer to the talk; but then it could not be stopped when the talk is done.
        let files = std::thread::spawn(move || -> Result<()> {
            while !stop.load(Ordering::Relaxed) {
                circle.send(&source, 0, &folder)?;
            }
            Ok(())
        });
        let busy = self.measure(case, &server, true);
        done.store(true, Ordering::Relaxed);
        files.join().map_err(|_| anyhow!("the transfers panicked"))??;
        Ok((busy?.0, quiet))
    }
}

fn has_space(place: &Path, bytes: u64) -> bool {
    #[cfg(unix)]
    let free = rustix::fs::statvfs(place).map(|of| of.f_bavail.saturating_mul(of.f_frsize));
    #[cfg(not(unix))]
    let free = std::fs::metadata(place).map(|_| 0);
    free.is_ok_and(|free| free >= bytes)
}

/// What a process had used and held before.
struct Cost {
    processor_ns: Option<u64>,
    resident: Option<u64>,
}

impl Cost {
    fn of(process: &ServerProcess) -> Cost {
        Cost { processor_ns: process.processor_ns(), resident: process.resident_bytes() }
    }

    fn sample(&self, process: &ServerProcess, took: Duration, bytes: u64, receivers: usize) -> Sample {
        let all = bytes as f64 * receivers as f64;
        let mut sample = Sample::default().with(Measure::FileRate, rate(bytes, receivers, took));
        if let (Some(before), Some(after)) = (self.processor_ns, process.processor_ns()) {
            sample = sample.with(Measure::PerGib, after.saturating_sub(before) as f64 / 1e6 / (all / GIB));
        }
        if let (Some(before), Some(peak)) = (self.resident, process.peak_bytes()) {
            sample = sample.with(Measure::Grown, peak.saturating_sub(before) as f64 / 1024.0);
        }
        sample
    }
}

/// MiB a second, at all receivers together.
fn rate(bytes: u64, receivers: usize, took: Duration) -> f64 {
    bytes as f64 * receivers as f64 / MIB / took.as_secs_f64()
}

fn start_relay(receivers: usize) -> Result<ServerProcess> {
    ServerProcess::start(&["bench", "relay", "--receivers", &receivers.to_string()])
}

fn serve() -> Result<ServerProcess> {
    let arguments =
        ["serve", "--json", "--listen", "127.0.0.1:0", "--trusted", "--memory", "--limit", "chunk=1MiB"];
    ServerProcess::start(&arguments)
}
