//! A file goes from every form that can carry bytes to every other, and to a room in all of them at once.

use chat_core::Ask;
use chat_net::codec::{Form, FromServer};

use super::{Download, HASH, Upload, room, user};
use crate::peer::{Peer, fast, server};

const PROGRAMS: [Form; 3] = [Form::Bincode, Form::JsonFrames, Form::JsonLines];

/// A line holds a small chunk only.
fn step(form: Form) -> u64 {
    if form == Form::JsonLines { 4096 } else { 65_536 }
}

#[tokio::test]
async fn every_form_that_carries_bytes_sends_to_every_other() {
    let server = server(fast()).await;
    for sender in PROGRAMS {
        for receiver in PROGRAMS {
            let (a, b) = (format!("{sender:?}-to-{receiver:?}"), format!("{receiver:?}-of-{sender:?}"));
            let mut alice = Peer::join_pipe(&server, sender, &a).await;
            let mut bob = Peer::join_pipe(&server, receiver, &b).await;
            let size = 1_000_003;
            let offer = alice.offers(1, user(&b), size, 0).await;
            let offered = bob.is_offered().await;
            assert_eq!((&offered, offer.size, offer.chunk_bytes), (&offer, size, 65_536));
            let transfer = offer.transfer;
            bob.accepts(1, transfer, 0).await;
            let mut upload = Upload::new(alice, offer.clone(), step(sender));
            let mut download = Download::new(bob, offer, 0);
            let receiving = async {
                download.run().await;
                if !download.story.iter().any(|line| line.contains("hashed")) {
                    download.peer.story(&HASH.to_string()).await;
                }
                download.finish(2).await;
            };
            let sending = async {
                upload.peer.ask(2, Ask::Hash { transfer, hash: HASH }).await;
                upload.run(|line| line == format!("finished {transfer} {b}")).await;
            };
            tokio::join!(receiving, sending);
            assert_eq!(upload.sent, size, "{sender:?} to {receiver:?}");
            let is_once = |line: &&String| !line.contains("progressed") && !line.contains("joined");
            let others: Vec<&String> = upload.story.iter().filter(is_once).collect();
            assert_eq!(
                others,
                [
                    &format!("accepted {transfer} {b} from 0"),
                    &format!("re=2 hashed {transfer} {HASH}"),
                    &format!("finished {transfer} {b}"),
                ]
            );
        }
    }
}

#[tokio::test]
async fn a_room_of_all_forms_is_served_by_one_pass() {
    let server = server(fast()).await;
    let alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let mut bobs = Vec::new();
    for (n, form) in PROGRAMS.into_iter().cycle().take(7).enumerate() {
        bobs.push(Peer::join_pipe(&server, form, &format!("bob{n}")).await);
    }
    let size = 3_000_001;
    let mut alice = alice;
    let offer = alice.offers(1, room("lobby"), size, 20_000).await;
    let mut upload = Upload::new(alice, offer.clone(), 20_000);
    let mut downloads = Vec::new();
    for mut bob in bobs {
        assert_eq!(bob.is_offered().await, offer);
        bob.accepts(1, offer.transfer, 0).await;
        downloads.push(Download::new(bob, offer.clone(), 0));
    }
    let receiving: Vec<_> = downloads
        .into_iter()
        .map(|mut download| {
            tokio::spawn(async move {
                download.run().await;
                download.finish(2).await;
            })
        })
        .collect();
    upload
        .peer
        .asks(2, Ask::Hash { transfer: offer.transfer, hash: HASH }, &format!("hashed 1 {HASH}"))
        .await;
    let mut left = 7;
    while left > 0 {
        while upload.step().await {}
        let frame = upload.peer.next().await.unwrap();
        upload.take(&frame);
        left -= usize::from(upload.story.last().is_some_and(|line| line.starts_with("finished")));
        upload.story.clear();
    }
    for receiver in receiving {
        receiver.await.unwrap();
    }
    assert_eq!(upload.sent, size, "all had accepted when the pass began");
}

#[tokio::test]
async fn a_file_without_bytes_is_complete_once_it_is_accepted() {
    let server = server(fast()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join_pipe(&server, Form::JsonFrames, "bob").await;
    let offer = alice.offers(1, user("bob"), 0, 0).await;
    alice.asks(2, Ask::Hash { transfer: offer.transfer, hash: HASH }, &format!("hashed 1 {HASH}")).await;
    bob.accepts(1, offer.transfer, 0).await;
    bob.asks(2, Ask::Finish { transfer: offer.transfer }, "finished 1 bob").await;
    alice.story("finished 1 bob").await;
}

#[tokio::test]
async fn who_has_a_part_gets_the_rest() {
    let server = server(fast()).await;
    let mut alice = Peer::join_pipe(&server, Form::Bincode, "alice").await;
    let mut bob = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    let offer = alice.offers(1, user("bob"), 500_000, 0).await;
    bob.accepts(1, offer.transfer, 123_457).await;
    let mut upload = Upload::new(alice, offer.clone(), 65_536);
    let mut download = Download::new(bob, offer, 123_457);
    let credit = upload.peer.credit().await;
    assert_eq!((credit.pass, credit.next), (1, 123_457));
    upload.take(&FromServer::Credit(credit));
    tokio::join!(download.run(), async { while upload.step().await {} });
    assert_eq!(upload.sent, 500_000 - 123_457);
}
