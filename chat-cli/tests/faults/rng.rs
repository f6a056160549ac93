//! Numbers that look random and come again with the same seed.

use std::hash::{BuildHasher, Hasher, RandomState};

/// SplitMix64.
#[derive(Clone, Debug)]
pub(crate) struct Rng(u64);

impl Rng {
    /// Seeded by the environment, or anew; the seed is printed, so that a failure can be seen again.
    pub(crate) fn seeded(what: &str) -> Rng {
        let seed = match std::env::var("CHAT_FAULT_SEED") {
            Ok(seed) => seed.parse().expect("CHAT_FAULT_SEED is a number"),
            Err(_) => RandomState::new().build_hasher().finish() >> 32,
        };
        println!("{what}: CHAT_FAULT_SEED={seed}");
        Rng(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Less than `limit`, which is not zero.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// One time in `times`.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// A generator of its own, whose numbers have nothing to do with what is drawn here later.
    pub(crate) fn fork(&mut self) -> Rng {
        Rng(self.next())
    }
}
