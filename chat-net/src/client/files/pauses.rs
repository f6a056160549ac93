//! How long to wait before something that was put off is tried again.

use std::time::Duration;

/// The first pause; each later one is twice as long, up to [`MOST`].
const FIRST: Duration = Duration::from_secs(1);

/// The longest.
const MOST: Duration = Duration::from_secs(30);

/// The pauses between the tries of one transfer. Not shuffled: its tries are its own, and the server paces them.
#[derive(Debug)]
pub(super) struct Pauses(Duration);

impl Pauses {
    pub(super) fn new() -> Pauses {
        Pauses(FIRST)
    }

    /// The next pause.
    pub(super) fn next(&mut self) -> Duration {
        let next = (self.0 * 2).min(MOST);
        std::mem::replace(&mut self.0, next)
    }
}
