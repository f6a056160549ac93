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
}
