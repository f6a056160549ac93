//! Ctrl-C: the loops look at a flag, so that the processes they started are ended on every way out.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result, bail};

/// Whether the person wants it to end.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens for Ctrl-C and SIGTERM from now on.
    pub(super) fn listen() -> Result<Stop> {
        let stop = Stop::default();
        let flag = Arc::clone(&stop.0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let entered = runtime.enter();
        let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        let mut interrupt = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt())?;
        drop(entered);
        let wait = move || {
            runtime.block_on(async {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            });
            flag.store(true, Ordering::Relaxed);
        };
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(wait)
            .context("cannot wait for signals")?;
        Ok(stop)
    }

    /// Fails if the person wants it to end.
    pub(super) fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) {
            bail!("interrupted");
        }
        Ok(())
    }
}
