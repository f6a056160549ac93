//! What a client was told of transfers: a server tells all of it again after a break, and a user hears each thing once.

use std::collections::{BTreeMap, VecDeque};

use chat_core::{EndReason, Event, PauseReason, TransferId, UserName};

/// Transfers that are remembered; behind them the oldest are forgotten, and told twice at worst.
const TRANSFERS: usize = 1024;

/// Copies of one transfer that are remembered.
const COPIES: usize = 4096;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    transfers: BTreeMap<TransferId, Known>,
    /// The transfers that this client accepted, the latest at the back.
    accepted: VecDeque<TransferId>,
}

#[derive(Debug, Default)]
struct Known {
    is_offered: bool,
    is_hashed: bool,
    closed: Option<EndReason>,
    copies: BTreeMap<UserName, Copy>,
}

/// The last that was told of a copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Copy {
    Runs,
    Paused(PauseReason),
    Finished,
    Declined,
    Cancelled(EndReason),
}

impl Ledger {
    /// Notes what is told: whether it is news. What is told after the fact is none if it was told before.
    pub(super) fn told(&mut self, past: bool, event: &Event) -> bool {
        let Some(transfer) = event.transfer() else { return true };
        if !self.transfers.contains_key(&transfer) && self.transfers.len() >= TRANSFERS {
            self.transfers.pop_first();
        }
        let known = self.transfers.entry(transfer).or_default();
        !known.told(event) || !past
    }

    /// This client takes a file.
    pub(super) fn accepted(&mut self, transfer: TransferId) {
        if !self.has_accepted(transfer) {
            if self.accepted.len() >= TRANSFERS {
                self.accepted.pop_front();
            }
            self.accepted.push_back(transfer);
        }
    }

    /// Whether bytes of that file may still be on their way.
    pub(super) fn has_accepted(&self, transfer: TransferId) -> bool {
        self.accepted.contains(&transfer)
    }

    /// A new session: everything is new.
    pub(super) fn clear(&mut self) {
        self.transfers.clear();
    }
}

impl Known {
    /// Whether that is how it stands already.
    fn told(&mut self, event: &Event) -> bool {
        let (user, copy) = match event {
            Event::Offered(offer) => {
                let is_known = self.is_offered && (self.is_hashed || offer.hash.is_none());
                self.is_hashed |= offer.hash.is_some();
                self.is_offered = true;
                return is_known;
            }
            Event::Hashed { .. } => return std::mem::replace(&mut self.is_hashed, true),
            Event::Closed { why, .. } => return self.closed.replace(*why) == Some(*why),
            Event::Accepted { user, .. } | Event::Resumed { user, .. } => (user, Copy::Runs),
            Event::Paused { user, why, .. } => (user, Copy::Paused(*why)),
            Event::Finished { user, .. } => (user, Copy::Finished),
            Event::Declined { user, .. } => (user, Copy::Declined),
            Event::Cancelled { user, why, .. } => (user, Copy::Cancelled(*why)),
            _ => return false,
        };
        if self.copies.len() >= COPIES && !self.copies.contains_key(user) {
            return false;
        }
        self.copies.insert(user.clone(), copy) == Some(copy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{FileHash, FileName, Offer, Target, Timestamp};

    const ONE: TransferId = TransferId(1);

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn offered(hash: Option<FileHash>) -> Event {
        Event::Offered(Box::new(Offer {
            transfer: ONE,
            from: user("ann"),
            to: Target::User(user("bob")),
            name: FileName::new("x").unwrap(),
            size: 1,
            hash,
            chunk_bytes: 4096,
            expires: Timestamp(1),
        }))
    }

    #[test]
    fn what_is_told_again_after_a_break_is_no_news() {
        let mut ledger = Ledger::default();
        let accepted = Event::Accepted { transfer: ONE, user: user("bob"), from: 0, prefix: None };
        let lost = Event::Paused { transfer: ONE, user: user("bob"), why: PauseReason::Lost };
        let hashed = Event::Hashed { transfer: ONE, hash: FileHash([1; 32]) };
        let closed = Event::Closed { transfer: ONE, why: EndReason::Gone };
        assert!(ledger.told(false, &offered(None)));
        assert!(ledger.told(false, &accepted));
        for again in [&offered(None), &accepted] {
            assert!(!ledger.told(true, again));
        }
        assert!(ledger.told(true, &lost), "it happened meanwhile");
        assert!(!ledger.told(true, &lost));
        assert!(ledger.told(false, &accepted), "what happens now is always news");
        assert!(ledger.told(true, &offered(Some(FileHash([1; 32])))), "the hash is news");
        assert!(!ledger.told(true, &hashed));
        assert!(ledger.told(true, &closed));
        assert!(!ledger.told(true, &closed));
    }

    #[test]
    fn what_it_remembers_is_bounded() {
        let mut ledger = Ledger::default();
        for number in 0..3 * TRANSFERS as u64 {
            ledger.accepted(TransferId(number));
            ledger.told(false, &Event::Closed { transfer: TransferId(number), why: EndReason::Gone });
        }
        assert_eq!((ledger.transfers.len(), ledger.accepted.len()), (TRANSFERS, TRANSFERS));
        for number in 0..2 * COPIES {
            let user = user(&format!("u{number}"));
            ledger.told(false, &Event::Declined { transfer: ONE, user });
        }
        assert_eq!(ledger.transfers[&ONE].copies.len(), COPIES);
    }
}
