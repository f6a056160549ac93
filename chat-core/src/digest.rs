//! A short summary of a whole state, for comparing replicas. The same on every machine, for ever.

use std::fmt;

/// 64 bits that differ, almost surely, when two states differ. Not for use against an adversary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub u64);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

/// FNV-1a over 64-bit words, with a final mix: no table, no seed, no dependence on the word size.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hasher(u64);

impl Hasher {
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    pub(crate) fn new() -> Hasher {
        Hasher(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn word(&mut self, word: u64) -> &mut Hasher {
        self.0 = (self.0 ^ word).wrapping_mul(Self::PRIME);
        self.0 ^= self.0 >> 29;
        self
    }

    /// Length first, so that no two sequences of byte strings run into each other.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> &mut Hasher {
        self.word(bytes.len() as u64);
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.word(u64::from_le_bytes(word));
        }
        self
    }

    pub(crate) fn finish(self) -> u64 {
        // MurmurHash3's finaliser: every input bit reaches every output bit.
        let mut h = self.0;
        h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        h = (h ^ (h >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        h ^ (h >> 33)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_for_ever() {
        let mut hasher = Hasher::new();
        hasher.word(7).bytes(b"chat engine");
        assert_eq!(hasher.finish(), 0x1d3fc27fc115fad7);
    }

    #[test]
    fn neighbours_do_not_run_together() {
        let of = |parts: &[&[u8]]| {
            let mut hasher = Hasher::new();
            parts.iter().for_each(|part| {
                hasher.bytes(part);
            });
            hasher.finish()
        };
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_ne!(of(&[b""]), of(&[b"\0"]));
    }
}
