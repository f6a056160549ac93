//! Questions that all decisions ask of the state: who somebody is to a room, and what that allows.

use std::sync::Arc;

use crate::config::RoomMakers;
use crate::event::Event;
use crate::id::{Number, RoomId, SessionId};
use crate::name::{RoomName, UserName};
use crate::rejection::Rejection;
use crate::roles::{Act, HistoryFrom, Order, Rank, Role, Standing, Who};
use crate::room::Room;
use crate::stamp::Timestamp;
use crate::state::State;
use crate::text::Body;

impl State {
    /// Whether an account is an operator's.
    fn is_operators(&self, user: &UserName) -> bool {
        self.accounts.get(user).is_some_and(|account| account.is_operator)
    }

    /// As whom a room knows a session.
    pub(crate) fn who(&self, session: SessionId) -> Who {
        match self.has_account(session) {
            true => Who::Account(self.sessions[&session].user.clone()),
            false => Who::Guest(session),
        }
    }

    /// What a room remembers of a session.
    pub(crate) fn standing<'a>(&self, room: &'a Room, session: SessionId) -> Option<&'a Standing> {
        match self.has_account(session) {
            true => room.order.accounts.get(&self.sessions[&session].user),
            false => room.order.guests.get(&session),
        }
    }

    /// What a session may do in a room, member or not.
    pub(crate) fn rank(&self, room: &Room, session: SessionId) -> Rank {
        match self.is_operator(session) {
            true => Rank::Operator,
            false => self.standing(room, session).map_or(Role::Member, |standing| standing.role).into(),
        }
    }

    /// What somebody may do in a room, here or not.
    pub(crate) fn rank_of(&self, order: &Order, who: &Who) -> Rank {
        match who {
            Who::Account(user) if self.is_operators(user) => Rank::Operator,
            _ => order.standing(who).map_or(Role::Member, |standing| standing.role).into(),
        }
    }

    /// What is told behind a join of somebody who is more than a member. Whoever is alone in the room needs not be told.
    pub(crate) fn ranked(&self, room: &Room, event: &Event) -> Option<Event> {
        let Event::Joined { user, .. } = event else { return None };
        let session = room.by_name.of(user).next().filter(|_| room.by_name.users() > 1)?;
        let role = self.standing(room, session)?.role;
        let (room, user) = (room.record.name.clone(), user.clone());
        (role > Role::Member).then_some(Event::Ranked { room, user, role })
    }

    /// Whether a session may come into a room. Who is a moderator there, invited, or was let in and neither left nor was put
    /// out since, needs no key: so a user's other devices come in, and whoever slept comes back.
    ///
    /// # Errors
    /// [`Rejection::Banned`], [`Rejection::BadKey`], or [`Rejection::CannotJoin`] for a private room, whatever the reason.
    pub(crate) fn may_enter(
        &self,
        now: Timestamp,
        session: SessionId,
        room: &Room,
        key: Option<&str>,
    ) -> Result<(), Rejection> {
        let name = || room.record.name.clone();
        let held = &room.order.held;
        if self.is_operator(session) {
            return Ok(());
        }
        let standing = self.standing(room, session);
        if let Some(ban) = standing.and_then(|standing| standing.ban(now)) {
            return Err(match held.modes.invite_only {
                true => Rejection::CannotJoin { room: name() },
                false => Rejection::Banned { room: name(), until: ban.until, reason: ban.reason.clone() },
            });
        }
        let is_known = standing.is_some_and(Standing::is_let_in);
        match &held.key {
            _ if is_known => Ok(()),
            _ if held.modes.invite_only => Err(Rejection::CannotJoin { room: name() }),
            Some(held) if key != Some(&**held) => Err(Rejection::BadKey { room: name() }),
            _ => Ok(()),
        }
    }

    /// Whether a session may make a room of that name.
    pub(crate) fn may_make(&self, session: SessionId, name: &RoomName) -> Result<(), Rejection> {
        let may = match self.config.room_makers {
            RoomMakers::Everyone => true,
            RoomMakers::Accounts => self.has_account(session),
            RoomMakers::Operators => self.is_operator(session),
        };
        match may || self.config.server_rooms.contains(name) {
            true => Ok(()),
            false => Err(Rejection::CannotJoin { room: name.clone() }),
        }
    }

    /// Whether a session may know that there is such a room.
    pub(crate) fn may_see(&self, session: SessionId, id: RoomId) -> bool {
        let room = &self.rooms[&id];
        if !room.order.held.modes.invite_only || room.members.binary_search(&session).is_ok() {
            return true;
        }
        self.may_enter(self.now, session, room, None).is_ok()
    }

    /// Whether a member may say something, set the topic or offer a file there.
    ///
    /// # Errors
    /// [`Rejection::Muted`], or [`Rejection::NotAllowed`] in a moderated room.
    pub(crate) fn may_talk(&self, now: Timestamp, session: SessionId, id: RoomId) -> Result<(), Rejection> {
        self.may_be_heard(now, session, id)?;
        let room = &self.rooms[&id];
        let act = Act::Talk { moderated: room.order.held.modes.moderated };
        self.may(room, session, act, Rank::Member)
    }

    /// Whether a session is not muted in a room.
    ///
    /// # Errors
    /// [`Rejection::Muted`].
    pub(crate) fn may_be_heard(
        &self,
        now: Timestamp,
        session: SessionId,
        id: RoomId,
    ) -> Result<(), Rejection> {
        let room = &self.rooms[&id];
        if let Some(mute) = self.standing(room, session).and_then(|standing| standing.mute(now)) {
            let (until, reason) = (mute.until, mute.reason.clone());
            return Err(Rejection::Muted { room: room.record.name.clone(), until, reason });
        }
        Ok(())
    }

    /// Whether a member may say something, set the topic or offer a file so soon after the last of these. Moderators may.
    ///
    /// # Errors
    /// [`Rejection::SlowMode`].
    pub(crate) fn may_say_now(
        &self,
        now: Timestamp,
        session: SessionId,
        id: RoomId,
    ) -> Result<(), Rejection> {
        let room = &self.rooms[&id];
        let slow_ms = u64::from(room.order.held.modes.slow_s) * 1_000;
        if slow_ms == 0 || self.rank(room, session) > Rank::Member {
            return Ok(());
        }
        let last = room.order.spoke.get(&self.sessions[&session].user);
        match last.map_or(0, |last| last.plus_ms(slow_ms).0.saturating_sub(now.0)) {
            0 => Ok(()),
            retry_after_ms => Err(Rejection::SlowMode { room: room.record.name.clone(), retry_after_ms }),
        }
    }

    /// Whether a session's rank in a room allows an act to somebody of that rank.
    ///
    /// # Errors
    /// [`Rejection::NotAllowed`], which says who may.
    pub(crate) fn may(
        &self,
        room: &Room,
        session: SessionId,
        act: Act,
        target: Rank,
    ) -> Result<(), Rejection> {
        let least = act.least(target);
        match least == Rank::Member || self.rank(room, session) >= least {
            true => Ok(()),
            false => Err(Rejection::NotAllowed { room: room.record.name.clone(), least }),
        }
    }

    /// The first number of a room that a member may read.
    pub(crate) fn visible_from(&self, session: SessionId, id: RoomId) -> Number {
        let room = &self.rooms[&id];
        if room.order.held.modes.history == HistoryFrom::Start {
            return Number(1);
        }
        let first = self.standing(room, session).and_then(|standing| standing.first);
        let memberships = &self.sessions[&session].rooms;
        let since = memberships.iter().find(|held| held.room == id).map(|held| held.since);
        first.or(since).unwrap_or(room.record.head).next()
    }
}

/// A reason as it is told, if there is one.
pub(crate) fn reason(state: &State, text: Option<&Arc<str>>) -> Result<Option<Body>, Rejection> {
    Ok(text.map(|text| Body::new(text, state.config.topic_bytes)).transpose()?)
}
