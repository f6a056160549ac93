//! Bytes of files in a connection: handed to their relays at once, without the engine.

use bytes::Bytes;
use chat_core::{Code, RequestId, TransferId};

use super::reader::{End, FREE, Reader};
use crate::codec::Chunk;
use crate::notice;
use crate::transfer::Verdict;

impl Reader {
    pub(super) fn take_chunk(&mut self, chunk: &Chunk, frame: Option<Bytes>) -> Verdict {
        let verdict = match self.is_attached {
            true => self.shared.transfers.chunk(self.session, chunk, frame),
            false => Verdict::Unknown,
        };
        self.carries = verdict == Verdict::Done;
        verdict
    }

    pub(super) fn take_received(&mut self, transfer: TransferId, offset: u64) -> Verdict {
        match self.is_attached {
            true => self.shared.transfers.received(self.session, transfer, offset),
            false => Verdict::Unknown,
        }
    }

    /// What follows from a chunk that was not taken. The relay has told where to go on, if it knows the pass.
    pub(super) async fn answer_chunk(&mut self, verdict: Verdict) -> Result<(), End> {
        match verdict {
            Verdict::Done => Ok(()),
            Verdict::Repeat | Verdict::Little => self.paced(RequestId::NONE, FREE).await.map(|_| ()),
            Verdict::Wrong(why) => self.misplaced(&why).await,
            Verdict::Late => self.misplaced("that pass has ended").await,
            Verdict::Unknown => self.unknown_transfer().await,
        }
    }

    /// What follows from an acknowledgement that was not taken, or of very little: a receiver may not make a thousand of
    /// one chunk. One that is no news counts like an ask.
    pub(super) async fn answer_received(&mut self, verdict: Verdict) -> Result<(), End> {
        match verdict {
            Verdict::Done => Ok(()),
            Verdict::Little => self.paced(RequestId::NONE, FREE).await.map(|_| ()),
            Verdict::Repeat => self.paced(RequestId::NONE, 1).await.map(|_| ()),
            Verdict::Wrong(_) | Verdict::Late => self.misplaced("so many bytes were never sent").await,
            Verdict::Unknown => self.unknown_transfer().await,
        }
    }

    async fn misplaced(&mut self, why: &str) -> Result<(), End> {
        if self.paced(RequestId::NONE, 1).await? {
            self.tell_refused(RequestId::NONE, notice::refusal_saying(Code::WrongOffset, why, None));
        }
        Ok(())
    }

    async fn unknown_transfer(&mut self) -> Result<(), End> {
        let code = if self.is_attached { Code::NoSuchTransfer } else { Code::NoName };
        self.refuse(RequestId::NONE, code).await
    }
}
