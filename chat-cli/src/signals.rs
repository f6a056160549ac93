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

/// Waits for the request to read files again (SIGHUP). While one exists, it does not end the program.
#[derive(Debug)]
pub(crate) struct Hangups {
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

impl Hangups {
    /// Begins to wait. Needs a tokio runtime.
    ///
    /// # Errors
    /// The system has no room for it.
    pub(crate) fn new() -> std::io::Result<Hangups> {
        Ok(Hangups {
            #[cfg(unix)]
            hangup: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup())?,
        })
    }

    /// The next request; none ever comes where there is no such signal. Cancel safe.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        if self.hangup.recv().await.is_some() {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// Waits for what else would end the program at once: SIGHUP, SIGQUIT, SIGALRM, SIGUSR1 and SIGUSR2. While one exists, they do
/// not, so that a screen can be given back first.
#[derive(Debug)]
pub(crate) struct Endings {
    #[cfg(unix)]
    signals: [tokio::signal::unix::Signal; 5],
}

impl Endings {
    /// Begins to wait. Needs a tokio runtime.
    ///
    /// # Errors
    /// The system has no room for it.
    pub(crate) fn new() -> std::io::Result<Endings> {
        #[cfg(unix)]
        use tokio::signal::unix::{SignalKind as Kind, signal};
        Ok(Endings {
            #[cfg(unix)]
            signals: [
                signal(Kind::hangup())?,
                signal(Kind::quit())?,
                signal(Kind::alarm())?,
                signal(Kind::user_defined1())?,
                signal(Kind::user_defined2())?,
            ],
        })
    }

    /// The next of them; none ever comes where there are no such signals. Cancel safe.
    pub(crate) async fn next(&mut self) {
        #[cfg(unix)]
        std::future::poll_fn(|context| {
            let mut polled = self.signals.iter_mut().map(|signal| signal.poll_recv(context));
            polled
                .find(std::task::Poll::is_ready)
                .map_or(std::task::Poll::Pending, |_| std::task::Poll::Ready(()))
        })
        .await;
        #[cfg(not(unix))]
        std::future::pending::<()>().await;
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
