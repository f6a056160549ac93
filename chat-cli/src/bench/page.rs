//! Pages from random places of a long history, one after the other: how long each takes until its end has arrived.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use chat_net::chat_core::{Anchor, Number};

use super::case::PAGE;
use super::dialect::{Form, Mark};
use super::random::Random;
use super::sample::{Measure, Sample, waits};
use super::server_process::ServerProcess;
use super::stop::Stop;

/// A server that says nothing for so long has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing must arrive until the join is over.
const QUIET: Duration = Duration::from_millis(300);

/// What is read from, and how.
#[derive(Clone, Debug)]
pub(super) struct Pages {
    /// The form spoken.
    pub(super) form: Form,
    /// The reader's name. The store keeps names for a while: one of its own for each.
    pub(super) user: String,
    /// The room.
    pub(super) room: Arc<str>,
    /// How many messages it has.
    pub(super) messages: u32,
    /// How long to read.
    pub(super) time: Duration,
}

impl Pages {
    /// Joins and reads; also gives the bytes of the last page, for the floor to send.
    pub(super) fn read(&self, server: &ServerProcess, stop: &Stop) -> Result<(Sample, Vec<u8>)> {
        let mut reader = Reader::join(self, server)?;
        let (mut random, mut latencies, mut pages) = (Random::default(), waits()?, 0);
        let (before, begun) = (server.processor_ns(), Instant::now());
        while begun.elapsed() < self.time {
            stop.check()?;
            let place = u64::from(PAGE) + 1 + random.below(u64::from(self.messages - PAGE));
            pages += 1;
            let asked = Instant::now();
            let count = self.page(&mut reader, place)?;
            latencies.saturating_record(asked.elapsed().as_nanos() as u64);
            ensure!(count == PAGE, "a page before number {place} has {count} messages instead of {PAGE}");
        }
        let sample = Sample::default()
            .with_waits(&latencies)
            .with_processor(server, before, pages)
            .with(Measure::Rate, pages as f64 / begun.elapsed().as_secs_f64());
        Ok((sample, reader.answer))
    }

    /// How many messages the page has that ends before the number `place`.
    fn page(&self, reader: &mut Reader, place: u64) -> Result<u32> {
        let mut question = Vec::new();
        self.form.history(1, &self.room, Anchor::Before(Number(place)), PAGE, &mut question);
        reader.stream.write_all(&question)?;
        reader.until(Mark::Answered)
    }
}

/// A client that waits: one question, one answer.
struct Reader {
    form: Form,
    stream: TcpStream,
    buffer: Vec<u8>,
    /// The last answer, whole.
    answer: Vec<u8>,
    /// What came after it.
    rest: Vec<u8>,
}

impl Reader {
    fn join(pages: &Pages, server: &ServerProcess) -> Result<Reader> {
        let form = pages.form;
        let mut stream = TcpStream::connect(server.addr())?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(&form.hello(&pages.user, &pages.room))?;
        let buffer = vec![0; 256 * 1024];
        let mut reader = Reader { form, stream, buffer, answer: Vec::new(), rest: Vec::new() };
        reader.until(form.end_of_welcome())?;
        reader.settle()?;
        Ok(reader)
    }

    /// Every newcomer is sent the last messages: passes over them, until nothing comes for a while.
    fn settle(&mut self) -> Result<()> {
        self.stream.set_read_timeout(Some(QUIET))?;
        loop {
            match self.stream.read(&mut self.buffer) {
                Ok(0) => bail!("the server closed the connection of the reader"),
                Ok(read) => self.rest.extend_from_slice(&self.buffer[..read]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => break,
                Err(e) => return Err(e.into()),
            }
        }
        while let Some((_, used)) = self.form.framing().first(&self.rest) {
            self.rest.drain(..used);
        }
        Ok(self.stream.set_read_timeout(Some(PATIENCE))?)
    }

    /// Reads on to a message of this kind and returns how many messages of the bench came before it.
    fn until(&mut self, end: Mark) -> Result<u32> {
        self.answer = std::mem::take(&mut self.rest);
        let (mut at, mut said) = (0, 0);
        loop {
            while let Some((message, used)) = self.form.framing().first(&self.answer[at..]) {
                let mark = self.form.mark(message);
                let failed = matches!(mark, Mark::Refused | Mark::Closing);
                ensure!(!failed, "the server told the reader: {}", String::from_utf8_lossy(message));
                at += used;
                said += u32::from(mark == Mark::Said);
                if mark == end {
                    self.rest = self.answer.split_off(at);
                    return Ok(said);
                }
            }
            let read = self.stream.read(&mut self.buffer)?;
            ensure!(read > 0, "the server closed the connection of the reader");
            self.answer.extend_from_slice(&self.buffer[..read]);
        }
    }
}
