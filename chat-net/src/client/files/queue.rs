//! The events of one transfer that wait for whoever holds it: bounded, however long nobody looks.

use std::collections::VecDeque;

use super::event::FileEvent;
use crate::client::queue::{Receiver, Sender, queue};

/// Events that wait; behind them only the last one of a transfer is kept.
const LIMIT: usize = 16 * 1024;

/// The transfer's end. Dropped, the transfer has ended.
#[derive(Debug)]
pub(super) struct EventSender(Sender<FileEvent>);

/// The holder's end.
pub(super) type EventReceiver = Receiver<FileEvent>;

pub(super) fn event_queue() -> (EventSender, EventReceiver) {
    let (sender, receiver) = queue(LIMIT);
    (EventSender(sender), receiver)
}

impl EventSender {
    /// Adds an event. A progress takes the place of one for the same user that still waits.
    pub(super) fn push(&self, event: FileEvent) {
        self.0.change(|events| {
            if !takes_place(&event, events) && events.len() < LIMIT {
                events.push_back(event);
            }
        });
    }

    /// Adds the last event, whatever waits.
    pub(super) fn finish(self, event: FileEvent) {
        self.0.push(event);
    }
}

/// Puts a progress in the place of an older one, if one waits.
fn takes_place(event: &FileEvent, events: &mut VecDeque<FileEvent>) -> bool {
    let FileEvent::Progress { user, bytes } = event else { return false };
    for waiting in events.iter_mut().rev() {
        match waiting {
            FileEvent::Progress { user: whose, bytes: old } if whose == user => {
                *old = *bytes;
                return true;
            }
            FileEvent::Progress { .. } => {}
            // It must not come before what happened to that copy meanwhile.
            _ => return false,
        }
    }
    false
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
