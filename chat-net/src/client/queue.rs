//! The notices that wait for the user: a queue with a soft limit, which the driver looks at before it reads.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::client::notice::Notice;
use crate::lock::lock;

#[derive(Debug, Default)]
struct State {
    notices: VecDeque<Notice>,
    /// The driver has ended: nothing more will come.
    is_finished: bool,
    /// The user dropped the receiving end: nothing needs to be kept.
    is_unread: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    /// Something came, or nothing more will.
    arrived: Notify,
    /// Something was taken, or nobody will.
    taken: Notify,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The driver's end.
#[derive(Debug)]
pub(super) struct Sender {
    shared: Arc<Shared>,
    limit: usize,
}

/// The user's end.
#[derive(Debug)]
pub(super) struct Receiver(Arc<Shared>);

/// How many times the limit may wait while answers are awaited.
const HARD: usize = 4;

pub(super) fn queue(limit: usize) -> (Sender, Receiver) {
    let shared = Arc::new(Shared::default());
    (Sender { shared: Arc::clone(&shared), limit: limit.max(1) }, Receiver(shared))
}

impl Sender {
    pub(super) fn push(&self, notice: Notice) {
        let mut state = self.shared.state();
        if !state.is_unread {
            state.notices.push_back(notice);
            self.shared.arrived.notify_one();
        }
    }

    /// Whether the link may be read. Who awaits an answer may be the one who would take the notices, so
    /// then the soft limit does not hold.
    pub(super) fn has_room(&self, answer_awaited: bool) -> bool {
        let limit = if answer_awaited { self.limit.saturating_mul(HARD) } else { self.limit };
        self.shared.state().notices.len() < limit
    }

    pub(super) fn is_unread(&self) -> bool {
        self.shared.state().is_unread
    }

    /// Waits until something was taken, or nobody reads any more.
    pub(super) async fn taken(&self) {
        self.shared.taken.notified().await;
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.shared.state().is_finished = true;
        self.shared.arrived.notify_one();
    }
}

impl Receiver {
    /// The next notice, or none if the driver has ended. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<Notice> {
        loop {
            {
                let mut state = self.0.state();
                if let Some(notice) = state.notices.pop_front() {
                    self.0.taken.notify_one();
                    return Some(notice);
                }
                if state.is_finished {
                    return None;
                }
            }
            self.0.arrived.notified().await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_unread = true;
        state.notices.clear();
        self.0.taken.notify_one();
    }
}
