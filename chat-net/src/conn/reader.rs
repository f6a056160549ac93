//! The reading half of a connection: cuts and decodes what comes, paces it, and hands it to the engine.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use chat_core::{Ask, Code, Detach, Number, Query, Refusal, RequestId, SessionId, TokenHash};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::cut::{Cut, Piece};
use super::io::Source;
use super::outbox::{Lane, Outbox};
use super::person::Person;
use super::{SCRATCH, Shared, Whence, bare, same_room};
use crate::auth::Caller;
use crate::codec::line::LineSplitter;
use crate::codec::text::PageEnd;
use crate::codec::{BadAsk, Form, Framing, FromClient, FromServer, Hello};
use crate::door::Recognised;
use crate::engine::{Connect, Input, Request};
use crate::flood::{Bucket, Pace};
use crate::identity::{By, Entered};
use crate::notice;
use crate::table::close_outbox;
use crate::transfer::Verdict;

/// Why a connection is read no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// It said goodbye, or a person hung up.
    Quit,
    /// It broke off.
    Lost,
    /// It did something for which it is closed; its session lingers.
    Closed(Code),
}

/// The reading half.
#[derive(Debug)]
pub(crate) struct Reader {
    pub(super) shared: Arc<Shared>,
    pub(super) outbox: Arc<Outbox>,
    pub(super) session: SessionId,
    pub(super) cut: Cut,
    /// What has been read and not yet used.
    pub(super) partial: BytesMut,
    /// Whether some of it has not been looked at.
    pub(super) has_input: bool,
    /// How many bytes are read straight into `partial`, which begins with a chunk that is not whole; zero if none does.
    pub(super) room: u32,
    /// Whether the last chunk that came was one of a transfer that is on its way.
    pub(super) carries: bool,
    /// What is known of who is there. Boxed: it is looked at once in a while.
    pub(super) caller: Box<Caller>,
    /// Boxed, because most connections are programs.
    pub(super) person: Option<Box<Person>>,
    pub(super) is_attached: bool,
    /// Whether the engine may know the session: from the hello on, before its verdict is here.
    is_known: bool,
    /// None where nothing is paced.
    pacing: Option<Box<Pacing>>,
    /// Decoded and paced, not yet handed over.
    pending: Vec<Request>,
}

/// How fast a connection may ask.
#[derive(Debug)]
struct Pacing {
    bucket: Bucket,
    /// Rooms it has asked to join: joining them again is free.
    joined: Vec<Arc<str>>,
}

impl Reader {
    pub(crate) fn new(
        shared: Arc<Shared>,
        outbox: Arc<Outbox>,
        caller: Box<Caller>,
        first: &[u8],
        silent: Option<Whence>,
    ) -> Reader {
        let form = outbox.form;
        let cut = match form.framing() {
            Framing::Lengths => Cut::Frames,
            Framing::Lines => Cut::Lines(LineSplitter::new(shared.limits.line_bytes)),
            Framing::WebSocket => Cut::Messages(Box::default()),
        };
        let is_locked = !caller.is_unlocked;
        let person = (form == Form::Text).then(|| Box::new(Person::new(silent, is_locked)));
        let pacing = |bucket| Box::new(Pacing { bucket, joined: Vec::new() });
        let pacing = Bucket::of(&shared.limits).map(pacing);
        let session = shared.session();
        let mut reader = Reader {
            shared,
            outbox,
            session,
            cut,
            partial: BytesMut::new(),
            has_input: false,
            room: 0,
            carries: false,
            caller,
            person,
            is_attached: false,
            is_known: false,
            pacing,
            pending: Vec::new(),
        };
        reader.arrived(first);
        reader
    }

    /// Says goodbye: to the engine if there may be a session, else to the peer alone.
    pub(super) async fn finish(&self, end: End) {
        let code = match end {
            End::Quit => Code::Left,
            End::Lost => Code::NoAnswer,
            End::Closed(code) => code,
        };
        let closing = match code {
            Code::GoingAway => notice::going_away(self.shared.limits.reconnect_after_ms),
            Code::WrongProtocol => notice::closing_saying(code, GREETED_AS_A_PERSON),
            code => notice::closing(code),
        };
        tracing::debug!(session = self.session.as_u64(), reason = code.name(), "connection ends");
        let why = if end == End::Quit { Detach::Quit } else { Detach::Drop };
        let gone = Input::Gone { session: self.session, why, closing: closing.clone() };
        if !self.is_known || self.shared.inputs.send(gone).await.is_err() {
            close_outbox(&self.outbox, &closing, true);
        }
    }

    /// Reads what is there. `Ok(0)`: the end.
    pub(super) fn poll_read(&mut self, cx: &mut Context<'_>, source: &mut Source) -> Poll<io::Result<usize>> {
        if self.room > 0 {
            return self.poll_fill(cx, source);
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let count = ready!(source.poll_read(cx, &mut &mut scratch[..]))?;
            self.outbox.heard(self.shared.now_ms());
            self.outbox.counters.received(count);
            self.arrived(&scratch[..count]);
            Poll::Ready(Ok(count))
        })
    }

    pub(super) fn has_input(&self) -> bool {
        self.has_input
    }

    /// Ends a connection that takes too long to give a name, or that has none when the server ends.
    pub(super) fn login(&self) -> Pin<Box<dyn Future<Output = End> + Send>> {
        let limits = &self.shared.limits;
        let patience_ms = if self.person.is_some() { limits.person_login_ms } else { limits.login_ms };
        let ending = self.shared.ending.clone();
        Box::pin(async move {
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(patience_ms)) => End::Closed(Code::LoginTimeout),
                () = ending.cancelled() => End::Closed(Code::GoingAway),
            }
        })
    }

    fn arrived(&mut self, fresh: &[u8]) {
        self.has_input |= !fresh.is_empty();
        match &mut self.person {
            Some(person) => {
                let mut fresh = fresh.to_vec();
                person.telnet.strip(&mut fresh);
                self.partial.extend_from_slice(&fresh);
            }
            None => self.partial.extend_from_slice(fresh),
        }
    }

    /// A person who hangs up leaves; a program may have lost its connection, and may come back.
    pub(super) async fn last_words(&mut self) -> Result<(), End> {
        if self.person.is_none() {
            return Err(End::Lost);
        }
        let last = match &self.cut {
            Cut::Lines(lines) => lines.last(&self.partial).map(<[u8]>::to_vec),
            Cut::Frames | Cut::Messages(_) => None,
        };
        if let Some(line) = last {
            self.line(&line).await?;
        }
        self.hand_over().await?;
        Err(End::Quit)
    }

    pub(super) fn is_attached(&self) -> bool {
        self.is_attached
    }

    /// Uses up all whole pieces that have come.
    pub(super) async fn consume(&mut self) -> Result<(), End> {
        self.has_input = false;
        let mut buffer = std::mem::take(&mut self.partial);
        let mut at = 0;
        let end = loop {
            if self.turns_out_foreign(&buffer[at..]) {
                break Err(End::Closed(Code::WrongProtocol));
            }
            let handled = match self.next(&mut buffer, &mut at) {
                Err(end) => Err(end),
                Ok(None) => break Ok(()),
                Ok(Some(Piece::Chunk { chunk, frame })) => match self.take_chunk(&chunk, frame) {
                    Verdict::Done => Ok(()),
                    verdict => Box::pin(self.answer_chunk(verdict)).await,
                },
                Ok(Some(Piece::Received { transfer, offset })) => {
                    match self.take_received(transfer, offset) {
                        Verdict::Done => Ok(()),
                        verdict => Box::pin(self.answer_received(verdict)).await,
                    }
                }
                Ok(Some(Piece::Line(line))) => Box::pin(self.line(&line)).await,
                Ok(Some(Piece::Ping(bytes))) => Box::pin(self.pong(&bytes)).await,
                Ok(Some(Piece::Closed(code))) => Err(self.closed(code)),
                Ok(Some(Piece::TooLong)) => Box::pin(self.refuse(RequestId::NONE, Code::LineTooLong)).await,
                Ok(Some(Piece::Payload(frame))) => match self.take_at_once(frame) {
                    None => Ok(()),
                    Some(frame) => Box::pin(self.frame(frame)).await,
                },
            };
            if handled.is_err() {
                break handled;
            }
        };
        buffer.advance(at);
        // What is left is a piece that is not whole; an idle connection keeps no buffer.
        self.partial = if buffer.is_empty() { BytesMut::new() } else { buffer };
        self.make_room();
        // What came before the end is asked all the same, however the bytes were cut.
        let handed_over = self.hand_over().await;
        end.and(handed_over)
    }

    /// Whether a connection that was taken for a person is a program of another protocol. Where a browser was is remembered:
    /// its next connection is not greeted so soon.
    fn turns_out_foreign(&self, rest: &[u8]) -> bool {
        let person = self.person.as_ref().filter(|_| !self.is_attached);
        let Some((spoken, whence)) = person.and_then(|person| person.foreign(rest)) else { return false };
        if spoken == Recognised::Http {
            self.shared.browsers.came(whence.peer);
        }
        true
    }

    /// Takes what need not wait for anything, which is nearly everything where nothing is paced; gives back
    /// the rest.
    fn take_at_once(&mut self, frame: Result<FromClient, BadAsk>) -> Option<Result<FromClient, BadAsk>> {
        let is_gated = self.shared.policy.gate().is_some();
        if self.pacing.is_some() || is_gated || !self.is_attached || self.shared.ending.is_cancelled() {
            return Some(frame);
        }
        match frame {
            // Of a deletion it is looked up first whose message that is, and keys are counted.
            Ok(FromClient::Ask { id, ask }) if !matches!(ask, Ask::Delete { .. } | Ask::Enter { .. }) => {
                self.pending.push(Request::Ask { id, ask });
            }
            Ok(FromClient::Query { id, query }) => {
                self.pending.push(Request::Query { id, query, page: None });
            }
            other => return Some(other),
        }
        None
    }

    async fn frame(&mut self, frame: Result<FromClient, BadAsk>) -> Result<(), End> {
        match frame {
            Err(bad) if bad.closes() => Err(End::Closed(bad.code)),
            Err(bad) => {
                if self.paced(bad.re, 1).await? {
                    self.hand_over().await?;
                    self.tell_refused(bad.re, bad.refusal());
                }
                Ok(())
            }
            Ok(
                FromClient::Hello(_)
                | FromClient::Unlock { .. }
                | FromClient::Login { .. }
                | FromClient::Register { .. },
            ) if self.is_attached => self.refuse(RequestId::NONE, Code::AlreadyNamed).await,
            Ok(FromClient::Hello(hello)) => {
                let weight = if hello.resume.is_some() { FREE } else { 1 };
                if self.paced(RequestId::NONE, weight).await? {
                    // What is wrong with it has been told.
                    let _ = Box::pin(self.hello(hello)).await?;
                }
                Ok(())
            }
            // What came before it is handed over all the same.
            Ok(FromClient::Bye) => Err(End::Quit),
            Ok(FromClient::Pong { .. }) => Ok(()),
            Ok(FromClient::Ping { nonce }) => {
                self.paced(RequestId::NONE, FREE).await?;
                self.push(Lane::Control, &FromServer::Pong { nonce });
                Ok(())
            }
            // Pieces of their own.
            Ok(FromClient::Chunk(_) | FromClient::Received { .. }) => Ok(()),
            Ok(FromClient::Unlock { password }) => self.unlock(&password).await,
            Ok(FromClient::Login { hello, password }) => self.login_frame(hello, password).await,
            Ok(FromClient::Register { hello, password }) => self.register_frame(hello, password).await,
            Ok(FromClient::Password { id, old, new }) => self.password_frame(id, old, new).await,
            Ok(FromClient::LogOutEverywhere { id }) => self.log_out_frame(id).await,
            Ok(FromClient::Ask { id, ask }) => self.ask(id, ask).await,
            Ok(FromClient::Query { id, query }) => self.query(id, query).await,
        }
    }

    /// Hands a hello to the engine and waits for its verdict; the number of a refusal, which is told already.
    pub(super) async fn hello(&mut self, hello: Hello) -> Result<Result<(), u16>, End> {
        if self.is_locked() {
            self.tell_refused(RequestId::NONE, notice::refusal(Code::PasswordRequired));
            return Ok(Err(Code::PasswordRequired.number()));
        }
        let by = if self.shared.is_house { By::House } else { By::Name };
        self.attach(hello, by).await
    }

    /// The same of one of whom it is known how it comes.
    pub(super) async fn attach(&mut self, mut hello: Hello, by: By) -> Result<Result<(), u16>, End> {
        // Rooms that the gate has to judge are asked for once it is known who asks.
        let judged = self.shared.policy.gate().map(|_| hello.rooms.replace(Vec::new()));
        let entered = match self.connect(hello, by).await? {
            Ok(entered) => entered,
            Err(code) => return Ok(Err(code)),
        };
        if let Some(person) = &mut self.person {
            person.name = Arc::clone(&entered.user);
        }
        self.caller.user = Some(entered.user);
        if let (Some(rooms), false) = (judged, entered.resumed) {
            let rooms = rooms.unwrap_or_else(|| self.shared.start_rooms.to_vec());
            for room in rooms {
                self.judged(RequestId::NONE, Ask::Join { room, since: None }).await?;
            }
            self.hand_over().await?;
        }
        Ok(Ok(()))
    }

    async fn connect(&mut self, hello: Hello, by: By) -> Result<Result<Entered, u16>, End> {
        let mut secret = [0; 32];
        if getrandom::fill(&mut secret).is_err() {
            tracing::error!("the system gives no random bytes, so no session can be made");
            return Err(End::Closed(Code::GoingAway));
        }
        let token: Arc<str> = blake3::Hash::from(secret).to_hex().as_str().into();
        let (verdict, accepted) = oneshot::channel();
        let connect = Connect {
            session: self.session,
            outbox: Arc::clone(&self.outbox),
            // A person is shown no secret, and could not say it.
            token_hash: match self.outbox.form {
                Form::Text => TokenHash::of_no_secret(self.session),
                _ => hash(&token),
            },
            resume_hash: hello.resume.as_deref().map(hash),
            token,
            hello,
            by,
            verdict,
        };
        // Set first: a connection that breaks while it waits for the verdict has a session all the same.
        self.is_known = true;
        self.send(Input::Connect(Box::new(connect))).await?;
        let entered = accepted.await.map_err(|_| End::Closed(Code::GoingAway))?;
        self.is_attached = entered.is_ok();
        self.is_known = self.is_attached;
        Ok(entered)
    }

    pub(super) async fn ask(&mut self, id: RequestId, ask: Ask) -> Result<(), End> {
        if !self.may_ask(id).await? {
            return Ok(());
        }
        let weight = self.weight(&ask);
        if self.paced(id, weight).await? {
            return self.judged(id, ask).await;
        }
        Ok(())
    }

    /// Puts an ask behind those already pending, if the gate lets it through.
    async fn judged(&mut self, id: RequestId, ask: Ask) -> Result<(), End> {
        let ask = match self.shared.policy.gate() {
            None => ask,
            Some(_) => match Box::pin(self.judge(ask)).await {
                Ok(ask) => ask,
                Err(refusal) => {
                    self.tell_refused(id, refusal);
                    return Ok(());
                }
            },
        };
        let request = match ask {
            Ask::Delete { room, number } => Box::pin(self.deletion(id, room, number)).await?,
            ask @ Ask::Enter { .. } => Request::Enter { id, ask, address: self.caller.counted },
            ask => Request::Ask { id, ask },
        };
        self.pending.push(request);
        Ok(())
    }

    /// What is asked of the engine so that a message goes: it has to know whose it is.
    async fn deletion(&mut self, id: RequestId, room: Arc<str>, number: Number) -> Result<Request, End> {
        let (reply, author) = oneshot::channel();
        self.follow_up(Request::Author { room: Arc::clone(&room), number, reply });
        self.hand_over().await?;
        // If it may not be looked up, the engine says why.
        Ok(Request::Delete { id, room, number, author: author.await.ok().flatten() })
    }

    pub(super) async fn query(&mut self, id: RequestId, query: Query) -> Result<(), End> {
        if self.may_ask(id).await? && self.paced(id, 1).await? {
            self.pending.push(Request::Query { id, query, page: None });
        }
        Ok(())
    }

    /// The same, and waits until it is answered: gives where the page ends that was shown, if one was.
    pub(super) async fn page(&mut self, id: RequestId, query: Query) -> Result<Option<PageEnd>, End> {
        if !self.may_ask(id).await? || !self.paced(id, 1).await? {
            return Ok(None);
        }
        let (reply, end) = oneshot::channel();
        self.pending.push(Request::Query { id, query, page: Some(reply) });
        self.hand_over().await?;
        Ok(end.await.ok())
    }

    /// Puts a request that costs nothing, and needs no pacing of its own, behind those already pending.
    pub(super) fn follow_up(&mut self, request: Request) {
        self.pending.push(request);
    }

    pub(super) async fn may_ask(&mut self, id: RequestId) -> Result<bool, End> {
        let code = match (self.is_attached, self.shared.ending.is_cancelled()) {
            (_, true) => Code::GoingAway,
            (false, _) => Code::NoName,
            (true, false) => return Ok(true),
        };
        self.refuse(id, code).await?;
        Ok(false)
    }

    /// What an ask counts: joining a room again counts next to nothing.
    fn weight(&mut self, ask: &Ask) -> u32 {
        let Some(Pacing { joined, .. }) = self.pacing.as_deref_mut() else { return 1 };
        match ask {
            Ask::Join { room, .. } => {
                if joined.iter().any(|known| same_room(known, room)) {
                    return FREE;
                }
                if joined.len() < MOST_FREE_ROOMS && bare(room).len() <= chat_core::MAX_NAME_BYTES {
                    joined.push(Arc::clone(room));
                }
            }
            Ask::Leave { room } => joined.retain(|known| !same_room(known, room)),
            _ => {}
        }
        1
    }

    /// Waits until one more may be asked, without reading on. `Ok(false)`: it was refused instead.
    pub(super) async fn paced(&mut self, id: RequestId, weight: u32) -> Result<bool, End> {
        let Some(pacing) = &mut self.pacing else { return Ok(true) };
        let (wait, refused) = match pacing.bucket.take(Instant::now(), weight) {
            Pace::Go => return Ok(true),
            Pace::Wait(wait) => (wait, false),
            Pace::Refuse(wait) => (wait, weight == 1),
        };
        Box::pin(self.held_back(id, wait, refused)).await
    }

    async fn held_back(&mut self, id: RequestId, wait: Duration, refused: bool) -> Result<bool, End> {
        self.hand_over().await?;
        tokio::time::sleep(wait).await;
        // It was this end that did not listen: that is no silence of the peer.
        self.outbox.heard(self.shared.now_ms());
        if refused {
            let retry_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX).max(1000);
            let message = "too many asks for too long (limiter: asks); pause, then go on slower";
            self.tell_refused(id, notice::refusal_saying(Code::SlowDown, message, Some(retry_ms)));
        }
        Ok(!refused)
    }

    /// Hands what is pending to the engine, in one piece.
    pub(super) async fn hand_over(&mut self) -> Result<(), End> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let requests = std::mem::take(&mut self.pending);
        self.send(Input::Requests { session: self.session, requests }).await
    }

    pub(super) async fn send(&self, input: Input) -> Result<(), End> {
        self.shared.inputs.send(input).await.map_err(|_| End::Closed(Code::GoingAway))
    }

    /// Refuses something here. It counts like an ask: what is answered is paced.
    pub(super) async fn refuse(&mut self, re: RequestId, code: Code) -> Result<(), End> {
        if self.paced(re, 1).await? {
            self.tell_refused(re, notice::refusal(code));
        }
        Ok(())
    }

    pub(super) fn tell_refused(&mut self, re: RequestId, refusal: Refusal) {
        self.outbox.counters.refused(refusal.code);
        let mut bytes = BytesMut::new();
        self.outbox.form.encode(&notice::refused(re, self.shared.now(), refusal), false, &mut bytes);
        self.tell(bytes);
    }

    /// Tells something that is made here, behind the answers to all that was asked before.
    pub(super) fn tell(&mut self, bytes: BytesMut) {
        match self.is_attached && !self.shared.ending.is_cancelled() {
            true => self.pending.push(Request::Tell { bytes: bytes.freeze() }),
            false => self.push_bytes(Lane::Talk, bytes),
        }
    }

    fn push(&self, lane: Lane, frame: &FromServer) {
        let mut bytes = BytesMut::new();
        self.outbox.form.encode(frame, false, &mut bytes);
        self.push_bytes(lane, bytes);
    }

    pub(super) fn push_bytes(&self, lane: Lane, bytes: BytesMut) {
        if self.outbox.push(lane, bytes.freeze()).is_err() {
            close_outbox(&self.outbox, &notice::closing(Code::SlowReader), false);
        }
        self.outbox.flush();
    }
}

/// Why a program is turned away that came late with its first bytes.
const GREETED_AS_A_PERSON: &str =
    "this connection was greeted as a person after a silence; a program must send its first bytes at once";

/// The weight of what counts next to nothing.
pub(super) const FREE: u32 = 10;

/// How many rooms are remembered for joining again.
const MOST_FREE_ROOMS: usize = 100;

fn hash(secret: &str) -> TokenHash {
    TokenHash(*blake3::hash(secret.as_bytes()).as_bytes())
}
