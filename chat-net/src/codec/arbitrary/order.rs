//! Asks, events and answers about the order in a room.

use chat_core::{
    Answer, Ask, AuditEntry, Event, HistoryFrom, ModeChange, Modes, Number, Rank, Restricted, Restriction,
    Role, RoomUser, Timestamp,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::{body, int, place, room, since, text, user};

fn role() -> impl Strategy<Value = Role> {
    proptest::sample::select(vec![Role::Member, Role::Moderator, Role::Owner])
}

fn history() -> impl Strategy<Value = HistoryFrom> {
    proptest::sample::select(vec![HistoryFrom::Start, HistoryFrom::Join])
}

fn what() -> impl Strategy<Value = Restriction> {
    proptest::sample::select(vec![Restriction::Ban, Restriction::Mute])
}

fn change() -> impl Strategy<Value = ModeChange> {
    let flag = || option::of(any::<bool>());
    (flag(), option::of(text()), flag(), option::of(any::<u32>()), option::of(history()), option::of(int()))
        .prop_map(|(invite_only, key, moderated, slow_s, history, retention_ms)| ModeChange {
            invite_only,
            key: key.map(Into::into),
            moderated,
            slow_s,
            history,
            retention_ms,
        })
}

fn modes() -> impl Strategy<Value = Modes> {
    (any::<bool>(), any::<bool>(), any::<bool>(), any::<u32>(), history(), int()).prop_map(
        |(invite_only, has_key, moderated, slow_s, history, retention_ms)| Modes {
            invite_only,
            has_key,
            moderated,
            slow_s,
            history,
            retention_ms,
        },
    )
}

pub(super) fn ask() -> BoxedStrategy<Ask> {
    let named = || (text(), text());
    let term = || (text(), text(), option::of(int()), option::of(text()));
    prop_oneof![
        (text(), text(), option::of(since())).prop_map(|(room, key, since)| Ask::Enter {
            room,
            key: key.into(),
            since
        }),
        (text(), text(), role()).prop_map(|(room, user, role)| Ask::SetRole { room, user, role }),
        (text(), text(), option::of(text())).prop_map(|(room, user, reason)| Ask::Kick {
            room,
            user,
            reason
        }),
        term().prop_map(|(room, user, for_ms, reason)| Ask::Ban { room, user, for_ms, reason }),
        named().prop_map(|(room, user)| Ask::Unban { room, user }),
        term().prop_map(|(room, user, for_ms, reason)| Ask::Mute { room, user, for_ms, reason }),
        named().prop_map(|(room, user)| Ask::Unmute { room, user }),
        named().prop_map(|(room, user)| Ask::Invite { room, user }),
        (text(), change()).prop_map(|(room, modes)| Ask::SetModes { room, modes }),
        (text(), int()).prop_map(|(room, number)| Ask::Delete { room, number: Number(number) }),
    ]
    .boxed()
}

pub(super) fn event() -> BoxedStrategy<Event> {
    let until = || option::of(int().prop_map(Timestamp));
    prop_oneof![
        (place(), user(), user(), role()).prop_map(|(place, user, by, role)| Event::RoleChanged {
            place,
            user,
            by,
            role
        }),
        (place(), user(), user(), option::of(body()), any::<bool>())
            .prop_map(|(place, user, by, reason, banned)| Event::Kicked { place, user, by, reason, banned }),
        (place(), user(), user(), what(), until(), option::of(body())).prop_map(
            |(place, user, by, what, until, reason)| Event::Restricted {
                place,
                user,
                by,
                what,
                until,
                reason
            }
        ),
        (place(), user(), user(), what()).prop_map(|(place, user, by, what)| Event::Lifted {
            place,
            user,
            by,
            what
        }),
        (place(), user(), modes()).prop_map(|(place, by, modes)| Event::ModesChanged { place, by, modes }),
        (place(), user(), int(), user()).prop_map(|(place, by, target, from)| Event::Deleted {
            place,
            by,
            target: Number(target),
            from
        }),
        (room(), user(), user()).prop_map(|(room, user, by)| Event::Invited { room, user, by }),
        (place(), user(), user()).prop_map(|(place, from, by)| Event::Removed { place, from, by }),
        (room(), user(), role()).prop_map(|(room, user, role)| Event::Ranked { room, user, role }),
    ]
    .boxed()
}

fn restricted() -> impl Strategy<Value = Restricted> {
    (option::of(int().prop_map(Timestamp)), option::of(body()))
        .prop_map(|(until, reason)| Restricted { until, reason })
}

pub(super) fn answer() -> BoxedStrategy<Answer> {
    let ranks = vec![Rank::Member, Rank::Moderator, Rank::Owner, Rank::Operator];
    let one = (user(), role(), option::of(restricted()), option::of(restricted()), any::<bool>())
        .prop_map(|(user, role, banned, muted, invited)| RoomUser { user, role, banned, muted, invited });
    let entry =
        (int(), int(), option::of(user()), text(), option::of(room()), option::of(user()), restricted())
            .prop_map(|(number, at, by, act, room, user, why)| AuditEntry {
                number,
                at: Timestamp(at),
                by,
                act,
                room,
                user,
                until: why.until,
                reason: why.reason,
            });
    prop_oneof![
        (room(), modes(), proptest::sample::select(ranks), vec(one, 0..4), any::<bool>())
            .prop_map(|(room, modes, rank, users, more)| Answer::Room { room, modes, rank, users, more }),
        (vec(entry, 0..4), any::<bool>()).prop_map(|(entries, more)| Answer::Audit { entries, more }),
    ]
    .boxed()
}
