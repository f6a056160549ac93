//! Connections that break and sessions that come back: copies stand still, and nobody misses what happened meanwhile.

use std::collections::BTreeSet;

use crate::event::Event;
use crate::id::{SessionId, TransferId};
use crate::name::RoomName;
use crate::state::State;
use crate::step::Steps;
use crate::transfer::copy::pause;
use crate::transfer::decide::tell;
use crate::transfer::end::part;
use crate::transfer::record::{Receiving, Transfer};
use crate::transfer::{CopyState, EndReason, PauseReason, Target};

/// The steps that follow from a broken connection: the session's own copies stand still, and the receivers of what it
/// sends are told that nothing will come.
pub(crate) fn decide_drop(state: &State, session: SessionId, steps: &mut Steps) {
    decide_takeover(state, session, steps);
    for (id, held) in state.transfers.live_of(session).filter(|(_, held)| held.is_sender(session)) {
        let (user, why) = (held.offer.from.clone(), PauseReason::Lost);
        let event = Event::Paused { transfer: id, user, why };
        held.running().for_each(|receiver| tell(state, Some(receiver), event.clone(), steps));
    }
}

/// The steps that follow from another connection in the place of one that still stands: what was on its way to that one
/// is lost, so the session's own copies stand still.
pub(crate) fn decide_takeover(state: &State, session: SessionId, steps: &mut Steps) {
    for (id, held) in state.transfers.live_of(session) {
        if held.is_running(session) {
            pause(state, id, held, session, PauseReason::Lost, steps);
        }
    }
}

/// The steps for one who slept, and could not join again every room that its transfers are about: it has left those.
pub(crate) fn back_in_rooms(state: &State, session: SessionId, steps: &mut Steps) {
    for (id, held) in state.transfers.live_of(session) {
        if let Target::Room(room) = &held.offer.to
            && state.sessions[&session].membership(room.as_str()).is_none()
        {
            part(state, id, held, session, EndReason::Left, false, steps);
        }
    }
}

/// The steps by which those who receive are told that their sender is back.
pub(crate) fn tell_of_return(state: &State, session: SessionId, steps: &mut Steps) {
    for (id, held) in state.transfers.live_of(session).filter(|(_, held)| held.is_sender(session)) {
        let event = Event::Resumed { transfer: id, user: held.offer.from.clone() };
        held.running().for_each(|receiver| tell(state, Some(receiver), event.clone(), steps));
    }
}

/// The transfers that concern a session: its own, and those of its rooms.
pub(crate) fn concerning(state: &State, session: SessionId) -> BTreeSet<TransferId> {
    let rooms = state.sessions[&session].rooms.iter();
    let of_rooms = rooms.flat_map(|membership| state.transfers.in_room(&membership.name));
    state.transfers.of(session).chain(of_rooms).map(|(id, _)| id).collect()
}

/// The steps by which one who is back is told again of every transfer that concerns it: the offer, how the copies stand
/// that it may see, and the end.
pub(crate) fn retell(state: &State, session: SessionId, steps: &mut Steps) {
    for id in concerning(state, session) {
        let held = &state.transfers.all[&id];
        steps.retell(session, held.stamp, Event::Offered(Box::new(held.offer.clone())));
        if held.is_sender(session) {
            held.copies_in_time().into_iter().for_each(|copy| retell_copy(session, id, copy, steps));
        } else if let Some(copy) = held.copies.get(&session) {
            retell_copy(session, id, copy, steps);
        }
        if let Some(closed) = held.closed {
            steps.retell(session, closed.stamp, Event::Closed { transfer: id, why: closed.why });
        }
    }
}

fn retell_copy(to: SessionId, id: TransferId, copy: &Receiving, steps: &mut Steps) {
    let user = copy.user.clone();
    let event = match copy.state {
        CopyState::Running {} => Event::Accepted { transfer: id, user, from: copy.offset, prefix: None },
        CopyState::Paused { why } => Event::Paused { transfer: id, user, why },
        CopyState::Finished {} => Event::Finished { transfer: id, user },
        CopyState::Declined {} => Event::Declined { transfer: id, user },
        CopyState::Cancelled { why } => match copy.by.clone() {
            Some(by) => Event::Cancelled { transfer: id, user, by, why },
            // It ended with the whole, and so is told.
            None => return,
        },
    };
    steps.retell(to, copy.stamp, event);
}

/// The steps by which one who joins a room is told of the files that are offered in it.
pub(crate) fn retell_offers(state: &State, session: SessionId, room: &RoomName, steps: &mut Steps) {
    let may_begin = |held: &Transfer| held.copies.get(&session).is_none_or(Receiving::was_given_up);
    for (_, held) in state.transfers.in_room(room).filter(|(_, held)| held.is_open() && may_begin(held)) {
        steps.retell(session, held.stamp, Event::Offered(Box::new(held.offer.clone())));
    }
}
