//! Acts of moderation: each is judged by the table, done, told to the room, and kept for operators.

use std::sync::Arc;

use crate::change::{Change, OrderChange, Verdict};
use crate::command::Ask;
use crate::event::{Event, Place};
use crate::id::{MAX_JSON_INTEGER, Number, RoomId, SessionId};
use crate::name::UserName;
use crate::rejection::Rejection;
use crate::roles::rights::reason;
use crate::roles::{
    Act, AuditEntry, Imposed, ModeChange, Rank, Restricted, Restriction, Role, Standing, Who,
};
use crate::room::{self, Room};
use crate::stamp::{Stamp, Timestamp};
use crate::state::State;
use crate::step::{Asking, Steps};
use crate::text::Body;

/// One act: who does it, and where.
struct Doing<'a> {
    state: &'a State,
    stamp: Stamp,
    asking: Asking,
    id: RoomId,
    room: &'a Room,
    by: UserName,
}

/// To whom it is done.
struct Target {
    user: UserName,
    /// The account, or the sessions of the guest.
    identities: Vec<Who>,
    rank: Rank,
}

/// A ban or mute as it is asked for.
struct Wanted<'a> {
    what: Restriction,
    for_ms: Option<u64>,
    reason: Option<&'a Arc<str>>,
}

/// Decides an act of moderation.
pub(crate) fn decide(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    ask: &Ask,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    let doing = |room: &str| Doing::new(state, stamp, asking, room);
    match ask {
        Ask::SetRole { room, user, role } => doing(room)?.set_role(user, *role, steps),
        Ask::Kick { room, user, reason } => doing(room)?.kick(user, reason.as_ref(), steps),
        Ask::Ban { room, user, for_ms, reason } => {
            let wanted = Wanted { what: Restriction::Ban, for_ms: *for_ms, reason: reason.as_ref() };
            doing(room)?.restrict(user, &wanted, steps)
        }
        Ask::Mute { room, user, for_ms, reason } => {
            let wanted = Wanted { what: Restriction::Mute, for_ms: *for_ms, reason: reason.as_ref() };
            doing(room)?.restrict(user, &wanted, steps)
        }
        Ask::Unban { room, user } => doing(room)?.lift(user, Restriction::Ban, steps),
        Ask::Unmute { room, user } => doing(room)?.lift(user, Restriction::Mute, steps),
        Ask::Invite { room, user } => doing(room)?.invite(user, steps),
        Ask::SetModes { room, modes } => doing(room)?.set_modes(modes, steps),
        Ask::Delete { room, number } => decide_delete(state, stamp, asking, room, *number, None, steps),
        // What is no act of moderation does not come here.
        _ => Err(Rejection::NoSession),
    }
}

/// Decides whether a message may be deleted: one's own, or as a moderator that of one of lower rank.
pub(crate) fn decide_delete(
    state: &State,
    stamp: Stamp,
    asking: Asking,
    room: &str,
    number: Number,
    author: Option<&UserName>,
    steps: &mut Steps,
) -> Result<(), Rejection> {
    Doing::new(state, stamp, asking, room)?.delete(number, author, steps)
}

impl<'a> Doing<'a> {
    /// A member acts in the room, an operator of the server in every room.
    fn new(state: &'a State, stamp: Stamp, asking: Asking, room: &str) -> Result<Doing<'a>, Rejection> {
        let held = &state.sessions[&asking.asker.session];
        let by = held.user.clone();
        let id = match held.membership(room) {
            Some(membership) => membership.room,
            None => {
                let name = state.config.room_name(room)?;
                let known = state.room_names.get(&name).filter(|_| state.is_operator(asking.asker.session));
                *known.ok_or(Rejection::NotAMember { room: name })?
            }
        };
        Ok(Doing { state, stamp, asking, id, room: &state.rooms[&id], by })
    }

    fn session(&self) -> SessionId {
        self.asking.asker.session
    }

    fn may(&self, act: Act, target: Rank) -> Result<(), Rejection> {
        self.state.may(self.room, self.session(), act, target)
    }

    /// The place of the room's next event but `behind`.
    fn place(&self, behind: u64) -> Place {
        let mut place = self.room.head();
        place.number = Number(place.number.0 + 1 + behind);
        place
    }

    fn target(&self, user: &str) -> Result<Target, Rejection> {
        let state = self.state;
        let name = state.config.user_name(user)?;
        let (user, identities) = match state.accounts.get_key_value(&name) {
            Some((name, _)) => (name.clone(), vec![Who::Account(name.clone())]),
            None => {
                let mut sessions: Vec<SessionId> = state.names.of(&name).collect();
                if sessions.is_empty() {
                    sessions.extend(state.asleep_as(&name));
                }
                let Some(first) = sessions.first() else { return Err(Rejection::NoSuchUser { name }) };
                (state.sessions[first].user.clone(), sessions.into_iter().map(Who::Guest).collect())
            }
        };
        let ranks = identities.iter().map(|who| state.rank_of(&self.room.order, who));
        let rank = ranks.max().unwrap_or(Rank::Member);
        Ok(Target { user, identities, rank })
    }

    fn is_self(&self, target: &Target) -> bool {
        target.identities.contains(&self.state.who(self.session()))
    }

    /// Changes what the room remembers of somebody.
    fn remember(&self, target: &Target, change: impl Fn(&mut Standing), steps: &mut Steps) {
        for who in &target.identities {
            let old = self.room.order.standing(who).cloned().unwrap_or_default();
            let mut standing = Box::new(old.clone());
            change(&mut standing);
            if *standing != old {
                steps.change(OrderChange::Standing { room: self.id, who: who.clone(), standing });
            }
        }
    }

    /// Numbers the event that answers the ask.
    fn number(&self, event: Event, steps: &mut Steps) {
        let change = Change::Numbered { room: self.id, event, by: self.asking.by };
        steps.number(change, Some(self.asking.asker));
    }

    fn audit(&self, act: &str, user: Option<&UserName>, why: Option<&Restricted>, steps: &mut Steps) {
        steps.change(OrderChange::Audited(Box::new(AuditEntry {
            by: Some(self.by.clone()),
            room: Some(self.room.record.name.clone()),
            user: user.cloned(),
            until: why.and_then(|why| why.until),
            reason: why.and_then(|why| why.reason.clone()),
            ..AuditEntry::new(act)
        })));
    }

    fn set_role(&self, user: &str, role: Role, steps: &mut Steps) -> Result<(), Rejection> {
        let target = self.target(user)?;
        let is_self = self.is_self(&target);
        let own = self.state.rank(self.room, self.session());
        self.may(Act::of_role(is_self, own, role), target.rank)?;
        let held = |who: &Who| self.room.order.standing(who).map_or(Role::Member, |standing| standing.role);
        if target.identities.iter().all(|who| held(who) == role) {
            return Err(self.nothing_to_do(&format!("{} is that already in", target.user)));
        }
        self.remember(&target, |standing| standing.role = role, steps);
        self.audit(&format!("role {role}"), Some(&target.user), None, steps);
        let (place, by) = (self.place(0), self.by.clone());
        self.number(Event::RoleChanged { place, user: target.user, by, role }, steps);
        Ok(())
    }

    fn kick(&self, user: &str, why: Option<&Arc<str>>, steps: &mut Steps) -> Result<(), Rejection> {
        let target = self.target(user)?;
        self.may(Act::Discipline, target.rank)?;
        let reason = reason(self.state, why)?;
        let sessions: Vec<SessionId> = self.room.by_name.of(&target.user).collect();
        if sessions.is_empty() {
            return Err(Rejection::NoSuchUser { name: target.user });
        }
        let why = Restricted { until: None, reason: reason.clone() };
        self.audit("kick", Some(&target.user), Some(&why), steps);
        self.number(self.kicked(&target, 0, reason, false), steps);
        self.remember(&target, put_out, steps);
        self.remove(&sessions, steps);
        Ok(())
    }

    fn kicked(&self, target: &Target, behind: u64, reason: Option<Body>, banned: bool) -> Event {
        let (place, user, by) = (self.place(behind), target.user.clone(), self.by.clone());
        Event::Kicked { place, user, by, reason, banned }
    }

    /// The steps by which members are none any more, after they were told.
    fn remove(&self, sessions: &[SessionId], steps: &mut Steps) {
        room::put_out(self.state, sessions, self.id, steps);
    }

    fn restrict(&self, user: &str, wanted: &Wanted<'_>, steps: &mut Steps) -> Result<(), Rejection> {
        let Wanted { what, for_ms, reason: why } = *wanted;
        let target = self.target(user)?;
        self.may(Act::Discipline, target.rank)?;
        if self.is_self(&target) {
            return Err(Rejection::NotYourself);
        }
        self.may_lift(&target, what)?;
        let latest = |at: Timestamp| Timestamp(at.0.min(MAX_JSON_INTEGER));
        let until = for_ms.map(|for_ms| latest(self.stamp.at.plus_ms(for_ms)));
        let reason = reason(self.state, why)?;
        let restricted = Restricted { until, reason: reason.clone() };
        self.audit(&what.to_string(), Some(&target.user), Some(&restricted), steps);
        let imposed = Imposed { restricted, by: self.state.rank(self.room, self.session()) };
        let change = |standing: &mut Standing| match what {
            Restriction::Mute => standing.muted = Some(imposed.clone()),
            Restriction::Ban => {
                put_out(standing);
                (standing.banned, standing.role) = (Some(imposed.clone()), Role::Member);
            }
        };
        let (place, user, by) = (self.place(0), target.user.clone(), self.by.clone());
        self.number(Event::Restricted { place, user, by, what, until, reason: reason.clone() }, steps);
        let sessions = match what {
            Restriction::Mute => Vec::new(),
            Restriction::Ban => self.room.by_name.of(&target.user).collect(),
        };
        if !sessions.is_empty() {
            let event = self.kicked(&target, 1, reason, true);
            steps.number(Change::Numbered { room: self.id, event, by: None }, None);
        }
        self.remember(&target, change, steps);
        self.remove(&sessions, steps);
        Ok(())
    }

    fn lift(&self, user: &str, what: Restriction, steps: &mut Steps) -> Result<(), Rejection> {
        let target = self.target(user)?;
        self.may(Act::Discipline, target.rank)?;
        if !target.identities.iter().any(|who| self.holds(who, what)) {
            let done = match what {
                Restriction::Ban => "banned from",
                Restriction::Mute => "muted in",
            };
            return Err(self.nothing_to_do(&format!("{} is not {done}", target.user)));
        }
        self.may_lift(&target, what)?;
        let lifted = |standing: &mut Standing| match what {
            Restriction::Ban => standing.banned = None,
            Restriction::Mute => standing.muted = None,
        };
        self.remember(&target, lifted, steps);
        self.audit(&format!("un{what}"), Some(&target.user), None, steps);
        let (place, by) = (self.place(0), self.by.clone());
        self.number(Event::Lifted { place, user: target.user, by, what }, steps);
        Ok(())
    }

    /// The ban or mute that holds now.
    fn held(&self, who: &Who, what: Restriction) -> Option<&Imposed> {
        self.room.order.standing(who).and_then(|standing| standing.held(what, self.stamp.at))
    }

    fn holds(&self, who: &Who, what: Restriction) -> bool {
        self.held(who, what).is_some()
    }

    /// Whether what holds may be taken away, or another put in its place: else a second of ban would lift one for ever.
    fn may_lift(&self, target: &Target, what: Restriction) -> Result<(), Rejection> {
        let held = target.identities.iter().filter_map(|who| self.held(who, what));
        match held.map(|imposed| imposed.by).max() {
            Some(by) => self.may(Act::Lift { by }, target.rank),
            None => Ok(()),
        }
    }

    fn nothing_to_do(&self, what: &str) -> Rejection {
        Rejection::NothingToDo { why: format!("{what} #{}", self.room.record.name).into() }
    }

    /// Whoever is there or was asked in needs no invitation, and who is banned could not follow it: to lift a ban is not for every member.
    fn invite(&self, user: &str, steps: &mut Steps) -> Result<(), Rejection> {
        let target = self.target(user)?;
        self.state.may_be_heard(self.stamp.at, self.session(), self.id)?;
        self.may(Act::Invite { invite_only: self.room.order.held.modes.invite_only }, target.rank)?;
        if target.identities.iter().any(|who| self.holds(who, Restriction::Ban)) {
            return Err(Rejection::BannedGuest { room: self.room.record.name.clone(), user: target.user });
        }
        if self.room.by_name.contains(&target.user) {
            return Err(self.nothing_to_do(&format!("{} is already in", target.user)));
        }
        let is_invited = |who| self.room.order.standing(who).is_some_and(|standing| standing.invited);
        if target.identities.iter().all(is_invited) {
            return Err(self.nothing_to_do(&format!("{} is already invited to", target.user)));
        }
        self.remember(&target, |standing| standing.invited = true, steps);
        self.audit("invite", Some(&target.user), None, steps);
        let (room, by) = (self.room.record.name.clone(), self.by.clone());
        let event = Event::Invited { room, user: target.user.clone(), by };
        for session in self.state.devices(&target.user).filter(|session| *session != self.session()) {
            match self.state.attached(session) {
                Ok(_) => steps.tell(session, event.clone()),
                Err(_) => steps.change(OrderChange::Missed { session, event: Box::new(event.clone()) }),
            }
        }
        let verdict = Verdict::Told(Box::new(event.clone()));
        steps.remember(self.asking.by, verdict);
        steps.answer(self.asking.asker, event);
        Ok(())
    }

    fn set_modes(&self, change: &ModeChange, steps: &mut Steps) -> Result<(), Rejection> {
        let act = if change.is_of_pace() { Act::SetPace } else { Act::SetModes };
        self.may(act, Rank::Member)?;
        let held = change.apply(&self.room.order.held)?;
        if held == self.room.order.held {
            return Err(self.nothing_to_do("nothing would change in"));
        }
        let modes = held.modes;
        steps.change(OrderChange::Modes { room: self.id, held: Box::new(held) });
        self.audit(&format!("modes {modes}"), None, None, steps);
        let (place, by) = (self.place(0), self.by.clone());
        self.number(Event::ModesChanged { place, by, modes }, steps);
        Ok(())
    }

    fn delete(&self, target: Number, author: Option<&UserName>, steps: &mut Steps) -> Result<(), Rejection> {
        // Whoever keeps order came late, or is not in the room at all, and is told what is wrong by those who read it.
        let can_be_seen = self.state.rank(self.room, self.session()) > Rank::Member
            || target >= self.state.visible_from(self.session(), self.id);
        let is_there = target <= self.room.record.head && !self.room.order.deleted.contains(&target);
        let author = author.filter(|_| can_be_seen && is_there);
        let room = || self.room.record.name.clone();
        let author = author.ok_or_else(|| Rejection::NoSuchMessage { room: room(), number: target })?;
        if self.is_own(target, author) {
            self.may(Act::DeleteOwn, Rank::Member)?;
        } else {
            let rank = self.target(author.as_str()).map_or(Rank::Member, |author| author.rank);
            self.may(Act::DeleteOthers, rank)?;
            self.audit(&format!("delete {target}"), Some(author), None, steps);
        }
        let (place, by, from) = (self.place(0), self.by.clone(), author.clone());
        self.number(Event::Deleted { place, by, target, from }, steps);
        Ok(())
    }

    /// A name that a guest has may have been another's before: only what was said since the guest came is its own.
    fn is_own(&self, number: Number, author: &UserName) -> bool {
        let membership = self.state.sessions[&self.session()].rooms.iter().find(|held| held.room == self.id);
        let is_since = membership.is_some_and(|membership| number > membership.since);
        *author == self.by && (is_since || self.state.is_account(author))
    }
}

/// Who is put out needs a key or an invitation again.
fn put_out(standing: &mut Standing) {
    (standing.invited, standing.first) = (false, None);
}
