//! The one table of rights: which rank may do what, and over whom.

use crate::roles::{Rank, Role};

/// Something that not everybody may do to a room or in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Say something, set the topic, offer a file.
    Talk { moderated: bool },
    /// Kick, ban, mute.
    Discipline,
    /// Lift a ban or mute, or put another in its place.
    Lift { by: Rank },
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
fn least(act: Act) -> Rank {
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
        Act::Lift { by } => by.max(Rank::Moderator),
    }
}

/// Whether it is done to somebody, who must be of a lower rank.
const fn is_over(act: Act) -> bool {
    matches!(act, Act::Discipline | Act::Lift { .. } | Act::SetRole | Act::DeleteOthers)
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

#[cfg(test)]
mod tests {
    use super::*;

    const RANKS: [Rank; 4] = [Rank::Member, Rank::Moderator, Rank::Owner, Rank::Operator];

    /// The acts as `docs/roles.md` names them.
    const ROWS: [(&str, &str, Act); 14] = [
        (
            "talk, set the topic, offer a file",
            "`hello`, `/topic`, `/sendfile`",
            Act::Talk { moderated: false },
        ),
        ("the same in a moderated room", "", Act::Talk { moderated: true }),
        ("ask somebody in", "`/invite`", Act::Invite { invite_only: false }),
        ("the same in an invite-only room", "", Act::Invite { invite_only: true }),
        ("kick, ban, mute", "`/kick`, `/ban`, `/mute`", Act::Discipline),
        (
            "lift or replace a moderator's ban or mute",
            "`/unban`, `/unmute`",
            Act::Lift { by: Rank::Moderator },
        ),
        ("the same of an owner's", "", Act::Lift { by: Rank::Owner }),
        ("the same of an operator's", "", Act::Lift { by: Rank::Operator }),
        ("give somebody a role", "`/op`, `/deop`, `/owner`", Act::SetRole),
        ("step down", "`/deop` and one's own name", Act::StepDown),
        ("set `moderated` and `slow`", "`/mode`", Act::SetPace),
        ("set all other modes", "`/mode`", Act::SetModes),
        ("delete one's own message", "`/delete`", Act::DeleteOwn),
        ("delete another's message", "`/delete NUMBER`", Act::DeleteOthers),
    ];

    /// Over whom a rank may do it.
    fn cell(act: Act, rank: Rank) -> String {
        let names = ["members", "moderators", "owners", "operators"];
        let may = |target: &(Rank, &str)| rank >= act.least(target.0);
        let over: Vec<&str> = RANKS.into_iter().zip(names).filter(may).map(|(_, name)| name).collect();
        match (over.len(), is_over(act)) {
            (0, _) => "no".to_owned(),
            (4, false) => "yes".to_owned(),
            (4, true) => "everybody".to_owned(),
            _ => over.join(", "),
        }
    }

    #[test]
    fn the_manual_has_this_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/roles.md");
        let manual = std::fs::read_to_string(path).unwrap();
        let (_, table) = manual.split_once("|---|---|---|---|---|---|\n").unwrap();
        let written: Vec<&str> = table.lines().take_while(|row| row.starts_with('|')).collect();
        let cells = |act| RANKS.map(|rank| cell(act, rank)).join(" | ");
        let row = |(name, lines, act): (&str, &str, Act)| {
            format!("| {name} | {lines} | {} |", cells(act)).replace("|  |", "| |")
        };
        assert_eq!(written, ROWS.map(row));
    }
}
