//! The ask that waits for its answer, and what is said of lines that came to nothing.

use std::time::Duration;

use chat_net::client::AskError;
use chat_net::codec::text::{self, Typed};
use tokio::time::Instant;

use super::line::{Line, failed};

/// After so long without an answer a person is told that the server is slow, and may leave without it.
pub(crate) const SLOW: Duration = Duration::from_secs(2);

/// Lines that were not sent are listed up to so many.
const LISTED: usize = 10;

/// The ask that waits for its answer.
#[derive(Debug)]
pub(super) struct Asked {
    /// The line that it was, if it says something that would be lost with it.
    said: Option<String>,
    /// Whether it was typed while the connection was away.
    waited: bool,
    /// Whether it has not been sent: the connection is still away.
    pub(super) unsent: bool,
    pub(super) at: Instant,
}

impl Asked {
    /// It is asked now.
    pub(super) fn now(said: Option<String>, waited: bool, unsent: bool) -> Asked {
        Asked { said, waited, unsent, at: Instant::now() }
    }

    /// The lines that say why it failed. What was to be said is shown again if it is worth another try, or if the line is
    /// far above.
    pub(super) fn failed(self, error: &AskError) -> Vec<Line> {
        let mut lines = failed(error);
        let Some(said) = self.said else { return lines };
        match error {
            AskError::Refused(_) if error.is_retryable() || self.waited => {
                lines.push(Line::note(&format!("not said: {said}")));
            }
            AskError::Refused(_) => {}
            _ => lines.push(Line::note(&format!("it was: {said}"))),
        }
        lines
    }

    /// What to say of it at the end, if its line is worth that.
    pub(super) fn left_open(&self) -> Option<Line> {
        self.said.as_ref().map(|said| left_open(said, !self.unsent))
    }
}

/// What to say at the end of a line that has no answer: whether it was sent.
pub(crate) fn left_open(said: &str, was_sent: bool) -> Line {
    let what = if was_sent { "nobody knows whether this was taken" } else { "not sent" };
    Line::note(&format!("{what}: {said}"))
}

/// The lines that were not sent, as notes: the first of them, and how many more.
pub(crate) fn not_sent(waiting: &[Vec<u8>]) -> Vec<Line> {
    let waiting: Vec<_> = waiting.iter().map(|line| String::from_utf8_lossy(line)).collect();
    let waiting: Vec<_> = waiting.iter().filter(|line| !line.trim().is_empty()).collect();
    let shown = |line: &str| match text::parse(line) {
        // The shell's screen is no place for it.
        Typed::Join { room, key: Some(_) } => format!("/join {room}, with a key"),
        _ => line.to_owned(),
    };
    let first = waiting.iter().take(LISTED).map(|line| format!("not sent: {}", shown(line)));
    let more = waiting.len().checked_sub(LISTED).filter(|more| *more > 0);
    let more = more.map(|more| format!("and {more} more lines were not sent"));
    first.chain(more).map(|what| Line::note(&what)).collect()
}
