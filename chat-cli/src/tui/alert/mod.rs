//! What draws somebody's eyes to the screen: a bell, and a word on the desktop.

mod command;
mod sequence;

use std::time::{Duration, Instant};

use super::clean::fitting;
use super::model::{Alert, Of};
use crate::settings::AlertSettings;
use command::Notifier;

pub(crate) use sequence::Terminal;

/// One who is named a hundred times need not hear all of it.
const PAUSE: Duration = Duration::from_secs(1);

/// Columns of a title, and of what stands below it; the desktop cuts off what it has no room for.
const TITLE: usize = 60;
const TEXT: usize = 200;

/// Alerts somebody, at most once a second.
#[derive(Debug)]
pub(crate) struct Alerts {
    bell: bool,
    /// Where a sequence is written that makes the terminal notify.
    terminal: Option<Terminal>,
    notifier: Option<Notifier>,
    last: Option<Instant>,
}

/// What comes of an alert.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Rung {
    /// To be written to the terminal, between two pictures.
    pub(crate) signal: String,
    /// Why the command cannot be run; told once.
    pub(crate) trouble: Option<String>,
}

impl Alerts {
    pub(crate) fn new(wanted: AlertSettings, terminal: Terminal) -> Alerts {
        let has_command = wanted.notify && !wanted.command.is_empty();
        Alerts {
            bell: wanted.bell,
            terminal: (wanted.notify && !has_command).then_some(terminal),
            notifier: has_command.then(|| Notifier::new(wanted.command)),
            last: None,
        }
    }

    /// What to tell whoever wants notifications in a terminal that has none.
    pub(crate) fn complaint(&self) -> Option<&'static str> {
        let is_mute = self.terminal.is_some_and(Terminal::is_mute);
        is_mute.then_some(
            "this terminal is not known to notify: set notify_command in the settings, see chat-cli join --help",
        )
    }

    /// Somebody is named, unseen.
    pub(crate) fn ring(&mut self, alert: &Alert, now: Instant) -> Rung {
        let wants = self.bell || self.terminal.is_some() || self.notifier.is_some();
        let is_soon = self.last.is_some_and(|last| now.saturating_duration_since(last) < PAUSE);
        if !wants || is_soon {
            return Rung::default();
        }
        self.last = Some(now);
        let (title, text) = words(alert);
        let mut signal = if self.bell { "\x07".to_owned() } else { String::new() };
        if let Some(terminal) = self.terminal {
            signal.push_str(&terminal.notification(&title, &text));
        }
        let trouble = self.notifier.as_mut().and_then(|notifier| notifier.notify(&title, &text, now));
        Rung { signal, trouble }
    }

    /// Whether a notification waits for the command to end.
    pub(crate) fn is_waiting(&self) -> bool {
        self.notifier.as_ref().is_some_and(Notifier::is_waiting)
    }

    /// Notifies of what waited, if the command has ended; gives why it cannot be run, once.
    pub(crate) fn go_on(&mut self, now: Instant) -> Option<String> {
        self.notifier.as_mut()?.go_on(now)
    }
}

/// What is said of an alert, each on one short line.
fn words(alert: &Alert) -> (String, String) {
    let title = match (&alert.author, &alert.of) {
        (Some(author), Of::Room(room)) => format!("{author} in #{room}"),
        (Some(author), _) => author.to_string(),
        (None, of) => of.title(),
    };
    (fitting(&title, TITLE), fitting(&alert.text.as_str().replace('\n', " "), TEXT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::clean::Clean;
    use crate::tui::model::tests::{of, user};

    fn alert(text: &str) -> Alert {
        Alert { of: of("lobby"), author: Some(user("bob")), text: Clean::new(text) }
    }

    fn alerts(bell: bool, notify: bool) -> Alerts {
        let rxvt = |key: &str| (key == "TERM").then(|| "rxvt-unicode".to_owned());
        Alerts::new(AlertSettings { bell, notify, command: Vec::new() }, Terminal::new(rxvt))
    }

    #[test]
    fn nobody_is_alerted_who_did_not_ask_for_it() {
        assert_eq!(alerts(false, false).ring(&alert("hi"), Instant::now()), Rung::default());
    }

    #[test]
    fn a_bell_and_a_notification_are_what_was_asked_for() {
        let now = Instant::now();
        assert_eq!(alerts(true, false).ring(&alert("hi"), now).signal, "\x07");
        let both = alerts(true, true).ring(&alert("hi\nalice; look"), now).signal;
        assert_eq!(both, "\x07\x1b]777;notify;bob in #lobby;hi alice, look\x07");
    }

    #[test]
    fn a_second_alert_in_the_same_second_is_none() {
        let (mut alerts, now) = (alerts(true, false), Instant::now());
        let rings = |ms| !alerts.ring(&alert("hi"), now + Duration::from_millis(ms)).signal.is_empty();
        assert_eq!([0, 500, 999, 1000, 1001, 2500].map(rings), [true, false, false, true, false, true]);
    }

    #[test]
    fn whatever_is_said_the_notification_is_one_short_sequence() {
        for text in [
            "\x1b]0;x\x07\x1b\\",
            "\u{9c}\u{9d}52;c;\u{7f}\r\n;;;",
            "\u{202e}\u{2066}abc",
            &"漢字;".repeat(999),
            &"e\u{301}\u{301}".repeat(9999),
            "",
        ] {
            let written = alerts(true, true).ring(&alert(text), Instant::now()).signal;
            let inner = written.strip_prefix("\x07\x1b]777;notify;").unwrap().strip_suffix('\x07').unwrap();
            assert!(!inner.contains(char::is_control), "{inner:?}");
            assert_eq!(inner.matches(';').count(), 1, "{inner:?}");
            assert!(inner.chars().count() < 2000, "{}", inner.chars().count());
        }
    }

    #[test]
    fn a_terminal_without_notifications_is_told_of_unless_there_is_a_command() {
        let linux = Terminal::new(|key| (key == "TERM").then(|| "linux".to_owned()));
        let complains = |notify, command: &[&str]| {
            let command = command.iter().map(|word| (*word).to_owned()).collect();
            Alerts::new(AlertSettings { bell: true, notify, command }, linux).complaint().is_some()
        };
        assert_eq!(
            [complains(true, &[]), complains(true, &["x"]), complains(false, &[])],
            [true, false, false]
        );
        assert_eq!(alerts(true, true).complaint(), None);
    }
}
