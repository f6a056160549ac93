//! What is said of an event in words, for the row that it becomes: the words that it has on a line, too.

use chat_net::chat_core::{Event, Offer, RequestId, RoomName, Timestamp, UserName};
use chat_net::codec::{FromServer, Told};
use indicatif::HumanBytes;

use crate::join::lines;
use crate::tui::clean::Clean;
use crate::tui::zone::Zone;

/// What happened in `room`: the line of it, without its time and room. Until when something is, the clock of that zone says.
pub(super) fn happened(zone: &Zone, at: Timestamp, room: &RoomName, event: &Event) -> Option<Clean> {
    let told = Told { re: RequestId::NONE, past: false, at, event: event.clone() };
    let line = lines(&FromServer::Told(zone.told(&told))).into_iter().next()?;
    let (_, words) = line.text.split_once(&format!("#{room}"))?;
    Some(Clean::line(words.trim_start_matches([':', ' ', '*']).trim_end()))
}

/// What stands where a message was.
pub(super) fn deleted(by: &UserName) -> Clean {
    Clean::line(&format!("(deleted by {by})"))
}

/// `offers you "photo.jpg" (3.24 MiB), file 7`
pub(super) fn offer(offer: &Offer, to_me: bool) -> Clean {
    let whom = if to_me { " you" } else { "" };
    let Offer { transfer, name, size, .. } = offer;
    Clean::line(&format!("offers{whom} \"{}\" ({}), file {transfer}", name.as_str(), HumanBytes(*size)))
}

pub(super) fn invited(room: &RoomName, user: &UserName, by: &UserName, is_me: bool) -> Clean {
    let (whom, may) = if is_me { ("you", "type") } else { (user.as_str(), "who may type") };
    Clean::line(&format!("{by} invites {whom} into #{room}: {may} /join {room}"))
}
