//! What a receiver says and writes.

use std::fs;

use chat_net::chat_core::{Ask, Code, EndReason, Event, PauseReason};
use chat_net::client::{Client, FileError, FileEvent, Options, ReceiveOptions, Transfer};

use crate::folder::{Folder, bytes};
use crate::peer::{ONE, Peer, connected, connected_with, hash, last, next, offer, path_of, user};
use crate::town::until;

/// A transfer of so many bytes into that folder that has just been accepted, from that offset.
pub(crate) async fn receiving(
    peer: &mut Peer,
    client: &Client,
    folder: &Folder,
    size: u64,
    from: u64,
) -> Transfer {
    let offer = offer(size, 4096);
    let (taken, (asked, prefix)) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), peer.accepts());
    assert_eq!((asked, prefix.is_some()), (from, from > 0));
    let mut transfer = taken.unwrap();
    assert!(
        matches!(next(&mut transfer).await, Some(FileEvent::Accepted { from: told, .. }) if told == from)
    );
    transfer
}

/// Sends a part of the file in chunks.
pub(crate) async fn pour(peer: &mut Peer, file: &[u8], range: std::ops::Range<usize>) {
    for at in range.clone().step_by(4096) {
        peer.pour(at as u64, &file[at..range.end.min(at + 4096)]).await;
    }
}

/// A transfer of that file, of which the first two chunks are there and acknowledged.
pub(crate) async fn begun(peer: &mut Peer, client: &Client, folder: &Folder, file: &[u8]) -> Transfer {
    let transfer = receiving(peer, client, folder, file.len() as u64, 0).await;
    pour(peer, file, 0..8192).await;
    peer.received(8192).await;
    transfer
}

pub(crate) async fn hashed(peer: &mut Peer, file: &[u8]) {
    peer.tell(Default::default(), Event::Hashed { transfer: ONE, hash: hash(file) }).await;
}

#[tokio::test]
async fn a_file_comes_is_verified_and_gets_its_name() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(10_000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 10_000, 0).await;
    pour(&mut peer, &file, 0..10_000).await;
    peer.received(10_000).await;
    assert_eq!(folder.names(), ["x.bin.part", "x.bin.part.json"], "not before the hash is known");
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    let path = path_of(&last(&mut transfer).await);
    assert_eq!((path.clone(), fs::read(path).unwrap()), (folder.at("x.bin"), file));
    assert_eq!(folder.names(), ["x.bin"]);
}

#[tokio::test]
async fn a_file_of_no_bytes_is_there_as_soon_as_it_is_accepted() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let mut transfer = receiving(&mut peer, &client, &folder, 0, 0).await;
    hashed(&mut peer, b"").await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), b"");
}

#[tokio::test]
async fn the_name_may_be_another_one_and_is_made_safe() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let options = ReceiveOptions { name: Some("../../-rf.txt".into()) };
    let offer = offer(0, 4096);
    let (taken, _) = tokio::join!(client.receive_file(&offer, folder.path(), options), peer.accepts());
    hashed(&mut peer, b"").await;
    peer.finishes().await;
    assert_eq!(path_of(&last(&mut taken.unwrap()).await), folder.at("rf.txt"));
}

#[tokio::test]
async fn what_does_not_have_the_senders_hash_is_thrown_away() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    folder.put("x.bin", b"precious");
    let mut transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    pour(&mut peer, &file, 0..5000).await;
    hashed(&mut peer, b"something else").await;
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::WrongHash));
    let end = last(&mut transfer).await;
    assert!(matches!(end, FileEvent::Failed(FileError::WrongHash)), "{end:?}");
    assert_eq!(
        (folder.names(), fs::read(folder.at("x.bin")).unwrap()),
        (vec!["x.bin".into()], b"precious".into())
    );
}

#[tokio::test]
async fn a_broken_link_costs_what_was_on_its_way_and_no_more() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(100_000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 100_000, 0).await;
    pour(&mut peer, &file, 0..40_960).await;
    peer.received(40_960).await;
    drop(peer);
    let mut peer = server.resume().await;
    // It is told again how things stood.
    peer.retell(Event::Offered(Box::new(offer(100_000, 4096)))).await;
    peer.retell(Event::Paused { transfer: ONE, user: user("bob"), why: PauseReason::Lost }).await;
    assert_eq!(peer.accepts().await, (40_960, None), "it goes on where it was, and need not be compared");
    pour(&mut peer, &file, 40_960..100_000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    let lost = next(&mut transfer).await;
    assert!(matches!(lost, Some(FileEvent::Paused { why: PauseReason::Lost, .. })), "{lost:?}");
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Resumed { .. })));
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

/// The link breaks while an accept has no answer: the repeat is answered as the first was, but no bytes follow it.
#[tokio::test]
async fn an_accept_that_was_answered_over_a_new_link_is_made_again() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let offer = offer(5000, 4096);
    let accepting = async {
        let first = peer.asked().await;
        drop(peer);
        let mut peer = server.resume().await;
        let (id, Ask::Accept { from: 0, .. }) = peer.asked().await else { panic!("the same ask") };
        assert_eq!(id, first.0);
        peer.tell(id, Event::Accepted { transfer: ONE, user: user("bob"), from: 0, prefix: None }).await;
        assert_eq!(peer.accepts().await.0, 0);
        peer
    };
    let (taken, mut peer) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), accepting);
    pour(&mut peer, &file, 0..5000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut taken.unwrap()).await)).unwrap(), file);
}

#[tokio::test]
async fn a_lost_session_ends_it_and_the_next_offer_goes_on() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut transfer = begun(&mut peer, &client, &folder, &file).await;
    drop(peer);
    let (mut peer, _) = server.accept().await;
    peer.welcome(false).await;
    let end = last(&mut transfer).await;
    assert!(matches!(end, FileEvent::Failed(FileError::SessionLost)), "{end:?}");

    let offer = offer(20_000, 4096);
    let (taken, accepted) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), peer.accepts());
    assert_eq!(accepted, (8192, Some(hash(&file[..8192]))));
    pour(&mut peer, &file, 8192..20_000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut taken.unwrap()).await)).unwrap(), file);
    assert_eq!(folder.names(), ["x.bin"]);
}

#[tokio::test]
async fn what_is_there_of_another_file_is_begun_anew() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut first = begun(&mut peer, &client, &folder, &bytes(20_000, 2)).await;
    drop(peer);
    let (mut peer, _) = server.accept().await;
    peer.welcome(false).await;
    last(&mut first).await;

    let offer = offer(20_000, 4096);
    let (taken, (from, prefix)) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), peer.accepts());
    assert_eq!((from, prefix.is_some()), (8192, true));
    let mut transfer = taken.unwrap();
    let differs = EndReason::PrefixDiffers;
    let cancelled = Event::Cancelled { transfer: ONE, user: user("bob"), by: user("ann"), why: differs };
    peer.tell(Default::default(), cancelled).await;
    assert_eq!(peer.accepts().await, (0, None));
    pour(&mut peer, &file, 0..20_000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Accepted { from: 8192, .. })));
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Accepted { from: 0, .. })));
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

#[tokio::test]
async fn a_pause_stops_the_bytes_and_a_resume_brings_them() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut transfer = begun(&mut peer, &client, &folder, &file).await;
    transfer.handle().pause();
    let (id, Ask::Pause { why: PauseReason::Asked, .. }) = peer.asked().await else { panic!("a pause") };
    peer.tell(id, Event::Paused { transfer: ONE, user: user("bob"), why: PauseReason::Asked }).await;
    // What was on its way is of no use, and no fault.
    pour(&mut peer, &file, 8192..16_384).await;
    assert!(peer.is_silent().await);
    transfer.handle().resume();
    assert_eq!(peer.accepts().await, (8192, None));
    pour(&mut peer, &file, 12_288..16_384).await;
    pour(&mut peer, &file, 8192..20_000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Paused { why: PauseReason::Asked, .. })));
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Resumed { .. })));
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

#[tokio::test]
async fn a_copy_that_was_taken_for_silent_is_accepted_again() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(20_000, 1));
    let mut transfer = begun(&mut peer, &client, &folder, &file).await;
    peer.tell(
        Default::default(),
        Event::Paused { transfer: ONE, user: user("ann"), why: PauseReason::Silent },
    )
    .await;
    assert_eq!(peer.accepts().await, (8192, None));
    pour(&mut peer, &file, 8192..20_000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Paused { why: PauseReason::Silent, .. })));
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

#[tokio::test]
async fn a_refused_accept_leaves_nothing() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let offer = offer(5000, 4096);
    let refusing = async {
        let (id, _) = peer.asked().await;
        peer.refuse(id, Code::NoSuchTransfer).await;
    };
    let (taken, ()) =
        tokio::join!(client.receive_file(&offer, folder.path(), ReceiveOptions::default()), refusing);
    assert_eq!(taken.unwrap_err().code(), Some(Code::NoSuchTransfer.number()));
    assert!(folder.names().is_empty());
}

#[tokio::test]
async fn a_file_that_is_received_already_is_not_received_twice() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let _transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    let again = client.receive_file(&offer(5000, 4096), folder.path(), ReceiveOptions::default()).await;
    assert!(matches!(again, Err(FileError::AlreadyReceiving)));
}

#[tokio::test]
async fn a_folder_that_is_not_there_or_too_small_is_said_before_the_accept() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let nowhere =
        client.receive_file(&offer(5000, 4096), folder.at("nowhere"), ReceiveOptions::default()).await;
    assert!(matches!(nowhere, Err(FileError::Write { .. })), "{nowhere:?}");
    let huge = client.receive_file(&offer(1 << 60, 4096), folder.path(), ReceiveOptions::default()).await;
    assert!(matches!(huge, Err(FileError::NoSpace { needed, .. }) if needed == 1 << 60), "{huge:?}");
    assert!(folder.names().is_empty() && peer.is_silent().await);
}

#[tokio::test]
async fn a_folder_that_disappears_ends_it_and_both_are_told() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 5000, 0).await;
    fs::remove_dir_all(folder.path()).unwrap();
    pour(&mut peer, &file, 0..5000).await;
    hashed(&mut peer, &file).await;
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Failed));
    let end = last(&mut transfer).await;
    assert!(matches!(end, FileEvent::Failed(FileError::Write { .. })), "{end:?}");
}

#[tokio::test]
async fn what_comes_twice_is_acknowledged_and_written_once() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(9000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 9000, 0).await;
    pour(&mut peer, &file, 0..4096).await;
    peer.received(4096).await;
    pour(&mut peer, &file, 0..4096).await;
    peer.received(4096).await;
    peer.pour(2000, &file[2000..6000]).await;
    peer.received(6000).await;
    pour(&mut peer, &file, 6000..9000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
}

#[tokio::test]
async fn a_burst_is_told_even_if_nothing_follows_it() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(100_000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 100_000, 0).await;
    pour(&mut peer, &file, 0..40_960).await;
    until(&mut transfer, |event| matches!(event, FileEvent::Progress { bytes: 40_960, .. })).await;
}

#[tokio::test]
async fn it_goes_on_while_nobody_reads_the_events() {
    let mut options = Options::named("bob");
    options.events = 8;
    let (_server, mut peer, client, events) = connected_with(options, 64 * 1024).await;
    let (folder, file) = (Folder::new(), bytes(50_000, 1));
    let mut transfer = receiving(&mut peer, &client, &folder, 50_000, 0).await;
    for _ in 0..12 {
        peer.tell(Default::default(), Event::Declined { transfer: ONE, user: user("eve") }).await;
    }
    pour(&mut peer, &file, 0..50_000).await;
    hashed(&mut peer, &file).await;
    peer.finishes().await;
    assert_eq!(fs::read(path_of(&last(&mut transfer).await)).unwrap(), file);
    drop(events);
}

#[tokio::test]
async fn whoever_stops_waiting_for_the_answer_does_not_want_the_file() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let waiting = {
        let (client, path) = (client.clone(), folder.path().to_owned());
        tokio::spawn(
            async move { client.receive_file(&offer(5000, 4096), path, ReceiveOptions::default()).await },
        )
    };
    let (id, Ask::Accept { from: 0, .. }) = peer.asked().await else { panic!("an accept") };
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    peer.tell(id, Event::Accepted { transfer: ONE, user: user("bob"), from: 0, prefix: None }).await;
    assert_eq!(peer.cancels(Some("bob")).await, (None, EndReason::Cancelled));
    while !folder.names().is_empty() {
        tokio::task::yield_now().await;
    }
}
