//! Where logs go: standard error, filtered by target and level, as text or JSON.

use std::io::IsTerminal;

use tracing_subscriber::filter::{LevelFilter, Targets};
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
    let wrong = |why: String| {
        let how = "say error, warn, info, debug, trace, or target=level,...";
        exit::because(Exit::Config, format!("log \"{levels}\": {why}; {how}"))
    };
    // Alone, a word that is no level would be a target: a slip of the finger, and all else is silent.
    let is_slip = |part: &&str| !part.contains('=') && part.parse::<LevelFilter>().is_err();
    if let Some(slip) = levels.split(',').find(is_slip) {
        return Err(wrong(format!("\"{slip}\" is no level")));
    }
    levels.parse().map_err(|error: tracing_subscriber::filter::ParseError| wrong(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_level_is_refused_and_not_taken_for_a_target() {
        for levels in ["info", "OFF", "warn,chat_net=debug", "chat_net::conn=trace"] {
            assert!(parse(levels).is_ok(), "{levels}");
        }
        for (levels, why) in [
            ("foo", "log \"foo\": \"foo\" is no level; say error, "),
            ("info,chat_net", "\"chat_net\" is no level"),
            ("chat_net=loud", "say error, "),
        ] {
            let refused = parse(levels).unwrap_err();
            assert_eq!(exit::of(&refused), Exit::Config);
            assert!(refused.to_string().contains(why), "{refused}");
        }
    }
}
