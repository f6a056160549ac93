//! Whole transfers between two clients over a real server: every size, in both directions, while they talk.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chat_net::chat_core::{Config, Event};
use chat_net::client::{FileEvent, Notice, SendOptions, Transfer};
use tokio::time::timeout;

use crate::folder::{Folder, bytes};
use crate::peer::{LONG, path_of};
use crate::town::{Person, Town, WINDOW, limits, to};

/// All events of a transfer but progress, which must rise up to the size and no further; and the last progress.
async fn events(transfer: &mut Transfer) -> (Vec<FileEvent>, u64) {
    let (mut events, mut at) = (Vec::new(), 0);
    while let Some(event) = timeout(LONG, transfer.next()).await.expect("something happens") {
        match event {
            FileEvent::Progress { bytes, .. } => {
                assert!(bytes > at && bytes <= transfer.offer().size, "{bytes} after {at}");
                at = bytes;
            }
            event => events.push(event),
        }
    }
    (events, at)
}

/// Sends a file of that size, and looks at all that the two are told, and at the disk.
async fn goes_over(ann: &Person, bob: &mut Person, size: u64, options: SendOptions) {
    let (source, target) = (Folder::new(), Folder::new());
    let file = bytes(usize::try_from(size).unwrap(), size);
    let path = source.put("x.bin", &file);
    let what = format!("{size} bytes with {options:?}");
    let knows_hash = options.hash_first || size == 0;
    let mut sending = ann.client.send_file(to("bob"), path, options).await.unwrap();
    let mut receiving = bob.receive(target.path()).await;
    assert_eq!(receiving.offer().hash.is_some(), knows_hash, "{what}");
    assert_eq!(receiving.offer(), sending.offer(), "{what}");
    let ((sent, _), (received, written)) = tokio::join!(events(&mut sending), events(&mut receiving));
    assert!(
        matches!(&sent[..], [FileEvent::Accepted { from: 0, .. }, FileEvent::Finished { .. }]),
        "{what}: {sent:?}"
    );
    let [FileEvent::Accepted { from: 0, .. }, end] = &received[..] else { panic!("{what}: {received:?}") };
    assert_eq!(written, size, "{what}");
    assert!(fs::read(path_of(end)).unwrap() == file, "{what}");
    assert_eq!(target.names(), ["x.bin"], "{what}: neither a part nor a sidecar is left");
    assert_private(&path_of(end));
}

#[cfg(unix)]
fn assert_private(path: &Path) {
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(path).unwrap().permissions());
    assert_eq!(mode & 0o7777, 0o600);
}

#[cfg(not(unix))]
fn assert_private(_: &Path) {}

#[tokio::test]
async fn files_of_every_size_arrive_in_chunks_of_every_size() {
    let town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    for chunk_bytes in [4096, 5000, 65_536] {
        let chunk = u64::from(chunk_bytes);
        for size in [0, 1, chunk - 1, chunk, chunk + 1, WINDOW - 1, WINDOW, WINDOW + 1, 3 << 20] {
            let options = SendOptions { chunk_bytes, hash_first: size % 3 == 1, ..SendOptions::default() };
            goes_over(&ann, &mut bob, size, options).await;
        }
    }
    assert_eq!(ann.wire.up.bytes(), bob.wire.down.bytes(), "nothing was sent twice");
}

#[tokio::test]
async fn the_largest_chunks_and_the_usual_window() {
    let config = Config { chunk_bytes: 1024 * 1024, ..Config::default() };
    let town = Town::with(chat_net::Limits { transfer_window_bytes: 4 << 20, ..limits() }, config);
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    for size in [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, (4 << 20) + 1, (9 << 20) + 17] {
        goes_over(&ann, &mut bob, size, SendOptions::default()).await;
    }
}

/// Says one thing after the other until all is done, and hears what both say.
async fn talks(person: &mut Person, is_done: Arc<AtomicBool>) -> u64 {
    let client = person.client.clone();
    let name = client.user().to_owned();
    let mut said = 0;
    while said < 50 || !is_done.load(Ordering::Relaxed) {
        client.say("lobby", format!("{name} {said}")).await.unwrap();
        said += 1;
    }
    client.say("lobby", "the end").await.unwrap();
    said
}

/// What was said, up to the ends of both.
async fn hears(person: &mut Person) -> Vec<String> {
    let (mut said, mut ends) = (Vec::new(), 0);
    while ends < 2 {
        match timeout(LONG, person.events.next()).await.expect("they talk").expect("it lives") {
            Notice::Told(told) => match told.event {
                Event::Said { body, .. } if body.as_str() == "the end" => ends += 1,
                Event::Said { body, .. } => said.push(body.to_string()),
                Event::Gap { .. } => panic!("something is missing"),
                _ => {}
            },
            Notice::Disconnected { why, .. } | Notice::Ended { why } => panic!("{why}"),
            _ => {}
        }
    }
    said
}

#[tokio::test]
async fn two_files_each_way_while_both_talk() {
    let town = Town::new();
    let (mut ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    let (source, target) = (Folder::new(), Folder::new());
    let file = |seed| bytes(3_000_000 + seed as usize, seed);
    let mut sending = Vec::new();
    let mut receiving = Vec::new();
    for seed in [1, 2, 3, 4] {
        let path = source.put(&format!("{seed}"), &file(seed));
        let (from, whom, user) =
            if seed % 2 == 0 { (&ann, &mut bob, "bob") } else { (&bob, &mut ann, "ann") };
        sending.push(from.send(to(user), &path).await);
        receiving.push(whom.receive(target.path()).await);
    }
    let is_done = Arc::new(AtomicBool::new(false));
    let ends = async {
        let mut all = Vec::new();
        for mut transfer in sending.into_iter().chain(receiving) {
            all.push(tokio::spawn(async move { events(&mut transfer).await.0.pop() }));
        }
        for end in all {
            let end = end.await.unwrap();
            assert!(matches!(end, Some(FileEvent::Finished { .. })), "{end:?}");
        }
        is_done.store(true, Ordering::Relaxed);
    };
    let (by_ann, by_bob, ()) =
        tokio::join!(talks(&mut ann, Arc::clone(&is_done)), talks(&mut bob, Arc::clone(&is_done)), ends);
    let (to_ann, to_bob) = tokio::join!(hears(&mut ann), hears(&mut bob));
    assert_eq!(to_ann, to_bob, "both hear the same, in the same order");
    for (name, count) in [("ann", by_ann), ("bob", by_bob)] {
        let heard: Vec<_> = to_ann.iter().filter(|body| body.starts_with(name)).cloned().collect();
        assert_eq!(heard, (0..count).map(|n| format!("{name} {n}")).collect::<Vec<_>>());
    }
    for seed in [1, 2, 3, 4] {
        assert!(fs::read(target.at(&format!("{seed}"))).unwrap() == file(seed));
    }
    assert_eq!(target.names(), ["1", "2", "3", "4"]);
}
