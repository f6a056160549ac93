//! Numbers with units, as people write them in settings: `64KiB`, `10s`.

use chat_net::codec::text::Term;

/// What a number counts, and so how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things: `100`.
    Count,
    /// Bytes: `4096`, `64KiB`, `1MiB`, `64kB`.
    Bytes,
    /// Milliseconds: a [`Term`], or `0`.
    Millis,
    /// Yes or no, as one and zero: `true`, `false`.
    Flag,
}

const BYTES: [(&str, u64); 10] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
    ("", 1),
];

impl Unit {
    /// Reads `text` in this unit.
    ///
    /// # Errors
    /// A sentence that says how to write it.
    pub(crate) fn parse(self, text: &str) -> Result<u64, String> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, suffix) = (&text[..digits], text[digits..].trim_start());
        let scaled = |scales: &[(&str, u64)]| {
            let scale = scales.iter().find(|(name, _)| name.eq_ignore_ascii_case(suffix))?.1;
            number.parse::<u64>().ok()?.checked_mul(scale)
        };
        let (value, how) = match self {
            Unit::Count => (scaled(&[("", 1)]), "a whole number, for example 100"),
            Unit::Bytes => (scaled(&BYTES), "a size, for example 4096, 64KiB or 1MiB"),
            Unit::Millis if text == "0" => (Some(0), ""),
            Unit::Millis => {
                (Term::parse(text).map(|term| term.0), "a time with its unit, for example 250ms, 10s or 5m")
            }
            Unit::Flag => {
                (["false", "true"].iter().position(|f| *f == text).map(|f| f as u64), "true or false")
            }
        };
        value.ok_or_else(|| format!("\"{text}\" should be {how}"))
    }

    /// Writes `value` so that [`Unit::parse`] reads it again, in the largest unit that holds it exactly.
    pub(crate) fn show(self, value: u64) -> String {
        let largest = |scales: &[(&str, u64)]| {
            let fits = |scale: u64| value >= scale && value.is_multiple_of(scale);
            let found = scales.iter().find(|(_, scale)| fits(*scale));
            let (name, scale) = found.unwrap_or(&scales[scales.len() - 1]);
            format!("{}{name}", value / scale)
        };
        match self {
            Unit::Millis | Unit::Bytes if value == 0 => "0".into(),
            Unit::Count => value.to_string(),
            Unit::Bytes => largest(&[BYTES[0], BYTES[1], BYTES[2], BYTES[3], BYTES[9]]),
            Unit::Millis => Term(value).to_string(),
            Unit::Flag => (value != 0).to_string(),
        }
    }

    /// Whether a setting file holds such a value as a string (and not as a bare number or boolean).
    pub(crate) fn is_quoted(self, shown: &str) -> bool {
        matches!(self, Unit::Bytes | Unit::Millis) && !shown.bytes().all(|b| b.is_ascii_digit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_are_read_with_their_units() {
        assert_eq!(Unit::Bytes.parse("64KiB"), Ok(65_536));
        assert_eq!(Unit::Bytes.parse(" 4096 "), Ok(4096));
        assert_eq!(Unit::Bytes.parse("1 mib"), Ok(1 << 20));
        assert_eq!(Unit::Bytes.parse("64kB"), Ok(64_000));
        assert_eq!(Unit::Millis.parse("10s"), Ok(10_000));
        assert_eq!(Unit::Millis.parse("250ms"), Ok(250));
        assert_eq!(Unit::Millis.parse("5m"), Ok(300_000));
        assert_eq!(Unit::Millis.parse("0"), Ok(0));
        assert_eq!(Unit::Flag.parse("true"), Ok(1));
        assert_eq!(Unit::Count.parse("100"), Ok(100));
    }

    #[test]
    fn what_is_unclear_is_refused_with_an_example() {
        for (unit, text) in [
            (Unit::Millis, "10"),
            (Unit::Millis, "s"),
            (Unit::Millis, "-1s"),
            (Unit::Bytes, "64 elephants"),
            (Unit::Bytes, "99999999999999999999"),
            (Unit::Bytes, "18446744073709551615KiB"),
            (Unit::Count, "10s"),
            (Unit::Flag, "1"),
            (Unit::Bytes, "é"),
        ] {
            let refused = unit.parse(text).unwrap_err();
            assert!(refused.starts_with(&format!("\"{text}\" should be ")), "{refused}");
        }
    }

    #[test]
    fn what_is_shown_is_read_again() {
        for unit in [Unit::Count, Unit::Bytes, Unit::Millis] {
            for value in [0, 1, 999, 1_000, 1_024, 1_500, 65_536, 90_000, 3_600_000, 86_400_000, 1 << 30] {
                assert_eq!(unit.parse(&unit.show(value)), Ok(value), "{unit:?} {value}");
            }
        }
        assert_eq!(Unit::Millis.show(30_000), "30s");
        assert_eq!(Unit::Bytes.show(65_536), "64KiB");
        assert_eq!(Unit::Bytes.show(1000), "1000");
        assert_eq!(Unit::Flag.show(1), "true");
    }
}
