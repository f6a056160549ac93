//! The clients: many connections in one non-blocking loop, as cheap as they can be, the same for server and floor.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};
use rustix::io::Errno;
use rustls::ClientConfig;
use socket2::{Domain, Socket, Type};

use super::dialect::{Form, Mark};
use super::stop::Stop;
use super::timer::{TIMER, Timer};
use super::transport::{Wire, websocket};

const READ_BYTES: usize = 256 * 1024;
/// So many connections may wait for their welcome; more would overflow a listener's queue.
const UNANSWERED: usize = 100;
/// After so long without a message that is due, the run has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long nothing must arrive until the joins are over.
const QUIET: Duration = Duration::from_millis(300);

/// All connections of one run.
#[derive(Debug)]
pub(super) struct Crowd {
    form: Form,
    /// None: it goes over the bare socket.
    tls: Option<Arc<ClientConfig>>,
    addr: SocketAddr,
    /// Where connections come from, so that one run's closed ones do not use up the next one's ports.
    source: Option<Ipv4Addr>,
    counts: Mark,
    members: Vec<Member>,
    unanswered: usize,
    sample: Vec<u8>,
    poll: Poll,
    events: Events,
    timer: Timer,
    buffer: Vec<u8>,
    last_arrival: Instant,
    last_heard: Instant,
    stop: Stop,
}

#[derive(Debug)]
struct Member {
    wire: Wire,
    /// What it says first, while it waits for its WebSocket to begin.
    greeting: Option<Vec<u8>>,
    /// The beginning of a message whose rest is to come.
    begun: Vec<u8>,
    /// What the socket did not take.
    unsent: Vec<u8>,
    /// Whether the poller tells when the socket takes more.
    waits: bool,
    joined: bool,
    heard: u64,
    welcome: Vec<u8>,
}

/// Is told for each read: which client, how many messages of the kind that counts, and when.
pub(super) type Heard<'h> = &'h mut dyn FnMut(usize, u64, Instant);

impl Crowd {
    /// Nobody yet. `counts` is the kind of message that the run waits for.
    pub(super) fn new(
        form: Form,
        addr: SocketAddr,
        source: Option<Ipv4Addr>,
        counts: Mark,
        stop: Stop,
        tls: Option<Arc<ClientConfig>>,
    ) -> Result<Crowd> {
        let poll = Poll::new()?;
        let timer = Timer::new(poll.registry())?;
        let now = Instant::now();
        Ok(Crowd {
            form,
            tls,
            addr,
            source,
            counts,
            members: Vec::new(),
            unanswered: 0,
            sample: Vec::new(),
            poll,
            events: Events::with_capacity(2048),
            timer,
            buffer: vec![0; READ_BYTES],
            last_arrival: now,
            last_heard: now,
            stop,
        })
    }

    /// Connects `count` clients, each into the room that `room` says, and returns when all are members.
    pub(super) fn join(&mut self, count: usize, prefix: &str, room: impl Fn(usize) -> String) -> Result<()> {
        for index in 0..count {
            let hello = self.form.hello(&format!("{prefix}{index}"), &room(index));
            self.connect(&hello).with_context(|| format!("connection {} of {count}", index + 1))?;
            if index % 8 == 7 {
                self.turn(Some(Instant::now()), &mut |_, _, _| {})?;
            }
            self.wait_until_unanswered(UNANSWERED)?;
        }
        self.wait_until_unanswered(0)
    }

    fn wait_until_unanswered(&mut self, most: usize) -> Result<()> {
        let since = Instant::now();
        while self.unanswered > most {
            self.turn(None, &mut |_, _, _| {})?;
            if since.elapsed() > PATIENCE {
                bail!(
                    "{} of {} connections got no answer to their hello",
                    self.unanswered,
                    self.members.len()
                );
            }
        }
        Ok(())
    }

    fn connect(&mut self, hello: &[u8]) -> Result<()> {
        // Not to wait for the handshake costs less; over loopback it is over when connect returns.
        let socket = Socket::new(Domain::for_address(self.addr), Type::STREAM.nonblocking(), None)?;
        if let (Some(source), SocketAddr::V4(_)) = (self.source, self.addr) {
            socket.bind(&SocketAddr::from((source, 0)).into())?;
        }
        match socket.connect(&self.addr.into()) {
            Err(e) if e.raw_os_error() == Some(Errno::INPROGRESS.raw_os_error()) => {}
            other => other?,
        }
        let mut stream = TcpStream::from_std(socket.into());
        let token = Token(self.members.len());
        self.poll.registry().register(&mut stream, token, Interest::READABLE)?;
        self.unanswered += 1;
        let upgrade = self.form.subprotocol().map(|name| websocket::upgrade(&self.addr.to_string(), name));
        self.members.push(Member {
            wire: Wire::new(stream, self.tls.as_ref())?,
            greeting: upgrade.is_some().then(|| hello.to_vec()),
            begun: Vec::new(),
            unsent: Vec::new(),
            waits: false,
            joined: false,
            heard: 0,
            welcome: Vec::new(),
        });
        self.send(token.0, upgrade.as_deref().unwrap_or(hello))
    }

    /// From now on each message goes out at once, however short.
    pub(super) fn speak_at_once(&self) -> Result<()> {
        self.members.iter().try_for_each(|member| Ok(member.wire.stream.set_nodelay(true)?))
    }

    /// Returns when nothing has arrived for a while, and not before `at_least` has passed.
    pub(super) fn settle(&mut self, at_least: Duration) -> Result<()> {
        let begun = Instant::now();
        self.last_arrival = begun;
        while begun.elapsed() < at_least || self.last_arrival.elapsed() < QUIET {
            self.turn(Some(Instant::now() + Duration::from_millis(50)), &mut |_, _, _| {})?;
        }
        self.last_heard = Instant::now();
        Ok(())
    }

    /// How many clients there are.
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    /// The last message that counted, whole, as the last client got it.
    pub(super) fn sample(&self) -> &[u8] {
        &self.sample
    }

    /// What answered the hello of the client in the middle: neither the first nor the fullest room.
    pub(super) fn welcome(&self) -> &[u8] {
        self.members.get(self.members.len() / 2).map_or(&[], |member| &member.welcome)
    }

    /// Sends as one client, now if the socket takes it.
    pub(super) fn send(&mut self, index: usize, bytes: &[u8]) -> Result<()> {
        let member = &mut self.members[index];
        if !member.unsent.is_empty() {
            member.unsent.extend_from_slice(bytes);
            return Ok(());
        }
        let sent = match member.wire.write(bytes) {
            Ok(sent) => sent,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => 0,
            Err(e) => return Err(e).with_context(|| format!("client {index} cannot send")),
        };
        member.unsent.extend_from_slice(&bytes[sent..]);
        self.watch(index)
    }

    /// Lets the poller tell when the socket takes more, as long as something waits for that.
    fn watch(&mut self, index: usize) -> Result<()> {
        let member = &mut self.members[index];
        let waits = !member.unsent.is_empty() || member.wire.has_unsent();
        if waits || member.waits {
            member.waits = waits;
            let interest = if waits { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
            self.poll.registry().reregister(&mut member.wire.stream, Token(index), interest)?;
        }
        Ok(())
    }

    /// Waits until something arrives, or until `deadline`, and reads all that is there.
    pub(super) fn turn(&mut self, deadline: Option<Instant>, heard: Heard<'_>) -> Result<()> {
        self.stop.check()?;
        let timeout = self.timer.set(deadline)?;
        let mut events = std::mem::replace(&mut self.events, Events::with_capacity(0));
        let polled = self.poll.poll(&mut events, Some(timeout));
        let outcome = match polled {
            Err(e) if e.kind() == ErrorKind::Interrupted => Ok(()),
            Err(e) => Err(e.into()),
            Ok(()) => self.handle(&events, heard),
        };
        self.events = events;
        outcome
    }

    /// Fails if what is due has not come for a long time.
    pub(super) fn check_patience(&self) -> Result<()> {
        if self.last_heard.elapsed() > PATIENCE {
            let least = self.members.iter().skip(1).map(|member| member.heard).min().unwrap_or(0);
            bail!("messages are missing: nothing has come for {PATIENCE:?}; one client has {least}");
        }
        Ok(())
    }

    /// Fails unless each client has heard as many messages as `due` says: none lost, none twice.
    pub(super) fn expect(&self, due: impl Fn(usize) -> u64) -> Result<()> {
        for (index, member) in self.members.iter().enumerate() {
            let due = due(index);
            anyhow::ensure!(member.heard == due, "client {index} got {} messages of {due}", member.heard);
        }
        Ok(())
    }

    fn handle(&mut self, events: &Events, heard: Heard<'_>) -> Result<()> {
        for event in events {
            let Token(index) = event.token();
            if event.token() == TIMER {
                continue;
            }
            if event.is_readable() {
                self.read(index, heard)?;
                if self.members[index].wire.is_secure() {
                    self.watch(index)?;
                }
            }
            if event.is_writable() {
                self.send_rest(index)?;
            }
        }
        Ok(())
    }

    fn send_rest(&mut self, index: usize) -> Result<()> {
        let member = &mut self.members[index];
        if !member.waits {
            return Ok(());
        }
        member.wire.flush()?;
        let rest = std::mem::take(&mut member.unsent);
        self.send(index, &rest)
    }

    fn read(&mut self, index: usize, heard: Heard<'_>) -> Result<()> {
        loop {
            let member = &mut self.members[index];
            let begun = member.begun.len();
            self.buffer[..begun].copy_from_slice(&member.begun);
            let read = match member.wire.read(&mut self.buffer[begun..]) {
                Ok(0) => bail!("the server closed the connection of client {index}"),
                Ok(read) => read,
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e).with_context(|| format!("client {index} cannot read")),
            };
            let now = Instant::now();
            self.last_arrival = now;
            let count = self.take_messages(index, begun + read)?;
            if count > 0 {
                self.last_heard = now;
                heard(index, count, now);
            }
            // The poller tells of each arrival once; a read that does not fill the buffer got all, without TLS.
            if begun + read < self.buffer.len() && !self.members[index].wire.is_secure() {
                return Ok(());
            }
        }
    }

    /// Counts what is in the first `filled` bytes of the buffer, and keeps the message that is begun.
    fn take_messages(&mut self, index: usize, filled: usize) -> Result<u64> {
        let Some(mut at) = self.begin_websocket(index, filled)? else {
            self.members[index].begun = self.buffer[..filled].to_vec();
            return Ok(0);
        };
        let (framing, is_last) = (self.form.framing(), index + 1 == self.members.len());
        let member = &mut self.members[index];
        let (mut count, mut pongs) = (0, Vec::new());
        let mut sample = 0..0;
        while let Some((message, used)) = framing.first(&self.buffer[at..filled]) {
            let mark = self.form.mark(message);
            if mark == self.counts && member.joined {
                count += 1;
                sample = at..at + used;
            } else if !member.joined {
                member.welcome.extend_from_slice(&self.buffer[at..at + used]);
            }
            match mark {
                Mark::Refused | Mark::Closing => {
                    bail!("the server told client {index}: {}", String::from_utf8_lossy(message))
                }
                Mark::Ping => pongs.extend(self.form.pong(message)),
                Mark::Said | Mark::Members | Mark::Answered | Mark::Other => {}
            }
            if !member.joined && mark == self.form.end_of_welcome() {
                member.joined = true;
                self.unanswered -= 1;
            }
            at += used;
        }
        anyhow::ensure!(filled - at < self.buffer.len(), "client {index} got a message without end");
        member.begun.clear();
        member.begun.extend_from_slice(&self.buffer[at..filled]);
        member.heard += count;
        if is_last && !sample.is_empty() {
            self.sample.clear();
            self.sample.extend_from_slice(&self.buffer[sample]);
        }
        if !pongs.is_empty() {
            self.send(index, &pongs)?;
        }
        Ok(count)
    }

    /// How many of the first bytes of the buffer are no messages; none if a WebSocket is yet to begin.
    fn begin_websocket(&mut self, index: usize, filled: usize) -> Result<Option<usize>> {
        let member = &mut self.members[index];
        if member.greeting.is_none() {
            return Ok(Some(0));
        }
        let Some(used) = websocket::accepted(&self.buffer[..filled])? else { return Ok(None) };
        if let Some(hello) = member.greeting.take() {
            self.send(index, &hello)?;
        }
        Ok(Some(used))
    }

    /// How all of them speak.
    pub(super) fn form(&self) -> Form {
        self.form
    }

    /// Everyone says goodbye, so that nothing of this run is left in a server that goes on.
    pub(super) fn leave(mut self) {
        let bye = self.form.bye();
        for index in 0..self.members.len() {
            // The run is over: who cannot say it is gone anyway.
            let _ = self.send(index, &bye);
        }
    }
}
