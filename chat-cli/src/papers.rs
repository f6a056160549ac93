//! What the command line says about itself to shells and to `man`.

mod man;

use clap::CommandFactory;

use crate::cli::Cli;
use crate::exit::Exit;
use crate::output;

/// Prints a script that completes the commands in `shell`.
///
/// # Errors
/// Standard output is gone.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "chat-cli", &mut script);
    // clap_complete 4.6 calls a program with a hyphen by two names in bash, so that nothing behind a command is completed.
    let script = String::from_utf8_lossy(&script).replace("chat__subcmd__cli__", "chat__cli__");
    output::text(&script)?;
    Ok(Exit::Done)
}

/// Prints the manual page.
///
/// # Errors
/// Standard output is gone.
pub(crate) fn man() -> anyhow::Result<Exit> {
    output::text(&man::page(Cli::command())?)?;
    Ok(Exit::Done)
}
