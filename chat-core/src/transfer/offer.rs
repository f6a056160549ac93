//! Offers: what may be offered to whom, and the hash that its sender tells later.

use std::sync::Arc;

use crate::change::{TransferChange, Verdict};
use crate::command::Recipient;
use crate::event::Event;
use crate::id::{MAX_JSON_INTEGER, SessionId, TransferId};
use crate::rejection::Rejection;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::transfer::decide::{live, tell};
use crate::transfer::record::Transfer;
use crate::transfer::{FileHash, FileName, MAX_CHUNK_BYTES, MIN_CHUNK_BYTES, Offer, Target};

/// What is said of a file that is offered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    pub(crate) name: &'a Arc<str>,
    pub(crate) size: u64,
    pub(crate) hash: Option<FileHash>,
    /// As the sender would have it; zero: as the server would.
    pub(crate) chunk_bytes: u32,
}

/// Decides whether a file may be offered. At the server's limit the transfer that has been over for longest makes way.
pub(crate) fn decide_offer(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    to: &Recipient,
    file: File<'_>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let sender = asking.asker.session;
    let (to, receiver) = recipient(state, sender, to)?;
    if let Target::Room(room) = &to {
        state.may_talk(stamp.at, sender, state.room_names[room])?;
    }
    let name = FileName::new(file.name)?;
    let limit = state.config.file_bytes.min(MAX_JSON_INTEGER);
    if file.size > limit {
        return Err(Rejection::BadFile { why: format!("a file may have at most {limit} bytes").into() });
    }
    check_limits(state, sender, &to, receiver)?;
    if let Target::Room(room) = &to {
        state.may_say_now(stamp.at, sender, state.room_names[room])?;
    }
    if state.transfers.all.len() >= state.config.transfers {
        let transfer = state.transfers.first_over().ok_or(Rejection::TransfersFull)?;
        steps.change(TransferChange::Forgotten { transfer });
    }
    let offer = Offer {
        transfer: TransferId(state.transfers.made + 1),
        from: state.sessions[&sender].user.clone(),
        to: to.clone(),
        name,
        size: file.size,
        hash: file.hash,
        chunk_bytes: chunk_bytes(state.config.chunk_bytes, file.chunk_bytes),
        expires: stamp.at.plus_ms(state.config.offer_ms),
    };
    let (transfer, chunk_bytes, expires) = (offer.transfer, offer.chunk_bytes, offer.expires);
    let offer = Box::new(offer);
    steps.change(TransferChange::Offered { sender, receiver, offer: offer.clone() });
    steps.remember(asking.by, Verdict::Offered { transfer, to: to.clone(), chunk_bytes, expires });
    match to {
        Target::User(_) => {
            tell(state, receiver, Event::Offered(offer.clone()), steps);
            steps.answer(asking.asker, Event::Offered(offer));
        }
        Target::Room(room) => steps.tell_members(room, Some(asking.asker), Event::Offered(offer)),
    }
    Ok(())
}

/// To whom it is offered, as the server calls them, and the session if it is one user's.
fn recipient(
    state: &State,
    sender: SessionId,
    to: &Recipient,
) -> Result<(Target, Option<SessionId>), Rejection> {
    match to {
        Recipient::User(user) => {
            let name = state.config.user_name(user)?;
            match state.foremost(&name) {
                Some(_) if name == state.sessions[&sender].user => Err(Rejection::ToYourself),
                Some(receiver) => Ok((Target::User(state.sessions[&receiver].user.clone()), Some(receiver))),
                None => Err(Rejection::NoSuchUser { name }),
            }
        }
        Recipient::Room(room) => match state.sessions[&sender].membership(room) {
            Some(membership) => Ok((Target::Room(membership.name.clone()), None)),
            None => Err(Rejection::NotAMember { room: state.config.room_name(room)? }),
        },
    }
}

/// Neither the sender nor those who are to answer have too many already.
fn check_limits(
    state: &State,
    sender: SessionId,
    to: &Target,
    receiver: Option<SessionId>,
) -> Result<(), Rejection> {
    let all = &state.transfers;
    let sent = all.live_of(sender).filter(|(_, transfer)| transfer.is_sender(sender)).count();
    let own = Target::User(state.sessions[&sender].user.clone());
    at_most(state.config.transfers_per_user, sent, &own)?;
    let is_open = |(_, transfer): &(TransferId, &Transfer)| transfer.is_open();
    let unanswered = match (to, receiver) {
        (Target::Room(room), _) => all.in_room(room).filter(is_open).count(),
        (_, Some(receiver)) => {
            all.of(receiver).filter(is_open).filter(|(_, held)| held.receiver == Some(receiver)).count()
        }
        (_, None) => 0,
    };
    at_most(state.config.offers_to_user, unanswered, to)
}

/// Refuses one more than `limit`.
pub(crate) fn at_most(limit: usize, held: usize, who: &Target) -> Result<(), Rejection> {
    if held < limit {
        return Ok(());
    }
    Err(Rejection::TooManyTransfers { who: who.clone(), limit: u32::try_from(limit).unwrap_or(u32::MAX) })
}

/// The bytes in one chunk: as the sender would have it, within what the server and every two ends may agree on.
fn chunk_bytes(most: u32, wanted: u32) -> u32 {
    let most = most.clamp(MIN_CHUNK_BYTES, MAX_CHUNK_BYTES);
    if wanted == 0 { most } else { wanted.clamp(MIN_CHUNK_BYTES, most) }
}

/// Decides whether a hash may be told. The same once more changes nothing.
pub(crate) fn decide_hash(
    state: &State,
    asking: Asking,
    id: TransferId,
    hash: FileHash,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let held = live(state, id)?;
    if !held.is_sender(asking.asker.session) {
        return Err(Rejection::NoSuchTransfer { transfer: id });
    }
    let is_news = held.offer.hash.is_none();
    if !is_news && held.offer.hash != Some(hash) {
        return Err(Rejection::BadFile { why: "the file's hash was told already, and it is another".into() });
    }
    let event = Event::Hashed { transfer: id, hash };
    if is_news {
        steps.change(TransferChange::Hashed { transfer: id, hash });
    }
    steps.remember(asking.by, Verdict::Done);
    if is_news {
        let receiving = held.copies.iter().filter(|(_, copy)| copy.state.is_open());
        receiving.for_each(|(session, _)| tell(state, Some(*session), event.clone(), steps));
    }
    steps.answer(asking.asker, event);
    Ok(())
}
