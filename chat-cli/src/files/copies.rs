//! How far the copies of one file are, as one end is told: what its bar shows.

use std::time::Instant;

use chat_net::chat_core::{EndReason, Offer, UserName};
use chat_net::client::FileEvent;

use super::meter::Meter;
use super::standing::Progress;
use super::words::{other_end, percent};
use crate::rows::Row;

/// The copies of one transfer: one's own, or one for each receiver.
#[derive(Debug)]
pub(crate) struct Copies {
    number: u64,
    what: String,
    bytes: u64,
    is_mine: bool,
    copies: Vec<Copy>,
    /// Whether bytes do not come because of the sender.
    is_held: bool,
    meter: Option<Meter>,
}

#[derive(Debug)]
struct Copy {
    user: UserName,
    there: u64,
    /// Whether that is where it begins or goes on: else the next news of it is a jump.
    is_known: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Running,
    Paused,
    Finished,
    /// Its bytes count no more.
    Dropped,
}

impl Copies {
    /// Of a file that nobody has accepted yet; `is_mine` if it is sent from here.
    pub(crate) fn new(offer: &Offer, is_mine: bool) -> Copies {
        let what = format!("{} {}", offer.name, other_end(offer, is_mine));
        let what = chat_net::chat_core::printable(&what).into_owned();
        let (number, bytes) = (offer.transfer.0, offer.size);
        Copies { number, what, bytes, is_mine, copies: Vec::new(), is_held: false, meter: None }
    }

    /// Takes what happened.
    pub(crate) fn take(&mut self, event: &FileEvent, sender: &UserName) {
        self.take_at(event, sender, Instant::now());
    }

    fn take_at(&mut self, event: &FileEvent, sender: &UserName, now: Instant) {
        let mut came = 0;
        match event {
            FileEvent::Accepted { user, from } => self.begin(user, *from),
            FileEvent::Progress { user, bytes } => came = self.grown(user, *bytes),
            FileEvent::Paused { user, .. } if user == sender => self.is_held = true,
            FileEvent::Resumed { user } if user == sender => self.release(),
            FileEvent::Paused { user, .. } => self.turn(user, State::Paused),
            FileEvent::Resumed { user } => {
                if !self.is_mine {
                    // It goes on with whoever was silent.
                    self.release();
                }
                self.turn(user, State::Running);
            }
            FileEvent::Finished { user, .. } => {
                came = self.grown(user, self.bytes);
                self.turn(user, State::Finished);
            }
            FileEvent::Cancelled { user, .. } | FileEvent::Declined { user } => {
                self.turn(user, State::Dropped);
            }
            // Whoever receives it goes on; all other ends are everybody's.
            FileEvent::Closed { why: EndReason::Expired } => {}
            FileEvent::Closed { .. } | FileEvent::Failed(_) => {
                self.copies
                    .iter_mut()
                    .filter(|copy| copy.is_open())
                    .for_each(|copy| copy.state = State::Dropped);
            }
            _ => {}
        }
        self.measure(came, now);
    }

    /// Whether somebody still receives it.
    pub(crate) fn is_running(&self) -> bool {
        self.copies.iter().any(Copy::is_open)
    }

    /// So many per cent are there, of all copies together; `None` before there is one.
    pub(crate) fn share(&self) -> Option<u64> {
        let (there, bytes) = self.sum();
        (!self.copies.is_empty()).then(|| percent(there, bytes))
    }

    /// What to show of it while somebody receives it.
    pub(crate) fn row(&self, columns: usize) -> Option<Row> {
        self.row_at(columns, Instant::now())
    }

    fn row_at(&self, columns: usize, now: Instant) -> Option<Row> {
        let text = self.meter.as_ref().filter(|_| self.is_running())?.line(columns, now);
        Some(Row { columns: unicode_width::UnicodeWidthStr::width(text.as_str()), text })
    }

    /// How far those are that run, and whether none of them goes on now; `None` if none runs.
    pub(crate) fn progress(&self) -> Option<(Progress, bool)> {
        let meter = self.meter.as_ref().filter(|_| self.is_running())?;
        let ((there, bytes), (rate, left)) = (self.sum(), meter.pace(Instant::now()));
        Some((Progress { there, bytes, rate, left }, self.is_held || !self.is_moving()))
    }

    /// Who has all of it.
    pub(crate) fn finished(&self) -> impl Iterator<Item = &UserName> {
        self.copies.iter().filter(|copy| copy.state == State::Finished).map(|copy| &copy.user)
    }

    fn is_moving(&self) -> bool {
        self.copies.iter().any(|copy| copy.state == State::Running)
    }

    /// The sender is there again.
    fn release(&mut self) {
        self.is_held = false;
        self.copies.iter_mut().for_each(|copy| copy.is_known = false);
    }

    /// A copy begins, there.
    fn begin(&mut self, user: &UserName, there: u64) {
        let copy = Copy { user: user.clone(), there, is_known: true, state: State::Running };
        match self.copy(user) {
            Some(before) => *before = copy,
            None => self.copies.push(copy),
        }
    }

    /// So much of a copy is there: gives how much of that came since it was known last.
    fn grown(&mut self, user: &UserName, there: u64) -> u64 {
        let Some(copy) = self.copy(user) else { return 0 };
        let before = std::mem::replace(&mut copy.there, there);
        let was_known = std::mem::replace(&mut copy.is_known, true);
        if was_known { there.saturating_sub(before) } else { 0 }
    }

    fn turn(&mut self, user: &UserName, state: State) {
        let Some(copy) = self.copy(user) else { return };
        // What it goes on from is said by nobody but the next news.
        copy.is_known &= copy.state == state || state != State::Running;
        copy.state = state;
    }

    fn copy(&mut self, user: &UserName) -> Option<&mut Copy> {
        self.copies.iter_mut().find(|copy| copy.user == *user)
    }

    fn counted(&self) -> impl Iterator<Item = &Copy> {
        self.copies.iter().filter(|copy| copy.state != State::Dropped)
    }

    fn sum(&self) -> (u64, u64) {
        let add = |sum: (u64, u64), copy: &Copy| (sum.0 + copy.there, sum.1.saturating_add(self.bytes));
        self.counted().fold((0, 0), add)
    }

    fn measure(&mut self, came: u64, now: Instant) {
        let (there, bytes) = self.sum();
        let is_paused = self.is_held || !self.is_moving();
        if self.copies.is_empty() {
            return;
        }
        let begun = || Meter::new(self.number, self.what.clone(), bytes, there, now);
        let meter = self.meter.get_or_insert_with(begun);
        meter.set(there, bytes, came, now);
        meter.pause(is_paused, now);
    }
}

impl Copy {
    fn is_open(&self) -> bool {
        matches!(self.state, State::Running | State::Paused)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{offer, user};
    use super::*;
    use chat_net::chat_core::PauseReason;
    use chat_net::client::FileError;
    use std::time::Duration;

    #[test]
    fn a_room_of_receivers_has_one_bar() {
        let mut copies = Copies::new(&offer(3, "alice", "#dev", "photo.jpg", 1000), true);
        let (alice, bob, carol) = (user("alice"), user("bob"), user("carol"));
        let mut take = |event| {
            copies.take(&event, &alice);
            (copies.share(), copies.row(30).map(|row| row.text))
        };
        assert_eq!(take(FileEvent::Declined { user: user("dave") }), (None, None));
        let row = |text: &str| Some(text.to_owned());
        let event = FileEvent::Accepted { user: bob.clone(), from: 500 };
        assert_eq!(take(event), (Some(50), row("3 50% 0B/s --:--")));
        let event = FileEvent::Accepted { user: carol.clone(), from: 0 };
        assert_eq!(take(event).0, Some(25));
        let event = FileEvent::Paused { user: carol.clone(), why: PauseReason::Lost };
        assert_eq!(take(event), (Some(25), row("3 25% 0B/s --:--")), "one of them runs");
        take(FileEvent::Progress { user: bob.clone(), bytes: 1000 });
        let event = FileEvent::Finished { user: bob, path: None };
        assert_eq!(take(event), (Some(50), row("3 photo.jp…  50%  paused")));
        let event = FileEvent::Cancelled { user: carol.clone(), by: carol, why: EndReason::Gone };
        assert_eq!(take(event), (Some(100), None));
    }

    #[test]
    fn both_ends_show_one_rate_and_neither_counts_a_jump() {
        let (alice, bob) = (user("alice"), user("bob"));
        let offer = offer(3, "alice", "bob", "x", 1 << 30);
        let begin = Instant::now();
        for is_mine in [true, false] {
            let mut copies = Copies::new(&offer, is_mine);
            let mut take = |ms, event| {
                let now = begin + Duration::from_millis(ms);
                copies.take_at(&event, &alice, now);
                copies.row_at(30, now).map(|row| row.text)
            };
            let accepted = FileEvent::Accepted { user: bob.clone(), from: 1 << 29 };
            assert_eq!(take(0, accepted).as_deref(), Some("3 50% 0B/s --:--"));
            let grow = |take: &mut dyn FnMut(u64, FileEvent) -> Option<String>, from: u64, mut there: u64| {
                let every = if is_mine { 1000 } else { 100 };
                let mut row = None;
                for ms in (from + every..=from + 4000).step_by(usize::try_from(every).unwrap()) {
                    there += every * 7 * 1024;
                    row = take(ms, FileEvent::Progress { user: bob.clone(), bytes: there });
                }
                row
            };
            assert_eq!(grow(&mut take, 0, 1 << 29).as_deref(), Some("3 52% 6.8M/s 01:10"));
            for paused in [&bob, &alice] {
                take(4000, FileEvent::Paused { user: paused.clone(), why: PauseReason::Lost });
                // What is told late does not make it run.
                let row = take(4100, FileEvent::Progress { user: bob.clone(), bytes: 600 << 20 });
                assert!(row.unwrap().contains("paused"));
                let row = take(60_000, FileEvent::Resumed { user: paused.clone() });
                assert_eq!(row.as_deref(), Some("3 58% 0B/s --:--"));
            }
            let row = take(61_000, FileEvent::Progress { user: bob.clone(), bytes: 700 << 20 });
            assert_eq!(row.as_deref(), Some("3 68% 0B/s --:--"));
            let row = grow(&mut take, 66_000, 700 << 20).unwrap();
            assert!(row.starts_with("3 71% 6.8M/s "), "{row}");
        }
    }

    #[test]
    fn whatever_ends_a_transfer_takes_its_bar_away() {
        let ends = [
            FileEvent::Closed { why: EndReason::Gone },
            FileEvent::Failed(FileError::SessionLost),
            FileEvent::Failed(FileError::Ended),
        ];
        for end in ends {
            let mut copies = Copies::new(&offer(3, "alice", "bob", "x", 100), true);
            copies.take(&FileEvent::Accepted { user: user("bob"), from: 50 }, &user("alice"));
            copies.take(&FileEvent::Closed { why: EndReason::Expired }, &user("alice"));
            assert!(copies.row(30).is_some());
            copies.take(&end, &user("alice"));
            assert_eq!(copies.row(30), None, "{end:?}");
            assert!(!copies.is_running());
        }
    }
}
