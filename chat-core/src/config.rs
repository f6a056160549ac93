//! Every limit of the core, with its name and default. All replicas of one log need the same.

use serde::{Deserialize, Serialize};

use crate::id::Epoch;
use crate::name::{RoomName, UserName};

/// The limits of a [`Chat`](crate::Chat). Lengths are bytes of UTF-8, times are milliseconds.
///
/// ```
/// use chat_core::Config;
/// let config = Config { body_bytes: 500, ..Config::default() };
/// assert_eq!(config.name_bytes, 32);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Which numbering the rooms opened from now on belong to; comes from outside the core. At most 2^53 − 1.
    pub epoch: Epoch,
    /// Longest user name; longer is refused `bad_name`. At most [`MAX_NAME_BYTES`](crate::MAX_NAME_BYTES).
    pub name_bytes: usize,
    /// Longest room name; longer is refused `bad_name`.
    pub room_name_bytes: usize,
    /// Longest message; longer is refused `too_long`.
    pub body_bytes: usize,
    /// Longest topic; longer is refused `too_long`.
    pub topic_bytes: usize,
    /// User names nobody may take; compared without regard to case, refused `name_reserved`.
    pub reserved_names: Vec<UserName>,
    /// Rooms one session may be in at once; one more is refused `too_many_rooms`.
    pub rooms_per_session: usize,
    /// Rooms in all. At it, the empty room unused for longest goes away; if none is empty, `rooms_full`.
    pub rooms: usize,
    /// A room with more members than this is big: joins and leaves are told as one digest, and who lingers is not told.
    pub big_room_members: usize,
    /// How long joins and leaves of a big room are gathered into one digest.
    pub digest_ms: u64,
    /// How many names of those who joined, and of those who left, one digest holds.
    pub digest_names: usize,
    /// How long a dropped session stays a member and keeps its name, silently.
    pub linger_ms: u64,
    /// How long after the drop a session can still be resumed; from `linger_ms` on without its name held.
    pub resumable_ms: u64,
    /// The same of an account's session, which is one device of it; what is sent and received there is waited for as for
    /// any other.
    pub device_ms: u64,
    /// Sessions of guests without a connection, lingering or asleep. At it, the one that was dropped first ends.
    pub detached: usize,
    /// The same of accounts' sessions, counted apart: no guests, however many, end a device that sleeps with its whispers.
    pub detached_devices: usize,
    /// Secrets of a session that were used up and are still known; one that returns ends the session, an older one is
    /// taken for no secret at all. As many may have been told in welcomes since the last one that was used.
    pub spent_secrets: usize,
    /// Accounts in all, disabled ones among them; one more is refused `accounts_full`.
    pub accounts: usize,
    /// Whether only accounts get in: a name without a login is refused `login_required`.
    pub accounts_required: bool,
    /// Sessions of one account. At it, the one that has had no connection for longest makes way for a new one, or, if all
    /// have one, the first that came; it is closed with `logged_out`.
    pub devices: usize,
    /// Answers remembered for each session, so that a repeated ask returns the first one.
    pub answers: usize,
    /// The last whispers to a session that are kept, so that one lost with a connection is told again.
    pub whispers: usize,
    /// Bytes of text in those whispers; the last is kept whatever its length.
    pub whisper_bytes: usize,
    /// Whispers that wait for an account while nobody reads them: at it, and for one sender at a quarter of it, one more is
    /// refused `whispers_full`. Of those that are kept for each of its sessions, the last so many.
    pub account_whispers: usize,
    /// Bytes of text in those, likewise; the first, and one of each sender, may have any length.
    pub account_whisper_bytes: usize,
    /// Bytes of text in all whispers that are kept for anybody. At it, those to somebody without a connection are refused
    /// `whispers_full`.
    pub kept_whisper_bytes: usize,
    /// Invitations kept for a session without a connection; at it, the oldest goes, and stands all the same.
    pub invitations: usize,
    /// Longest file that may be offered; longer is refused `bad_file`. At most 2^53 − 1.
    pub file_bytes: u64,
    /// Bytes in one chunk, unless the sender wants less; 4 KiB to 1 MiB.
    pub chunk_bytes: u32,
    /// How long an offer can be accepted; then it is closed with `expired`.
    pub offer_ms: u64,
    /// Files one session may offer or send at once, and as many may it receive; one more is refused
    /// `too_many_transfers`. Of those that it sent and that are over, the last so many are kept for `resumable_ms`.
    pub transfers_per_user: usize,
    /// Offers that may wait for one session's answer, and that may be open in one room; one more is refused
    /// `too_many_transfers`. Of those that are over, the last so many are kept for `resumable_ms`.
    pub offers_to_user: usize,
    /// Transfers in all, those among them that ended a moment ago; at it, the oldest of those is forgotten, and if there is
    /// none, `transfers_full`. As many may receive one of them.
    pub transfers: usize,
    /// Longest key of a room; longer is refused `too_long`. Judged before it is hashed, see
    /// [`Ask::seal`](crate::Ask::seal).
    pub key_bytes: usize,
    /// Rooms that belong to the operators of the server, not to whoever comes first; anybody may come in.
    pub server_rooms: Vec<RoomName>,
    /// Who may make rooms by joining them; all others are refused `cannot_join`.
    pub room_makers: RoomMakers,
    /// Acts of moderation that are remembered for operators; at it, the oldest of the room with most is forgotten; of
    /// those without a room the oldest, while they are more than half.
    pub audit: usize,
    /// The messages of a room that were deleted last and are remembered, so that two who delete one at once are not both told
    /// that they did; at it, the first of those is forgotten.
    pub deletions: usize,
    /// Names in one page of users, and, divided by five, rooms in one page of rooms and transfers in a list of them.
    pub page: usize,
}

/// Who may make rooms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomMakers {
    /// Whoever joins one that is not there.
    #[default]
    Everyone,
    /// Whoever has an account.
    Accounts,
    /// Operators of the server.
    Operators,
}

impl Default for Config {
    fn default() -> Config {
        let reserved = ["server", "system", "admin", "root", "everyone", "here"];
        Config {
            epoch: Epoch(1),
            name_bytes: 32,
            room_name_bytes: 64,
            body_bytes: 4096,
            topic_bytes: 400,
            reserved_names: reserved.iter().filter_map(|name| UserName::new(name, 32).ok()).collect(),
            rooms_per_session: 100,
            rooms: 10_000,
            big_room_members: 500,
            digest_ms: 2_000,
            digest_names: 20,
            linger_ms: 30_000,
            resumable_ms: 300_000,
            device_ms: 30 * 24 * 3_600_000,
            detached: 10_000,
            detached_devices: 10_000,
            spent_secrets: 8,
            accounts: 10_000,
            accounts_required: false,
            devices: 16,
            answers: 256,
            whispers: 32,
            whisper_bytes: 16 * 1024,
            account_whispers: 256,
            account_whisper_bytes: 64 * 1024,
            kept_whisper_bytes: 256 * 1024 * 1024,
            invitations: 100,
            file_bytes: 1 << 50,
            chunk_bytes: 64 * 1024,
            offer_ms: 300_000,
            transfers_per_user: 10,
            offers_to_user: 100,
            transfers: 10_000,
            key_bytes: 64,
            server_rooms: Vec::new(),
            room_makers: RoomMakers::Everyone,
            audit: 1_000,
            deletions: 64,
            page: 500,
        }
    }
}

impl Config {
    /// Takes `text` as a user's name, by this config's limit. A reserved name is still a name.
    ///
    /// # Errors
    /// Says which rule of names the text breaks.
    pub fn user_name(&self, text: &str) -> Result<UserName, crate::NameError> {
        UserName::new(text, self.name_bytes)
    }

    /// Takes `text` as a room's name, by this config's limit.
    ///
    /// # Errors
    /// Says which rule of names the text breaks.
    pub fn room_name(&self, text: &str) -> Result<RoomName, crate::NameError> {
        RoomName::new(text, self.room_name_bytes)
    }
}
