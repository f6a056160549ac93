//! Offers to whoever reads this: those that wait for an answer, and those that were answered.

use std::collections::{BTreeMap, BTreeSet};

use chat_net::chat_core::{Offer, Target, TransferId};

/// Offers that are remembered as shown, so that a return shows none again; the oldest is forgotten.
const SHOWN: usize = 1024;

/// So many offers that wait for an answer are known, and so many that were answered; the oldest is forgotten.
const OFFERS: usize = 1024;

/// They, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Offers {
    /// What waits for an answer.
    waiting: BTreeMap<TransferId, Offer>,
    /// What was answered, and may be taken after all while it is offered to the room.
    answered: BTreeMap<TransferId, Offer>,
    shown: BTreeSet<TransferId>,
}

impl Offers {
    /// Somebody offers something; gives whether that is news.
    pub(super) fn add(&mut self, offer: &Offer) -> bool {
        if !self.shown.insert(offer.transfer) {
            return false;
        }
        if self.shown.len() > SHOWN {
            self.shown.pop_first();
        }
        keep(&mut self.waiting, offer.clone());
        true
    }

    /// Those that wait for an answer, in the order of their numbers.
    pub(super) fn waiting(&self) -> impl DoubleEndedIterator<Item = &Offer> {
        self.waiting.values()
    }

    /// Those that were answered, in the order of their numbers.
    pub(super) fn all_answered(&self) -> impl DoubleEndedIterator<Item = &Offer> {
        self.answered.values()
    }

    /// The offer of that number, if it waits for an answer.
    pub(super) fn get(&self, transfer: TransferId) -> Option<&Offer> {
        self.waiting.get(&transfer)
    }

    /// The offer of that number, if it was answered, and may be taken after all.
    pub(super) fn answered(&self, transfer: TransferId) -> Option<&Offer> {
        self.answered.get(&transfer)
    }

    /// The offer waits for an answer no more; gives it, if it did.
    pub(super) fn answer(&mut self, transfer: TransferId) -> Option<Offer> {
        let offer = self.waiting.remove(&transfer)?;
        if let Target::Room(_) = offer.to {
            keep(&mut self.answered, offer.clone());
        }
        Some(offer)
    }

    /// Nobody can take it any more; gives it, if it waited for an answer.
    pub(super) fn close(&mut self, transfer: TransferId) -> Option<Offer> {
        self.waiting.remove(&transfer)
    }

    /// Nobody can take it any more; gives it, if it was answered.
    pub(super) fn close_answered(&mut self, transfer: TransferId) -> Option<Offer> {
        self.answered.remove(&transfer)
    }
}

fn keep(offers: &mut BTreeMap<TransferId, Offer>, offer: Offer) {
    offers.insert(offer.transfer, offer);
    if offers.len() > OFFERS {
        offers.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::testing::offer;

    #[test]
    fn the_oldest_of_too_many_offers_is_forgotten() {
        let mut offers = Offers::default();
        let many = 1..=OFFERS as u64 + 2;
        for number in many.clone() {
            assert!(offers.add(&offer(number, "alice", "#dev", "x", 10)));
        }
        assert_eq!((offers.waiting().count(), offers.waiting().next().unwrap().transfer.0), (OFFERS, 3));
        for number in many.rev() {
            offers.add(&offer(number, "alice", "#dev", "x", 10));
            offers.answer(TransferId(number));
        }
        assert_eq!((offers.waiting().count(), offers.all_answered().count()), (0, OFFERS));
    }
}
