//! What people type to keep order in a room: roles, kicks, bans, mutes, invitations, modes, deletions.

use std::sync::Arc;

use chat_core::{Ask, HistoryFrom, ModeChange, Number, Role};

use super::parse::{Typed, none, one, word};
use super::term::Term;

/// An act in the current room. Names and texts are as typed; the core judges them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act<'a> {
    /// Give somebody a role.
    SetRole {
        /// Whom.
        user: &'a str,
        /// Which.
        role: Role,
    },
    /// Put somebody out.
    Kick {
        /// Whom.
        user: &'a str,
        /// Why.
        reason: Option<&'a str>,
    },
    /// Keep somebody out.
    Ban {
        /// Whom.
        user: &'a str,
        /// For how long; none: until it is lifted.
        for_ms: Option<u64>,
        /// Why.
        reason: Option<&'a str>,
    },
    /// Let somebody in again.
    Unban(&'a str),
    /// Keep somebody from talking.
    Mute {
        /// Whom.
        user: &'a str,
        /// For how long; none: until it is lifted.
        for_ms: Option<u64>,
        /// Why.
        reason: Option<&'a str>,
    },
    /// Let somebody talk again.
    Unmute(&'a str),
    /// Ask somebody in.
    Invite(&'a str),
    /// Run the room otherwise.
    SetModes(ModeChange),
    /// Delete the message of that number.
    Delete(Number),
}

impl Act<'_> {
    /// What is asked of the server, in that room.
    #[must_use]
    pub fn ask(self, room: Arc<str>) -> Ask {
        let text = |text: Option<&str>| text.map(Arc::from);
        match self {
            Act::SetRole { user, role } => Ask::SetRole { room, user: user.into(), role },
            Act::Kick { user, reason } => Ask::Kick { room, user: user.into(), reason: text(reason) },
            Act::Ban { user, for_ms, reason } => {
                Ask::Ban { room, user: user.into(), for_ms, reason: text(reason) }
            }
            Act::Unban(user) => Ask::Unban { room, user: user.into() },
            Act::Mute { user, for_ms, reason } => {
                Ask::Mute { room, user: user.into(), for_ms, reason: text(reason) }
            }
            Act::Unmute(user) => Ask::Unmute { room, user: user.into() },
            Act::Invite(user) => Ask::Invite { room, user: user.into() },
            Act::SetModes(modes) => Ask::SetModes { room, modes },
            Act::Delete(number) => Ask::Delete { room, number },
        }
    }
}

/// Reads a command of that name, in small letters, and what is behind it; none, if it is about something else.
pub(super) fn parse<'a>(name: &[u8], rest: &'a str) -> Option<Typed<'a>> {
    let to_one = |usage, act: fn(&'a str) -> Act<'a>| {
        one(rest).map_or(Typed::Usage(usage), |user| Typed::Act(act(user)))
    };
    Some(match name {
        b"op" => to_one("type /op USER, who becomes a moderator", |user| Act::SetRole {
            user,
            role: Role::Moderator,
        }),
        b"deop" => to_one("type /deop USER, who becomes a member; your own name steps down", |user| {
            Act::SetRole { user, role: Role::Member }
        }),
        b"owner" => to_one("type /owner USER, who becomes an owner beside you", |user| Act::SetRole {
            user,
            role: Role::Owner,
        }),
        b"kick" => match word(rest.trim_end()) {
            ("", _) => Typed::Usage("type /kick USER, or /kick USER REASON"),
            (user, reason) => Typed::Act(Act::Kick { user, reason: some(reason) }),
        },
        b"ban" => restrict(rest, BAN, |user, for_ms, reason| Act::Ban { user, for_ms, reason }),
        b"mute" => restrict(rest, MUTE, |user, for_ms, reason| Act::Mute { user, for_ms, reason }),
        b"unban" => to_one("type /unban USER; /room lists who is banned", Act::Unban),
        b"unmute" => to_one("type /unmute USER; /room lists who is muted", Act::Unmute),
        b"invite" => to_one("type /invite USER, who may come into your current room then", Act::Invite),
        b"mode" if rest.is_empty() => Typed::Order,
        b"mode" => modes(rest).map_or(Typed::Usage(MODE), |modes| Typed::Act(Act::SetModes(modes))),
        b"delete" if rest.is_empty() => Typed::DeleteLast,
        b"delete" => match number(rest) {
            Some(number) => Typed::Act(Act::Delete(Number(number))),
            None => Typed::Usage("type /delete, or /delete NUMBER, a number that /history shows"),
        },
        b"bans" => none(rest, "type /bans and nothing behind it", Typed::Order),
        b"audit" if rest.is_empty() => Typed::Audit(None),
        b"audit" => number(rest)
            .map_or(Typed::Usage("type /audit, or /audit N for what was before N"), |n| {
                Typed::Audit(Some(n))
            }),
        _ => return None,
    })
}

const BAN: &str = "type /ban USER [TIME] [REASON], a time like 30s, 10m, 2h, 7d or 1w; without a time, a reason \
                   begins with no digit";
const MUTE: &str = "type /mute USER [TIME] [REASON], a time like 30s, 10m, 2h, 7d or 1w; without a time, a reason \
                    begins with no digit";
const MODE: &str = "type /mode alone, or with what is to change: invite-only on|off, key WORD|off, \
                    moderated on|off, slow SECONDS|off, history start|join, retention TIME|off";

fn some(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn number(rest: &str) -> Option<u64> {
    one(rest).map(|number| number.strip_prefix('#').unwrap_or(number)).and_then(|number| number.parse().ok())
}

/// A first word that is a time is the time; any other begins the reason, unless it begins with a digit: a slip in the time, or no
/// time at all, must not become a ban for ever.
fn restrict<'a>(
    rest: &'a str,
    usage: &'static str,
    act: fn(&'a str, Option<u64>, Option<&'a str>) -> Act<'a>,
) -> Typed<'a> {
    let (user, rest) = word(rest.trim_end());
    let (first, behind) = word(rest);
    let (for_ms, reason) = match Term::parse(first) {
        Some(Term(for_ms)) => (Some(for_ms), behind),
        None => (None, rest),
    };
    let is_slip = for_ms.is_none() && first.starts_with(|sign: char| sign.is_ascii_digit());
    if user.is_empty() || is_slip || for_ms == Some(0) {
        return Typed::Usage(usage);
    }
    Typed::Act(act(user, for_ms, some(reason)))
}

/// Words in pairs: which mode, and what it is to be.
fn modes(rest: &str) -> Option<ModeChange> {
    let mut change = ModeChange::default();
    let mut words = rest.split([' ', '\t']).filter(|word| !word.is_empty());
    while let Some(mode) = words.next() {
        let value = words.next()?;
        match mode.to_ascii_lowercase().as_str() {
            "invite-only" => change.invite_only = Some(flag(value)?),
            "key" => change.key = Some(if is_off(value) { "".into() } else { value.into() }),
            "moderated" => change.moderated = Some(flag(value)?),
            "slow" => change.slow_s = Some(seconds(value)?),
            "history" if value.eq_ignore_ascii_case("start") => change.history = Some(HistoryFrom::Start),
            "history" if value.eq_ignore_ascii_case("join") => change.history = Some(HistoryFrom::Join),
            "retention" if is_off(value) => change.retention_ms = Some(0),
            "retention" => change.retention_ms = Some(Term::parse(value).filter(|term| term.0 > 0)?.0),
            _ => return None,
        }
    }
    Some(change)
}

fn is_off(value: &str) -> bool {
    value.eq_ignore_ascii_case("off")
}

fn flag(value: &str) -> Option<bool> {
    if value.eq_ignore_ascii_case("on") { Some(true) } else { is_off(value).then_some(false) }
}

/// `10`, `10s`, `2m`, or `off`; part of a second is a whole one, and the core says how much is too much.
fn seconds(value: &str) -> Option<u32> {
    if is_off(value) {
        return Some(0);
    }
    let is_number = value.bytes().all(|byte| byte.is_ascii_digit());
    let seconds =
        if is_number { value.parse().unwrap_or(u64::MAX) } else { Term::parse(value)?.0.div_ceil(1_000) };
    Some(u32::try_from(seconds).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse;
    use super::*;

    fn ask(line: &str) -> Ask {
        match parse(line) {
            Typed::Act(act) => act.ask("den".into()),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn set_role(user: &str, role: Role) -> Ask {
        Ask::SetRole { room: "den".into(), user: user.into(), role }
    }

    fn ban(for_ms: Option<u64>, reason: Option<&str>) -> Ask {
        Ask::Ban { room: "den".into(), user: "bob".into(), for_ms, reason: reason.map(Arc::from) }
    }

    #[test]
    fn every_act_is_read() {
        let (room, user): (Arc<str>, Arc<str>) = ("den".into(), "bob".into());
        assert_eq!(ask("/op bob"), set_role("bob", Role::Moderator));
        assert_eq!(ask("/DEOP  bob "), set_role("bob", Role::Member));
        assert_eq!(ask("/owner bob"), set_role("bob", Role::Owner));
        for (line, reason) in [
            ("/kick bob", None),
            ("/kick bob ", None),
            ("/kick\tbob  go  home ", Some("go  home")),
            ("/kick bob 10m", Some("10m")),
        ] {
            let (room, user, reason) = (room.clone(), user.clone(), reason.map(Arc::from));
            assert_eq!(ask(line), Ask::Kick { room, user, reason });
        }
        assert_eq!(ask("/unban bob"), Ask::Unban { room: room.clone(), user: user.clone() });
        assert_eq!(ask("/unmute bob"), Ask::Unmute { room: room.clone(), user: user.clone() });
        assert_eq!(ask("/invite bob"), Ask::Invite { room: room.clone(), user: user.clone() });
        for line in ["/delete 17", "/delete #17 "] {
            assert_eq!(ask(line), Ask::Delete { room: room.clone(), number: Number(17) });
        }
        assert_eq!(parse("/delete "), Typed::DeleteLast);
        for line in ["/mode", "/mode ", "/bans", "/room"] {
            assert_eq!(parse(line), Typed::Order, "{line}");
        }
        assert_eq!((parse("/audit"), parse("/audit 7")), (Typed::Audit(None), Typed::Audit(Some(7))));
    }

    /// What is typed, and what it says; the page has the same table.
    #[derive(serde::Deserialize)]
    struct Table {
        restrict: Vec<(String, Option<u64>, String)>,
        refused: Vec<String>,
        modes: Vec<(String, ModeChange)>,
        no_modes: Vec<String>,
    }

    fn table() -> Table {
        serde_json::from_str(include_str!("../../../tests/typed_times.json")).unwrap()
    }

    fn usage(line: &str) -> &str {
        let Typed::Usage(usage) = parse(line) else { panic!("{line}: {:?}", parse(line)) };
        assert!(usage.starts_with("type /"), "{usage}");
        usage
    }

    #[test]
    fn a_time_stands_before_the_reason_and_a_slip_in_it_is_no_ban_for_ever() {
        for (rest, for_ms, reason) in &table().restrict {
            let (reason, user): (_, Arc<str>) = (some(reason), "bob".into());
            assert_eq!(ask(&format!("/ban bob {rest} ")), ban(*for_ms, reason), "{rest}");
            let (room, for_ms, reason) = ("den".into(), *for_ms, reason.map(Arc::from));
            assert_eq!(
                ask(&format!("/mute\tbob {rest}")),
                Ask::Mute { room, user, for_ms, reason },
                "{rest}"
            );
        }
        for rest in table().refused {
            assert!(usage(&format!("/ban bob {rest}")).contains("a time like"), "{rest}");
            assert!(usage(&format!("/mute bob {rest}")).contains("a time like"), "{rest}");
        }
    }

    #[test]
    fn modes_are_set_several_at_once() {
        for (rest, change) in table().modes {
            let (room, modes) = ("den".into(), change);
            assert_eq!(ask(&format!("/mode {rest} ")), Ask::SetModes { room, modes }, "{rest}");
        }
        for rest in table().no_modes {
            usage(&format!("/mode {rest}"));
        }
    }

    #[test]
    fn what_an_act_lacks_is_said() {
        for line in [
            "/op",
            "/op a b",
            "/deop",
            "/owner ",
            "/kick",
            "/ban",
            "/mute",
            "/unban",
            "/unban a b",
            "/unmute",
            "/invite",
            "/delete x",
            "/delete 1 2",
            "/delete -1",
            "/bans x",
            "/audit x",
        ] {
            usage(line);
        }
    }
}
