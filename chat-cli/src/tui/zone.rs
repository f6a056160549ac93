//! What the clock on the wall of whoever reads says.

use chat_net::chat_core::{Answer, AuditEntry, Event, Timestamp};
use chat_net::codec::Told;
use jiff::tz::TimeZone;

/// A time zone; UTC, if nothing else is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Zone(Option<TimeZone>);

impl Zone {
    /// The one that this machine is set to: by `TZ`, or the system's own.
    pub(crate) fn system() -> Zone {
        Zone(TimeZone::try_system().ok())
    }

    /// That time as the clock there shows it: its hours and its day are local, and it is good for nothing else.
    pub(crate) fn local(&self, at: Timestamp) -> Timestamp {
        let Some(zone) = &self.0 else { return at };
        let known = i64::try_from(at.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
        let Some(known) = known else { return at };
        let ahead_ms = i64::from(zone.to_offset(known).seconds()) * 1000;
        Timestamp(at.0.saturating_add_signed(ahead_ms))
    }

    /// What was told, with all the times that its line shows as the clock there shows them.
    pub(crate) fn told(&self, told: &Told) -> Told {
        let mut told = Told { at: self.local(told.at), ..told.clone() };
        if let Event::Restricted { until: Some(until), .. } = &mut told.event {
            *until = self.local(*until);
        }
        told
    }

    /// An answer with all the times that its lines show as the clock there shows them.
    pub(crate) fn answer(&self, answer: &Answer) -> Answer {
        let mut answer = answer.clone();
        let local = |at: &mut Timestamp| *at = self.local(*at);
        match &mut answer {
            Answer::Room { users, .. } => {
                let held = users.iter_mut().flat_map(|user| [&mut user.banned, &mut user.muted]);
                held.flatten().filter_map(|held| held.until.as_mut()).for_each(local);
            }
            Answer::Audit { entries, .. } => {
                for AuditEntry { at, until, .. } in entries {
                    std::iter::once(at).chain(until).for_each(local);
                }
            }
            _ => {}
        }
        answer
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::join;
    use chat_net::chat_core::Modes;
    use chat_net::codec::text::Ignored;

    /// Berlin, by its rule: an hour ahead, two in summer.
    pub(crate) fn berlin() -> Zone {
        Zone(Some(TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap()))
    }

    #[test]
    fn a_time_is_shown_as_the_clock_there_shows_it() {
        let shown = |zone: &Zone, at| {
            let local = zone.local(Timestamp(at));
            (local.date(), local.clock())
        };
        // Friday, 2025-11-21, 23:30:09, and a day in summer.
        let (winter, summer) = (1_763_767_809_000, 1_752_190_209_000);
        assert_eq!(shown(&berlin(), winter), ((2025, 11, 22), (0, 30, 9)));
        assert_eq!(shown(&berlin(), summer), ((2025, 7, 11), (1, 30, 9)));
        assert_eq!(shown(&Zone::default(), winter), ((2025, 11, 21), (23, 30, 9)));
        let west = Zone(Some(TimeZone::posix("HST10").unwrap()));
        assert_eq!(shown(&west, summer), ((2025, 7, 10), (13, 30, 9)));
        assert_eq!(west.local(Timestamp(5)), Timestamp(0), "before all time");
        assert_eq!(berlin().local(Timestamp(u64::MAX)), Timestamp(u64::MAX));
    }

    #[test]
    fn a_ban_is_told_with_the_same_time_wherever_it_is_told() {
        let at = Timestamp(1_763_767_809_000);
        let held = serde_json::json!({ "until": at.0 });
        let room = serde_json::json!({
            "type": "room",
            "room": "lobby",
            "modes": Modes::default(),
            "rank": "owner",
            "users": [{ "user": "bob", "role": "member", "banned": held, "muted": held, "invited": false }],
            "more": false,
        });
        let audit = serde_json::json!({
            "type": "audit",
            "entries": [{ "number": 1, "at": at.0, "act": "ban", "user": "bob", "until": at.0 }],
            "more": false,
        });
        for (answer, times) in [(room, 2), (audit, 2)] {
            let answer: Answer = serde_json::from_value(answer).unwrap();
            let lines = join::answer(&[], &berlin().answer(&answer), &Ignored::default(), at);
            let lines: Vec<_> = lines.into_iter().map(|line| line.text).collect();
            assert_eq!(lines.join("\n").matches("2025-11-22 00:30:09").count(), times, "{lines:?}");
        }
    }
}
