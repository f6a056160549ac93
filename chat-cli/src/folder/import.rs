//! `import`: a new data folder from an export.

use std::fs::File;
use std::io::{BufRead, BufReader, Read, stdin};

use anyhow::{Context, bail};
use chat_net::chat_core::{Seq, Stamp};
use chat_net::codec::{FromServer, Told, json};
use chat_net::sqlite::ImportError;
use chat_net::{Import, Past};
use serde::Deserialize;

use super::VERSION;
use super::args::ImportArgs;
use super::print::count;
use crate::exit::Exit;
use crate::settings::data_folder;
use crate::{output, store};

/// The longest line that is read; no event has a longer one.
const LINE_BYTES: u64 = 1 << 20;

/// The first line of an export.
#[derive(Deserialize)]
struct Header {
    export: String,
    version: u32,
}

/// Imports.
///
/// # Errors
/// It is no export, or there is a history in the folder already; each says what to do.
pub(crate) fn run(args: &ImportArgs) -> anyhow::Result<Exit> {
    let folder = data_folder(&args.data)?;
    let source: Box<dyn Read> = match args.file.as_os_str() {
        file if file == "-" => Box::new(stdin()),
        file => Box::new(File::open(file).with_context(|| format!("cannot read {}", args.file.display()))?),
    };
    let mut lines = Lines { source: BufReader::new(source), number: 0, line: Vec::new() };
    header(lines.next()?)?;
    // Only now: nothing is made for what is no export.
    let mut import = Import::create(&folder).map_err(|error| store::cannot_open(&error))?;
    if let Err(error) = read(&mut lines, &mut import) {
        return Err(match import.abandon() {
            Ok(()) => error,
            Err(remains) => {
                error.context(format!("what was begun in {} is still there ({remains})", folder.display()))
            }
        });
    }
    let done = import.finish().map_err(|error| store::failed(&error))?;
    let (events, rooms) = (count(done.events, "event"), count(done.rooms, "room"));
    output::status(&format!("- {events} in {rooms} are in {}", folder.display()));
    if done.dropped > 0 {
        let dropped = done.dropped;
        output::status(&format!(
            "- {dropped} were left out: numbers are missing behind them, and history has no holes"
        ));
    }
    Ok(Exit::Done)
}

/// All events, one after the other; a complaint names its line.
fn read<R: Read>(lines: &mut Lines<R>, import: &mut Import) -> anyhow::Result<()> {
    while let Some(line) = lines.next()? {
        let taken = event(line).and_then(|(room, past)| match import.event(&room, past) {
            Err(ImportError::Store(error)) => Err(store::failed(&error)),
            taken => Ok(taken?),
        });
        taken.with_context(|| format!("line {}", lines.number))?;
    }
    Ok(())
}

fn header(line: Option<&[u8]>) -> anyhow::Result<()> {
    let header = line.and_then(|line| serde_json::from_slice::<Header>(line).ok());
    match header.filter(|header| header.export == "chat") {
        Some(Header { version: VERSION, .. }) => Ok(()),
        Some(Header { version, .. }) => {
            bail!("this is an export of version {version}; a newer chat-cli is needed to import it")
        }
        None => bail!(
            "this is no export: its first line should be {{\"export\":\"chat\",…}}, as 'chat-cli export' writes"
        ),
    }
}

/// The event of a line, and its room. Its place in the log is not exported: the import gives it a new one.
fn event(line: &[u8]) -> anyhow::Result<(String, Past)> {
    let FromServer::Told(Told { at, event, .. }) = json::decode_server(line)? else {
        bail!("this is no event; leave it out");
    };
    let room = event.place().map(|place| place.room.to_string());
    let room = room.context("this is no event of a room; leave it out")?;
    Ok((room, Past { stamp: Stamp { seq: Seq(0), at }, event }))
}

/// Lines of bounded length, counted.
struct Lines<R> {
    source: BufReader<R>,
    number: usize,
    line: Vec<u8>,
}

impl<R: Read> Lines<R> {
    /// The next one, without its end.
    fn next(&mut self) -> anyhow::Result<Option<&[u8]>> {
        self.line.clear();
        self.number += 1;
        let read = self.source.by_ref().take(LINE_BYTES).read_until(b'\n', &mut self.line);
        if read.with_context(|| format!("cannot read line {}", self.number))? == 0 {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
        } else if self.line.len() as u64 == LINE_BYTES {
            bail!("line {} is longer than any event", self.number);
        }
        Ok(Some(&self.line))
    }
}
