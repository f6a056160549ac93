//! What people say: many words, so that an index of them has something to do.

use std::sync::Arc;

use super::random::Random;

const SYLLABLES: [&str; 16] =
    ["ka", "lo", "mi", "ne", "ru", "sa", "ti", "vo", "be", "du", "fa", "go", "hi", "jo", "pe", "zu"];
/// Words in a message, of three syllables and a space each.
const WORDS: usize = 9;

/// About 64 bytes, of 4,096 words which are all as frequent.
pub(super) fn talk(random: &mut Random) -> Arc<str> {
    let mut text = String::with_capacity(WORDS * 7);
    for word in 0..WORDS {
        if word > 0 {
            text.push(' ');
        }
        let number = random.below(1 << 12) as usize;
        [8, 4, 0].into_iter().for_each(|at| text.push_str(SYLLABLES[(number >> at) & 15]));
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_net::chat_core::Body;

    #[test]
    fn people_talk_of_many_things() {
        let mut random = Random::default();
        let (one, other) = (talk(&mut random), talk(&mut random));
        assert_ne!(one, other);
        assert_eq!(one.len(), 62);
        assert!(Body::new(&one, 64).is_ok());
    }
}
