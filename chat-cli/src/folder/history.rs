//! `history` and `search`: messages that were kept.

use std::io::{BufWriter, Write, stdout};

use chat_net::chat_core::RoomName;
use chat_net::sqlite::RoomSummary;
use chat_net::{Archive, Messages, PageLimit, Past};

use super::args::{HistoryArgs, SearchArgs};
use super::open;
use super::print::{Printer, count};
use crate::exit::Exit;
use crate::output;
use crate::settings::room_name;
use crate::store::failed;

/// Prints messages of a room, or without a room, which rooms there are.
///
/// # Errors
/// The folder cannot be read, what was asked for is damaged, or there is no such room.
pub(crate) fn history(args: &HistoryArgs) -> anyhow::Result<Exit> {
    let archive = open(&args.data)?;
    let Some(room) = &args.room else { return rooms(&archive, args.json) };
    let limit = PageLimit { events: args.limit(), bytes: usize::MAX };
    let found = archive
        .messages(room_name(room)?.as_str(), args.anchor.anchor(), limit)
        .map_err(|error| failed(&error))?;
    print(&found, args.json)?;
    if args.json {
        return Ok(Exit::Done);
    }
    let number = |past: Option<&Past>| past.and_then(|past| past.event.place()).map(|place| place.number);
    match (number(found.events.first()), number(found.events.last())) {
        (Some(first), Some(last)) => {
            if found.older {
                output::status(&format!("- there are older ones: --before {first}"));
            }
            if found.newer {
                output::status(&format!("- there are newer ones: --after {last}"));
            }
        }
        _ => output::status("- no messages there"),
    }
    Ok(Exit::Done)
}

/// Prints the messages that hold some words.
///
/// # Errors
/// As [`history`].
pub(crate) fn search(args: &SearchArgs) -> anyhow::Result<Exit> {
    let archive = open(&args.data)?;
    let rooms = args.room.iter().map(|room| room_name(room)).collect::<anyhow::Result<Vec<_>>>()?;
    let rooms: Vec<&str> = rooms.iter().map(RoomName::as_str).collect();
    let limit = PageLimit { events: args.limit as usize, bytes: usize::MAX };
    let rooms = Some(rooms.as_slice()).filter(|rooms| !rooms.is_empty());
    let found = archive
        .search(&args.words.join(" "), rooms, args.before_time, limit)
        .map_err(|error| failed(&error))?;
    print(&found, args.json)?;
    if args.json {
        return Ok(Exit::Done);
    }
    match found.events.first() {
        None => output::status("- no message holds that"),
        Some(oldest) if found.older => {
            let time = super::time::exact(oldest.stamp.at);
            output::status(&format!("- there are older ones: --before-time {time}"));
        }
        Some(_) => {}
    }
    Ok(Exit::Done)
}

fn print(found: &Messages, json: bool) -> std::io::Result<()> {
    let mut printer = Printer::new(BufWriter::new(stdout()), json);
    found.events.iter().try_for_each(|past| printer.event(past))?;
    printer.finish().map(drop)
}

fn rooms(archive: &Archive, json: bool) -> anyhow::Result<Exit> {
    let rooms = archive.rooms().map_err(|error| failed(&error))?;
    let mut out = BufWriter::new(stdout());
    for room in &rooms {
        writeln!(out, "{}", summary(room, json))?;
    }
    out.flush()?;
    if rooms.is_empty() && !json {
        output::status("- no rooms there");
    }
    Ok(Exit::Done)
}

fn summary(room: &RoomSummary, json: bool) -> String {
    let RoomSummary { room, epoch, first, head, messages, bytes, .. } = room;
    if json {
        let line = serde_json::json!({
            "room": room, "epoch": epoch, "first": first, "head": head, "messages": messages, "bytes": bytes,
        });
        return line.to_string();
    }
    if first > head {
        return format!("#{room}: nothing kept");
    }
    let messages = count(*messages, "message");
    format!("#{room}: {messages}, numbers {first} to {head}, {bytes} bytes")
}
