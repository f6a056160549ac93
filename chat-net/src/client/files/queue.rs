//! The events of one transfer that wait for whoever holds it: bounded, however long nobody looks.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;

use super::event::FileEvent;
use crate::lock::lock;

/// Events that wait; behind them only the last one of a transfer is kept.
const LIMIT: usize = 16 * 1024;

#[derive(Debug, Default)]
struct State {
    events: VecDeque<FileEvent>,
    is_finished: bool,
    is_unread: bool,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    arrived: Notify,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

/// The transfer's end. Dropped, the transfer has ended.
#[derive(Debug)]
pub(super) struct EventSender(Arc<Shared>);

/// The holder's end.
#[derive(Debug)]
pub(super) struct EventReceiver(Arc<Shared>);

pub(super) fn event_queue() -> (EventSender, EventReceiver) {
    let shared = Arc::new(Shared::default());
    (EventSender(Arc::clone(&shared)), EventReceiver(shared))
}

impl EventSender {
    /// Adds an event. A progress takes the place of one for the same user that still waits.
    pub(super) fn push(&self, event: FileEvent) {
        let mut state = self.0.state();
        if state.is_unread {
            return;
        }
        if let FileEvent::Progress { user, bytes } = &event {
            for waiting in state.events.iter_mut().rev() {
                match waiting {
                    FileEvent::Progress { user: whose, bytes: old } if whose == user => {
                        *old = *bytes;
                        return;
                    }
                    // It must not come before what happened to that copy meanwhile.
                    FileEvent::Progress { .. } => {}
                    _ => break,
                }
            }
        }
        if state.events.len() < LIMIT {
            state.events.push_back(event);
            self.0.arrived.notify_one();
        }
    }

    /// Adds the last event, whatever waits.
    pub(super) fn finish(self, event: FileEvent) {
        let mut state = self.0.state();
        if !state.is_unread {
            state.events.push_back(event);
        }
    }
}

impl Drop for EventSender {
    fn drop(&mut self) {
        self.0.state().is_finished = true;
        self.0.arrived.notify_one();
    }
}

impl EventReceiver {
    /// The next event, or none if the transfer has ended. Cancel safe.
    pub(super) async fn next(&mut self) -> Option<FileEvent> {
        loop {
            {
                let mut state = self.0.state();
                if let Some(event) = state.events.pop_front() {
                    return Some(event);
                }
                if state.is_finished {
                    return None;
                }
            }
            self.0.arrived.notified().await;
        }
    }
}

impl Drop for EventReceiver {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.is_unread = true;
        state.events = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{EndReason, UserName};

    fn user(name: &str) -> UserName {
        UserName::new(name, 32).unwrap()
    }

    fn progress(name: &str, bytes: u64) -> FileEvent {
        FileEvent::Progress { user: user(name), bytes }
    }

    #[tokio::test]
    async fn a_progress_that_nobody_took_is_replaced() {
        let (sender, mut receiver) = event_queue();
        sender.push(progress("bob", 1));
        sender.push(progress("eve", 1));
        sender.push(progress("bob", 2));
        sender.push(FileEvent::Resumed { user: user("bob") });
        sender.push(progress("bob", 3));
        sender.finish(FileEvent::Closed { why: EndReason::Gone });
        let mut seen = Vec::new();
        while let Some(event) = receiver.next().await {
            seen.push(match event {
                FileEvent::Progress { user, bytes } => format!("{user} {bytes}"),
                FileEvent::Resumed { user } => format!("{user} resumed"),
                _ => "closed".into(),
            });
        }
        assert_eq!(seen, ["bob 2", "eve 1", "bob resumed", "bob 3", "closed"]);
    }

    #[tokio::test]
    async fn the_last_event_comes_however_many_wait() {
        let (sender, mut receiver) = event_queue();
        for _ in 0..LIMIT + 10 {
            sender.push(FileEvent::Resumed { user: user("bob") });
        }
        sender.finish(FileEvent::Closed { why: EndReason::Gone });
        let mut count = 0;
        let mut last = None;
        while let Some(event) = receiver.next().await {
            count += 1;
            last = Some(event);
        }
        assert_eq!(count, LIMIT + 1);
        assert!(matches!(last, Some(FileEvent::Closed { .. })));
    }
}
