//! A server that breaks the rules: it fails a transfer, or loses the connection, and never costs more than a little memory.

use chat_net::chat_core::{EndReason, Event, FileHash, Recipient, TransferId};
use chat_net::client::{FileError, FileEvent, Notice, ReceiveOptions, SendOptions, Why};
use chat_net::codec::{Chunk, Credit, FromServer};

use crate::folder::{Folder, bytes};
use crate::peer::{LONG, ONE, connected, last, offer};

#[tokio::test]
async fn a_chunk_that_nobody_asked_for_breaks_the_link() {
    let (_server, mut peer, _client, mut events) = connected("bob").await;
    let chunk = Chunk { transfer: TransferId(99), pass: 1, offset: 0, data: vec![1].into() };
    peer.send(FromServer::Chunk(chunk)).await;
    let why = loop {
        match tokio::time::timeout(LONG, events.next()).await.unwrap().unwrap() {
            Notice::Ended { why } => break why,
            Notice::Connected(_) => {}
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(why, Why::Protocol(_)), "{why}");
}

#[tokio::test]
async fn wrong_chunks_fail_the_transfer() {
    let file = bytes(10_000, 1);
    for (offset, length) in [(5000, 4096), (9000, 4096), (0, 4097), (4096, 0), (u64::MAX, 1), (10_000, 1)] {
        let (_server, mut peer, client, _events) = connected("bob").await;
        let (folder, offer) = (Folder::new(), offer(10_000, 4096));
        let (taken, _) = tokio::join!(
            client.receive_file(&offer, folder.path(), ReceiveOptions::default()),
            peer.accepts()
        );
        let mut transfer = taken.unwrap();
        peer.pour(0, &file[..4096]).await;
        peer.pour(offset, &vec![0; length]).await;
        assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Failed), "{offset} {length}");
        let end = last(&mut transfer).await;
        assert!(matches!(end, FileEvent::Failed(FileError::Broken { .. })), "{end:?}");
        // The link is none the worse.
        peer.pour(4096, &file[4096..8192]).await;
        peer.send(FromServer::Ping { nonce: 5 }).await;
        while !matches!(peer.next().await, Some(chat_net::codec::FromClient::Pong { nonce: 5 })) {}
    }
}

#[tokio::test]
async fn a_hash_that_changes_fails_the_transfer() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, offer) = (Folder::new(), offer(10_000, 4096));
    let (taken, _) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), peer.accepts());
    for byte in [1, 2] {
        peer.tell(Default::default(), Event::Hashed { transfer: ONE, hash: FileHash([byte; 32]) }).await;
    }
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Failed));
    assert!(matches!(last(&mut taken.unwrap()).await, FileEvent::Failed(FileError::Broken { .. })));
}

#[tokio::test]
async fn wrong_credits_fail_the_transfer() {
    let whole = |pass, next, until| Credit { transfer: ONE, pass, next, until };
    for credits in [
        vec![whole(1, 0, 10_001)],
        vec![whole(1, 0, u64::MAX)],
        vec![whole(1, 5000, 4000)],
        vec![whole(1, 10_001, 10_001)],
        vec![whole(1, 0, 4096), whole(1, 9000, 9000)],
        (1..=65).map(|pass| whole(pass, 0, 0)).collect(),
    ] {
        let (_server, mut peer, client, _events) = connected("bob").await;
        let folder = Folder::new();
        let path = folder.put("x", &bytes(10_000, 1));
        let to = Recipient::User("ann".into());
        let (taken, _) = tokio::join!(client.send_file(to, path, SendOptions::default()), peer.offers(4096));
        for credit in &credits {
            peer.send(FromServer::Credit(*credit)).await;
        }
        loop {
            match peer.next().await.unwrap() {
                chat_net::codec::FromClient::Chunk(_) => {}
                chat_net::codec::FromClient::Ask { id, ask } => {
                    let chat_net::chat_core::Ask::Cancel { why, .. } = ask else { panic!("{ask:?}") };
                    assert_eq!(why, EndReason::Failed);
                    peer.tell(id, Event::Closed { transfer: ONE, why }).await;
                    break;
                }
                other => panic!("{other:?}"),
            }
        }
        let end = last(&mut taken.unwrap()).await;
        assert!(matches!(end, FileEvent::Failed(FileError::Broken { .. })), "{end:?} of {credits:?}");
    }
}

/// All at once, and again and again: words to tasks and bytes to disks are taken in, or the link is not read.
#[tokio::test]
async fn a_flood_is_taken_in_or_held_back() {
    let (_server, mut peer, client, events) = connected("bob").await;
    drop(events);
    let (folder, offer) = (Folder::new(), offer(40_000_000, 4096));
    let (taken, _) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), peer.accepts());
    let file = bytes(4096, 1);
    let mut hasher = blake3::Hasher::new();
    for at in (0..40_000_000u64).step_by(4096) {
        let chunk = &file[..file.len().min((40_000_000 - at) as usize)];
        hasher.update(chunk);
        peer.pour(at, chunk).await;
        let resumed = Event::Resumed { transfer: ONE, user: crate::peer::user("ann") };
        peer.tell(Default::default(), resumed).await;
    }
    let whole = FileHash(*hasher.finalize().as_bytes());
    peer.tell(Default::default(), Event::Hashed { transfer: ONE, hash: whole }).await;
    peer.finishes().await;
    let mut transfer = taken.unwrap();
    assert!(matches!(last(&mut transfer).await, FileEvent::Finished { .. }));
}
