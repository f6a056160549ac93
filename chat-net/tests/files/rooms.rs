//! Files to a room: each receiver's copy stands for itself.

use std::fs;
use std::path::PathBuf;

use chat_net::chat_core::{Ask, EndReason, Event};
use chat_net::client::{FileEvent, SendOptions, Transfer};

use crate::folder::{Folder, bytes};
use crate::peer::{last, next, path_of};
use crate::town::{Person, Town, room, until};

const SIZE: u64 = 5_000_003;

/// One who receives what ann offers to the room.
struct Receiver {
    person: Person,
    folder: Folder,
    transfer: Transfer,
}

impl Receiver {
    async fn join(town: &Town, name: &str) -> (Person, Folder) {
        (town.person(name).await, Folder::new())
    }

    async fn accept((mut person, folder): (Person, Folder)) -> Receiver {
        let transfer = person.receive(folder.path()).await;
        Receiver { person, folder, transfer }
    }

    async fn has(&mut self, bytes: u64) {
        let is_there =
            |event: &FileEvent| matches!(event, FileEvent::Progress { bytes: at, .. } if *at >= bytes);
        until(&mut self.transfer, is_there).await;
    }

    async fn ends(&mut self) -> FileEvent {
        last(&mut self.transfer).await
    }

    /// The file arrives, and nothing else does.
    async fn gets(&mut self, file: &[u8]) {
        let end = self.ends().await;
        assert!(fs::read(path_of(&end)).unwrap() == file);
        assert_eq!(self.folder.names(), ["x.bin"]);
    }

    fn keeps_a_part(&self) {
        assert_eq!(self.folder.names(), ["x.bin.part", "x.bin.part.json"]);
    }
}

/// A room with ann and a file of hers.
struct Room {
    town: Town,
    ann: Person,
    file: Vec<u8>,
    _source: Folder,
    path: PathBuf,
}

impl Room {
    async fn new() -> Room {
        let (town, source, file) = (Town::new(), Folder::new(), bytes(SIZE as usize, 3));
        let path = source.put("x.bin", &file);
        Room { ann: town.person("ann").await, town, file, _source: source, path }
    }

    async fn offer(&self) -> Transfer {
        let options = SendOptions { chunk_bytes: 16_384, ..SendOptions::default() };
        self.ann.client.send_file(room("lobby"), &self.path, options).await.unwrap()
    }

    /// Ann has offered it and these have accepted. No more than so much goes by at her end, in all passes, or at each of
    /// theirs, before a wire is opened.
    async fn begin<const N: usize>(
        &self,
        names: [&str; N],
        at_hers: u64,
        at_theirs: u64,
    ) -> (Transfer, [Receiver; N]) {
        let mut people = Vec::new();
        for name in names {
            let (person, folder) = Receiver::join(&self.town, name).await;
            person.wire.down.hold_at(at_theirs);
            people.push((person, folder));
        }
        self.ann.wire.up.hold_at(at_hers);
        let sending = self.offer().await;
        let mut receivers = Vec::new();
        for person in people {
            receivers.push(Receiver::accept(person).await);
        }
        (sending, receivers.try_into().unwrap_or_else(|_| unreachable!("as many as names")))
    }
}

/// Waits until the sender is told of the ends of these copies, in any order.
async fn finished(sending: &mut Transfer, names: &[&str]) {
    let mut left: Vec<_> = names.to_vec();
    while !left.is_empty() {
        match until(sending, |event| !matches!(event, FileEvent::Progress { .. })).await {
            FileEvent::Finished { user, .. } => left.retain(|name| *name != user.as_str()),
            FileEvent::Accepted { .. } => {}
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn one_who_stops_reading_holds_up_nobody_and_gets_it_later() {
    let all = Room::new().await;
    let (mut sending, [mut bob, mut carl, mut dora, mut slow]) =
        all.begin(["bob", "carl", "dora", "slow"], 1_000_000, u64::MAX).await;
    slow.person.wire.down.hold_at(300_000);
    all.ann.wire.up.open();
    bob.gets(&all.file).await;
    carl.gets(&all.file).await;
    dora.gets(&all.file).await;
    finished(&mut sending, &["bob", "carl", "dora"]).await;
    assert!(slow.person.wire.down.bytes() < 1_000_000);
    slow.person.wire.down.open();
    slow.gets(&all.file).await;
    finished(&mut sending, &["slow"]).await;
}

#[tokio::test]
async fn one_who_accepts_late_and_one_who_joins_late_get_it_too() {
    let all = Room::new().await;
    let late = Receiver::join(&all.town, "late").await;
    let (mut sending, [mut bob]) = all.begin(["bob"], u64::MAX, u64::MAX).await;
    bob.gets(&all.file).await;
    finished(&mut sending, &["bob"]).await;
    let mut late = Receiver::accept(late).await;
    let newcomer = Receiver::join(&all.town, "newcomer").await;
    let mut newcomer = Receiver::accept(newcomer).await;
    late.gets(&all.file).await;
    newcomer.gets(&all.file).await;
    finished(&mut sending, &["late", "newcomer"]).await;
    sending.handle().cancel();
    assert!(matches!(last(&mut sending).await, FileEvent::Closed { why: EndReason::Cancelled }));
}

#[tokio::test]
async fn one_who_leaves_the_room_loses_his_own_copy_only() {
    let all = Room::new().await;
    let (mut sending, [mut bob, mut carl]) = all.begin(["bob", "carl"], 1_000_000, u64::MAX).await;
    bob.has(100_000).await;
    bob.person.client.leave("lobby").await.unwrap();
    let end = bob.ends().await;
    assert!(matches!(end, FileEvent::Cancelled { why: EndReason::Left, .. }), "{end:?}");
    bob.keeps_a_part();
    all.ann.wire.up.open();
    carl.gets(&all.file).await;
    let is_bobs = |event: &FileEvent| matches!(event, FileEvent::Cancelled { user, why: EndReason::Left, .. } if user.as_str() == "bob");
    until(&mut sending, is_bobs).await;
    finished(&mut sending, &["carl"]).await;
    // Back in the room he is told of it again, and goes on.
    bob.person.client.join("lobby").await.unwrap();
    let offer = bob.person.offered_again().await;
    bob.transfer = bob.person.accept(&offer, bob.folder.path()).await.unwrap();
    bob.gets(&all.file).await;
}

#[tokio::test]
async fn one_who_quits_or_calls_it_off_ends_his_own_copy_only() {
    let all = Room::new().await;
    let (mut sending, [mut bob, mut carl, mut dora]) =
        all.begin(["bob", "carl", "dora"], 1_000_000, u64::MAX).await;
    bob.has(100_000).await;
    bob.person.client.quit().await;
    bob.ends().await;
    bob.keeps_a_part();
    carl.transfer.handle().cancel();
    assert!(matches!(carl.ends().await, FileEvent::Cancelled { why: EndReason::Cancelled, .. }));
    assert!(carl.folder.names().is_empty(), "what he does not want is thrown away");
    all.ann.wire.up.open();
    dora.gets(&all.file).await;
    for (name, reason) in [("bob", EndReason::Gone), ("carl", EndReason::Cancelled)] {
        let is_his = |event: &FileEvent| matches!(event, FileEvent::Cancelled { user, by, why } if user.as_str() == name && user == by && *why == reason);
        until(&mut sending, is_his).await;
    }
    finished(&mut sending, &["dora"]).await;
}

#[tokio::test]
async fn the_sender_calls_off_one_copy() {
    let all = Room::new().await;
    let (mut sending, [mut bob, mut carl]) = all.begin(["bob", "carl"], u64::MAX, 100_000).await;
    carl.person.wire.down.open();
    bob.has(50_000).await;
    let (transfer, user) = (sending.offer().transfer, Some("BOB".into()));
    let cancelling = all.ann.client.ask(Ask::Cancel { transfer, user, why: EndReason::Cancelled });
    let answer = cancelling.await.unwrap().event;
    assert!(matches!(answer, Event::Cancelled { .. }), "{answer}");
    bob.person.wire.down.open();
    let end = bob.ends().await;
    assert!(matches!(&end, FileEvent::Cancelled { by, .. } if by.as_str() == "ann"), "{end:?}");
    bob.keeps_a_part();
    carl.gets(&all.file).await;
    let is_bobs =
        |event: &FileEvent| matches!(event, FileEvent::Cancelled { user, .. } if user.as_str() == "bob");
    until(&mut sending, is_bobs).await;
    finished(&mut sending, &["carl"]).await;
}

#[tokio::test]
async fn a_sender_who_quits_or_leaves_ends_it_for_all() {
    for leaves in [false, true] {
        let all = Room::new().await;
        let (mut sending, [mut bob, mut carl]) = all.begin(["bob", "carl"], u64::MAX, 300_000).await;
        for receiver in [&mut bob, &mut carl] {
            receiver.has(100_000).await;
        }
        match leaves {
            true => drop(all.ann.client.leave("lobby").await.unwrap()),
            false => all.ann.client.quit().await,
        }
        let reason = if leaves { EndReason::Left } else { EndReason::Gone };
        for receiver in [&mut bob, &mut carl] {
            receiver.person.wire.down.open();
            let end = receiver.ends().await;
            assert!(matches!(end, FileEvent::Closed { why } if why == reason), "{end:?}");
            receiver.keeps_a_part();
        }
        last(&mut sending).await;
    }
}

#[tokio::test]
async fn who_declines_is_told_of_and_others_go_on() {
    let all = Room::new().await;
    let (bob, mut carl) = (Receiver::join(&all.town, "bob").await, all.town.person("carl").await);
    let mut sending = all.offer().await;
    let offer = carl.offered().await;
    carl.client.decline_file(offer.transfer).await.unwrap();
    let declined = next(&mut sending).await;
    assert!(
        matches!(&declined, Some(FileEvent::Declined { user }) if user.as_str() == "carl"),
        "{declined:?}"
    );
    Receiver::accept(bob).await.gets(&all.file).await;
    finished(&mut sending, &["bob"]).await;
}

#[tokio::test]
async fn who_declined_or_called_it_off_takes_it_after_all() {
    let all = Room::new().await;
    let (mut sending, [mut bob, mut carl]) = all.begin(["bob", "carl"], 1_000_000, u64::MAX).await;
    let (mut dora, downloads) = Receiver::join(&all.town, "dora").await;
    let offer = dora.offered().await;
    dora.client.decline_file(offer.transfer).await.unwrap();
    bob.has(100_000).await;
    bob.transfer.handle().cancel();
    assert!(matches!(bob.ends().await, FileEvent::Cancelled { why: EndReason::Cancelled, .. }));
    let names = |event: &FileEvent, name: &str| match event {
        FileEvent::Declined { user } | FileEvent::Cancelled { user, .. } => user.as_str() == name,
        _ => false,
    };
    let mut left = vec!["bob", "dora"];
    while !left.is_empty() {
        let ended = until(&mut sending, |event| left.iter().any(|name| names(event, name))).await;
        left.retain(|name| !names(&ended, name));
    }
    bob.transfer = bob.person.accept(&offer, bob.folder.path()).await.unwrap();
    let transfer = dora.accept(&offer, downloads.path()).await.unwrap();
    let mut dora = Receiver { person: dora, folder: downloads, transfer };
    all.ann.wire.up.open();
    for receiver in [&mut bob, &mut carl, &mut dora] {
        receiver.gets(&all.file).await;
    }
    finished(&mut sending, &["bob", "carl", "dora"]).await;
    // What is finished is not begun anew.
    let again = bob.person.accept(&offer, bob.folder.path()).await;
    assert!(again.is_err(), "{:?}", again.map(|transfer| transfer.offer().clone()));
}
