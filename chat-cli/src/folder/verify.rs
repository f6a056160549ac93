//! `verify`: reads everything that was kept, and names what is not as it was written.

use std::io::{IsTerminal, Write, stderr};

use chat_net::chat_core::printable;

use super::open;
use super::print::count;
use crate::cli::DataArgs;
use crate::exit::Exit;
use crate::{output, store};

/// Reads everything. What is bad is on standard output, one line for each; how it went on standard error.
///
/// # Errors
/// The folder cannot be read. That something in it is damaged is no error, but ends with [`Exit::Failed`].
pub(crate) fn run(args: &DataArgs) -> anyhow::Result<Exit> {
    let archive = open(args)?;
    let is_watched = stderr().is_terminal();
    let mut progress = |room: &str, events: u64| {
        if is_watched {
            // Nobody can be told if that fails. The line is written over by the next one.
            let _ = write!(stderr(), "\r\x1b[K- #{}: {events} events so far", printable(room));
        }
    };
    let verified = archive.verify(&mut progress);
    if is_watched {
        let _ = write!(stderr(), "\r\x1b[K");
    }
    let verified = verified.map_err(|error| store::failed(&error))?;
    for bad in &verified.bad {
        output::line(&printable(&bad.to_string()))?;
    }
    let (events, rooms) = (count(verified.events, "event"), count(verified.rooms, "room"));
    let whole = if verified.bad.is_empty() { "all is as it was written" } else { "the others are damaged" };
    output::status(&format!("- {events} in {rooms} read and found whole; {whole}"));
    if verified.bad.is_empty() {
        return Ok(Exit::Done);
    }
    output::status(
        "- put back a copy, or save what can be read with 'chat-cli export' and 'chat-cli import'",
    );
    Ok(Exit::Failed)
}
