//! What `decide` hands to `apply`: changes to make and things to tell, in order.

use crate::change::{Asked, Change, Verdict};
use crate::code::Code;
use crate::event::Event;
use crate::id::SessionId;
use crate::name::RoomName;
use crate::sink::Asker;
use crate::stamp::Stamp;

#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Make a change. A numbered one is told to all members of its room and to the asker.
    Change { change: Change, asker: Option<Asker>, except: Option<SessionId> },
    /// Tell something that changes nothing.
    Tell { event: Event, to: To, asker: Option<Asker>, past: Option<Stamp> },
    /// End a connection, whose session ends, too.
    Close { session: SessionId, code: Code },
}

/// Who is told, apart from the asker.
#[derive(Clone, Debug)]
pub(crate) enum To {
    Nobody,
    One(SessionId),
    /// Those who are members of the room of that name when the step is performed.
    Members(RoomName),
}

/// The steps of one decision. Kept by `Chat` between entries, so that the steady state allocates nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps(pub(crate) Vec<Step>);

impl Steps {
    pub(crate) fn change(&mut self, change: impl Into<Change>) {
        let change = change.into();
        self.0.push(Step::Change { change, asker: None, except: None });
    }

    /// Remembers the answer to an ask, if it may be repeated.
    pub(crate) fn remember(&mut self, by: Option<Asked>, verdict: Verdict) {
        if let Some(by) = by {
            self.change(Change::Answered { by, verdict });
        }
    }

    pub(crate) fn number(&mut self, change: Change, asker: Option<Asker>) {
        self.0.push(Step::Change { change, asker, except: None });
    }

    /// A numbered event that one member will read later, from the store, with all else that it missed.
    pub(crate) fn number_except(&mut self, change: Change, except: SessionId) {
        self.0.push(Step::Change { change, asker: None, except: Some(except) });
    }

    pub(crate) fn tell(&mut self, to: SessionId, event: Event) {
        self.0.push(Step::Tell { event, to: To::One(to), asker: None, past: None });
    }

    pub(crate) fn close(&mut self, session: SessionId, code: Code) {
        self.0.push(Step::Close { session, code });
    }

    /// Tells all members of a room what is no event of that room's own order.
    pub(crate) fn tell_members(&mut self, room: RoomName, asker: Option<Asker>, event: Event) {
        self.0.push(Step::Tell { event, to: To::Members(room), asker, past: None });
    }

    /// Tells again what happened at `stamp`.
    pub(crate) fn retell(&mut self, to: SessionId, stamp: Stamp, event: Event) {
        self.0.push(Step::Tell { event, to: To::One(to), asker: None, past: Some(stamp) });
    }

    pub(crate) fn answer(&mut self, asker: Asker, event: Event) {
        self.0.push(Step::Tell { event, to: To::Nobody, asker: Some(asker), past: None });
    }

    /// Gives the answer of `stamp` again.
    pub(crate) fn answer_again(&mut self, asker: Asker, stamp: Stamp, event: Event) {
        self.0.push(Step::Tell { event, to: To::Nobody, asker: Some(asker), past: Some(stamp) });
    }
}

/// The ask that is being decided: who, and what is remembered of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asking {
    pub(crate) asker: Asker,
    /// `None` for an ask that will not be repeated.
    pub(crate) by: Option<Asked>,
}
