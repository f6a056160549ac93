//! The log of one process: entries are stamped in the order in which they were handed in.

use std::collections::VecDeque;
use std::future;

use chat_core::{Command, Seq, Stamp};

use super::{Entry, Log};
use crate::clock::Clock;

/// Stamps entries with this process's clock, from `Seq(1)`. Holds what was handed in and not yet taken out:
/// the engine takes every entry out before it looks at its next input.
#[derive(Debug)]
pub struct Local {
    clock: Clock,
    last: Seq,
    waiting: VecDeque<Entry>,
}

impl Local {
    /// A log that goes on behind `last`, in place and in time.
    #[must_use]
    pub fn after(last: Stamp) -> Local {
        Local { clock: Clock::after(last.at), last: last.seq, waiting: VecDeque::new() }
    }
}

impl Log for Local {
    fn submit(&mut self, command: Command) {
        self.last = Seq(self.last.0 + 1);
        let stamp = Stamp { seq: self.last, at: self.clock.now() };
        self.waiting.push_back(Entry { stamp, command });
    }

    fn try_next(&mut self) -> Option<Entry> {
        self.waiting.pop_front()
    }

    async fn next(&mut self) -> Entry {
        match self.waiting.pop_front() {
            Some(entry) => entry,
            None => future::pending().await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::Timestamp;

    #[test]
    fn entries_come_out_stamped_in_the_order_they_went_in() {
        let mut log = Local::after(Stamp { seq: Seq(41), at: Timestamp(u64::MAX / 2000) });
        log.submit(Command::Tick);
        log.submit(Command::NodeUp { node: chat_core::NodeId(0) });
        let (first, second) = (log.try_next().unwrap(), log.try_next().unwrap());
        assert_eq!((first.stamp.seq, second.stamp.seq), (Seq(42), Seq(43)));
        assert!(Timestamp(u64::MAX / 2000) <= first.stamp.at && first.stamp.at <= second.stamp.at);
        assert_eq!((first.command, log.try_next()), (Command::Tick, None));
    }
}
