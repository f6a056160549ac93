//! How a room is run: what can be set, what is told of it, and what is held.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::MAX_JSON_INTEGER;
use crate::key::RoomKey;
use crate::rejection::Rejection;
use crate::text::Body;

/// The longest slow mode, in seconds.
pub const MAX_SLOW_S: u32 = 120;

/// The longest that a key may be hashed to, in bytes.
const SEALED_BYTES: usize = 128;

/// From where on members may read a room's history.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(rename_all = "snake_case")]
pub enum HistoryFrom {
    /// All that is kept.
    #[default]
    Start,
    /// What came after they did.
    Join,
}

/// What is to be changed about how a room is run; what is none stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(default)]
pub struct ModeChange {
    /// Whether only those who are invited come in; all others cannot tell the room from one that is not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invite_only: Option<bool>,
    /// A word that must be given to come in; empty: none any more. It is replaced by its hash before the log, see
    /// [`Ask::seal`](crate::Ask::seal).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<RoomKey>,
    /// Whether only moderators and owners talk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub moderated: Option<bool>,
    /// So many seconds must be between two messages of a member; 0: none. At most [`MAX_SLOW_S`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slow_s: Option<u32>,
    /// From where on history is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryFrom>,
    /// How long messages are kept, in milliseconds; 0: as long as the server keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retention_ms: Option<u64>,
}

/// How a room is run, as it is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct Modes {
    /// Whether only those who are invited come in.
    pub invite_only: bool,
    /// Whether a key must be given to come in.
    pub has_key: bool,
    /// Whether only moderators and owners talk.
    pub moderated: bool,
    /// So many seconds must be between two messages of a member; 0: none.
    pub slow_s: u32,
    /// From where on history is read.
    pub history: HistoryFrom,
    /// How long messages are kept, in milliseconds; 0: as long as the server keeps them.
    pub retention_ms: u64,
}

/// How a room is run, with what is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
pub struct HeldModes {
    /// All but the key.
    pub(crate) modes: Modes,
    /// The key's hash, if there is a key.
    pub(crate) key: Option<Arc<str>>,
}

impl ModeChange {
    /// Whether it asks for no more than a moderator may change.
    pub(crate) fn is_of_pace(&self) -> bool {
        let ModeChange { invite_only, key, moderated: _, slow_s: _, history, retention_ms } = self;
        invite_only.is_none() && key.is_none() && history.is_none() && retention_ms.is_none()
    }

    /// What is held once it is made.
    ///
    /// # Errors
    /// A slow mode or a time to keep messages beyond its limit, or a key that is none.
    pub(crate) fn apply(&self, held: &HeldModes) -> Result<HeldModes, Rejection> {
        let mut new = held.clone();
        let modes = &mut new.modes;
        if let Some(slow_s) = self.slow_s {
            if slow_s > MAX_SLOW_S {
                let why = format!("slow mode is 1 to {MAX_SLOW_S} seconds, or 0 for none");
                return Err(Rejection::BadMode { why: why.into() });
            }
            modes.slow_s = slow_s;
        }
        if let Some(retention_ms) = self.retention_ms {
            if retention_ms > MAX_JSON_INTEGER {
                let why = "messages cannot be kept for that long, 0 keeps them as long as the server does";
                return Err(Rejection::BadMode { why: why.into() });
            }
            modes.retention_ms = retention_ms;
        }
        match &self.key {
            Some(key) if key.is_empty() => new.key = None,
            Some(key) => new.key = Some(Body::new(key.text(), SEALED_BYTES)?.into()),
            None => {}
        }
        modes.has_key = new.key.is_some();
        modes.invite_only = self.invite_only.unwrap_or(modes.invite_only);
        modes.moderated = self.moderated.unwrap_or(modes.moderated);
        modes.history = self.history.unwrap_or(modes.history);
        Ok(new)
    }
}

impl fmt::Display for Modes {
    /// Those that are on: `invite-only key moderated slow=10 history=join retention=86400000`; `none` if none is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Modes { invite_only, has_key, moderated, slow_s, history, retention_ms } = *self;
        let mut parts = Vec::new();
        let flags = [(invite_only, "invite-only"), (has_key, "key"), (moderated, "moderated")];
        parts.extend(flags.iter().filter(|(on, _)| *on).map(|(_, name)| (*name).to_owned()));
        if slow_s > 0 {
            parts.push(format!("slow={slow_s}"));
        }
        if history == HistoryFrom::Join {
            parts.push("history=join".to_owned());
        }
        if retention_ms > 0 {
            parts.push(format!("retention={retention_ms}"));
        }
        f.write_str(if parts.is_empty() { "none" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}
