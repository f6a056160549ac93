//! What may be done with a transfer, and what follows from it. Changes nothing.

use crate::command::Ask;
use crate::event::Event;
use crate::id::{SessionId, TransferId};
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};

/// Decides an ask about a transfer.
pub(crate) fn decide(
    _state: &State,
    _stamp: Stamp,
    _asking: Asking,
    ask: &Ask,
    _steps: &mut Steps,
) -> Result<(), Rejection> {
    let transfer = match ask {
        Ask::Accept { transfer, .. }
        | Ask::Decline { transfer }
        | Ask::Pause { transfer, .. }
        | Ask::Hash { transfer, .. }
        | Ask::Finish { transfer }
        | Ask::Cancel { transfer, .. } => *transfer,
        _ => TransferId(0),
    };
    Err(Rejection::NoSuchTransfer { transfer })
}

/// Decides what it means that a receiver acknowledged so much.
pub(crate) fn decide_progress(
    _state: &State,
    _transfer: TransferId,
    _session: SessionId,
    _offset: u64,
    _steps: &mut Steps,
) {
}

/// Decides what it means that an end has been silent for too long.
pub(crate) fn decide_stall(_state: &State, _transfer: TransferId, _session: SessionId, _steps: &mut Steps) {}

/// The answer to an ask that was done as asked, made again.
pub(crate) fn done(user: UserName, ask: &Ask) -> Option<Event> {
    Some(match ask {
        Ask::Accept { transfer, from, prefix } => {
            Event::Accepted { transfer: *transfer, user, from: *from, prefix: *prefix }
        }
        Ask::Decline { transfer } => Event::Declined { transfer: *transfer, user },
        Ask::Pause { transfer, why } => Event::Paused { transfer: *transfer, user, why: *why },
        Ask::Hash { transfer, hash } => Event::Hashed { transfer: *transfer, hash: *hash },
        Ask::Finish { transfer } => Event::Finished { transfer: *transfer, user },
        _ => return None,
    })
}
