//! Acts of moderation in random logs.

use std::sync::Arc;

use chat_core::{Ask, Command, HistoryFrom, ModeChange, Number, RequestId, Role, SessionId, UserName};

use super::{BAD_BODIES, BAD_NAMES, BODIES, NAMES, pick};

const KEYS: [&str; 4] = ["k", "key", "", "k"];

/// One ask about the order in a room; a part of them is refused.
pub(super) fn any_ask(room: Arc<str>, a: u8, b: u8, c: u8) -> Ask {
    let user = pick(&NAMES, &BAD_NAMES, 20, b);
    let for_ms = (!c.is_multiple_of(3)).then_some(u64::from(c) * 5);
    let reason = (!c.is_multiple_of(2)).then(|| pick(&BODIES, &BAD_BODIES, 12, c));
    match a % 13 {
        0..=2 => {
            let role = [Role::Member, Role::Moderator, Role::Owner][usize::from(c % 3)];
            Ask::SetRole { room, user, role }
        }
        3 => Ask::Kick { room, user, reason },
        4 => Ask::Ban { room, user, for_ms, reason },
        5 => Ask::Unban { room, user },
        6 => Ask::Mute { room, user, for_ms, reason },
        7 => Ask::Unmute { room, user },
        8 => Ask::Invite { room, user },
        9 => Ask::Enter { room, key: KEYS[usize::from(b % 4)].into(), since: None },
        10 => Ask::Delete { room, number: Number(u64::from(c)) },
        _ => Ask::SetModes { room, modes: modes(b, c) },
    }
}

/// Mostly few of them, and mostly off, so that rooms do not stay closed.
fn modes(b: u8, c: u8) -> ModeChange {
    let is_on = c.is_multiple_of(3);
    let mut modes = ModeChange::default();
    match b % 7 {
        0 => modes.invite_only = Some(is_on),
        1 => modes.key = Some(if is_on { "k" } else { "" }.into()),
        2 => modes.moderated = Some(is_on),
        3 => modes.slow_s = Some(if is_on { u32::from(c) } else { 0 }),
        4 => modes.history = Some(if is_on { HistoryFrom::Join } else { HistoryFrom::Start }),
        5 => modes.retention_ms = Some(if is_on { u64::MAX - u64::from(c) } else { 1_000 }),
        _ => {
            modes.key = Some("much too long".repeat(usize::from(c % 12)).into());
            modes.invite_only = Some(false);
        }
    }
    modes
}

/// Mostly of a message that may be there, by one who may have said it.
pub(super) fn delete(from: SessionId, request: RequestId, room: Arc<str>, b: u8, c: u8) -> Command {
    let author = (!c.is_multiple_of(5)).then(|| UserName::new(NAMES[usize::from(c) % 7], 8).ok()).flatten();
    Command::Delete { from, request, room, number: Number(u64::from(b % 16)), author }
}
