//! What connections and asks are counted under.

use chat_core::{Ask, Query};

use crate::codec::Form;

/// What a connection speaks, as it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ClientKind {
    /// Lines, by a person.
    Person,
    /// One JSON object a line.
    JsonLines,
    /// JSON in length-prefixed frames.
    JsonFrames,
    /// bincode in length-prefixed frames.
    Bincode,
    /// JSON in a WebSocket.
    WsJson,
    /// bincode in a WebSocket.
    WsBincode,
    /// A program of the server's own process, see [`ServerHandle::join`](crate::ServerHandle::join).
    InProcess,
}

impl ClientKind {
    /// Every kind.
    pub const ALL: &'static [ClientKind] = &[
        ClientKind::Person,
        ClientKind::JsonLines,
        ClientKind::JsonFrames,
        ClientKind::Bincode,
        ClientKind::WsJson,
        ClientKind::WsBincode,
        ClientKind::InProcess,
    ];

    /// Its name, as a label of metrics has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            ClientKind::Person => "person",
            ClientKind::JsonLines => "json_lines",
            ClientKind::JsonFrames => "json_frames",
            ClientKind::Bincode => "bincode",
            ClientKind::WsJson => "ws_json",
            ClientKind::WsBincode => "ws_bincode",
            ClientKind::InProcess => "in_process",
        }
    }

    pub(crate) fn of(form: Form, is_house: bool) -> ClientKind {
        match form {
            _ if is_house => ClientKind::InProcess,
            Form::Text => ClientKind::Person,
            Form::JsonLines => ClientKind::JsonLines,
            Form::JsonFrames => ClientKind::JsonFrames,
            Form::Bincode => ClientKind::Bincode,
            Form::WsJson => ClientKind::WsJson,
            Form::WsBincode => ClientKind::WsBincode,
        }
    }

    pub(super) fn index(self) -> usize {
        self as usize
    }
}

/// The names of all that can be asked, in the order of [`of_ask`] and [`of_query`].
pub(super) const ASKS: [&str; 29] = [
    "join",
    "leave",
    "say",
    "whisper",
    "topic",
    "offer",
    "accept",
    "decline",
    "pause",
    "hash",
    "finish",
    "cancel",
    "enter",
    "set_role",
    "kick",
    "ban",
    "unban",
    "mute",
    "unmute",
    "invite",
    "set_modes",
    "delete",
    "users",
    "rooms",
    "history",
    "search",
    "transfers",
    "room",
    "audit",
];

pub(super) fn of_ask(ask: &Ask) -> usize {
    match ask {
        Ask::Join { .. } => 0,
        Ask::Leave { .. } => 1,
        Ask::Say { .. } => 2,
        Ask::Whisper { .. } => 3,
        Ask::Topic { .. } => 4,
        Ask::Offer { .. } => 5,
        Ask::Accept { .. } => 6,
        Ask::Decline { .. } => 7,
        Ask::Pause { .. } => 8,
        Ask::Hash { .. } => 9,
        Ask::Finish { .. } => 10,
        Ask::Cancel { .. } => 11,
        Ask::Enter { .. } => 12,
        Ask::SetRole { .. } => 13,
        Ask::Kick { .. } => 14,
        Ask::Ban { .. } => 15,
        Ask::Unban { .. } => 16,
        Ask::Mute { .. } => 17,
        Ask::Unmute { .. } => 18,
        Ask::Invite { .. } => 19,
        Ask::SetModes { .. } => 20,
        Ask::Delete { .. } => 21,
    }
}

pub(super) fn of_query(query: &Query) -> usize {
    match query {
        Query::Users { .. } => 22,
        Query::Rooms { .. } => 23,
        Query::History { .. } => 24,
        Query::Search { .. } => 25,
        Query::Transfers {} => 26,
        Query::Room { .. } => 27,
        Query::Audit { .. } => 28,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat_core::{EndReason, FileHash, ModeChange, PauseReason, Recipient, Role, TransferId};

    #[test]
    fn kinds_stand_where_their_numbers_say() {
        for (at, kind) in ClientKind::ALL.iter().enumerate() {
            assert_eq!(kind.index(), at, "{kind:?}");
        }
    }

    /// The names are those of the wire.
    #[test]
    fn asks_are_named_as_in_json() {
        let (text, transfer): (std::sync::Arc<str>, _) = ("x".into(), TransferId(1));
        let (room, body) = (text.clone(), text.clone());
        let name = |value: serde_json::Value| value["type"].as_str().unwrap().to_owned();
        for ask in [
            Ask::Join { room: room.clone(), since: None },
            Ask::Leave { room: room.clone() },
            Ask::Say { room: room.clone(), body: body.clone() },
            Ask::Whisper { to: text.clone(), body: body.clone() },
            Ask::Topic { room: room.clone(), topic: text.clone() },
            Ask::Offer {
                to: Recipient::User(text.clone()),
                name: text.clone(),
                size: 1,
                hash: None,
                chunk_bytes: 0,
            },
            Ask::Accept { transfer, from: 0, prefix: None },
            Ask::Decline { transfer },
            Ask::Pause { transfer, why: PauseReason::Asked },
            Ask::Hash { transfer, hash: FileHash([0; 32]) },
            Ask::Finish { transfer },
            Ask::Cancel { transfer, user: None, why: EndReason::Cancelled },
            Ask::Enter { room: room.clone(), key: text.clone().into(), since: None },
            Ask::SetRole { room: room.clone(), user: text.clone(), role: Role::Owner },
            Ask::Kick { room: room.clone(), user: text.clone(), reason: None },
            Ask::Ban { room: room.clone(), user: text.clone(), for_ms: None, reason: None },
            Ask::Unban { room: room.clone(), user: text.clone() },
            Ask::Mute { room: room.clone(), user: text.clone(), for_ms: None, reason: None },
            Ask::Unmute { room: room.clone(), user: text.clone() },
            Ask::Invite { room: room.clone(), user: text.clone() },
            Ask::SetModes { room: room.clone(), modes: ModeChange::default() },
            Ask::Delete { room: room.clone(), number: chat_core::Number(1) },
        ] {
            assert_eq!(ASKS[of_ask(&ask)], name(serde_json::to_value(&ask).unwrap()));
        }
        for query in [
            Query::Users { room: None, after: None },
            Query::Rooms { after: None },
            Query::Room { room: room.clone() },
            Query::Audit { before: None },
            Query::History { room, anchor: chat_core::Anchor::Latest, limit: 1 },
            Query::Search { words: text, room: None, before_time: None, limit: 1 },
            Query::Transfers {},
        ] {
            assert_eq!(ASKS[of_query(&query)], name(serde_json::to_value(&query).unwrap()));
        }
    }
}
