//! How a receiver's copy ends before it is whole, and what is kept of it.

use chat_net::chat_core::{EndReason, Event};
use chat_net::client::{FileError, FileEvent, ReceiveOptions};

use crate::folder::{Folder, bytes};
use crate::peer::{ONE, connected, last, offer, path_of};
use crate::receiving::{begun, hashed, pour, receiving};

#[tokio::test]
async fn who_calls_it_off_keeps_nothing_of_it() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut transfer = begun(&mut peer, &client, &folder, &file).await;
    transfer.handle().cancel();
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Cancelled));
    assert!(matches!(last(&mut transfer).await, FileEvent::Cancelled { why: EndReason::Cancelled, .. }));
    assert!(folder.names().is_empty());
}

#[tokio::test]
async fn who_leaves_keeps_what_came() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut transfer = begun(&mut peer, &client, &folder, &file).await;
    transfer.handle().leave();
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Cancelled));
    assert!(matches!(last(&mut transfer).await, FileEvent::Cancelled { why: EndReason::Cancelled, .. }));
    receiving(&mut peer, &client, &folder, 20_000, 8192).await;
}

#[tokio::test]
async fn what_the_sender_calls_off_is_kept_for_another_time() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut transfer = begun(&mut peer, &client, &folder, &file).await;
    peer.tell(Default::default(), Event::Closed { transfer: ONE, why: EndReason::Gone }).await;
    assert!(matches!(last(&mut transfer).await, FileEvent::Closed { why: EndReason::Gone }));
    assert_eq!(folder.names(), ["x.bin.part", "x.bin.part.json"]);
}

#[tokio::test]
async fn an_offer_that_expires_for_others_does_not_end_it() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    peer.tell(Default::default(), Event::Closed { transfer: ONE, why: EndReason::Expired }).await;
    pour(&mut peer, &file, 0..5000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert!(folder.at("x.bin") == path_of(&last(&mut transfer).await));
}

#[tokio::test]
async fn the_end_of_the_client_ends_it() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(9000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 9000, 0).await;
    pour(&mut peer, &file, 0..4096).await;
    peer.received(4096).await;
    let (_, ()) = tokio::join!(client.quit(), async { drop(peer) });
    let end = last(&mut transfer).await;
    assert!(matches!(end, FileEvent::Failed(FileError::Ended)), "{end:?}");
    assert_eq!(folder.names(), ["x.bin.part", "x.bin.part.json"]);
    let after = client.receive_file(&offer(1, 4096), folder.path(), ReceiveOptions::default()).await;
    assert!(matches!(after, Err(FileError::Ended)), "{after:?}");
}
