//! What waits for whoever holds the other end: a queue with a soft limit, which the one who fills it looks at.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use crate::lock::lock;

#[derive(Debug)]
struct State<T> {
    items: VecDeque<T>,
    /// The sending end is gone: nothing more will come.
    is_finished: bool,
    /// The receiving end is gone: nothing needs to be kept.
    is_unread: bool,
}

#[derive(Debug)]
struct Shared<T> {
    state: Mutex<State<T>>,
    /// Something came, or nothing more will.
    arrived: Notify,
    /// Something was taken, or nobody will.
    taken: Notify,
}

impl<T> Shared<T> {
    fn state(&self) -> MutexGuard<'_, State<T>> {
        lock(&self.state)
    }
}

/// The end of whoever fills it.
#[derive(Debug)]
pub(super) struct Sender<T> {
    shared: Arc<Shared<T>>,
    limit: usize,
}

/// The holder's end.
#[derive(Debug)]
pub(super) struct Receiver<T>(Arc<Shared<T>>);

/// How many times the limit may wait while answers are awaited.
const HARD: usize = 4;

pub(super) fn queue<T>(limit: usize) -> (Sender<T>, Receiver<T>) {
    let state = State { items: VecDeque::new(), is_finished: false, is_unread: false };
    let shared = Shared { state: Mutex::new(state), arrived: Notify::new(), taken: Notify::new() };
    let shared = Arc::new(shared);
    (Sender { shared: Arc::clone(&shared), limit: limit.max(1) }, Receiver(shared))
}

impl<T> Sender<T> {
    /// Adds something, whatever waits.
    pub(super) fn push(&self, item: T) {
        self.change(|items| items.push_back(item));
    }

    /// Changes what waits, unless nobody reads it.
    pub(super) fn change(&self, change: impl FnOnce(&mut VecDeque<T>)) {
        let mut state = self.shared.state();
        if !state.is_unread {
            change(&mut state.items);
            self.shared.arrived.notify_one();
        }
    }

    /// Whether the link may be read. Who awaits an answer may be the one who would take the notices, so
    /// then the soft limit does not hold.
    pub(super) fn has_room(&self, answer_awaited: bool) -> bool {
        let limit = if answer_awaited { self.limit.saturating_mul(HARD) } else { self.limit };
        self.shared.state().items.len() < limit
    }

    pub(super) fn is_unread(&self) -> bool {
        self.shared.state().is_unread
    }

    /// Waits until something was taken, or nobody reads any more.
    pub(super) async fn taken(&self) {
        self.shared.taken.notified().await;
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.shared.state().is_finished = true;
        self.shared.arrived.notify_one();
    }
}

impl<T> Receiver<T> {
    /// The next that waits, or none if the sending end is gone. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<T> {
        loop {
            {
                let mut state = self.0.state();
                if let Some(item) = state.items.pop_front() {
                    self.0.taken.notify_one();
                    return Some(item);
                }
                if state.is_finished {
                    return None;
                }
            }
            self.0.arrived.notified().await;
        }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_unread = true;
        state.items = VecDeque::new();
        self.0.taken.notify_one();
    }
}
