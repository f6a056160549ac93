//! The disk is full: sends are refused, all else goes on, and when there is space again it is as if nothing
//! had been.

use std::path::Path;
use std::time::{Duration, Instant};

use chat_net::chat_core::{Anchor, Code};
use chat_net::client::AskError;

use crate::aftermath::all_is_there;
use crate::crowd::{Crowd, Habit, a_while, soon};
use crate::lab::{Lab, SmallDisk};
use crate::rng::Rng;

/// How soon sends are taken again.
const SOON: Duration = Duration::from_secs(5);

/// A server whose folder is on a small disk; none where there cannot be one.
fn lab(what: &str) -> Option<(Lab, SmallDisk)> {
    let mut lab = Lab::new(what);
    let mount: &Path = &lab.beside("disk");
    std::fs::create_dir(mount).unwrap();
    let disk = SmallDisk::mount(mount, 48)?;
    lab.wrap = disk.wrap();
    lab.data = mount.join("data");
    lab.more = ["--limit", "storage_reserve=4MiB"].map(String::from).to_vec();
    Some((lab, disk))
}

/// A handful who talk without hurry, refused or not.
async fn gather(crowd: &mut Crowd, rng: &mut Rng) {
    for number in 0..6 {
        let habit = Habit { lanes: 4, pause_ms: 5, wanders: number == 3, speaks_json: number == 2 };
        crowd.add(habit, &["lobby", "dev"], rng).await;
    }
}

/// Besides those who said something in a room that they had left, or to one who was yet to come.
fn refused_for_space_only(crowd: &Crowd) {
    let ledger = crowd.shared.ledger();
    let expected = [Code::StorageFull, Code::NotAMember, Code::NoSuchUser].map(Code::number);
    assert!(ledger.refusals().keys().all(|code| expected.contains(code)), "{:?}", ledger.refusals());
}

/// With little space left, sends are refused in so many words; reading, joining and leaving go on.
async fn only_sends_are_refused(crowd: &Crowd) {
    let (visitor, mut events) = crowd.connect("visitor", false).await;
    tokio::spawn(async move { while events.next().await.is_some() {} });
    for room in ["dev", "attic"] {
        soon("a join", visitor.join(room)).await.unwrap();
    }
    let Err(AskError::Refused(refusal)) = soon("a refusal", visitor.say("dev", "hello?")).await else {
        panic!("it was accepted")
    };
    assert_eq!((refusal.code, &*refusal.reason), (202, "storage_full"));
    assert!(refusal.kind().is_retryable() && refusal.message.len() > 20, "{refusal:?}");
    let whisper = soon("a refusal", visitor.whisper("c0", "hello?")).await;
    assert_eq!(whisper.unwrap_err().code(), Some(202));
    let topic = soon("a refusal", visitor.topic("dev", "hello?")).await;
    assert_eq!(topic.unwrap_err().code(), Some(202));
    let page = soon("a page", visitor.history("dev", Anchor::Latest, 100)).await.unwrap();
    assert!(page.messages.len() >= 20, "{} messages", page.messages.len());
    soon("a leave", visitor.leave("attic")).await.unwrap();
    visitor.quit().await;
}

/// Now that there is space, sends are accepted soon, and go on to be.
async fn accepts_again(crowd: &Crowd) {
    let begin = Instant::now();
    crowd.accepts(1).await;
    let took = begin.elapsed();
    println!("accepted {took:.0?} after there was space");
    assert!(took < SOON, "{took:?}");
    crowd.accepts(100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sends_are_refused_until_there_is_space_again() {
    let Some((lab, disk)) = lab("full") else { return };
    let mut rng = Rng::seeded("full");
    let server = lab.start();
    let mut crowd = Crowd::new(&lab.address);
    gather(&mut crowd, &mut rng).await;
    crowd.accepts(200).await;
    for round in 0..2 {
        let filler = disk.fill(2 << 20);
        let begin = Instant::now();
        crowd.is_refused().await;
        let noticed = begin.elapsed();
        only_sends_are_refused(&crowd).await;
        drop(filler);
        println!("full, round {round}: refused after {noticed:.0?}");
        accepts_again(&crowd).await;
    }
    server.kill();
    all_is_there(&lab, &mut crowd).await;
    refused_for_space_only(&crowd);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_full_at_once_and_stays_full_is_waited_for() {
    let Some((lab, disk)) = lab("brutal") else { return };
    let mut rng = Rng::seeded("brutal");
    let server = lab.start();
    let mut crowd = Crowd::new(&lab.address);
    gather(&mut crowd, &mut rng).await;
    crowd.accepts(200).await;
    let hog = disk.hog();
    // What the server gives back of its reserve is taken from it at once, until it has none: then nothing is
    // accepted.
    a_while(Duration::from_secs(2)).await;
    let before = crowd.accepted();
    a_while(Duration::from_secs(1)).await;
    let more = crowd.accepted() - before;
    assert_eq!(more, 0, "accepted without space");
    let taken = hog.end();
    println!("brutal: {taken} bytes of the reserve taken");
    accepts_again(&crowd).await;
    assert!(taken > 2 << 20, "the reserve was not used up: {taken}");
    server.kill();
    all_is_there(&lab, &mut crowd).await;
    refused_for_space_only(&crowd);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_while_the_disk_is_full_it_loses_nothing() {
    let Some((lab, disk)) = lab("killed-full") else { return };
    let mut rng = Rng::seeded("killed-full");
    let server = lab.start();
    let mut crowd = Crowd::new(&lab.address);
    gather(&mut crowd, &mut rng).await;
    crowd.accepts(200).await;
    let hog = disk.hog();
    a_while(Duration::from_millis(rng.below(2000))).await;
    server.kill();
    // On the full disk it either starts, or says why not.
    match lab.try_start() {
        Ok(server) => {
            println!("killed-full: it starts on a full disk");
            a_while(Duration::from_millis(rng.below(1000))).await;
            server.kill();
        }
        Err(refused) => {
            println!("killed-full: {refused:?}");
            assert_eq!(refused.code, Some(74), "{refused:?}");
            assert!(refused.why.contains("full"), "{refused:?}");
        }
    }
    hog.end();
    all_is_there(&lab, &mut crowd).await;
    refused_for_space_only(&crowd);
}
