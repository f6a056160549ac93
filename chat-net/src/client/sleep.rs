//! Notices that the machine slept: the clock that counts sleep went on, the monotonic one stood still, and with it every
//! deadline.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(3);

/// So much more is a sleep. A shorter one breaks no link, and clocks that are read one after the other are never off by
/// so much.
const SLEPT: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Sleep {
    asleep: fn() -> Duration,
    ticks: Interval,
    /// How long the machine had slept when it was last looked.
    last: Duration,
}

impl Sleep {
    pub(super) fn new(asleep: fn() -> Duration) -> Sleep {
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Sleep { asleep, ticks, last: asleep() }
    }

    /// Forgets what was: a link that is made now knows nothing of it.
    pub(super) fn restart(&mut self) {
        self.last = (self.asleep)();
    }

    /// Waits until the machine has slept. Cancel safe.
    pub(super) async fn over(&mut self) {
        loop {
            self.ticks.tick().await;
            let before = self.last;
            self.restart();
            if self.last.saturating_sub(before) > SLEPT {
                return;
            }
        }
    }
}

/// How long this machine has slept, counted from some moment on: what its monotonic clock does not count.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn asleep() -> Duration {
    use rustix::time::ClockId;
    let awake = shown(ClockId::Monotonic);
    shown(ClockId::Boottime).saturating_sub(awake)
}

/// The same: here [`Instant`](std::time::Instant) stands still in a sleep, and the system's monotonic clock does not.
#[cfg(target_vendor = "apple")]
pub(super) fn asleep() -> Duration {
    let awake = since_start();
    shown(rustix::time::ClockId::Monotonic).saturating_sub(awake)
}

/// The same: none, as the monotonic clock goes on in a sleep, and the deadlines are over by themselves.
#[cfg(windows)]
pub(super) fn asleep() -> Duration {
    Duration::ZERO
}

/// The same, by the wall clock, for want of a better one: one that is set forward looks like a sleep.
#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple", windows)))]
pub(super) fn asleep() -> Duration {
    let awake = since_start();
    std::time::UNIX_EPOCH.elapsed().unwrap_or_default().saturating_sub(awake)
}

#[cfg(not(any(target_os = "linux", target_os = "android", windows)))]
fn since_start() -> Duration {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    START.get_or_init(std::time::Instant::now).elapsed()
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn shown(clock: rustix::time::ClockId) -> Duration {
    Duration::try_from(rustix::time::clock_gettime(clock)).unwrap_or_default()
}
