//! What broken and hostile ends of a transfer send, and ends that say nothing: each costs nobody else anything.

use bytes::Bytes;
use chat_core::{Ask, Config, FileHash, TransferId};
use chat_net::codec::{Chunk, Form, FromClient, FromServer};
use chat_net::{Limits, Server, ServerHandle};

use super::{Download, Upload, bytes, offer_ask, room, user};
use crate::peer::{Peer, fast, server, show};

const CHUNK: u64 = 65_536;

impl Peer {
    /// Takes frames until one is shown that begins so.
    pub(crate) async fn is_told(&mut self, begin: &str) -> Vec<String> {
        self.until(|frame| show(frame).starts_with(begin)).await.iter().map(show).collect()
    }

    async fn wrong_chunk(&mut self, transfer: TransferId, pass: u32, offset: u64, length: u64) {
        let data = Bytes::from(vec![0; usize::try_from(length).unwrap()]);
        self.send(FromClient::Chunk(Chunk { transfer, pass, offset, data })).await;
    }
}

/// Alice offers a file to the lobby, and these take it.
async fn offered(server: &ServerHandle, size: u64, bobs: &[&str]) -> (Upload, Vec<Download>) {
    let mut alice = Peer::join_pipe(server, Form::Bincode, "alice").await;
    let mut peers = Vec::new();
    for bob in bobs {
        peers.push(Peer::join_pipe(server, Form::Bincode, bob).await);
    }
    let offer = alice.offers(1, room("lobby"), size, 0).await;
    let mut downloads = Vec::new();
    for mut peer in peers {
        peer.accepts(1, offer.transfer, 0).await;
        downloads.push(Download::new(peer, offer.clone(), 0));
    }
    (Upload::new(alice, offer, CHUNK), downloads)
}

impl Upload {
    /// Serves passes for as long as something else takes.
    async fn while_others<T>(&mut self, others: impl Future<Output = T>) -> T {
        tokio::select! {
            done = others => done,
            () = self.run(|_| false) => unreachable!(),
        }
    }
}

#[tokio::test]
async fn chunks_that_do_not_follow_are_refused_and_the_file_goes_on() {
    let server = server(fast()).await;
    let (mut upload, mut downloads) = offered(&server, 10 * CHUNK, &["bob"]).await;
    let transfer = upload.offer.transfer;
    let first = upload.peer.credit().await;
    assert_eq!((first.pass, first.next), (1, 0));
    upload.peer.chunk(transfer, 1, 0, CHUNK).await;
    let overlaps = [(0, CHUNK - 1 + 2), (CHUNK - 1, CHUNK)];
    let holes = [(CHUNK + 1, CHUNK), (2 * CHUNK, CHUNK)];
    let sizes = [(CHUNK, 0), (CHUNK, 1), (10 * CHUNK - 1, CHUNK), (10 * CHUNK, 1)];
    let ends = [(u64::MAX, 1), (u64::MAX, 0), (u64::MAX - CHUNK, CHUNK), (u64::MAX - CHUNK + 1, CHUNK)];
    for (offset, length) in overlaps.into_iter().chain(holes).chain(sizes).chain(ends) {
        upload.peer.wrong_chunk(transfer, 1, offset, length).await;
        let told = upload.peer.is_told("refused wrong_offset").await;
        let where_to_go_on = format!("credit {transfer}/1 from {CHUNK} to {}", first.until);
        assert!(told.contains(&where_to_go_on), "after {length} bytes at {offset}: {told:?}");
    }
    upload.peer.wrong_chunk(transfer, 2, CHUNK, CHUNK).await;
    upload.peer.is_told("refused wrong_offset").await;
    upload.peer.wrong_chunk(TransferId(99), 1, CHUNK, CHUNK).await;
    upload.peer.is_told("refused no_such_transfer").await;
    // What is there already is passed on no second time.
    upload.peer.wrong_chunk(transfer, 1, 0, CHUNK).await;
    upload.passes.insert(1, (CHUNK, first.until));
    upload.while_others(downloads[0].run()).await;
}

#[tokio::test]
async fn a_frame_that_not_everybody_can_read_is_not_passed_on() {
    let server = server(fast()).await;
    let (mut upload, mut downloads) = offered(&server, 4096, &["bob"]).await;
    let bob = &mut downloads[0].peer;
    upload.peer.credit().await;
    // Transfer, pass, offset and length, each in as many bytes as it can take.
    let (wide, number) = ([253], |n: u64| n.to_le_bytes());
    let head =
        [&[6][..], &wide, &number(1), &[252, 1, 0, 0, 0], &wide, &number(0), &wide, &number(4096)].concat();
    let length = u32::try_from(head.len() + 4096).unwrap().to_be_bytes();
    upload.peer.raw(&[&length[..], &head, &bytes(0, 4096)].concat()).await;
    let plain = [&[6, 1, 1, 0, 251, 0, 16][..], &bytes(0, 4096)].concat();
    assert!(bob.next_payload().await.unwrap()[..] == plain);
}

#[tokio::test]
async fn only_the_sender_sends_and_only_receivers_acknowledge() {
    let server = server(fast()).await;
    let (mut upload, mut downloads) = offered(&server, 2 * CHUNK, &["bob"]).await;
    let transfer = upload.offer.transfer;
    let mut mallory = Peer::join_pipe(&server, Form::Bincode, "mallory").await;
    upload.peer.credit().await;
    for peer in [&mut mallory, &mut downloads[0].peer] {
        peer.wrong_chunk(transfer, 1, 0, CHUNK).await;
        peer.is_told("refused no_such_transfer").await;
    }
    mallory.received(transfer, 0).await;
    mallory.is_told("refused no_such_transfer").await;
    for offset in [1, CHUNK, u64::MAX] {
        downloads[0].peer.received(transfer, offset).await;
        downloads[0].peer.is_told("refused wrong_offset").await;
    }
    let mut stranger = Peer::pipe(&server, Form::Bincode).await;
    stranger.wrong_chunk(transfer, 1, 0, 4000).await;
    stranger.is_told("refused no_name").await;
    upload.passes.insert(1, (0, 2 * CHUNK));
    upload.while_others(downloads[0].run()).await;
}

#[tokio::test]
async fn a_receiver_that_leaves_the_room_ends_its_own_copy_only() {
    let server = server(fast()).await;
    let (mut upload, mut downloads) = offered(&server, 50 * CHUNK, &["bob", "carol"]).await;
    let transfer = upload.offer.transfer;
    let (mut carol, mut bob) = (downloads.pop().unwrap(), downloads.pop().unwrap());
    let leaves = async {
        bob.run_to(10 * CHUNK).await;
        bob.peer.ask(2, Ask::Leave { room: "lobby".into() }).await;
        bob.peer.is_told(&format!("cancelled {transfer} bob by bob (left)")).await;
        // An acknowledgement that was on its way is nobody's fault, and nothing comes any more.
        bob.peer.received(transfer, 11 * CHUNK).await;
        bob.peer.ask(3, Ask::Accept { transfer, from: 10 * CHUNK, prefix: None }).await;
        bob.peer.gets(&["re=3 refused no_such_transfer"]).await;
    };
    upload.while_others(async { tokio::join!(leaves, carol.run()) }).await;
    assert!(upload.story.contains(&format!("cancelled {transfer} bob by bob (left)")));
}

#[tokio::test]
async fn a_sender_that_leaves_the_room_ends_all_copies_and_no_chunk_follows() {
    let server = server(fast()).await;
    let (mut upload, mut downloads) = offered(&server, 100 * CHUNK, &["bob"]).await;
    let transfer = upload.offer.transfer;
    let credit = upload.peer.credit().await;
    upload.take(&FromServer::Credit(credit));
    upload.step().await;
    downloads[0].step().await;
    upload.peer.ask(2, Ask::Leave { room: "lobby".into() }).await;
    // It cannot know yet that the pass is over, and sends what it may.
    while upload.step().await {}
    let closed = format!("closed {transfer} (left)");
    let mut told = upload.peer.is_told(&closed).await;
    upload.peer.ask(3, offer_ask(user("nobody"), 1, 0)).await;
    told.extend(upload.peer.is_told("re=3 refused no_such_user").await);
    assert!(!told.iter().any(|line| line.starts_with("refused")), "{told:?}");
    downloads[0].peer.is_told(&closed).await;
    downloads[0].peer.received(transfer, CHUNK).await;
    downloads[0].peer.ask(3, offer_ask(user("nobody"), 1, 0)).await;
    downloads[0].peer.gets(&["re=3 refused no_such_user"]).await;
}

fn impatient() -> Limits {
    Limits { transfer_silence_ms: 5_000, ..fast() }
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_is_silent_holds_up_only_itself_and_may_go_on() {
    let server = server(impatient()).await;
    let (mut upload, mut downloads) = offered(&server, 50 * CHUNK, &["bob", "carol"]).await;
    let transfer = upload.offer.transfer;
    let (mut carol, mut bob) = (downloads.pop().unwrap(), downloads.pop().unwrap());
    upload.while_others(carol.run()).await;
    let silent = format!("paused {transfer} bob (silent)");
    upload.run(|line| line == silent).await;
    // All that was sent until then is there, and then the news.
    loop {
        match bob.peer.next().await.unwrap() {
            FromServer::Chunk(chunk) => bob.check(&chunk),
            other if show(&other) == silent => break,
            _ => {}
        }
    }
    assert!(bob.has < bob.offer.size);
    bob.peer.accepts(2, transfer, bob.has).await;
    upload.while_others(bob.run()).await;
}

#[tokio::test(start_paused = true)]
async fn a_sender_that_is_silent_pauses_all_copies() {
    let server = server(impatient()).await;
    let (mut upload, mut downloads) = offered(&server, 50 * CHUNK, &["bob", "carol"]).await;
    let transfer = upload.offer.transfer;
    let silent = format!("paused {transfer} alice (silent)");
    for download in &mut downloads {
        download.peer.is_told(&silent).await;
    }
    upload.run(|line| line == silent).await;
    for download in &mut downloads {
        download.peer.accepts(2, transfer, 0).await;
    }
    let [bob, carol] = &mut downloads[..] else { panic!() };
    upload.while_others(async { tokio::join!(bob.run(), carol.run()) }).await;
}

#[tokio::test(start_paused = true)]
async fn ends_that_have_all_bytes_and_say_nothing_are_told_of() {
    let server = server(impatient()).await;
    let (mut upload, mut downloads) = offered(&server, 20 * CHUNK, &["bob", "carol"]).await;
    let transfer = upload.offer.transfer;
    let [bob, carol] = &mut downloads[..] else { panic!() };
    upload.while_others(async { tokio::join!(bob.run(), carol.run()) }).await;
    // Everything was sent and acknowledged, and the sender does not tell the hash.
    let silent = format!("paused {transfer} alice (silent)");
    bob.peer.is_told(&silent).await;
    carol.peer.is_told(&silent).await;
    upload.run(|line| line == silent).await;
    for download in [&mut *bob, &mut *carol] {
        download.peer.accepts(2, transfer, download.has).await;
    }
    upload.peer.ask(2, Ask::Hash { transfer, hash: FileHash([7; 32]) }).await;
    upload.peer.is_told("re=2 hashed").await;
    // Bob says that he is finished. Carol does not, and still may when that was told of.
    bob.peer.ask(3, Ask::Finish { transfer }).await;
    upload.peer.is_told(&format!("finished {transfer} bob")).await;
    let told = upload.peer.is_told(&format!("paused {transfer}")).await;
    assert_eq!(told.last(), Some(&format!("paused {transfer} carol (silent)")));
    carol.peer.ask(3, Ask::Finish { transfer }).await;
    upload.peer.is_told(&format!("finished {transfer} carol")).await;
}

#[tokio::test(start_paused = true)]
async fn a_receiver_that_was_killed_and_started_again_is_not_waited_for() {
    let config = Config { linger_ms: 5_000, ..Config::default() };
    let server = Server::builder().limits(fast()).core(config).start().await.unwrap();
    let (mut upload, mut downloads) = offered(&server, 50 * CHUNK, &["bob"]).await;
    let transfer = upload.offer.transfer;
    let mut bob = downloads.pop().unwrap();
    let is_killed = async move {
        bob.run_to(10 * CHUNK).await;
        bob.has
    };
    let lost = format!("paused {transfer} bob (lost)");
    let (has, ()) = tokio::join!(is_killed, upload.run(|line| line == lost));
    // His name is held for a while, then free.
    let mut other = Peer::pipe(&server, Form::Bincode).await;
    other.hello("bob").await;
    other.is_told("refused name_taken").await;
    upload.run(|line| line.starts_with("left lobby/")).await;
    let again = Peer::join_pipe(&server, Form::Bincode, "bob").await;
    upload.run(|line| line == format!("cancelled {transfer} bob by bob (gone)")).await;
    // A member of the room like all others, he takes the rest.
    let mut bob = Download::new(again, upload.offer.clone(), has);
    bob.peer.accepts(1, transfer, has).await;
    upload.while_others(bob.run()).await;
}

#[tokio::test]
async fn ten_thousand_offers_are_refused_and_the_one_they_were_made_to_comes_back() {
    let config = Config { resumable_ms: 600_000, ..Config::default() };
    let server = Server::builder().limits(fast()).core(config).start().await.unwrap();
    let mut bob = Peer::pipe(&server, Form::JsonFrames).await;
    let token = bob.enter("bob").await.unwrap().token;
    drop(bob);
    let mut made = 0;
    // Whoever has offered as much as one may comes again as somebody else.
    for n in 0..500 {
        let mut mallory = Peer::join_pipe(&server, Form::Bincode, &format!("mallory{n}")).await;
        for id in 1..=20 {
            let name = "n".repeat(200).into();
            mallory.ask(id, Ask::Offer { to: user("bob"), name, size: 1, hash: None, chunk_bytes: 0 }).await;
        }
        for id in 1..=20 {
            made += usize::from(matches!(mallory.answer(id).await, chat_core::Event::Offered(_)));
        }
        mallory.send(FromClient::Bye).await;
        mallory.rest().await;
    }
    assert_eq!(made, 5_000, "ten each");
    let mut bob = Peer::pipe(&server, Form::JsonFrames).await;
    bob.resume("bob", &token, &[]).await;
    bob.is_told("welcome bob again").await;
    bob.ask(1, offer_ask(user("nobody"), 1, 0)).await;
    let told = bob.is_told("re=1 refused no_such_user").await;
    let offers = told.iter().filter(|line| line.starts_with("past offered")).count();
    assert!((1..=200).contains(&offers), "{offers} offers");
}
