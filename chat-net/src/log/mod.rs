//! The log: who puts the entries in order and stamps them.

mod local;

use std::future::Future;

use chat_core::{Command, Stamp};

pub use local::Local;

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its place and time.
    pub stamp: Stamp,
    /// What it is.
    pub command: Command,
}

/// Puts commands in one order and gives each its stamp. The engine applies what comes out, and only that.
pub trait Log: Send + 'static {
    /// Hands a command in. It comes out again, stamped, from [`try_next`](Log::try_next) or
    /// [`next`](Log::next): at once for a log of this process, later for one that is shared.
    fn submit(&mut self, command: Command);

    /// The next entry, if it is there already.
    fn try_next(&mut self) -> Option<Entry>;

    /// The next entry. Cancel safe: an entry is never lost.
    fn next(&mut self) -> impl Future<Output = Entry> + Send;
}
