//! Sessions: attach, linger after a drop, resume, takeover, detach, nodes that come and go.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::change::{Change, Remembered};
use crate::code::Code;
use crate::command::{Detach, TokenHash};
use crate::config::Config;
use crate::deadline::Due;
use crate::event::{Departure, Event, Place};
use crate::id::{NodeId, Number, RequestId, RoomId, SessionId};
use crate::name::{RoomName, UserName};
use crate::rejection::Rejection;
use crate::room;
use crate::stamp::{Stamp, Timestamp};
use crate::state::State;
use crate::step::Steps;
use crate::transfer;

/// One user's visit, on one device. It outlives connections; at most one is attached at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Session {
    pub(crate) user: UserName,
    pub(crate) token: TokenHash,
    pub(crate) presence: Presence,
    /// In the order they were joined; at most `rooms_per_session`.
    pub(crate) rooms: Vec<Membership>,
    pub(crate) highest_request: RequestId,
    pub(crate) whisper_head: Number,
    /// Apart, because most sessions only listen.
    pub(crate) kept: Option<Box<Kept>>,
}

/// What is kept for a session in case its connection breaks.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Kept {
    /// Rising request ids; at most `answers`.
    pub(crate) answers: VecDeque<Remembered>,
    /// The last whispers received, `whisper_head` the latest; at most `whispers`.
    pub(crate) whispers: VecDeque<(Stamp, Event)>,
}

/// Whether a session has a connection, and what becomes of it if not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) enum Presence {
    Attached,
    /// Still a member everywhere and holding its name, until then.
    Lingering {
        until: Timestamp,
    },
    /// A member nowhere and without its name, but resumable until then.
    Asleep {
        until: Timestamp,
        rooms: Box<[RoomName]>,
    },
    /// The same of an account's device, for longer than files wait for it.
    Away {
        until: Timestamp,
        rooms: Box<[RoomName]>,
    },
}

/// That a session is in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub(crate) struct Membership {
    pub(crate) room: RoomId,
    pub(crate) name: RoomName,
    /// The room's last number before the session came.
    pub(crate) since: Number,
}

impl Session {
    pub(crate) fn new(user: UserName, token: TokenHash) -> Session {
        Session {
            user,
            token,
            presence: Presence::Attached,
            rooms: Vec::new(),
            highest_request: RequestId::NONE,
            whisper_head: Number(0),
            kept: None,
        }
    }

    /// The whispers that are kept, oldest first.
    pub(crate) fn whispers(&self) -> impl Iterator<Item = &(Stamp, Event)> {
        self.kept.iter().flat_map(|kept| &kept.whispers)
    }

    /// The answers that are remembered, oldest first.
    pub(crate) fn answers(&self) -> impl Iterator<Item = &Remembered> {
        self.kept.iter().flat_map(|kept| &kept.answers)
    }

    /// What happens to it by itself, and when.
    pub(crate) fn deadline(&self, id: SessionId) -> Option<(Timestamp, Due)> {
        match self.presence {
            Presence::Attached => None,
            Presence::Lingering { until } => Some((until, Due::Lingering(id))),
            Presence::Asleep { until, .. } | Presence::Away { until, .. } => Some((until, Due::Asleep(id))),
        }
    }

    pub(crate) fn is_attached(&self) -> bool {
        self.presence == Presence::Attached
    }

    pub(crate) fn holds_name(&self) -> bool {
        !matches!(self.presence, Presence::Asleep { .. } | Presence::Away { .. })
    }

    /// The rooms that it is to join again.
    pub(crate) fn asleep_in(&self) -> &[RoomName] {
        match &self.presence {
            Presence::Asleep { rooms, .. } | Presence::Away { rooms, .. } => rooms,
            Presence::Attached | Presence::Lingering { .. } => &[],
        }
    }

    /// Its membership of the room of that name, written in any case, with or without `#`.
    pub(crate) fn membership(&self, room: &str) -> Option<&Membership> {
        let room = room.strip_prefix('#').unwrap_or(room);
        self.rooms.iter().find(|membership| membership.name.as_str().eq_ignore_ascii_case(room))
    }
}

/// What an attach comes down to.
pub(crate) enum Attach {
    /// A new session.
    Open(UserName),
    /// This session goes on, by this one of its secrets.
    Resume { old: SessionId, presented: TokenHash },
    /// This session is over: a secret of it came back that was used up, or only accounts get in now. A connection it
    /// still has is closed with the code.
    End { old: SessionId, why: Rejection, code: Code },
}

/// Decides which session a connection gets. Changes nothing.
pub(crate) fn decide_attach(
    state: &State,
    session: SessionId,
    name: &str,
    token: TokenHash,
    resume: Option<TokenHash>,
) -> Result<Attach, Rejection> {
    if state.sessions.contains_key(&session) {
        return Err(Rejection::AlreadyNamed);
    }
    if state.tokens.contains_key(&token) {
        return Err(Rejection::AlreadyNamed);
    }
    if let Some(presented) = resume
        && let Some(old) = state.tokens.get(&presented).copied()
    {
        if state.is_spent(old, &presented) {
            return Ok(Attach::End { old, why: Rejection::TokenRevoked, code: Code::SessionRevoked });
        }
        let user = &state.sessions[&old].user;
        // A guest of before the server wanted logins.
        if state.config.accounts_required && !state.is_account(user) {
            return Ok(Attach::End { old, why: Rejection::LoginsOnly, code: Code::LoggedOut });
        }
        let is_free = state.is_account(user) || state.names.is_alone(user, old);
        return match is_free {
            true => Ok(Attach::Resume { old, presented }),
            false => Err(Rejection::NameTaken { name: user.clone() }),
        };
    }
    let name = state.config.user_name(name)?;
    // Asked first: where there are only accounts, nobody learns here which there are.
    if state.config.accounts_required {
        return Err(Rejection::LoginsOnly);
    }
    if state.is_account(&name) {
        return Err(Rejection::LoginRequired { name });
    }
    if state.config.reserved_names.contains(&name) {
        return Err(Rejection::NameReserved { name });
    }
    if state.names.contains(&name) {
        return Err(Rejection::NameTaken { name });
    }
    Ok(Attach::Open(name))
}

/// Of a resume: which session goes on as which, by which secret, and which one it has next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Resume {
    pub(crate) old: SessionId,
    pub(crate) new: SessionId,
    pub(crate) presented: TokenHash,
    pub(crate) next: TokenHash,
}

/// The steps by which a session goes on under another attachment; a connection it still has is told that it is replaced.
pub(crate) fn resume(state: &State, resume: Resume, steps: &mut Steps) {
    let Resume { old, new, presented, next } = resume;
    if state.sessions[&old].is_attached() {
        transfer::decide_takeover(state, old, steps);
        steps.tell(old, Event::Replaced {});
    }
    steps.change(Change::SessionMoved { from: old, to: new });
    steps.change(Change::SecretUsed { session: new, presented, next });
}

/// Where the session's rooms end: what a resumed client is told first.
pub(crate) fn heads(state: &State, session: SessionId) -> Vec<Place> {
    let rooms = &state.sessions[&session].rooms;
    rooms.iter().map(|membership| state.rooms[&membership.room].head()).collect()
}

/// Decides what the end of a connection means.
pub(crate) fn decide_detach(
    state: &State,
    stamp: Stamp,
    session: SessionId,
    why: Detach,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    state.attached(session)?;
    match why {
        Detach::Quit => {
            state.hear(session, steps);
            leave_all(state, stamp, session, Departure::Quit, steps);
            transfer::decide_end(state, session, steps);
            steps.change(Change::SessionEnded { session });
        }
        Detach::Drop => drop_session(state, stamp, session, steps),
    }
    Ok(())
}

/// The sessions that have a connection to a node, in the order of their ids.
pub(crate) fn attached_to(state: &State, node: NodeId) -> Vec<SessionId> {
    let all = SessionId::new(node, 0)..=SessionId::new(node, u64::MAX);
    state.sessions.range(all).filter(|(_, held)| held.is_attached()).map(|(id, _)| *id).collect()
}

/// Decides what a broken connection means: the session lingers, unless nobody could resume it.
pub(crate) fn drop_session(state: &State, stamp: Stamp, session: SessionId, steps: &mut Steps) {
    if !state.sessions[&session].token.can_resume() {
        return decide_end(state, stamp, session, steps);
    }
    transfer::decide_drop(state, session, steps);
    let until = stamp.at.plus_ms(state.config.linger_ms);
    steps.change(Change::SessionDropped { session, until });
}

/// Decides what happens to a dropped session whose time has come: it falls asleep, or ends. A device of an account sleeps
/// on when its files are waited for no longer.
pub(crate) fn decide_due(state: &State, stamp: Stamp, session: SessionId, steps: &mut Steps) {
    let held = &state.sessions[&session];
    let Config { linger_ms, resumable_ms, device_ms, .. } = state.config;
    let (asleep_ms, away_ms) = match state.is_account(&held.user) {
        true => {
            (resumable_ms.min(device_ms).saturating_sub(linger_ms), device_ms.saturating_sub(resumable_ms))
        }
        false => (resumable_ms.saturating_sub(linger_ms), 0),
    };
    match &held.presence {
        Presence::Lingering { until } if asleep_ms > 0 => {
            let rooms = held.rooms.iter().map(|membership| membership.name.clone()).collect();
            let until = until.plus_ms(asleep_ms);
            leave_all(state, stamp, session, Departure::Lost, steps);
            steps.change(Change::SessionSlept { session, until, rooms });
        }
        Presence::Asleep { until, .. } if away_ms > 0 => {
            let until = until.plus_ms(away_ms);
            transfer::decide_end(state, session, steps);
            steps.change(Change::SessionAway { session, until });
        }
        _ => decide_end(state, stamp, session, steps),
    }
}

/// Decides that a session without a connection ends: there are too many of them, or nobody can resume it.
pub(crate) fn decide_end(state: &State, stamp: Stamp, session: SessionId, steps: &mut Steps) {
    leave_all(state, stamp, session, Departure::Lost, steps);
    transfer::decide_end(state, session, steps);
    steps.change(Change::SessionEnded { session });
}

/// Decides that a session ends though its user did not ask for it; a connection it has is closed with that code.
pub(crate) fn decide_put_out(state: &State, stamp: Stamp, session: SessionId, code: Code, steps: &mut Steps) {
    if state.sessions[&session].is_attached() {
        steps.close(session, code);
    }
    leave_all(state, stamp, session, Departure::Quit, steps);
    transfer::decide_end(state, session, steps);
    steps.change(Change::SessionEnded { session });
}

fn leave_all(state: &State, stamp: Stamp, session: SessionId, why: Departure, steps: &mut Steps) {
    for membership in &state.sessions[&session].rooms {
        room::leave(state, stamp, session, membership.room, why, None, steps);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every connection has one.
    #[test]
    fn a_session_is_small() {
        assert!(size_of::<Session>() <= 128, "{}", size_of::<Session>());
    }
}
