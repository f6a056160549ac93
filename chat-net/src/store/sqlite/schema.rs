//! The tables, their version, and how an older version becomes this one.

/// Marks the file as this program's: "chat" in ASCII (SQLite's `application_id`).
pub(crate) const APPLICATION_ID: i32 = 0x6368_6174;

/// Each step makes the schema of its index into the next one; an empty file has schema 0. Never edited once
/// released, only added to.
pub(crate) const STEPS: &[&str] = &[SCHEMA_1, SCHEMA_2];

/// - `meta`: single values; see [`super::meta`].
/// - `rooms`: one row a room; see the comments on the columns.
/// - `messages`, `notes`: the numbered events, `said` apart from all others, so that a page of messages is one
///   range of one table. The key is the room and the number: see [`super::row::key`].
/// - `journal`: all other changes since the last snapshot, in order.
/// - `snapshots`: the state in parts of at most 64 KiB; `generation` says which one is in force.
/// - `search`: the words of the messages, without their text; `rowid` is the message's key.
const SCHEMA_1: &str = "
CREATE TABLE meta (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE rooms (
    room INTEGER PRIMARY KEY,     -- RoomId
    name TEXT NOT NULL,           -- as first written
    epoch INTEGER NOT NULL,
    head INTEGER NOT NULL,        -- number of the last event; 0: none yet
    chain BLOB NOT NULL,          -- chain value of the last event; 32 zeros if there is none
    first INTEGER NOT NULL,       -- first number that retention lets be read
    base_number INTEGER NOT NULL, -- events up to here have been deleted
    base_chain BLOB NOT NULL,     -- chain value of that event; 32 zeros at the beginning
    bytes INTEGER NOT NULL,       -- of the events from `first` on
    closed INTEGER NOT NULL,      -- 0: open; else the place of the record that closed it: it is gone, and its
                                  -- rows are deleted once a snapshot is behind that
    sum INTEGER NOT NULL          -- the first 8 bytes of the row's digest
) STRICT;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY,       -- room and number
    ord INTEGER NOT NULL,         -- place among all records, rising
    seq INTEGER NOT NULL,         -- of the log entry
    at INTEGER NOT NULL,          -- milliseconds since 1970
    session INTEGER,              -- the ask that it answers, if that is remembered
    request INTEGER,
    fingerprint INTEGER,
    event BLOB NOT NULL,          -- binary form of the event
    sum INTEGER NOT NULL,         -- the first 8 bytes of the row's digest
    chain BLOB NOT NULL           -- hash of the chain value before and the row's digest
) STRICT;
CREATE TABLE notes (
    id INTEGER PRIMARY KEY, ord INTEGER NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL,
    session INTEGER, request INTEGER, fingerprint INTEGER,
    event BLOB NOT NULL, sum INTEGER NOT NULL, chain BLOB NOT NULL
) STRICT;
CREATE TABLE journal (
    ord INTEGER PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL,
    change BLOB NOT NULL,         -- binary form of the change
    sum INTEGER NOT NULL          -- the first 8 bytes of the row's digest
) STRICT;
CREATE TABLE snapshots (
    generation INTEGER NOT NULL, part INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (generation, part)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5(
    body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
);
";

/// - `erased`: messages whose text was taken out. The chain goes on over what they were.
const SCHEMA_2: &str = "
CREATE TABLE erased (
    id INTEGER PRIMARY KEY,       -- of the message
    digest BLOB NOT NULL          -- of its row before that
) STRICT;
";

/// The index of words of the newest schema, to make it anew.
pub(crate) const SEARCH: &str = "
CREATE VIRTUAL TABLE search USING fts5(
    body, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2'
);
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_index_made_anew_is_the_same_index() {
        assert!(STEPS.iter().any(|step| step.ends_with(SEARCH.trim_start())));
    }
}
