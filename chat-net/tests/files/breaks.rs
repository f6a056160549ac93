//! Links that break and servers that end in the middle of a file: it goes on where it was, and little is sent twice.

use std::fs;
use std::sync::Arc;

use chat_net::Limits;
use chat_net::chat_core::{Config, EndReason, PauseReason};
use chat_net::client::{FileError, FileEvent, SendOptions, Transfer};

use crate::folder::{Folder, bytes};
use crate::peer::{last, path_of};
use crate::town::{Person, Town, WINDOW, limits, to, until};

const CHUNK: u64 = 16 * 1024;
const SIZE: u64 = 6_000_001;

/// A file that ann sends to bob.
struct Sent {
    file: Vec<u8>,
    source: Folder,
    target: Folder,
    sending: Transfer,
    receiving: Transfer,
}

impl Sent {
    async fn begin(ann: &Person, bob: &mut Person) -> Sent {
        let (source, target) = (Folder::new(), Folder::new());
        let file = bytes(usize::try_from(SIZE).unwrap(), 1);
        let path = source.put("x.bin", &file);
        let options = SendOptions { chunk_bytes: u32::try_from(CHUNK).unwrap(), ..SendOptions::default() };
        let sending = ann.client.send_file(to("bob"), path, options).await.unwrap();
        let receiving = bob.receive(target.path()).await;
        Sent { file, source, target, sending, receiving }
    }

    /// It arrives as it is; gives how often the sender was told that the receiver's copy stood still.
    async fn ends(mut self) -> usize {
        let end = last(&mut self.receiving).await;
        assert!(fs::read(path_of(&end)).unwrap() == self.file);
        assert_eq!(self.target.names(), ["x.bin"]);
        let mut pauses = 0;
        loop {
            match until(&mut self.sending, |_| true).await {
                FileEvent::Paused { user, why: PauseReason::Lost } if user.as_str() == "bob" => pauses += 1,
                FileEvent::Finished { .. } => return pauses,
                FileEvent::Cancelled { .. } | FileEvent::Closed { .. } | FileEvent::Failed(_) => {
                    panic!("it is over")
                }
                _ => {}
            }
        }
    }
}

/// What was sent twice is no more than a window and a chunk for each break.
fn assert_little_twice(ann: &Person, cuts: u64) {
    let twice = ann.wire.up.bytes() - SIZE;
    assert!(twice <= cuts * (WINDOW + CHUNK), "{twice} bytes were sent twice after {cuts} breaks");
}

/// Breaks the links at these numbers of bytes sent, and received.
async fn goes_over(sent: &[u64], received: &[u64]) {
    let town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    ann.wire.up.break_at(sent.iter().copied());
    bob.wire.down.break_at(received.iter().copied());
    let transfer = Sent::begin(&ann, &mut bob).await;
    let pauses = transfer.ends().await;
    assert_eq!((ann.wire.up.breaks_left(), bob.wire.down.breaks_left()), (0, 0));
    assert!(pauses <= received.len(), "{pauses}");
    assert_little_twice(&ann, (sent.len() + received.len()) as u64);
}

#[tokio::test]
async fn the_receivers_link_breaks() {
    goes_over(&[], &[1]).await;
    goes_over(&[], &[1_000_000, 2_000_000, 2_100_000, 5_000_000]).await;
    goes_over(&[], &[SIZE]).await;
}

#[tokio::test]
async fn the_senders_link_breaks() {
    goes_over(&[1], &[]).await;
    goes_over(&[1_000_000, 2_000_000, 2_100_000, 5_000_000], &[]).await;
    goes_over(&[SIZE], &[]).await;
}

#[tokio::test]
async fn both_links_break() {
    goes_over(&[1_000_000, 3_000_000, 5_000_000], &[1_000_000, 3_000_000, 5_500_000]).await;
    goes_over(&[2_000_000, 2_000_001, 2_000_002], &[2_000_000, 2_000_001, 2_000_002]).await;
}

#[tokio::test]
async fn the_server_ends_and_another_one_has_its_log() {
    let mut town = Town::kept();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    ann.wire.up.hold_at(1_000_000);
    let transfer = Sent::begin(&ann, &mut bob).await;
    for stop in [1_000_000, 2_500_000, 4_000_000] {
        ann.wire.up.reaches(stop).await;
        ann.wire.up.hold_at(stop + 1_500_000);
        // Its bytes are on their way when it ends.
        town.restart();
    }
    ann.wire.up.open();
    transfer.ends().await;
    assert_little_twice(&ann, 3);
}

#[tokio::test]
async fn all_breaks_at_once() {
    let mut town = Town::kept();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    ann.wire.up.break_at([3_000_000]);
    bob.wire.down.break_at([500_000, 3_000_000]);
    ann.wire.up.hold_at(1_000_000);
    let transfer = Sent::begin(&ann, &mut bob).await;
    ann.wire.up.reaches(1_000_000).await;
    ann.wire.cut();
    bob.wire.cut();
    town.restart();
    ann.wire.up.open();
    transfer.ends().await;
    assert_eq!((ann.wire.up.breaks_left(), bob.wire.down.breaks_left()), (0, 0));
    assert_little_twice(&ann, 5);
}

/// Who does not send, or does not read, is told of as silent, and may go on as soon as he likes.
#[tokio::test]
async fn an_end_that_goes_silent_stands_still_and_goes_on() {
    for who in ["ann", "bob"] {
        let limits = Limits { transfer_silence_ms: 1000, ..limits() };
        let town = Town::with(limits, Config::default());
        let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
        let wire = Arc::clone(if who == "ann" { &ann.wire } else { &bob.wire });
        let way = if who == "ann" { &wire.up } else { &wire.down };
        way.hold_at(1_000_000);
        let mut transfer = Sent::begin(&ann, &mut bob).await;
        let is_silent = |event: &FileEvent| matches!(event, FileEvent::Paused { user, why: PauseReason::Silent } if user.as_str() == who);
        until(&mut transfer.sending, is_silent).await;
        if who == "ann" {
            until(&mut transfer.receiving, is_silent).await;
        }
        way.open();
        transfer.ends().await;
    }
}

/// Without a log nobody knows the sessions: both are told, and the next offer goes on from what is there.
#[tokio::test]
async fn the_server_ends_and_forgets() {
    let mut town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    ann.wire.up.hold_at(2_000_000);
    let Sent { file, source, target, mut sending, mut receiving } = Sent::begin(&ann, &mut bob).await;
    until(&mut receiving, |event| matches!(event, FileEvent::Progress { bytes, .. } if *bytes >= 1_000_000))
        .await;
    town.restart();
    ann.wire.up.open();
    for transfer in [&mut sending, &mut receiving] {
        let end = last(transfer).await;
        assert!(matches!(end, FileEvent::Failed(FileError::SessionLost)), "{end:?}");
    }
    assert_eq!(target.names(), ["x.bin.part", "x.bin.part.json"]);
    let before = ann.wire.up.bytes();
    let mut sending = ann.send(to("bob"), &source.at("x.bin")).await;
    // A number of the first server means nothing to the second.
    let mut receiving = loop {
        let offer = bob.offered_again().await;
        if offer == *sending.offer() {
            break bob.accept(&offer, target.path()).await.unwrap();
        }
    };
    let FileEvent::Accepted { from, .. } = until(&mut receiving, |_| true).await else {
        panic!("it goes on")
    };
    assert!(from >= 1_000_000);
    assert!(fs::read(path_of(&last(&mut receiving).await)).unwrap() == file);
    assert!(matches!(last(&mut sending).await, FileEvent::Finished { .. }));
    assert_eq!(ann.wire.up.bytes() - before, SIZE - from, "what is there is not sent");
    assert_eq!(target.names(), ["x.bin"]);
}

/// What a part begins with is compared by the sender, and thrown away if it is another file's.
#[tokio::test]
async fn what_is_there_of_another_file_is_replaced() {
    let town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    ann.wire.up.hold_at(2_000_000);
    let Sent { source, target, mut sending, mut receiving, .. } = Sent::begin(&ann, &mut bob).await;
    until(&mut receiving, |event| matches!(event, FileEvent::Progress { bytes, .. } if *bytes >= 1_000_000))
        .await;
    bob.client.quit().await;
    assert!(matches!(last(&mut receiving).await, FileEvent::Failed(FileError::Ended)));
    ann.wire.up.open();
    let end = last(&mut sending).await;
    assert!(matches!(end, FileEvent::Cancelled { why: EndReason::Gone, .. }), "{end:?}");
    assert_eq!(target.names(), ["x.bin.part", "x.bin.part.json"]);

    let other = bytes(usize::try_from(SIZE).unwrap(), 2);
    fs::write(source.at("x.bin"), &other).unwrap();
    let mut bob = town.person("bob").await;
    let mut sending = ann.send(to("bob"), &source.at("x.bin")).await;
    let mut receiving = bob.receive(target.path()).await;
    let from = |event: &FileEvent| match event {
        FileEvent::Accepted { from, .. } => *from,
        other => panic!("{other:?}"),
    };
    let is_accepted = |event: &FileEvent| matches!(event, FileEvent::Accepted { .. });
    for transfer in [&mut receiving, &mut sending] {
        assert!(from(&until(transfer, is_accepted).await) >= 1_000_000);
        assert_eq!(from(&until(transfer, is_accepted).await), 0, "it begins anew");
    }
    assert!(fs::read(path_of(&last(&mut receiving).await)).unwrap() == other);
    assert!(matches!(last(&mut sending).await, FileEvent::Finished { .. }));
    assert_eq!(target.names(), ["x.bin"]);
}
