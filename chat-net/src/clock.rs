//! The server's clock: starts at the wall's time and runs with the monotonic one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat_core::Timestamp;
use tokio::time::Instant;

/// Follows the monotonic clock, and drifts towards the wall clock by at most a tenth of the time that
/// passes. A wall clock that jumps by years moves no deadline; one that was a little off is followed.
#[derive(Debug)]
pub(crate) struct Clock {
    last: Instant,
    /// Microseconds since 1970.
    now_us: u64,
}

/// The clock drifts by at most one part in this many.
const DRIFT: u64 = 10;

impl Clock {
    pub(crate) fn new() -> Clock {
        Clock { last: Instant::now(), now_us: wall_us() }
    }

    /// A clock that goes on from `last`: never earlier, whatever the wall shows.
    pub(crate) fn after(last: Timestamp) -> Clock {
        let clock = Clock::new();
        Clock { now_us: clock.now_us.max(last.0.saturating_mul(1000)), ..clock }
    }

    /// The time now; never less than before.
    pub(crate) fn now(&mut self) -> Timestamp {
        let now = Instant::now();
        let passed = now.saturating_duration_since(self.last);
        self.last = now;
        self.now_us = follow(self.now_us, passed, wall_us());
        Timestamp(self.now_us / 1000)
    }
}

/// The log's time, as its stamps tell it: what deadlines are measured by. A clock of this process's own may be
/// ahead of the log's; a deadline that is due by the one and not yet by the other would be tried without end.
#[derive(Debug)]
pub(crate) struct LogTime {
    last: Timestamp,
    came: Instant,
}

/// A deadline centuries away is as good as none; an hour's wait and another look is enough.
const LONGEST_WAIT_MS: u64 = 3_600_000;

impl LogTime {
    /// Begins at `now`.
    pub(crate) fn new(now: Timestamp) -> LogTime {
        LogTime { last: now, came: Instant::now() }
    }

    /// An entry came that was stamped `at`.
    pub(crate) fn stamped(&mut self, at: Timestamp) {
        (self.last, self.came) = (at, Instant::now());
    }

    /// When, by the monotonic clock, the log will stamp `at`.
    pub(crate) fn when(&self, at: Timestamp) -> Instant {
        let wait_ms = at.0.saturating_sub(self.last.0).min(LONGEST_WAIT_MS);
        self.came + Duration::from_millis(wait_ms)
    }
}

fn wall_us() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Where a clock that showed `now_us` stands after `passed`, while the wall shows `wall_us`.
fn follow(now_us: u64, passed: Duration, wall_us: u64) -> u64 {
    let passed_us = u64::try_from(passed.as_micros()).unwrap_or(u64::MAX);
    let steady = now_us.saturating_add(passed_us);
    let drift = passed_us / DRIFT;
    wall_us.clamp(steady.saturating_sub(drift), steady.saturating_add(drift)).max(now_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_of_the_wall_is_followed_slowly() {
        let second = Duration::from_secs(1);
        assert_eq!(follow(0, second, 1_000_000), 1_000_000);
        assert_eq!(follow(0, second, 63_072_000_000_000), 1_100_000);
        assert_eq!(follow(9_000_000, second, 0), 9_900_000);
        assert_eq!(follow(9_000_000, Duration::ZERO, 0), 9_000_000);
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_is_measured_by_what_the_log_stamps() {
        let now = Instant::now();
        let mut time = LogTime::new(Timestamp(100_000));
        assert_eq!(time.when(Timestamp(100_000)), now, "it is due by this process's clock");
        time.stamped(Timestamp(40_000));
        assert_eq!(time.when(Timestamp(100_000)), now + Duration::from_secs(60), "and not yet by the log's");
        assert_eq!(time.when(Timestamp(u64::MAX)), now + Duration::from_secs(3600));
    }
}
