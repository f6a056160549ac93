//! What a certificate is known by: its SHA-256.

use std::fmt;
use std::str::FromStr;

use ring::digest::{SHA256, digest};

/// The SHA-256 of a certificate, of all its bytes in DER form.
///
/// Written `sha256:` and 64 lower-case digits of base 16. Read, capitals will do, and colons between the bytes, as
/// `openssl x509 -fingerprint -sha256` prints them.
///
/// ```
/// use chat_net::tls::Fingerprint;
/// let print = Fingerprint::of(b"");
/// let written = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/// assert_eq!(print.to_string(), written);
/// assert_eq!(written.parse(), Ok(print));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

const PREFIX: &str = "sha256:";

/// It is no fingerprint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a certificate's fingerprint is sha256: and 64 digits of base 16")]
pub struct BadFingerprint;

impl Fingerprint {
    /// That of a certificate in DER form.
    #[must_use]
    pub fn of(certificate: &[u8]) -> Fingerprint {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, certificate).as_ref());
        Fingerprint(bytes)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(PREFIX)?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Fingerprint {
    type Err = BadFingerprint;

    fn from_str(written: &str) -> Result<Fingerprint, BadFingerprint> {
        let digits = written.strip_prefix(PREFIX).ok_or(BadFingerprint)?;
        let digits = match digits.contains(':') {
            true if digits.split(':').all(|pair| pair.len() == 2) => digits.replace(':', ""),
            true => return Err(BadFingerprint),
            false => digits.to_owned(),
        };
        let mut bytes = [0; 32];
        if digits.len() != 2 * bytes.len() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(BadFingerprint);
        }
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).map_err(|_| BadFingerprint)?;
        }
        Ok(Fingerprint(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_openssl_prints_it_and_nothing_else_is() {
        let print = Fingerprint::of(b"certificate");
        let written = print.to_string();
        let digits = &written[PREFIX.len()..];
        let pairs: Vec<&str> = (0..32).map(|at| &digits[2 * at..2 * at + 2]).collect();
        assert_eq!(format!("sha256:{}", pairs.join(":").to_uppercase()).parse(), Ok(print));
        let long = format!("{written}00");
        let signed = format!("sha256:+{}", &digits[1..]);
        let shifted = format!("sha256:{}:{}", &digits[..3], &digits[3..]);
        for wrong in ["", "sha256:", digits, &written[..70], &long, &signed, &shifted, "sha256:é", "sha1:00"]
        {
            assert_eq!(wrong.parse::<Fingerprint>(), Err(BadFingerprint), "{wrong}");
        }
    }
}
