//! One connection: recognised at the door, read within limits, written from its outbox.

mod browsers;
mod bytes;
mod cut;
pub(crate) mod io;
mod keep;
mod lanes;
mod login;
mod messages;
pub(crate) mod outbox;
mod person;
mod prompt;
mod reader;
#[cfg(feature = "tls")]
pub(crate) mod secure;
mod turned_away;
mod whence;
#[cfg(any(feature = "tls", feature = "web"))]
pub(crate) mod whole;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use ::bytes::Bytes;
use chat_core::{NodeId, SessionId, Timestamp};
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::admission::Admitted;
use crate::auth::{Caller, Policy};
use crate::codec::{Form, frame, text};
use crate::door::{Recognised, recognise};
use crate::engine::{Input, elapsed_ms};
use crate::limits::Limits;
use crate::stats::{ClientKind, Counters};
use crate::transfer::Transfers;
pub(crate) use browsers::Browsers;
use io::{Drain, Halves, Source};
use outbox::Outbox;
use reader::{End, Reader};
use turned_away::{answer, not_for_us, why_not};
pub(crate) use turned_away::{farewell_at_once, refuse};
pub(crate) use whence::Whence;
#[cfg(feature = "web")]
use whole::Whole;

/// What all connections of a server share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Arc<Limits>,
    pub(crate) counters: Arc<Counters>,
    /// Whether these are programs of the server's own process.
    pub(crate) is_house: bool,
    pub(crate) inputs: mpsc::Sender<Input>,
    pub(crate) transfers: Arc<Transfers>,
    /// Bytes in the largest chunk that is taken.
    pub(crate) chunk_bytes: usize,
    /// Cancelled when the server takes no more asks.
    pub(crate) ending: CancellationToken,
    /// Cancelled when the server waits for nobody any more.
    pub(crate) cut: CancellationToken,
    pub(crate) node: NodeId,
    pub(crate) next_session: Arc<AtomicU64>,
    pub(crate) start: Instant,
    /// The time of day at `start`.
    pub(crate) started: Timestamp,
    pub(crate) start_rooms: Arc<[Arc<str>]>,
    pub(crate) browsers: Arc<Browsers>,
    /// Who may come in.
    pub(crate) policy: Arc<Policy>,
    /// Whose pages may connect, beside those of the server itself.
    #[cfg(feature = "web")]
    pub(crate) origins: Arc<[String]>,
    #[cfg(feature = "web")]
    pub(crate) routes: axum::Router,
    /// How TLS is spoken; none: not at all.
    #[cfg(feature = "tls")]
    pub(crate) secure: Option<secure::Secure>,
}

impl Shared {
    /// Whether TLS is spoken.
    fn is_secure(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.secure.is_some();
        #[cfg(not(feature = "tls"))]
        false
    }

    /// What is known of a new connection.
    fn caller(&self, admitted: &Admitted) -> Box<Caller> {
        Box::new(Caller {
            address: admitted.peer(),
            counted: admitted.counted(),
            is_unlocked: self.is_house || !self.policy.has_password(),
            user: None,
        })
    }

    fn session(&self) -> SessionId {
        SessionId::new(self.node, self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    /// The time of day, for what is told without the engine.
    pub(crate) fn now(&self) -> Timestamp {
        self.started.plus_ms(self.now_ms())
    }

    pub(crate) fn now_ms(&self) -> u64 {
        elapsed_ms(self.start, Instant::now())
    }
}

/// A room's name without the `#` that people may put before it.
fn bare(room: &str) -> &str {
    room.strip_prefix('#').unwrap_or(room)
}

/// Whether two names, as written, are one room's.
pub(crate) fn same_room(a: &str, b: &str) -> bool {
    bare(a).eq_ignore_ascii_case(bare(b))
}

/// How long a connection that has been closed may take to read its farewell.
pub(crate) const FAREWELL: Duration = Duration::from_secs(5);

/// Most bytes read at once; read into a buffer of the thread, so that an idle connection has none.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    static SCRATCH: std::cell::RefCell<Box<[u8]>> = std::cell::RefCell::new(vec![0; READ_BYTES].into());
}

/// Reads what is there and appends it to `bytes`. Zero: the end.
async fn read(source: &mut Source, bytes: &mut Vec<u8>) -> std::io::Result<usize> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            source.poll_read(cx, &mut &mut scratch[..]).map_ok(|count| {
                bytes.extend_from_slice(&scratch[..count]);
                count
            })
        })
    })
    .await
}

/// Runs a connection from its first byte to its last. Its place among the admitted is given back at the end.
pub(crate) fn serve(
    shared: Arc<Shared>,
    halves: Halves,
    admitted: Admitted,
) -> impl Future<Output = ()> + Send {
    // Every rare part is boxed, so that the task of an idle connection is small.
    let opening = Box::pin(open(shared, halves, admitted));
    async move {
        if let Some(mut rest) = opening.await {
            match &mut rest {
                Opened::Speaks(connection) => connection.run().await,
                Opened::Answer(answer) => answer.await,
            }
        }
    }
}

/// What a new connection turned out to be.
enum Opened {
    Speaks(Box<Connection>),
    /// Not a client of this chat: it is told so and closed.
    Answer(Pin<Box<dyn Future<Output = ()> + Send>>),
}

async fn open(shared: Arc<Shared>, mut halves: Halves, admitted: Admitted) -> Option<Opened> {
    #[cfg(feature = "tls")]
    if let Some(secure) = shared.secure.clone() {
        return secure::open(shared, secure, halves, admitted).await;
    }
    let mut first = Vec::new();
    let silence_ms = shared.limits.sniff_ms;
    let known = recognise_first(&shared, &mut halves.0, &mut first, silence_ms, None).await?;
    open_as((known, first), None, shared, halves, admitted).await
}

/// A connection that was recognised by its `first` bytes, and is not, or no more, encrypted; then `within` says whence it
/// came.
async fn open_as(
    (known, mut first): (Recognised, Vec<u8>),
    within: Option<Whence>,
    shared: Arc<Shared>,
    (source, drain, socket): Halves,
    admitted: Admitted,
) -> Option<Opened> {
    // Of programs nobody wants to know.
    let whence = match known {
        Recognised::NeedMore | Recognised::Http => within.unwrap_or_else(|| Whence::of(&source)),
        _ => Whence::default(),
    };
    if known == Recognised::Http {
        shared.browsers.came(whence.peer);
    }
    let received = first.len();
    let (form, silent) = match known {
        Recognised::NeedMore => (Form::Text, Some(whence)),
        Recognised::Person => (Form::Text, None),
        Recognised::Framed(form) => {
            first.drain(..frame::PREFACE_BYTES);
            (form, None)
        }
        Recognised::JsonLines => (Form::JsonLines, None),
        #[cfg(feature = "web")]
        Recognised::Http => {
            let connection = Whole::new(first, (source, drain, socket));
            let (halves, form, rest) = crate::http::converse(&shared, connection, whence).await?;
            shared.counters.received(rest.len());
            return Some(Opened::Speaks(begin(shared, halves, form, &rest, None, admitted)));
        }
        other => {
            shared.counters.connection_refused(why_not(other));
            let answer = answer(drain, not_for_us(other), Some(admitted));
            return Some(Opened::Answer(Box::pin(answer)));
        }
    };
    shared.counters.received(received);
    Some(Opened::Speaks(begin(shared, (source, drain, socket), form, &first, silent, admitted)))
}

/// A connection of which it is known what it speaks, and `first` has been read; `silent`: it was not said, and whence
/// it came.
fn begin(
    shared: Arc<Shared>,
    (source, drain, socket): Halves,
    form: Form,
    first: &[u8],
    silent: Option<Whence>,
    admitted: Admitted,
) -> Box<Connection> {
    let (limits, counters) = (Arc::clone(&shared.limits), Arc::clone(&shared.counters));
    let outbox = Arc::new(Outbox::new(form, socket, limits, counters));
    shared.counters.opened(ClientKind::of(form, shared.is_house));
    outbox.heard(shared.now_ms());
    let caller = shared.caller(&admitted);
    if form == Form::Text {
        let greeting = if caller.is_unlocked { text::greeting() } else { text::locked_greeting() };
        // The greeting is far below any limit.
        let _ = outbox.push(outbox::Lane::Talk, Bytes::from_static(greeting.as_bytes()));
        outbox.flush();
    }
    let reader = Reader::new(Arc::clone(&shared), Arc::clone(&outbox), caller, first, silent);
    let login = Some(reader.login());
    Box::new(Connection { shared, reader, source, drain, outbox, login, patience: None, _admitted: admitted })
}

/// Runs a connection of which somebody else knows what it speaks.
#[cfg(feature = "web")]
pub(crate) async fn speak(shared: Arc<Shared>, halves: Halves, form: Form, first: &[u8], admitted: Admitted) {
    begin(shared, halves, form, first, None, admitted).run().await;
}

/// Reads until it is clear what the connection speaks, or until it has been silent for long enough to be a
/// person. `within` TLS it is known whence it came. `None`: it is gone.
async fn recognise_first(
    shared: &Shared,
    source: &mut Source,
    first: &mut Vec<u8>,
    mut silence_ms: u64,
    within: Option<Whence>,
) -> Option<Recognised> {
    let start = Instant::now();
    let mut is_browsers = false;
    loop {
        // A preface that comes in pieces is waited for; only silence, or typing, is a person.
        let is_preface = first.first() == Some(&frame::MAGIC[0]);
        let patience_ms = if is_preface { shared.limits.login_ms } else { silence_ms };
        let deadline = start + Duration::from_millis(patience_ms);
        let read = tokio::select! {
            read = tokio::time::timeout_at(deadline, read(source, first)) => read,
            () = shared.ending.cancelled() => return None,
        };
        let peer = || within.unwrap_or_else(|| Whence::of(source)).peer;
        match (read, recognise(first)) {
            (Ok(Ok(0) | Err(_)), Recognised::NeedMore) if first.is_empty() => return None,
            (Ok(Ok(0) | Err(_)), Recognised::NeedMore) => return Some(Recognised::Person),
            (_, known) if known != Recognised::NeedMore => return Some(known),
            (Err(_), _) if is_preface => return Some(Recognised::Garbage),
            // What was opened for later by a browser is not greeted.
            (Err(_), _) if first.is_empty() && !is_browsers && shared.browsers.were_at(peer()) => {
                is_browsers = true;
                silence_ms = silence_ms.max(shared.limits.browser_sniff_ms);
            }
            (Err(_), _) => return Some(Recognised::NeedMore),
            _ => {}
        }
    }
}

/// A connection that speaks one of the forms.
struct Connection {
    shared: Arc<Shared>,
    reader: Reader,
    source: Source,
    drain: Drain,
    outbox: Arc<Outbox>,
    /// Ends it while it has no name.
    login: Option<Pin<Box<dyn Future<Output = End> + Send>>>,
    /// Once it is closing: how long its farewell may take. Made when it is needed: an idle connection has no
    /// timer.
    patience: Option<Patience>,
    /// Its place among the admitted, given back with it.
    _admitted: Admitted,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.shared.counters.ended(ClientKind::of(self.outbox.form, self.shared.is_house));
    }
}

/// What happened to a connection.
enum Turn {
    Arrived,
    EndOfInput,
    Ends(End),
    /// The engine closed it and all is written, or the socket broke.
    Written,
}

impl Connection {
    async fn run(&mut self) {
        let ended = loop {
            let turn = match self.reader.has_input() {
                true => self.work(|reader| Box::pin(reader.consume())).await,
                false => poll_fn(|cx| self.poll_turn(cx)).await,
            };
            match turn {
                Turn::Arrived => {}
                Turn::EndOfInput => {
                    let last = |reader| -> Work<'_> { Box::pin(Reader::last_words(reader)) };
                    match self.work(last).await {
                        Turn::Ends(end) => break Some(end),
                        _ => break None,
                    }
                }
                Turn::Ends(end) => break Some(end),
                Turn::Written => break None,
            }
        };
        Box::pin(self.finish(ended)).await;
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        if self.poll_write(cx).is_ready() {
            return Poll::Ready(Turn::Written);
        }
        if let Some(login) = &mut self.login {
            if self.reader.is_attached() {
                self.login = None;
            } else if let Poll::Ready(end) = login.as_mut().poll(cx) {
                return Poll::Ready(Turn::Ends(end));
            }
        }
        // A peer that does not read what it asked for is not read either.
        if self.outbox.is_full() && self.outbox.poll_room(cx).is_pending() {
            return Poll::Pending;
        }
        self.reader.poll_read(cx, &mut self.source).map(|read| match read {
            Ok(1..) => Turn::Arrived,
            Ok(0) => Turn::EndOfInput,
            Err(_) => Turn::Ends(End::Lost),
        })
    }

    /// Writes what waits. Ready when the connection is closed and its farewell is written, or the transport
    /// broke, or the peer does not read its farewell.
    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        poll_write(&self.outbox, &mut self.drain, &mut self.patience, &self.shared.cut, cx)
    }

    /// Lets the reader work on its input, and goes on writing meanwhile: it may have to wait.
    async fn work<'a>(&'a mut self, begin: impl FnOnce(&'a mut Reader) -> Work<'a>) -> Turn {
        let mut work = begin(&mut self.reader);
        let (outbox, drain, patience) = (&self.outbox, &mut self.drain, &mut self.patience);
        let cut = &self.shared.cut;
        poll_fn(|cx| {
            // First, so that what it says last is written before the connection ends.
            if let Poll::Ready(done) = work.as_mut().poll(cx) {
                return Poll::Ready(done.map_or_else(Turn::Ends, |()| Turn::Arrived));
            }
            poll_write(outbox, drain, patience, cut, cx).map(|()| Turn::Written)
        })
        .await
    }

    async fn finish(&mut self, ended: Option<End>) {
        match ended {
            // What waits goes out, the farewell last.
            Some(end) => {
                self.reader.finish(end).await;
                poll_fn(|cx| self.poll_write(cx)).await;
            }
            // The engine does nothing if it knows.
            None => self.reader.finish(End::Lost).await,
        }
        // TLS says its own goodbye, behind all that the peer has not taken yet.
        let ending = poll_fn(|cx| Pin::new(&mut self.drain).poll_shutdown(cx));
        tokio::select! {
            _ = timeout(FAREWELL, ending) => {}
            () = self.shared.cut.cancelled() => {}
        }
    }
}

type Patience = Pin<Box<dyn Future<Output = ()> + Send>>;

fn poll_write(
    outbox: &Outbox,
    drain: &mut Drain,
    patience: &mut Option<Patience>,
    cut: &CancellationToken,
    cx: &mut Context<'_>,
) -> Poll<()> {
    if outbox.poll_drive(cx, drain).is_ready() {
        return Poll::Ready(());
    }
    if !outbox.is_closing() {
        return Poll::Pending;
    }
    let patience = patience.get_or_insert_with(|| {
        let cut = cut.clone();
        Box::pin(async move {
            let _ = timeout(FAREWELL, cut.cancelled()).await;
        })
    });
    patience.as_mut().poll(cx)
}

/// What a reader does with its input.
type Work<'a> = Pin<Box<dyn Future<Output = Result<(), End>> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use super::*;

    /// The size of what a function returns.
    fn returned<A, B, C, T>(_: fn(A, B, C) -> T) -> usize {
        size_of::<T>()
    }

    #[test]
    fn an_idle_connection_is_small() {
        assert!(returned(serve) <= 160, "the task: {} bytes", returned(serve));
        assert!(size_of::<Connection>() <= 256, "the connection: {} bytes", size_of::<Connection>());
        assert!(size_of::<Outbox>() <= 160, "its outbox: {} bytes", size_of::<Outbox>());
    }
}
