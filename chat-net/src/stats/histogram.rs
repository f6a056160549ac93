//! How often something was how large, in fixed buckets.

use super::counters::Count;

/// A histogram that is added to.
#[derive(Debug)]
pub(crate) struct Buckets {
    bounds: &'static [u64],
    /// One for each bound, and one for all that is larger.
    counts: Box<[Count]>,
    sum: Count,
}

/// How often something was how large.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// Upper bounds, rising, each with how many were at most so large and larger than the bound before.
    pub buckets: Vec<(u64, u64)>,
    /// How many were larger than the last bound.
    pub larger: u64,
    /// All of them added up.
    pub sum: u64,
}

impl Histogram {
    /// How many there were.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.buckets.iter().map(|(_, count)| count).sum::<u64>() + self.larger
    }
}

impl Buckets {
    pub(super) fn new(bounds: &'static [u64]) -> Buckets {
        Buckets {
            bounds,
            counts: (0..=bounds.len()).map(|_| Count::default()).collect(),
            sum: Count::default(),
        }
    }

    pub(super) fn observe(&self, value: u64) {
        self.counts[self.bounds.partition_point(|bound| *bound < value)].add(1);
        self.sum.add(value);
    }

    pub(super) fn read(&self) -> Histogram {
        let (last, counts) = self.counts.split_last().expect("there is one more than there are bounds");
        let buckets = self.bounds.iter().copied().zip(counts.iter().map(Count::get)).collect();
        Histogram { buckets, larger: last.get(), sum: self.sum.get() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_counted_below_the_first_bound_that_it_does_not_exceed() {
        let buckets = Buckets::new(&[10, 20]);
        for value in [0, 10, 11, 20, 21, u64::from(u32::MAX)] {
            buckets.observe(value);
        }
        let read = buckets.read();
        assert_eq!((read.buckets.as_slice(), read.larger), (&[(10, 2), (20, 2)][..], 2));
        assert_eq!((read.count(), read.sum), (6, 62 + u64::from(u32::MAX)));
    }
}
