//! What the state keeps of a transfer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deadline::Due;
use crate::digest::Hasher;
use crate::id::{SessionId, TransferId};
use crate::name::UserName;
use crate::snapshot::feed_stamp;
use crate::stamp::{Stamp, Timestamp};
use crate::transfer::{CopyInfo, CopyState, EndReason, Offer, Target, TransferInfo};

/// One transfer, from its offer until it is forgotten some time after its end, so that whoever was away is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Transfer {
    /// With the hash, as soon as it is known, and with the end of the offer as it is now.
    pub(crate) offer: Offer,
    /// When it was offered.
    pub(crate) stamp: Stamp,
    /// For how long an offer of it can be accepted.
    pub(crate) term_ms: u64,
    /// Whether the hash came after the offer: then those who accept later have not been told it.
    pub(crate) is_hash_late: bool,
    /// `None` once that session has ended.
    pub(crate) sender: Option<SessionId>,
    /// To whom, if it is offered to one user whose session has not ended.
    pub(crate) receiver: Option<SessionId>,
    /// Why and since when it cannot be accepted, if somebody or time said so.
    pub(crate) closed: Option<Closed>,
    /// Until when it is kept, if it is over.
    pub(crate) forgotten: Option<Timestamp>,
    pub(crate) copies: BTreeMap<SessionId, Receiving>,
    /// The copies of sessions that have ended.
    pub(crate) former: Vec<Receiving>,
}

/// Why and when an offer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Closed {
    pub(crate) why: EndReason,
    pub(crate) stamp: Stamp,
}

/// One receiver's copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Receiving {
    pub(crate) user: UserName,
    pub(crate) offset: u64,
    pub(crate) state: CopyState,
    /// Since when it has been in that state.
    pub(crate) stamp: Stamp,
    /// Who ended it; `None` for one that is open, or that ended with the whole.
    pub(crate) by: Option<UserName>,
}

impl Receiving {
    /// Whether it ended in a way after which it may begin anew, whether the offer is open or not.
    fn is_to_begin_anew(&self) -> bool {
        self.state == CopyState::Cancelled { why: EndReason::PrefixDiffers } && self.by.is_some()
    }

    pub(crate) fn is_running(&self) -> bool {
        self.state == CopyState::Running {}
    }

    /// Whether its receiver may accept without an open offer.
    pub(crate) fn may_go_on(&self) -> bool {
        self.state.is_open() || self.is_to_begin_anew()
    }

    /// Whether its receiver left the room: back in it, it may decline like everyone else.
    pub(crate) fn has_left(&self) -> bool {
        self.state == CopyState::Cancelled { why: EndReason::Left }
    }

    /// Whether nobody but its receiver kept it from being finished: that one may accept as long as the others.
    pub(crate) fn was_given_up(&self) -> bool {
        let is_unfinished = matches!(self.state, CopyState::Declined {} | CopyState::Cancelled { .. });
        is_unfinished && self.by.as_ref() == Some(&self.user)
    }

    fn info(&self, sender: &UserName) -> CopyInfo {
        let is_cancelled = matches!(self.state, CopyState::Cancelled { .. });
        let by = is_cancelled.then(|| self.by.as_ref().unwrap_or(sender).clone());
        CopyInfo { user: self.user.clone(), offset: self.offset, state: self.state, by }
    }
}

impl Transfer {
    /// Whether one who has no copy may accept it, until `offer.expires`.
    pub(crate) fn is_open(&self) -> bool {
        let awaits = match self.offer.to {
            Target::Room(_) => true,
            Target::User(_) => self.all_copies().all(Receiving::is_to_begin_anew),
        };
        awaits && self.closed.is_none() && self.forgotten.is_none()
    }

    /// Whether no copy is open and none can begin: it is over.
    pub(crate) fn is_spent(&self) -> bool {
        let is_one = matches!(self.offer.to, Target::User(_));
        match &self.closed {
            Some(Closed { why: EndReason::Expired, .. }) if is_one => {
                !self.copies.values().any(|copy| copy.state.is_open())
            }
            Some(Closed { why: EndReason::Expired, .. }) => !self.copies.values().any(Receiving::may_go_on),
            Some(_) => true,
            None => is_one && self.all_copies().any(|copy| !copy.may_go_on()),
        }
    }

    /// Whether it is over, whether that has been settled yet or not.
    pub(crate) fn is_over(&self) -> bool {
        self.forgotten.is_some() || self.is_spent()
    }

    pub(crate) fn is_sender(&self, session: SessionId) -> bool {
        self.sender == Some(session)
    }

    /// The sessions that it concerns, whatever rooms they are in.
    pub(crate) fn parties(&self) -> impl Iterator<Item = SessionId> {
        self.sender.into_iter().chain(self.receiver).chain(self.copies.keys().copied())
    }

    /// Every copy that there ever was.
    fn all_copies(&self) -> impl Iterator<Item = &Receiving> {
        self.copies.values().chain(&self.former)
    }

    /// Every copy that there ever was, as they came to be what they are: where two users in turn had one name, the
    /// later of them comes last.
    pub(crate) fn copies_in_time(&self) -> Vec<&Receiving> {
        let mut copies: Vec<&Receiving> = self.all_copies().collect();
        copies.sort_by_key(|copy| copy.stamp.seq);
        copies
    }

    /// The receivers whose copies run.
    pub(crate) fn running(&self) -> impl Iterator<Item = SessionId> {
        let running = self.copies.iter().filter(|(_, copy)| copy.is_running());
        running.map(|(session, _)| *session)
    }

    /// Whether this session is one of them.
    pub(crate) fn is_running(&self, session: SessionId) -> bool {
        self.copies.get(&session).is_some_and(Receiving::is_running)
    }

    /// What happens to it by itself, and when.
    pub(crate) fn deadline(&self, id: TransferId) -> Option<(Timestamp, Due)> {
        match self.forgotten {
            Some(at) => Some((at, Due::Forgotten(id))),
            None => self.is_open().then_some((self.offer.expires, Due::Offer(id))),
        }
    }

    /// As this session sees it: the sender sees all copies, at most `limit`, everybody else his own.
    pub(crate) fn info(&self, session: Option<SessionId>, limit: usize) -> TransferInfo {
        let info = |copy: &Receiving| copy.info(&self.offer.from);
        let copies = if session.is_none() || session == self.sender {
            self.copies_in_time().into_iter().take(limit).map(info).collect()
        } else {
            session.and_then(|session| self.copies.get(&session)).map(info).into_iter().collect()
        };
        TransferInfo { offer: self.offer.clone(), open: self.is_open(), copies }
    }
}

/// What a snapshot may not contradict, and what a digest is made of.
impl Transfer {
    pub(crate) fn is_consistent(&self) -> bool {
        let is_one = matches!(self.offer.to, Target::User(_));
        let copies_fit = self.all_copies().all(|copy| {
            let is_within = copy.offset <= self.offer.size;
            is_within && (copy.by.is_none() || !copy.state.is_open())
        });
        let only_the_receivers = self
            .copies
            .keys()
            .all(|session| !self.is_sender(*session) && (!is_one || self.receiver == Some(*session)));
        let ends = self.sender.is_some() || self.is_over();
        let is_over = self.forgotten.is_none() || self.is_spent();
        copies_fit && only_the_receivers && ends && is_over && (is_one || self.receiver.is_none())
    }

    pub(crate) fn feed(&self, h: &mut Hasher) {
        let Offer { transfer, from, to, name, size, hash, chunk_bytes, expires } = &self.offer;
        h.word(transfer.0).bytes(from.as_str().as_bytes()).bytes(to.to_string().as_bytes());
        h.bytes(name.as_str().as_bytes()).word(*size).word(u64::from(*chunk_bytes)).word(expires.0);
        h.bytes(hash.as_ref().map_or(&[][..], |hash| &hash.0)).word(u64::from(self.is_hash_late));
        feed_stamp(self.stamp, h.word(self.term_ms));
        for party in [self.sender, self.receiver] {
            h.word(party.map_or(0, |session| session.as_u64().wrapping_add(1)));
        }
        match &self.closed {
            Some(closed) => feed_stamp(closed.stamp, h.word(closed.why as u64 + 1)),
            None => feed_stamp(Stamp::default(), h.word(0)),
        }
        h.word(self.forgotten.map_or(0, |at| at.0.wrapping_add(1)));
        h.word(self.copies.len() as u64).word(self.former.len() as u64);
        for (session, copy) in &self.copies {
            copy.feed(h.word(session.as_u64()));
        }
        self.former.iter().for_each(|copy| copy.feed(h));
    }
}

impl Receiving {
    fn feed(&self, h: &mut Hasher) {
        let (tag, why) = match self.state {
            CopyState::Running {} => (1, 0),
            CopyState::Paused { why } => (2, why as u64),
            CopyState::Finished {} => (3, 0),
            CopyState::Declined {} => (4, 0),
            CopyState::Cancelled { why } => (5, why as u64),
        };
        h.bytes(self.user.as_str().as_bytes()).word(self.offset).word(tag).word(why);
        h.bytes(self.by.as_ref().map_or("", UserName::as_str).as_bytes());
        feed_stamp(self.stamp, h);
    }
}
