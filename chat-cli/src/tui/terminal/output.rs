//! Writing to the terminal, in a thread of its own: one that takes nothing for a while must not stop the chat.

use std::io::{self, Write};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::modes;

/// Takes one picture after the other.
#[derive(Debug)]
pub(super) struct Output {
    frames: SyncSender<Vec<u8>>,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    rested: Condvar,
    told: Notify,
}

#[derive(Debug, Default)]
struct State {
    is_busy: bool,
    failed: Option<io::Error>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrote(&self, result: io::Result<()>) {
        let mut state = self.state();
        state.is_busy = false;
        state.failed = result.err();
        self.rested.notify_all();
        self.told.notify_one();
    }
}

impl Output {
    /// Writes to standard output, while the modes are entered.
    ///
    /// # Errors
    /// The system has no room for a thread.
    pub(super) fn new() -> io::Result<Output> {
        Output::to(Screen)
    }

    fn to(mut out: impl Write + Send + 'static) -> io::Result<Output> {
        let (frames, waiting) = sync_channel::<Vec<u8>>(1);
        let shared = Arc::new(Shared::default());
        let writer = Arc::clone(&shared);
        std::thread::Builder::new().name("terminal".into()).spawn(move || {
            while let Ok(frame) = waiting.recv() {
                writer.wrote(out.write_all(&frame).and_then(|()| out.flush()));
            }
        })?;
        Ok(Output { frames, shared })
    }

    /// Begins to write. What comes before the last was written is dropped: wait until it is [`idle`](Output::idle).
    pub(super) fn write(&self, frame: Vec<u8>) {
        let mut state = self.shared.state();
        if !state.is_busy {
            state.is_busy = self.frames.try_send(frame).is_ok();
        }
    }

    /// Waits until nothing is being written. Cancel safe.
    ///
    /// # Errors
    /// The last could not be written.
    pub(super) async fn idle(&self) -> io::Result<()> {
        loop {
            {
                let mut state = self.shared.state();
                if let Some(error) = state.failed.take() {
                    return Err(error);
                }
                if !state.is_busy {
                    return Ok(());
                }
            }
            self.shared.told.notified().await;
        }
    }

    /// The same, without anything else going on, and for so long at most; whether nothing is being written then.
    #[must_use]
    pub(super) fn wait(&self, most: Duration) -> bool {
        let state = self.shared.state();
        // Whoever waits here leaves: what failed is told by the next write, if there is one.
        let waited = self.shared.rested.wait_timeout_while(state, most, |state| state.is_busy);
        !waited.unwrap_or_else(PoisonError::into_inner).0.is_busy
    }
}

/// Standard output, for as long as the modes are entered: what was left by a panic is the shell's.
#[derive(Debug)]
struct Screen;

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = io::stdout().lock();
        if !modes::are_entered() {
            return Err(modes::failed());
        }
        // At once: nothing may come between, nor behind.
        out.write_all(bytes)?;
        out.flush()?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes what is written when it is told to.
    struct Gate(std::sync::mpsc::Receiver<()>, std::sync::mpsc::Sender<Vec<u8>>);

    impl Write for Gate {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.recv().map_err(|_| io::ErrorKind::BrokenPipe)?;
            self.1.send(bytes.to_vec()).map_err(|_| io::ErrorKind::BrokenPipe)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_terminal_that_takes_nothing_stops_nobody() {
        let (go, gate) = std::sync::mpsc::channel();
        let (sender, written) = std::sync::mpsc::channel();
        let output = Output::to(Gate(gate, sender)).unwrap();
        output.idle().await.unwrap();
        output.write(b"one".to_vec());
        output.write(b"dropped".to_vec());
        let waits = tokio::time::timeout(Duration::from_millis(20), output.idle()).await;
        assert!(waits.is_err(), "it was written though nobody took it");
        assert!(!output.wait(Duration::from_millis(1)));
        go.send(()).unwrap();
        output.idle().await.unwrap();
        assert!(output.wait(Duration::ZERO));
        assert_eq!(written.recv().unwrap(), b"one");
        output.write(b"two".to_vec());
        drop(go);
        assert_eq!(output.idle().await.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }
}
