//! Texts that name themselves: one look tells who said it, as which, and whether it is still as it was said.

use std::fmt;

/// Which text it is: each is said once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct TextId {
    pub(crate) sender: u32,
    pub(crate) count: u32,
}

impl TextId {
    /// The whole text: the id, and a tail that follows from it, most often short.
    pub(crate) fn text(self) -> String {
        let mixed =
            (u64::from(self.sender) << 32 | u64::from(self.count)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let length = if mixed >> 58 == 0 { mixed >> 20 & 2047 } else { mixed >> 20 & 63 };
        let letters = (0..length).map(|at| char::from(b'a' + (mixed.rotate_left(at as u32 % 64) & 15) as u8));
        format!("{self} {}.", letters.collect::<String>())
    }

    /// The id of a text, if it is just as [`TextId::text`] made it.
    pub(crate) fn of(text: &str) -> Option<TextId> {
        let (sender, rest) = text.strip_prefix('t')?.split_once('-')?;
        let (count, _) = rest.split_once(' ')?;
        let id = TextId { sender: sender.parse().ok()?, count: count.parse().ok()? };
        (id.text() == text).then_some(id)
    }
}

impl fmt::Display for TextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}-{}", self.sender, self.count)
    }
}

#[test]
fn a_text_is_known_again_and_an_altered_one_is_not() {
    for count in 0..2000 {
        let id = TextId { sender: 7, count };
        let text = id.text();
        assert_eq!(TextId::of(&text), Some(id));
        assert!(text.len() < 2100, "it fits a line");
        let altered = text.replacen('-', "-1", 1);
        assert_eq!(TextId::of(&altered), None, "{altered}");
        assert_eq!(TextId::of(&text[..text.len() - 1]), None);
    }
}
