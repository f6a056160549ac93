//! What is typed and pasted, and what the terminal says of itself.

use crossterm::event::Event;
use tokio::sync::mpsc;

/// Keys that may wait to be looked at; then the terminal keeps them.
const KEYS: usize = 64;

/// Reads the terminal's events in a thread of its own, for as long as somebody listens. At the end of the
/// terminal, and when it cannot be read any more, there is a `None`, or the channel ends.
pub(crate) fn events() -> mpsc::Receiver<Option<Event>> {
    let (sender, receiver) = mpsc::channel(KEYS);
    #[cfg(unix)]
    tell_the_end(sender.clone());
    std::thread::spawn(move || {
        loop {
            let event = crossterm::event::read().ok();
            let is_over = event.is_none();
            if sender.blocking_send(event).is_err() || is_over {
                return;
            }
        }
    });
    receiver
}

/// Waits, in a thread of its own, until the terminal is gone. Whoever reads its events is not told: crossterm takes nothing read
/// for nothing yet, and goes on.
#[cfg(unix)]
fn tell_the_end(sender: mpsc::Sender<Option<Event>>) {
    use rustix::event::{PollFd, PollFlags, poll};
    std::thread::spawn(move || {
        let stdin = std::io::stdin();
        // Of an end one is told without having asked.
        let mut ends = [PollFd::new(&stdin, PollFlags::empty())];
        while poll(&mut ends, None) == Err(rustix::io::Errno::INTR) {}
        // If nobody listens any more, nobody has to be told.
        let _ = sender.blocking_send(None);
    });
}
