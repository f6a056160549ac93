//! How far a file is: one line with its name, a bar, the share, the rate and the time left. It is made by a
//! library's progress bar, into a text: whoever owns the terminal draws it. The rate is not the library's: that one
//! takes what was there before, and what came during a break, for bytes that came.

use std::fmt::Write;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{
    FormattedDuration, HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle, TermLike,
};
use unicode_width::UnicodeWidthStr;

use super::rate::Rate;
use super::words::percent;
use crate::width::keep_start;

/// Columns from which on there is room for a bar; and for the name.
const WITH_BAR: usize = 72;
const WITH_NAME: usize = 36;

/// The progress of one file.
#[derive(Debug)]
pub(crate) struct Meter {
    bar: ProgressBar,
    canvas: Canvas,
    what: String,
    is_paused: bool,
    rate: Rate,
}

impl Meter {
    /// Of a transfer with a `number` that people know it by; `what` says more, and is safe to print. Of `bytes`,
    /// the first `from` are there already, and count for no rate.
    pub(crate) fn new(number: u64, what: String, bytes: u64, from: u64, now: Instant) -> Meter {
        let canvas = Canvas::default();
        let target = ProgressDrawTarget::term_like(Box::new(canvas.clone()));
        let bar = ProgressBar::with_draw_target(Some(bytes), target).with_prefix(number.to_string());
        bar.set_position(from);
        Meter { bar, canvas, what, is_paused: false, rate: Rate::new(now) }
    }

    /// So many bytes are there, of so many; of those that are there, so many `came` since it was said last.
    pub(crate) fn set(&mut self, there: u64, bytes: u64, came: u64, now: Instant) {
        self.bar.set_length(bytes);
        self.bar.set_position(there);
        if came > 0 && !self.is_paused {
            self.rate.add(came, now);
        }
    }

    /// It stands still, or goes on: what was before counts for no rate.
    pub(crate) fn pause(&mut self, is_paused: bool, now: Instant) {
        if std::mem::replace(&mut self.is_paused, is_paused) != is_paused {
            self.rate = Rate::new(now);
        }
    }

    /// The line, in fewer than `columns` columns: a terminal's last one stays free, where some wrap.
    pub(crate) fn line(&self, columns: usize, now: Instant) -> String {
        let room = columns.saturating_sub(1);
        let rate = self.rate.per_sec(now);
        let lines = self.templates(room).into_iter().map(|template| self.draw(&template, room, rate));
        lines.into_iter().find(|line| line.width() <= room).unwrap_or_default()
    }

    /// Bytes a second, and the time that is left: `1.2M/s`, `00:12`.
    pub(crate) fn pace(&self, now: Instant) -> (String, String) {
        let rate = self.rate.per_sec(now);
        let rest = self.bar.length().unwrap_or(0).saturating_sub(self.bar.position());
        (short_rate(rate), left(rest, rate))
    }

    /// What may be shown, the most telling first.
    fn templates(&self, room: usize) -> Vec<String> {
        let mut templates = Vec::new();
        let rest: &[&str] = if self.is_paused {
            templates.push(format!("{{prefix}} {{msg:{}}} {{share:>4}}  paused", room.saturating_sub(20)));
            &["{prefix} {share} paused", "{prefix} {share}", "{share}"]
        } else {
            if room >= WITH_BAR {
                let name = room / 3;
                templates.push(format!(
                    "{{prefix}} {{msg:{name}}} [{{wide_bar}}] {{share:>4}} {{rate:>13}} {{left:>8}}"
                ));
            }
            if room >= WITH_NAME {
                let name = room - 25;
                templates
                    .push(format!("{{prefix}} {{msg:{name}}} {{share:>4}} {{short_rate:>6}} {{left:>8}}"));
            }
            &[
                "{prefix} {share} {short_rate} {left}",
                "{prefix} {share} {short_rate}",
                "{prefix} {share}",
                "{share}",
            ]
        };
        templates.extend(rest.iter().map(|template| (*template).to_owned()));
        templates
    }

    fn draw(&self, template: &str, room: usize, rate: f64) -> String {
        let style = ProgressStyle::with_template(template).expect("the templates above are well formed");
        let name = template.split("{msg:").nth(1).and_then(|rest| rest.split('}').next()?.parse().ok());
        self.bar.set_style(
            style
                .progress_chars("=> ")
                .with_key("share", share)
                .with_key("rate", move |_: &ProgressState, out: &mut dyn Write| {
                    let _ = write!(out, "{}/s", HumanBytes(whole(rate)));
                })
                .with_key("short_rate", move |_: &ProgressState, out: &mut dyn Write| {
                    let _ = out.write_str(&short_rate(rate));
                })
                .with_key("left", move |state: &ProgressState, out: &mut dyn Write| {
                    let rest = state.len().unwrap_or(0).saturating_sub(state.pos());
                    let _ = out.write_str(&left(rest, rate));
                }),
        );
        self.bar.set_message(keep_start(&self.what, name.unwrap_or(0)));
        self.canvas.draws(room, || self.bar.force_draw())
    }
}

/// A text that others may draw.
#[derive(Clone, Debug, Default)]
struct Canvas(Arc<Drawn>);

#[derive(Debug, Default)]
struct Drawn {
    is_open: AtomicBool,
    columns: AtomicU16,
    text: Mutex<String>,
}

impl Canvas {
    /// What `draw` draws in so many columns.
    fn draws(&self, columns: usize, draw: impl FnOnce()) -> String {
        self.0.columns.store(u16::try_from(columns).unwrap_or(u16::MAX), Ordering::Relaxed);
        self.0.is_open.store(true, Ordering::Relaxed);
        draw();
        self.0.is_open.store(false, Ordering::Relaxed);
        let text = std::mem::take(&mut *self.0.text.lock().unwrap_or_else(PoisonError::into_inner));
        text.trim_end().to_owned()
    }
}

impl TermLike for Canvas {
    fn width(&self) -> u16 {
        // The library divides by it.
        self.0.columns.load(Ordering::Relaxed).max(1)
    }

    fn move_cursor_up(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_down(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_right(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn move_cursor_left(&self, _: usize) -> io::Result<()> {
        Ok(())
    }

    fn write_line(&self, text: &str) -> io::Result<()> {
        self.write_str(text)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        // The bar draws when it likes, too.
        if self.0.is_open.load(Ordering::Relaxed) {
            self.0.text.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
        }
        Ok(())
    }

    fn clear_line(&self) -> io::Result<()> {
        Ok(())
    }

    fn flush(&self) -> io::Result<()> {
        Ok(())
    }
}

/// `45%`
fn share(state: &ProgressState, out: &mut dyn Write) {
    let _ = write!(out, "{}%", percent(state.pos(), state.len().unwrap_or(0)));
}

/// `01:02`, `1:00:00`; nothing is promised before there is a rate.
fn left(rest: u64, rate: f64) -> String {
    let Some(secs) = rest.checked_div(whole(rate)) else { return "--:--".to_owned() };
    let time = FormattedDuration(Duration::from_secs(secs)).to_string();
    time.strip_prefix("00:").unwrap_or(&time).to_owned()
}

/// `9.8M/s`, `12M/s`: at most six columns.
fn short_rate(rate: f64) -> String {
    let (mut rate, mut unit) = (rate.max(0.0), "B");
    for larger in ["K", "M", "G", "T"] {
        if rate < 999.5 {
            break;
        }
        (rate, unit) = (rate / 1024.0, larger);
    }
    if rate < 9.95 && unit != "B" { format!("{rate:.1}{unit}/s") } else { format!("{rate:.0}{unit}/s") }
}

/// A rate without its fraction.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn whole(rate: f64) -> u64 {
    rate as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A meter, and when it began.
    fn meter(number: u64, what: &str, bytes: u64, from: u64) -> (Meter, Instant) {
        let begin = Instant::now();
        (Meter::new(number, what.into(), bytes, from, begin), begin)
    }

    #[test]
    fn a_line_is_never_wider_than_its_terminal_and_tells_what_fits() {
        let (mut meter, begin) =
            meter(12, "a long name 漢字漢字漢字漢字漢字 😀.tar.gz to somebody", 1 << 40, 0);
        let now = begin + Duration::from_secs(1);
        meter.set(1 << 39, 1 << 40, 1 << 39, now);
        for is_paused in [false, true] {
            meter.pause(is_paused, now);
            for columns in 1..200 {
                let line = meter.line(columns, now);
                assert!(line.width() < columns, "{columns}: {line:?}");
                assert!(!line.contains(char::is_control), "{line:?}");
                assert!(columns < 5 || line.contains("50%"), "{columns}: {line:?}");
                assert!(columns < 9 || line.starts_with("12 "), "{columns}: {line:?}");
                assert!(columns < 20 || line.contains(if is_paused { "paused" } else { "/s" }), "{line:?}");
                assert!(columns < 80 || is_paused || line.contains("[=") && line.contains('漢'), "{line:?}");
            }
        }
    }

    #[test]
    fn what_was_there_before_counts_for_no_rate() {
        let (meter, begin) = meter(3, "x", 1 << 30, 1 << 29);
        assert_eq!(meter.line(30, begin), "3 50% 0B/s --:--");
        assert_eq!(meter.line(30, begin + Duration::from_secs(1)), "3 50% 0B/s --:--");
    }

    #[test]
    fn after_a_pause_the_rate_is_that_of_the_time_since() {
        let (mut meter, begin) = meter(3, "x", 100_000, 0);
        let at = |secs| begin + Duration::from_secs(secs);
        for secs in 1..=4 {
            meter.set(secs * 1024, 100_000, 1024, at(secs));
        }
        assert_eq!(meter.line(30, at(4)), "3 4% 1.0K/s 01:33");
        meter.pause(true, at(4));
        meter.pause(false, at(1000));
        assert_eq!(meter.line(30, at(1000)), "3 4% 0B/s --:--");
        meter.set(60_000, 100_000, 0, at(1001));
        assert_eq!(meter.line(30, at(1001)), "3 60% 0B/s --:--", "a jump is no rate");
        meter.set(62_048, 100_000, 2048, at(1001));
        assert_eq!(meter.line(30, at(1001)), "3 62% 2.0K/s 00:18");
    }

    #[test]
    fn all_is_only_said_when_all_is_there() {
        let (mut meter, begin) = meter(1, "x", 1000, 0);
        meter.set(999, 1000, 999, begin);
        assert!(meter.line(20, begin).contains(" 99%"), "{}", meter.line(20, begin));
        meter.set(1000, 1000, 1, begin);
        assert!(meter.line(20, begin).contains(" 100%"));
        assert!(self::meter(1, "x", 0, 0).0.line(20, begin).contains(" 100%"));
    }

    #[test]
    fn a_short_rate_has_six_columns_at_most() {
        for (rate, text) in [
            (0.0, "0B/s"),
            (999.0, "999B/s"),
            (999.9, "1.0K/s"),
            (10_230.0, "10K/s"),
            (1_048_000.0, "1.0M/s"),
            (12_345_678.0, "12M/s"),
            (1e13, "9.1T/s"),
        ] {
            assert_eq!(short_rate(rate), text);
        }
    }
}
