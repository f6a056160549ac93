//! A chunk as each receiver gets it: the bytes that came where they can be passed on, encoded once a form where not.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{Bytes, BytesMut};

use crate::codec::{Chunk, Form, FromServer};

/// How many bytes of one transfer are in memory, in whatever form, until the last receiver's socket took them.
#[derive(Clone, Debug, Default)]
pub(super) struct Held(Arc<AtomicUsize>);

impl Held {
    pub(super) fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed) as u64
    }

    fn hold(&self, bytes: Bytes) -> Bytes {
        self.0.fetch_add(bytes.len(), Ordering::Relaxed);
        Bytes::from_owner(Counted { bytes, held: Arc::clone(&self.0) })
    }
}

/// Bytes that are counted for as long as anybody has them.
struct Counted {
    bytes: Bytes,
    held: Arc<AtomicUsize>,
}

impl AsRef<[u8]> for Counted {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes.len(), Ordering::Relaxed);
    }
}

/// One chunk, for all receivers of its pass.
pub(super) struct Frames<'a> {
    chunk: &'a Chunk,
    held: &'a Held,
    /// By [`Form::index`].
    made: [Option<Bytes>; Form::COUNT],
}

impl<'a> Frames<'a> {
    /// `frame`: the binary frame that the chunk came in, if it came in one.
    pub(super) fn new(chunk: &'a Chunk, frame: Option<Bytes>, held: &'a Held) -> Frames<'a> {
        let mut made = [const { None }; Form::COUNT];
        made[Form::Bincode.index()] = frame.map(|frame| held.hold(frame));
        Frames { chunk, held, made }
    }

    /// The chunk without its first `skip` bytes, as a frame.
    pub(super) fn get(&mut self, form: Form, skip: usize) -> Bytes {
        if skip > 0 {
            let Chunk { transfer, pass, offset, data } = self.chunk;
            let (offset, data) = (offset + skip as u64, data.slice(skip..));
            let rest = Chunk { transfer: *transfer, pass: *pass, offset, data };
            return self.held.hold(encode(form, &rest));
        }
        let made = &mut self.made[form.index()];
        made.get_or_insert_with(|| self.held.hold(encode(form, self.chunk))).clone()
    }
}

fn encode(form: Form, chunk: &Chunk) -> Bytes {
    let mut bytes = BytesMut::with_capacity(most_bytes(form, chunk.data.len()));
    form.encode(&FromServer::Chunk(chunk.clone()), false, &mut bytes);
    bytes.freeze()
}

/// What a frame takes beside base64 of its chunk, or the chunk itself.
const HEAD_BYTES: usize = 128;

/// The most that a chunk of `length` bytes takes in a form.
fn most_bytes(form: Form, length: usize) -> usize {
    HEAD_BYTES + if form.is_binary() { length } else { length.div_ceil(3) * 4 }
}

/// A set of forms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Forms([bool; Form::COUNT]);

impl Forms {
    pub(super) fn of(form: Form) -> Forms {
        let mut forms = Forms::default();
        forms.0[form.index()] = true;
        forms
    }

    pub(super) fn and(self, other: Forms) -> Forms {
        Forms(std::array::from_fn(|at| self.0[at] || other.0[at]))
    }

    /// What a byte of a file takes in all of them, in hundredths; rounded up, so that the heads of frames are in it.
    pub(super) fn weight(self) -> u64 {
        let binary = [Form::Bincode.index(), Form::WsBincode.index()];
        let weight = |at: usize| if binary.contains(&at) { 101 } else { 137 };
        (0..Form::COUNT).filter(|at| self.0[*at]).map(weight).sum()
    }
}
