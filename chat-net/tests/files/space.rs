//! A disk that fills up in the middle of a file: a pause that both ends are told of, and then it goes on.
#![cfg(unix)]

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use chat_net::chat_core::PauseReason;
use chat_net::client::{FileEvent, Transfer};

use crate::folder::{Folder, bytes};
use crate::peer::{last, path_of};
use crate::town::{Person, Town, to, until};

/// A file system of so many bytes, unmounted at the end.
struct Small(Folder);

impl Small {
    /// None if this user may not mount; in CI that is a failure.
    fn mount(bytes: u64) -> Option<Small> {
        let small = Small(Folder::new());
        let size = format!("size={bytes}");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(small.path()).output();
        if mount.is_ok_and(|mount| mount.status.success()) {
            return Some(small);
        }
        assert!(std::env::var_os("CI").is_none(), "CI must be able to mount a small file system");
        println!("skipped: this user may not mount a small file system");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the space that is left.
    fn fill(&self) {
        let mut file = File::create(self.0.at("filler")).unwrap();
        while file.write(&[0; 4096]).is_ok() {}
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l"]).arg(self.path()).output();
    }
}

const SIZE: usize = 3_000_000;

async fn paused(transfer: &mut Transfer) {
    let is_pause = |event: &FileEvent| matches!(event, FileEvent::Paused { user, why: PauseReason::NoSpace } if user.as_str() == "bob");
    until(transfer, is_pause).await;
}

async fn resumed(transfer: &mut Transfer) {
    let is_resume =
        |event: &FileEvent| matches!(event, FileEvent::Resumed { user } if user.as_str() == "bob");
    until(transfer, is_resume).await;
}

/// A file from ann to bob, half of it there when bob's disk was filled.
struct Filled {
    bob: Person,
    small: Small,
    file: Vec<u8>,
    sending: Transfer,
    receiving: Transfer,
    _others: (Town, Person, Folder),
}

impl Filled {
    async fn new() -> Option<Filled> {
        let small = Small::mount(4 << 20)?;
        let (town, source, file) = (Town::new(), Folder::new(), bytes(SIZE, 1));
        let (ann, mut bob) = (town.person("ann").await, town.person("bob").await);
        ann.wire.up.hold_at(1_000_000);
        let sending = ann.send(to("bob"), &source.put("x.bin", &file)).await;
        let mut receiving = bob.receive(small.path()).await;
        let has_some =
            |event: &FileEvent| matches!(event, FileEvent::Progress { bytes, .. } if *bytes > 500_000);
        until(&mut receiving, has_some).await;
        small.fill();
        ann.wire.up.open();
        Some(Filled { bob, small, file, sending, receiving, _others: (town, ann, source) })
    }

    async fn paused(&mut self) {
        paused(&mut self.receiving).await;
        paused(&mut self.sending).await;
    }

    fn make_room(&self) {
        fs::remove_file(self.small.0.at("filler")).unwrap();
    }

    async fn ends_whole(&mut self) {
        assert!(fs::read(path_of(&last(&mut self.receiving).await)).unwrap() == self.file);
        assert!(matches!(last(&mut self.sending).await, FileEvent::Finished { .. }));
        assert_eq!(self.small.0.names(), ["x.bin"]);
    }
}

/// `by_itself`: it looks again after a while; else whoever holds the transfer says that there is room.
async fn goes_on(by_itself: bool) {
    let Some(mut it) = Filled::new().await else { return };
    it.paused().await;
    it.make_room();
    if !by_itself {
        it.receiving.handle().resume();
    }
    resumed(&mut it.receiving).await;
    resumed(&mut it.sending).await;
    it.ends_whole().await;
}

#[tokio::test]
async fn a_full_disk_is_a_pause_until_there_is_space() {
    goes_on(true).await;
}

#[tokio::test]
async fn a_full_disk_is_tried_again_when_its_user_says_so() {
    goes_on(false).await;
}

/// A second try while it is still full is another pause, and no end.
#[tokio::test]
async fn a_disk_that_stays_full_is_no_end() {
    let Some(mut it) = Filled::new().await else { return };
    for _ in 0..3 {
        it.paused().await;
        it.receiving.handle().resume();
    }
    paused(&mut it.receiving).await;
    it.bob.wire.cut();
    it.make_room();
    it.receiving.handle().resume();
    it.ends_whole().await;
}
