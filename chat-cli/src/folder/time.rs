//! Times as people write them, in UTC. Days and dates need fifteen lines; a crate for all calendars and zones would
//! be the largest in the tree.

use chat_net::chat_core::Timestamp;

const HOW: &str = "write a UTC time: 2026-07-01, 2026-07-01 14:30, 2026-07-01T14:30:00Z or with +02:00";
const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: i64 = 60_000;

/// Reads `YYYY-MM-DD`, then optionally `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction` behind a blank or a `T`, then
/// optionally `Z` or an offset (RFC 3339). Digits of the fraction behind the third are dropped.
///
/// # Errors
/// A sentence that says how to write it.
pub(super) fn parse(text: &str) -> Result<Timestamp, String> {
    let ms = read(text.trim()).and_then(|ms| u64::try_from(ms).ok());
    ms.map(Timestamp).ok_or_else(|| format!("that is no time since 1970; {HOW}"))
}

fn read(text: &str) -> Option<i64> {
    let (date, time) = (text.get(..10)?, text.get(10..)?);
    let (year, month, day) = (fixed(date, 0, 4)?, fixed(date, 5, 2)?, fixed(date, 8, 2)?);
    let dashed = date.as_bytes()[4] == b'-' && date.as_bytes()[7] == b'-';
    if !dashed || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let midnight = days(year, month, day) * DAY_MS;
    if time.is_empty() {
        return Some(midnight);
    }
    let (clock, offset_ms) = zone(time.strip_prefix(['T', 't', ' '])?)?;
    Some(midnight + clock_ms(clock)? - offset_ms)
}

/// `HH:MM`, `HH:MM:SS` or `HH:MM:SS.fraction`.
fn clock_ms(clock: &str) -> Option<i64> {
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(clock, rest)| (clock, Some(rest)));
    let (hours, minutes) = (fixed(clock, 0, 2)?, fixed(clock, 3, 2)?);
    let seconds = match clock.len() {
        5 if fraction.is_none() => 0,
        8 if clock.as_bytes()[5] == b':' => fixed(clock, 6, 2)?,
        _ => return None,
    };
    let thousandths = match fraction {
        Some(digits) if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) => return None,
        Some(digits) => fixed(&format!("{digits}00"), 0, 3)?,
        None => 0,
    };
    // A leap second is the last one twice.
    let fits = clock.as_bytes()[2] == b':' && hours < 24 && minutes < 60 && seconds <= 60;
    fits.then(|| (hours * 60 + minutes) * MINUTE_MS + seconds.min(59) * 1000 + thousandths)
}

/// Splits `Z` or `+HH:MM` off, as what is to be taken away.
fn zone(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let (clock, offset) = text.split_at(at);
    let (hours, minutes) = (fixed(offset, 1, 2)?, fixed(offset, 4, 2)?);
    let fits = offset.len() == 6 && offset.as_bytes()[3] == b':' && hours < 24 && minutes < 60;
    let ms = (hours * 60 + minutes) * MINUTE_MS;
    fits.then_some((clock, if offset.starts_with('-') { -ms } else { ms }))
}

/// `2026-07-01`, in UTC.
pub(super) fn date(at: Timestamp) -> String {
    let (year, month, day) = at.date();
    format!("{year:04}-{month:02}-{day:02}")
}

/// `2026-07-01T14:30:05.123Z`: what [`parse`] reads as this very time.
pub(super) fn exact(at: Timestamp) -> String {
    let (hours, minutes, seconds) = at.clock();
    format!("{}T{hours:02}:{minutes:02}:{seconds:02}.{:03}Z", date(at), at.0 % 1000)
}

/// Days since 1970-01-01, for years from 0 on: H. Hinnant, "chrono-compatible low-level date algorithms".
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn days_in(year: i64, month: i64) -> i64 {
    let next = if month == 12 { days(year + 1, 1, 1) } else { days(year, month + 1, 1) };
    next - days(year, month, 1)
}

/// `count` digits at `at`.
fn fixed(text: &str, at: usize, count: usize) -> Option<i64> {
    let digits = text.get(at..at + count)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_and_programs_write_them() {
        for (text, ms) in [
            ("1970-01-01", 0),
            ("2026-07-01", 1_782_864_000_000),
            ("2026-07-01 14:30", 1_782_916_200_000),
            ("2026-07-01T14:30:05", 1_782_916_205_000),
            ("2026-07-01T14:30:05Z", 1_782_916_205_000),
            ("2026-07-01t14:30:05.1239z", 1_782_916_205_123),
            ("2026-07-01T16:30:05+02:00", 1_782_916_205_000),
            ("2026-07-01T04:30:05-10:00", 1_782_916_205_000),
            ("2024-02-29", 1_709_164_800_000),
            ("2016-12-31T23:59:60Z", 1_483_228_799_000),
        ] {
            assert_eq!(parse(text), Ok(Timestamp(ms)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_an_example() {
        for text in [
            "",
            "yesterday",
            "2026",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-04-31",
            "2026-07-01 24:00",
            "2026-07-01 14",
            "2026-07-01 14:60",
            "2026-07-01T14:30:61",
            "2026-07-01X14:30",
            "1969-12-31",
            "2026-07-01T14:30:00.",
            "2026-07-01T14:30+2",
            "2026-07-01T14:30:00+02:0é",
            "é026-07-01",
            "2026/07/01",
            "+026-07-01",
        ] {
            let refused = parse(text).unwrap_err();
            assert!(refused.contains("2026-07-01T14:30:00Z"), "{text}: {refused}");
        }
    }

    #[test]
    fn a_date_is_the_one_that_was_read() {
        for text in
            ["1970-01-01", "1999-12-31", "2000-02-29", "2000-03-01", "2100-02-28", "2100-03-01", "9999-12-31"]
        {
            assert_eq!(date(parse(text).unwrap()), text);
            assert_eq!(date(parse(&format!("{text} 23:59:59.999")).unwrap()), text);
        }
        let at = Timestamp(1_782_916_205_023);
        assert_eq!(exact(at), "2026-07-01T14:30:05.023Z");
        assert_eq!(parse(&exact(at)), Ok(at));
        assert!(!date(Timestamp(u64::MAX)).is_empty());
    }
}
