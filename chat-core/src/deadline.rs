//! What is due when. Deadlines fire only through `Tick`, in the order of their times.

use std::collections::BTreeSet;

use crate::id::{RoomId, SessionId, TransferId};
use crate::session::{Presence, Session};
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
    /// The sessions without a connection: those of guests, and the devices of accounts.
    guests: Absent,
    devices: Absent,
}

/// Sessions without a connection, those that were lost first before all others.
type Absent = BTreeSet<(Absence, Timestamp, SessionId)>;

/// For how long about: who is away was lost before all who sleep, and those before all who linger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Absence {
    Away,
    Asleep,
    Lingering,
}

impl Deadlines {
    pub(crate) fn set(&mut self, at: Timestamp, due: Due) {
        self.all.insert((at, due));
    }

    pub(crate) fn clear(&mut self, at: Timestamp, due: Due) {
        self.all.remove(&(at, due));
    }

    /// Takes in what happens to a session by itself, and that it has no connection; nothing, if it has one.
    pub(crate) fn set_session(&mut self, id: SessionId, session: &Session, is_device: bool) {
        let Some((at, due)) = session.deadline(id) else { return };
        self.set(at, due);
        let absent = if is_device { &mut self.devices } else { &mut self.guests };
        absent.insert((Absence::of(session), at, id));
    }

    /// Takes that back. The name may have become an account's meanwhile.
    pub(crate) fn clear_session(&mut self, id: SessionId, session: &Session) {
        let Some((at, due)) = session.deadline(id) else { return };
        self.clear(at, due);
        for absent in [&mut self.guests, &mut self.devices] {
            absent.remove(&(Absence::of(session), at, id));
        }
    }

    pub(crate) fn next(&self) -> Option<Timestamp> {
        self.all.first().map(|(at, _)| *at)
    }

    pub(crate) fn first_due(&self, now: Timestamp) -> Option<Due> {
        self.all.first().filter(|(at, _)| *at <= now).map(|(_, due)| *due)
    }

    /// The session that ends if more have no connection than may: the guest, or else the device, that was lost first.
    pub(crate) fn least_missed(&self, guests: usize, devices: usize) -> Option<SessionId> {
        let of =
            |absent: &Absent, limit| absent.first().filter(|_| absent.len() > limit).map(|(_, _, id)| *id);
        of(&self.guests, guests).or_else(|| of(&self.devices, devices))
    }
}

impl Absence {
    fn of(session: &Session) -> Absence {
        match session.presence {
            Presence::Away { .. } => Absence::Away,
            Presence::Asleep { .. } => Absence::Asleep,
            Presence::Lingering { .. } | Presence::Attached => Absence::Lingering,
        }
    }
}
