//! Remembered answers: a repeated ask returns the first answer, and nothing happens twice.

use crate::change::{Asked, Remembered, Verdict};
use crate::command::{Ask, Recipient};
use crate::digest::Hasher;
use crate::event::{Departure, Event};
use crate::id::{MAX_JSON_INTEGER, RequestId};
use crate::rejection::Rejection;
use crate::roles;
use crate::room;
use crate::session::Session;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::text::{Body, TextError};
use crate::transfer::{self, FileName, Offer};

/// Which ask this is, in 64 bits: the same for the same ask, different, almost surely, for any other.
pub(crate) fn fingerprint(ask: &Ask) -> u64 {
    let mut hasher = Hasher::new();
    match ask {
        Ask::Join { room, since } => {
            hasher.word(1).bytes(room.as_bytes());
            if let Some(since) = since {
                hasher.word(since.epoch.0).word(since.number.0);
            }
        }
        Ask::Leave { room } => {
            hasher.word(2).bytes(room.as_bytes());
        }
        Ask::Say { room, body } => {
            hasher.word(3).bytes(room.as_bytes()).bytes(body.as_bytes());
        }
        Ask::Whisper { to, body } => {
            hasher.word(4).bytes(to.as_bytes()).bytes(body.as_bytes());
        }
        Ask::Topic { room, topic } => {
            hasher.word(5).bytes(room.as_bytes()).bytes(topic.as_bytes());
        }
        Ask::Offer { to, name, size, hash, chunk_bytes } => {
            match to {
                Recipient::User(user) => hasher.word(6).bytes(user.as_bytes()),
                Recipient::Room(room) => hasher.word(7).bytes(room.as_bytes()),
            };
            hasher.bytes(name.as_bytes()).word(*size).word(u64::from(*chunk_bytes));
            hash.iter().for_each(|hash| {
                hasher.bytes(&hash.0);
            });
        }
        Ask::Accept { transfer, from, prefix } => {
            hasher.word(8).word(transfer.0).word(*from);
            prefix.iter().for_each(|hash| {
                hasher.bytes(&hash.0);
            });
        }
        Ask::Decline { transfer } => {
            hasher.word(9).word(transfer.0);
        }
        Ask::Pause { transfer, why } => {
            hasher.word(10).word(transfer.0).word(*why as u64);
        }
        Ask::Hash { transfer, hash } => {
            hasher.word(11).word(transfer.0).bytes(&hash.0);
        }
        Ask::Finish { transfer } => {
            hasher.word(12).word(transfer.0);
        }
        Ask::Cancel { transfer, user, why } => {
            hasher.word(13).word(transfer.0).word(*why as u64);
            user.iter().for_each(|user| {
                hasher.bytes(user.as_bytes());
            });
        }
        moderation => roles::feed_ask(moderation, &mut hasher),
    }
    hasher.finish()
}

/// Looks an ask up: `Ok(None)` for a new one, `Ok(Some(…))` for a repeat of one that was answered.
///
/// # Errors
/// [`Rejection::IdReused`] for another ask under a remembered id; [`Rejection::IdNotRising`] for an id that
/// is neither above all earlier ones nor remembered, or that a JSON client could not hold.
pub(crate) fn known(
    session: &Session,
    request: RequestId,
    fingerprint: u64,
) -> Result<Option<&Remembered>, Rejection> {
    let highest = session.highest_request;
    if request.0 > MAX_JSON_INTEGER {
        return Err(Rejection::IdNotRising { highest: highest.0 });
    }
    if request > highest {
        return Ok(None);
    }
    let kept = session.kept.as_ref().and_then(|kept| {
        let at = kept.answers.binary_search_by_key(&request, |answer| answer.request).ok()?;
        kept.answers.get(at)
    });
    match kept {
        Some(first) if first.fingerprint == fingerprint => Ok(Some(first)),
        Some(_) => Err(Rejection::IdReused),
        None => Err(Rejection::IdNotRising { highest: highest.0 }),
    }
}

/// Makes the first answer again from what is remembered of it and the repeated ask.
pub(crate) fn repeat(state: &State, asking: Asking, ask: &Ask, first: &Remembered, steps: &mut Steps) {
    let session = &state.sessions[&asking.asker.session];
    let user = session.user.clone();
    let event = match (&first.verdict, ask) {
        (Verdict::Refused(rejection), _) => Event::Refused(rejection.into()),
        (Verdict::Told(event), _) => Event::clone(event),
        (Verdict::Numbered(place), Ask::Say { body, .. }) => match Body::new(body, usize::MAX) {
            Ok(body) => Event::Said { place: place.clone(), from: user, body },
            Err(_) => return,
        },
        (Verdict::Numbered(place), Ask::Topic { topic, .. }) => match Body::new(topic, usize::MAX) {
            Ok(topic) => Event::TopicChanged { place: place.clone(), by: user, topic: Some(topic) },
            Err(TextError::Empty) => Event::TopicChanged { place: place.clone(), by: user, topic: None },
            Err(_) => return,
        },
        (Verdict::Numbered(place) | Verdict::Left(place), _) => {
            Event::Left { place: place.clone(), user, why: Departure::Left }
        }
        (Verdict::Joined(place), _) => room::joined_again(state, session, place),
        (Verdict::Whispered { to, number }, Ask::Whisper { body, .. }) => match Body::new(body, usize::MAX) {
            Ok(body) => Event::Whispered { from: user, to: to.clone(), body, number: *number },
            Err(_) => return,
        },
        (Verdict::Offered { transfer, to, chunk_bytes, expires }, Ask::Offer { name, size, hash, .. }) => {
            let Ok(name) = FileName::new(name) else { return };
            Event::Offered(Box::new(Offer {
                transfer: *transfer,
                from: user,
                to: to.clone(),
                name,
                size: *size,
                hash: *hash,
                chunk_bytes: *chunk_bytes,
                expires: *expires,
            }))
        }
        (Verdict::Cancelled { user: Some(of) }, Ask::Cancel { transfer, why, .. }) => {
            Event::Cancelled { transfer: *transfer, user: of.clone(), by: user, why: why.asked() }
        }
        (Verdict::Cancelled { .. }, Ask::Cancel { transfer, why, .. }) => {
            Event::Closed { transfer: *transfer, why: why.asked() }
        }
        (Verdict::Done, ask) => match transfer::done(user, ask) {
            Some(event) => event,
            None => return,
        },
        (Verdict::Whispered { .. } | Verdict::Offered { .. } | Verdict::Cancelled { .. }, _) => return,
    };
    steps.answer_again(asking.asker, first.stamp, event);
}

/// Keeps an answer; forgets the oldest at the limit.
pub(crate) fn keep(session: &mut Session, limit: usize, stamp: Stamp, by: Asked, verdict: Verdict) {
    session.highest_request = session.highest_request.max(by.request);
    let answers = &mut session.kept.get_or_insert_default().answers;
    while answers.len() >= limit.max(1) {
        answers.pop_front();
    }
    let Asked { request, fingerprint, .. } = by;
    answers.push_back(Remembered { request, fingerprint, stamp, verdict });
}
