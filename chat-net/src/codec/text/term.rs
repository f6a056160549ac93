//! How long: `30s`, `10m`, `7d`, as people type it in lines and settings, and as it is shown to them.

use std::fmt;

use chat_core::MAX_JSON_INTEGER;

/// The units and their milliseconds, the largest first.
const UNITS: [(&str, u64); 6] =
    [("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// A length of time in milliseconds. It is shown as it is typed, in the largest unit that leaves no rest.
///
/// ```
/// use chat_net::codec::text::Term;
///
/// assert_eq!(Term::parse("90m"), Some(Term(5_400_000)));
/// assert_eq!(Term(7_200_000).to_string(), "2h");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term(pub u64);

impl Term {
    /// Reads a whole number with one unit behind it: `ms`, `s`, `m`, `h`, `d` or `w`, in either case. There is no number without a
    /// unit, as `10` could be either, and no second one: `1d12h` is `36h`. What is too long is the longest there is, 2^53 − 1 ms.
    #[must_use]
    pub fn parse(text: &str) -> Option<Term> {
        let (digits, suffix) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
        let (_, unit_ms) = UNITS.iter().find(|(unit, _)| unit.eq_ignore_ascii_case(suffix))?;
        if digits.is_empty() {
            return None;
        }
        let count: u64 = digits.parse().unwrap_or(u64::MAX);
        Some(Term(count.saturating_mul(*unit_ms).min(MAX_JSON_INTEGER)))
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let leaves_no_rest = |(_, unit_ms): &&(&str, u64)| self.0 > 0 && self.0.is_multiple_of(*unit_ms);
        let (unit, unit_ms) = UNITS.iter().find(leaves_no_rest).unwrap_or(&("s", 1_000));
        write!(f, "{}{unit}", self.0 / unit_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_read_again() {
        let shown = ["0s", "1ms", "1500ms", "1s", "90s", "1m", "2h", "30d", "1w", "9007199254740991ms"];
        for text in shown {
            assert_eq!(Term::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_slip_is_no_time() {
        for text in
            ["", "10", "s", "-1s", "+1s", "1.5h", "1d12h", "10 s", " 10s", "10s ", "2hours", "5é", "é", "1µs"]
        {
            assert_eq!(Term::parse(text), None, "{text}");
        }
    }
}
