//! The arithmetic of one stream of bytes: what may come next, what was sent, what is acknowledged, how far a sender
//! may go. All offsets are in bytes from the file's beginning.

/// Takes chunks in order: what stands at both ends of every stretch that bytes travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Intake {
    size: u64,
    next: u64,
}

/// What a chunk is to an [`Intake`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It follows what is there; it counts as there now.
    Fresh,
    /// All of it is there already: acknowledge it, and drop it.
    Repeat,
    /// It leaves a hole, overlaps in part, is empty, or goes beyond the file's end.
    Wrong,
}

impl Intake {
    /// An intake of a file of `size` bytes of which the first `from` are there; more than `size` counts as all.
    #[must_use]
    pub fn new(size: u64, from: u64) -> Intake {
        Intake { size, next: from.min(size) }
    }

    /// Looks at a chunk of `length` bytes at `offset`. Only a fresh one changes anything.
    pub fn take(&mut self, offset: u64, length: u64) -> Taken {
        match offset.checked_add(length) {
            Some(end) if length > 0 && offset == self.next && end <= self.size => {
                self.next = end;
                Taken::Fresh
            }
            Some(end) if length > 0 && end <= self.next => Taken::Repeat,
            _ => Taken::Wrong,
        }
    }

    /// The offset that a chunk must have to be fresh: so many bytes are there.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }

    /// Whether all of the file is there.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.next == self.size
    }
}

/// What one receiver was sent, what it has acknowledged, and how far its sender may go.
///
/// `acknowledged ≤ sent ≤ size`, always; and a sender that keeps to [`grant`](Flow::grant) keeps `sent` within
/// `window` of `acknowledged`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flow {
    size: u64,
    window: u64,
    sent: u64,
    acknowledged: u64,
}

impl Flow {
    /// A receiver of a file of `size` bytes that has the first `from`; `window` bytes at most, at least one, may be sent
    /// and not acknowledged.
    #[must_use]
    pub fn new(size: u64, window: u64, from: u64) -> Flow {
        let from = from.min(size);
        Flow { size, window: window.max(1), sent: from, acknowledged: from }
    }

    /// The offset up to which bytes may be sent: a window beyond what is acknowledged, at most `room` bytes beyond what
    /// was sent, and no further than the file. Never less than what was sent.
    #[must_use]
    pub fn grant(&self, room: u64) -> u64 {
        let by_window = self.acknowledged.saturating_add(self.window);
        let by_room = self.sent.saturating_add(room);
        by_window.min(by_room).min(self.size).max(self.sent)
    }

    /// Notes that the bytes up to `end` were sent. What is behind, or beyond the file, changes nothing.
    pub fn sent_to(&mut self, end: u64) {
        self.sent = self.sent.max(end.min(self.size));
    }

    /// Takes a cumulative acknowledgement of everything before `offset`: whether it is news. `None`: of bytes that were
    /// never sent.
    pub fn acknowledge(&mut self, offset: u64) -> Option<bool> {
        if offset > self.sent {
            return None;
        }
        let is_news = offset > self.acknowledged;
        self.acknowledged = self.acknowledged.max(offset);
        Some(is_news)
    }

    /// Up to where bytes were sent.
    #[must_use]
    pub fn sent(&self) -> u64 {
        self.sent
    }

    /// Up to where bytes are acknowledged.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged
    }

    /// Bytes that were sent and are not acknowledged.
    #[must_use]
    pub fn in_flight(&self) -> u64 {
        self.sent - self.acknowledged
    }

    /// Whether everything that was sent is acknowledged: this receiver waits for its sender.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.sent == self.acknowledged
    }

    /// Whether the whole file is acknowledged.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.acknowledged == self.size
    }
}

#[cfg(test)]
mod tests;
