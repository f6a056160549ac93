//! What the command line says about itself to shells and to `man`.

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
    output::text(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// Prints the manual: a page for the program and one for each command, one after the other.
///
/// # Errors
/// Standard output is gone.
pub(crate) fn man() -> anyhow::Result<Exit> {
    let mut program = Cli::command();
    program.build();
    let mut pages = Vec::new();
    clap_mangen::Man::new(program.clone()).render(&mut pages)?;
    for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
        clap_mangen::Man::new(command.clone()).render(&mut pages)?;
    }
    output::text(&String::from_utf8_lossy(&pages))?;
    Ok(Exit::Done)
}
