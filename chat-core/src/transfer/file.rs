//! What is said of a file: its name, its size, its hash. Its bytes never come here.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// No file name on the wire is longer than this many bytes.
pub const MAX_FILE_NAME_BYTES: usize = 255;

/// The smallest chunk that two ends may agree on, in bytes; only a file's last one is smaller.
pub const MIN_CHUNK_BYTES: u32 = 4 * 1024;

/// The largest chunk that two ends may agree on, in bytes.
pub const MAX_CHUNK_BYTES: u32 = 1024 * 1024;

/// The BLAKE3 hash of a file, or of its beginning, with 32 bytes of output. In JSON 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(try_from = "String", into = "String")]
pub struct FileHash(pub [u8; 32]);

/// A text that is not 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a hash has 64 hexadecimal digits")]
pub struct NotAHash;

impl FileHash {
    /// Reads 64 hexadecimal digits.
    ///
    /// # Errors
    /// [`NotAHash`] for anything else.
    pub fn from_hex(text: &str) -> Result<FileHash, NotAHash> {
        let digits = text.as_bytes();
        if digits.len() != 64 {
            return Err(NotAHash);
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(NotAHash);
            *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).map_err(|_| NotAHash)?;
        }
        Ok(FileHash(hash))
    }
}

impl fmt::Display for FileHash {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for FileHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for FileHash {
    type Error = NotAHash;
    fn try_from(text: String) -> Result<FileHash, NotAHash> {
        FileHash::from_hex(&text)
    }
}

impl From<FileHash> for String {
    fn from(hash: FileHash) -> String {
        hash.to_string()
    }
}

/// Why a text is not a file name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FileNameError {
    /// There is nothing in it, or nothing but dots.
    #[error("a file needs a name")]
    Empty,
    /// More than [`MAX_FILE_NAME_BYTES`].
    #[error("a file name may have at most {MAX_FILE_NAME_BYTES} bytes")]
    TooLong,
    /// A control character, or a separator of folders.
    #[error("a file name has no control characters and names no folder")]
    BadCharacter,
}

/// The name of an offered file: 1–255 bytes of UTF-8 without control characters, `/` and `\`.
///
/// What it says is the sender's word. Whoever writes a file of that name to a disk must still make it safe:
/// `-rf`, `.profile` and `CON` are names, too.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Arc<str>", into = "Arc<str>")]
pub struct FileName(Arc<str>);

impl FileName {
    /// Takes `text` as a file's name.
    ///
    /// # Errors
    /// Says which rule the text breaks; see [`FileNameError`].
    pub fn new(text: &str) -> Result<FileName, FileNameError> {
        if text.chars().all(|c| c == '.' || c.is_whitespace()) {
            return Err(FileNameError::Empty);
        }
        if text.len() > MAX_FILE_NAME_BYTES {
            return Err(FileNameError::TooLong);
        }
        if text.chars().any(|c| c.is_control() || c == '/' || c == '\\') {
            return Err(FileNameError::BadCharacter);
        }
        Ok(FileName(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<Arc<str>> for FileName {
    type Error = FileNameError;
    fn try_from(text: Arc<str>) -> Result<FileName, FileNameError> {
        FileName::new(&text)
    }
}

impl From<FileName> for Arc<str> {
    fn from(name: FileName) -> Arc<str> {
        name.0
    }
}

#[cfg(feature = "bincode")]
impl bincode::Encode for FileName {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
        bincode::Encode::encode(&*self.0, e)
    }
}

#[cfg(feature = "bincode")]
impl<C> bincode::Decode<C> for FileName {
    fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
        let text: String = bincode::Decode::decode(d)?;
        FileName::new(&text).map_err(|e| bincode::error::DecodeError::OtherString(e.to_string()))
    }
}

#[cfg(feature = "bincode")]
bincode::impl_borrow_decode!(FileName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_written_as_it_is_read() {
        let hash = FileHash(std::array::from_fn(|at| u8::try_from(at * 7 % 256).unwrap()));
        assert_eq!(FileHash::from_hex(&hash.to_string()), Ok(hash));
        assert_eq!(FileHash::from_hex(&hash.to_string().to_uppercase()), Ok(hash));
        for text in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32), &"+0".repeat(32)] {
            assert_eq!(FileHash::from_hex(text), Err(NotAHash), "{text}");
        }
    }

    #[test]
    fn a_file_name_is_one_name() {
        for good in ["photo.jpg", "-rf", ".profile", "CON", "a b", "naïve 😀.txt", "..x"] {
            assert_eq!(FileName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", " ", "a/b", "/", "..\\b", "a\0", "a\nb", "a\u{9b}b", &"x".repeat(256)] {
            assert!(FileName::new(bad).is_err(), "{bad:?}");
        }
    }
}
