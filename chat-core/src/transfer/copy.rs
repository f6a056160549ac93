//! One receiver's copy: it is accepted or declined, grows, stands still, and is finished.

use crate::change::{TransferChange, Verdict};
use crate::event::Event;
use crate::id::{SessionId, TransferId};
use crate::rejection::Rejection;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::transfer::decide::{acceptable, own_open_copy, tell};
use crate::transfer::offer::at_most;
use crate::transfer::record::{Receiving, Transfer};
use crate::transfer::{CopyState, FileHash, PauseReason, Target};

/// Decides whether a file may be taken, or gone on with after a break.
pub(crate) fn decide_accept(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    id: TransferId,
    from: u64,
    prefix: Option<FileHash>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let session = asking.asker.session;
    let held = acceptable(state, stamp, id, session, Receiving::was_given_up)?;
    if from > held.offer.size {
        return Err(Rejection::WrongOffset { size: held.offer.size });
    }
    let user = state.sessions[&session].user.clone();
    let is_open_here = |held: &Transfer| held.copies.get(&session).is_some_and(|copy| copy.state.is_open());
    if !is_open_here(held) {
        let receiving = state.transfers.of(session).filter(|(_, held)| is_open_here(held)).count();
        at_most(state.config.transfers_per_user, receiving, &Target::User(user.clone()))?;
        has_room_for_a_copy(state, held, session)?;
    }
    steps.change(TransferChange::Accepted { transfer: id, session, from });
    steps.remember(asking.by, Verdict::Done);
    let event = Event::Accepted { transfer: id, user, from, prefix };
    tell(state, held.sender, event.clone(), steps);
    steps.answer(asking.asker, event);
    if let Some(hash) = held.offer.hash.filter(|_| held.is_hash_late) {
        steps.tell(session, Event::Hashed { transfer: id, hash });
    }
    if held.sender.is_none_or(|sender| state.attached(sender).is_err()) {
        let (user, why) = (held.offer.from.clone(), PauseReason::Lost);
        steps.tell(session, Event::Paused { transfer: id, user, why });
    }
    Ok(())
}

/// Refuses a new copy where there are as many as there may be.
fn has_room_for_a_copy(state: &State, held: &Transfer, session: SessionId) -> Result<(), Rejection> {
    let is_new = !held.copies.contains_key(&session);
    if is_new && held.copies.len() + held.former.len() >= state.config.transfers {
        return Err(Rejection::TransfersFull);
    }
    Ok(())
}

/// Decides whether a file may be declined; one that was accepted may be, too.
pub(crate) fn decide_decline(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    id: TransferId,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let session = asking.asker.session;
    let held = acceptable(state, stamp, id, session, Receiving::has_left)?;
    has_room_for_a_copy(state, held, session)?;
    end_own(state, asking, id, held, CopyState::Declined {}, steps);
    Ok(())
}

/// Decides whether a copy may be called finished: the hash that it was compared with must be known.
pub(crate) fn decide_finish(
    state: &State,
    asking: Asking,
    id: TransferId,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let (held, _) = own_open_copy(state, id, asking.asker.session)?;
    if held.offer.hash.is_none() {
        return Err(Rejection::BadFile {
            why: "the file's hash is not known yet, wait until it is told".into(),
        });
    }
    end_own(state, asking, id, held, CopyState::Finished {}, steps);
    Ok(())
}

/// The asker's own copy ends as asked.
fn end_own(
    state: &State,
    asking: Asking,
    id: TransferId,
    held: &Transfer,
    end: CopyState,
    steps: &mut Steps,
) {
    let session = asking.asker.session;
    let user = state.sessions[&session].user.clone();
    steps.change(TransferChange::CopyEnded { transfer: id, session, state: end, by: user.clone() });
    steps.remember(asking.by, Verdict::Done);
    let event = match end {
        CopyState::Finished {} => Event::Finished { transfer: id, user },
        _ => Event::Declined { transfer: id, user },
    };
    tell(state, held.sender, event.clone(), steps);
    steps.answer(asking.asker, event);
}

/// Decides whether a copy may stand still.
pub(crate) fn decide_pause(
    state: &State,
    asking: Asking,
    id: TransferId,
    why: PauseReason,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let session = asking.asker.session;
    let (held, copy) = own_open_copy(state, id, session)?;
    let (user, why) = (copy.user.clone(), why.asked());
    steps.change(TransferChange::Paused { transfer: id, session, why });
    steps.remember(asking.by, Verdict::Done);
    let event = Event::Paused { transfer: id, user, why };
    tell(state, held.sender, event.clone(), steps);
    steps.answer(asking.asker, event);
    Ok(())
}

/// The steps by which a running copy stands still and its sender is told.
pub(crate) fn pause(
    state: &State,
    id: TransferId,
    held: &Transfer,
    session: SessionId,
    why: PauseReason,
    steps: &mut Steps,
) {
    steps.change(TransferChange::Paused { transfer: id, session, why });
    let user = state.sessions[&session].user.clone();
    tell(state, held.sender, Event::Paused { transfer: id, user, why }, steps);
}

/// Decides what it means that a receiver acknowledged so much: nothing, unless its copy runs and has grown.
pub(crate) fn decide_progress(
    state: &State,
    id: TransferId,
    session: SessionId,
    offset: u64,
    steps: &mut Steps,
) {
    let Some(held) = state.transfers.all.get(&id) else { return };
    let Some(copy) = held.copies.get(&session) else { return };
    if copy.is_running() && copy.offset < offset && offset <= held.offer.size {
        steps.change(TransferChange::Progressed { transfer: id, session, offset });
        let user = copy.user.clone();
        tell(state, held.sender, Event::Progressed { transfer: id, user, offset }, steps);
    }
}

/// Decides what it means that an end has been silent for too long: a receiver's copy stands still, or, if it is the
/// sender, all that run.
pub(crate) fn decide_stall(state: &State, id: TransferId, session: SessionId, steps: &mut Steps) {
    let Some(held) = state.transfers.all.get(&id) else { return };
    let why = PauseReason::Silent;
    if !held.is_sender(session) {
        if held.is_running(session) {
            pause(state, id, held, session, why, steps);
            let user = state.sessions[&session].user.clone();
            tell(state, Some(session), Event::Paused { transfer: id, user, why }, steps);
        }
        return;
    }
    let event = Event::Paused { transfer: id, user: held.offer.from.clone(), why };
    let mut told_sender = false;
    for receiver in held.running() {
        steps.change(TransferChange::Paused { transfer: id, session: receiver, why });
        tell(state, Some(receiver), event.clone(), steps);
        told_sender = true;
    }
    if told_sender {
        tell(state, held.sender, event, steps);
    }
}
