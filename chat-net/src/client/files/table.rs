//! What the driver of a client, the tasks of its transfers and the threads at its disks share.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use chat_core::{Event, Offer, TransferId, UserName};
use tokio::sync::{Notify, mpsc};

use super::error::FileError;
use super::inlet::{Came, Inlet};
use super::ledger::Ledger;
use super::pass::Pass;
use super::sending::{Found, Sending};
use crate::codec::{Chunk, Credit, ProtocolError, Told};
use crate::lock::lock;

/// Words to tasks that wait; behind them the link is not read. Tasks take them as soon as they run.
const WORDS: usize = 4096;

/// See the module. Locks are taken in the order table, transfer, pass; none is held while anything waits.
#[derive(Debug)]
pub(crate) struct Files {
    state: Mutex<State>,
    /// The driver has something to do.
    stirred: Notify,
    words: AtomicUsize,
    /// Weight of bytes that came and are not on a disk.
    waiting: AtomicUsize,
    limit: usize,
}

#[derive(Debug, Default)]
struct State {
    sending: BTreeMap<TransferId, Arc<Sending>>,
    receiving: BTreeMap<TransferId, Arc<Receiving>>,
    ledger: Ledger,
    user: Option<UserName>,
    is_online: bool,
    has_ended: bool,
    acknowledgements: BTreeMap<TransferId, u64>,
    chunks: VecDeque<OutChunk>,
}

/// What the driver looks at before it waits.
#[derive(Debug)]
pub(crate) struct Glance {
    pub(crate) acknowledgements: BTreeMap<TransferId, u64>,
    /// A chunk waits for the link.
    pub(crate) has_chunk: bool,
    pub(crate) is_sending: bool,
    /// Chunks are to be expected.
    pub(crate) is_receiving: bool,
}

/// A received file, as the driver sees it.
#[derive(Debug)]
pub(super) struct Receiving {
    pub(super) transfer: TransferId,
    pub(super) inlet: Inlet,
    pub(super) words: Words,
    /// Everything before it is on the disk.
    pub(super) written: AtomicU64,
    /// Now and then, while bytes are written.
    pub(super) grown: Notify,
}

/// A chunk that was read and waits for the link: what stands before its bytes, and these.
#[derive(Debug)]
pub(crate) struct OutChunk {
    pub(super) sending: Arc<Sending>,
    pub(super) pass: Arc<Pass>,
    pub(crate) head: Bytes,
    pub(crate) data: Bytes,
}

/// What a task is told.
#[derive(Debug)]
pub(super) enum Word {
    /// What the server told of the transfer.
    Told {
        past: bool,
        event: Event,
    },
    Offline,
    /// There is a link again; `resumed`: to the same session.
    Online {
        resumed: bool,
    },
    /// The server did what no server does.
    Broken(&'static str),
    /// The client has ended.
    Ended,
    /// What a thread at the disk found out.
    Found(Found),
}

/// Where a task is told.
#[derive(Clone, Debug)]
pub(super) struct Words {
    sender: mpsc::UnboundedSender<Word>,
    files: std::sync::Weak<Files>,
}

/// The task's end.
#[derive(Debug)]
pub(super) struct Hearing {
    receiver: mpsc::UnboundedReceiver<Word>,
    files: Arc<Files>,
}

impl Words {
    /// A word more; bounded, because the link is not read while too many wait.
    pub(super) fn say(&self, word: Word) {
        let Some(files) = self.files.upgrade() else { return };
        files.words.fetch_add(1, Ordering::Relaxed);
        if self.sender.send(word).is_err() {
            files.words.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Hearing {
    /// The next word. Cancel safe.
    pub(super) async fn next(&mut self) -> Word {
        let Some(word) = self.receiver.recv().await else { return Word::Ended };
        self.taken();
        word
    }

    fn taken(&self) {
        if self.files.words.fetch_sub(1, Ordering::Relaxed) == WORDS {
            self.files.stirred.notify_one();
        }
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.receiver.close();
        while self.receiver.try_recv().is_ok() {
            self.taken();
        }
    }
}

impl Files {
    /// At most so many bytes wait for disks before the link is not read any more.
    pub(crate) fn new(limit: usize) -> Arc<Files> {
        Arc::new(Files {
            state: Mutex::default(),
            stirred: Notify::new(),
            words: AtomicUsize::new(0),
            waiting: AtomicUsize::new(0),
            limit: limit.max(1),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Both ends of the words to a new task.
    pub(super) fn words(self: &Arc<Files>) -> (Words, Hearing) {
        let (sender, receiver) = mpsc::unbounded_channel();
        (Words { sender, files: Arc::downgrade(self) }, Hearing { receiver, files: Arc::clone(self) })
    }
}

/// The driver's side.
impl Files {
    /// Waits until a task or a thread has something for the link, or has made room. Cancel safe.
    pub(crate) async fn stirred(&self) {
        self.stirred.notified().await;
    }

    /// Whether the link may be read.
    pub(crate) fn has_room(&self) -> bool {
        self.words.load(Ordering::Relaxed) < WORDS && self.waiting.load(Ordering::Relaxed) < self.limit
    }

    /// How it stands now; the acknowledgements that wait are the driver's then.
    pub(crate) fn glance(&self) -> Glance {
        let mut state = self.state();
        Glance {
            acknowledgements: std::mem::take(&mut state.acknowledgements),
            has_chunk: !state.chunks.is_empty(),
            is_sending: !state.sending.is_empty(),
            is_receiving: !state.receiving.is_empty(),
        }
    }

    /// There is a link, and a session of that user.
    pub(crate) fn online(&self, user: &str, resumed: bool) {
        let mut state = self.state();
        state.user = UserName::new(user, chat_core::MAX_NAME_BYTES).ok();
        state.is_online = true;
        if !resumed {
            state.ledger.clear();
        }
        state.each(|words| words.say(Word::Online { resumed }));
    }

    /// The link broke: what was under way on it is void.
    pub(crate) fn offline(&self) {
        let mut state = self.state();
        if !state.is_online {
            return;
        }
        state.is_online = false;
        state.acknowledgements.clear();
        state.chunks.clear();
        state.sending.values().for_each(|sending| sending.cut());
        state.receiving.values().for_each(|receiving| receiving.inlet.shut());
        state.each(|words| words.say(Word::Offline));
    }

    /// The client has ended.
    pub(crate) fn close(&self) {
        self.offline();
        let mut state = self.state();
        state.has_ended = true;
        state.each(|words| words.say(Word::Ended));
        state.sending.clear();
        for receiving in std::mem::take(&mut state.receiving).values() {
            self.freed(receiving.inlet.discard());
        }
    }

    /// This client asks for a file.
    pub(crate) fn accepted(&self, transfer: TransferId) {
        self.state().ledger.accepted(transfer);
    }

    /// The server told of something: whether the user is to hear of it too.
    pub(crate) fn told(&self, told: &Told) -> bool {
        let Some(transfer) = told.event.transfer() else { return true };
        let mut state = self.state();
        let is_news = state.ledger.told(told.past, &told.event);
        let word = || Word::Told { past: told.past, event: told.event.clone() };
        if let Some(sending) = state.sending.get(&transfer) {
            sending.words.say(word());
            return is_news && !matches!(told.event, Event::Progressed { .. });
        }
        if let Some(receiving) = state.receiving.get(&transfer) {
            if let Event::Accepted { user, from, .. } = &told.event
                && Some(user) == state.user.as_ref()
            {
                receiving.inlet.open(*from);
            }
            receiving.words.say(word());
        }
        is_news
    }

    /// An offer of this client was taken.
    pub(crate) fn offered(&self, offer: &Offer, sending: &Arc<Sending>) {
        sending.offered(offer);
        self.state().sending.insert(offer.transfer, Arc::clone(sending));
    }

    /// Bytes came.
    ///
    /// # Errors
    /// This client never asked for them.
    pub(crate) fn chunk(&self, chunk: &Chunk) -> Result<(), ProtocolError> {
        let mut state = self.state();
        let Some(receiving) = state.receiving.get(&chunk.transfer).map(Arc::clone) else {
            return match state.ledger.has_accepted(chunk.transfer) {
                // They were on their way when the transfer ended.
                true => Ok(()),
                false => Err(ProtocolError::Broken { why: "a chunk of a file that was not accepted".into() }),
            };
        };
        match receiving.inlet.take(chunk.offset, &chunk.data) {
            Ok(Came::Fresh(weight)) => {
                self.waiting.fetch_add(weight, Ordering::Relaxed);
            }
            Ok(Came::Repeat) => {
                // What is not on the disk yet is acknowledged when it is.
                let known = state.acknowledgements.entry(chunk.transfer).or_default();
                *known = (*known).max(receiving.written.load(Ordering::Relaxed));
            }
            Ok(Came::Stray) => {}
            Err(why) => {
                self.freed(receiving.inlet.discard());
                receiving.words.say(Word::Broken(why));
            }
        }
        Ok(())
    }

    /// The server lets a pass go further.
    pub(crate) fn credit(self: &Arc<Files>, credit: Credit) {
        let sending = self.state().sending.get(&credit.transfer).map(Arc::clone);
        if let Some(sending) = sending {
            sending.credit(self, credit);
        }
    }

    /// The server wants no more of a pass.
    pub(crate) fn stop(&self, transfer: TransferId, pass: u32) {
        let mut state = self.state();
        if let Some(sending) = state.sending.get(&transfer).map(Arc::clone) {
            sending.stop(pass);
            state
                .chunks
                .retain(|chunk| !(Arc::ptr_eq(&chunk.sending, &sending) && chunk.pass.number == pass));
        }
    }

    /// The next chunk for the link.
    pub(crate) fn next_chunk(self: &Arc<Files>) -> Option<OutChunk> {
        let chunk = self.state().chunks.pop_front()?;
        chunk.sending.sent(self, &chunk.pass, chunk.data.len());
        Some(chunk)
    }
}

/// The tasks' and threads' side.
impl Files {
    /// Routes a transfer to a task. The words begin with how the link is.
    ///
    /// # Errors
    /// There is such a task already, or no client any more.
    pub(super) fn receive(&self, receiving: &Arc<Receiving>) -> Result<(), FileError> {
        let mut state = self.state();
        if state.has_ended {
            return Err(FileError::Ended);
        }
        if state.receiving.contains_key(&receiving.transfer) {
            return Err(FileError::AlreadyReceiving);
        }
        state.receiving.insert(receiving.transfer, Arc::clone(receiving));
        if state.is_online {
            receiving.words.say(Word::Online { resumed: true });
        }
        Ok(())
    }

    /// The end of a task that sends. Another transfer may have its number by now, at another server.
    pub(super) fn sent(&self, transfer: TransferId, sending: &Arc<Sending>) {
        let mut state = self.state();
        if state.sending.get(&transfer).is_some_and(|it| Arc::ptr_eq(it, sending)) {
            state.sending.remove(&transfer);
        }
        sending.cut();
        state.chunks.retain(|chunk| !Arc::ptr_eq(&chunk.sending, sending));
    }

    /// The end of a task that receives, or that never began.
    pub(super) fn received(&self, receiving: &Arc<Receiving>) {
        let mut state = self.state();
        if state.receiving.get(&receiving.transfer).is_some_and(|it| Arc::ptr_eq(it, receiving)) {
            state.receiving.remove(&receiving.transfer);
            state.acknowledgements.remove(&receiving.transfer);
        }
        self.freed(receiving.inlet.discard());
    }

    /// Everything before `offset` is on the disk.
    pub(super) fn acknowledge(&self, receiving: &Receiving, offset: u64) {
        let mut state = self.state();
        // After a break, where it goes on is said anew.
        if receiving.inlet.is_open() {
            state.acknowledgements.insert(receiving.transfer, offset);
            self.stirred.notify_one();
        }
    }

    /// Bytes that waited do not wait any more.
    pub(super) fn freed(&self, weight: usize) {
        let before = self.waiting.fetch_sub(weight, Ordering::Relaxed);
        if before >= self.limit && before - weight < self.limit {
            self.stirred.notify_one();
        }
    }

    /// Chunks were read; those of a pass that is over are dropped.
    pub(super) fn send(&self, pass: &Pass, chunks: &mut VecDeque<OutChunk>) {
        let mut state = self.state();
        if !pass.is_stopped() {
            state.chunks.append(chunks);
            self.stirred.notify_one();
        }
    }

    /// The user of the session.
    pub(super) fn user(&self) -> Option<UserName> {
        self.state().user.clone()
    }
}

impl State {
    fn each(&self, mut say: impl FnMut(&Words)) {
        self.sending.values().for_each(|sending| say(&sending.words));
        self.receiving.values().for_each(|receiving| say(&receiving.words));
    }
}
