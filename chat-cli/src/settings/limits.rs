//! The table of limits: every limit of the engine and of the server by the name it has in settings.

use chat_net::Limits;
use chat_net::chat_core::{Config, MAX_CHUNK_BYTES, MAX_JSON_INTEGER, MAX_NAME_BYTES, MIN_CHUNK_BYTES};

use crate::units::Unit;

/// All limits: the engine's, the server's and those of the data folder.
#[derive(Clone, Debug, Default)]
pub(crate) struct AllLimits {
    /// The engine's.
    pub(crate) core: Config,
    /// The server's.
    pub(crate) net: Limits,
    /// The data folder's.
    pub(crate) keep: KeepLimits,
}

/// How much a data folder keeps.
#[derive(Clone, Debug)]
pub(crate) struct KeepLimits {
    /// A room's event is kept for so long; 0: for ever.
    pub(crate) age_ms: u64,
    /// So many events of a room are kept; 0: all.
    pub(crate) events: u64,
    /// So many bytes of a room are kept; 0: all.
    pub(crate) bytes: u64,
    /// With less space left on the disk, no more is accepted.
    pub(crate) reserve_bytes: u64,
}

impl Default for KeepLimits {
    fn default() -> KeepLimits {
        KeepLimits { age_ms: 0, events: 0, bytes: 0, reserve_bytes: 8 << 20 }
    }
}

/// One limit: its name in settings, its unit, and where its value is.
pub(crate) struct Limit {
    /// Its name.
    pub(crate) key: &'static str,
    /// What it means, in a few words.
    pub(crate) about: &'static str,
    unit: Unit,
    get: fn(&AllLimits) -> u64,
    set: fn(&mut AllLimits, u64) -> Option<()>,
}

/// A field that holds a limit.
trait Scalar: Sized {
    fn to_u64(&self) -> u64;
    fn from_u64(value: u64) -> Option<Self>;
}

macro_rules! scalar {
    ($($int:ty)*) => { $(
        impl Scalar for $int {
            fn to_u64(&self) -> u64 {
                u64::try_from(*self).unwrap_or(u64::MAX)
            }
            fn from_u64(value: u64) -> Option<$int> {
                <$int>::try_from(value).ok()
            }
        }
    )* };
}

scalar!(u32 u64 usize);

impl Scalar for bool {
    fn to_u64(&self) -> u64 {
        u64::from(*self)
    }
    fn from_u64(value: u64) -> Option<bool> {
        Some(value != 0)
    }
}

macro_rules! limits {
    ($($key:literal $part:ident.$field:ident $unit:ident $about:literal;)*) => {
        /// Every limit, in the order in which they are shown.
        pub(crate) const LIMITS: &[Limit] = &[$(Limit {
            key: $key,
            about: $about,
            unit: Unit::$unit,
            get: |all| all.$part.$field.to_u64(),
            set: |all, value| {
                all.$part.$field = Scalar::from_u64(value)?;
                Some(())
            },
        },)*];
    };
}

limits! {
    "name" core.name_bytes Bytes "longest user name";
    "room_name" core.room_name_bytes Bytes "longest room name";
    "body" core.body_bytes Bytes "longest message";
    "topic" core.topic_bytes Bytes "longest topic";
    "rooms_per_session" core.rooms_per_session Count "rooms one user may be in at once";
    "rooms" core.rooms Count "rooms in all";
    "big_room_members" core.big_room_members Count "a room with more tells joins and leaves in digests";
    "digest" core.digest_ms Millis "how long joins and leaves of a big room are gathered";
    "digest_names" core.digest_names Count "names in one digest";
    "linger" core.linger_ms Millis "a lost user keeps name and rooms";
    "resumable" core.resumable_ms Millis "a lost user can still come back as the same";
    "device" core.device_ms Millis "the same of a device of an account";
    "detached" core.detached Count "lost guests that can still come back, in all";
    "detached_devices" core.detached_devices Count "lost devices of accounts that can still come back, in all";
    "answers" core.answers Count "answers remembered for repeated asks, per user";
    "whispers" core.whispers Count "whispers kept, so that a lost one is told again, per user";
    "whisper_bytes" core.whisper_bytes Bytes "bytes of those whispers, per user";
    "account_whispers" core.account_whispers Count "the same for an account that is away, and for each of its devices";
    "account_whisper_bytes" core.account_whisper_bytes Bytes "bytes of those";
    "kept_whisper_bytes" core.kept_whisper_bytes Bytes "bytes of all whispers that are kept, for all users";
    "invitations" core.invitations Count "invitations kept for one user who is away, to be told at the return";
    "accounts" core.accounts Count "accounts in all";
    "devices" core.devices Count "sessions of one account";
    "spent_secrets" core.spent_secrets Count "used secrets of a session that end it when they return";
    "file" core.file_bytes Bytes "longest file that may be offered";
    "chunk" core.chunk_bytes Bytes "bytes in one chunk of a file, 4KiB to 1MiB";
    "offer" core.offer_ms Millis "an offered file can be accepted for so long";
    "transfers_per_user" core.transfers_per_user Count "files one user may send, and receive, at once";
    "offers_to_user" core.offers_to_user Count "offers that may wait for one user";
    "transfers" core.transfers Count "files offered or on their way, in all";
    "key" core.key_bytes Bytes "longest key of a room";
    "audit" core.audit Count "acts of moderation that operators can look up";
    "deletions" core.deletions Count "deleted messages of a room that are remembered";
    "page" core.page Count "names in one page of an answer";
    "frame" net.frame_bytes Bytes "longest frame from a program";
    "hello_frame" net.hello_frame_bytes Bytes "longest frame before a name is given";
    "line" net.line_bytes Bytes "longest line";
    "login" net.login_ms Millis "a program gives its name within";
    "person_login" net.person_login_ms Millis "a person gives a name within";
    "handshake" net.handshake_ms Millis "TLS of a new connection is done within";
    "sniff" net.sniff_ms Millis "a silent connection is greeted as a person after";
    "browser_sniff" net.browser_sniff_ms Millis "the same, from where a browser was within as long";
    "ping_after" net.ping_after_ms Millis "a silent connection is asked for life after";
    "dead_after" net.dead_after_ms Millis "and is taken for dead after";
    "unacknowledged" net.unacknowledged_ms Millis "sent bytes may stay unacknowledged for";
    "control" net.control_bytes Bytes "waiting for one reader: answers and pings";
    "talk" net.talk_bytes Bytes "waiting for one reader: talk, for a while";
    "talk_hard" net.talk_hard_bytes Bytes "waiting for one reader: talk, at any time";
    "talk_grace" net.talk_grace_ms Millis "how long 'talk' may be exceeded";
    "bulk" net.bulk_bytes Bytes "waiting for one reader: file bytes";
    "send_buffer" net.send_buffer_bytes Bytes "taken by the system for one reader, and not sent yet";
    "burst" net.burst Count "asks at once";
    "asks_per_second" net.asks_per_second Count "asks a second after that";
    "debt" net.debt_ms Millis "a flood is delayed by so much before it is refused";
    "connections" net.connections Count "connections in all";
    "connections_per_address" net.connections_per_address Count "connections from one address";
    "connects_per_second_per_address" net.connects_per_second_per_address Count "new ones a second";
    "exempt_loopback" net.exempt_loopback Flag "no limit on connections from this machine";
    "recent_messages" net.recent_messages Count "messages a joiner is shown";
    "history_page" net.history_page Count "messages in one page of history";
    "history_page_bytes" net.history_page_bytes Bytes "bytes in one page of history, roughly";
    "history_events" net.history_events Count "events kept of one room";
    "history" net.history_bytes Bytes "bytes kept of one room";
    "catch_up_events" net.catch_up_events Count "missed events a returning user is sent, per room";
    "transfer_window" net.transfer_window_bytes Bytes "bytes on their way to one receiver of a file";
    "transfer_bytes" net.transfer_bytes Bytes "bytes of one file that wait in the server";
    "transfer_silence" net.transfer_silence_ms Millis "an end of a transfer that says nothing for so long pauses it";
    "transfer_gather" net.transfer_gather_ms Millis "a file for a room waits so long for more who accept";
    "logins_per_minute" net.logins_per_minute Count "wrong passwords for one account, and from one address";
    "registrations_per_hour" net.registrations_per_hour Count "accounts made from one address";
    "login_wait" net.login_wait_ms Millis "the longest wait after more of them";
    "login_records" net.login_records Count "accounts, and addresses, whose wrong passwords are remembered";
    "hash_waiting" net.hash_waiting Count "passwords that wait to be checked, one at a time";
    "hook" net.hook_ms Millis "code of an embedding program answers within";
    "shutdown" net.shutdown_ms Millis "the server ends within";
    "reconnect_after" net.reconnect_after_ms Millis "clients are told to come back after";
    "keep_age" keep.age_ms Millis "a room's events are kept on disk for; 0: for ever";
    "keep_events" keep.events Count "events kept on disk, per room; 0: all";
    "keep_bytes" keep.bytes Bytes "bytes kept on disk, per room, roughly; 0: all";
    "storage_reserve" keep.reserve_bytes Bytes "with less space on the disk, messages are refused";
}

impl AllLimits {
    /// Sets the limit `key` from what was written.
    ///
    /// # Errors
    /// A sentence that says which keys are like that one, or how to write the value.
    pub(crate) fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let Some(limit) = LIMITS.iter().find(|limit| limit.key == key) else {
            let near = match nearest(key).join(" or ") {
                near if near.is_empty() => near,
                near => format!("; did you mean {near}?"),
            };
            return Err(format!("there is no limit \"{key}\"{near}; 'chat-cli config print' shows all"));
        };
        let number = limit.unit.parse(value).map_err(|why| format!("{key}: {why}"))?;
        (limit.set)(self, number).ok_or_else(|| format!("{key}: \"{value}\" is too much"))
    }

    /// Checks what no single limit can show.
    ///
    /// # Errors
    /// A sentence that names the two limits that do not go together.
    pub(crate) fn check(&self) -> Result<(), String> {
        let show = |key: &str| {
            let limit = LIMITS.iter().find(|limit| limit.key == key);
            limit.map_or_else(String::new, |limit| format!("{key} ({})", limit.shown(self)))
        };
        let less = |small: &str, large: &str| format!("{} must stay within {}", show(small), show(large));
        // A message travels with its room, its id and the framing of its codec.
        let wrapped = self.core.body_bytes.saturating_add(1024);
        let names = self.core.name_bytes.max(self.core.room_name_bytes);
        let wrong = [
            (names > MAX_NAME_BYTES, "name and room_name must stay within 255".to_owned()),
            (
                wrapped > self.net.frame_bytes,
                format!("{} needs 1KiB less than {}", show("body"), show("frame")),
            ),
            (self.net.hello_frame_bytes > self.net.frame_bytes, less("hello_frame", "frame")),
            (self.net.ping_after_ms > self.net.dead_after_ms, less("ping_after", "dead_after")),
            (
                !(MIN_CHUNK_BYTES..=MAX_CHUNK_BYTES).contains(&self.core.chunk_bytes),
                "chunk must be between 4KiB and 1MiB".to_owned(),
            ),
            (self.core.file_bytes > MAX_JSON_INTEGER, "file must stay within 2^53 - 1 bytes".to_owned()),
            (self.core.linger_ms > self.core.resumable_ms, less("linger", "resumable")),
            (self.core.resumable_ms > self.core.device_ms, less("resumable", "device")),
            (self.net.talk_bytes > self.net.talk_hard_bytes, less("talk", "talk_hard")),
        ];
        if let Some((_, why)) = wrong.into_iter().find(|(wrong, _)| *wrong) {
            return Err(why);
        }
        let zero = |limit: &&Limit| limit.unit != Unit::Flag && limit.needs_some() && (limit.get)(self) == 0;
        LIMITS.iter().find(zero).map_or(Ok(()), |limit| Err(format!("{} must be more than zero", limit.key)))
    }
}

/// How much a name must be like another to be meant by it, of 1.
const LIKE: f64 = 0.8;

/// The names that are most like `key`; none if nothing is.
fn nearest(key: &str) -> Vec<&'static str> {
    let likeness = |limit: &Limit| strsim::jaro_winkler(key, limit.key);
    let mut near: Vec<(f64, &str)> =
        LIMITS.iter().map(|limit| (likeness(limit), limit.key)).filter(|(like, _)| *like >= LIKE).collect();
    near.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    near.into_iter().take(3).map(|(_, key)| key).collect()
}

impl Limit {
    /// Its value in `all`, as it is written in settings, but for quotes.
    pub(crate) fn shown(&self, all: &AllLimits) -> String {
        self.unit.show((self.get)(all))
    }

    /// Its value in `all`, as TOML.
    pub(crate) fn toml(&self, all: &AllLimits) -> String {
        let shown = self.shown(all);
        if self.unit.is_quoted(&shown) { format!("\"{shown}\"") } else { shown }
    }

    /// Whether none at all would make the server useless; keeping or showing nothing is a choice.
    fn needs_some(&self) -> bool {
        !matches!(
            self.key,
            "recent_messages"
                | "history_events"
                | "history"
                | "catch_up_events"
                | "linger"
                | "resumable"
                | "answers"
                | "whispers"
                | "whisper_bytes"
                | "account_whispers"
                | "account_whisper_bytes"
                | "accounts"
                | "invitations"
                | "audit"
                | "deletions"
                | "detached"
                | "detached_devices"
                | "digest_names"
                | "big_room_members"
                | "topic"
                | "debt"
                | "talk_grace"
                | "reconnect_after"
                | "sniff"
                | "bulk"
                | "keep_age"
                | "keep_events"
                | "keep_bytes"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_limit_has_one_name_and_can_be_set_from_what_is_shown() {
        let all = AllLimits::default();
        let keys: BTreeSet<&str> = LIMITS.iter().map(|limit| limit.key).collect();
        assert_eq!(keys.len(), LIMITS.len());
        for limit in LIMITS {
            let mut copy = AllLimits::default();
            copy.set(limit.key, &limit.shown(&all)).unwrap();
            assert_eq!(limit.shown(&copy), limit.shown(&all), "{}", limit.key);
            assert!(!limit.about.is_empty());
        }
        all.check().unwrap();
    }

    #[test]
    fn every_field_of_the_engines_limits_is_in_the_table() {
        let fields = serde_json::to_value(Config::default()).unwrap();
        // The numbering is the store's; these others are settings of their own.
        let others = ["epoch", "reserved_names", "accounts_required", "server_rooms", "room_makers"];
        assert!(others.iter().all(|field| fields.get(field).is_some()));
        let fields = fields.as_object().unwrap().len() - others.len();
        let core = LIMITS.iter().take_while(|limit| limit.key != "frame").count();
        assert_eq!(core, fields);
    }

    #[test]
    fn every_field_of_the_servers_limits_is_in_the_table() {
        let fields = format!("{:#?}", Limits::default()).lines().count() - ["Limits {", "}"].len();
        let net = LIMITS.iter().skip_while(|l| l.key != "frame").take_while(|l| l.key != "keep_age").count();
        assert_eq!(net, fields);
    }

    #[test]
    fn a_wrong_limit_is_refused_in_a_sentence() {
        let mut all = AllLimits::default();
        let refused = all.set("lingre", "5s").unwrap_err();
        assert!(refused.starts_with("there is no limit \"lingre\"; did you mean linger"), "{refused}");
        let refused = all.set("foo", "3").unwrap_err();
        assert_eq!(refused, "there is no limit \"foo\"; 'chat-cli config print' shows all");
        let refused = all.set("linger", "5").unwrap_err();
        assert!(refused.starts_with("linger: \"5\" should be a time"), "{refused}");
        all.set("body", "64KiB").unwrap();
        assert_eq!(all.check().unwrap_err(), "body (64KiB) needs 1KiB less than frame (64KiB)");
        let mut all = AllLimits::default();
        all.set("linger", "1h").unwrap();
        assert_eq!(all.check().unwrap_err(), "linger (1h) must stay within resumable (5m)");
        let mut all = AllLimits::default();
        all.set("connections", "0").unwrap();
        assert_eq!(all.check().unwrap_err(), "connections must be more than zero");
    }
}
