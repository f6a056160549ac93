//! `export`: every numbered event as JSON lines, page by page, in memory that does not grow with the history.

use std::fs::{self, File};
use std::io::{BufWriter, ErrorKind, Write, stdout};
use std::path::{Path, PathBuf};

use anyhow::Context;
use chat_net::chat_core::{Number, printable};
use chat_net::sqlite::RoomSummary;
use chat_net::{Archive, PageLimit, StoreError};

use super::args::ExportArgs;
use super::print::Printer;
use super::{VERSION, open};
use crate::exit::{self, Exit};
use crate::settings::room_name;
use crate::{output, store};

/// What is in memory at once.
const PAGE: PageLimit = PageLimit { events: 1000, bytes: 1 << 20 };

/// Exports.
///
/// # Errors
/// The folder cannot be read, or the output not written; or something had to be left out, which ends with
/// [`Exit::Storage`] after all else was written.
pub(crate) fn run(args: &ExportArgs) -> anyhow::Result<Exit> {
    let archive = open(&args.data)?;
    let rooms = chosen(&archive, &args.room)?;
    let left_out = match &args.output {
        None => write(&archive, &rooms, BufWriter::new(stdout()))?.1,
        Some(path) => into_file(path, |file| write(&archive, &rooms, file))
            .with_context(|| format!("cannot write {}", path.display()))?,
    };
    match left_out {
        0 => Ok(Exit::Done),
        _ => Err(exit::because(Exit::Storage, "what is damaged was left out; all else was exported")),
    }
}

/// The rooms to export, by name.
fn chosen(archive: &Archive, names: &[String]) -> anyhow::Result<Vec<RoomSummary>> {
    let mut rooms = archive.rooms().map_err(|error| store::failed(&error))?;
    let names = names.iter().map(|name| room_name(name)).collect::<anyhow::Result<Vec<_>>>()?;
    if let Some(unknown) = names.iter().find(|name| !rooms.iter().any(|room| room.room == **name)) {
        let why = format!("there is no room {unknown}; 'chat-cli history' lists the rooms");
        return Err(exit::because(Exit::Failed, why));
    }
    rooms.retain(|room| names.is_empty() || names.contains(&room.room));
    Ok(rooms)
}

/// Writes everything; also gives how many places had to be left out.
fn write<W: Write>(archive: &Archive, rooms: &[RoomSummary], mut out: W) -> anyhow::Result<(W, usize)> {
    writeln!(out, "{{\"export\":\"chat\",\"version\":{VERSION},\"rooms\":{}}}", rooms.len())?;
    let mut printer = Printer::new(out, true);
    let mut left_out = 0;
    for room in rooms {
        left_out += write_room(archive, room, &mut printer)?;
    }
    Ok((printer.finish()?, left_out))
}

/// Writes what can be read of a room up to where it was when this began.
fn write_room<W: Write>(
    archive: &Archive,
    room: &RoomSummary,
    printer: &mut Printer<W>,
) -> anyhow::Result<usize> {
    let (mut after, mut left_out, mut last_damage) = (Number(0), 0, String::new());
    while after < room.head {
        let page = match archive.events(room.epoch, after, PAGE) {
            Ok(page) => page,
            // Asked again, the archive goes on behind it; the same once more would never end.
            Err(StoreError::Damaged(what)) if what != last_damage => {
                output::status(&format!("- left out: {}", printable(&what)));
                left_out += 1;
                last_damage = what;
                continue;
            }
            Err(error) => return Err(store::failed(&error)),
        };
        for past in &page.events {
            let Some(number) = past.event.place().map(|place| place.number) else { continue };
            if number > room.head {
                return Ok(left_out);
            }
            printer.event(past)?;
            after = number;
        }
        if !page.more {
            break;
        }
    }
    Ok(left_out)
}

/// Writes a file for its owner alone, which is there whole, or not at all.
fn into_file(
    path: &Path,
    write: impl FnOnce(BufWriter<File>) -> anyhow::Result<(BufWriter<File>, usize)>,
) -> anyhow::Result<usize> {
    let is_special = fs::metadata(path).is_ok_and(|found| !found.is_file());
    if is_special {
        // A pipe or a device cannot be replaced, and is not to be.
        return Ok(write(BufWriter::new(File::options().write(true).open(path)?))?.1);
    }
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let written = || {
        let (out, left_out) = write(BufWriter::new(private(&part)?))?;
        out.into_inner()?.sync_all()?;
        fs::rename(&part, path)?;
        Ok(left_out)
    };
    let result = written();
    if result.is_err() {
        // Half an export is worth nothing; that it could not be removed is not what went wrong.
        let _ = fs::remove_file(&part);
    }
    result
}

/// Made anew: what an earlier try left may be for others to read, or a link.
fn private(path: &Path) -> std::io::Result<File> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    crate::private::file().open(path)
}
