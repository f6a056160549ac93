//! Reads: answered from state, at any time between two entries. They never enter the log.

use std::collections::BTreeSet;
use std::ops::Bound;

use crate::account::AccountInfo;
use crate::chat::Chat;
use crate::command::TokenHash;
use crate::config::Config;
use crate::event::{Event, Place};
use crate::id::{NodeId, Number, RequestId, RoomId, Seq, SessionId, TransferId};
use crate::name::{RoomName, UserName};
use crate::query::{Answer, RoomInfo};
use crate::rejection::Rejection;
use crate::roles;
use crate::room::Room;
use crate::roster::Roster;
use crate::session::Session;
use crate::stamp::{Stamp, Timestamp};
use crate::text::Body;
use crate::transfer::{self, TransferInfo};

impl Chat {
    /// The limits in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.state.config
    }

    /// The last entry that changed anything, and the time it was stamped with.
    #[must_use]
    pub fn last_change(&self) -> Stamp {
        Stamp { seq: self.state.seq, at: self.state.now }
    }

    /// The name of an attached session.
    #[must_use]
    pub fn user(&self, session: SessionId) -> Option<&UserName> {
        self.state.attached(session).ok().map(|session| &session.user)
    }

    /// The highest id among a node's sessions, attached or not: a node that starts again counts on from it.
    #[must_use]
    pub fn last_session(&self, node: NodeId) -> Option<SessionId> {
        let all = SessionId::new(node, 0)..=SessionId::new(node, u64::MAX);
        self.state.sessions.range(all).next_back().map(|(id, _)| *id)
    }

    /// Whether an attached session has not used this request id yet, so that the ask is no repeat.
    #[must_use]
    pub fn is_new(&self, session: SessionId, request: RequestId) -> bool {
        let held = self.state.attached(session);
        request == RequestId::NONE || held.is_ok_and(|held| request > held.highest_request)
    }

    /// Every room and where it stands, in the order of their ids.
    pub fn heads(&self) -> impl Iterator<Item = (RoomId, Place)> {
        self.state.rooms.iter().map(|(id, room)| (*id, room.head()))
    }

    /// The session that answers to a name now, attached or lingering; of a user with several the one that was attached
    /// last, if any has a connection one of those.
    #[must_use]
    pub fn session_of(&self, user: &UserName) -> Option<SessionId> {
        self.state.foremost(user)
    }

    /// All sessions of a user, those that sleep among them.
    pub fn sessions_of(&self, user: &UserName) -> impl Iterator<Item = SessionId> {
        self.state.devices(user)
    }

    /// Whether a session can be looked for by the secret with that hash: it is the current one, the next, or was one of them.
    #[must_use]
    pub fn has_secret(&self, hash: &TokenHash) -> bool {
        self.state.tokens.contains_key(hash)
    }

    /// An account by its name, if there is one.
    #[must_use]
    pub fn account(&self, name: &str) -> Option<AccountInfo> {
        let name = self.state.config.user_name(name).ok()?;
        let (name, account) = self.state.accounts.get_key_value(&name)?;
        Some(self.state.account_info(name, account))
    }

    /// All accounts, in the order of their names.
    pub fn accounts(&self) -> impl Iterator<Item = AccountInfo> {
        self.state.accounts.iter().map(|(name, account)| self.state.account_info(name, account))
    }

    /// Whether a session is one of an account.
    #[must_use]
    pub fn has_account(&self, session: SessionId) -> bool {
        self.state.has_account(session)
    }

    /// Whether a session is one of an operator's account.
    #[must_use]
    pub fn is_operator(&self, session: SessionId) -> bool {
        self.state.is_operator(session)
    }

    /// How long after a drop a session can be resumed, in milliseconds.
    #[must_use]
    pub fn resumable_ms(&self, session: SessionId) -> u64 {
        let config = &self.state.config;
        if self.state.has_account(session) { config.device_ms } else { config.resumable_ms }
    }

    /// A room's members, in the order of their ids.
    #[must_use]
    pub fn members(&self, room: &RoomName) -> Option<&[SessionId]> {
        self.room(room).map(|room| &room.members[..])
    }

    /// A room, and the number of its last event.
    #[must_use]
    pub fn head(&self, room: &RoomName) -> Option<Place> {
        self.room(room).map(Room::head)
    }

    /// Where an attached session is a member, each with the room's last number before it came.
    pub fn memberships(&self, session: SessionId) -> impl Iterator<Item = (Place, Number)> {
        let held: Option<&Session> = self.state.attached(session).ok();
        let rooms = held.map_or(&[][..], |session| &session.rooms);
        rooms.iter().map(|membership| (self.state.rooms[&membership.room].head(), membership.since))
    }

    /// Where a member's room stands now; how every read of a room's history begins.
    ///
    /// # Errors
    /// [`Rejection::NotAMember`], whether there is such a room or not.
    pub fn member_place(&self, session: SessionId, room: &str) -> Result<Place, Rejection> {
        match self.state.attached(session)?.membership(room) {
            Some(membership) => Ok(self.state.rooms[&membership.room].head()),
            None => Err(Rejection::NotAMember { room: self.state.config.room_name(room)? }),
        }
    }

    /// Where a room stands in which a session may act: as a member, or as an operator of the server.
    ///
    /// # Errors
    /// [`Rejection::NotAMember`], whether there is such a room or not.
    pub fn acting_place(&self, session: SessionId, room: &str) -> Result<Place, Rejection> {
        match self.member_place(session, room) {
            Err(rejection) if self.is_operator(session) => {
                self.head(&self.state.config.room_name(room)?).ok_or(rejection)
            }
            place => place,
        }
    }

    /// A member's room and its topic.
    ///
    /// # Errors
    /// [`Rejection::NotAMember`], whether there is such a room or not.
    pub fn topic(&self, session: SessionId, room: &str) -> Result<(Place, Option<&Body>), Rejection> {
        let place = self.member_place(session, room)?;
        let topic = self.room(&place.room).and_then(|room| room.record.topic.as_ref());
        Ok((place, topic.map(|topic| &topic.text)))
    }

    /// The whispers a session has received after `number` and that are still kept, oldest first.
    pub fn whispers_after(
        &self,
        session: SessionId,
        number: Number,
    ) -> impl Iterator<Item = (Stamp, &Event)> {
        let held = self.state.attached(session).ok();
        held.into_iter().flat_map(Session::whispers).filter_map(move |(stamp, event)| match event {
            Event::Whispered { number: at, .. } if *at > number => Some((*stamp, event)),
            _ => None,
        })
    }

    /// One page of the users of a room as a session may see it, or of everybody, in the order of their names.
    ///
    /// # Errors
    /// [`Rejection::NoSuchRoom`], or [`Rejection::BadName`] for what is no name.
    pub fn users(
        &self,
        session: SessionId,
        room: Option<&str>,
        after: Option<&str>,
    ) -> Result<Answer, Rejection> {
        let after = after.map(|name| self.state.config.user_name(name)).transpose()?;
        let (room, names) = match room {
            None => (None, &self.state.names),
            Some(room) => {
                let room = &self.state.rooms[&self.visible(session, room)?];
                (Some(room.record.name.clone()), &room.by_name)
            }
        };
        let mut rest = names.names(after.as_ref());
        let users = rest.by_ref().take(self.state.config.page).cloned().collect();
        Ok(Answer::Users { room, total: names.users() as u64, users, more: rest.next().is_some() })
    }

    /// Who of these users has no connection and may come back: as members of a room, or at all.
    #[must_use]
    pub fn lingering_among(&self, room: Option<&RoomName>, users: &[UserName]) -> Vec<UserName> {
        let names = match room {
            None => Some(&self.state.names),
            Some(room) => self.room(room).map(|room| &room.by_name),
        };
        let lingers = |user: &&UserName| names.is_some_and(|names| self.lingers(names, user));
        users.iter().filter(lingers).cloned().collect()
    }

    /// A room and the number of its last event, and who lingers there, in the order of the names: nobody is named in a room
    /// that is big, or larger than a page.
    #[must_use]
    pub fn lingering(&self, room: RoomId) -> Option<(Place, Vec<UserName>)> {
        let room = self.state.rooms.get(&room)?;
        let is_attached = |session: &SessionId| self.state.sessions[session].is_attached();
        let users = if room.is_big(&self.state.config) || room.members.iter().all(is_attached) {
            Vec::new()
        } else {
            room.by_name.names(None).filter(|user| self.lingers(&room.by_name, user)).cloned().collect()
        };
        Some((room.head(), users))
    }

    /// Whether none of a user's devices there has a connection.
    fn lingers(&self, names: &Roster, user: &UserName) -> bool {
        let mut devices = names.of(user).peekable();
        devices.peek().is_some() && devices.all(|session| !self.state.sessions[&session].is_attached())
    }

    /// The rooms that a session is a member of, whether it has a connection or not.
    pub fn rooms_of(&self, session: SessionId) -> impl Iterator<Item = RoomId> {
        let held = self.state.sessions.get(&session).map_or(&[][..], |held| &held.rooms);
        held.iter().map(|membership| membership.room)
    }

    /// One page of the rooms that a session may know of, in the order of their names. A page holds a fifth as many rooms as users, for
    /// their topics' sake.
    ///
    /// # Errors
    /// [`Rejection::BadName`] for an `after` that is no name.
    pub fn rooms(&self, session: SessionId, after: Option<&str>) -> Result<Answer, Rejection> {
        let after = after.map(|name| self.state.config.room_name(name)).transpose()?;
        let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let names = &self.state.room_names;
        let private = &self.state.orders.private;
        // Judged are the few that it has to do with, not all private rooms of the server.
        let own = match self.state.attached(session) {
            Ok(_) => self.state.private_rooms_of(session),
            Err(_) => BTreeSet::new(),
        };
        let is_shown = |id: &RoomId| !private.contains(id) || own.contains(id);
        let hidden = private.len() - own.len();
        let mut rest =
            names.range::<RoomName, _>((from, Bound::Unbounded)).map(|(_, id)| id).filter(|id| is_shown(id));
        let page = (self.state.config.page / 5).max(1);
        let rooms = rest.by_ref().take(page).map(|id| info(&self.state.rooms[id])).collect();
        let total = (names.len() - hidden) as u64;
        Ok(Answer::Rooms { total, rooms, more: rest.next().is_some() })
    }

    /// How a room is run, what an attached session may do there, and of whom something is remembered: the roles, and for
    /// moderators bans, mutes and invitations. Whoever is muted is told of that. At most a page.
    ///
    /// # Errors
    /// [`Rejection::NoSuchRoom`], whether there is none or the session may not know of it.
    pub fn room_order(&self, session: SessionId, room: &str) -> Result<Answer, Rejection> {
        let asker = &self.state.attached(session)?.user;
        let room = &self.state.rooms[&self.visible(session, room)?];
        let rank = self.state.rank(room, session);
        let (users, more) = roles::listed(&self.state, room, asker, rank);
        let modes = room.order.held.modes;
        Ok(Answer::Room { room: room.record.name.clone(), modes, rank, users, more })
    }

    /// One page of the acts of moderation before a number, newest first. A page holds a fifth as many as users.
    ///
    /// # Errors
    /// [`Rejection::OperatorsOnly`] for all who are none.
    pub fn audit(&self, session: SessionId, before: Option<u64>) -> Result<Answer, Rejection> {
        self.state.attached(session)?;
        if !self.state.is_operator(session) {
            return Err(Rejection::OperatorsOnly);
        }
        let (entries, more) = self.state.orders.audit.page(before, self.state.config.page / 5);
        Ok(Answer::Audit { entries, more })
    }

    /// The first number of a room that an attached member may read; none for all who are no members.
    #[must_use]
    pub fn visible_from(&self, session: SessionId, room: &RoomName) -> Option<Number> {
        let membership = self.state.attached(session).ok()?.membership(room.as_str())?;
        Some(self.state.visible_from(session, membership.room))
    }

    /// How long the messages of a room are kept, in milliseconds, if it says so itself.
    #[must_use]
    pub fn retention_ms(&self, room: RoomId) -> Option<u64> {
        let modes = self.state.rooms.get(&room)?.order.held.modes;
        Some(modes.retention_ms).filter(|ms| *ms > 0)
    }

    /// Whether there is such a room, as far as a session may know.
    ///
    /// # Errors
    /// [`Rejection::NoSuchRoom`], whether there is none or the session may not know of it.
    pub fn may_see(&self, session: SessionId, room: &str) -> Result<(), Rejection> {
        self.visible(session, room).map(|_| ())
    }

    fn is_shown(&self, session: SessionId, room: RoomId) -> bool {
        let is_private = self.state.orders.private.contains(&room);
        !is_private || self.state.attached(session).is_ok() && self.state.may_see(session, room)
    }

    /// The room of that name, if the session may know of it.
    fn visible(&self, session: SessionId, room: &str) -> Result<RoomId, Rejection> {
        let name = self.state.config.room_name(room)?;
        let known = self.state.room_names.get(&name).copied();
        known.filter(|id| self.is_shown(session, *id)).ok_or(Rejection::NoSuchRoom { room: name })
    }

    /// A transfer as its sender sees it, until it is forgotten.
    #[must_use]
    pub fn transfer(&self, transfer: TransferId) -> Option<TransferInfo> {
        self.state.transfers.all.get(&transfer).map(|held| held.info(None, usize::MAX))
    }

    /// The session that sends a transfer's file, whether it has a connection or not.
    #[must_use]
    pub fn transfer_sender(&self, transfer: TransferId) -> Option<SessionId> {
        self.state.transfers.all.get(&transfer).and_then(|held| held.sender)
    }

    /// The transfers that concern an attached session, in the order of their numbers. A page holds a fifth as many
    /// transfers as users, where a copy counts as much as a user; if there are more, the oldest are left out.
    #[must_use]
    pub fn transfers(&self, session: SessionId) -> Answer {
        let mut transfers = Vec::new();
        if self.state.attached(session).is_ok() {
            let mut left = self.state.config.page.max(5);
            for id in transfer::concerning(&self.state, session).into_iter().rev() {
                let held = &self.state.transfers.all[&id];
                let has_part = held.parties().any(|party| party == session);
                if has_part || held.is_open() {
                    let Some(rest) = left.checked_sub(5) else { break };
                    let info = held.info(Some(session), rest);
                    left = rest - info.copies.len();
                    transfers.push(info);
                }
            }
            transfers.reverse();
        }
        Answer::Transfers { transfers }
    }

    /// How many users have a session that is attached or lingering, and how many rooms there are.
    #[must_use]
    pub fn counts(&self) -> (usize, usize) {
        (self.state.names.users(), self.state.rooms.len())
    }

    /// How many transfers are not over: offered, running or paused.
    #[must_use]
    pub fn unfinished_transfers(&self) -> usize {
        self.state.transfers.unfinished()
    }

    /// The latest time the chat has seen.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.state.now
    }

    /// The last entry that changed anything.
    #[must_use]
    pub fn seq(&self) -> Seq {
        self.state.seq
    }

    fn room(&self, room: &RoomName) -> Option<&Room> {
        self.state.room_names.get(room).map(|id| &*self.state.rooms[id])
    }
}

fn info(room: &Room) -> RoomInfo {
    RoomInfo {
        room: room.record.name.clone(),
        members: room.by_name.users() as u64,
        topic: room.record.topic.as_ref().map(|topic| topic.text.clone()),
    }
}
