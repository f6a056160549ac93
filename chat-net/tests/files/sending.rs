//! What a sender says and reads.

use std::fs;

use chat_net::chat_core::{Ask, EndReason, Event, PauseReason, Recipient};
use chat_net::client::{Client, FileError, FileEvent, Options, SendOptions, Transfer};
use chat_net::codec::FromServer;

use crate::folder::{Folder, bytes};
use crate::peer::{ONE, Peer, connected, connected_with, hash, last, next, user};

fn ann() -> Recipient {
    Recipient::User("ann".into())
}

/// A transfer of the file at `path` that has just been offered.
pub(crate) async fn sending(
    peer: &mut Peer,
    client: &Client,
    path: &std::path::Path,
    chunk_bytes: u32,
) -> Transfer {
    let (taken, _) =
        tokio::join!(client.send_file(ann(), path, SendOptions::default()), peer.offers(chunk_bytes));
    taken.unwrap()
}

pub(crate) async fn accepted(peer: &mut Peer, from: u64, prefix: Option<chat_net::chat_core::FileHash>) {
    peer.tell(Default::default(), Event::Accepted { transfer: ONE, user: user("ann"), from, prefix }).await;
}

/// Reads the chunks of a pass up to an offset, and what they hold.
pub(crate) async fn poured(peer: &mut Peer, pass: u32, from: u64, to: u64, most: usize) -> Vec<u8> {
    let mut data = Vec::new();
    while from + (data.len() as u64) < to {
        let chunk = peer.chunk().await;
        assert_eq!((chunk.transfer, chunk.pass, chunk.offset), (ONE, pass, from + data.len() as u64));
        assert!((1..=most).contains(&chunk.data.len()));
        data.extend_from_slice(&chunk.data);
    }
    assert_eq!(from + data.len() as u64, to);
    data
}

pub(crate) async fn told_hash(peer: &mut Peer) -> chat_net::chat_core::FileHash {
    match peer.asked().await {
        (id, Ask::Hash { transfer: ONE, hash }) => {
            peer.tell(id, Event::Hashed { transfer: ONE, hash }).await;
            hash
        }
        other => panic!("{other:?}"),
    }
}

async fn finished(peer: &mut Peer) {
    peer.tell(Default::default(), Event::Finished { transfer: ONE, user: user("ann") }).await;
}

#[tokio::test]
async fn a_file_goes_as_far_as_the_credit_and_its_hash_follows() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(100_000, 1));
    let mut transfer = sending(&mut peer, &client, &folder.put("photo.jpg", &file), 4096).await;
    assert_eq!((transfer.offer().name.as_str(), transfer.offer().size), ("photo.jpg", 100_000));
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 50_000).await;
    let mut got = poured(&mut peer, 1, 0, 50_000, 4096).await;
    assert!(peer.is_silent().await, "not beyond the credit");
    peer.credit(1, 50_000, 100_000).await;
    got.extend(poured(&mut peer, 1, 50_000, 100_000, 4096).await);
    assert!(got == file);
    assert_eq!(told_hash(&mut peer).await, hash(&file));
    peer.tell(Default::default(), Event::Progressed { transfer: ONE, user: user("ann"), offset: 100_000 })
        .await;
    finished(&mut peer).await;
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Accepted { from: 0, .. })));
    assert!(matches!(last(&mut transfer).await, FileEvent::Finished { path: None, .. }));
}

/// The credit comes right behind the answer to the offer, before anybody can have looked at that.
#[tokio::test]
async fn credit_may_follow_the_offer_at_once() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let path = folder.put("x", &file);
    let serving = async {
        peer.offers(4096).await;
        peer.credit(1, 0, 5000).await;
        assert!(poured(&mut peer, 1, 0, 5000, 4096).await == file);
    };
    tokio::join!(async { client.send_file(ann(), &path, SendOptions::default()).await.unwrap() }, serving);
}

#[tokio::test]
async fn the_hash_of_no_bytes_and_one_that_is_wanted_first_come_with_the_offer() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(5000, 1));
    let (empty, path) = (folder.put("empty", b""), folder.put("x", &file));
    let (_, offer) = tokio::join!(client.send_file(ann(), &empty, SendOptions::default()), peer.offers(4096));
    assert_eq!(offer.hash, Some(hash(b"")));
    let options = SendOptions { hash_first: true, name: Some("y".into()), ..SendOptions::default() };
    let (_transfer, offer) = tokio::join!(client.send_file(ann(), &path, options), peer.offers(4096));
    assert_eq!((offer.hash, offer.name.as_str()), (Some(hash(&file)), "y"));
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 5000).await;
    poured(&mut peer, 1, 0, 5000, 4096).await;
    assert!(peer.is_silent().await, "the hash is known");
}

#[tokio::test]
async fn passes_begin_anywhere_and_the_hash_is_that_of_the_whole() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(3_000_000, 1));
    let _transfer = sending(&mut peer, &client, &folder.put("x", &file), 65_536).await;
    accepted(&mut peer, 2_900_000, Some(hash(&file[..2_900_000]))).await;
    peer.credit(1, 2_900_000, 3_000_000).await;
    let mut got = Vec::new();
    let mut told = None;
    while got.len() < 100_000 || told.is_none() {
        match peer.next().await.unwrap() {
            chat_net::codec::FromClient::Chunk(chunk) => got.extend_from_slice(&chunk.data),
            chat_net::codec::FromClient::Ask { ask: Ask::Hash { hash, .. }, .. } => told = Some(hash),
            other => panic!("{other:?}"),
        }
    }
    assert!(got == file[2_900_000..] && told == Some(hash(&file)));
    peer.credit(2, 1_000_000, 1_000_001).await;
    assert_eq!(poured(&mut peer, 2, 1_000_000, 1_000_001, 65_536).await, file[1_000_000..1_000_001]);
}

#[tokio::test]
async fn a_receiver_whose_beginning_is_another_files_is_told() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(50_000, 1));
    let mut transfer = sending(&mut peer, &client, &folder.put("x", &file), 65_536).await;
    accepted(&mut peer, 40_000, Some(hash(b"other"))).await;
    assert_eq!(peer.cancels(Some("ann")).await, (Some("ann".into()), EndReason::PrefixDiffers));
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 50_000).await;
    assert!(poured(&mut peer, 1, 0, 50_000, 65_536).await == file);
    assert_eq!(told_hash(&mut peer).await, hash(&file));
    finished(&mut peer).await;
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Accepted { from: 40_000, .. })));
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Accepted { from: 0, .. })));
    assert!(matches!(last(&mut transfer).await, FileEvent::Finished { .. }));
}

#[tokio::test]
async fn a_stopped_pass_is_dropped_and_another_goes_on() {
    let (_server, mut peer, client, _events) = connected_with(Options::named("bob"), 8192).await;
    let (folder, file) = (Folder::new(), bytes(1_000_000, 1));
    let _transfer = sending(&mut peer, &client, &folder.put("x", &file), 4096).await;
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 1_000_000).await;
    poured(&mut peer, 1, 0, 40_960, 4096).await;
    peer.send(FromServer::Stop { transfer: ONE, pass: 1 }).await;
    peer.credit(2, 500_000, 600_000).await;
    // What is in the pipe still comes.
    let mut strays = 0;
    let first = loop {
        match peer.chunk().await {
            chunk if chunk.pass == 2 => break chunk,
            _ => strays += 1,
        }
    };
    assert!(strays <= 4, "{strays}");
    assert_eq!((first.offset, &first.data[..]), (500_000, &file[500_000..504_096]));
    poured(&mut peer, 2, 504_096, 600_000, 4096).await;
}

#[tokio::test]
async fn after_a_break_it_goes_on_where_the_server_says() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(500_000, 1));
    let mut transfer = sending(&mut peer, &client, &folder.put("x", &file), 4096).await;
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 200_000).await;
    poured(&mut peer, 1, 0, 102_400, 4096).await;
    drop(peer);
    let mut peer = server.resume().await;
    peer.retell(Event::Offered(Box::new(transfer.offer().clone()))).await;
    peer.retell(Event::Accepted { transfer: ONE, user: user("ann"), from: 0, prefix: None }).await;
    peer.credit(1, 81_920, 500_000).await;
    assert!(poured(&mut peer, 1, 81_920, 500_000, 4096).await == file[81_920..]);
    assert_eq!(told_hash(&mut peer).await, hash(&file));
    finished(&mut peer).await;
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Accepted { .. })));
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Paused { why: PauseReason::Lost, .. })));
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Resumed { .. })));
    assert!(matches!(next(&mut transfer).await, Some(FileEvent::Finished { .. })));
}

#[tokio::test]
async fn a_lost_session_ends_the_offer() {
    let (mut server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let mut transfer = sending(&mut peer, &client, &folder.put("x", b"1"), 4096).await;
    drop(peer);
    let (mut peer, _) = server.accept().await;
    peer.welcome(false).await;
    let end = last(&mut transfer).await;
    assert!(matches!(end, FileEvent::Failed(FileError::SessionLost)), "{end:?}");
}

#[tokio::test]
async fn a_source_that_changes_ends_it_for_all() {
    for (size, change) in [
        // Shorter, longer, or touched after the offer.
        (300_000, (|path| fs::write(path, "short").unwrap()) as fn(&std::path::Path)),
        (300_000, |path| fs::write(path, vec![1; 400_000]).unwrap()),
        (300_000, |path| {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
        }),
    ] {
        let (_server, mut peer, client, _events) = connected("bob").await;
        let folder = Folder::new();
        let path = folder.put("x", &bytes(size, 1));
        let mut transfer = sending(&mut peer, &client, &path, 65_536).await;
        accepted(&mut peer, 0, None).await;
        change(&path);
        peer.credit(1, 0, size as u64).await;
        let why = loop {
            match peer.next().await.unwrap() {
                chat_net::codec::FromClient::Chunk(_) => {}
                chat_net::codec::FromClient::Ask { id, ask: Ask::Cancel { user: None, why, .. } } => {
                    peer.tell(id, Event::Closed { transfer: ONE, why }).await;
                    break why;
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(why, EndReason::SourceChanged);
        let end = last(&mut transfer).await;
        assert!(matches!(end, FileEvent::Failed(FileError::SourceChanged { .. })), "{end:?}");
    }
}

/// Another file under the same name is another file: the one that was offered is sent.
#[tokio::test]
async fn a_source_that_is_replaced_is_sent_all_the_same() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(300_000, 1));
    let path = folder.put("x", &file);
    let _transfer = sending(&mut peer, &client, &path, 65_536).await;
    fs::rename(folder.put("y", b"another"), &path).unwrap();
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 300_000).await;
    assert!(poured(&mut peer, 1, 0, 300_000, 65_536).await == file);
}

#[tokio::test]
async fn what_is_no_file_is_not_offered() {
    let (_server, _peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    rustix::fs::mknodat(rustix::fs::CWD, folder.at("pipe"), rustix::fs::FileType::Fifo, 0o600.into(), 0)
        .unwrap();
    for path in [folder.path().to_owned(), folder.at("pipe")] {
        let error = client.send_file(ann(), path, SendOptions::default()).await.unwrap_err();
        assert!(matches!(error, FileError::NotAFile { .. }), "{error}");
    }
    let error = client.send_file(ann(), folder.at("nowhere"), SendOptions::default()).await.unwrap_err();
    assert!(matches!(error, FileError::Read { .. }), "{error}");
}

/// The link takes little at a time, and file bytes fill it: what is said comes behind one chunk at the most.
#[tokio::test]
async fn talk_goes_before_file_bytes() {
    let (_server, mut peer, client, _events) = connected_with(Options::named("bob"), 1024).await;
    let (folder, file) = (Folder::new(), bytes(2_000_000, 1));
    let _transfer = sending(&mut peer, &client, &folder.put("x", &file), 65_536).await;
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 2_000_000).await;
    peer.chunk().await;
    for _ in 0..5 {
        let saying = tokio::spawn({
            let client = client.clone();
            async move { client.say("lobby", "hello").await }
        });
        // It reaches the driver; the link is full of a chunk meanwhile.
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        let mut before = 0;
        loop {
            match peer.next().await.unwrap() {
                chat_net::codec::FromClient::Chunk(_) => before += 1,
                chat_net::codec::FromClient::Ask { ask: Ask::Say { .. }, .. } => break,
                other => panic!("{other:?}"),
            }
        }
        assert!(before <= 2, "{before} chunks before what was said");
        saying.abort();
    }
}

#[tokio::test]
async fn a_sender_that_pauses_sends_nothing() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let (folder, file) = (Folder::new(), bytes(100_000, 1));
    let transfer = sending(&mut peer, &client, &folder.put("x", &file), 4096).await;
    accepted(&mut peer, 0, None).await;
    peer.credit(1, 0, 40_960).await;
    poured(&mut peer, 1, 0, 40_960, 4096).await;
    transfer.handle().pause();
    while !peer.is_silent().await {}
    peer.credit(1, 40_960, 100_000).await;
    assert!(peer.is_silent().await);
    transfer.handle().resume();
    assert!(poured(&mut peer, 1, 40_960, 100_000, 4096).await == file[40_960..]);
}

#[tokio::test]
async fn a_sender_calls_the_whole_off() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let mut transfer = sending(&mut peer, &client, &folder.put("x", &bytes(9000, 1)), 4096).await;
    accepted(&mut peer, 0, None).await;
    transfer.handle().cancel();
    assert_eq!(peer.cancels(None).await, (None, EndReason::Cancelled));
    assert!(matches!(last(&mut transfer).await, FileEvent::Closed { why: EndReason::Cancelled }));
    peer.credit(1, 0, 9000).await;
    assert!(peer.is_silent().await);
}

#[tokio::test]
async fn nobody_who_accepts_an_offer_to_a_user_ends_it() {
    for (event, is_last) in [
        (Event::Declined { transfer: ONE, user: user("ann") }, "Declined"),
        (Event::Closed { transfer: ONE, why: EndReason::Expired }, "Closed"),
        (
            Event::Cancelled { transfer: ONE, user: user("ann"), by: user("ann"), why: EndReason::Cancelled },
            "Cancelled",
        ),
    ] {
        let (_server, mut peer, client, _events) = connected("bob").await;
        let folder = Folder::new();
        let mut transfer = sending(&mut peer, &client, &folder.put("x", b"1"), 4096).await;
        peer.tell(Default::default(), event).await;
        let end = format!("{:?}", last(&mut transfer).await);
        assert!(end.starts_with(is_last), "{end}");
    }
}

#[tokio::test]
async fn whoever_stops_waiting_for_the_answer_does_not_offer_the_file() {
    let (_server, mut peer, client, _events) = connected("bob").await;
    let folder = Folder::new();
    let path = folder.put("x", b"1");
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.send_file(ann(), path, SendOptions::default()).await }
    });
    let (id, Ask::Offer { .. }) = peer.asked().await else { panic!("an offer") };
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    let offer = crate::peer::offer(1, 4096);
    peer.tell(id, Event::Offered(Box::new(offer))).await;
    assert_eq!(peer.cancels(None).await, (None, EndReason::Cancelled));
}
