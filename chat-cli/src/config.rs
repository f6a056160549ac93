//! `config`: show the settings in force, or check a file of them.

use crate::cli::ConfigCommand;
use crate::exit::Exit;
use crate::output;
use crate::settings::{ServeSettings, as_toml};

/// Does what `command` says.
///
/// # Errors
/// The settings are wrong: ends with [`Exit::Config`] and says where.
pub(crate) fn run(command: &ConfigCommand) -> anyhow::Result<Exit> {
    match command {
        ConfigCommand::Print(args) => {
            let settings = ServeSettings::resolve(args)?;
            output::text(&as_toml(&settings)?)?;
        }
        ConfigCommand::Check { file } => {
            ServeSettings::check_file(file)?;
            output::status(&format!("{}: ok", file.display()));
        }
    }
    Ok(Exit::Done)
}
