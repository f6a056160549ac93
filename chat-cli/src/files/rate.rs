//! How fast bytes come: over the last few seconds in which they could.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The seconds that count.
const WINDOW: Duration = Duration::from_secs(5);

/// A shorter time says nothing: a first burst only fills what lies between the two ends.
const LEAST: Duration = Duration::from_millis(500);

/// News that come closer to each other than this are one.
const APART: Duration = Duration::from_millis(100);

/// So long without news is a rate that falls; senders hear of their receivers once a second.
const QUIET: Duration = Duration::from_secs(2);

/// The bytes that came since they began to, or began to again.
#[derive(Debug)]
pub(crate) struct Rate {
    /// When there were how many; the first is the beginning of what counts.
    seen: VecDeque<(Instant, u64)>,
}

impl Rate {
    /// Bytes may come from now on.
    pub(crate) fn new(now: Instant) -> Rate {
        Rate { seen: VecDeque::from([(now, 0)]) }
    }

    /// So many more came.
    pub(crate) fn add(&mut self, bytes: u64, now: Instant) {
        let &(at, there) = self.seen.back().expect("there is a beginning");
        let is_new = self.seen.len() == 1 || now.saturating_duration_since(at) >= APART;
        if is_new {
            self.seen.push_back((now, there + bytes));
        } else if let Some((_, there)) = self.seen.back_mut() {
            *there += bytes;
        }
        while self.seen.len() > 2 && now.saturating_duration_since(self.seen[1].0) >= WINDOW {
            self.seen.pop_front();
        }
    }

    /// Bytes a second; 0 before that can be said. Where news are further apart than [`WINDOW`], the last two say it.
    pub(crate) fn per_sec(&self, now: Instant) -> f64 {
        let Some(newest) = self.seen.len().checked_sub(2) else { return 0.0 };
        let (before, last) = (self.seen[newest], self.seen[newest + 1]);
        let (gap, silence) =
            (last.0.saturating_duration_since(before.0), now.saturating_duration_since(last.0));
        if silence > WINDOW.max(gap * 2) {
            return 0.0;
        }
        let counts = |(at, _): &&(Instant, u64)| now.saturating_duration_since(*at) <= WINDOW;
        let from = self.seen.iter().take(newest + 1).find(counts).unwrap_or(&before);
        let until = if silence < QUIET.max(gap) { last.0 } else { now };
        let time = until.saturating_duration_since(from.0);
        if time < LEAST { 0.0 } else { bytes(last.1 - from.1) / time.as_secs_f64() }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nobody reads the digits that are lost")]
fn bytes(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(begin: Instant, ms: u64) -> Instant {
        begin + Duration::from_millis(ms)
    }

    fn is_about(rate: f64, expected: f64) -> bool {
        (rate - expected).abs() < expected / 50.0
    }

    #[test]
    fn only_the_last_seconds_count() {
        let begin = Instant::now();
        let mut rate = Rate::new(begin);
        assert!(rate.per_sec(begin) < 1.0);
        for tenth in 1..=100 {
            rate.add(1000, after(begin, tenth * 100));
        }
        assert!(is_about(rate.per_sec(after(begin, 10_000)), 10_000.0), "{rate:?}");
        for tenth in 101..=160 {
            rate.add(100, after(begin, tenth * 100));
        }
        assert!(is_about(rate.per_sec(after(begin, 16_000)), 1000.0), "{rate:?}");
        assert!(rate.seen.len() < 60);
        assert!(rate.per_sec(after(begin, 19_000)) < 500.0, "it falls when nothing comes");
        assert!(rate.per_sec(after(begin, 30_000)) < 1.0);
    }

    #[test]
    fn news_once_a_second_and_news_all_the_time_give_one_rate() {
        let begin = Instant::now();
        let (mut often, mut seldom) = (Rate::new(begin), Rate::new(begin));
        for ms in 1..=7_900 {
            often.add(7, after(begin, ms));
            if ms % 1000 == 0 {
                seldom.add(7000, after(begin, ms));
            }
        }
        assert!(is_about(often.per_sec(after(begin, 7_900)), 7000.0), "{often:?}");
        assert!(is_about(seldom.per_sec(after(begin, 7_900)), 7000.0), "{seldom:?}");
    }

    #[test]
    fn a_chunk_now_and_then_is_a_rate_too() {
        for every in [3, 8] {
            let begin = Instant::now();
            let mut rate = Rate::new(begin);
            for chunk in 1..=10 {
                rate.add(every * 1000, after(begin, chunk * every * 1000));
                for ms in (0..every * 1000).step_by(100) {
                    let now = after(begin, chunk * every * 1000 + ms);
                    assert!(is_about(rate.per_sec(now), 1000.0), "{every} {chunk} {ms}: {rate:?}");
                }
            }
            assert!(rate.per_sec(after(begin, 14 * every * 1000)) < 1.0, "{rate:?}");
        }
    }

    #[test]
    fn a_first_burst_is_no_rate() {
        let begin = Instant::now();
        let mut rate = Rate::new(begin);
        rate.add(4 << 20, after(begin, 10));
        assert!(rate.per_sec(after(begin, 20)) < 1.0);
        rate.add(1 << 20, after(begin, 1000));
        assert!(is_about(rate.per_sec(after(begin, 1000)), f64::from(5 << 20)), "{rate:?}");
    }
}
