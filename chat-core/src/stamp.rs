//! What the owner of the log puts on each entry: its place and its time.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::Seq;

/// Milliseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// This time, `ms` milliseconds later; stops at the end of the range instead of wrapping.
    #[must_use]
    pub fn plus_ms(self, ms: u64) -> Timestamp {
        Timestamp(self.0.saturating_add(ms))
    }

    /// Hours, minutes and seconds of the day in UTC.
    #[must_use]
    pub fn clock(self) -> (u8, u8, u8) {
        let second_of_day = (self.0 / 1000) % 86_400;
        ((second_of_day / 3600) as u8, (second_of_day / 60 % 60) as u8, (second_of_day % 60) as u8)
    }

    /// Year, month and day in UTC, by the Gregorian calendar.
    #[must_use]
    pub fn date(self) -> (u64, u8, u8) {
        // Years are counted from March, so that the leap day is the last; 719,468 days from 0000-03-01 to 1970.
        let days = self.day() + 719_468;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        (days / 146_097 * 400 + year_of_era + u64::from(month <= 2), month as u8, day as u8)
    }

    /// Days since 1970-01-01, in UTC.
    #[must_use]
    pub fn day(self) -> u64 {
        self.0 / 86_400_000
    }
}

impl fmt::Display for Timestamp {
    /// `HH:MM:SS` in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (hours, minutes, seconds) = self.clock();
        write!(f, "{hours:02}:{minutes:02}:{seconds:02}")
    }
}

/// The place and time of one log entry.
///
/// `seq` rises by one from 1. `at` may stand still or even run backwards: the core takes the later of it and
/// the last time it saw, so the time that it tells never does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Stamp {
    /// The entry's place in the log.
    pub seq: Seq,
    /// When the owner of the log took the entry.
    pub at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_reads_as_a_clock() {
        assert_eq!(Timestamp(0).to_string(), "00:00:00");
        assert_eq!(Timestamp(1_763_733_909_123).to_string(), "14:05:09");
        assert_eq!(Timestamp(u64::MAX).plus_ms(1), Timestamp(u64::MAX));
    }

    #[test]
    fn a_timestamp_has_a_date() {
        for (seconds, date) in [
            (0, (1970, 1, 1)),
            (951_782_399, (2000, 2, 28)),
            (951_782_400, (2000, 2, 29)),
            (951_868_800, (2000, 3, 1)),
            (1_763_733_909, (2025, 11, 21)),
            (1_767_225_599, (2025, 12, 31)),
            (1_767_225_600, (2026, 1, 1)),
            (4_107_542_400, (2100, 3, 1)),
        ] {
            assert_eq!(Timestamp(seconds * 1000).date(), date);
        }
        // Whatever a server sends, it is shown.
        let _ = Timestamp(u64::MAX).date();
    }
}
