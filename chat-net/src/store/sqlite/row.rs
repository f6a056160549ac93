//! One stored row: its key, its binary form, its digest, and its link in the room's chain.

use chat_core::{Asked, Change, Event, Number, RequestId, RoomId, Seq, SessionId, Stamp, Timestamp};

use crate::codec::bincode::{from_stored, to_stored};
use crate::store::StoreError;

/// A number takes 36 bits of a key, a room the 27 above them.
const NUMBER_BITS: u32 = 36;

/// The hash of everything a room said up to some event.
pub(crate) type Chain = [u8; 32];

/// Before the first event.
pub(crate) const NO_CHAIN: Chain = [0; 32];

/// Where an event is kept: rooms one after the other, in each the events in the order of their numbers.
///
/// # Errors
/// More rooms were opened (134 million) or events numbered in one (68 thousand million) than can be kept.
pub(crate) fn key(room: RoomId, number: Number) -> Result<i64, StoreError> {
    if room.0 >> (63 - NUMBER_BITS) != 0 || number.0 >> NUMBER_BITS != 0 {
        let what =
            format!("room {room} or its event {number} is beyond what can be kept; import into a new store");
        return Err(StoreError::Failed(what));
    }
    Ok((room.0 << NUMBER_BITS | number.0).cast_signed())
}

/// The keys of everything that a room may ever say.
pub(crate) fn keys(room: RoomId) -> Result<(i64, i64), StoreError> {
    Ok((key(room, Number(0))?, key(room, Number((1 << NUMBER_BITS) - 1))?))
}

/// The tables of numbered events; see [`super::schema`].
pub(crate) const TABLES: [&str; 2] = ["messages", "notes"];

/// What [`Row::read`] reads, in this order.
pub(crate) const COLUMNS: &str = "id, ord, seq, at, session, request, fingerprint, event, sum, chain";

/// The number in a key.
pub(crate) fn number(key: i64) -> Number {
    Number(key.cast_unsigned() & ((1 << NUMBER_BITS) - 1))
}

/// The room in a key.
pub(crate) fn room(key: i64) -> RoomId {
    RoomId(key.cast_unsigned() >> NUMBER_BITS)
}

/// An event as it is stored, without its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) id: i64,
    pub(crate) ord: i64,
    pub(crate) stamp: Stamp,
    pub(crate) by: Option<Asked>,
    /// Binary form of the event.
    pub(crate) event: Vec<u8>,
}

impl Row {
    pub(crate) fn new(id: i64, ord: i64, stamp: Stamp, by: Option<Asked>, event: &Event) -> Row {
        Row { id, ord, stamp, by, event: to_stored(event) }
    }

    /// Reads [`COLUMNS`]: the row, the sum that was kept of it, and its link.
    pub(crate) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<(Row, i64, Chain)> {
        let stamp = stamp(row.get(2)?, row.get(3)?);
        let by = asked(row.get(4)?, row.get(5)?, row.get(6)?);
        let read = Row { id: row.get(0)?, ord: row.get(1)?, stamp, by, event: row.get(7)? };
        Ok((read, row.get(8)?, row.get(9)?))
    }

    /// The event, in the numbering that is in force for its room.
    pub(crate) fn event(&self, epoch: chat_core::Epoch) -> Option<Event> {
        let mut event: Event = from_stored(&self.event).ok()?;
        let place = event.place_mut()?;
        if place.number != number(self.id) {
            return None;
        }
        place.epoch = epoch;
        Some(event)
    }

    /// Everything about the row that must not change, in 32 bytes.
    pub(crate) fn digest(&self) -> Chain {
        let mut hasher = blake3::Hasher::new();
        for word in [self.id, self.ord, signed(self.stamp.seq.0), signed(self.stamp.at.0)] {
            hasher.update(&word.to_le_bytes());
        }
        if let Some(by) = &self.by {
            for word in [by.session.as_u64(), by.request.0, by.fingerprint] {
                hasher.update(&word.to_le_bytes());
            }
        }
        hasher.update(&self.event);
        *hasher.finalize().as_bytes()
    }
}

/// The link after `before` for a row of this digest.
pub(crate) fn link(before: &Chain, digest: &Chain) -> Chain {
    let mut hasher = blake3::Hasher::new();
    hasher.update(before).update(digest);
    *hasher.finalize().as_bytes()
}

/// What is kept of a digest in the row itself, to find a damaged row without its neighbours.
pub(crate) fn sum(digest: &Chain) -> i64 {
    let mut first = [0; 8];
    first.copy_from_slice(&digest[..8]);
    i64::from_le_bytes(first)
}

/// A change in the journal: its binary form, and the sum that goes with it.
pub(crate) fn journal_entry(ord: i64, stamp: Stamp, change: &Change) -> (Vec<u8>, i64) {
    let bytes = to_stored(change);
    let sum = journal_sum(ord, stamp, &bytes);
    (bytes, sum)
}

pub(crate) fn journal_sum(ord: i64, stamp: Stamp, change: &[u8]) -> i64 {
    let mut hasher = blake3::Hasher::new();
    for word in [ord, signed(stamp.seq.0), signed(stamp.at.0)] {
        hasher.update(&word.to_le_bytes());
    }
    sum(hasher.update(change).finalize().as_bytes())
}

/// SQLite's integers are signed; ids keep their bits.
pub(crate) fn signed(id: u64) -> i64 {
    id.cast_signed()
}

/// The two columns of a stamp.
pub(crate) fn stamp(seq: i64, at: i64) -> Stamp {
    Stamp { seq: Seq(seq.cast_unsigned()), at: Timestamp(at.cast_unsigned()) }
}

/// The three columns of an ask, if there is one.
pub(crate) fn asked(session: Option<i64>, request: Option<i64>, fingerprint: Option<i64>) -> Option<Asked> {
    Some(Asked {
        session: SessionId::from_u64(session?.cast_unsigned()),
        request: RequestId(request?.cast_unsigned()),
        fingerprint: fingerprint?.cast_unsigned(),
    })
}
