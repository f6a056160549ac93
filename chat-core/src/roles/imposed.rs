//! A ban or mute as a room keeps it: with the rank of who imposed it, below which nobody lifts it.

use serde::{Deserialize, Serialize};

use crate::roles::{Rank, Restricted};

/// A ban or mute as a room keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imposed {
    /// How long it holds, and why.
    #[serde(flatten)]
    pub restricted: Restricted,
    /// What whoever imposed it was then. It stays when that role is taken away. What was kept before ranks were counts as a
    /// moderator's.
    #[serde(default = "of_old")]
    pub by: Rank,
}

fn of_old() -> Rank {
    Rank::Moderator
}

/// How one is counted in a digest, and begins in binary. Before ranks were kept there was an option, 0 for none and 1 for
/// some: the bytes and digests of then mean what they meant.
pub(crate) fn tag(imposed: Option<&Imposed>) -> u8 {
    match imposed.map(|imposed| imposed.by) {
        None => 0,
        Some(Rank::Member | Rank::Moderator) => 1,
        Some(Rank::Owner) => 2,
        Some(Rank::Operator) => 3,
    }
}

#[cfg(feature = "bincode")]
pub(crate) mod binary {
    use bincode::de::Decoder;
    use bincode::enc::Encoder;
    use bincode::error::{DecodeError, EncodeError};
    use bincode::{Decode, Encode};

    use super::{Imposed, tag};
    use crate::roles::Rank;

    pub(crate) fn encode<E: Encoder>(imposed: Option<&Imposed>, e: &mut E) -> Result<(), EncodeError> {
        tag(imposed).encode(e)?;
        imposed.map_or(Ok(()), |imposed| imposed.restricted.encode(e))
    }

    pub(crate) fn decode<D: Decoder>(d: &mut D) -> Result<Option<Imposed>, DecodeError> {
        let by = match u8::decode(d)? {
            0 => return Ok(None),
            1 => Rank::Moderator,
            2 => Rank::Owner,
            3 => Rank::Operator,
            _ => return Err(DecodeError::Other("a ban or mute by nobody")),
        };
        Ok(Some(Imposed { restricted: Decode::decode(d)?, by }))
    }
}
