//! What may be done with a transfer: which ask is decided where, and what all of them look at. Changes nothing.

use crate::command::Ask;
use crate::event::Event;
use crate::id::{SessionId, TransferId};
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::transfer::record::{Receiving, Transfer};
use crate::transfer::{Target, copy, end, offer};

/// Decides an ask about a transfer.
pub(crate) fn decide(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    ask: &Ask,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    match ask {
        Ask::Offer { to, name, size, hash, chunk_bytes } => {
            let file = offer::File { name, size: *size, hash: *hash, chunk_bytes: *chunk_bytes };
            offer::decide_offer(state, stamp, asking, to, file, steps)
        }
        Ask::Accept { transfer, from, prefix } => {
            copy::decide_accept(state, stamp, asking, *transfer, *from, *prefix, steps)
        }
        Ask::Decline { transfer } => copy::decide_decline(state, stamp, asking, *transfer, steps),
        Ask::Pause { transfer, why } => copy::decide_pause(state, asking, *transfer, *why, steps),
        Ask::Hash { transfer, hash } => offer::decide_hash(state, asking, *transfer, *hash, steps),
        Ask::Finish { transfer } => copy::decide_finish(state, asking, *transfer, steps),
        Ask::Cancel { transfer, user, why } => {
            end::decide_cancel(state, asking, *transfer, user.as_deref(), *why, steps)
        }
        // What is no ask about a transfer does not come here.
        _ => Err(Rejection::NoSuchTransfer { transfer: TransferId(0) }),
    }
}

/// The answer to an ask that was done as asked, made again.
pub(crate) fn done(user: UserName, ask: &Ask) -> Option<Event> {
    Some(match ask {
        Ask::Accept { transfer, from, prefix } => {
            Event::Accepted { transfer: *transfer, user, from: *from, prefix: *prefix }
        }
        Ask::Decline { transfer } => Event::Declined { transfer: *transfer, user },
        Ask::Pause { transfer, why } => Event::Paused { transfer: *transfer, user, why: why.asked() },
        Ask::Hash { transfer, hash } => Event::Hashed { transfer: *transfer, hash: *hash },
        Ask::Finish { transfer } => Event::Finished { transfer: *transfer, user },
        _ => return None,
    })
}

/// The transfer, if it is not over.
pub(crate) fn live(state: &State, id: TransferId) -> Result<&Transfer, Rejection> {
    let held = state.transfers.all.get(&id).filter(|held| !held.is_over());
    held.map(|held| &**held).ok_or(Rejection::NoSuchTransfer { transfer: id })
}

/// The transfer and this session's copy of it, if the receiver may go on with that.
pub(crate) fn own_copy(
    state: &State,
    id: TransferId,
    session: SessionId,
) -> Result<(&Transfer, &Receiving), Rejection> {
    let held = live(state, id)?;
    match held.copies.get(&session).filter(|copy| copy.may_go_on()) {
        Some(copy) => Ok((held, copy)),
        None => Err(Rejection::NoSuchTransfer { transfer: id }),
    }
}

/// The same, if that copy is open.
pub(crate) fn own_open_copy(
    state: &State,
    id: TransferId,
    session: SessionId,
) -> Result<(&Transfer, &Receiving), Rejection> {
    let own = own_copy(state, id, session)?;
    if own.1.state.is_open() { Ok(own) } else { Err(Rejection::NoSuchTransfer { transfer: id }) }
}

/// The transfer, if this session may begin or go on with a copy of it, or decline it; while it is open also with one that
/// is over, if `may_begin_anew` says so. Whoever has no part in it cannot tell it from one that never was.
pub(crate) fn acceptable(
    state: &State,
    stamp: Stamp,
    id: TransferId,
    session: SessionId,
    may_begin_anew: fn(&Receiving) -> bool,
) -> Result<&Transfer, Rejection> {
    let held = live(state, id)?;
    let is_offered = match &held.offer.to {
        Target::User(_) => held.receiver == Some(session),
        Target::Room(room) => {
            !held.is_sender(session) && state.sessions[&session].membership(room.as_str()).is_some()
        }
    };
    let can_begin = held.is_open() && stamp.at < held.offer.expires;
    let may = match held.copies.get(&session) {
        Some(copy) => copy.may_go_on() || can_begin && may_begin_anew(copy),
        None => can_begin,
    };
    if is_offered && may { Ok(held) } else { Err(Rejection::NoSuchTransfer { transfer: id }) }
}

/// Tells a session that has a connection; all others are told when they come back.
pub(crate) fn tell(state: &State, session: Option<SessionId>, event: Event, steps: &mut Steps) {
    if let Some(session) = session.filter(|session| state.attached(*session).is_ok()) {
        steps.tell(session, event);
    }
}
