//! What the tests here have in common.

use chat_net::chat_core::{FileName, Offer, RoomName, Target, Timestamp, TransferId, UserName};

/// A user of that name.
pub(crate) fn user(name: &str) -> UserName {
    UserName::new(name, 32).unwrap()
}

/// What `from` offers, to a user or a `#room`.
pub(crate) fn offer(number: u64, from: &str, to: &str, name: &str, size: u64) -> Offer {
    let target = match to.strip_prefix('#') {
        Some(room) => Target::Room(RoomName::new(room, 64).unwrap()),
        None => Target::User(user(to)),
    };
    Offer {
        transfer: TransferId(number),
        from: user(from),
        to: target,
        name: FileName::new(name).unwrap(),
        size,
        hash: None,
        chunk_bytes: 65_536,
        expires: Timestamp(0),
    }
}
