//! The requests to end that come from outside: Ctrl-C and SIGTERM.

use crate::exit::Exit;

/// Waits for requests to end. While one exists, they no longer end the program by themselves.
#[derive(Debug)]
pub(crate) struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Begins to wait. Needs a tokio runtime.
    ///
    /// # Errors
    /// The system has no room for it.
    pub(crate) fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// The next request, as the end that it would be at once. Cancel safe.
    pub(crate) async fn next(&mut self) -> Exit {
        tokio::select! {
            _ = self.interrupt.recv() => Exit::Interrupted,
            _ = self.terminate.recv() => Exit::Terminated,
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Begins to wait.
    ///
    /// # Errors
    /// None here.
    pub(crate) fn new() -> std::io::Result<Signals> {
        Ok(Signals {})
    }

    /// The next request, as the end that it would be at once. Cancel safe.
    pub(crate) async fn next(&mut self) -> Exit {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Exit::Interrupted
    }
}
