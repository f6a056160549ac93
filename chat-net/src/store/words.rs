//! What a search asks for: words, beginnings of words, and words in a row. The same meaning in every store.

/// One thing that a message must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Phrase {
    /// Words in a row, in small letters.
    pub(crate) words: Vec<String>,
    /// Whether the last one is only the beginning of a word.
    pub(crate) is_prefix: bool,
}

/// All that a message must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted(pub(crate) Vec<Phrase>);

/// The words of a text: runs of letters and digits, in small letters.
fn split(text: &str) -> impl Iterator<Item = String> + '_ {
    text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase)
}

impl Wanted {
    /// Reads what a person typed; nothing that can be typed is an error.
    pub(crate) fn parse(text: &str) -> Wanted {
        let mut phrases = Vec::new();
        for (quoted, part) in text.split('"').enumerate().map(|(at, part)| (at % 2 == 1, part)) {
            if quoted {
                phrases.push(Phrase { words: split(part).collect(), is_prefix: false });
                continue;
            }
            for typed in part.split_whitespace() {
                // `don't` is two words in a row, as it is in the message.
                let (typed, is_prefix) = match typed.strip_suffix('*') {
                    Some(typed) => (typed, typed.ends_with(char::is_alphanumeric)),
                    None => (typed, false),
                };
                phrases.push(Phrase { words: split(typed).collect(), is_prefix });
            }
        }
        phrases.retain(|phrase| !phrase.words.is_empty());
        Wanted(phrases)
    }

    /// Whether a message holds all of it. Nothing wanted is found nowhere.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let words: Vec<String> = split(text).collect();
        !self.0.is_empty() && self.0.iter().all(|phrase| phrase.is_in(&words))
    }
}

impl Phrase {
    fn is_in(&self, words: &[String]) -> bool {
        words.windows(self.words.len()).any(|window| {
            let mut pairs = window.iter().zip(&self.words).enumerate();
            pairs.all(|(at, (word, wanted))| match self.is_prefix && at + 1 == self.words.len() {
                true => word.starts_with(wanted),
                false => word == wanted,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(wanted: &str, text: &str) -> bool {
        Wanted::parse(wanted).is_in(text)
    }

    #[test]
    fn all_words_must_be_there_whole_in_any_order_and_case() {
        assert!(found("Deploy FRIDAY", "on friday we deploy"));
        assert!(!found("deploy friday", "on fridays we deploy"));
        assert!(found("fri* dep*", "on Fridays we deploy"));
        assert!(!found("\"we on\"", "on friday we deploy") && found("\"we deploy\"", "on friday we deploy"));
        assert!(found("don't", "I don't know") && !found("don't", "t, don"));
    }

    #[test]
    fn whatever_is_typed_can_be_searched_for() {
        for nothing in ["", "  ", "*", "\"", "\"\"", "-- * \"!\"", "\0"] {
            assert!(!found(nothing, "anything"), "{nothing:?}");
        }
        for strange in ["any*thing OR", "NEAR(anything, 2)", "body:anything", "anything\"", "^anything AND"] {
            let _ = found(strange, "anything");
        }
    }
}
