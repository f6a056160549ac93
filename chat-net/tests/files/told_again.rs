//! A server that refuses something of a transfer, for now or for good.

use std::fs;

use chat_net::chat_core::{Ask, Code, EndReason, Event, Refusal, RequestId};
use chat_net::client::{FileError, FileEvent};

use crate::folder::{Folder, bytes};
use crate::peer::{Peer, connected, hash, last, path_of};
use crate::receiving::{hashed, pour, receiving};
use crate::sending::{accepted, poured, sending, told_hash};

/// Refuses it for now, as a server does whose disk is full.
async fn refuse_for_now(peer: &mut Peer, id: RequestId) {
    let code = Code::StorageFull;
    let (reason, message) = (code.name().into(), code.sentence().into());
    let refusal = Refusal { code: code.number(), reason, message, retry_after_ms: Some(1) };
    peer.tell(id, Event::Refused(refusal)).await;
}

#[tokio::test]
async fn a_hash_that_is_refused_for_now_is_told_again() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let _transfer = sending(&mut peer, &client, &folder.put("x", &file), 4096).await;
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 5000).await;
    poured(&mut peer, 1, 0, 5000, 4096).await;
    let (id, _) = peer.asked().await;
    refuse_for_now(&mut peer, id).await;
    assert_eq!(told_hash(&mut peer).await, hash(&file));
}

#[tokio::test]
async fn an_end_that_is_refused_for_now_is_told_again() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    pour(&mut peer, &file, 0..5000).await;
    hashed(&mut peer, &file).await;
    let (id, ask) = peer.asked().await;
    assert!(matches!(ask, Ask::Finish { .. }), "{ask:?}");
    refuse_for_now(&mut peer, id).await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

#[tokio::test]
async fn an_accept_after_a_break_that_is_refused_for_now_is_made_again() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    drop(peer);
    let mut peer = server.resume().await;
    let (id, ask) = peer.asked().await;
    assert!(matches!(ask, Ask::Accept { .. }), "{ask:?}");
    refuse_for_now(&mut peer, id).await;
    assert_eq!(peer.accepts().await, (0, None));
    pour(&mut peer, &file, 0..5000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

#[tokio::test]
async fn an_accept_after_a_break_that_is_refused_for_good_ends_it_for_the_sender_too() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let mut transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    drop(peer);
    let mut peer = server.resume().await;
    let (id, _) = peer.asked().await;
    peer.refuse(id, Code::TooManyTransfers).await;
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Failed));
    let end = last(&mut transfer).await;
    assert!(matches!(end, FileEvent::Failed(FileError::Refused(_))), "{end:?}");
}
