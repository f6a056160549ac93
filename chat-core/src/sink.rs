//! Where what happened goes: a `Sink` is pushed every event, with its audience, at the right moment.

use std::fmt::Write;

use crate::change::Change;
use crate::code::Code;
use crate::event::Event;
use crate::id::{RequestId, SessionId};
use crate::stamp::Stamp;

/// The session whose ask caused an event; its copy carries the request id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asker {
    /// Who asked.
    pub session: SessionId,
    /// What the client calls that ask; [`RequestId::NONE`] if it will not be repeated.
    pub request: RequestId,
}

/// Who is told of an event.
///
/// Everyone in `sessions` is told once. The asker is told once too, with the request id, whether listed in
/// `sessions` or not.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    /// In the order of the ids, so that one node's share is one contiguous slice.
    pub sessions: &'a [SessionId],
    /// Who caused it, if an ask did.
    pub asker: Option<Asker>,
    /// Whether it happened before the audience came: it is told again, and is not news.
    pub past: bool,
}

impl<'a> Audience<'a> {
    /// These sessions, for an event that nobody asked for.
    #[must_use]
    pub fn of(sessions: &'a [SessionId]) -> Audience<'a> {
        Audience { sessions, asker: None, past: false }
    }

    /// The asker alone: the answer to an ask.
    #[must_use]
    pub fn answer(asker: Asker) -> Audience<'static> {
        Audience { sessions: &[], asker: Some(asker), past: false }
    }

    /// Everyone who is told but the asker.
    pub fn others(self) -> impl Iterator<Item = SessionId> + 'a {
        let asker = self.asker.map(|asker| asker.session);
        self.sessions.iter().copied().filter(move |session| Some(*session) != asker)
    }
}

/// Takes what [`Chat::apply`](crate::Chat::apply) announces. `()` takes nothing: replay costs nothing.
pub trait Sink {
    /// Tells an audience of an event. The slice is borrowed: it is right now, and only now.
    fn deliver(&mut self, stamp: Stamp, event: &Event, to: Audience<'_>);

    /// Hands over a change of state for keeping, before the event that tells of it is delivered. Replaying
    /// all records through [`Chat::evolve`](crate::Chat::evolve) rebuilds the state.
    fn record(&mut self, stamp: Stamp, change: &Change) {
        let _ = (stamp, change);
    }
    /// Ends a connection though nobody at it asked for that: its session ends with it, and is not resumed. What was told
    /// before is still sent.
    fn close(&mut self, stamp: Stamp, session: SessionId, code: Code) {
        let _ = (stamp, session, code);
    }
}

impl Sink for () {
    fn deliver(&mut self, _: Stamp, _: &Event, _: Audience<'_>) {}
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn deliver(&mut self, stamp: Stamp, event: &Event, to: Audience<'_>) {
        (**self).deliver(stamp, event, to);
    }
    fn record(&mut self, stamp: Stamp, change: &Change) {
        (**self).record(stamp, change);
    }
    fn close(&mut self, stamp: Stamp, session: SessionId, code: Code) {
        (**self).close(stamp, session, code);
    }
}

/// A sink for tests and examples: each delivery as one line of text, comparable as a whole.
///
/// ```text
/// 00:00:03 s1?7 s2: said lobby/1/4 from=alice "hello"      s1 asked (its request 7), s2 is told
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    lines: String,
}

impl Transcript {
    /// An empty transcript.
    #[must_use]
    pub fn new() -> Transcript {
        Transcript::default()
    }

    /// All lines so far, each ended by a newline.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.lines
    }

    /// The lines so far; the transcript is empty afterwards.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.lines)
    }
}

impl Sink for Transcript {
    fn deliver(&mut self, stamp: Stamp, event: &Event, to: Audience<'_>) {
        let out = &mut self.lines;
        let mut line = || -> std::fmt::Result {
            write!(out, "{}", stamp.at)?;
            if let Some(asker) = to.asker {
                write!(out, " {}?", asker.session)?;
                if asker.request != RequestId::NONE {
                    write!(out, "{}", asker.request)?;
                }
            }
            for session in to.others() {
                write!(out, " {session}")?;
            }
            writeln!(out, "{} {event}", if to.past { " (past):" } else { ":" })
        };
        line().expect("a String takes every write");
    }

    fn close(&mut self, stamp: Stamp, session: SessionId, code: Code) {
        writeln!(self.lines, "{} {session}: closed {}", stamp.at, code.name())
            .expect("a String takes every write");
    }
}
