//! Bits flipped at random, anywhere in the file: it is refused, or gives what was written, or says that it cannot.

use std::os::unix::fs::FileExt;

use chat_net::chat_core::{Anchor, Number, Timestamp};
use chat_net::{Archive, Messages, PageLimit, Past, StoreError};

use crate::history::{History, Kept, Source, number, numbers};
use crate::log::Dice;
use crate::scratch::Folder;

/// What reading everything came to.
#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    refused: bool,
    errors: u32,
}

#[tokio::test]
async fn whatever_bits_flip_nothing_is_shown_that_was_not_written() {
    let history = History::write().await;
    let size = std::fs::metadata(history.folder.database()).unwrap().len();
    let (mut refused, mut damaged, mut whole) = (0, 0, 0);
    for seed in 0..200 {
        let mut dice = Dice::new(seed);
        let copy = history.copy();
        let file = std::fs::File::options().read(true).write(true).open(copy.database()).unwrap();
        for _ in 0..1 + dice.below(3) {
            let (at, bit) = (dice.below(size), dice.below(8));
            let mut byte = [0];
            file.read_exact_at(&mut byte, at).unwrap();
            file.write_all_at(&[byte[0] ^ 1 << bit], at).unwrap();
        }
        drop(file);
        let verified = verify(&copy);
        for offline in [false, true] {
            let outcome =
                read_everything(&history, &copy, offline, &format!("seed {seed}, offline {offline}")).await;
            match (outcome.refused, outcome.errors) {
                (true, _) => refused += 1,
                (false, 0) => whole += 1,
                (false, _) => damaged += 1,
            }
            if outcome != Outcome::default() {
                assert_ne!(verified, Some(0), "seed {seed}: {outcome:?}, and verify is content");
            }
        }
    }
    // All three come about, or this shows nothing.
    assert!(
        refused > 10 && damaged > 50 && whole > 10,
        "{refused} refused, {damaged} damaged, {whole} whole"
    );
}

/// How much is bad; none if it cannot be opened.
fn verify(folder: &Folder) -> Option<usize> {
    let verified = Archive::open(folder.path()).ok()?.verify(&mut |_, _| {});
    verified.ok().map(|verified| verified.bad.len())
}

async fn read_everything(history: &History, folder: &Folder, offline: bool, case: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let Ok(source) = Source::open(folder.path(), offline).await else {
        outcome.refused = true;
        return outcome;
    };
    for room in &history.rooms {
        // By turns in another order: what is found first is found by another kind of read.
        let all = room.messages();
        for anchor in anchors(room) {
            match source.messages(room, anchor, 20).await {
                Ok(page) => is_a_page(&page, &all, anchor, &format!("{case}, {anchor:?} in {}", room.name)),
                Err(error) => outcome.count(&error, case),
            }
        }
        let limit = PageLimit { events: 30, bytes: usize::MAX };
        let mut after = 0;
        while after < room.events.len() as u64 {
            match source.read(room, after, limit).await {
                Ok(page) => {
                    let first = page.events.first().map_or(after + 1, number);
                    assert!(
                        first == after + 1 || outcome.errors > 0,
                        "{case}: a hole behind {after}, without a word"
                    );
                    let Some(last) = page.events.last().map(number) else { break };
                    assert_eq!(
                        page.events,
                        room.events[first as usize - 1..last as usize],
                        "{case}: behind {after}"
                    );
                    assert_eq!(page.more, last < room.events.len() as u64, "{case}: behind {after}");
                    after = last;
                }
                Err(error) => {
                    outcome.count(&error, case);
                    // It goes on behind the damage; unless that is everything.
                    if source.read(room, after, limit).await.is_err() {
                        break;
                    }
                }
            }
        }
        assert!(
            after == room.events.len() as u64 || outcome.errors > 0,
            "{case}: it ended at {after}, without a word"
        );
    }
    outcome
}

impl Outcome {
    fn count(&mut self, error: &StoreError, case: &str) {
        assert!(matches!(error, StoreError::Damaged(_) | StoreError::NoSuchRoom(_)), "{case}: {error}");
        self.errors += 1;
    }
}

fn anchors(room: &Kept) -> Vec<Anchor> {
    let numbers = [2, 17, 40, 70, room.events.len() as u64].map(Number);
    let times = [1005, 1200, 1777].map(Timestamp);
    let by_number =
        numbers.into_iter().flat_map(|n| [Anchor::After(n), Anchor::Before(n), Anchor::Around(n)]);
    let by_time = times.into_iter().flat_map(|at| [Anchor::FromTime(at), Anchor::BeforeTime(at)]);
    by_number.chain(by_time).chain([Anchor::Latest]).collect()
}

/// Whether a page is what its anchor asks for, as far as it goes, and says where it does not go on.
fn is_a_page(page: &Messages, all: &[Past], anchor: Anchor, case: &str) {
    let split = all.partition_point(|past| match anchor {
        Anchor::Latest => true,
        Anchor::Before(at) | Anchor::Around(at) => number(past) < at.0,
        Anchor::After(at) => number(past) <= at.0,
        Anchor::BeforeTime(at) | Anchor::FromTime(at) => past.stamp.at < at,
    });
    let Some(first) = page.events.first() else {
        // Nothing where there is something: that would be a lie.
        let is_empty = match anchor {
            Anchor::Latest | Anchor::Before(_) | Anchor::BeforeTime(_) => split == 0,
            Anchor::After(_) | Anchor::FromTime(_) => split == all.len(),
            Anchor::Around(_) => all.is_empty(),
        };
        return assert!(is_empty, "{case}: an empty page");
    };
    let from =
        all.iter().position(|past| past == first).unwrap_or_else(|| panic!("{case}: never said: {first:?}"));
    let to = from + page.events.len();
    assert_eq!(Some(&page.events[..]), all.get(from..to), "{case}: {:?}", numbers(&page.events));
    assert!(from == 0 || page.older, "{case}: there are older ones");
    assert!(to == all.len() || page.newer, "{case}: there are newer ones");
    match anchor {
        Anchor::Latest | Anchor::Before(_) | Anchor::BeforeTime(_) => {
            assert_eq!(to, split, "{case}: it ends there");
        }
        Anchor::After(_) | Anchor::FromTime(_) => assert_eq!(from, split, "{case}: it begins there"),
        Anchor::Around(_) => assert!(from <= split && split <= to, "{case}: it lies around that"),
    }
}
