//! Which file somebody at the screen means, who presses a key that answers one: the one that they saw.

use std::collections::VecDeque;
use std::time::Duration;

use chat_net::chat_core::TransferId;
use tokio::time::Instant;

use super::windows::Of;
use super::{ABOVE, Mark, Model, Scroll, Shows};

/// A picture was seen if it was drawn so long before a key was pressed: nobody answers sooner what they read.
const SEEN: Duration = Duration::from_millis(200);

/// The file that such a key is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asks {
    /// The chosen one of the list.
    Listed(TransferId),
    /// The first offer in that window.
    Offered(Of, TransferId),
}

/// What pictures asked, each with when that was first drawn. Only the oldest may have been seen by a key to come.
#[derive(Debug, Default)]
pub(super) struct Seen {
    asked: VecDeque<(Instant, Option<Asks>)>,
    /// The window that was drawn last, and the rows of it, from the first to before the second.
    rows: Option<(Of, (Mark, Mark))>,
}

impl Seen {
    fn drawn(&mut self, now: Instant, asks: Option<Asks>) {
        if self.asked.back().is_none_or(|(_, last)| *last != asks) {
            self.asked.push_back((now, asks));
        }
        while self.asked.get(1).is_some_and(|(at, _)| was_seen(*at, now)) {
            self.asked.pop_front();
        }
    }

    fn by(&self, key: Instant) -> Option<&Asks> {
        self.asked.iter().rev().find(|(at, _)| was_seen(*at, key))?.1.as_ref()
    }
}

fn was_seen(drawn: Instant, key: Instant) -> bool {
    key.saturating_duration_since(drawn) >= SEEN
}

impl Model {
    /// A picture was drawn, with these rows of the current window.
    pub(crate) fn drawn(&mut self, now: Instant, rows: (Mark, Mark)) {
        self.seen.rows = Some((self.windows.current().of.clone(), rows));
        let asks = self.asks();
        self.seen.drawn(now, asks);
    }

    /// What was asked on the last picture that whoever pressed a key at that time had seen.
    pub(crate) fn seen(&self, key: Instant) -> Option<&Asks> {
        self.seen.by(key)
    }

    /// What is asked now.
    fn asks(&self) -> Option<Asks> {
        match self.overlay.as_ref().map(|overlay| overlay.shows) {
            Some(Shows::Files { chosen }) => {
                self.file(chosen).or(self.files().first()).map(|file| Asks::Listed(file.transfer))
            }
            // What is below it is not seen.
            Some(_) => None,
            None => {
                let (transfer, _) = self.open_offer()?;
                let (of, at) = self.row_of(transfer)?;
                self.is_drawn(of, at).then(|| Asks::Offered(of.clone(), transfer))
            }
        }
    }

    fn is_drawn(&self, of: &Of, at: Mark) -> bool {
        let drawn = self.seen.rows.as_ref().filter(|(drawn, _)| drawn == of);
        drawn.is_some_and(|(_, (top, bottom))| (*top..*bottom).contains(&at))
    }

    /// Shows the row of an offer, if it is not on the screen or about to be; gives whether it had to be looked for, and
    /// `None` if there is no such row any more.
    pub(crate) fn show_offer(&mut self, transfer: TransferId) -> Option<bool> {
        let (of, at) = self.row_of(transfer).map(|(of, at)| (of.clone(), at))?;
        let current = self.windows.current();
        let comes = current.scroll == Scroll::End
            && self.seen.rows.as_ref().is_none_or(|(drawn, (_, bottom))| *drawn != of || at >= *bottom);
        if current.of == of && (comes || self.is_drawn(&of, at)) {
            return Some(false);
        }
        self.windows.go_to_of(&of);
        self.windows.current_mut().jump_to(at, ABOVE);
        Some(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_drawn_just_now_was_not_seen() {
        let (began, mut seen) = (Instant::now(), Seen::default());
        let (at, file) =
            (|ms| began + Duration::from_millis(ms), |number| Some(Asks::Listed(TransferId(number))));
        seen.drawn(at(0), None);
        seen.drawn(at(1000), file(1));
        assert_eq!((seen.by(at(1199)), seen.by(at(1200))), (None, file(1).as_ref()));
        seen.drawn(at(1100), file(1));
        seen.drawn(at(1300), file(2));
        seen.drawn(at(1400), file(3));
        for (key, meant) in [(1301, 1), (1499, 1), (1500, 2), (1599, 2), (1600, 3), (9999, 3)] {
            assert_eq!(seen.by(at(key)), file(meant).as_ref(), "{key}");
        }
    }

    #[test]
    fn only_what_a_key_may_mean_is_remembered() {
        let (began, mut seen) = (Instant::now(), Seen::default());
        for number in 0..1000 {
            seen.drawn(began + Duration::from_millis(16 * number), Some(Asks::Listed(TransferId(number))));
        }
        assert!(seen.asked.len() <= 14, "{}", seen.asked.len());
    }
}
