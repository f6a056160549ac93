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
        let delay = Delay::of_pass();
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

/// How much of the time somebody has nothing to do because others are slower.
///
/// For moments that is so among those who are equally fast. So it is looked at over a while.
#[derive(Debug)]
pub(super) struct Delay {
    /// The while.
    whole: Duration,
    /// How much of it is too much.
    percent: u32,
    /// When it began.
    began: Option<Instant>,
    /// Since when it is so now.
    since: Option<Instant>,
    /// How long it was so before that.
    total: Duration,
}

impl Delay {
    /// Of a pass, by receivers that are fewer than those who wait for them.
    fn of_pass() -> Delay {
        Delay::new(Duration::from_millis(200), 50)
    }

    /// Of one receiver. It costs the sender another upload to let a few go ahead, so they have to be a lot faster.
    pub(super) fn of_receiver() -> Delay {
        Delay::new(Duration::from_secs(1), 75)
    }

    fn new(whole: Duration, percent: u32) -> Delay {
        Delay { whole, percent, began: None, since: None, total: Duration::ZERO }
    }

    /// Notes how it stands now. True: it was delayed for too much of a while, and still is.
    pub(super) fn note(&mut self, is_delayed: bool, now: Instant) -> bool {
        if let Some(since) = self.since.take() {
            self.total += now - since;
        }
        if !is_delayed {
            return false;
        }
        self.since = Some(now);
        let began = *self.began.get_or_insert(now);
        let passed = now - began;
        if passed < self.whole {
            return false;
        }
        // A while that is looked at late is a longer one.
        let is_for_long = self.total * 100 >= passed * self.percent;
        (self.began, self.total) = (Some(now), Duration::ZERO);
        is_for_long
    }

    /// When it has to be looked at, if nothing happens before.
    pub(super) fn look_at(&self) -> Option<Instant> {
        self.since.and(self.began).map(|began| began + self.whole)
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
    /// How much of the time it waits for others of its pass.
    pub(super) waits: Delay,
    /// The offset that the log knows.
    pub(super) told: u64,
    /// When it last acknowledged something, or began to owe that, or its word that it is finished.
    pub(super) heard: Instant,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_is_delayed_if_it_is_for_half_of_a_while() {
        let begin = Instant::now();
        let at = |ms| begin + Duration::from_millis(ms);
        let mut delay = Delay::of_pass();
        assert!(!delay.note(true, at(0)));
        assert_eq!(delay.look_at(), Some(at(200)));
        assert!(!delay.note(false, at(60)) && delay.look_at().is_none());
        assert!(!delay.note(true, at(150)) && !delay.note(true, at(199)));
        assert!(delay.note(true, at(200)), "110 of 200 ms");
        assert!(!delay.note(true, at(250)) && !delay.note(false, at(290)));
        assert!(!delay.note(true, at(395)) && !delay.note(true, at(400)), "95 of 200 ms");
    }
}
