//! How fast a connection may ask: a burst, then a steady rate; faster is delayed, and in the end refused.

use std::time::Duration;

use tokio::time::Instant;

use crate::limits::Limits;

/// What an ask that has just been read has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Go on.
    Go,
    /// Wait so long, then go on. The socket is not read meanwhile.
    Wait(Duration),
    /// Wait so long, then be refused: the connection has been delayed for too long without pause.
    Refuse(Duration),
}

/// A leaky bucket, kept as the time at which it will be empty (the generic cell rate algorithm, ITU-T I.371).
#[derive(Debug)]
pub(crate) struct Bucket {
    interval: Duration,
    burst: Duration,
    debt: Duration,
    empty_at: Instant,
    delayed_since: Option<Instant>,
}

impl Bucket {
    /// The bucket of one connection. `None` if nothing is limited.
    pub(crate) fn of(limits: &Limits) -> Option<Bucket> {
        if limits.asks_per_second == u32::MAX {
            return None;
        }
        let interval = Duration::from_secs(1) / limits.asks_per_second.max(1);
        let burst = interval.saturating_mul(limits.burst.max(1));
        let debt = Duration::from_millis(limits.debt_ms);
        Some(Bucket { interval, burst, debt, empty_at: Instant::now(), delayed_since: None })
    }

    /// Takes one ask at `now`. `weight` divides what it costs.
    pub(crate) fn take(&mut self, now: Instant, weight: u32) -> Pace {
        let full_at = self.empty_at.max(now) + self.interval / weight.max(1);
        let wait = full_at.saturating_duration_since(now + self.burst);
        self.empty_at = full_at;
        if wait.is_zero() {
            self.delayed_since = None;
            return Pace::Go;
        }
        let since = *self.delayed_since.get_or_insert(now);
        match now + wait - since > self.debt {
            true => Pace::Refuse(wait),
            false => Pace::Wait(wait),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket() -> Bucket {
        Bucket::of(&Limits { burst: 3, asks_per_second: 10, debt_ms: 500, ..Limits::default() }).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_goes_then_a_steady_rate_then_a_refusal() {
        let mut bucket = bucket();
        let mut now = Instant::now();
        let mut paces = Vec::new();
        for _ in 0..12 {
            let pace = bucket.take(now, 1);
            if let Pace::Wait(wait) | Pace::Refuse(wait) = pace {
                now += wait;
            }
            paces.push(match pace {
                Pace::Go => 'g',
                Pace::Wait(_) => 'w',
                Pace::Refuse(_) => 'r',
            });
        }
        assert_eq!(paces.into_iter().collect::<String>(), "gggwwwwwrrrr");
        now += Duration::from_millis(200);
        assert_eq!(bucket.take(now, 1), Pace::Go, "a pause ends it");
    }

    #[test]
    fn trusted_connections_have_no_bucket() {
        assert!(Bucket::of(&Limits::default().trusting()).is_none());
    }
}
