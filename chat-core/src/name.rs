//! Names of users and rooms: what they may hold, and when two are the same.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// No name on the wire is longer than this many bytes, whatever a [`Config`](crate::Config) allows.
pub const MAX_NAME_BYTES: usize = 255;

/// Why a text is not a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// There is nothing in it.
    #[error("a name needs at least one character")]
    Empty,
    /// More bytes than the limit.
    #[error("a name may have at most {limit} characters")]
    TooLong {
        /// The limit that was passed, in bytes.
        limit: u32,
    },
    /// A character outside the set, or a first one that is neither letter nor digit.
    #[error("a name has letters, digits, '_', '-' and '.', and starts with a letter or digit")]
    BadCharacter,
}

fn check(text: &str, limit: usize) -> Result<(), NameError> {
    let bytes = text.as_bytes();
    let first = bytes.first().ok_or(NameError::Empty)?;
    if bytes.len() > limit {
        return Err(NameError::TooLong { limit: u32::try_from(limit).unwrap_or(u32::MAX) });
    }
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
    if !first.is_ascii_alphanumeric() || !bytes.iter().all(allowed) {
        return Err(NameError::BadCharacter);
    }
    Ok(())
}

/// Compares as if all letters were small ones.
fn compare(a: &str, b: &str) -> Ordering {
    let small = |byte: u8| byte.to_ascii_lowercase();
    a.bytes().map(small).cmp(b.bytes().map(small))
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $sigil:expr) => {
        $(#[$doc])*
        ///
        /// Two names that differ only in case are equal, and sort as one. A clone shares the text.
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes `text` as a name of at most `limit` bytes.
            ///
            /// # Errors
            /// Says which rule the text breaks; see [`NameError`].
            pub fn new(text: &str, limit: usize) -> Result<Self, NameError> {
                let text = text.strip_prefix($sigil).unwrap_or(text);
                check(text, limit.min(MAX_NAME_BYTES))?;
                Ok(Self(text.into()))
            }

            /// The name as it was first written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.eq_ignore_ascii_case(&other.0)
            }
        }
        impl Eq for $name {}
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                compare(&self.0, &other.0)
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        impl TryFrom<String> for $name {
            type Error = NameError;
            fn try_from(text: String) -> Result<Self, NameError> {
                Self::new(&text, MAX_NAME_BYTES)
            }
        }
        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0.as_ref().to_owned()
            }
        }
        #[cfg(feature = "bincode")]
        impl bincode::Encode for $name {
            fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
                bincode::Encode::encode(&*self.0, e)
            }
        }
        #[cfg(feature = "bincode")]
        impl<C> bincode::Decode<C> for $name {
            fn decode<D: bincode::de::Decoder<Context = C>>(
                d: &mut D,
            ) -> Result<Self, bincode::error::DecodeError> {
                let text: String = bincode::Decode::decode(d)?;
                Self::try_from(text).map_err(|e| bincode::error::DecodeError::OtherString(e.to_string()))
            }
        }
        #[cfg(feature = "bincode")]
        bincode::impl_borrow_decode!($name);
    };
}

name! {
    /// A user's name: ASCII letters, digits, `_`, `-`, `.`; starts with a letter or digit.
    /// A leading `@`, which people put before names, is not part of it.
    UserName, '@'
}

name! {
    /// A room's name: the same characters as a [`UserName`]. A leading `#` is not part of it.
    RoomName, '#'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_equal_without_regard_to_case() {
        let (a, b) = (UserName::new("Alice", 32).unwrap(), UserName::new("aLICE", 32).unwrap());
        assert_eq!(a, b);
        assert_eq!(a.cmp(&b), Ordering::Equal);
        assert_eq!(a.as_str(), "Alice");
        assert!(UserName::new("al", 32).unwrap() < a && a < UserName::new("bob", 32).unwrap());
    }

    #[test]
    fn a_leading_hash_is_not_part_of_a_room_name() {
        assert_eq!(RoomName::new("#Lobby", 64).unwrap().as_str(), "Lobby");
        assert_eq!(RoomName::new("#", 64).unwrap_err(), NameError::Empty);
        assert_eq!(RoomName::new("##x", 64).unwrap_err(), NameError::BadCharacter);
    }

    #[test]
    fn what_is_no_name_is_refused_with_the_rule_it_breaks() {
        for bad in ["-a", ".a", "_a", "a b", "a\n", "é", "a/b", "a\u{202e}", "\0"] {
            assert_eq!(UserName::new(bad, 32), Err(NameError::BadCharacter), "{bad:?}");
        }
        assert_eq!(UserName::new("", 32), Err(NameError::Empty));
        assert!(UserName::new(&"a".repeat(32), 32).is_ok());
        assert_eq!(UserName::new(&"a".repeat(33), 32), Err(NameError::TooLong { limit: 32 }));
    }
}
