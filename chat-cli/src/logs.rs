//! Where logs go: standard error, filtered by target and level, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::prelude::*;

use crate::cli::LogFormat;
use crate::exit::{self, Exit};

/// Installs the logs of the whole program. Called once, by commands that log.
///
/// # Errors
/// Ends with [`Exit::Config`] if `levels` cannot be read.
pub(crate) fn install(levels: &str, format: LogFormat) -> anyhow::Result<()> {
    let targets = parse(levels)?;
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let ansi = std::io::stderr().is_terminal() && !plain;
    let registry = tracing_subscriber::registry().with(targets);
    // Installing fails only where logs are installed already, and then they are.
    let _ = match format {
        LogFormat::Text => registry.with(layer.with_ansi(ansi)).try_init(),
        LogFormat::Json => registry.with(layer.json()).try_init(),
    };
    Ok(())
}

/// Checks `levels` without installing anything.
///
/// # Errors
/// As [`install`].
pub(crate) fn parse(levels: &str) -> anyhow::Result<Targets> {
    levels.parse().map_err(|error| {
        let how = "say error, warn, info, debug, trace, or target=level,...";
        exit::because(Exit::Config, format!("log \"{levels}\": {error}; {how}"))
    })
}
