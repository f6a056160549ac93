//! Bytes that change in the write-ahead log after a crash: what was accepted is not left out without a word.

use chat_net::{Archive, OpenError, Sqlite, Store};

use crate::log::{Dice, Live, config};
use crate::scratch::{Folder, options, recover};

const SEED: u64 = 77;
const COMMITS: usize = 40;

/// A folder as a crash leaves it: everything is in the log. Tells the digest after each commit, too.
async fn crashed(image: &Folder) -> Vec<String> {
    let folder = Folder::new();
    let mut live = Live::new(SEED);
    let store = folder.open(&options());
    recover(&store, &config(SEED)).await;
    let mut digests = vec![live.chat.digest().to_string()];
    for _ in 0..COMMITS {
        store.append(live.go_on(10)).await.expect("it appends");
        digests.push(live.chat.digest().to_string());
    }
    std::fs::create_dir_all(image.path()).unwrap();
    for file in ["chat.db", "chat.db-wal"] {
        std::fs::copy(folder.path().join(file), image.path().join(file)).unwrap();
    }
    digests
}

fn copy_of(image: &Folder, log: &[u8]) -> Folder {
    let folder = Folder::new();
    std::fs::create_dir_all(folder.path()).unwrap();
    std::fs::copy(image.database(), folder.database()).unwrap();
    std::fs::write(folder.path().join("chat.db-wal"), log).unwrap();
    folder
}

#[tokio::test]
async fn a_changed_log_is_refused_or_ends_within_the_last_two_commits() {
    let image = Folder::new();
    let digests = crashed(&image).await;
    let log = std::fs::read(image.path().join("chat.db-wal")).unwrap();
    let mut dice = Dice::new(SEED);
    let (mut refused, mut shorter) = (0, 0);
    for flip in 0..200 {
        let (at, bit) = (dice.below(log.len() as u64) as usize, dice.below(8));
        let mut changed = log.clone();
        changed[at] ^= 1 << bit;
        let folder = copy_of(&image, &changed);
        let case = format!("flip {flip}: bit {bit} of byte {at} of {}", log.len());
        match Sqlite::open(folder.path(), options()) {
            Err(OpenError::Damaged(what)) => {
                assert!(what.contains("write-ahead log"), "{case}: {what}");
                let archive = Archive::open(folder.path()).expect("what there is can be read");
                let verified = archive.verify(&mut |_, _| {}).expect("it reads");
                assert!(verified.bad.iter().any(|bad| bad.what == what), "{case}: {:?}", verified.bad);
                refused += 1;
            }
            Err(other) => panic!("{case}: {other}"),
            Ok(store) => {
                let digest = recover(&store, &config(SEED)).await.digest().to_string();
                let commits = digests.iter().rposition(|known| *known == digest);
                let lost = COMMITS - commits.unwrap_or_else(|| panic!("{case}: a state that never was"));
                assert!(lost <= 2, "{case}: {lost} commits are gone without a word");
                shorter += usize::from(lost > 0);
            }
        }
    }
    assert!(refused > 100 && shorter < 40, "{refused} refused, {shorter} shorter");
}

#[tokio::test]
async fn a_log_that_only_ends_early_is_no_damage() {
    let image = Folder::new();
    let digests = crashed(&image).await;
    let log = std::fs::read(image.path().join("chat.db-wal")).unwrap();
    let mut dice = Dice::new(SEED);
    for _ in 0..40 {
        let end = dice.below(log.len() as u64) as usize;
        let folder = copy_of(&image, &log[..end]);
        let Ok(store) = Sqlite::open(folder.path(), options()) else {
            // Before the store was made there is nothing to open.
            assert!(end < log.len() / 4, "{end} of {} bytes", log.len());
            continue;
        };
        let digest = recover(&store, &config(SEED)).await.digest().to_string();
        assert!(digests.contains(&digest), "a state that never was, at {end}");
    }
}
