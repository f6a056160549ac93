//! How a file stands, for whoever draws it.

use chat_net::chat_core::Offer;

/// A file that was offered, and what has become of it so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) offer: Offer,
    /// Whether it is sent from here.
    pub(crate) is_mine: bool,
    pub(crate) state: State,
}

/// What has become of a file. The words are not safe to draw before somebody makes them so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// Nobody has taken it: it waits for an answer.
    Offered,
    /// Whoever reads this does not want it, and may take it after all while it is offered.
    Declined,
    /// Bytes are on their way.
    Running(Progress),
    /// They are, and do not come now; why.
    Paused(Progress, String),
    /// It is there: where, or who has it.
    Done(String),
    /// It came to nothing; why.
    Over(String),
}

impl State {
    /// Whether nothing more comes of it.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self, State::Done(_) | State::Over(_))
    }
}

/// How far it is, all copies together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) there: u64,
    pub(crate) bytes: u64,
    /// `1.2M/s`
    pub(crate) rate: String,
    /// `00:12`
    pub(crate) left: String,
}
