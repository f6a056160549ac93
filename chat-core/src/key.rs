//! The key of a room, as somebody says it.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A word that opens a room, or its hash once it is [sealed](crate::Ask::seal). It is not shown by `Debug`: what prints an ask
/// to a log prints no key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "bincode", derive(bincode::Encode, bincode::Decode))]
#[serde(transparent)]
pub struct RoomKey(Arc<str>);

impl RoomKey {
    /// The word, or its hash.
    pub(crate) fn text(&self) -> &Arc<str> {
        &self.0
    }
}

impl Deref for RoomKey {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for RoomKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RoomKey(…)")
    }
}

impl From<&str> for RoomKey {
    fn from(key: &str) -> RoomKey {
        RoomKey(key.into())
    }
}

impl From<String> for RoomKey {
    fn from(key: String) -> RoomKey {
        RoomKey(key.into())
    }
}

impl From<Arc<str>> for RoomKey {
    fn from(key: Arc<str>) -> RoomKey {
        RoomKey(key)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Ask, ModeChange};

    #[test]
    fn what_prints_an_ask_prints_no_key() {
        let modes = ModeChange { key: Some("sesame".into()), ..ModeChange::default() };
        for ask in [
            Ask::Enter { room: "den".into(), key: "sesame".into(), since: None },
            Ask::SetModes { room: "den".into(), modes },
        ] {
            let shown = format!("{ask:?}");
            assert!(shown.contains("den") && !shown.contains("sesame"), "{shown}");
        }
    }
}
