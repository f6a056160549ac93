//! What is due when. Deadlines fire only through `Tick`, in the order of their times.

use std::collections::BTreeSet;

use crate::id::{RoomId, SessionId};
use crate::stamp::Timestamp;

/// Something that happens if nothing else does before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A dropped session lingered, or slept, long enough.
    Session(SessionId),
    /// A big room's digest is told.
    Digest(RoomId),
}

/// All that is due, soonest first; equal times in the order of the ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines(BTreeSet<(Timestamp, Due)>);

impl Deadlines {
    pub(crate) fn set(&mut self, at: Timestamp, due: Due) {
        self.0.insert((at, due));
    }

    pub(crate) fn clear(&mut self, at: Timestamp, due: Due) {
        self.0.remove(&(at, due));
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.0.first().map(|(at, _)| *at)
    }

    pub(crate) fn first_due(&self, now: Timestamp) -> Option<Due> {
        self.0.first().filter(|(at, _)| *at <= now).map(|(_, due)| *due)
    }
}
