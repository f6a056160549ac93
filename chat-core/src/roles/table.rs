//! The one table of rights: which rank may do what, and over whom.

use crate::roles::{Rank, Role};

/// Something that not everybody may do to a room or in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Say something, set the topic, offer a file.
    Talk { moderated: bool },
    /// Kick, ban, mute, and lift a ban or mute.
    Discipline,
    /// Ask somebody in.
    Invite { invite_only: bool },
    /// Give somebody a role.
    SetRole,
    /// Lower oneself.
    StepDown,
    /// Set `moderated` and `slow_s`.
    SetPace,
    /// Set all other modes.
    SetModes,
    /// Take back what oneself said.
    DeleteOwn,
    /// Remove what another said.
    DeleteOthers,
}

/// The lowest rank that may do it, whoever it is done to. Muted ones may not talk, whatever their rank.
const fn least(act: Act) -> Rank {
    match act {
        Act::Talk { moderated: false }
        | Act::Invite { invite_only: false }
        | Act::StepDown
        | Act::DeleteOwn => Rank::Member,
        Act::Talk { moderated: true }
        | Act::Invite { invite_only: true }
        | Act::Discipline
        | Act::SetPace
        | Act::DeleteOthers => Rank::Moderator,
        Act::SetRole | Act::SetModes => Rank::Owner,
    }
}

/// Whether it is done to somebody, who must be of a lower rank.
const fn is_over(act: Act) -> bool {
    matches!(act, Act::Discipline | Act::SetRole | Act::DeleteOthers)
}

impl Act {
    /// The lowest rank that may do it to somebody of that rank.
    pub(crate) fn least(self, target: Rank) -> Rank {
        if is_over(self) { least(self).max(target.above()) } else { least(self) }
    }

    /// What giving a role comes down to: to lower oneself is another act.
    pub(crate) fn of_role(is_self: bool, own: Rank, new: Role) -> Act {
        if is_self && Rank::from(new) < own { Act::StepDown } else { Act::SetRole }
    }
}
