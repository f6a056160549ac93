//! How long to wait before coming back: longer each time, and never all at once.

use std::time::Duration;

/// The pauses between attempts.
#[derive(Debug)]
pub(super) struct Backoff {
    min: Duration,
    max: Duration,
    attempts: u32,
}

impl Backoff {
    pub(super) fn new(min: Duration, max: Duration) -> Backoff {
        Backoff { min, max, attempts: 0 }
    }

    /// The next pause: between half and the whole of the first one doubled for every attempt, behind what
    /// the server asked for.
    pub(super) fn pause(&mut self, reconnect_after_ms: Option<u64>) -> Duration {
        let whole = self.min.saturating_mul(1 << self.attempts.min(20)).min(self.max);
        self.attempts = self.attempts.saturating_add(1);
        let pause = whole / 2 + whole.mul_f64(random_fraction() / 2.0);
        Duration::from_millis(reconnect_after_ms.unwrap_or(0)).saturating_add(pause)
    }

    /// The link held: the next pause is the first again.
    pub(super) fn reset(&mut self) {
        self.attempts = 0;
    }
}

/// At least zero and less than one. Without a source of randomness, the middle: the pauses still grow.
fn random_fraction() -> f64 {
    getrandom::u32().map_or(0.5, |random| f64::from(random) / (f64::from(u32::MAX) + 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_a_limit_and_differ() {
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(20));
        for whole in [250, 500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000] {
            let pause = backoff.pause(None).as_millis();
            assert!((whole / 2..=whole).contains(&pause), "{pause} of {whole}");
        }
        backoff.reset();
        let pause = backoff.pause(Some(3_000)).as_millis();
        assert!((3_125..=3_250).contains(&pause), "{pause}");
    }
}
