//! How far the copies of one file are, as one end is told: what its bar shows.

use chat_net::chat_core::{Offer, UserName};
use chat_net::client::FileEvent;

use super::meter::Meter;
use super::words::other_end;
use crate::rows::Row;

/// The copies of one transfer: one's own, or one for each receiver.
#[derive(Debug)]
pub(crate) struct Copies {
    number: u64,
    what: String,
    bytes: u64,
    copies: Vec<Copy>,
    /// Whether bytes do not come because of the sender.
    is_held: bool,
    meter: Option<Meter>,
}

#[derive(Debug)]
struct Copy {
    user: UserName,
    there: u64,
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
        Copies { number, what, bytes, copies: Vec::new(), is_held: false, meter: None }
    }

    /// Takes what happened.
    pub(crate) fn take(&mut self, event: &FileEvent, sender: &UserName) {
        match event {
            FileEvent::Accepted { user, from } => self.set(user, Some(*from), State::Running),
            FileEvent::Progress { user, bytes } => self.set(user, Some(*bytes), State::Running),
            FileEvent::Paused { user, .. } if user == sender => self.is_held = true,
            FileEvent::Resumed { user } if user == sender => self.is_held = false,
            FileEvent::Paused { user, .. } => self.set(user, None, State::Paused),
            FileEvent::Resumed { user } => self.set(user, None, State::Running),
            FileEvent::Finished { user, .. } => self.set(user, Some(self.bytes), State::Finished),
            FileEvent::Cancelled { user, .. } | FileEvent::Declined { user } => {
                self.set(user, None, State::Dropped);
            }
            _ => {}
        }
        self.measure();
    }

    /// Whether somebody still receives it.
    pub(crate) fn is_running(&self) -> bool {
        self.copies.iter().any(|copy| matches!(copy.state, State::Running | State::Paused))
    }

    /// So many per cent are there, of all copies together; `None` before there is one.
    pub(crate) fn share(&self) -> Option<u64> {
        let (there, bytes) = self.sum();
        let share = (u128::from(there) * 100).checked_div(u128::from(bytes)).unwrap_or(100);
        (!self.copies.is_empty()).then(|| u64::try_from(share).unwrap_or(100))
    }

    /// What to show of it while somebody receives it.
    pub(crate) fn row(&self, columns: usize) -> Option<Row> {
        let text = self.meter.as_ref().filter(|_| self.is_running())?.line(columns);
        Some(Row { columns: unicode_width::UnicodeWidthStr::width(text.as_str()), text })
    }

    fn set(&mut self, user: &UserName, there: Option<u64>, state: State) {
        match self.copies.iter_mut().find(|copy| copy.user == *user) {
            Some(copy) => {
                copy.there = there.unwrap_or(copy.there);
                copy.state = state;
            }
            None if state == State::Dropped => {}
            None => self.copies.push(Copy { user: user.clone(), there: there.unwrap_or(0), state }),
        }
    }

    fn counted(&self) -> impl Iterator<Item = &Copy> {
        self.copies.iter().filter(|copy| copy.state != State::Dropped)
    }

    fn sum(&self) -> (u64, u64) {
        let add = |sum: (u64, u64), copy: &Copy| (sum.0 + copy.there, sum.1.saturating_add(self.bytes));
        self.counted().fold((0, 0), add)
    }

    fn measure(&mut self) {
        let (there, bytes) = self.sum();
        let is_running = self.copies.iter().any(|copy| copy.state == State::Running);
        let is_paused = self.is_held || !is_running;
        if self.copies.is_empty() {
            return;
        }
        let meter =
            self.meter.get_or_insert_with(|| Meter::new(self.number, self.what.clone(), bytes, there));
        meter.set(there, bytes);
        meter.pause(is_paused);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{offer, user};
    use super::*;
    use chat_net::chat_core::{EndReason, PauseReason};

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
}
