//! What a room remembers of one user.

use serde::{Deserialize, Serialize};

use crate::id::Number;
#[cfg(feature = "bincode")]
use crate::roles::imposed::binary;
use crate::roles::{Imposed, Restricted, Restriction, Role};
use crate::stamp::Timestamp;

/// What a room remembers of one user: of an account for as long as the room is there, of a guest for the visit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// What the user is.
    pub role: Role,
    /// The last mute, whether it still holds or not.
    pub muted: Option<Imposed>,
    /// The last ban, whether it still holds or not.
    pub banned: Option<Imposed>,
    /// Whether the user was asked in.
    pub invited: bool,
    /// The room's last number before the user came first, where that matters: what came before is not shown, and
    /// whoever has one was let in and may come back.
    pub first: Option<Number>,
}

impl Standing {
    /// The ban that holds now.
    #[must_use]
    pub fn ban(&self, now: Timestamp) -> Option<&Restricted> {
        self.held(Restriction::Ban, now).map(|ban| &ban.restricted)
    }

    /// The mute that holds now.
    #[must_use]
    pub fn mute(&self, now: Timestamp) -> Option<&Restricted> {
        self.held(Restriction::Mute, now).map(|mute| &mute.restricted)
    }

    /// The ban or mute that holds now, with the rank of who imposed it.
    pub(crate) fn held(&self, what: Restriction, now: Timestamp) -> Option<&Imposed> {
        let last = match what {
            Restriction::Ban => &self.banned,
            Restriction::Mute => &self.muted,
        };
        last.as_ref().filter(|imposed| imposed.restricted.holds(now))
    }

    /// Whether the user comes in without a key or another invitation, unless banned.
    pub(crate) fn is_let_in(&self) -> bool {
        self.invited || self.first.is_some() || self.role > Role::Member
    }

    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        *self == Standing::default()
    }
}

#[cfg(feature = "bincode")]
impl bincode::Encode for Standing {
    fn encode<E: bincode::enc::Encoder>(&self, e: &mut E) -> Result<(), bincode::error::EncodeError> {
        let Standing { role, muted, banned, invited, first } = self;
        role.encode(e)?;
        binary::encode(muted.as_ref(), e)?;
        binary::encode(banned.as_ref(), e)?;
        (invited, first).encode(e)
    }
}

#[cfg(feature = "bincode")]
impl<C> bincode::Decode<C> for Standing {
    fn decode<D: bincode::de::Decoder<Context = C>>(d: &mut D) -> Result<Self, bincode::error::DecodeError> {
        let role = Role::decode(d)?;
        let (muted, banned) = (binary::decode(d)?, binary::decode(d)?);
        let (invited, first) = bincode::Decode::decode(d)?;
        Ok(Standing { role, muted, banned, invited, first })
    }
}

#[cfg(feature = "bincode")]
bincode::impl_borrow_decode!(Standing);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::roles::Rank;

    fn standing(by: Rank) -> Standing {
        let restricted = Restricted { until: Some(Timestamp(5)), reason: None };
        let muted = Some(Imposed { restricted, by });
        Standing { role: Role::Moderator, muted, banned: None, invited: true, first: Some(Number(7)) }
    }

    #[test]
    fn what_was_kept_before_ranks_were_is_a_moderators() {
        let old = r#"{"role":"moderator","muted":{"until":5,"reason":null},"banned":null,"invited":true,"first":7}"#;
        assert_eq!(serde_json::from_str::<Standing>(old).unwrap(), standing(Rank::Moderator));
    }

    #[cfg(feature = "bincode")]
    #[test]
    fn the_bytes_that_were_kept_before_ranks_were_are_a_moderators() {
        let standard = bincode::config::standard();
        // Moderator; muted, until 5, without a reason; not banned; invited; let in after 7.
        let old = [1, 1, 1, 5, 0, 0, 1, 1, 7];
        assert_eq!(bincode::encode_to_vec(standing(Rank::Moderator), standard).unwrap(), old);
        for (rank, tag) in [(Rank::Moderator, 1), (Rank::Owner, 2), (Rank::Operator, 3)] {
            let bytes = [1, tag, 1, 5, 0, 0, 1, 1, 7];
            assert_eq!(bincode::encode_to_vec(standing(rank), standard).unwrap(), bytes);
            assert_eq!(bincode::decode_from_slice(&bytes, standard).unwrap(), (standing(rank), bytes.len()));
        }
        assert!(bincode::decode_from_slice::<Standing, _>(&[1, 4, 1, 5, 0, 0, 1, 1, 7], standard).is_err());
    }

    #[test]
    fn the_rank_is_kept_in_text() {
        for rank in [Rank::Moderator, Rank::Owner, Rank::Operator] {
            let json = serde_json::to_string(&standing(rank)).unwrap();
            assert_eq!(serde_json::from_str::<Standing>(&json).unwrap(), standing(rank));
        }
    }
}
