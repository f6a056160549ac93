//! Where the connection is.

use std::time::Duration;

use crate::tui::clean::Clean;

/// So long an answer may take before it is said that there is none.
const SILENCE: Duration = Duration::from_secs(2);

/// The connection, as the status line tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Link {
    /// It is being made for the first time.
    #[default]
    Connecting,
    /// It is there; so long the last answer took, in milliseconds, and so many seconds there is none to what was asked.
    Here { lag_ms: Option<u64>, silent_s: u64 },
    /// It is gone; in so many seconds it is tried again. None left: it is being tried.
    Away { why: Clean, left_s: u64 },
    /// It is gone for good.
    Ended { why: Clean },
}

impl Link {
    /// The last answer took so long.
    pub(crate) fn took(&mut self, ms: u64) {
        if let Link::Here { lag_ms, silent_s } = self {
            (*lag_ms, *silent_s) = (Some(ms), 0);
        }
    }

    /// There is no answer for so long; gives whether that is news. A moment is no silence.
    pub(crate) fn is_silent_for(&mut self, silence: Duration) -> bool {
        let Link::Here { silent_s, .. } = self else { return false };
        let seconds = if silence < SILENCE { 0 } else { silence.as_secs() };
        std::mem::replace(silent_s, seconds) != seconds
    }

    /// So many seconds are left to the next attempt; gives whether that is news.
    pub(crate) fn wait(&mut self, seconds: u64) -> bool {
        let Link::Away { left_s, .. } = self else { return false };
        std::mem::replace(left_s, seconds) != seconds
    }
}
