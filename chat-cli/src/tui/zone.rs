//! What the clock on the wall of whoever reads says.

use chat_net::chat_core::Timestamp;
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
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

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
}
