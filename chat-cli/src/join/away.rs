//! A connection that is gone, as it is told without a status line: in few lines.

use std::time::Duration;

use super::line::Line;
use crate::connect::{next_try, seconds};

/// Where the connection is that is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Away {
    /// What was said of it last.
    why: String,
    /// The longest pause that was told, in seconds.
    told_secs: u128,
}

impl Away {
    /// It is gone, or still is, and is tried again after that time; gives the line that says so, if it is news.
    pub(super) fn again(away: &mut Option<Away>, why: String, retry_in: Duration) -> Option<Line> {
        let secs = seconds(retry_in);
        let next = next_try(retry_in);
        let before = away.replace(Away { why: why.clone(), told_secs: secs });
        let what = match before {
            None => format!("lost the connection: {why}; {next}, what you type waits"),
            Some(before) if before.why != why => format!("still away: {why}; {next}"),
            // One line for each longer pause; then the last one holds.
            Some(before) if secs > before.told_secs => format!("still away; {next}"),
            Some(before) => {
                *away = Some(Away { why, told_secs: before.told_secs });
                return None;
            }
        };
        Some(Line::note(&what))
    }
}
