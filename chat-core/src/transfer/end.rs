//! How transfers end: they are called off, left, expire, and are forgotten.

use std::collections::BTreeSet;

use crate::change::{TransferChange, Verdict};
use crate::event::Event;
use crate::id::{SessionId, TransferId};
use crate::name::{RoomName, UserName};
use crate::rejection::Rejection;
use crate::sink::Asker;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::transfer::decide::{live, own_copy, tell};
use crate::transfer::record::Transfer;
use crate::transfer::{CopyState, EndReason, Target};

/// For at least so long a transfer that is over is kept.
const LEAST_KEPT_MS: u64 = 1_000;

/// Decides whether a copy, or the whole, may be called off.
pub(crate) fn decide_cancel(
    state: &State,
    asking: Asking,
    id: TransferId,
    user: Option<&str>,
    why: EndReason,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let (session, why) = (asking.asker.session, why.asked());
    let named = user.map(|user| state.config.user_name(user)).transpose()?;
    let held = live(state, id)?;
    if held.is_sender(session) {
        return match named {
            Some(name) => cancel_of(state, asking, id, held, name, why, steps),
            None => {
                steps.remember(asking.by, Verdict::Cancelled { user: None });
                close(state, id, held, why, Some(asking.asker), steps);
                Ok(())
            }
        };
    }
    let (held, copy) = own_copy(state, id, session)?;
    if let Some(name) = named.filter(|name| *name != copy.user) {
        return Err(Rejection::NoSuchUser { name });
    }
    let user = copy.user.clone();
    steps.remember(asking.by, Verdict::Cancelled { user: Some(user.clone()) });
    let event = end_copy(id, session, &user, &user, why, steps);
    tell(state, held.sender, event.clone(), steps);
    steps.answer(asking.asker, event);
    Ok(())
}

/// The sender calls off one user's copy.
fn cancel_of(
    state: &State,
    asking: Asking,
    id: TransferId,
    held: &Transfer,
    name: UserName,
    why: EndReason,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    // Several, if the user takes the file on several devices.
    let found = held.copies.iter().filter(|(_, copy)| copy.user == name && copy.may_go_on());
    let mut ended = None;
    for (&receiver, copy) in found {
        let event = end_copy(id, receiver, &copy.user, &held.offer.from, why, steps);
        tell(state, Some(receiver), event.clone(), steps);
        ended = Some((copy.user.clone(), event));
    }
    let Some((user, event)) = ended else { return Err(Rejection::NoSuchUser { name }) };
    steps.remember(asking.by, Verdict::Cancelled { user: Some(user) });
    steps.answer(asking.asker, event);
    Ok(())
}

/// The step by which a copy comes to nothing, and the event that tells of it.
fn end_copy(
    id: TransferId,
    session: SessionId,
    user: &UserName,
    by: &UserName,
    why: EndReason,
    steps: &mut Steps,
) -> Event {
    let state = CopyState::Cancelled { why };
    steps.change(TransferChange::CopyEnded { transfer: id, session, state, by: by.clone() });
    Event::Cancelled { transfer: id, user: user.clone(), by: by.clone(), why }
}

/// The steps by which the whole ends. Everyone who was told of the offer is told, but whoever heard before that it was
/// closed only if a copy ends with it; the sender only as the asker or as a member.
fn close(
    state: &State,
    id: TransferId,
    held: &Transfer,
    why: EndReason,
    asker: Option<Asker>,
    steps: &mut Steps,
) {
    steps.change(TransferChange::Closed { transfer: id, why });
    let event = Event::Closed { transfer: id, why };
    if let (Target::Room(room), None) = (&held.offer.to, &held.closed) {
        steps.tell_members(room.clone(), asker, event);
        return;
    }
    tell(state, held.receiver, event.clone(), steps);
    let others = held.copies.iter().filter(|(session, _)| Some(**session) != held.receiver);
    for (session, _) in others.filter(|(_, copy)| copy.may_go_on()) {
        tell(state, Some(*session), event.clone(), steps);
    }
    if let Some(asker) = asker {
        steps.answer(asker, event);
    }
}

/// The steps that follow from a leave, after those of the leave itself: the leaver's offers to the room end, and its
/// copies of what others offered to it.
pub(crate) fn decide_leave(state: &State, session: SessionId, room: &RoomName, steps: &mut Steps) {
    let to_room = |held: &Transfer| matches!(&held.offer.to, Target::Room(name) if name == room);
    for (id, held) in state.transfers.live_of(session).filter(|(_, held)| to_room(held)) {
        part(state, id, held, session, EndReason::Left, true, steps);
    }
}

/// The steps that follow from a session's end, before that is made, or from its name being another's while it sleeps.
pub(crate) fn decide_end(state: &State, session: SessionId, steps: &mut Steps) {
    for (id, held) in state.transfers.live_of(session) {
        part(state, id, held, session, EndReason::Gone, false, steps);
    }
}

/// The steps by which a session has no part in a transfer any more.
pub(crate) fn part(
    state: &State,
    id: TransferId,
    held: &Transfer,
    session: SessionId,
    why: EndReason,
    is_told: bool,
    steps: &mut Steps,
) {
    let oneself = Some(session).filter(|_| is_told);
    if held.is_sender(session) {
        close(state, id, held, why, None, steps);
        tell(state, oneself, Event::Closed { transfer: id, why }, steps);
    } else if let Some(copy) = held.copies.get(&session).filter(|copy| copy.may_go_on()) {
        let event = end_copy(id, session, &copy.user, &copy.user, why, steps);
        tell(state, held.sender, event.clone(), steps);
        tell(state, oneself, event, steps);
    } else if held.receiver == Some(session) {
        steps.change(TransferChange::Closed { transfer: id, why });
        tell(state, held.sender, Event::Closed { transfer: id, why }, steps);
    }
}

/// The steps by which an offer expires. Copies that are open go on.
pub(crate) fn decide_expired(state: &State, id: TransferId, steps: &mut Steps) {
    let held = &state.transfers.all[&id];
    let why = EndReason::Expired;
    close(state, id, held, why, None, steps);
    if let Target::User(_) = held.offer.to {
        tell(state, held.sender, Event::Closed { transfer: id, why }, steps);
    }
}

/// The steps by which a transfer that has come to its end is kept for a while. Of those of one sender, of one room, and to
/// one user, the oldest make way: so what one who comes back is told of has a limit.
pub(crate) fn decide_over(state: &State, stamp: Stamp, id: TransferId, steps: &mut Steps) {
    let all = &state.transfers;
    let held = &all.all[&id];
    let forgotten = stamp.at.plus_ms(state.config.resumable_ms.max(LEAST_KEPT_MS));
    steps.change(TransferChange::Over { transfer: id, forgotten });
    let mut making_way = BTreeSet::new();
    if let Some(sender) = held.sender {
        let own = all.of(sender).filter(|(_, held)| held.is_sender(sender));
        making_way.extend(oldest(own, state.config.transfers_per_user));
    }
    if let Some(receiver) = held.receiver {
        let to_it = all.of(receiver).filter(|(_, held)| held.receiver == Some(receiver));
        making_way.extend(oldest(to_it, state.config.offers_to_user));
    }
    if let Target::Room(room) = &held.offer.to {
        making_way.extend(oldest(all.in_room(room), state.config.offers_to_user));
    }
    for transfer in making_way {
        steps.change(TransferChange::Forgotten { transfer });
    }
}

/// Those that have been over for longest, so that with one more there are no more than `limit`.
fn oldest<'a>(
    held: impl Iterator<Item = (TransferId, &'a Transfer)>,
    limit: usize,
) -> impl Iterator<Item = TransferId> {
    let mut over: Vec<_> = held.filter_map(|(id, held)| Some((held.forgotten?, id))).collect();
    over.sort_unstable();
    let excess = (over.len() + 1).saturating_sub(limit.max(1));
    over.into_iter().take(excess).map(|(_, id)| id)
}
