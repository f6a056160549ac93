//! One connection: recognised at the door, read within limits, written from its outbox.

pub(crate) mod io;
pub(crate) mod outbox;
mod person;
mod reader;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chat_core::{Code, Detach, NodeId, SessionId};
use tokio::io::AsyncWrite;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::admission::Admitted;
use crate::codec::{Form, frame, text};
use crate::door::{Recognised, recognise};
use crate::engine::{Input, elapsed_ms};
use crate::limits::Limits;
use crate::notice;
use io::{Drain, Source};
use outbox::Outbox;
use reader::Reader;

/// What all connections of a server share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) limits: Arc<Limits>,
    pub(crate) inputs: mpsc::Sender<Input>,
    /// Cancelled when the server takes no more asks.
    pub(crate) ending: CancellationToken,
    /// Cancelled when the server waits for nobody any more.
    pub(crate) cut: CancellationToken,
    pub(crate) node: NodeId,
    pub(crate) next_session: Arc<AtomicU64>,
    pub(crate) start: Instant,
    pub(crate) start_rooms: Arc<[Arc<str>]>,
}

impl Shared {
    fn session(&self) -> SessionId {
        SessionId::new(self.node, self.next_session.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn now_ms(&self) -> u64 {
        elapsed_ms(self.start, Instant::now())
    }
}

/// How long a connection that has been closed may take to read its farewell.
const FAREWELL: Duration = Duration::from_secs(5);

/// Most bytes read at once; read into a buffer of the thread, so that an idle connection has none.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    static SCRATCH: std::cell::RefCell<Box<[u8]>> = std::cell::RefCell::new(vec![0; READ_BYTES].into());
}

/// Reads what is there and appends it to `partial`. Zero bytes: the end.
async fn read(source: &mut Source, partial: &mut Vec<u8>) -> std::io::Result<usize> {
    poll_fn(|cx| {
        SCRATCH.with_borrow_mut(|scratch| {
            source.poll_read(cx, scratch).map_ok(|count| {
                partial.extend_from_slice(&scratch[..count]);
                count
            })
        })
    })
    .await
}

/// Runs a connection from its first byte to its last. Its place among the admitted is given back at the end.
pub(crate) async fn serve(
    shared: Arc<Shared>,
    (mut source, drain, socket): (Source, Drain, Option<Arc<TcpStream>>),
    admitted: Admitted,
) {
    // Boxed, and dropped before the connection runs: an idle connection does not carry it along.
    let opened = Box::pin(open(&shared, &mut source, socket)).await;
    match opened {
        Opened::Speaks(reader, outbox) => run(source, drain, *reader, &outbox).await,
        Opened::Answer(bytes) => answer(drain, &bytes).await,
        Opened::Gone => {}
    }
    drop(admitted);
}

/// What a new connection turned out to be.
enum Opened {
    Speaks(Box<Reader>, Arc<Outbox>),
    /// Not a client of this chat: it gets this and is closed.
    Answer(Bytes),
    Gone,
}

async fn open(shared: &Arc<Shared>, source: &mut Source, socket: Option<Arc<TcpStream>>) -> Opened {
    let mut first = Vec::new();
    let is_silent = match recognise_first(shared, source, &mut first).await {
        Some(Recognised::NeedMore) => true,
        Some(Recognised::Person) => false,
        Some(Recognised::Framed(form)) => {
            first.drain(..frame::PREFACE_BYTES);
            return speaks(shared, form, first, false, socket);
        }
        Some(Recognised::JsonLines) => return speaks(shared, Form::JsonLines, first, false, socket),
        Some(other) => return Opened::Answer(not_for_us(other)),
        None => return Opened::Gone,
    };
    let opened = speaks(shared, Form::Text, first, is_silent, socket);
    if let Opened::Speaks(_, outbox) = &opened {
        // The greeting is far below any limit.
        let _ = outbox.push(outbox::Lane::Talk, Bytes::from_static(text::greeting().as_bytes()));
        outbox.flush();
    }
    opened
}

fn speaks(
    shared: &Arc<Shared>,
    form: Form,
    first: Vec<u8>,
    was_silent: bool,
    socket: Option<Arc<TcpStream>>,
) -> Opened {
    let outbox = Arc::new(Outbox::new(form, socket, Arc::clone(&shared.limits)));
    outbox.heard(shared.now_ms());
    let reader = Reader::new(Arc::clone(shared), Arc::clone(&outbox), first, was_silent);
    Opened::Speaks(Box::new(reader), outbox)
}

/// Reads until it is clear what the connection speaks, or until it has been silent for long enough to be a
/// person. `None`: it is gone.
async fn recognise_first(shared: &Shared, source: &mut Source, first: &mut Vec<u8>) -> Option<Recognised> {
    let start = Instant::now();
    loop {
        // A preface that comes in pieces is waited for; only silence, or typing, is a person.
        let is_preface = first.first() == Some(&frame::MAGIC[0]);
        let patience_ms = if is_preface { shared.limits.login_ms } else { shared.limits.sniff_ms };
        let deadline = start + Duration::from_millis(patience_ms);
        let read = tokio::select! {
            read = tokio::time::timeout_at(deadline, read(source, first)) => read,
            () = shared.ending.cancelled() => return None,
        };
        match (read, recognise(first)) {
            (Ok(Ok(0) | Err(_)), Recognised::NeedMore) if first.is_empty() => return None,
            (Ok(Ok(0) | Err(_)), Recognised::NeedMore) => return Some(Recognised::Person),
            (_, known) if known != Recognised::NeedMore => return Some(known),
            (Err(_), _) if is_preface => return Some(Recognised::Garbage),
            (Err(_), _) => return Some(Recognised::NeedMore),
            _ => {}
        }
    }
}

const NOT_A_WEB_SERVER: &str =
    "This is a chat server, it has no pages. Join it with `chat-cli join`, or with `nc HOST PORT`.\n";

/// What a peer is told that speaks something else, in its own protocol.
fn not_for_us(what: Recognised) -> Bytes {
    match what {
        Recognised::Http => Bytes::from(format!(
            "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{NOT_A_WEB_SERVER}",
            NOT_A_WEB_SERVER.len(),
        )),
        // RFC 8446 section 6: a fatal handshake_failure alert.
        Recognised::Tls => Bytes::from_static(&[0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x28]),
        Recognised::UnsupportedVersion => farewell(Form::JsonFrames, Code::UnsupportedVersion),
        _ => farewell(Form::Text, Code::WrongProtocol),
    }
}

/// A farewell as bytes, for connections that have no outbox.
pub(crate) fn farewell(form: Form, code: Code) -> Bytes {
    let mut bytes = BytesMut::new();
    form.encode(&crate::codec::FromServer::Closing(notice::closing(code)), false, &mut bytes);
    bytes.freeze()
}

async fn answer(mut drain: Drain, bytes: &Bytes) {
    use tokio::io::AsyncWriteExt;
    // Whoever does not want to hear why does not need to.
    let _ = timeout(FAREWELL, async {
        drain.write_all(bytes).await?;
        drain.shutdown().await
    })
    .await;
}

/// Tells a connection that is not let in why, in its own form if that shows soon.
pub(crate) async fn refuse(shared: Arc<Shared>, (mut source, drain): (Source, Drain), code: Code) {
    let mut first = Vec::new();
    let known = Box::pin(recognise_first(&shared, &mut source, &mut first)).await;
    let form = match known {
        Some(Recognised::Framed(form)) => form,
        Some(Recognised::JsonLines) => Form::JsonLines,
        Some(Recognised::NeedMore | Recognised::Person) => Form::Text,
        Some(other) => return answer(drain, &not_for_us(other)).await,
        None => return,
    };
    answer(drain, &farewell(form, code)).await;
}

async fn run(source: Source, mut drain: Drain, reader: Reader, outbox: &Outbox) {
    let (shared, session) = reader.identity();
    let written = {
        let mut reading = pin!(reader.run(source));
        tokio::select! {
            () = &mut reading => None,
            written = write_out(outbox, &mut drain, &shared.cut) => Some(written),
        }
    };
    match written {
        // The reader is done and has told the engine, or closed the outbox itself: what waits goes out.
        None => {
            let _ = timeout(FAREWELL, write_out(outbox, &mut drain, &shared.cut)).await;
        }
        // The engine closed it and all is written, or the socket broke: the engine does nothing if it knows.
        Some(_) => {
            let closing = notice::closing(Code::Left);
            let gone = Input::Gone { session, why: Detach::Drop, closing };
            // An engine that has ended has no sessions.
            let _ = shared.inputs.send(gone).await;
        }
    }
    let _ = poll_fn(|cx| Pin::new(&mut drain).poll_shutdown(cx)).await;
}

/// Writes until the outbox is closed and empty, or the transport breaks. A peer that does not read its
/// farewell is not waited for.
async fn write_out(outbox: &Outbox, drain: &mut Drain, cut: &CancellationToken) -> std::io::Result<()> {
    // Only made when it is needed: an idle connection has no timer.
    let mut patience = None;
    poll_fn(|cx| {
        let written = outbox.poll_drive(cx, drain);
        if written.is_ready() || !outbox.is_closing() {
            return written;
        }
        let patience = patience.get_or_insert_with(|| Box::pin(timeout(FAREWELL, cut.cancelled())));
        patience.as_mut().poll(cx).map(|_| Err(std::io::ErrorKind::TimedOut.into()))
    })
    .await
}
