//! How the state of transfers changes.

use crate::change::Change;
use crate::stamp::Stamp;
use crate::state::State;

impl State {
    /// Makes a change of a transfer.
    pub(crate) fn evolve_transfer(&mut self, _stamp: Stamp, _change: &Change) {}
}
