//! What is due when. Deadlines fire only through `Tick`, in the order of their times.

use std::collections::BTreeSet;

use crate::id::{RoomId, SessionId, TransferId};
use crate::stamp::Timestamp;

/// Something that happens if nothing else does before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A dropped session lingered long enough.
    Lingering(SessionId),
    /// A session slept long enough.
    Asleep(SessionId),
    /// A big room's digest is told.
    Digest(RoomId),
    /// A file can be accepted no more.
    Offer(TransferId),
    /// A transfer has been over for long enough.
    Forgotten(TransferId),
}

/// All that is due, soonest first; equal times in the order of the ids.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deadlines {
    all: BTreeSet<(Timestamp, Due)>,
    /// How many of them are sessions'.
    sessions: usize,
}

impl Deadlines {
    pub(crate) fn set(&mut self, at: Timestamp, due: Due) {
        if self.all.insert((at, due)) {
            self.sessions += usize::from(due.session().is_some());
        }
    }

    pub(crate) fn clear(&mut self, at: Timestamp, due: Due) {
        if self.all.remove(&(at, due)) {
            self.sessions -= usize::from(due.session().is_some());
        }
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.all.first().map(|(at, _)| *at)
    }

    pub(crate) fn first_due(&self, now: Timestamp) -> Option<Due> {
        self.all.first().filter(|(at, _)| *at <= now).map(|(_, due)| *due)
    }

    /// How many sessions have no connection.
    pub(crate) fn sessions(&self) -> usize {
        self.sessions
    }

    /// The session that is missed least: asleep for longest, or else dropped first.
    pub(crate) fn least_missed(&self) -> Option<SessionId> {
        let mut dues = self.all.iter().map(|(_, due)| *due);
        let asleep = dues.clone().find(|due| matches!(due, Due::Asleep(_)));
        asleep.or_else(|| dues.find(|due| due.session().is_some())).and_then(Due::session)
    }
}

impl Due {
    fn session(self) -> Option<SessionId> {
        match self {
            Due::Lingering(session) | Due::Asleep(session) => Some(session),
            Due::Digest(_) | Due::Offer(_) | Due::Forgotten(_) => None,
        }
    }
}
