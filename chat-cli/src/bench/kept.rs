//! What keeping costs: the server with its store on disk, beside the same without it, or beside the bare disk.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result};

use super::args::StoreKind;
use super::canned::Canned;
use super::case::{Case, Pace, SHORTER, Work};
use super::disk::Disk;
use super::folder::{Folder, forget};
use super::history;
use super::page::Pages;
use super::report::Row;
use super::run::{Bench, ROOM};
use super::sample::{Measure, Sample};
use super::server_process::ServerProcess;
use super::typical::users;

/// Where the stores are, made when the first is needed.
#[derive(Debug, Default)]
pub(super) struct Stores {
    folder: Option<Folder>,
    long: Option<PathBuf>,
    short: Option<PathBuf>,
}

impl Stores {
    /// On which disk they were, if there were any.
    pub(super) fn note(&self) -> Option<String> {
        let folder = self.folder.as_ref()?;
        let place = folder.path().parent().unwrap_or(folder.path()).display();
        Some(match folder.file_system().as_deref() {
            Some("tmpfs" | "ramfs") => format!(
                "what is kept was kept in {place}, which is memory: waiting for it costs nothing. \
                 Choose a folder on a disk by --dir"
            ),
            Some(kind) => format!("what is kept was kept in {place}, file system {kind}"),
            None => format!("what is kept was kept in {place}"),
        })
    }
}

/// A server with this store; it has a folder of its own if that is on disk.
pub(super) fn serve(store: StoreKind, folder: &Path) -> Result<ServerProcess> {
    serve_with(store, folder, &[])
}

fn serve_with(store: StoreKind, folder: &Path, more: &[OsString]) -> Result<ServerProcess> {
    let mut arguments: Vec<OsString> =
        ["serve", "--json", "--listen", "127.0.0.1:0", "--trusted"].map(OsString::from).to_vec();
    match store {
        StoreKind::Memory => arguments.push("--memory".into()),
        StoreKind::Sqlite => {
            arguments.extend(["--durability", "fsync", "--data"].map(OsString::from));
            arguments.push(folder.into());
        }
    }
    arguments.extend_from_slice(more);
    ServerProcess::start(&arguments)
}

impl Bench {
    /// The figures of a case that needs a store on disk.
    pub(super) fn kept_rows(&mut self, case: &Case) -> Result<Vec<Row>> {
        let (mut servers, mut besides) = (Vec::new(), Vec::new());
        for _ in 0..self.args.repeat {
            let (server, beside) = match case.work {
                Work::Accept { pace, .. } => self.accept(case, pace)?,
                Work::Start { messages } => self.start(messages)?,
                Work::Page { messages } => self.page(case, messages)?,
                Work::Memory { messages } => {
                    (self.memory(case, messages)?, self.memory(case, messages / SHORTER)?)
                }
                _ => self.both(case)?,
            };
            servers.push(server);
            besides.push(beside);
        }
        Ok(Row::all(case, &servers, &besides))
    }

    /// With the store on disk, twice without it, and with it again: what slows the machine meanwhile slows both.
    fn both(&mut self, case: &Case) -> Result<(Sample, Sample)> {
        let kept = self.run(case, StoreKind::Sqlite)?;
        let memory = self.run(case, StoreKind::Memory)?.mean(&self.run(case, StoreKind::Memory)?);
        Ok((kept.mean(&self.run(case, StoreKind::Sqlite)?), memory))
    }

    /// One new server with that store does the work.
    fn run(&mut self, case: &Case, store: StoreKind) -> Result<Sample> {
        let server = self.serve(store)?;
        Ok(self.measure(case, &server, true)?.0)
    }

    /// A new server with that store.
    pub(super) fn serve(&mut self, store: StoreKind) -> Result<ServerProcess> {
        self.serve_with(store, &[])
    }

    /// The same, told more.
    pub(super) fn serve_with(&mut self, store: StoreKind, more: &[OsString]) -> Result<ServerProcess> {
        match store {
            StoreKind::Memory => serve_with(store, Path::new(""), more),
            StoreKind::Sqlite => serve_with(store, &self.folder()?.place(), more),
        }
    }

    /// The disk is measured before and after, half of the time each: others may use it too.
    fn accept(&mut self, case: &Case, pace: Pace) -> Result<(Sample, Sample)> {
        let (half, stop, mut disk) = (self.args.time() / 2, self.stop.clone(), Disk::new()?);
        disk.write(self.folder()?.path(), half, &stop)?;
        let server = self.run(case, StoreKind::Sqlite)?;
        let memory = match pace {
            Pace::InFlight(_) => self.run(case, StoreKind::Memory)?,
            Pace::PerSecond(_) => Sample::default(),
        };
        disk.write(self.folder()?.path(), half, &stop)?;
        let waits = Sample::default().with_waits(disk.waits());
        Ok((server, memory.only(&[Measure::Rate, Measure::Processor], waits)))
    }

    /// From disk: what the system has of the files in memory is forgotten.
    fn start(&mut self, messages: u32) -> Result<(Sample, Sample)> {
        let started = |server: &ServerProcess| {
            Sample::default().with(Measure::Start, server.started_in().as_secs_f64() * 1000.0)
        };
        let folder = self.history(messages)?;
        forget(&folder)?;
        let server = started(&serve(StoreKind::Sqlite, &folder)?);
        Ok((server, started(&self.serve(StoreKind::Memory)?)))
    }

    /// Beside the bare loop that answers with the last page as it was.
    fn page(&mut self, case: &Case, messages: u32) -> Result<(Sample, Sample)> {
        let pages = self.pages(case, messages);
        let server = serve(StoreKind::Sqlite, &self.history(messages)?)?;
        let (sample, page) = pages.read(&server, &self.stop)?;
        drop(server);
        let canned = Canned::new(case.form.typical_welcome(users(1)), page);
        let floor = ServerProcess::start(&canned.floor_arguments(case)).context("the floor")?;
        Ok((sample, pages.read(&floor, &self.stop).context("the floor")?.0))
    }

    fn memory(&mut self, case: &Case, messages: u32) -> Result<Sample> {
        let pages = self.pages(case, messages);
        let server = serve(StoreKind::Sqlite, &self.history(messages)?)?;
        let mut sample = Sample::default();
        if let Some(bytes) = server.resident_bytes() {
            sample = sample.with(Measure::AfterStart, bytes as f64 / 1024.0);
        }
        pages.read(&server, &self.stop)?;
        if let Some(bytes) = server.resident_bytes() {
            sample = sample.with(Measure::AfterPages, bytes as f64 / 1024.0);
        }
        Ok(sample)
    }

    fn pages(&mut self, case: &Case, messages: u32) -> Pages {
        self.readers += 1;
        let user = format!("reader{}", self.readers);
        Pages { user, form: case.form, room: Arc::from(ROOM), messages, time: self.args.time() }
    }

    /// A folder whose room has so many messages; made the first time.
    fn history(&mut self, messages: u32) -> Result<PathBuf> {
        let long = messages == self.args.messages();
        let kept = if long { &self.stores.long } else { &self.stores.short };
        if let Some(path) = kept {
            return Ok(path.clone());
        }
        let path = self.folder()?.place();
        history::make(&path, ROOM, messages, &self.stop)
            .with_context(|| format!("cannot make a history of {messages} messages"))?;
        let kept = if long { &mut self.stores.long } else { &mut self.stores.short };
        Ok(kept.insert(path).clone())
    }

    /// Where the stores are.
    pub(super) fn folder(&mut self) -> Result<&mut Folder> {
        if self.stores.folder.is_none() {
            self.stores.folder = Some(Folder::make(self.args.dir.as_deref())?);
        }
        self.stores.folder.as_mut().context("the folder has just been made")
    }
}
