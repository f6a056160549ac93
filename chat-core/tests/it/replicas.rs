//! What holds for every log: replicas agree, refusals change nothing, nothing is lost or told to the wrong.

use std::collections::BTreeMap;

use chat_core::{Chat, Command, Config, Epoch, MAX_JSON_INTEGER, Rejection, Snapshot, Stamp};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as Runs, TestRunner};

use crate::random_log::{Log, logs};
use crate::witness::Witness;

const LOGS: u32 = 1000;

/// A chat that is watched.
struct Replica {
    chat: Chat,
    witness: Witness,
}

impl Replica {
    fn new(log: &Log) -> Replica {
        Replica { chat: Chat::new(log.config.clone()), witness: Witness::default() }
    }

    /// Takes an entry, and checks that a refusal leaves no trace.
    fn take(&mut self, (stamp, command): &(Stamp, Command)) -> Result<(), Rejection> {
        let before = self.trace();
        self.witness.entry = stamp.seq;
        let verdict = self.chat.apply(*stamp, command, &mut self.witness);
        self.witness.settle();
        self.witness.files.check(&self.chat);
        if verdict.is_err() {
            assert_eq!(before, self.trace(), "a refusal changed something: {command:?}");
        }
        verdict
    }

    fn trace(&self) -> impl PartialEq + std::fmt::Debug + use<> {
        let told = (self.witness.deliveries, self.witness.records.len());
        (self.chat.digest(), self.chat.next_deadline(), self.chat.last_change(), told)
    }
}

proptest! {
    #![proptest_config(Runs::with_cases(LOGS))]

    #[test]
    fn two_replicas_of_a_log_agree(log in logs(100)) {
        let (mut one, mut other) = (Replica::new(&log), Replica::new(&log));
        for entry in &log.entries {
            prop_assert_eq!(one.take(entry), other.take(entry));
            prop_assert_eq!(one.chat.digest(), other.chat.digest());
            prop_assert_eq!(one.witness.transcript.take(), other.witness.transcript.take());
            if matches!(entry.1, Command::Tick) {
                prop_assert!(one.chat.next_deadline().is_none_or(|due| due > entry.0.at));
            }
        }
        for (room, head, members) in one.witness.members() {
            prop_assert_eq!(one.chat.members(room), Some(&members[..]));
            prop_assert_eq!(one.chat.head(room).map(|place| place.number), Some(head));
        }
        prop_assert_eq!(one.chat.counts().1, one.witness.members().count());
    }

    #[test]
    fn a_snapshot_and_the_tail_equal_the_whole(log in logs(100), cut in any::<prop::sample::Index>()) {
        let cut = cut.index(log.entries.len() + 1);
        let mut whole = Replica::new(&log);
        for entry in &log.entries[..cut] {
            let _ = whole.take(entry);
        }
        let snapshot = written_and_read(&whole.chat.snapshot());
        let mut restored = Chat::restore(log.config.clone(), snapshot).unwrap();
        prop_assert_eq!(restored.digest(), whole.chat.digest());
        prop_assert_eq!(restored.next_deadline(), whole.chat.next_deadline());
        whole.witness.transcript.take();
        let mut told = chat_core::Transcript::new();
        for entry in &log.entries[cut..] {
            prop_assert_eq!(restored.apply(entry.0, &entry.1, &mut told), whole.take(entry));
        }
        prop_assert_eq!(told.as_str(), whole.witness.transcript.as_str());
        prop_assert_eq!(restored.digest(), whole.chat.digest());
        prop_assert_eq!(restored.snapshot(), whole.chat.snapshot());
    }

    #[test]
    fn a_renumbered_chat_goes_on_under_other_epochs_alone(log in logs(50)) {
        let mut before = Replica::new(&log);
        for entry in &log.entries {
            let _ = before.take(entry);
        }
        let epoch = Epoch(MAX_JSON_INTEGER - 1);
        let config = Config { epoch, ..log.config.clone() };
        let after = Chat::restore(config, before.chat.snapshot().renumbered(epoch)).unwrap();
        for ((room, old), (same, new)) in before.chat.heads().zip(after.heads()) {
            prop_assert_eq!((room, &old.room, old.number), (same, &new.room, new.number));
            prop_assert_eq!(new.epoch, epoch.of_room(room));
            prop_assert_ne!(new.epoch, old.epoch);
        }
        prop_assert_eq!(before.chat.heads().count(), after.heads().count());
    }

    #[test]
    fn the_records_alone_rebuild_the_state(log in logs(100)) {
        let mut first = Replica::new(&log);
        let mut rebuilt = Chat::new(log.config.clone());
        for entry in &log.entries {
            let recorded = first.witness.records.len();
            let _ = first.take(entry);
            for (stamp, change) in &first.witness.records[recorded..] {
                rebuilt.evolve(*stamp, change);
            }
            prop_assert_eq!(rebuilt.digest(), first.chat.digest());
            prop_assert_eq!(rebuilt.next_deadline(), first.chat.next_deadline());
        }
        prop_assert_eq!(rebuilt.snapshot(), first.chat.snapshot());
        // And goes on alike: what is derived was rebuilt too.
        for (stamp, command) in &log.entries {
            prop_assert_eq!(rebuilt.apply(*stamp, command, &mut ()), first.chat.apply(*stamp, command, &mut ()));
        }
        prop_assert_eq!(rebuilt.digest(), first.chat.digest());
    }
}

fn written_and_read(snapshot: &Snapshot) -> Snapshot {
    let json = serde_json::to_string(snapshot).unwrap();
    let read: Snapshot = serde_json::from_str(&json).unwrap();
    assert_eq!(read, *snapshot);
    through_bincode(&read);
    read
}

#[cfg(feature = "bincode")]
fn through_bincode(snapshot: &Snapshot) {
    let bytes = bincode::encode_to_vec(snapshot, bincode::config::standard()).unwrap();
    let (read, used): (Snapshot, usize) =
        bincode::decode_from_slice(&bytes, bincode::config::standard()).unwrap();
    assert_eq!((&read, used), (snapshot, bytes.len()));
}

#[cfg(not(feature = "bincode"))]
fn through_bincode(_: &Snapshot) {}

/// The laws above are worth what the logs reach.
#[test]
fn random_logs_reach_every_refusal_and_every_event() {
    let mut met: BTreeMap<String, u32> = BTreeMap::new();
    let mut meet = |what: &str| *met.entry(what.into()).or_default() += 1;
    let (mut taken, mut all) = (0, 0);
    let mut runner = TestRunner::deterministic();
    for _ in 0..700 {
        let log = logs(100).new_tree(&mut runner).unwrap().current();
        let mut replica = Replica::new(&log);
        for entry in &log.entries {
            all += 1;
            match replica.take(entry) {
                Ok(()) => taken += 1,
                Err(rejection) => meet(rejection.code().name()),
            }
        }
        for line in replica.witness.transcript.as_str().lines() {
            let event = line.split_once(": ").unwrap().1;
            let words: Vec<&str> = event.split([' ', ':']).collect();
            match words[0] {
                "refused" => meet(&words[..2].join(" ")),
                word => meet(word),
            }
            if words[0] == "closed" && words.len() == 2 {
                meet(event);
            }
            if words[0] == "attached" && words.contains(&"resumed") {
                meet("attached again");
            }
            for word in ["again", "(past)"].into_iter().filter(|word| line.contains(word)) {
                meet(word);
            }
            if line.contains("(past)") {
                meet(&format!("{} (past)", words[0]));
            }
        }
    }
    let rare = |what: &&(&str, u32)| met.get(what.0).is_none_or(|times| *times < what.1);
    let missing: Vec<_> = EVERYTHING.iter().filter(rare).collect();
    assert!(missing.is_empty(), "too seldom or never met: {missing:?} of {met:?}");
    assert!(taken * 2 > all, "most entries are plausible: {taken} of {all}");
}

/// What must be met, and how often at least.
const EVERYTHING: &[(&str, u32)] = &[
    ("bad_name", 1),
    ("name_taken", 1),
    ("name_reserved", 1),
    ("empty", 1),
    ("bad_text", 1),
    ("too_long", 1),
    ("not_a_member", 1),
    ("no_such_user", 1),
    ("too_many_rooms", 1),
    ("rooms_full", 1),
    ("id_reused", 1),
    ("id_not_rising", 1),
    ("no_session", 1),
    ("already_named", 1),
    ("attached", 1),
    ("replaced", 1),
    ("members", 1),
    ("joined", 1),
    ("left", 1),
    ("churned", 1),
    ("said", 1),
    ("topic", 1),
    ("whispered", 1),
    ("again", 1),
    ("attached again", 1),
    ("login_required", 10),
    ("bad_login", 10),
    ("account_exists", 10),
    ("accounts_full", 1),
    ("whispers_full", 1),
    ("account_disabled", 1),
    ("not_allowed", 10),
    ("kicked", 1),
    ("ban", 1),
    ("mute", 1),
    ("deleted", 1),
    ("role", 1),
    ("modes", 1),
    ("invited", 1),
    ("ranked", 1),
    ("refused bad_key", 1),
    ("refused token_revoked", 3),
    ("closed session_revoked", 1),
    ("closed logged_out", 10),
    ("closed account_disabled", 1),
    ("whispered (past)", 1),
    ("(past)", 1),
    ("refused too_long", 1),
    ("refused rooms_full", 1),
    ("refused not_a_member", 1),
    ("no_such_transfer", 100),
    ("wrong_offset", 1),
    ("too_many_transfers", 1),
    ("to_yourself", 1),
    ("bad_file", 1),
    ("transfers_full", 1),
    ("offered", 300),
    ("accepted", 100),
    ("declined", 30),
    ("paused", 30),
    ("resumed", 2),
    ("hashed", 20),
    ("progressed", 10),
    ("finished", 10),
    ("cancelled", 10),
    ("closed", 50),
    ("offered (past)", 20),
    ("accepted (past)", 3),
    ("paused (past)", 3),
    ("finished (past)", 1),
    ("declined (past)", 3),
    ("cancelled (past)", 1),
    ("closed (past)", 3),
];
