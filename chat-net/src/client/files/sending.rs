//! A file that is sent, as the driver and the threads that read it see it: its passes, and its hash.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use bytes::{Bytes, BytesMut};
use chat_core::{FileHash, MAX_CHUNK_BYTES, Offer, UserName};
use tokio::task::spawn_blocking;

use super::digest::{Digest, READ_BYTES, hash_of, hash_range};
use super::error::FileError;
use super::pass::{Buffers, Pass};
use super::source::Source;
use super::table::{Files, OutChunk, Word, Words};
use crate::codec::{Chunk, Credit, bincode, frame};
use crate::lock::lock;

/// Passes of one transfer at once; a server has far fewer.
const PASSES: usize = 64;

/// See the module.
#[derive(Debug)]
pub(crate) struct Sending {
    pub(super) source: Source,
    pub(super) words: Words,
    digest: Digest,
    /// What the server made of the offer; nothing is sent before.
    offer: OnceLock<Offer>,
    passes: Mutex<BTreeMap<u32, Arc<Pass>>>,
    is_held: AtomicBool,
    catching_up: Mutex<CatchingUp>,
    comparing: Mutex<Comparing>,
    is_over: AtomicBool,
}

/// Whether a thread hashes what no pass goes by.
#[derive(Debug, Default)]
struct CatchingUp {
    is_running: bool,
    /// It will not go far enough.
    is_wanted: bool,
}

/// What receivers say they have, until one thread has looked at it: a copy that is accepted again and again takes no
/// second one.
#[derive(Debug, Default)]
struct Comparing {
    is_running: bool,
    waiting: BTreeMap<UserName, (u64, FileHash)>,
}

impl Comparing {
    /// Notes it, in place of what that receiver said before: whether a thread must be started.
    fn ask(&mut self, user: UserName, from: u64, prefix: FileHash) -> bool {
        self.waiting.insert(user, (from, prefix));
        !std::mem::replace(&mut self.is_running, true)
    }

    fn next(&mut self) -> Option<(UserName, (u64, FileHash))> {
        let next = self.waiting.pop_first();
        self.is_running = next.is_some();
        next
    }
}

/// What a thread found out.
#[derive(Debug)]
pub(super) enum Found {
    /// The hash of the whole file.
    Hash(FileHash),
    /// Whether the file begins as that receiver's copy does.
    Prefix { user: UserName, is_equal: bool },
    /// The file cannot be read, or has changed.
    Failed(FileError),
}

impl Sending {
    pub(super) fn new(source: Source, words: Words) -> Sending {
        Sending {
            digest: Digest::new(source.size),
            source,
            words,
            offer: OnceLock::new(),
            passes: Mutex::default(),
            is_held: AtomicBool::new(false),
            catching_up: Mutex::default(),
            comparing: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    fn passes(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<Pass>>> {
        lock(&self.passes)
    }

    fn say(&self, found: Found) {
        if !self.is_over.load(Ordering::Relaxed) {
            self.words.say(Word::Found(found));
        }
    }

    /// The server took the offer so.
    pub(super) fn offered(&self, offer: &Offer) {
        let chunk_bytes = offer.chunk_bytes.clamp(1, MAX_CHUNK_BYTES);
        let _ = self.offer.set(Offer { chunk_bytes, ..offer.clone() });
    }

    /// Hashes the whole file, here and now.
    pub(super) fn hash(&self) -> Result<FileHash, FileError> {
        let mut hasher = blake3::Hasher::new();
        self.hash_to(self.source.size, &mut hasher)?;
        self.source.check()?;
        let hash = hash_of(&hasher);
        self.digest.adopt(self.source.size, hasher);
        Ok(hash)
    }

    fn hash_to(&self, end: u64, hasher: &mut blake3::Hasher) -> Result<(), FileError> {
        let is_wanted = || !self.is_over.load(Ordering::Relaxed);
        hash_range(&self.source.file, 0..end, hasher, is_wanted).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => self.source.changed(),
            _ => self.source.cannot_read(error),
        })
    }

    /// The server lets a pass go further, or begins one.
    pub(super) fn credit(self: &Arc<Self>, files: &Arc<Files>, credit: Credit) {
        let Credit { pass: number, next, until, .. } = credit;
        if next > until || until > self.source.size {
            return self.words.say(Word::Broken("a credit reaches beyond the end of the file"));
        }
        let mut passes = self.passes();
        if !passes.contains_key(&number) && passes.len() >= PASSES {
            return self.words.say(Word::Broken("there are too many passes at once"));
        }
        let held = self.is_held.load(Ordering::Relaxed);
        let pass = passes.entry(number).or_insert_with(|| Arc::new(Pass::new(number, next, held)));
        match pass.credit(next, until) {
            None => self.words.say(Word::Broken("a credit is for bytes that were not sent")),
            Some(true) => self.start(files, pass),
            Some(false) => {}
        }
    }

    /// So many bytes of a pass went out.
    pub(super) fn sent(self: &Arc<Self>, files: &Arc<Files>, pass: &Arc<Pass>, bytes: usize) {
        if pass.sent(bytes) {
            self.start(files, pass);
        }
    }

    /// The server wants no more of a pass.
    pub(super) fn stop(&self, number: u32) {
        if let Some(pass) = self.passes().remove(&number) {
            pass.stop();
        }
    }

    /// The link broke, or all is over: the passes are void.
    pub(super) fn cut(&self) {
        std::mem::take(&mut *self.passes()).values().for_each(|pass| pass.stop());
    }

    /// The task has ended.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.cut();
    }

    /// Holds back what is sent, or lets it go on.
    pub(super) fn hold(self: &Arc<Self>, files: &Arc<Files>, is_held: bool) {
        self.is_held.store(is_held, Ordering::Relaxed);
        for pass in self.passes().values() {
            if pass.hold(is_held) {
                self.start(files, pass);
            }
        }
    }

    fn start(self: &Arc<Self>, files: &Arc<Files>, pass: &Arc<Pass>) {
        let (sending, files, pass) = (Arc::clone(self), Arc::clone(files), Arc::clone(pass));
        spawn_blocking(move || {
            if let Err(error) = sending.read(&files, &pass) {
                pass.stop();
                sending.say(Found::Failed(error));
            }
        });
    }

    /// Reads as far as a pass may go, hashes what goes by, and queues it for the link.
    fn read(self: &Arc<Self>, files: &Files, pass: &Arc<Pass>) -> Result<(), FileError> {
        let Some(offer) = self.offer.get() else { return Ok(()) };
        let chunk_bytes = offer.chunk_bytes as usize;
        self.source.check()?;
        let mut buffers = Buffers::default();
        if pass.at() > self.digest.at() {
            self.catch_up();
        }
        while let Some(range) = pass.next(chunk_bytes) {
            let mut block = buffers.take((range.end - range.start) as usize);
            self.source.read(range.start, &mut block)?;
            self.feed(range.start, &block);
            if range.end == self.source.size {
                self.source.check()?;
            }
            let block = block.freeze();
            files.send(pass, &mut self.chunks(offer, pass, range.start, &block));
            buffers.keep(block);
            if range.end == self.source.size && !self.digest.is_done() {
                self.catch_up();
            }
        }
        Ok(())
    }

    /// The block in chunks, each with what stands before its bytes.
    fn chunks(
        self: &Arc<Self>,
        offer: &Offer,
        pass: &Arc<Pass>,
        start: u64,
        block: &Bytes,
    ) -> VecDeque<OutChunk> {
        let chunk_bytes = offer.chunk_bytes as usize;
        let mut heads = BytesMut::with_capacity(64 * block.len().div_ceil(chunk_bytes));
        let chunk = |at: usize| {
            let data = block.slice(at..block.len().min(at + chunk_bytes));
            let offset = start + at as u64;
            let chunk = Chunk { transfer: offer.transfer, pass: pass.number, offset, data };
            frame::put_head(&mut heads, chunk.data.len(), |out| bincode::encode_chunk_head(&chunk, out));
            let head = heads.split().freeze();
            OutChunk { sending: Arc::clone(self), pass: Arc::clone(pass), head, data: chunk.data }
        };
        (0..block.len()).step_by(chunk_bytes).map(chunk).collect()
    }

    fn feed(&self, offset: u64, bytes: &[u8]) {
        if let Some(hash) = self.digest.feed(offset, bytes) {
            self.say(Found::Hash(hash));
        }
    }

    fn catching_up(&self) -> MutexGuard<'_, CatchingUp> {
        lock(&self.catching_up)
    }

    /// Sees to it that what no pass goes by is hashed, too: by one thread.
    fn catch_up(self: &Arc<Self>) {
        let mut state = self.catching_up();
        if self.digest.is_done() {
            return;
        }
        if state.is_running {
            state.is_wanted = true;
            return;
        }
        state.is_running = true;
        let sending = Arc::clone(self);
        spawn_blocking(move || {
            let done = sending.hash_the_rest();
            sending.caught_up();
            if let Err(error) = done {
                sending.say(Found::Failed(error));
            }
        });
    }

    fn caught_up(self: &Arc<Self>) {
        let mut state = self.catching_up();
        state.is_running = false;
        if std::mem::take(&mut state.is_wanted) && !self.is_over.load(Ordering::Relaxed) {
            drop(state);
            self.catch_up();
        }
    }

    fn hash_the_rest(&self) -> Result<(), FileError> {
        let mut buffer = vec![0; READ_BYTES];
        while !self.digest.is_done() && !self.is_over.load(Ordering::Relaxed) {
            let at = self.digest.at();
            let left = usize::try_from(self.source.size - at).unwrap_or(READ_BYTES);
            let block = &mut buffer[..left.min(READ_BYTES)];
            self.source.read(at, block)?;
            self.feed(at, block);
        }
        self.source.check()
    }

    fn comparing(&self) -> MutexGuard<'_, Comparing> {
        lock(&self.comparing)
    }

    /// Compares the file's beginning with what a receiver says it has.
    pub(super) fn compare(self: &Arc<Self>, user: UserName, from: u64, prefix: FileHash) {
        if !self.comparing().ask(user, from, prefix) {
            return;
        }
        // What is compared need not be hashed again.
        let is_first = !std::mem::replace(&mut self.catching_up().is_running, true);
        let sending = Arc::clone(self);
        spawn_blocking(move || {
            while let Some((user, (from, prefix))) = sending.next_comparison() {
                if let Err(error) = sending.compare_now(user, from, prefix) {
                    sending.say(Found::Failed(error));
                }
            }
            if is_first {
                sending.caught_up();
            }
        });
    }

    fn next_comparison(&self) -> Option<(UserName, (u64, FileHash))> {
        self.comparing().next()
    }

    fn compare_now(&self, user: UserName, from: u64, prefix: FileHash) -> Result<(), FileError> {
        let mut hasher = blake3::Hasher::new();
        self.hash_to(from, &mut hasher)?;
        let is_equal = hash_of(&hasher) == prefix;
        if let Some(hash) = self.digest.adopt(from, hasher) {
            self.say(Found::Hash(hash));
        }
        self.say(Found::Prefix { user, is_equal });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_accepts_again_and_again_is_compared_once() {
        let user = |name: &str| UserName::new(name, 32).unwrap();
        let hash = |byte| FileHash([byte; 32]);
        let mut comparing = Comparing::default();
        assert!(comparing.ask(user("bob"), 1, hash(1)), "a thread begins");
        assert_eq!(comparing.next(), Some((user("bob"), (1, hash(1)))));
        for offset in 2..10 {
            assert!(!comparing.ask(user("bob"), offset, hash(2)), "it runs already");
        }
        assert!(!comparing.ask(user("eve"), 1, hash(3)));
        assert_eq!(comparing.next(), Some((user("bob"), (9, hash(2)))));
        assert_eq!(comparing.next(), Some((user("eve"), (1, hash(3)))));
        assert_eq!(comparing.next(), None);
        assert!(comparing.ask(user("bob"), 1, hash(1)), "it has ended");
    }
}
