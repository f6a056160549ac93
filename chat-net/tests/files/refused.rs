//! What does not become a transfer, or ends one: every such case is told, to both ends where both have to do with it.

use std::fs::{self, File};
use std::io::Write;

use chat_net::chat_core::{Code, Config, EndReason, Event, Recipient, TransferId};
use chat_net::client::{FileError, FileEvent, ReceiveOptions, SendOptions, Transfer};

use crate::folder::{Folder, bytes};
use crate::peer::{last, next, path_of};
use crate::town::{Person, Town, limits, room, to, until};

fn code_of<T>(answer: Result<T, FileError>) -> Option<u16> {
    answer.err().expect("it is refused").code()
}

async fn offers(person: &Person, to: Recipient, folder: &Folder) -> Result<Transfer, FileError> {
    let path = folder.put("x.bin", b"some bytes");
    person.client.send_file(to, path, SendOptions::default()).await
}

#[tokio::test]
async fn nobody_offers_to_himself_to_the_absent_or_to_strangers() {
    let town = Town::new();
    let (ann, folder) = (town.person("ann").await, Folder::new());
    for (whom, code) in [
        (to("ann"), Code::ToYourself),
        (to("ANN"), Code::ToYourself),
        (to("bob"), Code::NoSuchUser),
        (to("not a name"), Code::BadName),
        (to(""), Code::BadName),
        (room("dev"), Code::NotAMember),
        (room("no room"), Code::BadName),
    ] {
        assert_eq!(code_of(offers(&ann, whom.clone(), &folder).await), Some(code.number()), "{whom:?}");
    }
    assert_eq!(ann.client.transfers().await.unwrap(), []);
}

#[tokio::test]
async fn only_regular_files_that_can_be_read_are_sent() {
    let town = Town::new();
    let (ann, _bob, folder) = (town.person("ann").await, town.person("bob").await, Folder::new());
    let send = async |path| ann.client.send_file(to("bob"), path, SendOptions::default()).await;
    let folder_itself = send(folder.path().into()).await;
    assert!(matches!(folder_itself, Err(FileError::NotAFile { .. })), "{folder_itself:?}");
    let nothing = send(folder.at("nothing")).await;
    assert!(matches!(nothing, Err(FileError::Read { .. })), "{nothing:?}");
    #[cfg(unix)]
    {
        let (cwd, pipe) = (rustix::fs::CWD, rustix::fs::FileType::Fifo);
        rustix::fs::mknodat(cwd, folder.at("pipe"), pipe, 0o600.into(), 0).unwrap();
        std::os::unix::fs::symlink("nothing", folder.at("dangling")).unwrap();
        let pipe = send(folder.at("pipe")).await;
        assert!(matches!(pipe, Err(FileError::NotAFile { .. })), "{pipe:?}");
        let dangling = send(folder.at("dangling")).await;
        assert!(matches!(dangling, Err(FileError::Read { .. })), "{dangling:?}");
    }
}

#[tokio::test]
async fn the_eleventh_offer_is_one_too_many_until_one_is_over() {
    let town = Town::new();
    let (ann, bob, folder) = (town.person("ann").await, town.person("bob").await, Folder::new());
    let mut first = offers(&ann, to("bob"), &folder).await.unwrap();
    for _ in 2..=10 {
        offers(&ann, to("bob"), &folder).await.unwrap();
    }
    let too_many = Some(Code::TooManyTransfers.number());
    assert_eq!(code_of(offers(&ann, to("bob"), &folder).await), too_many);
    assert_eq!(code_of(offers(&ann, room("lobby"), &folder).await), too_many);
    bob.client.decline_file(first.offer().transfer).await.unwrap();
    assert!(matches!(last(&mut first).await, FileEvent::Declined { .. }));
    offers(&ann, room("lobby"), &folder).await.unwrap();
    assert_eq!(code_of(offers(&ann, to("bob"), &folder).await), too_many);
}

#[tokio::test]
async fn what_is_declined_or_not_for_him_nobody_accepts() {
    let town = Town::new();
    let (ann, mut bob, eve) = (town.person("ann").await, town.person("bob").await, town.person("eve").await);
    let (source, target) = (Folder::new(), Folder::new());
    let mut sending = offers(&ann, to("bob"), &source).await.unwrap();
    let offer = bob.offered().await;
    let nothing = Some(Code::NoSuchTransfer.number());
    assert_eq!(code_of(eve.accept(&offer, target.path()).await), nothing);
    assert_eq!(code_of(ann.accept(&offer, target.path()).await), nothing);
    let other = chat_net::chat_core::Offer { transfer: TransferId(99), ..offer.clone() };
    assert_eq!(code_of(bob.accept(&other, target.path()).await), nothing);
    bob.client.decline_file(offer.transfer).await.unwrap();
    assert!(matches!(last(&mut sending).await, FileEvent::Declined { user } if user.as_str() == "bob"));
    assert_eq!(code_of(bob.accept(&offer, target.path()).await), nothing);
    assert!(target.names().is_empty(), "{:?}", target.names());
}

#[tokio::test]
async fn an_offer_expires_and_both_are_told() {
    let town = Town::with(limits(), Config { offer_ms: 1000, ..Config::default() });
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    let (source, target) = (Folder::new(), Folder::new());
    let mut sending = offers(&ann, to("bob"), &source).await.unwrap();
    let offer = bob.offered().await;
    assert!(matches!(last(&mut sending).await, FileEvent::Closed { why: EndReason::Expired }));
    while !matches!(bob.told().await.event, Event::Closed { why: EndReason::Expired, .. }) {}
    assert_eq!(code_of(bob.accept(&offer, target.path()).await), Some(Code::NoSuchTransfer.number()));
    assert!(target.names().is_empty());
}

const SIZE: u64 = 8_000_000;

/// A file of which a part has gone by, and no more does until the wire is opened.
async fn half_sent(
    town: &Town,
    source: &Folder,
    target: &Folder,
    hash_first: bool,
) -> (Person, Person, Transfer, Transfer) {
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    let path = source.put("x.bin", &bytes(SIZE as usize, 1));
    ann.wire.up.hold_at(500_000);
    let options = SendOptions { hash_first, ..SendOptions::default() };
    let sending = ann.client.send_file(to("bob"), path, options).await.unwrap();
    let mut receiving = bob.receive(target.path()).await;
    let has_some = |event: &FileEvent| matches!(event, FileEvent::Progress { bytes, .. } if *bytes > 100_000);
    until(&mut receiving, has_some).await;
    (ann, bob, sending, receiving)
}

#[tokio::test]
async fn a_source_that_changes_ends_it_and_both_are_told() {
    type Change = fn(&mut File);
    let changes: [(&str, Change); 4] = [
        ("longer", |file| file.set_len(SIZE + 1).unwrap()),
        ("shorter", |file| file.set_len(600_000).unwrap()),
        ("empty", |file| file.set_len(0).unwrap()),
        ("other bytes", |file| file.write_all(b"other bytes").unwrap()),
    ];
    for (what, change) in changes {
        let (town, source, target) = (Town::new(), Folder::new(), Folder::new());
        let (ann, _bob, mut sending, mut receiving) = half_sent(&town, &source, &target, false).await;
        change(&mut File::options().write(true).open(source.at("x.bin")).unwrap());
        ann.wire.up.open();
        let end = last(&mut sending).await;
        assert!(matches!(end, FileEvent::Failed(FileError::SourceChanged { .. })), "{what}: {end:?}");
        let end = last(&mut receiving).await;
        assert!(matches!(end, FileEvent::Closed { why: EndReason::SourceChanged }), "{what}: {end:?}");
        assert!(target.names().is_empty(), "{what}: it is the beginning of nothing any more");
    }
}

/// The clock says that nothing changed, so only the hash tells.
#[tokio::test]
async fn bytes_that_do_not_have_the_hash_are_thrown_away_and_both_are_told() {
    let (town, source, target) = (Town::new(), Folder::new(), Folder::new());
    target.put("x.bin", b"precious");
    let (ann, bob, mut sending, mut receiving) = half_sent(&town, &source, &target, true).await;
    let mut file = File::options().write(true).open(source.at("x.bin")).unwrap();
    let modified = file.metadata().unwrap().modified().unwrap();
    file.set_len(SIZE - 100_000).unwrap();
    file.set_len(SIZE).unwrap();
    file.flush().unwrap();
    file.set_modified(modified).unwrap();
    ann.wire.up.open();
    let end = last(&mut receiving).await;
    assert!(matches!(end, FileEvent::Failed(FileError::WrongHash)), "{end:?}");
    let end = last(&mut sending).await;
    let is_told = matches!(&end, FileEvent::Cancelled { user, by, why: EndReason::WrongHash } if user == by && user.as_str() == bob.client.user());
    assert!(is_told, "{end:?}");
    assert_eq!(target.names(), ["x.bin"]);
    assert_eq!(fs::read(target.at("x.bin")).unwrap(), b"precious");
}

/// What cannot fit is said before it is accepted, so that the offer stays open.
#[tokio::test]
async fn a_file_without_room_is_not_accepted() {
    let town = Town::new();
    let (ann, mut bob, source, target) =
        (town.person("ann").await, town.person("bob").await, Folder::new(), Folder::new());
    let file = File::create(source.at("huge")).unwrap();
    file.set_len(1 << 43).unwrap();
    let mut sending = ann.send(to("bob"), &source.at("huge")).await;
    let offer = bob.offered().await;
    let refused = bob.accept(&offer, target.path()).await;
    assert!(matches!(refused, Err(FileError::NoSpace { needed, .. }) if needed == 1 << 43), "{refused:?}");
    assert!(target.names().is_empty());
    bob.client.decline_file(offer.transfer).await.unwrap();
    let first = next(&mut sending).await;
    assert!(matches!(first, Some(FileEvent::Declined { .. })), "nothing was accepted: {first:?}");
}

#[tokio::test]
async fn a_folder_may_be_a_link_but_must_be_there() {
    let town = Town::new();
    let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
    let (source, around) = (Folder::new(), Folder::new());
    let _sending = offers(&ann, to("bob"), &source).await.unwrap();
    let offer = bob.offered().await;
    let file = around.put("file", b"");
    for folder in [around.at("nothing"), file.clone(), file.join("x")] {
        let refused = bob.client.receive_file(&offer, &folder, ReceiveOptions::default()).await;
        assert!(matches!(refused, Err(FileError::Write { .. })), "{refused:?}");
    }
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("nothing", around.at("dangling")).unwrap();
        let refused = bob.accept(&offer, &around.at("dangling")).await;
        assert!(matches!(refused, Err(FileError::Write { .. })), "{refused:?}");
        fs::create_dir(around.at("real")).unwrap();
        std::os::unix::fs::symlink("real", around.at("link")).unwrap();
        let mut receiving = bob.accept(&offer, &around.at("link")).await.unwrap();
        assert_eq!(path_of(&last(&mut receiving).await), around.at("link/x.bin"));
        assert_eq!(fs::read(around.at("real/x.bin")).unwrap(), b"some bytes");
        assert_eq!(around.names(), ["dangling", "file", "link", "real"]);
    }
}
