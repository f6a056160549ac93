//! Waiting for a moment more exactly than the poller's own milliseconds.

use std::io;
use std::time::{Duration, Instant};

use mio::{Registry, Token};

/// What the poller reports when the moment has come.
pub(super) const TIMER: Token = Token(usize::MAX);
/// How often a loop that waits looks whether it is to end.
const GLANCE: Duration = Duration::from_millis(100);

/// Wakes a poller at a moment.
#[derive(Debug)]
pub(super) struct Timer {
    #[cfg(target_os = "linux")]
    fd: std::os::fd::OwnedFd,
    #[cfg(target_os = "linux")]
    armed: bool,
}

#[cfg(target_os = "linux")]
impl Timer {
    /// A timer that wakes this poller.
    pub(super) fn new(registry: &Registry) -> io::Result<Timer> {
        use std::os::fd::AsRawFd;

        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};

        let fd = timerfd_create(TimerfdClockId::Monotonic, TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC)?;
        registry.register(&mut mio::unix::SourceFd(&fd.as_raw_fd()), TIMER, mio::Interest::READABLE)?;
        Ok(Timer { fd, armed: false })
    }

    /// Sets the moment; returns the timeout to poll with.
    pub(super) fn set(&mut self, deadline: Option<Instant>) -> io::Result<Duration> {
        let wait = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        match wait {
            Some(Duration::ZERO) => return Ok(Duration::ZERO),
            Some(wait) => self.arm(wait)?,
            None if self.armed => self.arm(Duration::ZERO)?,
            None => {}
        }
        Ok(GLANCE)
    }

    /// Zero disarms it.
    fn arm(&mut self, wait: Duration) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};

        let zero = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Timespec { tv_sec: wait.as_secs().cast_signed(), tv_nsec: wait.subsec_nanos().into() };
        let once = Itimerspec { it_interval: zero, it_value: value };
        timerfd_settime(&self.fd, TimerfdTimerFlags::empty(), &once)?;
        self.armed = !wait.is_zero();
        Ok(())
    }
}

#[cfg(not(target_os = "linux"))]
impl Timer {
    /// Elsewhere the poller's milliseconds must do.
    pub(super) fn new(_registry: &Registry) -> io::Result<Timer> {
        Ok(Timer {})
    }

    /// Returns the timeout to poll with.
    pub(super) fn set(&mut self, deadline: Option<Instant>) -> io::Result<Duration> {
        let wait = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        Ok(wait.map_or(GLANCE, |wait| wait.min(GLANCE)))
    }
}
