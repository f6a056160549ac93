//! The commands on a data folder. They read what a server kept, whether it runs or not, and change nothing; `import`
//! makes a new folder.

mod args;
mod export;
mod history;
mod import;
mod print;
mod time;
mod verify;

pub(crate) use args::{
    EXPORT_EXAMPLES, ExportArgs, FOLDER, HISTORY_EXAMPLES, HistoryArgs, IMPORT_EXAMPLES, ImportArgs,
    SEARCH_EXAMPLES, SearchArgs, VERIFY_EXAMPLES,
};
pub(crate) use export::run as export;
pub(crate) use history::{history, search};
pub(crate) use import::run as import;
pub(crate) use verify::run as verify;

use std::io::ErrorKind;

use chat_net::Archive;

use crate::cli::DataArgs;
use crate::exit::{self, Exit};
use crate::settings::data_folder;
use crate::store;

/// The version of exports that is written and read.
const VERSION: u32 = 1;

/// Opens the folder that `args` name, to read it.
///
/// # Errors
/// There is none, or it cannot be read; each says what to do and how the program ends.
fn open(args: &DataArgs) -> anyhow::Result<Archive> {
    let folder = data_folder(args)?;
    if let Err(error) = std::fs::metadata(folder.join("chat.db"))
        && error.kind() == ErrorKind::NotFound
    {
        let shown = folder.display();
        let why = format!("there is no history in {shown}; say with --data where the server keeps it");
        return Err(exit::because(Exit::Failed, why));
    }
    Archive::open(&folder).map_err(|error| store::cannot_open(&error))
}
