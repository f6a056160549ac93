//! What the server tells, made up for the tests.

use std::sync::Arc;

use chat_net::chat_core::{
    Body, Departure, Epoch, Event, Number, Place, RequestId, RoomName, Since, Timestamp, UserName,
};
use chat_net::codec::{RoomPosition, Told, Welcome, WireLimits};

use super::line::Line;
use super::typed::Step;

/// A moment after all that is told.
pub(super) const NOW: Timestamp = Timestamp(1_763_733_909_999);

pub(super) fn place(room: &str) -> Place {
    Place { room: RoomName::new(room, 64).unwrap(), epoch: Epoch(1), number: Number(1) }
}

pub(super) fn user(name: &str) -> UserName {
    UserName::new(name, 32).unwrap()
}

pub(super) fn told(past: bool, event: Event) -> Told {
    Told { re: RequestId::NONE, past, at: Timestamp(1_763_733_909_123), event }
}

/// The answer to a join.
pub(super) fn members(room: &str, fresh: bool) -> Told {
    told(false, Event::Members { place: place(room), fresh, total: 1, users: vec![user("me")] })
}

pub(super) fn said(room: &str, past: bool) -> Told {
    let body = Body::new(&Arc::from("hi"), 99).unwrap();
    told(past, Event::Said { place: place(room), from: user("alice"), body })
}

pub(super) fn left(room: &str) -> Told {
    told(false, Event::Left { place: place(room), user: user("ME"), why: Departure::Left })
}

/// A connection is made while in these rooms.
pub(super) fn welcome(resumed: bool, rooms: &[&str]) -> Welcome {
    let since = Since { epoch: Epoch(1), number: Number(1) };
    let rooms = rooms.iter().map(|room| RoomPosition { room: (*room).into(), since }).collect();
    let limits = WireLimits { body_bytes: 1, frame_bytes: 1, rooms: 1, unanswered: 1 };
    Welcome {
        user: "me".into(),
        resumed,
        token: "secret".into(),
        resumable_ms: 1,
        at: Timestamp(0),
        durability: "memory".into(),
        rooms,
        limits,
    }
}

/// What is shown of a line that this answers.
pub(super) fn note(what: &str) -> Step {
    Step::Show(vec![Line::note(what)])
}

/// The lines as they are printed, each ended.
pub(super) fn printed(lines: &[Line]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}
