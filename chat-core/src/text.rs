//! What people write: what a body may hold.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Why a text is not a body or topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
    /// Nothing but white space.
    #[error("there is nothing to say in it")]
    Empty,
    /// More bytes of UTF-8 than the limit.
    #[error("it may have at most {limit} bytes")]
    TooLong {
        /// The limit that was passed, in bytes.
        limit: u32,
    },
    /// A control character other than newline and tab.
    #[error("control characters other than newline and tab are not allowed")]
    Control,
}

/// C0 (but for newline and tab), DEL and C1, which a terminal may take for orders.
fn is_forbidden(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// The text of a message or topic: no control characters but newline and tab.
///
/// It is never cut or repaired: what breaks a rule is refused whole. A clone shares the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct Body(Arc<str>);

impl Body {
    /// Takes `text` as a body of at most `limit` bytes.
    ///
    /// # Errors
    /// Says which rule the text breaks; see [`TextError`].
    pub fn new(text: &Arc<str>, limit: usize) -> Result<Body, TextError> {
        if text.len() > limit {
            return Err(TextError::TooLong { limit: u32::try_from(limit).unwrap_or(u32::MAX) });
        }
        if text.chars().any(is_forbidden) {
            return Err(TextError::Control);
        }
        if text.chars().all(char::is_whitespace) {
            return Err(TextError::Empty);
        }
        Ok(Body(Arc::clone(text)))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<Arc<str>> for Body {
    type Error = TextError;
    fn try_from(text: Arc<str>) -> Result<Body, TextError> {
        Body::new(&text, usize::MAX)
    }
}

impl From<Body> for Arc<str> {
    fn from(body: Body) -> Arc<str> {
        body.0
    }
}

#[cfg(feature = "bincode")]
impl bincode::Encode for Body {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
        bincode::Encode::encode(&*self.0, e)
    }
}

#[cfg(feature = "bincode")]
impl<C> bincode::Decode<C> for Body {
    fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
        let text: String = bincode::Decode::decode(d)?;
        Body::try_from(Arc::from(text)).map_err(|e| bincode::error::DecodeError::OtherString(e.to_string()))
    }
}

#[cfg(feature = "bincode")]
bincode::impl_borrow_decode!(Body);

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Result<Body, TextError> {
        Body::new(&Arc::from(text), 16)
    }

    #[test]
    fn a_body_is_taken_whole_or_refused_whole() {
        assert_eq!(body("hi\n\tthere").unwrap().as_str(), "hi\n\tthere");
        assert_eq!(body("  \n\u{3000}"), Err(TextError::Empty));
        assert_eq!(body(""), Err(TextError::Empty));
        assert_eq!(body(&"x".repeat(17)), Err(TextError::TooLong { limit: 16 }));
        for bad in ["\0", "a\x1b[31m", "\r", "\x7f", "\u{85}", "\u{9b}31m"] {
            assert_eq!(body(bad), Err(TextError::Control), "{bad:?}");
        }
    }
}
