//! Whispers: from one user to one other, in any room or none.

use std::sync::Arc;

use crate::change::{Change, Verdict};
use crate::event::Event;
use crate::id::Number;
use crate::rejection::Rejection;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::text::Body;

/// Decides whether a whisper may be told. A user whose connection was dropped a moment ago is still here:
/// the whisper is kept and told at the resume.
pub(crate) fn decide_whisper(
    state: &State,
    asking: Asking,
    to: &str,
    body: &Arc<str>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let from = &state.sessions[&asking.asker.session].user;
    let name = state.config.user_name(to)?;
    let Some(receiver) = state.names.get(&name).copied() else {
        return Err(Rejection::NoSuchUser { name });
    };
    let body = Body::new(body, state.config.body_bytes)?;
    let held = &state.sessions[&receiver];
    let number = held.whisper_head.next();
    let whispered =
        |number| Event::Whispered { from: from.clone(), to: held.user.clone(), body: body.clone(), number };
    let to_oneself = receiver == asking.asker.session;
    let own_number = if to_oneself { number } else { Number(0) };
    steps.change(Change::Whispered { session: receiver, event: whispered(number) });
    if !to_oneself {
        steps.tell(receiver, whispered(number));
    }
    steps.remember(asking.by, Verdict::Whispered { to: held.user.clone(), number: own_number });
    steps.answer(asking.asker, whispered(own_number));
    Ok(())
}
