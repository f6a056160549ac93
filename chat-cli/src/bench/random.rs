//! Numbers that look like chance and are the same in every run.

/// xorshift64: <https://www.jstatsoft.org/article/view/v008i14>
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Default for Random {
    fn default() -> Random {
        Random(0x9e37_79b9_7f4a_7c15)
    }
}

impl Random {
    /// The next number.
    pub(super) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to 1.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.number() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number below `end`, which is more than none.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.number() % end.max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_spread_and_always_the_same() {
        let numbers = |mut random: Random| (0..1000).map(|_| random.fraction()).collect::<Vec<_>>();
        assert_eq!(numbers(Random::default()), numbers(Random::default()));
        let early = numbers(Random::default()).iter().filter(|number| **number < 0.5).count();
        assert!((450..550).contains(&early), "{early}");
        let mut random = Random::default();
        let tenths: std::collections::BTreeSet<u64> = (0..1000).map(|_| random.below(10)).collect();
        assert_eq!(tenths, (0..10).collect());
    }
}
