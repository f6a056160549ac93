//! What a returning client is owed: a pure decision from where it stopped and what is kept.

use crate::code::Code;
use crate::command::Since;
use crate::event::{Event, GapReason, Place};
use crate::id::Number;

/// What is kept of one room: where it ends, and the first event that can still be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The room, its numbering and its last number.
    pub head: Place,
    /// The first number that can be read; one above the head if none can.
    pub first_available: Number,
    /// Why what came before that cannot be read: no longer kept, or damaged.
    pub why: GapReason,
}

/// What a returning client gets of one room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatchUp {
    /// If part of it is gone: told once, before anything else.
    pub gap: Option<Event>,
    /// Then every event behind this number, in order, up to the head; then
    /// [`Event::CaughtUp`](crate::Event::CaughtUp).
    pub after: Number,
}

impl CatchUp {
    /// Decides what a client whose copy ends at `since` is owed, of at most `limit` events.
    ///
    /// # Errors
    /// [`Code::AheadOfHead`] for a position in this numbering that does not exist yet: such a client has
    /// seen what never happened here, and must forget its copy.
    pub fn plan(since: Since, kept: &Kept, limit: u64) -> Result<CatchUp, Code> {
        let head = kept.head.number;
        let same_epoch = since.epoch == kept.head.epoch;
        if same_epoch && since.number > head {
            return Err(Code::AheadOfHead);
        }
        // Never more than the limit, and never what is no longer kept.
        let first = kept.first_available.max(Number(head.0.saturating_sub(limit) + 1));
        if same_epoch && since.number.next() >= first {
            return Ok(CatchUp { gap: None, after: since.number });
        }
        let why = match same_epoch {
            true if first == kept.first_available => kept.why,
            true => GapReason::NotKept,
            false => GapReason::NewEpoch,
        };
        let gap = Event::Gap { place: kept.head.clone(), first_available: first, why };
        Ok(CatchUp { gap: Some(gap), after: Number(first.0 - 1) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Epoch;
    use crate::name::RoomName;

    fn kept(first: u64, head: u64) -> Kept {
        let room = RoomName::new("lobby", 64).unwrap();
        let head = Place { room, epoch: Epoch(9), number: Number(head) };
        Kept { head, first_available: Number(first), why: GapReason::NotKept }
    }

    fn plan(epoch: u64, number: u64, kept: &Kept) -> Result<(Option<(u64, GapReason)>, u64), Code> {
        let since = Since { epoch: Epoch(epoch), number: Number(number) };
        CatchUp::plan(since, kept, 50).map(|plan| {
            let gap = plan.gap.map(|gap| match gap {
                Event::Gap { first_available, why, .. } => (first_available.0, why),
                other => panic!("{other:?}"),
            });
            (gap, plan.after.0)
        })
    }

    #[test]
    fn what_is_kept_is_sent_and_what_is_gone_is_named() {
        let room = kept(5, 20);
        assert_eq!(plan(9, 20, &room), Ok((None, 20)));
        assert_eq!(plan(9, 19, &room), Ok((None, 19)));
        assert_eq!(plan(9, 4, &room), Ok((None, 4)));
        assert_eq!(plan(9, 3, &room), Ok((Some((5, GapReason::NotKept)), 4)));
        assert_eq!(plan(9, 0, &room), Ok((Some((5, GapReason::NotKept)), 4)));
        assert_eq!(plan(9, 21, &room), Err(Code::AheadOfHead));
        assert_eq!(plan(8, 19, &room), Ok((Some((5, GapReason::NewEpoch)), 4)));
        assert_eq!(plan(8, 99, &room), Ok((Some((5, GapReason::NewEpoch)), 4)));
    }

    #[test]
    fn before_any_event_and_with_nothing_kept() {
        assert_eq!(plan(9, 0, &kept(1, 0)), Ok((None, 0)));
        assert_eq!(plan(9, 0, &kept(1, 3)), Ok((None, 0)));
        assert_eq!(plan(9, 1, &kept(4, 3)), Ok((Some((4, GapReason::NotKept)), 3)));
    }

    #[test]
    fn what_is_damaged_is_named_unless_it_would_not_have_been_sent_anyway() {
        let damaged = |first| Kept { why: GapReason::Corrupt, ..kept(first, 100) };
        assert_eq!(plan(9, 60, &damaged(80)), Ok((Some((80, GapReason::Corrupt)), 79)));
        assert_eq!(plan(9, 90, &damaged(80)), Ok((None, 90)));
        assert_eq!(plan(9, 10, &damaged(20)), Ok((Some((51, GapReason::NotKept)), 50)));
    }

    #[test]
    fn a_client_far_behind_gets_the_last_of_it() {
        assert_eq!(plan(9, 10, &kept(1, 100)), Ok((Some((51, GapReason::NotKept)), 50)));
        assert_eq!(plan(9, 50, &kept(1, 100)), Ok((None, 50)));
    }
}
