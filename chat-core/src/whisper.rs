//! Whispers: from one user to one other, in any room or none; on every device of both.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::change::{AccountChange, Change, Verdict};
use crate::config::Config;
use crate::digest::Hasher;
use crate::event::Event;
use crate::id::{Number, SessionId};
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::stamp::Stamp;
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::text::Body;

/// Decides whether a whisper may be told. A user whose connection was dropped a moment ago is still here:
/// the whisper is kept and told at the resume. So it is for every device of an account; while none of those is read it
/// waits for the account, too, for a device that is yet to come. The sender's own other devices are told, too.
pub(crate) fn decide_whisper(
    state: &State,
    asking: Asking,
    to: &str,
    body: &Arc<str>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let sender = asking.asker.session;
    let from = &state.sessions[&sender].user;
    let name = state.config.user_name(to)?;
    let (to, receivers) = receivers(state, name)?;
    let body = Body::new(body, state.config.body_bytes)?;
    let whispered =
        |number| Event::Whispered { from: from.clone(), to: to.clone(), body: body.clone(), number };
    let others = own_others(state, sender, from, &to);
    let is_there = |session: &SessionId| state.sessions[session].is_attached();
    let kept = Kept { from, to: &to, bytes: body.as_str().len() };
    if !receivers.iter().any(is_there) {
        kept.check_total(state)?;
    }
    let mut own_number = Number(0);
    // A connection that is there has it, unless nobody knows whether it had so much as its welcome.
    if let Some(account) = state.accounts.get(&to)
        && !state.is_heard(&to)
    {
        kept.check_share(&state.config, &account.waiting)?;
        steps.change(AccountChange::WhisperWaits { name: to.clone(), event: whispered(Number(0)) });
    }
    for session in receivers.into_iter().chain(others) {
        let held = &state.sessions[&session];
        let number = held.whisper_head.next();
        steps.change(Change::Whispered { session, event: whispered(number) });
        if session == sender {
            own_number = number;
        } else if held.holds_name() {
            steps.tell(session, whispered(number));
        }
    }
    steps.remember(asking.by, Verdict::Whispered { to: to.clone(), number: own_number });
    steps.answer(asking.asker, whispered(own_number));
    Ok(())
}

/// The user of that name as first written, and all sessions that are told; none: the whisper waits.
fn receivers(state: &State, name: UserName) -> Result<(UserName, Vec<SessionId>), Rejection> {
    match state.accounts.get_key_value(&name) {
        Some((name, account)) if !account.is_disabled => Ok((name.clone(), state.devices(name).collect())),
        Some(_) => Err(Rejection::NoSuchUser { name }),
        None => match state.names.of(&name).next() {
            Some(session) => Ok((state.sessions[&session].user.clone(), vec![session])),
            None => Err(Rejection::NoSuchUser { name }),
        },
    }
}

/// The other devices of the sender, unless they are told as receivers.
fn own_others(state: &State, sender: SessionId, from: &UserName, to: &UserName) -> Vec<SessionId> {
    match state.is_account(from) && from != to {
        true => state.devices(from).filter(|session| *session != sender).collect(),
        false => Vec::new(),
    }
}

/// A whisper that nobody reads now: rather than that another one is lost that was taken, it is refused.
struct Kept<'a> {
    from: &'a UserName,
    to: &'a UserName,
    bytes: usize,
}

impl Kept<'_> {
    fn full(&self) -> Rejection {
        Rejection::WhispersFull { user: self.to.clone() }
    }

    /// Whether the server keeps another one for anybody.
    fn check_total(&self, state: &State) -> Result<(), Rejection> {
        match state.kept_bytes + self.bytes > state.config.kept_whisper_bytes {
            true => Err(self.full()),
            false => Ok(()),
        }
    }

    /// Whether there is room behind those that wait, and one sender has not more than a quarter of it.
    fn check_share(&self, config: &Config, waiting: &VecDeque<(Stamp, Event)>) -> Result<(), Rejection> {
        let (count, bytes) = (config.account_whispers, config.account_whisper_bytes);
        let is_own = |event: &Event| matches!(event, Event::Whispered { from, .. } if from == self.from);
        let own = || waiting.iter().filter(|(_, event)| is_own(event));
        let is_over = |held: usize, held_bytes: usize, count: usize, bytes: usize| {
            held > 0 && (held >= count || held_bytes + self.bytes > bytes)
        };
        let own_bytes = own().map(|(_, event)| length(event)).sum();
        match is_over(waiting.len(), held(waiting), count, bytes)
            || is_over(own().count(), own_bytes, count.div_ceil(4), bytes.div_ceil(4))
        {
            true => Err(self.full()),
            false => Ok(()),
        }
    }
}

fn length(event: &Event) -> usize {
    match event {
        Event::Whispered { body, .. } => body.as_str().len(),
        _ => 0,
    }
}

/// The bytes of text in those.
pub(crate) fn held<'a>(whispers: impl IntoIterator<Item = &'a (Stamp, Event)>) -> usize {
    whispers.into_iter().map(|(_, event)| length(event)).sum()
}

/// Keeps a whisper behind those that are kept already; the oldest go when there are too many, but never the new one.
pub(crate) fn keep(
    whispers: &mut VecDeque<(Stamp, Event)>,
    count: usize,
    bytes: usize,
    stamp: Stamp,
    event: Event,
) {
    let mut all = held(&*whispers) + length(&event);
    while whispers.len() >= count.max(1) || all > bytes {
        let Some((_, oldest)) = whispers.pop_front() else { break };
        all -= length(&oldest);
    }
    whispers.push_back((stamp, event));
}

/// Feeds a whisper to a digest.
pub(crate) fn feed(event: &Event, h: &mut Hasher) {
    if let Event::Whispered { from, to, body, number } = event {
        h.bytes(from.as_str().as_bytes()).bytes(to.as_str().as_bytes());
        h.bytes(body.as_str().as_bytes()).word(number.0);
    }
}
