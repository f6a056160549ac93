//! What is printed: what was measured, its floor or its aim.

use std::process::ExitCode;
use std::time::Duration;

/// Lines that were printed, and whether every aim was met.
#[derive(Debug, Default)]
pub(crate) struct Report {
    missed: Vec<String>,
}

impl Report {
    /// What was measured, without an aim.
    pub(crate) fn say(&self, what: &str, measured: &str) {
        println!("{what:<44} {measured}");
    }

    /// What was measured, and the most that it should be.
    pub(crate) fn aim(&mut self, what: &str, measured: f64, unit: &str, most: f64) {
        let is_met = measured <= most;
        let said = if is_met { "met" } else { "MISSED" };
        self.say(what, &format!("{measured:>9.2} {unit:<3} aim {most} {unit}: {said}"));
        if !is_met {
            self.missed.push(what.to_owned());
        }
    }

    /// Times of the same thing, in the middle, at the end and at the worst.
    pub(crate) fn times(&self, what: &str, times: &Times) {
        let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| times.at(share));
        self.say(what, &format!("p50 {p50:>7.2} ms   p99 {p99:>7.2} ms   max {max:>7.2} ms"));
    }

    /// How the run ends.
    pub(crate) fn end(self, is_strict: bool) -> ExitCode {
        if self.missed.is_empty() {
            println!("every aim was met");
            return ExitCode::SUCCESS;
        }
        println!("missed: {}", self.missed.join(", "));
        if is_strict { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }
}

/// Times in milliseconds.
#[derive(Debug, Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn push(&mut self, time: Duration) {
        self.0.push(time.as_secs_f64() * 1000.0);
    }

    /// The time that so large a share of them does not exceed.
    pub(crate) fn at(&self, share: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let place = (share * sorted.len() as f64).ceil() as usize;
        sorted[place.clamp(1, sorted.len()) - 1]
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }
}
