//! The bookkeeping of a relay: one reading of the sender's file, and one receiver of it.

use std::time::Duration;

use chat_core::SessionId;
use chat_core::transfer::flow::{Flow, Intake};
use tokio::time::Instant;

use super::frames::Forms;

/// One reading of the file by its sender, for the receivers that keep pace with one another.
#[derive(Debug)]
pub(super) struct Pass {
    pub(super) number: u32,
    pub(super) intake: Intake,
    /// Chunks may reach up to this offset; the sender was told, or will be when it is back.
    pub(super) until: u64,
    /// How far its receivers let it go.
    pub(super) limit: u64,
    /// The forms that they speak.
    pub(super) forms: Forms,
    /// When the sender last gave something, or got the credit for it.
    pub(super) heard: Instant,
    pub(super) delay: Delay,
}

impl Pass {
    pub(super) fn new(number: u32, size: u64, from: u64, now: Instant) -> Pass {
        let delay = Delay::default();
        let (intake, forms) = (Intake::new(size, from), Forms::default());
        Pass { number, intake, until: from, limit: from, forms, heard: now, delay }
    }

    pub(super) fn next(&self) -> u64 {
        self.intake.next()
    }

    /// What the sender may send and has not.
    pub(super) fn owed(&self) -> u64 {
        self.until - self.next()
    }

    /// What a byte of it takes in memory, in hundredths.
    pub(super) fn weight(&self) -> u64 {
        self.forms.weight().max(100)
    }

    /// How much memory the chunks will take that it may still bring.
    pub(super) fn will_take(&self) -> u64 {
        self.owed() * self.weight() / 100
    }
}

/// How much of the time a pass is delayed by some of its receivers while others have nothing to do.
///
/// For moments that is so with receivers that are equally fast. So it is looked at over a while.
#[derive(Debug, Default)]
pub(super) struct Delay {
    /// When the while began.
    began: Option<Instant>,
    /// Since when it is delayed now.
    since: Option<Instant>,
    /// How long it was before that.
    total: Duration,
}

/// The while.
const WHILE: Duration = Duration::from_millis(200);

impl Delay {
    /// Notes how it stands now. True: it was delayed for at least half of a while, and still is.
    pub(super) fn note(&mut self, is_delayed: bool, now: Instant) -> bool {
        if let Some(since) = self.since.take() {
            self.total += now - since;
        }
        if !is_delayed {
            return false;
        }
        self.since = Some(now);
        let began = *self.began.get_or_insert(now);
        if now - began < WHILE {
            return false;
        }
        let is_for_long = self.total * 2 >= now - began;
        (self.began, self.total) = (Some(now), Duration::ZERO);
        is_for_long
    }

    /// When it has to be looked at, if nothing happens before.
    pub(super) fn look_at(&self) -> Option<Instant> {
        self.since.and(self.began).map(|began| began + WHILE)
    }
}

/// One receiver whose connection is there.
#[derive(Debug)]
pub(super) struct Receiver<P> {
    pub(super) session: SessionId,
    pub(super) port: P,
    pub(super) flow: Flow,
    /// The pass that it takes part in; none if it waits for one, or was sent everything.
    pub(super) pass: Option<u32>,
    /// The pass that it could not keep pace with.
    pub(super) left: Option<u32>,
    /// How far it lets its pass go, by what it acknowledged last.
    pub(super) grant: u64,
    /// The offset that the log knows.
    pub(super) told: u64,
    /// When it last acknowledged something, or began to owe that.
    pub(super) heard: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_delayed_if_it_is_for_half_of_a_while() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut delay = Delay::default();
        assert!(!delay.note(true, at(0)));
        assert_eq!(delay.look_at(), Some(at(200)));
        assert!(!delay.note(false, at(60)) && delay.look_at().is_none());
        assert!(!delay.note(true, at(150)) && !delay.note(true, at(199)));
        assert!(delay.note(true, at(200)), "110 of 200 ms");
        assert!(!delay.note(true, at(250)) && !delay.note(false, at(290)));
        assert!(!delay.note(true, at(395)) && !delay.note(true, at(400)), "95 of 200 ms");
    }
}
