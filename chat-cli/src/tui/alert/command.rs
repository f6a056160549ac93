//! A program of somebody's own that notifies.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::secrets;

/// What still runs after that time is ended for the next one.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs a program for each notification, without a shell and one at a time; of those that come meanwhile, for the last.
#[derive(Debug)]
pub(super) struct Notifier {
    /// The program and its arguments; at least the program.
    words: Vec<String>,
    running: Option<(Child, Instant)>,
    /// The title and the text that wait for it.
    waiting: Option<(String, String)>,
    /// Whether it was told that it cannot be run.
    is_told: bool,
}

impl Notifier {
    pub(super) fn new(words: Vec<String>) -> Notifier {
        Notifier { words, running: None, waiting: None, is_told: false }
    }

    /// Starts the program, or when it has ended if it still runs; gives why it cannot be started, once.
    pub(super) fn notify(&mut self, title: &str, text: &str, now: Instant) -> Option<String> {
        self.waiting = Some((title.to_owned(), text.to_owned()));
        self.go_on(now)
    }

    /// Whether a notification waits for the program to end.
    pub(super) fn is_waiting(&self) -> bool {
        self.waiting.is_some()
    }

    /// Starts the program for what waits, unless it still runs; gives why it cannot be started, once.
    pub(super) fn go_on(&mut self, now: Instant) -> Option<String> {
        if let Some((child, since)) = &mut self.running
            && matches!(child.try_wait(), Ok(None))
        {
            if now.saturating_duration_since(*since) >= PATIENCE {
                // It ends now, if it has not meanwhile; it is looked after the next time.
                let _ = child.kill();
            }
            return None;
        }
        self.running = None;
        let (title, text) = self.waiting.take()?;
        let (program, arguments) = self.words.split_first()?;
        let mut run = secrets::command(program);
        run.args(arguments.iter().map(|argument| filled(argument, &title, &text)));
        run.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        match run.spawn() {
            Ok(child) => {
                self.running = Some((child, now));
                None
            }
            Err(_) if std::mem::replace(&mut self.is_told, true) => None,
            Err(error) => Some(format!("cannot run the notify_command {program}: {error}")),
        }
    }
}

/// An argument with the words in place. What others wrote never begins it with a dash: it is no option.
fn filled(argument: &str, title: &str, text: &str) -> String {
    let mut filled = String::new();
    let mut rest = argument;
    while let Some(at) = rest.find('{') {
        filled.push_str(&rest[..at]);
        let (word, after) = match (rest[at..].strip_prefix("{title}"), rest[at..].strip_prefix("{text}")) {
            (Some(after), _) => (title, after),
            (_, Some(after)) => (text, after),
            _ => ("{", &rest[at + 1..]),
        };
        if filled.is_empty() && word.starts_with('-') {
            filled.push(' ');
        }
        filled.push_str(word);
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_stand_where_they_are_wanted_and_are_no_options() {
        assert_eq!(filled("{title}", "bob", "hi"), "bob");
        assert_eq!(filled("--body={text} ({title})", "bob", "-u {title}"), "--body=-u {title} (bob)");
        assert_eq!(filled("{text}", "bob", "--hint=x"), " --hint=x");
        assert_eq!(filled("{} {x} {", "bob", "hi"), "{} {x} {");
    }

    #[cfg(unix)]
    mod run {
        use super::*;
        use std::process::Command;

        fn notifier(words: &[&str]) -> Notifier {
            Notifier::new(words.iter().map(|word| (*word).to_owned()).collect())
        }

        fn ends(notifier: &mut Notifier) {
            notifier.running.as_mut().unwrap().0.wait().unwrap();
        }

        #[test]
        fn the_program_gets_its_words_and_no_shell_reads_them() {
            let file = std::env::temp_dir().join(format!("chat-cli-notify-{}", std::process::id()));
            let script = format!("printf '%s|' \"$@\" > {}", file.display());
            let mut notifier = notifier(&["sh", "-c", &script, "sh", "{title}", "{text}"]);
            assert_eq!(notifier.notify("bob", "$(id) `id` 'x' \"y\" *", Instant::now()), None);
            ends(&mut notifier);
            let written = std::fs::read_to_string(&file).unwrap();
            std::fs::remove_file(&file).unwrap();
            assert_eq!(written, "bob|$(id) `id` 'x' \"y\" *|");
        }

        #[test]
        fn there_is_one_at_a_time_and_one_that_hangs_is_ended() {
            let (mut notifier, now) = (notifier(&["sleep", "600"]), Instant::now());
            notifier.notify("bob", "one", now);
            let first = notifier.running.as_ref().unwrap().0.id();
            let later = |seconds| now + Duration::from_secs(seconds);
            notifier.notify("bob", "two", later(9));
            assert_eq!(notifier.running.as_ref().unwrap().0.id(), first);
            assert!(notifier.is_waiting());
            notifier.go_on(later(10));
            ends(&mut notifier);
            notifier.go_on(later(11));
            assert!(!notifier.is_waiting());
            let (mut next, _) = notifier.running.take().unwrap();
            assert_ne!(next.id(), first);
            next.kill().unwrap();
            next.wait().unwrap();
        }

        #[test]
        fn of_those_that_come_while_it_runs_the_last_is_shown() {
            let file = std::env::temp_dir().join(format!("chat-cli-notify-last-{}", std::process::id()));
            let script = format!("printf '%s|' \"$@\" >> {}", file.display());
            let (mut notifier, now) = (notifier(&["sh", "-c", &script, "sh", "{text}"]), Instant::now());
            let still_runs = Command::new("sleep").arg("600").spawn().unwrap();
            notifier.running = Some((still_runs, now));
            for text in ["one", "two", "three"] {
                assert_eq!(notifier.notify("bob", text, now), None);
            }
            assert!(notifier.is_waiting() && !file.exists());
            notifier.running.as_mut().unwrap().0.kill().unwrap();
            ends(&mut notifier);
            notifier.go_on(now);
            ends(&mut notifier);
            notifier.go_on(now);
            assert!(notifier.running.is_none());
            let written = std::fs::read_to_string(&file).unwrap();
            std::fs::remove_file(&file).unwrap();
            assert_eq!(written, "three|");
        }

        #[test]
        fn a_program_that_is_not_there_is_told_once() {
            let mut notifier = notifier(&["/nonexistent/notify", "{text}"]);
            let now = Instant::now();
            let why = notifier.notify("bob", "hi", now).unwrap();
            assert!(why.starts_with("cannot run the notify_command /nonexistent/notify: "), "{why}");
            assert_eq!(notifier.notify("bob", "hi", now), None);
        }
    }
}
