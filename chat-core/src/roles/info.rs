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
    let mut users: Vec<RoomUser> = lasting
        .chain(guests)
        .map(|(user, standing)| told(state, user, standing, asker, rank))
        .filter(|told| {
            told.role > Role::Member || told.invited || told.banned.is_some() || told.muted.is_some()
        })
        .collect();
    users.sort_by(|a, b| a.user.cmp(&b.user));
    let page = state.config.page;
    let more = users.len() > page;
    users.truncate(page);
    (users, more)
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
