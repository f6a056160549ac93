//! What is told of a room and its users to those who ask.

use serde::{Deserialize, Serialize};

use crate::name::UserName;
use crate::roles::{Rank, Restricted, Role, Standing};
use crate::room::Room;
use crate::state::State;

/// What a room remembers of one user, as it is told. Bans, mutes and invitations are told to moderators, a mute to whom it holds, too.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct RoomUser {
    /// Who.
    pub user: UserName,
    /// What the user is.
    pub role: Role,
    /// The ban that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub banned: Option<Restricted>,
    /// The mute that holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub muted: Option<Restricted>,
    /// Whether the user was asked in.
    pub invited: bool,
}

/// Those of whom that user, of that rank, is told, in the order of the names, and whether there are more than a page.
pub(crate) fn listed(state: &State, room: &Room, asker: &UserName, rank: Rank) -> (Vec<RoomUser>, bool) {
    let lasting = room.order.accounts.iter();
    let guests =
        room.order.guests.iter().map(|(session, standing)| (&state.sessions[session].user, standing));
    let is_moderator = rank >= Rank::Moderator;
    let is_told = |user: &UserName, standing: &Standing| {
        let (banned, muted) = (standing.ban(state.now).is_some(), standing.mute(state.now).is_some());
        standing.role > Role::Member
            || is_moderator && (standing.invited || banned || muted)
            || muted && user == asker
    };
    // Of most of them nothing is told: they were let in. Only the page is copied.
    let mut known: Vec<_> =
        lasting.chain(guests).filter(|(user, standing)| is_told(user, standing)).collect();
    known.sort_by_key(|(user, _)| *user);
    let page = state.config.page;
    let copied = known.iter().take(page);
    let users = copied.map(|(user, standing)| told(state, user, standing, asker, rank)).collect();
    (users, known.len() > page)
}

fn told(state: &State, user: &UserName, standing: &Standing, asker: &UserName, rank: Rank) -> RoomUser {
    let is_moderator = rank >= Rank::Moderator;
    RoomUser {
        user: user.clone(),
        role: standing.role,
        banned: standing.ban(state.now).filter(|_| is_moderator).cloned(),
        muted: standing.mute(state.now).filter(|_| is_moderator || user == asker).cloned(),
        invited: standing.invited && is_moderator,
    }
}
