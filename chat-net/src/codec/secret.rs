//! Passwords and tokens as frames carry them: never shown, and wiped from memory when they are dropped.

use std::fmt;
use std::str::Utf8Error;

use bincode::de::Decoder;
use bincode::enc::Encoder;
use bincode::error::{DecodeError, EncodeError};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use zeroize::Zeroizing;

/// A text that is nobody else's business: `Debug` does not show it, and its memory is wiped when it is dropped.
///
/// That holds for this copy. The bytes have come through the buffers of a socket, and of TLS if there is any, which are
/// written over by what comes next.
///
/// ```
/// use chat_net::codec::Secret;
/// let secret = Secret::from("correct horse");
/// assert_eq!(format!("{secret:?}"), "Secret(…)");
/// assert_eq!(secret.expose(), "correct horse");
/// ```
#[derive(Clone, Default)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The text itself. Not to be logged, kept or shown.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text in these bytes.
    ///
    /// # Errors
    /// They are not UTF-8.
    pub fn from_utf8(bytes: &[u8]) -> Result<Secret, Utf8Error> {
        std::str::from_utf8(bytes).map(Secret::from)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Secret {
        Secret(Zeroizing::new(text.to_owned()))
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Secret {
        Secret(Zeroizing::new(text))
    }
}

/// In a time that tells only the lengths.
impl PartialEq for Secret {
    fn eq(&self, other: &Secret) -> bool {
        blake3::hash(self.0.as_bytes()) == blake3::hash(other.0.as_bytes())
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
        String::deserialize(deserializer).map(Secret::from)
    }
}

impl bincode::Encode for Secret {
    fn encode<E: Encoder>(&self, encoder: &mut E) -> Result<(), EncodeError> {
        self.0.as_str().encode(encoder)
    }
}

impl<C> bincode::Decode<C> for Secret {
    fn decode<D: Decoder<Context = C>>(decoder: &mut D) -> Result<Secret, DecodeError> {
        String::decode(decoder).map(Secret::from)
    }
}

bincode::impl_borrow_decode!(Secret);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{FromClient, Hello};
    use chat_core::RequestId;

    #[test]
    fn no_frame_shows_its_secret() {
        let secret = || Secret::from("open sesame");
        for frame in [
            FromClient::Unlock { password: secret() },
            FromClient::Login { hello: Hello::default(), password: secret() },
            FromClient::Register { hello: Hello::default(), password: secret() },
            FromClient::Password { id: RequestId(1), old: secret(), new: secret() },
        ] {
            let shown = format!("{frame:?}");
            assert!(shown.contains("Secret(…)") && !shown.contains("sesame"), "{shown}");
        }
    }

    #[test]
    fn secrets_are_compared_by_what_they_hold() {
        assert_eq!(Secret::from("a"), Secret::from("a".to_owned()));
        assert_ne!(Secret::from("a"), Secret::from("b"));
        assert!(Secret::from_utf8(b"\xff").is_err());
    }
}
