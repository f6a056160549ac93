//! What asks and rooms add to fingerprints and digests.

use std::sync::Arc;

use crate::command::Ask;
use crate::digest::Hasher;
use crate::name::{RoomName, UserName};
use crate::roles::modes::HeldModes;
use crate::roles::{HistoryFrom, Imposed, ModeChange, Modes, Order, Orders, Restricted, Standing, imposed};
use crate::snapshot::feed_stamp;
use crate::text::Body;

/// An ask that is an act of moderation, or a join with a key.
pub(crate) fn feed_ask(ask: &Ask, h: &mut Hasher) {
    let named = |tag: u64, room: &Arc<str>, user: &Arc<str>, h: &mut Hasher| {
        h.word(tag).bytes(room.as_bytes()).bytes(user.as_bytes());
    };
    match ask {
        Ask::Enter { room, key, since } => {
            named(14, room, key.text(), h);
            since.iter().for_each(|since| {
                h.word(since.epoch.0).word(since.number.0);
            });
        }
        Ask::SetRole { room, user, role } => {
            named(15, room, user, h);
            h.word(*role as u64);
        }
        Ask::Kick { room, user, reason } => {
            named(16, room, user, h);
            feed_reason(reason.as_deref(), h);
        }
        Ask::Ban { room, user, for_ms, reason } => {
            named(17, room, user, h);
            feed_term(*for_ms, reason.as_deref(), h);
        }
        Ask::Unban { room, user } => named(18, room, user, h),
        Ask::Mute { room, user, for_ms, reason } => {
            named(19, room, user, h);
            feed_term(*for_ms, reason.as_deref(), h);
        }
        Ask::Unmute { room, user } => named(20, room, user, h),
        Ask::Invite { room, user } => named(21, room, user, h),
        Ask::SetModes { room, modes } => {
            h.word(22).bytes(room.as_bytes());
            feed_change(modes, h);
        }
        Ask::Delete { room, number } => {
            h.word(23).bytes(room.as_bytes()).word(number.0);
        }
        _ => {}
    }
}

fn feed_term(for_ms: Option<u64>, reason: Option<&str>, h: &mut Hasher) {
    h.word(for_ms.map_or(0, |ms| ms.saturating_add(1)));
    feed_reason(reason, h);
}

fn feed_reason(reason: Option<&str>, h: &mut Hasher) {
    h.word(u64::from(reason.is_some())).bytes(reason.unwrap_or_default().as_bytes());
}

/// Each as one more than it is, zero for none.
fn feed_change(change: &ModeChange, h: &mut Hasher) {
    let ModeChange { invite_only, key, moderated, slow_s, history, retention_ms } = change;
    let flag = |flag: Option<bool>| flag.map_or(0, |flag| u64::from(flag) + 1);
    h.word(flag(*invite_only)).word(flag(*moderated)).word(slow_s.map_or(0, |slow_s| u64::from(slow_s) + 1));
    h.word(history.map_or(0, |history| history as u64 + 1));
    h.word(retention_ms.map_or(0, |ms| ms.saturating_add(1)));
    feed_reason(key.as_deref(), h);
}

/// The order of one room; nothing, where there is none.
pub(crate) fn feed_order(order: &Order, h: &mut Hasher) {
    if order.is_blank() {
        return;
    }
    feed_modes(&order.held, h.word(3));
    h.word(order.accounts.len() as u64);
    for (user, standing) in &order.accounts {
        feed_standing(standing, h.bytes(user.as_str().as_bytes()));
    }
    h.word(order.guests.len() as u64);
    for (session, standing) in &order.guests {
        feed_standing(standing, h.word(session.as_u64()));
    }
    h.word(order.spoke.len() as u64);
    for (user, at) in &order.spoke {
        h.bytes(user.as_str().as_bytes()).word(at.0);
    }
    if !order.deleted.is_empty() {
        h.word(6).word(order.deleted.len() as u64);
        order.deleted.iter().for_each(|number| {
            h.word(number.0);
        });
    }
}

fn feed_modes(HeldModes { modes, key }: &HeldModes, h: &mut Hasher) {
    let Modes { invite_only, has_key, moderated, slow_s, history, retention_ms } = *modes;
    h.word(u64::from(invite_only)).word(u64::from(has_key)).word(u64::from(moderated));
    h.word(u64::from(slow_s)).word(u64::from(history == HistoryFrom::Join)).word(retention_ms);
    feed_reason(key.as_deref(), h);
}

fn feed_standing(standing: &Standing, h: &mut Hasher) {
    h.word(standing.role as u64).word(u64::from(standing.invited));
    h.word(standing.first.map_or(0, |first| first.0 + 1));
    for imposed in [&standing.muted, &standing.banned] {
        h.word(imposed::tag(imposed.as_ref()).into());
        if let Some(Imposed { restricted: Restricted { until, reason }, .. }) = imposed {
            h.word(until.map_or(0, |until| until.0.saturating_add(1)));
            feed_reason(reason.as_ref().map(Body::as_str), h);
        }
    }
}

/// What is remembered beside the rooms; nothing, where nothing is.
pub(crate) fn feed_orders(orders: &Orders, h: &mut Hasher) {
    if orders.audit.made > 0 {
        h.word(4).word(orders.audit.made).word(orders.audit.entries.len() as u64);
        for entry in &orders.audit.entries {
            h.word(entry.number).word(entry.at.0).bytes(entry.act.as_bytes());
            h.word(entry.until.map_or(0, |until| until.0.saturating_add(1)));
            feed_reason(entry.by.as_ref().map(UserName::as_str), h);
            feed_reason(entry.room.as_ref().map(RoomName::as_str), h);
            feed_reason(entry.user.as_ref().map(UserName::as_str), h);
            feed_reason(entry.reason.as_ref().map(Body::as_str), h);
        }
    }
    for (session, events) in &orders.missed {
        h.word(5).word(session.as_u64()).word(events.len() as u64);
        for (stamp, event) in events {
            feed_stamp(*stamp, h);
            h.bytes(event.to_string().as_bytes());
        }
    }
}
