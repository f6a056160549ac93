//! What one run measured, and what many runs of it say together.

use hdrhistogram::Histogram;

use super::server_process::ServerProcess;

/// Longer waits are counted as this one.
const LONGEST_NS: u64 = 60_000_000_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// The server's processor time for one delivery, answer or join, in nanoseconds.
    Processor,
    /// Deliveries, answers or accepted messages in a second.
    Rate,
    /// Half of all waits are shorter, in microseconds.
    P50,
    /// Nine in ten waits are shorter.
    P90,
    /// 99 in 100 waits are shorter.
    P99,
    /// Resident bytes for each connection.
    Resident,
    /// Connections that connected and joined in a second.
    Joins,
    /// From when a server was started until it said that it listens, in milliseconds.
    Start,
    /// Resident memory of a server that has started, in KiB.
    AfterStart,
    /// Resident memory of a server that was asked for many pages of history, in KiB.
    AfterPages,
    /// Bytes of files that arrived in a second, at all receivers together, in MiB.
    FileRate,
    /// The same beside a relay whose ends read and write files.
    FilesRate,
    /// Processor time of the server for a GiB that arrived, in milliseconds.
    PerGib,
    /// Welch's t of two sets of waits: how far their means are apart, in units of what chance does.
    Welch,
    /// By how much the server's resident memory was higher at its highest than before, in KiB.
    Grown,
}

impl Measure {
    /// As it is written in the table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Measure::Processor => "processor time each",
            Measure::Rate => "done a second",
            Measure::P50 => "p50",
            Measure::P90 => "p90",
            Measure::P99 => "p99",
            Measure::Resident => "resident memory each",
            Measure::Joins => "connect and join a second",
            Measure::Start => "until it listens",
            Measure::AfterStart => "resident after start",
            Measure::AfterPages => "resident after pages",
            Measure::FileRate => "arrived a second",
            Measure::FilesRate => "beside ends with files",
            Measure::PerGib => "processor time a GiB",
            Measure::Grown => "resident memory grown",
            Measure::Welch => "Welch's |t|",
        }
    }

    /// How many decimals its figures are shown with.
    pub(super) fn decimals(self) -> usize {
        if self == Measure::Welch { 2 } else { 0 }
    }

    /// The unit of its figures; empty for a plain number.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Measure::Processor => "ns",
            Measure::P50 | Measure::P90 | Measure::P99 => "µs",
            Measure::Resident => "bytes",
            Measure::Start | Measure::PerGib => "ms",
            Measure::AfterStart | Measure::AfterPages | Measure::Grown => "KiB",
            Measure::FileRate | Measure::FilesRate => "MiB",
            Measure::Rate | Measure::Joins | Measure::Welch => "",
        }
    }
}

/// What one run measured.
#[derive(Clone, Debug, Default)]
pub(super) struct Sample {
    values: Vec<(Measure, f64)>,
}

impl Sample {
    /// With one figure more.
    pub(super) fn with(mut self, measure: Measure, value: f64) -> Sample {
        self.values.push((measure, value));
        self
    }

    /// With the processor time since `before` for each of `count`; without, where it cannot be read.
    pub(super) fn with_processor(self, server: &ServerProcess, before: Option<u64>, count: u64) -> Sample {
        match (before, server.processor_ns()) {
            (Some(before), Some(after)) if count > 0 => {
                self.with(Measure::Processor, after.saturating_sub(before) as f64 / count as f64)
            }
            _ => self,
        }
    }

    /// With the percentiles of waits in nanoseconds.
    pub(super) fn with_waits(self, waits: &Histogram<u64>) -> Sample {
        let at = |quantile: f64| waits.value_at_quantile(quantile) as f64 / 1000.0;
        self.with(Measure::P50, at(0.5)).with(Measure::P90, at(0.9)).with(Measure::P99, at(0.99))
    }

    /// Only those of these figures, and then the other's.
    pub(super) fn only(mut self, measures: &[Measure], other: Sample) -> Sample {
        self.values.retain(|(measure, _)| measures.contains(measure));
        self.values.extend(other.values);
        self
    }

    /// The figures half-way between both.
    pub(super) fn mean(mut self, other: &Sample) -> Sample {
        for (measure, value) in &mut self.values {
            if let Some((_, other)) = other.values.iter().find(|(of, _)| of == measure) {
                *value = (*value + other) / 2.0;
            }
        }
        self
    }

    /// Its figures, in the order of the table.
    pub(super) fn values(&self) -> &[(Measure, f64)] {
        &self.values
    }
}

/// What several runs say.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(super) struct Summary {
    /// Half of the runs are lower.
    pub(super) median: f64,
    /// The lowest.
    pub(super) min: f64,
    /// The highest.
    pub(super) max: f64,
    /// All of them, in their order.
    pub(super) runs: Vec<f64>,
}

impl Summary {
    /// Of these runs; none of no runs.
    pub(super) fn of(runs: Vec<f64>) -> Option<Summary> {
        let mut sorted = runs.clone();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { (sorted[middle - 1] + sorted[middle]) / 2.0 };
        Some(Summary { median, min, max, runs })
    }

    /// How many times the other, run by run: what slows the machine for a while slows both.
    pub(super) fn over(&self, other: &Summary) -> Option<Summary> {
        let pairs = self.runs.iter().zip(&other.runs).filter(|(_, floor)| **floor > 0.0);
        Summary::of(pairs.map(|(server, floor)| server / floor).collect())
    }
}

/// An empty collection of waits in nanoseconds, exact to three digits.
pub(super) fn waits() -> anyhow::Result<Histogram<u64>> {
    Ok(Histogram::new_with_bounds(1, LONGEST_NS, 3)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_middle_and_both_ends() {
        assert_eq!(Summary::of(vec![]), None);
        let odd = Summary::of(vec![3.0, 1.0, 8.0]).unwrap();
        assert_eq!((odd.median, odd.min, odd.max), (3.0, 1.0, 8.0));
        let even = Summary::of(vec![4.0, 1.0, 2.0, 9.0]).unwrap();
        assert_eq!((even.median, even.min, even.max), (3.0, 1.0, 9.0));
    }

    #[test]
    fn waits_are_kept_to_three_digits() {
        let mut waits = waits().unwrap();
        [1_000_000, 2_000_000, 3_000_000].into_iter().for_each(|wait| waits.saturating_record(wait));
        let sample = Sample::default().with_waits(&waits);
        let (measure, p50) = sample.values()[0];
        assert_eq!(measure, Measure::P50);
        assert!((1998.0..2002.0).contains(&p50), "{p50}");
    }

    #[test]
    fn samples_are_put_together_measure_by_measure() {
        let sample =
            |rate, processor| Sample::default().with(Measure::Rate, rate).with(Measure::Processor, processor);
        let mean = sample(1.0, 10.0).mean(&sample(3.0, 30.0));
        assert_eq!(mean.values(), [(Measure::Rate, 2.0), (Measure::Processor, 20.0)]);
        let mixed = sample(1.0, 10.0).only(&[Measure::Rate], Sample::default().with(Measure::P50, 7.0));
        assert_eq!(mixed.values(), [(Measure::Rate, 1.0), (Measure::P50, 7.0)]);
    }

    #[test]
    fn multiples_are_taken_run_by_run() {
        let (server, floor) = (Summary::of(vec![2.0, 30.0]).unwrap(), Summary::of(vec![1.0, 10.0]).unwrap());
        assert_eq!(server.over(&floor).unwrap().runs, [2.0, 3.0]);
    }
}
